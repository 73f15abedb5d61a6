"""What is on the air below AIS satellites, and their looks at vessels, compiled.

The model is in ``ais_satellite``. A look takes the time in view of one vessel in one pass, cuts it where a
leg or what is broadcast begins or ends, and reads the integral of log(1 - p) at both ends of each stretch.
Most views lie within one such stretch, so the one that a vessel was last in is kept.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import fill_uniforms_of
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.airtime import Sets
from mda_sim.sensing.airtime_kernels import SILENT, interval_s
from mda_sim.sensing.ais_satellite import Load
from mda_sim.sensing.footprint import Views
from mda_sim.sensing.footprint_kernels import Reach, reach_rad
from mda_sim.sensing.lanes_kernels import LANES, Lanes, board, find_views, no_lanes
from mda_sim.sensing.looks import Held
from mda_sim.sensing.message_grid import MessageGrid
from mda_sim.sensing.message_grid_kernels import heard
from mda_sim.sensing.views_kernels import leg_of
from mda_sim.sensing.windows import Legs, Whole
from mda_sim.world.fleet_kernels import leg_at


@kernel
def fill_on_air(
    track: Track,
    reach: Reach,
    grid: MessageGrid,
    background_per_m2_s: float,
    from_us: int,
    step_s: float,
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` with the slots a second used in the footprint in the middle of each step of one work."""
    for step in range(out.shape[0]):
        t_s = from_us * 1e-6 + (step + 0.5) * step_s
        x, y, z, _, _, _ = motion(track, t_s)
        radius_m = math.sqrt(x * x + y * y + z * z)
        cosine = math.cos(reach_rad(reach, radius_m))
        slots_per_s, inside_m2 = heard(
            grid, np.int64(t_s * 1e6), x / radius_m, y / radius_m, z / radius_m, cosine
        )
        all_m2 = 2.0 * math.pi * EARTH_RADIUS_M * EARTH_RADIUS_M * (1.0 - cosine)
        out[step] = slots_per_s + background_per_m2_s * max(all_m2 - inside_m2, 0.0)


