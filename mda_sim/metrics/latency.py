"""How late what others saw comes to a nation, in which stage the time goes, and what did not come at all.

Model: what travels are parts of reports; each weighs as many as it holds contacts of vessels. The latency of
a part for a nation is t_received - t_observed, its first receipt at the picture node by any route and in any
copy. ``latency_p50_s``, ``_p90_s`` and ``_p95_s`` are Kaplan-Meier quantiles over the parts that were
delivered, with those in flight censored at the end of the run; the quantile p is the least t at which the
survivor function S(t) <= 1 - p, NaN if it never is. Stages of a delivered part follow each other without gap
or overlap, so in integers they sum exactly to the latency: product (t_observed to t_ready), feed (to the
first node), then on the first link case_forming (from arrival at its sender to the closing of the case, and
so with the time for which a sanitised copy is held back), desk_wait, review, elapsed, link_wait and
transmission (with propagation); consent: the waits for originators' answers on all links of the route; and
relay: everything else on later links, what their sanitising holds back included. What a sharing group brings
spends all its time in product. ``stage_<name>_mean_s`` are means over delivered contacts, ``latency_mean_s``
is their sum.

Boundary rule: reports with t_observed in [score_from, score_to). Refused, expired, lost and unsent parts have
no latency; they are counted: ``outcome_<name>_count`` (contacts of vessels, n the parts),
``gate_<name>_count`` (those withheld, or without a route, that the gate refuses, alone or with others), and
``no_route_permitted_count`` (without a route though every gate would let them pass: only the pipe is
missing).

Assumptions and limits: latency is of what was delivered; it says nothing of what never came, so it is printed
with the counts, nor of less coarse copies that came later. Contacts in the buffer around the area count too.
In flight is taken as censored at random.

Source: E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", J. Am. Stat. Assoc.
53 (1958), pp. 457-481, eq. (1b). Where next: ``scores.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.metrics.figures import Figure, ratio
from mda_sim.picture.receipts import BY_FEED, BY_GROUP, is_first
from mda_sim.records import DeliveryLog, DetectionLog, Gate, Outcome

QUANTILES: Final = (("p50_s", 0.5), ("p90_s", 0.9), ("p95_s", 0.95))
"""Quantiles of latency that are reported."""

HOP_STAGES: Final = (
    ("case_forming", "t_arrived_us", "t_case_us"),
    ("desk_wait", "t_case_us", "t_review_us"),
    ("review", "t_review_us", "t_reviewed_us"),
    ("elapsed", "t_reviewed_us", "t_released_us"),
    ("link_wait", "t_consented_us", "t_sent_us"),
    ("transmission", "t_sent_us", "t_received_us"),
)
"""Stages on the first link, with the columns of ``hops`` at which each begins and ends."""

STAGE_NAMES: Final = (
    "product",
    "feed",
    "case_forming",
    "desk_wait",
    "review",
    "elapsed",
    "consent",
    "link_wait",
    "transmission",
    "relay",
)
"""All stages, in the order in which a part of a report goes through them."""

STAGES: Final = Schema(
    "stages",
    (
        Column("part", "u4", "part that came to the node by a link or a group first"),
        *(Column(f"{name}_us", "i8", f"time in stage {name} [us]") for name in STAGE_NAMES),
    ),
    sort=("part",),
)
"""Where the latency of each part at one node was spent; stages sum to t_received - t_observed."""


def kaplan_meier_quantile(time: ArrayLike, weight: ArrayLike, happened: ArrayLike, p: float) -> float:
    """The least time at which the product-limit survivor function is at most 1 - p; NaN if it never is.

    ``time``, ``weight`` (number of like cases, >= 0) and ``happened`` (False: censored at ``time``, after
    the events of that time) are (n,); p in (0, 1).

    >>> kaplan_meier_quantile([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1], [True, False, True, True], 0.5)
    3.0
    """
    times, weights = np.asarray(time, np.float64), np.asarray(weight, np.float64)
    at, place = np.unique(times, return_inverse=True)
    leaving = np.bincount(place, weights, minlength=len(at))
    events = np.bincount(place, weights * np.asarray(happened, np.float64), minlength=len(at))
    at_risk = leaving[::-1].cumsum()[::-1]
    survivors = np.cumprod(np.where(at_risk > 0, 1.0 - events / np.where(at_risk > 0, at_risk, 1.0), 1.0))
    reached = np.flatnonzero((survivors <= 1.0 - p + 1e-12) & (events > 0))  # 1e-12: rounding of the product
    return float(at[reached[0]]) if len(reached) else math.nan


def stages(log: DetectionLog, deliveries: DeliveryLog, received: Table) -> Table:
    """Split the latency of every part that came to a node first by a link or a group: a STAGES table.

    ``received`` is the RECEIPTS table of the node. Routes are followed back over the hops that brought the
    copy to each node.
    """
    hops = deliveries.hops
    shared = is_first(received["part"]) & (received["hop"] != BY_FEED)
    part, last = received["part"][shared], received["hop"][shared]
    report = deliveries.parts["report"][part]
    linked = last != BY_GROUP
    first, asking_us = _routes(hops, last[linked])
    ready_us = log.reports["t_ready_us"][report]
    columns: dict[str, NDArray[Any]] = {f"{name}_us": np.zeros(len(part), np.int64) for name in STAGE_NAMES}
    columns["part"] = part
    columns["product_us"] = ready_us - log.reports["t_observed_us"][report]
    columns["feed_us"][linked] = hops["t_arrived_us"][first] - ready_us[linked]
    for name, begins, ends in HOP_STAGES:
        columns[f"{name}_us"][linked] = hops[ends][first] - hops[begins][first]
    columns["consent_us"][linked] = asking_us
    came_us, onward_us = hops["t_received_us"][first], received["t_received_us"][shared][linked]
    later_us = asking_us - (hops["t_consented_us"] - hops["t_released_us"])[first]
    columns["relay_us"][linked] = onward_us - came_us - later_us
    return Table.of(STAGES, columns)


def latency_figures(
    log: DetectionLog,
    deliveries: DeliveryLog,
    received: Table,
    nation: str,
    timeline: Timeline,
) -> list[Figure]:
    """Latency, stages, outcomes and refusals of parts of foreign reports for one nation.

    Groups are ``all`` and ``from:<XXX>`` for every other operator of a sensor. ``received`` is the RECEIPTS
    table of the nation's picture node.
    """
    outcomes = _scored_outcomes(log, deliveries, nation, timeline)
    split = stages(log, deliveries, received)
    figures = []
    for group, mask in _origins(log, deliveries.parts["report"][outcomes["part"]], nation).items():
        chosen = {name: column[mask] for name, column in outcomes.items()}
        figures += _quantile_figures(group, chosen, timeline)
        figures += _stage_figures(group, chosen, split)
        figures += _count_figures(group, chosen)
    return figures


def _routes(hops: Table, last: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first hop of the route that each of the hops ``last`` ends, and its waits for consents [us]."""
    first, waited_us = last.copy(), hops["t_consented_us"] - hops["t_released_us"]
    asking_us = waited_us[first]
    for _ in hops.meta.get("links", ()):  # a route takes each link once at most
        source = hops["source"][first]
        later = np.flatnonzero(source >= 0)
        if not len(later):
            break
        first[later] = source[later]
        asking_us[later] += waited_us[first[later]]
    return first, asking_us


