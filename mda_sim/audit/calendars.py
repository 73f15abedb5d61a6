"""A desk's calendar as a plain list of open intervals.

Model: open intervals [start, end) over the run and a day either side, by the wall clock of the desk's zone;
None stands for always open. What would happen after the last of them is ``NEVER_US``.

Where next: ``queues`` and ``clocks`` replay desks with it.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.rules import Tree
from mda_sim.core.time import NEVER_US, Timeline

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Opens = tuple[list[int], list[int]] | None
"""Begins and ends of the open intervals; None if always open."""


def opening_times(calendar: Tree, timeline: Timeline) -> Opens:
    """Open intervals of a calendar over the run and a day either side; None if always open."""
    if calendar["kind"] == "always":
        return None
    zone = ZoneInfo(calendar["time_zone"])
    day: date = timeline.start.astimezone(zone).date() - timedelta(days=1)
    last = timeline.datetime_at(timeline.end_us).astimezone(zone).date() + timedelta(days=1)
    starts: list[int] = []
    ends: list[int] = []
    while day <= last:
        if DAY_NAMES[day.weekday()] in calendar["weekdays"]:
            start, end = (
                timeline.us_at(_wall(day, wall_s, zone))
                for wall_s in (calendar["open_s"], calendar["close_s"])
            )
            if ends and ends[-1] >= start:
                ends[-1] = max(end, ends[-1])
            elif end > start:
                starts.append(start)
                ends.append(end)
        day += timedelta(days=1)
    return starts, ends


def _wall(day: date, wall_s: float, zone: ZoneInfo) -> datetime:
    naive = datetime(day.year, day.month, day.day) + timedelta(seconds=wall_s)
    return naive.replace(tzinfo=zone).astimezone(UTC)


def next_open(opens: Opens, t_us: int) -> int:
    """First open moment from ``t_us`` on [us]."""
    if opens is None:
        return t_us
    starts, ends = opens
    i = bisect_right(ends, t_us)
    return max(t_us, starts[i]) if i < len(ends) else NEVER_US


def add_working(opens: Opens, t_us: NDArray[np.int64], work_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """First moments by which the calendar was open for ``work_us`` since ``t_us`` [us].

    Nothing to do is done at once. What has not begun never ends.
    """
    if opens is None:
        return np.where(t_us >= NEVER_US, NEVER_US, t_us + work_us)
    starts, ends = (np.array(column, np.int64) for column in opens)
    done_us = np.concatenate([[0], np.cumsum(ends - starts)])
    i = np.searchsorted(ends, t_us, side="right")
    begins = np.append(starts, NEVER_US)[i]
    total_us = done_us[i] + np.maximum(t_us - begins, 0) + work_us
    last = np.searchsorted(done_us[1:], total_us, side="left")
    out_us = np.append(starts, NEVER_US)[last] + np.where(last < len(ends), total_us - done_us[last], 0)
    finished: NDArray[np.int64] = np.where(work_us <= 0, t_us, out_us)
    return np.where(t_us >= NEVER_US, NEVER_US, finished)
