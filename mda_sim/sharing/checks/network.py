"""Checks of nodes, feeds, links and groups."""

from __future__ import annotations

from collections.abc import Iterator

from mda_sim.sharing.checks.facts import Facts, Finding, choices, is_backward, unknown
from mda_sim.sharing.filters import FILTERS_MAX, area_entries, filter_entries
from mda_sim.sharing.labels import covers
from mda_sim.sharing.network import FilterSpec
from mda_sim.sharing.schedules import DatedWindows, PeriodicWindows, Subscribe


def picture_node_missing(facts: Facts) -> Iterator[Finding]:
    """A nation's picture node does not exist, or belongs to another nation."""
    for id_, nation in facts.nations.items():
        if nation.picture_node is None:
            continue
        key = f"nations.{id_}.picture_node"
        node = facts.sharing.nodes.get(nation.picture_node)
        if node is None:
            expected = choices(facts.sharing.nodes)
            yield Finding(key, f"unknown node '{nation.picture_node}'; {expected}", "error")
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
            yield unknown(key, "sensor", sensor, facts.operators)
        if feed.label not in facts.sharing.labels:
            yield unknown(f"{key}.label", "label", feed.label, facts.sharing.labels)
        if node is None:
            yield unknown(f"{key}.node", "node", feed.node, facts.sharing.nodes)
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
                yield unknown(f"links.{id_}.{end}", "node", node, facts.sharing.nodes)
        if link.desk is not None and link.desk not in facts.sharing.desks:
            yield unknown(f"links.{id_}.desk", "desk", link.desk, facts.sharing.desks)


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
        if isinstance(link.pattern, Subscribe) and link.filter is None:
            message = "the recipient subscribes to nothing in particular; state a filter, or push"
            yield Finding(f"sharing.links.{id_}.pattern", message, "error")
    n_bits = len(filter_entries(facts.sharing)) + len(area_entries(facts.sharing))
    if n_bits > FILTERS_MAX:
        message = f"{n_bits} different filters and areas of rules; at most {FILTERS_MAX} work"
        yield Finding("sharing.links", message, "error")


def sanitise_without_effect(facts: Facts) -> Iterator[Finding]:
    """Sanitising names an unknown label, changes nothing, or is delegated by who need not delegate it."""
    for id_, link in facts.sharing.links.items():
        rule, key = link.sanitise, f"links.{id_}.sanitise"
        if rule is None:
            continue
        if rule.label is not None and rule.label not in facts.sharing.labels:
            yield unknown(f"{key}.label", "label", rule.label, facts.sharing.labels)
        if rule.label is None and not (rule.coarsen_m or rule.delay_s or rule.strip_source):
            message = "it changes nothing; name a label, coarsen_m, delay_s or strip_source, or leave it out"
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


def link_hours(facts: Facts) -> Iterator[Finding]:
    """A link is never up, or always although its windows say that it is not."""
    for id_, link in facts.sharing.links.items():
        windows, key = link.contact_windows, f"sharing.links.{id_}.contact_windows"
        if isinstance(windows, PeriodicWindows) and windows.lasts_s >= windows.period_s:
            message = (
                f"each lasts {windows.lasts_s:g} s or more of its period; leave them out for a steady link"
            )
            yield Finding(key, message, "error")
        if isinstance(windows, DatedWindows):
            if not windows.stretches:
                yield Finding(key, "the link is never up: it has no window", "error")
            for i, stretch in enumerate(windows.stretches):
                if is_backward(stretch.from_utc, stretch.to_utc):
                    yield Finding(f"{key}.stretches.{i}", "the window ends before it begins", "error")


def outage_dates(facts: Facts) -> Iterator[Finding]:
    """An outage of a link ends before it begins."""
    for id_, link in facts.sharing.links.items():
        for i, outage in enumerate(link.outages):
            if is_backward(outage.from_utc, outage.to_utc):
                key = f"sharing.links.{id_}.outages.{i}"
                yield Finding(key, "the outage ends before it begins", "error")


def group_members(facts: Facts) -> Iterator[Finding]:
    """A group names a node that does not exist, or joins nothing."""
    for id_, group in facts.sharing.groups.items():
        for node in group.nodes:
            if node not in facts.sharing.nodes:
                yield unknown(f"groups.{id_}.nodes", "node", node, facts.sharing.nodes)
        if len(set(group.nodes)) < 2:
            message = f"needs at least two different nodes, got {list(group.nodes)}"
            yield Finding(f"sharing.groups.{id_}.nodes", message, "error")
