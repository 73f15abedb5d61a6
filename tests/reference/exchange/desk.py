"""Desks at work: who is taken up when, by servers that keep hours.

Model: a first-in-first-out desk with c servers, always as many, whose service times are known on arrival
needs no queue object: the times at which its servers become free are its whole state (J. Kiefer, J.
Wolfowitz, "On the theory of queues with many servers", Trans. Amer. Math. Soc. 78, 1955). A case that closes
at t begins at the first open moment from max(t, min free) on. A desk whose discipline looks at what else is
waiting, or whose number of servers changes, keeps a live queue: at the first open moment at which fewer
reviews than servers are under way, it takes up the first in the order of its discipline.

Assumptions and limits: cases must be put in the order in which they come. What is ghostly is looked up or
taken out of the queue in its turn, and occupies nobody.
Where next: ``engine`` puts cases and requests through them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right, insort
from collections.abc import Iterator
from heapq import heappop, heappush, heapreplace

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.sharing.desks import DeskSpec
from mda_sim.sharing.exchange.desk import staffing
from mda_sim.sharing.hours import desk_hours
from mda_sim.sharing.schedules import tick_from
from tests.reference.exchange.cases import Case, Request


class Desk(ABC):
    """What all desks have: hours, an expiry, and delays after the review."""

    def __init__(self, spec: DeskSpec, timeline: Timeline) -> None:
        """Nobody waiting, and all servers free, from the start of the run."""
        self.spec = spec
        self.hours = desk_hours(spec, timeline)
        self.expiry_us = NEVER_US if spec.expiry_s is None else to_us(spec.expiry_s)
        """How long after it came the review of anything may begin [us]."""
        self._elapsed_works = spec.elapsed_clock == "working"
        self._batch = None if spec.batch is None else (to_us(spec.batch.period_s), to_us(spec.batch.phase_s))

    def reviewed(self, begin_us: int, touch_us: int) -> int:
        """End of a review that began at ``begin_us`` [us]."""
        return self.hours.add_working(begin_us, touch_us)

    def answered(self, reviewed_us: int, delay_us: int) -> int:
        """End of the delay after the review of a request [us]."""
        if self._elapsed_works:
            return self.hours.add_working(reviewed_us, delay_us)
        return reviewed_us + delay_us

    def released(self, reviewed_us: int, elapsed_us: int) -> int:
        """End of the elapsed delay after the review of a case, and of the wait for its batch [us]."""
        ready_us = self.answered(reviewed_us, elapsed_us)
        return ready_us if self._batch is None else tick_from(*self._batch, ready_us)

    @abstractmethod
    def occupy(self, until_us: int) -> None:
        """Keep one of the free servers, or of those that are free first, busy until ``until_us``."""


class FifoDesk(Desk):
    """First in, first out, with always as many servers: known by when each becomes free."""

    def __init__(self, spec: DeskSpec, timeline: Timeline) -> None:
        """All servers free from the start of the run."""
        super().__init__(spec, timeline)
        self._free_us = [0] * spec.servers

    def begin(self, t_us: int) -> int:
        """When what comes at ``t_us`` would be taken up, if it were next [us]."""
        return self.hours.next_open(max(t_us, self._free_us[0]))

    def occupy(self, until_us: int) -> None:
        """Keep the server that is free first busy until ``until_us``."""
        heapreplace(self._free_us, until_us)


class LiveDesk(Desk):
    """A desk with a queue of what waits."""

    def __init__(self, spec: DeskSpec, timeline: Timeline) -> None:
        """Nobody waiting, and nothing under review, from the start of the run."""
        super().__init__(spec, timeline)
        self._end_us = timeline.end_us
        self._queue: list[tuple[tuple[int, ...], Case | Request]] = []
        self._under_way_until: list[int] = []
        self._changes_us, self._servers = staffing(spec, timeline)

    def put(self, piece: Case | Request, t_us: int) -> None:
        """Let what has come at ``t_us`` wait for its turn."""
        turn = (isinstance(piece, Request), piece.lane.turn, piece.window, piece.consent)
        urgency = piece.lane.priority if self.spec.discipline == "priority" else 0
        key = (urgency, -t_us if self.spec.discipline == "newest_first" else t_us, *turn)
        heappush(self._queue, (key, piece))

    def has_waiting(self) -> bool:
        """Whether anything waits."""
        return bool(self._queue)

    def take(self) -> Case | Request:
        """Take the next out of the queue."""
        return heappop(self._queue)[1]

    def drain(self) -> Iterator[Case | Request]:
        """Take all that waits out of the queue."""
        while self._queue:
            yield self.take()

    def chance(self, t_us: int) -> int:
        """First open moment from ``t_us`` on with fewer reviews under way than servers [us].

        NEVER_US if there is none within the run.
        """
        while True:
            t_us = self.hours.next_open(t_us)
            if t_us > self._end_us:
                return NEVER_US
            ended = bisect_right(self._under_way_until, t_us)
            change = bisect_right(self._changes_us, t_us)
            if len(self._under_way_until) - ended < self._servers[change]:
                return t_us
            t_us = min(
                self._under_way_until[ended] if ended < len(self._under_way_until) else NEVER_US,
                self._changes_us[change] if change < len(self._changes_us) else NEVER_US,
            )

    def occupy(self, until_us: int) -> None:
        """Keep a server busy until ``until_us``."""
        insort(self._under_way_until, until_us)

    def forget(self, t_us: int) -> None:
        """Drop reviews that ended by ``t_us``; nothing is asked about earlier moments any more."""
        del self._under_way_until[: bisect_right(self._under_way_until, t_us)]
