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
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.metrics.figures import Figure, ratio
from mda_sim.picture.receipts import BY_FEED, is_first
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
    order = np.argsort(times, kind="stable")
    ended = np.asarray(happened, np.bool_)[order]
    return survivor_quantiles(times[order], weights[order], ended, np.arange(len(times)), (p,))[0]


def survivor_quantiles(
    time: NDArray[Any],
    weight: NDArray[np.float64],
    happened: NDArray[np.bool_],
    rows: NDArray[np.int64],
    shares: Sequence[float],
) -> list[float]:
    """``kaplan_meier_quantile`` of the ``rows`` of cases, for each of the ``shares``; times and rows rise."""
    from mda_sim.metrics.latency_kernels import fill_survivor_quantiles

    found = np.empty(len(shares))
    fill_survivor_quantiles(
        time.astype(np.float64, copy=False), weight, happened, rows, np.array(shares, np.float64), found
    )
    return found.tolist()


def stages(log: DetectionLog, deliveries: DeliveryLog, received: Table) -> Table:
    """Split the latency of every part that came to a node first by a link or a group: a STAGES table.

    ``received`` is the RECEIPTS table of the node. Routes are followed back over the hops that brought the
    copy to each node.
    """
    return Table.of(STAGES, _stages(log, deliveries, received))


def _stages(
    log: DetectionLog,
    deliveries: DeliveryLog,
    received: Table,
    counts: NDArray[np.bool_] | None = None,
) -> dict[str, NDArray[Any]]:
    """The columns of ``stages``, of the parts that count (None: all)."""
    from mda_sim.metrics.latency_kernels import fill_stages

    hops = deliveries.hops
    shared = is_first(received["part"]) & (received["hop"] != BY_FEED)
    if counts is not None:
        shared &= counts[received["part"]]
    part, last = received["part"][shared], received["hop"][shared]
    report = deliveries.parts["report"][part]
    spent_us = np.empty((len(STAGE_NAMES), len(part)), np.int64)
    fill_stages(
        last,
        received["t_received_us"][shared],
        log.reports["t_observed_us"][report],
        log.reports["t_ready_us"][report],
        hops["source"],
        hops["t_released_us"],
        hops["t_consented_us"],
        tuple(hops[begins] for _, begins, _ in HOP_STAGES),
        tuple(hops[ends] for _, _, ends in HOP_STAGES),
        spent_us,
    )
    columns: dict[str, NDArray[Any]] = {
        f"{name}_us": of_stage for name, of_stage in zip(STAGE_NAMES, spent_us, strict=True)
    }
    columns["part"] = part
    return columns


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
    origins = _origins(log, deliveries.parts["report"][outcomes["part"]], nation)
    quantiles_s = _quantiles(outcomes, origins, timeline)
    counts = np.zeros(len(deliveries.parts), np.bool_)
    counts[outcomes["part"]] = True
    split = _stages(log, deliveries, received, counts)
    row = np.searchsorted(outcomes["part"], split["part"])
    shares = [
        (name, split[f"{name}_us"] / US_PER_S if split[f"{name}_us"].any() else None) for name in STAGE_NAMES
    ]
    figures = []
    for group, mask in origins.items():
        figures += quantiles_s[group]
        figures += _stage_figures(group, outcomes["weight"], row, shares, mask)
        figures += _count_figures(group, {name: column[mask] for name, column in outcomes.items()})
    return figures


def _scored_outcomes(
    log: DetectionLog, deliveries: DeliveryLog, nation: str, timeline: Timeline
) -> dict[str, NDArray[Any]]:
    """The nation's outcomes of parts with vessels in the scored time, with weight and observation time."""
    outcomes = deliveries.outcomes
    names = list(outcomes.meta.get("nations", ()))
    observed_us = log.reports["t_observed_us"][deliveries.parts["report"]]
    counts = (observed_us >= timeline.score_from_us) & (observed_us < timeline.score_to_us)
    counts &= deliveries.parts["n_vessels"] > 0
    mine = np.flatnonzero(outcomes["nation"] == (names.index(nation) if nation in names else -1))
    rows = mine[counts[outcomes["part"][mine]]]
    chosen = {name: outcomes[name][rows] for name in ("part", "t_received_us", "gates", "outcome")}
    weight = deliveries.parts["n_vessels"][chosen["part"]].astype(np.int64)
    return {**chosen, "observed_us": observed_us[chosen["part"]], "weight": weight}


def _origins(log: DetectionLog, report: NDArray[np.uint32], nation: str) -> Mapping[str, NDArray[np.bool_]]:
    """Masks over the rows of ``report``: all, and by operator."""
    operators = sorted({card.operator for card in log.sensors} - {nation})
    number = np.array(
        [[card.operator == operator for card in log.sensors] for operator in operators], np.bool_
    )
    sensor = log.reports["sensor"][report]
    named = {"all": np.ones(len(report), np.bool_)}
    for operator, operated in zip(operators, number, strict=True):
        named[f"from:{operator}"] = operated[sensor]
    return named


def _quantiles(
    outcomes: dict[str, NDArray[Any]], origins: Mapping[str, NDArray[np.bool_]], timeline: Timeline
) -> dict[str, list[Figure]]:
    """Quantiles of latency of each group."""
    delivered = outcomes["outcome"] == Outcome.DELIVERED
    sent = np.flatnonzero(delivered | (outcomes["outcome"] == Outcome.IN_FLIGHT))
    until_us = np.where(delivered, outcomes["t_received_us"], timeline.end_us)[sent]
    lasted_us = until_us - outcomes["observed_us"][sent]
    order = np.argsort(lasted_us)
    sent, lasted_us = sent[order], lasted_us[order]
    weight, delivered = outcomes["weight"][sent].astype(np.float64), delivered[sent]
    figures = {}
    for group, mask in origins.items():
        rows = np.flatnonzero(mask[sent])
        n = int(weight[rows].sum())
        found = survivor_quantiles(lasted_us, weight, delivered, rows, [p for _, p in QUANTILES])
        figures[group] = [
            Figure(f"latency_{label}", group, t_us / US_PER_S, "s", n)
            for (label, _), t_us in zip(QUANTILES, found, strict=True)
        ]
    return figures


def _stage_figures(
    group: str,
    weight: NDArray[np.int64],
    row: NDArray[np.int64],
    shares: Sequence[tuple[str, NDArray[np.float64] | None]],
    mask: NDArray[np.bool_],
) -> list[Figure]:
    """Mean stages of a group; ``row`` tells the outcome of each row of stages.

    ``shares`` are these stages [s], None if all of one is zero; ``mask`` and ``weight`` are by outcome.
    """
    rows = np.flatnonzero(mask[row])
    weights = weight[row[rows]]
    n = int(weights.sum())
    means_s = {
        name: ratio(0.0 if spent_s is None else float((weights * spent_s[rows]).sum()), n)
        for name, spent_s in shares
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
