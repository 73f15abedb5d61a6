"""A moment of a run, as people write it.

Model: a date (its midnight) or a date and time in ISO 8601, in UTC unless it states another zone; hours or
days since the start of the scenario, warm-up included, such as ``36h`` or ``1.5d``; or the number of a scored
day, from 1 on, which means its beginning, as ``--day`` of ``show``.

Assumptions and limits: a moment lies between the start of the run and its end, both included.
Where next: ``pictures`` and ``explain``.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Final

from mda_sim.core.time import US_PER_DAY, US_PER_H, Timeline
from mda_sim.report.moments import clock

MOMENT_FORMS: Final = (
    "YYYY-MM-DD, YYYY-MM-DDThh:mm, hours or days since the start (36h, 1.5d), or a scored day"
)
"""What may be written in place of a moment."""

_SINCE: Final = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?P<unit>[hd])")
_UNIT_US: Final = {"h": US_PER_H, "d": US_PER_DAY}


def read_moment(text: str) -> datetime | float | int:
    """A moment as written: a datetime with zone, a float of microseconds since the start, or an int of a day.

    ValueError if it is none of these.

    >>> read_moment("36h") == 36 * 3600e6, read_moment("2"), read_moment("2026-03-02")
    (True, 2, datetime.datetime(2026, 3, 2, 0, 0, tzinfo=datetime.timezone.utc))
    """
    since = _SINCE.fullmatch(text)
    if since:
        return float(since["number"]) * _UNIT_US[since["unit"]]
    if text.isascii() and text.isdecimal() and len(text) < 7:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"expected {MOMENT_FORMS}; got '{text}'") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def moment_us(moment: str | datetime, timeline: Timeline) -> int:
    """Microseconds since the start of a moment; ValueError if it cannot be read or lies outside the run."""
    what = read_moment(moment) if isinstance(moment, str) else moment
    if isinstance(what, datetime):
        t_us = timeline.us_at(what)
    elif isinstance(what, float):
        t_us = round(what)
    else:
        days = math.ceil(timeline.duration_us / US_PER_DAY)
        if not 1 <= what <= days:
            raise ValueError(f"expected a scored day from 1 to {days}, got {what}")
        t_us = timeline.score_from_us + (what - 1) * US_PER_DAY
    if not 0 <= t_us <= timeline.end_us:
        first, last = (clock(timeline, end_us) for end_us in (0, timeline.end_us))
        raise ValueError(f"'{moment}' is outside the run, which lasts from {first} to {last}")
    return t_us
