"""The gap split integrated over time: a walk over the moments at which the answer can change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

COMING, REFUSED, NOBODY = 2, 6, 7
"""Answers that the walk treats apart; see ``gap_split.Answer``."""


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
    step_offsets: NDArray[np.int64],
    t_step_us: NDArray[np.int64],
    step_observed_us: NDArray[np.int64],
    step_answer: NDArray[np.int64],
    window_us: int,
    n_told: int,
    answer_us: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Add to ``answer_us[s, a]`` the time of subject s in its intervals while a is the first answer to hold.

    ``target``, ``subject``, ``t_from_us`` and ``t_to_us`` are the intervals. Target k's contacts are rows
    ``offsets[k] .. offsets[k + 1]`` of ``part`` and ``t_contact_us`` (rising); ``answer_before``, indexed by
    part, is what its contacts make true, -1 for nothing. Its steps of kind j are rows ``step_offsets[j, k] ..
    step_offsets[j, k + 1]`` of ``t_step_us`` (rising) and ``step_observed_us``; each makes
    ``step_answer[j]`` true.

    A contact makes its answer true until it is ``window_us`` old, a step until its observation is, or the
    next step. A contact that has arrived still makes its earlier answer true, which comes later in the order
    and so does not matter.

    Returns the spans of time in which targets below ``n_told`` are answered by what is to come or was
    refused: answer, target, subject, from, to [us], (n_spans, 5), in order of the intervals.
    """
    n_kinds = step_answer.size
    until = np.empty(NOBODY, np.int64)
    step_until = np.empty(NOBODY, np.int64)
    step = np.empty(n_kinds, np.int64)
    spans = np.empty((1024, 5), np.int64)
    n = 0
    for i in range(target.size):
        k = target[i]
        t, end = t_from_us[i], t_to_us[i]
        until[:] = t
        step_until[:] = t
        contact = newest_row(t_contact_us, offsets[k], offsets[k + 1], t - window_us) + 1
        for j in range(n_kinds):
            first = step_offsets[j, k]
            step[j] = max(newest_row(t_step_us, first, step_offsets[j, k + 1], t), first)
        while t < end:
            while contact < offsets[k + 1] and t_contact_us[contact] <= t:
                answer = answer_before[part[contact]]
                if answer >= 0:
                    until[answer] = t_contact_us[contact] + window_us
                contact += 1
            for j in range(n_kinds):
                while step[j] < step_offsets[j, k + 1] and t_step_us[step[j]] <= t:
                    step_until[step_answer[j]] = step_observed_us[step[j]] + window_us
                    step[j] += 1
            answer = 0
            while answer < NOBODY and until[answer] <= t and step_until[answer] <= t:
                answer += 1
            following = end
            if answer < NOBODY:
                following = min(end, max(until[answer], step_until[answer]))
            for j in range(n_kinds):
                if step_answer[j] <= answer and step[j] < step_offsets[j, k + 1]:
                    following = min(following, t_step_us[step[j]])
            if answer > COMING and contact < offsets[k + 1]:
                following = min(following, t_contact_us[contact])
            answer_us[subject[i], answer] += following - t
            if k < n_told and answer in (COMING, REFUSED):
                if (
                    n > 0
                    and spans[n - 1, 4] == t
                    and spans[n - 1, 0] == answer
                    and spans[n - 1, 2] == subject[i]
                ):
                    spans[n - 1, 4] = following
                else:
                    if n == len(spans):
                        longer = np.empty((2 * n, 5), np.int64)
                        longer[:n] = spans
                        spans = longer
                    spans[n, 0], spans[n, 1], spans[n, 2] = answer, k, subject[i]
                    spans[n, 3], spans[n, 4] = t, following
                    n += 1
            t = following
    return spans[:n]
