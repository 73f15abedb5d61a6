"""Whether every delivery and every refusal follows from the rules, and every outcome from the hops.

Model: the gates of each hop are derived again from label, agreements, consents, node and link, at arrival,
at release, and when an answer comes (``rulings``). The outcome of a part for a nation is derived by
spreading, from the nation's picture node backwards over usable links, the set of nodes from which the
part could still come; the links that lead into that set from a node that holds the part are where it
stopped, and the best of their outcomes counts. This is done once for all parts of one kind that the same
nodes hold. A group overrules all this for what is fed to its members: they have it as soon as it is ready.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.books import Arrivals
from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.audit.forms import LADDER
from mda_sim.audit.moments import Tree
from mda_sim.audit.rulings import Rulings
from mda_sim.audit.trails import ROUTE_BITS, Trail
from mda_sim.core.time import NEVER_US
from mda_sim.records import DeliveryLog, Outcome

COLUMNS = ("part", "nation", "t_received_us", "hops", "gates", "outcome")
"""Columns of the outcomes."""


def check_gates(file: CaseFile, rulings: Rulings, notes: Notebook) -> None:
    """Gates on arrival and at release, agreement and consent used, are those that the rules give."""
    hops = file.hops
    for name in ("gates", "gates_at_release", "agreement", "consent"):
        expected = getattr(rulings, name)
        notes.rows(
            f"{name} differ from the rules",
            file.books[name] != expected,
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
    file: CaseFile, trail: Trail, arrivals: Arrivals, deliveries: DeliveryLog, nations: Tree, notes: Notebook
) -> None:
    """There is one outcome for each fed part and scored foreign nation: the best over all routes."""
    from mda_sim.audit.verdict_kernels import departing

    names, books = sorted(nations), deliveries.outcomes
    scored = [n for n in names if nations[n]["kind"] == "nation" and nations[n]["picture_node"] is not None]
    if list(books.meta.get("nations", [])) != names:
        notes.broken("outcomes name other nations", [f"expected {names}"])
    originators = np.array([names.index(kind.originator) for kind in file.kinds], np.int64)
    originator, index = originators[file.kind], np.array([names.index(n) for n in scored], np.int64)
    due = _outcomes(file, trail, arrivals, [file.nodes.index(nations[n]["picture_node"]) for n in scored])
    n_due = len(originator) * len(index) - int(np.isin(originator, index).sum())
    if len(books) != n_due:
        notes.broken(
            "not one outcome for each fed part and foreign nation",
            [f"expected {n_due:,} rows, found {len(books):,}"],
        )
        return
    flags = np.empty(n_due, np.uint8)
    columns = (books[name] for name in COLUMNS)
    laid_out: tuple[Any, ...] = (*columns, file.part, originator, index, *due, flags)
    if not departing(*laid_out):
        return
    foreign = originator[:, None] != index[None, :]
    expected: tuple[NDArray[Any], ...] = (
        np.broadcast_to(file.part[:, None], foreign.shape),
        np.broadcast_to(index, foreign.shape),
        *due,
    )
    for bit, (name, values) in enumerate(zip(COLUMNS, expected, strict=True)):
        notes.rows(
            f"outcomes: {name} is not what the hops give",
            (flags >> bit & 1) != 0,
            "outcomes",
            part=books["part"],
            expected=values[foreign],
            found=books[name],
        )


class Due(NamedTuple):
    """What should be booked for each fed part (rows) and scored nation (columns)."""

    received_us: Ints
    hops: NDArray[np.int16]
    gates: NDArray[np.uint16]
    outcome: NDArray[np.uint8]


def _outcomes(file: CaseFile, trail: Trail, arrivals: Arrivals, targets: list[int]) -> Due:
    """What should be booked for the nations whose picture nodes are ``targets``."""
    from mda_sim.audit.verdict_kernels import best_outcomes, holders, receipts

    shape = (len(file.part), len(targets))
    due = Due(
        np.full(shape, NEVER_US),
        np.zeros(shape, np.int16),
        np.empty(shape, np.uint16),
        np.empty(shape, np.uint8),
    )
    books = file.books
    came = arrivals.rows, arrivals.place, file.row, file.recipient, file.link
    held = np.zeros((len(file.part), trail.was_at.shape[1]), np.int64)
    held[np.arange(len(held)), file.feed_node // ROUTE_BITS] = np.int64(1) << (file.feed_node % ROUTE_BITS)
    holders(*came, held)
    pattern, example = _patterns(file.kind, held)
    nodes = np.arange(len(file.nodes))
    has = (held[example][:, nodes // ROUTE_BITS] >> (nodes % ROUTE_BITS) & 1) == 1
    leads = np.stack([_leading(file, has, file.kind[example], t) for t in targets] or [has[:0]], axis=1)
    laid_out: tuple[Any, ...] = (
        file.row,
        file.link,
        *(books[name] for name in ("outcome", "gates", "gates_at_release")),
        pattern,
        np.concatenate([[0], np.cumsum(leads.sum(axis=2).ravel())]),
        np.nonzero(leads)[2],
        has[:, targets],
        *(int(outcome) for outcome in (Outcome.DELIVERED, Outcome.IN_FLIGHT, Outcome.NO_ROUTE)),
        len(file.links),
        due.outcome,
        due.gates,
    )
    best_outcomes(*laid_out)
    for k, target in enumerate(targets):
        nation_at = np.full(len(file.nodes), -1, np.int64)
        nation_at[target] = k
        receipts(*came, trail.depth, books["t_received_us"], nation_at, due.received_us, due.hops)
        no_route = np.flatnonzero((~has[:, target] & ~leads[:, k].any(axis=1))[pattern])
        due.gates[no_route, k] = _gates_without_link(file, file.nodes[target], no_route)
        _pool(file, target, k, due)
    return due


def _patterns(kind: Ints, held: Ints) -> tuple[Ints, Ints]:
    """Number of each part's kind and set of holders, and one part of each number."""
    from mda_sim.audit.verdict_kernels import number_pairs

    pattern, n = kind, 0
    example = np.empty(len(kind), np.int64)
    for word in range(held.shape[1]):
        table = np.full(2 << len(kind).bit_length(), -1)
        number = np.empty(len(kind), np.int64)
        n = number_pairs(pattern, np.ascontiguousarray(held[:, word]), table, number, example)
        pattern = number
    return pattern, example[:n]


