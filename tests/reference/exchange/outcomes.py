"""Outcomes: what became of each part for each nation, best over all routes.

Model: let H be the nodes that hold a copy of a part at the end of the run, and a link be usable for it if
the link carries its category and does not lead abroad to its originator. A nation whose picture node is in
H has it. Otherwise the frontier is the set of usable links from H to a node outside H from which the
picture node can be reached over usable links and nodes outside H; the part stopped on each of them, and the
best of their outcomes counts. A frontier is empty exactly when no usable route leads from the feed's node
to the picture node: NO_ROUTE.

A nation whose picture node is in a group with the part's feed node has it at t_ready, over no link, or has
it in flight if that is past the end of the run; holders by a group alone do not count as H.

Parts with the same profile and the same H share a frontier, so it is searched once for each such group.

Assumptions and limits: a part that the end of the run kept from its feed's node is IN_FLIGHT where there is
a route. Where next: metrics count these rows; the audit derives them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.records import OUTCOMES, Outcome
from mda_sim.sharing.exchange.intake import Topology
from mda_sim.sharing.network import NationSpec
from tests.reference.exchange.books import Books
from tests.reference.exchange.engine import Engine

NO_HOP = 255
"""In place of an outcome: the report was not offered to the link."""


def derive_outcomes(engine: Engine, books: Books, nations: Mapping[str, NationSpec]) -> Table:
    """One row per fed part and scored nation other than its originator."""
    intake, topology = engine.intake, engine.topology
    nation_ids = sorted(nations)
    scored = [n for n in nation_ids if nations[n].kind == "nation" and nations[n].picture_node is not None]
    targets = [topology.nodes.index(str(nations[n].picture_node)) for n in scored]
    shape = (len(intake), len(scored))
    outcome, gates = np.full(shape, int(Outcome.NO_ROUTE)), np.zeros(shape, np.int64)
    received, n_hops = np.full(shape, NEVER_US, np.int64), np.zeros(shape, np.int64)

    row, recipient, hop = _receipts(engine, books)
    held = _holdings(engine, row, recipient)
    for k, target in enumerate(targets):
        at_target = recipient == target
        received[row[at_target], k] = books.hops["t_received_us"][hop[at_target]]
        n_hops[row[at_target], k] = books.depth[hop[at_target]] + 1
        outcome[held[:, target], k] = Outcome.DELIVERED

    hop_outcome, hop_gates = _by_link(engine, books)
    usable = engine.forms.carried
    for members, profile, holders in _groups(engine, held):
        for k, target in enumerate(targets):
            if target in holders:
                continue
            frontier = _frontier(topology, [links[profile] for links in usable], holders, target)
            if frontier:
                tried = hop_outcome[members[:, None], np.array(frontier)]
                best = np.argmin(tried, axis=1)
                result = tried[np.arange(len(members)), best]
                outcome[members, k] = np.where(result == NO_HOP, int(Outcome.IN_FLIGHT), result)
                gates[members, k] = hop_gates[members, np.array(frontier)[best]]
            else:
                gates[members, k] = _gates_without_link(engine, members, profile, target)

    pooled = _pooled(engine, targets)
    ready_us = np.broadcast_to(intake.t_ready_us[:, None], shape)
    is_ready = pooled & (ready_us <= engine.end_us)
    outcome[pooled] = np.where(is_ready[pooled], int(Outcome.DELIVERED), int(Outcome.IN_FLIGHT))
    received[pooled] = np.where(is_ready[pooled], ready_us[pooled], NEVER_US)
    n_hops[pooled], gates[pooled] = 0, 0

    originator = np.array([nation_ids.index(p.originator) for p in intake.profiles], np.int64)
    nation = np.array([nation_ids.index(n) for n in scored], np.int64)
    foreign = originator[intake.profile][:, None] != nation[None, :]
    columns = {
        "part": np.broadcast_to(intake.part[:, None], shape)[foreign],
        "nation": np.broadcast_to(nation[None, :], shape)[foreign],
        "t_received_us": received[foreign],
        "hops": n_hops[foreign],
        "gates": gates[foreign],
        "outcome": outcome[foreign],
    }
    return Table.of(OUTCOMES, columns, {"nations": nation_ids})


def _pooled(engine: Engine, targets: list[int]) -> NDArray[np.bool_]:
    """Whether a group joins each part's feed node with each of the target nodes (F, K)."""
    nodes = engine.topology.nodes
    joined = np.zeros((len(nodes), len(nodes)), bool)
    for group in engine.sharing.groups.values():
        members = [nodes.index(node) for node in group.nodes]
        joined[np.ix_(members, members)] = True
    return np.asarray(joined[engine.intake.node][:, targets], np.bool_)


