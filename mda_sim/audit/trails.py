"""How each copy came to its sender, what it was then, and what it is as offered and as received.

Model: a hop's ``source`` names the hop that brought its copy; followed back, it must end at a feed. A copy
comes with the label, coarsening, agreement and consents of its source; the link's filter and its sanitising
decide what becomes of them; what crosses a border is held under the agreement of that border, with the
consent on which it went. Hops are taken by the number of links behind them, all of one number at once.

Assumptions and limits: label and coarsening of a source are taken as booked, so that one wrong row is found
once. Where next: ``books`` asks which offers were due, ``rulings`` judges what was offered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.core.time import NEVER_US, to_us


@dataclass
class Trail:
    """What is known of the copy of each hop (H,)."""

    depth: Ints
    """Links that it had travelled before."""
    was_at: Bools
    """Nodes at which it has been, sender and recipient included (H, N)."""
    is_stopped: Bools
    """Whether the link's filter stops it."""
    window: Ints
    """Number of the window of its case."""
    under: Ints
    """Agreement under which its sender received it; -1 if it never crossed a border."""
    until_us: Ints
    """Until when it carries a consent for each party of ``parties`` (H, K)."""
    under_after: Ints
    """Agreement under which its recipient received it, if it did."""
    until_after_us: Ints
    """As ``until_us``, at the recipient (H, K)."""
    parties: list[str]
    """Parties to which there are consents."""


def check_sources(file: CaseFile, notes: Notebook) -> None:
    """Every source brought this part to the sender at the moment of the offer, and was kept there."""
    hops = file.hops
    source, sender = hops["source"], file.sender[file.link]
    fed, sent = source < 0, np.maximum(source, 0)
    problems = {
        "a hop's copy came by a feed, which leads to another node": fed
        & (file.feed_node[file.row] != sender),
        "a hop's copy came by a feed after the end of the run": fed & (file.fed_us[file.row] > file.end_us),
        "source of a hop is another part": ~fed & (hops["part"][sent] != hops["part"]),
        "source of a hop leads to another node": ~fed & (file.recipient[file.link[sent]] != sender),
        "source of a hop was not delivered": ~fed & ~file.is_delivered[sent],
        "source of a hop was not kept": ~fed & (hops["is_kept"][sent] == 0),
    }
    for rule, wrong in problems.items():
        notes.rows(rule, wrong, "hops", part=hops["part"], source=source)
    came_us = np.where(fed, file.fed_us[file.row], hops["t_received_us"][sent])
    notes.rows(
        "t_arrived_us is not when the copy came to the sender",
        hops["t_arrived_us"] != came_us,
        "hops",
        expected=came_us,
        found=hops["t_arrived_us"],
    )
    depth = _depths(file)
    notes.rows("sources of a hop lead round in a circle", depth < 0, "hops", part=hops["part"], source=source)


def _depths(file: CaseFile) -> Ints:
    """Links behind each hop; -1 where no feed is behind as many hops as there are nodes."""
    depth = np.full(len(file.link), -1, np.int64)
    back, rows = file.hops["source"], np.arange(len(file.link))
    for number in range(len(file.nodes) + 1):
        ends = back < 0
        depth[rows[ends]] = number
        rows, back = rows[~ends], file.hops["source"][back[~ends]]
    return depth


