"""When each part of a report was at a node, how coarse, and on which hop it came.

Model: a part comes to a node by the feed of its sensor, at t_ready + feed delay, through a sharing group of
the node and the feed's node, at t_ready, or as a copy that the node kept of a link that ends there, at the
hop's t_received. Feeds and groups bring it as the sensor made it. Of these receipts a part has those that
make the picture better: the first, and each later one that is less coarse than all before it; the first row
of a part is thus its first receipt. Of several at one instant the least coarse counts, then the feed, the
group, the lowest hop row. What a node receives after the end of the run is not received.

A copy that came by a link may have to be destroyed, at the hop's t_purged. Of a part with a copy that the
node destroyed by the end of the run there are all receipts, since a later, coarser one may outlive it.

Assumptions and limits: a sensor without a feed does not exist in the configuration. What came by a feed or a
group is never destroyed.

Where next: ``awareness.py`` turns receipts into what the picture knows of each target; ``metrics.latency``
follows the hops back to the sensor.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import NEVER_US, to_us
from mda_sim.records import DeliveryLog, DetectionLog, Outcome

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec

BY_FEED: Final = -1
"""In place of a hop: the sensor feeds this node."""
BY_GROUP: Final = -2
"""In place of a hop: the node is in a sharing group with the node that the sensor feeds."""

RECEIPTS: Final = Schema(
    "receipts",
    (
        Column("part", "u4", "part of a report that the node holds"),
        Column("t_received_us", "i8", "when the node held it, or held it less coarse than before [us]"),
        Column("t_purged_us", "i8", "when the node destroyed it, NEVER_US if not by the end of the run [us]"),
        Column("coarsened_m", "f4", "position error that sanitising had put on this copy, 1 sigma [m]"),
        Column("hop", "i8", "row of `hops` on which it came, -1 if by the sensor's feed, -2 by a group"),
    ),
    sort=("part", "t_received_us"),
)
"""What came to one node before the end of the run: a row per part, and one more when it came less coarse; of
a part with a copy that was destroyed, a row for every copy."""


def receipts(
    log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec, node: str, *, end_us: int = NEVER_US
) -> Table:
    """Receipts of each part at ``node``: a RECEIPTS table; what comes after ``end_us`` is left out.

    KeyError if ``sharing`` has no such node.
    """
    if node not in sharing.nodes:
        raise KeyError(f"no node '{node}' in this configuration; it has {sorted(sharing.nodes)}")
    fed, t_fed_us = _fed(log, deliveries, sharing, {node}, with_delay=True)
    pooled, t_pooled_us = _fed(log, deliveries, sharing, grouped_with(sharing, node), with_delay=False)
    hop = _kept(deliveries, sharing, node)
    whole = np.zeros(len(fed) + len(pooled), np.float32)
    t_purged_us = deliveries.hops["t_purged_us"][hop]
    for_good = np.full(len(whole), NEVER_US, np.int64)
    columns = {
        "part": np.concatenate([fed, pooled, deliveries.hops["part"][hop].astype(np.int64)]),
        "t_received_us": np.concatenate([t_fed_us, t_pooled_us, deliveries.hops["t_received_us"][hop]]),
        "t_purged_us": np.concatenate([for_good, np.where(t_purged_us <= end_us, t_purged_us, NEVER_US)]),
        "coarsened_m": np.concatenate([whole, deliveries.hops["coarsened_m"][hop]]),
        "hop": np.concatenate([np.full(len(fed), BY_FEED), np.full(len(pooled), BY_GROUP), hop]),
    }
    in_time = np.flatnonzero(columns["t_received_us"] <= end_us)
    chosen = in_time[
        _in_order(*(columns[name][in_time] for name in ("part", "t_received_us", "coarsened_m")))
    ]
    part, purged = columns["part"][chosen], columns["t_purged_us"][chosen] < NEVER_US
    counts = _is_better(part, columns["coarsened_m"][chosen])
    if purged.any():
        counts |= np.isin(part, part[purged])
    chosen = chosen[counts]
    return Table.of(RECEIPTS, {name: column[chosen] for name, column in columns.items()}, {"node": node})


def _in_order(
    part: NDArray[np.int64], t_received_us: NDArray[np.int64], coarsened_m: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Rows in order of part, time and coarseness; equal ones keep their order: of them the feed stays before
    the group, and both before the hops.
    """
    order = np.argsort(part, kind="stable")
    of = part[order]
    again = np.zeros(len(of) + 1, np.bool_)
    again[1:-1] = of[1:] == of[:-1]
    several = np.flatnonzero(again[1:] | again[:-1])
    rows = order[several]
    order[several] = rows[np.lexsort((coarsened_m[rows], t_received_us[rows], part[rows]))]
    return order


def is_first(part: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each row is the first of its part, (n,); rows come in order of ``part``."""
    first = np.ones(len(part), np.bool_)
    first[1:] = part[1:] != part[:-1]
    return first


def forgotten_us(received: Table, n_parts: int) -> NDArray[np.int64]:
    """When the node destroyed the last copy of each part [us], (n_parts,); NEVER_US if it never did.

    ``received`` is a RECEIPTS table; a part that never came was never destroyed.
    """
    forgotten_us = np.full(n_parts, NEVER_US, np.int64)
    part, purged_us = received["part"], received["t_purged_us"]
    if (purged_us < NEVER_US).any():
        first = np.flatnonzero(is_first(part))
        forgotten_us[part[first]] = np.maximum.reduceat(purged_us, first)
    return forgotten_us


def grouped_with(sharing: SharingSpec, node: str) -> set[str]:
    """Nodes that are in a group with this one, itself included; none if it is in no group."""
    return {member for group in sharing.groups.values() if node in group.nodes for member in group.nodes}


def _is_better(part: NDArray[np.int64], coarsened_m: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each receipt is the first of its part, or less coarse than all before it; in order of part."""
    if len(coarsened_m) == 0 or (coarsened_m == coarsened_m[0]).all():
        return is_first(part)
    levels, level = np.unique(coarsened_m, return_inverse=True)
    standing = level - part * len(levels)  # falls from part to part, so that its minimum starts anew at each
    better = np.ones(len(part), np.bool_)
    better[1:] = standing[1:] < np.minimum.accumulate(standing)[:-1]
    return better


def _fed(
    log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec, nodes: Set[str], *, with_delay: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Parts that sensors feed to these nodes, and when they are ready, or come there [us]."""
    delay_us = np.zeros(len(log.sensors), np.int64)
    feeds_node = np.zeros(len(log.sensors), np.bool_)
    for number, card in enumerate(log.sensors):
        feed = sharing.feeds.get(card.id)
        if feed is not None and feed.node in nodes:
            feeds_node[number] = True
            delay_us[number] = to_us(feed.delay_s) if with_delay else 0
    report = deliveries.parts["report"]
    sensor = log.reports["sensor"][report]
    part = np.flatnonzero(feeds_node[sensor])
    return part, log.reports["t_ready_us"][report[part]] + delay_us[sensor[part]]


def _kept(deliveries: DeliveryLog, sharing: SharingSpec, node: str) -> NDArray[np.int64]:
    """Rows of the hops that brought a copy to the node which it kept."""
    hops = deliveries.hops
    names = hops.meta.get("links", ())
    ends_here = np.array([sharing.links[name].recipient == node for name in names], np.bool_)
    kept = (hops["outcome"] == Outcome.DELIVERED) & (hops["is_kept"] == 1)
    return np.flatnonzero(kept & ends_here[hops["link"]])
