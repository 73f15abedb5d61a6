"""Looks of a scanning radar, compiled; the model is in ``radar``, the tables in ``radar_tables``.

One pass over the windows of a target visits each reporting interval that they touch, once. On a leg the
target's unit vector is a cos + b sin, and one rotation by a fixed angle takes it from the end of one interval
to the end of the next: range, bearing and aspect follow from six numbers of the leg without trigonometry. A
target that moves is judged at the interval's start and end, and in the middle if it comes far enough; one
that lies still, once an hour. Intervals in which a window begins or ends are judged by the scans that fall
into the windows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import normal, philox, uniform
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.looks import Grid, Held
from mda_sim.sensing.m_of_n_kernels import log_choose, p_at_least, p_at_least_by_scan
from mda_sim.sensing.windows import Whole, Window, Windows
from mda_sim.sensing.windows_kernels import in_reach

MOST_GROUPS = 32
RUN = 256
"""Intervals that are worked on at once."""
P_STEP = 0.05
NEAR_SHARE = 1.0 / 16.0
"""A target that comes farther in an interval than this share of its range is judged in the middle too."""
_US_PER_H = 3_600_000_000
_DB_TO_NEPER = math.log(10.0) / 10.0


class RadarFacts(NamedTuple):
    """Numbers of one radar."""

    x: float
    """Unit vector of the antenna, x, y, z; then those to the east and to the north of it."""
    y: float
    z: float
    east_x: float
    east_y: float
    north_x: float
    north_y: float
    north_z: float
    half_snr: float
    """Signal-to-noise ratio of a pulse that gives a scan the probability one half."""
    min_scans: int
    """M of M of N."""
    n_scans: int
    """N: whole scans in an interval."""
    p_sure: float
    """Probability of a scan from which on that of an interval is taken as 1."""
    snr_sure: float
    """Signal-to-noise ratio of a pulse that gives a scan that probability."""
    fluctuation_sigma_db: float
    """Spread of the persistent term. [dB]"""
    min_p_report: float
    """Smallest probability of an interval that makes contacts."""
    steps_per_m: float
    """Inverse of the step of the tables by range. [1/m]"""
    bow_factor: float
    """What the aspect class does to the return: bow or stern, quarter, beam. [1]"""
    quarter_factor: float
    beam_factor: float
    slow_mps: float
    """Smallest speed along the ray that is shown. [m/s]"""
    duct_neper_per_m: float
    """Two-way loss beyond the horizon. [Np/m]"""
    cells_per_m: float
    """Inverse of the depth of a resolution cell. [1/m]"""
    n_columns: int
    """Number of azimuth cells."""
    has_weather: bool
    """Whether sea and rain matter."""


class Tables(NamedTuple):
    """Tables of one radar, see ``radar_tables``."""

    scan: NDArray[np.float64]
    some: NDArray[np.float64]
    pattern: NDArray[np.float64]
    sea: NDArray[np.float64]
    rain: NDArray[np.float64]
    land_m: NDArray[np.float64]
    column: NDArray[np.int64]


class Weather(NamedTuple):
    """The weather around one radar by step, north and east; see ``local_weather``."""

    cell_m: float
    step_us: int
    sea_row: NDArray[np.int64]
    """Row of the table of sea clutter."""
    neper_per_m: NDArray[np.float64]
    """Two-way loss on the way, mean [Np/m]."""
    rain_per_m: NDArray[np.float64]
    """Reflectivity of rain [m2/m3]."""


class TargetFacts(NamedTuple):
    """What the kernels need of all targets of a fleet, each (n_targets,)."""

    snr_at_1_m: NDArray[np.float64]
    """Signal-to-noise ratio of a pulse that the target would return from 1 m away, as R^-4 extrapolates [1]."""
    horizon_m: NDArray[np.float64]
    """Its horizon at this radar [m]."""
    low_m: NDArray[np.float64]
    """Range beyond which the sea's reflection cancels part of its return [m]."""
    address: NDArray[np.uint32]
    """Draw address of its stream."""
    in_stream: NDArray[np.uint32]
    """Its index in the stream."""


class Draws(NamedTuple):
    """Keys of the draws of one radar, and its address."""

    contact_key: np.uint64
    persistent_key: np.uint64
    sensor: np.uint64


class Target(NamedTuple):
    """One target as one radar sees it; see ``TargetFacts``."""

    snr_at_1_m: float
    horizon_m: float
    low_m: float
    address: np.uint64
    in_stream: np.uint64


class Track(NamedTuple):
    """A leg in the radar's frame: components of its a and b towards the radar, east and north of it."""

    up_a: float
    up_b: float
    east_a: float
    east_b: float
    north_a: float
    north_b: float
    w_rad_s: float
    speed_mps: float
    leg_from_us: int


class Room(NamedTuple):
    """Room for the instants of one run, each (RUN + 1,)."""

    snr: NDArray[np.float64]
    range_m: NDArray[np.float64]
    ray: NDArray[np.int64]


