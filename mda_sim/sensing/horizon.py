"""The radio horizon over a smooth Earth.

Model: in a standard atmosphere rays bend as if the Earth's radius were k = 4/3 of the true one and the rays
were straight. Two antennas at heights h1 and h2 see each other up to d = sqrt(2 k Re h1) + sqrt(2 k Re h2),
which is 4.12 km (sqrt(h1) + sqrt(h2)) with heights in metres.

Assumptions and limits: no diffraction round it. What an evaporation duct carries beyond it is in
``propagation``.

Source: M. I. Skolnik, Introduction to Radar Systems, 3rd edition, McGraw-Hill 2001, chapter 8 (4/3 Earth).
Where next: ``radar`` and ``ais`` cap their reach by it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.sphere import EARTH_RADIUS_M

EARTH_FACTOR: Final = 4.0 / 3.0
"""k: effective over true radius of the Earth in a standard atmosphere. [1]"""


def horizon_m(
    antenna_height_m: ArrayLike, target_height_m: ArrayLike, refraction_factor: float = EARTH_FACTOR
) -> NDArray[np.float64]:
    """Longest line of sight between two heights above the sea [m].

    ``refraction_factor`` is k. Arguments broadcast; heights below zero are taken as zero.

    >>> round(float(horizon_m(100.0, 8.0)) / 1000)
    53
    """
    return _dip_m(antenna_height_m, refraction_factor) + _dip_m(target_height_m, refraction_factor)


def height_for_horizon_m(range_m: ArrayLike, target_height_m: ArrayLike) -> NDArray[np.float64]:
    """Lowest antenna that sees a target of that height at that range: the inverse of ``horizon_m`` [m].

    Arguments broadcast; 0 where the target stands above the horizon of an antenna at sea level.
    """
    beyond_m = np.maximum(np.asarray(range_m, np.float64) - _dip_m(target_height_m, EARTH_FACTOR), 0.0)
    return np.asarray(beyond_m**2 / (2.0 * EARTH_FACTOR * EARTH_RADIUS_M))


def _dip_m(height_m: ArrayLike, refraction_factor: float) -> NDArray[np.float64]:
    """Distance from a height to its own horizon."""
    height = np.maximum(np.asarray(height_m, np.float64), 0.0)
    return np.asarray(np.sqrt(2.0 * refraction_factor * EARTH_RADIUS_M * height))
