"""How each copy came to its sender, what it was then, and what it is as offered and as received.

Model: a hop's ``source`` names the hop that brought its copy; followed back, it must end at a feed. A copy
comes in the form, as coarse, under the agreement, with the consents and to be destroyed as its source left
it; the link's filter, sanitising and fusing decide what becomes of it; what crosses a border is held under
the agreement of that border, as the level that it gives, with the consents on which it went, and for as long
as it allows. Hops are taken by the number of links behind them, all of one number at once.

Assumptions and limits: times are taken as booked, so that one wrong time is found once.
Where next: ``rulings`` walks through the trails and judges each hop, ``books`` asks which offers were due.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.audit.forms import Form
from mda_sim.audit.moments import Tree
from mda_sim.core.time import NEVER_US, to_us

ROUTE_BITS: Final = 63
"""Nodes in one word of a set of nodes."""


class Trail:
    """What is known of the copy of each hop (H,): as offered, and, ending in ``_after``, as received."""

    def __init__(self, file: CaseFile) -> None:
        n = len(file.link)
        self.file = file
        self.parties = sorted({consent["recipient"] for consent in file.rules.consents.values()})
        """Parties to which there are consents."""
        self.forms: list[Form] = [file.form_fed(kind) for kind in range(len(file.kinds))]
        """All forms; of the first, one belongs to each kind of report."""
        self._number = {form: i for i, form in reversed(list(enumerate(self.forms)))}
        self.depth = file.depth
        """Links that it had travelled before."""
        self.was_at: Ints = np.zeros((n, 1 + len(file.nodes) // ROUTE_BITS), np.int64)
        """Nodes at which it has been, sender and recipient included: bits of words (H, W)."""
        self.is_stopped: Bools = np.zeros(n, bool)
        """Whether the link's filter stops it."""
        self.window: Ints = np.zeros(n, np.int64)
        """Number of the window of its case."""
        self.form, self.form_after = np.zeros((2, n), np.int32)
        """Index in ``forms``."""
        self.coarsened_m: NDArray[np.float32] = np.zeros(n, np.float32)
        self.is_stripped: Bools = np.zeros(n, bool)
        self.under, self.under_after = np.full((2, n), -1, np.int16)
        """Agreement under which its sender, or recipient, received it; -1 if it never crossed a border."""
        self.until_us: Ints = np.full((n, len(self.parties)), -NEVER_US)
        """Until when it carries consents for each party of ``parties`` (H, K)."""
        self.until_after_us: Ints = self.until_us.copy()
        self.is_carrying = False
        """Whether any copy so far came with consents."""
        self.is_purging = file.rules.has_purges()
        """Whether any agreement may have copies destroyed; the four columns of that are else all NEVER_US."""
        moments = np.broadcast_to(NEVER_US, (4, n))
        if self.is_purging:
            moments = moments.copy()
        self.purged_us, self.purged_after_us, self.lapse_us, self.lapse_after_us = moments
        """When it must be destroyed; and when because its agreement is no longer in force."""
        party = np.array(file.party)
        self._is_border: Bools = party[file.sender] != party[file.recipient]
        self._of_party = [self.parties.index(p) if p in self.parties else -1 for p in file.party]
        self._changing = [i for i, spec in enumerate(file.specs) if _changes(spec, file.filter_bit[i])]

    def take_up(self, rows: Ints) -> None:
        """What these hops offer: what came to the sender, after filter, sanitising and fusing."""
        from mda_sim.audit.trail_kernels import number_windows, take_up

        file = self.file
        take_up(
            rows,
            file.books["source"],
            file.row,
            file.link,
            file.books["t_arrived_us"],
            file.feed_node,
            file.kind,
            file.recipient,
            self.was_at,
            self.form,
            self.form_after,
            self.coarsened_m,
            self.is_stripped,
            self.under,
            self.under_after,
            self.window,
        )
        if self.is_carrying or self.is_purging:
            before = file.hops["source"][rows]
            relayed, before = rows[before >= 0], before[before >= 0]
            self.until_us[relayed] = self.until_after_us[before]
            if self.is_purging:
                self.purged_us[relayed] = self.purged_after_us[before]
                self.lapse_us[relayed] = self.lapse_after_us[before]
        for number in self._changing:
            self._prepare(number, rows[file.link[rows] == number])
        number_windows(rows, file.link, file.window_us, self.window)

    def _prepare(self, link: int, rows: Ints) -> None:
        """Filter, sanitise and fuse what is offered to one link."""
        spec, bit = self.file.specs[link], self.file.filter_bit[link]
        if bit is not None:
            passes = (self.file.share_class[self.file.row[rows]] >> np.uint64(bit)) & np.uint64(1)
            self.is_stopped[rows] = passes == 0
            rows = rows[passes != 0]
        rule, fused_with = spec["sanitise"], list(spec["fused_with"])
        giver, forms = self.file.rules.party(spec["sender"]), self.file.rules.forms
        before = self.form[rows]
        for number in np.unique(before).tolist():
            form, alike = self.forms[number], rows[before == number]
            made = forms.sanitised(form, rule, giver)
            if made is not None:
                self.coarsened_m[alike] = np.maximum(self.coarsened_m[alike], np.float32(rule["coarsen_m"]))
                self.is_stripped[alike] |= rule["strip_source"]
                self.window[alike] += to_us(rule["delay_s"])
                form = made
            product = forms.fused(form, fused_with) if fused_with else form
            if not forms.originators(product) <= forms.originators(form):
                self.until_us[alike] = -NEVER_US
            self.form[alike] = self.number_of(product)

    def hand_on(self, rows: Ints, agreement: NDArray[np.int16], until_us: Ints) -> None:
        """What the recipients of these hops hold; all are of one link and form.

        ``agreement`` is that of each border, ``until_us`` the end of the consents on which each went.
        """
        if not len(rows):
            return
        link, form = int(self.file.link[rows[0]]), int(self.form[rows[0]])
        self.form_after[rows], self.under_after[rows] = form, self.under[rows]
        self.carry_on(rows)
        if not self._is_border[link]:
            return
        column = self._of_party[self.file.recipient[link]]
        if column >= 0:
            new = until_us > -NEVER_US
            self.until_after_us[rows[new], column] = until_us[new]
            self.is_carrying |= bool(new.any())
        self.under_after[rows] = agreement
        for deal in np.unique(agreement).tolist():
            self._cross(rows[agreement == deal], link, form, deal)

    def carry_on(self, rows: Ints) -> None:
        """Recipients of these hops hold the consents and the last moments that came with the copies."""
        if self.is_carrying:
            self.until_after_us[rows] = self.until_us[rows]
        if self.is_purging:
            self.purged_after_us[rows] = self.purged_us[rows]
            self.lapse_after_us[rows] = self.lapse_us[rows]

    def _cross(self, rows: Ints, link: int, form: int, deal: int) -> None:
        """What becomes of copies of one form on one link that cross its border under one agreement."""
        spec, rules = self.file.specs[link], self.file.rules
        giver, taker = rules.party(spec["sender"]), rules.party(spec["recipient"])
        self.form_after[rows] = self.number_of(rules.received(self.forms[form], deal, giver))
        if deal >= 0 and self.is_purging:
            moments = rules.purges_us(deal, giver, taker, self.file.hops["t_received_us"][rows])
            for after, t_us in zip((self.purged_after_us, self.lapse_after_us), moments, strict=True):
                after[rows] = np.where(t_us <= self.file.end_us, t_us, NEVER_US)

    def named_until_us(self, rows: Ints, party: str) -> Ints:
        """Until when consents for ``party`` came with the copies of these hops."""
        if party not in self.parties:
            return np.full(len(rows), -NEVER_US)
        until_us: Ints = self.until_us[rows, self.parties.index(party)]
        return until_us

    def number_of(self, form: Form) -> int:
        """Index of a form in ``forms``, to which it is added if it is new."""
        if form not in self._number:
            self._number[form] = len(self.forms)
            self.forms.append(form)
        return self._number[form]


