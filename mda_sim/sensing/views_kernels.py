"""Views of vessels from satellites that listen, compiled; the model is in ``footprint``.

Where a vessel comes well into a footprint, both ends of its view are guessed from the great circle of the
pass's middle and refined by the series about the nearest knot. Where it hardly does, or that does
not settle, the knot that comes nearest to having it in view is climbed to, and the cubics about it are solved
with care.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.sensing.footprint import KNOT_FACTS, N_FACTS, Views
from mda_sim.sensing.footprint_kernels import Reach, reach_rad
from mda_sim.sensing.windows import Legs, Whole

Floats = NDArray[np.float64]

_RISE = 6e-3  # how much more p . s / c may be between two knots of a view than at the nearer, and then some
_AMPLE_RAD = 3e-3  # 19 km: more than a footprint's edge bulges between two knots
_STRAIGHT_US = 600_000_000  # for so long a vessel goes straight on: at 20 m/s it is off by 11 m after that
_WELL_IN = 0.004  # 1 - cos of the angle that half a view covers: 0.09, 80 s
_NEAR = 0.9  # of the time between two knots: so far the series about a knot is good to 30 ms
_SETTLED = 0.02  # of the time between two knots: the next step of Newton's is less than a fiftieth of it
_BEND_S = 10.0  # between the three points that the second derivative is taken from
_CLOSE = 1e-6  # of the time between two knots: 60 microseconds
_MOST_ROUNDS = 30


@kernel
def _scaled(track: Track, t_s: float, reach: Reach) -> tuple[float, float, float]:
    """Unit vector to the satellite over the cosine of its footprint's angle."""
    x, y, z, _, _, _ = motion(track, t_s)
    radius_m = math.sqrt(x * x + y * y + z * z)
    scale = 1.0 / (radius_m * math.cos(reach_rad(reach, radius_m)))
    return x * scale, y * scale, z * scale


@kernel
def fill_facts(track: Track, reach: Reach, from_us: int, step_s: float, n_knots: int, out: Floats) -> None:
    """Fill ``out`` with the facts of one work and its knots, as ``footprint.Views`` has them."""
    for k in range(n_knots):
        t_s = from_us * 1e-6 + k * step_s
        own = N_FACTS + KNOT_FACTS * k
        out[own], out[own + 1], out[own + 2] = _scaled(track, t_s, reach)
        x0, y0, z0 = _scaled(track, t_s - 0.5, reach)
        x1, y1, z1 = _scaled(track, t_s + 0.5, reach)
        out[own + 3], out[own + 4], out[own + 5] = x1 - x0, y1 - y0, z1 - z0
        x0, y0, z0 = _scaled(track, t_s - _BEND_S, reach)
        x1, y1, z1 = _scaled(track, t_s + _BEND_S, reach)
        out[own + 6] = (x1 - 2.0 * out[own] + x0) / _BEND_S**2
        out[own + 7] = (y1 - 2.0 * out[own + 1] + y0) / _BEND_S**2
        out[own + 8] = (z1 - 2.0 * out[own + 2] + z0) / _BEND_S**2
    x, y, z, vx, vy, vz = motion(track, from_us * 1e-6 + 0.5 * (n_knots - 1) * step_s)
    square = x * x + y * y + z * z
    climb = (vx * x + vy * y + vz * z) / square
    hx, hy, hz = vx - climb * x, vy - climb * y, vz - climb * z
    radius_m, level_mps = math.sqrt(square), math.sqrt(hx * hx + hy * hy + hz * hz)
    out[0], out[1], out[2] = x / radius_m, y / radius_m, z / radius_m
    out[3], out[4], out[5] = hx / level_mps, hy / level_mps, hz / level_mps
    out[6], out[7] = radius_m / (level_mps * step_s), step_s
    ux, uy = out[1] * out[5] - out[2] * out[4], out[2] * out[3] - out[0] * out[5]
    uz = out[0] * out[4] - out[1] * out[3]
    farthest = 0.0
    for k in range(n_knots):
        own = N_FACTS + KNOT_FACTS * k
        x, y, z = out[own], out[own + 1], out[own + 2]
        longer = math.sqrt(x * x + y * y + z * z)
        off = abs(math.asin(min(max((x * ux + y * uy + z * uz) / longer, -1.0), 1.0)))
        farthest = max(farthest, off + math.acos(1.0 / longer))
    out[8] = math.cos(min(farthest + _AMPLE_RAD, 0.5 * math.pi)) ** 2
    out[9] = 1.0 / math.cos(reach_rad(reach, radius_m))
    out[10] = 1.0 / (out[6] * out[6])


