"""On which link a part of a report is that is still under way at the end of the run.

Model: a part that is IN_FLIGHT for a nation is at the frontier (``frontier.py``) between the nodes that hold
a copy of it, that of its feed always among them, and the nation's picture node. A link may be used by it if
it carries the part's category and does not lead abroad to the party whose sensor made it. Of the hops on the
frontier that are in flight the first in order of link id and copy counts: the same rule by which the exchange
chooses whose gates refuse a part. A part that no link was offered is on its feed.

Where next: ``gap_causes`` asks in which stage of that hop the part is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.frontier import frontier
from mda_sim.picture.receipts import is_first
from mda_sim.records import DeliveryLog, DetectionLog, Outcome

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec

ON_FEED: Final = -1
"""In place of a hop: the part was offered to no link on its way."""


def hops_under_way(
    log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec, outcome: NDArray[np.uint8], node: str
) -> NDArray[np.int64]:
    """The row of `hops` on which each part that is IN_FLIGHT to ``node`` is, (n_parts,); else ``ON_FEED``.

    ``outcome`` is that of ``fates.Fates`` for the nation of the node.
    """
    hops = deliveries.hops
    found = np.full(len(outcome), ON_FEED, np.int64)
    parts = np.flatnonzero(outcome == Outcome.IN_FLIGHT)
    row_of = np.full(len(outcome), -1, np.int64)
    row_of[parts] = np.arange(len(parts))
    mine = np.flatnonzero(row_of[hops["part"]] >= 0) if len(parts) else parts
    if not len(mine):
        return found
    nodes = sorted(sharing.nodes)
    links = [sharing.links[id_] for id_ in hops.meta["links"]]
    ends = [(nodes.index(link.sender), nodes.index(link.recipient)) for link in links]
    part, link, result = (hops[name][mine] for name in ("part", "link", "outcome"))
    sensor = log.reports["sensor"][deliveries.parts["report"][parts]].astype(np.int64)
    fed = [nodes.index(sharing.feeds[c.id].node) if c.id in sharing.feeds else 0 for c in log.sensors]
    holds = np.zeros((len(parts), len(nodes)), np.bool_)
    holds[np.arange(len(parts)), np.array(fed, np.int64)[sensor]] = True
    came = result == Outcome.DELIVERED
    holds[row_of[part[came]], np.array(ends, np.int64)[link[came], 1]] = True
    kinds, kind = np.unique(np.column_stack([sensor, holds]), axis=0, return_inverse=True)
    is_on = np.zeros((len(kinds), len(links)), np.bool_)
    for number, (of_sensor, *held) in enumerate(kinds.tolist()):
        card = log.sensors[of_sensor]
        ways = [
            (i, *ends[i])
            for i, spec in enumerate(links)
            if (not spec.categories or card.category in spec.categories)
            and not _leads_home(sharing, spec.sender, spec.recipient, card.operator)
        ]
        holders = {place for place, holding in enumerate(held) if holding}
        is_on[number, frontier(ways, holders, nodes.index(node))] = True
    waits = np.flatnonzero((result == Outcome.IN_FLIGHT) & is_on[kind.reshape(-1)[row_of[part]], link])
    first = waits[is_first(part[waits])]
    found[part[first]] = mine[first]
    return found


def _leads_home(sharing: SharingSpec, sender: str, recipient: str, operator: str) -> bool:
    """Whether a link leads abroad to the party whose sensor made what it would carry."""
    ends = sharing.nodes[sender].nation, sharing.nodes[recipient].nation
    return ends[0] != ends[1] == operator
