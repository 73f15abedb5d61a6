"""Desks: the people, or automated guards, who release cases, and the hours they keep.

Model: a desk has equal servers, as many as ``servers`` or the surge of the moment says, and one queue, in the
order of its discipline. A case occupies a server for its touch time, which runs only while the desk is open;
then an elapsed delay (staffing, signatures) passes that occupies nobody, in clock or in working time; then,
if the desk releases in batches, the case waits for the next of their times. Touch and elapsed delay are drawn
once per case:

    constant      X = value
    exponential   X = -mean ln U
    lognormal     X = median exp(sigma Z),  sigma = ln(p95 / median) / 1.6448536

with U uniform on (0, 1) and Z standard normal. A case whose review has not begun ``expiry_s`` after it closed
is dropped from the queue when its turn comes.

Assumptions and limits: servers share one calendar, work without breaks, and keep a case that the closing hour
interrupts; holidays are those of a country as a whole, not of its regions. Public numbers for review times
were not found: shipped ones are assumptions.

Source: the 95 % quantile of the standard normal, 1.6448536 (NIST/SEMATECH e-Handbook of Statistical Methods,
section 1.3.6.7.1, gives 1.645); the lognormal quantile exp(mu + sigma z) is N. L. Johnson, S. Kotz,
N. Balakrishnan, "Continuous Univariate Distributions", vol. 1, 2nd ed., 1994, ch. 14.
Where next: ``hours`` turns calendars into open intervals, ``exchange.desk`` keeps the queue.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from mda_sim.core.spec import Items, NonNegative, Positive, Sourced, Spec, UtcTime
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


def _as_day(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) else value


Duration = Annotated[Constant | Exponential | Lognormal, Field(discriminator="kind")]
"""A distribution of a non-negative time."""


def _known_country(code: str) -> str:
    from holidays import list_supported_countries

    if code not in list_supported_countries(include_aliases=False):
        raise ValueError(f"no public holidays are known for '{code}'; expected an ISO 3166 code such as 'PH'")
    return code


HolidayRegion = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_known_country)]
"""A country by its ISO 3166 code of two letters."""

Day = Annotated[date, BeforeValidator(_as_day)]
"""A day of the calendar, such as 2026-12-25."""

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
    holidays: HolidayRegion | None = None
    """Country whose public holidays it keeps, by ISO 3166 code such as 'PH'; none: it keeps none."""
    closed_on: Items[Day] = ()
    """Further days on which it does not open, by the local calendar."""


Calendar = Annotated[Always | WorkingHours, Field(discriminator="kind")]
"""When a desk is open."""


class ClosureSpec(Spec):
    """A stretch of time during which a desk does no work: [``from_utc``, ``to_utc``)."""

    from_utc: UtcTime
    """First moment of the closure [UTC]."""
    to_utc: UtcTime | None = None
    """First moment after it [UTC]; none if it never ends."""


class SurgeSpec(Spec):
    """A stretch of time with another number of servers: [``from_utc``, ``to_utc``)."""

    from_utc: UtcTime
    """First moment with that number [UTC]."""
    to_utc: UtcTime | None = None
    """First moment after it [UTC]; none if it never ends."""
    servers: Annotated[int, Field(ge=0, le=10_000)]
    """Cases that can be under review at once; a review under way is finished first."""


class BatchSpec(Spec):
    """Set times at which what was released since the last one goes out together."""

    period_s: Annotated[float, Field(ge=1)]
    """From one time to the next [s]."""
    phase_s: NonNegative = 0.0
    """One of those times, after the start of the run; the others follow and precede it [s]."""


Discipline = Literal["fifo", "priority", "newest_first"]
"""Which waiting case is taken up next: the first to come; the most urgent first; the last to come."""


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
    closures: Items[ClosureSpec] = ()
    """When it is closed in spite of its calendar; a review that is interrupted goes on afterwards."""
    surges: Items[SurgeSpec] = ()
    """When it has another number of servers; the last one listed holds where they overlap."""
    discipline: Discipline = "fifo"
    """Which waiting case is taken up next."""
    batch: BatchSpec | None = None
    """When released cases go out together; none: each at once."""
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
