"""Images of an area and looks at targets from orbit, compiled; the model is in ``satellite``.

The swath at an instant is where the rays at right angles to the satellite's motion (zero Doppler) meet the
sphere between the two limits of incidence. Images are found by steps of 5 s and their ends then bisected to
a microsecond. A look starts from the instant at which a target would be abeam if the satellite flew on the
great circle of the image's middle, which culls all that are far from the swath, and is then refined by
Newton's method on the slant range: its derivative is zero where the target is abeam.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.looks import Held
from mda_sim.sensing.windows import Legs, Whole
from mda_sim.world.fleet_kernels import leg_at

CANDIDATE: Final = np.dtype(
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

IMAGE_FACTS: Final = np.dtype(
    [
        ("first_knot", "i8"),
        ("n_knots", "i8"),
        ("origin_us", "i8"),
        ("side", "i8"),
        ("t_from_us", "i8"),
        ("t_to_us", "i8"),
        ("mid_s", "f8"),
        ("ux", "f8"),
        ("uy", "f8"),
        ("uz", "f8"),
        ("hx", "f8"),
        ("hy", "f8"),
        ("hz", "f8"),
        ("cx", "f8"),
        ("cy", "f8"),
        ("cz", "f8"),
        ("w_rad_s", "f8"),
        ("half_rad", "f8"),
        ("sin_near", "f8"),
        ("sin_far", "f8"),
    ]
)
"""One image for the looks: its knots and when the first of them is, its side and ends; its middle (seconds
after the first knot) with the unit vectors up, ahead and towards the side there, the angular speed over the
ground, and, with margins, half its length along the track and the sines of its edges across it."""

STEP_US: Final = 5_000_000
"""Steps in which images are looked for. [us]"""

_MOST_ROUNDS = 20
_CLOSE_S = 2e-7
_MARGIN_RAD = 0.006  # 38 km: how far the height of the satellite and the target's own motion shift the swath
_MARGIN_S = 60.0
_BENT = 1.2  # tracks bend away from a great circle as the square of time; room for higher terms


class Swath(NamedTuple):
    """The limits of incidence, and how finely a swath is looked at."""

    near_rad: float
    """Incidence at the near edge. [rad]"""
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
def fill_candidates(
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
def narrow_candidates(
    track: Track,
    number: NDArray[np.int64],
    side: int,
    swath: Swath,
    area: AreaRad,
    candidates: NDArray[np.void],
) -> None:
    """Move the first and last instants of candidates outwards to where they begin and end, to 1 us."""
    for row in range(candidates.shape[0]):
        found = candidates[row]
        own = found["number"]
        candidates[row]["first_us"] = _edge(
            track, number, side, swath, area, own, found["before_us"], found["first_us"]
        )
        candidates[row]["last_us"] = _edge(
            track, number, side, swath, area, own, found["after_us"], found["last_us"]
        )


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


@kernel
def fill_facts(facts: NDArray[np.void], knots: Track, swath: Swath) -> None:
    """Fill in what follows from the knots, side and ends of each image."""
    for row in range(facts.shape[0]):
        image = facts[row]
        own = knots_of(knots, image["first_knot"], image["n_knots"])
        from_s = (image["t_from_us"] - image["origin_us"]) * 1e-6
        to_s = (image["t_to_us"] - image["origin_us"]) * 1e-6
        mid_s = 0.5 * (from_s + to_s)
        x, y, z, vx, vy, vz = motion(own, mid_s)
        hx, hy, hz, cx, cy, cz, level = axes(x, y, z, vx, vy, vz, image["side"])
        radius_m = math.sqrt(x * x + y * y + z * z)
        bend = 0.0
        for t_s in (from_s, to_s):
            ex, ey, ez, _, _, _ = motion(own, t_s)
            bend = max(bend, abs(ex * cx + ey * cy + ez * cz) / math.sqrt(ex * ex + ey * ey + ez * ez))
        margin = _MARGIN_RAD + _BENT * bend
        facts[row]["mid_s"] = mid_s
        facts[row]["ux"], facts[row]["uy"], facts[row]["uz"] = x / radius_m, y / radius_m, z / radius_m
        facts[row]["hx"], facts[row]["hy"], facts[row]["hz"] = hx, hy, hz
        facts[row]["cx"], facts[row]["cy"], facts[row]["cz"] = cx, cy, cz
        facts[row]["w_rad_s"] = level / radius_m
        facts[row]["half_rad"] = level / radius_m * (0.5 * (to_s - from_s) + _MARGIN_S)
        facts[row]["sin_near"] = math.sin(arc_of_incidence(swath.near_rad, radius_m)) - margin
        facts[row]["sin_far"] = math.sin(arc_of_incidence(swath.far_rad, radius_m)) + margin


@kernel
def knots_of(knots: Track, first: int, n: int) -> Track:
    """The part of a track that has ``n`` knots from ``first`` on."""
    return Track(knots.step_s, knots.position_m[first : first + n], knots.velocity_mps[first : first + n])


@kernel
def look_sar(
    images: NDArray[np.void],
    knots: Track,
    swath: Swath,
    legs: Legs,
    first_leg: NDArray[np.uint32],
    n_legs: NDArray[np.uint32],
    p: NDArray[np.float64],
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    first: int,
    stop: int,
    key: np.uint64,
    sensor: np.uint64,
    intervals: NDArray[np.int64],
    out: Held,
) -> int:
    """Look at the targets ``first`` .. ``stop - 1`` in every image; return the number of rows of ``out``.

    ``images`` have dtype ``IMAGE_FACTS``, ``intervals`` the number of each one's report. ``first_leg``,
    ``n_legs``, probability ``p`` and draw address are of all targets, each (n_targets,).
    """
    n_held = 0
    for row in range(images.shape[0]):
        image = images[row]
        own = knots_of(knots, image["first_knot"], image["n_knots"])
        interval = np.uint64(intervals[row])
        for target in range(first, stop):
            begin = np.int64(first_leg[target])
            end = begin + np.int64(n_legs[target])
            t_us = abeam_us(image, own, swath, legs, begin, end)
            if t_us < image["t_from_us"] or t_us > image["t_to_us"]:
                continue
            leg = leg_at(legs.t_from_us, begin, end, t_us)
            if leg < begin or t_us > legs.t_to_us[leg]:
                continue
            address, index = np.uint64(addresses[target]), np.uint64(indices[target])
            w0, w1, _, _ = philox(address, index, sensor, interval, key)
            if uniform(w0, w1) < p[target]:
                out[n_held]["interval"] = row
                out[n_held]["target"] = target
                out[n_held]["dt_us"] = image["t_to_us"] - t_us
                out[n_held]["cell"] = 0
                n_held += 1
    return n_held


@kernel
def abeam_us(
    image: np.void, own: Track, swath: Swath, legs: Legs, begin: np.int64, end: np.int64
) -> np.int64:
    """When the target of the legs ``begin`` .. ``end - 1`` is abeam in the swath of an image; -1 if never."""
    mid_us = image["origin_us"] + np.int64(image["mid_s"] * 1e6)
    leg = max(leg_at(legs.t_from_us, begin, end, mid_us), begin)
    px, py, pz, _, _, _ = _sail(legs, leg, mid_us)
    across = px * image["cx"] + py * image["cy"] + pz * image["cz"]
    if across < image["sin_near"] or across > image["sin_far"]:
        return np.int64(-1)
    along = math.atan2(
        px * image["hx"] + py * image["hy"] + pz * image["hz"],
        px * image["ux"] + py * image["uy"] + pz * image["uz"],
    )
    if abs(along) > image["half_rad"]:
        return np.int64(-1)
    t_s = image["mid_s"] + along / image["w_rad_s"]
    for _ in range(_MOST_ROUNDS):
        t_us = np.int64(image["origin_us"] + round(t_s * 1e6))
        leg = max(leg_at(legs.t_from_us, begin, end, t_us), begin)
        px, py, pz, qx, qy, qz = _sail(legs, leg, t_us)
        x, y, z, vx, vy, vz = motion(own, t_s)
        dx, dy, dz = x - EARTH_RADIUS_M * px, y - EARTH_RADIUS_M * py, z - EARTH_RADIUS_M * pz
        rate = dx * (vx - qx) + dy * (vy - qy) + dz * (vz - qz)
        height = x * px + y * py + z * pz
        step_s = rate / (EARTH_RADIUS_M * height * image["w_rad_s"] ** 2)
        t_s -= step_s
        if abs(step_s) < _CLOSE_S:
            slant_m = math.sqrt(dx * dx + dy * dy + dz * dz)
            cosine = (height - EARTH_RADIUS_M) / slant_m
            is_on_side = ((vy * z - vz * y) * px + (vz * x - vx * z) * py + (vx * y - vy * x) * pz) * image[
                "side"
            ] > 0.0
            is_in_swath = math.cos(swath.far_rad) <= cosine <= math.cos(swath.near_rad)
            if is_on_side and is_in_swath:
                return np.int64(image["origin_us"] + round(t_s * 1e6))
            return np.int64(-1)
    return np.int64(-1)


@kernel
def _sail(legs: Legs, leg: np.int64, t_us: np.int64) -> tuple[float, float, float, float, float, float]:
    """Unit vector (3) of a target on a leg at an instant, and its velocity (3) [m/s]."""
    dt_s = (t_us - legs.t_from_us[leg]) * 1e-6
    w = legs.w_rad_s[leg]
    ax, ay, az = legs.ax[leg], legs.ay[leg], legs.az[leg]
    bx, by, bz = legs.bx[leg], legs.by[leg], legs.bz[leg]
    x, y, z = position(ax, ay, az, bx, by, bz, w, dt_s)
    # A quarter of a turn ahead on the same leg points the way that the target moves.
    qx, qy, qz = position(bx, by, bz, -ax, -ay, -az, w, dt_s)
    speed_mps = w * EARTH_RADIUS_M
    return x, y, z, speed_mps * qx, speed_mps * qy, speed_mps * qz
