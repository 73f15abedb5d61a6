"""Why a nation does not hold a vessel at a time: the first of eight answers that is true.

Model: at time t, of all contacts of the vessel, made by anybody's sensors, that are at most a window old (t -
tau <= t_observed <= t), the first answer that is true in this order:

1. ``held``: one that is not false has arrived in a copy whose error is at most R. This is custody at age tau.
2. ``quality``: one has arrived (every one so far is false, or the error of every copy is over R: a coarse
   sensor, or a copy made coarse by sanitising).
3. ``latency``: one arrives later than t or was still on its way at the end of the run: in flight, waiting for
   desk or consent, its product not ready or not yet fed.
4. ``capacity``: one expired or was lost.
5. ``no_link``: for one there is no route, though no gate would refuse it.
6. ``choice``: one was not sent, though permitted: its sender was unwilling, or filters that contact out.
7. ``policy``: one was withheld by gates, or there is no route for it and gates would refuse it besides, or it
   had arrived and its last copy had to be destroyed by then.
8. ``sensing``: there is none.

What becomes of a contact is what becomes of the part of its report that it travels in, so that a filter opens
a gap for exactly the contacts that do not pass it. Each answer has its own predicate: the first two ask the
picture, the next five are ``BEFORE_ARRIVAL``, the last asks the contacts. Nothing changes between contacts,
receipts, purges and the moments at which a contact grows too old, so the time of each answer is summed
exactly, in whole microseconds; the times add up to the scored time because every instant has one answer.
``gap_<answer>_fraction`` is the time of an answer over the scored time (``scored_time_h``); n is the number
of vessels with any.

Boundary rule: scored intervals are half-open, a part is there from the instant of its receipt on, and an
observation counts up to age tau. tau is the largest custody age that is at most ``WINDOW_MAX_S``.

Assumptions and limits: accounting, not value: closing one gap can uncover the next. A part that is to
arrive later is latency even if it will then be too old, or too coarse; one that has arrived coarse is quality
even if a precise copy is on its way. Between the purge of one copy and the receipt of the next a part is
latency. A sensor that feeds no node does not exist in the configuration, so that
what it alone saw is a sensing gap. What a link does not carry has no route by it; what its filter holds back
has one. Perfect association, and errors are those stated of the sensor and of the sanitising, so that an
observation is false only where the vessel broadcast a false position. Figures leave probes out.

Source: definitions of this program. Where next: ``gap_causes`` takes two answers apart,
``probe_gaps`` has probes, ``counterfactuals`` the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, to_us
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.fates import NO_FATE, Fates
from mda_sim.metrics.figures import Figure, group_key, ratio
from mda_sim.metrics.groups import Cells, by_group
from mda_sim.picture.awareness import PartHistory
from mda_sim.picture.newest import newest_under_way
from mda_sim.records import NOTHING_US, Outcome

WINDOW_MAX_S: Final = 86_400.0
"""Largest window of the split [s]: 24 h, a choice of the analyst."""


class Answer(IntEnum):
    """The answers of the split, in the order in which they are asked."""

    HELD = 0
    QUALITY = 1
    LATENCY = 2
    CAPACITY = 3
    NO_LINK = 4
    CHOICE = 5
    POLICY = 6
    SENSING = 7


def window_s(custody_age_s: Sequence[float]) -> float:
    """The window of the split [s]: the largest custody age up to 24 h, 24 h if there is none.

    >>> window_s((3600.0, 21600.0, 259200.0)), window_s((172800.0,))
    (21600.0, 86400.0)
    """
    return max((age_s for age_s in custody_age_s if age_s <= WINDOW_MAX_S), default=WINDOW_MAX_S)


def is_latency(found: Fates) -> NDArray[np.bool_]:
    """Parts that come, by the end of the run or after it."""
    return np.isin(found.outcome, (Outcome.DELIVERED, Outcome.IN_FLIGHT))


def is_capacity(found: Fates) -> NDArray[np.bool_]:
    """Parts that a desk or a link did not manage to pass on."""
    return np.isin(found.outcome, (Outcome.EXPIRED, Outcome.LOST))


def is_no_link(found: Fates) -> NDArray[np.bool_]:
    """Parts without a route that no gate would refuse."""
    return np.asarray((found.outcome == Outcome.NO_ROUTE) & (found.gates == 0), np.bool_)


def is_choice(found: Fates) -> NDArray[np.bool_]:
    """Parts that somebody was free to send and did not, by filter or unwilling."""
    return np.asarray(found.outcome == Outcome.NOT_SENT, np.bool_)


def is_policy(found: Fates) -> NDArray[np.bool_]:
    """Parts that gates refused, or would refuse if there were a route."""
    withheld, no_route = found.outcome == Outcome.WITHHELD, found.outcome == Outcome.NO_ROUTE
    return np.asarray(withheld | (no_route & (found.gates != 0)), np.bool_)


BEFORE_ARRIVAL: Final[Mapping[Answer, Callable[[Fates], NDArray[np.bool_]]]] = {
    Answer.LATENCY: is_latency,
    Answer.CAPACITY: is_capacity,
    Answer.NO_LINK: is_no_link,
    Answer.CHOICE: is_choice,
    Answer.POLICY: is_policy,
}
"""Which answer each part gives as long as it has not arrived; exactly one predicate is true of each part."""


def answer_before_arrival(found: Fates) -> NDArray[np.int8]:
    """The answer that each part gives until it arrives, (n_parts,); -1 if it does not exist.

    ShapeError if a part gives none, or several.
    """
    answer = np.full(len(found.outcome), -1, np.int8)
    n_answers = np.zeros(len(answer), np.int64)
    for which, holds in BEFORE_ARRIVAL.items():
        mask = holds(found)
        answer[mask] = which
        n_answers += mask
    if (n_answers != (found.outcome != NO_FATE)).any():
        raise ShapeError("a part of a report must give exactly one answer of the gap split")
    return answer


class Steps(NamedTuple):
    """Steps of one kind in order of target and time."""

    offsets: NDArray[np.int64]
    """First step of each target, and their number, (n_targets + 1,)."""
    t_us: NDArray[np.int64]
    """When each begins [us], (n_steps,)."""
    t_observed_us: NDArray[np.int64]
    """The observation of each [us], (n_steps,); NOTHING_US for none."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """What the answers of one nation's split are read off: contacts, and steps of four kinds by target.

    The steps are of the pictures with and without the bound on error, which make ``held`` and ``quality``
    true, and of the newest contact that will arrive again or anew (``latency``) or whose last copy had to be
    destroyed (``policy``) among those in parts of which no copy was left in the end. Each step makes its
    answer true until its observation is a window old, or the next step.
    """

    contacts: PartHistory
    """The contacts of the configuration."""
    answer_before: NDArray[np.int8]
    """What contacts of each part make true by themselves, (n_parts,); -1 for nothing."""
    held: Steps
    """Steps that make ``held`` true."""
    arrived: Steps
    """Steps that make ``quality`` true; none where they are the same as those of ``held``."""
    again: Steps
    """Steps that make ``latency`` true."""
    gone: Steps
    """Steps that make ``policy`` true."""


def tracks(
    contacts: PartHistory,
    answer_before: NDArray[np.int8],
    accurate: Table,
    aware: Table,
    forgotten_us: NDArray[np.int64],
) -> Tracks:
    """Prepare the split of one nation and configuration.

    ``contacts`` is the history of the configuration, ``answer_before`` is ``answer_before_arrival`` of its
    parts, ``accurate`` and ``aware`` are the AWARENESS tables with and without the bound on error, and
    ``forgotten_us`` (n_parts,) says when the last copy of each part was destroyed.
    """
    n_targets = len(contacts.offsets) - 1
    is_forgotten = (forgotten_us < NEVER_US) & (answer_before == Answer.LATENCY)
    none = np.zeros(0, np.int64)
    again = gone = Steps(np.zeros(n_targets + 1, np.int64), none, none)
    if is_forgotten.any():
        answer_before = np.where(is_forgotten, np.int8(-1), answer_before)
        again, gone = _forgotten(contacts, is_forgotten, forgotten_us)
    arrived = aware.take(np.zeros(0, np.int64)) if aware is accurate else aware
    return Tracks(
        contacts, answer_before, _steps(accurate, n_targets), _steps(arrived, n_targets), again, gone
    )


def _steps(picture: Table, n_targets: int) -> Steps:
    """The steps of an AWARENESS table."""
    offsets = picture_offsets(picture, n_targets)
    return Steps(offsets, picture["t_received_us"], picture["t_observed_us"])


class Split(NamedTuple):
    """The split of one nation over some time."""

    answer_us: NDArray[np.int64]
    """Time of each subject under each answer [us], (n_subjects, 8)."""
    spans: NDArray[np.int64]
    """Spans of time of vessels under the answers ``latency`` and ``policy``, in order of target and time:
    answer, target, subject, from, to [us], (n_spans, 5)."""


def split(found: Tracks, scored: Table, age_s: float, n_vessels: int, n_subjects: int) -> Split:
    """The split of every subject over its scored time, probes included.

    ``scored`` is a SCORED table, ``age_s`` the window tau; spans are told of the first ``n_vessels`` targets.
    """
    from mda_sim.metrics.gap_split_kernels import fill_answers

    answer_us = np.zeros((n_subjects, len(Answer)), np.int64)
    spans = fill_answers(
        scored["target"],
        scored["subject"],
        scored["t_from_us"],
        scored["t_to_us"],
        found.contacts.offsets,
        found.contacts.part,
        found.contacts.t_observed_us,
        found.answer_before,
        found.held,
        found.arrived,
        found.again,
        found.gone,
        to_us(age_s),
        n_vessels,
        answer_us,
    )
    return Split(answer_us, spans)


def split_time(
    found: Tracks, scored: Table, age_s: float, n_vessels: int, n_subjects: int
) -> NDArray[np.int64]:
    """Time of each subject under each answer [us], (n_subjects, 8); nothing for probes.

    ``scored`` is a SCORED table, ``age_s`` the window tau.
    """
    return split(found, of_vessels(scored, n_vessels), age_s, n_vessels, n_subjects).answer_us


def of_vessels(scored: Table, n_vessels: int) -> Table:
    """The rows of a SCORED table that are of the first ``n_vessels`` targets."""
    last = int(np.searchsorted(scored["target"], n_vessels))
    return scored.take(np.arange(last))


def _forgotten(
    contacts: PartHistory, is_forgotten: NDArray[np.bool_], forgotten_us: NDArray[np.int64]
) -> tuple[Steps, Steps]:
    """The last two kinds of steps; ``is_forgotten`` is by part."""
    n_targets = len(contacts.offsets) - 1
    rows = np.flatnonzero(is_forgotten[contacts.part])
    target = np.repeat(np.arange(n_targets), np.diff(contacts.offsets))[rows]
    newest_first = np.lexsort((-contacts.t_observed_us[rows], target))
    rows, target = rows[newest_first], target[newest_first]
    seen_us = contacts.t_observed_us[rows]
    gone_us = np.maximum(forgotten_us[contacts.part[rows]], seen_us)

    def steps(from_us: NDArray[np.int64], until_us: NDArray[np.int64]) -> Steps:
        found = newest_under_way(target, from_us, until_us)
        offsets = np.searchsorted(found.target, np.arange(n_targets + 1)).astype(np.int64)
        return Steps(offsets, found.t_us, np.append(seen_us, NOTHING_US)[found.row])

    return steps(seen_us, gone_us), steps(gone_us, np.full(len(rows), NEVER_US))


def gap_split_figures(
    answer_us: NDArray[np.int64],
    scored_us: NDArray[np.int64],
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    zone: str = "",
) -> list[Figure]:
    """The gap split of every group of vessels in one zone.

    ``answer_us`` (n_subjects, 8) is ``split_time``, ``scored_us`` (n_subjects,) the time that it splits,
    ``members`` is ``groups(cells, nation)``.
    """
    times = by_group(members, np.column_stack([cells.total(answer_us), cells.total(scored_us)])).tolist()
    vessels = cells.n_vessels(scored_us, members)
    figures = []
    for name, (*parts, whole) in zip(members, times, strict=True):
        group, n = group_key(name, zone), vessels[name]
        figures += [
            Figure(metric, group, ratio(part, whole), "1", n)
            for metric, part in zip(GAP_METRICS, parts, strict=True)
        ]
    return figures


GAP_METRICS: Final = tuple(f"gap_{answer.name.lower()}_fraction" for answer in Answer)
"""Figures of the gap split, in the order of the answers."""
