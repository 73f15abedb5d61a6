"""Merchant ships: departures at random on each route, each ship beside the lane by its own offset.

Model: ships of a route leave its origin as a Poisson process of ``per_day`` that has always run; so the
number at sea is stationary, and its mean is rate times mean time in the area (Little's law). Speed is uniform
in its span and constant. A ship keeps to one side of the lane by a normal draw with a standard deviation of a
quarter of ``lane_width_m`` (95 % of ships sail within the width), less where the lane's clearance asks for
it: at each waypoint at most half the clearance of the legs that meet there (``beside``), so that a ship is
clear wherever its lane is. A share of the ships waits at an anchorage off the port of destination, each for
its own time.

Each direction of a route is one stream, ``class/route/out`` and ``class/route/back``. Departures are drawn
from time 0 on forwards (even indices in the stream, in order) and backwards (odd ones), as far as any ship
may still be at sea. So a longer run, another lane or other routes change no ship's departure, speed or side.
Only the part of a voyage from its first entry into the widened area to its last exit is kept.

Assumptions and limits: no schedules, no avoidance; departures of the two directions and of different routes
are independent; a voyage that leaves the widened area and comes back is kept in between. No ship waits for a
gateway, or for a port whose approach begins outside the widened area. Normal draws are cut off at 3 standard
deviations.

Source: J. D. C. Little, "A Proof for the Queuing Formula: L = lambda W", Operations Research 9(3), 1961,
pp. 383-387, doi:10.1287/opre.9.3.383. A stationary Poisson process seen from a moment: J. F. C. Kingman,
"Poisson Processes", Oxford, 1993, chapter 4. Where next: ``world.build_fleet``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.spec import Id, IdMap, Items, NonNegative, Probability, Spec
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.regions import Box
from mda_sim.world.anchorages import REACH_M
from mda_sim.world.beside import longest_m, waypoints_beside
from mda_sim.world.groups import Group
from mda_sim.world.lanes import Lane, LaneNetwork
from mda_sim.world.legs import LEGS, clip_legs, legs_from_waypoints
from mda_sim.world.traffic import Span, TrafficBase, vessel_group

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DAY_S: Final = 86_400.0
_DRAWN_AT_ONCE: Final = 256
_CUT_SIGMA: Final = 3.0
_Z_95: Final = 1.6448536269514722


WaitTime = Annotated[float, Field(ge=60.0, le=31_536_000.0)]
"""A time at anchor: a minute to a year. [s]"""


class RouteSpec(Spec):
    """Ships from one port to another."""

    origin: Id
    """Port or gateway that ships come from: an id of the catalogue of ports."""
    destination: Id
    """Port or gateway that they sail to: an id of the catalogue of ports, not the origin."""
    via: Items[Id] = ()
    """Gateways or ports that they pass on the way, in order: ids of the catalogue of ports."""
    per_day: NonNegative
    """Mean number of departures a day, in each direction that sails. >= 0"""
    both_ways: bool = False
    """Whether as many ships a day sail from destination to origin too, through the same gateways."""

    @property
    def stops(self) -> tuple[str, ...]:
        """All ports and gateways of the route in order."""
        return (self.origin, *self.via, self.destination)

    @property
    def port_pairs(self) -> list[tuple[str, str]]:
        """Both ends of each part of the route."""
        return list(zip(self.stops[:-1], self.stops[1:], strict=True))

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.origin == self.destination:
            raise ValueError(f"a route needs two ports, got '{self.origin}' twice")
        twice = [a for a, b in self.port_pairs if a == b]
        if twice:
            raise ValueError(f"a route cannot stop at '{twice[0]}' twice in a row")
        return self


class WaitSpec(Spec):
    """Ships that lie at anchor off the port of destination before they enter it: a lognormal time each."""

    share: Probability
    """Share of the ships that wait. [0, 1]"""
    median_s: WaitTime
    """Median of the time at anchor. [60, 31,536,000] s"""
    p95_s: WaitTime
    """95th percentile of the time at anchor, at least the median. [60, 31,536,000] s"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.median_s > self.p95_s:
            raise ValueError(
                f"the median must be at most the 95th percentile, got {self.median_s:g} s and "
                f"{self.p95_s:g} s"
            )
        return self

    @property
    def longest_s(self) -> float:
        """The longest time at anchor that is drawn [s]."""
        return float(self.at(_CUT_SIGMA))

    def at(self, z: ArrayLike) -> Floats:
        """Times [s] at standard normal values, shape of the input."""
        sigma = math.log(self.p95_s / self.median_s) / _Z_95
        return np.asarray(self.median_s * np.exp(sigma * np.asarray(z, np.float64)), np.float64)


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
    anchorage: WaitSpec | None = None
    """Waiting off the port of destination; none without it."""

    @property
    def port_pairs(self) -> list[tuple[str, str]]:
        """Both ends of each part of each route."""
        return [pair for route in self.routes.values() for pair in route.port_pairs]

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports and gateways of all routes."""
        return [port for route in self.routes.values() for port in route.stops]


@dataclass(frozen=True)
class _Direction:
    """One direction of one route."""

    stream: str
    per_day: float
    """0 for a lane that misses the box."""
    before_s: float
    """How long before time 0 a ship may have left that is still at sea."""
    part: Lane
    """The part of the lane in the box."""
    begins_m: float
    """How far along the lane that part begins."""
    anchors: Floats
    """Where ships may wait, (2, k) [deg]."""
    bound_for: str
    """Nation of the port that ships sail to; empty for a gateway."""


def merchant_groups(
    class_id: str, traffic: MerchantTraffic, lanes: LaneNetwork, box: Box, timeline: Timeline, seed: int
) -> Iterator[Group]:
    """The ships of a class in ``box`` during [0, score_to_us], one group for each direction of each route.

    All ships of the class are made at once; then each stream gets its own.
    """
    directions = list(_directions(class_id, traffic, lanes, box))
    stream, index, legs = _sailed(traffic, directions, timeline.score_to_us, seed)
    first = np.searchsorted(stream, np.arange(len(directions) + 1))
    first_leg = np.searchsorted(legs["target"], first)
    for k, one in enumerate(directions):
        ships, rows = np.arange(*first[k : k + 2]), np.arange(*first_leg[k : k + 2])
        mine = legs.take(rows)
        mine = Table.of(LEGS, {**mine.columns, "target": mine["target"] - first[k]})
        bound_for = [one.bound_for] * len(ships)
        yield vessel_group(class_id, one.stream, traffic, index[ships], mine, seed, bound_for)


def departures_s(
    streams: Sequence[str], per_day: ArrayLike, before_s: ArrayLike, end_s: float, seed: int
) -> tuple[Ints, Ints, Floats]:
    """Departures of streams in (-before_s, end_s): row of the stream, index in it, time [s]; each (n,),
    sorted by row and index.

    Stationary Poisson processes of ``per_day`` (k,): from 0 on they have even indices, before it odd ones,
    both in order of their distance from 0. Other bounds add or take away departures and change none, and no
    stream depends on another.
    """
    rate = np.asarray(per_day, np.float64)
    row_after, nth_after, after_s = _arrivals(streams, rate, np.full(len(rate), end_s), 0, seed)
    row_before, nth_before, ago_s = _arrivals(streams, rate, np.asarray(before_s, np.float64), 1, seed)
    row = np.concatenate([row_after, row_before])
    index = np.concatenate([2 * nth_after, 2 * nth_before + 1])
    order = np.lexsort((index, row))
    return row[order], index[order], np.concatenate([after_s, -ago_s])[order]


def _arrivals(
    streams: Sequence[str], per_day: Floats, until_s: Floats, side: int, seed: int
) -> tuple[Ints, Ints, Floats]:
    """Arrivals of Poisson processes in (0, until_s): row of the process, number in it, time [s]."""
    key, addresses = stream_key(seed, "world.departure"), _addresses(streams)
    live, last_s = np.flatnonzero(per_day > 0.0), np.zeros(len(per_day))
    drawn, found = 0, [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    while len(live):
        number = np.arange(drawn, drawn + _DRAWN_AT_ONCE)
        share = draw_uniform(key, addresses[live][:, None], number, np.uint32(0), np.uint32(side))
        waits_s = -np.log(share).reshape(len(live), -1) * (_DAY_S / per_day[live])[:, None]
        times_s = last_s[live][:, None] + np.cumsum(waits_s, axis=1)
        row, nth = np.nonzero(times_s < until_s[live][:, None])
        found.append((live[row], number[nth], times_s[row, nth]))
        last_s[live] = times_s[:, -1]
        live = live[last_s[live] < until_s[live]]
        drawn += _DRAWN_AT_ONCE
    rows, numbers, times = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, numbers, times


def _directions(
    class_id: str, traffic: MerchantTraffic, lanes: LaneNetwork, box: Box
) -> Iterator[_Direction]:
    """Each direction of each route; one that misses the box has no departures."""
    longest_wait_s = traffic.anchorage.longest_s if traffic.anchorage else 0.0
    for route_id, route in traffic.routes.items():
        lane = lanes.route(route.stops)
        ways = {"out": (lane, route.destination)}
        if route.both_ways:
            ways["back"] = (lane.reversed(), route.origin)
        farthest_m = longest_m(lane, _CUT_SIGMA * traffic.lane_width_m / 4.0) + 2 * REACH_M
        before_s = farthest_m / traffic.speed_mps.low + longest_wait_s
        for way, (sailed, port) in ways.items():
            inside = sailed.within(box)
            part, begins_m = inside or (sailed, 0.0)
            nation = lanes.nations.get(port, "")
            yield _Direction(
                stream=f"{class_id}/{route_id}/{way}",
                per_day=route.per_day if inside else 0.0,
                before_s=before_s,
                part=part,
                begins_m=begins_m,
                anchors=part.anchors_at_end if nation else np.empty((2, 0)),
                bound_for=nation,
            )


def _sailed(
    traffic: MerchantTraffic, directions: Sequence[_Direction], end_us: int, seed: int
) -> tuple[Ints, Ints, Table]:
    """Direction (n,) and index (n,) of the ships at sea during [0, end_us], and their legs."""
    streams = [one.stream for one in directions]
    rates, before_s = [one.per_day for one in directions], [one.before_s for one in directions]
    stream, index, left_s = departures_s(streams, rates, before_s, end_us / US_PER_S, seed)
    words = _addresses(streams)[stream], index, np.uint32(0), np.uint32(0)
    speed = traffic.speed_mps.at(draw_uniform(stream_key(seed, "world.speed"), *words))
    side = _cut(draw_normal(stream_key(seed, "world.offset"), *words))
    begins_m = np.array([one.begins_m for one in directions])[stream]
    enters_us = np.rint((left_s + begins_m / speed) * US_PER_S).astype(np.int64)
    ships = np.arange(len(stream))
    waits, place, wait_s = _waits(traffic, directions, stream, words, seed)
    lat, lon, ship = waypoints_beside(
        [one.part for one in directions],
        stream,
        side * (traffic.lane_width_m / 4.0),
        joins_last=np.where(np.isin(ships, waits), 2, 0),
    )
    last = np.searchsorted(ship, waits, side="right") - 1
    lat, lon = np.insert(lat, last, place[0]), np.insert(lon, last, place[1])
    stays_s = np.insert(np.zeros(len(ship)), last, wait_s)
    legs = legs_from_waypoints(lat, lon, enters_us, speed, np.insert(ship, last, waits), stays_s)
    legs = clip_legs(legs, 0, end_us)
    present, rows = np.unique(legs["target"], return_inverse=True)
    return stream[present], index[present], Table.of(LEGS, {**legs.columns, "target": rows})


def _waits(
    traffic: MerchantTraffic,
    directions: Sequence[_Direction],
    stream: Ints,
    words: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    seed: int,
) -> tuple[Ints, Floats, Floats]:
    """Rows of the ships that wait (k,), where (2, k) [deg] and how long (k,) [s]."""
    if traffic.anchorage is None:
        return np.empty(0, np.int64), np.empty((2, 0)), np.empty(0)
    n_places = np.array([one.anchors.shape[1] for one in directions], np.int64)
    key = stream_key(seed, "world.anchorage")
    waits = np.flatnonzero((draw_uniform(key, *words) < traffic.anchorage.share) & (n_places[stream] > 0))
    drawn = draw_uniform(stream_key(seed, "world.anchorage_place"), *words)[waits]
    first = np.cumsum(n_places) - n_places
    place = first[stream[waits]] + (drawn * n_places[stream[waits]]).astype(np.int64)
    wait_s = traffic.anchorage.at(_cut(draw_normal(key, *words)[waits]))
    return waits, np.concatenate([one.anchors for one in directions], axis=1)[:, place], wait_s


def _cut(normal: Floats) -> Floats:
    return np.asarray(np.clip(normal, -_CUT_SIGMA, _CUT_SIGMA), np.float64)


def _addresses(streams: Sequence[str]) -> NDArray[np.uint32]:
    return np.array([address(name) for name in streams], np.uint32)
