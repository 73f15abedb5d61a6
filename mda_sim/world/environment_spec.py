"""What a scenario says about wind, waves, rain and cloud.

Model: ``seasonal`` weather is drawn from a climate of regions and months (the catalogue's, or the scenario's
own), around which storms may pass; ``gridded`` weather is read from NetCDF files. A preset of the catalogue
pins the month, adds storms, or both.

Assumptions and limits: those of ``environment_climate``, ``environment_storm`` and ``environment_grid``.

Where next: ``environment.build_environment`` makes one function of time and place of it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from mda_sim.core.spec import (
    DataFile,
    Id,
    IdMap,
    Items,
    LatDeg,
    LonDeg,
    NonNegative,
    Positive,
    Probability,
    Sourced,
    Spec,
)
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box

MONTHS: Final = 12

Month = Annotated[int, Field(ge=1, le=MONTHS)]
Share = Annotated[float, Field(gt=0, lt=1)]


class ClimateMonthSpec(Spec):
    """The weather of one month in one region."""

    wind_mean_mps: Annotated[float, Field(gt=0, le=40)]
    """Mean wind speed at 10 m. > 0, <= 40 m/s"""
    wind_shape: Annotated[float, Field(ge=1, le=10)] = 2.0
    """Shape of the Weibull distribution of wind speed: 2 is Rayleigh, larger is steadier. [1, 10]"""
    wind_from_deg: Annotated[float, Field(ge=0, le=360)]
    """Prevailing direction that the wind blows from, clockwise from north. [0, 360]"""
    wind_steadiness: Annotated[float, Field(ge=0.01, le=1)] = 0.7
    """Length of the mean of the unit vectors of direction: 1 never turns. [0.01, 1]"""
    swell_m: NonNegative = 0.0
    """Significant height of the swell that is there whatever the wind. >= 0 m"""
    rain_fraction: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the time that it rains. [0, 1)"""
    rain_mm_per_hour: NonNegative = 0.0
    """Mean rain rate while it rains. >= 0 mm an hour"""
    cloud_fraction: Share = 0.5
    """Mean share of the sky that is clouded. (0, 1)"""


class ClimateRegionSpec(Sourced):
    """A box with one climate; where boxes overlap, the smaller one holds."""

    area: Box
    """Where the climate holds; it goes over into that of its neighbours within a degree."""
    fetch_m: Positive
    """Open water over which the wind raises waves. > 0 m"""
    months: Annotated[Items[ClimateMonthSpec], Field(min_length=1, max_length=MONTHS)]
    """January to December, or one entry that holds all year. 1 or 12 entries"""

    @model_validator(mode="after")
    def _one_or_all_months(self) -> Self:
        if len(self.months) not in (1, MONTHS):
            raise ValueError(f"months has 1 entry for all year, or 12, got {len(self.months)}")
        return self


class VariabilitySpec(Sourced):
    """How long and how far weather holds. The defaults are assumptions."""

    wind_time_s: Annotated[float, Field(ge=3600, le=2_592_000)] = 108_000.0
    """Time after which the correlation of wind with itself has fallen to 1/e. 1 h to 30 d"""
    wind_cell_deg: Annotated[float, Field(ge=0.5, le=20)] = 4.0
    """Distance at which winds are independent. 0.5 to 20 degrees of latitude and longitude"""
    rain_time_s: Annotated[float, Field(ge=600, le=864_000)] = 10_800.0
    """The same of rain and cloud. 10 min to 10 d"""
    rain_cell_deg: Annotated[float, Field(ge=0.25, le=20)] = 1.0
    """The same of rain and cloud. 0.25 to 20 degrees"""


class StormPoint(Spec):
    """Where a storm is at one time, and how strong."""

    at_s: NonNegative
    """Time since the scenario's start, or since ``storms_start_s``. >= 0 s"""
    lat_deg: LatDeg
    """Latitude of the centre. [-90, 90]"""
    lon_deg: LonDeg
    """Longitude of the centre. [-180, 180]"""
    central_pressure_pa: Annotated[float, Field(ge=85_000, le=105_000)]
    """Pressure at the centre. 85,000 to 105,000 Pa"""
    max_wind_radius_m: Annotated[float, Field(ge=5_000, le=300_000)]
    """Distance from the centre to the strongest wind. 5 to 300 km"""


