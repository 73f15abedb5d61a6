"""Working time: closed-form arithmetic, and calendars by the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.time import NEVER_US, US_PER_H, Timeline
from mda_sim.sharing.desks import Always, WorkingHours
from mda_sim.sharing.hours import OpenHours, open_hours

intervals = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


def is_open(spans: list[tuple[int, int]], t: int) -> bool:
    return any(start <= t < end for start, end in spans)


@given(intervals, st.integers(0, 60), st.integers(0, 60))
def test_add_working_is_the_earliest_moment_by_which_the_work_is_done(
    spans: list[tuple[int, int]], t: int, work: int
) -> None:
    done, moment = 0, t
    while done < work and moment < 200:
        done += is_open(spans, moment)
        moment += 1
    expected = moment if done == work else NEVER_US
    assert OpenHours(spans).add_working(t, work) == expected


@given(intervals, st.integers(0, 60))
def test_next_open_and_worked_agree_with_counting(spans: list[tuple[int, int]], t: int) -> None:
    hours = OpenHours(spans)
    assert hours.next_open(t) == next((m for m in range(t, 100) if is_open(spans, m)), NEVER_US)
    assert hours.worked(t) == sum(is_open(spans, m) for m in range(t))


@given(intervals, st.integers(0, 60), st.integers(0, 30), st.integers(0, 30))
def test_work_done_in_two_parts_ends_when_it_ends_in_one(
    spans: list[tuple[int, int]], t: int, first: int, second: int
) -> None:
    hours = OpenHours(spans)
    middle = hours.add_working(t, first)
    if middle != NEVER_US:
        assert hours.add_working(middle, second) == hours.add_working(t, first + second)


def test_an_open_calendar_adds_clock_time() -> None:
    hours = open_hours(Always(), Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, US_PER_H, 0))
    assert hours.add_working(7, 5) == 12
    assert hours.next_open(7) == 7
    assert hours.add_working(NEVER_US, 5) == NEVER_US


def opened(
    zone: str, start: datetime, days: int, open_h: float = 8, close_h: float = 17
) -> list[tuple[str, str]]:
    """UTC openings and closings within the given days."""
    timeline = Timeline(start, 0, days * 24 * US_PER_H, 0)
    calendar = WorkingHours(
        kind="working_hours", time_zone=zone, open_s=8 * 3600.0, close_s=17 * 3600.0,
        weekdays=("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    )  # fmt: skip
    hours = open_hours(calendar, timeline)
    inside = [(s, e) for s, e in zip(hours.starts, hours.ends, strict=True) if 0 <= s < timeline.end_us]
    return [tuple(f"{timeline.datetime_at(t):%d %H:%M}" for t in pair) for pair in inside]  # type: ignore[misc]


def test_manila_is_eight_hours_ahead_all_year() -> None:
    for month in (1, 7):
        start = datetime(2026, month, 5, tzinfo=UTC)
        assert opened("Asia/Manila", start, 2) == [("05 00:00", "05 09:00"), ("06 00:00", "06 09:00")]


def test_honolulu_is_ten_hours_behind_all_year() -> None:
    for month in (3, 7):
        start = datetime(2026, month, 9, tzinfo=UTC)
        assert opened("Pacific/Honolulu", start, 2) == [("09 18:00", "10 03:00"), ("10 18:00", "11 03:00")]


def test_new_york_opens_an_hour_earlier_in_utc_once_the_clocks_go_forward() -> None:
    start = datetime(2026, 3, 7, tzinfo=UTC)  # clocks change on Sunday 8 March 2026, 02:00
    assert opened("America/New_York", start, 3) == [
        ("07 13:00", "07 22:00"),
        ("08 12:00", "08 21:00"),
        ("09 12:00", "09 21:00"),
    ]


@pytest.mark.parametrize(("day", "length_h"), [((2026, 3, 8), 23), ((2026, 11, 1), 25), ((2026, 6, 1), 24)])
def test_a_whole_day_has_23_24_or_25_hours(day: tuple[int, int, int], length_h: int) -> None:
    start = datetime(*day, tzinfo=UTC) - timedelta(days=2)
    timeline = Timeline(start, 0, 6 * 24 * US_PER_H, 0)
    name = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[datetime(*day).weekday()]
    calendar = WorkingHours(
        kind="working_hours", time_zone="America/New_York", open_s=0.0, close_s=86400.0, weekdays=(name,)
    )  # type: ignore[arg-type]
    hours = open_hours(calendar, timeline)
    assert hours.worked(timeline.end_us) - hours.worked(0) == length_h * US_PER_H


def test_days_that_touch_are_one_open_interval() -> None:
    assert OpenHours([(0, 5), (5, 9), (20, 20), (12, 14)]).starts == [0, 12]
