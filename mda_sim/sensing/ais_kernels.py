"""Looks of an AIS receiver, compiled; the model is in ``ais``."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.core.units import KNOT_MPS
from mda_sim.sensing.looks import Grid, Held
from mda_sim.sensing.windows import Whole, Windows
from mda_sim.sensing.windows_kernels import in_reach
from mda_sim.world.fleet_kernels import leg_at

CLASS_A, CLASS_B, CLASS_B_SO = 1, 2, 3
"""See ``world.fleet.AisClass``."""


class Sets(NamedTuple):
    """The AIS sets of all targets and what they do; see ``world.fleet`` for the columns."""

    ais: NDArray[np.uint8]
    first_leg: NDArray[np.int64]
    n_legs: NDArray[np.int64]
    leg_from_us: NDArray[np.int64]
    turning_us: NDArray[np.int64]
    """How long from its start on the course changes on each leg, (n_legs,) [us]."""
    first_row: NDArray[np.int64]
    """First row of each target in ``broadcasts``, and the number of rows, (n_targets + 1,)."""
    row_from_us: NDArray[np.int64]
    is_silent: NDArray[np.bool_]
    p_clear: NDArray[np.float64]
    """Probability that a transmission in reach is decoded, by row of ``broadcasts``."""


@kernel
def interval_s(ais_class: int, speed_mps: float, is_turning: bool) -> float:
    """Time between two positions that a set transmits; inf without one."""
    knots = speed_mps / KNOT_MPS
    if ais_class == CLASS_A:
        if knots <= 3.0:
            return 180.0
        if knots <= 14.0:
            return 10.0 / 3.0 if is_turning else 10.0
        return 6.0 if knots <= 23.0 and not is_turning else 2.0
    if ais_class == CLASS_B:
        return 180.0 if knots <= 2.0 else 30.0
    if ais_class == CLASS_B_SO:
        if knots <= 2.0:
            return 180.0
        if knots <= 14.0:
            return 30.0
        return 15.0 if knots <= 23.0 else 5.0
    return math.inf


@kernel
def log_missed(p_decode: float, n_sent: float) -> float:
    """Logarithm of the probability that none of ``n_sent`` is decoded: n log(1 - p)."""
    return n_sent * math.log1p(-p_decode) if n_sent > 0.0 else 0.0


@kernel
def p_any(p_decode: float, n_sent: float) -> float:
    """Probability that at least one of ``n_sent`` is decoded: 1 - (1 - p)^n."""
    return -math.expm1(log_missed(p_decode, n_sent))


@kernel
def fill_airtime(windows: Windows, sets: Sets, out: Windows) -> int:
    """Fill ``out``, of dtype ``AIRTIME``, with the parts of windows in which the target transmits.

    A window is cut where what is broadcast changes and where a turn ends; parts in silence are left out, and
    a part ends a microsecond before the next row of ``broadcasts``. Returns the number of parts.
    """
    n = 0
    for i in range(windows.shape[0]):
        window = windows[i]
        target = window["target"]
        begin, end = sets.first_leg[target], sets.first_leg[target] + sets.n_legs[target]
        leg = leg_at(sets.leg_from_us, begin, end, window["leg_from_us"])
        turned_us = window["leg_from_us"] + sets.turning_us[leg]
        stop_row = sets.first_row[target + 1]
        t_us, to_us = window["t_from_us"], window["t_to_us"]
        row = max(leg_at(sets.row_from_us, sets.first_row[target], stop_row, t_us), sets.first_row[target])
        while t_us <= to_us:
            until_us = to_us
            if row + 1 < stop_row:
                until_us = min(until_us, sets.row_from_us[row + 1] - 1)
            is_turning = t_us < turned_us
            if is_turning:
                until_us = min(until_us, turned_us)
            if not sets.is_silent[row]:
                out[n]["target"] = target
                out[n]["t_from_us"] = t_us
                out[n]["t_to_us"] = until_us
                every_s = interval_s(sets.ais[target], window["speed_mps"], is_turning)
                out[n]["log_missed_per_s"] = log_missed(sets.p_clear[row], 1.0 / every_s)
                n += 1
            if until_us == to_us:
                break
            if is_turning and until_us == turned_us:
                t_us = turned_us
            else:
                row += 1
                t_us = sets.row_from_us[row]
    return n


@kernel
def look_ais(
    airtime: Windows,
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    grid: Grid,
    key: np.uint64,
    sensor: np.uint64,
    out: Held,
) -> int:
    """Look at every target of ``airtime`` in every interval; return the number of rows written to ``out``.

    ``addresses`` and ``indices`` are the draw address of all targets, each (n_targets,).
    """
    n_held = 0
    begin = 0
    while begin < airtime.shape[0]:
        target = airtime[begin]["target"]
        stop = begin + 1
        while stop < airtime.shape[0] and airtime[stop]["target"] == target:
            stop += 1
        address, index = np.uint64(addresses[target]), np.uint64(indices[target])
        interval: Whole = grid.first
        row = begin
        while row < stop:
            interval = max(interval, (airtime[row]["t_from_us"] - grid.phase_us) // grid.interval_us)
            if interval >= grid.stop:
                break
            end_us = grid.phase_us + (interval + 1) * grid.interval_us
            missed = _log_missed(airtime, row, stop, end_us - grid.interval_us, end_us)
            if missed < 0.0:
                w0, w1, _, _ = philox(address, index, sensor, np.uint64(interval), key)
                if uniform(w0, w1) < -math.expm1(missed):
                    _, last_us = in_reach(airtime, row, stop, end_us - grid.interval_us, end_us)
                    out[n_held]["interval"] = interval
                    out[n_held]["target"] = target
                    out[n_held]["dt_us"] = end_us - last_us
                    out[n_held]["cell"] = 0
                    n_held += 1
            interval += 1
            while row < stop and airtime[row]["t_to_us"] <= end_us:
                row += 1
        begin = stop
    return n_held


@kernel
def _log_missed(airtime: Windows, row: int, stop: int, start_us: Whole, end_us: Whole) -> float:
    """Logarithm of the probability that nothing that one target sends in reach in an interval is decoded.

    A part of a transmission counts as that part.
    """
    missed = 0.0
    while row < stop and airtime[row]["t_from_us"] < end_us:
        covered_us, _ = in_reach(airtime, row, row + 1, start_us, end_us)
        if covered_us > 0:
            missed += covered_us * 1e-6 * airtime[row]["log_missed_per_s"]
        row += 1
    return missed