class StormSpec(Sourced):
    """A tropical cyclone as a parametric vortex; the defaults are assumptions."""

    track: Annotated[Items[StormPoint], Field(min_length=2, max_length=500)]
    """Where it is, in order of time; before and after there is no storm. 2 to 500 points"""
    ambient_pressure_pa: Annotated[float, Field(ge=95_000, le=106_000)] = 101_000.0
    """Pressure far from the centre. 95,000 to 106,000 Pa"""
    profile_b: Annotated[float, Field(ge=1, le=2.5)] = 1.5
    """Peakedness B of the profile (Holland 1980). [1, 2.5]"""
    surface_factor: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Wind at 10 m over gradient wind. (0, 1]"""
    inflow_deg: Annotated[float, Field(ge=0, le=45)] = 20.0
    """Angle by which the wind crosses the isobars towards the centre. [0, 45]"""
    fetch_m: Positive = 300_000.0
    """Open water over which the storm's wind raises waves. > 0 m"""
    cloud_radius_m: NonNegative = 400_000.0
    """Radius within which the sky is overcast. >= 0 m"""

    @model_validator(mode="after")
    def _in_order_and_low(self) -> Self:
        times = [point.at_s for point in self.track]
        for k, (one, after) in enumerate(pairwise(times), start=1):
            if after <= one:
                raise ValueError(f"at_s of point {k} must be later than {one:g} s, got {after:g} s")
        for k, point in enumerate(self.track):
            if point.central_pressure_pa >= self.ambient_pressure_pa:
                raise ValueError(
                    f"central_pressure_pa of point {k} must be below ambient_pressure_pa "
                    f"{self.ambient_pressure_pa:g}, got {point.central_pressure_pa:g}"
                )
        return self


class EnvironmentBase(Sourced):
    """What every kind of environment has."""

    evaporation_duct_height_m: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Height of the evaporation duct over all the sea, all the time; 0 for none. [0, 60] m"""


class UniformEnvironment(EnvironmentBase):
    """The same weather everywhere and always."""

    kind: Literal["uniform"]
    """The kind of environment."""
    wind_mps: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Wind speed at 10 m. [0, 100] m/s"""
    wind_from_deg: Annotated[float, Field(ge=0, lt=360)] = 0.0
    """Direction that the wind blows from. [0, 360)"""
    wave_height_m: Annotated[float, Field(ge=0, le=30)] = 0.0
    """Significant wave height. [0, 30] m"""
    rain_mm_per_hour: Annotated[float, Field(ge=0, le=300)] = 0.0
    """Rain rate. [0, 300] mm/h"""
    cloud_fraction: Probability = 0.0
    """Share of the sky that is clouded. [0, 1]"""


class SeasonalEnvironment(EnvironmentBase):
    """Weather drawn from a climate by region and month, with storms if any."""

    kind: Literal["seasonal"]
    """The kind of environment."""
    preset: Id | None = None
    """A preset of the catalogue: it pins the month, adds storms, or both."""
    month: Month | None = None
    """Month whose climate holds throughout; the preset's, else the calendar's, without it. 1 to 12"""
    regions: IdMap[ClimateRegionSpec] = Field(default_factory=dict)
    """The climate by region; the catalogue's if none is given."""
    variability: VariabilitySpec = VariabilitySpec()
    """How long and how far weather holds."""
    storms: IdMap[StormSpec] = Field(default_factory=dict)
    """Storms by id, beside the preset's; one of the same id takes its place."""
    storms_start_s: NonNegative = 0.0
    """What the times of all storms count from, since the scenario's start. >= 0 s"""

    @field_validator("preset")
    @classmethod
    def _is_known(cls, preset: str | None) -> str | None:
        if preset is not None and preset not in catalogue.environment_presets():
            known = ", ".join(f"'{name}'" for name in catalogue.environment_presets())
            raise ValueError(f"the catalogue has no environment preset '{preset}'; expected one of {known}")
        return preset


class GriddedEnvironment(EnvironmentBase):
    """Weather read from NetCDF files with the variables u10, v10, swh, tp and tcc."""

    kind: Literal["gridded"]
    """The kind of environment."""
    files: Annotated[Items[DataFile], Field(min_length=1, max_length=20)]
    """Files that hold the five variables between them, each of them once. 1 to 20 files"""
    rain_step_s: Annotated[float, Field(ge=60, le=86_400)] = 3600.0
    """Time over which the file's rain (tp) is summed up to each of its times. 1 min to 24 h"""


EnvironmentSpec = Annotated[
    UniformEnvironment | SeasonalEnvironment | GriddedEnvironment, Field(discriminator="kind")
]
"""The weather of a world, told apart by ``kind``."""
