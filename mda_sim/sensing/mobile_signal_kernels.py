"""What a target returns to a radar aboard a platform, at the instants of reports, compiled.

The model is in ``mobile_radar``. Where next: ``mobile_radar_kernels`` makes contacts of it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.mobile_kernels import hull_when, slant_of
from mda_sim.sensing.radar_signal_kernels import (
    RadarFacts,
    Tables,
    Target,
    aspect_of,
    in_weather,
    ray_of,
    signal_of,
)
from mda_sim.sensing.windows import Legs, Whole


class Hull(NamedTuple):
    """The reports of one radar and where it is; arrays by report are (n,). See ``mobile.Aboard``."""

    interval: NDArray[np.int64]
    """Number of the interval."""
    end_us: NDArray[np.int64]
    """Its end. [us]"""
    leg: NDArray[np.int64]
    """Row in ``legs`` when it begins."""
    places: NDArray[np.float64]
    """Unit vectors at start, middle and end, (n, 3, 3)."""
    sea_row: NDArray[np.int64]
    """Row of the table of sea clutter under the hull."""
    neper_per_m: NDArray[np.float64]
    """Two-way loss in the rain there. [Np/m]"""
    rain_per_m: NDArray[np.float64]
    """Reflectivity of the rain there. [m2/m3]"""
    legs: Legs
    """Legs of the hull."""
    interval_us: int
    """Length of an interval. [us]"""
    height_m: float
    """Height of the antenna. [m]"""
    fastest_mps: float
    """Highest speed of the hull. [m/s]"""
    p_none: float
    """Probability of a scan below which an interval makes no contact."""


class Room(NamedTuple):
    """Room for the instants of one meeting or of one interval."""

    t_us: NDArray[np.int64]
    """When. [us]"""
    report: NDArray[np.int64]
    """Report that it belongs to, for the weather."""
    place: NDArray[np.float64]
    """Unit vector of the hull then, (n, 3)."""
    leg: NDArray[np.int64]
    """Row of the leg of the target."""
    range_m: NDArray[np.float64]
    """Slant range, inf where the target is absent. [m]"""
    snr: NDArray[np.float64]
    """Ratio of its return to noise and clutter, negative where it is not shown."""
    ray: NDArray[np.int64]
    """Row of its direction in tables by bearing."""


@kernel
def room_for(n: int) -> Room:
    """Room for ``n`` instants."""
    return Room(
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty((n, 3)),
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n),
        np.empty(n, np.int64),
    )


@kernel
def at_reports(first: Whole, stop: Whole, hull: Hull, room: Room) -> None:
    """Set the instants to the start of the first report and the end of each."""
    room.t_us[0], room.report[0] = hull.end_us[first] - hull.interval_us, first
    for axis in range(3):
        room.place[0, axis] = hull.places[first, 0, axis]
    for k in range(first, stop):
        at = k - first + 1
        room.t_us[at], room.report[at] = hull.end_us[k], k
        for axis in range(3):
            room.place[at, axis] = hull.places[k, 2, axis]


@kernel
def at_parts(from_us: Whole, lasts_us: Whole, n: Whole, k: Whole, hull: Hull, room: Room) -> None:
    """Set ``n`` instants of report ``k``: equal steps over a time, both ends included."""
    for i in range(n):
        t_us = from_us + (lasts_us * i // (n - 1) if n > 1 else 0)
        room.t_us[i], room.report[i] = t_us, k
        room.place[i, 0], room.place[i, 1], room.place[i, 2] = hull_when(hull.legs, hull.leg[k], t_us)


@kernel
def fill_snr(
    n: Whole,
    leg: Whole,
    end: Whole,
    legs: Legs,
    hull: Hull,
    reach_m: float,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    room: Room,
) -> None:
    """Leg, range and ratio of a target at the first ``n`` instants of ``room``, which are in order.

    ``leg`` is one that has begun by the first, or the target's first. In one loop without a call that takes
    arrays, as for radars ashore, and for the same reason.
    """
    pattern, sea, rain = tables.pattern, tables.sea, tables.rain
    height_m, last_step, n_rays = hull.height_m, tables.pattern.shape[0] - 2, tables.column.shape[0]
    for i in range(n):
        t_us, k = room.t_us[i], room.report[i]
        while leg + 1 < end and legs.t_from_us[leg + 1] <= t_us:
            leg += 1
        room.leg[i] = leg
        if t_us < legs.t_from_us[leg] or t_us > legs.t_to_us[leg]:
            room.range_m[i], room.snr[i] = math.inf, -1.0
            continue
        x, y, z = room.place[i, 0], room.place[i, 1], room.place[i, 2]
        ax, ay, az, bx, by, bz = (
            legs.ax[leg],
            legs.ay[leg],
            legs.az[leg],
            legs.bx[leg],
            legs.by[leg],
            legs.bz[leg],
        )
        angle = legs.w_rad_s[leg] * ((t_us - legs.t_from_us[leg]) * 1e-6)
        c, s = math.cos(angle), math.sin(angle)
        dx, dy, dz = ax * c + bx * s - x, ay * c + by * s - y, az * c + bz * s - z
        chord = math.sqrt(dx * dx + dy * dy + dz * dz)
        r = max(slant_of(chord, height_m), 1.0)
        room.range_m[i], room.snr[i] = r, -1.0
        if r > reach_m:
            continue
        # Components along east and north, both times the cosine of the hull's latitude.
        room.ray[i] = ray_of(x * dy - y * dx, (x * x + y * y) * dz - z * (x * dx + y * dy), n_rays)
        # Cosine of the angle between course and line of sight.
        ahead = (bx * c - ax * s) * x + (by * c - ay * s) * y + (bz * c - az * s) * z
        along, speed_mps = ahead / max(chord, 1e-12), legs.speed_mps[leg]
        if radar.slow_mps > 0.0 and abs(along) * speed_mps < radar.slow_mps:
            continue
        place = r * radar.steps_per_m
        step = min(int(place), last_step)
        f = min(place - step, 1.0)
        factor = pattern[step] + f * (pattern[step + 1] - pattern[step])
        ratio = signal_of(r, factor, target, radar)
        if speed_mps > 0.0:
            ratio *= aspect_of(along, radar)
        if radar.has_weather:
            state = hull.sea_row[k]
            clutter = sea[state, step] + f * (sea[state, step + 1] - sea[state, step])
            clutter += hull.rain_per_m[k] * (rain[step] + f * (rain[step + 1] - rain[step]))
            ratio = in_weather(ratio, r, factor, clutter, hull.neper_per_m[k])
        room.snr[i] = ratio
