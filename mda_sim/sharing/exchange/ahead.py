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

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

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

    lane: Lane
    fed: FedLoad
    case: Column
    """Numbers of its cases."""
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

    @property
    def n_bytes(self) -> Column:
        """Bytes of its bundles."""
        return self.fed.n_bytes[: len(self.case)]


class Ahead:
    """Settles lanes that stand apart. Columns have one entry a case, in the order of numbers, from 0 on."""

    def __init__(self, journal: Journal, offering: Offering, end_us: int) -> None:
        """Nothing settled yet."""
        self._journal = journal
        self._offering = offering
        self._end_us = end_us
        self._lanes: list[tuple[Lane, Column]] = []
        """Lanes with the windows of their cases."""
        self._loads: list[Load] = []
        self.n_cases = 0
        self._place = self._received_us = np.zeros(0, np.int64)

    def settle(self, fed: list[tuple[Lane, list[FedLoad]]]) -> None:
        """Settle all cases of these lanes: all that feeds bring to some desks and links."""
        for lane, loads in fed:
            self._close(lane, loads)
        if not self.n_cases:
            return
        self._place = self._of_lanes(lambda lane, window: (lane.rank * lane.n_windows + window) * lane.n_ways)
        self._received_us = self._transmit(self._review())
        for load in self._loads:
            if not load.lane.is_passed_on:
                self._receive_last(load)

    def _close(self, lane: Lane, loads: list[FedLoad]) -> None:
        """Form the cases of a lane whose windows end within the run."""
        n_windows = self._end_us // lane.window_us
        ended = [int(np.searchsorted(load.windows, n_windows)) for load in loads]
        entering = [load.windows[:n] for load, n in zip(loads, ended, strict=True)]
        windows, case = np.unique(np.concatenate(entering), return_inverse=True)
        cases = np.split(self.n_cases + case, np.cumsum(ended)[:-1])
        for fed, its_cases in zip(loads, cases, strict=True):
            load = Load(lane, fed, its_cases, bundle_of(fed, 0).is_settled)
            self._journal.case_of.add_all(load.number, its_cases)
            self._loads.append(load)
        self._lanes.append((lane, windows))
        self.n_cases += len(windows)

    def _of_lanes(self, values: Callable[[Lane, Column], NDArray[Any] | int]) -> NDArray[Any]:
        """A column of what a lane and the windows of its cases tell."""
        columns = [np.broadcast_to(values(lane, window), window.shape) for lane, window in self._lanes]
        return np.concatenate(columns)

    def _review(self) -> Column:
        """Put what is to be sent through its desk, or straight on; when it is released [us]."""
        came_us = self._of_lanes(lambda lane, window: (window + 1) * lane.window_us)
        is_willing = self._of_lanes(_willing)
        n_bytes = np.zeros(self.n_cases, np.int64)
        for load in self._loads:
            n_bytes[load.case] += load.n_bytes  # it has one bundle a case
        turn = self._of_lanes(lambda lane, _: lane.turn)
        desk_of = self._of_lanes(lambda lane, _: id(lane.way.desk))
        begin_us = np.where(is_willing, came_us, NEVER_US)
        reviewed_us, released_us = begin_us.copy(), begin_us.copy()
        is_expired = np.zeros(self.n_cases, np.bool_)
        times = [lane.way.times.all_of(window) for lane, window in self._lanes]
        touch_us, delay_us = (np.concatenate(columns) for columns in zip(*times, strict=True))
        for desk in {id(lane.way.desk): lane.way.desk for lane, _ in self._lanes}.values():
            if isinstance(desk, FifoDesk):
                queue = np.flatnonzero(is_willing & (desk_of == id(desk)))
                queue = queue[np.lexsort((turn[queue], came_us[queue]))]
                begin_us[queue], reviewed_us[queue], released_us[queue] = _reviews(
                    desk, came_us[queue], n_bytes[queue], touch_us[queue], delay_us[queue]
                )
                has_lapsed = came_us[queue] + desk.expiry_us <= self._end_us
                is_expired[queue] = has_lapsed & (begin_us[queue] == NEVER_US)
        link = self._of_lanes(lambda lane, _: lane.link)
        self._journal.cases.add_all(
            np.arange(self.n_cases), link, n_bytes, came_us, begin_us, reviewed_us, ~is_willing, is_expired
        )
        return released_us

    def _transmit(self, released_us: Column) -> Column:
        """Send what may leave of all that is released; when it is received [us]."""
        n_bytes, leaves = np.zeros(self.n_cases, np.int64), np.zeros(self.n_cases, np.bool_)
        for load in self._loads:
            self._release(load, released_us)
            n_bytes[load.case] += load.n_bytes * load.leaves
            leaves[load.case] |= load.leaves
        link = self._of_lanes(lambda lane, _: lane.link)
        sent_us, transmitted_us = np.full((2, self.n_cases), NEVER_US)
        is_lost = np.zeros(self.n_cases, np.bool_)
        for number, line in {lane.link: lane.line for lane, _ in self._lanes}.items():
            queue = np.flatnonzero(leaves & (link == number))
            queue = queue[np.lexsort((self._place[queue], released_us[queue]))]
            slots = _slots(line, released_us[queue], n_bytes[queue])
            sent_us[queue], transmitted_us[queue], is_lost[queue] = slots
        fails = self._of_lanes(lambda lane, window: lane.way.lost.all_of(window))
        is_lost |= leaves & (transmitted_us <= self._end_us) & fails
        delay_us = self._of_lanes(
            lambda lane, window: lane.line.delay_us + lane.way.extra_delay.all_of(window)
        )
        received_us: Column = np.minimum(transmitted_us + delay_us, NEVER_US)
        received_us[is_lost] = NEVER_US
        came = np.flatnonzero(released_us <= self._end_us)
        columns = (released_us, sent_us, transmitted_us, received_us, is_lost)
        self._journal.leaving.add_all(came, *(column[came] for column in columns))
        return received_us

    def _release(self, load: Load, released_us: Column) -> None:
        """Ask law and release again about what is released."""
        t_us, steps = released_us[load.case], load.fed.steps
        is_released = t_us <= self._end_us
        load.step, load.leaves = steps.indices(t_us), is_released
        if not load.is_settled:
            gates = (np.array(steps.legal) | np.array(steps.release))[load.step]
            load.leaves = is_released & (gates == 0)
            answers = (gates, np.array(steps.agreements)[load.step], np.array(steps.consents)[load.step])
            entry = (load.number, *answers, load.leaves)
            self._journal.checks.add_all(*(column[is_released] for column in entry))

    def _receive_last(self, load: Load) -> None:
        """Write down what has come to a node that passes nothing on, where the law still lets it."""
        lane, steps = load.lane, load.fed.steps
        t_us, received = self._received(load)
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
            self._offering.receive_last_of(lane, load.fed, alike, t_us, self._place[load.case], rights)

    def _received(self, load: Load) -> tuple[Column, Mask]:
        """When each bundle is received [us], and whether it is, within the run."""
        t_us = self._received_us[load.case]
        return t_us, load.leaves & (t_us <= self._end_us)

    def deliveries(self) -> Iterator[tuple[int, Case]]:
        """What comes to nodes that pass it on, in the order of deliveries, with its time [us]."""
        loads = [load for load in self._loads if load.lane.is_passed_on]
        for (t_us, place), arriving in groupby(self._arriving(loads), key=itemgetter(0, 1)):
            bundles = []
            for _, _, i, entry in arriving:
                load = loads[i]
                bundle = bundle_of(load.fed, entry)
                bundle.rest_on(bundle.steps, load.step.item(entry))
                bundles.append(bundle)
            lane = load.lane
            window = place // lane.n_ways % lane.n_windows
            case = Case(lane, window, load.case.item(entry), lane.way, bundles)
            case.leaving = bundles
            yield t_us, case

    def _arriving(self, loads: list[Load]) -> Iterator[tuple[int, int, int, int]]:
        """Time [us], place, load and entry of all bundles that come from these loads, in order."""
        columns = [np.zeros((4, 0), np.int64)]
        for i, load in enumerate(loads):
            t_us, received = self._received(load)
            entry = np.flatnonzero(received)
            place = self._place[load.case[entry]]
            columns.append(np.stack([t_us[entry], place, np.full(len(entry), i), entry]))
        table = np.concatenate(columns, axis=1)
        table = table[:, np.lexsort((table[1], table[0]))]  # stable: bundles of a case stay in their order
        for start in range(0, table.shape[1], CHUNK):
            yield from zip(*table[:, start : start + CHUNK].tolist(), strict=True)


def _willing(lane: Lane, window: Column) -> Mask:
    """Whether the sender wants to send the cases of these windows."""
    return lane.willing.all_of(window * lane.window_us // lane.willing_unit_us)


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
