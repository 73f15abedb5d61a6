"""Rows of the hops laid out, put in order and followed back to their feeds: one pass each.

Model: each kernel goes through the rows once and notes, as bits of one number per row, which rules it breaks;
what the rules say stands with their callers (``case_file``, ``books``, ``trails``).

Assumptions and limits: ids of links, and rows of sources, were found to exist before (``check_names``).
Where next: ``trail_kernels`` follows what becomes of the copies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.trails import ROUTE_BITS
from mda_sim.core.jit import kernel

Column = NDArray[Any]
"""A column in whatever integer type the table has it."""
Ints = NDArray[np.int64]


@kernel
def lay_out(
    part: Column,
    outcome: Column,
    place: NDArray[np.int64],
    category_of: NDArray[np.int64],
    delivered: int,
    row: NDArray[np.int64],
    category: NDArray[np.int64],
    is_known: NDArray[np.bool_],
    is_delivered: NDArray[np.bool_],
) -> None:
    """The fed part, its category, whether it was fed at all, and whether it came, of each hop."""
    last = len(place) - 1
    for i in range(len(part)):
        found = place[min(int(part[i]), last)]
        is_known[i] = found >= 0
        row[i] = max(found, 0)
        category[i] = category_of[row[i]] if len(category_of) else 0
        is_delivered[i] = outcome[i] == delivered


@kernel
def misplaced(part: Column, link: Column, copy: Column, flags: NDArray[np.uint8]) -> int:
    """Number of rows out of the order of part and link (bit 0), or of copies not counted from 0 (bit 1)."""
    count = 0
    for i in range(len(part)):
        expected = np.int64(0)
        if i > 0:
            if part[i] < part[i - 1] or (part[i] == part[i - 1] and link[i] < link[i - 1]):
                flags[i] |= 1
            if not (part[i] > part[i - 1] or (part[i] == part[i - 1] and link[i] > link[i - 1])):
                expected = np.int64(copy[i - 1]) + 1
        if copy[i] != expected:
            flags[i] |= 2
        count += flags[i] != 0
    return count


@kernel
def depths(source: Column, most: int, depth: NDArray[np.int16]) -> None:
    """Links behind each hop; -1 where no feed is behind as many as ``most`` hops."""
    for i in range(len(source)):
        number, back = 0, np.int64(source[i])
        while back >= 0 and number <= most:
            number += 1
            back = np.int64(source[back])
        depth[i] = number if number <= most else -1


@kernel
def misled(
    part: Column,
    link: Column,
    source: Column,
    is_kept: Column,
    arrived_us: Column,
    received_us: Column,
    row: NDArray[np.int64],
    is_delivered: NDArray[np.bool_],
    depth: NDArray[np.int16],
    sender: NDArray[np.int64],
    recipient: NDArray[np.int64],
    feed_node: NDArray[np.int64],
    fed_us: NDArray[np.int64],
    end_us: int,
    flags: NDArray[np.uint8],
) -> int:
    """Number of hops whose copy cannot have come as booked, and in ``flags`` how: see ``check_sources``."""
    count = 0
    for i in range(len(part)):
        back, bits = np.int64(source[i]), 0
        if back < 0:
            came_us = fed_us[row[i]]
            bits |= 1 if feed_node[row[i]] != sender[link[i]] else 0
            bits |= 2 if came_us > end_us else 0
        else:
            came_us = received_us[back]
            bits |= 4 if part[back] != part[i] else 0
            bits |= 8 if recipient[link[back]] != sender[link[i]] else 0
            bits |= 16 if not is_delivered[back] else 0
            bits |= 32 if is_kept[back] == 0 else 0
        bits |= 64 if arrived_us[i] != came_us else 0
        bits |= 128 if depth[i] < 0 else 0
        flags[i] = bits
        count += bits != 0
    return count


@kernel
def tick(copy: Ints, link: Ints, made: Ints) -> int:
    """Tick off offers of copies to links in ``made``, sets of links (C, W); how many were there already."""
    twice = 0
    for i in range(len(copy)):
        word, bit = link[i] // ROUTE_BITS, np.int64(1) << (link[i] % ROUTE_BITS)
        twice += made[copy[i], word] & bit != 0
        made[copy[i], word] |= bit
    return twice


@kernel
def due_and_made(
    node: Ints,
    kind: Ints,
    comes: NDArray[np.bool_],
    was_at: Ints,
    leaving: Ints,
    begins: Ints,
    recipient: Ints,
    usable: NDArray[np.bool_],
    made: Ints,
) -> tuple[int, int]:
    """Number of offers of copies at nodes that are due, and of those that were made as well.

    ``was_at`` holds the nodes at which each copy has been (C, W); the links that leave node n are those in
    ``leaving`` from begins[n] to begins[n + 1].
    """
    n_due, n_made = 0, 0
    for c in range(len(node)):
        if not comes[c]:
            continue
        for k in range(begins[node[c]], begins[node[c] + 1]):
            i = leaving[k]
            to = recipient[i]
            if usable[i, kind[c]] and was_at[c, to // ROUTE_BITS] >> (to % ROUTE_BITS) & 1 == 0:
                n_due += 1
                n_made += made[c, i // ROUTE_BITS] >> (i % ROUTE_BITS) & 1
    return n_due, n_made


@kernel
def arrivals(
    part: Column,
    link: Ints,
    copy: Column,
    consent: Column,
    received_us: Column,
    window: Ints,
    on_request: NDArray[np.bool_],
    recipient: Ints,
    is_delivered: NDArray[np.bool_],
    rows: Ints,
    group: Ints,
    place: Ints,
) -> None:
    """Deliveries by part and node, as they came: rows, number of each one's group, place in the group."""
    n, begin, number = 0, 0, -1
    while begin < len(part):
        end, first = begin, n
        while end < len(part) and part[end] == part[begin]:
            if is_delivered[end]:
                i = n
                while i > first:
                    other = rows[i - 1]
                    one_node, other_node = recipient[link[end]], recipient[link[other]]
                    if one_node > other_node or (
                        one_node == other_node
                        and not _came_before(end, other, link, copy, consent, received_us, window, on_request)
                    ):
                        break
                    rows[i] = other
                    i -= 1
                rows[i] = end
                n += 1
            end += 1
        for i in range(first, n):
            is_new = i == first or recipient[link[rows[i]]] != recipient[link[rows[i - 1]]]
            number += is_new
            group[i] = number
            place[i] = 0 if is_new else place[i - 1] + 1
        begin = end


