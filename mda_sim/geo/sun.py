"""Where the Sun stands over a place.

Model: mean longitude 280.460 + 36000.771 T, mean anomaly g = 357.5277233 + 35999.05034 T, ecliptic longitude
L + 1.914666471 sin g + 0.019994643 sin 2g and obliquity 23.439291 - 0.0130042 T [deg], with T the Julian
centuries since J2000; from there right ascension, declination, and with Greenwich mean sidereal time the
elevation over a place.

Assumptions and limits: good to 0.01 degrees from 1950 to 2050. UTC stands for the times that the formula asks
for. No refraction: the Sun's upper edge rises at about -0.83 degrees. The direction is that of the Sun's
middle from the Earth's (parallax 0.002 degrees).

Source: D. A. Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., 2013, algorithm 29, after the
low-precision formulas of the Astronomical Almanac. Where next: ``sensing.optical`` asks for daylight.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.orbits import J2000, gmst_rad

CENTURY: Final = timedelta(days=36525)
"""A Julian century."""

Floats = NDArray[np.float64]


def sun_direction_rad(epoch: datetime, t_s: ArrayLike) -> tuple[Floats, Floats]:
    """Right ascension, in (-pi, pi], and declination of the Sun at seconds after an epoch with a zone [rad].

    Of the mean equinox of date; each has the shape of ``t_s``.
    """
    t = (epoch - J2000) / CENTURY + np.asarray(t_s, np.float64) / CENTURY.total_seconds()
    anomaly = np.deg2rad(357.5277233 + 35999.05034 * t)
    longitude = np.deg2rad(
        280.460 + 36000.771 * t + 1.914666471 * np.sin(anomaly) + 0.019994643 * np.sin(2.0 * anomaly)
    )
    obliquity = np.deg2rad(23.439291 - 0.0130042 * t)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    return np.asarray(ascension), np.asarray(np.arcsin(np.sin(obliquity) * np.sin(longitude)))


def sun_elevation_deg(epoch: datetime, t_s: ArrayLike, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Floats:
    """Elevation of the Sun's middle over places, at seconds after an epoch with a zone; broadcast [deg]."""
    ascension, declination = sun_direction_rad(epoch, t_s)
    lat, lon = np.deg2rad(np.asarray(lat_deg, np.float64)), np.deg2rad(np.asarray(lon_deg, np.float64))
    hour_angle = gmst_rad(epoch, t_s) + lon - ascension
    sine = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(hour_angle)
    return np.asarray(np.rad2deg(np.arcsin(np.clip(sine, -1.0, 1.0))))
