"""The time that two sets of intervals share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def intersect(
    target_a: NDArray[np.int64],
    from_a: NDArray[np.int64],
    to_a: NDArray[np.int64],
    target_b: NDArray[np.int64],
    from_b: NDArray[np.int64],
    to_b: NDArray[np.int64],
    target_out: NDArray[np.int64],
    from_out: NDArray[np.int64],
    to_out: NDArray[np.int64],
) -> int:
    """Write what two sets of intervals, each sorted by target, then time, share; return the number of rows.

    Intervals of one set and target must not overlap. At most len(a) + len(b) rows are written; those of no
    duration are left out.
    """
    i, j, n = 0, 0, 0
    while i < target_a.size and j < target_b.size:
        if target_a[i] != target_b[j]:
            if target_a[i] < target_b[j]:
                i += 1
            else:
                j += 1
            continue
        begin = max(from_a[i], from_b[j])
        end = min(to_a[i], to_b[j])
        if begin < end:
            target_out[n], from_out[n], to_out[n] = target_a[i], begin, end
            n += 1
        if to_a[i] < to_b[j]:
            i += 1
        else:
            j += 1
    return n
