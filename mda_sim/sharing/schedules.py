"""When a link moves anything: outages, failures, windows of contact, and the pattern of exchange.

Model: a link is down on [``from_utc``, ``to_utc``) of each of its outages, outside its windows of contact if
it has any, and while it has failed. No transmission begins or continues then: one that would overlap an
outage waits until it ends and starts afresh. Failures are drawn: the link is up and down in turn, for
exponential times,

    X_n = -mean ln U_n,   n = 1, 2, ...,   and it is up at the start if U_0 < up / (up + down),

so that in the long run it is up for up / (up + down) of the time. With the pattern ``push`` a piece leaves as
soon as the line is free, and with ``subscribe`` too. With ``digest`` what is released leaves at the next tick

    tick(t) = phase + period ceil((t - phase) / period),

at the tick itself at once. With ``pull`` the recipient asks at the same ticks for what is released by then,
so that it leaves one propagation delay later.

Assumptions and limits: all is int64 microseconds, so ticks are exact. An outage stops transmissions, not what
is already under way to the recipient, nor desks. A tick that falls into an outage is made up for at its end.

Source: the availability of a repairable unit, up / (up + down): R. Barlow, F. Proschan, "Mathematical Theory
of Reliability", 1965 (general knowledge of the alternating renewal process).
Where next: ``exchange.line`` asks when a transmission can begin.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.spec import Items, NonNegative, Positive, Sourced, Spec, UtcTime
from mda_sim.core.time import NEVER_US, US_PER_S, Timeline, to_us

PeriodS = Annotated[float, Field(ge=1)]
"""A period of at least a second [s]."""


class OutageSpec(Spec):
    """A stretch of time during which a link is down: [``from_utc``, ``to_utc``)."""

    from_utc: UtcTime
    """First moment of the outage [UTC]."""
    to_utc: UtcTime | None = None
    """First moment after it [UTC]; none if it never ends."""


class FailureSpec(Sourced):
    """Outages that are drawn: the link fails and is repaired, after times without memory.

    It is up at the start of the run with the probability of the long run, up / (up + down).
    """

    up_mean_s: Annotated[float, Field(ge=1)]
    """Mean time from a repair to the next failure [s]."""
    down_mean_s: Annotated[float, Field(ge=1)]
    """Mean time from a failure to its repair [s]."""


class DatedWindows(Spec):
    """Dated stretches during which the link is up; at all other times it is down."""

    kind: Literal["dated"]
    """Word that names this kind."""
    stretches: Items[OutageSpec]
    """When it is up: [``from_utc``, ``to_utc``)."""


class PeriodicWindows(Spec):
    """Equal stretches at equal distances during which the link is up; at all other times it is down."""

    kind: Literal["periodic"]
    """Word that names this kind."""
    period_s: PeriodS
    """From the beginning of one stretch to that of the next [s]."""
    lasts_s: Positive
    """Length of a stretch [s]."""
    phase_s: NonNegative = 0.0
    """Beginning of one of them, after the start of the run; the others follow and precede it [s]."""


ContactWindows = Annotated[DatedWindows | PeriodicWindows, Field(discriminator="kind")]
"""When a link that is up at times only is up."""


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


class Subscribe(Spec):
    """The recipient names in advance what it wants, by the link's filter; that leaves as with ``push``."""

    kind: Literal["subscribe"]
    """Word that names this pattern."""


Pattern = Annotated[Push | Digest | Pull | Subscribe, Field(discriminator="kind")]
"""When what is released on a link may leave."""


def tick_from(period_us: int, phase_us: int, t_us: int) -> int:
    """First of the times ``phase_us`` + n ``period_us``, n a whole number, from ``t_us`` on [us].

    >>> tick_from(10, 3, 4)
    13
    """
    return t_us + (phase_us - t_us) % period_us


def next_tick(pattern: Push | Digest | Pull | Subscribe, t_us: int) -> int:
    """First of the pattern's times from ``t_us`` on; ``t_us`` itself if it pushes [us].

    >>> next_tick(Digest(kind="digest", period_s=10.0, phase_s=3.0), 4_000_000)
    13000000
    """
    if isinstance(pattern, Push | Subscribe):
        return t_us
    return tick_from(to_us(pattern.period_s), to_us(pattern.phase_s), t_us)


Stretch = tuple[int, int]
"""A stretch of time [start, end) [us]."""

FAILURES_BLOCK: Final = 256
"""Times of failures that are drawn together; their values do not depend on it."""


def joined(stretches: Iterable[Stretch]) -> tuple[list[int], list[int]]:
    """Starts and ends of the stretches, sorted; those that touch or overlap are one, empty ones dropped."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[0] < stretch[1]):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


class UpTime:
    """When a link is up, from the stretches during which it is down."""

    def __init__(self, down: Iterable[Stretch]) -> None:
        """Take stretches in any order."""
        self._starts, self._ends = joined(down)

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


def dated(outages: Iterable[OutageSpec], timeline: Timeline) -> list[Stretch]:
    """Dated stretches on the timeline."""
    return [
        (
            timeline.us_at(outage.from_utc),
            NEVER_US if outage.to_utc is None else timeline.us_at(outage.to_utc),
        )
        for outage in outages
    ]


def outside(windows: DatedWindows | PeriodicWindows, timeline: Timeline) -> list[Stretch]:
    """When a link with these windows of contact is down.

    Those of periodic windows are laid out to two periods past the end of the run, so that what begins
    within it meets the first of them after its own beginning.
    """
    if isinstance(windows, DatedWindows):
        starts, ends = joined(dated(windows.stretches, timeline))
        return list(zip([-NEVER_US, *ends], [*starts, NEVER_US], strict=True))
    period_us, lasts_us = to_us(windows.period_s), to_us(windows.lasts_s)
    first_us = to_us(windows.phase_s) % period_us - period_us
    starts_us = range(first_us, timeline.end_us + 2 * period_us, period_us)
    return [(start + lasts_us, start + period_us) for start in starts_us]


def failures(spec: FailureSpec, link: str, seed: int, timeline: Timeline) -> list[Stretch]:
    """When a link has failed, in one replicate: all stretches that begin within the run, and the next one."""
    key, where = stream_key(seed, "share.link.failure"), address(link)
    means_s = (spec.up_mean_s, spec.down_mean_s)
    is_up = draw_uniform(key, where, 0, 0, [0])[0] < means_s[0] / (means_s[0] + means_s[1])
    failed: list[Stretch] = []
    t_us, n = 0, 1
    while True:
        u = draw_uniform(key, where, 0, 0, np.arange(n, n + FAILURES_BLOCK))
        for minus_log in (-np.log(u)).tolist():
            end_us = t_us + round(means_s[0 if is_up else 1] * minus_log * US_PER_S)
            if not is_up:
                failed.append((t_us, end_us))
                if t_us > timeline.end_us:
                    return failed
            is_up, t_us = not is_up, end_us
        n += FAILURES_BLOCK
