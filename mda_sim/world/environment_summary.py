"""The climate that a run meets, as a table for people.

Model: one row for each month of the run and each region that a lattice node of the run's box takes its
climate from. The wind exceeded a tenth of the time is that of the Weibull distribution, mean / Gamma(1 + 1/k)
* ln(10)^(1/k); the wave height is that of the mean wind with the month's swell.

Assumptions and limits: storms are not in it, and months are not blended.

Where next: ``environment.Environment.summary``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mda_sim.core.time import Timeline
from mda_sim.world.environment_spec import MONTHS, ClimateRegionSpec
from mda_sim.world.environment_waves import combined_height_m, wind_sea_height_m


@dataclass(frozen=True)
class SummaryRow:
    """The climate of one region in one month."""

    region: str
    """Id of the region."""
    month: int
    """Month of the year, 1 to 12."""
    wind_mean_mps: float
    """Mean wind speed [m/s]."""
    wind_p90_mps: float
    """Wind speed that is exceeded a tenth of the time [m/s]."""
    wind_from_deg: float
    """Prevailing direction that the wind blows from [deg]."""
    wave_height_m: float
    """Significant wave height at the mean wind speed [m]."""
    rain_fraction: float
    """Share of the time that it rains."""
    cloud_fraction: float
    """Mean share of the sky that is clouded."""


def summary_rows(regions: Mapping[str, ClimateRegionSpec], months: Iterable[int]) -> tuple[SummaryRow, ...]:
    """A row for each region and month (1 to 12), in their order."""
    months = tuple(months)
    return tuple(_row(name, region, month) for name, region in regions.items() for month in months)


def months_of(timeline: Timeline) -> tuple[int, ...]:
    """Months of the calendar that a run touches, in the order it meets them, each once.

    >>> from datetime import UTC, datetime
    >>> months_of(Timeline(datetime(2026, 12, 30, tzinfo=UTC), 0, 40 * 86_400_000_000, 0))
    (12, 1, 2)
    """
    first, last = timeline.datetime_at(0), timeline.datetime_at(timeline.end_us)
    n_months = (last.year - first.year) * MONTHS + last.month - first.month + 1
    return tuple((first.month - 1 + k) % MONTHS + 1 for k in range(min(n_months, MONTHS)))


def _row(name: str, region: ClimateRegionSpec, month: int) -> SummaryRow:
    one = region.months[(month - 1) % len(region.months)]
    scale = one.wind_mean_mps / math.gamma(1.0 + 1.0 / one.wind_shape)
    sea = wind_sea_height_m(one.wind_mean_mps, region.fetch_m)
    return SummaryRow(
        region=name,
        month=month,
        wind_mean_mps=one.wind_mean_mps,
        wind_p90_mps=scale * math.log(10.0) ** (1.0 / one.wind_shape),
        wind_from_deg=one.wind_from_deg,
        wave_height_m=float(combined_height_m(sea, one.swell_m)),
        rain_fraction=one.rain_fraction,
        cloud_fraction=one.cloud_fraction,
    )
