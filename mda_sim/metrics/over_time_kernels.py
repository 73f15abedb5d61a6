"""Time in custody by stretch of time, in closed form over the steps of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row


@kernel
def fill_over_time(
    target: NDArray[np.int64],
    cell: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    age_us: NDArray[np.int64],
    edges_us: NDArray[np.int64],
    held_us: NDArray[np.int64],
    scored_us: NDArray[np.int64],
) -> None:
    """As ``fill_held``, told apart by cell and by stretch: ``held_us[c, j, b]``, ``scored_us[c, b]``.

    Stretch b is [edges[b], edges[b + 1]); intervals of no cell (-1) are passed over.
    """
    for i in range(target.size):
        c = cell[i]
        begin = max(t_from_us[i], edges_us[0])
        stop = min(t_to_us[i], edges_us[-1])
        if c < 0 or begin >= stop:
            continue
        add_over(begin, stop, edges_us, scored_us[c])
        last = offsets[target[i] + 1]
        first = offsets[target[i]]
        row = newest_row(t_received_us, first, last, begin)
        while begin < stop:
            end = stop
            if row + 1 < last and t_received_us[row + 1] < end:
                end = t_received_us[row + 1]
            if row >= first:
                for j in range(age_us.size):
                    add_over(begin, min(end, t_observed_us[row] + age_us[j]), edges_us, held_us[c, j])
            begin = end
            row += 1


@kernel
def add_over(begin_us: int, end_us: int, edges_us: NDArray[np.int64], out_us: NDArray[np.int64]) -> None:
    """Lay [begin, end), which lies between the first and the last edge, to the stretches that it meets."""
    b = np.searchsorted(edges_us, begin_us, side="right") - 1
    while begin_us < end_us:
        until = min(end_us, edges_us[b + 1])
        out_us[b] += until - begin_us
        begin_us = until
        b += 1
