"""How what a node holds came to it: by the feeds of sensors, over links, or through a sharing group.

Model: the contacts of vessels that were made in the scored time and came to the node by the end of the run,
by the way on which each came first: ``holdings_feed_count``, ``holdings_link_count`` and
``holdings_group_count``; and ``holdings_purged_count``, those of which the node had destroyed every copy by
the end of the run. n is the number of parts of reports.

Assumptions and limits: raw counts of contacts, not of vessels: a radar that sees one vessel all day makes
many. Source: definitions of this program. Where next: ``scores.py``.
"""

from __future__ import annotations

import numpy as np

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.metrics.figures import Figure
from mda_sim.picture.receipts import BY_FEED, BY_GROUP, forgotten_us, is_first
from mda_sim.records import DeliveryLog, DetectionLog


def holdings_figures(
    log: DetectionLog, deliveries: DeliveryLog, received: Table, timeline: Timeline
) -> list[Figure]:
    """Counts of the node whose receipts are ``received`` (a RECEIPTS table), under the group ``all``."""
    first = is_first(received["part"])
    part, hop = received["part"][first], received["hop"][first]
    observed_us = log.reports["t_observed_us"][deliveries.parts["report"][part]]
    weight = deliveries.parts["n_vessels"][part].astype(np.int64)
    counts = (observed_us >= timeline.score_from_us) & (observed_us < timeline.score_to_us) & (weight > 0)
    purged = forgotten_us(received, len(deliveries.parts))[part] < NEVER_US
    ways = {"feed": hop == BY_FEED, "link": hop >= 0, "group": hop == BY_GROUP, "purged": purged}
    return [
        Figure(
            f"holdings_{way}_count",
            "all",
            float(weight[mask & counts].sum()),
            "count",
            int((mask & counts).sum()),
        )
        for way, mask in ways.items()
    ]