def _receipts(engine: Engine, books: Books) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row, receiving node and hop of each kept delivery; last first, so that the first is written last."""
    kept = books.kept[::-1]
    recipients = np.array(engine.topology.recipients, np.int64)
    return books.row[kept], recipients[books.hops["link"][kept]], kept


def _holdings(engine: Engine, row: NDArray[np.int64], node: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which nodes hold each part at the end of the run (F, N); the feed's node always counts."""
    held = np.zeros((len(engine.intake), len(engine.topology.nodes)), bool)
    held[np.arange(len(held)), engine.intake.node] = True
    held[row, node] = True
    return held


def _by_link(engine: Engine, books: Books) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Best outcome of each part on each link, and the gates of the first copy that had it, (F, L) each.

    ``NO_HOP`` where it was not offered.
    """
    shape = (len(engine.intake), len(engine.topology.links))
    outcome, gates = np.full(shape, NO_HOP, np.uint8), np.zeros(shape, np.int64)
    hops = books.hops
    best_last = np.lexsort((hops["copy"], hops["outcome"]))[::-1]
    row, link = books.row[best_last], hops["link"][best_last].astype(np.int64)
    outcome[row, link] = hops["outcome"][best_last]
    gates[row, link] = (hops["gates"] | hops["gates_at_release"])[best_last]
    return outcome, gates


def _groups(
    engine: Engine, held: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int64], int, frozenset[int]]]:
    """Parts with the same profile and the same holders: their rows, the profile, the holders."""
    label = engine.intake.profile
    for node in range(held.shape[1]):
        if held[:, node].any():
            label = np.unique(label * 2 + held[:, node], return_inverse=True)[1]
    order = np.argsort(label, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if len(members):
            holders = frozenset(np.flatnonzero(held[members[0]]).tolist())
            yield members, int(engine.intake.profile[members[0]]), holders


def _frontier(topology: Topology, usable: list[bool], holders: Set[int], target: int) -> list[int]:
    """Usable links from a holder to a node that is none, and from which the target can still be reached."""
    reaching, grown = {target}, True
    while grown:
        grown = False
        for link, (sender, recipient) in enumerate(zip(topology.senders, topology.recipients, strict=True)):
            if usable[link] and recipient in reaching and sender not in reaching and sender not in holders:
                reaching.add(sender)
                grown = True
    return [
        link
        for link, (sender, recipient) in enumerate(zip(topology.senders, topology.recipients, strict=True))
        if usable[link] and sender in holders and recipient in reaching
    ]


def _gates_without_link(
    engine: Engine, members: NDArray[np.int64], profile: int, target: int
) -> NDArray[np.int64]:
    """Gates that fail if a link is imagined from the feed's node to the target, on arrival there."""
    intake, nodes = engine.intake, engine.topology.nodes
    gates = np.zeros(len(members), np.int64)
    for feed_node in np.unique(intake.node[members]).tolist():
        here = np.flatnonzero(intake.node[members] == feed_node)
        steps = engine.policy.without_link(nodes[feed_node], nodes[target], intake.profiles[profile])
        gates[here] = np.array(steps.gates)[steps.indices(intake.t_arrived_us[members[here]])]
    return gates
