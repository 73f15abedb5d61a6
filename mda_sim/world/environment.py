"""Wind, waves, rain and cloud at any time and place of a run: one function for all sensors.

Model: ``Environment.at(t_us, lat_deg, lon_deg)`` asks the background (drawn from a climate, or read from
files) and every storm. Where a storm's wind is stronger than the background's, it blows from the storm's
direction and with its speed; rain and wind sea are the larger of all; within a storm's cloud the sky is
overcast; swell is the background's. Wave height is that of wind sea and swell together.

Assumptions and limits: those of ``environment_climate``, ``environment_grid``, ``environment_storm`` and
``environment_waves``. A storm's edge is where the background takes over, so wind is continuous in speed but
not in direction there. Values are defined in the box that was built and during [0, ``end_us``]; elsewhere,
and where a position is nan, they are nan.

Where next: ``sensing.local_weather`` asks it around each radar.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import RunError, ShapeError
from mda_sim.core.time import Timeline, to_us
from mda_sim.data import catalogue
from mda_sim.geo.regions import BoundsDeg, Box, Circle, Polygon, bounds
from mda_sim.world.environment_climate import (
    REACH_DEG,
    Climate,
    Sky,
    build_climate,
    gap_deg,
    shipped_regions,
)
from mda_sim.world.environment_grid import GriddedWeather, read_grids
from mda_sim.world.environment_spec import (
    ClimateRegionSpec,
    EnvironmentSpec,
    SeasonalEnvironment,
    StormSpec,
    UniformEnvironment,
)
from mda_sim.world.environment_storm import Storm
from mda_sim.world.environment_summary import SummaryRow, months_of, summary_rows
from mda_sim.world.environment_waves import combined_height_m

BLOCK: Final = 65_536
"""Points that are worked on at once, to bound memory; results do not depend on it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Conditions:
    """The weather at points, arrays of one shape."""

    wind_mps: Floats
    """Wind speed at 10 m, >= 0 [m/s]."""
    wind_from_deg: Floats
    """Direction that the wind blows from, clockwise from north, in [0, 360) [deg]."""
    wave_height_m: Floats
    """Significant wave height, >= 0 [m]."""
    rain_mm_per_hour: Floats
    """Rain rate, >= 0, 0 while it is dry [mm/h]."""
    cloud_fraction: Floats
    """Share of the sky that is clouded, in [0, 1]."""


@dataclass(frozen=True)
class Uniform:
    """Weather that is the same everywhere and always."""

    spec: UniformEnvironment

    def at(self, t_us: NDArray[np.int64], lat_deg: Floats, lon_deg: Floats) -> Sky:
        """The weather at times and points, all (n,); its waves count as swell."""
        del lat_deg, lon_deg
        wind, turn, calm, swell, rain, cloud = (
            np.full(len(t_us), value)
            for value in (
                self.spec.wind_mps,
                self.spec.wind_from_deg,
                0.0,
                self.spec.wave_height_m,
                self.spec.rain_mm_per_hour,
                self.spec.cloud_fraction,
            )
        )
        return Sky(wind, turn, calm, swell, rain, cloud)


