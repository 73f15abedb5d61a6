"""From a radar, a fleet and the weather to what the kernels take; and the same physics asked by range.

Where next: ``radar_kernels``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.sphere import unit_vectors
from mda_sim.sensing.example import Example, Sky
from mda_sim.sensing.local_weather import LocalWeather, local_weather
from mda_sim.sensing.propagation import duct_loss_db_per_km, low_target_range_m
from mda_sim.sensing.radar_kernels import Draws
from mda_sim.sensing.radar_signal_kernels import (
    RadarFacts,
    Tables,
    Target,
    TargetFacts,
    Weather,
    cubic,
    in_weather,
    p_scan_of,
    signal_of,
)
from mda_sim.sensing.radar_tables import STATES_PER_SEA_STATE, first_land_m, range_tables, ray_tables
from mda_sim.sensing.rain import rain_db_per_km, rain_reflectivity_per_m
from mda_sim.sensing.rcs import ASPECT_CLASSES, median_rcs_m2

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.sensing.looks import Watch
    from mda_sim.sensing.radar import Radar, RadarSet
    from mda_sim.world.environment import Environment
    from mda_sim.world.fleet import Fleet

NO_LAND: Final = np.full(1, np.inf)
"""Land by bearing where there is none."""
NEPER_PER_DB: Final = math.log(10.0) / 10.0
"""Nepers of power in a decibel."""


def facts_of(radar: Radar, land: Land | None, environment: Environment | None) -> tuple[RadarFacts, Tables]:
    """The numbers and tables of a radar ashore."""
    duct_m = 0.0 if environment is None else environment.duct_height_m
    land_m = first_land_m(radar, land, radar.longest_m(duct_m))
    place = radar.lat_deg, radar.lon_deg
    return set_facts(radar, land_m, duct_m, has_weather=environment is not None, place=place)


def set_facts(
    radar: RadarSet,
    land_m: NDArray[np.float64],
    duct_m: float,
    *,
    has_weather: bool,
    place: tuple[float, float] = (0.0, 0.0),
) -> tuple[RadarFacts, Tables]:
    """The numbers and tables of a radar; ``land_m`` by bearing, see ``ray_tables``.

    ``place``: latitude and longitude of a radar ashore [deg].
    """
    curve = radar.curve
    ranges = range_tables(radar, radar.longest_m(duct_m), with_sea=has_weather)
    rays = ray_tables(radar, land_m)
    x, y, z = unit_vectors(*place).tolist()
    lat, lon = math.radians(place[0]), math.radians(place[1])
    bow, quarter, beam = (10.0 ** (one.factor_db / 10.0) for one in ASPECT_CLASSES)
    loss_db = duct_loss_db_per_km(radar.frequency_hz, duct_m)
    facts = RadarFacts(
        x=x,
        y=y,
        z=z,
        east_x=-math.sin(lon),
        east_y=math.cos(lon),
        north_x=-math.sin(lat) * math.cos(lon),
        north_y=-math.sin(lat) * math.sin(lon),
        north_z=math.cos(lat),
        half_snr=curve.half_snr,
        min_scans=radar.min_scans,
        n_scans=radar.n_scans,
        p_sure=curve.p_sure,
        snr_sure=curve.snr_sure,
        fluctuation_sigma_db=radar.fluctuation_sigma_db,
        min_p_report=radar.min_p_report,
        steps_per_m=1.0 / ranges.step_m,
        bow_factor=bow,
        quarter_factor=quarter,
        beam_factor=beam,
        slow_mps=radar.min_radial_speed_mps,
        duct_neper_per_m=2.0 * loss_db * NEPER_PER_DB / 1000.0,
        cells_per_m=1.0 / radar.cell_depth_m,
        n_columns=math.ceil(360.0 / radar.azimuth_beamwidth_deg),
        has_weather=has_weather,
    )
    tables = Tables(curve.scan, curve.some, ranges.pattern, ranges.sea, ranges.rain, rays.land_m, rays.column)
    return facts, tables


def targets_of(radar: RadarSet, fleet: Fleet) -> TargetFacts:
    """The targets of a fleet as a radar sees them."""
    columns = fleet.targets
    heights_m = columns["height_m"]
    rcs_m2 = median_rcs_m2(columns["length_m"], columns["hull"], radar.frequency_hz)
    return TargetFacts(
        radar.snr_at_1_m * rcs_m2,
        radar.horizon_m(heights_m),
        low_target_range_m(radar.antenna_height_m, heights_m, radar.frequency_hz),
        fleet.draw_address,
        columns["index"],
    )


def weather_of(radar: Radar, environment: Environment | None, end_us: int) -> Weather:
    """The weather around a radar ashore during [0, ``end_us``]; calm and dry without an environment."""
    if environment is None:
        calm = np.zeros((1, 1, 1))
        return _weather(radar, LocalWeather(1.0, 1, calm, calm, calm))
    longest_m = radar.longest_m(environment.duct_height_m)
    return _weather(radar, local_weather(environment, radar.lat_deg, radar.lon_deg, longest_m, end_us))


def _weather(radar: RadarSet, local: LocalWeather) -> Weather:
    loss_db = 2.0 * rain_db_per_km(radar.frequency_hz, local.path_mm_per_hour, radar.polarization)
    return Weather(
        local.cell_m,
        local.step_us,
        np.rint(local.sea_state * STATES_PER_SEA_STATE).astype(np.int64),
        loss_db * NEPER_PER_DB / 1000.0,
        rain_reflectivity_per_m(radar.frequency_hz, local.rain_mm_per_hour),
    )


def draws_of(watch: Watch) -> Draws:
    """Keys of the draws of one radar in one replicate."""
    keys = watch.key("sense.radar.contact"), watch.key("sense.radar.persistent")
    return Draws(*keys, np.uint64(watch.address))


def p_by_range(radar: RadarSet, range_m: ArrayLike, example: Example, sky: Sky) -> NDArray[np.float64]:
    """See ``RadarSet.p_by_range``."""
    ranges_m = np.asarray(range_m, np.float64)
    state, rain = sky.sea_state, np.full((1, 1, 1), sky.rain_mm_per_hour)
    has_weather = state is not None or sky.rain_mm_per_hour > 0.0
    facts, tables = set_facts(radar, NO_LAND, sky.duct_height_m, has_weather=has_weather)
    if state is None:
        tables = tables._replace(sea=np.zeros_like(tables.sea))
    weather = _weather(radar, LocalWeather(1.0, 1, np.full((1, 1, 1), state or 0.0), rain, rain))
    target = Target(
        radar.snr_at_1_m * float(median_rcs_m2(example.length_m, example.hull, radar.frequency_hz)),
        float(radar.horizon_m(example.height_m)),
        float(low_target_range_m(radar.antenna_height_m, example.height_m, radar.frequency_hz)),
        np.uint64(0),
        np.uint64(0),
    )
    row = int(weather.sea_row[0, 0, 0])
    loss, returned = float(weather.neper_per_m[0, 0, 0]), float(weather.rain_per_m[0, 0, 0])
    steps_m = np.arange(len(tables.pattern)) / facts.steps_per_m
    patterns = np.interp(ranges_m.ravel(), steps_m, tables.pattern)
    clutters = np.interp(ranges_m.ravel(), steps_m, tables.sea[row] + returned * tables.rain)
    found = []
    for one, pattern, clutter in zip(ranges_m.ravel().tolist(), patterns, clutters, strict=True):
        hidden = one > radar.max_range_m or (one > target.horizon_m and math.isinf(facts.duct_neper_per_m))
        r = max(one, 1.0)
        signal = -1.0 if hidden else signal_of(r, pattern, target, facts)
        if has_weather and not hidden:
            signal = in_weather(signal, r, pattern, clutter, loss)
        p = p_scan_of(signal, facts.half_snr, tables.scan)
        found.append(1.0 if p >= facts.p_sure else cubic(tables.some, p))
    return np.array(found, np.float64).reshape(ranges_m.shape)
