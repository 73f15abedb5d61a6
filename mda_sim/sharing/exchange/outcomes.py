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

from collections.abc import Mapping, Set

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.records import OUTCOMES, Outcome
from mda_sim.sharing.exchange.books import Books
from mda_sim.sharing.exchange.engine import Engine
from mda_sim.sharing.exchange.intake import Topology
from mda_sim.sharing.network import NationSpec


def derive_outcomes(engine: Engine, books: Books, nations: Mapping[str, NationSpec]) -> Table:
    """One row per fed part and scored nation other than its originator."""
    from mda_sim.sharing.exchange.outcomes_kernels import judge, note_receipts

    intake, topology = engine.intake, engine.topology
    nation_ids = sorted(nations)
    scored = [n for n in nation_ids if nations[n].kind == "nation" and nations[n].picture_node is not None]
    targets = [topology.nodes.index(str(nations[n].picture_node)) for n in scored]
    shape = (len(intake), len(scored))
    outcome, n_hops = np.empty((2, *shape), np.uint8)
    gates, received = np.empty(shape, np.uint16), np.empty(shape, np.int64)

    first = np.full((len(intake), len(topology.nodes)), -1, np.int64)
    note_receipts(
        books.kept, books.kept_row, books.hops["link"], np.array(topology.recipients, np.int64), first
    )
    group, frontier_from, frontier = _frontiers(engine, first, targets)
    judge(
        books.starts, books.hops["link"], books.hops["outcome"], books.hops["gates"],
        books.hops["gates_at_release"], books.hops["t_received_us"], books.depth, first, intake.node,
        np.array(targets, np.int64), group, frontier_from, frontier, len(topology.links), outcome, gates,
        received, n_hops,
    )  # fmt: skip
    _imagine_links(engine, targets, outcome, gates)

    pooled = _pooled(engine, targets)
    if pooled.any():
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


def _frontiers(
    engine: Engine, first: NDArray[np.int64], targets: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The group of each row (F,), and the frontier of each group and target, one after another.

    The second array tells where each begins, and where the last ends.
    """
    from mda_sim.sharing.exchange.outcomes_kernels import find_groups

    intake, topology, n_nodes = engine.intake, engine.topology, first.shape[1]
    leaf, n, room = np.zeros(len(intake), np.int64), -1, 1024 + len(intake.profiles)
    while n < 0:
        tree, room = np.full((room, 2), -1, np.int64), 4 * room
        n = find_groups(intake.profile, intake.node, first, tree, leaf)
    number = np.full(len(tree), -1, np.int64)
    frontier, starts = [], [0]
    usable = [
        [carried[profile] for carried in engine.forms.carried] for profile in range(len(intake.profiles))
    ]
    branches = [(profile, profile, frozenset[int]()) for profile in range(len(intake.profiles))]
    for node in range(n_nodes):
        branches = [
            (int(tree[at, holds]), profile, holders | {node} if holds else holders)
            for at, profile, holders in branches
            for holds in (0, 1)
            if tree[at, holds] >= 0
        ]
    for place, (at, profile, holders) in enumerate(branches):
        number[at] = place
        for target in targets:
            if target not in holders:
                frontier += _frontier(topology, usable[profile], holders, target)
            starts.append(len(frontier))
    return number[leaf], np.array(starts, np.int64), np.array(frontier, np.int64)


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


def _imagine_links(
    engine: Engine, targets: list[int], outcome: NDArray[np.uint8], gates: NDArray[np.uint16]
) -> None:
    """Where there is no route, the gates that fail if a link is imagined from feed to target."""
    intake, nodes = engine.intake, engine.topology.nodes
    if not (outcome == int(Outcome.NO_ROUTE)).any():
        return
    for profile, node in intake.pairs():
        rows = np.flatnonzero((intake.profile == profile) & (intake.node == node))
        for k, target in enumerate(targets):
            here = rows[outcome[rows, k] == int(Outcome.NO_ROUTE)]
            if len(here):
                steps = engine.policy.without_link(nodes[node], nodes[target], intake.profiles[profile])
                gates[here, k] = np.array(steps.gates)[steps.indices(intake.t_arrived_us[here])]