def _leading(file: CaseFile, has: Bools, kind: Ints, target: int) -> Bools:
    """Links on which parts of each pattern could leave a holder and still come to ``target`` (P, L)."""
    reach = _reach(file, has, kind, target)
    leads = file.usable[:, kind].T & ~has[:, [target]]
    return np.asarray(leads & has[:, file.sender] & reach[:, file.recipient], bool)


def _pool(file: CaseFile, target: int, k: int, due: Due) -> None:
    """What a group brings to ``target`` is there as soon as it is ready."""
    if not any(file.nodes[target] in group["nodes"] for group in file.sharing["groups"].values()):
        return
    pooled = _pooled(file, target)
    in_time = pooled & (file.ready_us <= file.end_us)
    due.outcome[pooled, k], due.gates[pooled, k], due.hops[pooled, k] = int(Outcome.IN_FLIGHT), 0, 0
    due.outcome[in_time, k] = int(Outcome.DELIVERED)
    due.received_us[pooled, k] = np.where(in_time, file.ready_us, NEVER_US)[pooled]


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
    from mda_sim.audit.trail_kernels import sort_by_key

    gates, rules = np.zeros(len(rows), np.int64), file.rules
    taker = rules.party(node)
    keys = (file.kind[rows] * len(file.nodes) + file.feed_node[rows]) * len(file.areas) + file.area[rows]
    ends = np.zeros(len(file.kinds) * len(file.nodes) * len(file.areas) + 1, np.int64)
    order = np.empty(len(rows), np.int64)
    sort_by_key(np.arange(len(rows)), keys, ends, order)
    for begin, end in pairwise(ends.tolist()):
        if begin == end:
            continue
        alike = order[begin:end]
        first = rows[alike[0]]
        form, areas = file.form_fed(int(file.kind[first])), file.areas[file.area[first]]
        giver, t_us = file.party[file.feed_node[first]], file.fed_us[rows[alike]]
        span = int(t_us.min()), int(t_us.max())
        if span[1] < NEVER_US and rules.is_steady(giver, taker, node, *span):
            t_us = t_us[:1]
        never = np.full(len(t_us), NEVER_US)
        legal, used = rules.legal(form, areas, giver, taker, t_us)
        accredited = rules.accreditation(form, used, giver, LADDER[-1], node, t_us)
        release = rules.release(form, areas, giver, taker, -1, t_us, -never, never)
        gates[alike] = legal | accredited | release.failing
    return gates
