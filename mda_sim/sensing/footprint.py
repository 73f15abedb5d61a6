"""Satellites that listen: what is in view of them, and when.

Model: a satellite hears what sees it ``elevation_min_deg`` or more above the horizon. On a sphere of radius
R, from height h, that is all within the angle

    acos(R cos(e) / (R + h)) - e

at the Earth's centre of the point below it, e the elevation, and no farther along the ground than
``max_range_m``, if that is given: its **footprint**. A pass (half a revolution, see ``orbiting``) is listened
to from the first to the last instant at which the footprint touches the area, or an area of ``tasks``, as far
as ``tasking`` lets it; it makes one report, observed at its end, with no contacts too. A pass that is not
whole within sensing makes none.

A vessel is in view while it is in the footprint during the pass. With s(t) the unit vector to the satellite,
c(t) the cosine of the footprint's angle and p the vessel's unit vector, that is where p . s(t) / c(t) >= 1.
s / c is a series in time over the whole pass, which is solved from the great circle of its middle on; where a
vessel hardly comes in view it is kept at knots at most ``KNOT_S`` apart with its derivative, and the cubic
through two of them is solved. A vessel is taken to stay where it is when the satellite is nearest to it, to
half a knot. Both ends of its
view are then off by at most what it sails in half a pass: 6 km at 15 m/s in 7 minutes, 0.9 s of the
satellite's flight.

Assumptions and limits: no terrain, no antenna pattern, no refraction (which lifts a satellite at the horizon
by half a degree). Where a footprint hardly takes a vessel in, a small error of the angle is a large one of
time. An area that a footprint touches for less than 10 s can be missed. Where the limit of range takes over
from that of elevation, or back, times are off by up to 1 s.

Source: elementary; J. R. Wertz, W. J. Larson (eds.), Space Mission Analysis and Design, 3rd edition, 1999,
section 5.2 (the angles of a footprint; general knowledge). Where next: ``ais_satellite`` and ``rf_satellite``
are kinds; ``footprint_kernels`` finds passes, ``lanes_kernels`` and ``views_kernels`` views.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.spec import Positive
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.orbits import GRAVITY_M3_PER_S2, Track
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.orbiting import OrbitingSensor
from mda_sim.sensing.tasking import CANDIDATE, Candidates, Works, choose

if TYPE_CHECKING:
    from mda_sim.sensing.footprint_kernels import Reach
    from mda_sim.sensing.looks import Setting

KNOT_S: Final = 120.0
"""Longest time between the knots of a view. [s]"""
N_FACTS: Final = 9
"""Numbers of a work before those of its knots; see ``Views``."""
KNOT_FACTS: Final = 6
"""Numbers of each knot."""
N_TERMS: Final = 7
"""Terms of the series of a path: with so many it is good to a few milliseconds over a quarter of an orbit."""
USUAL_ALTITUDE_M: Final = 550e3
"""Altitude that is assumed where a question has no orbit, only element sets. Assumption [m]"""


class Views(NamedTuple):
    """The footprints of all works of one sensor; a plain tuple, so that kernels take it as it is.

    Works are in order of time, so that looks read memory in its order, and what a look reads of one lies
    together.
    """

    order: NDArray[np.int64]
    """Place of each work in the plan, (n_works,)."""
    t_from_us: NDArray[np.int64]
    """First instant of each, (n_works,). [us]"""
    t_to_us: NDArray[np.int64]
    """Last instant of each, (n_works,). [us]"""
    first_fact: NDArray[np.int64]
    """First of the facts of each, and their number, (n_works + 1,)."""
    facts: NDArray[np.float64]
    """Of each work ``N_FACTS`` numbers: unit vectors up (3) and ahead (3) in its middle, half works a radian
    of flight, time between knots [s], square of the cosine of the farthest from their plane that is ever in
    view; then ``KNOT_FACTS`` of each knot, the first at the beginning and the last at the end: s / c (3) and
    its derivative (3) [1/s]."""
    paths: NDArray[np.float64]
    """Series of s / c of each in powers of the time, which goes from -1 at the beginning to 1 at the end,
    (n_works, 3, ``N_TERMS``); nan where no series is good enough."""


class Listener(OrbitingSensor):
    """What all satellites that listen have in common. See the module for the model and its limits."""

    elevation_min_deg: Annotated[float, Field(ge=0, lt=90)] = 0.0
    """Least elevation of the satellite, as seen from a vessel, at which it is heard. [deg]"""
    max_range_m: Positive | None = None
    """Longest distance along the ground from below the satellite to a vessel that it hears; None for no
    limit but the elevation. [m]"""

    def works(self, sensor_id: str, setting: Setting, tracks: tuple[Track, ...]) -> Works:
        """What is listened to in one replicate; ValueError without tasks in a setting without an area."""
        areas = tuple(task.area for task in self.tasks.values())
        if not areas:
            if setting.area is None:
                raise ValueError(f"the satellite '{sensor_id}' needs the area that it is to listen to")
            areas = (setting.area,)
        return choose(self, sensor_id, passes_over(self, tracks, areas, setting.timeline), setting.seed)

    def in_view_s(self, range_m: ArrayLike) -> NDArray[np.float64]:
        """How long a place is in view in a pass whose ground track comes as near as ``range_m`` [s].

        On a sphere that does not turn: 2 acos(cos(footprint) / cos(range)) over the angular rate of a
        circular orbit; 0 beyond the footprint. Shape of ``range_m``. A sensor of element sets is taken to fly
        at ``USUAL_ALTITUDE_M``.
        """
        altitude_m = USUAL_ALTITUDE_M if self.altitude_m is None else self.altitude_m
        near = np.cos(np.minimum(np.asarray(range_m, np.float64) / EARTH_RADIUS_M, 1.5))
        cosine = np.minimum(math.cos(float(footprint_rad(self, altitude_m))) / near, 1.0)
        rate = math.sqrt(GRAVITY_M3_PER_S2 / (EARTH_RADIUS_M + altitude_m) ** 3)
        return np.asarray(2.0 * np.arccos(cosine) / rate)


def footprint_rad(listener: Listener, height_m: ArrayLike) -> NDArray[np.float64]:
    """Angle at the Earth's centre between the middle and the edge of a footprint [rad].

    ``height_m`` is the height above the sphere; same shape.
    """
    elevation = math.radians(listener.elevation_min_deg)
    ratio = EARTH_RADIUS_M / (EARTH_RADIUS_M + np.asarray(height_m, np.float64))
    angle = np.arccos(ratio * math.cos(elevation)) - elevation
    if listener.max_range_m is None:
        return np.asarray(angle)
    return np.minimum(angle, listener.max_range_m / EARTH_RADIUS_M)


def passes_over(
    listener: Listener, tracks: tuple[Track, ...], areas: tuple[Box, ...], timeline: Timeline
) -> Candidates:
    """What could be listened to: passes whose footprint touches each area, by area, satellite and number.

    Whole ones within [0, score_to_us] that begin no earlier than ``from_utc``. ``task`` is the place of the
    area in ``areas``.
    """
    found = [
        _passes(listener, satellite, own, task, area, timeline.score_to_us)
        for task, area in enumerate(areas)
        for satellite, own in enumerate(tracks)
    ]
    candidates = np.concatenate(found)
    from_us = 0 if listener.from_utc is None else max(timeline.us_at(listener.from_utc), 0)
    return candidates[candidates["t_from_us"] >= from_us]


def views_of(listener: Listener, tracks: tuple[Track, ...], works: Works) -> Views:
    """The footprints of works, ready for looks."""
    from mda_sim.sensing.views_kernels import fill_facts, fill_path

    order = in_time(works)
    works = works[order]
    lasts_us = np.maximum(works["t_to_us"] - works["t_from_us"], 1)
    n_steps = np.ceil(lasts_us / (KNOT_S * US_PER_S)).astype(np.int64)
    first_fact = np.concatenate([[0], np.cumsum(N_FACTS + KNOT_FACTS * (n_steps + 1))]).astype(np.int64)
    step_s = lasts_us / (n_steps * US_PER_S)
    facts, paths = np.empty(int(first_fact[-1])), np.empty((len(works), 3, N_TERMS))
    reach, nodes = reach_of(listener), np.concatenate([_chebyshev(N_TERMS), _chebyshev(3 * N_TERMS + 1)])
    to_series = np.linalg.inv(np.vander(nodes[:N_TERMS], increasing=True))
    for row, work in enumerate(works):
        own = facts[first_fact[row] : first_fact[row + 1]]
        track, from_us = tracks[work["satellite"]], int(work["t_from_us"])
        fill_facts(track, reach, from_us, float(step_s[row]), int(n_steps[row]) + 1, own)
        fill_path(track, reach, from_us, int(lasts_us[row]), to_series, nodes, paths[row])
    return Views(order, works["t_from_us"].copy(), works["t_to_us"].copy(), first_fact, facts, paths)


def in_time(works: Works) -> NDArray[np.int64]:
    """The places of works in order of time, (n,)."""
    return np.asarray(np.argsort(works["t_from_us"], kind="stable"), np.int64)


def _chebyshev(n: int) -> NDArray[np.float64]:
    """Zeros of the Chebyshev polynomial of degree n: the nodes from which a series is best, (n,)."""
    return np.asarray(np.cos((2.0 * np.arange(n) + 1.0) * np.pi / (2.0 * n)))


def _passes(
    listener: Listener, satellite: int, own: Track, task: int, area: Box, until_us: int
) -> Candidates:
    """The passes of one satellite whose footprint touches an area, whole ones, in order of time."""
    from mda_sim.sensing.footprint_kernels import BoxRad, find_passes

    lat_rad = np.deg2rad([area.lat_min_deg, area.lat_max_deg]).tolist()
    lon_rad = np.deg2rad([area.lon_min_deg, area.lon_max_deg]).tolist()
    is_north = own.velocity_mps[:, 2] >= 0.0
    number = np.concatenate([[0], np.cumsum(is_north[1:] != is_north[:-1])]).astype(np.int64)
    found = np.zeros(int(number[-1]) + 2, CANDIDATE)
    n = find_passes(own, number, reach_of(listener), BoxRad(*lat_rad, *lon_rad), until_us, found)
    found["satellite"], found["task"] = satellite, task
    return found[:n]


def reach_of(listener: Listener) -> Reach:
    """The limits of a footprint as kernels take them."""
    from mda_sim.sensing.footprint_kernels import Reach

    longest = math.pi if listener.max_range_m is None else listener.max_range_m / EARTH_RADIUS_M
    return Reach(math.radians(listener.elevation_min_deg), longest)
