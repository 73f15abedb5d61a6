"""Desks and links replayed, with what each can do at a time.

Model: a desk takes up what waits in the order of its discipline; a review begins at the first open moment at
which a server is free, and keeps it until its booked end, so that no draw has to be known. A link sends its
pieces in their order, from bytes, bandwidth and what it is down; a piece that finds its queue full is not
sent. What has no vessel occupies nothing and is not counted in a queue.

Where next: ``clocks`` puts cases and requests in order and compares the answers with the books.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.calendars import Opens
from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.lines import Downs, may_leave
from mda_sim.audit.moments import Tree, stretch_us
from mda_sim.core.time import NEVER_US, US_PER_S, Timeline, to_us

KEYS_PER_ROW, KEYS_LEAST = 4, 1 << 20
"""Most keys of pieces that are numbered by a table; with more, they are sorted."""


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
    def of(cls, file: CaseFile, window: Ints, rows: Ints, consent: NDArray[Any]) -> Pieces:
        """These hops by link, category, window and consent, which is none where ``consent`` is empty.

        ``window`` is of all hops.
        """
        from mda_sim.audit.clock_kernels import case_keys, number_cases

        n_windows, n_consents = int(window.max(initial=0)) + 1, len(file.rules.consent_ids) + 1
        if not len(consent):
            n_consents = 1
        keys = np.empty(len(rows), np.int64)
        n_categories = max(1, len(file.categories))
        sizes = n_categories, n_windows, n_consents
        case_keys(rows, file.link, file.category, window, consent, *sizes, keys)
        n_keys = len(file.links) * n_categories * n_windows * n_consents
        if n_keys <= KEYS_PER_ROW * len(rows) + KEYS_LEAST and keys.min(initial=0) >= 0:
            of_row, place = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
            place = place[: number_cases(keys, np.zeros(n_keys, np.int32), of_row, place)]
        else:
            _, place, of_row = np.unique(keys, return_index=True, return_inverse=True)
        first = rows[place]
        about = consent[place] if len(consent) else np.full(len(first), -1, np.int64)
        return cls(file.link[first], file.category[first], window[first], about, first, rows, of_row)

    def has_weight(self, file: CaseFile) -> Bools:
        """Whether any hop of each piece has bytes."""
        from mda_sim.audit.clock_kernels import any_weight

        has = np.zeros(len(self.link), bool)
        any_weight(self.rows, self.of_row, file.row, file.n_bytes, has)
        return has

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
    from mda_sim.audit.desk_kernels import replay_reviews

    limit_us = NEVER_US if desk["expiry_s"] is None else to_us(desk["expiry_s"])
    staff, in_turn = Staffing.of(desk, timeline), queue.turns(desk["discipline"])
    turn_of = np.empty(len(in_turn), np.int64)
    turn_of[in_turn] = np.arange(len(in_turn))
    arriving = np.argsort(queue.came_us, kind="stable")
    begins = np.full(len(in_turn), NEVER_US)
    laid_out: tuple[Any, ...] = (
        queue.came_us[arriving],
        turn_of[arriving],
        *(column[in_turn] for column in (queue.came_us, queue.until_us, queue.is_ghost)),
        opens is None,
        *(np.array(moments, np.int64) for moments in (opens or ([], []))),
        *(np.array(column, np.int64) for column in staff),
        limit_us,
        timeline.end_us,
        begins,
    )
    replay_reviews(*laid_out)
    begin_us = np.empty(len(begins), np.int64)
    begin_us[in_turn] = begins
    return begin_us, (begin_us == NEVER_US) & (queue.came_us + limit_us <= timeline.end_us)


def replay_link(
    spec: Tree, downs: Downs, out_us: Ints, n_bytes: Ints
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When each piece was sent and transmitted, in the order in which they came; -1 if the queue was full."""
    from mda_sim.audit.clock_kernels import replay_line

    bandwidth = spec["bandwidth_bps"]
    lasting_us = np.zeros(len(out_us), np.int64)
    if bandwidth is not None:
        lasting_us = np.rint(8.0 * n_bytes / bandwidth * US_PER_S).astype(np.int64)
    most = len(out_us) if spec["queue_limit"] is None else spec["queue_limit"]
    down_us, up_us = (np.array(moments, np.int64) for moments in downs)
    sent_us = np.empty(len(out_us), np.int64)
    replay_line(out_us, may_leave(spec, out_us), lasting_us, n_bytes, most, down_us, up_us, sent_us)
    return sent_us, np.where(sent_us < 0, -1, sent_us + lasting_us)
