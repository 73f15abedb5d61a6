"""Integer times: int64 microseconds since the scenario's start (``_us``).

Stages of a delay sum exactly and ties are ties only if times are integers, so seconds are rounded to
microseconds once, here. A time that never comes is ``NEVER_US``: later than every real time, so that
``t_received_us <= t`` is false for a report that was never received.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

US_PER_S: Final = 1_000_000
US_PER_H: Final = 3600 * US_PER_S
US_PER_DAY: Final = 24 * US_PER_H
NEVER_US: Final = 2**61  # 73,000 years: past any run, and two of them still add up in int64


def to_us(seconds: float) -> int:
    """Whole microseconds nearest to ``seconds`` (halves go to the even one).

    >>> to_us(0.25)
    250000
    """
    return round(seconds * US_PER_S)


@dataclass(frozen=True)
class Timeline:
    """The three parts of simulated time, and the calendar they lie on.

    Nothing is scored in the warm-up; ``drain_us`` lets the sharing of what was seen in the scored part
    run on, so that its latency is not cut off. ``start`` is the beginning of the warm-up, in UTC.
    """

    start: datetime
    warmup_us: int
    duration_us: int
    drain_us: int

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("Timeline.start needs a time zone")

    @property
    def score_from_us(self) -> int:
        """First scored instant (the end of the warm-up)."""
        return self.warmup_us

    @property
    def score_to_us(self) -> int:
        """End of the scored part; sensing stops here too."""
        return self.warmup_us + self.duration_us

    @property
    def end_us(self) -> int:
        """End of the drain: what has not been received by now is in flight."""
        return self.warmup_us + self.duration_us + self.drain_us

    def us_at(self, moment: datetime) -> int:
        """Microseconds from the start to ``moment`` (negative before it); ValueError without a zone."""
        if moment.tzinfo is None:
            raise ValueError(f"{moment.isoformat()} has no time zone")
        return (moment - self.start) // timedelta(microseconds=1)

    def datetime_at(self, t_us: int) -> datetime:
        """The UTC calendar time of ``t_us``."""
        return self.start.astimezone(UTC) + timedelta(microseconds=int(t_us))
