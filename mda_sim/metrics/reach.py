"""Onward reach: whose pictures the contacts of a nation's sensors arrive in.

Model: of the contacts of vessels that the nation's own sensors made in the scored time, the share that came
to the picture node of each other nation by the end of the run, by any route (``onward_fraction``, group
``to:<XXX>``) and to that of at least one (group ``all``); ``onward_nations_count`` is the number of nations
that received any. n is the number of parts of reports.

Assumptions and limits: it is about what arrived, not about when, nor about what was destroyed later.
Source: definitions of this program. Where next: ``scores.py``; ``programmes.py`` prints it for each partner.
"""

from __future__ import annotations

import numpy as np

from mda_sim.core.time import Timeline
from mda_sim.metrics.figures import Figure, ratio
from mda_sim.records import DeliveryLog, DetectionLog, Outcome


def reach_figures(
    log: DetectionLog, deliveries: DeliveryLog, nation: str, timeline: Timeline
) -> list[Figure]:
    """Onward reach of what the sensors of ``nation`` saw."""
    report = deliveries.parts["report"]
    operated = np.array([card.operator == nation for card in log.sensors], np.bool_)
    observed_us = log.reports["t_observed_us"][report]
    counts = operated[log.reports["sensor"][report]] & (deliveries.parts["n_vessels"] > 0)
    counts &= (observed_us >= timeline.score_from_us) & (observed_us < timeline.score_to_us)
    weight = np.where(counts, deliveries.parts["n_vessels"], 0).astype(np.int64)
    whole, n = int(weight.sum()), int(counts.sum())

    outcomes = deliveries.outcomes
    came = np.flatnonzero(outcomes["outcome"] == Outcome.DELIVERED)
    came = came[counts[outcomes["part"][came]]]
    to = outcomes["nation"][came]
    arrived = {
        f"to:{other}": outcomes["part"][came[to == number]]  # once, since there is one outcome of each
        for number, other in enumerate(outcomes.meta.get("nations", ()))
        if other != nation
    }
    anywhere = np.zeros(len(weight), np.bool_)
    anywhere[outcomes["part"][came]] = True
    figures = [
        Figure("onward_fraction", group, ratio(int(weight[parts].sum()), whole), "1", n)
        for group, parts in {"all": np.flatnonzero(anywhere), **arrived}.items()
    ]
    n_nations = sum(len(parts) > 0 for parts in arrived.values())
    return [*figures, Figure("onward_nations_count", "all", float(n_nations), "count", n)]
