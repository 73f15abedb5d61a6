"""Sweeps: a scenario at many points of a space of factors, and what each factor does to its answer.

    sweep.json  points.csv  responses.csv  effects.csv  interactions.csv  thresholds.csv  charts/  units/

Model: every point is run in every configuration and on the same seeds. Draws are addressed, so luck stays and
differences are paired. World, sensing, deliveries and scores are made once for all points that share them
(``variant_jobs``); a stored unit is used again, so an interrupted sweep goes on where it stopped, and one
with more points, seeds or figures runs only what is new. ``sweep.json`` is written last.

Assumptions and limits: a folder is written over only if it holds a sweep of that name of the same scenario;
units of points that are no longer asked for stay in it. World and sensing are dropped when no wanting unit
needs them: figures take kilobytes, sensing up to hundreds of megabytes for each seed and setting of sensors.
``keep_sensing`` keeps them for later calls. Where next: ``sweep_results`` works out the answer, the command
line calls ``sweep``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.report.gallery import zone_names
from mda_sim.scenario.sweep_file import SweepFile, read_sweep, sweep_of
from mda_sim.study.folder import FORMAT, listing, write_json, write_text
from mda_sim.study.identity import seedless_digest, versions
from mda_sim.study.look_folder import begin, claim
from mda_sim.study.sweep_plan import SweepPlan, plan_of
from mda_sim.study.sweep_results import Response, head_of, results_of
from mda_sim.study.variant_jobs import UnitReader, Watch, fill
from mda_sim.study.variants import Source

RECORD: Final = "sweep.json"
TABLES: Final = ("points", "responses", "effects", "interactions", "thresholds")
"""Tables of a sweep, each a file and an attribute."""


@dataclass(frozen=True)
class Sweep:
    """A complete sweep."""

    folder: Path
    results: Mapping[str, Any]
    """What ``sweep.json`` holds."""
    responses: tuple[Response, ...]
    """Every figure at every point in every seed, by point, configuration, figure and seed."""
    zones: Mapping[str, str]
    """Names of zones by id."""

    def __repr__(self) -> str:
        return f"<Sweep: {len(self.points):,} points, {len(self.responses):,} figures; in {self.folder}>"

    def to_pandas(self) -> Any:
        """Every figure at every point in every seed; needs pandas (extra ``notebook``)."""
        import pandas as pd

        return pd.DataFrame(self.responses)

    @property
    def points(self) -> list[dict[str, Any]]:
        """The points: number, what each factor is, and the texts of ``--set`` that give it."""
        return list(self.results["points"])

    @property
    def effects(self) -> list[dict[str, Any]]:
        """The effect of each factor on each figure, as rows."""
        from mda_sim.report.sweep_tables import effect_rows

        return effect_rows(self.results)

    @property
    def interactions(self) -> list[dict[str, Any]]:
        """The effect of every two factors on each figure, as rows."""
        from mda_sim.report.sweep_tables import interaction_rows

        return interaction_rows(self.results)

    @property
    def thresholds(self) -> list[dict[str, Any]]:
        """Where each gain comes down to the levels asked for, as rows."""
        from mda_sim.report.sweep_tables import threshold_rows

        return threshold_rows(self.results)

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.sweep_words import result_lines

        yield from result_lines(self.results, self.zones)


def plan_sweep(
    source: str | Path | SweepFile | Mapping[str, Any],
    *,
    scenario: str | Path | None = None,
    sets: Sequence[str] = (),
    configurations: Sequence[str] | None = None,
    seeds: int | None = None,
    metrics: Sequence[str] = (),
    group: str | None = None,
    nation: str | None = None,
    allow_path: bool = False,
    watch: Watch | None = None,
) -> SweepPlan:
    """The plan of a sweep: every point loaded and checked, nothing run.

    ``source`` is a sweep file, one that was read, or what one would hold. The other arguments win over it;
    ``sets`` come after its own. ``watch`` is told how many points are loaded. ScenarioError with every
    problem.
    """
    if isinstance(source, SweepFile):
        file = source
    else:
        file = sweep_of(source) if isinstance(source, Mapping) else read_sweep(source)
    spec = file.spec
    if scenario is None and not spec.scenario:
        raise ScenarioError([file.problem("missing key 'scenario' (or --scenario): a sweep of what?")])
    kept = configurations if configurations is not None else spec.configurations
    made_from = Source(
        Path(scenario) if scenario is not None else file.scenario(),
        (*spec.set, *sets),
        None if kept is None else tuple(kept),
        seeds if seeds is not None else spec.seeds,
        allow_path,
    )
    return plan_of(file, made_from, metrics=metrics, group=group, nation=nation, watch=watch)


def default_folder(plan: SweepPlan) -> Path:
    """``runs/<scenario>-<digest8>-sweep-<name>``, below the working directory."""
    scenario = plan.scenario
    return Path("runs") / f"{scenario.name}-{seedless_digest(scenario)[:8]}-sweep-{plan.sweep.name}"


def sweep(
    source: str | Path | SweepFile | SweepPlan | Mapping[str, Any],
    *,
    out: Path | str | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    keep_sensing: bool = False,
    watch: Watch | None = None,
    **asked: Any,
) -> Sweep:
    """Run a sweep and write what each factor does to its folder.

    ``source`` is a plan, or what ``plan_sweep`` takes; ``asked`` are its other arguments.

    ScenarioError with every problem of the sweep, its scenario and its points, before anything is run or
    written; RunError if the folder holds something else, UnitsFailed if some units could not be made, as when
    the audit finds a difference; units that were whole by then stay.
    """
    if workers is not None and workers < 1:
        raise ScenarioError([Problem("--workers", 0, 0, "", f"expected 1 at least, got {workers}")])
    plan = source if isinstance(source, SweepPlan) else plan_sweep(source, **asked)
    folder = Path(out) if out is not None else default_folder(plan)
    known_by = {
        "look": "sweep",
        "name": plan.sweep.name,
        "scenario": plan.scenario.name,
        "scenario_digest": seedless_digest(plan.scenario),
    }
    claim(folder, known_by, "a sweep", RECORD)
    seeds = plan.scenario.seeds
    reader = UnitReader(seeds, folder, plan.asked)
    begin(folder, known_by, RECORD, (unit for variant in plan.variants for unit in reader.paths(variant)))
    fill(
        plan.variants,
        seeds,
        folder,
        plan.asked,
        workers=workers,
        cluster=cluster,
        keep_sensing=keep_sensing,
        watch=watch,
    )
    values = [reader.values(variant) for variant in plan.variants]
    figures, responses = results_of(plan, values, reader.metric_units)
    results = {**known_by, **head_of(plan), "figures": figures}
    zones = zone_names(plan.scenario)
    found = Sweep(folder, results, responses, zones)
    _write(found)
    return found


def _write(found: Sweep) -> None:
    """Tables, charts and record."""
    from mda_sim.report.style import save
    from mda_sim.report.sweep_charts import charts
    from mda_sim.report.sweep_tables import tables

    folder, results = found.folder, found.results
    for name, text in tables(results, found.responses):
        write_text(folder / f"{name}.csv", text)
    shutil.rmtree(folder / "charts", ignore_errors=True)
    (folder / "charts").mkdir()
    for name, draw in charts(results, found.zones):
        save(draw(), folder / "charts" / name)
    files = [*(folder / f"{name}.csv" for name in TABLES), *(folder / "charts").iterdir()]
    record = {
        "format": FORMAT,
        **results,
        "versions": versions(),
        "files": listing(folder, files),
        "complete": True,
    }
    write_json(folder / RECORD, record)
