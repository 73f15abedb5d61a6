"""Integer times and the three parts of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.time import NEVER_US, US_PER_DAY, Timeline, to_us

TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 2 * US_PER_DAY, 7 * US_PER_DAY, 2 * US_PER_DAY)


def test_the_parts_of_a_run_follow_each_other() -> None:
    assert (TIMELINE.score_from_us, TIMELINE.score_to_us, TIMELINE.end_us) == (
        2 * US_PER_DAY,
        9 * US_PER_DAY,
        11 * US_PER_DAY,
    )


@given(st.integers(-(10**15), 10**15))
def test_calendar_and_microseconds_are_each_others_inverse(t_us: int) -> None:
    assert TIMELINE.us_at(TIMELINE.datetime_at(t_us)) == t_us


def test_a_moment_is_the_same_in_any_zone() -> None:
    manila = timezone(timedelta(hours=8))
    assert TIMELINE.us_at(datetime(2026, 3, 2, 8, tzinfo=manila)) == 0


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        TIMELINE.us_at(datetime(2026, 3, 2))
    with pytest.raises(ValueError, match="time zone"):
        Timeline(datetime(2026, 3, 2), 0, 1, 0)


def test_seconds_become_the_nearest_microsecond() -> None:
    assert to_us(0.1) == 100_000
    assert to_us(1e-7) == 0
    assert to_us(86400.0 * 365) == 365 * US_PER_DAY


def test_never_is_later_than_any_run_and_leaves_room_for_sums() -> None:
    assert NEVER_US > 1000 * 366 * US_PER_DAY
    assert NEVER_US + NEVER_US < 2**63 - 1