def _scored_outcomes(
    log: DetectionLog, deliveries: DeliveryLog, nation: str, timeline: Timeline
) -> dict[str, NDArray[Any]]:
    """The nation's outcomes of parts with vessels in the scored time, with weight and observation time."""
    outcomes = deliveries.outcomes
    names = list(outcomes.meta.get("nations", ()))
    mine = outcomes["nation"] == (names.index(nation) if nation in names else -1)
    part = outcomes["part"]
    observed_us = log.reports["t_observed_us"][deliveries.parts["report"][part]]
    weight = deliveries.parts["n_vessels"][part].astype(np.int64)
    scored = (observed_us >= timeline.score_from_us) & (observed_us < timeline.score_to_us)
    rows = np.flatnonzero(mine & scored & (weight > 0))
    chosen = {name: outcomes[name][rows] for name in ("part", "t_received_us", "gates", "outcome")}
    return {**chosen, "observed_us": observed_us[rows], "weight": weight[rows]}


def _origins(log: DetectionLog, report: NDArray[np.uint32], nation: str) -> Mapping[str, NDArray[np.bool_]]:
    """Masks over the rows of ``report``: all, and by operator."""
    operators = np.array([card.operator for card in log.sensors], dtype=object)
    origin = operators[log.reports["sensor"][report]]
    named = {"all": np.ones(len(report), np.bool_)}
    for operator in sorted(set(operators.tolist()) - {nation}):
        named[f"from:{operator}"] = np.asarray(origin == operator, np.bool_)
    return named


def _quantile_figures(group: str, outcomes: dict[str, NDArray[Any]], timeline: Timeline) -> list[Figure]:
    delivered = outcomes["outcome"] == Outcome.DELIVERED
    sent = delivered | (outcomes["outcome"] == Outcome.IN_FLIGHT)
    until_us = np.where(delivered, outcomes["t_received_us"], timeline.end_us)[sent]
    lasted_us = until_us - outcomes["observed_us"][sent]
    weight = outcomes["weight"][sent]
    n = int(weight.sum())
    return [
        Figure(
            f"latency_{label}",
            group,
            kaplan_meier_quantile(lasted_us, weight, delivered[sent], p) / US_PER_S,
            "s",
            n,
        )
        for label, p in QUANTILES
    ]


def _stage_figures(group: str, outcomes: dict[str, NDArray[Any]], split: Table) -> list[Figure]:
    rows = np.flatnonzero(np.isin(split["part"], outcomes["part"]))
    weight = outcomes["weight"][np.searchsorted(outcomes["part"], split["part"][rows])]
    n = int(weight.sum())
    means_s = {
        name: ratio(float((weight * (split[f"{name}_us"][rows] / US_PER_S)).sum()), n) for name in STAGE_NAMES
    }
    figures = [Figure(f"stage_{name}_mean_s", group, mean_s, "s", n) for name, mean_s in means_s.items()]
    return [*figures, Figure("latency_mean_s", group, math.fsum(means_s.values()), "s", n)]


def _count_figures(group: str, outcomes: dict[str, NDArray[Any]]) -> list[Figure]:
    outcome, gates = outcomes["outcome"], outcomes["gates"]
    refused = (outcome == Outcome.WITHHELD) | (outcome == Outcome.NO_ROUTE)
    counted = {f"outcome_{kind.name.lower()}_count": outcome == kind for kind in Outcome}
    for gate in Gate:
        name = str(gate.name).lower()
        counted[f"gate_{name}_count"] = refused & ((gates & gate.value) != 0)
    counted["no_route_permitted_count"] = (outcome == Outcome.NO_ROUTE) & (gates == 0)
    weight = outcomes["weight"]
    return [
        Figure(name, group, float(weight[mask].sum()), "count", int(mask.sum()))
        for name, mask in counted.items()
    ]
