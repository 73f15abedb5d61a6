"""What a target returns to a radar aboard a platform, at the instants of reports, compiled.

The model is in ``mobile_radar``. Where next: ``mobile_radar_kernels`` makes contacts of it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.mobile_kernels import slant_of
from mda_sim.sensing.radar_kernels import MOST_GROUPS, NEAR_SHARE
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
def at_middles(
    first: Whole, stop: Whole, legs: Legs, hull: Hull, reach_m: float, room: Room, middles: Room
) -> int:
    """Set ``middles`` to those of the reports in whose middle a target is looked at too; return how many.

    Those in which it may be in reach and may come closer by more than ``NEAR_SHARE`` of the least distance.
    ``room`` has the legs and ranges at the start of the first report and the end of each.
    """
    n, speed_mps, interval_us, range_m = 0, legs.speed_mps, hull.interval_us, room.range_m
    for k in range(first, stop):
        at = k - first
        nearest_m = min(range_m[at], range_m[at + 1])
        comes_m = (speed_mps[room.leg[at + 1]] + hull.fastest_mps) * interval_us * 1e-6
        if nearest_m - 0.5 * comes_m > reach_m or comes_m <= NEAR_SHARE * nearest_m:
            continue
        middles.t_us[n], middles.report[n] = hull.end_us[k] - interval_us + interval_us // 2, k
        for axis in range(3):
            middles.place[n, axis] = hull.places[k, 1, axis]
        n += 1
    return n


@kernel
def at_parts(
    from_us: Whole, lasts_us: Whole, begin: Whole, step: Whole, k: Whole, hull: Hull, room: Room
) -> int:
    """Set the instants to some edges of ``MOST_GROUPS`` equal parts of a time of report ``k``.

    Every ``step``-th edge from ``begin`` on, up to the last one; returns how many.
    """
    n = 0
    legs, leg, place = hull.legs, hull.leg[k], room.place
    leg_from_us, leg_to_us, w_rad_s = legs.t_from_us, legs.t_to_us, legs.w_rad_s
    ax, ay, az, bx, by, bz = legs.ax, legs.ay, legs.az, legs.bx, legs.by, legs.bz
    for edge in range(begin, MOST_GROUPS + 1, step):
        t_us = from_us + lasts_us * edge // MOST_GROUPS
        while leg + 1 < leg_from_us.shape[0] and leg_to_us[leg] < t_us:
            leg += 1
        room.t_us[n], room.report[n] = t_us, k
        place[n, 0], place[n, 1], place[n, 2] = position(
            ax[leg],
            ay[leg],
            az[leg],
            bx[leg],
            by[leg],
            bz[leg],
            w_rad_s[leg],
            (t_us - leg_from_us[leg]) * 1e-6,
        )
        n += 1
    return n


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
    leg_from_us, leg_to_us, w_rad_s, speeds_mps = legs.t_from_us, legs.t_to_us, legs.w_rad_s, legs.speed_mps
    a_x, a_y, a_z, b_x, b_y, b_z = legs.ax, legs.ay, legs.az, legs.bx, legs.by, legs.bz
    when_us, places, leg_of, range_m, snr, ray = (
        room.t_us,
        room.place,
        room.leg,
        room.range_m,
        room.snr,
        room.ray,
    )
    for i in range(n):
        t_us, k = when_us[i], room.report[i]
        while leg + 1 < end and leg_from_us[leg + 1] <= t_us:
            leg += 1
        leg_of[i] = leg
        if t_us < leg_from_us[leg] or t_us > leg_to_us[leg]:
            range_m[i], snr[i] = math.inf, -1.0
            continue
        x, y, z = places[i, 0], places[i, 1], places[i, 2]
        ax, ay, az, bx, by, bz = a_x[leg], a_y[leg], a_z[leg], b_x[leg], b_y[leg], b_z[leg]
        angle = w_rad_s[leg] * ((t_us - leg_from_us[leg]) * 1e-6)
        c, s = math.cos(angle), math.sin(angle)
        dx, dy, dz = ax * c + bx * s - x, ay * c + by * s - y, az * c + bz * s - z
        chord = math.sqrt(dx * dx + dy * dy + dz * dz)
        r = max(slant_of(chord, height_m), 1.0)
        range_m[i], snr[i] = r, -1.0
        if r > reach_m:
            continue
        # Components along east and north, both times the cosine of the hull's latitude.
        ray[i] = ray_of(x * dy - y * dx, (x * x + y * y) * dz - z * (x * dx + y * dy), n_rays)
        # Cosine of the angle between course and line of sight.
        ahead = (bx * c - ax * s) * x + (by * c - ay * s) * y + (bz * c - az * s) * z
        along, speed_mps = ahead / max(chord, 1e-12), speeds_mps[leg]
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
        snr[i] = ratio
