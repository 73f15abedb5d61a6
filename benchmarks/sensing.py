"""The radars and AIS receivers of a region for a week, in a process of its own; prints JSON.

    python benchmarks/sensing.py [N_VESSELS] [--weather]

The reference load: 105-130 E, 0-30 N, 10,000 vessels on great-circle legs for 7 days; 40 coastal radars that
report every 60 s, 50 to 100 nautical miles; 30 AIS receivers that report every 180 s. Everything is placed by
a fixed seed, and there is no land. A look is one interval of one sensor in which a target is in reach; there
are about 21 million of the radars. Kernels are compiled by a small load first; times are wall-clock, of one
process on one core: the median of three sweeps, or one sweep of larger fleets.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS, NAUTICAL_MILE_M
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import distance_m
from mda_sim.meter import peak_memory_bytes
from mda_sim.sensing.ais import AisReceiver
from mda_sim.sensing.looks import reporting_grid
from mda_sim.sensing.radar import CoastalRadar
from mda_sim.sensing.range_equation import Losses
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.sensing.sweep import sense
from mda_sim.sensing.windows import find_windows
from mda_sim.world.broadcasts import for_life
from mda_sim.world.environment import Environment, build_environment
from mda_sim.world.environment_climate import shipped_regions
from mda_sim.world.environment_spec import SeasonalEnvironment
from mda_sim.world.fleet import AisClass, Fleet, legs_between
from mda_sim.world.groups import Group, assemble

DAYS = 7
REPEATS, REPEATED_VESSELS = 3, 10_000
AREA = Box(kind="box", lat_min_deg=0.0, lat_max_deg=30.0, lon_min_deg=105.0, lon_max_deg=130.0)
WEEK = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, DAYS * 86_400 * US_PER_S, 0)


def fleet_of(n_vessels: int) -> Fleet:
    """The vessels of the load alone."""
    return assemble([ships(n_vessels)])


def ships(n_vessels: int) -> Group:
    """Vessels that sail from one random point of the box to the next at 8 to 16 knots."""
    rng = np.random.default_rng(1)
    n_points = 12
    lat = rng.uniform(0.0, 30.0, (n_vessels, n_points))
    lon = rng.uniform(105.0, 130.0, (n_vessels, n_points))
    speed_mps = rng.uniform(8.0, 16.0, (n_vessels, 1)) * KNOT_MPS
    sailed_s = np.cumsum(distance_m(lat[:, :-1], lon[:, :-1], lat[:, 1:], lon[:, 1:]) / speed_mps, axis=1)
    t_us = np.concatenate([np.zeros((n_vessels, 1)), sailed_s], axis=1) * US_PER_S
    vessel = np.repeat(np.arange(n_vessels), n_points)
    legs = legs_between(lat.ravel(), lon.ravel(), np.rint(t_us.ravel()).astype(np.int64), vessel)
    return Group(
        traffic_class="ship",
        stream="ship",
        index=np.arange(n_vessels),
        flag=[""] * n_vessels,
        length_m=rng.uniform(15.0, 250.0, n_vessels),
        ais=np.full(n_vessels, AisClass.CLASS_A, np.uint8),
        legs=legs,
        broadcasts=for_life(np.ones(n_vessels, np.bool_), legs),
    )


def radars() -> dict[str, CoastalRadar]:
    """40 radars at random places, on antennas whose own horizon is two thirds of their range."""
    rng = np.random.default_rng(2)
    made = {}
    for k in range(40):
        range_m = float(rng.uniform(50.0, 100.0)) * NAUTICAL_MILE_M
        made[f"radar_{k:02d}"] = CoastalRadar(
            operator="PHL",
            lat_deg=float(rng.uniform(2.0, 28.0)),
            lon_deg=float(rng.uniform(107.0, 128.0)),
            antenna_height_m=(range_m / 1.5 / 4120.0) ** 2,
            max_range_m=range_m,
            power_w=25e3,
            antenna_gain_dbi=35.0,
            frequency_hz=9.4e9,
            pulse_width_s=1e-6,
            noise_figure_db=4.0,
            losses=Losses(other_db=6.0),
            azimuth_beamwidth_deg=0.45,
            rotation_period_s=4.0,
            prf_hz=800.0,
            min_scans=3,
            interval_s=60.0,
        )
    return made


def receivers() -> dict[str, AisReceiver]:
    """30 receivers at random places."""
    rng = np.random.default_rng(3)
    return {
        f"ais_{k:02d}": AisReceiver(
            operator="PHL",
            lat_deg=float(rng.uniform(2.0, 28.0)),
            lon_deg=float(rng.uniform(107.0, 128.0)),
            antenna_height_m=60.0,
            max_range_m=80e3,
            p_decode=0.6,
            interval_s=180.0,
        )
        for k in range(30)
    }


def climate() -> SeasonalEnvironment:
    """The catalogue's climate, carried on inland so that it holds all over the box."""
    regions = shipped_regions()
    inland = Box(kind="box", lat_min_deg=23.5, lat_max_deg=30.0, lon_min_deg=105.0, lon_max_deg=117.0)
    regions["inland"] = regions["china_south_coast"].model_copy(update={"area": inland})
    return SeasonalEnvironment(kind="seasonal", regions=regions)


