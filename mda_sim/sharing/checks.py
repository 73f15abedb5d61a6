"""Cross-checks of a sharing section: what its specs refer to, and what cannot work.

Each check is one small function over ``Facts`` that yields findings; ``check_sharing`` runs them all, in
order. An error stops a run; a warning is shown.

Assumptions and limits: load is not checked here (it needs reports; see ``exchange.load``). A loop of links is
no fault: a copy is never offered to a node at which it has been.
Where next: the scenario layer gives each finding its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from mda_sim.core.errors import Severity
from mda_sim.core.time import Timeline
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent
from mda_sim.sharing.desks import WorkingHours
from mda_sim.sharing.filters import FILTERS_MAX, filter_entries
from mda_sim.sharing.hours import open_hours
from mda_sim.sharing.labels import covers
from mda_sim.sharing.network import FilterSpec, NationSpec, SharingSpec

ARTICLE_KEYS: Final = ("in_force", "scope", "ceiling", "release")
"""Gates for which an agreement may name an article."""


class Finding(NamedTuple):
    """One thing found in the sharing section."""

    key: str
    """Dotted path of the key within the scenario, such as 'sharing.links.phl_jpn.desk'."""
    message: str
    """What was found, and what was expected."""
    severity: Severity
    """'error' or 'warning'."""


@dataclass(frozen=True)
class Facts:
    """What the checks look at."""

    sharing: SharingSpec
    nations: Mapping[str, NationSpec]
    operators: Mapping[str, str]
    """Operator of each sensor, by sensor id."""
    timeline: Timeline | None


def check_sharing(
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    operators: Mapping[str, str],
    timeline: Timeline | None = None,
) -> list[Finding]:
    """All findings about one resolved sharing section, errors and warnings.

    ``operators`` maps each sensor id to the party that operates it. With a ``timeline``, a desk that never
    opens during the run is found too.
    """
    facts = Facts(sharing, nations, operators, timeline)
    return [finding for check in CHECKS for finding in check(facts)]


def unknown_nation(facts: Facts) -> Iterator[Finding]:
    """A node, label, agreement or consent names a party that the scenario does not list."""
    named: list[tuple[str, tuple[str, ...]]] = []
    named += [(f"nodes.{id_}.nation", (node.nation,)) for id_, node in facts.sharing.nodes.items()]
    named += [(f"labels.{id_}.rel_to", label.rel_to) for id_, label in facts.sharing.labels.items()]
    for id_, consent in facts.sharing.consents.items():
        named += [(f"consents.{id_}.originator", (consent.originator,))]
        named += [(f"consents.{id_}.recipient", (consent.recipient,))]
        named += [(f"consents.{id_}.sender", (consent.sender,) if consent.sender else ())]
    named += [(f"agreements.{id_}.parties", deal.parties) for id_, deal in facts.sharing.agreements.items()]
    for id_, link in facts.sharing.links.items():
        if link.sanitise is not None:
            named += [(f"links.{id_}.sanitise.delegated_by", link.sanitise.delegated_by)]
    for key, parties in named:
        for party in parties:
            if party not in facts.nations:
                yield _unknown(key, "nation", party, facts.nations)


def picture_node_missing(facts: Facts) -> Iterator[Finding]:
    """A nation's picture node does not exist, or belongs to another nation."""
    for id_, nation in facts.nations.items():
        if nation.picture_node is None:
            continue
        key = f"nations.{id_}.picture_node"
        node = facts.sharing.nodes.get(nation.picture_node)
        if node is None:
            choices = _choices(facts.sharing.nodes)
            yield Finding(key, f"unknown node '{nation.picture_node}'; {choices}", "error")
        elif node.nation != id_:
            yield Finding(
                key, f"node '{nation.picture_node}' belongs to {node.nation}, not to {id_}", "error"
            )


def dangling_feed(facts: Facts) -> Iterator[Finding]:
    """A feed names a sensor, node or label that does not exist, or a node of another nation."""
    for sensor, feed in facts.sharing.feeds.items():
        key = f"feeds.{sensor}"
        operator = facts.operators.get(sensor)
        node = facts.sharing.nodes.get(feed.node)
        if operator is None:
            yield _unknown(key, "sensor", sensor, facts.operators)
        if feed.label not in facts.sharing.labels:
            yield _unknown(f"{key}.label", "label", feed.label, facts.sharing.labels)
        if node is None:
            yield _unknown(f"{key}.node", "node", feed.node, facts.sharing.nodes)
        elif operator is not None and node.nation != operator:
            message = f"sensor '{sensor}' of {operator} cannot feed node '{feed.node}' of {node.nation}"
            yield Finding(f"sharing.{key}.node", f"{message}; use a link to cross a border", "error")


