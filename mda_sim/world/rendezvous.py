"""Rendezvous: two ships meet at sea, lie alongside each other for a time and part, with their AIS off if they
wish.

Model: at each place a meeting begins once in every interval of 1 / ``per_day`` days, at a time uniform in it,
at a point uniform in the region. The first ship comes from its ``origin`` by the passage to the edge of the
region (``open_water``) and straight to the point, and waits there for a time uniform in ``wait_s``; the
second comes to ``alongside_m`` from it, on a bearing drawn for the meeting, as the meeting begins. They lie
alongside for a time uniform in ``alongside_s``, part, and go on by the same kind of way to their
``destination``. Each ship keeps one speed, uniform in ``speed_mps``, and is present from its origin to its
destination.

A meeting goes dark with probability ``goes_dark``. Then each of the two switches its AIS off a time uniform
in ``dark_before_s`` before it reaches the point, and on again a time uniform in ``dark_after_s`` after they
part.

The stream is ``class/place``; the index of a ship is twice the number of its meeting, and one more for the
second ship. Meetings are numbered from so long before time 0 that no earlier ship is still at sea. Every draw
is addressed by ship or meeting, so a longer run or another place changes none.

Assumptions and limits: the region must be open water. Meetings are independent of each other; a ship meets
one other once. Ships lie still while they are together, as if at anchor: none drifts or tows.

Source: what counts as a likely encounter: N. A. Miller et al., "Identifying Global Patterns of Transshipment
Behavior", Frontiers in Marine Science 5:240, 2018, doi:10.3389/fmars.2018.00240 (pairs near each other, slow
and for hours; the paper's thresholds were not read). Numbers and places are scenario data. Where next:
``world``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.spec import IdMap, NonNegative, Positive, Probability, Spec
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.regions import Area, Box, contains
from mda_sim.geo.sphere import destination, distance_m
from mda_sim.world.groups import Group
from mda_sim.world.open_water import open_hull, way_in
from mda_sim.world.passages import Berth, Passage
from mda_sim.world.reliefs import sailed_home, sailed_out
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import Waypoints, voyage_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LatLonRows = tuple[Floats, Floats]

ATTEMPTS: Final = 64
"""Number of points drawn in the box around a region for one in it; the last resort is its middle."""
_DAY_S = 86_400.0
_H_S = 3600.0


class VoyageSpec(Spec):
    """Where a ship comes from and goes on to."""

    origin: Berth
    """Where it comes from."""
    destination: Berth
    """Where it goes on to."""


class MeetingSpec(Spec):
    """Meetings at one place."""

    region: Area
    """Where ships meet: a box, polygon or circle of open water."""
    per_day: NonNegative
    """Mean number of meetings a day. >= 0"""
    first: VoyageSpec
    """The ship that waits."""
    second: VoyageSpec
    """The ship that comes alongside."""


class RendezvousTraffic(TrafficBase):
    """Pairs of ships that meet at sea."""

    kind: Literal["rendezvous"] = "rendezvous"
    """The kind of traffic."""
    meetings: IdMap[MeetingSpec]
    """Places of the class by id."""
    speed_mps: Span
    """Speed under way, uniform in the span, constant for a ship. > 0 m/s"""
    wait_s: Span = Span(low=1 * _H_S, high=24 * _H_S)
    """Time that the first ship waits, uniform in the span. > 0 s; the default is an assumption"""
    alongside_s: Span = Span(low=12 * _H_S, high=48 * _H_S)
    """Time alongside, uniform in the span. > 0 s; the default is an assumption"""
    alongside_m: Positive = 60.0
    """Distance between the middles of the two ships when alongside. > 0 m; the default is an assumption"""
    goes_dark: Probability = 1.0
    """Share of meetings during which both ships have their AIS off. [0, 1]; the default is an assumption"""
    dark_before_s: Span = Span(low=1 * _H_S, high=6 * _H_S)
    """Time that AIS is off before a ship reaches the point, uniform in the span. > 0 s; assumption"""
    dark_after_s: Span = Span(low=1 * _H_S, high=6 * _H_S)
    """Time that AIS is off after they part, uniform in the span. > 0 s; assumption"""

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports that ships come from and go to."""
        voyages = [one for place in self.meetings.values() for one in (place.first, place.second)]
        berths = [berth for one in voyages for berth in (one.origin, one.destination)]
        return [berth.port for berth in berths if berth.port is not None]


