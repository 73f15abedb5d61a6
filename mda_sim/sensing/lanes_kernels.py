"""Views of many targets from listening satellites, compiled; the model is in ``footprint``.

Targets lie side by side in lanes, and one pass is worked out for all lanes in loops without branches, which
the compiler turns into vector instructions; numba cannot tell arrays apart that could overlap, so all numbers
of lanes are in one, at fixed distances. When the satellite is nearest is guessed from the great circle of the
pass's middle; the series of the pass's path then gives the moment when it is highest, both ends by the
parabola about that, and a step of Halley's method and one of Newton's for each. What does not settle is left
to ``views_kernels.search_view``. Each lane is worked out by itself: no target changes the views of another.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.footprint import Views
from mda_sim.sensing.views_kernels import leg_of, search_view
from mda_sim.sensing.windows import Legs, Whole

LANES: Final = 128
"""Targets that are worked out side by side: their numbers stay in a core's nearest cache."""

Floats = NDArray[np.float64]
Series = tuple[float, float, float, float, float, float, float]
"""The terms of a series, as many as ``N_TERMS``, by powers."""

_STRAIGHT_US = 3_600_000_000  # about the middle of so long a time a place is followed by a series
_EVER_US = 2**62
_BEYOND = 0.05  # of half a pass: so far outside of it an end is only certain to be outside
_RIGHT_S = 0.005  # a step of Newton's that would be as short as this is not taken

# Where the numbers of lanes begin: unit vector of a fix, its derivative [1/s], half the square of the angular
# rate [1/s2], the moment of the fix, when its leg begins and ends, when the target begins and ends to be [s].
_X, _Y, _Z, _VX, _VY, _VZ = 0 * LANES, 1 * LANES, 2 * LANES, 3 * LANES, 4 * LANES, 5 * LANES
_BEND, _AT, _FROM, _TO, _ALIVE, _OVER = 6 * LANES, 7 * LANES, 8 * LANES, 9 * LANES, 10 * LANES, 11 * LANES
# Of one pass: the square of the cosine of the angle off the track (-1: not there), when the satellite is
# nearest, as guessed (nan: not to be guessed), and the unit vector then.
_NEAR, _PEAK, _PX, _PY, _PZ = 12 * LANES, 13 * LANES, 14 * LANES, 15 * LANES, 16 * LANES
# The last four of lanes near the track, packed, and both ends: nan if not settled, inf and -inf if not seen.
_Q, _QX, _QY, _QZ, _BEGINS, _ENDS = 17 * LANES, 18 * LANES, 19 * LANES, 20 * LANES, 21 * LANES, 22 * LANES
_N_NUMBERS = 23 * LANES


class Lanes(NamedTuple):
    """Up to ``LANES`` targets side by side, and room for what is worked out about them; each (LANES,)."""

    numbers: Floats
    """See above."""
    first: NDArray[np.int64]
    """First leg of each."""
    end: NDArray[np.int64]
    """One past its last leg."""
    leg: NDArray[np.int64]
    """The leg that it was last fixed on."""
    fresh_from_us: NDArray[np.int64]
    """First instant for which the fix is the one to go on from. [us]"""
    fresh_to_us: NDArray[np.int64]
    """Last such instant. [us]"""
    near: NDArray[np.int64]
    """Lanes near the track of the pass at hand."""


@kernel
def no_lanes() -> Lanes:
    """Lanes without targets: somewhere, but never there."""
    numbers = np.ones(_N_NUMBERS)
    numbers[_ALIVE : _ALIVE + LANES] = math.inf
    return Lanes(
        numbers,
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.full(LANES, _EVER_US, np.int64),
        np.zeros(LANES, np.int64),
    )


@kernel
def board(lanes: Lanes, lane: Whole, legs: Legs, first: Whole, end: Whole) -> None:
    """Give a lane to a target with the legs ``first`` .. ``end - 1``."""
    lanes.first[lane], lanes.end[lane], lanes.leg[lane] = first, end, first
    lanes.fresh_from_us[lane], lanes.fresh_to_us[lane] = 0, -1
    lanes.numbers[_ALIVE + lane] = legs.t_from_us[first] * 1e-6
    lanes.numbers[_OVER + lane] = legs.t_to_us[end - 1] * 1e-6


