"""Rain on a radar's way: how much it takes away, and how much it returns.

Model: the specific attenuation is k R^alpha with R the rain rate; k and alpha follow from the frequency
by sums of bell curves in log10 f, for horizontal and vertical polarisation on a level path. What a volume of
rain returns is pi^5 |K|^2 Z / lambda^4, with the reflectivity Z = 200 R^1.6 of stratiform rain.

Assumptions and limits: 1 to 1,000 GHz; drops much smaller than the wavelength for what returns (up to X
band); rain fills the beam up to ``RAIN_TOP_M``.

Source: ITU-R Recommendation P.838-3, "Specific attenuation model for rain for use in prediction methods",
2005, equations 1 to 3 and tables 1 to 4 (constants read in the package itur 0.4.0, and checked against it).
Reflectivity: J. S. Marshall, W. McK. Palmer, "The Distribution of Raindrops with Size", Journal of
Meteorology 5, 1948, pp. 165-166; M. I. Skolnik, Introduction to Radar Systems, 3rd edition, 2001, chapter 7.
Where next: ``radar_tables``.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.sensing.range_equation import SPEED_OF_LIGHT_MPS

Polarization = Literal["horizontal", "vertical"]
"""Direction of the electric field."""

RAIN_TOP_M: Final = 5000.0
"""Height to which rain reaches, the freezing level of the tropics (assumption) [m]."""
WATER_FACTOR: Final = 0.93
"""|K|^2 of water at centimetre wavelengths (general knowledge)."""

_CURVES: Final = {
    ("k", "horizontal"): (
        (
            (-5.33980, -0.10008, 1.13098),
            (-0.35351, 1.26970, 0.45400),
            (-0.23789, 0.86036, 0.15354),
            (-0.94158, 0.64552, 0.16817),
        ),
        (-0.18961, 0.71147),
    ),
    ("k", "vertical"): (
        (
            (-3.80595, 0.56934, 0.81061),
            (-3.44965, -0.22911, 0.51059),
            (-0.39902, 0.73042, 0.11899),
            (0.50167, 1.07319, 0.27195),
        ),
        (-0.16398, 0.63297),
    ),
    ("alpha", "horizontal"): (
        (
            (-0.14318, 1.82442, -0.55187),
            (0.29591, 0.77564, 0.19822),
            (0.32177, 0.63773, 0.13164),
            (-5.37610, -0.96230, 1.47828),
            (16.1721, -3.29980, 3.43990),
        ),
        (0.67849, -1.95537),
    ),
    ("alpha", "vertical"): (
        (
            (-0.07771, 2.33840, -0.76284),
            (0.56727, 0.95545, 0.54039),
            (-0.20238, 1.14520, 0.26809),
            (-48.2991, 0.791669, 0.116226),
            (48.5833, 0.791459, 0.116479),
        ),
        (-0.053739, 0.83433),
    ),
}
"""Bell curves (height, middle, width), slope and offset of log10 k and of alpha over log10 of f in GHz."""


def rain_coefficients(frequency_hz: ArrayLike, polarization: Polarization) -> tuple[NDArray[np.float64], ...]:
    """K and alpha of rain at frequencies from 1 to 1,000 GHz, on a level path, each of their shape."""
    log_f = np.log10(np.asarray(frequency_hz, np.float64) / 1e9)
    return 10.0 ** _curve(log_f, "k", polarization), _curve(log_f, "alpha", polarization)


def rain_db_per_km(
    frequency_hz: ArrayLike, rain_mm_per_hour: ArrayLike, polarization: Polarization
) -> NDArray[np.float64]:
    """One-way attenuation in rain; the first two arguments broadcast [dB/km]."""
    k, alpha = rain_coefficients(frequency_hz, polarization)
    return k * np.asarray(rain_mm_per_hour, np.float64) ** alpha


def rain_reflectivity_per_m(frequency_hz: ArrayLike, rain_mm_per_hour: ArrayLike) -> NDArray[np.float64]:
    """Radar cross-section of a cubic metre of rain; the arguments broadcast [m2/m3]."""
    z_m3 = 200.0 * np.asarray(rain_mm_per_hour, np.float64) ** 1.6 * 1e-18
    wavelength_m = SPEED_OF_LIGHT_MPS / np.asarray(frequency_hz, np.float64)
    return math.pi**5 * WATER_FACTOR * z_m3 / wavelength_m**4


def _curve(log_f: NDArray[np.float64], name: str, polarization: Polarization) -> NDArray[np.float64]:
    bells, (slope, offset) = _CURVES[name, polarization]
    total = slope * log_f + offset
    for height, middle, width in bells:
        total = total + height * np.exp(-(((log_f - middle) / width) ** 2))
    return total
