"""What is on the air below AIS satellites, and their looks at vessels, compiled.

The model is in ``ais_satellite``. A look takes the time in view of one vessel in one pass, cuts it where a
leg or what is broadcast begins or ends, and reads the integral of log(1 - p) at both ends of each stretch.
The legs and broadcasts of a vessel are walked once, with the passes in order of time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.geo.orbits import Track
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.airtime import Sets
from mda_sim.sensing.airtime_kernels import SILENT, interval_s
from mda_sim.sensing.ais_satellite import Load
from mda_sim.sensing.footprint import CHUNK, Views
from mda_sim.sensing.footprint_kernels import Reach, reach_rad
from mda_sim.sensing.looks import Held
from mda_sim.sensing.message_grid import MessageGrid
from mda_sim.sensing.message_grid_kernels import heard
from mda_sim.sensing.views_kernels import find_views, leg_from
from mda_sim.sensing.windows import Legs, Whole


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
    n_held = 0
    t_from_us, t_to_us, speed_mps = legs.t_from_us, legs.t_to_us, legs.speed_mps
    order, begins_us, ends_us = views.order, views.t_from_us, views.t_to_us
    first_steps, per_us = load.first_step, 1e-6 / load.step_s
    row_from_us, state = sets.row_from_us, sets.state
    seen = np.empty((CHUNK, 3), np.int64)
    for start in range(0, order.shape[0], CHUNK):
        stop_work = min(start + CHUNK, order.shape[0])
        for target in range(first, stop):
            ais = sets.ais[target]
            leg: Whole = np.int64(sets.first_leg[target])
            end = leg + np.int64(sets.n_legs[target])
            row, stop_row = sets.first_row[target], sets.first_row[target + 1]
            if ais == 0 or (row + 1 == stop_row and state[row] == SILENT):
                continue
            address, index = np.uint64(addresses[target]), np.uint64(indices[target])
            leg = leg_from(t_from_us, leg, end, begins_us[start])
            row = leg_from(row_from_us, row, stop_row, begins_us[start])
            every_leg: Whole = np.int64(-1)
            per_s = 0.0
            for i in range(find_views(views, start, stop_work, legs, leg, end, seen)):
                work, from_us, to_us = seen[i, 0], seen[i, 1], seen[i, 2]
                begin_us, done_us = begins_us[work], ends_us[work]
                # Works are in order of their beginnings, views of different satellites are not.
                while leg + 1 < end and t_from_us[leg + 1] <= begin_us:
                    leg += 1
                while row + 1 < stop_row and row_from_us[row + 1] <= begin_us:
                    row += 1
                first_value, last_value = first_steps[work] + work, first_steps[work + 1] + work
                is_whole = t_from_us[leg] <= from_us and to_us <= t_to_us[leg]
                is_same = row + 1 == stop_row or row_from_us[row + 1] > to_us
                if is_same and state[row] == SILENT:
                    continue  # it is on the air again in this pass, but out of view by then
                if is_whole and is_same:
                    if every_leg != leg:
                        every_leg, per_s = leg, 1.0 / interval_s(ais, speed_mps[leg], False)
                    last_us, per_step = to_us, per_us[work]
                    kind, from_steps = quality[row], (from_us - begin_us) * per_step
                    until = _missed_at(missed, kind, first_value, last_value, (to_us - begin_us) * per_step)
                    since = _missed_at(missed, kind, first_value, last_value, from_steps)
                    log_missed = (until - since) * per_s
                else:
                    log_missed, last_us = _unheard(
                        missed,
                        quality,
                        sets,
                        legs,
                        ais,
                        leg,
                        end,
                        row,
                        stop_row,
                        from_us,
                        to_us,
                        begin_us,
                        first_value,
                        last_value,
                        load.step_s[work],
                    )
                if log_missed >= 0.0:
                    continue
                w0, w1, _, _ = philox(address, index, sensor, np.uint64(intervals[order[work]]), key)
                if uniform(w0, w1) < -math.expm1(log_missed):
                    out[n_held]["interval"] = order[work]
                    out[n_held]["target"] = target
                    out[n_held]["dt_us"] = done_us - last_us
                    out[n_held]["cell"] = 0
                    n_held += 1
    return n_held


@kernel
def _unheard(
    missed: NDArray[np.float64],
    quality: NDArray[np.int64],
    sets: Sets,
    legs: Legs,
    ais: int,
    leg: Whole,
    end: Whole,
    row: Whole,
    stop_row: Whole,
    from_us: Whole,
    to_us: Whole,
    begin_us: Whole,
    first_value: Whole,
    last_value: Whole,
    step_s: float,
) -> tuple[float, Whole]:
    """Logarithm of the probability that nothing sent in a time in view is decoded, and when it ends.

    That is the last instant on the air in it. ``leg`` and ``row`` are those at the beginning of the work,
    ``begin_us``, or the first; its values of ``missed`` are ``first_value`` .. ``last_value``.
    """
    total, last_us, per_step = 0.0, from_us, 1e-6 / step_s
    leg = leg_from(legs.t_from_us, leg, end, from_us)
    while leg < end and legs.t_from_us[leg] <= to_us:
        t_us, leg_to_us = max(from_us, legs.t_from_us[leg]), min(to_us, legs.t_to_us[leg])
        every_s = interval_s(ais, legs.speed_mps[leg], False)
        while t_us <= leg_to_us:
            row = leg_from(sets.row_from_us, row, stop_row, t_us)
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
