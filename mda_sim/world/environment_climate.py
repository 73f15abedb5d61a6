"""Weather drawn from a climate by region and month.

Model: three fields of ``environment_field`` (g_w, g_d, g_r) are standard normal at every point and time. With
Phi the normal distribution function and the parameters of place and time,
    wind speed      U = lambda (-ln(1 - Phi(g_w)))^(1/k), lambda = mean / Gamma(1 + 1/k): Weibull(mean, shape
k);
    wind direction  prevailing + sigma g_d, sigma = sqrt(-2 ln R): its unit vectors have mean length R
exactly;
    rain            falls while v = Phi(g_r) > 1 - p, at the rate -q ln((1 - v) / p): wet the share p of the
                    time, exponential with mean q while it rains;
    cloud           v^a with a = 1/m - 1: mean m, and the sky is cloudiest where it rains;
    waves           ``environment_waves`` of wind and fetch, with the month's swell.
Parameters lie on a lattice of one degree: a node takes those of the smallest box that holds it, of the
nearest box where none does, and they are linear between nodes (direction by its unit vector) and between the
middles of months.

Assumptions and limits: speed, direction and rain are independent of each other; there is no daily cycle and
no land or sea breeze, and islands shelter nothing. Between middles of months the mean is that of the line
between them. No point of the area may lie more than ``REACH_DEG`` from all boxes.

Source: Weibull winds over sea: A. H. Monahan, Journal of Climate 19, 2006, pp. 497-520 (a good, not perfect
fit). Correlation time of the wind: more than one day over the oceans (G. Bel and Y. Ashkenazy, AGU Fall
Meeting 2012, NG41C-1561), 30 h here; 86 % of the variance explained within 100 km (Scatterometer winds,
"Spatial correlation of marine wind-speed observations", abstract), the cell of 4 degrees here: assumptions
shaped after them. Rain's 3 h and 1 degree, and power-law cloud: assumptions. Where next: ``environment``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import Timeline
from mda_sim.data import catalogue
from mda_sim.geo.regions import BoundsDeg, Box, area_m2
from mda_sim.world.environment_field import GaussianField, Lattice, gaussian_field
from mda_sim.world.environment_spec import MONTHS, ClimateMonthSpec, ClimateRegionSpec, VariabilitySpec
from mda_sim.world.environment_waves import wind_sea_height_m

REACH_DEG: Final = 5.0
"""How far beyond its box a climate may be used where no other box is nearer. [deg]"""
NODE_DEG: Final = 1.0
"""Spacing of the lattice of parameters. [deg]"""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MEAN, _SHAPE, _EAST, _NORTH, _STEADY, _SWELL, _WET, _RATE, _CLOUD, _FETCH = range(10)


@dataclass(frozen=True)
class Sky:
    """Weather at points, all (n,)."""

    wind_mps: Floats
    """Wind speed at 10 m, >= 0 [m/s]."""
    wind_from_deg: Floats
    """Direction that the wind blows from, in [0, 360) [deg]."""
    wind_sea_m: Floats
    """Significant height of the wind sea, >= 0 [m]."""
    swell_m: Floats
    """Significant height of the swell, >= 0 [m]."""
    rain_mm_per_hour: Floats
    """Rain rate, >= 0 [mm/h]."""
    cloud_fraction: Floats
    """Share of the sky that is clouded, in [0, 1]."""


@dataclass(frozen=True)
class Climate:
    """The climate of a box, and one realisation of the weather in it during [0, end_us]."""

    regions: Mapping[str, ClimateRegionSpec]
    """Regions that some node takes its climate from, by id."""
    timeline: Timeline
    """The calendar."""
    month: int | None
    """Month that holds throughout; None for the calendar's."""
    lattice: Lattice
    """Nodes of the parameters."""
    parameters: Floats
    """Parameters of each month at each node, (12, n_rows, n_columns, 10)."""
    wind: GaussianField
    """Field behind the wind's speed."""
    turn: GaussianField
    """Field behind its direction."""
    wet: GaussianField
    """Field behind rain and cloud."""

    def at(self, t_us: Ints, lat_deg: Floats, lon_deg: Floats) -> Sky:
        """The weather at times in [0, end_us] and points within the box, all (n,)."""
        from scipy.special import log_ndtr, ndtr

        local = self._parameters(t_us, lat_deg, lon_deg).T
        power = 1.0 / local[_SHAPE]
        speed = (
            _weibull_scale(local[_MEAN], power) * (-log_ndtr(-self.wind.at(t_us, lat_deg, lon_deg))) ** power
        )
        spread_rad = np.sqrt(np.maximum(-2.0 * np.log(local[_STEADY]), 0.0))
        from_rad = np.arctan2(local[_EAST], local[_NORTH])
        from_rad = from_rad + spread_rad * self.turn.at(t_us, lat_deg, lon_deg)
        wet = self.wet.at(t_us, lat_deg, lon_deg)
        dry = ndtr(-wet)  # 1 - v, exact where v is near 1
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(dry < local[_WET], -local[_RATE] * np.log(dry / local[_WET]), 0.0)
        return Sky(
            wind_mps=speed,
            wind_from_deg=np.rad2deg(from_rad) % 360.0,
            wind_sea_m=wind_sea_height_m(speed, local[_FETCH]),
            swell_m=local[_SWELL],
            rain_mm_per_hour=rate,
            cloud_fraction=ndtr(wet) ** (1.0 / local[_CLOUD] - 1.0),
        )

    def _parameters(self, t_us: Ints, lat_deg: Floats, lon_deg: Floats) -> Floats:
        """Parameters at times and points, (n, 10)."""
        month, share = self._months(t_us)
        after = (month + 1) % MONTHS
        found = np.zeros((len(t_us), self.parameters.shape[-1]))
        for row, column, weight in self.lattice.cells(lat_deg, lon_deg).weights():
            found += (weight * (1.0 - share))[:, None] * self.parameters[month, row, column]
            found += (weight * share)[:, None] * self.parameters[after, row, column]
        return found

    def _months(self, t_us: Ints) -> tuple[Ints, Floats]:
        """The month, 0 to 11, whose middle is the last one passed, and the share of the way to the next."""
        if self.month is not None:
            return np.full(t_us.shape, self.month - 1), np.zeros(t_us.shape)
        start = np.datetime64(self.timeline.start.astimezone(UTC).replace(tzinfo=None), "us")
        moment = start + t_us.astype("timedelta64[us]")
        begin = moment.astype("datetime64[M]")
        length = (begin + 1).astype("datetime64[us]") - begin.astype("datetime64[us]")
        passed = (moment - begin.astype("datetime64[us]")) / length - 0.5
        month = begin.astype(np.int64) % MONTHS
        return np.where(passed < 0, month - 1, month) % MONTHS, passed % 1.0


