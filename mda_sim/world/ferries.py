"""Ferries: vessels that go back and forth between two ports on a timetable.

Model: a ferry leaves the origin every ``day / per_day``, and as often the destination. The timetable is made
for the slowest hull: a round trip takes the least whole number of those intervals that two crossings and two
stays of ``turnround_s`` fit into, and that is how many hulls the route needs; hull k leaves k intervals after
hull 0. Each hull has its own speed, uniform in the span, and lies in port until its next departure, so faster
hulls lie longer. The first departure of a route is uniform in one interval. A hull keeps to its own side of
the lane as a merchant ship does, and is on the lane itself at both ports.

Assumptions and limits: day and night alike, every day; no delays. In port a ferry is not at sea, and so not
present. Of each crossing only what lies between the first entry into the widened area and the last exit is
kept.

Where next: ``world.build_fleet``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mda_sim.core.rng import address, draw_normal, stream_key
from mda_sim.core.spec import Id, IdMap, NonNegative, Positive, Spec
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import distance_m
from mda_sim.world.beside import longest_m, waypoints_beside
from mda_sim.world.groups import Group
from mda_sim.world.lanes import Lane, LaneNetwork
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import Waypoints, voyage_group

Floats = NDArray[np.float64]

_DAY_S: Final = 86_400.0
_CUT_SIGMA: Final = 3.0


class FerryRoute(Spec):
    """A ferry line between two ports."""

    origin: Id
    """Port at one end: an id of the catalogue of ports."""
    destination: Id
    """Port at the other end, not the origin."""
    per_day: Annotated[float, Field(ge=0.1, le=1000)]
    """Departures a day, in each direction. [0.1, 1000]"""

    @property
    def port_pairs(self) -> list[tuple[str, str]]:
        """The two ports, as the one part of a route."""
        return [(self.origin, self.destination)]

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.origin == self.destination:
            raise ValueError(f"a ferry line needs two ports, got '{self.origin}' twice")
        return self


class FerryTraffic(TrafficBase):
    """Ferries on fixed lines."""

    kind: Literal["ferry"] = "ferry"
    """The kind of traffic."""
    routes: IdMap[FerryRoute]
    """Lines of the class by id."""
    speed_mps: Span
    """Speed over the ground, uniform in the span, constant for a hull. > 0 m/s"""
    turnround_s: Positive = 3_600.0
    """Least time in port between two crossings. > 0 s"""
    lane_width_m: NonNegative = 1_000.0
    """Width of the lane that 95 % of hulls keep within. >= 0 m"""

    @property
    def port_pairs(self) -> list[tuple[str, str]]:
        """Both ports of each line."""
        return [pair for route in self.routes.values() for pair in route.port_pairs]

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports of all lines."""
        return [port for pair in self.port_pairs for port in pair]


def ferry_groups(
    class_id: str, traffic: FerryTraffic, lanes: LaneNetwork, box: Box, timeline: Timeline, seed: int
) -> Iterator[Group]:
    """The ferries of a class in ``box`` during [0, score_to_us], one group for each line."""
    for route_id, route in traffic.routes.items():
        stream = f"{class_id}/{route_id}"
        lane = lanes.lane(route.origin, route.destination)
        waypoints = _waypoints(stream, traffic, route.per_day, lane, timeline.score_to_us, seed)
        yield voyage_group(class_id, stream, traffic, waypoints, box, timeline.score_to_us, seed)


def hulls_of(traffic: FerryTraffic, per_day: float, lane: Lane) -> int:
    """Number of hulls of a line: of intervals between departures that a round trip takes."""
    crossing_s = longest_m(lane, _CUT_SIGMA * traffic.lane_width_m / 4.0) / traffic.speed_mps.low
    return math.ceil(2 * (crossing_s + traffic.turnround_s) * per_day / _DAY_S)


def _waypoints(
    stream: str, traffic: FerryTraffic, per_day: float, lane: Lane, end_us: int, seed: int
) -> Waypoints:
    """All waypoints of a line, hull by hull in time, each crossing a stretch at sea."""
    n_hulls = hulls_of(traffic, per_day, lane)
    interval_s = _DAY_S / per_day
    round_s = n_hulls * interval_s
    hulls = np.arange(n_hulls)
    speed = traffic.speed_mps.at(uniform(seed, "speed", stream, hulls))
    side = draw_normal(stream_key(seed, "world.offset"), np.uint32(address(stream)), hulls, 0, 0)
    first_s = float(uniform(seed, "departure", stream, np.zeros(1, np.int64))[0]) * interval_s
    # From two rounds before the start, so that every hull is on its way at time 0, to one after the end.
    crossing = np.arange(-4, 2 * math.ceil(end_us / US_PER_S / round_s) + 2)
    hull, nth = np.repeat(hulls, len(crossing)), np.tile(crossing, n_hulls)
    leaves_s = first_s + hull * interval_s + nth * (round_s / 2.0)
    offset_m = np.clip(side, -_CUT_SIGMA, _CUT_SIGMA)[hull] * (traffic.lane_width_m / 4.0)
    lat, lon, trip = waypoints_beside([lane, lane.reversed()], nth % 2, offset_m, joins_first=1, joins_last=1)
    m = len(lane.lat_deg)
    lat, lon = lat.reshape(-1, m), lon.reshape(-1, m)
    gone_m = np.zeros_like(lat)
    gone_m[:, 1:] = np.cumsum(distance_m(lat[:, :-1], lon[:, :-1], lat[:, 1:], lon[:, 1:]), axis=1)
    t_us = np.rint((leaves_s[:, None] + gone_m / speed[hull][:, None]) * US_PER_S).astype(np.int64)
    return Waypoints(lat.ravel(), lon.ravel(), t_us.ravel(), hull[trip], stretch=trip)
