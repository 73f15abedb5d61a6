"""The gap split integrated over time: a walk over the moments at which the answer can change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

HELD, QUALITY, COMING, REFUSED, NOBODY = 0, 1, 2, 6, 7
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
    good: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    any_error: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    again: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    gone: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    window_us: int,
    n_told: int,
    answer_us: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Add to ``answer_us[s, a]`` the time of subject s in its intervals while a is the first answer to hold.

    ``target``, ``subject``, ``t_from_us`` and ``t_to_us`` are the intervals. Target k's contacts are rows
    ``offsets[k] .. offsets[k + 1]`` of ``part`` and ``t_contact_us`` (rising); ``answer_before``, indexed by
    part, is what its contacts make true, -1 for nothing. Four kinds of steps make ``HELD``, ``QUALITY``,
    ``COMING`` and ``REFUSED`` true: offsets by target, rising times, and observations of each.

    A contact makes its answer true until it is ``window_us`` old, a step until its observation is, or the
    next step. A contact that has arrived still makes its earlier answer true, which comes later in the order
    and so does not matter.

    Returns the spans of time in which targets below ``n_told`` are answered by what is to come or was
    refused: answer, target, subject, from, to [us], (n_spans, 5), in order of the intervals.
    """
    until = np.empty(NOBODY, np.int64)
    spans = np.empty((1024, 5), np.int64)
    n = 0
    for i in range(target.size):
        k = target[i]
        t, end = t_from_us[i], t_to_us[i]
        until[:] = t
        contact, last = offsets[k], offsets[k + 1]
        good_row, good_last, good_until = _first_step(good, k, t)
        any_row, any_last, any_until = _first_step(any_error, k, t)
        again_row, again_last, again_until = _first_step(again, k, t)
        gone_row, gone_last, gone_until = _first_step(gone, k, t)
        while t < end:
            good_row, good_until = _stepped(good, good_row, good_last, t, good_until, window_us)
            if good_until > t:
                good_row, good_until, following = _run(good, good_row, good_last, good_until, end, window_us)
                answer_us[subject[i], HELD] += following - t
                t = following
                continue
            limit = end
            if good_row < good_last:
                limit = min(limit, good[1][good_row])
            any_row, any_until = _stepped(any_error, any_row, any_last, t, any_until, window_us)
            if any_until > t:
                any_row, any_until, following = _run(
                    any_error, any_row, any_last, any_until, limit, window_us
                )
                answer_us[subject[i], QUALITY] += following - t
                t = following
                continue
            if any_row < any_last:
                limit = min(limit, any_error[1][any_row])
            again_row, again_until = _stepped(again, again_row, again_last, t, again_until, window_us)
            gone_row, gone_until = _stepped(gone, gone_row, gone_last, t, gone_until, window_us)
            if again_row < again_last:
                limit = min(limit, again[1][again_row])
            if contact < last and t_contact_us[contact] <= t - window_us:
                contact = newest_row(t_contact_us, contact, last, t - window_us) + 1
            while contact < last and t_contact_us[contact] <= t:
                answer = answer_before[part[contact]]
                if answer >= 0:
                    until[answer] = t_contact_us[contact] + window_us
                contact += 1
            answer, standing = COMING, again_until
            while answer < REFUSED and max(until[answer], standing) <= t:
                answer, standing = answer + 1, t
            if answer == REFUSED:
                standing = gone_until
                if gone_row < gone_last:
                    limit = min(limit, gone[1][gone_row])
                if max(until[REFUSED], standing) <= t:
                    answer = NOBODY
            following = limit
            if answer < NOBODY:
                following = min(limit, max(until[answer], standing))
            while contact < last and t_contact_us[contact] < following:
                own = answer_before[part[contact]]
                if own >= 0:
                    if own < answer:
                        following = t_contact_us[contact]
                        break
                    until[own] = t_contact_us[contact] + window_us
                    if own == answer:
                        following = min(limit, max(until[own], standing))
                contact += 1
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


@kernel
def _first_step(
    steps: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], k: int, t_us: int
) -> tuple[int, int, int]:
    """The last step of target k that has begun by ``t_us``, or its first; the end of its steps; and until
    when what they make true holds, ``t_us`` before any is taken.
    """
    offsets, times_us, _ = steps
    first = offsets[k]
    return max(newest_row(times_us, first, offsets[k + 1], t_us), first), offsets[k + 1], t_us


@kernel
def _stepped(
    steps: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    row: int,
    last: int,
    t_us: int,
    until_us: int,
    window_us: int,
) -> tuple[int, int]:
    """The next step, and until when what steps make true holds, after those that have begun by ``t_us``."""
    _, times_us, observed_us = steps
    while row < last and times_us[row] <= t_us:
        until_us = observed_us[row] + window_us
        row += 1
    return row, until_us


@kernel
def _run(
    steps: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    row: int,
    last: int,
    until_us: int,
    limit_us: int,
    window_us: int,
) -> tuple[int, int, int]:
    """As ``_stepped`` for as long as steps follow each other without a break; with it the end of that."""
    _, times_us, observed_us = steps
    following = min(limit_us, until_us)
    while row < last and times_us[row] < following:
        until_us = observed_us[row] + window_us
        following = min(limit_us, max(until_us, times_us[row]))
        row += 1
    return row, until_us, following