def looks_in_range(fleet: Fleet, sensors: Mapping[str, FixedSensor], timeline: Timeline) -> int:
    """Number of intervals of all sensors in which a target is in reach, from the windows alone."""
    total = 0
    for name, sensor in sensors.items():
        grid = reporting_grid(sensor, name, timeline, 1)
        windows = find_windows(fleet, sensor.lat_deg, sensor.lon_deg, sensor.reach_m(fleet.targets))
        first = (windows["t_from_us"] - grid.phase_us) // grid.interval_us
        last = (windows["t_to_us"] - grid.phase_us) // grid.interval_us
        total += int((np.minimum(last, grid.stop - 1) - np.maximum(first, 0) + 1).clip(0).sum())
    return total


def swept(
    fleet: Fleet, sensors: Mapping[str, FixedSensor], environment: Environment | None = None
) -> tuple[float, int]:
    """Seconds of a sweep, and contacts that it makes."""
    seconds, n_contacts = [], 0
    for _ in range(REPEATS if fleet.n_vessels <= REPEATED_VESSELS else 1):
        start = time.perf_counter()
        log = sense(fleet, sensors, WEEK, 1, land=None, area=AREA, environment=environment)
        seconds.append(time.perf_counter() - start)
        n_contacts = len(log.contacts)
        del log  # the next has its memory
    return statistics.median(seconds), n_contacts


def measured(n_vessels: int, environment: Environment | None = None) -> dict[str, float]:
    """Seconds, looks, contacts and memory of the load with so many vessels."""
    both = {**radars(), **receivers()}
    swept(fleet_of(50), both, environment)
    fleet = fleet_of(n_vessels)
    seconds, contacts = swept(fleet, both, environment)
    peak_mib = peak_memory_bytes() / 2**20
    radar_s, radar_contacts = swept(fleet, radars(), environment)
    ais_s, ais_contacts = swept(fleet, receivers(), environment)
    radar_looks, ais_looks = (looks_in_range(fleet, some, WEEK) for some in (radars(), receivers()))
    return {
        "vessels": n_vessels,
        "seconds": seconds,
        "contacts": contacts,
        "peak_mib": peak_mib,
        "radar_looks": radar_looks,
        "radar_contacts": radar_contacts,
        "radar_look_ns": radar_s / radar_looks * 1e9,
        "ais_looks": ais_looks,
        "ais_contacts": ais_contacts,
        "ais_look_ns": ais_s / ais_looks * 1e9,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_vessels", type=int, nargs="?", default=10_000)
    parser.add_argument("--weather", action="store_true", help="with a seasonal climate")
    options = parser.parse_args()
    environment = None
    if options.weather:
        environment = build_environment(climate(), AREA, WEEK, 1)
    print(json.dumps(measured(options.n_vessels, environment)))


if __name__ == "__main__":
    main()
