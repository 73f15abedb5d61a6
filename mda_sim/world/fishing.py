"""Trawlers: trips from a base to a fishing ground, tow after tow there, home, and a time in port.

Model: each ground has a fixed number of vessels. A vessel leaves its base every ``trip + port`` seconds, with
a trip uniform in ``trip_s`` and a time in port uniform in ``port_s``, both drawn once for the vessel; a
uniform share of that period is over at time 0, so from then on the share of vessels in port is stationary,
with mean E[port / (trip + port)]. A trip goes along the passage to a place on it (the door) and from there
straight to a spot uniform over the part of the ground that is in sight of the door. There the vessel tows on
straight courses, each of a duration and speed of its own and a course uniform among those that stay in the
ground, off land and in sight of the door; up to 32 are tried, and a vessel that finds none lies to for that
long. When another tow would make it late it lies to until it has to steam home, and so is back at the end of
the trip to the second. In port it is not at sea, and so not present.

The door is the first place on the passage to the roomiest cell of the ground that sees nine tenths as much of
the ground as that cell does. Without a base a vessel is on the ground for good; up to the shortest tow is
behind it at time 0.

The stream is ``class/ground``, the index the number of the vessel; every draw is addressed by vessel, trip
and tow, so a longer run or more vessels change no vessel.

Assumptions and limits: trips do not wait for weather, season, tide or a fishing ban; tows are straight and do
not follow the bottom; a vessel keeps its ground; gear, pairs and transshipment are not modelled. Tows keep
a few kilometres (a cell of ``sea_room``) inside the rim of the ground and off the coast. Speeds: trawlers 2-4
kn fishing and 8-10 kn steaming, general knowledge; tows of 2-6 h, trips of 5-15 days and 1-4 days in port are
assumptions.

Source: numbers and places are scenario data. Where next: ``world``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from mda_sim.core.errors import RunError
from mda_sim.core.rng import address, stream_key
from mda_sim.core.spec import Id, IdMap, NonNegative, Spec
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.regions import Area, Box, Point, Polygon
from mda_sim.geo.sphere import distance_m, great_circle_points, unit_vectors
from mda_sim.world.groups import Group
from mda_sim.world.passages import Berth, Passage, passage
from mda_sim.world.sea_room import SeaRoom, SightLines, sea_room, sight_lines
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import Waypoints, voyage_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.world.fishing_kernels import Ground

Floats = NDArray[np.float64]

WEDGES: Final = 720
"""Number of wedges of the sight lines of a door."""
DOOR_STEP_M: Final = 25_000.0
"""Distance between the places on a passage that may be its door. [m]"""
NEARLY_ALL: Final = 0.9
"""Share of the cells in sight of the end of a passage that its door must see."""
_DAY_S = 86_400.0
_H_S = 3600.0


class GroundSpec(Spec):
    """The vessels of one fishing ground."""

    vessels: NonNegative
    """Vessels that work the ground, at sea or in port, rounded to whole vessels. >= 0"""
    ground: Id | None = None
    """Ground by its id in the catalogue; or give a region."""
    region: Area | None = None
    """Where the vessels tow: a box, polygon or circle."""
    base: Berth | None = None
    """Port that the vessels come from; without one they stay on the ground for the whole run."""

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if (self.ground is None) == (self.region is None):
            raise ValueError("expected either ground (an id of the catalogue) or region")
        return self

    def outline(self) -> Area:
        """The region; KeyError for a ground that the catalogue does not have."""
        if self.region is not None:
            return self.region
        corners = catalogue.fishing_ground(self.ground or "").corners
        return Polygon(points=tuple(Point(lat_deg=lat, lon_deg=lon) for lat, lon in corners))


class FishingTraffic(TrafficBase):
    """Trawlers on grounds."""

    kind: Literal["fishing"] = "fishing"
    """The kind of traffic."""
    grounds: IdMap[GroundSpec]
    """Grounds of the class by id."""
    steam_mps: Span = Span(low=8 * KNOT_MPS, high=10 * KNOT_MPS)
    """Speed between base and ground, uniform in the span, constant for a vessel. > 0 m/s"""
    tow_mps: Span = Span(low=2 * KNOT_MPS, high=4 * KNOT_MPS)
    """Speed of a tow, uniform in the span. > 0 m/s"""
    tow_s: Span = Span(low=2 * _H_S, high=6 * _H_S)
    """Duration of a tow, uniform in the span. > 0 s; the default is an assumption"""
    trip_s: Span = Span(low=5 * _DAY_S, high=15 * _DAY_S)
    """Time from leaving the base to being back, uniform in the span. > 0 s; the default is an assumption"""
    port_s: Span = Span(low=1 * _DAY_S, high=4 * _DAY_S)
    """Time in port between trips, uniform in the span. > 0 s; the default is an assumption"""

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports that vessels come from."""
        bases = (one.base for one in self.grounds.values())
        return [base.port for base in bases if base is not None and base.port is not None]


