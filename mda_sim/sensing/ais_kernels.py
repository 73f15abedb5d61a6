"""Looks of an AIS receiver, compiled; the model is in ``ais``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.sensing.airtime import Airtime
from mda_sim.sensing.looks import Grid, Held
from mda_sim.sensing.slot_load_kernels import clear
from mda_sim.sensing.windows import Whole


@kernel
def log_missed(p_decode: float, n_sent: float) -> float:
    """Logarithm of the probability that none of ``n_sent`` is decoded: n log(1 - p)."""
    if not n_sent > 0.0:
        return 0.0
    return n_sent * math.log1p(-p_decode) if p_decode < 1.0 else -math.inf


@kernel
def p_any(p_decode: float, n_sent: float) -> float:
    """Probability that at least one of ``n_sent`` is decoded: 1 - (1 - p)^n."""
    return -math.expm1(log_missed(p_decode, n_sent))


@kernel
def set_missed(airtime: Airtime, hidden: NDArray[np.float64]) -> None:
    """Set ``log_missed_per_s`` of each stretch under the hidden load of its step and square."""
    for i in range(airtime.shape[0]):
        row = airtime[i]
        p = row["p_decode"] * clear(hidden[row["step"], row["square"]])
        row["log_missed_per_s"] = log_missed(p, 1.0 / row["every_s"])


@kernel
def look_ais(
    airtime: Airtime,
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    grid: Grid,
    key: np.uint64,
    sensor: np.uint64,
    out: Held,
) -> int:
    """Look at every target of ``airtime`` in every interval; return the number of rows written to ``out``.

    ``addresses`` and ``indices`` are the draw address of all targets, each (n_targets,). Intervals that one
    stretch covers whole share one probability; the others add up their parts.
    """
    phase_us, interval_us = grid.phase_us, grid.interval_us
    n, n_held, row = airtime.shape[0], 0, 0
    while row < n:
        target = airtime[row]["target"]
        address, index = np.uint64(addresses[target]), np.uint64(indices[target])
        stop = row + 1
        while stop < n and airtime[stop]["target"] == target:
            stop += 1
        interval: Whole = grid.first
        while row < stop:
            from_us, to_us = airtime[row]["t_from_us"], airtime[row]["t_to_us"]
            interval = max(interval, (from_us - phase_us) // interval_us)
            if interval >= grid.stop:
                break
            start_us = phase_us + interval * interval_us
            end_us = start_us + interval_us
            if from_us <= start_us and to_us >= end_us:
                missed, last_us = interval_us * 1e-6 * airtime[row]["log_missed_per_s"], end_us
                upto = min(interval + (to_us - start_us) // interval_us, grid.stop)
            else:
                missed, last_us = _parts(airtime, row, stop, start_us, end_us)
                upto = interval + 1
            p = -math.expm1(missed)
            while interval < upto:
                if is_held(p, address, index, sensor, interval, key):
                    held = out[n_held]
                    held["interval"] = interval
                    held["target"] = target
                    held["dt_us"] = end_us - last_us
                    held["cell"] = 0
                    n_held += 1
                interval += 1
            done_us = phase_us + interval * interval_us
            while row < stop and airtime[row]["t_to_us"] <= done_us:
                row += 1
        row = stop
    return n_held


@kernel
def is_held(
    p: float, address: np.uint64, index: np.uint64, sensor: np.uint64, interval: Whole, key: np.uint64
) -> bool:
    """The draw of one interval, which is spared where it could not matter: uniforms are within (0, 1)."""
    if p <= 0.0 or p >= 1.0:
        return p >= 1.0
    w0, w1, _, _ = philox(address, index, sensor, np.uint64(interval), key)
    return uniform(w0, w1) < p


@kernel
def _parts(airtime: Airtime, row: int, stop: int, start_us: Whole, end_us: Whole) -> tuple[float, Whole]:
    """Logarithm of the probability that nothing that is sent in an interval is decoded, and the last instant
    on the air in it.

    A part of a transmission counts as that part.
    """
    missed = 0.0
    last_us = start_us
    while row < stop and airtime[row]["t_from_us"] < end_us:
        until_us = min(airtime[row]["t_to_us"], end_us)
        covered_us = until_us - max(airtime[row]["t_from_us"], start_us)
        if covered_us > 0:
            missed += covered_us * 1e-6 * airtime[row]["log_missed_per_s"]
        last_us = max(last_us, until_us)
        row += 1
    return missed, last_us
