"""Working time: the open intervals of a calendar on the timeline, and closed-form arithmetic on them.

Model: let W(t) be the open time before t. A calendar is a sorted list of disjoint open intervals
[start, end) with the open time before each, so W and its inverse are one bisection and one addition:

    add_working(t, w) = min { T >= t : W(T) - W(t) >= w }
    next_open(t)      = min { T >= t : T lies in an open interval }

Assumptions and limits: intervals are laid out to one day past the end of the run; what would happen after
the last of them is ``NEVER_US``. All is int64 microseconds since the scenario's start. A wall-clock time that
daylight saving skips is read with the offset before the change, one that it repeats is the first (PEP 495).
A 0-24 h day has 23 or 25 h when the clocks change.

Source: PEP 495 "Local Time Disambiguation"; the IANA time zone database through ``zoneinfo``.
Where next: ``exchange.desk`` schedules reviews with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mda_sim.core.time import NEVER_US, US_PER_DAY, Timeline
from mda_sim.sharing.desks import Always, WorkingHours

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class OpenHours:
    """Disjoint open intervals [start, end) in microseconds, sorted, and the open time before each."""

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        """Take open intervals in any order; empty ones are dropped, those that touch are joined."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted((start, end) for start, end in intervals if end > start):
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)
        self.before: list[int] = [0]
        for start, end in zip(self.starts, self.ends, strict=True):
            self.before.append(self.before[-1] + end - start)

    def worked(self, t_us: int) -> int:
        """Open time before ``t_us`` since the first interval [us]."""
        i = bisect_right(self.starts, t_us)
        return self.before[i] - max(0, self.ends[i - 1] - t_us) if i else 0

    def next_open(self, t_us: int) -> int:
        """First open moment from ``t_us`` on; NEVER_US if there is none [us]."""
        i = bisect_right(self.starts, t_us)
        if i and t_us < self.ends[i - 1]:
            return t_us
        return self.starts[i] if i < len(self.starts) else NEVER_US

    def add_working(self, t_us: int, work_us: int) -> int:
        """Earliest moment by which ``work_us`` of open time has passed since ``t_us``; else NEVER_US [us]."""
        if work_us <= 0:
            return t_us
        i = bisect_right(self.starts, t_us)
        if i and t_us + work_us <= self.ends[i - 1]:
            return t_us + work_us
        target = self.worked(t_us) + work_us
        if target > self.before[-1]:
            return NEVER_US
        i = bisect_right(self.before, target - 1) - 1
        return self.starts[i] + target - self.before[i]


def open_hours(calendar: Always | WorkingHours, timeline: Timeline) -> OpenHours:
    """The calendar's open intervals from a day before the run to a day after it."""
    if isinstance(calendar, Always):
        return OpenHours([(-US_PER_DAY, NEVER_US)])
    return OpenHours(_intervals(calendar, timeline))


def _intervals(calendar: WorkingHours, timeline: Timeline) -> Iterator[tuple[int, int]]:
    zone = ZoneInfo(calendar.time_zone)
    first = timeline.start.astimezone(zone).date() - timedelta(days=1)
    last = timeline.datetime_at(timeline.end_us).astimezone(zone).date() + timedelta(days=1)
    for days in range((last - first).days + 1):
        midnight = datetime.combine(first + timedelta(days=days), time())
        if WEEKDAYS[midnight.weekday()] not in calendar.weekdays:
            continue
        opening, closing = (
            (midnight + timedelta(seconds=wall_s)).replace(tzinfo=zone).astimezone(UTC)
            for wall_s in (calendar.open_s, calendar.close_s)
        )
        yield timeline.us_at(opening), timeline.us_at(closing)
