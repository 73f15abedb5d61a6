"""Cases and their hops, links replayed, and the stages of each hop: one pass each.

Model: cases (and requests) are numbered by their keys; what is worked out for them is spread over their hops
and compared with the books in one pass, ``stages``, which notes as bits of one number per hop which columns
differ. What the rules say stands with their callers (``queues``, ``clocks``).

Where next: ``clocks`` asks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US

Column = NDArray[Any]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

OUT_OF_ORDER, REFUSED_MET, STOPPED_MET, FIRST_STAGE = 0, 1, 2, 3
"""Bits of the rules about order, and that of the first column of ``stages``."""


@kernel
def case_keys(
    rows: Ints,
    link: Ints,
    category: Ints,
    window: Ints,
    consent: Column,
    n_categories: int,
    n_windows: int,
    n_consents: int,
    keys: Ints,
) -> None:
    """One number for link, category, window and consent (none, if ``consent`` is empty) of each hop."""
    for i in range(len(rows)):
        r = rows[i]
        key = (link[r] * n_categories + category[r]) * n_windows + window[r]
        about = np.int64(consent[i]) + 1 if len(consent) else 0
        keys[i] = key * n_consents + about


@kernel
def number_cases(keys: Ints, number: NDArray[np.int32], of_row: Ints, place: Ints) -> int:
    """Number the keys that there are in their order; how many there are.

    ``number`` has an entry for each key there may be, all 0; ``of_row`` takes the number of each row's key,
    ``place`` the first row of each number.
    """
    for i in range(len(keys)):
        number[keys[i]] = 1
    n = 0
    for k in range(len(number)):
        if number[k]:
            number[k] = n
            place[n] = -1
            n += 1
    for i in range(len(keys)):
        of_row[i] = number[keys[i]]
        if place[of_row[i]] < 0:
            place[of_row[i]] = i
    return n


@kernel
def leaving(
    rows: Ints,
    of_row: Ints,
    fed: Ints,
    n_bytes: Ints,
    at_release: NDArray[np.uint16],
    asks: Bools,
    is_request: bool,
    out_us: Ints,
    size: Ints,
    goes: Bools,
) -> None:
    """Bytes of each case or request that leaves, by those of its hops that do (P,), and whether any does."""
    for i in range(len(rows)):
        r, p = rows[i], of_row[i]
        if at_release[r] == 0 and asks[r] == is_request and out_us[p] != NEVER_US:
            goes[p] = True
            size[p] += n_bytes[fed[r]]


@kernel
def any_weight(rows: Ints, of_row: Ints, fed: Ints, n_bytes: Ints, has: Bools) -> None:
    """Whether any hop of each case or request has bytes (P,)."""
    for i in range(len(rows)):
        has[of_row[i]] |= n_bytes[fed[rows[i]]] > 0


@kernel
def replay_line(
    out_us: Ints,
    ready_us: Ints,
    lasting_us: Ints,
    n_bytes: Ints,
    most: int,
    down_us: Ints,
    up_us: Ints,
    sent_us: Ints,
) -> None:
    """When each piece was sent, in the order in which they came; -1 if the queue was full.

    The link is down from each ``down_us`` to each ``up_us``.
    """
    free, n_line, n_gone = 0, 0, 0
    line = np.empty(len(out_us), np.int64)
    for i in range(len(out_us)):
        while n_gone < n_line and line[n_gone] <= out_us[i]:
            n_gone += 1
        if n_line - n_gone >= most:
            sent_us[i] = -1
            continue
        begin = max(ready_us[i], free)
        k = np.searchsorted(up_us, begin, side="right")
        while k < len(down_us) and down_us[k] < begin + max(lasting_us[i], 1):
            begin = max(begin, up_us[k])
            k += 1
        sent_us[i] = begin
        if n_bytes[i]:
            line[n_line] = begin
            n_line += 1
            free = begin + lasting_us[i]


@kernel
def stages(
    times_us: tuple[Column, ...],
    case: Column,
    gates: Column,
    outcome: Column,
    case_of: NDArray[np.int32],
    request_of: NDArray[np.int32],
    of_case: Ints,
    of_request: Ints,
    is_sent: Bools,
    expired_cases: Bools,
    expired_requests: Bools,
    piece_of_case: Ints,
    piece_of_request: Ints,
    over_link: Ints,
    is_stopped: Bools,
    asks: Bools,
    is_lost: Bools,
    ruled: NDArray[np.uint16],
    at_release: NDArray[np.uint16],
    at_receipt: NDArray[np.uint16],
    due_us: Ints,
    end_us: int,
    outcomes: tuple[int, ...],
    flags: NDArray[np.uint32],
    wanted: Ints,
) -> int:
    """Number of hops whose stages are out of order or not what they should be; how, as bits, in ``flags``.

    ``times_us`` are the eleven stages as booked, from arrival on; ``of_case`` (C, 5) holds for each case when
    it was closed, its number, and the stages at the desk, ``of_request`` (Q, 2) decision and answer,
    ``over_link`` (P, 2) when each piece was sent and transmitted, -1 if it was dropped. ``outcomes`` are
    IN_FLIGHT, DELIVERED, EXPIRED, NOT_SENT, LOST and WITHHELD. Where ``wanted`` (12, H) has columns it takes
    the stages from the closing of the case on, the number of the case, and the outcome.
    """
    in_flight, delivered, expired, not_sent, lost_, withheld = outcomes
    arrived, closed, review, reviewed, released, asked, decided, consented, sent, transmitted, received = (
        times_us
    )
    count, should, found = 0, np.empty(12, np.int64), np.empty(12, np.int64)
    for r in range(len(case)):
        c, q = case_of[r], request_of[r]
        has_left = at_release[r] == 0
        for k in range(10):
            should[k] = NEVER_US
        should[10] = -1
        is_expired, is_unsent, is_gone, piece = False, is_stopped[r], is_lost[r], np.int64(-1)
        if c >= 0:
            should[0], should[10] = of_case[c, 0], of_case[c, 1]
            should[1], should[2], should[3] = of_case[c, 2], of_case[c, 3], of_case[c, 4]
            if asks[r] or has_left:
                should[4] = released[r]
                if not asks[r]:
                    should[5], should[6] = released[r], released[r]
            is_expired, is_unsent = expired_cases[c], not is_sent[c]
            if has_left and not asks[r]:
                piece = piece_of_case[c]
        if q >= 0:
            should[5], should[6] = of_request[q, 0], of_request[q, 1]
            is_expired |= expired_requests[q]
            if has_left and asks[r]:
                piece = piece_of_request[q]
        if piece >= 0:
            if over_link[piece, 0] < 0:
                is_gone = True
            else:
                should[7] = over_link[piece, 0] if over_link[piece, 0] <= end_us else NEVER_US
                should[8] = over_link[piece, 1] if over_link[piece, 1] <= end_us else NEVER_US
        if has_left and not is_gone and at_receipt[r] == 0 and due_us[r] <= end_us:
            should[9] = due_us[r]
        should[11] = delivered if received[r] != NEVER_US else in_flight
        should[11] = expired if is_expired else should[11]
        should[11] = not_sent if is_unsent else should[11]
        should[11] = lost_ if is_gone else should[11]
        if ruled[r] != 0 or at_release[r] != 0 or at_receipt[r] != 0:
            should[11] = withheld

        found[0], found[1], found[2] = closed[r], review[r], reviewed[r]
        found[3], found[4], found[5], found[6] = released[r], asked[r], decided[r], consented[r]
        found[7], found[8], found[9] = sent[r], transmitted[r], received[r]
        found[10], found[11] = case[r], outcome[r]
        bits, last_us, has_met = 0, arrived[r], case[r] >= 0
        for k in range(10):
            bits |= 1 << OUT_OF_ORDER if found[k] < last_us else 0
            last_us = found[k]
            has_met |= found[k] != NEVER_US
        if has_met:
            bits |= 1 << REFUSED_MET if gates[r] != 0 else 0
            bits |= 1 << STOPPED_MET if is_stopped[r] else 0
        for k in range(12):
            bits |= 1 << (FIRST_STAGE + k) if found[k] != should[k] else 0
            if wanted.shape[1]:
                wanted[k, r] = should[k]
        flags[r] = bits
        count += bits != 0
    return count
