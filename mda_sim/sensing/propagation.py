"""What the way over the sea does to a radar's signal: reflection from the sea, and the evaporation duct.

Model: over a flat, conducting sea the direct and the reflected ray meet, and the pattern factor is
F^2 = 4 sin^2(2 pi h1 h2 / (lambda R)). Beyond R_t = 4 pi h1 h2 / lambda it falls as (R_t / R)^2, so what
returns falls as R^-8; before R_t it swings between 0 and 4 with range, which is averaged over as 1:
F^4 = min(1, (R_t / R)^4). An evaporation duct traps wavelengths up to ``DUCT_WAVELENGTH`` d^1.5; what is
trapped goes on beyond the horizon and loses ``DUCT_LOSS_DB_PER_KM`` each way besides R^-4.

Assumptions and limits: lobes are not resolved, and waves, which weaken the reflection, are left out of F: low
targets in a sea are seen somewhat better than this says. Within the horizon a duct changes nothing. The
duct's constants: that 10 m trap 9 GHz and 20 m 3 GHz is general knowledge of evaporation ducts (the power 1.5
is that of any linear duct); the loss is an assumption, set so that an X-band radar ashore sees ships at 1.5
to 3 times the horizon over ducts of 10 to 17 m.

Source: M. I. Skolnik, Introduction to Radar Systems, 3rd edition, McGraw-Hill 2001, chapter 8 (two rays,
ducts; page numbers not checked). Where next: ``radar_tables``.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.sensing.range_equation import SPEED_OF_LIGHT_MPS

DUCT_WAVELENGTH: Final = 1.06e-3
"""Longest wavelength that a duct of 1 m traps; it grows with the power 1.5 of height (medium confidence)
[m]."""
DUCT_LOSS_DB_PER_KM: Final = 0.2
"""One-way loss along a duct beyond the horizon, besides spreading. Assumption [dB/km]"""


def duct_loss_db_per_km(frequency_hz: float, duct_height_m: float) -> float:
    """One-way loss beyond the horizon within an evaporation duct, besides spreading [dB/km].

    inf if there is no duct or it does not carry the frequency.

    >>> duct_loss_db_per_km(9.4e9, 13.0), duct_loss_db_per_km(1.3e9, 13.0)
    (0.2, inf)
    """
    longest_m = DUCT_WAVELENGTH * duct_height_m**1.5
    return DUCT_LOSS_DB_PER_KM if SPEED_OF_LIGHT_MPS / frequency_hz <= longest_m else math.inf


def low_target_range_m(
    antenna_height_m: ArrayLike, target_height_m: ArrayLike, frequency_hz: float
) -> NDArray[np.float64]:
    """R_t: beyond it the sea's reflection cancels part of the return; the heights broadcast [m].

    >>> round(float(low_target_range_m(15.0, 2.0, 9.4e9)) / 1000.0, 1)
    11.8
    """
    heights = np.asarray(antenna_height_m, np.float64) * np.asarray(target_height_m, np.float64)
    return 4.0 * np.pi * heights * frequency_hz / SPEED_OF_LIGHT_MPS
