"""Patrols: coast-guard and naval ships that keep stations at sea, come from a base and go home to it.

Model: a station has a mean number of hulls m. It is kept by n = ceil(m / on_station) ships, each of which is
on station the share ``on_station`` of the time; the last one takes the remainder. A ship's stay is drawn once
from ``stay_s``; its period is the stay over its share, and a uniform part of the first period is over at time
0. So at every time each ship is on station with exactly its share, independently of the others, and the mean
number of hulls is m exactly.

On station a ship comes in along one ring, goes to its post (a bearing drawn for the stay) and sails stint
after stint until it has to leave: out or in to a radius drawn for the stint, once around the pattern at a
cruising speed, then slowly to and fro by its post for a time drawn from ``loiter_s``. What is left of the
stay it lies to. With a base it makes the passage there and back between stays, at a speed drawn for the ship,
and lies in port. Without one every stay is a ship of its own, present during the stay alone.

The stream is ``class/station``; the index of a ship with a base is its number, that of a stay without one is
the ship's number * 4096 + the number of the stay. Every draw is addressed by it and the stint, so a longer
run or a larger mean changes no ship except the one that takes the remainder.

Assumptions and limits: ships do not shadow, escort, refuel at sea or react to others; nothing ties two ships
of a station together, so the number on station is binomial (for m = 3 of 9 ships: standard deviation 1.4),
where real rotas overlap on purpose. Cruising at 12-25 kn: general knowledge. The default share of a third
(three ships keep one at sea), stays of 7-21 days, radii, loitering: assumptions.

Source: numbers and places are scenario data (Asia Maritime Transparency Initiative counts ship-days at named
features; over 365 days they are mean hulls). Where next: ``world``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mda_sim.core.errors import RunError
from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.spec import Id, IdMap, LatDeg, LonDeg, NonNegative, Spec
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import distance_m
from mda_sim.world.groups import Group
from mda_sim.world.passages import Berth, Passage, passage
from mda_sim.world.patrol_ring import PATTERNS, POINTS, RADII, Rings, rings
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import voyage_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]

STAYS_PER_SHIP: Final = 4096
"""Numbers of stays set aside for each ship of a station without a base."""
_STINTS_PER_STAY: Final = 4096
_ROUNDING: Final = 1e-9
_BEYOND_S: Final = 10 * 86_400.0
_DAY_S = 86_400.0
_H_S = 3600.0


class StationSpec(Spec):
    """The ships that keep one station."""

    hulls: NonNegative
    """Mean number of hulls on station, ship-days over days; need not be whole. >= 0"""
    feature: Id | None = None
    """Feature that they keep, by its id in the catalogue; or give latitude and longitude."""
    lat_deg: LatDeg | None = None
    """Latitude of the middle of the station. [-90, 90]"""
    lon_deg: LonDeg | None = None
    """Longitude of the middle of the station. [-180, 180]"""
    base: Berth | None = None
    """Port they come from; without one every stay is a ship of its own, present for the stay alone."""

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        parts = (self.lat_deg is not None) + (self.lon_deg is not None)
        if parts != (2 if self.feature is None else 0):
            raise ValueError("expected either feature, or both lat_deg and lon_deg")
        return self

    @property
    def place(self) -> tuple[float, float]:
        """Latitude and longitude; KeyError for a feature that the catalogue does not have."""
        if self.feature is not None:
            row = catalogue.feature(self.feature)
            return row.lat_deg, row.lon_deg
        return float(self.lat_deg or 0.0), float(self.lon_deg or 0.0)


class PatrolTraffic(TrafficBase):
    """Coast-guard or naval ships on station."""

    kind: Literal["patrol"] = "patrol"
    """The kind of traffic."""
    stations: IdMap[StationSpec]
    """Stations of the class by id."""
    pattern: Literal["circle", "racetrack"] = "circle"
    """Course around the station."""
    on_station: Annotated[float, Field(gt=0, le=1)] = 1 / 3
    """Share of the time that a ship is on station; 1: it never leaves. (0, 1]; the default: assumption"""
    stay_s: Span = Span(low=7 * _DAY_S, high=21 * _DAY_S)
    """Time on station, uniform in the span. > 0 s; the default is an assumption"""
    radius_m: Span = Span(low=8_000.0, high=25_000.0)
    """Radius of the pattern, uniform in the span. > 0 m; the default is an assumption"""
    cruise_mps: Span = Span(low=12 * KNOT_MPS, high=25 * KNOT_MPS)
    """Speed of transits and of the pattern, uniform in the span. > 0 m/s"""
    loiter_mps: Span = Span(low=1 * KNOT_MPS, high=4 * KNOT_MPS)
    """Speed of loitering, uniform in the span. > 0 m/s; the default is an assumption"""
    loiter_s: Span = Span(low=2 * _H_S, high=8 * _H_S)
    """Time of loitering between two rounds, uniform in the span. > 0 s; the default is an assumption"""

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports that ships come from."""
        bases = (one.base for one in self.stations.values())
        return [base.port for base in bases if base is not None and base.port is not None]

    @property
    def feature_ids(self) -> list[str]:
        """Ids of the features that are kept."""
        return [one.feature for one in self.stations.values() if one.feature is not None]


