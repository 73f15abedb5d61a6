"""Live desks: who is taken up when, where that depends on what else is waiting.

Model: a desk whose discipline looks at what else is waiting, or whose number of servers changes, keeps a live
queue: at the first open moment at which fewer reviews than servers are under way, it takes up the first in
the order of its discipline.

Assumptions and limits: pieces must be put in the order in which they come. What is ghostly is taken out of
the queue in its turn, and occupies nobody. First in, first out needs no queue (``queue_kernels``).
Where next: ``engine`` wakes them.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from heapq import heappop, heappush

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.sharing.desks import DeskSpec
from mda_sim.sharing.exchange.layout import Seen
from mda_sim.sharing.hours import desk_hours
from mda_sim.sharing.schedules import tick_from


class LiveDesk:
    """A desk with a queue of what waits."""

    def __init__(self, spec: DeskSpec, timeline: Timeline) -> None:
        """Nobody waiting, and nothing under review, from the start of the run."""
        self.hours = desk_hours(spec, timeline)
        self.expiry_us = NEVER_US if spec.expiry_s is None else to_us(spec.expiry_s)
        """How long after it came the review of anything may begin [us]."""
        self._discipline = spec.discipline
        self._elapsed_works = spec.elapsed_clock == "working"
        self._batch = None if spec.batch is None else (to_us(spec.batch.period_s), to_us(spec.batch.phase_s))
        self._end_us = timeline.end_us
        self._queue: list[tuple[tuple[int, ...], Seen]] = []
        self._under_way_until: list[int] = []
        self._changes_us, self._servers = staffing(spec, timeline)

    def put(self, piece: Seen, priority: int) -> None:
        """Let what has come wait for its turn, with the priority of its link."""
        urgency = priority if self._discipline == "priority" else 0
        came_us = -piece.came_us if self._discipline == "newest_first" else piece.came_us
        turn = (piece.is_request, piece.turn, piece.window, piece.consent)
        heappush(self._queue, ((urgency, came_us, *turn), piece))

    def has_waiting(self) -> bool:
        """Whether anything waits."""
        return bool(self._queue)

    def take(self) -> Seen:
        """Take the next out of the queue."""
        return heappop(self._queue)[1]

    def drain(self) -> Iterator[Seen]:
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

    def answered(self, reviewed_us: int, delay_us: int) -> int:
        """End of the delay after the review of a request [us]."""
        if self._elapsed_works:
            return self.hours.add_working(reviewed_us, delay_us)
        return reviewed_us + delay_us

    def released(self, reviewed_us: int, elapsed_us: int) -> int:
        """End of the elapsed delay after the review of a case, and of the wait for its batch [us]."""
        ready_us = self.answered(reviewed_us, elapsed_us)
        return ready_us if self._batch is None else tick_from(*self._batch, ready_us)


def is_fifo(spec: DeskSpec) -> bool:
    """Whether a desk is known by when its servers become free."""
    return spec.discipline == "fifo" and not spec.surges


def staffing(spec: DeskSpec, timeline: Timeline) -> tuple[list[int], list[int]]:
    """Moments at which the number of servers may change, and the numbers: one more than moments."""
    surges = [
        (
            timeline.us_at(surge.from_utc),
            NEVER_US if surge.to_utc is None else timeline.us_at(surge.to_utc),
            surge.servers,
        )
        for surge in spec.surges
    ]
    changes = sorted({moment for start, end, _ in surges for moment in (start, end)})
    servers = [spec.servers]
    for moment in changes:
        holding = [number for start, end, number in surges if start <= moment < end]
        servers.append(holding[-1] if holding else spec.servers)
    return changes, servers