@kernel
def leg_from(t_from_us: NDArray[np.int64], leg: Whole, end: Whole, t_us: Whole) -> Whole:
    """The last of the legs ``leg`` .. ``end - 1`` that has begun at a time, ``leg`` if none has."""
    while leg + 1 < end and t_from_us[leg + 1] <= t_us:
        leg += 1
    return leg


@kernel
def _level(facts: Floats, own: Whole, px: float, py: float, pz: float) -> float:
    """P . s / c - 1 at the knot whose numbers begin at ``own``: 0 or more if the point is in view."""
    level: float = px * facts[own] + py * facts[own + 1] + pz * facts[own + 2] - 1.0
    return level


@kernel
def _slope(facts: Floats, own: Whole, px: float, py: float, pz: float) -> float:
    """Its derivative there, by the time between two knots."""
    slope: float = px * facts[own + 3] + py * facts[own + 4] + pz * facts[own + 5]
    return slope


@kernel
def _arc(ahead: float, up: float) -> float:
    """Angle whose tangent is ``ahead / up``, to 0.005 where that is at most 1, else 0: a guess."""
    slant = ahead / up if abs(ahead) < up else 0.0
    return slant * (0.9724 - 0.1919 * slant * slant)


@kernel
def nearest_knot(facts: Floats, at: Whole, n_knots: Whole, px: float, py: float, pz: float) -> Whole:
    """The knot of a work that comes nearest to having a point in view.

    -1 if it is not in view between knots either. The level rises to one peak and falls, so it is climbed from
    a guess: where the point would be abeam on the great circle of the work's middle.
    """
    up = px * facts[at] + py * facts[at + 1] + pz * facts[at + 2]
    ahead = px * facts[at + 3] + py * facts[at + 4] + pz * facts[at + 5]
    k: Whole = min(max(int(0.5 * (n_knots - 1) + _arc(ahead, up) * facts[at + 6] + 0.5), 0), n_knots - 1)
    first = at + N_FACTS
    level = _level(facts, first + KNOT_FACTS * k, px, py, pz)
    while k + 1 < n_knots:
        other = _level(facts, first + KNOT_FACTS * (k + 1), px, py, pz)
        if other <= level:
            break
        k, level = k + 1, other
    while k > 0:
        other = _level(facts, first + KNOT_FACTS * (k - 1), px, py, pz)
        if other <= level:
            break
        k, level = k - 1, other
    return k if level > -_RISE else -1


