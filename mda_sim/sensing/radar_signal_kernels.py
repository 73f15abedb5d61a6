"""What a target returns to a radar at instants of a leg, compiled; the model is in ``radar``.

On a leg the target's unit vector is a cos + b sin, and one rotation by a fixed angle takes it from one
instant to the next: range, bearing and aspect follow from six numbers of the leg without trigonometry.

Where next: ``radar_kernels`` makes contacts of it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.windows import Whole, Window


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
    """Signal-to-noise ratio of a pulse that the target would return from 1 m away, as R^-4 extrapolates
    [1]."""
    horizon_m: NDArray[np.float64]
    """Its horizon at this radar [m]."""
    low_m: NDArray[np.float64]
    """Range beyond which the sea's reflection cancels part of its return [m]."""
    address: NDArray[np.uint32]
    """Draw address of its stream."""
    in_stream: NDArray[np.uint32]
    """Its index in the stream."""


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
    value = spline(place - piece, table[piece, 0], table[piece, 1], table[piece, 2], table[piece, 3])
    return value if share >= 0.0 else 0.0


@kernel
def spline(f: float, c0: float, c1: float, c2: float, c3: float) -> float:
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
    """Ratio of a signal to noise and clutter: ``clutter`` as in the tables, ``neper_per_m`` the loss in
    rain.
    """
    inverse = 1.0 / (range_m * range_m)
    left = math.exp(-neper_per_m * range_m)
    return signal * left / (1.0 + clutter * pattern * left * inverse * inverse)


@kernel
def fill_snr(
    track: Track,
    from_us: Whole,
    step_us: Whole,
    n: Whole,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    weather: Weather,
    snr: NDArray[np.float64],
    range_m: NDArray[np.float64],
    ray: NDArray[np.int64],
) -> None:
    """Ratio of a target's return to noise and clutter, its range and its ray at ``n`` instants of one leg.

    The instants are ``step_us`` apart; a ratio is negative where the target is not shown. Everything is in
    one loop, without a call that takes arrays: numba counts references to each array of each call, which
    would take longer than the work.
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
            ratio *= aspect_of(along, radar)
        if radar.has_weather:
            hour = min((from_us + k * step_us) // weather.step_us, sea_row.shape[0] - 1)
            row = _cell_of(north, weather.cell_m, side)
            column = _cell_of(east, weather.cell_m, side)
            state = sea_row[hour, row, column]
            clutter = sea[state, step] + f * (sea[state, step + 1] - sea[state, step])
            clutter += rain_per_m[hour, row, column] * (rain[step] + f * (rain[step + 1] - rain[step]))
            ratio = in_weather(ratio, r, factor, clutter, neper_per_m[hour, row, column])
        is_slow = radar.slow_mps > 0.0 and abs(along) * track.speed_mps < radar.slow_mps
        snr[k] = -1.0 if is_slow or r > land_m[ray[k]] else ratio
        cosine, sine = cosine * turn_cosine - sine * turn_sine, sine * turn_cosine + cosine * turn_sine


@kernel
def _cell_of(share: float, cell_m: float, side: int) -> int:
    """Row of weather of a component of a unit vector along north or east; that at the edge beyond it."""
    return min(max(int(EARTH_RADIUS_M * share / cell_m + 0.5 * side), 0), side - 1)


@kernel
def aspect_of(along: float, radar: RadarFacts) -> float:
    """Factor of the class of aspect; ``along`` is the cosine of the angle between course and line of
    sight.
    """
    square = along * along
    if square > 0.75:
        return radar.bow_factor
    return radar.quarter_factor if square > 0.25 else radar.beam_factor


@kernel
def track_of(window: Window, radar: RadarFacts) -> Track:
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
def snr_when(
    t_us: Whole, track: Track, target: Target, radar: RadarFacts, tables: Tables, weather: Weather, room: Room
) -> tuple[float, float, int]:
    """Ratio, range and ray at one instant of a leg, see ``fill_snr``."""
    fill_snr(track, t_us, 0, 1, target, radar, tables, weather, room.snr, room.range_m, room.ray)
    return room.snr[0], room.range_m[0], room.ray[0]
