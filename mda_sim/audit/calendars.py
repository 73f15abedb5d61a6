"""A desk's calendar as a plain list of open intervals.

Model: open intervals [start, end) over the run and a day either side, by the wall clock of the desk's zone,
less public holidays and single days off, less the desk's closures; None stands for always open. What would
happen after the last of them is ``NEVER_US``.

Source: dates of public holidays are those of the package ``holidays``, as its default gives them for a
country (observed days included). Where next: ``queues`` and ``clocks`` replay desks with it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.moments import Tree, stretch_us
from mda_sim.core.time import NEVER_US, Timeline

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Opens = tuple[list[int], list[int]] | None
"""Begins and ends of the open intervals; None if always open."""


def opening_times(desk: Tree, timeline: Timeline) -> Opens:
    """When a desk is open, over the run and a day either side; None if always."""
    calendar = desk["calendar"]
    spans = [(-NEVER_US, NEVER_US)] if calendar["kind"] == "always" else _hours(calendar, timeline)
    for closure in desk["closures"]:
        begin, end = stretch_us(timeline, closure)
        if begin < end:
            spans = [left for span in spans for left in _without(span, begin, end)]
    if spans == [(-NEVER_US, NEVER_US)]:
        return None
    return [start for start, _ in spans], [end for _, end in spans]


def _without(span: tuple[int, int], begin: int, end: int) -> list[tuple[int, int]]:
    """What is left of a span outside [begin, end)."""
    pieces = (span[0], min(span[1], begin)), (max(span[0], end), span[1])
    return [piece for piece in pieces if piece[0] < piece[1]]


def _hours(calendar: Tree, timeline: Timeline) -> list[tuple[int, int]]:
    """Open intervals by the wall clock; those that touch are one."""
    zone = ZoneInfo(calendar["time_zone"])
    day: date = timeline.start.astimezone(zone).date() - timedelta(days=1)
    last = timeline.datetime_at(timeline.end_us).astimezone(zone).date() + timedelta(days=1)
    off = {date.fromisoformat(text) for text in calendar["closed_on"]}
    off |= _holidays(calendar["holidays"], day.year, last.year)
    spans: list[tuple[int, int]] = []
    while day <= last:
        if DAY_NAMES[day.weekday()] in calendar["weekdays"] and day not in off:
            start, end = (
                timeline.us_at(_wall(day, wall_s, zone))
                for wall_s in (calendar["open_s"], calendar["close_s"])
            )
            if spans and spans[-1][1] >= start:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            elif end > start:
                spans.append((start, end))
        day += timedelta(days=1)
    return spans


def _holidays(country: str | None, first_year: int, last_year: int) -> set[date]:
    """Public holidays of a country in some years; none without a country."""
    if country is None:
        return set()
    from holidays import country_holidays

    return set(country_holidays(country, years=range(first_year, last_year + 1)))


def _wall(day: date, wall_s: float, zone: ZoneInfo) -> datetime:
    naive = datetime(day.year, day.month, day.day) + timedelta(seconds=wall_s)
    return naive.replace(tzinfo=zone).astimezone(UTC)


def add_working(opens: Opens, t_us: NDArray[np.int64], work_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """First moments by which the calendar was open for ``work_us`` since ``t_us`` [us].

    Nothing to do is done at once. What has not begun never ends.
    """
    if opens is None:
        return np.where(t_us >= NEVER_US, NEVER_US, t_us + work_us)
    starts, ends = (np.clip(np.array(column, np.int64), -NEVER_US // 4, NEVER_US // 4) for column in opens)
    done_us = np.concatenate([[0], np.cumsum(ends - starts)])
    i = np.searchsorted(ends, t_us, side="right")
    begins = np.append(starts, NEVER_US)[i]
    total_us = done_us[i] + np.maximum(t_us - begins, 0) + work_us
    last = np.searchsorted(done_us[1:], total_us, side="left")
    out_us = np.append(starts, NEVER_US)[last] + np.where(last < len(ends), total_us - done_us[last], 0)
    finished: NDArray[np.int64] = np.where(work_us <= 0, t_us, out_us)
    return np.where(t_us >= NEVER_US, NEVER_US, finished)
