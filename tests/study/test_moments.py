"""How people write a moment of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mda_sim.core.time import US_PER_DAY, US_PER_H, Timeline
from mda_sim.study.moments import moment_us

TIMELINE = Timeline(datetime(2026, 3, 2, 6, tzinfo=UTC), US_PER_DAY, 3 * US_PER_DAY, US_PER_DAY)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0h", 0),
        ("36h", 36),
        ("1.5d", 36),
        ("2026-03-03", 18),
        ("2026-03-02T06:00", 0),
        ("2026-03-02T16:00:00+09:00", 1),
        ("2026-03-02T07:30:00Z", 1.5),
        ("1", 24),
        ("3", 72),
        ("5d", 120),
    ],
)
def test_every_form_of_a_moment_is_read(text: str, hours: float) -> None:
    assert moment_us(text, TIMELINE) == hours * US_PER_H


def test_a_datetime_counts_in_its_own_zone() -> None:
    moment = datetime(2026, 3, 2, 16, tzinfo=timezone(timedelta(hours=9)))
    assert moment_us(moment, TIMELINE) == US_PER_H


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("soon", "expected YYYY-MM-DD"),
        ("", "expected YYYY-MM-DD"),
        ("-1h", "expected YYYY-MM-DD"),
        ("1e3h", "expected YYYY-MM-DD"),
        ("nan", "expected YYYY-MM-DD"),
        ("2026-02-30", "expected YYYY-MM-DD"),
        ("0", "a scored day from 1 to 3"),
        ("4", "a scored day from 1 to 3"),
        ("2026-03-01", "outside the run, which lasts from 2026-03-02T06:00:00Z to 2026-03-07T06:00:00Z"),
        ("120.1h", "outside the run"),
        ("999999999d", "outside the run"),
        ("9999-12-31", "outside the run"),
    ],
)
def test_what_is_no_moment_of_the_run_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        moment_us(text, TIMELINE)
