"""Desks: the people, or automated guards, who release cases, and the hours they keep.

Model: a desk has ``servers`` equal servers and one queue, first in first out. A case occupies a server for
its touch time, which runs only while the desk's calendar is open; then an elapsed delay (staffing,
signatures) passes that occupies nobody, in clock or in working time. Touch and elapsed delay are drawn once
per case:

    constant      X = value
    exponential   X = -mean ln U
    lognormal     X = median exp(sigma Z),  sigma = ln(p95 / median) / 1.6448536

with U uniform on (0, 1) and Z standard normal. A case whose review has not begun ``expiry_s`` after it closed
is dropped from the queue when its turn comes.

Assumptions and limits: no holidays; servers share one calendar, work without breaks, and keep a case that the
closing hour interrupts. Public numbers for review times were not found: shipped ones are assumptions.

Source: the 95 % quantile of the standard normal, 1.6448536 (NIST/SEMATECH e-Handbook of Statistical Methods,
section 1.3.6.7.1, gives 1.645); the lognormal quantile exp(mu + sigma z) is N. L. Johnson, S. Kotz,
N. Balakrishnan, "Continuous Univariate Distributions", vol. 1, 2nd ed., 1994, ch. 14.
Where next: ``hours`` turns calendars into open intervals, ``exchange.desk`` keeps the queue.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from mda_sim.core.spec import Items, NonNegative, Positive, Sourced, Spec
from mda_sim.core.time import US_PER_S

Z_P95: Final = 1.6448536
"""95 % quantile of the standard normal distribution."""


class Constant(Spec):
    """Always the same time."""

    kind: Literal["constant"] = "constant"
    """Word that names this distribution."""
    value_s: NonNegative = 0.0
    """The time [s]."""

    @property
    def mean_s(self) -> float:
        """Expected value [s]."""
        return self.value_s

    def times_s(self, u: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times of the draws (uniforms ``u``, normals ``z``) [s]."""
        return np.full(len(u), self.value_s)


class Exponential(Spec):
    """Without memory."""

    kind: Literal["exponential"]
    """Word that names this distribution."""
    mean_s: Positive
    """Expected value [s]."""

    def times_s(self, u: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times of the draws (uniforms ``u``, normals ``z``) [s]."""
        return -self.mean_s * np.log(u)


class Lognormal(Spec):
    """Skewed, by its median and its 95th percentile."""

    kind: Literal["lognormal"]
    """Word that names this distribution."""
    median_s: Positive
    """Half of the cases take less [s]."""
    p95_s: Positive
    """Nineteen in twenty cases take less [s]; at least the median."""

    @model_validator(mode="after")
    def _ordered(self) -> Lognormal:
        if self.p95_s < self.median_s:
            raise ValueError(f"p95_s ({self.p95_s:g}) must be at least median_s ({self.median_s:g})")
        return self

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        return math.log(self.p95_s / self.median_s) / Z_P95

    @property
    def mean_s(self) -> float:
        """Expected value, median exp(sigma^2 / 2) [s]."""
        return self.median_s * math.exp(0.5 * self.sigma**2)

    def times_s(self, u: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times of the draws (uniforms ``u``, normals ``z``) [s]."""
        return self.median_s * np.exp(self.sigma * z)


Duration = Annotated[Constant | Exponential | Lognormal, Field(discriminator="kind")]
"""A distribution of a non-negative time."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone '{name}'; expected a name such as 'Asia/Manila'") from error
    return name


class Always(Spec):
    """Open day and night."""

    kind: Literal["always"] = "always"
    """Word that names this calendar."""


class WorkingHours(Spec):
    """The same hours on some weekdays, by the wall clock of a time zone."""

    kind: Literal["working_hours"]
    """Word that names this calendar."""
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    """IANA time zone, such as 'Asia/Manila'; daylight saving is followed."""
    open_s: Annotated[float, Field(ge=0, le=86400)] = 8 * 3600.0
    """Opening, by the wall clock after local midnight [s]."""
    close_s: Annotated[float, Field(ge=0, le=86400)] = 17 * 3600.0
    """Closing, by the wall clock after local midnight [s]; later than the opening."""
    weekdays: Items[Weekday] = ("mon", "tue", "wed", "thu", "fri")
    """Days on which it opens."""


Calendar = Annotated[Always | WorkingHours, Field(discriminator="kind")]
"""When a desk is open."""


class DeskSpec(Sourced):
    """The people, or the guard, behind one or more links of a node."""

    servers: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Cases that can be under review at once."""
    touch: Duration = Constant()
    """Time for which a case occupies a server, in working time [s]."""
    elapsed: Duration = Constant()
    """Time that passes after the review and occupies nobody [s]."""
    elapsed_clock: Literal["clock", "working"] = "clock"
    """Whether the elapsed delay runs day and night or only while the desk is open."""
    calendar: Calendar = Always()
    """When the desk is open."""
    expiry_s: Positive | None = None
    """Longest wait from the closing of a case to the start of its review [s]; none: no limit."""


def draw_us(
    duration: Constant | Exponential | Lognormal, u: NDArray[np.float64], z: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Times of the draws, rounded once to whole microseconds.

    >>> draw_us(Constant(value_s=1.5), np.array([0.5]), np.array([0.0]))
    array([1500000])
    """
    return np.rint(duration.times_s(u, z) * US_PER_S).astype(np.int64)
