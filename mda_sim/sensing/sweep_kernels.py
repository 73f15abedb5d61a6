"""Putting contacts in order, compiled: a counting sort, linear in their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.looks import Held


@kernel
def sort_by_interval(held: Held, next_row: NDArray[np.int64], first: int, out: Held) -> None:
    """Copy ``held`` (n,) to ``out`` (n,) in order of interval, rows of equal interval as they were.

    ``next_row`` has the row of ``out`` at which each interval from ``first`` on begins; it is overwritten.
    """
    for row in range(held.shape[0]):
        nth = np.int64(held[row]["interval"]) - first
        out[next_row[nth]] = held[row]
        next_row[nth] += 1
