"""The gap split integrated over time: a walk over the moments at which the answer can change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

HELD, ARRIVED, COMING, NOBODY = 0, 1, 2, 7
"""The first three answers and the last; see ``gap_split.Answer``."""


@kernel
def fill_answers(
    target: NDArray[np.int64],
    subject: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    part: NDArray[np.uint32],
    t_contact_us: NDArray[np.int64],
    answer_before: NDArray[np.int8],
    good_offsets: NDArray[np.int64],
    good_received_us: NDArray[np.int64],
    good_observed_us: NDArray[np.int64],
    any_offsets: NDArray[np.int64],
    any_received_us: NDArray[np.int64],
    any_observed_us: NDArray[np.int64],
    window_us: int,
    answer_us: NDArray[np.int64],
) -> None:
    """Add to ``answer_us[s, a]`` the time of subject s in its intervals while a is the first answer to hold.

    ``target``, ``subject``, ``t_from_us`` and ``t_to_us`` are the intervals. Target k's contacts are rows
    ``offsets[k] .. offsets[k + 1]`` of ``part`` and ``t_contact_us`` (rising); ``answer_before``, indexed by
    part, is what its contacts make true until it arrives, -1 if it does not exist. The pictures of good and
    of any observations have rows by target, with rising receipts and observations.

    An answer is true until its newest observation is ``window_us`` old. A contact that has arrived still
    makes its earlier answer true, which comes later in the order and so does not matter.
    """
    until = np.empty(NOBODY, np.int64)
    for i in range(target.size):
        k = target[i]
        t, end = t_from_us[i], t_to_us[i]
        until[:] = t
        contact = newest_row(t_contact_us, offsets[k], offsets[k + 1], t - window_us) + 1
        good = max(newest_row(good_received_us, good_offsets[k], good_offsets[k + 1], t), good_offsets[k])
        newest = max(newest_row(any_received_us, any_offsets[k], any_offsets[k + 1], t), any_offsets[k])
        while t < end:
            while contact < offsets[k + 1] and t_contact_us[contact] <= t:
                answer = answer_before[part[contact]]
                if answer >= 0:
                    until[answer] = t_contact_us[contact] + window_us
                contact += 1
            while good < good_offsets[k + 1] and good_received_us[good] <= t:
                until[HELD] = good_observed_us[good] + window_us
                good += 1
            while newest < any_offsets[k + 1] and any_received_us[newest] <= t:
                until[ARRIVED] = any_observed_us[newest] + window_us
                newest += 1
            answer = 0
            while answer < NOBODY and until[answer] <= t:
                answer += 1
            following = end if answer == NOBODY else min(end, until[answer])
            if answer > HELD and good < good_offsets[k + 1]:
                following = min(following, good_received_us[good])
            if answer > ARRIVED and newest < any_offsets[k + 1]:
                following = min(following, any_received_us[newest])
            if answer > COMING and contact < offsets[k + 1]:
                following = min(following, t_contact_us[contact])
            answer_us[subject[i], answer] += following - t
            t = following
