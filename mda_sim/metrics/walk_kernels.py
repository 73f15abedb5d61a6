"""The one search that every walk over a picture begins with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def newest_row(t_received_us: NDArray[np.int64], lo: int, hi: int, t_us: int) -> int:
    """The last row of [lo, hi) that was received by ``t_us``, or lo - 1 if none was; rows rise in time."""
    first = lo
    while lo < hi:
        middle = (lo + hi) // 2
        if t_received_us[middle] <= t_us:
            lo = middle + 1
        else:
            hi = middle
    return max(lo, first) - 1