@dataclass(frozen=True)
class Environment:
    """The weather of one replicate in a box during [0, ``end_us``]."""

    bounds_deg: BoundsDeg
    """The box."""
    end_us: int
    """End of the time for which it is defined [us]."""
    background: Climate | GriddedWeather | Uniform
    """What there is without storms."""
    storms: tuple[Storm, ...] = ()
    """Storms that pass."""
    duct_height_m: float = 0.0
    """Height of the evaporation duct, 0 for none [m]."""

    @property
    def is_uniform(self) -> bool:
        """Whether the weather is the same everywhere and always."""
        return isinstance(self.background, Uniform)

    def at(self, t_us: ArrayLike, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Conditions:
        """The weather at times (integer microseconds since the start) and positions; arguments broadcast.

        A pure function of its arguments: the order, number and shape of points change no value. Raises
        ShapeError if times are not integers or the arguments do not broadcast together.
        """
        times = np.asarray(t_us)
        if times.dtype.kind not in "ui":
            raise ShapeError(f"t_us are integer microseconds, got an array of {times.dtype}")
        places = [np.asarray(one, np.float64) for one in (lat_deg, lon_deg)]
        try:
            times, lat, lon = np.broadcast_arrays(times.astype(np.int64), *places)
        except ValueError as error:
            shapes = ", ".join(str(one.shape) for one in (times, *places))
            raise ShapeError(f"times and positions do not broadcast together: {shapes}") from error
        flat = [times.ravel(), lat.ravel(), lon.ravel()]
        out = np.full((len(fields(Conditions)), flat[0].size), np.nan)
        inside = np.flatnonzero(self._defined(*flat))
        for k in range(0, inside.size, BLOCK):
            block = inside[k : k + BLOCK]
            out[:, block] = self._block(*(one[block] for one in flat))
        return Conditions(*(column.reshape(times.shape) for column in out))

    def summary(self) -> tuple[SummaryRow, ...]:
        """The climate of each region and month that the run meets; empty for weather from files."""
        if not isinstance(self.background, Climate):
            return ()
        pinned = self.background.month
        months = months_of(self.background.timeline) if pinned is None else (pinned,)
        return summary_rows(self.background.regions, months)

    def _defined(self, t_us: NDArray[np.int64], lat_deg: Floats, lon_deg: Floats) -> NDArray[np.bool_]:
        west, south, east, north = self.bounds_deg
        in_time = (t_us >= 0) & (t_us <= self.end_us)
        in_box = (lat_deg >= south) & (lat_deg <= north) & (lon_deg >= west) & (lon_deg <= east)
        return np.asarray(in_time & in_box)

    def _block(self, t_us: NDArray[np.int64], lat_deg: Floats, lon_deg: Floats) -> Floats:
        """Rows in the order of ``Conditions``, (5, n)."""
        sky = self.background.at(t_us, lat_deg, lon_deg)
        wind, from_deg, sea = sky.wind_mps, sky.wind_from_deg, sky.wind_sea_m
        rain, cloud = sky.rain_mm_per_hour, sky.cloud_fraction
        for storm in self.storms:
            there = storm.at(t_us, lat_deg, lon_deg)
            from_deg = np.where(there.wind_mps > wind, there.wind_from_deg, from_deg)
            wind = np.maximum(wind, there.wind_mps)
            sea = np.maximum(sea, there.wind_sea_m)
            rain = np.maximum(rain, there.rain_mm_per_hour)
            cloud = np.where(there.overcast, 1.0, cloud)
        return np.stack([wind, from_deg, combined_height_m(sea, sky.swell_m), rain, cloud])


def build_environment(
    spec: EnvironmentSpec, area: Box | Polygon | Circle, timeline: Timeline, seed: int
) -> Environment:
    """The weather of one replicate in the box around an area, during [0, ``timeline.end_us``].

    Raises RunError if no climate region is near some part of the area or the weather would not fit in
    memory; for weather from files as ``environment_grid.read_grids``.
    """
    bounds_deg = bounds(area)
    duct_m = spec.evaporation_duct_height_m
    if isinstance(spec, UniformEnvironment):
        return Environment(bounds_deg, timeline.end_us, Uniform(spec), duct_height_m=duct_m)
    if not isinstance(spec, SeasonalEnvironment):
        weather = read_grids(spec, bounds_deg, timeline)
        return Environment(bounds_deg, timeline.end_us, weather, duct_height_m=duct_m)
    regions = regions_of(spec)
    gap = climate_gap(spec, area)
    if gap:
        raise RunError(gap)
    preset = None if spec.preset is None else catalogue.environment_presets()[spec.preset]
    month = spec.month if spec.month is not None or preset is None else preset.month
    start_us = to_us(spec.storms_start_s)
    return Environment(
        bounds_deg,
        timeline.end_us,
        build_climate(regions, spec.variability, month, bounds_deg, timeline, seed),
        tuple(Storm(storm, start_us) for storm in storms_of(spec).values()),
        duct_m,
    )


def regions_of(spec: SeasonalEnvironment) -> dict[str, ClimateRegionSpec]:
    """The climate that a spec uses, by region: its own, else the catalogue's."""
    return dict(spec.regions) or shipped_regions()


def storms_of(spec: SeasonalEnvironment) -> dict[str, StormSpec]:
    """The storms of a spec and of its preset, by id and in the order of ids."""
    shipped = {} if spec.preset is None else catalogue.environment_presets()[spec.preset].storms
    storms = {name: StormSpec.model_validate(tree) for name, tree in shipped.items()} | dict(spec.storms)
    return dict(sorted(storms.items()))


def climate_gap(spec: SeasonalEnvironment, area: Box | Polygon | Circle) -> str:
    """What is wrong if the climate does not hold near all of an area; empty if it does."""
    gap = gap_deg(regions_of(spec), bounds(area))
    if gap <= REACH_DEG:
        return ""
    whose = "of the scenario" if spec.regions else "of the catalogue"
    return (
        f"part of the area lies {gap:.0f} degrees from every climate region {whose}, more than "
        f"{REACH_DEG:g}: state regions for it under world.environment.regions"
    )
