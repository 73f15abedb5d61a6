"""When each report was first at a node, and on which hop it came.

Model: a report comes to a node by the feed of its sensor, at t_ready + feed delay, through a sharing group of
the node and the feed's node, at t_ready, or on a delivered hop of a link that ends there, at the hop's
t_received. The first of these is its receipt; of several at one instant the feed counts, then the group, then
the lowest hop row. What a node receives after the end of the run is not received.

Assumptions and limits: a sensor without a feed does not exist in the configuration. A node never loses a
report.

Where next: ``awareness.py`` turns receipts into what the picture knows of each target; ``metrics.latency``
follows the hops back to the sensor.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Final

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
        Column("report", "u4", "report that the node holds"),
        Column("t_received_us", "i8", "when the node first held it [us]"),
        Column("hop", "i8", "row of `hops` on which it came, -1 if by the sensor's feed, -2 by a group"),
    ),
    sort=("report",),
)
"""One row per report that came to one node before the end of the run."""


def receipts(
    log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec, node: str, *, end_us: int = NEVER_US
) -> Table:
    """First receipt of each report at ``node``: a RECEIPTS table; what comes after ``end_us`` is left out.

    Empty reports (no contacts) that came are listed too. KeyError if ``sharing`` has no such node.
    """
    if node not in sharing.nodes:
        raise KeyError(f"no node '{node}' in this configuration; it has {sorted(sharing.nodes)}")
    fed, t_fed_us = _fed(log, sharing, {node}, with_delay=True)
    pooled, t_pooled_us = _fed(log, sharing, _grouped_with(sharing, node), with_delay=False)
    hop, t_hop_us = _delivered(deliveries, sharing, node)
    report = np.concatenate([fed, pooled, deliveries.hops["report"][hop].astype(np.int64)])
    t_us = np.concatenate([t_fed_us, t_pooled_us, t_hop_us])
    by = np.concatenate([np.full(len(fed), BY_FEED), np.full(len(pooled), BY_GROUP), hop])
    order = np.lexsort((np.arange(len(by)), t_us, report))
    order = order[t_us[order] <= end_us]
    first = np.ones(len(order), np.bool_)
    first[1:] = report[order][1:] != report[order][:-1]
    chosen = order[first]
    columns = {"report": report[chosen], "t_received_us": t_us[chosen], "hop": by[chosen]}
    return Table.of(RECEIPTS, columns, {"node": node})


def _grouped_with(sharing: SharingSpec, node: str) -> set[str]:
    """Nodes that are in a group with this one, itself included; none if it is in no group."""
    return {member for group in sharing.groups.values() if node in group.nodes for member in group.nodes}


def _fed(
    log: DetectionLog, sharing: SharingSpec, nodes: Set[str], *, with_delay: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Reports that sensors feed to these nodes, and when they are ready, or come there [us]."""
    delay_us = np.zeros(len(log.sensors), np.int64)
    feeds_node = np.zeros(len(log.sensors), np.bool_)
    for number, card in enumerate(log.sensors):
        feed = sharing.feeds.get(card.id)
        if feed is not None and feed.node in nodes:
            feeds_node[number] = True
            delay_us[number] = to_us(feed.delay_s) if with_delay else 0
    sensor = log.reports["sensor"]
    rows = np.flatnonzero(feeds_node[sensor])
    return log.reports["report"][rows].astype(np.int64), log.reports["t_ready_us"][rows] + delay_us[
        sensor[rows]
    ]


def _delivered(
    deliveries: DeliveryLog, sharing: SharingSpec, node: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of delivered hops that end at the node, and when they did [us]."""
    hops = deliveries.hops
    names = hops.meta.get("links", ())
    ends_here = np.array([sharing.links[name].recipient == node for name in names], np.bool_)
    delivered = hops["outcome"] == Outcome.DELIVERED
    rows = np.flatnonzero(delivered)
    rows = rows[ends_here[hops["link"][rows]]] if len(rows) else rows
    return rows, hops["t_received_us"][rows]
