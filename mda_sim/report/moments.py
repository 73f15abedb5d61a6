"""Moments, times and lengths as people read them.

Model: moments in UTC to the second; times and lengths in the unit in which they read best.
Where next: ``picture_table`` and ``story_words``.
"""

from __future__ import annotations

from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.report.words import DASH, time_unit


def clock(timeline: Timeline, t_us: int) -> str:
    """The UTC time of ``t_us`` to the second in ISO 8601; a dash for what never comes."""
    if t_us >= NEVER_US:
        return DASH
    return timeline.datetime_at(t_us).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def time_words(seconds: float) -> str:
    """A time in the unit in which it reads best.

    >>> time_words(90.0), time_words(5400.0), time_words(2.04)
    ('90 s', '1.5 h', '2 s')
    """
    factor, unit = time_unit(seconds)
    value = seconds * factor
    digits = 1 if value < 9.95 and round(value, 1) != round(value) else 0
    return f"{value:,.{digits}f} {unit}"


def length_words(metres: float) -> str:
    """A length in m below 1 km, else in km.

    >>> length_words(120.4), length_words(12_345.0)
    ('120 m', '12.3 km')
    """
    return f"{metres:,.0f} m" if metres < 1000 else f"{metres / 1000:,.1f} km"
