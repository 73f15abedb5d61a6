"""Whether every delivery and every refusal follows from the rules, and every outcome from the hops.

Model: the gates of each hop are derived again from label, agreements, consents, node and link, at arrival,
at release, and when an answer comes (``rulings``). The outcome of a part for a nation is derived by
spreading, from the nation's picture node backwards over usable links, the set of nodes from which the
part could still come; the links that lead into that set from a node that holds the part are where it
stopped, and the best of their outcomes counts. This is done once for all parts of one kind that the same
nodes hold. A group overrules all this for what is fed to its members: they have it as soon as it is ready.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.books import arrival_places
from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.audit.forms import LADDER
from mda_sim.audit.moments import Tree
from mda_sim.audit.rulings import Rulings
from mda_sim.audit.trails import Trail
from mda_sim.core.time import NEVER_US
from mda_sim.records import DeliveryLog, Outcome

NONE = 255
"""In place of an outcome: none yet."""


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
        part=hops["part"],
        gates=rulings.gates | rulings.gates_at_release,
    )
    withheld = hops["outcome"] == Outcome.WITHHELD
    notes.rows("withheld although every gate allows", withheld & ~refused, "hops", part=hops["part"])


def check_outcomes(
    file: CaseFile, trail: Trail, deliveries: DeliveryLog, nations: Tree, notes: Notebook
) -> None:
    """There is one outcome for each fed part and scored foreign nation: the best over all routes."""
    names = sorted(nations)
    table = {name: column.astype(np.int64) for name, column in deliveries.outcomes.columns.items()}
    scored = [n for n in names if nations[n]["kind"] == "nation" and nations[n]["picture_node"] is not None]
    if list(deliveries.outcomes.meta.get("nations", [])) != names:
        notes.broken("outcomes name other nations", [f"expected {names}"])
    originator = np.array([names.index(kind.originator) for kind in file.kinds], np.int64)[file.kind]
    expected = _outcomes(file, trail, nations, scored)
    columns: dict[str, Ints] = {}
    index = np.array([names.index(n) for n in scored], np.int64)
    foreign = originator[:, None] != index[None, :]
    columns["part"] = np.broadcast_to(file.part[:, None], foreign.shape)[foreign]
    columns["nation"] = np.broadcast_to(index[None, :], foreign.shape)[foreign]
    columns |= {name: values[foreign] for name, values in expected.items()}
    if len(table["part"]) != len(columns["part"]):
        notes.broken(
            "not one outcome for each fed part and foreign nation",
            [f"expected {len(columns['part']):,} rows, found {len(table['part']):,}"],
        )
        return
    for name, values in columns.items():
        notes.rows(
            f"outcomes: {name} is not what the hops give",
            table[name] != values,
            "outcomes",
            part=table["part"],
            expected=values,
            found=table[name],
        )


def _outcomes(
    file: CaseFile, trail: Trail, nations: Mapping[str, Tree], scored: list[str]
) -> dict[str, Ints]:
    """Outcome, gates, receipt and hops of each fed part (rows) for each scored nation (columns)."""
    shape = (len(file.part), len(scored))
    outcome, gates = np.full(shape, int(Outcome.NO_ROUTE), np.int64), np.zeros(shape, np.int64)
    received, n_hops = np.full(shape, NEVER_US, np.int64), np.zeros(shape, np.int64)
    rows, _, place = arrival_places(file, trail)
    first = rows[place == 0]
    node = file.recipient[file.link[first]]
    held = np.zeros((len(file.part), len(file.nodes)), bool)
    held[file.row[first], node] = True
    held[np.arange(len(held)), file.feed_node] = True
    pattern, example = _patterns(file, held)
    best_of_link, gates_of_link = _best_by_link(file)
    for k, nation in enumerate(scored):
        target = file.nodes.index(nations[nation]["picture_node"])
        came = first[node == target]
        received[file.row[came], k] = file.hops["t_received_us"][came]
        n_hops[file.row[came], k] = trail.depth[came] + 1
        outcome[held[:, target], k] = int(Outcome.DELIVERED)
        reach = _reach(file, held[example], file.kind[example], target)
        best = np.full(len(file.part), NONE, np.uint8)
        for link in range(len(file.links)):
            is_front = file.usable[link][file.kind[example]] & ~held[example, target]
            is_front &= held[example, file.sender[link]] & reach[:, file.recipient[link]]
            if is_front.any():
                better = np.flatnonzero(is_front[pattern] & (best_of_link[link] < best))
                best[better] = best_of_link[link][better]
                gates[better, k] = gates_of_link[link][better]
        stopped = best < NONE
        outcome[stopped, k] = best[stopped]
        no_route = np.flatnonzero(~held[:, target] & ~stopped)
        gates[no_route, k] = _gates_without_link(file, nations[nation]["picture_node"], no_route)
        pooled = _pooled(file, target)
        in_time = pooled & (file.ready_us <= file.end_us)
        outcome[pooled, k], gates[pooled, k], n_hops[pooled, k] = int(Outcome.IN_FLIGHT), 0, 0
        outcome[in_time, k] = int(Outcome.DELIVERED)
        received[pooled, k] = np.where(in_time, file.ready_us, NEVER_US)[pooled]
    return {"t_received_us": received, "hops": n_hops, "gates": gates, "outcome": outcome}


def _best_by_link(file: CaseFile) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Outcome and gates of the first best copy of each fed part on each link (L, F); else IN_FLIGHT."""
    hops, shape = file.hops, (len(file.links), len(file.part))
    best, gates = np.full(shape, NONE, np.uint8), np.zeros(shape, np.uint16)
    for copy in range(int(hops["copy"].max(initial=-1)), -1, -1):
        rows = np.flatnonzero(hops["copy"] == copy)
        rows = rows[hops["outcome"][rows] <= best[file.link[rows], file.row[rows]]]
        best[file.link[rows], file.row[rows]] = hops["outcome"][rows]
        gates[file.link[rows], file.row[rows]] = (hops["gates"] | hops["gates_at_release"])[rows]
    best[best == NONE] = int(Outcome.IN_FLIGHT)
    return best, gates


