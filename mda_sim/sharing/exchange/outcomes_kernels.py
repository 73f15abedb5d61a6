"""Loops over parts and nations that derive outcomes.

Model: parts with the same profile and holders are one group: a part's group is found by one step for each
node, in a tree that grows with the groups that come up. Assumptions and limits: none of its own.
Where next: ``outcomes`` finds the frontier of each group.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US
from mda_sim.records import Outcome

Column = NDArray[Any]

_DELIVERED = int(Outcome.DELIVERED)
_IN_FLIGHT = int(Outcome.IN_FLIGHT)
_NO_ROUTE = int(Outcome.NO_ROUTE)
_NO_HOP = 255
"""In place of an outcome: the report was not offered to the link."""


@kernel
def note_receipts(kept: Column, kept_row: Column, link: Column, recipients: Column, first: Column) -> None:
    """The first hop that was kept for each row of the intake at each node (F, N); -1 to begin with."""
    for i in range(len(kept)):
        hop, row = kept[i], kept_row[i]
        node = recipients[link[hop]]
        if first[row, node] < 0:
            first[row, node] = hop


@kernel
def find_groups(profile: Column, feed_node: Column, first: Column, tree: Column, group: Column) -> int:
    """Number the groups; returns how many nodes of the ``tree`` are used, -1 if it is too small.

    Nodes of the tree are rows of two numbers, what follows if the next node does not hold the part and if it
    does; the first ones are the profiles. ``group`` is the last node that a part comes to.
    """
    n = 0
    for row in range(len(profile)):
        n = max(n, profile[row] + 1)
    for row in range(len(profile)):
        at = profile[row]
        for node in range(first.shape[1]):
            holds = 1 if first[row, node] >= 0 or feed_node[row] == node else 0
            if tree[at, holds] < 0:
                if n == len(tree):
                    return -1
                tree[at, holds] = n
                n += 1
            at = tree[at, holds]
        group[row] = at
    return n


@kernel
def judge(
    starts: Column, link: Column, hop_outcome: Column, gates: Column, gates_again: Column,
    received_us: Column, depth: Column, first: Column, feed_node: Column, targets: Column, group: Column,
    frontier_from: Column, frontier: Column, n_links: int,
    outcome: Column, failing: Column, t_received_us: Column, n_hops: Column,
) -> None:  # fmt: skip
    """What became of each row for each target (F, K).

    The frontier of group g and target k is ``frontier`` from ``frontier_from[g K + k]`` on.
    """
    best, best_gates = np.full(n_links, _NO_HOP, np.int64), np.zeros(n_links, np.int64)
    for row in range(len(group)):
        for hop in range(starts[row], starts[row + 1]):
            if hop_outcome[hop] < best[link[hop]]:
                best[link[hop]], best_gates[link[hop]] = hop_outcome[hop], gates[hop] | gates_again[hop]
        for k in range(len(targets)):
            came = first[row, targets[k]]
            t_received_us[row, k], n_hops[row, k], failing[row, k] = NEVER_US, 0, 0
            if came >= 0:
                t_received_us[row, k], n_hops[row, k] = received_us[came], depth[came] + 1
            if came >= 0 or feed_node[row] == targets[k]:
                outcome[row, k] = _DELIVERED
                continue
            outcome[row, k], least = _NO_ROUTE, _NO_HOP + 1
            place = group[row] * len(targets) + k
            for i in range(frontier_from[place], frontier_from[place + 1]):
                if best[frontier[i]] < least:
                    least = best[frontier[i]]
                    outcome[row, k] = _IN_FLIGHT if least == _NO_HOP else least
                    failing[row, k] = best_gates[frontier[i]]
        for hop in range(starts[row], starts[row + 1]):
            best[link[hop]], best_gates[link[hop]] = _NO_HOP, 0
