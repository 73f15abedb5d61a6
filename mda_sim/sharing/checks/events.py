"""Cross-checks of events: what they name, and whether they can happen.

Where next: ``check_sharing`` runs ``EVENT_CHECKS`` with the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mda_sim.core.errors import HashCollision
from mda_sim.core.rng import check_addresses
from mda_sim.core.time import Timeline, to_us
from mda_sim.sharing.checks.facts import Facts, Finding
from mda_sim.sharing.events import AfterStart, AtMoment, AtRandom, InForce, NationLeaves
from mda_sim.sharing.happenings import affected, unusable


def event_of_unknown(facts: Facts) -> Iterator[Finding]:
    """An event names an agreement, link, desk, consent or nation that does not exist, or cannot change it."""
    for id_, key, why in unusable(facts.sharing):
        yield Finding(f"sharing.events.{id_}.{key}", why, "error")
    for id_, event in facts.sharing.events.items():
        if not isinstance(event, NationLeaves):
            continue
        key = f"sharing.events.{id_}.nation"
        if event.nation not in facts.nations:
            names = ", ".join(f"'{name}'" for name in sorted(facts.nations))
            yield Finding(key, f"unknown nation '{event.nation}'; expected one of {names}", "error")
        elif not affected(facts.sharing, event):
            yield Finding(key, f"no agreement names {event.nation}: its leaving changes nothing", "warning")


def event_out_of_run(facts: Facts) -> Iterator[Finding]:
    """An event cannot begin before the run ends, or its random beginning is not within the scored time."""
    timeline = facts.timeline
    if timeline is None:
        return
    for id_, event in facts.sharing.events.items():
        key, begins = f"sharing.events.{id_}.begins", event.begins
        first_us = earliest_us(begins, timeline)
        if first_us >= timeline.end_us:
            yield Finding(key, "the event begins after the end of the run: it does not happen", "warning")
        elif isinstance(begins, AtRandom) and to_us(begins.to_s) > timeline.duration_us:
            message = "its span reaches past the scored time: in some seeds it comes too late"
            yield Finding(f"{key}.to_s", message, "warning")


def event_before_signature(facts: Facts) -> Iterator[Finding]:
    """An agreement comes into force, by an event, before it was signed."""
    if facts.timeline is None:
        return
    for id_, event in facts.sharing.events.items():
        if not isinstance(event, InForce):
            continue
        first = earliest_us(event.begins, facts.timeline)
        for name in event.agreements:
            deal = facts.sharing.agreements.get(name)
            if deal and deal.signed is not None and first < facts.timeline.us_at(deal.signed):
                message = f"agreement '{name}' would be in force before it was signed ({deal.signed})"
                yield Finding(f"sharing.events.{id_}.begins", message, "error")


def event_address(facts: Facts) -> Iterator[Finding]:
    """Two events share an address of random draws."""
    try:
        check_addresses(facts.sharing.events, "event")
    except HashCollision as collision:
        yield Finding("sharing.events", str(collision), "error")


EVENT_CHECKS: Final = (event_of_unknown, event_out_of_run, event_before_signature, event_address)
"""All checks of events, in the order in which they report."""


def earliest_us(begins: AtMoment | AfterStart | AtRandom, timeline: Timeline) -> int:
    """First moment at which an event can begin, in any seed [us]."""
    if isinstance(begins, AtMoment):
        return timeline.us_at(begins.utc)
    return timeline.score_from_us + to_us(begins.time_s if isinstance(begins, AfterStart) else begins.from_s)
