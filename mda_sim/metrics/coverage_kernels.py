"""Gaps between the contact intervals of fixed places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def fill_gaps(
    first: int,
    offsets: NDArray[np.int64],
    part: NDArray[np.uint32],
    begin_us: NDArray[np.int64],
    end_us: NDArray[np.int64],
    counts: NDArray[np.bool_],
    from_us: int,
    to_us: int,
    n_gaps: NDArray[np.int64],
    sum_us: NDArray[np.int64],
    sum_s2: NDArray[np.float64],
    longest_us: NDArray[np.int64],
    step_us: int,
    in_contact: NDArray[np.bool_],
) -> None:
    """Number, sum, sum of squares and greatest of each probe's gaps in [from_us, to_us).

    ``in_contact[p, i]``: whether probe p is in contact at ``from_us + i * step_us``. Probe p is target
    ``first + p``; its contacts are ``part[offsets[k] : offsets[k + 1]]``, and a part covers [begin_us,
    end_us] if it ``counts``. The intervals are merged in order of their beginning.
    """
    n_steps = in_contact.shape[1]
    longest = 0
    for k in range(first, offsets.size - 1):
        longest = max(longest, offsets[k + 1] - offsets[k])
    starts = np.empty(longest, np.int64)
    stops = np.empty(longest, np.int64)
    for k in range(first, offsets.size - 1):
        n = 0
        for i in range(offsets[k], offsets[k + 1]):
            p = part[i]
            if not counts[p] or end_us[p] < from_us or begin_us[p] > to_us:
                continue
            start, stop = begin_us[p], end_us[p]
            j = n - 1
            while j >= 0 and starts[j] > start:
                starts[j + 1] = starts[j]
                stops[j + 1] = stops[j]
                j -= 1
            starts[j + 1] = start
            stops[j + 1] = stop
            n += 1
        covered_to = from_us
        for i in range(n + 1):
            start = starts[i] if i < n else to_us
            gap = start - covered_to
            if gap > 0:
                n_gaps[k - first] += 1
                sum_us[k - first] += gap
                sum_s2[k - first] += (gap * 1e-6) * (gap * 1e-6)
                longest_us[k - first] = max(longest_us[k - first], gap)
            if i < n:
                begin = max(start, covered_to) - from_us
                for j in range(-(-begin // step_us), min((stops[i] - from_us) // step_us + 1, n_steps)):
                    in_contact[k - first, j] = True
                covered_to = max(covered_to, stops[i])