@kernel
def _fix(lanes: Lanes, lane: Whole, legs: Legs, t_us: Whole) -> None:
    """Fix a target where it is in the middle of the step that holds a time, or as near to that on its leg.

    Steps are counted from 0 and cut by legs, so that the place depends on nothing but the time.
    """
    first, end, numbers = lanes.first[lane], lanes.end[lane], lanes.numbers
    leg = leg_of(legs.t_from_us, first, end, lanes.leg[lane], t_us)
    lanes.leg[lane] = leg
    leg_from_us, leg_to_us = legs.t_from_us[leg], legs.t_to_us[leg]
    step_us = t_us - t_us % _STRAIGHT_US
    lanes.fresh_from_us[lane] = step_us if leg == first else max(step_us, leg_from_us)
    until_us = step_us + _STRAIGHT_US - 1
    lanes.fresh_to_us[lane] = until_us if leg + 1 == end else min(until_us, legs.t_from_us[leg + 1] - 1)
    at_us = min(max(step_us + _STRAIGHT_US // 2, leg_from_us), leg_to_us)
    ax, ay, az, w = legs.ax[leg], legs.ay[leg], legs.az[leg], legs.w_rad_s[leg]
    bx, by, bz = legs.bx[leg], legs.by[leg], legs.bz[leg]
    angle = w * ((at_us - leg_from_us) * 1e-6)
    c, s = math.cos(angle), math.sin(angle)
    numbers[_X + lane], numbers[_VX + lane] = ax * c + bx * s, (bx * c - ax * s) * w
    numbers[_Y + lane], numbers[_VY + lane] = ay * c + by * s, (by * c - ay * s) * w
    numbers[_Z + lane], numbers[_VZ + lane] = az * c + bz * s, (bz * c - az * s) * w
    numbers[_BEND + lane], numbers[_AT + lane] = 0.5 * w * w, at_us * 1e-6
    numbers[_FROM + lane], numbers[_TO + lane] = leg_from_us * 1e-6, leg_to_us * 1e-6


@kernel
def find_views(views: Views, work: Whole, legs: Legs, lanes: Lanes, out: NDArray[np.int64]) -> int:
    """Fill ``out`` with the targets that are in view in one work: lane, first and last instant in view [us].

    (n, 3), in order of lanes, with room for all. Returns how many. Where the work ends before a target's legs
    or begins after them it is left out; otherwise it is taken to be where they begin or end while it is not
    there.
    """
    begin_us, done_us = views.t_from_us[work], views.t_to_us[work]
    middle_us = (begin_us + done_us) // 2
    for lane in range(LANES):
        if not lanes.fresh_from_us[lane] <= middle_us <= lanes.fresh_to_us[lane]:
            _fix(lanes, lane, legs, middle_us)
    _come_near(views, work, lanes.numbers)
    n_near, least = 0, views.facts[views.first_fact[work] + 8]
    numbers, near = lanes.numbers, lanes.near
    for lane in range(LANES):
        near[n_near] = lane
        n_near += numbers[_NEAR + lane] >= least
    for i in range(n_near):
        lane = near[i]
        numbers[_Q + i], numbers[_QX + i] = numbers[_PEAK + lane], numbers[_PX + lane]
        numbers[_QY + i], numbers[_QZ + i] = numbers[_PY + lane], numbers[_PZ + lane]
    _solve(views, work, n_near, numbers)
    n, half_us = 0, 0.5 * (done_us - begin_us)
    for i in range(n_near):
        lane, begins, ends = near[i], numbers[_BEGINS + i], numbers[_ENDS + i]
        if begins <= ends:
            from_us = begin_us + np.int64((max(begins, -1.0) + 1.0) * half_us)
            to_us = begin_us + np.int64((min(ends, 1.0) + 1.0) * half_us)
        elif begins > ends:
            continue
        else:
            own = lanes.first[lane], lanes.end[lane], lanes.leg[lane]
            from_us, to_us = search_view(views, work, legs, *own)
        if from_us <= to_us:
            out[n, 0], out[n, 1], out[n, 2] = lane, from_us, to_us
            n += 1
    return n


@kernel
def _come_near(views: Views, work: Whole, numbers: Floats) -> None:
    """Fill what is guessed of one pass for all lanes."""
    at, facts = views.first_fact[work], views.facts
    ux, uy, uz, hx, hy, hz = (
        facts[at],
        facts[at + 1],
        facts[at + 2],
        facts[at + 3],
        facts[at + 4],
        facts[at + 5],
    )
    begin_s, done_s = views.t_from_us[work] * 1e-6, views.t_to_us[work] * 1e-6
    middle_s, half_s, per_rad = 0.5 * (begin_s + done_s), 0.5 * (done_s - begin_s), facts[at + 6]
    for i in range(LANES):
        leg_from_s, leg_to_s = numbers[_FROM + i], numbers[_TO + i]
        # Between two legs it waits where the first one ended.
        dt = min(max(middle_s, leg_from_s), leg_to_s) - numbers[_AT + i]
        less = 1.0 - numbers[_BEND + i] * dt * dt
        x = numbers[_X + i] * less + numbers[_VX + i] * dt
        y = numbers[_Y + i] * less + numbers[_VY + i] * dt
        z = numbers[_Z + i] * less + numbers[_VZ + i] * dt
        up = x * ux + y * uy + z * uz
        ahead = x * hx + y * hy + z * hz
        square = up * up + ahead * ahead
        is_there = (numbers[_ALIVE + i] <= done_s) & (begin_s <= numbers[_OVER + i])
        numbers[_NEAR + i] = square if is_there else -1.0
        # The angle along the track, to 0.005 up to 45 degrees.
        slant = ahead / up
        peak = min(max(slant * (0.9724 - 0.1919 * slant * slant) * per_rad, -1.0), 1.0)
        peak_s = middle_s + peak * half_s
        is_plain = (abs(ahead) < up) & (leg_from_s <= peak_s) & (peak_s <= leg_to_s)
        dt = peak_s - numbers[_AT + i]
        less = 1.0 - numbers[_BEND + i] * dt * dt
        numbers[_PX + i] = numbers[_X + i] * less + numbers[_VX + i] * dt
        numbers[_PY + i] = numbers[_Y + i] * less + numbers[_VY + i] * dt
        numbers[_PZ + i] = numbers[_Z + i] * less + numbers[_VZ + i] * dt
        numbers[_PEAK + i] = peak if is_plain else math.nan


@kernel
def _solve(views: Views, work: Whole, n: Whole, numbers: Floats) -> None:
    """Fill both ends of the views of the first ``n`` targets near the track."""
    p = views.paths[work]
    x0, x1, x2, x3, x4, x5, x6 = p[0, 0], p[0, 1], p[0, 2], p[0, 3], p[0, 4], p[0, 5], p[0, 6]
    y0, y1, y2, y3, y4, y5, y6 = p[1, 0], p[1, 1], p[1, 2], p[1, 3], p[1, 4], p[1, 5], p[1, 6]
    z0, z1, z2, z3, z4, z5, z6 = p[2, 0], p[2, 1], p[2, 2], p[2, 3], p[2, 4], p[2, 5], p[2, 6]
    right = 4e6 * _RIGHT_S / (views.t_to_us[work] - views.t_from_us[work])
    for i in range(n):
        x, y, z = numbers[_QX + i], numbers[_QY + i], numbers[_QZ + i]
        c = (
            x * x0 + y * y0 + z * z0 - 1.0,
            x * x1 + y * y1 + z * z1,
            x * x2 + y * y2 + z * z2,
            x * x3 + y * y3 + z * z3,
            x * x4 + y * y4 + z * z4,
            x * x5 + y * y5 + z * z5,
            x * x6 + y * y6 + z * z6,
        )
        t = numbers[_Q + i]
        bend = _bend(c, t)
        t -= _slope(c, t) / bend
        level = _level(c, t)
        is_known = (bend < 0.0) & (abs(t) < 1.0 + _BEYOND)
        is_open = (level >= 0.0) | (not is_known)
        half = math.sqrt(max(-2.0 * level / bend, 0.0))
        # The next step of Newton's would be about the square of this one over twice the half.
        begins, step = _edge(c, t - half)
        is_right = is_known & ((step * step < right * half) | (begins < -1.0 - _BEYOND)) & (begins < t)
        begins = begins if is_right else math.nan
        numbers[_BEGINS + i] = begins if is_open else math.inf
        ends, step = _edge(c, t + half)
        is_right = is_known & ((step * step < right * half) | (ends > 1.0 + _BEYOND)) & (ends > t)
        ends = ends if is_right else math.nan
        numbers[_ENDS + i] = ends if is_open else -math.inf


@kernel
def _level(c: Series, t: float) -> float:
    """Value of a series at a time."""
    level: float = c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * (c[4] + t * (c[5] + t * c[6])))))
    return level


@kernel
def _slope(c: Series, t: float) -> float:
    """Its derivative."""
    fourth = 4.0 * c[4] + t * (5.0 * c[5] + t * (6.0 * c[6]))
    slope: float = c[1] + t * (2.0 * c[2] + t * (3.0 * c[3] + t * fourth))
    return slope


@kernel
def _bend(c: Series, t: float) -> float:
    """Its second derivative."""
    bend: float = 2.0 * c[2] + t * (6.0 * c[3] + t * (12.0 * c[4] + t * (20.0 * c[5] + t * (30.0 * c[6]))))
    return bend


@kernel
def _edge(c: Series, guess: float) -> tuple[float, float]:
    """Where a series passes through 0 near a guess, and the last step to there."""
    t = min(max(guess, -1.0), 1.0)
    level, slope = _level(c, t), _slope(c, t)
    t -= 2.0 * level * slope / (2.0 * slope * slope - level * _bend(c, t))
    step = _level(c, t) / _slope(c, t)
    return t - step, step
