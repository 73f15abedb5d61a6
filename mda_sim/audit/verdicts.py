"""Whether every delivery and every refusal follows from the rules, and every outcome from the hops.

Model: the gates of each hop are derived again from label, agreements, consents, node and link, at arrival,
at release, and when an answer comes (``rulings``). The outcome of a report for a nation is derived by
spreading, from the nation's picture node backwards over usable links, the set of nodes from which the
report could still come; the links that lead into that set from a node that holds the report are where it
stopped, and the best of their outcomes counts. A group overrules all this for what is fed to its members:
they have it as soon as it is ready.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.case_file import CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.audit.rules import LADDER, Tree
from mda_sim.audit.rulings import Rulings
from mda_sim.core.time import NEVER_US
from mda_sim.records import DeliveryLog, Outcome


def check_gates(file: CaseFile, rulings: Rulings, notes: Notebook) -> None:
    """Gates on arrival and at release, agreement and consent used, are those that the rules give."""
    hops = file.hops
    for name in ("gates", "gates_at_release", "agreement", "consent"):
        expected = getattr(rulings, name)
        notes.rows(
            f"{name} differ from the rules",
            hops[name] != expected,
            "hops",
            expected=expected,
            found=hops[name],
        )
    refused = (rulings.gates | rulings.gates_at_release) != 0
    notes.rows(
        "delivered although a gate refuses",
        file.is_delivered & refused,
        "hops",
        report=hops["report"],
        gates=rulings.gates | rulings.gates_at_release,
    )
    withheld = hops["outcome"] == Outcome.WITHHELD
    notes.rows("withheld although every gate allows", withheld & ~refused, "hops", report=hops["report"])


def check_outcomes(file: CaseFile, deliveries: DeliveryLog, nations: Tree, notes: Notebook) -> None:
    """There is one outcome for each fed report and scored foreign nation: the best over all routes."""
    names = sorted(nations)
    table = {name: column.astype(np.int64) for name, column in deliveries.outcomes.columns.items()}
    scored = [n for n in names if nations[n]["kind"] == "nation" and nations[n]["picture_node"] is not None]
    originator = np.array([names.index(kind.originator) for kind in file.kinds], np.int64)[file.kind]
    expected = _outcomes(file, nations, scored)
    columns: dict[str, Ints] = {}
    index = np.array([names.index(n) for n in scored], np.int64)
    foreign = originator[:, None] != index[None, :]
    columns["report"] = np.broadcast_to(file.report[:, None], foreign.shape)[foreign]
    columns["nation"] = np.broadcast_to(index[None, :], foreign.shape)[foreign]
    columns |= {name: values[foreign] for name, values in expected.items()}
    if len(table["report"]) != len(columns["report"]):
        notes.broken(
            "not one outcome for each fed report and foreign nation",
            [f"expected {len(columns['report']):,} rows, found {len(table['report']):,}"],
        )
        return
    for name, values in columns.items():
        notes.rows(
            f"outcomes: {name} is not what the hops give",
            table[name] != values,
            "outcomes",
            report=table["report"],
            expected=values,
            found=table[name],
        )


def _outcomes(file: CaseFile, nations: Mapping[str, Tree], scored: list[str]) -> dict[str, Ints]:
    """Outcome, gates, receipt and hops of each fed report (rows) for each scored nation (columns)."""
    shape = (len(file.report), len(scored))
    outcome, gates = np.full(shape, int(Outcome.NO_ROUTE), np.int64), np.zeros(shape, np.int64)
    received, n_hops = np.full(shape, NEVER_US, np.int64), np.zeros(shape, np.int64)
    t_us, by = file.arrivals()
    held = by >= 0
    held[np.arange(len(held)), file.feed_node] = True
    depth = _depths(file, by)
    by_link = np.full((len(file.links), len(file.report)), int(Outcome.IN_FLIGHT), np.int64)
    by_link[file.link, file.row] = file.hops["outcome"]
    gates_of = np.zeros((len(file.links), len(file.report)), np.int64)
    gates_of[file.link, file.row] = file.hops["gates"] | file.hops["gates_at_release"]
    for k, nation in enumerate(scored):
        target = file.nodes.index(nations[nation]["picture_node"])
        arrived = by[:, target] >= 0
        received[arrived, k] = t_us[arrived, target]
        n_hops[arrived, k] = depth[arrived, target]
        outcome[held[:, target], k] = int(Outcome.DELIVERED)
        reach = _reach(file, held, target)
        best = np.full(len(file.report), 255, np.int64)
        for link in range(len(file.links)):
            is_front = (
                file.usable[link][file.kind] & held[:, file.sender[link]] & reach[:, file.recipient[link]]
            )
            better = is_front & (by_link[link] < best) & ~held[:, target]
            best[better] = by_link[link][better]
            gates[better, k] = gates_of[link][better]
        stopped = (best < 255) & ~held[:, target]
        outcome[stopped, k] = best[stopped]
        no_route = ~held[:, target] & ~stopped
        gates[no_route, k] = _gates_without_link(file, nations, nation, no_route)
        pooled = _pooled(file, target)
        in_time = pooled & (file.ready_us <= file.end_us)
        outcome[pooled, k], gates[pooled, k], n_hops[pooled, k] = int(Outcome.IN_FLIGHT), 0, 0
        outcome[in_time, k] = int(Outcome.DELIVERED)
        received[pooled, k] = np.where(in_time, file.ready_us, NEVER_US)[pooled]
    return {"t_received_us": received, "hops": n_hops, "gates": gates, "outcome": outcome}


def _pooled(file: CaseFile, target: int) -> NDArray[np.bool_]:
    """Which reports a group brings to ``target``: fed to a node that is in a group with it."""
    sources = {
        file.nodes.index(node)
        for group in file.sharing["groups"].values()
        if file.nodes[target] in group["nodes"]
        for node in group["nodes"]
    }
    return np.isin(file.feed_node, sorted(sources))


def _reach(file: CaseFile, held: NDArray[np.bool_], target: int) -> NDArray[np.bool_]:
    """Nodes outside the holders from which each report could still come to ``target`` (F, N)."""
    reach = np.zeros(held.shape, bool)
    reach[:, target] = ~held[:, target]
    for _ in file.nodes:
        for link in range(len(file.links)):
            sender = file.sender[link]
            can_pass = file.usable[link][file.kind] & reach[:, file.recipient[link]]
            reach[:, sender] |= can_pass & ~held[:, sender]
    return reach


def _depths(file: CaseFile, by: Ints) -> Ints:
    """Number of links that each report travelled to each node (F, N)."""
    depth = np.zeros(by.shape, np.int64)
    report, node = np.nonzero(by >= 0)
    hop = by[report, node]
    for _ in file.nodes:
        depth[report, node] = depth[report, file.sender[file.link[hop]]] + 1
    return depth


def _gates_without_link(
    file: CaseFile, nations: Mapping[str, Tree], nation: str, wanted: NDArray[np.bool_]
) -> Ints:
    """Gates that would refuse each wanted report on a link from its feed to the nation's picture node."""
    gates = np.zeros(len(file.report), np.int64)
    node = nations[nation]["picture_node"]
    for kind_index, kind in enumerate(file.kinds):
        for feed_node in range(len(file.nodes)):
            rows = np.flatnonzero(wanted & (file.kind == kind_index) & (file.feed_node == feed_node))
            giver, taker = file.rules.party(file.nodes[feed_node]), file.rules.party(node)
            t_us = file.fed_us[rows]
            gates[rows] = (
                file.rules.legal(kind, giver, taker, t_us)[0]
                | file.rules.accreditation(kind, LADDER[-1], node, t_us)
                | file.rules.release(kind, giver, taker, -1, t_us, np.full(len(rows), -NEVER_US))[0]
            )
    return gates[wanted]