def _patterns(file: CaseFile, held: Bools) -> tuple[Ints, Ints]:
    """Number of each part's kind and set of holders, and one part of each number."""
    pattern, example = file.kind, np.zeros(0, np.int64)
    for begin in range(0, len(file.nodes), 32):
        some = held[:, begin : begin + 32]
        key = (pattern << 32) | (some @ (1 << np.arange(some.shape[1], dtype=np.int64)))
        _, example, pattern = np.unique(key, return_index=True, return_inverse=True)
    return pattern, example


def _pooled(file: CaseFile, target: int) -> Bools:
    """Which parts a group brings to ``target``: fed to a node that is in a group with it."""
    sources = {
        file.nodes.index(node)
        for group in file.sharing["groups"].values()
        if file.nodes[target] in group["nodes"]
        for node in group["nodes"]
    }
    return np.isin(file.feed_node, sorted(sources))


def _reach(file: CaseFile, held: Bools, kind: Ints, target: int) -> Bools:
    """Nodes outside the holders from which parts of each pattern could still come to ``target`` (P, N)."""
    reach = np.zeros(held.shape, bool)
    reach[:, target] = ~held[:, target]
    for _ in file.nodes:
        for link in range(len(file.links)):
            sender = file.sender[link]
            can_pass = file.usable[link][kind] & reach[:, file.recipient[link]]
            reach[:, sender] |= can_pass & ~held[:, sender]
    return reach


def _gates_without_link(file: CaseFile, node: str, rows: Ints) -> Ints:
    """Gates that would refuse each of these parts on a link from its feed to a nation's picture node."""
    gates = np.zeros(len(rows), np.int64)
    key = file.kind[rows] * len(file.nodes) + file.feed_node[rows]
    key = key * len(file.areas) + file.area[rows]
    order = np.argsort(key, kind="stable")
    for alike in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if not len(alike):
            continue
        first = rows[alike[0]]
        form, areas = file.form_fed(int(file.kind[first])), file.areas[file.area[first]]
        giver, taker = file.party[file.feed_node[first]], file.rules.party(node)
        t_us, never = file.fed_us[rows[alike]], np.full(len(alike), NEVER_US)
        legal, used = file.rules.legal(form, areas, giver, taker, t_us)
        accredited = file.rules.accreditation(form, used, giver, LADDER[-1], node, t_us)
        release = file.rules.release(form, areas, giver, taker, -1, t_us, -never, never)
        gates[alike] = legal | accredited | release.failing
    return gates
