"""Figures of a finished run, for notebooks and for the run itself.

Model: an output folder holds everything that a figure needs: the resolved scenario, the summary, the coverage
tables and the fleet. Nothing is computed again.

Assumptions and limits: the folder is complete. Where next: the shop window offers the ``plot_`` functions,
``run`` draws every figure of the gallery.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.core.errors import RunError
from mda_sim.core.table import Table, read_parquet
from mda_sim.study.events import event_of
from mda_sim.study.folder import UNIT, RunFolder, read_json
from mda_sim.study.jobs import stored_fleet

if TYPE_CHECKING:
    from mda_sim.report.gallery import Figure, Gallery, Sources
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.happenings import DrawnEvent
    from mda_sim.world.fleet import Fleet


def open_gallery(folder: Path | str) -> Gallery:
    """The figures of a run; RunError if ``folder`` holds no finished run."""
    from mda_sim.scenario import load_scenario

    place = RunFolder(Path(folder), "")
    if (place.manifest() or {}).get("complete") is not True:
        raise RunError(f"{folder} holds no finished run; run the scenario first")
    return gallery_of(load_scenario(place.path / "scenario.yaml", is_own=True), place)


def gallery_of(scenario: Scenario, folder: RunFolder) -> Gallery:
    """The gallery of a folder whose units are in their place; some figures need its summary too."""
    from mda_sim.report.gallery import Gallery

    return Gallery(scenario, sources_of(scenario, folder), folder.path)


def sources_of(scenario: Scenario, folder: RunFolder) -> Sources:
    """The tables of a folder whose units are in their place, each read when it is first asked for."""
    from mda_sim.metrics.coverage import COVERAGE
    from mda_sim.metrics.load import BACKLOG
    from mda_sim.metrics.over_time import OVER_TIME
    from mda_sim.metrics.probe_gaps import PROBE_GAPS
    from mda_sim.report.gallery import Sources

    @cache
    def coverage(configuration: str) -> tuple[Table, ...]:
        units = (folder.sharing(seed, configuration) for seed in scenario.seeds)
        return tuple(read_parquet(COVERAGE, unit / "coverage.parquet") for unit in units)

    def probe_gaps(configuration: str) -> tuple[Table, ...]:
        units = (folder.sharing(seed, configuration) for seed in scenario.seeds)
        return tuple(read_parquet(PROBE_GAPS, unit / "probe_gaps.parquet") for unit in units)

    def backlog(configuration: str) -> tuple[Table, ...]:
        units = (folder.sharing(seed, configuration) for seed in scenario.seeds)
        return tuple(read_parquet(BACKLOG, unit / "backlog.parquet") for unit in units)

    @cache
    def over_time(configuration: str) -> tuple[Table, ...]:
        units = (folder.sharing(seed, configuration) for seed in scenario.seeds)
        files = (unit / "over_time.parquet" for unit in units)
        return tuple(read_parquet(OVER_TIME, file) for file in files if file.exists())

    @cache
    def events(configuration: str) -> tuple[tuple[DrawnEvent, ...], ...]:
        units = (folder.sharing(seed, configuration) for seed in scenario.seeds)
        records = ((read_json(unit / UNIT) or {}).get("events", ()) for unit in units)
        return tuple(tuple(event_of(record) for record in found) for found in records)

    def fleet() -> Fleet:
        return stored_fleet(folder.sensing(scenario.seeds[0]))

    @cache
    def summary() -> Mapping[str, Any]:
        return read_json(folder.path / "summary.json") or {}

    return Sources(summary, coverage, fleet, backlog, over_time, events, probe_gaps)


def plot_coverage(folder: Path | str, configuration: str, nation: str) -> Figure:
    """Map of what one nation holds where; KeyError if the run has no such configuration or nation."""
    return open_gallery(folder).coverage(configuration, nation)


def plot_difference(folder: Path | str, configuration: str, nation: str) -> Figure:
    """Map of what a configuration changes against the baseline; KeyError as for ``plot_coverage``."""
    return open_gallery(folder).difference(configuration, nation)


def plot_scenario(folder: Path | str) -> Figure:
    """Map of the scenario: sensors, vessel tracks, zones, and who sends to whom."""
    return open_gallery(folder).figure("maps/scenario.png")
