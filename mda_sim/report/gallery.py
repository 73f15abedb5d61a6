"""Which figures a run has, by name, and how each is drawn and written.

Model: a figure's name is its path in the output folder. Every figure is drawn from tables alone,
apart from all others, so they can be divided among processes in any way.

Where next: ``study.run`` draws a gallery after the last unit is in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.metrics.gap_split import window_s
from mda_sim.metrics.spec import age_label
from mda_sim.pipeline import laddered
from mda_sim.report.charts import custody_chart, gap_chart, latency_chart
from mda_sim.report.event_charts import Followed
from mda_sim.report.event_gallery import TimelineCharts
from mda_sim.report.gap_charts import causes_chart, ladder_chart
from mda_sim.report.gap_maps import gap_map
from mda_sim.report.grids import (
    Mesh,
    ProbeValues,
    answer_mesh,
    difference_mesh,
    gap_shares,
    share_mesh,
    values_by_nation,
)
from mda_sim.report.load_charts import backlog_chart
from mda_sim.report.maps import Caption, common_limit, coverage_map, difference_map, scenario_map
from mda_sim.report.scene import Scene, arrangement_of, fed, scene_of
from mda_sim.report.style import save
from mda_sim.report.words import age_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Figure

    from mda_sim.scenario import Scenario
    from mda_sim.sharing.happenings import DrawnEvent
    from mda_sim.world.fleet import Fleet

MAP_AGE_S: Final = 6 * 3600.0
"""Age of the coverage maps where the scenario measures it, else the nearest it has [s]."""

TRACKS_SHOWN: Final = 300
"""Vessels whose tracks the scenario map shows."""

GAP_MAPS_MAX: Final = 12
"""Maps of the gap split of all configurations and nations are drawn if they are no more; else the baseline's
alone."""

_TRACK_POINTS: Final = 240


def _nothing(configuration: str) -> tuple[Any, ...]:
    return ()


@dataclass(frozen=True)
class Sources:
    """Where a gallery gets its tables."""

    summary: Callable[[], Mapping[str, Any]]
    """What ``summary.json`` holds."""
    coverage: Callable[[str], Sequence[Table]]
    """COVERAGE tables of one configuration, one per seed in order."""
    fleet: Callable[[], Fleet]
    """The fleet of the first seed."""
    backlog: Callable[[str], Sequence[Table]]
    """BACKLOG tables of one configuration, one per seed in order."""
    over_time: Callable[[str], Sequence[Table]] = _nothing
    """OVER_TIME tables of one configuration, one per seed in order; none without events."""
    events: Callable[[str], Sequence[Sequence[DrawnEvent]]] = _nothing
    """Events of one configuration, seed by seed in order."""
    probe_gaps: Callable[[str], Sequence[Table]] = _nothing
    """PROBE_GAPS tables of one configuration, one per seed in order."""


class Gallery:
    """The figures of one run."""

    def __init__(self, scenario: Scenario, sources: Sources, folder: Path) -> None:
        self._scenario, self._sources, self._folder = scenario, sources, folder
        self._known_values: dict[str, Mapping[str, ProbeValues]] = {}

    def names(self) -> list[str]:
        """Paths of all figures below the output folder."""
        names = ["maps/scenario.png", *_CHARTS]
        if self._has_ladder:
            names.append("charts/counterfactuals.png")
        if any(sharing.desks for sharing in self._scenario.arrangements.values()):
            names.append("charts/backlog.png")
        return [*names, *self._timeline.names(), *self._maps]

    def of_units(self) -> list[str]:
        """Paths of the figures that need no summary, so that they can be drawn before there is one."""
        return [name for name in self.names() if name not in _OF_SUMMARY]

    def of_configuration(self, configuration: str) -> list[str]:
        """Paths of the figures that are about one configuration, or about all of them."""
        maps = self._maps
        return [name for name in self.names() if name not in maps or maps[name][1] == configuration]

    def draw(self, name: str) -> Path:
        """Draw one figure and write it; KeyError if the run has no such figure."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save(self.figure(name), path)
        return path

    def figure(self, name: str) -> Figure:
        """One figure, not written; KeyError if the run has no such figure."""
        if name not in self.names():
            raise KeyError(f"the run has no figure '{name}'; it has {', '.join(self.names())}")
        if name == "maps/scenario.png":
            return self._scenario_map()
        if name == "charts/custody.png":
            return self._custody_chart()
        if name in _GAP_CHARTS:
            zones = zone_names(self._scenario)
            return _GAP_CHARTS[name](self._sources.summary(), self._nations, self._group, zones)
        if name == "charts/latency.png":
            return latency_chart(self._sources.summary(), self._nations)
        if name == "charts/backlog.png":
            order = (self._scenario.baseline, *self._others)
            found = {configuration: self._sources.backlog(configuration) for configuration in order}
            return backlog_chart(found, self._scenario.timeline)
        if name in self._timeline.names():
            return self._timeline.figure(name)
        kind, configuration, nation = self._maps[name]
        draw = {"difference": self.difference, "coverage": self.coverage, "gaps": self.gaps}[kind]
        return draw(configuration, nation)

    @cached_property
    def _maps(self) -> dict[str, tuple[str, str, str]]:
        """Kind, configuration and nation of each map by its name; none without probes."""
        if self._scenario.spec.world.probes is None:
            return {}
        label = age_label(self._age_s)
        everyone = list(self._scenario.arrangements)
        n_maps = len(everyone) * len(self._nations)
        kinds = {
            f"coverage_{label}": everyone,
            f"difference_{label}": self._others,
            f"gaps_{age_label(self._window_s)}": everyone
            if n_maps <= GAP_MAPS_MAX
            else [self._scenario.baseline],
        }
        return {
            f"maps/{kind}_{configuration}_{nation}.png": (kind.partition("_")[0], configuration, nation)
            for kind, configurations in kinds.items()
            for configuration in configurations
            for nation in self._nations
        }

    @property
    def _window_s(self) -> float:
        return window_s(self._scenario.spec.metrics.custody_age_s)

    @property
    def _has_ladder(self) -> bool:
        """Whether any configuration has a ladder of gates and delays."""
        return bool(laddered(self._scenario))

    @cached_property
    def _timeline(self) -> TimelineCharts:
        return TimelineCharts(
            self._scenario, self._sources.over_time, self._sources.events, self._nations, self._followed
        )

    @property
    def _nations(self) -> list[str]:
        """Nations with a picture of their own."""
        nations = self._scenario.spec.nations
        return [code for code, nation in nations.items() if nation.kind == "nation" and nation.picture_node]

    @property
    def _others(self) -> list[str]:
        return [name for name in self._scenario.arrangements if name != self._scenario.baseline]

    @property
    def _age_s(self) -> float:
        return map_age_s(self._scenario)

    @property
    def _spacing_deg(self) -> float:
        probes = self._scenario.spec.world.probes
        return float(probes.spacing_deg) if probes is not None else 1.0

    @cached_property
    def _scene(self) -> Scene:
        return scene_of(self._scenario)

    @cached_property
    def _limit(self) -> float:
        """One scale for all difference maps of the run."""
        return common_limit(list(self._differences.values()))

    @cached_property
    def _differences(self) -> dict[tuple[str, str], Mesh]:
        """What each configuration but the baseline changes for each nation."""
        reference = self._values(self._scenario.baseline)
        return {
            (name, nation): difference_mesh(self._values(name)[nation], reference[nation], self._spacing_deg)
            for nation in self._nations
            for name in self._others
        }

    def _values(self, configuration: str) -> Mapping[str, ProbeValues]:
        """Custody of the probes by nation, at the age of the maps; its tables are read once."""
        if configuration not in self._known_values:
            found = values_by_nation(self._sources.coverage(configuration), self._age_s)
            self._known_values[configuration] = found
        return self._known_values[configuration]

    def coverage(self, configuration: str, nation: str) -> Figure:
        """Map of what one nation holds where; KeyError if the run has no such map."""
        self._check("coverage", configuration, nation)
        values = self._values(configuration)[nation]
        title = f"{self._name_of(nation)}: area in custody within {age_words(age_label(self._age_s))}"
        return coverage_map(
            self._scene,
            share_mesh(values, self._spacing_deg),
            fed(self._scene, self._scenario.arrangements[configuration]),
            nation,
            Caption(title, f"configuration '{configuration}', for {self._probe_words()}", self._source),
            self._age_s,
        )

    def difference(self, configuration: str, nation: str) -> Figure:
        """Map of what a configuration changes against the baseline; KeyError if the run has no such map."""
        self._check("difference", configuration, nation)
        title = f"{self._name_of(nation)}: what '{configuration}' changes"
        against = f"against '{self._scenario.baseline}', custody within {age_words(age_label(self._age_s))}"
        subtitle = f"{against}, for {self._probe_words()}"
        return difference_map(
            self._scene,
            self._differences[configuration, nation],
            fed(self._scene, self._scenario.arrangements[configuration]),
            nation,
            Caption(title, subtitle, self._source),
            self._age_s,
            self._limit,
        )

    def gaps(self, configuration: str, nation: str) -> Figure:
        """Map of why one nation does not hold what is where; KeyError if the run has no such map."""
        self._check("gaps", configuration, nation)
        found = gap_shares(self._sources.probe_gaps(configuration), nation)
        return gap_map(
            self._scene,
            answer_mesh(found, self._spacing_deg),
            fed(self._scene, self._scenario.arrangements[configuration]),
            nation,
            Caption(
                f"{self._name_of(nation)}: what is held, and why the rest is not",
                f"configuration '{configuration}', for {self._probe_words()}",
                self._source,
            ),
            age_words(age_label(self._window_s)),
        )

    def _check(self, kind: str, configuration: str, nation: str) -> None:
        if (kind, configuration, nation) not in self._maps.values():
            raise KeyError(f"the run has no {kind} map of configuration '{configuration}' for '{nation}'")

    def _scenario_map(self) -> Figure:
        arrangements = self._scenario.arrangements
        order = [self._scenario.baseline, *self._others]
        fleet = self._sources.fleet()
        caption = Caption(
            f"Scenario '{self._scenario.name}'",
            f"sensors, vessels and links; {fleet.n_vessels:,} vessels over the whole run",
            self._source,
        )
        baseline = arrangements[order[0]]
        shown = [arrangement_of(name, arrangements[name], baseline) for name in order]
        return scenario_map(self._scene, tracks(fleet, TRACKS_SHOWN), shown, caption)

    def _custody_chart(self) -> Figure:
        return custody_chart(
            self._sources.summary(),
            self._nations,
            self._scenario.spec.metrics.custody_age_s,
            self._group,
            zone_names(self._scenario),
        )

    @property
    def _group(self) -> str:
        return self._followed.group

    @property
    def _followed(self) -> Followed:
        """Group and age of the first custody endpoint that the scenario declares; all vessels without one."""
        metrics = self._scenario.spec.metrics
        ages_s = {f"custody_fraction_{age_label(age_s)}": age_s for age_s in metrics.custody_age_s}
        group, age_s = next(
            ((e.key, ages_s[e.metric]) for e in metrics.primary if e.metric in ages_s), ("all", self._age_s)
        )
        return Followed(group, age_label(age_s), age_s)

    def _name_of(self, nation: str) -> str:
        return self._scenario.spec.nations[nation].name

    def _probe_words(self) -> str:
        probes = self._scenario.spec.world.probes
        return f"a stationary {probes.length_m:g} m vessel without AIS" if probes is not None else ""

    @cached_property
    def _source(self) -> str:
        seeds = self._scenario.seeds
        span = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
        return f"Scenario '{self._scenario.name}' ({self._scenario.digest()[:8]}), {span}; mda_sim."


