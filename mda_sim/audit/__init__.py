"""The auditor: every delivery and every refusal, derived again from logs and rules.

It imports the tables and the core, and shares no code with the exchange: it reads the sharing section as
plain data and reaches its answers by other ways. It runs on every run, and a difference fails the run.
"""

from __future__ import annotations

from mda_sim.audit.books import arrivals_of, check_kept, check_offers, check_order
from mda_sim.audit.case_file import CaseFile, check_names
from mda_sim.audit.clocks import check_clocks
from mda_sim.audit.events import with_events
from mda_sim.audit.filters import check_parts
from mda_sim.audit.findings import Finding, Notebook
from mda_sim.audit.luck import decided_by_luck
from mda_sim.audit.moments import Tree
from mda_sim.audit.rulings import rule
from mda_sim.audit.trails import check_copies, check_sources
from mda_sim.audit.verdicts import check_gates, check_outcomes
from mda_sim.core.time import Timeline
from mda_sim.records import ContactFacts, DeliveryLog, DetectionLog

__all__ = ["Finding", "audit"]


def audit(
    log: DetectionLog,
    deliveries: DeliveryLog,
    sharing: Tree,
    nations: Tree,
    timeline: Timeline,
    seed: int | None = None,
    facts: ContactFacts | None = None,
) -> tuple[Finding, ...]:
    """Everything in which the delivery log departs from the rules; empty if nothing does.

    ``sharing`` and ``nations`` are the resolved sections of one configuration as plain data (mappings,
    lists, strings, numbers; moments in ISO 8601), events and all. With the replicate's ``seed`` every
    decision by chance is drawn again from its address; without it, those about cases, losses among them,
    are only asked to be the same for a whole case and to be possible, and a section in which events,
    failures or delays of links are by chance cannot be audited. ``facts`` about the contacts are needed
    where a link has a filter, or an agreement or consent an area. Reads the tables and changes nothing.
    """
    notes = Notebook()
    if deliveries.sensing_digest != log.digest():
        notes.broken("the deliveries belong to another detection log", [deliveries.sensing_digest[:12]])
        return tuple(notes.findings)
    if seed is None:
        notes.broken("without the seed it cannot be told what was drawn", decided_by_luck(sharing))
        if notes.findings:
            return tuple(notes.findings)
    section = with_events(sharing, timeline, seed)
    check_parts(log, deliveries, section, facts, notes)
    if not notes.findings:  # each check asks only about what those before it have found to be right
        file = CaseFile(log, deliveries, section, timeline, seed)
        check_names(file, notes)
        if not notes.findings:
            _check_hops(file, deliveries, nations, notes)
    return tuple(notes.findings)


def _check_hops(file: CaseFile, deliveries: DeliveryLog, nations: Tree, notes: Notebook) -> None:
    check_order(file, notes)
    check_sources(file, notes)
    if notes.findings:
        return
    trail, rulings = rule(file)
    check_gates(file, rulings, notes)
    check_copies(file, trail, notes)
    check_offers(file, trail, notes)
    arrivals = arrivals_of(file, trail)
    check_kept(file, trail, arrivals, notes)
    check_clocks(file, trail, rulings, notes)
    check_outcomes(file, trail, arrivals, deliveries, nations, notes)
