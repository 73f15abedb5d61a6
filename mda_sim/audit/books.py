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

import numpy as np

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.audit.trails import Trail


def check_order(file: CaseFile, notes: Notebook) -> None:
    """Rows follow part, link and copy, and copies are counted from 0."""
    hops = file.hops
    key = hops["part"] * max(1, len(file.links)) + file.link
    step = np.diff(key, prepend=-1)
    copy = hops["copy"]
    expected = np.where(step > 0, 0, np.roll(copy, 1) + 1)
    notes.rows("hops not in the order of part and link", step < 0, "hops", part=hops["part"])
    notes.rows(
        "copies of a part on a link not counted from 0, or a hop twice",
        copy != expected,
        "hops",
        part=hops["part"],
        expected=expected,
        found=copy,
    )


def check_offers(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """Every due offer is in the books, once and in its order, and nothing else is."""
    source, kept = file.hops["source"], np.flatnonzero(file.hops["is_kept"])
    came_by_feed = source < 0
    due = (file.feed_node[:, None] == file.sender) & (file.fed_us <= file.end_us)[:, None]
    due &= file.usable[:, file.kind].T
    _tick_off(file, due, file.part, file.row[came_by_feed], file.link[came_by_feed], notes)
    holder = file.recipient[file.link[kept]]
    due = (holder[:, None] == file.sender) & file.usable[:, file.kind[file.row[kept]]].T
    due &= ~trail.was_at[kept][:, file.recipient]
    number = np.full(len(source), -1, np.int64)
    number[kept] = np.arange(len(kept))
    relayed = np.flatnonzero(~came_by_feed)
    _tick_off(file, due, file.hops["part"][kept], number[source[relayed]], file.link[relayed], notes)
    _check_copy_order(file, trail, notes)


def _tick_off(file: CaseFile, due: Bools, part: Ints, copy: Ints, link: Ints, notes: Notebook) -> None:
    """Compare due offers (copies by links) with those made; ``part`` is that of each copy."""
    made = np.zeros(due.shape, bool)
    made[copy, link] = True
    for rule, wrong in (
        ("copy not offered to a link", due & ~made),
        ("copy offered to a link that was not due", made & ~due),
    ):
        places = np.argwhere(wrong).tolist()
        notes.broken(rule, [f"part {part[c]}, link {file.links[i]}" for c, i in places])
    if np.count_nonzero(made) != len(copy):
        keys, times = np.unique(copy * max(1, len(file.links)) + link, return_counts=True)
        twice = keys[times > 1].tolist()
        notes.broken(
            "copy offered twice to a link",
            [f"part {part[k // len(file.links)]}, link {file.links[k % len(file.links)]}" for k in twice],
        )


def _came_after(file: CaseFile, trail: Trail, rows: Ints) -> tuple[Ints, ...]:
    """What tells in which order these deliveries of one part came, first key first."""
    is_request = file.rules.must_be_asked(file.hops["consent"][rows]).astype(np.int64)
    return (
        file.hops["t_received_us"][rows],
        file.link[rows],
        trail.window[rows],
        is_request,
        np.where(is_request, file.hops["consent"][rows], -1),
        file.hops["copy"][rows],
    )


def _check_copy_order(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """A copy has a higher number than those whose sources came before its own."""
    later = np.flatnonzero(file.hops["copy"] > 0)
    source = file.hops["source"]
    is_after, is_tied = np.zeros(len(later), bool), np.ones(len(later), bool)
    before, own = (_came_after(file, trail, source[rows]) for rows in (later - 1, later))
    for earlier, mine in zip(before, own, strict=True):
        is_after |= is_tied & (earlier < mine)
        is_tied &= earlier == mine
    wrong = np.zeros(len(source), bool)
    wrong[later[~is_after]] = True
    notes.rows("copies not numbered as they came", wrong, "hops", part=file.hops["part"], source=source)


def arrival_places(file: CaseFile, trail: Trail) -> tuple[Ints, Ints, Ints]:
    """Deliveries by part and node, as they came: rows, number of each one's group, place in the group."""
    rows = np.flatnonzero(file.is_delivered)
    key = file.row[rows] * len(file.nodes) + file.recipient[file.link[rows]]
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    is_first = np.diff(key, prepend=-1) != 0
    group = np.cumsum(is_first) - 1
    starts = np.flatnonzero(is_first)
    sizes = np.diff(starts, append=len(rows))
    contested = np.flatnonzero(sizes[group] > 1) if len(rows) else rows
    if len(contested):
        keys = _came_after(file, trail, rows[contested])
        rows[contested] = rows[contested[np.lexsort((*keys[::-1], group[contested]))]]
    place = np.arange(len(rows)) - starts[group] if len(rows) else rows
    return rows, group, place


def check_kept(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """A node keeps what comes to it unless something that it has beats it; nothing else is kept."""
    rows, group, place = arrival_places(file, trail)
    starts = np.flatnonzero(place == 0)
    expected = np.zeros(len(file.link), np.int64)
    expected[rows[place == 0]] = 1
    for number in range(1, int(place.max(initial=0)) + 1):
        comes = np.flatnonzero(place == number)
        is_beaten = np.zeros(len(comes), bool)
        for earlier in range(number):
            has = rows[starts[group[comes]] + earlier]
            is_beaten |= (expected[has] == 1) & _beats(file, trail, has, rows[comes])
        expected[rows[comes]] = ~is_beaten
    notes.rows(
        "is_kept is not what the copies of the node give",
        file.hops["is_kept"] != expected,
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