_GAP_CHARTS: Final[Mapping[str, Callable[..., Figure]]] = {
    "charts/gaps.png": gap_chart,
    "charts/gap_causes.png": causes_chart,
    "charts/counterfactuals.png": ladder_chart,
}
_CHARTS: Final = ("charts/custody.png", "charts/gaps.png", "charts/gap_causes.png", "charts/latency.png")
_OF_SUMMARY: Final = frozenset({*_CHARTS, *_GAP_CHARTS})


def map_age_s(scenario: Scenario) -> float:
    """The age of custody that coverage maps show: the one nearest to ``MAP_AGE_S`` [s]."""
    return min(scenario.spec.metrics.custody_age_s, key=lambda age_s: abs(age_s - MAP_AGE_S))


def zone_names(scenario: Scenario) -> dict[str, str]:
    """Names of the zones by id."""
    return {zone_id: zone.name for zone_id, zone in scenario.spec.metrics.zones.items()}


def tracks(fleet: Fleet, n: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Latitudes and longitudes along the tracks of every k-th vessel, at most ``n`` of them.

    A vessel that is absent in between has a track for each stretch.
    """
    step = max(1, -(-fleet.n_vessels // n))
    presence = fleet.presence()
    chosen = (presence["target"] < fleet.n_vessels) & (presence["target"] % step == 0)
    found = []
    for target, begin_us, end_us in zip(*(presence[c][chosen] for c in presence.columns), strict=True):
        t_us = np.linspace(int(begin_us), int(end_us), _TRACK_POINTS)
        found.append(fleet.positions(target, t_us.astype(np.int64)))
    return found
