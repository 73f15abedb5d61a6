"""When the swaths of satellites touch an area, compiled; the model is in ``swath``.

The swath at an instant is where the rays at right angles to the satellite's motion (zero Doppler) meet the
sphere between the two limits of incidence. Incidence is signed: positive on the image's side, negative on the
other. Images are found by steps of 5 s and their ends then bisected to a microsecond.
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

FOUND: Final = np.dtype(
    [
        ("number", "i8"),
        ("before_us", "i8"),
        ("first_us", "i8"),
        ("last_us", "i8"),
        ("after_us", "i8"),
    ]
)
"""An image as the steps find it: the number of the pass, the last instant before it (-1 if none was looked
at), its first and last, and the first instant after it (-1 if none was looked at) [us]."""

STEP_US: Final = 5_000_000
"""Steps in which images are looked for. [us]"""


class Swath(NamedTuple):
    """The limits of incidence, and how finely a swath is looked at."""

    near_rad: float
    """Incidence at the near edge, negative if the swath reaches over to the other side. [rad]"""
    far_rad: float
    """Incidence at the far edge. [rad]"""
    n_points: int
    """Number of points across, both edges included."""


class AreaRad(NamedTuple):
    """A box as the kernels take it."""

    sin_south: float
    sin_north: float
    west: float
    """Western edge. [rad]"""
    east: float
    """Eastern edge. [rad]"""


@kernel
def arc_of_incidence(incidence_rad: float, radius_m: float) -> float:
    """Angle at the Earth's centre between a satellite and where its rays meet the ground at an incidence."""
    return incidence_rad - math.asin(EARTH_RADIUS_M / radius_m * math.sin(incidence_rad))


@kernel
def axes(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, side: int
) -> tuple[float, float, float, float, float, float, float]:
    """Unit vectors ahead (3) and towards the side (3) of a satellite, level, and its level speed [m/s]."""
    up = (vx * x + vy * y + vz * z) / (x * x + y * y + z * z)
    hx, hy, hz = vx - up * x, vy - up * y, vz - up * z
    level = math.sqrt(hx * hx + hy * hy + hz * hz)
    hx, hy, hz = hx / level, hy / level, hz / level
    scale = side / math.sqrt(x * x + y * y + z * z)
    return (
        hx,
        hy,
        hz,
        (hy * z - hz * y) * scale,
        (hz * x - hx * z) * scale,
        (hx * y - hy * x) * scale,
        level,
    )


@kernel
def touches(track: Track, t_s: float, side: int, swath: Swath, area: AreaRad) -> bool:
    """Whether a point of the swath is in the area."""
    x, y, z, vx, vy, vz = motion(track, t_s)
    hx, hy, hz, cx, cy, cz, level = axes(x, y, z, vx, vy, vz, side)
    radius_m = math.sqrt(x * x + y * y + z * z)
    climb = (vx * x + vy * y + vz * z) / radius_m
    near = arc_of_incidence(swath.near_rad, radius_m)
    far = arc_of_incidence(swath.far_rad, radius_m)
    for i in range(swath.n_points):
        arc = near + (far - near) * i / (swath.n_points - 1)
        # Zero Doppler: (satellite - point) . velocity = 0 puts the point ahead by this much where it climbs.
        ahead = climb / level * (radius_m / EARTH_RADIUS_M - math.cos(arc))
        up, across = math.cos(arc) / radius_m, math.sin(arc)
        px = x * up + cx * across + hx * ahead
        py = y * up + cy * across + hy * ahead
        pz = z * up + cz * across + hz * ahead
        height = pz / math.sqrt(px * px + py * py + pz * pz)
        if area.sin_south <= height <= area.sin_north and area.west <= math.atan2(py, px) <= area.east:
            return True
    return False


@kernel
def number_at(track: Track, number: NDArray[np.int64], t_s: float) -> Whole:
    """Number of the pass at an instant, given those at the knots: one more after each turn of latitude."""
    k = min(int(t_s / track.step_s), number.shape[0] - 1)
    is_north = motion(track, t_s)[5] >= 0.0
    return np.int64(number[k] + (1 if is_north != (track.velocity_mps[k, 2] >= 0.0) else 0))


@kernel
def find_images(
    track: Track,
    number: NDArray[np.int64],
    is_near: NDArray[np.bool_],
    side: int,
    swath: Swath,
    area: AreaRad,
    out: NDArray[np.void],
) -> int:
    """Find images by steps, at most one a pass; return how many rows of ``out`` they fill.

    ``number`` has the number of the pass at each knot, (n_knots,); between knots that are not near, nothing
    is looked for, (n_knots - 1,).
    """
    n = 0
    previous_us = np.int64(-1)
    knot_us = np.int64(track.step_s * 1e6)
    for k in range(is_near.shape[0]):
        if not is_near[k]:
            previous_us = np.int64(-1)
            continue
        for t_us in range(k * knot_us, (k + 1) * knot_us, STEP_US):
            t_s = t_us * 1e-6
            own = number_at(track, number, t_s)
            is_seen = touches(track, t_s, side, swath, area)
            was_seen = n > 0 and previous_us >= 0 and out[n - 1]["last_us"] == previous_us
            if was_seen and not (is_seen and out[n - 1]["number"] == own):
                out[n - 1]["after_us"] = t_us
            if is_seen:
                if n == 0 or out[n - 1]["number"] != own:
                    out[n]["number"] = own
                    out[n]["before_us"] = previous_us
                    out[n]["first_us"] = t_us
                    n += 1
                out[n - 1]["last_us"] = t_us
                out[n - 1]["after_us"] = -1
            previous_us = np.int64(t_us)
    return n


@kernel
def narrow_images(
    track: Track,
    number: NDArray[np.int64],
    side: int,
    swath: Swath,
    area: AreaRad,
    found: NDArray[np.void],
) -> None:
    """Move the first and last instants of images outwards to where they begin and end, to 1 us."""
    for row in range(found.shape[0]):
        one = found[row]
        own = one["number"]
        found[row]["first_us"] = _edge(
            track, number, side, swath, area, own, one["before_us"], one["first_us"]
        )
        found[row]["last_us"] = _edge(track, number, side, swath, area, own, one["after_us"], one["last_us"])


@kernel
def _edge(
    track: Track,
    number: NDArray[np.int64],
    side: int,
    swath: Swath,
    area: AreaRad,
    own: int,
    outside_us: int,
    inside_us: int,
) -> int:
    """The instant within a pass's image that is 1 us from one outside it, between the two given."""
    while abs(inside_us - outside_us) > 1:
        middle_us = (inside_us + outside_us) // 2
        t_s = middle_us * 1e-6
        if number_at(track, number, t_s) == own and touches(track, t_s, side, swath, area):
            inside_us = middle_us
        else:
            outside_us = middle_us
    return inside_us