@kernel
def _came_before(
    one: int,
    other: int,
    link: Ints,
    copy: Column,
    consent: Column,
    received_us: Column,
    window: Ints,
    on_request: NDArray[np.bool_],
) -> bool:
    """Whether a delivery of a part came before another of it: by time, link, window, request and copy."""
    one_key = (received_us[one], link[one], window[one])
    other_key = (received_us[other], link[other], window[other])
    if one_key != other_key:
        return bool(one_key < other_key)
    mine, others = int(consent[one]), int(consent[other])
    mine = mine if mine >= 0 and on_request[mine] else -1
    others = others if others >= 0 and on_request[others] else -1
    return bool(mine < others or (mine == others and copy[one] < copy[other]))


@kernel
def out_of_turn(
    source: Column,
    link: Ints,
    copy: Column,
    consent: Column,
    received_us: Column,
    window: Ints,
    on_request: NDArray[np.bool_],
    wrong: NDArray[np.bool_],
) -> int:
    """Number of hops of later copies whose sources did not come after that of the copy before."""
    count = 0
    for i in range(len(source)):
        if copy[i] > 0:
            before, own = int(source[i - 1]), int(source[i])
            wrong[i] = not _came_before(before, own, link, copy, consent, received_us, window, on_request)
            count += wrong[i]
    return count
