"""Whether the books hold every offer that had to be made, and no other; and which copies nodes kept.

Model: each fed part that comes to its feed's node, and each copy that another node keeps, is offered once to
every link that leaves the node, except one that does not carry it, one to the originator's nation, and one
to a node at which it has been. Offers are ticked off in a table of copies and links, both ways.

Deliveries of a part at a node are taken in the order in which they came; each is compared with all that were
kept before it, destroyed or not. Where there is one delivery only it must be kept; the others are taken
place by place, all first rivals at once, then all second ones.

Where next: ``rulings`` judges what was offered.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.audit.trails import ROUTE_BITS, Trail


def check_order(file: CaseFile, notes: Notebook) -> None:
    """Rows follow part, link and copy, and copies are counted from 0."""
    from mda_sim.audit.hop_kernels import misplaced

    books, flags = file.books, np.zeros(len(file.link), np.uint8)
    if not misplaced(books["part"], books["link"], books["copy"], flags):
        return
    hops = file.hops
    notes.rows("hops not in the order of part and link", (flags & 1) != 0, "hops", part=hops["part"])
    step = np.diff(hops["part"] * max(1, len(file.links)) + file.link, prepend=-1)
    notes.rows(
        "copies of a part on a link not counted from 0, or a hop twice",
        (flags & 2) != 0,
        "hops",
        part=hops["part"],
        expected=np.where(step > 0, 0, np.roll(hops["copy"], 1) + 1),
        found=hops["copy"],
    )


def check_offers(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """Every due offer is in the books, once and in its order, and nothing else is."""
    books, kept = file.books, np.flatnonzero(file.books["is_kept"])
    came_by_feed = books["source"] < 0
    words = trail.was_at.shape[1]
    been = np.zeros((len(file.part), words), np.int64)
    fed = Copies(file.feed_node, file.kind, file.fed_us <= file.end_us, been, file.part)
    _tick_off(file, fed, file.row[came_by_feed], file.link[came_by_feed], notes)
    number = np.empty(len(file.link), np.int64)
    number[kept] = np.arange(len(kept))
    relayed = np.flatnonzero(~came_by_feed)
    node, kind = file.recipient[file.link[kept]], file.kind[file.row[kept]]
    held = Copies(node, kind, np.ones(len(kept), bool), trail.was_at[kept], books["part"][kept])
    _tick_off(file, held, number[books["source"][relayed]], file.link[relayed], notes)
    _check_copy_order(file, trail, notes)


class Copies(NamedTuple):
    """Copies at nodes (C,), which are due to be offered on."""

    node: Ints
    kind: Ints
    comes: Bools
    """Whether it came within the run."""
    was_at: Ints
    """Nodes at which it has been, as in ``Trail``."""
    part: NDArray[Any]

    def due(self, file: CaseFile) -> Bools:
        """The offers that are due, copies by links."""
        due: Bools = np.asarray((self.node[:, None] == file.sender) & self.comes[:, None], bool)
        due &= file.usable[:, self.kind].T & ~_has(self.was_at, file.recipient)
        return due


def _has(sets: Ints, numbers: Ints) -> Bools:
    """Which of these numbers each set has (S, N)."""
    return np.asarray(sets[:, numbers // ROUTE_BITS] >> (numbers % ROUTE_BITS) & 1 == 1, bool)


def _tick_off(file: CaseFile, copies: Copies, copy: Ints, link: Ints, notes: Notebook) -> None:
    """Compare the offers of copies that are due with those that were made: of ``copy`` to ``link``."""
    from mda_sim.audit.hop_kernels import due_and_made, tick

    made = np.zeros((len(copies.node), 1 + len(file.links) // ROUTE_BITS), np.int64)
    twice = tick(copy, link, made)
    leaving = np.argsort(file.sender, kind="stable")
    begins = np.searchsorted(file.sender[leaving], np.arange(len(file.nodes) + 1))
    n_due, n_both = due_and_made(*copies[:4], leaving, begins, file.recipient, file.usable, made)
    if n_due != n_both or n_both != len(copy) - twice:
        is_due, is_made = copies.due(file), _has(made, np.arange(len(file.links)))
        for rule, wrong in (
            ("copy not offered to a link", is_due & ~is_made),
            ("copy offered to a link that was not due", is_made & ~is_due),
        ):
            places = np.argwhere(wrong).tolist()
            notes.broken(rule, [f"part {copies.part[c]}, link {file.links[i]}" for c, i in places])
    if twice:
        keys, times = np.unique(copy * max(1, len(file.links)) + link, return_counts=True)
        again = [divmod(key, len(file.links)) for key in keys[times > 1].tolist()]
        notes.broken(
            "copy offered twice to a link",
            [f"part {copies.part[c]}, link {file.links[i]}" for c, i in again],
        )


def _check_copy_order(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """A copy has a higher number than those whose sources came before its own."""
    from mda_sim.audit.hop_kernels import out_of_turn

    wrong = np.zeros(len(file.link), bool)
    laid_out = (file.books["source"], *_came(file, trail), wrong)
    if out_of_turn(*laid_out):
        columns = {name: file.hops[name] for name in ("part", "source")}
        notes.rows("copies not numbered as they came", wrong, "hops", **columns)


def _came(file: CaseFile, trail: Trail) -> tuple[Any, ...]:
    """What tells in which order deliveries of one part came."""
    books = file.books
    on_request = file.rules.must_be_asked(np.arange(len(file.rules.consent_ids)))
    times = books["t_received_us"], trail.window
    return file.link, books["copy"], books["consent"], *times, on_request


class Arrivals(NamedTuple):
    """Deliveries by part and node, as they came (D,)."""

    rows: Ints
    group: Ints
    """Number of the part and node of each."""
    place: Ints
    """How many came before it there."""


def arrivals_of(file: CaseFile, trail: Trail) -> Arrivals:
    """All deliveries by part and node."""
    from mda_sim.audit.hop_kernels import arrivals

    found = Arrivals(*np.empty((3, int(np.count_nonzero(file.is_delivered))), np.int64))
    laid_out = (file.books["part"], *_came(file, trail), file.recipient, file.is_delivered, *found)
    arrivals(*laid_out)
    return found


def check_kept(file: CaseFile, trail: Trail, arrivals: Arrivals, notes: Notebook) -> None:
    """A node keeps what comes to it unless something that it has beats it; nothing else is kept."""
    rows, group, place = arrivals
    starts = np.flatnonzero(place == 0)
    expected = np.zeros(len(file.link), np.uint8)
    expected[rows[starts]] = 1
    for number in range(1, int(place.max(initial=0)) + 1):
        comes = np.flatnonzero(place == number)
        is_beaten = np.zeros(len(comes), bool)
        for earlier in range(number):
            has = rows[starts[group[comes]] + earlier]
            is_beaten |= (expected[has] == 1) & _beats(file, trail, has, rows[comes])
        expected[rows[comes]] = ~is_beaten
    notes.rows(
        "is_kept is not what the copies of the node give",
        file.books["is_kept"] != expected,
        "hops",
        part=file.hops["part"],
        expected=expected,
        found=file.hops["is_kept"],
    )


def _beats(file: CaseFile, trail: Trail, one: Ints, other: Ints) -> Bools:
    """Whether a node that has copies ``one`` has no use for copies ``other``, as these hops brought them."""
    free = np.array([[file.rules.forms.is_as_free(a, b) for b in trail.forms] for a in trail.forms], bool)
    return np.asarray(
        (trail.coarsened_m[one] <= trail.coarsened_m[other])
        & (trail.is_stripped[one] <= trail.is_stripped[other])
        & free[trail.form_after[one], trail.form_after[other]]
        & (trail.under_after[one] == trail.under_after[other])
        & (trail.lapse_after_us[one] >= trail.lapse_after_us[other])
        & (trail.until_after_us[one] >= trail.until_after_us[other]).all(axis=1),
        bool,
    )
