"""What the sea itself returns to a radar near grazing incidence.

Model: the area of sea in one resolution cell, A = R theta (c tau / 2) / cos(psi), times the reflectivity
sigma0 of sea state, grazing angle psi, frequency and polarisation by the empirical model of the Naval
Research Laboratory. From an antenna of height h, psi = h / R - R / (2 k Re), which is 0 at the horizon.

Assumptions and limits: fitted to 0.1 to 60 degrees, 0.5 to 35 GHz and sea states 0 to 6; its mean absolute
error against Nathanson's tables is said to be 2 to 3 dB. Below 0.1 degrees it is extrapolated: it falls there
with its term in log(sin psi), to nothing at the horizon. The direction of the wind is not in it, and the
spikes of real sea clutter, for which a radar has to raise its threshold, are not modelled.

Source: V. Gregers-Hansen, R. Mital, "An Improved Empirical Model for Radar Sea Clutter Reflectivity", IEEE
Transactions on Aerospace and Electronic Systems 48(4), 2012, pp. 3512-3524 (formula and constants read in
public implementations of the laboratory's program of 2010). Sea states: code table 3700 of the World
Meteorological Organization (general knowledge). Where next: ``radar_tables``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.horizon import EARTH_FACTOR
from mda_sim.sensing.rain import Polarization

SEA_STATE_MAX: Final = 9.0
"""Highest sea state."""

_NRL: Final = {
    "horizontal": (-73.0, 20.781, 7.351, 25.65, 0.0054),
    "vertical": (-50.796, 25.93, 0.7093, 21.588, 0.00211),
}
_MIDDLE_M: Final = (0.0, 0.05, 0.3, 0.875, 1.875, 3.25, 5.0, 7.5, 11.5, 14.0)
"""Middles of the classes of significant wave height of sea states 0 to 9."""


def sea_state_of(wave_height_m: ArrayLike) -> NDArray[np.float64]:
    """Sea state of significant wave heights, shape of the input, in [0, 9].

    The middle of each class has its number, and it is linear between, so that calmer is always less.

    >>> sea_state_of([0.0, 0.875, 3.25]).tolist()
    [0.0, 3.0, 5.0]
    """
    return np.interp(np.asarray(wave_height_m, np.float64), _MIDDLE_M, np.arange(len(_MIDDLE_M)))


def grazing_deg(
    antenna_height_m: float, range_m: ArrayLike, refraction_factor: float = EARTH_FACTOR
) -> NDArray[np.float64]:
    """Angle at which the sea is seen at ranges, their shape; 0 from the horizon on [deg]."""
    r = np.maximum(np.asarray(range_m, np.float64), 1.0)
    sine = antenna_height_m / r - r / (2.0 * refraction_factor * EARTH_RADIUS_M)
    return np.rad2deg(np.arcsin(np.clip(sine, 0.0, 1.0)))


def sea_sigma0_db(
    frequency_hz: float, grazing_deg: ArrayLike, sea_state: ArrayLike, polarization: Polarization
) -> NDArray[np.float64]:
    """Reflectivity of the sea, square metres a square metre; angle and state broadcast [dB].

    -inf at a grazing angle of 0.
    """
    c1, c2, c3, c4, c5 = _NRL[polarization]
    angle, state = np.asarray(grazing_deg, np.float64), np.asarray(sea_state, np.float64)
    with np.errstate(divide="ignore"):
        falls = c1 + c2 * np.log10(np.sin(np.deg2rad(angle)))
    colour = (27.5 + c3 * angle) * np.log10(frequency_hz / 1e9) / (1.0 + 0.95 * angle)
    waves = c4 * (1.0 + state) ** (1.0 / (2.0 + 0.085 * angle + 0.033 * state))
    return np.asarray(falls + colour + waves + c5 * angle**2, np.float64)


def sea_cell_m2(
    range_m: ArrayLike, azimuth_beamwidth_deg: float, cell_depth_m: float, grazing_deg: ArrayLike
) -> NDArray[np.float64]:
    """Area of sea in one resolution cell, ``cell_depth_m`` deep along the ray; ranges and angles broadcast
    [m2].
    """
    width_m = np.asarray(range_m, np.float64) * np.deg2rad(azimuth_beamwidth_deg)
    slant = np.cos(np.deg2rad(np.asarray(grazing_deg, np.float64)))
    return np.asarray(width_m * cell_depth_m / slant, np.float64)
