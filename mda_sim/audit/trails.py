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

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.findings import Notebook
from mda_sim.audit.forms import Form
from mda_sim.audit.moments import Tree
from mda_sim.core.time import NEVER_US, to_us


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
        self.depth = _depths(file)
        """Links that it had travelled before."""
        self.was_at: Bools = np.zeros((n, len(file.nodes)), bool)
        """Nodes at which it has been, sender and recipient included (H, N)."""
        self.is_stopped: Bools = np.zeros(n, bool)
        """Whether the link's filter stops it."""
        self.window: Ints = np.zeros(n, np.int64)
        """Number of the window of its case."""
        self.form, self.form_after = np.zeros((2, n), np.int64)
        """Index in ``forms``."""
        self.coarsened_m: NDArray[np.float32] = np.zeros(n, np.float32)
        self.is_stripped: Bools = np.zeros(n, bool)
        self.under, self.under_after = np.full((2, n), -1, np.int64)
        """Agreement under which its sender, or recipient, received it; -1 if it never crossed a border."""
        self.until_us: Ints = np.full((n, len(self.parties)), -NEVER_US)
        """Until when it carries consents for each party of ``parties`` (H, K)."""
        self.until_after_us: Ints = self.until_us.copy()
        self.purged_us, self.purged_after_us = np.full((2, n), NEVER_US)
        """When it must be destroyed."""
        self.lapse_us, self.lapse_after_us = np.full((2, n), NEVER_US)
        """When it must be destroyed because its agreement is no longer in force."""
        party = np.array(file.party)
        self.is_abroad: Bools = (party[file.sender] != party[file.recipient])[file.link]
        """Whether it goes from one party to another."""
        self._of_party = [self.parties.index(p) if p in self.parties else -1 for p in file.party]
        self._kept = (
            (self.form, self.form_after),
            (self.under, self.under_after),
            (self.until_us, self.until_after_us),
            (self.purged_us, self.purged_after_us),
            (self.lapse_us, self.lapse_after_us),
        )
        self._changing = [i for i, spec in enumerate(file.specs) if _changes(spec, file.filter_bit[i])]

    def take_up(self, rows: Ints) -> None:
        """What these hops offer: what came to the sender, after filter, sanitising and fusing."""
        before = self.file.hops["source"][rows]
        is_relayed = before >= 0
        fed, relayed, before = rows[~is_relayed], rows[is_relayed], before[is_relayed]
        self.was_at[fed, self.file.feed_node[self.file.row[fed]]] = True
        self.form[fed] = self.file.kind[self.file.row[fed]]
        self.was_at[relayed] = self.was_at[before]
        self.form[relayed] = self.form_after[before]
        self.coarsened_m[relayed] = self.coarsened_m[before]
        self.is_stripped[relayed] = self.is_stripped[before]
        self.under[relayed] = self.under_after[before]
        self.until_us[relayed] = self.until_after_us[before]
        self.purged_us[relayed] = self.purged_after_us[before]
        self.lapse_us[relayed] = self.lapse_after_us[before]
        self.was_at[rows, self.file.recipient[self.file.link[rows]]] = True
        self.window[rows] = self.file.hops["t_arrived_us"][rows]
        for number in self._changing:
            self._prepare(number, rows[self.file.link[rows] == number])
        self.window[rows] //= self.file.window_us[self.file.link[rows]]

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
            self.form[alike] = self._number_of(product)

    def hand_on(self, rows: Ints, agreement: Ints, until_us: Ints) -> None:
        """What the recipients of these hops hold; all are of one link and form.

        ``agreement`` is that of each border, ``until_us`` the end of the consents on which each went.
        """
        if not len(rows):
            return
        link, form = int(self.file.link[rows[0]]), int(self.form[rows[0]])
        for before, after in self._kept:
            after[rows] = before[rows]
        if not self.is_abroad[rows[0]]:
            return
        column = self._of_party[self.file.recipient[link]]
        if column >= 0:
            new = until_us > -NEVER_US
            self.until_after_us[rows[new], column] = until_us[new]
        self.under_after[rows] = agreement
        for deal in np.unique(agreement).tolist():
            self._cross(rows[agreement == deal], link, form, deal)

    def _cross(self, rows: Ints, link: int, form: int, deal: int) -> None:
        """What becomes of copies of one form on one link that cross its border under one agreement."""
        spec, rules = self.file.specs[link], self.file.rules
        giver, taker = rules.party(spec["sender"]), rules.party(spec["recipient"])
        self.form_after[rows] = self._number_of(rules.received(self.forms[form], deal, giver))
        if deal >= 0:
            moments = rules.purges_us(deal, giver, taker, self.file.hops["t_received_us"][rows])
            for after, t_us in zip((self.purged_after_us, self.lapse_after_us), moments, strict=True):
                after[rows] = np.where(t_us <= self.file.end_us, t_us, NEVER_US)

    def named_until_us(self, rows: Ints, party: str) -> Ints:
        """Until when consents for ``party`` came with the copies of these hops."""
        if party not in self.parties:
            return np.full(len(rows), -NEVER_US)
        until_us: Ints = self.until_us[rows, self.parties.index(party)]
        return until_us

    def _number_of(self, form: Form) -> int:
        if form not in self._number:
            self._number[form] = len(self.forms)
            self.forms.append(form)
        return self._number[form]


def _changes(spec: Tree, filter_bit: int | None) -> bool:
    """Whether a link has anything that stops or changes what is offered to it."""
    return filter_bit is not None or spec["sanitise"] is not None or bool(spec["fused_with"])


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


def check_copies(file: CaseFile, trail: Trail, notes: Notebook) -> None:
    """What was offered and received is what filters, sanitising, fusing and borders make of it."""
    hops = file.hops
    unsound = [form for form in trail.forms if not file.rules.forms.saying(form.labels).is_sound]
    notes.broken("labels that cannot be combined", ["+".join(form.labels) for form in unsound])
    names = np.array(["+".join(form.labels) for form in trail.forms], object)
    found = np.array(file.labels, object)
    label = np.array([file.labels.index(name) if name in file.labels else -1 for name in names], np.int64)
    wrong = hops["label"] != label[trail.form]
    notes.rows(
        "label is not what sanitising and fusing give",
        wrong,
        "hops",
        expected=names[trail.form] if wrong.any() else hops["label"],
        found=found[hops["label"]] if wrong.any() else hops["label"],
    )
    purged_us = np.where(file.is_delivered, trail.purged_after_us, NEVER_US)
    for name, rule, expected in (
        ("coarsened_m", "sanitising gives", trail.coarsened_m),
        ("is_stripped", "sanitising gives", trail.is_stripped.astype(np.int64)),
        ("t_purged_us", "its agreement demands", purged_us),
    ):
        notes.rows(
            f"{name} is not what {rule}",
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


def _depths(file: CaseFile) -> Ints:
    """Links behind each hop; -1 where no feed is behind as many hops as there are nodes."""
    depth = np.full(len(file.link), -1, np.int64)
    back, rows = file.hops["source"], np.arange(len(file.link))
    for number in range(len(file.nodes) + 1):
        ends = back < 0
        depth[rows[ends]] = number
        rows, back = rows[~ends], file.hops["source"][back[~ends]]
    return depth
