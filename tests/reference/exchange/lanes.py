"""Lanes: the cases of one link and category, and all that is drawn or kept for them.

Model: a lane gathers copies in windows of time. What feeds bring is known from the start, so it is kept as
columns and made into bundles only when its window ends; what is relayed is added as it comes.

Assumptions and limits: these hold state; ``engine`` changes it. Where next: ``engine``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import Timeline, to_us
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.decisions import unit_us
from mda_sim.sharing.desks import Constant
from mda_sim.sharing.exchange.desk import is_fifo
from mda_sim.sharing.network import SharingSpec
from tests.reference.exchange.cases import NO_CONSENT, Bundle, Copy
from tests.reference.exchange.desk import Desk, FifoDesk, LiveDesk
from tests.reference.exchange.line import Line
from tests.reference.exchange.service import Chance, Delay, Lot, ServiceTimes

if TYPE_CHECKING:
    from mda_sim.sharing.policy import Steps

CHUNK: Final = 256
"""Windows of fed reports that are unpacked together."""


class Way(NamedTuple):
    """What befalls the pieces of a lane: of its cases, or of its requests for one consent."""

    times: ServiceTimes
    """Touch time at the desk, and the delay after it."""
    extra_delay: Delay
    lost: Chance
    can_be_lost: bool
    granted: Chance
    """Whether a request is granted; of no meaning for cases."""
    unit_us: int
    """Length of the unit for which that is decided once [us]."""
    consent: int = NO_CONSENT
    """Index of the consent."""
    desk: Desk | None = None
    """Who reviews."""


@dataclass(eq=False)
class Lane:
    """The cases of one link and category."""

    rank: int
    """Place in the order of (link id, category)."""
    turn: int
    """Place in the order of (priority, link id, category)."""
    n_windows: int
    """More windows than any lane has within the run."""
    n_ways: int
    """Ways that a piece of a window can go: a case's, and one for each consent."""
    link: int
    category: str
    is_abroad: bool
    is_passed_on: bool
    """Whether links leave the node that receives."""
    priority: int
    window_us: int
    line: Line
    way: Way
    willing: Chance
    willing_unit_us: int
    requests: dict[int, Way] = field(default_factory=dict)
    """By consent: how one is asked for; made when it is first needed."""
    open: dict[int, list[Bundle]] = field(default_factory=dict)
    """What has been relayed into each window that has not ended."""
    fed: FedCases | None = None


class FedLoad(NamedTuple):
    """Rows of one copy that feeds bring into the windows of a lane, one entry a window."""

    copy: Copy
    rows: NDArray[np.int64]
    """All rows, window by window."""
    windows: NDArray[np.int64]
    starts: NDArray[np.int64]
    """Where each window's rows begin, and where the last's end (one more than windows)."""
    n_bytes: NDArray[np.int64]
    steps: Steps
    first: int
    """Number of the first window's bundle; the others follow."""


class FedCases:
    """What feeds bring to a lane, window by window, unpacked a chunk at a time."""

    def __init__(self, loads: list[FedLoad], times: ServiceTimes) -> None:
        """Nothing handed over yet."""
        self._loads = loads
        self._times = times
        windows = np.concatenate([load.windows for load in loads])
        load = np.repeat(np.arange(len(loads)), [len(load.windows) for load in loads])
        entry = np.concatenate([np.arange(len(load.windows)) for load in loads])
        order = np.argsort(windows, kind="stable")
        self.windows = windows[order]
        """Of every bundle, sorted."""
        self._load, self._entry = load[order], entry[order]
        self._next = 0
        self._ahead: list[tuple[int, list[Bundle]]] = []

    def take(self, window: int) -> tuple[list[Bundle], int | None]:
        """The bundles of a window, none if it is not the next with any; and the next window from then on."""
        if not self._ahead:
            self._unpack()
        bundles: list[Bundle] = []
        if self._ahead and self._ahead[-1][0] == window:
            bundles = self._ahead.pop()[1]
            if not self._ahead:
                self._unpack()
        return bundles, self._ahead[-1][0] if self._ahead else None

    def _unpack(self) -> None:
        """Make bundles of the next chunk of windows, last window first."""
        start = self._next
        if start == len(self.windows):
            return
        end = min(start + CHUNK, len(self.windows))
        last = self.windows[end - 1]
        end = int(np.searchsorted(self.windows, last, side="right"))
        self._next = end
        cases: dict[int, list[Bundle]] = {}
        columns = (self.windows[start:end], self._load[start:end], self._entry[start:end])
        for window, load, entry in zip(*(column.tolist() for column in columns), strict=True):
            cases.setdefault(window, []).append(bundle_of(self._loads[load], entry))
        self._times.prepare(list(cases))
        self._ahead = list(reversed(cases.items()))


