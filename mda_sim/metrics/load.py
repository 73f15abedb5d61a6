"""Load: how much waits at each desk and for each link, how long, and how busy they are.

Model: what a queue serves is read off the times of ``hops``:

    desk   a case from t_case to t_review (waiting) and on to t_reviewed (under review); a request for consent
           from t_asked to t_decided
    link   all that leaves at once from t_consented to t_sent (waiting: for the line, the end of an outage,
           the next digest) and on to t_transmitted (under way)

The **backlog** is the number of those that have come and not been done, the number **waiting** leaves out
those under service. Both are piecewise constant, so their means are closed forms, and Little's law

    mean backlog x time = sum of the times from coming to done

holds exactly. ``in_service``, the mean number under service, hour by hour, is utilisation over time: of a
link its busy share of the hour, of a desk the servers at work, those that a closed desk interrupted included.
``bytes`` are those of all parts whose transmission ended within the run, so that on a link of one bandwidth

    busy time = 8 x bytes / bandwidth

for what was sent whole. ``busy_fraction`` is the open time under review over servers times open time (of a
link: the time under transmission over all time), ``wait_mean_s`` and ``wait_max_s`` are of the time waiting,
all over the whole run, warm-up and drain included; what still waits at its end counts with the wait so far.

Assumptions and limits: what expires leaves the queue when its limit passes, though the desk looks at it
later. When the review of a request began is not logged: requests count in the backlog and ``n``, neither as
waiting nor in the waits and the busy time. Ghosts, which occupy nobody, are left out. A review that a surge
began may end after it, so that a busy share can pass 1.

Source: J. D. C. Little, "A proof for the queuing formula: L = lambda W", Operations Research 9(3), 1961,
pp. 383-387. Where next: ``scores.py``; ``report.loads`` writes the table, ``report.load_charts`` draws it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import NEVER_US, US_PER_H, US_PER_S, Timeline, to_us
from mda_sim.records import HEADER_BYTES, DeliveryLog, DetectionLog, Outcome, weight_of

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec

Ints = NDArray[np.int64]

BACKLOG: Final = Schema(
    "backlog",
    (
        Column("queue", "i2", "desk or link, as 'desk:<id>' or 'link:<id>'", names="queues"),
        Column("t_us", "i8", "beginning of an hour of the run [us]"),
        Column("waiting", "f8", "number that waits, mean over the hour"),
        Column("backlog", "f8", "number that has come and is not done, mean over the hour"),
        Column("in_service", "f8", "number under review or transmission, mean over the hour"),
    ),
    sort=("queue", "t_us"),
)
"""What waits at every desk and for every link, hour by hour.

