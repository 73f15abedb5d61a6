"""What units of a run come to: scores, summary, answer and tables, from the files of the units alone.

Model: units are read in the order of configuration and seed, so nothing depends on when they were made.
Where next: ``run`` calls ``gather`` when the last unit is in its place; ``until`` reads ``scores_of``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any

from mda_sim.pipeline import laddered, recordings
from mda_sim.study.folder import FORMAT, RunFolder, write_json, write_text

if TYPE_CHECKING:
    from mda_sim.core.table import Schema, Table
    from mda_sim.metrics.compare import Values
    from mda_sim.metrics.score_book import ScoreBook
    from mda_sim.scenario import Scenario
    from mda_sim.world.recorded.recording import Recording


def gather(scenario: Scenario, folder: RunFolder) -> dict[str, Any]:
    """``scores.csv`` and ``summary.json`` from the units, in the order of configuration and seed.

    Beside them ``answer.md`` and ``tables/``. Gives what ``summary.json`` holds.
    """
    from mda_sim.metrics.score_book import ScoreBook
    from mda_sim.report.recordings import caveats

    units = [folder.sharing(seed, name) for name in scenario.arrangements for seed in scenario.seeds]
    _join([unit / "scores.csv" for unit in units], folder.path / "scores.csv")
    book = ScoreBook()
    for unit in units:
        book.read(unit / "scores.csv")
    recorded = recordings(scenario)
    summary = _summary(scenario, folder, book)
    summary["caveats"] += caveats(recorded)
    write_json(folder.path / "summary.json", summary, indent=None)  # half as large, and written at once
    _write_answer(scenario, folder, summary, recorded)
    return summary


def _summary(scenario: Scenario, folder: RunFolder, book: ScoreBook) -> dict[str, Any]:
    """What the scores come to, with what queues had to do."""
    from mda_sim.metrics.compare import summarise
    from mda_sim.metrics.uncertainty import add_uncertainty

    metrics = scenario.spec.metrics
    nodes = picture_nodes_of(scenario)
    is_gated = scenario.spec.picture.is_gated
    summary = {
        "format": FORMAT,
        "scenario": scenario.name,
        **summarise(book, scenario.baseline, metrics.primary, nodes, is_gated=is_gated),
        "queues": _queues(scenario, folder),
    }
    found = book.values("nation", nodes)
    values: Values = {key: by_seed for key, by_seed in found.items() if key.holder in nodes}
    add_uncertainty(summary, values)
    summary |= _programmes_and_ladder(scenario, values, book.units)
    summary["counterfactuals"] = _counterfactuals(scenario, folder, values, book.units)
    return summary


def scores_of(scenario: Scenario, folder: RunFolder) -> ScoreBook:
    """Scores of the pictures of nations, from every unit of the scenario, before they are gathered."""
    from mda_sim.metrics.score_book import ScoreBook

    book, picture_nodes = ScoreBook(), picture_nodes_of(scenario)
    for name in scenario.arrangements:
        for seed in scenario.seeds:
            book.read(folder.sharing(seed, name) / "scores.csv", picture_nodes)
    return book


def picture_nodes_of(scenario: Scenario) -> dict[str, str]:
    """The picture node of each nation that has one."""
    nations = scenario.spec.nations.items()
    return {nation: spec.picture_node for nation, spec in nations if spec.picture_node}


def _programmes_and_ladder(scenario: Scenario, values: Values, units: Mapping[str, str]) -> dict[str, Any]:
    """What programmes and steps of the ladder change, where the scenario names any; values of picture nodes,
    and the unit of each metric.
    """
    from mda_sim.metrics.ladder import ladder
    from mda_sim.metrics.programmes import programmes

    metrics = scenario.spec.metrics
    if not metrics.programmes and not metrics.ladder:
        return {}
    return {
        "programmes": programmes(values, metrics, scenario.baseline),
        "ladder": ladder(values, units, metrics.ladder, metrics.primary),
    }


def _counterfactuals(
    scenario: Scenario, folder: RunFolder, values: Values, units: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What gates and delays hold back under each configuration whose ladder is told."""
    from mda_sim.metrics.counterfactuals import counterfactuals
    from mda_sim.metrics.score_book import ScoreBook

    names, derived = laddered(scenario), ScoreBook()
    for name in names:
        for seed in scenario.seeds:
            derived.read(folder.sharing(seed, name) / "counterfactuals.csv")
    together = {**values, **derived.values()}
    return counterfactuals(together, {**units, **derived.units}, scenario.spec.metrics, names)


def _queues(scenario: Scenario, folder: RunFolder) -> dict[str, Any]:
    """What desks and links had to do under each configuration."""
    from mda_sim.metrics.load import QUEUES, summarise_queues

    found = _of_units(scenario, folder, QUEUES, "queues")
    return {name: summarise_queues(list(tables)) for name, tables in found.items()}


def _of_units(scenario: Scenario, folder: RunFolder, schema: Schema, name: str) -> dict[str, Iterator[Table]]:
    """One stored table of every unit, by configuration, in the order of seeds; read one after another."""
    from mda_sim.core.table import read_parquet

    def of_configuration(configuration: str) -> Iterator[Table]:
        for seed in scenario.seeds:
            yield read_parquet(schema, folder.sharing(seed, configuration) / f"{name}.parquet")

    return {configuration: of_configuration(configuration) for configuration in scenario.arrangements}


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


def _join(tables: Sequence[Path], target: Path) -> None:
    """Put CSV files with one header together to one, whole or not at all."""
    partial = target.with_name(f".{target.name}.part")
    try:
        with partial.open("wb") as file:
            for number, table in enumerate(tables):
                with table.open("rb") as own:
                    header = own.readline()
                    file.write(header if number == 0 else b"")
                    copyfileobj(own, file)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