def follow(file: CaseFile, notes: Notebook) -> Trail:
    """The trail of every hop, once sources are known to be right; notes wrong labels and coarsenings."""
    n, depth = len(file.link), _depths(file)
    source, taker = file.hops["source"], file.recipient[file.link]
    parties = sorted({consent["recipient"] for consent in file.rules.consents.values()})
    trail = Trail(
        depth=depth,
        was_at=np.zeros((n, len(file.nodes)), bool),
        is_stopped=np.zeros(n, bool),
        window=np.zeros(n, np.int64),
        under=np.full(n, -1, np.int64),
        until_us=np.full((n, len(parties)), -NEVER_US),
        under_after=np.full(n, -1, np.int64),
        until_after_us=np.full((n, len(parties)), -NEVER_US),
        parties=parties,
    )
    party = np.array(file.party)
    is_abroad = (party[file.sender] != party[file.recipient])[file.link]
    of_party = np.array([parties.index(p) if p in parties else -1 for p in file.party], np.int64)
    lasting_us = file.rules.consent_until_us(file.hops["consent"], file.hops["t_consented_us"])
    for number in range(int(depth.max(initial=-1)) + 1):
        rows = np.flatnonzero(depth == number)
        if number:
            before = source[rows]
            trail.was_at[rows] = trail.was_at[before]
            trail.under[rows] = trail.under_after[before]
            trail.until_us[rows] = trail.until_after_us[before]
        else:
            trail.was_at[rows, file.feed_node[file.row[rows]]] = True
        trail.was_at[rows, taker[rows]] = True
        trail.under_after[rows] = np.where(is_abroad[rows], file.hops["agreement"][rows], trail.under[rows])
        trail.until_after_us[rows] = trail.until_us[rows]
        named = rows[is_abroad[rows] & (file.hops["consent"][rows] >= 0) & (of_party[taker[rows]] >= 0)]
        column = of_party[taker[named]]
        trail.until_after_us[named, column] = np.maximum(trail.until_us[named, column], lasting_us[named])
    _sanitise(file, trail, notes)
    return trail


def named_until_us(file: CaseFile, trail: Trail, rows: Ints, party: str) -> Ints:
    """Until when a consent for ``party`` came with the copies of these hops."""
    if party not in trail.parties:
        return np.full(len(rows), -NEVER_US)
    until_us: Ints = trail.until_us[rows, trail.parties.index(party)]
    return until_us


def _sanitise(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """What filters stop, what sanitising makes of the rest, and into which window it then falls."""
    hops = file.hops
    sent, relayed = np.maximum(hops["source"], 0), hops["source"] >= 0
    fed_label = np.array([file.labels.index(kind.label) for kind in file.kinds], np.int64)
    kind = file.kind[file.row] if len(file.part) else np.empty(0, np.int64)
    label = np.where(relayed, hops["label"][sent], fed_label[kind])
    coarsened_m = np.where(relayed, hops["coarsened_m"][sent], np.float32(0))
    held_back_us = np.zeros(len(label), np.int64)
    for link, spec in enumerate(file.specs):
        bit, rule = file.filter_bit[link], spec["sanitise"]
        if bit is None and rule is None:
            continue
        rows = np.flatnonzero(file.link == link)
        if bit is not None:
            passes = (file.share_class[file.row[rows]] >> np.uint64(bit)) & np.uint64(1)
            trail.is_stopped[rows] = passes == 0
        if rule is None:
            continue
        giver = file.rules.party(spec["sender"])
        may = np.array([k.originator in (giver, *rule["delegated_by"]) for k in file.kinds], bool)
        above = np.array([file.rules.is_sanitised(rule, one) for one in file.labels], bool)
        rows = rows[may[kind[rows]] & above[label[rows]] & ~trail.is_stopped[rows]]
        if rule["label"] is not None:
            label[rows] = file.labels.index(rule["label"])
        coarsened_m[rows] = np.maximum(coarsened_m[rows], np.float32(rule["coarsen_m"]))
        held_back_us[rows] = to_us(rule["delay_s"])
    for name, expected in (("label", label), ("coarsened_m", coarsened_m)):
        notes.rows(
            f"{name} is not what sanitising gives",
            hops[name] != expected,
            "hops",
            expected=expected,
            found=hops[name],
        )
    notes.rows(
        "delivered although the filter stops it",
        trail.is_stopped & file.is_delivered,
        "hops",
        part=hops["part"],
    )
    trail.window = (hops["t_arrived_us"] + held_back_us) // file.window_us[file.link]
