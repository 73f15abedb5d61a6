"""Time in which two pictures hold the same targets, in closed form over the steps of both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row


@kernel
def fill_shared(
    target: NDArray[np.int64],
    cell: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    report: NDArray[np.uint32],
    other_offsets: NDArray[np.int64],
    other_received_us: NDArray[np.int64],
    other_observed_us: NDArray[np.int64],
    other_report: NDArray[np.uint32],
    age_us: NDArray[np.int64],
    shared_us: NDArray[np.int64],
) -> None:
    """Add to ``shared_us[c, j]`` the time of subject s at age j: held by both, by the first alone, by the
    second alone, and by both through the same report.

    Intervals and pictures are as for ``custody_kernels.fill_held``; intervals of no cell (-1) are passed
    over. Between steps of either picture, each holds its target from the beginning to its observation plus
    the age, if it has one.
    """
    least_us = age_us.min()
    for i in range(target.size):
        k, c = target[i], cell[i]
        if c < 0:
            continue
        last, other_last = offsets[k + 1], other_offsets[k + 1]
        begin = t_from_us[i]
        row = newest_row(t_received_us, offsets[k], last, begin)
        other = newest_row(other_received_us, other_offsets[k], other_last, begin)
        at_every_age, same_at_every_age = np.int64(0), np.int64(0)
        while begin < t_to_us[i]:
            end = t_to_us[i]
            if row + 1 < last:
                end = min(end, t_received_us[row + 1])
            if other + 1 < other_last:
                end = min(end, other_received_us[other + 1])
            has, has_other = row >= offsets[k], other >= other_offsets[k]
            same = has and has_other and report[row] == other_report[other]
            if (
                has
                and has_other
                and end <= t_observed_us[row] + least_us
                and end <= other_observed_us[other] + least_us
            ):
                at_every_age += end - begin
                if same:
                    same_at_every_age += end - begin
                begin = end
            for j in range(age_us.size if begin < end else 0):
                mine = theirs = begin
                if has:
                    mine = max(begin, min(end, t_observed_us[row] + age_us[j]))
                if has_other:
                    theirs = max(begin, min(end, other_observed_us[other] + age_us[j]))
                both = min(mine, theirs) - begin
                shared_us[c, j, 0] += both
                shared_us[c, j, 1] += max(mine - theirs, 0)
                shared_us[c, j, 2] += max(theirs - mine, 0)
                if same:
                    shared_us[c, j, 3] += both
            begin = end
            if row + 1 < last and t_received_us[row + 1] == end:
                row += 1
            if other + 1 < other_last and other_received_us[other + 1] == end:
                other += 1
        for j in range(age_us.size):
            shared_us[c, j, 0] += at_every_age
            shared_us[c, j, 3] += same_at_every_age