Means, not samples: cases close on full hours, at which a sample would find more than there is in between.
"""

QUEUES: Final = Schema(
    "queues",
    (
        Column("queue", "i2", "desk or link, as 'desk:<id>' or 'link:<id>'", names="queues"),
        Column("n", "i8", "number of cases, requests or pieces that came"),
        Column("wait_mean_s", "f8", "mean wait of a case or piece, NaN without any [s]"),
        Column("wait_max_s", "f8", "longest wait, NaN without any [s]"),
        Column("backlog_mean", "f8", "mean backlog over the run"),
        Column("backlog_max", "i4", "largest backlog"),
        Column("busy_fraction", "f8", "share of its time that it is busy [0-1], NaN if it is never open"),
        Column("bytes", "i8", "bytes sent over a link, 0 for a desk"),
    ),
    sort=("queue",),
)
"""What each desk and link had to do over the whole run."""


class Visits(NamedTuple):
    """What came to one queue; arrays are (n,). A time past the end of the run is the end."""

    t_came_us: Ints
    """When each came [us]."""
    t_taken_us: Ints
    """When its service began; when it was done, where that is not known [us]."""
    t_done_us: Ints
    """When it was done, or dropped [us]."""
    is_timed: NDArray[np.bool_]
    """Whether the beginning of the service is known."""
    n_bytes: int = 0
    """Bytes sent."""


def queue_visits(
    log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec, timeline: Timeline
) -> dict[str, Visits]:
    """What came to every desk and link of a configuration, by 'desk:<id>' or 'link:<id>'."""
    pieces = _Pieces.of(log, deliveries, sharing)
    found = {f"desk:{id_}": _visits(pieces.at_desk(id_), timeline.end_us) for id_ in sorted(sharing.desks)}
    for id_ in sorted(sharing.links):
        n_bytes = pieces.bytes_on(id_, log, timeline.end_us)
        found[f"link:{id_}"] = _visits(pieces.on_link(id_), timeline.end_us)._replace(n_bytes=n_bytes)
    return found


def backlog_table(visits: dict[str, Visits], timeline: Timeline) -> Table:
    """The BACKLOG table of ``queue_visits``; its last hour ends with the run."""
    edges_us = np.append(np.arange(0, timeline.end_us, US_PER_H), timeline.end_us)
    hours_us = edges_us[:-1]
    timed = [(v.t_came_us[v.is_timed], v.t_taken_us[v.is_timed]) for v in visits.values()]
    waiting = [_means(edges_us, *spans_us) for spans_us in timed]
    backlog = [_means(edges_us, v.t_came_us, v.t_done_us) for v in visits.values()]
    served = [(v.t_taken_us[v.is_timed], v.t_done_us[v.is_timed]) for v in visits.values()]
    in_service = [_means(edges_us, *spans_us) for spans_us in served]
    columns = {
        "queue": np.repeat(np.arange(len(visits)), len(hours_us)),
        "t_us": np.tile(hours_us, len(visits)),
        "waiting": np.concatenate([np.zeros(0), *waiting]),
        "backlog": np.concatenate([np.zeros(0), *backlog]),
        "in_service": np.concatenate([np.zeros(0), *in_service]),
    }
    return Table.of(BACKLOG, columns, {"queues": list(visits)})


def queues_table(visits: dict[str, Visits], sharing: SharingSpec, timeline: Timeline) -> Table:
    """The QUEUES table of ``queue_visits``."""
    rows = [
        (number, *_figures(name, found, sharing, timeline))
        for number, (name, found) in enumerate(visits.items())
    ]
    names = [column.name for column in QUEUES.columns]
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return Table.of(QUEUES, columns, {"queues": list(visits)})


def summarise_queues(tables: Sequence[Table]) -> dict[str, dict[str, float | None]]:
    """QUEUES tables of one configuration, one per seed, by queue: means over seeds, and the most of any.

    ``n, wait_mean_s, backlog_mean, busy_fraction, bytes`` are means over the seeds that have them,
    ``wait_max_s`` and ``backlog_max`` the greatest of all seeds; None where no seed has one. Queues to which
    nothing came under any seed are left out.
    """
    found: dict[str, dict[str, float | None]] = {}
    for number, name in enumerate(tables[0].meta["queues"] if tables else ()):
        if not any(table["n"][number] for table in tables):
            continue
        entry: dict[str, float | None] = {}
        for column in (
            "n",
            "wait_mean_s",
            "wait_max_s",
            "backlog_mean",
            "backlog_max",
            "busy_fraction",
            "bytes",
        ):
            of_seeds = [float(table[column][number]) for table in tables]
            known = [value for value in of_seeds if not math.isnan(value)]
            most = max(known, default=None)
            entry[column] = most if column.endswith("_max") or column == "wait_max_s" else _mean(known)
        found[name] = entry
    return found


def _mean(known: Sequence[float]) -> float | None:
    return math.fsum(known) / len(known) if known else None


def _figures(
    name: str, found: Visits, sharing: SharingSpec, timeline: Timeline
) -> tuple[int, float, float, float, int, float, int]:
    waits_s = (found.t_taken_us - found.t_came_us)[found.is_timed] / US_PER_S
    lasted_us = int((found.t_done_us - found.t_came_us).sum())
    return (
        len(found.t_came_us),
        float(waits_s.mean()) if len(waits_s) else math.nan,
        float(waits_s.max()) if len(waits_s) else math.nan,
        lasted_us / timeline.end_us,
        _largest(found.t_came_us, found.t_done_us),
        _busy_fraction(name, found, sharing, timeline),
        found.n_bytes,
    )


def _busy_fraction(name: str, found: Visits, sharing: SharingSpec, timeline: Timeline) -> float:
    """Share of the open server-time that is spent on service whose beginning is known."""
    from mda_sim.sharing.exchange.desk import staffing
    from mda_sim.sharing.hours import desk_hours

    kind, _, id_ = name.partition(":")
    taken_us, done_us = found.t_taken_us[found.is_timed], found.t_done_us[found.is_timed]
    if kind == "link":
        return int((done_us - taken_us).sum()) / timeline.end_us
    desk = sharing.desks[id_]
    hours = desk_hours(desk, timeline)
    changes_us, servers = staffing(desk, timeline)
    edges_us = [0, *(min(max(change, 0), timeline.end_us) for change in changes_us), timeline.end_us]
    worked_us = [hours.worked(edge) for edge in edges_us]
    room_us = sum(n * (b - a) for n, (a, b) in zip(servers, pairwise(worked_us), strict=True))
    busy_us = sum(
        hours.worked(done) - hours.worked(taken)
        for taken, done in zip(taken_us.tolist(), done_us.tolist(), strict=True)
    )
    return busy_us / room_us if room_us else math.nan


def _means(edges_us: Ints, from_us: Ints, until_us: Ints) -> NDArray[np.float64]:
    """Mean number of stretches [from, until) under way between neighbouring edges, (n_edges - 1,)."""
    spent_us = _time_since(edges_us, from_us) - _time_since(edges_us, until_us)
    return np.diff(spent_us) / np.diff(edges_us)


def _time_since(at_us: Ints, moments_us: Ints) -> Ints:
    """Sum of the times from all earlier moments to each of ``at_us`` [us]."""
    earlier = np.sort(moments_us)
    n = np.searchsorted(earlier, at_us)
    return np.asarray(n * at_us - np.append(0, np.cumsum(earlier))[n], np.int64)


def _largest(from_us: Ints, until_us: Ints) -> int:
    """Greatest number of stretches under way at once; one that ends as another begins does not count."""
    begun, ended = np.sort(from_us), np.sort(until_us)
    under_way = np.searchsorted(begun, begun, "right") - np.searchsorted(ended, begun, "right")
    return int(under_way.max(initial=0))


def _visits(pieces: Iterator[tuple[Ints, Ints, Ints, bool]], end_us: int) -> Visits:
    """Pieces of several kinds put together; times past the end of the run become the end."""
    kinds = [(came, taken, done, np.full(len(came), is_timed)) for came, taken, done, is_timed in pieces]
    none = np.zeros(0, np.int64)
    came, taken, done = (np.concatenate([none, *(kind[i] for kind in kinds)]) for i in range(3))
    is_timed = np.concatenate([none.astype(np.bool_), *(kind[3] for kind in kinds)])
    return Visits(came, np.minimum(taken, end_us), np.minimum(done, end_us), is_timed)


class _Pieces(NamedTuple):
    """Rows of hops that are no ghosts, by link, with what tells cases and requests apart."""

    deliveries: DeliveryLog
    sharing: SharingSpec
    rows: Ints
    """Rows of hops in parts with a vessel or false contact, in order of link."""
    first: Ints
    """Where the rows of each link begin, and their number, (n_links + 1,)."""
    category: Ints
    """Category of each of them, as a number."""
    request: Ints
    """Consent on request of each of them, -1 if it rests on none."""

    @classmethod
    def of(cls, log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec) -> _Pieces:
        """The rows of a configuration."""
        from mda_sim.sharing.consents import ConsentOnRequest

        hops, parts = deliveries.hops, deliveries.parts
        rows = np.flatnonzero(weight_of(parts)[hops["part"]] > 0)
        rows = rows[np.argsort(hops["link"][rows], kind="stable")]
        first = np.searchsorted(hops["link"][rows], np.arange(len(hops.meta["links"]) + 1))
        categories = sorted({card.category for card in log.sensors})
        of_sensor = np.array([categories.index(card.category) for card in log.sensors], np.int64)
        names = hops.meta.get("consents", ())
        asked = [isinstance(sharing.consents[name], ConsentOnRequest) for name in names]
        consent = hops["consent"][rows].astype(np.int64)
        on_request = np.array([*asked, False], np.bool_)[consent]
        category = of_sensor[log.reports["sensor"][parts["report"][hops["part"][rows]]]]
        request = np.where(on_request, consent, -1)
        return cls(deliveries, sharing, rows, first.astype(np.int64), category, request)

    def at_desk(self, desk: str) -> Iterator[tuple[Ints, Ints, Ints, bool]]:
        """Came, taken, done [us] of cases and requests at a desk, and whether the taking is known."""
        hops = self.deliveries.hops
        expiry_s = self.sharing.desks[desk].expiry_s
        expiry_us = NEVER_US if expiry_s is None else to_us(expiry_s)
        served = [self.sharing.links[name].desk == desk for name in hops.meta["links"]]
        nth = np.concatenate(
            [np.zeros(0, np.int64), *(self._of_link(i) for i, here in enumerate(served) if here)]
        )
        rows = self.rows[nth]
        came_here = (hops["t_case_us"][rows] < NEVER_US) & (hops["gates"][rows] == 0)
        came_here &= hops["outcome"][rows] != Outcome.NOT_SENT
        chosen = self._one_each(nth[came_here], with_request=False)
        yield (*_service(hops, chosen, ("t_case_us", "t_review_us", "t_reviewed_us"), expiry_us), True)

        names = hops.meta.get("consents", ())
        decides = np.array(
            [getattr(self.sharing.consents[name], "desk", None) == desk for name in names] + [False], np.bool_
        )
        nth = np.flatnonzero(decides[self.request]) if decides.any() else np.zeros(0, np.int64)
        nth = nth[hops["t_asked_us"][self.rows[nth]] < NEVER_US]
        chosen = self._one_each(nth, with_request=True)
        yield (*_service(hops, chosen, ("t_asked_us", "t_decided_us", "t_decided_us"), expiry_us), False)

    def on_link(self, link: str) -> Iterator[tuple[Ints, Ints, Ints, bool]]:
        """Came, taken, done [us] of what left on a link at once; what found the queue full never came."""
        hops = self.deliveries.hops
        names = list(hops.meta["links"])
        nth = self._of_link(names.index(link)) if link in names else np.zeros(0, np.int64)
        rows = self.rows[nth]
        left = (hops["outcome"][rows] == Outcome.IN_FLIGHT) | (hops["t_sent_us"][rows] < NEVER_US)
        left &= hops["t_consented_us"][rows] < NEVER_US
        chosen = self._one_each(nth[left], with_request=True)
        yield (*_service(hops, chosen, ("t_consented_us", "t_sent_us", "t_transmitted_us"), NEVER_US), True)

    def bytes_on(self, link: str, log: DetectionLog, end_us: int) -> int:
        """Bytes of all parts whose transmission on a link ended by ``end_us``."""
        hops, parts = self.deliveries.hops, self.deliveries.parts
        names = list(hops.meta["links"])
        rows = self.rows[self._of_link(names.index(link))] if link in names else np.zeros(0, np.int64)
        part = hops["part"][rows[hops["t_transmitted_us"][rows] <= end_us]]
        contact_bytes = np.array([card.contact_bytes for card in log.sensors])
        payload = contact_bytes[log.reports["sensor"][parts["report"][part]]] * weight_of(parts)[part]
        return int(np.rint(payload).astype(np.int64).sum()) + HEADER_BYTES * len(part)

    def _of_link(self, link: int) -> Ints:
        """Places among the rows of those of one link."""
        return np.arange(self.first[link], self.first[link + 1])

    def _one_each(self, nth: Ints, *, with_request: bool) -> Ints:
        """One row of hops of each case, or of each request and the rest of each case, among ``nth``."""
        hops, rows = self.deliveries.hops, self.rows[nth]
        keys = [hops["link"][rows].astype(np.int64), self.category[nth], hops["t_case_us"][rows]]
        if with_request:
            keys.append(self.request[nth])
        order = np.lexsort(keys)
        differs = np.zeros(len(order), np.bool_)
        differs[:1] = True
        for key in keys:
            differs[1:] |= np.diff(key[order]) != 0
        return rows[order[differs]]


def _service(hops: Table, rows: Ints, names: tuple[str, str, str], expiry_us: int) -> tuple[Ints, Ints, Ints]:
    """Times of coming, being taken and being done [us]; what expired was dropped at its limit."""
    came_us, taken_us, done_us = (hops[name][rows] for name in names)
    expired = (hops["outcome"][rows] == Outcome.EXPIRED) & (taken_us == NEVER_US)
    dropped_us = came_us + np.where(expired, expiry_us, NEVER_US)
    return came_us, np.minimum(taken_us, dropped_us), np.minimum(done_us, dropped_us)
