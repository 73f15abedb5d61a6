"""What units of a run come to: scores, summary, answer and tables, from the files of the units alone.

Model: units are read in the order of configuration and seed, so nothing depends on when they were made.
Where next: ``run`` calls ``gather`` when the last unit is in its place; ``until`` reads ``scores_of``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mda_sim.pipeline import laddered, recordings
from mda_sim.study.folder import FORMAT, RunFolder, write_json, write_text

if TYPE_CHECKING:
    from mda_sim.core.table import Schema, Table
    from mda_sim.metrics.score_rows import ScoreRow
    from mda_sim.scenario import Scenario
    from mda_sim.world.recorded.recording import Recording


def gather(scenario: Scenario, folder: RunFolder) -> dict[str, Any]:
    """``scores.csv`` and ``summary.json`` from the units, in the order of configuration and seed."""
    from mda_sim.metrics.compare import summarise, values_by_key
    from mda_sim.metrics.score_rows import from_csv
    from mda_sim.metrics.uncertainty import add_uncertainty
    from mda_sim.report.recordings import caveats

    units = [folder.sharing(seed, name) for name in scenario.arrangements for seed in scenario.seeds]
    target = folder.path / "scores.csv"
    write_text(target, _joined([(unit / "scores.csv").read_text(encoding="utf-8") for unit in units]))
    rows = from_csv(target)
    metrics = scenario.spec.metrics
    picture_nodes = picture_nodes_of(scenario)
    summary = {
        "format": FORMAT,
        "scenario": scenario.name,
        **summarise(
            rows,
            scenario.baseline,
            metrics.primary,
            picture_nodes,
            is_gated=scenario.spec.picture.is_gated,
        ),
        "queues": _queues(scenario, folder),
    }
    of_pictures = [row for row in rows if picture_nodes.get(row.nation) == row.node]
    add_uncertainty(summary, values_by_key(of_pictures))
    summary |= _programmes_and_ladder(scenario, of_pictures)
    summary["counterfactuals"] = _counterfactuals(scenario, folder, of_pictures, picture_nodes)
    recorded = recordings(scenario)
    summary["caveats"] += caveats(recorded)
    write_json(folder.path / "summary.json", summary, indent=None)  # half as large, and written at once
    _write_answer(scenario, folder, summary, recorded)
    return summary


def scores_of(scenario: Scenario, folder: RunFolder) -> list[ScoreRow]:
    """Scores of the pictures of nations, from every unit of the scenario, before they are gathered."""
    from mda_sim.metrics.score_rows import from_csv

    picture_nodes = picture_nodes_of(scenario)
    units = [folder.sharing(seed, name) for name in scenario.arrangements for seed in scenario.seeds]
    rows = (row for unit in units for row in from_csv(unit / "scores.csv"))
    return [row for row in rows if picture_nodes.get(row.nation) == row.node]


def picture_nodes_of(scenario: Scenario) -> dict[str, str]:
    """The picture node of each nation that has one."""
    nations = scenario.spec.nations.items()
    return {nation: spec.picture_node for nation, spec in nations if spec.picture_node}


def _programmes_and_ladder(scenario: Scenario, rows: Sequence[ScoreRow]) -> dict[str, Any]:
    """What programmes and steps of the ladder change, where the scenario names any; rows of picture nodes."""
    from mda_sim.metrics.compare import values_by_key
    from mda_sim.metrics.ladder import ladder
    from mda_sim.metrics.programmes import programmes

    metrics = scenario.spec.metrics
    if not metrics.programmes and not metrics.ladder:
        return {}
    values, units = values_by_key(rows), {row.metric: row.unit for row in rows}
    return {
        "programmes": programmes(values, metrics, scenario.baseline),
        "ladder": ladder(values, units, metrics.ladder, metrics.primary),
    }


def _counterfactuals(
    scenario: Scenario, folder: RunFolder, rows: Sequence[ScoreRow], picture_nodes: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What gates and delays hold back under each configuration whose ladder is told."""
    from mda_sim.metrics.counterfactuals import counterfactuals, told_rows
    from mda_sim.metrics.score_rows import from_csv

    metrics = scenario.spec.metrics
    names = laddered(scenario)
    places = [folder.sharing(seed, name) / "counterfactuals.csv" for name in names for seed in scenario.seeds]
    derived = [row for place in places for row in from_csv(place)]
    told = [row for row in rows if row.configuration in names]
    both = [*told_rows(told, metrics, picture_nodes), *derived]
    return counterfactuals(both, metrics, names)


def _queues(scenario: Scenario, folder: RunFolder) -> dict[str, Any]:
    """What desks and links had to do under each configuration."""
    from mda_sim.metrics.load import QUEUES, summarise_queues

    found = _of_units(scenario, folder, QUEUES, "queues")
    return {name: summarise_queues(tables) for name, tables in found.items()}


def _of_units(scenario: Scenario, folder: RunFolder, schema: Schema, name: str) -> dict[str, list[Table]]:
    """One stored table of every unit, by configuration, in the order of seeds."""
    from mda_sim.core.table import read_parquet

    return {
        configuration: [
            read_parquet(schema, folder.sharing(seed, configuration) / f"{name}.parquet")
            for seed in scenario.seeds
        ]
        for configuration in scenario.arrangements
    }


def _write_answer(
    scenario: Scenario, folder: RunFolder, summary: Mapping[str, Any], recorded: Mapping[str, Recording]
) -> None:
    """``answer.md`` and ``tables/``: the breakdowns, made from the summary."""
    from mda_sim.metrics.exposure import EXPOSURE
    from mda_sim.report.answer import answer
    from mda_sim.report.certainty import certainty_sheet
    from mda_sim.report.event_tables import rate_sheet
    from mda_sim.report.gallery import zone_names
    from mda_sim.report.gap_tables import ladder_sheet
    from mda_sim.report.recordings import recording_sheets
    from mda_sim.report.sheets import exposure_sheet, sheets

    exposures = _of_units(scenario, folder, EXPOSURE, "exposure")
    zones = zone_names(scenario)
    write_text(folder.path / "answer.md", answer(summary, zones))
    (folder.path / "tables").mkdir(exist_ok=True)
    for old in (folder.path / "tables").glob("*.csv"):
        old.unlink()
    texts = {
        **sheets(summary, zones),
        **ladder_sheet(summary, zones),
        **exposure_sheet(exposures),
        **rate_sheet(summary, zones),
        **certainty_sheet(summary),
        **recording_sheets(recorded),
    }
    for name, text in texts.items():
        write_text(folder.path / "tables" / name, text)


def _joined(tables: Sequence[str]) -> str:
    """CSV texts with one header put together to one."""
    header = tables[0].partition("\n")[0]
    return header + "\n" + "".join(table.partition("\n")[2] for table in tables)
