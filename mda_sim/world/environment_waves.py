"""Height of the waves that a wind raises.

Model: with wind U at 10 m, fetch F and gravity g, the significant height of the wind sea is the smaller of
the fully developed sea 0.22 U^2 / g and the sea that the fetch allows, 0.0016 U sqrt(F / g). Wind sea and
swell are independent, so their energies add: H^2 = H_wind^2 + H_swell^2.

Assumptions and limits: deep water; the sea answers the wind of the moment, where a real one needs half a day
or more to rise and to fall. The spectrum behind the first relation was fitted to winds of 10 to 20 m/s.

Source: fully developed: W. J. Pierson and L. Moskowitz, Journal of Geophysical Research 69, 1964, pp.
5181-5190, as R. H. Stewart, "Introduction to Physical Oceanography", 2008, eq. 16.33 (from alpha = 0.0081 and
beta = 0.74 it follows that H = 2 sqrt(alpha / beta) U_19.5^2 / g, with U_19.5 = 1.026 U_10, eq. 16.29).
Fetch-limited: the JONSWAP relation in the form of the Shore Protection Manual (US Army, 1984), g H / U^2 =
0.0016 (g F / U^2)^(1/2), read in secondary texts only (shipcalculators.com/calculators/wave-hs-wind). That it
holds in tropical cyclones with an equivalent fetch: I. R. Young, Atmosphere 8, 2017, 194 (abstract). Where
next: ``environment``, ``environment_storm``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

GRAVITY_MPS2: Final = 9.80665
"""Standard gravity (3rd CGPM, 1901). [m/s2]"""
FULLY_DEVELOPED: Final = 0.22
"""g H / U_10^2 of a fully developed sea (Stewart 2008, eq. 16.33)."""
FETCH_LIMITED: Final = 0.0016
"""g H / U^2 over the square root of g F / U^2."""


def wind_sea_height_m(wind_mps: ArrayLike, fetch_m: ArrayLike) -> NDArray[np.float64]:
    """Significant height of the wind sea, metres, >= 0; arguments broadcast, nan where one is nan.

    >>> [float(wind_sea_height_m(wind, 300e3).round(2)) for wind in (5.0, 10.0, 40.0)]
    [0.56, 2.24, 11.19]
    """
    wind = np.asarray(wind_mps, np.float64)
    full = FULLY_DEVELOPED * wind * wind / GRAVITY_MPS2
    limited = FETCH_LIMITED * wind * np.sqrt(np.asarray(fetch_m, np.float64) / GRAVITY_MPS2)
    return np.minimum(full, limited)


def combined_height_m(wind_sea_m: ArrayLike, swell_m: ArrayLike) -> NDArray[np.float64]:
    """Significant height of wind sea and swell together, metres; arguments broadcast.

    >>> float(combined_height_m(3.0, 4.0))
    5.0
    """
    return np.hypot(np.asarray(wind_sea_m, np.float64), np.asarray(swell_m, np.float64))
