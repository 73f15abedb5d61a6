"""The rows of sensors and platforms, each from one spec.

Where next: ``sensor_look`` collects them, ``sensor_tables`` says what they hold.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mda_sim.geo.orbits import EQUATORIAL_RADIUS_M, GRAVITY_M3_PER_S2, CircularOrbit
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m
from mda_sim.report.passes import footprint_rad
from mda_sim.report.revisit import reach_of
from mda_sim.report.sensor_curves import RangedSensor, held_from_m, held_to, horizon_to_m
from mda_sim.report.sensor_tables import PlatformRow, SatelliteRow, SensorRow
from mda_sim.sensing.example import CALM
from mda_sim.sensing.mobile import MobileSensor
from mda_sim.world.search_patterns import middle_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mda_sim.geo.orbits import Orbit
    from mda_sim.sensing.example import Example
    from mda_sim.sensing.orbiting import OrbitingSensor
    from mda_sim.sensing.sensor import SensorBase
    from mda_sim.world.platforms import PlatformSpec


def sensor_row(name: str, sensor: RangedSensor, target: Example) -> SensorRow:
    """A sensor at a place or aboard, and how far it holds a target."""
    nan, reach = float("nan"), held_to(sensor, target, CALM)
    return SensorRow(
        *_operated(name, sensor),
        site=getattr(sensor, "site", ""),
        lat_deg=getattr(sensor, "lat_deg", nan),
        lon_deg=getattr(sensor, "lon_deg", nan),
        antenna_height_m=getattr(sensor, "antenna_height_m", nan),
        horizon_m=horizon_to_m(sensor, target),
        max_range_m=_number(getattr(sensor, "max_range_m", None)),
        interval_s=sensor.reports_every_s,
        min_radial_speed_mps=getattr(sensor, "min_radial_speed_mps", 0.0),
        held_to_p50_m=reach.p50_m,
        held_to_p90_m=reach.p90_m,
        platform=sensor.platform if isinstance(sensor, MobileSensor) else "",
    )


def satellite_row(name: str, sensor: OrbitingSensor, target: Example, epoch: datetime) -> SatelliteRow:
    """A constellation, and how long a vessel like a target must be."""
    orbits = sensor.orbits(epoch)
    altitudes, inclinations = zip(*(_shape(orbit) for orbit in orbits), strict=True)
    half_m, most_m = held_from_m(sensor, target)
    return SatelliteRow(
        *_operated(name, sensor),
        category=sensor.category,
        n_satellites=len(orbits),
        n_planes=sensor.n_planes if sensor.elements is None else 0,
        altitude_m=float(np.mean(altitudes)),
        inclination_deg=float(np.mean(inclinations)),
        across_m=across_m(sensor, float(np.mean(altitudes))),
        resolution_m=_number(getattr(sensor, "resolution_m", None)),
        duty=sensor.duty,
        n_tasks=len(sensor.tasks),
        longest_image_s=_number(sensor.longest_image_s),
        product_delay_s=sensor.product_delay_s,
        ground_stations=" ".join(sensor.ground_stations),
        held_from_p50_m=half_m,
        held_from_p90_m=most_m,
    )


def across_m(sensor: OrbitingSensor, altitude_m: float) -> float:
    """Width of a swath on the ground, the gap below the satellite left out, or of a footprint [m]."""
    reach, radius_m = reach_of(sensor), np.array(EARTH_RADIUS_M + altitude_m)
    if not reach.limits_deg:
        return 2.0 * EARTH_RADIUS_M * float(footprint_rad(reach, radius_m))
    incidence = np.deg2rad(np.array(reach.limits_deg[0]))
    arc = incidence - np.arcsin(EARTH_RADIUS_M / radius_m * np.sin(incidence))
    return EARTH_RADIUS_M * float(arc[1] - arc[0])


def platform_row(name: str, platform: PlatformSpec, aboard: Sequence[str]) -> PlatformRow:
    """A platform, with the sensors aboard."""
    base, middle = platform.base.place, middle_of(platform.search.region)
    return PlatformRow(
        platform=name,
        type=platform.type,
        medium=platform.medium,
        base=platform.base.site or platform.base.port or "",
        lat_deg=base[0],
        lon_deg=base[1],
        n_hulls=platform.n_hulls,
        cruise_mps=platform.cruise_mps,
        search_mps=platform.search_mps,
        height_m=platform.height_m,
        endurance_s=platform.endurance_s,
        turn_round_s=platform.turn_round_s,
        pattern=platform.search.pattern,
        to_area_m=float(distance_m(*base, *middle)),
        sorties_per_week=len(platform.sorties.weekdays) * platform.sorties.per_day,
        serviceability=platform.sorties.serviceability,
        sensors=" ".join(aboard),
    )


def kind_of(sensor: SensorBase) -> str:
    """Kind of a sensor as the union of kinds names it."""
    return str(getattr(sensor, "kind", sensor.category))


def _operated(name: str, sensor: SensorBase) -> tuple[str, str, str, str, str, str, str]:
    """The columns of ``Operated``."""
    begins = "" if sensor.from_utc is None else sensor.from_utc.isoformat()
    return (
        name,
        kind_of(sensor),
        sensor.operator,
        sensor.supplier,
        sensor.programme,
        begins,
        sensor.type,
    )


def _shape(orbit: Orbit) -> tuple[float, float]:
    """Mean semi-major axis minus equatorial radius [m], and inclination [deg].

    An element set tells its mean motion (revolutions a day) and inclination in fixed columns of line 2.
    """
    if isinstance(orbit, CircularOrbit):
        return orbit.altitude_m, orbit.inclination_deg
    rate_rad_s = float(orbit.line2[52:63]) * 2.0 * math.pi / 86400.0
    semi_major_m = (GRAVITY_M3_PER_S2 / rate_rad_s**2) ** (1.0 / 3.0)
    return semi_major_m - EQUATORIAL_RADIUS_M, float(orbit.line2[8:16])


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
