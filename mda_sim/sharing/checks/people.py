"""Checks of desks and consents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mda_sim.sharing.checks.facts import Facts, Finding, is_backward, unknown
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent
from mda_sim.sharing.decisions import PerCase
from mda_sim.sharing.desks import WorkingHours
from mda_sim.sharing.hours import open_hours


def desk_of_two_nations(facts: Facts) -> Iterator[Finding]:
    """A desk serves links that leave nodes of different nations."""
    for desk, of_desk in _desk_owners(facts).items():
        owners = sorted(of_desk)
        if len(owners) > 1:
            message = f"the desk serves links that leave nodes of {' and '.join(owners)}"
            yield Finding(f"sharing.desks.{desk}", f"{message}; give each nation its own", "warning")


def consent_without_effect(facts: Facts) -> Iterator[Finding]:
    """A consent is of a party that runs no node, or to one that needs none, or ends before it begins."""
    running = {node.nation for node in facts.sharing.nodes.values()}
    observing = {facts.operators[sensor] for sensor in facts.sharing.feeds if sensor in facts.operators}
    observing |= {party for label in facts.sharing.labels.values() for party in label.originators}
    for id_, consent in facts.sharing.consents.items():
        key = f"sharing.consents.{id_}"
        if consent.originator in facts.nations and consent.originator not in running:
            message = f"{consent.originator} runs no node, so no report of its sensors can need this consent"
            yield Finding(f"{key}.originator", message, "error")
        elif consent.originator in facts.nations and consent.originator not in observing:
            message = (
                f"{consent.originator} is the originator of no report: no sensor of its own feeds a node"
            )
            yield Finding(f"{key}.originator", message, "warning")
        if consent.originator == consent.recipient:
            yield Finding(f"{key}.recipient", "a party needs no consent for its own reports", "error")
        if consent.sender in (consent.originator, consent.recipient):
            message = f"{consent.sender} needs no consent to send this"
            yield Finding(f"{key}.sender", f"{message}; name who would pass it on, or nobody", "error")
        if isinstance(consent, StandingConsent) and is_backward(consent.from_utc, consent.to_utc):
            yield Finding(f"{key}.to_utc", "the consent ends before it begins", "error")
        for i, stretch in enumerate(consent.withdrawn):
            if is_backward(stretch.from_utc, stretch.to_utc):
                yield Finding(f"{key}.withdrawn.{i}", "the withdrawal ends before it begins", "error")


def consent_desk(facts: Facts) -> Iterator[Finding]:
    """A consent is asked for at a desk that does not exist, or that works for another party."""
    owners = _desk_owners(facts)
    for id_, consent in _on_request(facts):
        key = f"consents.{id_}.desk"
        if consent.desk is None:
            continue
        if consent.desk not in facts.sharing.desks:
            yield unknown(key, "desk", consent.desk, facts.sharing.desks)
        elif owners[consent.desk] and consent.originator not in owners[consent.desk]:
            others = " and ".join(sorted(owners[consent.desk]))
            message = (
                f"desk '{consent.desk}' releases for {others}, so it is not a desk of {consent.originator}"
            )
            yield Finding(f"sharing.{key}", message, "error")
    for desk, served in owners.items():
        askers = {consent.originator for _, consent in _on_request(facts) if consent.desk == desk}
        if not served and len(askers) > 1:
            message = f"the desk decides for {' and '.join(sorted(askers))}; give each its own"
            yield Finding(f"sharing.desks.{desk}", message, "error")


def consent_loop(facts: Facts) -> Iterator[Finding]:
    """Desks ask each other in a ring: each one's load depends on the others'."""
    asks: dict[str, list[tuple[str, str]]] = {desk: [] for desk in facts.sharing.desks}
    nodes = facts.sharing.nodes
    for id_, consent in _on_request(facts):
        for link in facts.sharing.links.values():
            if link.sender not in nodes or link.recipient not in nodes:
                continue
            sender, recipient = nodes[link.sender].nation, nodes[link.recipient].nation
            is_about = recipient == consent.recipient and consent.sender in (None, sender)
            if is_about and sender != consent.originator and link.desk in asks and consent.desk in asks:
                asks[str(link.desk)].append((str(consent.desk), id_))
    reached = {desk: _reached(asks, desk) for desk in asks}
    rings = set()
    for desk in asks:
        ring = {other for other in reached[desk] if desk in reached[other]}
        if ring:
            rings.add(tuple(sorted({id_ for other in ring for to, id_ in asks[other] if to in ring})))
    for names in sorted(rings):
        message = f"the consents {', '.join(repr(name) for name in names)} go round a ring of desks"
        advice = "each desk's load depends on the others'; look at their offered load"
        yield Finding(f"sharing.consents.{names[0]}.desk", f"{message}: {advice}", "warning")


def desk_dates(facts: Facts) -> Iterator[Finding]:
    """A closure or surge of a desk ends before it begins."""
    for id_, desk in facts.sharing.desks.items():
        stretches = [(f"closures.{i}", one.from_utc, one.to_utc) for i, one in enumerate(desk.closures)]
        stretches += [(f"surges.{i}", one.from_utc, one.to_utc) for i, one in enumerate(desk.surges)]
        for key, start, end in stretches:
            if is_backward(start, end):
                yield Finding(f"sharing.desks.{id_}.{key}", "it ends before it begins", "error")


def urgency_without_effect(facts: Facts) -> Iterator[Finding]:
    """A link states how urgent its cases are, but no desk asks."""
    for id_, link in facts.sharing.links.items():
        desk = facts.sharing.desks.get(link.desk) if link.desk is not None else None
        if link.priority and (desk is None or desk.discipline != "priority"):
            what = "it has no desk" if desk is None else f"desk '{link.desk}' goes by {desk.discipline}"
            message = f"the priority changes only the order of what comes at one moment: {what}"
            yield Finding(f"sharing.links.{id_}.priority", message, "warning")


def unit_without_effect(facts: Facts) -> Iterator[Finding]:
    """It is said for what a decision is drawn once, but the decision is certain."""
    for id_, link in facts.sharing.links.items():
        if link.willing_per != PerCase() and link.willingness in (0.0, 1.0):
            message = f"nothing is drawn: willingness is {link.willingness:g}"
            yield Finding(f"sharing.links.{id_}.willing_per", message, "warning")
    for id_, consent in _on_request(facts):
        if consent.decided_per != PerCase() and consent.probability in (0.0, 1.0):
            message = f"nothing is drawn: probability is {consent.probability:g}"
            yield Finding(f"sharing.consents.{id_}.decided_per", message, "warning")


def desk_never_open(facts: Facts) -> Iterator[Finding]:
    """A desk has no opening hours, or none during the run."""
    for id_, desk in facts.sharing.desks.items():
        calendar, key = desk.calendar, f"sharing.desks.{id_}.calendar"
        if not isinstance(calendar, WorkingHours):
            continue
        if not calendar.weekdays or calendar.close_s <= calendar.open_s:
            yield Finding(
                key, "the desk is never open: it closes before it opens, or has no weekday", "error"
            )
        elif facts.timeline and open_hours(calendar, facts.timeline).next_open(0) >= facts.timeline.end_us:
            yield Finding(key, "the desk does not open during the run", "warning")


def _desk_owners(facts: Facts) -> dict[str, set[str]]:
    """Parties whose nodes release through each desk."""
    nodes = facts.sharing.nodes
    owners: dict[str, set[str]] = {desk: set() for desk in facts.sharing.desks}
    for link in facts.sharing.links.values():
        if link.desk in owners and link.sender in nodes:
            owners[str(link.desk)].add(nodes[link.sender].nation)
    return owners


def _on_request(facts: Facts) -> list[tuple[str, ConsentOnRequest]]:
    consents = facts.sharing.consents.items()
    return [(id_, consent) for id_, consent in consents if isinstance(consent, ConsentOnRequest)]


def _reached(asks: Mapping[str, list[tuple[str, str]]], desk: str) -> set[str]:
    """Desks that are asked, directly or not, because of what ``desk`` releases; itself if in a ring."""
    reached: set[str] = set()
    frontier = [desk]
    while frontier:
        for other, _ in asks[frontier.pop()]:
            if other not in reached:
                reached.add(other)
                frontier.append(other)
    return reached