def fishing_groups(
    class_id: str, traffic: FishingTraffic, box: Box, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    """The vessels of a class in ``box`` during [0, score_to_us], one group for each ground.

    Raises KeyError for a port or ground that the catalogue does not have, RunError for a ground without room
    for a tow, without a way from its base, or too far away for the shortest trip.
    """
    for ground_id, spec in traffic.grounds.items():
        stream = f"{class_id}/{ground_id}"
        ground = _ground(stream, spec, traffic, land)
        end_s = timeline.score_to_us / US_PER_S
        waypoints = _trips(stream, traffic, ground, round(spec.vessels), end_s, seed)
        yield voyage_group(class_id, stream, traffic, waypoints, box, timeline.score_to_us, seed)


def _ground(stream: str, spec: GroundSpec, traffic: FishingTraffic, land: Land) -> Ground:
    """The ground and the way to it."""
    from mda_sim.world.fishing_kernels import Ground

    room = sea_room(spec.outline(), land)
    cells = np.flatnonzero(room.room_m.ravel() > 0.0)
    if not len(cells):
        raise RunError(
            f"the ground of stream '{stream}' has no sea in it that is clear of its rim and of land"
        )
    way = Passage(np.empty(0), np.empty(0))
    door = SightLines(90.0, 0.0, np.zeros(1))
    if spec.base is not None:
        roomiest = np.array([room.room_m.argmax()])
        (goal_lat,), (goal_lon,) = room.centres(roomiest)
        way = passage(spec.base.place(stream, land), (float(goal_lat), float(goal_lon)), land)
        way, door = _to_door(way, room, cells, land)
        cells = cells[door.sees(*room.centres(cells))]
    lat, lon = room.centres(cells)
    area = np.cumsum(np.cos(np.radians(lat)))
    way_m = np.concatenate([[0.0], np.cumsum(_leg_lengths_m(way))])[: len(way.lat_deg)]
    if len(way_m):
        farthest = way_m[-1] + distance_m(door.lat_deg, door.lon_deg, lat, lon).max()
        _check_time(stream, traffic, float(farthest))
    x, y, z = (float(part) for part in unit_vectors(door.lat_deg, door.lon_deg))
    share = area / area[-1]
    return Ground(
        way.lat_deg,
        way.lon_deg,
        way_m,
        (x, y, z),
        door.clear_m,
        lat,
        lon,
        share,
        room.south_deg,
        room.west_deg,
        room.cell_deg,
        room.room_m,
    )


def _to_door(way: Passage, room: SeaRoom, cells: NDArray[np.int64], land: Land) -> tuple[Passage, SightLines]:
    """The passage cut off at the first place, at most ``DOOR_STEP_M`` apart, that sees nearly as much of the
    ground as its end.
    """
    lat, lon = room.centres(cells)

    def seen_from(here_lat: float, here_lon: float) -> tuple[SightLines, int]:
        reach_m = float(distance_m(here_lat, here_lon, lat, lon).max()) + 20_000.0
        lines = sight_lines(here_lat, here_lon, reach_m, WEDGES, land)
        return lines, int(lines.sees(lat, lon).sum())

    lines, wanted = seen_from(float(way.lat_deg[-1]), float(way.lon_deg[-1]))
    for leg, length_m in enumerate(_leg_lengths_m(way).tolist()):
        ends = way.lat_deg[leg], way.lon_deg[leg], way.lat_deg[leg + 1], way.lon_deg[leg + 1]
        places = great_circle_points(*ends, int(length_m / DOOR_STEP_M) + 2)
        for nth, (here_lat, here_lon) in enumerate(zip(*(part.tolist() for part in places), strict=True)):
            found, seen = seen_from(here_lat, here_lon)
            if seen >= NEARLY_ALL * wanted:
                kept = leg + 1
                door = ([here_lat], [here_lon]) if nth else ([], [])
                lats = np.concatenate([way.lat_deg[:kept], door[0]])
                return Passage(lats, np.concatenate([way.lon_deg[:kept], door[1]])), found
    return way, lines


def _leg_lengths_m(way: Passage) -> Floats:
    return distance_m(way.lat_deg[:-1], way.lon_deg[:-1], way.lat_deg[1:], way.lon_deg[1:])


def _check_time(stream: str, traffic: FishingTraffic, farthest_m: float) -> None:
    needed_s = 2 * farthest_m / traffic.steam_mps.low
    if needed_s > traffic.trip_s.low:
        raise RunError(
            f"the ground of stream '{stream}' is up to {farthest_m / 1000:.0f} km from its base by sea:"
            f" {needed_s / _H_S:.0f} h there and back at the lowest speed, more than the shortest trip of"
            f" {traffic.trip_s.low / _H_S:.0f} h; make trip_h longer or choose a nearer base"
        )


def _trips(
    stream: str, traffic: FishingTraffic, ground: Ground, n: int, end_s: float, seed: int
) -> Waypoints:
    """Waypoints of all vessels, each trip a stretch at sea."""
    from mda_sim.world.fishing_kernels import Draws, fill_trips

    index = np.arange(n)
    at_sea_s = traffic.trip_s.at(uniform(seed, "fishing.trip", stream, index))
    period_s = at_sea_s + traffic.port_s.at(uniform(seed, "fishing.port", stream, index))
    elapsed = uniform(seed, "fishing.elapsed", stream, index)
    is_based = len(ground.way_m) > 0
    leaves_s = -elapsed * (period_s if is_based else traffic.tow_s.low)
    steam_mps = traffic.steam_mps.at(uniform(seed, "fishing.steam", stream, index))
    names = ("cell", "within", "tow", "course")
    keys = [np.uint64(stream_key(seed, f"world.fishing.{name}")) for name in names]
    draws = Draws(np.uint64(address(stream)), *keys)
    tow_s, tow_mps = (traffic.tow_s.low, traffic.tow_s.high), (traffic.tow_mps.low, traffic.tow_mps.high)
    times = leaves_s, period_s, at_sea_s, steam_mps, end_s
    rows, filled = n * _rows_each(traffic, len(ground.way_m), end_s), -1
    while filled < 0:
        out, vessel, trip = np.empty((rows, 3)), np.empty(rows, np.int64), np.empty(rows, np.int64)
        filled = fill_trips(draws, ground, tow_s, tow_mps, *times, out, vessel, trip)
        rows *= 2
    t_us = np.rint(out[:filled, 2] * US_PER_S).astype(np.int64)
    return Waypoints(out[:filled, 0], out[:filled, 1], t_us, vessel[:filled], trip[:filled])


def _rows_each(traffic: FishingTraffic, n_way: int, end_s: float) -> int:
    """About as many waypoints as a vessel has by ``end_s``, rather more."""
    lasts_s = end_s + 0.5 * (traffic.trip_s.high + traffic.port_s.high)
    trips = int(2 * lasts_s / (traffic.trip_s.low + traffic.trip_s.high)) + 2
    return int(2 * lasts_s / (traffic.tow_s.low + traffic.tow_s.high)) + trips * (2 * n_way + 4) + 2
