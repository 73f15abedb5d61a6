"""How each silent stay ends: with a contact not matched to AIS, otherwise, or with the scored time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

CENSORED = 0
RECEIVED = 1
LEFT = 2


@kernel
def has_match(
    nth: int,
    first: int,
    last: int,
    part: NDArray[np.uint32],
    t_observed_us: NDArray[np.int64],
    came_us: NDArray[np.int64],
    is_ais: NDArray[np.bool_],
    window_us: int,
) -> bool:
    """Whether an AIS contact observed within the window of contact ``nth`` had come when it came.

    The contacts of its vessel are rows [first, last) of ``part`` and ``t_observed_us``, which rises.
    """
    by_us, observed_us = came_us[part[nth]], t_observed_us[nth]
    i = nth - 1
    while i >= first and observed_us - t_observed_us[i] <= window_us:
        if is_ais[part[i]] and came_us[part[i]] <= by_us:
            return True
        i -= 1
    i = nth + 1
    while i < last and t_observed_us[i] - observed_us <= window_us:
        if is_ais[part[i]] and came_us[part[i]] <= by_us:
            return True
        i += 1
    return False


@kernel
def fill_silent_visits(
    target: NDArray[np.int64],
    subject: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    part: NDArray[np.uint32],
    t_observed_us: NDArray[np.int64],
    came_us: NDArray[np.int64],
    is_ais: NDArray[np.bool_],
    score_from_us: int,
    score_to_us: int,
    window_us: int,
    subject_out: NDArray[np.int64],
    lasted_out: NDArray[np.int64],
    ended_out: NDArray[np.int64],
) -> int:
    """Write subject, duration [us] and end of every silent stay that counts; return their number.

    Target k's contacts are rows ``offsets[k] .. offsets[k + 1]`` of ``part`` and ``t_observed_us``, which
    rises; ``came_us`` and ``is_ais`` are indexed by part. None is received before it is observed, so the
    search ends at the first contact observed after the earliest receipt found.
    """
    n = 0
    for i in range(target.size):
        begins, ends = t_from_us[i], t_to_us[i]
        if begins <= score_from_us or ends <= begins:
            continue
        first, last = offsets[target[i]], offsets[target[i] + 1]
        earliest = ends
        row = newest_row(t_observed_us, first, last, begins - 1) + 1
        while row < last and t_observed_us[row] < earliest:
            came = came_us[part[row]]
            if (
                came < earliest
                and not is_ais[part[row]]
                and not has_match(row, first, last, part, t_observed_us, came_us, is_ais, window_us)
            ):
                earliest = came
            row += 1
        if earliest < ends:
            ended = RECEIVED
        elif ends >= score_to_us:
            ended = CENSORED
        else:
            ended = LEFT
        subject_out[n], lasted_out[n], ended_out[n] = subject[i], earliest - begins, ended
        n += 1
    return n
