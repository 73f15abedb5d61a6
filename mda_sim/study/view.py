"""Figures of a finished run, for notebooks and for the run itself.

Model: an output folder holds everything that a figure needs: the resolved scenario, the summary, the coverage
tables and the fleet. Nothing is computed again.

Assumptions and limits: the folder is complete. Where next: the shop window offers the ``plot_`` functions,
``run`` draws every figure of the gallery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from mda_sim.core.errors import RunError
from mda_sim.core.table import Schema, Table, read_parquet
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

    def stored(name: str, schema: Schema) -> Callable[[str], StoredTables]:
        def of_configuration(configuration: str) -> StoredTables:
            units = [folder.sharing(seed, configuration) for seed in scenario.seeds]
            return StoredTables(schema, [unit / f"{name}.parquet" for unit in units])

        return of_configuration

    def over_time(configuration: str) -> Sequence[Table]:
        found = stored("over_time", OVER_TIME)(configuration)
        return found if found.are_there() else ()  # without events no unit has one

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

    return Sources(
        summary,
        stored("coverage", COVERAGE),
        fleet,
        stored("backlog", BACKLOG),
        over_time,
        events,
        stored("probe_gaps", PROBE_GAPS),
    )


class StoredTables(Sequence[Table]):
    """One table of each seed, read whenever it is asked for, so that one at a time is in memory."""

    def __init__(self, schema: Schema, files: Sequence[Path]) -> None:
        self._schema, self._files = schema, files

    def are_there(self) -> bool:
        """Whether all of them were kept."""
        return all(file.exists() for file in self._files)

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, place: int) -> Table: ...

    @overload
    def __getitem__(self, place: slice) -> StoredTables: ...

    def __getitem__(self, place: int | slice) -> Table | StoredTables:
        if isinstance(place, slice):
            return StoredTables(self._schema, self._files[place])
        return read_parquet(self._schema, self._files[place])


def plot_coverage(folder: Path | str, configuration: str, nation: str) -> Figure:
    """Map of what one nation holds where; KeyError if the run has no such configuration or nation."""
    return open_gallery(folder).coverage(configuration, nation)


def plot_difference(folder: Path | str, configuration: str, nation: str) -> Figure:
    """Map of what a configuration changes against the baseline; KeyError as for ``plot_coverage``."""
    return open_gallery(folder).difference(configuration, nation)


def plot_scenario(folder: Path | str) -> Figure:
    """Map of the scenario: sensors, vessel tracks, zones, and who sends to whom."""
    return open_gallery(folder).figure("maps/scenario.png")