def feed_above_level(facts: Facts) -> Iterator[Finding]:
    """A feed brings a node reports above the level that it may hold."""
    for sensor, feed in facts.sharing.feeds.items():
        node, label = facts.sharing.nodes.get(feed.node), facts.sharing.labels.get(feed.label)
        if node and label and not covers(node.highest_level, label.classification):
            message = f"label '{feed.label}' is {label.classification}, above node '{feed.node}'"
            yield Finding(f"sharing.feeds.{sensor}", f"{message} ({node.highest_level})", "warning")


def dangling_link(facts: Facts) -> Iterator[Finding]:
    """A link names a node or desk that does not exist."""
    for id_, link in facts.sharing.links.items():
        for end, node in (("sender", link.sender), ("recipient", link.recipient)):
            if node not in facts.sharing.nodes:
                yield _unknown(f"links.{id_}.{end}", "node", node, facts.sharing.nodes)
        if link.desk is not None and link.desk not in facts.sharing.desks:
            yield _unknown(f"links.{id_}.desk", "desk", link.desk, facts.sharing.desks)


def link_to_self(facts: Facts) -> Iterator[Finding]:
    """A link ends where it begins."""
    for id_, link in facts.sharing.links.items():
        if link.sender == link.recipient:
            message = f"the link leads from '{link.sender}' to itself"
            yield Finding(f"sharing.links.{id_}.recipient", message, "error")


def filter_without_effect(facts: Facts) -> Iterator[Finding]:
    """A filter states nothing, or there are more different filters than share classes can tell apart."""
    for id_, link in facts.sharing.links.items():
        if link.filter == FilterSpec():
            message = "the filter states nothing; say who passes (broadcasting, length_min_m, area)"
            yield Finding(f"sharing.links.{id_}.filter", message, "error")
    n_filters = len(filter_entries(facts.sharing))
    if n_filters > FILTERS_MAX:
        yield Finding("sharing.links", f"{n_filters} different filters; at most {FILTERS_MAX} work", "error")


def sanitise_without_effect(facts: Facts) -> Iterator[Finding]:
    """Sanitising names an unknown label, changes nothing, or is delegated by who need not delegate it."""
    for id_, link in facts.sharing.links.items():
        rule, key = link.sanitise, f"links.{id_}.sanitise"
        if rule is None:
            continue
        if rule.label is not None and rule.label not in facts.sharing.labels:
            yield _unknown(f"{key}.label", "label", rule.label, facts.sharing.labels)
        if rule.label is None and not rule.coarsen_m and not rule.delay_s:
            message = "it changes nothing; name a label, coarsen_m or delay_s, or leave it out"
            yield Finding(f"sharing.{key}", message, "error")
        sender = facts.sharing.nodes.get(link.sender)
        if sender is not None and sender.nation in rule.delegated_by:
            message = f"{sender.nation} sends over this link and needs no delegation for its own reports"
            yield Finding(f"sharing.{key}.delegated_by", message, "error")


def link_without_agreement(facts: Facts) -> Iterator[Finding]:
    """A link joins two nations that no agreement names together: all that it is offered will be refused."""
    nodes = facts.sharing.nodes
    for id_, link in facts.sharing.links.items():
        if link.sender not in nodes or link.recipient not in nodes:
            continue
        pair = {nodes[link.sender].nation, nodes[link.recipient].nation}
        if len(pair) == 2 and not any(pair <= set(d.parties) for d in facts.sharing.agreements.values()):
            names = " and ".join(sorted(pair))
            message = f"no agreement names both {names}; all reports offered to this link will be refused"
            yield Finding(f"sharing.links.{id_}", message, "warning")


def desk_of_two_nations(facts: Facts) -> Iterator[Finding]:
    """A desk serves links that leave nodes of different nations."""
    for desk, of_desk in _desk_owners(facts).items():
        owners = sorted(of_desk)
        if len(owners) > 1:
            message = f"the desk serves links that leave nodes of {' and '.join(owners)}"
            yield Finding(f"sharing.desks.{desk}", f"{message}; give each nation its own", "warning")


def agreement_dates(facts: Facts) -> Iterator[Finding]:
    """An agreement is in force before it was signed, or a stretch of time ends before it begins."""
    for id_, deal in facts.sharing.agreements.items():
        key = f"sharing.agreements.{id_}"
        start, end = deal.in_force_from, deal.in_force_to
        if deal.signed is not None and start is not None and start < deal.signed:
            yield Finding(f"{key}.in_force_from", f"in force before it was signed ({deal.signed})", "error")
        if end is not None and (start is None or end <= start):
            yield Finding(f"{key}.in_force_to", "ends before it comes into force", "error")
        for i, pause in enumerate(deal.suspensions):
            if pause.to_utc is not None and pause.to_utc <= pause.from_utc:
                yield Finding(f"{key}.suspensions.{i}", "the suspension ends before it begins", "error")