@kernel
def ray_of(east: float, north: float, n_rays: int) -> int:
    """Row of a direction in tables by bearing: equal steps of the diamond angle, clockwise from north."""
    total = abs(east) + abs(north)
    if total == 0.0:
        return 0
    if east >= 0.0:
        turn = east / total if north >= 0.0 else 1.0 - north / total
    else:
        turn = 2.0 - east / total if north < 0.0 else 3.0 + north / total
    return min(int(turn * 0.25 * n_rays), n_rays - 1)


@kernel
def cubic(table: NDArray[np.float64], share: float) -> float:
    """Probability from a spline over [0, 1], (pieces, 4); 0 for a negative share."""
    place = share * table.shape[0]
    piece = min(max(int(place), 0), table.shape[0] - 1)
    value = _spline(place - piece, table[piece, 0], table[piece, 1], table[piece, 2], table[piece, 3])
    return value if share >= 0.0 else 0.0


@kernel
def _spline(f: float, c0: float, c1: float, c2: float, c3: float) -> float:
    """Value in one piece of a spline, clipped to [0, 1]; 0 before it begins."""
    return min(max(c0 + f * (c1 + f * (c2 + f * c3)), 0.0), 1.0)


@kernel
def _share_of(snr: float, half_snr: float) -> float:
    """Where a ratio lies in the table of a scan, in [0, 1)."""
    return snr / (snr + half_snr)


@kernel
def p_scan_of(snr: float, half_snr: float, scan: NDArray[np.float64]) -> float:
    """Probability that a scan holds a target; 0 if snr is negative."""
    return 0.0 if snr < 0.0 else cubic(scan, _share_of(snr, half_snr))


@kernel
def signal_of(range_m: float, pattern: float, target: Target, radar: RadarFacts) -> float:
    """Signal-to-noise ratio of a target at a range from 1 m on, for the median aspect and without rain.

    ``pattern`` is the two-way factor of the elevation pattern there.
    """
    inverse = 1.0 / (range_m * range_m)
    signal = target.snr_at_1_m * pattern * inverse * inverse
    if range_m > target.low_m:
        ratio = target.low_m * target.low_m * inverse
        signal *= ratio * ratio
    if range_m > target.horizon_m:
        signal *= math.exp(-radar.duct_neper_per_m * (range_m - target.horizon_m))
    return signal


@kernel
def in_weather(signal: float, range_m: float, pattern: float, clutter: float, neper_per_m: float) -> float:
    """Ratio of a signal to noise and clutter: ``clutter`` as in the tables, ``neper_per_m`` the loss in rain."""
    inverse = 1.0 / (range_m * range_m)
    left = math.exp(-neper_per_m * range_m)
    return signal * left / (1.0 + clutter * pattern * left * inverse * inverse)