@kernel
def in_view_steps(
    facts: Floats, at: Whole, n_knots: Whole, best: Whole, px: float, py: float, pz: float
) -> tuple[float, float]:
    """First and last instant at which a point is in view, in steps after the first knot; (0, -1) if never.

    ``best`` is the knot nearest to it.
    """
    first = at + N_FACTS
    step_s = facts[at + 7]
    middle = _level(facts, first + KNOT_FACTS * best, px, py, pz)
    slope = _slope(facts, first + KNOT_FACTS * best, px, py, pz) * step_s
    if middle < 0.0:
        other = best + 1 if slope > 0.0 else best - 1
        if other < 0 or other >= n_knots:
            return 0.0, -1.0
        beyond = _level(facts, first + KNOT_FACTS * other, px, py, pz)
        turn = _slope(facts, first + KNOT_FACTS * other, px, py, pz) * step_s
        sign = float(other - best)
        begins, ends = _glimpse(middle, slope * sign, beyond, turn * sign)
        if begins > ends:
            return 0.0, -1.0
        return (best + begins, best + ends) if other > best else (best - ends, best - begins)
    begins, ends = 0.0, float(n_knots - 1)
    k, level = best, middle
    while k > 0:
        outer = _level(facts, first + KNOT_FACTS * (k - 1), px, py, pz)
        if outer < 0.0:
            d0 = _slope(facts, first + KNOT_FACTS * (k - 1), px, py, pz) * step_s
            d1 = _slope(facts, first + KNOT_FACTS * k, px, py, pz) * step_s
            begins = k - 1 + _crossing(outer, d0, level, d1)
            break
        k, level = k - 1, outer
    k, level = best, middle
    while k + 1 < n_knots:
        outer = _level(facts, first + KNOT_FACTS * (k + 1), px, py, pz)
        if outer < 0.0:
            d0 = _slope(facts, first + KNOT_FACTS * (k + 1), px, py, pz) * step_s
            d1 = _slope(facts, first + KNOT_FACTS * k, px, py, pz) * step_s
            ends = k + 1 - _crossing(outer, -d0, level, -d1)
            break
        k, level = k + 1, outer
    return begins, ends


@kernel
def _cubic(f0: float, d0: float, f1: float, d1: float, u: float) -> tuple[float, float, float]:
    """Value and two derivatives at u of the cubic with values and derivatives f, d at 0 and 1."""
    rise = f1 - f0
    c2 = 3.0 * rise - 2.0 * d0 - d1
    c3 = d0 + d1 - 2.0 * rise
    return f0 + u * (d0 + u * (c2 + u * c3)), d0 + u * (2.0 * c2 + 3.0 * u * c3), 2.0 * c2 + 6.0 * u * c3


@kernel
def _crossing(f0: float, d0: float, f1: float, d1: float) -> float:
    """Where that cubic, negative at 0 and not so at 1, passes through 0.

    Two steps of Newton's method from the chord, which is good to 1e-5 where the cubic bends little.
    """
    if d1 < 0.4 * d0:
        return _root(f0, d0, f1, d1, 1.0)
    rise = f1 - f0
    c2 = 3.0 * rise - 2.0 * d0 - d1
    c3 = d0 + d1 - 2.0 * rise
    u = -f0 / rise
    u -= (f0 + u * (d0 + u * (c2 + u * c3))) / (d0 + u * (2.0 * c2 + 3.0 * u * c3))
    u -= (f0 + u * (d0 + u * (c2 + u * c3))) / (d0 + u * (2.0 * c2 + 3.0 * u * c3))
    return u


@kernel
def _glimpse(f0: float, d0: float, f1: float, d1: float) -> tuple[float, float]:
    """Where between 0 and 1 that cubic, negative at both, is 0 or more; (1, 0) if nowhere."""
    if d0 <= 0.0 or d1 >= 0.0:
        return 1.0, 0.0
    u = d0 / (d0 - d1)
    for _ in range(2):
        _, slope, bend = _cubic(f0, d0, f1, d1, u)
        u = min(max(u - slope / bend, 0.0), 1.0)
    if _cubic(f0, d0, f1, d1, u)[0] < 0.0:
        return 1.0, 0.0
    return _root(f0, d0, f1, d1, u), 1.0 - _root(f1, -d1, f0, -d0, 1.0 - u)


@kernel
def _root(f0: float, d0: float, f1: float, d1: float, high: float) -> float:
    """Where that cubic, negative at 0 and not so at ``high`` (up to 1), passes through 0.

    Newton's method, and bisection where that leaves the bracket.
    """
    low, u = 0.0, high
    if f1 > 0.0:
        u = min(f0 / (f0 - f1), high)
    for _ in range(_MOST_ROUNDS):
        level, slope, _ = _cubic(f0, d0, f1, d1, u)
        if level >= 0.0:
            high = u
        else:
            low = u
        after = u - level / slope if slope > 0.0 else low
        if not low < after < high:
            after = 0.5 * (low + high)
        if abs(after - u) < _CLOSE:
            return after
        u = after
    return u


