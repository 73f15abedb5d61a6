"""What stands still on a map: sensors with their ranges, nodes, links, zones, features and ports.

Model: plain data read off a scenario, so that drawing needs no spec. A sensor's range is the shorter of its
instrumented range and the radio horizon to a vessel of height ``REFERENCE_HEIGHT_M``; what it holds in truth
depends on size, weather of the moment and land, which the coverage maps show.

Where next: ``maps`` draws it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.coast import load_land
from mda_sim.geo.regions import Area, Box, Circle, NamedArea, NearestNation, Polygon, Region, bounds, contains
from mda_sim.geo.sphere import destination
from mda_sim.report.basemap import Extent

if TYPE_CHECKING:
    from mda_sim.data.rows import Feature, Port
    from mda_sim.scenario import Scenario
    from mda_sim.sensing.sensors import SensorSpec
    from mda_sim.sharing.network import SharingSpec

REFERENCE_HEIGHT_M: Final = 8.0
"""Height to which ranges are drawn: that of a 50 m trawler, as the probes have it [m]."""

_RIM_POINTS: Final = 91
_ACROSS: Final = 500  # points across the bounds of a region whose edge is traced


@dataclass(frozen=True)
class Outline:
    """Closed lines on the map with a name; nan separates one from the next."""

    name: str
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]


@dataclass(frozen=True)
class SensorMark:
    """A sensor on the map."""

    id: str
    category: str
    operator: str
    lat_deg: float
    lon_deg: float
    range_m: float
    """To a vessel of the reference height [m]."""


@dataclass(frozen=True)
class Place:
    """A named point."""

    name: str
    lat_deg: float
    lon_deg: float


@dataclass(frozen=True)
class LinkMark:
    """A link between the nodes of two parties."""

    sender: str
    """Party that sends."""
    recipient: str
    """Party that receives."""
    has_desk: bool
    """Whether people review what it carries."""


@dataclass(frozen=True)
class Arrangement:
    """Who sends to whom under one configuration, and what it has that the baseline lacks."""

    name: str
    links: tuple[LinkMark, ...] = ()
    pools: tuple[frozenset[str], ...] = ()
    """Parties that hold everything at once, by sharing group."""
    new_pairs: frozenset[tuple[str, str]] = frozenset()
    """Sender and recipient of links that the baseline lacks or has otherwise."""
    news: tuple[str, ...] = ()
    """Agreements and consents that the baseline lacks, in words."""


class Movers(NamedTuple):
    """Sensors of one operator and category that stand nowhere."""

    category: str
    operator: str
    is_aboard: bool
    """Whether a platform carries them; else they are in orbit."""
    n: int


@dataclass(frozen=True)
class Scene:
    """All that maps of one scenario have in common."""

    extent: Extent
    sensors: tuple[SensorMark, ...]
    zones: tuple[Outline, ...]
    features: tuple[Place, ...]
    ports: tuple[Place, ...]
    parties: tuple[tuple[str, str, str], ...]
    """Code, name and kind of each party, in order of code."""
    moving: tuple[Movers, ...] = ()
    """Sensors that stand nowhere."""


def scene_of(scenario: Scenario) -> Scene:
    """The scene of a scenario: its area, sensors, zones, and the ports and features of its traffic."""
    spec = scenario.spec
    lon_min, lat_min, lon_max, lat_max = bounds(spec.area)
    sensors = tuple(mark for name, sensor in spec.sensors.items() for mark in _marks(name, sensor))
    features, ports = _traffic_places(scenario)
    return Scene(
        Extent(lat_min, lat_max, lon_min, lon_max, spec.world.coast.file if spec.world.coast else None),
        sensors,
        tuple(_zones(scenario)),
        features,
        ports,
        tuple((code, nation.name, nation.kind) for code, nation in spec.nations.items()),
        _moving(scenario),
    )


def _zones(scenario: Scenario) -> Iterator[Outline]:
    """The edges of zones and of scored corridors, as far as they are near the area."""
    area, metrics = scenario.spec.area, scenario.spec.metrics
    named = [(zone.name, zone.region) for zone in metrics.zones.values()]
    named += [(lane.name, lane.region()) for lane in metrics.corridors.values()]
    for name, region in named:
        found = outline(name, region, area)
        if len(found.lat_deg):
            yield found


def fed(scene: Scene, sharing: SharingSpec) -> tuple[SensorMark, ...]:
    """The sensors that exist under a configuration."""
    return tuple(sensor for sensor in scene.sensors if sensor.id in sharing.feeds)


def link_marks(sharing: SharingSpec) -> tuple[LinkMark, ...]:
    """Links between parties, each pair once, in order; a pair has a desk if any of its links has."""
    between: dict[tuple[str, str], bool] = {}
    for link in sharing.links.values():
        pair = (sharing.nodes[link.sender].nation, sharing.nodes[link.recipient].nation)
        if pair[0] != pair[1]:
            between[pair] = between.get(pair, False) or link.desk is not None
    return tuple(LinkMark(*pair, has_desk) for pair, has_desk in sorted(between.items()))


def arrangement_of(name: str, sharing: SharingSpec, baseline: SharingSpec) -> Arrangement:
    """What the picture of a scenario shows of one configuration."""
    pools = tuple(
        frozenset(sharing.nodes[node].nation for node in group.nodes) for group in sharing.groups.values()
    )
    news = [
        f"agreement of {' and '.join(agreement.parties)}"
        for key, agreement in sharing.agreements.items()
        if key not in baseline.agreements
    ]
    news += [
        f"{consent.kind.replace('_', ' ')}: {consent.originator} to {consent.recipient} by {consent.sender}"
        for key, consent in sharing.consents.items()
        if key not in baseline.consents
    ]
    new_pairs = frozenset(
        (sharing.nodes[link.sender].nation, sharing.nodes[link.recipient].nation)
        for key, link in sharing.links.items()
        if baseline.links.get(key) != link
    )
    return Arrangement(name, link_marks(sharing), pools, new_pairs, tuple(news))


def outline(name: str, region: Region, area: Area) -> Outline:
    """The edge of a region: all of a box, polygon or circle, or what lies in the area's bounds."""
    if isinstance(region, Circle):
        bearings = np.linspace(0.0, 360.0, _RIM_POINTS)
        lat, lon = destination(region.lat_deg, region.lon_deg, bearings, region.radius_m)
    elif isinstance(region, Polygon | NamedArea):
        region = region.outline() if isinstance(region, NamedArea) else region
        ring = [*region.points, region.points[0]]
        lat, lon = np.array([point.lat_deg for point in ring]), np.array([point.lon_deg for point in ring])
    elif not isinstance(region, Box):
        lat, lon = _traced(region, area)
    else:
        lat = np.array([region.lat_min_deg, region.lat_min_deg, region.lat_max_deg, region.lat_max_deg])
        lon = np.array([region.lon_min_deg, region.lon_max_deg, region.lon_max_deg, region.lon_min_deg])
        lat, lon = np.append(lat, lat[0]), np.append(lon, lon[0])
    return Outline(name, np.asarray(lat, np.float64), np.asarray(lon, np.float64))


