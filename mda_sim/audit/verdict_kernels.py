"""What became of each fed part for each nation, from the hops, and whether the books say so: one pass each.

Model: parts of one kind with the same holders share a pattern; ``verdicts`` works out for each pattern which
links lead on from its holders towards a nation. Of these the link whose best copy came furthest tells what
became of the part, the first in id order among equals.

Where next: ``verdicts`` asks the rules where no link leads on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.trails import ROUTE_BITS
from mda_sim.core.jit import kernel

Column = NDArray[Any]
Ints = NDArray[np.int64]

NONE = 255
"""In place of an outcome: none yet."""


@kernel
def holders(rows: Ints, place: Ints, row: Ints, node: Ints, link: Ints, held: Ints) -> None:
    """Add the nodes at which parts arrived to the sets of their holders, ``held`` (F, W)."""
    for i in range(len(rows)):
        if place[i] == 0:
            at = node[link[rows[i]]]
            held[row[rows[i]], at // ROUTE_BITS] |= np.int64(1) << (at % ROUTE_BITS)


@kernel
def number_pairs(one: Ints, other: Ints, table: Ints, number: Ints, example: Ints) -> int:
    """Number the different pairs as they come; how many there are.

    ``table`` has a power of two of entries, more than there are pairs, all -1; ``example`` takes the first
    index of each pair.
    """
    n, mask = 0, len(table) - 1
    for i in range(len(one)):
        slot = (one[i] * 1_000_003 + other[i] * 16_777_619) & mask
        slot = (slot ^ (slot >> 7)) & mask
        while table[slot] >= 0:
            first = example[table[slot]]
            if one[first] == one[i] and other[first] == other[i]:
                break
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot], example[n] = n, i
            n += 1
        number[i] = table[slot]
    return n


@kernel
def best_outcomes(
    row: Ints,
    link: Ints,
    outcome: Column,
    gates: Column,
    gates_at_release: Column,
    pattern: Ints,
    begins: Ints,
    leading: Ints,
    is_held: NDArray[np.bool_],
    delivered: int,
    in_flight: int,
    no_route: int,
    n_links: int,
    best: NDArray[np.uint8],
    refusing: NDArray[np.uint16],
) -> None:
    """Outcome and gates of each fed part for each nation (F, K), over the links that lead on.

    For pattern p and nation k these are ``leading`` from begins[p * K + k] on to the next; ``is_held`` (P, K)
    tells whether the nation's picture node holds the parts of a pattern.
    """
    of_link, gates_of = np.empty(n_links, np.uint8), np.empty(n_links, np.uint16)
    i, n_nations = 0, best.shape[1]
    for f in range(len(pattern)):
        for at in range(n_links):
            of_link[at], gates_of[at] = NONE, 0
        while i < len(row) and row[i] == f:
            at = link[i]
            if outcome[i] < of_link[at]:
                of_link[at], gates_of[at] = outcome[i], gates[i] | gates_at_release[i]
            i += 1
        for k in range(n_nations):
            best[f, k], refusing[f, k] = no_route, 0
            if is_held[pattern[f], k]:
                best[f, k] = delivered
                continue
            found, place = NONE, pattern[f] * n_nations + k
            for j in range(begins[place], begins[place + 1]):
                at = leading[j]
                came = in_flight if of_link[at] == NONE else int(of_link[at])
                if came < found:
                    found = came
                    refusing[f, k] = gates_of[at]
            if found < NONE:
                best[f, k] = found


@kernel
def receipts(
    rows: Ints,
    place: Ints,
    row: Ints,
    node: Ints,
    link: Ints,
    depth: NDArray[np.int16],
    received_us: Column,
    nation_at: Ints,
    first_us: Ints,
    hops: NDArray[np.int16],
) -> None:
    """First receipt of each part by each nation (F, K), and its links; ``nation_at`` is -1 for none."""
    for i in range(len(rows)):
        r = rows[i]
        k = nation_at[node[link[r]]]
        if place[i] == 0 and k >= 0:
            first_us[row[r], k] = received_us[r]
            hops[row[r], k] = depth[r] + 1


@kernel
def departing(
    part: Column,
    nation: Column,
    received_us: Column,
    hops: Column,
    gates: Column,
    outcome: Column,
    own_part: Ints,
    own: Ints,
    nations: Ints,
    first_us: Ints,
    links: NDArray[np.int16],
    refusing: NDArray[np.uint16],
    best: NDArray[np.uint8],
    flags: NDArray[np.uint8],
) -> int:
    """Number of rows of the outcomes that differ from what is due, and in which of the columns (bits).

    Rows are due for each part (F,) and each of the ``nations`` (K,) but its ``own``.
    """
    i, count = 0, 0
    for f in range(len(own_part)):
        for k in range(len(nations)):
            if nations[k] == own[f]:
                continue
            bits = 1 if part[i] != own_part[f] else 0
            bits |= 2 if nation[i] != nations[k] else 0
            bits |= 4 if received_us[i] != first_us[f, k] else 0
            bits |= 8 if hops[i] != links[f, k] else 0
            bits |= 16 if gates[i] != refusing[f, k] else 0
            bits |= 32 if outcome[i] != best[f, k] else 0
            flags[i] = bits
            count += bits != 0
            i += 1
    return count