@kernel
def _edge_steps(
    facts: Floats, at: Whole, n_knots: Whole, guess: float, px: float, py: float, pz: float
) -> tuple[float, float]:
    """Where the level is 0 near a guess, and its slope there; slope 0 if that is not certain.

    In steps after the first knot; before that or after the last one it is only certain to be there. From the
    knot nearest to the guess the level is followed to its third derivative, which is as that of a harmonic
    motion: one step of Halley's method, one of Newton's.
    """
    last = n_knots - 1
    k = int(min(max(guess, 0.0), float(last)) + 0.5)
    own, step_s = at + N_FACTS + KNOT_FACTS * k, facts[at + 7]
    level, slope = _level(facts, own, px, py, pz), _slope(facts, own, px, py, pz) * step_s
    bend = (px * facts[own + 6] + py * facts[own + 7] + pz * facts[own + 8]) * (step_s * step_s)
    third = -slope * facts[at + 10]
    u = -2.0 * level * slope / (2.0 * slope * slope - level * bend)
    rest = level + u * (slope + u * (0.5 * bend + u * third / 6.0))
    there = slope + u * (bend + 0.5 * u * third)
    step = rest / there
    u -= step
    is_beyond = (k == 0 and u < -_NEAR) or (k == last and u > _NEAR)
    is_settled = abs(u) < _NEAR and abs(step) < _SETTLED
    return k + u, there if is_beyond or is_settled else 0.0


class Fix(NamedTuple):
    """Where a target is at a moment, and for how long it goes on as it does."""

    x: float
    y: float
    z: float
    """Unit vector."""
    vx: float
    vy: float
    vz: float
    """Its derivative. [1/s]"""
    t_us: Whole
    """The moment. [us]"""
    from_us: Whole
    """First instant of the leg. [us]"""
    until_us: Whole
    """Last instant of the leg. [us]"""
    fresh_from_us: Whole
    """First instant for which this is the place to go on from. [us]"""
    fresh_until_us: Whole
    """Last such instant. [us]"""


@kernel
def fix_at(legs: Legs, leg: Whole, end: Whole, t_us: Whole, step_us: int) -> Fix:
    """Where a target with legs up to ``end - 1`` is when the step that holds a time begins.

    ``leg`` is one that has begun, or its first. Steps are counted from 0 and cut by legs, so that the place
    depends on nothing but the time. Before its legs a target is where they begin, after them where they end.
    """
    leg = leg_from(legs.t_from_us, leg, end, t_us)
    from_us, until_us = np.int64(legs.t_from_us[leg]), np.int64(legs.t_to_us[leg])
    t_us = min(max(np.int64(t_us), from_us), until_us)
    step_from_us = t_us - t_us % step_us
    on_us, stale_us = max(step_from_us, from_us), min(step_from_us + step_us - 1, until_us)
    ax, ay, az, w = legs.ax[leg], legs.ay[leg], legs.az[leg], legs.w_rad_s[leg]
    if w == 0.0:
        return Fix(ax, ay, az, 0.0, 0.0, 0.0, on_us, from_us, until_us, on_us, stale_us)
    bx, by, bz = legs.bx[leg], legs.by[leg], legs.bz[leg]
    angle = w * ((on_us - from_us) * 1e-6)
    c, s = math.cos(angle), math.sin(angle)
    return Fix(
        ax * c + bx * s,
        ay * c + by * s,
        az * c + bz * s,
        (bx * c - ax * s) * w,
        (by * c - ay * s) * w,
        (bz * c - az * s) * w,
        on_us,
        from_us,
        until_us,
        on_us,
        stale_us,
    )


