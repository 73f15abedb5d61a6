"""Which targets come near a hull, and where both are at a time, compiled; the model is in ``mobile``."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.windows import Legs, Whole
from mda_sim.world.fleet_kernels import leg_at


@kernel
def fill_meetings(
    first: int,
    stop: int,
    first_leg: NDArray[np.int64],
    n_legs: NDArray[np.int64],
    legs: Legs,
    reach_m: NDArray[np.float64],
    groups: NDArray[np.void],
    spans: NDArray[np.void],
    out: NDArray[np.void],
) -> int:
    """Fill ``out`` with the meetings of the targets from ``first`` to ``stop - 1``; return how many."""
    n = 0
    for target in range(first, stop):
        if reach_m[target] < 0.0:
            continue
        begin, end = first_leg[target], first_leg[target] + n_legs[target]
        reach_rad = reach_m[target] / EARTH_RADIUS_M
        from_us, to_us = legs.t_from_us[begin], legs.t_to_us[end - 1]
        for i in range(groups.shape[0]):
            group = groups[i]
            if group["from_us"] > to_us or group["to_us"] < from_us:
                continue
            leg = max(leg_at(legs.t_from_us, begin, end, group["from_us"]), begin)
            if not _comes_near(legs, leg, end, group, reach_rad):
                continue
            for j in range(group["first"], group["stop"]):
                span = spans[j]
                while leg + 1 < end and legs.t_from_us[leg + 1] <= span["from_us"]:
                    leg += 1
                if _comes_near(legs, leg, end, span, reach_rad):
                    out[n]["target"] = target
                    out[n]["first"] = span["first"]
                    out[n]["stop"] = span["stop"]
                    out[n]["leg"] = leg
                    n += 1
    return n


@kernel
def _comes_near(legs: Legs, leg: Whole, end: Whole, span: np.void, reach_rad: float) -> bool:
    """Whether a target may be in reach during a span; ``leg`` is the one that it is on at its start."""
    while leg < end and legs.t_from_us[leg] <= span["to_us"]:
        from_us, to_us = max(legs.t_from_us[leg], span["from_us"]), min(legs.t_to_us[leg], span["to_us"])
        if from_us <= to_us:
            x, y, z = position(
                legs.ax[leg],
                legs.ay[leg],
                legs.az[leg],
                legs.bx[leg],
                legs.by[leg],
                legs.bz[leg],
                legs.w_rad_s[leg],
                ((from_us + to_us) // 2 - legs.t_from_us[leg]) * 1e-6,
            )
            near = reach_rad + span["cap_rad"] + legs.w_rad_s[leg] * ((to_us - from_us) * 0.5e-6 + 1e-6)
            dx, dy, dz = x - span["x"], y - span["y"], z - span["z"]
            if dx * dx + dy * dy + dz * dz <= near * near:  # a chord is shorter than its arc
                return True
        leg += 1
    return False


@kernel
def leg_when(legs: Legs, leg: Whole, end: Whole, t_us: Whole) -> Whole:
    """The last leg before ``end`` that has begun at a time, from ``leg`` on."""
    while leg + 1 < end and legs.t_from_us[leg + 1] <= t_us:
        leg += 1
    return leg


class Arc(NamedTuple):
    """One leg by itself: numba counts references to each array of each call, so loops take this instead."""

    ax: float
    ay: float
    az: float
    bx: float
    by: float
    bz: float
    w_rad_s: float
    from_us: Whole
    to_us: Whole


@kernel
def arc_of(legs: Legs, leg: Whole) -> Arc:
    """A leg of a target."""
    return Arc(
        legs.ax[leg],
        legs.ay[leg],
        legs.az[leg],
        legs.bx[leg],
        legs.by[leg],
        legs.bz[leg],
        legs.w_rad_s[leg],
        legs.t_from_us[leg],
        legs.t_to_us[leg],
    )


@kernel
def hull_arc(legs: Legs, leg: Whole, t_us: Whole) -> Arc:
    """The leg that a hull is on at a time; ``leg`` is one of its sortie's that has begun by then.

    The sortie's last leg goes on to its end, so a later leg that belongs to another is never taken.
    """
    while leg + 1 < legs.t_from_us.shape[0] and legs.t_to_us[leg] < t_us:
        leg += 1
    return arc_of(legs, leg)


@kernel
def hull_when(legs: Legs, leg: Whole, t_us: Whole) -> tuple[float, float, float]:
    """Unit vector of a hull at a time; ``leg`` as in ``hull_arc``."""
    return place_on(hull_arc(legs, leg, t_us), t_us)


@kernel
def place_on(arc: Arc, t_us: Whole) -> tuple[float, float, float]:
    """Unit vector of what is on a leg at a time."""
    dt_s = (t_us - arc.from_us) * 1e-6
    return position(arc.ax, arc.ay, arc.az, arc.bx, arc.by, arc.bz, arc.w_rad_s, dt_s)


@kernel
def chord_to(target: Arc, t_us: Whole, hx: float, hy: float, hz: float) -> float:
    """Chord from a hull to a target on a leg at a time [rad]; inf if the target is absent."""
    if t_us < target.from_us or t_us > target.to_us:
        return math.inf
    x, y, z = place_on(target, t_us)
    return math.sqrt((x - hx) * (x - hx) + (y - hy) * (y - hy) + (z - hz) * (z - hz))


@kernel
def chord_between(target: Arc, hull: Arc, t_us: Whole) -> float:
    """Chord from a hull to a target, each on its leg, at a time [rad]; inf if the target is absent."""
    hx, hy, hz = place_on(hull, t_us)
    return chord_to(target, t_us, hx, hy, hz)


@kernel
def slant_of(chord: float, height_m: float) -> float:
    """Straight from an antenna at a height to a target whose chord from under it is ``chord`` [rad]."""
    along_m = EARTH_RADIUS_M * chord
    return math.sqrt(height_m * height_m + (1.0 + height_m / EARTH_RADIUS_M) * along_m * along_m)
