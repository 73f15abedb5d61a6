"""One configuration's sharing of one detection log.

Model: check, write events as dates, split, take in, run, keep books, derive outcomes.
Assumptions and limits: those of the package.
Where next: picture and metrics read the delivery log; the audit derives it again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from mda_sim.core.errors import RunError
from mda_sim.core.rng import check_addresses
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
from mda_sim.records import ContactFacts, DeliveryLog, DetectionLog
from mda_sim.sharing.checks import check_sharing
from mda_sim.sharing.exchange.books import keep_books
from mda_sim.sharing.exchange.engine import Engine
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.outcomes import derive_outcomes
from mda_sim.sharing.exchange.parts import split_reports
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.network import NationSpec, SharingSpec


@dataclass(frozen=True)
class EngineStats:
    """What a run of the exchange took."""

    simpy_events: int
    """Events that SimPy processed: moments at which desks with live queues chose what to take up."""
    cases: int
    """Cases formed, over all links."""
    hops_rows: int
    """Rows of the hops table."""
    seconds: float
    """Wall-clock time of the whole call [s]; no part of any table."""


def share(
    log: DetectionLog,
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    timeline: Timeline,
    seed: int,
    facts: ContactFacts | None = None,
) -> DeliveryLog:
    """What becomes of every report of ``log`` under ``sharing``; the package's docstring defines each row.

    ``facts`` about the contacts are needed where a link has a filter.

    Raises RunError if the sharing section refers to what does not exist or needs facts that are not given,
    HashCollision if two links or categories share an address of draws.
    """
    return share_with_stats(log, sharing, nations, timeline, seed, facts)[0]


def share_with_stats(
    log: DetectionLog,
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    timeline: Timeline,
    seed: int,
    facts: ContactFacts | None = None,
) -> tuple[DeliveryLog, EngineStats]:
    """As ``share``, with what the run took."""
    started = time.perf_counter()
    _refuse_errors(log, sharing, nations)
    dated = resolve_events(sharing, timeline, seed)
    parts, contact_part = split_reports(log, dated, facts)
    engine = run_engine(log, parts, dated, timeline, seed)
    books = keep_books(engine)
    outcomes = derive_outcomes(engine, books, nations)
    deliveries = DeliveryLog(parts, contact_part, books.hops, outcomes, log.digest())
    seconds = time.perf_counter() - started
    return deliveries, EngineStats(engine.n_events, engine.n_cases, len(books.hops), seconds)


def run_engine(
    log: DetectionLog, parts: Table, sharing: SharingSpec, timeline: Timeline, seed: int
) -> Engine:
    """An engine that has run; the sharing section must be whole, and without events."""
    check_addresses(sharing.links, "link")
    check_addresses(sharing.consents, "consent")
    check_addresses({card.category for card in log.sensors}, "category")
    topology = Topology.of(sharing)
    engine = Engine(sharing, topology, Intake.of(log, parts, sharing, topology), timeline, seed)
    engine.run()
    return engine


def _refuse_errors(log: DetectionLog, sharing: SharingSpec, nations: Mapping[str, NationSpec]) -> None:
    """RunError for every error that the checks find; a feed whose sensor is not in the log brings nothing."""
    feeds, nodes = sharing.feeds, sharing.nodes
    operators = {id_: nodes[feed.node].nation for id_, feed in feeds.items() if feed.node in nodes}
    operators |= {card.id: card.operator for card in log.sensors}
    errors = [f for f in check_sharing(sharing, nations, operators) if f.severity == "error"]
    if errors:
        lines = "\n".join(f"{finding.key}: {finding.message}" for finding in errors)
        raise RunError(f"the sharing section cannot be run:\n{lines}")
