"""Working time: the open intervals of a desk on the timeline, and closed-form arithmetic on them.

Model: let W(t) be the open time before t. A calendar is a sorted list of disjoint open intervals
[start, end) with the open time before each, so W and its inverse are one bisection and one addition:

    add_working(t, w) = min { T >= t : W(T) - W(t) >= w }
    next_open(t)      = min { T >= t : T lies in an open interval }

A desk is open by its calendar, less the public holidays of the country that it names, the days on which it is
closed besides, and its closures. A holiday closes the whole local day.

Assumptions and limits: intervals are laid out to one day past the end of the run; what would happen after
the last of them is ``NEVER_US``. All is int64 microseconds since the scenario's start. A wall-clock time that
daylight saving skips is read with the offset before the change, one that it repeats is the first (PEP 495).
A 0-24 h day has 23 or 25 h when the clocks change.

Source: PEP 495 "Local Time Disambiguation"; the IANA time zone database through ``zoneinfo``; public holidays
of a country as a whole by the package python-holidays (category "public").
Where next: ``exchange.desk`` schedules reviews with it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mda_sim.core.time import NEVER_US, US_PER_DAY, Timeline
from mda_sim.sharing.desks import Always, ClosureSpec, DeskSpec, WorkingHours
from mda_sim.sharing.schedules import joined

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class OpenHours:
    """Disjoint open intervals [start, end) in microseconds, sorted, and the open time before each."""

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        """Take open intervals in any order; empty ones are dropped, those that touch are joined."""
        self.starts, self.ends = joined(intervals)
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

    def less(self, closed: Iterable[tuple[int, int]]) -> OpenHours:
        """What is left of them without the ``closed`` intervals, given in any order."""
        pieces = list(zip(self.starts, self.ends, strict=True))
        for shut, opened in closed:
            if shut < opened:
                pieces = [
                    part
                    for start, end in pieces
                    for part in ((start, min(end, shut)), (max(start, opened), end))
                    if part[0] < part[1]
                ]
        return OpenHours(pieces)


class AlwaysOpen(OpenHours):
    """Open day and night, from a day before the run on: no arithmetic at all."""

    def __init__(self) -> None:
        """One interval without an end."""
        super().__init__([(-US_PER_DAY, NEVER_US)])

    def next_open(self, t_us: int) -> int:
        """The moment itself."""
        return t_us

    def add_working(self, t_us: int, work_us: int) -> int:
        """That much later; NEVER_US stays so."""
        return min(t_us + work_us, NEVER_US)


def desk_hours(desk: DeskSpec, timeline: Timeline) -> OpenHours:
    """When a desk is open: by its calendar, less its closures."""
    hours = open_hours(desk.calendar, timeline)
    return hours.less(_span(closure, timeline) for closure in desk.closures) if desk.closures else hours


def open_hours(calendar: Always | WorkingHours, timeline: Timeline) -> OpenHours:
    """The calendar's open intervals from a day before the run to a day after it."""
    if isinstance(calendar, Always):
        return AlwaysOpen()
    return OpenHours(_intervals(calendar, timeline))


def _span(closure: ClosureSpec, timeline: Timeline) -> tuple[int, int]:
    end_us = NEVER_US if closure.to_utc is None else timeline.us_at(closure.to_utc)
    return timeline.us_at(closure.from_utc), end_us


def _intervals(calendar: WorkingHours, timeline: Timeline) -> Iterator[tuple[int, int]]:
    zone = ZoneInfo(calendar.time_zone)
    first = timeline.start.astimezone(zone).date() - timedelta(days=1)
    last = timeline.datetime_at(timeline.end_us).astimezone(zone).date() + timedelta(days=1)
    closed = {*calendar.closed_on, *_holidays(calendar.holidays, first, last)}
    for days in range((last - first).days + 1):
        midnight = datetime.combine(first + timedelta(days=days), time())
        if WEEKDAYS[midnight.weekday()] not in calendar.weekdays or midnight.date() in closed:
            continue
        opening, closing = (
            (midnight + timedelta(seconds=wall_s)).replace(tzinfo=zone).astimezone(UTC)
            for wall_s in (calendar.open_s, calendar.close_s)
        )
        yield timeline.us_at(opening), timeline.us_at(closing)


def _holidays(country: str | None, first: date, last: date) -> set[date]:
    """Public holidays of a country in all years from ``first`` to ``last``."""
    if country is None:
        return set()
    from holidays import country_holidays

    return set(country_holidays(country, years=range(first.year, last.year + 1)))
