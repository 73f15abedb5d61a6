"""How many vessels of which class are where: counts of a world by class and zone.

Model: counted at the instants of ``world_snapshots``: the number at local noon is the mean over the scored
days, the mean number that over all instants. Zones are those that the scenario scores; before them stand the
whole world (the area and its buffer) and the area itself.

Assumptions and limits: zones are illustrative and take no position on claims. Where next: ``show_tables``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.regions import bounds, contains
from mda_sim.report.world_snapshots import at_noon

if TYPE_CHECKING:
    from mda_sim.report.world_measures import SimulatedWorld

WORLD: Final = "(world)"
"""Stands for the area and its buffer where zones are named."""
AREA: Final = "(area)"
"""Stands for the scenario's area where zones are named."""
ALL: Final = "(all)"
"""Stands for all classes where classes are named."""


@dataclass(frozen=True)
class Count:
    """The vessels of one class in one zone."""

    traffic_class: str
    """Class of traffic, or ``ALL``."""
    kind: str
    """Kind of traffic of the class; empty for ``ALL``."""
    zone: str
    """Zone by its id, or ``WORLD`` or ``AREA``."""
    at_noon: float
    """Mean number at local noon; nan if no noon is looked at."""
    mean: float
    """Mean number at a time."""
    broadcasting: float
    """Share of the vessel-time with AIS; nan without vessels."""
    n_vessels: int
    """Number of different vessels that are there at some instant."""


def counts(world: SimulatedWorld) -> list[Count]:
    """The counts of every class, and of all together, in the world, the area and every zone."""
    return [count for zone, rows in _zones(world) for count in _in_zone(world, zone, rows)]


def zone_names(world: SimulatedWorld) -> dict[str, str]:
    """Names of the zones of ``counts`` by id."""
    named = {name: zone.name for name, zone in world.scenario.spec.metrics.zones.items()}
    return {WORLD: "area and buffer", AREA: "area", **named}


def noon_instants(world: SimulatedWorld) -> NDArray[np.bool_]:
    """Which instants of the snapshots stand for local noon at the middle longitude of the area."""
    west, _, east, _ = bounds(world.scenario.spec.area)
    at = world.snapshots
    return at_noon(at.t_us, world.timeline, (west + east) / 2, at.step_h)


def noon_words(world: SimulatedWorld) -> str:
    """Which times of day count as local noon, in words."""
    at = world.snapshots
    hours = {
        world.timeline.datetime_at(int(t_us)).strftime("%H:%M") for t_us in at.t_us[noon_instants(world)]
    }
    return f"{', '.join(sorted(hours))} UTC" if hours else "none in the scored time"


def _zones(world: SimulatedWorld) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Each zone with the rows of the snapshots in it."""
    at = world.snapshots
    yield WORLD, np.arange(len(at.target))
    in_area = np.flatnonzero(world.in_area)
    yield AREA, in_area
    for name, zone in world.scenario.spec.metrics.zones.items():
        inside = contains(zone.region, at.lat_deg[in_area], at.lon_deg[in_area])
        yield name, in_area[inside]


def _in_zone(world: SimulatedWorld, zone: str, rows: NDArray[np.int64]) -> Iterator[Count]:
    at, fleet = world.snapshots, world.fleet
    traffic_class = fleet.targets["traffic_class"][at.target[rows]]
    is_noon = noon_instants(world)
    for name, kind in [(ALL, ""), *world.kind_of_class.items()]:
        if name == ALL:
            chosen = rows
        elif name in fleet.classes:
            chosen = rows[traffic_class == fleet.classes.index(name)]
        else:
            chosen = rows[:0]
        noons = int(is_noon.sum())
        yield Count(
            traffic_class=name,
            kind=kind,
            zone=zone,
            at_noon=float(is_noon[at.instant[chosen]].sum()) / noons if noons else math.nan,
            mean=len(chosen) / len(at.t_us),
            broadcasting=float(at.is_broadcasting[chosen].mean()) if len(chosen) else math.nan,
            n_vessels=len(np.unique(at.target[chosen])),
        )