def _weibull_scale(mean: Floats, power: Floats) -> Floats:
    from scipy.special import gamma

    return np.asarray(mean / gamma(1.0 + power), np.float64)


def build_climate(
    regions: Mapping[str, ClimateRegionSpec],
    variability: VariabilitySpec,
    month: int | None,
    bounds_deg: BoundsDeg,
    timeline: Timeline,
    seed: int,
) -> Climate:
    """The weather of one replicate in a box during [0, ``timeline.end_us``].

    Raises RunError if its fields would not fit in memory.
    """
    lattice = Lattice.around(bounds_deg, NODE_DEG)
    wind = {"time_s": variability.wind_time_s, "cell_deg": variability.wind_cell_deg}
    rain = {"time_s": variability.rain_time_s, "cell_deg": variability.rain_cell_deg}
    chosen = _region_of_nodes(regions, lattice)
    names = list(regions)
    return Climate(
        regions={names[j]: regions[names[j]] for j in np.unique(chosen)},
        timeline=timeline,
        month=month,
        lattice=lattice,
        parameters=_parameters_of(regions)[:, chosen],
        wind=gaussian_field("wind", seed, bounds_deg, timeline.end_us, **wind),
        turn=gaussian_field("wind_direction", seed, bounds_deg, timeline.end_us, **wind),
        wet=gaussian_field("rain", seed, bounds_deg, timeline.end_us, **rain),
    )