def agreement_parties(facts: Facts) -> Iterator[Finding]:
    """An agreement has fewer than two parties."""
    for id_, deal in facts.sharing.agreements.items():
        if len(set(deal.parties)) < 2:
            message = f"needs at least two different parties, got {list(deal.parties)}"
            yield Finding(f"sharing.agreements.{id_}.parties", message, "error")


def agreement_articles(facts: Facts) -> Iterator[Finding]:
    """An agreement names an article for a gate that does not exist."""
    for id_, deal in facts.sharing.agreements.items():
        for gate in deal.articles:
            if gate not in ARTICLE_KEYS:
                message = f"unknown gate '{gate}'; expected one of {', '.join(ARTICLE_KEYS)}"
                yield Finding(f"sharing.agreements.{id_}.articles.{gate}", message, "error")


def outage_dates(facts: Facts) -> Iterator[Finding]:
    """An outage of a link ends before it begins."""
    for id_, link in facts.sharing.links.items():
        for i, outage in enumerate(link.outages):
            if _is_backward(outage.from_utc, outage.to_utc):
                key = f"sharing.links.{id_}.outages.{i}"
                yield Finding(key, "the outage ends before it begins", "error")


def group_members(facts: Facts) -> Iterator[Finding]:
    """A group names a node that does not exist, or joins nothing."""
    for id_, group in facts.sharing.groups.items():
        for node in group.nodes:
            if node not in facts.sharing.nodes:
                yield _unknown(f"groups.{id_}.nodes", "node", node, facts.sharing.nodes)
        if len(set(group.nodes)) < 2:
            message = f"needs at least two different nodes, got {list(group.nodes)}"
            yield Finding(f"sharing.groups.{id_}.nodes", message, "error")


def consent_without_effect(facts: Facts) -> Iterator[Finding]:
    """A consent is of a party that runs no node, or to one that needs none, or ends before it begins."""
    running = {node.nation for node in facts.sharing.nodes.values()}
    for id_, consent in facts.sharing.consents.items():
        key = f"sharing.consents.{id_}"
        if consent.originator in facts.nations and consent.originator not in running:
            message = f"{consent.originator} runs no node, so no report of its sensors can need this consent"
            yield Finding(f"{key}.originator", message, "error")
        if consent.originator == consent.recipient:
            yield Finding(f"{key}.recipient", "a party needs no consent for its own reports", "error")
        if consent.sender in (consent.originator, consent.recipient):
            message = f"{consent.sender} needs no consent to send this"
            yield Finding(f"{key}.sender", f"{message}; name who would pass it on, or nobody", "error")
        if isinstance(consent, StandingConsent) and _is_backward(consent.from_utc, consent.to_utc):
            yield Finding(f"{key}.to_utc", "the consent ends before it begins", "error")


def consent_desk(facts: Facts) -> Iterator[Finding]:
    """A consent is asked for at a desk that does not exist, or that works for another party."""
    owners = _desk_owners(facts)
    for id_, consent in _on_request(facts):
        key = f"consents.{id_}.desk"
        if consent.desk is None:
            continue
        if consent.desk not in facts.sharing.desks:
            yield _unknown(key, "desk", consent.desk, facts.sharing.desks)
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


CHECKS: Final = (
    unknown_nation,
    picture_node_missing,
    dangling_feed,
    feed_above_level,
    dangling_link,
    link_to_self,
    filter_without_effect,
    sanitise_without_effect,
    link_without_agreement,
    desk_of_two_nations,
    agreement_dates,
    agreement_parties,
    agreement_articles,
    outage_dates,
    group_members,
    consent_without_effect,
    consent_desk,
    consent_loop,
    desk_never_open,
)
"""All checks, in the order in which they report."""


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


def _is_backward(start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and end <= start


def _unknown(key: str, kind: str, name: str, known: Mapping[str, object]) -> Finding:
    return Finding(f"sharing.{key}", f"unknown {kind} '{name}'; {_choices(known)}", "error")


def _choices(known: Mapping[str, object]) -> str:
    names = sorted(known)
    if not names:
        return "none is defined"
    shown = ", ".join(f"'{name}'" for name in names[:8])
    return f"expected one of {shown}" + (", ..." if len(names) > 8 else "")
