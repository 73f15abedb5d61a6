"""The view of one target from one listening satellite in one pass, compiled; the model is in ``footprint``.

``fill_facts`` prepares a pass. ``search_view`` is the careful way to both ends of a view, for whatever is not
well inside a footprint: the knot that comes nearest to having the target in view is climbed to, and the
cubics about it are solved. ``lanes_kernels`` solves the others, many targets at a time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.footprint import KNOT_FACTS, N_FACTS, N_TERMS, Views
from mda_sim.sensing.footprint_kernels import Reach, reach_rad
from mda_sim.sensing.windows import Legs, Whole

Floats = NDArray[np.float64]

_RISE = 6e-3  # how much more p . s / c may be between two knots of a view than at the nearer, and then some
_AMPLE_RAD = 3e-3  # 19 km: more than a footprint's edge bulges between two knots
_OFF = 1e-6  # error of a path's series that is borne: 10 ms of a view that lasts 3 minutes
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
    x, y, z, vx, vy, vz = motion(track, from_us * 1e-6 + 0.5 * (n_knots - 1) * step_s)
    square = x * x + y * y + z * z
    climb = (vx * x + vy * y + vz * z) / square
    hx, hy, hz = vx - climb * x, vy - climb * y, vz - climb * z
    radius_m, level_mps = math.sqrt(square), math.sqrt(hx * hx + hy * hy + hz * hz)
    out[0], out[1], out[2] = x / radius_m, y / radius_m, z / radius_m
    out[3], out[4], out[5] = hx / level_mps, hy / level_mps, hz / level_mps
    out[6], out[7] = 2.0 * radius_m / (level_mps * step_s * (n_knots - 1)), step_s
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


@kernel
def fill_path(
    track: Track, reach: Reach, from_us: int, lasts_us: int, to_series: Floats, nodes: Floats, out: Floats
) -> None:
    """Fill ``out`` (3, N_TERMS) with the series of s / c over a pass, as ``footprint.Views`` has it.

    ``nodes`` are times from -1, the beginning, to 1, the end: first the N_TERMS that ``to_series`` (N_TERMS,
    N_TERMS) takes values to terms from, then others, where the series is checked. All nan if it is off by
    more than ``_OFF`` at one of those, as where the limit of range takes over from that of elevation.
    """
    middle_s, half_s = (from_us + 0.5 * lasts_us) * 1e-6, 0.5e-6 * lasts_us
    out[:] = 0.0
    for i in range(N_TERMS):
        x, y, z = _scaled(track, middle_s + nodes[i] * half_s, reach)
        for term in range(N_TERMS):
            out[0, term] += to_series[term, i] * x
            out[1, term] += to_series[term, i] * y
            out[2, term] += to_series[term, i] * z
    off = 0.0
    for i in range(N_TERMS, nodes.shape[0]):
        x, y, z = _scaled(track, middle_s + nodes[i] * half_s, reach)
        for term in range(N_TERMS):
            power = nodes[i] ** term
            x, y, z = x - out[0, term] * power, y - out[1, term] * power, z - out[2, term] * power
        off = max(off, abs(x), abs(y), abs(z))
    if off > _OFF:
        out[:] = math.nan


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
    k: Whole = min(
        max(int(0.5 * (n_knots - 1) * (1.0 + _arc(ahead, up) * facts[at + 6]) + 0.5), 0), n_knots - 1
    )
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
def leg_of(t_from_us: NDArray[np.int64], first: Whole, end: Whole, leg: Whole, t_us: Whole) -> Whole:
    """The last of the legs ``first`` .. ``end - 1`` that has begun at a time, ``first`` if none has.

    It is looked for from ``leg`` on, and back.
    """
    while leg > first and t_from_us[leg] > t_us:
        leg -= 1
    while leg + 1 < end and t_from_us[leg + 1] <= t_us:
        leg += 1
    return leg


@kernel
def _place_at(legs: Legs, first: Whole, end: Whole, leg: Whole, t_us: Whole) -> tuple[float, float, float]:
    """Unit vector of a target at a time; before its legs where they begin, after one where it ends."""
    leg = leg_of(legs.t_from_us, first, end, leg, t_us)
    t_us = min(max(t_us, legs.t_from_us[leg]), legs.t_to_us[leg])
    return position(
        legs.ax[leg],
        legs.ay[leg],
        legs.az[leg],
        legs.bx[leg],
        legs.by[leg],
        legs.bz[leg],
        legs.w_rad_s[leg],
        (t_us - legs.t_from_us[leg]) * 1e-6,
    )


@kernel
def search_view(
    views: Views, work: Whole, legs: Legs, first: Whole, end: Whole, leg: Whole
) -> tuple[Whole, Whole]:
    """First and last instant [us] of the view of a target in one work, the second before the first if none.

    The target has the legs ``first`` .. ``end - 1``; ``leg`` is near that of the work's middle.
    """
    begin_us, done_us, at = views.t_from_us[work], views.t_to_us[work], views.first_fact[work]
    facts, n_knots = views.facts, (views.first_fact[work + 1] - at - N_FACTS) // KNOT_FACTS
    step_us = facts[at + 7] * 1e6
    x, y, z = _place_at(legs, first, end, leg, (begin_us + done_us) // 2)
    best = nearest_knot(facts, at, n_knots, x, y, z)
    if best < 0:
        return done_us, begin_us
    x, y, z = _place_at(legs, first, end, leg, begin_us + np.int64(best * step_us))
    begins, ends = in_view_steps(facts, at, n_knots, best, x, y, z)
    if max(begins, 0.0) > min(ends, n_knots - 1.0):
        return done_us, begin_us
    from_us = begin_us + np.int64(max(begins, 0.0) * step_us)
    return from_us, min(begin_us + np.int64(ends * step_us), done_us)
