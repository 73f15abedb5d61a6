"""How one nation stands to one target at one instant: in custody or not, and which answer of the gap split.

Model: each contact of the target, whoever made it, gives one answer at t:

    held      a copy of it whose error is at most R is held, and it is not false
    quality   a copy of it is held
    policy    it had arrived, and its last copy was destroyed by then
    else      what its fate gives before it arrives: latency, capacity, no link, choice or policy

and the answer for the target is the first, in the order of ``gap_split``, that any contact of age 0 to tau
gives; sensing if there is none. The target is in custody at an age if any contact of at most that age answers
``held``. So this is the definition of ``custody`` and ``gap_split``, evaluated contact by contact at one
instant, where those integrate over steps; the tests hold the two against each other.

Boundary rule: an observation counts up to and including age tau; a copy is there from the instant of its
receipt on, until before that of its destruction. (In the integrals the ends of stretches have no length.)

Assumptions and limits: those of ``custody`` and ``gap_split``. A probe is asked as a vessel is, though the
figures of the split leave probes out. Where next: ``story`` tells why, ``study.explain`` asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import Timeline, to_us
from mda_sim.geo.coast_index import ragged
from mda_sim.metrics.fates import Fates, fates
from mda_sim.metrics.gap_split import Answer, answer_before_arrival, window_s
from mda_sim.picture.awareness import History, PartHistory, received_error_m
from mda_sim.picture.receipts import forgotten_us, receipts
from mda_sim.records import DeliveryLog, DetectionLog

if TYPE_CHECKING:
    from mda_sim.metrics.spec import MetricsSpec
    from mda_sim.sharing.network import SharingSpec

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Standpoint:
    """One nation under one configuration: all that came to its picture node, and what became of the rest."""

    nation: str
    node: str
    """Its picture node."""
    log: DetectionLog
    deliveries: DeliveryLog
    sharing: SharingSpec
    """The section of the seed, its events resolved."""
    timeline: Timeline
    spec: MetricsSpec
    contacts: History
    known: PartHistory
    """The contacts with the parts of the configuration."""
    received: Table
    """A RECEIPTS table of the node."""
    error_m: NDArray[np.float64]
    """Position error of each receipt, 1 sigma [m], (n_receipts,)."""
    found: Fates
    """What became of each part for the nation."""
    before: NDArray[np.int8]
    """The answer that each part gives until it arrives, (n_parts,); -1 if it does not exist."""
    gone_us: Ints
    """When the node destroyed the last copy of each part [us], (n_parts,); NEVER_US if it did not."""

    @classmethod
    def of(
        cls,
        nation: str,
        node: str,
        log: DetectionLog,
        deliveries: DeliveryLog,
        sharing: SharingSpec,
        timeline: Timeline,
        spec: MetricsSpec,
        contacts: History,
    ) -> Standpoint:
        """Gather it from the logs; ``contacts`` is ``history`` of the log, with those that are false."""
        received = receipts(log, deliveries, sharing, node, end_us=timeline.end_us)
        found = fates(log, deliveries, sharing, received, nation, node, timeline)
        return cls(
            nation,
            node,
            log,
            deliveries,
            sharing,
            timeline,
            spec,
            contacts,
            contacts.by_part(deliveries),
            received,
            received_error_m(log, deliveries, received),
            found,
            answer_before_arrival(found),
            forgotten_us(received, len(deliveries.parts)),
        )

    def rows_of(self, target: int) -> Ints:
        """Rows of ``known`` of one target, in order of time."""
        return np.arange(self.known.offsets[target], self.known.offsets[target + 1])

    def receipts_of(self, part: int) -> Ints:
        """Rows of ``received`` of one part, in order of time."""
        return _rows_of_part(self.received["part"], part)

    def hops_of(self, part: int) -> Ints:
        """Rows of ``hops`` of one part, in order of arrival at the sender, then of row."""
        hops = self.deliveries.hops
        rows = _rows_of_part(hops["part"], part)
        return rows[np.argsort(hops["t_arrived_us"][rows], kind="stable")]


class Instant(NamedTuple):
    """How a nation stands to a target at an instant."""

    t_us: int
    """The instant [us]."""
    custody: tuple[tuple[float, bool], ...]
    """Each custody age [s], and whether the target is held at it."""
    tau_s: float
    """Window of the gap split [s]."""
    answer: Answer
    """Answer of the gap split."""
    row: int
    """Row of the history of the newest contact that gives this answer; -1 for ``sensing``."""


def instant(of: Standpoint, target: int, t_us: int) -> Instant:
    """How the nation stands to ``target`` at ``t_us``."""
    rows = of.rows_of(target)
    rows = rows[of.known.t_observed_us[rows] <= t_us]
    answers = answers_of(of, rows, t_us)
    age_us = t_us - of.known.t_observed_us[rows]
    tau_s = window_s(of.spec.custody_age_s)
    young = (age_us <= to_us(tau_s)) & (answers >= 0)
    answer = Answer(int(answers[young].min(initial=int(Answer.SENSING))))
    giving = rows[young & (answers == answer)]
    youngest_us = age_us[answers == Answer.HELD].min(initial=np.iinfo(np.int64).max)
    custody = _custody(of.spec.custody_age_s, int(youngest_us))
    return Instant(t_us, custody, tau_s, answer, int(giving[-1]) if len(giving) else -1)


def answers_of(of: Standpoint, rows: Ints, t_us: int) -> Ints:
    """The answer that each contact gives at ``t_us``, (n,), -1 if it does not exist in the configuration.

    ``rows`` (n,) are rows of ``known``; contacts yet to be made give what they will give.
    """
    part = of.known.part[rows]
    first, end = np.searchsorted(of.received["part"], (part, part.astype(np.int64) + 1))
    contact, nth = ragged(end - first)
    receipt = first[contact] + nth
    is_here = (of.received["t_received_us"][receipt] <= t_us) & (t_us < of.received["t_purged_us"][receipt])
    is_precise = is_here & (of.error_m[receipt] <= of.spec.error_max_m)
    n_here = np.bincount(contact, is_here, minlength=len(rows))
    n_good = np.bincount(contact, is_precise, minlength=len(rows))
    answer = of.before[part].astype(np.int64)
    answer[of.gone_us[part] <= t_us] = Answer.POLICY
    answer[n_here > 0] = Answer.QUALITY
    is_true = np.ones(len(rows), np.bool_) if of.known.is_false is None else ~of.known.is_false[rows]
    answer[(n_good > 0) & is_true] = Answer.HELD
    return answer


def held_stretches(
    t_us: Sequence[int], t_observed_us: Sequence[int], age_us: int, end_us: int
) -> tuple[tuple[int, int], ...]:
    """Stretches in which steps of one target keep an observation of at most an age, up to ``end_us`` [us].

    ``t_us`` (rising) are the steps of a picture, ``t_observed_us`` the observation from each on.
    """
    found: list[tuple[int, int]] = []
    for (begin, following), seen in zip(pairwise([*t_us, end_us]), t_observed_us, strict=True):
        until = min(following, seen + age_us, end_us)
        if until <= begin:
            continue
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], until)
        else:
            found.append((begin, until))
    return tuple(found)


def _custody(ages_s: Sequence[float], youngest_us: int) -> tuple[tuple[float, bool], ...]:
    return tuple((age_s, youngest_us <= to_us(age_s)) for age_s in ages_s)


def _rows_of_part(column: NDArray[np.uint32], part: int) -> Ints:
    """Rows of one part in a column that is sorted."""
    return np.arange(*np.searchsorted(column, np.array([part, part + 1], column.dtype)))
