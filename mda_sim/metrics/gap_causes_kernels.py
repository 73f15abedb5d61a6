"""What stands behind ``latency`` and ``policy`` in the gap split: walks over the contacts of each span.

Model: both are minima over a sliding window. In a span the contacts that answer come in order of time and go
when they are a window old, so a queue of those that can still become the best one, each worse than the one
before it, has the best at its head.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

PRODUCT, FEED, CASE_FORMING, DESK_WAIT, REVIEW = 0, 1, 2, 3, 4
ELAPSED, CONSENT, LINK_WAIT, TRANSMISSION, RELAY = 5, 6, 7, 8, 9
"""Stages; see ``latency.STAGE_NAMES``."""

BY_GROUP, NOT_OFFERED = -2, -1
"""In place of a hop, as in ``picture.receipts``: by a group, or by a feed or not offered to a link yet."""

COMING, REFUSED = 2, 6
"""Answers; see ``gap_split.Answer``."""


@kernel
def _overlap(t_us: int, until_us: int, from_us: int, to_us: int) -> int:
    """Length of the common part of [t, until) and [from, to) [us]."""
    return max(0, min(until_us, to_us) - max(t_us, from_us))


@kernel
def _add_stages(
    t_us: int,
    until_us: int,
    ready_us: int,
    hop: int,
    source: NDArray[np.int32],
    times_us: tuple[NDArray[np.int64], ...],
    stage_us: NDArray[np.int64],
    never_us: int,
) -> None:
    """Add the time [t, until) to the stages in which a copy is that comes by ``hop``.

    ``times_us`` are the columns of `hops` that bound stages, in the order of time.
    """
    stage_us[PRODUCT] += _overlap(t_us, until_us, t_us, ready_us)
    if hop == BY_GROUP:
        stage_us[PRODUCT] += _overlap(t_us, until_us, ready_us, never_us)
        return
    if hop == NOT_OFFERED:
        stage_us[FEED] += _overlap(t_us, until_us, ready_us, never_us)
        return
    arrived_us, case_us, review_us, reviewed_us, released_us, consented_us, sent_us, received_us = times_us
    while source[hop] >= 0:
        came, left = arrived_us[hop], received_us[hop]
        asking = _overlap(t_us, until_us, released_us[hop], consented_us[hop])
        stage_us[CONSENT] += asking
        stage_us[RELAY] += _overlap(t_us, until_us, came, left) - asking
        hop = source[hop]
    stage_us[FEED] += _overlap(t_us, until_us, ready_us, arrived_us[hop])
    stage_us[CASE_FORMING] += _overlap(t_us, until_us, arrived_us[hop], case_us[hop])
    stage_us[DESK_WAIT] += _overlap(t_us, until_us, case_us[hop], review_us[hop])
    stage_us[REVIEW] += _overlap(t_us, until_us, review_us[hop], reviewed_us[hop])
    stage_us[ELAPSED] += _overlap(t_us, until_us, reviewed_us[hop], released_us[hop])
    stage_us[CONSENT] += _overlap(t_us, until_us, released_us[hop], consented_us[hop])
    stage_us[LINK_WAIT] += _overlap(t_us, until_us, consented_us[hop], sent_us[hop])
    stage_us[TRANSMISSION] += _overlap(t_us, until_us, sent_us[hop], received_us[hop])


@kernel
def fill_causes(
    spans: NDArray[np.int64],
    cell: NDArray[np.int64],
    offsets: NDArray[np.int64],
    part: NDArray[np.uint32],
    t_contact_us: NDArray[np.int64],
    answer_before: NDArray[np.int8],
    forgotten_us: NDArray[np.int64],
    gates: NDArray[np.int64],
    purged: int,
    ready_us: NDArray[np.int64],
    receipt_offsets: NDArray[np.int64],
    receipt_us: NDArray[np.int64],
    receipt_hop: NDArray[np.int64],
    under_way: NDArray[np.int64],
    source: NDArray[np.int32],
    times_us: tuple[NDArray[np.int64], ...],
    window_us: int,
    never_us: int,
    stage_us: NDArray[np.int64],
    mask_us: NDArray[np.int64],
) -> None:
    """Add the time in spans of latency of cell c while the part that counts is in stage i to ``stage_us[c,
    i]``, and that in spans of policy while m is the set of gates that counts to ``mask_us[c, m]``.

    ``spans`` are those of ``gap_split.Split``, ``cell`` is by subject, and contacts are as in
    ``fill_answers``. By part are ``answer_before`` (before any copy was destroyed), ``forgotten_us``,
    ``gates``, the mask of those that refuse it, ``ready_us``, receipts ``receipt_offsets[p] ..
    receipt_offsets[p + 1]`` of ``receipt_us`` (rising) and ``receipt_hop``, and ``under_way``, the hop of
    what comes by no receipt. ``purged`` is the one bit that a part has of which the last copy was destroyed.
    ``source`` and ``times_us`` are columns of `hops`.

    Of the contacts under way that one counts which comes first; then the one that was seen first. Of the
    contacts refused or destroyed that one which the fewest gates stop; then the newest.
    """
    n_bits = np.empty(2 * purged, np.int64)
    for mask in range(n_bits.size):
        n_bits[mask] = _n_bits(mask)
    queue = np.empty(max(1, _most(offsets)), np.int64)
    rank, by, over_us = np.empty((3, queue.size), np.int64)
    for i in range(len(spans)):
        comes = spans[i, 0] == COMING
        k, row, t, end = spans[i, 1], cell[spans[i, 2]], spans[i, 3], spans[i, 4]
        contact, last = (
            newest_row(t_contact_us, offsets[k], offsets[k + 1], t - window_us) + 1,
            offsets[k + 1],
        )
        head, tail = 0, 0
        counts, counted_by, since = np.int64(-1), NOT_OFFERED, t
        while t < end:
            while contact < last and t_contact_us[contact] <= t:
                p = part[contact]
                is_purged = answer_before[p] == COMING and forgotten_us[p] <= t
                if comes and answer_before[p] == COMING and not is_purged:
                    r = receipt_offsets[p]
                    while r < receipt_offsets[p + 1] and receipt_us[r] <= t:
                        r += 1
                    is_received = r < receipt_offsets[p + 1]
                    worse = receipt_us[r] if is_received else never_us
                    while tail > head and rank[tail - 1] > worse:
                        tail -= 1
                    queue[tail], rank[tail] = contact, worse
                    by[tail] = receipt_hop[r] if is_received else under_way[p]
                    over_us[tail] = min(t_contact_us[contact] + window_us, forgotten_us[p])
                    tail += 1
                elif not comes and (answer_before[p] == REFUSED or is_purged):
                    stopped = purged if is_purged else gates[p]
                    worse = n_bits[stopped]
                    while tail > head and rank[tail - 1] >= worse:
                        tail -= 1
                    queue[tail], rank[tail], by[tail] = contact, worse, stopped
                    over_us[tail] = t_contact_us[contact] + window_us
                    tail += 1
                contact += 1
            while head < tail and over_us[head] <= t:
                head += 1
            now = queue[head] if head < tail else np.int64(-1)
            if now != counts:
                if counts >= 0 and comes:
                    _add_stages(
                        since,
                        t,
                        ready_us[part[counts]],
                        counted_by,
                        source,
                        times_us,
                        stage_us[row],
                        never_us,
                    )
                elif counts >= 0:
                    mask_us[row, counted_by] += t - since
                counts, since = now, t
            following = end
            if contact < last:
                following = min(following, t_contact_us[contact])
            if head < tail:
                counted_by = by[head]
                following = min(following, over_us[head])
            t = following
        if counts >= 0 and comes:
            ready = ready_us[part[counts]]
            _add_stages(since, end, ready, counted_by, source, times_us, stage_us[row], never_us)
        elif counts >= 0:
            mask_us[row, counted_by] += end - since


@kernel
def _most(offsets: NDArray[np.int64]) -> int:
    """The most rows that any target has."""
    most = 0
    for k in range(offsets.size - 1):
        most = max(most, offsets[k + 1] - offsets[k])
    return most


@kernel
def _n_bits(mask: int) -> int:
    """Number of bits that are set."""
    n = 0
    while mask:
        n += mask & 1
        mask >>= 1
    return n
