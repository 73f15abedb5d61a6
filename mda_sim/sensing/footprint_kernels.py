"""Passes over an area of satellites that listen, compiled.

The model is in ``footprint``. Passes are found by steps of 10 s and their ends then bisected to a
microsecond. The distance from the point below a satellite to a box is a closed form: along the meridian if it
is between the box's meridians, else to the nearest point of one of these two arcs of great circles.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.windows import Whole

STEP_US: Final = 10_000_000
"""Steps in which passes are looked for. [us]"""

_TWO_PI = 2.0 * math.pi
_FAR_RAD = 0.1  # 640 km: farther than a satellite gets over the ground between two knots of its track


class Reach(NamedTuple):
    """The limits of a footprint."""

    elevation_rad: float
    """Least elevation of the satellite. [rad]"""
    longest_rad: float
    """Longest distance along the ground, as an angle at the Earth's centre. [rad]"""


class BoxRad(NamedTuple):
    """A box as the kernels take it, in radians."""

    south: float
    north: float
    west: float
    east: float


@kernel
def reach_rad(reach: Reach, radius_m: float) -> float:
    """Angle between the middle and the edge of the footprint of a satellite at a distance from the centre."""
    angle = math.acos(EARTH_RADIUS_M / radius_m * math.cos(reach.elevation_rad)) - reach.elevation_rad
    return min(angle, reach.longest_rad)


@kernel
def box_arc(box: BoxRad, x: float, y: float, z: float) -> float:
    """Angle at the Earth's centre between a unit vector and the nearest point of a box; 0 inside."""
    lat, lon = math.asin(min(max(z, -1.0), 1.0)), math.atan2(y, x)
    if box.west <= lon <= box.east:
        return max(box.south - lat, lat - box.north, 0.0)
    return min(_meridian_arc(box, box.west, lat, lon), _meridian_arc(box, box.east, lat, lon))


@kernel
def _meridian_arc(box: BoxRad, edge: float, lat: float, lon: float) -> float:
    """Angle between a point and the nearest point of a box's edge along a meridian."""
    cosine = math.cos(lon - edge)
    nearest = math.atan2(math.sin(lat), math.cos(lat) * cosine)
    least = math.pi
    for at in (min(max(nearest, box.south), box.north), box.south, box.north):
        across = math.sin(lat) * math.sin(at) + math.cos(lat) * math.cos(at) * cosine
        least = min(least, math.acos(min(max(across, -1.0), 1.0)))
    return least


@kernel
def _short_of(track: Track, t_s: float, reach: Reach, box: BoxRad) -> float:
    """How far a footprint is from touching a box, as an angle; 0 or less if it does."""
    x, y, z, _, _, _ = motion(track, t_s)
    radius_m = math.sqrt(x * x + y * y + z * z)
    return box_arc(box, x / radius_m, y / radius_m, z / radius_m) - reach_rad(reach, radius_m)


@kernel
def _number_at(track: Track, number: NDArray[np.int64], t_s: float) -> Whole:
    """Number of the pass at an instant, given those at the knots: one more after each turn of latitude."""
    k = min(int(t_s / track.step_s), number.shape[0] - 1)
    is_north = motion(track, t_s)[5] >= 0.0
    return np.int64(number[k] + (1 if is_north != (track.velocity_mps[k, 2] >= 0.0) else 0))


@kernel
def find_passes(
    track: Track,
    number: NDArray[np.int64],
    reach: Reach,
    box: BoxRad,
    until_us: int,
    out: NDArray[np.void],
) -> int:
    """Fill number and ends of the passes that touch a box, whole ones; return how many rows of ``out``.

    ``number`` has the number of the pass at each knot, (n_knots,). A pass that touches twice counts as one.
    """
    n = 0
    knot_us = int(track.step_s * 1e6)
    (x, y, z), least_m = _far_side(track, reach, box)
    for k in range(number.shape[0]):
        place_m = track.position_m[k]
        if x * place_m[0] + y * place_m[1] + z * place_m[2] < least_m:
            continue
        if _short_of(track, k * track.step_s, reach, box) > _FAR_RAD:
            continue
        for t_us in range(k * knot_us, min((k + 1) * knot_us, until_us + 1), STEP_US):
            t_s = t_us * 1e-6
            if _short_of(track, t_s, reach, box) > 0.0:
                continue
            own = _number_at(track, number, t_s)
            if n == 0 or out[n - 1]["number"] != own:
                out[n]["number"] = own
                out[n]["t_from_us"] = t_us
                n += 1
            out[n - 1]["t_to_us"] = t_us
    n_whole = 0
    for row in range(n):
        own, from_us, to_us = out[row]["number"], out[row]["t_from_us"], out[row]["t_to_us"]
        after_us = min(to_us + STEP_US, until_us)
        if from_us == 0 or _is_heard(track, number, reach, box, own, after_us):
            continue  # it may have begun before sensing does, or ends after
        out[n_whole]["number"] = own
        out[n_whole]["t_from_us"] = _edge(track, number, reach, box, own, from_us - STEP_US, from_us)
        out[n_whole]["t_to_us"] = _edge(track, number, reach, box, own, after_us, to_us)
        n_whole += 1
    return n_whole


@kernel
def _far_side(track: Track, reach: Reach, box: BoxRad) -> tuple[tuple[float, float, float], float]:
    """A direction and how far in it a satellite must be, at least, for a box to be near its footprint [m].

    The direction of the box's middle; the farthest place of a box that spans up to half a turn is a corner.
    """
    highest_m = lowest_m = math.sqrt((track.position_m[0] ** 2).sum())
    for k in range(track.position_m.shape[0]):
        radius_m = math.sqrt((track.position_m[k] ** 2).sum())
        highest_m, lowest_m = max(highest_m, radius_m), min(lowest_m, radius_m)
    lat, lon, half = 0.5 * (box.south + box.north), 0.5 * (box.west + box.east), 0.5 * (box.east - box.west)
    middle = math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
    if half > 0.5 * math.pi:
        return middle, -highest_m
    farthest = 0.0
    for corner in (box.south, box.north):
        cosine = math.sin(lat) * math.sin(corner) + math.cos(lat) * math.cos(corner) * math.cos(half)
        farthest = max(farthest, math.acos(min(cosine, 1.0)))
    cosine = math.cos(min(farthest + reach_rad(reach, highest_m) + 1.1 * _FAR_RAD, math.pi))
    return middle, cosine * (lowest_m if cosine > 0.0 else highest_m)


@kernel
def _is_heard(
    track: Track, number: NDArray[np.int64], reach: Reach, box: BoxRad, own: int, t_us: Whole
) -> bool:
    t_s = t_us * 1e-6
    return _number_at(track, number, t_s) == own and _short_of(track, t_s, reach, box) <= 0.0


@kernel
def _edge(
    track: Track,
    number: NDArray[np.int64],
    reach: Reach,
    box: BoxRad,
    own: int,
    outside_us: int,
    inside_us: int,
) -> int:
    """The instant within a pass that is 1 us from one outside it, between the two given."""
    while abs(inside_us - outside_us) > 1:
        middle_us = (inside_us + outside_us) // 2
        if _is_heard(track, number, reach, box, own, middle_us):
            inside_us = middle_us
        else:
            outside_us = middle_us
    return inside_us