def _traced(region: Region, area: Area) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitudes and longitudes of the edge of a region on a grid over the part of its bounds that is near the
    area; nan between its lines. The edge of nearest waters is drawn at sea only.
    """
    from contourpy import contour_generator

    here, there = bounds(region), bounds(area)
    west, south = (max(pair) for pair in zip(here[:2], there[:2], strict=True))
    east, north = (min(pair) for pair in zip(here[2:], there[2:], strict=True))
    step_lat, step_lon = (north - south) / _ACROSS, (east - west) / _ACROSS
    if step_lat <= 0.0 or step_lon <= 0.0:
        return np.empty(0), np.empty(0)
    lat = np.linspace(south - step_lat, north + step_lat, _ACROSS)
    lon = np.linspace(west - step_lon, east + step_lon, _ACROSS)
    inside = np.ma.array(contains(region, lat[:, None], lon).astype(np.float64))
    if isinstance(region, NearestNation):
        land = load_land(region.coast)
        known = land.covers(lat[:, None], lon)
        inside.mask = ~known
        inside.mask[known] = land.is_land(*(grid[known] for grid in np.broadcast_arrays(lat[:, None], lon)))
    lines = [np.asarray(line, np.float64) for line in contour_generator(lon, lat, inside).lines(0.5)]
    joined = [part for line in lines for part in (line, np.full((1, 2), np.nan))]
    corners = np.concatenate(joined[:-1]) if joined else np.empty((0, 2))
    return corners[:, 1], corners[:, 0]


def range_ring(sensor: SensorMark) -> Outline:
    """The circle of a sensor's range."""
    bearings = np.linspace(0.0, 360.0, _RIM_POINTS)
    lat, lon = destination(sensor.lat_deg, sensor.lon_deg, bearings, sensor.range_m)
    return Outline(sensor.id, np.asarray(lat, np.float64), np.asarray(lon, np.float64))


def _marks(name: str, sensor: SensorSpec) -> Iterator[SensorMark]:
    """The mark of a sensor that stands somewhere; none for one that moves."""
    lat_deg, lon_deg = getattr(sensor, "lat_deg", None), getattr(sensor, "lon_deg", None)
    if lat_deg is not None and lon_deg is not None:
        yield SensorMark(name, sensor.category, sensor.operator, lat_deg, lon_deg, _range_m(sensor))


def _moving(scenario: Scenario) -> tuple[Movers, ...]:
    """How many sensors of which category and operator have no place of their own."""
    counts: dict[tuple[str, str, bool], int] = {}
    for name, sensor in scenario.spec.sensors.items():
        if not list(_marks(name, sensor)):
            key = (sensor.category, sensor.operator, getattr(sensor, "platform", None) is not None)
            counts[key] = counts.get(key, 0) + 1
    return tuple(Movers(*key, n) for key, n in sorted(counts.items()))


def _range_m(sensor: object) -> float:
    """Instrumented range or horizon, whichever is shorter; NaN for a kind of sensor that has neither."""
    from mda_sim.sensing.horizon import horizon_m

    height_m = getattr(sensor, "antenna_height_m", math.nan)
    max_range_m = getattr(sensor, "max_range_m", math.nan)
    return min(float(max_range_m), float(horizon_m(height_m, REFERENCE_HEIGHT_M)))


def _traffic_places(scenario: Scenario) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    """Features where vessels stay and ports that routes join, as the traffic of the scenario names them."""
    from mda_sim.data.catalogue import features

    known_features, world = features(), scenario.spec.world
    return (
        tuple(_place(known_features[name]) for name in world.feature_ids),
        tuple(_place(world.port(name)) for name in world.port_ids),
    )


def _place(row: Feature | Port) -> Place:
    return Place(row.name, row.lat_deg, row.lon_deg)
