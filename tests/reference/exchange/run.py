"""One configuration's sharing of one detection log, event by event: what the exchange is held to.

Model: every case is an object that SimPy moves from stage to stage, as the package's docstring says, in the
most direct way. Shared with the exchange are the rules (``gates``, ``policy``, ``forms``), hours, schedules,
the split into parts, the intake and what is drawn; nothing of what settles cases or writes tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
from mda_sim.records import ContactFacts, DeliveryLog, DetectionLog
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.parts import split_reports
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.network import NationSpec, SharingSpec
from tests.reference.exchange.books import keep_books
from tests.reference.exchange.engine import Engine
from tests.reference.exchange.outcomes import derive_outcomes


class Counts(NamedTuple):
    """What a run took."""

    events: int
    cases: int


def share_by_events(
    log: DetectionLog,
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    timeline: Timeline,
    seed: int,
    facts: ContactFacts | None = None,
) -> tuple[DeliveryLog, Counts]:
    """What becomes of every report; the section must be free of errors."""
    dated = resolve_events(sharing, timeline, seed)
    parts, contact_part = split_reports(log, dated, facts)
    engine = run_engine(log, parts, dated, timeline, seed)
    books = keep_books(engine)
    outcomes = derive_outcomes(engine, books, nations)
    deliveries = DeliveryLog(parts, contact_part, books.hops, outcomes, log.digest())
    return deliveries, Counts(engine.n_events, engine.n_cases)


def run_engine(
    log: DetectionLog, parts: Table, sharing: SharingSpec, timeline: Timeline, seed: int
) -> Engine:
    """An engine that has run; the sharing section must be without events."""
    topology = Topology.of(sharing)
    engine = Engine(sharing, topology, Intake.of(log, parts, sharing, topology), timeline, seed)
    engine.run()
    return engine
