"""What one radar can do, as tables that a look reads: so that exact detection theory costs a few nanoseconds.

Model: for the n pulses, the false-alarm probability and the Swerling case of a radar, the exact probability
of a scan is tabulated over y = s / (s + s_half), s the signal-to-noise ratio of a pulse and s_half the one
that gives one half; the probability of an interval, at least M of N scans, over the probability of a scan.
Both are cubic splines and within 1e-6 of what they tabulate. By range there are the loss of the elevation
pattern, the area of sea and the volume of rain in a resolution cell, as what they return over the noise; by
bearing, the first land.

Clutter is the same from pulse to pulse, so adding n pulses gains nothing against it as it does against noise:
it counts g-fold, g the ratio of the single-pulse to the n-pulse ratio that gives one half.

Assumptions and limits: clutter within a scan is fully correlated and Gaussian; the elevation pattern is a
Gaussian main lobe, towards the sea surface, over side lobes of ``SIDE_LOBES_DOWN_DB``.

Source: as in ``detection``, ``clutter`` and ``rain``. Spline: scipy. Where next: ``radar_kernels``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.clutter import SEA_STATE_MAX, grazing_deg, sea_cell_m2, sea_sigma0_db
from mda_sim.sensing.detection import Swerling, p_detect, required_snr
from mda_sim.sensing.rain import RAIN_TOP_M

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.sensing.radar import Radar, RadarSet

N_SCAN: Final = 2048
"""Pieces of the spline of the probability of a scan."""
N_SOME: Final = 4096
"""Pieces of the spline of the probability of an interval."""
N_RANGES: Final = 1024
"""Pieces of tables by range."""
STATES_PER_SEA_STATE: Final = 4
"""Rows of the table of sea clutter for each step of the sea state."""
N_RAYS: Final = 2880
"""Rows of tables by bearing."""
BEARING_STEP_DEG: Final = 0.5
"""Spacing at which the first land is looked for. [deg]"""
SIDE_LOBES_DOWN_DB: Final = 25.0
"""How far side lobes are under the main lobe, one way (assumption) [dB]."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DetectionCurve:
    """Probabilities of one detector; splines are (pieces, 4): constant first, in the share of a piece."""

    half_snr: float
    """Signal-to-noise ratio of a pulse that gives one half."""
    gain: float
    """g: what adding the pulses gains against noise."""
    scan: Floats
    """Probability of a scan over s / (s + half_snr)."""
    some: Floats
    """Probability of at least M of N scans over that of a scan."""
    p_sure: float
    """Probability of a scan from which on the interval's is 1 to 1e-12, and taken as 1."""
    snr_sure: float
    """Signal-to-noise ratio of a pulse that gives it."""


@lru_cache(maxsize=64)
def detection_curve(
    n_pulses: int, p_false_alarm: float, swerling: Swerling, min_scans: int, n_scans: int
) -> DetectionCurve:
    """The curve of a detector; made once for radars that are alike."""
    from scipy.special import bdtri

    half = float(required_snr(0.5, n_pulses, p_false_alarm, swerling))
    one_pulse = float(required_snr(0.5, 1, p_false_alarm, swerling))
    y = np.linspace(0.0, 1.0, N_SCAN + 1)
    p = np.ones_like(y)
    p[:-1] = p_detect(half * y[:-1] / (1.0 - y[:-1]), n_pulses, p_false_alarm, swerling)
    sure = float(bdtri(min_scans - 1, n_scans, 1e-12))
    x = np.linspace(0.0, 1.0, N_SOME + 1)
    return DetectionCurve(
        half_snr=half,
        gain=one_pulse / half,
        scan=_spline(y, p),
        some=_spline(x, _some(min_scans, n_scans, x)),
        p_sure=sure,
        snr_sure=float(required_snr(sure, n_pulses, p_false_alarm, swerling)),
    )


def _spline(x: Floats, y: Floats) -> Floats:
    from scipy.interpolate import CubicSpline

    step = x[1] - x[0]
    coefficients = CubicSpline(x, y).c[::-1] * step ** np.arange(4)[:, None]
    return np.ascontiguousarray(coefficients.T)


def _some(min_scans: int, n_scans: int, p: Floats) -> Floats:
    from scipy.special import betainc

    return np.asarray(betainc(min_scans, n_scans - min_scans + 1, p), np.float64)


@dataclass(frozen=True)
class RangeTables:
    """What a radar has at N_RANGES + 1 equal steps of range from 0 on."""

    step_m: float
    """Step [m]."""
    pattern: Floats
    """Two-way factor of the elevation pattern, (N_RANGES + 1,)."""
    sea: Floats
    """What the sea returns over the noise, times R^4 and g, by sea state, (n_states, N_RANGES + 1) [m4]."""
    rain: Floats
    """The same of rain of 1 m2/m3, (N_RANGES + 1,) [m4]."""