@kernel
def fill_missed(load: Load, log_missed: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill ``out`` of ``missed_until`` with the integral of ``log_missed``, (n_kinds, n_steps)."""
    for kind in range(out.shape[0]):
        for work in range(load.step_s.shape[0]):
            total = 0.0
            for step in range(load.first_step[work], load.first_step[work + 1]):
                out[kind, step + work] = total
                total += log_missed[kind, step] * load.step_s[work]
            out[kind, load.first_step[work + 1] + work] = total


@kernel
def _missed_at(missed: NDArray[np.float64], kind: Whole, first: Whole, last: Whole, steps: float) -> float:
    """The integral up to a time after the beginning of a work, in steps.

    The values of the work are ``first`` .. ``last``.
    """
    at = min(first + int(steps), last - 1)
    before: float = missed[kind, at]
    after: float = missed[kind, at + 1]
    return before + (steps - (at - first)) * (after - before)


class _Aboard(NamedTuple):
    """What the targets in lanes send, each (LANES,)."""

    target: NDArray[np.int64]
    """Which target it is."""
    address: NDArray[np.uint64]
    """Draw address of its stream."""
    in_stream: NDArray[np.uint64]
    """Its index in the stream."""
    from_us: NDArray[np.int64]
    """From when on it sends as it does. [us]"""
    to_us: NDArray[np.int64]
    """Until when. [us]"""
    kind: NDArray[np.int64]
    """Kind of its messages, -1 for none."""
    per_s: NDArray[np.float64]
    """How many a second. [1/s]"""


@kernel
def look_passes(
    views: Views,
    load: Load,
    missed: NDArray[np.float64],
    quality: NDArray[np.int64],
    sets: Sets,
    legs: Legs,
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    first: int,
    stop: int,
    key: np.uint64,
    sensor: np.uint64,
    intervals: NDArray[np.int64],
    out: Held,
) -> int:
    """Look at the targets ``first`` .. ``stop - 1`` in every work; return the number of rows of ``out``.

    ``missed`` is that of ``missed_until``, ``quality`` the kind of each row of broadcasts, ``intervals`` the
    number of each work's report.
    """
    n_held, target = 0, first
    while target < stop:
        lanes, n_lanes = no_lanes(), 0
        aboard = _Aboard(
            np.empty(LANES, np.int64),
            np.empty(LANES, np.uint64),
            np.empty(LANES, np.uint64),
            np.empty(LANES, np.int64),
            np.full(LANES, -1, np.int64),
            np.empty(LANES, np.int64),
            np.empty(LANES),
        )
        while target < stop and n_lanes < LANES:
            row = sets.first_row[target]
            is_mute = row + 1 == sets.first_row[target + 1] and sets.state[row] == SILENT
            if sets.ais[target] != 0 and not is_mute:
                leg: Whole = np.int64(sets.first_leg[target])
                board(lanes, n_lanes, legs, leg, leg + np.int64(sets.n_legs[target]))
                aboard.target[n_lanes], aboard.from_us[n_lanes] = target, 0
                aboard.address[n_lanes], aboard.in_stream[n_lanes] = addresses[target], indices[target]
                n_lanes += 1
            target += 1
        n_held += _look_lanes(
            views, load, missed, quality, sets, legs, lanes, aboard, key, sensor, intervals, out[n_held:]
        )
    return n_held


@kernel
def _look_lanes(
    views: Views,
    load: Load,
    missed: NDArray[np.float64],
    quality: NDArray[np.int64],
    sets: Sets,
    legs: Legs,
    lanes: Lanes,
    aboard: _Aboard,
    key: np.uint64,
    sensor: np.uint64,
    intervals: NDArray[np.int64],
    out: Held,
) -> int:
    """Look at the targets of some lanes in every work; return the number of rows of ``out``."""
    n_held = 0
    seen = np.empty((LANES, 3), np.int64)
    looks, log_missed, u = np.empty(LANES, np.int64), np.empty(LANES), np.empty(LANES)
    address, index = np.empty(LANES, np.uint64), np.empty(LANES, np.uint64)
    for work in range(views.order.shape[0]):
        order, begin_us, done_us = views.order[work], views.t_from_us[work], views.t_to_us[work]
        first_value, last_value = load.first_step[work] + work, load.first_step[work + 1] + work
        per_step = 1e-6 / load.step_s[work]
        n = 0
        for i in range(find_views(views, work, legs, lanes, seen)):
            lane, from_us, last_us = seen[i, 0], seen[i, 1], seen[i, 2]
            if not (aboard.from_us[lane] <= from_us and last_us <= aboard.to_us[lane]):
                _settle(aboard, lane, sets, legs, quality, np.int64(from_us))
            if from_us >= aboard.from_us[lane] and last_us <= aboard.to_us[lane]:
                kind = aboard.kind[lane]
                if kind < 0:
                    continue
                until = _missed_at(missed, kind, first_value, last_value, (last_us - begin_us) * per_step)
                since = _missed_at(missed, kind, first_value, last_value, (from_us - begin_us) * per_step)
                log_p = (until - since) * aboard.per_s[lane]
            else:
                span = from_us, last_us, begin_us, first_value, last_value
                log_p, last_us = _unheard(
                    missed, quality, sets, legs, aboard.target[lane], span, load.step_s[work]
                )
            if log_p >= 0.0:
                continue
            looks[n], log_missed[n], seen[n, 2] = lane, log_p, last_us
            address[n], index[n] = aboard.address[lane], aboard.in_stream[lane]
            n += 1
        fill_uniforms_of(address, index, sensor, np.uint64(intervals[order]), key, n, u)
        for i in range(n):
            if is_held(u[i], log_missed[i]):
                out[n_held]["interval"] = order
                out[n_held]["target"] = aboard.target[looks[i]]
                out[n_held]["dt_us"] = done_us - seen[i, 2]
                out[n_held]["cell"] = 0
                n_held += 1
    return n_held


@kernel
def is_held(u: float, log_missed: float) -> bool:
    """Whether u < 1 - exp(log_missed), for a negative logarithm: most often told by four terms of exp(-x)."""
    x = -log_missed
    if (1.0 - u) * (1.0 + x * (1.0 + x * (0.5 + x * (1.0 / 6.0)))) > 1.0:
        return True
    return u < -math.expm1(log_missed)


@kernel
def _settle(
    aboard: _Aboard, lane: Whole, sets: Sets, legs: Legs, quality: NDArray[np.int64], t_us: np.int64
) -> None:
    """Find what a target sends at a time, and from when to when it goes on with that."""
    target = aboard.target[lane]
    first = np.int64(sets.first_leg[target])
    end = first + np.int64(sets.n_legs[target])
    leg = max(leg_at(legs.t_from_us, first, end, t_us), first)
    first_row, stop_row = sets.first_row[target], sets.first_row[target + 1]
    row = max(leg_at(sets.row_from_us, first_row, stop_row, t_us), first_row)
    from_us, to_us = legs.t_from_us[leg], legs.t_to_us[leg]
    if row > first_row:
        from_us = max(from_us, sets.row_from_us[row])
    if row + 1 < stop_row:
        to_us = min(to_us, sets.row_from_us[row + 1] - 1)
    aboard.from_us[lane], aboard.to_us[lane] = from_us, to_us
    aboard.kind[lane] = -1 if sets.state[row] == SILENT else quality[row]
    aboard.per_s[lane] = 1.0 / interval_s(sets.ais[target], legs.speed_mps[leg], False)


@kernel
def _unheard(
    missed: NDArray[np.float64],
    quality: NDArray[np.int64],
    sets: Sets,
    legs: Legs,
    target: Whole,
    span: tuple[Whole, Whole, Whole, Whole, Whole],
    step_s: float,
) -> tuple[float, Whole]:
    """Logarithm of the probability that nothing sent in a time in view is decoded, and when it ends.

    That is the last instant on the air in it. ``span``: the time in view, the beginning of the work [us], and
    the first and the last of its values of ``missed``.
    """
    from_us, to_us, begin_us, first_value, last_value = span
    total, last_us, per_step = 0.0, from_us, 1e-6 / step_s
    first = np.int64(sets.first_leg[target])
    end = first + np.int64(sets.n_legs[target])
    leg = leg_of(legs.t_from_us, first, end, first, from_us)
    first_row, stop_row = sets.first_row[target], sets.first_row[target + 1]
    row = first_row
    while leg < end and legs.t_from_us[leg] <= to_us:
        t_us, leg_to_us = max(from_us, legs.t_from_us[leg]), min(to_us, legs.t_to_us[leg])
        every_s = interval_s(sets.ais[target], legs.speed_mps[leg], False)
        while t_us <= leg_to_us:
            row = leg_of(sets.row_from_us, first_row, stop_row, row, t_us)
            until_us = leg_to_us
            if row + 1 < stop_row:
                until_us = min(until_us, sets.row_from_us[row + 1] - 1)
            if sets.state[row] != SILENT:
                kind = quality[row]
                total += (
                    _missed_at(missed, kind, first_value, last_value, (until_us - begin_us) * per_step)
                    - _missed_at(missed, kind, first_value, last_value, (t_us - begin_us) * per_step)
                ) / every_s
                last_us = until_us
            t_us = until_us + 1
        leg += 1
    return total, last_us
