"""Merchant ships: departures at random on each route, each ship beside the lane by its own offset.

Model: ships of a route leave its origin as a Poisson process of ``per_day``, from so long before time 0
that the slowest voyage of all is over by then; so the number at sea is stationary from time 0 on, and its
mean is rate times mean time in the area (Little's law). Speed is uniform in its span and constant. A ship
keeps to one side of the lane by a normal draw with a standard deviation of a quarter of ``lane_width_m``
(95 % of ships sail within the width), less where the lane's clearance asks for it: at each waypoint at most
half the clearance of the legs that meet there. Every leg is then tested against land and shoal waters, and
a ship's offset halved until it is clear.

Each direction of a route is one stream, ``class/route/out`` and ``class/route/back``; the index of a ship
in it is the number of its departure, counted from that early start, so a longer run or other routes change
no ship. Only the part of a voyage from its first entry into the widened area to its last exit is kept.

Assumptions and limits: no stops, no schedules, no avoidance; departures of the two directions and of
different routes are independent; a voyage that leaves the widened area and comes back is kept in between.
The normal draw is cut off at 3 standard deviations.

Source: J. D. C. Little, "A Proof for the Queuing Formula: L = lambda W", Operations Research 9(3), 1961,
pp. 383-387, doi:10.1287/opre.9.3.383. Where next: ``world.build_fleet``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from mda_sim.core.rng import address, draw_normal, stream_key
from mda_sim.core.spec import Id, IdMap, NonNegative, Spec
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import destination, initial_bearing_deg
from mda_sim.world.groups import Group
from mda_sim.world.lanes import Lane, LaneNetwork, barred_waters
from mda_sim.world.legs import LEGS, clip_legs, legs_from_waypoints
from mda_sim.world.traffic import Span, TrafficBase, uniform, vessel_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]

_DAY_S = 86_400.0
_DRAWN_AT_ONCE = 256
_CUT_SIGMA = 3.0


class RouteSpec(Spec):
    """Ships from one port to another."""

    origin: Id
    """Port that ships leave from: an id of the catalogue of ports."""
    destination: Id
    """Port that they sail to: an id of the catalogue of ports, not the origin."""
    per_day: NonNegative
    """Mean number of departures a day, in each direction that sails. >= 0"""
    both_ways: bool = False
    """Whether as many ships a day sail from destination to origin too."""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.origin == self.destination:
            raise ValueError(f"a route needs two ports, got '{self.origin}' twice")
        return self


class MerchantTraffic(TrafficBase):
    """Ships that sail between ports on sea lanes."""

    kind: Literal["merchant"] = "merchant"
    """The kind of traffic."""
    routes: IdMap[RouteSpec]
    """Routes of the class by id."""
    speed_mps: Span
    """Speed over the ground, uniform in the span, constant for a ship. > 0 m/s"""
    lane_width_m: NonNegative
    """Width of the lane in open water that 95 % of ships keep within. >= 0 m"""

    @property
    def port_pairs(self) -> list[tuple[str, str]]:
        """Origin and destination of each route."""
        return [(route.origin, route.destination) for route in self.routes.values()]

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports that routes join."""
        return [port for pair in self.port_pairs for port in pair]


def merchant_groups(
    class_id: str,
    traffic: MerchantTraffic,
    lanes: LaneNetwork,
    box: Box,
    timeline: Timeline,
    seed: int,
    land: Land,
) -> Iterator[Group]:
    """The ships of a class in ``box`` during [0, score_to_us], one group for each direction of each route."""
    for route_id, route in traffic.routes.items():
        lane = lanes.lane(route.origin, route.destination)
        stream = f"{class_id}/{route_id}"
        yield _ships(class_id, f"{stream}/out", traffic, route.per_day, lane, box, timeline, seed, land)
        if route.both_ways:
            back = lane.reversed()
            yield _ships(class_id, f"{stream}/back", traffic, route.per_day, back, box, timeline, seed, land)


