"""Lines: when what is released on a link leaves, and when its last bit does.

Model: a line is a queue with one server, first in, first out, so that the time at which it becomes free is
its whole state; its hours are its pattern of exchange, its outages, failures and windows of contact. A line
with a limit also knows when each piece that waits for it will be sent: what finds as many waiting as the
limit allows is lost.

Assumptions and limits: pieces must be put in the order of the queue. A piece without bytes waits as another
in its place would, and is not in the way of those that follow.
Where next: ``engine`` puts pieces through them.
"""

from __future__ import annotations

from collections import deque

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.sharing.network import LinkSpec
from mda_sim.sharing.schedules import Digest, Pull, UpTime, dated, failures, outside, tick_from


class Line:
    """A link's state: when it becomes free, and who waits for it."""

    def __init__(self, link: str, spec: LinkSpec, seed: int, timeline: Timeline) -> None:
        """Free from the start of the run."""
        self.delay_us = to_us(spec.delay_s)
        self._bandwidth_bps = spec.bandwidth_bps
        self._free_us = 0
        self._tick: tuple[int, int] | None = None
        if isinstance(spec.pattern, Digest | Pull):
            self._tick = to_us(spec.pattern.period_s), to_us(spec.pattern.phase_s)
        self._asking_us = self.delay_us if isinstance(spec.pattern, Pull) else 0
        self._limit = spec.queue_limit
        self._waiting_until: deque[int] = deque()
        down = scheduled_down(spec, timeline)
        if spec.failures is not None:
            down += failures(spec.failures, link, seed, timeline)
        self._up = UpTime(down) if down else None

    def put(self, t_us: int, n_bytes: int) -> tuple[int, int] | None:
        """When the transmission of what may leave at ``t_us`` begins and ends [us]; None if it is lost."""
        if self._limit is not None and self._is_full(t_us):
            return None
        may_leave = t_us
        if self._tick is not None:
            may_leave = tick_from(*self._tick, t_us) + self._asking_us
        lasting_us = self._serialisation_us(n_bytes)
        sent_us = max(may_leave, self._free_us)
        if self._up is not None:
            sent_us = self._up.begin(sent_us, lasting_us)
        if n_bytes:
            self._free_us = min(sent_us + lasting_us, NEVER_US)
            if self._limit is not None:
                self._waiting_until.append(sent_us)
        return sent_us, min(sent_us + lasting_us, NEVER_US)

    def _is_full(self, t_us: int) -> bool:
        waiting = self._waiting_until
        while waiting and waiting[0] <= t_us:
            waiting.popleft()
        return self._limit is not None and len(waiting) >= self._limit

    def _serialisation_us(self, n_bytes: int) -> int:
        """Time from first to last bit [us]."""
        return 0 if self._bandwidth_bps is None else min(to_us(8.0 * n_bytes / self._bandwidth_bps), NEVER_US)


def scheduled_down(spec: LinkSpec, timeline: Timeline) -> list[tuple[int, int]]:
    """When a link is down by its dates and windows of contact, failures apart [us]."""
    down = dated(spec.outages, timeline)
    if spec.contact_windows is not None:
        down += outside(spec.contact_windows, timeline)
    return down