def range_tables(radar: RadarSet, reach_m: float, with_sea: bool) -> RangeTables:
    """The tables of a radar up to a range; the sea is left out (one row of zeros) unless ``with_sea``."""
    ranges_m = np.linspace(0.0, reach_m, N_RANGES + 1)
    strength = radar.snr_at_1_m * radar.curve.gain
    high_m = np.minimum(ranges_m * math.radians(radar.elevation_beamwidth_deg), RAIN_TOP_M)
    width_m = ranges_m * math.radians(radar.azimuth_beamwidth_deg)
    return RangeTables(
        step_m=reach_m / N_RANGES,
        pattern=elevation_factor(radar, ranges_m),
        sea=strength * _sea_m2(radar, ranges_m) if with_sea else np.zeros((1, N_RANGES + 1)),
        rain=strength * width_m * high_m * radar.cell_depth_m / 10.0 ** (radar.rain_rejection_db / 10.0),
    )


def _sea_m2(radar: RadarSet, ranges_m: Floats) -> Floats:
    """Cross-section of the sea in one resolution cell, by sea state and range, (n_states, n_ranges)."""
    angle_deg = grazing_deg(radar.antenna_height_m, ranges_m, radar.refraction_factor)
    states = np.arange(0.0, SEA_STATE_MAX + 0.01, 1.0 / STATES_PER_SEA_STATE)[:, None]
    sigma0 = 10.0 ** (sea_sigma0_db(radar.frequency_hz, angle_deg, states, radar.polarization) / 10.0)
    return sigma0 * sea_cell_m2(ranges_m, radar.azimuth_beamwidth_deg, radar.cell_depth_m, angle_deg)


def elevation_factor(radar: RadarSet, range_m: ArrayLike) -> Floats:
    """Two-way factor of the elevation pattern towards the sea at ranges, their shape, in (0, 1]."""
    r = np.maximum(np.asarray(range_m, np.float64), 1.0)
    down = radar.antenna_height_m / r + r / (2.0 * radar.refraction_factor * EARTH_RADIUS_M)
    off_deg = -np.rad2deg(np.arcsin(np.minimum(down, 1.0))) - radar.beam_tilt_deg
    one_way_db = np.maximum(-12.0 * (off_deg / radar.elevation_beamwidth_deg) ** 2, -SIDE_LOBES_DOWN_DB)
    return np.asarray(10.0 ** (2.0 * one_way_db / 10.0))


@dataclass(frozen=True)
class RayTables:
    """What a radar has by bearing, in N_RAYS steps of the diamond angle (see ``radar_kernels.ray_of``)."""

    land_m: Floats
    """Distance of the first land that blocks, inf for none [m]."""
    column: NDArray[np.int64]
    """Number of the azimuth cell, of one beamwidth, from north clockwise."""


def ray_tables(radar: RadarSet, land_m: Floats) -> RayTables:
    """The tables of a radar by bearing; ``land_m`` is the first land in equal steps from north, inf for
    none.
    """
    middles = (np.arange(N_RAYS) + 0.5) * 4.0 / N_RAYS
    quarter, share = np.floor(middles).astype(np.int64), middles % 1.0
    east = np.choose(quarter, [share, 1.0 - share, -share, share - 1.0])
    north = np.choose(quarter, [1.0 - share, -share, share - 1.0, share])
    bearings_deg = np.rad2deg(np.arctan2(east, north)) % 360.0
    nearest = np.rint(bearings_deg * (len(land_m) / 360.0)).astype(np.int64) % len(land_m)
    return RayTables(land_m[nearest], (bearings_deg / radar.azimuth_beamwidth_deg).astype(np.int64))


def first_land_m(radar: Radar, land: Land | None, reach_m: float) -> Floats:
    """Distance of the first land that blocks, every ``BEARING_STEP_DEG`` from north, inf for none, (720,)
    [m].
    """
    bearings_deg = np.arange(0.0, 360.0, BEARING_STEP_DEG)
    if land is None or radar.own_land_m >= reach_m:
        return np.full(len(bearings_deg), np.inf)
    return _land_around(land, radar.lat_deg, radar.lon_deg, radar.own_land_m, reach_m)


@lru_cache(maxsize=256)
def _land_around(land: Land, lat_deg: float, lon_deg: float, from_m: float, to_m: float) -> Floats:
    """First land around a place, as ``first_land_m``: the same for all seeds, and read-only."""
    bearings_deg = np.arange(0.0, 360.0, BEARING_STEP_DEG)
    found = np.asarray(land.first_land_m(lat_deg, lon_deg, bearings_deg, from_m, to_m), np.float64)
    found.flags.writeable = False
    return found
