"""Satellites and aircraft over the reference load, in a process of its own; prints JSON.

    python benchmarks/moving.py [N_VESSELS] [--load sar|all]

Adds to the radars, AIS receivers and vessels of ``sensing.py``: with ``sar`` eight radar satellites (those of
Sentinel-1's orbit and swath, all passes worked); with ``all`` also 60 AIS satellites (the catalogue's Spire
type), ten patrol aircraft that each leave once a day for 8 hours, with a radar and an AIS receiver aboard,
and 1,024 probes on a grid.

A SAR look is one target in one image that has it abeam in its swath; how many targets are tested for each is
given too. A look of an AIS satellite is one vessel in view in one pass. Their times are those of a sweep by
these satellites alone over their number, so orbits, passes and the load of messages are in them. Kernels are
compiled by a small load first; times are wall-clock, of one process on one core, the median of three sweeps.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensing import AREA, DAYS, REPEATED_VESSELS, REPEATS, WEEK, fleet_of, radars, receivers, ships

from mda_sim.core.time import US_PER_DAY
from mda_sim.data import catalogue
from mda_sim.geo.orbits import track
from mda_sim.geo.regions import Box
from mda_sim.meter import peak_memory_bytes
from mda_sim.sensing.ais_satellite import AisSatellite
from mda_sim.sensing.footprint import views_of
from mda_sim.sensing.looks import HELD, Setting
from mda_sim.sensing.mobile_ais import MobileAisReceiver
from mda_sim.sensing.mobile_radar import MobileRadar
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.sensors import SensorSpec
from mda_sim.sensing.sweep import BLOCK, sense
from mda_sim.sensing.windows import leg_columns
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import PROBE, AisClass, Fleet, legs_between
from mda_sim.world.groups import Group, assemble
from mda_sim.world.platforms import BaseSpec, PlatformSpec, SearchSpec, SortieSpec
from mda_sim.world.sorties import Carrier, build_carriers

N_AIRCRAFT, N_PROBES_ASIDE, AWAY_S = 10, 32, 8 * 3600.0

Floats = NDArray[np.float64]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_vessels", type=int, nargs="?", default=10_000)
    parser.add_argument("--load", choices=("sar", "all"), default="all")
    options = parser.parse_args()
    print(json.dumps(measured(options.n_vessels, options.load == "all")))


def measured(n_vessels: int, with_all: bool) -> dict[str, float]:
    """Seconds, contacts and memory of a load with so many vessels, and what its looks cost by kind."""
    sensors: dict[str, SensorSpec] = {**radars(), **receivers(), "sar": sar_satellites()}
    carriers: dict[str, Carrier] = {}
    if with_all:
        platforms = aircraft()
        carriers = build_carriers(platforms, WEEK, 1, None, None)
        sensors |= {"ais_satellites": ais_satellites(), **aboard(platforms)}
    some_fleet = with_probes if with_all else fleet_of
    swept(some_fleet(50), sensors, carriers)
    fleet = some_fleet(n_vessels)
    found = swept(fleet, sensors, carriers)
    found |= {"vessels": n_vessels, "peak_mib": peak_memory_bytes() / 2**20}
    costs = sar_costs(fleet)
    if with_all:
        costs |= ais_satellite_costs(fleet)
        for kind, words in ((MobileRadar, "radars_aboard"), (MobileAisReceiver, "ais_aboard")):
            own = {name: one for name, one in sensors.items() if isinstance(one, kind)}
            costs |= {f"{words}_{key}": value for key, value in swept(fleet, own, carriers).items()}
    return found | costs


def swept(
    fleet: Fleet, sensors: Mapping[str, SensorSpec], carriers: Mapping[str, Carrier] | None = None
) -> dict[str, float]:
    """Seconds of a sweep, and the reports and contacts that it makes."""
    seconds, made = [], {}
    for _ in range(REPEATS if fleet.n_vessels <= REPEATED_VESSELS else 1):
        track.cache_clear()  # a process makes each orbit once: that is to be in the time
        start = time.perf_counter()
        log = sense(fleet, sensors, WEEK, 1, land=None, area=AREA, carriers=carriers)
        seconds.append(time.perf_counter() - start)
        made = {"reports": len(log.reports), "contacts": len(log.contacts)}
        del log  # the next has its memory
    return {"seconds": statistics.median(seconds), **made}


def sar_costs(fleet: Fleet) -> dict[str, float]:
    """What a look of the radar satellites takes, and how many there are, certain to be held or not."""
    sar = sar_satellites()
    took = swept(fleet, {"sar": sar})
    sure = sar.model_copy(update={"p_max": 1.0, "length_50_m": 0.0, "length_scale_m": 0.01})
    plan = sure.plan("sar", setting(fleet))
    n_images, looks = len(plan.interval), 0
    for first in range(0, fleet.n_targets, BLOCK):
        stop = min(first + BLOCK, fleet.n_targets)
        looks += plan.look(first, stop, np.empty((stop - first) * n_images, HELD))
    return {
        "sar_seconds": took["seconds"],
        "sar_images": n_images,
        "sar_looks": looks,
        "sar_tested": n_images * fleet.n_targets,
        "sar_look_us": took["seconds"] / looks * 1e6,
        "sar_tested_ns": took["seconds"] / (n_images * fleet.n_targets) * 1e9,
    }


def ais_satellite_costs(fleet: Fleet) -> dict[str, float]:
    """What a look of the AIS satellites takes, and how many there are: vessels in view, passes by passes."""
    from mda_sim.sensing.lanes_kernels import LANES, board, find_views, no_lanes

    listener = ais_satellites()
    took = swept(fleet, {"ais_satellites": listener})
    tracks = listener.tracks(WEEK)
    views = views_of(listener, tracks, listener.works("ais_satellites", setting(fleet), tracks))
    n_passes = len(views.order)
    legs, out, looks = leg_columns(fleet), np.empty((LANES, 3), np.int64), 0
    first_leg = fleet.targets["first_leg"].astype(np.int64)
    last_leg = first_leg + fleet.targets["n_legs"]
    for first in range(0, fleet.n_vessels, LANES):
        lanes = no_lanes()
        for target in range(first, min(first + LANES, fleet.n_vessels)):
            board(lanes, target - first, legs, first_leg[target], last_leg[target])
        looks += sum(find_views(views, work, legs, lanes, out) for work in range(n_passes))
    return {
        "ais_satellite_seconds": took["seconds"],
        "ais_satellite_passes": n_passes,
        "ais_satellite_looks": looks,
        "ais_satellite_contacts": took["contacts"],
        "ais_satellite_look_ns": took["seconds"] / looks * 1e9,
    }


def setting(fleet: Fleet) -> Setting:
    """The world of the sweeps, without aircraft."""
    return Setting(fleet, WEEK, 1, None, AREA)


def with_probes(n_vessels: int) -> Fleet:
    """The fleet of the reference load and 1,024 probes at rest on a grid."""
    lat, lon = (grid.ravel() for grid in np.meshgrid(*grid_deg(), indexing="ij"))
    n = len(lat)
    t_us = np.tile(np.array([0, DAYS * US_PER_DAY]), n)
    legs = legs_between(np.repeat(lat, 2), np.repeat(lon, 2), t_us, np.repeat(np.arange(n), 2))
    probes = Group(
        traffic_class=PROBE,
        stream=PROBE,
        index=np.arange(n),
        flag=[""] * n,
        length_m=np.full(n, 50.0),
        ais=np.full(n, AisClass.NONE, np.uint8),
        legs=legs,
        broadcasts=for_life(np.zeros(n, np.bool_), legs),
    )
    return assemble([ships(n_vessels)], probes)


def grid_deg() -> tuple[Floats, Floats]:
    """Latitudes and longitudes of 32 by 32 places, each in the middle of its part of the area [deg]."""
    share = (np.arange(N_PROBES_ASIDE) + 0.5) / N_PROBES_ASIDE
    south, west = AREA.lat_min_deg, AREA.lon_min_deg
    return south + share * (AREA.lat_max_deg - south), west + share * (AREA.lon_max_deg - west)


def sar_satellites() -> SarSatellite:
    """Eight satellites in one plane that all look to the right; every pass is worked."""
    changes = {"n_satellites": 8, "duty": 1.0}
    return SarSatellite.model_validate(parameters("sar_sentinel_1") | changes)


def ais_satellites() -> AisSatellite:
    """60 satellites in 12 planes at 51.6 degrees."""
    return AisSatellite.model_validate(parameters("ais_spire_lemur"))


def aircraft() -> dict[str, PlatformSpec]:
    """Ten aircraft with speeds and height of the catalogue's P-1, each from a place of its own."""
    rng = np.random.default_rng(4)
    made = {}
    for k in range(N_AIRCRAFT):
        lat_deg, lon_deg = float(rng.uniform(5.0, 25.0)), float(rng.uniform(109.0, 126.0))
        north, east = rng.uniform(-3.0, 3.0, 2).tolist()
        south, west = lat_deg + north - 1.5, lon_deg + east - 1.5
        region = Box(
            kind="box", lat_min_deg=south, lat_max_deg=south + 3.0, lon_min_deg=west, lon_max_deg=west + 3.0
        )
        made[f"aircraft_{k}"] = PlatformSpec.model_validate(
            dict(catalogue.platform_type("p_1").parameters)
            | {
                "endurance_s": AWAY_S,
                "base": BaseSpec(lat_deg=lat_deg, lon_deg=lon_deg),
                "search": SearchSpec(region=region, spacing_m=40e3),
                "sorties": SortieSpec(leaves_from_s=0.0, leaves_to_s=16 * 3600.0),
            }
        )
    return made


def aboard(platforms: Mapping[str, PlatformSpec]) -> dict[str, SensorSpec]:
    """A radar and an AIS receiver aboard each aircraft."""
    made: dict[str, SensorSpec] = {}
    for name, spec in platforms.items():
        place = {"platform": name, "antenna_height_m": spec.height_m}
        made[f"{name}_radar"] = MobileRadar.model_validate(parameters("radar_apy_10") | place)
        made[f"{name}_ais"] = MobileAisReceiver.model_validate(parameters("ais_aboard") | place)
    return made


def parameters(type_id: str) -> dict[str, Any]:
    """Those of a type of the catalogue, of one operator."""
    return {**catalogue.sensor_type(type_id).parameters, "operator": "PHL"}


if __name__ == "__main__":
    main()
