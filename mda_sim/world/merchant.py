"""Merchant ships: departures at random on each route, each ship beside the lane by its own offset.

Model: ships of a route leave its origin as a Poisson process of ``per_day``, from so long before time 0
that the slowest voyage of all is over by then; so the number at sea is stationary from time 0 on, and its
mean is rate times mean time in the area (Little's law). Speed is uniform in its span and constant. A ship
keeps to one side of the lane by a normal draw with a standard deviation of a quarter of ``lane_width_m``
(95 % of ships sail within the width), less where the lane's clearance asks for it: at each waypoint at most
half the clearance of the legs that meet there (``beside``), so that a ship is clear wherever its lane is.

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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import model_validator

from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.spec import Id, IdMap, NonNegative, Spec
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.regions import Box
from mda_sim.world.beside import waypoints_beside
from mda_sim.world.groups import Group
from mda_sim.world.lanes import Lane, LaneNetwork
from mda_sim.world.legs import LEGS, clip_legs, legs_from_waypoints
from mda_sim.world.traffic import Span, TrafficBase, vessel_group

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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


@dataclass(frozen=True)
class _Direction:
    """One direction of one route: the part of its lane in the box, and how far along the lane it begins."""

    stream: str
    per_day: float
    start_s: float
    part: Lane
    begins_m: float


def merchant_groups(
    class_id: str, traffic: MerchantTraffic, lanes: LaneNetwork, box: Box, timeline: Timeline, seed: int
) -> Iterator[Group]:
    """The ships of a class in ``box`` during [0, score_to_us], one group for each direction of each route.

    All ships of the class are made at once; then each stream gets its own.
    """
    directions = _directions(class_id, traffic, lanes, box)
    stream, index, legs = _sailed(traffic, directions, timeline.score_to_us, seed)
    first = np.searchsorted(stream, np.arange(len(directions) + 1))
    first_leg = np.searchsorted(legs["target"], first)
    for k, one in enumerate(directions):
        ships, rows = np.arange(*first[k : k + 2]), np.arange(*first_leg[k : k + 2])
        mine = legs.take(rows)
        mine = Table.of(LEGS, {**mine.columns, "target": mine["target"] - first[k]})
        yield vessel_group(class_id, one.stream, traffic, index[ships], mine, seed)


def departures_s(
    streams: Sequence[str], per_day: ArrayLike, start_s: ArrayLike, end_s: float, seed: int
) -> tuple[Ints, Ints, Floats]:
    """Departures of streams in [start_s, end_s): row of the stream, index in it, time [s]; each (n,), sorted.

    Poisson processes of ``per_day`` (k,), drawn from ``start_s`` (k,) on: a later end adds departures and
    changes none, and no stream depends on another.
    """
    key = stream_key(seed, "world.departure")
    addresses = _addresses(streams)
    rate, last_s = np.asarray(per_day, np.float64), np.array(start_s, np.float64)
    live = np.flatnonzero(rate > 0.0)
    drawn, found = 0, [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    while len(live):
        index = np.arange(drawn, drawn + _DRAWN_AT_ONCE)
        share = draw_uniform(key, addresses[live][:, None], index, np.uint32(0), np.uint32(0))
        waits_s = -np.log(share).reshape(len(live), -1) * (_DAY_S / rate[live])[:, None]
        times_s = last_s[live][:, None] + np.cumsum(waits_s, axis=1)
        row, nth = np.nonzero(times_s < end_s)
        found.append((live[row], index[nth], times_s[row, nth]))
        last_s[live] = times_s[:, -1]
        live = live[last_s[live] < end_s]
        drawn += _DRAWN_AT_ONCE
    stream, index, times_s = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((index, stream))
    return stream[order], index[order], times_s[order]


def _directions(class_id: str, traffic: MerchantTraffic, lanes: LaneNetwork, box: Box) -> list[_Direction]:
    """Each direction of each route; one that misses the box has no departures."""
    found = []
    for route_id, route in traffic.routes.items():
        lane = lanes.lane(route.origin, route.destination)
        ways = {"out": lane, "back": lane.reversed()} if route.both_ways else {"out": lane}
        for way, sailed in ways.items():
            inside = sailed.within(box)
            part, begins_m = inside or (sailed, 0.0)
            start_s = -sailed.length_m / traffic.speed_mps.low
            per_day = route.per_day if inside else 0.0
            found.append(_Direction(f"{class_id}/{route_id}/{way}", per_day, start_s, part, begins_m))
    return found


def _sailed(
    traffic: MerchantTraffic, directions: Sequence[_Direction], end_us: int, seed: int
) -> tuple[Ints, Ints, Table]:
    """Direction (n,) and index (n,) of the ships at sea during [0, end_us], and their legs."""
    streams = [one.stream for one in directions]
    rates, starts_s = [one.per_day for one in directions], [one.start_s for one in directions]
    stream, index, left_s = departures_s(streams, rates, starts_s, end_us / US_PER_S, seed)
    words = _addresses(streams)[stream], index, np.uint32(0), np.uint32(0)
    speed = traffic.speed_mps.at(draw_uniform(stream_key(seed, "world.speed"), *words))
    sigma = np.clip(draw_normal(stream_key(seed, "world.offset"), *words), -_CUT_SIGMA, _CUT_SIGMA)
    begins_m = np.array([one.begins_m for one in directions])[stream]
    enters_us = np.rint((left_s + begins_m / speed) * US_PER_S).astype(np.int64)
    offset_m = sigma * (traffic.lane_width_m / 4.0)
    lat, lon, ship = waypoints_beside([one.part for one in directions], stream, offset_m)
    legs = clip_legs(legs_from_waypoints(lat, lon, enters_us, speed, ship), 0, end_us)
    present, rows = np.unique(legs["target"], return_inverse=True)
    return stream[present], index[present], Table.of(LEGS, {**legs.columns, "target": rows})


def _addresses(streams: Sequence[str]) -> NDArray[np.uint32]:
    return np.array([address(name) for name in streams], np.uint32)
