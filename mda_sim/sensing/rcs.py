"""Radar cross-section of vessels near grazing incidence, by length, hull and aspect.

Model: the median over aspect of a steel ship follows Skolnik's formula from her displacement, which follows
from her length; that of a wooden or glass-fibre boat follows her length alone. Beside it, three classes of
aspect: the angle between course and line of sight, folded to 0 to 90 degrees.

Assumptions and limits: the median serves as the mean of the fluctuation. Skolnik's data are naval ships of
about 2,000 to 17,000 t (78 to 160 m by the rule used here), at X, S and L band; smaller and larger ships are
extrapolated, up to ``RCS_CAP_M2``. Classes of aspect are an assumption, as no public table by length was
found that could be read; the factors are such that the median over a uniform aspect stays that of the
formula. What was measured on single vessels: a fishery training ship of 42 m, every 30 degrees: 130 m2 from
ahead, 1,790 m2 abeam, some 10 dB less at 30 degrees off the beam, and 666 m2 more from astern than from ahead
(Matsuno 2004); for a steel ship at 9.4 GHz the model says 430, 2,700, 850 and 430, within 7 dB. Her
beam flashes more narrowly than the class, and her stern returns more than her bow. A small glass-fibre boat:
from ahead less than half of abeam (Yamada 2015); the model says a sixth.

Source: functions name theirs; Matsuno et al. on the effective radar cross-section of the training ship Nansei
Maru (in Japanese), Memoirs of the Faculty of Fisheries, Kagoshima University 53, 2004, pp. 15-18 (abstract;
her length, 41.96 m, from Wikipedia); Yamada et al., "The Characteristics of Radar Signal from the small FRP
Boat", bulletin of the Japan Coast Guard Academy 58, 2015, pp. 15-23 (abstract).
Where next: ``radar_tables`` and ``radar_look``.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.world.hull import Hull

TRAWLER_LENGTH_M: Final = 51.0
"""Mean length of the trawlers that anchor ``displacement_t`` (Subi and Mischief reefs, 2018). [m]"""
TRAWLER_DISPLACEMENT_T: Final = 550.0
"""Their displacement. [t]"""
RCS_CAP_M2: Final = 1e6
"""Largest radar cross-section, 60 dBsm: the formula runs away for ships beyond its data (assumption). [m2]"""
VALID_KT: Final = (2.0, 17.0)
"""Displacements that the formula for steel was fitted to. [kt]"""

_WOOD_LENGTH_M, _WOOD_RCS_M2 = (10.0, 25.0), (5.0, 50.0)


class AspectClass(NamedTuple):
    """A range of aspects and what it does to the cross-section."""

    name: str
    upto_deg: float
    """Largest angle between course and line of sight that belongs to it, folded to 0 to 90 [deg]."""
    factor_db: float
    """Over the median [dB]."""


ASPECT_CLASSES: Final = (
    AspectClass("bow or stern", 30.0, -3.0),
    AspectClass("quarter", 60.0, 0.0),
    AspectClass("beam", 90.0, 5.0),
)
"""Assumption: one third of all aspects each, so the median aspect is that of the formula. The module names
two measurements beside it."""


def displacement_t(length_m: ArrayLike) -> NDArray[np.float64]:
    """Displacement of a ship of that length over all, same shape [t].

    Assumption: hulls are geometrically similar to trawlers of 51 m and 550 t, so displacement goes with the
    cube of length. Full hulls such as tankers displace more, fine hulls less.

    >>> round(float(displacement_t(51.0)))
    550
    """
    return TRAWLER_DISPLACEMENT_T * (np.asarray(length_m, np.float64) / TRAWLER_LENGTH_M) ** 3


def median_rcs_m2(length_m: ArrayLike, hull: ArrayLike, frequency_hz: float) -> NDArray[np.float64]:
    """Median radar cross-section over aspect of vessels of that length and ``Hull``, which broadcast [m2].

    Steel: sigma = 52 sqrt(f) D^1.5 with f in MHz and D the displacement in thousands of tonnes, at most 60
    dBsm, and no less than a wooden boat as long (under 19 m at 9.4 GHz, under 26 m at 3 GHz). Wood or glass
    fibre: the power law of length through 5 m2 at 10 m and 50 m2 at 25 m, the ends of what is usual for such
    boats (low confidence), at any frequency.

    Source: M. I. Skolnik, "An Empirical Formula for the Radar Cross Section of Ships at Grazing Incidence",
    IEEE Transactions on Aerospace and Electronic Systems AES-10(2), 1974, p. 292.
    """
    length = np.asarray(length_m, np.float64)
    steel = 52.0 * math.sqrt(frequency_hz / 1e6) * (displacement_t(length) / 1000.0) ** 1.5
    power = math.log(_WOOD_RCS_M2[1] / _WOOD_RCS_M2[0]) / math.log(_WOOD_LENGTH_M[1] / _WOOD_LENGTH_M[0])
    wood = _WOOD_RCS_M2[0] * (length / _WOOD_LENGTH_M[0]) ** power
    return np.minimum(np.where(np.asarray(hull) == Hull.WOOD, wood, np.maximum(wood, steel)), RCS_CAP_M2)


def aspect_factor_db(aspect_deg: ArrayLike) -> NDArray[np.float64]:
    """What an aspect does to the cross-section, shape of the input [dB]; any angle will do.

    >>> aspect_factor_db([0.0, 45.0, 90.0, 180.0]).tolist()
    [-3.0, 0.0, 5.0, -3.0]
    """
    folded = np.abs((np.asarray(aspect_deg, np.float64) + 90.0) % 180.0 - 90.0)
    limits = [one.upto_deg for one in ASPECT_CLASSES[:-1]]
    return np.array([one.factor_db for one in ASPECT_CLASSES])[np.searchsorted(limits, folded)]
