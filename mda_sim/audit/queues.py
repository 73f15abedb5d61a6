"""Desks and links replayed, with what each can do at a time.

Model: a desk takes up what waits in the order of its discipline; a review begins at the first open moment at
which a server is free, and keeps it until its booked end, so that no draw has to be known. A link sends its
pieces in their order, from bytes, bandwidth and what it is down; a piece that finds its queue full is not
sent. What has no vessel occupies nothing and is not counted in a queue.

Where next: ``clocks`` puts cases and requests in order and compares the answers with the books.
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.calendars import Opens, next_open
from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.lines import Downs, may_leave, past_outages
from mda_sim.audit.moments import Tree, stretch_us
from mda_sim.core.time import NEVER_US, US_PER_S, Timeline, to_us


class Pieces(NamedTuple):
    """Cases, or requests, one entry each (P,)."""

    link: Ints
    category: Ints
    """Index in ``CaseFile.categories``."""
    window: Ints
    consent: Ints
    """Consent that was asked for; -1 for cases."""
    first: Ints
    """First of its hops."""
    rows: Ints
    """All hops of all pieces (R,)."""
    of_row: Ints
    """Piece of each of these (R,)."""

    @classmethod
    def of(cls, file: CaseFile, window: Ints, rows: Ints, consent: Ints) -> Pieces:
        """These hops by link, category, window and consent; the first three columns are of all hops."""
        lane = file.link[rows] * max(1, len(file.categories)) + file.category[rows]
        n_consents = len(file.rules.consent_ids) + 1
        key = (lane * (int(window.max(initial=0)) + 1) + window[rows]) * n_consents + consent + 1
        _, place, of_row = np.unique(key, return_index=True, return_inverse=True)
        first = rows[place]
        return cls(file.link[first], file.category[first], window[first], consent[place], first, rows, of_row)

    def bytes_of(self, n_bytes: Ints, chosen: Bools) -> Ints:
        """Bytes of each piece, by those of its hops that are ``chosen`` (R,)."""
        sums = np.bincount(self.of_row[chosen], n_bytes[chosen], minlength=len(self.link))
        return np.rint(sums).astype(np.int64)

    def has(self, chosen: Bools) -> Bools:
        """Whether any hop of each piece is ``chosen``."""
        return np.bincount(self.of_row[chosen], minlength=len(self.link)) > 0


class Staffing(NamedTuple):
    """How many servers a desk has from which moment on."""

    starts_us: list[int]
    servers: list[int]

    @classmethod
    def of(cls, desk: Tree, timeline: Timeline) -> Staffing:
        """Servers of a desk; of the surges that hold at a moment, the last one listed counts."""
        surges = [(*stretch_us(timeline, surge), surge["servers"]) for surge in desk["surges"]]
        starts = sorted({-NEVER_US, *(t_us for begin, end, _ in surges for t_us in (begin, end))})
        servers = []
        for start in starts:
            holding = [number for begin, end, number in surges if begin <= start < end]
            servers.append(holding[-1] if holding else desk["servers"])
        return cls(starts, servers)

    def at(self, t_us: int) -> tuple[int, int]:
        """Servers at a moment, and the next moment at which their number may change [us]."""
        i = bisect_right(self.starts_us, t_us)
        return self.servers[i - 1], self.starts_us[i] if i < len(self.starts_us) else NEVER_US


class Queue(NamedTuple):
    """What comes to a desk (Q,)."""

    came_us: Ints
    until_us: Ints
    """When each review was over, as booked; NEVER_US if it was not."""
    is_ghost: Bools
    is_request: Bools
    priority: Ints
    keys: Ints
    """Link, category, window and consent of each (4, Q)."""

    def turns(self, discipline: str) -> Ints:
        """Everything in the order in which it would be taken up if all of it were waiting."""
        by_name = (*self.keys[::-1], self.priority, self.is_request)
        if discipline == "newest_first":
            return np.lexsort((*by_name, -self.came_us))
        if discipline == "priority":
            return np.lexsort((*by_name, self.came_us, self.priority))
        return np.lexsort((*by_name, self.came_us))


def replay_desk(desk: Tree, opens: Opens, timeline: Timeline, queue: Queue) -> tuple[Ints, Bools]:
    """When each review began, NEVER_US for not within the run, and which had waited for too long by then.

    Each server is free again when its review was over, as booked.
    """
    limit_us = NEVER_US if desk["expiry_s"] is None else to_us(desk["expiry_s"])
    staff, in_turn = Staffing.of(desk, timeline), queue.turns(desk["discipline"])
    turn_of = np.empty(len(in_turn), np.int64)
    turn_of[in_turn] = np.arange(len(in_turn))
    arriving = np.argsort(queue.came_us, kind="stable")
    came, turn = queue.came_us[arriving].tolist(), turn_of[arriving].tolist()
    came_of, until_of = queue.came_us[in_turn].tolist(), queue.until_us[in_turn].tolist()
    is_ghost, begins = queue.is_ghost[in_turn].tolist(), [NEVER_US] * len(in_turn)
    waiting: list[int] = []
    busy: list[int] = []
    now, coming = -NEVER_US, 0
    while waiting or coming < len(came):
        if not waiting:
            now = max(now, came[coming])
        now = _next_free(opens, staff, busy, now, timeline.end_us)
        if now > timeline.end_us:
            break
        while coming < len(came) and came[coming] <= now:
            heappush(waiting, turn[coming])
            coming += 1
        taken = heappop(waiting)
        if now <= came_of[taken] + limit_us:
            begins[taken] = now
            if not is_ghost[taken]:
                heappush(busy, until_of[taken])
    begin_us = np.empty(len(begins), np.int64)
    begin_us[in_turn] = begins
    return begin_us, (begin_us == NEVER_US) & (queue.came_us + limit_us <= timeline.end_us)


def _next_free(opens: Opens, staff: Staffing, busy: list[int], t_us: int, end_us: int) -> int:
    """First moment from ``t_us`` on at which a desk is open and a server free; past ``end_us`` for none."""
    while True:
        t_us = next_open(opens, t_us)
        while busy and busy[0] <= t_us:
            heappop(busy)
        servers, change_us = staff.at(t_us)
        if len(busy) < servers or t_us > end_us:
            return t_us
        t_us = min(busy[0], change_us) if busy else change_us


def replay_link(
    spec: Tree, downs: Downs, out_us: Ints, n_bytes: Ints
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When each piece was sent and transmitted, in the order in which they came; -1 if the queue was full."""
    bandwidth = spec["bandwidth_bps"]
    lasting_us = np.zeros(len(out_us), np.int64)
    if bandwidth is not None:
        lasting_us = np.rint(8.0 * n_bytes / bandwidth * US_PER_S).astype(np.int64)
    most = len(out_us) if spec["queue_limit"] is None else spec["queue_limit"]
    free, sent = 0, []
    line: list[int] = []
    ready_us = may_leave(spec, out_us)
    pieces = zip(*(c.tolist() for c in (out_us, ready_us, lasting_us, n_bytes)), strict=True)
    for out, ready, lasting, size in pieces:
        if len(line) - bisect_right(line, out) >= most:
            sent.append(-1)
            continue
        begin = max(ready, free)
        if downs[0]:
            begin = past_outages(downs, begin, lasting)
        sent.append(begin)
        if size:
            line.append(begin)
            free = begin + lasting
    sent_us = np.array(sent, np.int64)
    return sent_us, np.where(sent_us < 0, -1, sent_us + lasting_us)
