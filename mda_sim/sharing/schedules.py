"""When a link moves anything: outages, and the pattern of exchange.

Model: a link is down on [``from_utc``, ``to_utc``) of each of its outages. No transmission begins or
continues then: one that would overlap an outage waits until it ends and starts afresh. With the pattern
``push`` a piece leaves as soon as the line is free. With ``digest`` what is released leaves at the next tick

    tick(t) = phase + period ceil((t - phase) / period),

at the tick itself at once. With ``pull`` the recipient asks at the same ticks for what is released by then,
so that it leaves one propagation delay later.

Assumptions and limits: all is int64 microseconds, so ticks are exact. An outage stops transmissions, not what
is already under way to the recipient, nor desks. A tick that falls into an outage is made up for at its end.
Outages are dated, not drawn. Where next: ``exchange.service`` asks when a transmission can begin.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from mda_sim.core.spec import NonNegative, Spec, UtcTime
from mda_sim.core.time import NEVER_US, Timeline, to_us

PeriodS = Annotated[float, Field(ge=1)]
"""A period of at least a second [s]."""


class OutageSpec(Spec):
    """A stretch of time during which a link is down: [``from_utc``, ``to_utc``)."""

    from_utc: UtcTime
    """First moment of the outage [UTC]."""
    to_utc: UtcTime | None = None
    """First moment after it [UTC]; none if it never ends."""


class Push(Spec):
    """What is released leaves as soon as the line is free."""

    kind: Literal["push"] = "push"
    """Word that names this pattern."""


class Digest(Spec):
    """What is released leaves at the next of equally spaced times."""

    kind: Literal["digest"]
    """Word that names this pattern."""
    period_s: PeriodS
    """From one time to the next [s]."""
    phase_s: NonNegative = 0.0
    """One of those times, after the start of the run; the others follow and precede it [s]."""


class Pull(Spec):
    """What is released is asked for by the recipient at equally spaced times."""

    kind: Literal["pull"]
    """Word that names this pattern."""
    period_s: PeriodS
    """From one time to the next [s]."""
    phase_s: NonNegative = 0.0
    """One of those times, after the start of the run; the others follow and precede it [s]."""


Pattern = Annotated[Push | Digest | Pull, Field(discriminator="kind")]
"""When what is released on a link may leave."""


def next_tick(pattern: Push | Digest | Pull, t_us: int) -> int:
    """First of the pattern's times from ``t_us`` on; ``t_us`` itself if it pushes [us].

    >>> next_tick(Digest(kind="digest", period_s=10.0, phase_s=3.0), 4_000_000)
    13000000
    """
    if isinstance(pattern, Push):
        return t_us
    period_us = to_us(pattern.period_s)
    return t_us + (to_us(pattern.phase_s) - t_us) % period_us


class UpTime:
    """When a link is up, from its outages."""

    def __init__(self, outages: Iterable[OutageSpec], timeline: Timeline) -> None:
        """Take outages in any order; those that touch or overlap are joined, empty ones dropped."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        spans = [
            (
                timeline.us_at(outage.from_utc),
                NEVER_US if outage.to_utc is None else timeline.us_at(outage.to_utc),
            )
            for outage in outages
        ]
        for start, end in sorted(span for span in spans if span[0] < span[1]):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def begin(self, t_us: int, lasting_us: int) -> int:
        """First moment from ``t_us`` on at which [begin, begin + lasting) and begin meet no outage [us]."""
        if not self._starts:
            return t_us
        i = bisect_right(self._starts, t_us)
        begin_us = max(t_us, self._ends[i - 1]) if i else t_us
        while i < len(self._starts) and self._starts[i] < begin_us + lasting_us:
            begin_us = self._ends[i]
            i += 1
        return begin_us

    def lasted(self, until_us: int) -> int:
        """Time for which the link is up from the start of the run to ``until_us`` [us]."""
        spans = zip(self._starts, self._ends, strict=True)
        return until_us - sum(max(0, min(end, until_us) - max(start, 0)) for start, end in spans)
