"""A desk's calendar as a plain list of open intervals, walked one by one.

Model: open intervals [start, end) over the run and a day either side, by the wall clock of the desk's zone;
None stands for always open. What would happen after the last of them is ``NEVER_US``.

Where next: ``clocks`` replays desks with it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mda_sim.audit.rules import Tree
from mda_sim.core.time import NEVER_US, Timeline

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Opens = list[tuple[int, int]] | None


def opening_times(calendar: Tree, timeline: Timeline) -> Opens:
    """Open intervals of a calendar over the run and a day either side; None if always open."""
    if calendar["kind"] == "always":
        return None
    zone = ZoneInfo(calendar["time_zone"])
    day: date = timeline.start.astimezone(zone).date() - timedelta(days=1)
    last = timeline.datetime_at(timeline.end_us).astimezone(zone).date() + timedelta(days=1)
    opens: list[tuple[int, int]] = []
    while day <= last:
        if DAY_NAMES[day.weekday()] in calendar["weekdays"]:
            start, end = (
                timeline.us_at(_wall(day, wall_s, zone))
                for wall_s in (calendar["open_s"], calendar["close_s"])
            )
            if opens and opens[-1][1] >= start:
                opens[-1] = (opens[-1][0], max(end, opens[-1][1]))
            elif end > start:
                opens.append((start, end))
        day += timedelta(days=1)
    return opens


def _wall(day: date, wall_s: float, zone: ZoneInfo) -> datetime:
    naive = datetime(day.year, day.month, day.day) + timedelta(seconds=wall_s)
    return naive.replace(tzinfo=zone).astimezone(UTC)


def next_open(opens: Opens, t_us: int) -> int:
    """First open moment from ``t_us`` on [us]."""
    if opens is None:
        return t_us
    for start, end in opens:
        if t_us < end:
            return max(t_us, start)
    return NEVER_US


def add_working(opens: Opens, t_us: int, work_us: int) -> int:
    """First moment by which the calendar was open for ``work_us`` since ``t_us`` [us]."""
    if opens is None or work_us <= 0:
        return t_us + work_us if opens is None else t_us
    left_us = work_us
    for start, end in opens:
        open_us = end - max(start, t_us)
        if open_us >= left_us:
            return max(start, t_us) + left_us
        left_us -= max(0, open_us)
    return NEVER_US