def patrol_groups(
    class_id: str, traffic: PatrolTraffic, box: Box, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    """The ships of a class in ``box`` during [0, score_to_us], one group for each station.

    Raises KeyError for a feature or port that the catalogue does not have, RunError for a station without
    clear water around it, without a way from its base, or too far from it for the time between stays.
    """
    for station_id, spec in traffic.stations.items():
        stream = f"{class_id}/{station_id}"
        station = _Station(traffic, stream, spec, seed, land)
        rows = station.waypoints(timeline.score_to_us / US_PER_S)
        yield voyage_group(class_id, stream, traffic, rows, box, timeline.score_to_us, seed)


@dataclass
class _Track:
    """Waypoints as they come: one ship after the other, each in order of time."""

    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    t_s: list[float] = field(default_factory=list)
    index: list[int] = field(default_factory=list)

    def add(self, lat: float, lon: float, t_s: float, index: int) -> None:
        """Append one waypoint: place [deg], time [s] and the ship's index."""
        self.lat.append(lat)
        self.lon.append(lon)
        self.t_s.append(t_s)
        self.index.append(index)


class _Station:
    """One station, its rings, the passage from the base, and the ships that keep it."""

    def __init__(self, traffic: PatrolTraffic, stream: str, spec: StationSpec, seed: int, land: Land) -> None:
        self.traffic, self.stream, self.seed = traffic, stream, seed
        radius = traffic.radius_m.low, traffic.radius_m.high
        self.rings = rings(spec.place, radius, traffic.pattern, stream, land)
        self.step_m = _step_lengths_m(self.rings)
        self.gate, self.way = self._way(spec.base, land)
        whole = math.ceil(spec.hulls / traffic.on_station - _ROUNDING)
        self.share = np.full(whole, traffic.on_station)
        if whole:
            self.share[-1] = spec.hulls - (whole - 1) * traffic.on_station
        self.share = np.minimum(self.share, 1.0)
        self.ships = np.arange(whole)
        self.transit_mps = traffic.cruise_mps.at(uniform(seed, "patrol.transit", stream, self.ships))
        self.stay_s = traffic.stay_s.at(uniform(seed, "patrol.stay", stream, self.ships))
        self._check_time()

    def waypoints(self, end_s: float) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Latitude, longitude [deg], time [us] and index of all waypoints of all ships until ``end_s``."""
        track = _Track()
        elapsed = uniform(self.seed, "patrol.elapsed", self.stream, self.ships)
        for ship in self.ships.tolist():
            period_s = float(self.stay_s[ship] / self.share[ship])
            stay_s = float(self.stay_s[ship])
            first_s = -float(elapsed[ship]) * period_s
            if self.share[ship] >= 1.0 - _ROUNDING:
                index = ship if self.way is not None else ship * STAYS_PER_SHIP
                self._stay(track, ship, index, 0, (first_s, end_s + _BEYOND_S), end_s)
                continue
            for visit in range(int((end_s - first_s) / period_s) + 2):
                comes_s = first_s + visit * period_s
                if self.way is None:
                    if comes_s < end_s:
                        index = ship * STAYS_PER_SHIP + visit
                        self._stay(track, ship, index, 0, (comes_s, comes_s + stay_s), end_s)
                else:
                    self._come(track, ship, comes_s, self.way)
                    self._stay(track, ship, ship, visit, (comes_s, comes_s + stay_s), end_s)
                    self._go(track, ship, comes_s + stay_s, self.way)
        t_us = np.rint(np.array(track.t_s) * US_PER_S).astype(np.int64)
        return np.array(track.lat), np.array(track.lon), t_us, np.array(track.index, dtype=np.int64)

    def _way(self, base: Berth | None, land: Land) -> tuple[int, Passage | None]:
        """The point of the ring of the way in that is nearest to the base, and the passage to it."""
        if base is None:
            return 0, None
        home = base.place(self.stream, land)
        lat, lon = self.rings.lat_deg[self.rings.way_in], self.rings.lon_deg[self.rings.way_in]
        gate = int(distance_m(*home, lat, lon).argmin())
        return gate, passage(home, (float(lat[gate]), float(lon[gate])), land)

    def _check_time(self) -> None:
        if self.way is None:
            return
        length_m = self.way.length_m()
        needed_s = 2 * length_m / self.traffic.cruise_mps.low
        shortest_s = self.traffic.stay_s.low * (1.0 / self.share[self.share < 1.0 - _ROUNDING] - 1.0)
        if needed_s > shortest_s.min(initial=np.inf):
            raise RunError(
                f"the station of stream '{self.stream}' is {length_m / 1000:.0f} km from its base by sea,"
                f" {needed_s / _H_S:.0f} h there and back at the lowest speed, but a ship may have only"
                f" {shortest_s.min() / _H_S:.0f} h between stays; make stay_d longer or on_station less"
            )

    def _come(self, track: _Track, ship: int, comes_s: float, way: Passage) -> None:
        """From the base to the gate of the station, there at ``comes_s``."""
        left_m = _to_end_m(way)
        for lat, lon, m in zip(way.lat_deg.tolist(), way.lon_deg.tolist(), left_m, strict=True):
            track.add(lat, lon, comes_s - m / float(self.transit_mps[ship]), ship)

    def _go(self, track: _Track, ship: int, leaves_s: float, way: Passage) -> None:
        """From the gate to the base."""
        left_m = _to_end_m(way)
        rows = zip(way.lat_deg[::-1].tolist(), way.lon_deg[::-1].tolist(), left_m[::-1], strict=True)
        for lat, lon, m in rows:
            track.add(lat, lon, leaves_s + m / float(self.transit_mps[ship]), ship)

    def _stay(
        self, track: _Track, ship: int, index: int, visit: int, stay_s: tuple[float, float], end_s: float
    ) -> None:
        """One stay, from the gate (or from the post, without a base) and back; no stints after ``end_s``."""
        comes_s, leaves_s = stay_s
        ring, speed = self.rings, float(self.transit_mps[ship])
        post = int(ring.posts[int(self._draw("post", index, visit, 1)[0] * len(ring.posts))])
        inward = ring.around(self.gate if self.way is not None else post, post)
        out_s = (len(inward) - 1) * self.step_m[ring.way_in] / speed
        now_s = comes_s
        for nth, point in enumerate(inward.tolist()):
            self._add(track, ring.way_in, point, comes_s + nth * self.step_m[ring.way_in] / speed, index)
        now_s += out_s
        here = ring.way_in
        for radius, path, steps_s in self._stints(index, visit, post, min(leaves_s, end_s) - now_s):
            spoke_m = self._spoke_m(post, here, radius)
            home_s = self._spoke_m(post, radius, ring.way_in) / speed + out_s
            lasts_s = spoke_m / speed + float(steps_s.sum())
            if now_s > end_s or now_s + lasts_s + home_s > leaves_s:
                break
            now_s += spoke_m / speed
            self._add(track, radius, post, now_s, index)
            for point, step_s in zip(path.tolist(), steps_s.tolist(), strict=True):
                now_s += step_s
                self._add(track, radius, point, now_s, index)
            here = radius
        # Lie to, then back by the spoke and the ring.
        leave_post_s = leaves_s - out_s
        self._add(track, here, post, leave_post_s - self._spoke_m(post, here, ring.way_in) / speed, index)
        for nth, point in enumerate(inward[::-1].tolist()):
            self._add(track, ring.way_in, point, leave_post_s + nth * self.step_m[ring.way_in] / speed, index)

    def _stints(
        self, index: int, visit: int, post: int, time_s: float
    ) -> Iterator[tuple[int, NDArray[np.int64], Floats]]:
        """Radius, points passed and time of each step, of the stints that may fit in a time."""
        trip = self.traffic
        shortest_s = trip.loiter_s.low
        n = min(max(int(time_s / shortest_s), 0) + 1, _STINTS_PER_STAY)
        radii = np.flatnonzero(self.rings.usable[:, post])
        radius = radii[(self._draw("radius", index, visit, n) * len(radii)).astype(np.int64)]
        cruise = trip.cruise_mps.at(self._draw("cruise", index, visit, n))
        slow = trip.loiter_mps.at(self._draw("slow", index, visit, n))
        loiter_s = trip.loiter_s.at(self._draw("loiter", index, visit, n))
        passed = (post + np.array(PATTERNS[trip.pattern])) % POINTS
        for k in range(n):
            one = int(radius[k])
            lat, lon = self.rings.lat_deg[one, passed], self.rings.lon_deg[one, passed]
            lap_s = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) / cruise[k]
            step_s = self.step_m[one] / slow[k]
            legs = 2 * max(round(float(loiter_s[k] / step_s / 2)), 1)
            to_and_fro = (post + (np.arange(legs) + 1) % 2) % POINTS
            yield one, np.concatenate([passed[1:], to_and_fro]), np.append(lap_s, np.full(legs, step_s))

    def _spoke_m(self, post: int, one: int, other: int) -> float:
        """Distance between two radii at the post."""
        width_m = self.traffic.radius_m.high - self.traffic.radius_m.low
        return abs(one - other) * width_m / (RADII - 1)

    def _add(self, track: _Track, radius: int, point: int, t_s: float, index: int) -> None:
        lat, lon = self.rings.lat_deg[radius, point], self.rings.lon_deg[radius, point]
        track.add(float(lat), float(lon), t_s, index)

    def _draw(self, what: str, index: int, visit: int, n: int) -> Floats:
        """``n`` uniforms about the stints of one stay."""
        key = stream_key(self.seed, f"world.patrol.{what}")
        stints = visit * _STINTS_PER_STAY + np.arange(n)
        return draw_uniform(key, np.uint32(address(self.stream)), np.uint32(index), np.uint32(0), stints)


def _step_lengths_m(ring: Rings) -> Floats:
    """Length of one step of each ring, (RADII,)."""
    return distance_m(ring.lat_deg[:, 0], ring.lon_deg[:, 0], ring.lat_deg[:, 1], ring.lon_deg[:, 1])


def _to_end_m(way: Passage) -> list[float]:
    """Distance of each waypoint of a passage from its end."""
    legs = distance_m(way.lat_deg[:-1], way.lon_deg[:-1], way.lat_deg[1:], way.lon_deg[1:])
    return [*np.cumsum(legs[::-1])[::-1].tolist(), 0.0]
