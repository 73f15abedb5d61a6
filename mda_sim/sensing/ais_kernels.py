"""Looks of an AIS receiver, compiled; the model is in ``ais``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.core.units import KNOT_MPS
from mda_sim.sensing.looks import Grid, Held
from mda_sim.sensing.windows import Whole, Windows
from mda_sim.sensing.windows_kernels import in_reach


@kernel
def interval_s(ais_class: int, speed_mps: float) -> float:
    """Time between two positions that a set transmits; inf without one."""
    knots = speed_mps / KNOT_MPS
    if ais_class == 1:
        if knots <= 3.0:
            return 180.0
        if knots <= 14.0:
            return 10.0
        return 6.0 if knots <= 23.0 else 2.0
    if ais_class == 2:
        return 180.0 if knots <= 2.0 else 30.0
    return math.inf


@kernel
def p_any(p_decode: float, n_sent: float) -> float:
    """Probability that at least one of ``n_sent`` is decoded: 1 - (1 - p)^n."""
    if p_decode >= 1.0:
        return 1.0 if n_sent > 0.0 else 0.0
    return -math.expm1(n_sent * math.log1p(-p_decode))


@kernel
def look_ais(
    windows: Windows,
    ais: NDArray[np.uint8],
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    p_decode: float,
    grid: Grid,
    key: np.uint64,
    sensor: np.uint64,
    out: Held,
) -> int:
    """Look at every target of ``windows`` in every interval; return the number of rows written to ``out``.

    ``ais``, ``addresses`` and ``indices`` are the class and draw address of all targets, each (n_targets,).
    """
    n_held = 0
    begin = 0
    while begin < windows.shape[0]:
        target = windows[begin]["target"]
        stop = begin + 1
        while stop < windows.shape[0] and windows[stop]["target"] == target:
            stop += 1
        address, index = np.uint64(addresses[target]), np.uint64(indices[target])
        interval: Whole = grid.first
        row = begin
        while row < stop:
            interval = max(interval, (windows[row]["t_from_us"] - grid.phase_us) // grid.interval_us)
            if interval >= grid.stop:
                break
            end_us = grid.phase_us + (interval + 1) * grid.interval_us
            n_sent = _sent(windows, row, stop, ais[target], end_us - grid.interval_us, end_us)
            if n_sent > 0.0:
                w0, w1, _, _ = philox(address, index, sensor, np.uint64(interval), key)
                if uniform(w0, w1) < p_any(p_decode, n_sent):
                    _, last_us = in_reach(windows, row, stop, end_us - grid.interval_us, end_us)
                    out[n_held]["interval"] = interval
                    out[n_held]["target"] = target
                    out[n_held]["dt_us"] = end_us - last_us
                    n_held += 1
            interval += 1
            while row < stop and windows[row]["t_to_us"] <= end_us:
                row += 1
        begin = stop
    return n_held


@kernel
def _sent(windows: Windows, row: int, stop: int, ais_class: int, start_us: Whole, end_us: Whole) -> float:
    """Transmissions of one target in reach within an interval; a part of one counts as that part."""
    n_sent = 0.0
    while row < stop and windows[row]["t_from_us"] < end_us:
        covered_us, _ = in_reach(windows, row, row + 1, start_us, end_us)
        n_sent += covered_us * 1e-6 / interval_s(ais_class, windows[row]["speed_mps"])
        row += 1
    return n_sent
