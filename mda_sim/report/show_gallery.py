"""Which pictures of a world there are, by name, and how each is drawn.

Model: density and tracks of all vessels by kind of traffic, then of each kind by itself (its tracks by
class), and histograms of lengths and speeds. A picture's name is its path in the output folder.

Assumptions and limits: the day of the tracks is the first scored one. Where next: ``study.show`` writes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_DAY
from mda_sim.core.units import KNOT_MPS
from mda_sim.data.published import published_figures
from mda_sim.report.maps import Caption
from mda_sim.report.scene import Scene, scene_of
from mda_sim.report.show_charts import Panel, histograms
from mda_sim.report.show_maps import density_map, scale_end, tracks_map, tracks_of
from mda_sim.report.show_tables import class_words
from mda_sim.report.world_density import Grid, grid_over, vessel_hours
from mda_sim.report.world_measures import speeds, under_way

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mda_sim.report.world_measures import SimulatedWorld

_LENGTHS: Final = "charts/lengths.png"
_SPEEDS: Final = "charts/speeds.png"
_ALL: Final = "all"


class WorldGallery:
    """The pictures of one world."""

    def __init__(self, world: SimulatedWorld) -> None:
        self._world = world

    def names(self) -> list[str]:
        """Paths of all pictures below the output folder."""
        groups = (_ALL, *self._kinds)
        return [f"maps/{what}_{group}.png" for what in ("density", "tracks") for group in groups] + [
            _LENGTHS,
            _SPEEDS,
        ]

    def figure(self, name: str) -> Figure:
        """One picture, not written; KeyError if there is no such one."""
        if name not in self.names():
            raise KeyError(f"the world has no picture '{name}'; it has {', '.join(self.names())}")
        if name == _LENGTHS:
            return self._lengths()
        if name == _SPEEDS:
            return self._speeds()
        what, _, group = name.removeprefix("maps/").removesuffix(".png").partition("_")
        return self._density(group) if what == "density" else self._tracks(group)

    @cached_property
    def _kinds(self) -> list[str]:
        """Kinds of traffic in the scenario, sorted."""
        return sorted(set(self._world.kind_of_class.values()))

    @cached_property
    def _scene(self) -> Scene:
        return scene_of(self._world.scenario)

    @cached_property
    def _grid(self) -> Grid:
        return grid_over(*self._scene.extent[:4])

    @cached_property
    def _hours_a_day(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Vessel-hours a day of each kind in the cells, and outside them."""
        world = self._world
        group = np.full(world.fleet.n_targets, -1, np.int64)
        for number, kind in enumerate(self._kinds):
            group[: world.fleet.n_vessels][world.vessels((f"kind:{kind}",))] = number
        timeline = world.timeline
        inside, outside = vessel_hours(
            world.fleet.legs,
            self._grid,
            group,
            len(self._kinds),
            timeline.score_from_us,
            timeline.score_to_us,
        )
        return inside / world.scored_days, outside / world.scored_days

    def _density(self, group: str) -> Figure:
        inside, outside = self._hours_a_day
        chosen = slice(None) if group == _ALL else [self._kinds.index(group)]
        cells = inside[chosen].sum(axis=0)
        here, beyond = float(cells.sum()), float(outside[chosen].sum())
        size = self._grid.lat_edges_deg[1] - self._grid.lat_edges_deg[0]
        subtitle = (
            f"cells of {size:g}°, mean over {self._world.scored_days:g} d: "
            f"{here:,.0f} vessel-hours a day on the map, {beyond:,.0f} beyond it"
        )
        caption = Caption(f"{_title(group)}: where they spend their time", subtitle, self._source)
        return density_map(self._scene, self._grid, cells, scale_end(inside.sum(axis=0)), caption)

    def _tracks(self, group: str) -> Figure:
        world, timeline = self._world, self._world.timeline
        begin_us = timeline.score_from_us
        end_us = min(begin_us + US_PER_DAY, timeline.score_to_us)
        first, last = (timeline.datetime_at(t_us).strftime("%Y-%m-%d %H:%M") for t_us in (begin_us, end_us))
        what = "colours by kind of traffic" if group == _ALL else "colours by class"
        caption = Caption(f"{_title(group)}: tracks of a day", f"{first} to {last} UTC; {what}", self._source)
        shown = np.zeros(world.fleet.n_targets, np.bool_)
        groups = []
        for name, selection in self._selections(group):
            shown[: world.fleet.n_vessels] = world.vessels(selection)
            groups.append(tracks_of(name, world.fleet.legs, shown, begin_us, end_us))
        return tracks_map(self._scene, groups, caption)

    def _selections(self, group: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Names and selections of the groups that a tracks map tells apart."""
        if group == _ALL:
            for kind in self._kinds:
                yield class_words(kind), (f"kind:{kind}",)
        else:
            for name, kind in self._world.kind_of_class.items():
                if kind == group:
                    yield class_words(name), (name,)

    def _lengths(self) -> Figure:
        panels = []
        lengths_m = self._world.fleet.targets["length_m"][: self._world.fleet.n_vessels].astype(np.float64)
        for name in self._world.kind_of_class:
            chosen = lengths_m[self._world.vessels((name,))]
            span = self._published(name, "median_length_m")
            panels.append(
                Panel(class_words(name), chosen, np.ones(len(chosen)), f"{len(chosen):,} vessels", *span)
            )
        return histograms(
            panels, "Lengths by class", self._subtitle, "length over all [m]", "Every vessel counts once."
        )

    def _speeds(self) -> Figure:
        panels = []
        for name in self._world.kind_of_class:
            chosen = self._world.vessels((name,))
            speed_mps, hours = under_way(self._world, chosen)
            whole = float(speeds(self._world, chosen)[1].sum())
            rest = f"{100 * (1 - hours.sum() / whole):.0f} % at rest" if whole else "no vessels"
            span = self._published(name, "median_speed_kn")
            panels.append(Panel(class_words(name), speed_mps / KNOT_MPS, hours, rest, *span))
        return histograms(
            panels,
            "Speeds by class",
            self._subtitle,
            "speed over the ground [kn]",
            "Hours under way (faster than 0.5 kn) in the scored time.",
        )

    def _published(self, class_id: str, measure: str) -> tuple[float, float]:
        """The published span of a class; nan, nan without one."""
        own = self._world.vessels((class_id,))
        for figure in published_figures().values():
            if figure.measure == measure and own.any() and self._world.vessels(figure.who)[own].all():
                return figure.low, figure.high
        return math.nan, math.nan

    @property
    def _subtitle(self) -> str:
        return f"scenario '{self._world.scenario.name}', area and buffer, seed {self._world.seed}"

    @property
    def _source(self) -> str:
        scenario = self._world.scenario
        return f"Scenario '{scenario.name}' ({scenario.digest()[:8]}), seed {self._world.seed}; mda_sim."


def _title(group: str) -> str:
    return "All vessels" if group == _ALL else f"Traffic '{class_words(group)}'"