def shipped_regions() -> dict[str, ClimateRegionSpec]:
    """The climate of the catalogue, by region."""
    months = catalogue.environment_climate()
    regions = {}
    for region in catalogue.environment_regions().values():
        rows = [months[f"{region.id}_{month:02d}"] for month in range(1, MONTHS + 1)]
        of_months = [{name: getattr(row, name) for name in ClimateMonthSpec.model_fields} for row in rows]
        tree = {
            "area": {name: getattr(region, name) for name in Box.model_fields if name != "kind"},
            "fetch_m": region.fetch_m,
            "months": of_months,
            "source": region.source,
            "confidence": region.confidence,
        }
        regions[region.id] = ClimateRegionSpec.model_validate(tree)
    return regions


def gap_deg(regions: Mapping[str, ClimateRegionSpec], bounds_deg: BoundsDeg) -> float:
    """How far the point of a box that is farthest from all regions is from the nearest one, in degrees.

    Looked for on a lattice of ``NODE_DEG``; 0 where the regions hold the whole box.
    """
    west, south, east, north = bounds_deg
    lat = np.append(np.arange(south, north, NODE_DEG), north)
    lon = np.append(np.arange(west, east, NODE_DEG), east)
    away = [_away_deg(region.area, lat, lon) for region in regions.values()]
    return float(np.min(away, axis=0).max())


def _away_deg(box: Box, lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Distance in degrees of each pair of a latitude and a longitude from a box, (n_lat, n_lon)."""
    d_lat = np.maximum(np.maximum(box.lat_min_deg - lat_deg, lat_deg - box.lat_max_deg), 0.0)
    d_lon = np.maximum(np.maximum(box.lon_min_deg - lon_deg, lon_deg - box.lon_max_deg), 0.0)
    return np.hypot(d_lat[:, None], d_lon[None, :])


def _region_of_nodes(regions: Mapping[str, ClimateRegionSpec], lattice: Lattice) -> Ints:
    """Index in ``regions`` of the climate of each node, (n_rows, n_columns).

    The nearest box; of those that hold the node the smallest, ties by order of ids.
    """
    lat, lon = lattice.positions_deg()
    away = np.array([_away_deg(region.area, lat, lon) for region in regions.values()])
    size = np.array([area_m2(region.area) for region in regions.values()])
    near = away == away.min(axis=0)
    return np.asarray(np.where(near, size[:, None, None], np.inf).argmin(axis=0), np.int64)


def _parameters_of(regions: Mapping[str, ClimateRegionSpec]) -> Floats:
    """Parameters of each month and region, (12, n_regions, 10)."""
    table = np.empty((MONTHS, len(regions), 10))
    for j, region in enumerate(regions.values()):
        for month in range(MONTHS):
            table[month, j] = _row(region.months[month % len(region.months)], region.fetch_m)
    return table


def _row(one: ClimateMonthSpec, fetch_m: float) -> Floats:
    row = np.empty(10)
    from_rad = np.deg2rad(one.wind_from_deg)
    row[[_MEAN, _SHAPE, _STEADY]] = one.wind_mean_mps, one.wind_shape, one.wind_steadiness
    row[[_EAST, _NORTH, _SWELL, _FETCH]] = np.sin(from_rad), np.cos(from_rad), one.swell_m, fetch_m
    row[[_WET, _RATE, _CLOUD]] = one.rain_fraction, one.rain_mm_per_hour, one.cloud_fraction
    return row