def rendezvous_groups(
    class_id: str, traffic: RendezvousTraffic, box: Box, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    """The ships of a class in ``box`` during [0, score_to_us], one group for each place.

    Raises KeyError for a port that the catalogue does not have, RunError for a region that is not open water
    or without a way to it.
    """
    end_us = timeline.score_to_us
    for place_id, place in traffic.meetings.items():
        stream = f"{class_id}/{place_id}"
        meetings = _Meetings(traffic, stream, place, end_us / US_PER_S, seed, land)
        waypoints = meetings.waypoints()
        yield voyage_group(class_id, stream, traffic, waypoints, box, end_us, seed, silent=meetings.dark_us())


class _Meetings:
    """All meetings at one place, one row each: their points and times, and the ships' ways."""

    def __init__(
        self, traffic: RendezvousTraffic, stream: str, place: MeetingSpec, end_s: float, seed: int, land: Land
    ) -> None:
        self.traffic, self.stream, self.seed = traffic, stream, seed
        self.hull = open_hull(place.region, stream, land)
        self.ways = [self._ways(one, land) for one in (place.first, place.second)]
        longest_s = max(self._longest_s(way) for pair in self.ways for way in pair)
        before_s = longest_s + traffic.alongside_s.high
        after_s = longest_s + traffic.wait_s.high
        n = math.ceil((before_s + end_s + after_s) / _DAY_S * place.per_day)
        self.number = np.arange(n)
        every_s = _DAY_S / place.per_day if n else 0.0
        self.begins_s = (self.number + self._uniform("begins")) * every_s - before_s
        self.parts_s = self.begins_s + traffic.alongside_s.at(self._uniform("alongside"))
        self.waits_s = traffic.wait_s.at(self._uniform("wait"))
        lat, lon = self._points(place.region)
        aside = destination(lat, lon, 360.0 * self._uniform("bearing"), traffic.alongside_m)
        self.points = (lat, lon), aside

    def waypoints(self) -> Waypoints:
        """Where all ships are, each voyage a stretch at sea, in order of their index."""
        sailed = [self._sailed(role) for role in (0, 1)]
        width = max(part[2].shape[1] for part in sailed)
        # The last waypoint repeated makes rows equally long, and adds no leg.
        padded = [
            [np.pad(p, ((0, 0), (0, width - p.shape[1])), mode="edge") for p in part] for part in sailed
        ]
        lat, lon, t_s = (np.stack(parts, axis=1).reshape(-1, width) for parts in zip(*padded, strict=True))
        index = np.repeat(np.arange(len(lat)), width)
        t_us = np.rint(t_s.ravel() * US_PER_S).astype(np.int64)
        return Waypoints(lat.ravel(), lon.ravel(), t_us, index, index)

    def dark_us(self) -> tuple[Ints, Ints, Ints]:
        """Index of each ship that goes dark, in order, and when its AIS is switched off and on [us]."""
        goes = np.flatnonzero(self._uniform("dark") < self.traffic.goes_dark)
        index = (2 * goes[:, None] + np.arange(2)).ravel()
        reaches_s = np.stack([self.begins_s - self.waits_s, self.begins_s], axis=1)[goes].ravel()
        before_s = self.traffic.dark_before_s.at(uniform(self.seed, "rendezvous.before", self.stream, index))
        after_s = self.traffic.dark_after_s.at(uniform(self.seed, "rendezvous.after", self.stream, index))
        off_s, on_s = reaches_s - before_s, np.repeat(self.parts_s[goes], 2) + after_s
        off_us, on_us = (np.rint(t_s * US_PER_S).astype(np.int64) for t_s in (off_s, on_s))
        return index, off_us, on_us

    def _sailed(self, role: int) -> tuple[Floats, Floats, Floats]:
        """Waypoints of the first or second ship of each meeting, (n, w)."""
        way, on = self.ways[role]
        index = 2 * self.number + role
        speed = self.traffic.speed_mps.at(uniform(self.seed, "rendezvous.speed", self.stream, index))
        lat, lon = self.points[role]
        near = lat[:, None], lon[:, None]
        reaches_s = self.begins_s - (self.waits_s if role == 0 else 0.0)
        out = sailed_out(way, near, speed, reaches_s)
        home = sailed_home(on, near, speed, self.parts_s)
        lats, lons, t_s = (np.append(a, b, axis=1) for a, b in zip(out, home, strict=True))
        return lats, lons, t_s

    def _ways(self, voyage: VoyageSpec, land: Land) -> tuple[Passage, Passage]:
        """From the origin to the region, and from the destination to it."""
        ends = (berth.place(self.stream, land) for berth in (voyage.origin, voyage.destination))
        first, last = (way_in(end, self.hull, land) for end in ends)
        return first, last

    def _longest_s(self, way: Passage) -> float:
        """A bound of the time from a port to any point of the region."""
        west, south, east, north = self.hull.bounds
        lat, lon = np.array([south, south, north, north]), np.array([west, east, west, east])
        across_m = float(distance_m(way.lat_deg[-1], way.lon_deg[-1], lat, lon).max())
        return (way.length_m() + across_m) / self.traffic.speed_mps.low

    def _points(self, region: Area) -> LatLonRows:
        """A point uniform by area in the region for each meeting: the first of those drawn in the hull's box
        that is in it.
        """
        west, south, east, north = self.hull.bounds
        low, high = np.sin(np.radians([south, north]))
        lat, lon = (np.full(len(self.number), part) for part in (self.hull.centroid.y, self.hull.centroid.x))
        open_rows = self.number
        for attempt in range(ATTEMPTS):
            u, v = (self._uniform(what, attempt)[open_rows] for what in ("north", "east"))
            new_lat, new_lon = np.degrees(np.arcsin(low + u * (high - low))), west + v * (east - west)
            inside = contains(region, new_lat, new_lon)
            lat[open_rows[inside]], lon[open_rows[inside]] = new_lat[inside], new_lon[inside]
            open_rows = open_rows[~inside]
        return lat, lon

    def _uniform(self, what: str, attempt: int = 0) -> Floats:
        return uniform(self.seed, f"rendezvous.{what}", self.stream, self.number, 0, attempt)
