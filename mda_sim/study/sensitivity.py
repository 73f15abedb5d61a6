"""Sensitivity of the headline to each named assumption, written to a folder of its own.

    one at a time:  sensitivity.json  sensitivity.csv  charts/<endpoint>_<NATION>.png         units/
    screening:      sensitivity.json  morris.csv       charts/morris_<endpoint>_<NATION>.png  units/

Model: every setting is run on the same seeds as the file's own values. Draws are addressed, so luck stays and
differences are paired. World, sensing, deliveries and scores are made once for all settings that share them
(``variant_jobs``); a stored unit is used again, so an interrupted analysis goes on where it stopped.
``sensitivity.json`` is written last and holds all that tables and charts are made from.

Assumptions and limits: a folder is written over only if it holds the same kind of analysis of the same
scenario. It says what the answer would be if an assumption were otherwise, not how likely that is. Where
next: the command line calls ``sensitivity``; ``report.sensitivity_tables`` and ``report.sensitivity_charts``
show it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.metrics.compare import (
    CAVEATS,
    CONFIDENCE_LEVEL,
    LABEL,
    warnings,
)
from mda_sim.metrics.morris import RESAMPLES, step_of
from mda_sim.metrics.sensitivity import headlines, one_at_a_time, screening
from mda_sim.report.gallery import zone_names
from mda_sim.scenario import Scenario
from mda_sim.study.endpoints import ALL, nations_of
from mda_sim.study.folder import FORMAT, listing, write_json, write_text
from mda_sim.study.identity import versions
from mda_sim.study.kinship import ROOTS, roots_of, sealed
from mda_sim.study.look_folder import begin, claim
from mda_sim.study.sensitivity_plan import Plan, plan_of
from mda_sim.study.variant_jobs import Asked, UnitReader, Watch, fill
from mda_sim.study.variants import Source

RECORD: Final = "sensitivity.json"
TABLES: Final = {"one_at_a_time": "sensitivity.csv", "morris": "morris.csv"}
TRAJECTORIES: Final = 10
"""Trajectories of a screening unless the caller says otherwise: Campolongo et al. 2007 use 10."""
LEVELS: Final = 4
"""Levels of a screening unless the caller says otherwise: those of Morris 1991, section 4."""

Method = Literal["one_at_a_time", "morris"]


@dataclass(frozen=True)
class Sensitivity:
    """A complete analysis."""

    folder: Path
    results: Mapping[str, Any]
    """What ``sensitivity.json`` holds."""
    zones: Mapping[str, str]
    """Names of zones by id."""

    def __repr__(self) -> str:
        return f"<Sensitivity of {self.results['scenario']}, {self.results['method']}; in {self.folder}>"

    def to_pandas(self) -> Any:
        """Every effect on every figure, as ``frames.effects_frame`` says."""
        from mda_sim.study.frames import effects_frame

        return effects_frame(self.results)

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.sensitivity_tables import result_lines

        yield from result_lines(self.results, self.zones)


def default_folder(scenario: Scenario, method: Method) -> Path:
    """``runs/<name>-<digest8>-sensitivity``, or ``...-morris``, below the working directory."""
    what = "morris" if method == "morris" else "sensitivity"
    return Path("runs") / f"{scenario.name}-{scenario.digest()[:8]}-{what}"


def sensitivity(
    path: str | Path,
    *,
    method: Method = "one_at_a_time",
    sets: Sequence[str] = (),
    configurations: Sequence[str] | None = None,
    seeds: int | None = None,
    metric: str | None = None,
    group: str | None = None,
    nation: str | None = None,
    trajectories: int = TRAJECTORIES,
    levels: int = LEVELS,
    workers: int | None = None,
    cluster: str | None = None,
    out: Path | str | None = None,
    allow_path: bool = False,
    watch: Watch | None = None,
) -> Sensitivity:
    """Move the named assumptions of the scenario file ``path`` and write what that does to its headline.

    The headline is every primary endpoint of every nation, and its paired difference from the baseline;
    ``metric``, ``group`` (with ``@<zone>`` for a zone) and ``nation`` choose other or fewer figures.
    ``sets``, ``configurations``, ``seeds`` and ``allow_path`` are as for ``load``.

    ScenarioError with every problem of the file and of every setting, before anything is run or written;
    RunError if the folder holds something else, a figure is nowhere, or a worker dies; AuditError if the
    audit of any unit finds a difference.
    """
    _check_numbers(method, trajectories, levels, workers)
    kept = None if configurations is None else tuple(configurations)
    source = Source(Path(path), tuple(sets), kept, seeds, allow_path)
    plan = plan_of(source, (trajectories, levels) if method == "morris" else None)
    asked = asked_of(plan.scenario, metric, group, nation)
    folder = Path(out) if out is not None else default_folder(plan.scenario, method)
    known_by = {
        "look": "sensitivity",
        "method": method,
        "scenario": plan.scenario.name,
        "scenario_digest": plan.scenario.digest(),
    }
    claim(folder, known_by, "sensitivity", RECORD)
    reader = UnitReader(plan.scenario.seeds, folder, asked)
    begin(folder, known_by, RECORD, (unit for variant in plan.variants for unit in reader.paths(variant)))
    fill(plan.variants, plan.scenario.seeds, folder, asked, workers=workers, cluster=cluster, watch=watch)
    results = {**known_by, **_head(plan, asked, sets), **_results(plan, reader, asked, levels)}
    zones = zone_names(plan.scenario)
    _write(folder, results, zones, plan, reader)
    return Sensitivity(folder, results, zones)


def asked_of(scenario: Scenario, metric: str | None, group: str | None, nation: str | None) -> Asked:
    """The figures that are looked at; ScenarioError if no such nation has a picture or no figure is named."""
    problems: list[Problem] = []
    nations = nations_of(scenario, nation or ALL, problems)
    if problems:
        raise ScenarioError(problems)
    primary = [(one.metric, one.key) for one in scenario.spec.metrics.primary]
    fitting = [one for one in primary if metric in (None, one[0]) and group in (None, one[1])]
    if fitting:
        return Asked(tuple(fitting), nations, is_named=False)
    if metric is None:
        what = f"of the group {group!r}" if group else ""
        message = (
            f"the scenario declares no primary endpoint {what}".strip() + "; name a metric with --metric"
        )
        raise ScenarioError([Problem("--metric", 0, 0, "", message)])
    return Asked(((metric, group or "all"),), nations, is_named=True)


def _check_numbers(method: str, n: int, levels: int, workers: int | None) -> None:
    problems = []
    if method not in TABLES:
        problems.append(("--method", f"unknown method {method!r}; expected one of {', '.join(TABLES)}"))
    if n < 1:
        problems.append(("--trajectories", f"expected 1 at least, got {n}"))
    try:
        step_of(levels)
    except ValueError as wrong:
        problems.append(("--levels", str(wrong)))
    if workers is not None and workers < 1:
        problems.append(("--workers", f"expected 1 at least, got {workers}"))
    if problems:
        raise ScenarioError([Problem(option, 0, 0, "", text) for option, text in problems])


def _head(plan: Plan, asked: Asked, sets: Sequence[str]) -> dict[str, Any]:
    """What results say besides figures."""
    seeds = plan.scenario.seeds
    return {
        "label": LABEL,
        "caveats": list(CAVEATS),
        "confidence_level": CONFIDENCE_LEVEL,
        "warnings": warnings(len(seeds)),
        "baseline": plan.scenario.baseline,
        "configurations": list(plan.scenario.arrangements),
        "seeds": list(seeds),
        "figures_asked": [{"metric": metric, "group": group} for metric, group in asked.figures],
        "overrides": list(sets),
        ROOTS: roots_of(plan.scenario),
        "assumptions": {name: _described(plan, name) for name in plan.assumptions},
    }


def _described(plan: Plan, name: str) -> dict[str, Any]:
    assumption = plan.assumptions[name]
    spec = assumption.spec
    settings = {
        setting: {"words": assumption.words(value), "set": list(assumption.settings(value))}
        for setting, value in assumption.ends().items()
    }
    return {
        "name": spec.name,
        "keys": list(spec.keys),
        "stated": assumption.stated_words(),
        "source": spec.source,
        "settings": settings,
    }


def _results(plan: Plan, reader: UnitReader, asked: Asked, levels: int) -> dict[str, Any]:
    """Every headline with what the assumptions do to it."""
    stated = reader.values(plan.stated)
    found = headlines(stated, plan.scenario.baseline, asked.figures)
    if not plan.points:
        moved = {setting: reader.values(variant) for setting, variant in plan.moved.items()}
        figures = [one_at_a_time(headline, stated, moved) for headline in found]
        extra: dict[str, Any] = {}
    else:
        at_points = [[reader.values(variant) for variant in points] for points in plan.points]
        names, seed = tuple(plan.assumptions), plan.scenario.spec.seed.first
        figures = [
            {"effects": screening(headline, names, plan.trajectories, at_points, seed)} for headline in found
        ]
        extra = {
            "trajectories": len(plan.points),
            "levels": levels,
            "step": step_of(levels),
            "resamples": RESAMPLES,
        }
    told = [
        {**headline._asdict(), "unit": reader.metric_units[headline.metric], **figure}
        for headline, figure in zip(found, figures, strict=True)
    ]
    return {**extra, "figures": told}


def _write(
    folder: Path, results: Mapping[str, Any], zones: Mapping[str, str], plan: Plan, reader: UnitReader
) -> None:
    """Table, charts and record; units that no variant of the plan needs are removed."""
    from mda_sim.report.sensitivity_charts import charts
    from mda_sim.report.sensitivity_tables import morris_csv, sensitivity_csv
    from mda_sim.report.style import save

    needed = {path for variant in plan.variants for path in reader.paths(variant)}
    for unit in (folder / "units").iterdir():
        if unit not in needed:
            unit.unlink()
    table = folder / TABLES[results["method"]]
    write_text(table, (morris_csv if results["method"] == "morris" else sensitivity_csv)(results))
    shutil.rmtree(folder / "charts", ignore_errors=True)
    (folder / "charts").mkdir()
    for name, draw in charts(results, zones):
        save(draw(), folder / "charts" / name)
    files = [table, *(folder / "charts").iterdir()]
    record = {
        "format": FORMAT,
        **results,
        "versions": versions(),
        "files": listing(folder, files),
        "complete": True,
    }
    write_json(folder / RECORD, sealed(record))
