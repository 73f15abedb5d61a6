"""Cross-checks of a sharing section: what its specs refer to, and what cannot work.

Each check is one small function over ``Facts`` that yields findings; ``check_sharing`` runs them all, in
order. An error stops a run; a warning is shown.

Assumptions and limits: load is not checked here (it needs reports; see ``exchange.load``). A loop of links is
no fault: a report is never offered twice from one node.
Where next: the scenario layer gives each finding its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from mda_sim.core.errors import Severity
from mda_sim.core.time import Timeline
from mda_sim.sharing.desks import WorkingHours
from mda_sim.sharing.hours import open_hours
from mda_sim.sharing.labels import covers
from mda_sim.sharing.network import NationSpec, SharingSpec

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
    """A node, label or agreement names a party that the scenario does not list."""
    named: list[tuple[str, tuple[str, ...]]] = []
    named += [(f"nodes.{id_}.nation", (node.nation,)) for id_, node in facts.sharing.nodes.items()]
    named += [(f"labels.{id_}.rel_to", label.rel_to) for id_, label in facts.sharing.labels.items()]
    named += [(f"agreements.{id_}.parties", deal.parties) for id_, deal in facts.sharing.agreements.items()]
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
    nodes = facts.sharing.nodes
    for desk in facts.sharing.desks:
        senders = {n.sender for n in facts.sharing.links.values() if n.desk == desk and n.sender in nodes}
        owners = sorted({nodes[sender].nation for sender in senders})
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
    link_without_agreement,
    desk_of_two_nations,
    agreement_dates,
    agreement_parties,
    agreement_articles,
    desk_never_open,
)
"""All checks, in the order in which they report."""


def _unknown(key: str, kind: str, name: str, known: Mapping[str, object]) -> Finding:
    return Finding(f"sharing.{key}", f"unknown {kind} '{name}'; {_choices(known)}", "error")


def _choices(known: Mapping[str, object]) -> str:
    names = sorted(known)
    if not names:
        return "none is defined"
    shown = ", ".join(f"'{name}'" for name in names[:8])
    return f"expected one of {shown}" + (", ..." if len(names) > 8 else "")
