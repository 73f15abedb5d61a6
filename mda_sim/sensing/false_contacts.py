"""False contacts: what a sensor shows and reports though no vessel is there.

Model: in each reporting interval their number is Poisson with the sensor's stated rate times the interval, by
inversion of one addressed uniform. Each lies somewhere within the instrumented range, uniform over its area
(``places``), and has nothing else to tell.

Assumptions and limits: they are independent of each other and of everything else; one is never in the cell of
a vessel; land and horizon do not keep them out. The rate is stated, not derived: after M of N scans the false
alarms of noise alone are far fewer than what sea, weather and birds leave.

Where next: ``sweep`` adds them to the log, ``products`` places them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.rng import draw_uniform, draw_words, stream_key
from mda_sim.geo.sphere import destination

_MOST: Final = 1000  # in one interval; a rate beyond it is refused by the spec
_WORD: Final = 2.0**32


def false_counts(
    rate_per_interval: float, sensor: int, interval: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Number of false contacts in each interval of a sensor with that draw address, shape of ``interval``."""
    from scipy.special import pdtr

    if rate_per_interval == 0.0 or not len(interval):
        return np.zeros(len(interval), np.int64)
    u = draw_uniform(stream_key(seed, "sense.false"), 0, 0, sensor, interval)
    table = pdtr(np.arange(_MOST), rate_per_interval)
    return np.searchsorted(table, u, side="left").astype(np.int64)


def false_places(
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    range_m: float,
    sensor: int,
    interval: NDArray[np.int64],
    nth: NDArray[np.int64],
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude of false contact number ``nth`` of each interval, (n,) each [deg].

    ``lat_deg``, ``lon_deg``: where the sensor is, one place or one for each.
    """
    words = draw_words(stream_key(seed, "sense.false.place"), nth, 0, sensor, interval)
    share, turn = (words[:, 0] + 0.5) / _WORD, (words[:, 1] + 0.5) / _WORD
    return destination(lat_deg, lon_deg, 360.0 * turn, range_m * np.sqrt(share))
