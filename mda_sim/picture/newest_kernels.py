"""The best of overlapping stretches at every time, by a heap with late removal."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def fill_steps(
    target: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    by_start: NDArray[np.int64],
    never_us: int,
    target_out: NDArray[np.int64],
    t_out: NDArray[np.int64],
    row_out: NDArray[np.int64],
) -> int:
    """Write target, time and row (-1: none) of each step; return their number, at most two a stretch.

    Stretches come in order of target, then preference, so that the lowest row under way counts. ``by_start``
    has their rows in order of target, then ``t_from_us``; a stretch to ``never_us`` has no end.
    """
    n, i = 0, 0
    while i < by_start.size:
        k = target[by_start[i]]
        under_way = [by_start[i]]
        under_way.clear()
        counts = np.int64(-1)
        while True:
            begins = i < by_start.size and target[by_start[i]] == k
            if not begins and (counts < 0 or t_to_us[counts] >= never_us):
                break
            now = t_to_us[counts] if counts >= 0 else t_from_us[by_start[i]]
            if begins:
                now = min(now, t_from_us[by_start[i]])
            while i < by_start.size and target[by_start[i]] == k and t_from_us[by_start[i]] <= now:
                heapq.heappush(under_way, by_start[i])
                i += 1
            while len(under_way) > 0 and t_to_us[under_way[0]] <= now:
                heapq.heappop(under_way)
            best = under_way[0] if len(under_way) > 0 else np.int64(-1)
            if best != counts:
                target_out[n], t_out[n], row_out[n] = k, now, best
                n += 1
                counts = best
    return n