def bundle_of(load: FedLoad, i: int) -> Bundle:
    """What a copy brings into one of the windows of a lane."""
    rows = load.rows[load.starts[i] : load.starts[i + 1]]
    return Bundle(load.first + i, rows, load.copy, int(load.n_bytes[i]), load.steps)


def build_desks(sharing: SharingSpec, timeline: Timeline) -> dict[str, FifoDesk | LiveDesk]:
    """Every desk at the start of the run, by id."""
    return {
        id_: (FifoDesk if is_fifo(spec) else LiveDesk)(spec, timeline) for id_, spec in sharing.desks.items()
    }


def build_lanes(
    sharing: SharingSpec,
    links: tuple[str, ...],
    categories: list[str],
    desks: dict[str, FifoDesk | LiveDesk],
    seed: int,
    timeline: Timeline,
) -> list[Lane]:
    """A lane for each link and category, in the order of their turns."""
    n_ways = len(sharing.consents) + 1
    shortest_us = min((to_us(link.case_window_s) for link in sharing.links.values()), default=1)
    n_windows = 1 + timeline.end_us // shortest_us
    senders = {link.sender for link in sharing.links.values()}
    lanes: list[Lane] = []
    for i, link in enumerate(links):
        spec = sharing.links[link]
        line = Line(link, spec, seed, timeline)
        sender, recipient = (sharing.nodes[node].nation for node in (spec.sender, spec.recipient))
        for category in categories:
            lot = Lot(seed, link, category)
            desk = None if spec.desk is None else desks[spec.desk]
            touch, elapsed = (
                (Constant(), Constant()) if desk is None else (desk.spec.touch, desk.spec.elapsed)
            )
            window_us = to_us(spec.case_window_s)
            way = Way(
                times=ServiceTimes(lot, touch, elapsed),
                extra_delay=Delay(lot, spec.extra_delay, "link.delay"),
                lost=Chance(lot, spec.loss_probability, "link.loss"),
                can_be_lost=spec.loss_probability > 0,
                granted=Chance(lot, 1.0, "consent"),
                unit_us=window_us,
                desk=desk,
            )
            lane = Lane(
                rank=len(lanes),
                turn=0,
                n_windows=n_windows,
                n_ways=n_ways,
                link=i,
                category=category,
                is_abroad=sender != recipient,
                is_passed_on=spec.recipient in senders,
                priority=spec.priority,
                window_us=window_us,
                line=line,
                way=way,
                willing=Chance(lot, spec.willingness, "willing"),
                willing_unit_us=unit_us(spec.willing_per, window_us),
            )
            lanes.append(lane)
    lanes.sort(key=lambda lane: lane.priority)  # stable: then by link id and category
    for turn, lane in enumerate(lanes):
        lane.turn = turn
    return lanes


def request_way(
    sharing: SharingSpec,
    lane: Lane,
    lot: Lot,
    consent: int,
    desks: dict[str, FifoDesk | LiveDesk],
) -> Way:
    """How the consent of this index is asked for, for the cases of a lane."""
    spec, link = sharing.consents[lot.consent], sharing.links[lot.link]
    assert isinstance(spec, ConsentOnRequest)
    desk = None if spec.desk is None else desks[spec.desk]
    return Way(
        times=ServiceTimes(
            lot, Constant() if desk is None else desk.spec.touch, spec.answer, "consent.answer"
        ),
        extra_delay=Delay(lot, link.extra_delay, "link.delay"),
        lost=Chance(lot, link.loss_probability, "link.loss"),
        can_be_lost=link.loss_probability > 0,
        granted=Chance(lot, spec.probability, "consent"),
        unit_us=unit_us(spec.decided_per, lane.window_us),
        consent=consent,
        desk=desk,
    )
