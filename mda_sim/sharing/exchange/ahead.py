"""Ahead of the clock: cases that nothing else can touch are settled whole, before the run.

Model: what feeds bring is known from the start. So on links that stand apart (``apart``) all reviews and
transmissions are known too: the cases of a desk are put through it in the order in which they come, and what
it releases through its line likewise, by the same desks, lines, gates and draws as in the engine. What comes
to a node that passes nothing on is received with all else that does; what comes to another node is given
back, to be delivered at its time.

Assumptions and limits: rows are the same as those of the engine, to the byte (``docs/adr/0016``). Cases are
columns here, and become objects, a few at a time, only to be delivered.
Where next: ``engine`` runs what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US
from mda_sim.sharing.exchange.cases import Case
from mda_sim.sharing.exchange.desk import FifoDesk
from mda_sim.sharing.exchange.journal import Journal
from mda_sim.sharing.exchange.lanes import FedLoad, Lane, bundle_of
from mda_sim.sharing.exchange.line import Line
from mda_sim.sharing.exchange.offering import Offering

Column = NDArray[np.int64]
Mask = NDArray[np.bool_]

CHUNK: Final = 256
"""Bundles that are made of their columns together."""


@dataclass(eq=False)
class Load:
    """What one copy brings into the cases of a lane, one entry a bundle."""

    fed: FedLoad
    case: Column
    """Place of its case among those of the lane."""
    is_settled: bool
    """Whether nothing that its gates said can change any more."""
    leaves: Mask = field(init=False)
    """Whether law and release let it leave."""
    step: Column = field(init=False)
    """Which answer of the gates held when it was released."""

    @property
    def number(self) -> Column:
        """Numbers of its bundles."""
        return self.fed.first + np.arange(len(self.case))


@dataclass(eq=False)
class Cases:
    """The cases of one lane whose windows end within the run, one entry each."""

    lane: Lane
    loads: list[Load]
    number: Column
    window: Column
    n_bytes: Column
    released_us: Column = field(init=False)
    received_us: Column = field(init=False)

    @property
    def came_us(self) -> Column:
        """When each was closed [us]."""
        return (self.window + 1) * self.lane.window_us

    @property
    def place(self) -> Column:
        """What orders each among those that reach one stage at one microsecond."""
        lane = self.lane
        return (lane.rank * lane.n_windows + self.window) * lane.n_ways


class Ahead:
    """Settles lanes that stand apart."""

    def __init__(self, journal: Journal, offering: Offering, end_us: int) -> None:
        """Nothing settled yet."""
        self._journal = journal
        self._offering = offering
        self._end_us = end_us
        self._passed_on: list[Cases] = []
        self.n_cases = 0
        """Cases settled, whose numbers are the first ones."""

    def settle(self, fed: list[tuple[Lane, list[FedLoad]]]) -> None:
        """Settle all cases of these lanes: all that feeds bring to some desks and links."""
        lanes = [self._close(lane, loads) for lane, loads in fed]
        at_desk: dict[int, list[Cases]] = {}
        on_line: dict[int, list[Cases]] = {}
        for cases in lanes:
            at_desk.setdefault(id(cases.lane.way.desk), []).append(cases)
            on_line.setdefault(cases.lane.link, []).append(cases)
        for group in at_desk.values():
            self._review(group)
        for group in on_line.values():
            self._transmit(group[0].lane.line, group)
        for cases in lanes:
            if cases.lane.is_passed_on:
                self._passed_on.append(cases)
            else:
                for load in cases.loads:
                    self._receive_last(cases, load)

    def _close(self, lane: Lane, loads: list[FedLoad]) -> Cases:
        """Form the cases of a lane."""
        n_windows = self._end_us // lane.window_us
        ended = [int(np.searchsorted(load.windows, n_windows)) for load in loads]
        entering = [load.windows[:n] for load, n in zip(loads, ended, strict=True)]
        window, case = np.unique(np.concatenate(entering), return_inverse=True)
        number = self.n_cases + np.arange(len(window))
        self.n_cases += len(window)
        n_bytes, of_lane = np.zeros(len(window), np.int64), []
        for fed, n, its_case in zip(loads, ended, np.split(case, np.cumsum(ended)[:-1]), strict=True):
            if n:
                n_bytes[its_case] += fed.n_bytes[:n]  # a copy enters a case once
                of_lane.append(Load(fed, its_case, bundle_of(fed, 0).is_settled))
                self._journal.case_of.add_all(of_lane[-1].number, number[its_case])
        return Cases(lane, of_lane, number, window, n_bytes)

    def _review(self, group: list[Cases]) -> None:
        """Put through a desk, or straight on, what is to be sent of all cases that come there."""
        desk = group[0].lane.way.desk
        willing = np.concatenate([_willing(cases) for cases in group])
        came_us = np.concatenate([cases.came_us for cases in group])
        begin_us = np.where(willing, came_us, NEVER_US)
        reviewed_us, released_us = begin_us.copy(), begin_us.copy()
        is_expired = np.zeros(len(came_us), np.bool_)
        n_bytes = np.concatenate([cases.n_bytes for cases in group])
        if isinstance(desk, FifoDesk):
            turn = np.repeat([cases.lane.turn for cases in group], [len(cases.number) for cases in group])
            order = np.lexsort((turn, came_us))
            order = order[willing[order]]
            times = [cases.lane.way.times.all_of(cases.window) for cases in group]
            touch_us, delay_us = (np.concatenate(column) for column in zip(*times, strict=True))
            begin_us[order], reviewed_us[order], released_us[order] = _reviews(
                desk, came_us[order], n_bytes[order], touch_us[order], delay_us[order]
            )
            is_expired = willing & (begin_us == NEVER_US) & (came_us + desk.expiry_us <= self._end_us)
        link = np.repeat([cases.lane.link for cases in group], [len(cases.number) for cases in group])
        number = np.concatenate([cases.number for cases in group])
        self._journal.cases.add_all(
            number, link, n_bytes, came_us, begin_us, reviewed_us, ~willing, is_expired
        )
        ends = np.cumsum([len(cases.number) for cases in group])[:-1]
        for cases, of_lane in zip(group, np.split(released_us, ends), strict=True):
            cases.released_us = of_lane

    def _transmit(self, line: Line, group: list[Cases]) -> None:
        """Ask law and release again about all that is released on a link, and send what may leave."""
        n_bytes, leaving = zip(*(self._release(cases) for cases in group), strict=True)
        weight, leaves = np.concatenate(n_bytes), np.concatenate(leaving)
        released_us = np.concatenate([cases.released_us for cases in group])
        order = np.lexsort((np.concatenate([cases.place for cases in group]), released_us))
        order = order[leaves[order]]
        sent_us, transmitted_us = np.full((2, len(leaves)), NEVER_US)
        is_lost = np.zeros(len(leaves), np.bool_)
        sent_us[order], transmitted_us[order], is_lost[order] = _slots(
            line, released_us[order], weight[order]
        )
        ends = np.cumsum([len(cases.number) for cases in group])[:-1]
        columns = (np.split(column, ends) for column in (sent_us, transmitted_us, is_lost, leaves))
        for cases, sent, transmitted, lost, left in zip(group, *columns, strict=True):
            way = cases.lane.way
            if way.can_be_lost:
                lost |= left & (transmitted <= self._end_us) & way.lost.all_of(cases.window)
            arriving = transmitted + line.delay_us + way.extra_delay.all_of(cases.window)
            cases.received_us = np.where(left & ~lost, np.minimum(arriving, NEVER_US), NEVER_US)
            came = cases.released_us <= self._end_us
            entry = (cases.number, cases.released_us, sent, transmitted, cases.received_us, lost)
            self._journal.leaving.add_all(*(column[came] for column in entry))

    def _release(self, cases: Cases) -> tuple[Column, Mask]:
        """Bytes of each case that may leave, and whether anything of it does."""
        n_bytes, leaves = np.zeros(len(cases.number), np.int64), np.zeros(len(cases.number), np.bool_)
        for load in cases.loads:
            t_us, steps = cases.released_us[load.case], load.fed.steps
            load.leaves = t_us <= self._end_us
            load.step = steps.indices(t_us)
            if not load.is_settled:
                gates = (np.array(steps.legal) | np.array(steps.release))[load.step]
                asked, load.leaves = load.leaves, load.leaves & (gates == 0)
                answers = (gates, np.array(steps.agreements)[load.step], np.array(steps.consents)[load.step])
                entry = (load.number, *answers, load.leaves)
                self._journal.checks.add_all(*(column[asked] for column in entry))
            n_bytes[load.case] += np.where(load.leaves, load.fed.n_bytes[: len(load.case)], 0)
            leaves[load.case] |= load.leaves
        return n_bytes, leaves

    def _receive_last(self, cases: Cases, load: Load) -> None:
        """Write down what has come to a node that passes nothing on, where the law still lets it."""
        lane, steps = cases.lane, load.fed.steps
        t_us = cases.received_us[load.case]
        received = load.leaves & (t_us <= self._end_us)
        step = load.step
        if lane.is_abroad and not load.is_settled:
            step = steps.indices(t_us)
            gates, agreement = np.array(steps.legal)[step], np.array(steps.agreements)[step]
            entry = (load.number, gates, agreement, np.array(steps.consents)[load.step], received)
            self._journal.checks.add_all(*(column[received] for column in entry))
            received &= gates == 0
        for at_release, at_receipt in sorted(set(zip(load.step[received], step[received], strict=True))):
            alike = received & (load.step == at_release) & (step == at_receipt)
            rights = steps.agreements[at_receipt], steps.consents[at_release], steps.until_us[at_release]
            self._offering.receive_last_of(lane, load.fed, alike, t_us, cases.place[load.case], rights)

    def deliveries(self) -> Iterator[tuple[int, Case]]:
        """What comes to nodes that pass it on, in the order of deliveries, with its time [us]."""
        loads = [(cases, load) for cases in self._passed_on for load in cases.loads]
        for (t_us, _), arriving in groupby(self._arriving(loads), key=itemgetter(0, 1)):
            bundles = []
            for _, _, i, entry in arriving:
                cases, load = loads[i]
                bundle = bundle_of(load.fed, entry)
                bundle.rest_on(bundle.steps, load.step.item(entry))
                bundles.append(bundle)
            at, lane = load.case.item(entry), cases.lane
            case = Case(lane, cases.window.item(at), cases.number.item(at), lane.way, bundles)
            case.leaving = bundles
            yield t_us, case

    def _arriving(self, loads: list[tuple[Cases, Load]]) -> Iterator[tuple[int, int, int, int]]:
        """Time [us], place, load and entry of all bundles that come from these loads, in order."""
        columns = [np.zeros((4, 0), np.int64)]
        for i, (cases, load) in enumerate(loads):
            t_us = cases.received_us[load.case]
            entry = np.flatnonzero(load.leaves & (t_us <= self._end_us))
            place = cases.place[load.case[entry]]
            columns.append(np.stack([t_us[entry], place, np.full(len(entry), i), entry]))
        table = np.concatenate(columns, axis=1)
        table = table[:, np.lexsort((table[1], table[0]))]  # stable: bundles of a case stay in their order
        for start in range(0, table.shape[1], CHUNK):
            yield from zip(*table[:, start : start + CHUNK].tolist(), strict=True)


def _willing(cases: Cases) -> Mask:
    """Which cases the sender wants to send."""
    lane = cases.lane
    return lane.willing.all_of(cases.window * lane.window_us // lane.willing_unit_us)


def _reviews(
    desk: FifoDesk, came_us: Column, n_bytes: Column, touch_us: Column, delay_us: Column
) -> tuple[Column, Column, Column]:
    """Begin and end of each review, and the release, of cases in the order in which they came [us].

    NEVER_US where a case is passed over.
    """
    times = []
    columns = (came_us, n_bytes, touch_us, delay_us)
    for came, weight, touch, delay in zip(*(column.tolist() for column in columns), strict=True):
        begin = desk.begin(came)
        if begin > came + desk.expiry_us:
            times.append((NEVER_US, NEVER_US, NEVER_US))
            continue
        reviewed = desk.reviewed(begin, touch)
        if weight:
            desk.occupy(reviewed)
        times.append((begin, reviewed, desk.released(reviewed, delay)))
    begins_us, reviewed_us, released_us = np.array(times, np.int64).reshape(-1, 3).T
    return begins_us, reviewed_us, released_us


def _slots(line: Line, released_us: Column, n_bytes: Column) -> tuple[Column, Column, Mask]:
    """Begin and end of each transmission [us], and whether it found the line full, in the line's order."""
    slots = [
        line.put(t_us, weight) for t_us, weight in zip(released_us.tolist(), n_bytes.tolist(), strict=True)
    ]
    never = (NEVER_US, NEVER_US)
    times = np.array([never if slot is None else slot for slot in slots], np.int64).reshape(-1, 2)
    return times[:, 0], times[:, 1], np.array([slot is None for slot in slots], np.bool_)
