"""What the rules say about every hop: on arrival, at release, when an answer came, and on receipt.

Model: hops with equally many links behind them are judged after all that have fewer, since their copies came
by those. Hops that share link, form as offered, holding agreement and areas are judged together, moment by
moment (``rules``). What a filter stops is not judged. What is released is asked about again at that moment.
If release then rests on a consent that has to be asked for, the legal gates are asked a third time when the
answer comes, and a refusal is a failing release gate. What crossed a border is asked about once more at the
moment at which it would be received, unless it was lost on the way.

Where next: ``verdicts`` compares the books with these, ``clocks`` replays the requests.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.draws import Places, are_so, times_us, units
from mda_sim.audit.forms import Form
from mda_sim.audit.moments import Tree
from mda_sim.audit.rules import Areas, Releases
from mda_sim.audit.times import is_drawn
from mda_sim.audit.trails import Trail
from mda_sim.core.time import NEVER_US, to_us
from mda_sim.records import Gate, Outcome

KEYS_MOST: Final = 1 << 22
"""Most kinds of groups that hops are counted into; with more, they are sorted."""


class Rulings:
    """What each hop's row should say, given its times (H,)."""

    def __init__(self, n: int) -> None:
        self.gates: NDArray[np.uint16] = np.zeros(n, np.uint16)
        self.at_release: NDArray[np.uint16] = np.zeros(n, np.uint16)
        """Gates that fail at release, or when the answer comes."""
        self.at_receipt: NDArray[np.uint16] = np.zeros(n, np.uint16)
        self.agreement: NDArray[np.int16] = np.full(n, -1, np.int16)
        self.consent: NDArray[np.int16] = np.full(n, -1, np.int16)
        self.asks: Bools = np.zeros(n, bool)
        """Whether its release waits for an originator's answer."""
        self.is_overtaken: Bools = np.zeros(n, bool)
        """Whether the copy had to be destroyed before the answer came."""
        self.is_lost: Bools = np.zeros(n, bool)
        """Whether it was lost on the way."""
        self.due_us: Ints = np.full(n, NEVER_US)
        """When it comes to the recipient unless it is lost."""

    @property
    def gates_at_release(self) -> NDArray[np.uint16]:
        """Gates that fail after arrival, whenever they were asked last."""
        return self.at_release | self.at_receipt


class Group(NamedTuple):
    """Hops that are judged together."""

    rows: Ints
    link: int
    form: Form
    areas: Areas
    giver: str
    taker: str
    under: int


def rule(file: CaseFile) -> tuple[Trail, Rulings]:
    """Follow and judge every hop."""
    trail, rulings = Trail(file), Rulings(len(file.link))
    judge = Judge(file, trail, rulings)
    for number in range(int(trail.depth.max(initial=-1)) + 1):
        rows = np.flatnonzero(trail.depth == number)
        trail.take_up(rows)
        if trail.is_stopped.any():
            rows = rows[~trail.is_stopped[rows]]
        if len(rows):
            judge.judge(rows)
    return trail, rulings


