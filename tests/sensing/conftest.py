"""Small fleets, sensors and lands by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.sphere import destination, initial_bearing_deg
from mda_sim.sensing.ais import AisReceiver
from mda_sim.sensing.example import Example
from mda_sim.sensing.mobile_radar import MobileRadar
from mda_sim.sensing.radar import CoastalRadar
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import LEGS, TARGETS, Fleet
from mda_sim.world.legs import legs_between
from mda_sim.world.sorties import SORTIE, Carrier, SortieOutcome

START = datetime(2026, 3, 2, tzinfo=UTC)

Waypoints = Sequence[tuple[float, float, float]]


def timeline_of(hours: float) -> Timeline:
    return Timeline(START, 0, round(hours * 3600) * US_PER_S, 0)


def fleet_of(
    paths: Sequence[Waypoints],
    *,
    probes: int = 0,
    streams: Sequence[str] | None = None,
    index: Sequence[int] | None = None,
    broadcasting: ArrayLike | None = None,
    broadcasts: Table | None = None,
    **columns: Any,
) -> Fleet:
    """Targets along waypoints (time in s, latitude, longitude); the last ``probes`` of them are probes."""
    n = len(paths)
    names = list(streams) if streams is not None else ["trawler"] * (n - probes) + ["probe"] * probes
    known = sorted(set(names))
    rows = [(i, round(t * US_PER_S), lat, lon) for i, path in enumerate(paths) for t, lat, lon in path]
    ids, t_us, lat, lon = (np.array(column) for column in zip(*rows, strict=True))
    legs = legs_between(lat, lon, t_us, ids)
    counts = np.bincount(legs["target"], minlength=n)
    own_index = [names[:i].count(names[i]) for i in range(n)]
    values = {
        "target": np.arange(n),
        "traffic_class": [known.index(name) for name in names],
        "stream": [known.index(name) for name in names],
        "index": own_index if index is None else index,
        "flag": np.full(n, -1),
        "length_m": np.full(n, 50.0),
        "height_m": np.full(n, 8.0),
        "hull": np.zeros(n),
        "ais": np.full(n, 1),
        "lit": np.zeros(n),
        "bound_for": np.full(n, -1),
        "first_leg": np.cumsum(counts) - counts,
        "n_legs": counts,
        **columns,
    }
    meta = {"streams": known, "classes": known, "flags": [], "destinations": []}
    always = for_life(np.full(n, True) if broadcasting is None else broadcasting, legs)
    sent = always if broadcasts is None else broadcasts
    return Fleet(Table.of(TARGETS, values, meta), Table.of(LEGS, dict(legs.columns)), sent, n - probes)


def radar_of(**changes: Any) -> CoastalRadar:
    values: dict[str, Any] = {
        "operator": "PHL",
        "lat_deg": 14.0,
        "lon_deg": 120.0,
        "antenna_height_m": 300.0,
        "max_range_m": 100e3,
        "power_w": 25e3,
        "antenna_gain_dbi": 32.0,
        "frequency_hz": 9.4e9,
        "pulse_width_s": 5e-7,
        "noise_figure_db": 4.0,
        "losses": {"other_db": 8.0},
        "azimuth_beamwidth_deg": 0.65,
        "rotation_period_s": 3.0,
        "prf_hz": 1000.0,
        "min_scans": 10,
        "fluctuation_sigma_db": 0.0,
        "min_p_report": 0.0,
    }
    return CoastalRadar(**(values | changes))


def radar_with(p: float, range_m: float, **changes: Any) -> CoastalRadar:
    """A radar whose power gives a 50 m target at a range that probability in one interval."""

    def excess(log_power: float) -> float:
        return float(radar_of(**changes, power_w=10.0**log_power).p_by_range(range_m, Example.of(50.0))) - p

    return radar_of(**changes, power_w=10.0 ** float(brentq(excess, -3.0, 6.0, xtol=1e-9)))


def ais_of(**changes: Any) -> AisReceiver:
    values: dict[str, Any] = {
        "operator": "PHL",
        "lat_deg": 14.0,
        "lon_deg": 120.0,
        "antenna_height_m": 60.0,
        "max_range_m": 80e3,
        "p_decode": 0.01,
    }
    return AisReceiver(**(values | changes))


def parked(distance_m: Any, bearing_deg: Any = 90.0, hours: float = 24.0) -> list[Waypoints]:
    """One motionless target at each distance and bearing from (14, 120), for that long."""
    lat, lon = destination(14.0, 120.0, bearing_deg, distance_m)
    places = zip(np.atleast_1d(lat), np.atleast_1d(lon), strict=True)
    return [[(0.0, float(y), float(x)), (hours * 3600.0, float(y), float(x))] for y, x in places]


def sailing(from_m: float, to_m: float, speed_mps: float, bearing_deg: float = 90.0) -> Waypoints:
    """One target that sails along a bearing from (14, 120), starting at time 0."""
    lat, lon = destination(14.0, 120.0, bearing_deg, np.array([from_m, to_m]))
    lasts_s = abs(to_m - from_m) / speed_mps
    return [(0.0, float(lat[0]), float(lon[0])), (lasts_s, float(lat[1]), float(lon[1]))]


class Wall:
    """Land on a sector of bearings, from one distance on."""

    def __init__(self, at_m: float, from_deg: float, to_deg: float) -> None:
        self.at_m, self.from_deg, self.to_deg = at_m, from_deg, to_deg

    def first_land_m(
        self, lat_deg: float, lon_deg: float, bearings_deg: Any, from_m: float, to_m: float
    ) -> Any:
        inside = (bearings_deg >= self.from_deg) & (bearings_deg <= self.to_deg)
        return np.where(inside & (self.at_m <= to_m) & (self.at_m >= from_m), self.at_m, np.inf)


def rows_of(log: Any, sensor: str | None = None) -> list[tuple[str, int, int, int]]:
    """Contacts as (sensor, interval, target, dt_us), in the order of the log."""
    reports = log.reports
    of = np.repeat(np.arange(len(reports)), reports["count"])
    names = [reports.meta["sensors"][i] for i in reports["sensor"][of]]
    rows = zip(
        names,
        reports["interval"][of].tolist(),
        log.contacts["target"].tolist(),
        log.contacts["dt_us"].tolist(),
        strict=True,
    )
    return [row for row in rows if sensor is None or row[0] == sensor]


def carrier_of(paths, height_m: float = 3000.0, hulls=None) -> Carrier:
    """A carrier of one sortie for each path of waypoints (time in s, latitude, longitude)."""
    sorties = np.zeros(len(paths), SORTIE)
    sorties["number"] = np.arange(len(paths))
    sorties["hull"] = np.arange(len(paths)) if hulls is None else hulls
    sorties["outcome"] = SortieOutcome.FLOWN
    rows = [(i, round(t * US_PER_S), y, x) for i, path in enumerate(paths) for t, y, x in path]
    ids, t_us, lat, lon = (np.array(column) for column in zip(*rows, strict=True))
    for i in range(len(paths)):
        own = t_us[ids == i]
        for name, at in (("leaves_us", 0), ("on_station_us", 0), ("off_station_us", -1), ("back_us", -1)):
            sorties[name][i] = own[at]
    legs = legs_between(lat, lon, t_us, ids)
    return Carrier(sorties, Table.of(LEGS, dict(legs.columns)), height_m)


def parked_at(lat_deg: float, lon_deg: float, hours: float, height_m: float = 3000.0) -> Carrier:
    """One hull that stays where it is."""
    return carrier_of([[(0.0, lat_deg, lon_deg), (hours * 3600.0, lat_deg, lon_deg)]], height_m)


def mobile_radar(**changes: Any) -> MobileRadar:
    """A surveillance radar of an aircraft, made up."""
    values: dict[str, Any] = {
        "operator": "PHL",
        "platform": "p",
        "antenna_height_m": 3000.0,
        "max_range_m": 100e3,
        "power_w": 10e3,
        "antenna_gain_dbi": 33.0,
        "frequency_hz": 9.4e9,
        "pulse_width_s": 1e-6,
        "noise_figure_db": 5.0,
        "losses": {"other_db": 6.0},
        "azimuth_beamwidth_deg": 2.0,
        "elevation_beamwidth_deg": 60.0,
        "rotation_period_s": 6.0,
        "prf_hz": 1000.0,
    }
    return MobileRadar(**(values | changes))


def definite(range_m: float, **changes: Any) -> MobileRadar:
    """A definite-range sensor: holds all within a slant range, nothing beyond."""
    sure = {"power_w": 1e8, "min_scans": 1, "fluctuation_sigma_db": 0.0, "elevation_beamwidth_deg": 180.0}
    return mobile_radar(**({"max_range_m": range_m} | sure | changes))


@pytest.fixture(scope="session")
def build() -> Any:
    """The builders of this file, as one namespace."""
    tools: dict[str, Callable[..., Any]] = {
        "timeline": timeline_of,
        "fleet": fleet_of,
        "radar": radar_of,
        "radar_with": radar_with,
        "ais": ais_of,
        "parked": parked,
        "sailing": sailing,
        "wall": Wall,
        "rows": rows_of,
        "bearing": initial_bearing_deg,
        "carrier": carrier_of,
        "hull_at": parked_at,
        "mobile_radar": mobile_radar,
        "definite": definite,
    }
    return type("Build", (), {name: staticmethod(tool) for name, tool in tools.items()})
