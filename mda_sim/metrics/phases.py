"""What an event did to a picture: custody before, during and after it, its cost, and how long it lingered.

Model: an event that begins at b and ends at e parts the scored time into before, [score_from, b), during,
[b, e), and after, [e, score_to). In each the custody of a group is held time over scored time. Let c0 be that
before, and d(t) that of the day [t, t + 24 h), for t = e, e + 1 h, ...:

    recovery   the first such t with d(t) >= 0.95 c0, less e
    lost       (c0 - c during) (e - b) + (c0 - c) (t + 24 h - e), with c that from e to t + 24 h
    since      (c during) (e - b) + (c after) (score_to - e): time in custody from the event's beginning on

``lost`` is a time in custody of the whole group, measured against what was before. Every configuration is
measured in the same stretches: one that lacks an event takes its times from those that have it, so that
differences from it are paired. That of ``since`` is what the event cost, if nothing else differs. Recovery
and ``lost`` are of those alone that have the event.

Assumptions and limits: 0.95 is a choice; so is a day, over which the hours of desks and the passes of
satellites are evened out: custody may dip below for hours within it. The resolution is one hour, and hours
are laid from the end of the event on. Undefined (NaN) are custody of no scored time; recovery and ``lost``
where there was no custody before, or where the scored time ends before that day is over. The group is the
vessels of each phase, not always the same vessels.

Source: definitions of this program. Where next: ``scores`` adds them to a nation's figures;
``suspension_rate`` makes of them what events at a given rate cost in the long run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.metrics.figures import Figure, group_key, ratio
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.groups import groups
from mda_sim.metrics.over_time import STEP_US, held_over_time, hours
from mda_sim.metrics.spec import age_label

if TYPE_CHECKING:
    from mda_sim.sharing.happenings import DrawnEvent
    from mda_sim.sharing.network import SharingSpec

PHASES: Final = ("before", "during", "after")
"""Stretches of the scored time about an event."""

RECOVERED: Final = 0.95
"""Share of the custody before an event at which it counts as recovered."""

DAY_H: Final = 24
"""Hours over which custody must be back."""


class ScoredEvent(NamedTuple):
    """An event in whose phases a configuration is measured."""

    event: DrawnEvent
    """When it comes."""
    is_own: bool
    """Whether the configuration has it; otherwise another one does."""


def scored_events(
    arrangements: Mapping[str, SharingSpec], baseline: str, configuration: str, timeline: Timeline, seed: int
) -> tuple[ScoredEvent, ...] | None:
    """The events in whose phases a configuration is measured, as they come in one seed, in order of ids.

    None if no configuration has any. Its own; and of each other id, that of the baseline or else of the first
    configuration, by name, that has it. Events that do not happen in this seed are left out.
    """
    from mda_sim.sharing.happenings import drawn_events

    if not any(sharing.events for sharing in arrangements.values()):
        return None
    found: dict[str, ScoredEvent] = {}
    for name in (configuration, baseline, *sorted(arrangements)):
        for event in drawn_events(arrangements[name], timeline, seed):
            found.setdefault(event.id, ScoredEvent(event, name == configuration))
    return tuple(scored for _, scored in sorted(found.items()) if scored.event.happens)


def event_figures(
    frame: ScoringFrame, picture: Table, events: Sequence[ScoredEvent], nation: str
) -> list[Figure]:
    """Figures of every event for one nation's picture, in the area and every zone.

    ``picture``: AWARENESS table of the observations good enough for custody.
    """
    figures: list[Figure] = []
    first_us, last_us = frame.timeline.score_from_us, frame.timeline.score_to_us
    for event, is_own in events:
        begin_us, end_us = (min(max(t_us, first_us), last_us) for t_us in (event.begin_us, event.end_us))
        figures.append(Figure(f"event_scored_s.{event.id}", "all", (end_us - begin_us) / US_PER_S, "s", 1))
        edges_us = np.concatenate([[first_us, begin_us], hours(end_us, last_us)])
        for zone in frame.scored:
            held = held_over_time(frame, picture, nation, zone, edges_us)
            counts = _counts(frame, nation, zone, (first_us, begin_us, end_us, last_us))
            for name, held_us in held.held_us.items():
                n = [count[name] for count in counts]
                for j, age_s in enumerate(frame.spec.custody_age_s):
                    about = _About(age_label(age_s), event.id, group_key(name, zone))
                    course = _Course(held_us[j], held.scored_us[name], edges_us)
                    figures += _phase_figures(course, about, n)
                    figures += _loss_figures(course, about, n) if is_own else ()
    return figures


def recovery_hours(held: NDArray[np.int64], scored: NDArray[np.int64], before: float) -> int | None:
    """How many hours pass until custody is back for a day; None if that is not seen.

    ``held`` and ``scored``: time in custody and scored time in each whole hour after an event; ``before``:
    the custody of which a day must have 0.95.
    """
    if not before > 0 or len(held) < DAY_H:
        return None
    day = np.ones(DAY_H, np.int64)
    back = np.convolve(held, day, "valid") >= RECOVERED * before * np.convolve(scored, day, "valid")
    back &= np.convolve(scored, day, "valid") > 0
    return int(np.argmax(back)) if back.any() else None


class _About(NamedTuple):
    """What figures are about."""

    label: str
    """Custody age."""
    event: str
    group: str


class _Course(NamedTuple):
    """Custody of one group at one age in the course of an event."""

    held_us: NDArray[np.int64]
    """Time in custody before and during it, and in each hour from its end on [us]."""
    scored_us: NDArray[np.int64]
    """Scored time likewise [us]."""
    edges_us: NDArray[np.int64]
    """Where these stretches begin and end [us]."""

    def share(self, first: int, last: int | None = None) -> float:
        """Custody in the stretches from ``first`` to before ``last``."""
        return ratio(int(self.held_us[first:last].sum()), int(self.scored_us[first:last].sum()))

    def lasts_s(self, first: int, last: int = -1) -> float:
        """Time from the beginning of stretch ``first`` to that of ``last``, or to the end [s]."""
        return float(self.edges_us[last] - self.edges_us[first]) / US_PER_S

    def time_s(self, first: int, last: int = -1) -> float:
        """Time in custody of the whole group over these stretches; none where they take no time [s]."""
        lasts_s = self.lasts_s(first, last)
        return self.share(first, None if last == -1 else last) * lasts_s if lasts_s else 0.0


def _phase_figures(course: _Course, about: _About, n: Sequence[int]) -> Iterator[Figure]:
    shares = course.share(0, 1), course.share(1, 2), course.share(2)
    for phase, share, count in zip(PHASES, shares, n, strict=True):
        yield Figure(f"custody_{phase}_{about.label}.{about.event}", about.group, share, "1", count)
    since_s = course.time_s(1, 2) + course.time_s(2) if course.lasts_s(1) else math.nan
    yield Figure(f"custody_since_{about.label}_s.{about.event}", about.group, since_s, "s", max(n[1:]))


def _loss_figures(course: _Course, about: _About, n: Sequence[int]) -> Iterator[Figure]:
    before = course.share(0, 1)
    whole = slice(2, 2 + int((np.diff(course.edges_us[2:]) == STEP_US).sum()))
    passed = recovery_hours(course.held_us[whole], course.scored_us[whole], before)
    recovery_s = lost_s = math.nan
    if passed is not None:
        recovery_s = passed * (STEP_US / US_PER_S)
        until = 2 + passed + DAY_H
        lost_s = before * course.lasts_s(1, until) - course.time_s(1, 2) - course.time_s(2, until)
    yield Figure(f"recovery_{about.label}_s.{about.event}", about.group, recovery_s, "s", n[2])
    yield Figure(f"custody_lost_{about.label}_s.{about.event}", about.group, lost_s, "s", n[1])


def _counts(frame: ScoringFrame, nation: str, zone: str, edges_us: Sequence[int]) -> list[Mapping[str, int]]:
    """Vessels with scored time in each group, phase by phase."""
    members, cells = groups(frame.cells, nation), frame.cells
    scored = frame.scored[zone]
    found = []
    for t_from_us, t_to_us in pairwise(edges_us):
        begins = np.maximum(scored["t_from_us"], t_from_us)
        ends = np.minimum(scored["t_to_us"], t_to_us)
        time_us = np.zeros(cells.n_subjects, np.int64)
        np.add.at(time_us, scored["subject"], np.maximum(ends - begins, 0))
        found.append(cells.n_vessels(time_us, members))
    return found