@kernel
def fill_snr(
    track: Track,
    from_us: Whole,
    step_us: Whole,
    n: int,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    snr: NDArray[np.float64],
    range_m: NDArray[np.float64],
    ray: NDArray[np.int64],
) -> None:
    """Ratio of a target's return to noise and clutter, its range and its ray at ``n`` instants of one leg.

    The instants are ``step_us`` apart; a ratio is negative where the target is not shown. Everything is in one
    loop, without a call that takes arrays: numba counts references to each array of each call, which would
    take longer than the work.
    """
    pattern, sea, rain, land_m = tables.pattern, tables.sea, tables.rain, tables.land_m
    sea_row, neper_per_m, rain_per_m = weather.sea_row, weather.neper_per_m, weather.rain_per_m
    n_rays, last_step, side = land_m.shape[0], pattern.shape[0] - 2, sea_row.shape[1]
    angle = track.w_rad_s * ((from_us - track.leg_from_us) * 1e-6)
    turn = track.w_rad_s * (step_us * 1e-6)
    cosine, sine = math.cos(angle), math.sin(angle)
    turn_cosine, turn_sine = math.cos(turn), math.sin(turn)
    for k in range(n):
        chord = math.sqrt(max(2.0 - 2.0 * (track.up_a * cosine + track.up_b * sine), 0.0))
        east = track.east_a * cosine + track.east_b * sine
        north = track.north_a * cosine + track.north_b * sine
        along = (track.up_b * cosine - track.up_a * sine) / max(chord, 1e-12)
        r = max(EARTH_RADIUS_M * chord, 1.0)
        ray[k] = ray_of(east, north, n_rays)
        range_m[k] = r
        place = r * radar.steps_per_m
        step = min(int(place), last_step)
        f = min(place - step, 1.0)
        factor = pattern[step] + f * (pattern[step + 1] - pattern[step])
        ratio = signal_of(r, factor, target, radar)
        if track.w_rad_s > 0.0:
            ratio *= _aspect(along, radar)
        if radar.has_weather:
            hour = min((from_us + k * step_us) // weather.step_us, sea_row.shape[0] - 1)
            row = min(max(int(math.floor(EARTH_RADIUS_M * north / weather.cell_m + 0.5 * side)), 0), side - 1)
            column = min(
                max(int(math.floor(EARTH_RADIUS_M * east / weather.cell_m + 0.5 * side)), 0), side - 1
            )
            state = sea_row[hour, row, column]
            clutter = sea[state, step] + f * (sea[state, step + 1] - sea[state, step])
            clutter += rain_per_m[hour, row, column] * (rain[step] + f * (rain[step + 1] - rain[step]))
            ratio = in_weather(ratio, r, factor, clutter, neper_per_m[hour, row, column])
        is_slow = radar.slow_mps > 0.0 and abs(along) * track.speed_mps < radar.slow_mps
        snr[k] = -1.0 if is_slow or r > land_m[ray[k]] else ratio
        cosine, sine = cosine * turn_cosine - sine * turn_sine, sine * turn_cosine + cosine * turn_sine


@kernel
def _aspect(along: float, radar: RadarFacts) -> float:
    """Factor of the class of aspect; ``along`` is the cosine of the angle between course and line of sight."""
    square = along * along
    if square > 0.75:
        return radar.bow_factor
    return radar.quarter_factor if square > 0.25 else radar.beam_factor


@kernel
def _track(window: Window, radar: RadarFacts) -> Track:
    """The leg of a window in the radar's frame."""
    ax, ay, az, bx, by, bz = (
        window["ax"],
        window["ay"],
        window["az"],
        window["bx"],
        window["by"],
        window["bz"],
    )
    return Track(
        radar.x * ax + radar.y * ay + radar.z * az,
        radar.x * bx + radar.y * by + radar.z * bz,
        radar.east_x * ax + radar.east_y * ay,
        radar.east_x * bx + radar.east_y * by,
        radar.north_x * ax + radar.north_y * ay + radar.north_z * az,
        radar.north_x * bx + radar.north_y * by + radar.north_z * bz,
        window["w_rad_s"],
        window["speed_mps"],
        window["leg_from_us"],
    )


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
        n_whole = 0
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
    n: int,
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
    track = _track(window, radar)
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
            boost = _persistent(target, draws, hour, radar.fluctuation_sigma_db)
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
                p_interval = _spline(
                    y - piece, some[piece, 0], some[piece, 1], some[piece, 2], some[piece, 3]
                )
        if p_interval > 0.0 and p_interval >= radar.min_p_report:
            if p_interval == 1.0 or _draw(target, draws, first + k) < p_interval:
                out[n_held]["interval"] = first + k
                out[n_held]["target"] = number
                out[n_held]["dt_us"] = 0
                out[n_held]["cell"] = _cell(range_m[k + 1], column[ray[k + 1]], radar)
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
    boost = _persistent(target, draws, end_us // _US_PER_H, radar.fluctuation_sigma_db)
    p_interval = _p_edge(windows, row, stop, start_us, grid, boost, target, radar, tables, weather, room)
    if p_interval > 0.0 and p_interval >= radar.min_p_report:
        if _draw(target, draws, interval) < p_interval:
            _, last_us = in_reach(windows, row, stop, start_us, end_us)
            _, range_m, ray = _return(windows, row, stop, last_us, target, radar, tables, weather, room)
            out[n_held]["interval"] = interval
            out[n_held]["target"] = windows[row]["target"]
            out[n_held]["dt_us"] = end_us - last_us
            out[n_held]["cell"] = _cell(range_m, tables.column[ray], radar)
            n_held += 1
    return n_held


@kernel
def _draw(target: Target, draws: Draws, interval: Whole) -> float:
    """The uniform that decides on the contact of a target in an interval."""
    w0, w1, _, _ = philox(
        target.address, target.in_stream, draws.sensor, np.uint64(interval), draws.contact_key
    )
    return uniform(w0, w1)


@kernel
def _persistent(target: Target, draws: Draws, hour: Whole, sigma_db: float) -> float:
    """Factor on the signal-to-noise ratio of one target at one sensor in one hour."""
    if sigma_db == 0.0:
        return 1.0
    _, _, w2, w3 = philox(
        target.address, target.in_stream, draws.sensor, np.uint64(hour), draws.persistent_key
    )
    return math.exp(_DB_TO_NEPER * sigma_db * normal(w2, w3))


@kernel
def _cell(range_m: float, column: int, radar: RadarFacts) -> int:
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
    snr, _, _ = _snr_when(start_us + grid.interval_us // 2, track, target, radar, tables, weather, room)
    return p_scan_of(snr * boost, radar.half_snr, tables.scan)


@kernel
def _snr_when(
    t_us: Whole, track: Track, target: Target, radar: RadarFacts, tables: Tables, weather: Weather, room: Room
) -> tuple[float, float, int]:
    """Ratio, range and ray at one instant of a leg, see ``fill_snr``."""
    fill_snr(track, t_us, 0, 1, target, radar, tables, weather, room.snr, room.range_m, room.ray)
    return room.snr[0], room.range_m[0], room.ray[0]


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
    """As ``_snr_when``, whichever window an instant is in; negative in none. Where two meet, the earlier counts."""
    while row < stop and windows[row]["t_from_us"] <= t_us:
        if t_us <= windows[row]["t_to_us"]:
            return _snr_when(t_us, _track(windows[row], radar), target, radar, tables, weather, room)
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
        track, half_us = _track(windows[row], radar), (last_us - first_us) // 2
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