def _changes(spec: Tree, filter_bit: int | None) -> bool:
    """Whether a link has anything that stops or changes what is offered to it."""
    return filter_bit is not None or spec["sanitise"] is not None or bool(spec["fused_with"])


def check_sources(file: CaseFile, notes: Notebook) -> None:
    """Every source brought this part to the sender at the moment of the offer, and was kept there."""
    from mda_sim.audit.hop_kernels import misled

    books, flags = file.books, np.empty(len(file.link), np.uint8)
    columns = (books[name] for name in ("part", "link", "source", "is_kept", "t_arrived_us", "t_received_us"))
    laid_out: tuple[Any, ...] = (
        *columns,
        file.row,
        file.is_delivered,
        file.depth,
        file.sender,
        file.recipient,
        file.feed_node,
        file.fed_us,
        file.end_us,
        flags,
    )
    if not misled(*laid_out):
        return
    hops, source = file.hops, file.hops["source"]
    for bit, rule in enumerate(
        (
            "a hop's copy came by a feed, which leads to another node",
            "a hop's copy came by a feed after the end of the run",
            "source of a hop is another part",
            "source of a hop leads to another node",
            "source of a hop was not delivered",
            "source of a hop was not kept",
        )
    ):
        notes.rows(rule, (flags >> bit & 1) != 0, "hops", part=hops["part"], source=source)
    fed, sent = source < 0, np.maximum(source, 0)
    notes.rows(
        "t_arrived_us is not when the copy came to the sender",
        (flags & 64) != 0,
        "hops",
        expected=np.where(fed, file.fed_us[file.row], hops["t_received_us"][sent]),
        found=hops["t_arrived_us"],
    )
    notes.rows(
        "sources of a hop lead round in a circle",
        (flags & 128) != 0,
        "hops",
        part=hops["part"],
        source=source,
    )


def check_copies(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """What was offered and received is what filters, sanitising, fusing and borders make of it."""
    hops, books = file.hops, file.books
    unsound = [form for form in trail.forms if not file.rules.forms.saying(form.labels).is_sound]
    notes.broken("labels that cannot be combined", ["+".join(form.labels) for form in unsound])
    names = np.array(["+".join(form.labels) for form in trail.forms], object)
    found = np.array(file.labels, object)
    label = np.array([file.labels.index(name) if name in file.labels else -1 for name in names], np.int16)
    wrong = books["label"] != label[trail.form]
    notes.rows(
        "label is not what sanitising and fusing give",
        wrong,
        "hops",
        expected=names[trail.form] if wrong.any() else hops["label"],
        found=found[hops["label"]] if wrong.any() else hops["label"],
    )
    purged_us = trail.purged_after_us
    if trail.is_purging:
        purged_us = np.where(file.is_delivered, purged_us, NEVER_US)
    for name, rule, expected in (
        ("coarsened_m", "sanitising gives", trail.coarsened_m),
        ("is_stripped", "sanitising gives", trail.is_stripped.view(np.uint8)),
        ("t_purged_us", "its agreement demands", purged_us),
    ):
        notes.rows(
            f"{name} is not what {rule}",
            books[name] != expected,
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
