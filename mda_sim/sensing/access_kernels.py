"""Accesses of targets by images from orbit, and which of them are held, compiled; the model is in ``swath``.

An access starts from the instant at which a target would be abeam if the satellite flew on the great circle
of the image's middle, which culls all that are far from the swath, and is then refined by Newton's method on
the slant range: its derivative is zero where the target is abeam.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.looks import Held
from mda_sim.sensing.swath_kernels import Swath, arc_of_incidence, axes
from mda_sim.sensing.windows import Legs
from mda_sim.world.fleet_kernels import leg_at

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

ACCESS: Final = np.dtype(
    [
        ("image", "i8"),
        ("target", "i8"),
        ("t_us", "i8"),
        ("incidence_rad", "f8"),
        ("along_m", "f8"),
        ("across_m", "f8"),
        ("slant_m", "f8"),
        ("x", "f8"),
        ("y", "f8"),
        ("z", "f8"),
    ]
)
"""A target in an image: the rows of both, when it is abeam [us], its incidence, positive on the image's side,
how far along the image from its start and across from below the satellite it appears, its slant range [m],
and where it is (unit vector)."""

_MOST_ROUNDS = 20
_CLOSE_S = 2e-7
_MARGIN_RAD = 0.006  # 38 km: how far the height of the satellite and the target's own motion shift the swath
_MARGIN_S = 60.0
_BENT = 1.2  # tracks bend away from a great circle as the square of time; room for higher terms


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
        ux, uy, uz = x / radius_m, y / radius_m, z / radius_m
        bend, half, lowest_m, highest_m = 0.0, 0.0, radius_m, radius_m
        for t_s in (from_s, to_s):
            ex, ey, ez, _, _, _ = motion(own, t_s)
            end_m = math.sqrt(ex * ex + ey * ey + ez * ez)
            lowest_m, highest_m = min(lowest_m, end_m), max(highest_m, end_m)
            bend = max(bend, abs(ex * cx + ey * cy + ez * cz) / end_m)
            half = max(half, abs(math.atan2(ex * hx + ey * hy + ez * hz, ex * ux + ey * uy + ez * uz)))
        margin = _MARGIN_RAD + _BENT * bend
        facts[row]["mid_s"] = mid_s
        facts[row]["ux"], facts[row]["uy"], facts[row]["uz"] = ux, uy, uz
        facts[row]["hx"], facts[row]["hy"], facts[row]["hz"] = hx, hy, hz
        facts[row]["cx"], facts[row]["cy"], facts[row]["cz"] = cx, cy, cz
        facts[row]["w_rad_s"] = level / radius_m
        facts[row]["half_rad"] = half + level / radius_m * _MARGIN_S
        # The arc of an incidence grows with height, whatever its sign.
        low, high = arc_of_incidence(swath.near_rad, lowest_m), arc_of_incidence(swath.near_rad, highest_m)
        facts[row]["sin_near"] = math.sin(min(low, high)) - margin
        facts[row]["sin_far"] = math.sin(arc_of_incidence(swath.far_rad, highest_m)) + margin


@kernel
def knots_of(knots: Track, first: int, n: int) -> Track:
    """The part of a track that has ``n`` knots from ``first`` on."""
    return Track(knots.step_s, knots.position_m[first : first + n], knots.velocity_mps[first : first + n])


@kernel
def find_accesses(
    images: NDArray[np.void],
    knots: Track,
    swath: Swath,
    legs: Legs,
    first_leg: NDArray[np.uint32],
    n_legs: NDArray[np.uint32],
    first: int,
    stop: int,
    out: NDArray[np.void],
) -> int:
    """Find the targets ``first`` .. ``stop - 1`` in every image; return how many rows of ``out`` they fill.

    ``images`` have dtype ``IMAGE_FACTS``, ``out`` has dtype ``ACCESS`` and room for each target in each
    image; ``first_leg`` and ``n_legs`` are of all targets, each (n_targets,).
    """
    n = 0
    for row in range(images.shape[0]):
        image = images[row]
        own = knots_of(knots, image["first_knot"], image["n_knots"])
        from_us, to_us = image["t_from_us"], image["t_to_us"]
        for target in range(first, stop):
            begin = np.int64(first_leg[target])
            end = begin + np.int64(n_legs[target])
            # Most targets are not at sea while the image is made.
            if legs.t_from_us[begin] > to_us or legs.t_to_us[end - 1] < from_us:
                continue
            if not _abeam(image, own, swath, legs, begin, end, out, n):
                continue
            t_us = out[n]["t_us"]
            if t_us < from_us or t_us > to_us:
                continue
            leg = leg_at(legs.t_from_us, begin, end, t_us)
            if leg < begin or t_us > legs.t_to_us[leg]:
                continue
            out[n]["image"], out[n]["target"] = row, target
            seconds = (t_us - from_us) * 1e-6
            out[n]["along_m"] = EARTH_RADIUS_M * image["w_rad_s"] * seconds
            n += 1
    return n


@kernel
def hold(
    accesses: NDArray[np.void],
    p: NDArray[np.float64],
    cells: NDArray[np.int64],
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    key: np.uint64,
    sensor: np.uint64,
    intervals: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    out: Held,
) -> int:
    """Draw each access against its probability, (n,); return how many rows of ``out`` are held.

    ``intervals`` and ``t_to_us`` are of all images, ``addresses`` and ``indices`` of all targets.
    """
    n_held = 0
    for k in range(accesses.shape[0]):
        row, target = accesses[k]["image"], accesses[k]["target"]
        address, index = np.uint64(addresses[target]), np.uint64(indices[target])
        w0, w1, _, _ = philox(address, index, sensor, np.uint64(intervals[row]), key)
        if uniform(w0, w1) < p[k]:
            out[n_held]["interval"] = row
            out[n_held]["target"] = target
            out[n_held]["dt_us"] = t_to_us[row] - accesses[k]["t_us"]
            out[n_held]["cell"] = cells[k]
            n_held += 1
    return n_held


@kernel
def _abeam(
    image: np.void,
    own: Track,
    swath: Swath,
    legs: Legs,
    begin: np.int64,
    end: np.int64,
    out: NDArray[np.void],
    n: int,
) -> bool:
    """Whether the target of the legs ``begin`` .. ``end - 1`` is abeam in the swath of an image.

    If so, time, incidence, distance across and place are written to row ``n`` of ``out``.
    """
    mid_us = image["origin_us"] + np.int64(image["mid_s"] * 1e6)
    leg = max(leg_at(legs.t_from_us, begin, end, mid_us), begin)
    px, py, pz, _, _, _ = _sail(legs, leg, mid_us)
    across = px * image["cx"] + py * image["cy"] + pz * image["cz"]
    if across < image["sin_near"] or across > image["sin_far"]:
        return False
    along = math.atan2(
        px * image["hx"] + py * image["hy"] + pz * image["hz"],
        px * image["ux"] + py * image["uy"] + pz * image["uz"],
    )
    if abs(along) > image["half_rad"]:
        return False
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
            sideways = (vy * z - vz * y) * px + (vz * x - vx * z) * py + (vx * y - vy * x) * pz
            incidence_rad = math.acos(min((height - EARTH_RADIUS_M) / slant_m, 1.0))
            if sideways * image["side"] <= 0.0:
                incidence_rad = -incidence_rad
            out[n]["t_us"] = np.int64(image["origin_us"] + round(t_s * 1e6))
            out[n]["incidence_rad"], out[n]["slant_m"] = incidence_rad, slant_m
            radius_m = math.sqrt(x * x + y * y + z * z)
            out[n]["across_m"] = EARTH_RADIUS_M * arc_of_incidence(incidence_rad, radius_m)
            out[n]["x"], out[n]["y"], out[n]["z"] = px, py, pz
            return swath.near_rad <= incidence_rad <= swath.far_rad
    return False


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