@kernel
def find_views(
    views: Views, start: int, stop: int, legs: Legs, leg: Whole, end: Whole, out: NDArray[np.int64]
) -> int:
    """Fill ``out`` with those of the works ``start`` .. ``stop - 1`` that have a target in view.

    In order of ``views``: the row of the work, first and last instant in view [us]; (n, 3), with room for
    all. Returns how many. The target has the legs ``leg`` .. ``end - 1``. Works that end before its legs or
    begin after them are left out; in others it is taken to be where they begin or end while it is not there.
    """
    n = 0
    facts, begins_us, ends_us, firsts = views.facts, views.t_from_us, views.t_to_us, views.first_fact
    leg_from_us, alive_us, over_us = legs.t_from_us, legs.t_from_us[leg], legs.t_to_us[end - 1]
    if start >= stop or begins_us[start] > over_us:
        return 0
    leg = leg_from(leg_from_us, leg, end, begins_us[start])
    now = fix_at(legs, leg, end, begins_us[start], _STRAIGHT_US)
    for work in range(start, stop):
        begin_us, done_us = begins_us[work], ends_us[work]
        if begin_us > over_us:
            break
        if done_us < alive_us:
            continue
        while leg + 1 < end and leg_from_us[leg + 1] <= begin_us:
            leg += 1
        middle_us = min(max((begin_us + done_us) // 2, alive_us), over_us)
        if not now.fresh_from_us <= middle_us <= now.fresh_until_us:
            now = fix_at(legs, leg, end, middle_us, _STRAIGHT_US)
            # Between two legs it waits where the first one ended.
            middle_us = min(max(middle_us, now.from_us), now.until_us)
        ahead_s = (middle_us - now.t_us) * 1e-6
        px, py, pz = now.x + now.vx * ahead_s, now.y + now.vy * ahead_s, now.z + now.vz * ahead_s
        at = firsts[work]
        up = px * facts[at] + py * facts[at + 1] + pz * facts[at + 2]
        ahead = px * facts[at + 3] + py * facts[at + 4] + pz * facts[at + 5]
        square = up * up + ahead * ahead
        if square < facts[at + 8]:
            continue  # too far from the track
        n_knots, step_us = (firsts[work + 1] - at - N_FACTS) // KNOT_FACTS, facts[at + 7] * 1e6
        well_in = 1.0 - 1.0 / (math.sqrt(square) * facts[at + 9])
        is_found, begins, ends = False, 0.0, -1.0
        if well_in > _WELL_IN and abs(ahead) < up:
            peak = min(max(0.5 * (n_knots - 1) + _arc(ahead, up) * facts[at + 6], 0.0), n_knots - 1.0)
            peak_us = begin_us + int(peak * step_us)
            if now.from_us <= peak_us <= now.until_us:
                more_s = (peak_us - middle_us) * 1e-6
                x, y, z = px + now.vx * more_s, py + now.vy * more_s, pz + now.vz * more_s
                half = math.sqrt(2.0 * well_in) * (1.0 + well_in / 12.0) * facts[at + 6]
                begins, rises = _edge_steps(facts, at, n_knots, peak - half, x, y, z)
                ends, falls = _edge_steps(facts, at, n_knots, peak + half, x, y, z)
                is_found = rises > 0.0 > falls
        if not is_found:
            best = nearest_knot(facts, at, n_knots, px, py, pz)
            if best < 0:
                continue
            best_us = begin_us + int(best * step_us)
            if now.from_us <= best_us <= now.until_us:
                more_s = (best_us - middle_us) * 1e-6
                px, py, pz = px + now.vx * more_s, py + now.vy * more_s, pz + now.vz * more_s
            else:
                then = fix_at(legs, leg, end, best_us, 1)
                px, py, pz = then.x, then.y, then.z
            begins, ends = in_view_steps(facts, at, n_knots, best, px, py, pz)
        begins, ends = max(begins, 0.0), min(ends, n_knots - 1.0)
        if begins > ends:
            continue
        out[n, 0] = work
        out[n, 1] = begin_us + int(begins * step_us)
        out[n, 2] = min(begin_us + int(ends * step_us), done_us)
        n += 1
    return n
