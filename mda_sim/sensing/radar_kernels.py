"""Looks of a scanning radar, compiled; the model is in ``radar``.

One pass over the windows of a target visits each reporting interval that they touch, once. Where one window
holds the whole interval, a target that does not move is judged once an hour, and one that moves at the
interval's start, middle and end, the end being the next one's start. Intervals in which a leg or the reach
begins or ends are split into as many groups of scans as there may be, because the edge may lie anywhere.

Functions that are called for each look take one window, not arrays: numba counts references to arrays, and
that counting in the inner loop was measured to double its time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import normal, philox, uniform
from mda_sim.geo.sphere_kernels import arc_m, bearing_rad, position
from mda_sim.sensing.looks import Grid, Held
from mda_sim.sensing.m_of_n_kernels import p_at_least, p_at_least_by_scan
from mda_sim.sensing.windows import Whole, Window, Windows
from mda_sim.sensing.windows_kernels import in_reach

MOST_GROUPS = 32
P_STEP = 0.05
_US_PER_H = 3_600_000_000
_NO_RETURN = -1.0
_DB_TO_NEPER = math.log(10.0) / 10.0
_TWO_PI = 2.0 * math.pi


class RadarFacts(NamedTuple):
    """What the kernels need of one radar."""

    x: float
    """Unit vector of the antenna, x; ``y`` and ``z`` follow."""
    y: float
    z: float
    log_p_false_alarm: float
    """Natural logarithm of the false alarm probability."""
    min_scans: int
    """M of M of N."""
    n_scans: int
    """N: whole scans in an interval."""
    log_ways: float
    """``log_choose(N, M)``."""
    p_sure: float
    """Probability of a scan from which on that of an interval is 1 to 1e-15, and taken as 1."""
    fluctuation_sigma_db: float
    """Spread of the persistent term. [dB]"""
    min_p_report: float
    """Smallest probability of an interval that makes contacts."""
    n_bearings: int
    """Number of bearings in the table of first land."""


class TargetFacts(NamedTuple):
    """What the kernels need of all targets of a fleet, each (n_targets,)."""

    snr_at_1_m: NDArray[np.float64]
    """Signal-to-noise ratio that the target would return from 1 m away, as R^-4 extrapolates. [1]"""
    address: NDArray[np.uint32]
    """Draw address of its stream."""
    in_stream: NDArray[np.uint32]
    """Its index in the stream."""


class Draws(NamedTuple):
    """Keys of the draws of one radar, and its address."""

    contact_key: np.uint64
    persistent_key: np.uint64
    sensor: np.uint64


@kernel
def snr_at(snr_at_1_m: float, range_m: float) -> float:
    """Signal-to-noise ratio at a range: R^-4, from 1 m on."""
    square = max(range_m, 1.0) ** 2
    return snr_at_1_m / (square * square)


@kernel
def snr_before(snr_at_1_m: float, range_m: float, land_m: float) -> float:
    """Signal-to-noise ratio at a range, negative if that is behind the first land on its bearing."""
    return _NO_RETURN if range_m > land_m else snr_at(snr_at_1_m, range_m)


@kernel
def p_swerling_1(snr: float, log_p_false_alarm: float) -> float:
    """Probability that one scan holds a Swerling 1 target: Pfa^(1 / (1 + SNR)); 0 if snr is negative."""
    if snr < 0.0:
        return 0.0
    return math.exp(log_p_false_alarm / (1.0 + snr))


@kernel
def look_radar(
    windows: Windows,
    targets: TargetFacts,
    radar: RadarFacts,
    land_m: NDArray[np.float64],
    grid: Grid,
    draws: Draws,
    out: Held,
) -> int:
    """Look at every target of ``windows`` in every interval; return the number of rows written to ``out``.

    ``land_m`` is the distance of the first land that blocks, by equal steps of bearing from north,
    (n_bearings,); one row for all bearings will do.
    """
    n_held = 0
    begin = 0
    while begin < windows.shape[0]:
        target = windows[begin]["target"]
        stop = begin + 1
        while stop < windows.shape[0] and windows[stop]["target"] == target:
            stop += 1
        address = np.uint64(targets.address[target])
        in_stream = np.uint64(targets.in_stream[target])
        strength = targets.snr_at_1_m[target]
        n_held = _look_at_one(
            windows, begin, stop, strength, address, in_stream, radar, land_m, grid, draws, out, n_held
        )
        begin = stop
    return n_held


@kernel
def _look_at_one(
    windows: Windows,
    begin: int,
    stop: int,
    strength: float,
    address: np.uint64,
    in_stream: np.uint64,
    radar: RadarFacts,
    land_m: NDArray[np.float64],
    grid: Grid,
    draws: Draws,
    out: Held,
    n_held: int,
) -> int:
    """All intervals of the target whose windows are the rows ``begin`` .. ``stop - 1``."""
    interval: Whole = grid.first
    hour: Whole = -1
    boost = 1.0
    found_row = -1  # the window, hour and end of the last interval on one leg, and the target's return then
    found_hour: Whole = -1
    found_us: Whole = -1
    found_snr = _NO_RETURN
    p_interval = 0.0
    row = begin
    while row < stop:
        interval = max(interval, (windows[row]["t_from_us"] - grid.phase_us) // grid.interval_us)
        if interval >= grid.stop:
            break
        window = windows[row]
        start_us = grid.phase_us + interval * grid.interval_us
        end_us = start_us + grid.interval_us
        last_us = end_us
        if end_us // _US_PER_H != hour:
            hour = end_us // _US_PER_H
            boost = _persistent(address, in_stream, draws, hour, radar.fluctuation_sigma_db)
        if window["t_from_us"] <= start_us and window["t_to_us"] >= end_us:
            is_moving = window["w_rad_s"] != 0.0
            if is_moving or row != found_row or hour != found_hour:
                if row != found_row or start_us != found_us:
                    range_m, ray = _place(window, start_us, radar)
                    found_snr = snr_before(strength, range_m, land_m[ray])
                p_from = p_swerling_1(found_snr * boost, radar.log_p_false_alarm)
                p = p_from
                moved = 0.0
                if is_moving:
                    range_m, ray = _place(window, start_us + grid.interval_us // 2, radar)
                    middle_snr = snr_before(strength, range_m, land_m[ray])
                    range_m, ray = _place(window, end_us, radar)
                    found_snr = snr_before(strength, range_m, land_m[ray])
                    p_middle = p_swerling_1(middle_snr * boost, radar.log_p_false_alarm)
                    p_to = p_swerling_1(found_snr * boost, radar.log_p_false_alarm)
                    moved = max(p_from, p_middle, p_to) - min(p_from, p_middle, p_to)
                    p = (p_from + p_middle + p_to) / 3.0
                if moved <= P_STEP:
                    p_interval = _p_alike(p, radar)
                else:
                    p_interval = _p_split(
                        windows, row, stop, start_us, grid.interval_us, 4, strength * boost, radar, land_m
                    )
                found_row = row
                found_hour = hour
                found_us = end_us
        else:
            _, last_us = in_reach(windows, row, stop, start_us, end_us)
            p_interval = _p_split(
                windows, row, stop, start_us, grid.interval_us, MOST_GROUPS, strength * boost, radar, land_m
            )
        if p_interval > 0.0 and p_interval >= radar.min_p_report:
            w0, w1, _, _ = philox(address, in_stream, draws.sensor, np.uint64(interval), draws.contact_key)
            if uniform(w0, w1) < p_interval:
                out[n_held]["interval"] = interval
                out[n_held]["target"] = window["target"]
                out[n_held]["dt_us"] = end_us - last_us
                n_held += 1
        interval += 1
        while row < stop and windows[row]["t_to_us"] <= end_us:
            row += 1
    return n_held


@kernel
def _persistent(
    address: np.uint64, in_stream: np.uint64, draws: Draws, hour: Whole, sigma_db: float
) -> float:
    """Factor on the signal-to-noise ratio of one target at one sensor in one hour."""
    if sigma_db == 0.0:
        return 1.0
    _, _, w2, w3 = philox(address, in_stream, draws.sensor, np.uint64(hour), draws.persistent_key)
    return math.exp(_DB_TO_NEPER * sigma_db * normal(w2, w3))


@kernel
def _p_alike(p: float, radar: RadarFacts) -> float:
    """Probability of an interval whose scans all have the same."""
    return 1.0 if p >= radar.p_sure else p_at_least(radar.min_scans, radar.n_scans, p, radar.log_ways)


@kernel
def _place(window: Window, t_us: Whole, radar: RadarFacts) -> tuple[float, int]:
    """Range of a target at an instant of its window, and the row of its bearing in the table of land."""
    x, y, z = position(
        window["ax"],
        window["ay"],
        window["az"],
        window["bx"],
        window["by"],
        window["bz"],
        window["w_rad_s"],
        (t_us - window["leg_from_us"]) * 1e-6,
    )
    range_m = arc_m(radar.x, radar.y, radar.z, x, y, z)
    if radar.n_bearings == 1:
        return range_m, 0
    turn = bearing_rad(radar.x, radar.y, radar.z, x, y, z) / _TWO_PI
    return range_m, int(turn * radar.n_bearings + 0.5) % radar.n_bearings


@kernel
def _return(
    windows: Windows,
    row: int,
    stop: int,
    t_us: Whole,
    strength: float,
    radar: RadarFacts,
    land_m: NDArray[np.float64],
) -> float:
    """Signal-to-noise ratio at an instant, whichever window it is in; negative if in none, or behind land.

    Windows are searched from ``row`` on; where two meet, the earlier counts.
    """
    while row < stop and windows[row]["t_from_us"] <= t_us:
        if t_us <= windows[row]["t_to_us"]:
            range_m, ray = _place(windows[row], t_us, radar)
            return snr_before(strength, range_m, land_m[ray])
        row += 1
    return _NO_RETURN


@kernel
def _p_split(
    windows: Windows,
    row: int,
    stop: int,
    start_us: Whole,
    interval_us: int,
    n_groups: int,
    strength: float,
    radar: RadarFacts,
    land_m: NDArray[np.float64],
) -> float:
    """Probability of an interval, scan by scan: equal groups, halved until none moves by more than P_STEP.

    ``n_groups`` is the number of groups to start with.
    """
    edges = np.empty(MOST_GROUPS + 1)
    while True:
        moved = 0.0
        for i in range(n_groups + 1):
            t_us = start_us + interval_us * i // n_groups
            snr = _return(windows, row, stop, t_us, strength, radar, land_m)
            edges[i] = p_swerling_1(snr, radar.log_p_false_alarm)
            if i > 0:
                moved = max(moved, abs(edges[i] - edges[i - 1]))
        if n_groups == MOST_GROUPS or moved <= P_STEP:
            break
        n_groups *= 2
    p_scan = np.empty(radar.n_scans)
    for scan in range(radar.n_scans):
        group = scan * n_groups // radar.n_scans
        p_scan[scan] = 0.5 * (edges[group] + edges[group + 1])
    return p_at_least_by_scan(radar.min_scans, p_scan)
