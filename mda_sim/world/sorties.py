"""Sorties: where the hulls of a platform are in one replicate, as great-circle legs.

Model: on the days of the calendar, each planned sortie leaves at a time drawn uniformly in its share of the
span of local time, and goes the platform's trip (``trips``). It is not flown if the weather at the base or in
the middle of the search region is beyond a limit at that time, else with probability 1 - ``serviceability``,
else if no hull is ready. Of the hulls that are ready the one that has been so for longest goes, of equal ones
the smallest number, and it is ready again ``turn_round_s`` after it is back. Every hull follows its sorties
alone: a further hull is never a sortie fewer.

Sorties are numbered by the calendar: day 0 is the local day of the scenario's start, and sortie k of day d
has the number d * per_day + k, below 0 for those that left before. Draws are addressed by platform and
number. The calendar begins so long before the start (twice the endurance and turn-round, and 28 days) that
hulls are out and turning round at time 0 as they are later; when it begins does not depend on how long the
run is.

Assumptions and limits: a sortie that is not flown is not made up for, and none waits for better weather or a
late hull. Weather is asked where and when the scenario has it: at the nearest place of its box, and for
sorties that left before the start at the start. Wall-clock times that daylight saving skips are read with the
offset before the change, those that it repeats are the first (PEP 495).

Source: PEP 495 "Local Time Disambiguation". Where next: moving sensors look from a ``Carrier``; ``mda-sim
show`` draws it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_DAY, Timeline, to_us
from mda_sim.geo.sphere import lat_lon
from mda_sim.world.draws import uniform
from mda_sim.world.legs import LEGS, clip_legs, legs_between
from mda_sim.world.platforms import EVERY_DAY, PlatformSpec
from mda_sim.world.search_patterns import middle_of
from mda_sim.world.trips import Trip, plan_trip, reach_problem

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.world.environment import Environment

__all__ = [
    "SORTIE",
    "Carrier",
    "SortieOutcome",
    "build_carrier",
    "build_carriers",
    "reach_problem",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NUMBER_SHIFT: Final = 2**20
"""What is added to a number to make the address of its draws: more than the sorties before the start."""
_LEAD_D: Final = 28
_LONGEST_LEAD_D: Final = 1000


class SortieOutcome(IntEnum):
    """What became of a planned sortie."""

    FLOWN = 0
    NO_HULL = 1
    WEATHER = 2
    UNSERVICEABLE = 3


SORTIE: Final = np.dtype(
    [
        ("number", "i8"),
        ("hull", "i8"),
        ("outcome", "i8"),
        ("leaves_us", "i8"),
        ("on_station_us", "i8"),
        ("off_station_us", "i8"),
        ("back_us", "i8"),
    ]
)
"""A planned sortie: its number since the scenario's start (by days of the calendar, so that a longer run
changes none), its hull (-1 unless flown), a ``SortieOutcome``, when it leaves, begins and ends its search and
is back [us]; these are as planned for one that is not flown."""


@dataclass(frozen=True)
class Carrier:
    """A platform in one replicate."""

    sorties: NDArray[np.void]
    """All planned sorties that are away at some time in [0, score_to_us], in order of number: (n,), dtype
    ``SORTIE``."""
    legs: Table
    """A LEGS table of those that are flown, cut to [0, score_to_us]; ``target`` is the row in ``sorties``."""
    height_m: float
    """Height of the antennas. [m]"""

    def unit_vectors(self, row: ArrayLike, t_us: ArrayLike) -> Floats:
        """Unit vectors (n, 3) of sorties, by their row, at times; they broadcast together.

        nan where the sortie is not away, and outside [0, score_to_us]. ShapeError if they do not broadcast,
        IndexError for an unknown row.
        """
        from mda_sim.world.fleet_kernels import fill_positions

        try:
            rows, times = np.broadcast_arrays(np.asarray(row, np.int64), np.asarray(t_us, np.int64))
        except ValueError as error:
            raise ShapeError("rows and times of a position do not broadcast together") from error
        if rows.size and (rows.min() < 0 or rows.max() >= len(self.sorties)):
            raise IndexError(f"rows are 0 to {len(self.sorties) - 1}, got {rows.min()} to {rows.max()}")
        out = np.empty((rows.size, 3))
        legs = self.legs
        fill_positions(
            np.ascontiguousarray(rows.ravel()),
            np.ascontiguousarray(times.ravel()),
            *self._legs_of_row,
            legs["t_from_us"],
            legs["t_to_us"],
            legs["ax"],
            legs["ay"],
            legs["az"],
            legs["bx"],
            legs["by"],
            legs["bz"],
            legs["w_rad_s"],
            out,
        )
        return out

    def positions(self, row: ArrayLike, t_us: ArrayLike) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of sorties at times, each (n,); see ``unit_vectors``."""
        return lat_lon(self.unit_vectors(row, t_us))

    @cached_property
    def _legs_of_row(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """First leg and number of legs of each sortie."""
        edges = np.searchsorted(self.legs["target"], np.arange(len(self.sorties) + 1)).astype(np.uint32)
        return edges[:-1], np.diff(edges)


def build_carrier(
    platform_id: str,
    spec: PlatformSpec,
    timeline: Timeline,
    seed: int,
    environment: Environment | None,
    land: Land | None,
) -> Carrier:
    """The sorties of one platform in one replicate.

    ``environment``: the weather of the replicate; None for weather that bars none. ``land``: what ships go
    round. RunError, with the reason, if its area is out of reach or its pattern cannot be laid out.
    """
    trip = plan_trip(platform_id, spec, land)
    planned = _planned(platform_id, spec, timeline, seed)
    planned["on_station_us"] = planned["leaves_us"] + trip.on_station_us
    planned["off_station_us"] = planned["leaves_us"] + trip.off_station_us
    planned["back_us"] = planned["leaves_us"] + trip.back_us
    _cancel(planned, platform_id, spec, seed, environment)
    _assign_hulls(planned, spec)
    away = (planned["leaves_us"] < timeline.score_to_us) & (planned["back_us"] > 0)
    sorties = planned[away]
    sorties = sorties[np.argsort(sorties["number"], kind="stable")]
    return Carrier(sorties, _legs(trip, sorties, timeline.score_to_us), spec.height_m)


def build_carriers(
    platforms: Mapping[str, PlatformSpec],
    timeline: Timeline,
    seed: int,
    environment: Environment | None,
    land: Land | None,
) -> dict[str, Carrier]:
    """The carrier of each platform, by id; errors as ``build_carrier``."""
    return {
        name: build_carrier(name, spec, timeline, seed, environment, land) for name, spec in platforms.items()
    }


def _planned(platform_id: str, spec: PlatformSpec, timeline: Timeline, seed: int) -> NDArray[np.void]:
    """All sorties that the calendar plans, in order of leaving, with their numbers and that time alone."""
    sorties = spec.sorties
    midnights = _days(spec, timeline)
    day = np.repeat([number for number, _ in midnights], sorties.per_day)
    nth = np.tile(np.arange(sorties.per_day), len(midnights))
    planned = np.zeros(len(day), SORTIE)
    planned["number"] = day * sorties.per_day + nth
    share = uniform(seed, "sortie.leaves", platform_id, planned["number"] + _NUMBER_SHIFT)
    span_s = (sorties.leaves_to_s - sorties.leaves_from_s) / sorties.per_day
    wall_s = sorties.leaves_from_s + (nth + share) * span_s
    zone = ZoneInfo(sorties.time_zone)
    planned["leaves_us"] = [
        timeline.us_at((midnights[k // sorties.per_day][1] + timedelta(seconds=s)).replace(tzinfo=zone))
        for k, s in enumerate(wall_s.tolist())
    ]
    return planned[np.argsort(planned["leaves_us"], kind="stable")]


def _days(spec: PlatformSpec, timeline: Timeline) -> list[tuple[int, datetime]]:
    """Days on which sorties are planned, from the lead to the end of sensing: number and local midnight."""
    start = datetime.combine(timeline.start.astimezone(ZoneInfo(spec.sorties.time_zone)).date(), time())
    lead = 2.0 * (spec.endurance_s + spec.turn_round_s) * 1e6 / US_PER_DAY + _LEAD_D
    first = -math.ceil(min(lead, _LONGEST_LEAD_D))
    last = timeline.score_to_us // US_PER_DAY + 2
    days = ((number, start + timedelta(days=number)) for number in range(first, last + 1))
    return [(n, midnight) for n, midnight in days if EVERY_DAY[midnight.weekday()] in spec.sorties.weekdays]


def _cancel(
    planned: NDArray[np.void],
    platform_id: str,
    spec: PlatformSpec,
    seed: int,
    environment: Environment | None,
) -> None:
    """Set the outcome of sorties that weather or chance keep at home."""
    draw = uniform(seed, "sortie.serviceable", platform_id, planned["number"] + _NUMBER_SHIFT)
    planned["outcome"][draw >= spec.sorties.serviceability] = SortieOutcome.UNSERVICEABLE
    if environment is not None:
        bad = _too_rough(planned["leaves_us"], spec, environment)
        planned["outcome"][bad] = SortieOutcome.WEATHER


def _too_rough(leaves_us: Ints, spec: PlatformSpec, environment: Environment) -> NDArray[np.bool_]:
    """Whether the weather at the base or in the middle of the area is beyond a limit."""
    limits = spec.limits
    west, south, east, north = environment.bounds_deg
    lat, lon = np.array([spec.base.place, middle_of(spec.search.region)]).T
    sky = environment.at(
        np.clip(leaves_us, 0, environment.end_us)[:, None],
        np.clip(lat, south, north),
        np.clip(lon, west, east),
    )
    bad = np.zeros(len(leaves_us), np.bool_)
    for most, there in (
        (limits.wind_max_mps, sky.wind_mps),
        (limits.wave_height_max_m, sky.wave_height_m),
    ):
        if most is not None:
            bad |= (there > most).any(axis=1)
    return bad


def _assign_hulls(planned: NDArray[np.void], spec: PlatformSpec) -> None:
    """Give each sortie that nothing else bars the hull that has been ready for longest, if there is one."""
    turn_round_us = to_us(spec.turn_round_s)
    ready_us = [-(2**62)] * spec.n_hulls
    for sortie in planned:
        if sortie["outcome"] != SortieOutcome.FLOWN:
            sortie["hull"] = -1
            continue
        hull = ready_us.index(min(ready_us))
        if ready_us[hull] > sortie["leaves_us"]:
            sortie["hull"], sortie["outcome"] = -1, SortieOutcome.NO_HULL
            continue
        sortie["hull"] = hull
        ready_us[hull] = int(sortie["back_us"]) + turn_round_us


def _legs(trip: Trip, sorties: NDArray[np.void], end_us: int) -> Table:
    """The legs of all flown sorties, cut to [0, end_us]."""
    rows = np.flatnonzero(sorties["outcome"] == SortieOutcome.FLOWN)
    once = legs_between(trip.lat_deg, trip.lon_deg, trip.t_us)
    n = len(once)
    columns: dict[str, NDArray[Any]] = {
        name: np.tile(column, len(rows)) for name, column in once.columns.items()
    }
    leaves_us = np.repeat(sorties["leaves_us"][rows], n)
    columns |= {name: columns[name] + leaves_us for name in ("t_from_us", "t_to_us")}
    columns["target"] = np.repeat(rows, n)
    return clip_legs(Table.of(LEGS, columns), 0, end_us)
