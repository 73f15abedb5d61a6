"""Looks of a scanning radar, compiled; the model is in ``radar``, the tables in ``radar_tables``.

One pass over the windows of a target visits each reporting interval that they touch, once. A target that
moves is judged at the interval's start and end, and in the middle if it comes far enough; one that lies
still, once an hour. Intervals in which a window begins or ends are judged by the scans that fall into the
windows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import normal, philox, uniform
from mda_sim.sensing.looks import Grid, Held
from mda_sim.sensing.m_of_n_kernels import log_choose, p_at_least, p_at_least_by_scan
from mda_sim.sensing.radar_signal_kernels import (
    RadarFacts,
    Room,
    Tables,
    Target,
    TargetFacts,
    Track,
    Weather,
    fill_snr,
    p_scan_of,
    snr_when,
    spline,
    track_of,
)
from mda_sim.sensing.windows import Whole, Windows
from mda_sim.sensing.windows_kernels import in_reach

MOST_GROUPS = 32
RUN = 256
"""Intervals that are worked on at once."""
P_STEP = 0.05
NEAR_SHARE = 1.0 / 16.0
"""A target that comes farther in an interval than this share of its range is judged in the middle too."""
_US_PER_H = 3_600_000_000
_DB_TO_NEPER = math.log(10.0) / 10.0


class Draws(NamedTuple):
    """Keys of the draws of one radar, and its address."""

    contact_key: np.uint64
    persistent_key: np.uint64
    sensor: np.uint64


@kernel
def look_radar(
    windows: Windows,
    targets: TargetFacts,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    grid: Grid,
    draws: Draws,
    out: Held,
) -> int:
    """Look at every target of ``windows`` in every interval; return the number of rows written to ``out``."""
    n_held = 0
    begin = 0
    room = Room(np.empty(RUN + 1), np.empty(RUN + 1), np.empty(RUN + 1, np.int64))
    spare = Room(np.empty(3), np.empty(3), np.empty(3, np.int64))
    while begin < windows.shape[0]:
        number = windows[begin]["target"]
        stop = begin + 1
        while stop < windows.shape[0] and windows[stop]["target"] == number:
            stop += 1
        target = Target(
            targets.snr_at_1_m[number],
            targets.horizon_m[number],
            targets.low_m[number],
            np.uint64(targets.address[number]),
            np.uint64(targets.in_stream[number]),
        )
        n_held = _look_at_one(
            windows, begin, stop, target, radar, tables, weather, grid, draws, room, spare, out, n_held
        )
        begin = stop
    return n_held


@kernel
def _look_at_one(
    windows: Windows,
    begin: int,
    stop: int,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    grid: Grid,
    draws: Draws,
    room: Room,
    spare: Room,
    out: Held,
    n_held: int,
) -> int:
    """All intervals of the target whose windows are the rows ``begin`` .. ``stop - 1``."""
    interval: Whole = grid.first
    row = begin
    while row < stop:
        interval = max(interval, (windows[row]["t_from_us"] - grid.phase_us) // grid.interval_us)
        if interval >= grid.stop:
            break
        start_us = grid.phase_us + interval * grid.interval_us
        n_whole: Whole = 0
        if windows[row]["t_from_us"] <= start_us:
            n_whole = (windows[row]["t_to_us"] - start_us) // grid.interval_us
        if n_whole > 0:
            n_whole = min(n_whole, RUN, grid.stop - interval)
            n_held = _look_in_run(
                windows,
                row,
                interval,
                n_whole,
                target,
                radar,
                tables,
                weather,
                grid,
                draws,
                room,
                spare,
                out,
                n_held,
            )
            interval += n_whole
        else:
            n_held = _look_at_edge(
                windows, row, stop, interval, target, radar, tables, weather, grid, draws, spare, out, n_held
            )
            interval += 1
        done_us = grid.phase_us + interval * grid.interval_us
        while row < stop and windows[row]["t_to_us"] <= done_us:
            row += 1
    return n_held


@kernel
def _look_in_run(
    windows: Windows,
    row: int,
    first: Whole,
    n: Whole,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    grid: Grid,
    draws: Draws,
    room: Room,
    spare: Room,
    out: Held,
    n_held: int,
) -> int:
    """``n`` intervals from ``first`` on that lie whole within one window."""
    snr, range_m, ray = room.snr, room.range_m, room.ray
    scan, some, column = tables.scan, tables.some, tables.column
    window = windows[row]
    number = window["target"]
    track = track_of(window, radar)
    start_us = grid.phase_us + first * grid.interval_us
    fill_snr(track, start_us, grid.interval_us, n + 1, target, radar, tables, weather, snr, range_m, ray)
    is_moving = track.w_rad_s > 0.0
    comes_m = track.speed_mps * (grid.interval_us * 1e-6)
    boost, next_hour_us, p_interval = 1.0, start_us, 0.0
    for k in range(n):
        end_us = start_us + grid.interval_us
        is_new_hour = end_us >= next_hour_us
        if is_new_hour:
            hour = end_us // _US_PER_H
            next_hour_us = (hour + 1) * _US_PER_H
            boost = persistent(target, draws, hour, radar.fluctuation_sigma_db)
        is_near = is_moving and comes_m > NEAR_SHARE * range_m[k + 1]
        if not is_near and min(snr[k], snr[k + 1]) * boost >= radar.snr_sure:
            p_interval = 1.0
        elif is_moving or is_new_hour or radar.has_weather:
            p_from = p_scan_of(snr[k] * boost, radar.half_snr, scan)
            p_to = p_scan_of(snr[k + 1] * boost, radar.half_snr, scan)
            p, moved = 0.5 * (p_from + p_to), abs(p_to - p_from)
            if is_near:
                p_middle = _p_middle(track, start_us, boost, target, radar, tables, weather, grid, spare)
                moved = max(p_from, p_middle, p_to) - min(p_from, p_middle, p_to)
                p = (p_from + p_middle + p_to) / 3.0
            if moved > P_STEP:
                p_interval = _p_split(
                    windows, row, row + 1, start_us, grid, 4, boost, target, radar, tables, weather, spare
                )
            elif p >= radar.p_sure:
                p_interval = 1.0
            else:
                y = p * some.shape[0]
                piece = int(y)
                p_interval = spline(y - piece, some[piece, 0], some[piece, 1], some[piece, 2], some[piece, 3])
        if is_held(p_interval, target, draws, first + k, radar):
            out[n_held]["interval"] = first + k
            out[n_held]["target"] = number
            out[n_held]["dt_us"] = 0
            out[n_held]["cell"] = cell_of(range_m[k + 1], column[ray[k + 1]], radar)
            n_held += 1
        start_us = end_us
    return n_held


@kernel
def _look_at_edge(
    windows: Windows,
    row: int,
    stop: int,
    interval: Whole,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    grid: Grid,
    draws: Draws,
    room: Room,
    out: Held,
    n_held: int,
) -> int:
    """One interval that windows from ``row`` on cover in part, or several together."""
    start_us = grid.phase_us + interval * grid.interval_us
    end_us = start_us + grid.interval_us
    boost = persistent(target, draws, end_us // _US_PER_H, radar.fluctuation_sigma_db)
    p_interval = _p_edge(windows, row, stop, start_us, grid, boost, target, radar, tables, weather, room)
    if is_held(p_interval, target, draws, interval, radar):
        _, last_us = in_reach(windows, row, stop, start_us, end_us)
        _, range_m, ray = _return(windows, row, stop, last_us, target, radar, tables, weather, room)
        out[n_held]["interval"] = interval
        out[n_held]["target"] = windows[row]["target"]
        out[n_held]["dt_us"] = end_us - last_us
        out[n_held]["cell"] = cell_of(range_m, tables.column[ray], radar)
        n_held += 1
    return n_held


@kernel
def is_held(p: float, target: Target, draws: Draws, interval: Whole, radar: RadarFacts) -> bool:
    """Whether an interval of probability ``p`` makes a contact; nothing is drawn for a sure one."""
    if p <= 0.0 or p < radar.min_p_report:
        return False
    if p >= 1.0:
        return True
    w0, w1, _, _ = philox(
        target.address, target.in_stream, draws.sensor, np.uint64(interval), draws.contact_key
    )
    return uniform(w0, w1) < p


@kernel
def persistent(target: Target, draws: Draws, hour: Whole, sigma_db: float) -> float:
    """Factor on the signal-to-noise ratio of one target at one sensor in one hour."""
    if sigma_db == 0.0:
        return 1.0
    _, _, w2, w3 = philox(
        target.address, target.in_stream, draws.sensor, np.uint64(hour), draws.persistent_key
    )
    return math.exp(_DB_TO_NEPER * sigma_db * normal(w2, w3))


@kernel
def cell_of(range_m: float, column: int, radar: RadarFacts) -> int:
    """Number of the resolution cell at a range and azimuth, from 1 on."""
    return int(range_m * radar.cells_per_m) * radar.n_columns + column + 1


@kernel
def _p_middle(
    track: Track,
    start_us: Whole,
    boost: float,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    grid: Grid,
    room: Room,
) -> float:
    """Probability of a scan in the middle of an interval."""
    snr, _, _ = snr_when(start_us + grid.interval_us // 2, track, target, radar, tables, weather, room)
    return p_scan_of(snr * boost, radar.half_snr, tables.scan)


@kernel
def _return(
    windows: Windows,
    row: int,
    stop: int,
    t_us: Whole,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    room: Room,
) -> tuple[float, float, int]:
    """As ``_snr_when``, whichever window an instant is in; negative in none. Where two meet, the earlier
    counts.
    """
    while row < stop and windows[row]["t_from_us"] <= t_us:
        if t_us <= windows[row]["t_to_us"]:
            return snr_when(t_us, track_of(windows[row], radar), target, radar, tables, weather, room)
        row += 1
    return -1.0, 0.0, 0


@kernel
def _p_edge(
    windows: Windows,
    row: int,
    stop: int,
    start_us: Whole,
    grid: Grid,
    boost: float,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    room: Room,
) -> float:
    """Probability of an interval that windows cover in part or together: as many scans as fall into them."""
    end_us = start_us + grid.interval_us
    covered_us, last_us = in_reach(windows, row, stop, start_us, end_us)
    first_us = max(start_us, windows[row]["t_from_us"])
    if last_us - first_us > covered_us + 1_000_000:  # out of reach in between
        return _p_split(windows, row, stop, start_us, grid, 8, boost, target, radar, tables, weather, room)
    if row + 1 >= stop or windows[row + 1]["t_from_us"] >= end_us:
        track, half_us = track_of(windows[row], radar), (last_us - first_us) // 2
        fill_snr(
            track, first_us, half_us, 3, target, radar, tables, weather, room.snr, room.range_m, room.ray
        )
        from_snr, middle_snr, to_snr = room.snr[0], room.snr[1], room.snr[2]
    else:
        middle_us = (first_us + last_us) // 2
        from_snr, _, _ = _return(windows, row, stop, first_us, target, radar, tables, weather, room)
        middle_snr, _, _ = _return(windows, row, stop, middle_us, target, radar, tables, weather, room)
        to_snr, _, _ = _return(windows, row, stop, last_us, target, radar, tables, weather, room)
    p_from = p_scan_of(from_snr * boost, radar.half_snr, tables.scan)
    p_middle = p_scan_of(middle_snr * boost, radar.half_snr, tables.scan)
    p_to = p_scan_of(to_snr * boost, radar.half_snr, tables.scan)
    lowest, highest = min(p_from, p_middle, p_to), max(p_from, p_middle, p_to)
    if highest - lowest > P_STEP:
        return _p_split(windows, row, stop, start_us, grid, 8, boost, target, radar, tables, weather, room)
    n_scans = int(radar.n_scans * (covered_us / grid.interval_us) + 0.5)
    if n_scans < radar.min_scans:
        return 0.0
    p = (p_from + p_middle + p_to) / 3.0
    return p_at_least(radar.min_scans, n_scans, p, log_choose(n_scans, radar.min_scans))


@kernel
def _p_split(
    windows: Windows,
    row: int,
    stop: int,
    start_us: Whole,
    grid: Grid,
    n_groups: int,
    boost: float,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    room: Room,
) -> float:
    """Probability of an interval, scan by scan: equal groups, halved until none moves by more than P_STEP.

    ``n_groups`` is the number of groups to start with.
    """
    edges = np.empty(MOST_GROUPS + 1)
    while True:
        moved = 0.0
        for i in range(n_groups + 1):
            t_us = start_us + grid.interval_us * i // n_groups
            snr, _, _ = _return(windows, row, stop, t_us, target, radar, tables, weather, room)
            edges[i] = p_scan_of(snr * boost, radar.half_snr, tables.scan)
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