class Judge:
    """Asks the rules about groups of hops and notes what they say."""

    def __init__(self, file: CaseFile, trail: Trail, rulings: Rulings) -> None:
        self.file, self.trail, self.rulings = file, trail, rulings

    def judge(self, rows: Ints) -> None:
        """Ask about these hops, a group at a time, and let the copies that came be held."""
        from mda_sim.audit.trail_kernels import first_and_last, put_down

        file, trail, rulings = self.file, self.trail, self.rulings
        rows, begins = self._sorted(rows)
        n = len(begins) - 1
        spans_us, came = np.empty((n, 2), np.int64), np.zeros(n, bool)
        times = file.books["t_released_us"], file.books["t_transmitted_us"]
        fixed_us = np.array([_fixed_delay_us(spec) for spec in file.specs], np.int64)
        delay_us = np.maximum(fixed_us, 0)[file.link[rows[begins[:-1]]]]
        first_and_last(
            rows, begins, delay_us, file.books["t_arrived_us"], *times, file.is_delivered, spans_us, came
        )
        says, is_steady = np.full((6, n), -2, np.int64), np.zeros(n, bool)
        for number, (begin_us, end_us) in enumerate(spans_us.tolist()):
            group = self._group(rows[begins[number] : begins[number + 1]])
            is_steady[number] = fixed_us[group.link] >= 0 and self._is_one_answer(group, begin_us, end_us)
            if is_steady[number]:
                says[:, number] = self._answer_of(group, begin_us, bool(came[number]))
                if trail.is_carrying:
                    trail.carry_on(group.rows[file.is_delivered[group.rows]])
            else:
                until_us = self.ask(group)
                is_here = file.is_delivered[group.rows]
                delivered = group.rows[is_here]
                trail.hand_on(delivered, rulings.agreement[delivered], until_us[is_here])
        laid_out: tuple[Any, ...] = (
            rows,
            begins,
            is_steady,
            delay_us,
            *says,
            *times,
            file.is_delivered,
            file.end_us,
            rulings.gates,
            rulings.at_release,
            rulings.at_receipt,
            rulings.agreement,
            rulings.due_us,
            trail.form,
            trail.form_after,
            trail.under,
            trail.under_after,
        )
        put_down(*laid_out)

    def _sorted(self, rows: Ints) -> tuple[Ints, Ints]:
        """These hops by link, form, holding agreement and areas, and where each group begins and ends."""
        from mda_sim.audit.trail_kernels import group_keys, sort_by_key

        file, trail = self.file, self.trail
        sizes = len(trail.forms), len(file.rules.agreement_ids), len(file.areas)
        keys = np.empty(len(rows), np.int64)
        group_keys(rows, file.link, trail.form, trail.under, file.row, file.area, *sizes, keys)
        n_keys = len(file.links) * sizes[0] * (sizes[1] + 1) * sizes[2]
        if n_keys > KEYS_MOST:
            order = np.argsort(keys, kind="stable")
            begins = np.flatnonzero(np.diff(keys[order], prepend=-1, append=n_keys))
            return rows[order], begins
        ends, out = np.zeros(n_keys + 1, np.int64), np.empty_like(rows)
        sort_by_key(rows, keys, ends, out)
        return out, np.unique(ends)

    def _is_one_answer(self, group: Group, begin_us: int, end_us: int) -> bool:
        """Whether the rules say the same of a group at all of these moments, and nothing comes by chance."""
        trail, taker = self.trail, group.taker
        is_plain = taker not in trail.parties and not trail.is_purging and end_us < NEVER_US
        node = self.file.specs[group.link]["recipient"]
        return is_plain and self.file.rules.is_steady(group.giver, taker, node, begin_us, end_us)

    def _answer_of(self, group: Group, t_us: int, is_held: bool) -> tuple[int, ...]:
        """Gates that fail on arrival, at release and on receipt, the agreement that passes, and form and
        agreement as which recipients hold what came, -2 for those as which it was offered.
        """
        rules, spec = self.file.rules, self.file.specs[group.link]
        now, never = np.array([t_us]), np.array([NEVER_US])
        parties = group.giver, group.taker
        legal, used = rules.legal(group.form, group.areas, *parties, now)
        release = rules.release(group.form, group.areas, *parties, group.under, now, -never, never).failing
        level, node = spec["accreditation"], spec["recipient"]
        accredited = rules.accreditation(group.form, used, group.giver, level, node, now)
        deal, form, under = int(used[0]), -2, -2
        if is_held and group.giver != group.taker:
            form = self.trail.number_of(rules.received(group.form, deal, group.giver))
            under = deal
        failing = (legal | accredited | release, legal | release, legal)
        return (*(int(gates[0]) for gates in failing), deal, form, under)

    def _group(self, rows: Ints) -> Group:
        file, trail, first = self.file, self.trail, rows[0]
        link = int(file.link[first])
        spec = file.specs[link]
        return Group(
            rows,
            link,
            trail.forms[trail.form[first]],
            file.areas[file.area[file.row[first]]],
            file.rules.party(spec["sender"]),
            file.rules.party(spec["recipient"]),
            int(trail.under[first]),
        )

    def ask(self, group: Group) -> Ints:
        """Note what the gates say; until when the consents hold on which each went, -NEVER_US for none."""
        rows, rulings, hops = group.rows, self.rulings, self.file.hops
        spec, rules = self.file.specs[group.link], self.file.rules
        t_us = hops["t_arrived_us"][rows]
        legal = self._legal(group, rows, t_us)
        release = self._release(group, rows, t_us)
        rulings.consent[rows] = release.consent
        used, level, node = rulings.agreement[rows], spec["accreditation"], spec["recipient"]
        accredited = rules.accreditation(group.form, used, group.giver, level, node, t_us)
        rulings.gates[rows] = legal | accredited | release.failing

        until_us = np.full(len(rows), -NEVER_US)
        was_released = hops["t_released_us"][rows] != NEVER_US
        then = rows[was_released]
        t_us = hops["t_released_us"][then]
        legal, release = self._legal(group, then, t_us), self._release(group, then, t_us)
        rulings.consent[then] = release.consent
        rulings.at_release[then] = legal | release.failing
        until_us[was_released] = np.where(release.consent >= 0, release.until_us, -NEVER_US)
        if group.giver == group.taker:
            self._send(group, then)
            return until_us
        asks = (rulings.at_release[then] == 0) & rules.must_be_asked(release.consent)
        rulings.asks[then] = asks
        place = np.flatnonzero(rulings.asks[rows] & (hops["t_consented_us"][rows] != NEVER_US))
        until_us[place] = np.minimum(until_us[place], self._answer(group, rows[place]))
        self._send(group, then)
        return until_us

    def _answer(self, group: Group, rows: Ints) -> Ints:
        """Ask again when answers come; until when what was granted stays with the copies."""
        rulings, t_us = self.rulings, self.file.hops["t_consented_us"][rows]
        until_us = np.full(len(rows), NEVER_US)
        legal = self._legal(group, rows, t_us)
        rulings.is_overtaken[rows] = t_us >= self.trail.purged_us[rows]
        is_refused = rulings.is_overtaken[rows].copy()
        for consent in np.unique(rulings.consent[rows]).tolist():
            alike = rulings.consent[rows] == consent
            is_refused[alike] |= ~self._granted(group.link, rows[alike], consent)
            until_us[alike] = self.file.rules.granted_until_us(consent, t_us[alike])
        rulings.at_release[rows] = legal | np.where(is_refused, int(Gate.RELEASE), 0)
        return until_us

    def _granted(self, link: int, rows: Ints, consent: int) -> Bools:
        """Which of these answered hops of one link and consent were granted what they asked for."""
        spec = self.file.rules.consents[self.file.rules.consent_ids[consent]]
        booked = (self.file.hops["gates_at_release"][rows] & int(Gate.RELEASE)) == 0
        places = self._places(rows, np.full(len(rows), consent))
        unit = units(spec["decided_per"], places.window, self.file.window_us[np.full(len(rows), link)])
        probability = np.full(len(rows), spec["probability"])
        return are_so(places.by_unit(unit), probability, "share.consent", booked)

    def _send(self, group: Group, rows: Ints) -> None:
        """When what leaves is received, whether it is lost, and what the legal gates say then."""
        rulings, hops, spec = self.rulings, self.file.hops, self.file.specs[group.link]
        rows = rows[(rulings.at_release[rows] == 0) & (hops["t_transmitted_us"][rows] != NEVER_US)]
        places = self._places(rows, np.where(rulings.asks[rows], rulings.consent[rows], -1))
        booked = hops["outcome"][rows] == Outcome.LOST
        loss = np.full(len(rows), spec["loss_probability"])
        rulings.is_lost[rows] = are_so(places, loss, "share.link.loss", booked)
        extra_us = times_us(places, spec["extra_delay"], "share.link.delay")
        assert extra_us is not None
        due_us = hops["t_transmitted_us"][rows] + to_us(spec["delay_s"]) + extra_us
        rulings.due_us[rows] = due_us
        comes = ~rulings.is_lost[rows] & (due_us <= self.file.end_us)
        rulings.at_receipt[rows[comes]] = self._legal(group, rows[comes], due_us[comes])

    def _legal(self, group: Group, rows: Ints, t_us: Ints) -> Ints:
        """Failing legal gates of hops of a group at these moments; notes the agreement that passes."""
        rules = self.file.rules
        failing, used = rules.legal(group.form, group.areas, group.giver, group.taker, t_us)
        self.rulings.agreement[rows] = used
        return failing

    def _release(self, group: Group, rows: Ints, t_us: Ints) -> Releases:
        return self.file.rules.release(
            group.form,
            group.areas,
            group.giver,
            group.taker,
            group.under,
            t_us,
            self.trail.named_until_us(rows, group.taker),
            self.trail.purged_us[rows],
        )

    def _places(self, rows: Ints, consent: Ints) -> Places:
        file = self.file
        return Places.of(file, file.link[rows], file.category[rows], self.trail.window[rows], consent)


def _fixed_delay_us(spec: Tree) -> int:
    """How long a link takes with what was transmitted; -1 where that, or whether it comes, is by chance."""
    if spec["loss_probability"] != 0 or is_drawn(spec["extra_delay"]):
        return -1
    return to_us(spec["delay_s"]) + to_us(spec["extra_delay"]["value_s"])