def departures_s(stream: str, per_day: float, start_s: float, end_s: float, seed: int) -> Floats:
    """Times [s] of the departures of a stream in [start_s, end_s), (n,); the row is the index.

    A Poisson process drawn from ``start_s`` on: a later end adds rows and changes none.
    """
    if per_day == 0.0:
        return np.empty(0)
    parts, last_s, drawn = [np.empty(0)], start_s, 0
    while last_s < end_s:
        index = np.arange(drawn, drawn + _DRAWN_AT_ONCE)
        waits_s = -np.log(uniform(seed, "departure", stream, index)) * (_DAY_S / per_day)
        parts.append(last_s + np.cumsum(waits_s))
        last_s, drawn = float(parts[-1][-1]), drawn + _DRAWN_AT_ONCE
    times_s = np.concatenate(parts)
    return times_s[times_s < end_s]


def _ships(
    class_id: str,
    stream: str,
    traffic: MerchantTraffic,
    per_day: float,
    lane: Lane,
    box: Box,
    timeline: Timeline,
    seed: int,
    land: Land,
) -> Group:
    inside = lane.within(box)
    end_s = timeline.score_to_us / US_PER_S
    left_s = departures_s(stream, per_day, -lane.length_m / traffic.speed_mps.low, end_s, seed)
    index = np.arange(len(left_s)) if inside else np.empty(0, np.int64)
    legs = Table.empty(LEGS)
    if inside:
        part, begins_m = inside
        speed = traffic.speed_mps.at(uniform(seed, "speed", stream, index))
        enters_us = np.rint((left_s + begins_m / speed) * US_PER_S).astype(np.int64)
        sigma = _offset_sigma(stream, index, seed)
        legs = _sailed(part, traffic.lane_width_m, sigma, enters_us, speed, land)
        legs = clip_legs(legs, 0, timeline.score_to_us)
    present, rows = np.unique(legs["target"], return_inverse=True)
    index = index[present]
    own_legs = Table.of(LEGS, {**legs.columns, "target": rows})
    return vessel_group(class_id, stream, traffic, index, own_legs, seed)


def _offset_sigma(stream: str, index: NDArray[np.int64], seed: int) -> Floats:
    """How many standard deviations each ship sails to the right of the lane, (n,)."""
    drawn = draw_normal(stream_key(seed, "world.offset"), np.uint32(address(stream)), index, 0, 0)
    return np.clip(drawn, -_CUT_SIGMA, _CUT_SIGMA)


def _sailed(
    lane: Lane, width_m: float, sigma: Floats, enters_us: NDArray[np.int64], speed: Floats, land: Land
) -> Table:
    """Legs of all ships of a stream, each beside the lane and clear of land and shoals."""
    n, m = len(sigma), len(lane.lat_deg)
    tightest = np.minimum(np.append(lane.clearance_m, np.inf), np.append(np.inf, lane.clearance_m))
    offset_m = np.clip(sigma[:, None] * (width_m / 4.0), -tightest / 2.0, tightest / 2.0)
    lat, lon = _beside(lane, offset_m)
    barred = barred_waters(land)
    blocked = np.arange(n)
    while len(blocked):
        ends = lat[blocked, :-1], lon[blocked, :-1], lat[blocked, 1:], lon[blocked, 1:]
        blocked = blocked[barred.crosses_great_circle(*ends).any(axis=1)]
        offset_m[blocked] = np.where(np.abs(offset_m[blocked]) > 1.0, offset_m[blocked] / 2.0, 0.0)
        lat[blocked], lon[blocked] = _beside(lane, offset_m[blocked])
        blocked = blocked[(offset_m[blocked] != 0.0).any(axis=1)]
    return legs_from_waypoints(lat.ravel(), lon.ravel(), enters_us, speed, np.repeat(np.arange(n), m))


def _beside(lane: Lane, offset_m: Floats) -> tuple[Floats, Floats]:
    """Waypoints (n, m) of ships at ``offset_m`` (n, m) to the right of the lane, square to its course."""
    starts, ends = (lane.lat_deg[:-1], lane.lon_deg[:-1]), (lane.lat_deg[1:], lane.lon_deg[1:])
    course = initial_bearing_deg(*starts, *ends)
    arrives = initial_bearing_deg(*ends, *starts) + 180.0
    before, after = np.append(course[:1], arrives), np.append(course, arrives[-1:])
    turn = (after - before + 180.0) % 360.0 - 180.0
    square = before + turn / 2.0 + 90.0
    return destination(lane.lat_deg, lane.lon_deg, square, offset_m)
