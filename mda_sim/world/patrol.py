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
and lies in port, which is not at sea: it is present from leaving its base to being back. Without one every
stay is a ship of its own, present during the stay alone.

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
from mda_sim.geo.coast_index import ragged
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import distance_m
from mda_sim.world.groups import Group
from mda_sim.world.passages import Berth, Passage, passage
from mda_sim.world.patrol_ring import PATTERNS, POINTS, RADII, Rings, rings
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import Waypoints, voyage_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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
    """Waypoints as they come: one ship after the other, each in order of time, stretch by stretch."""

    parts: list[tuple[Floats, Floats, Floats, int, int]] = field(default_factory=list)
    n_stretches: int = 0

    def begin(self) -> None:
        """What follows is another stretch at sea."""
        self.n_stretches += 1

    def add(self, lat: Floats, lon: Floats, t_s: Floats, index: int) -> None:
        """Append waypoints (n,): places [deg], times [s], and the ship's index.

        Those whose leg to the next one ends before time 0 are left out.
        """
        kept = np.ones(len(t_s), np.bool_)
        kept[:-1] = t_s[1:] >= 0.0
        self.parts.append((lat[kept], lon[kept], t_s[kept], index, self.n_stretches))

    def waypoints(self) -> Waypoints:
        """All of them."""
        lat, lon, t_s = (np.concatenate([np.empty(0), *(part[k] for part in self.parts)]) for k in range(3))
        count = [len(part[0]) for part in self.parts]
        index, stretch = (np.repeat([part[k] for part in self.parts], count).astype(np.int64) for k in (3, 4))
        return Waypoints(lat, lon, np.rint(t_s * US_PER_S).astype(np.int64), index, stretch)


class _Station:
    """One station, its rings, the passage from the base, and the ships that keep it."""

    def __init__(self, traffic: PatrolTraffic, stream: str, spec: StationSpec, seed: int, land: Land) -> None:
        self.traffic, self.stream, self.seed = traffic, stream, seed
        radius = traffic.radius_m.low, traffic.radius_m.high
        self.rings = rings(spec.place, radius, traffic.pattern, stream, land)
        self.step_m = _step_lengths_m(self.rings)
        self.passed = np.array(PATTERNS[traffic.pattern])
        self.lap_m = _lap_lengths_m(self.rings, self.passed)
        self.gate, self.way = self._way(spec.base, land)
        whole = math.ceil(spec.hulls / traffic.on_station - _ROUNDING)
        self.share = np.full(whole, traffic.on_station)
        if whole:
            self.share[-1] = spec.hulls - (whole - 1) * traffic.on_station
        self.share = np.minimum(self.share, 1.0)
        self.ships = np.arange(whole)
        self.transit_mps = traffic.cruise_mps.at(uniform(seed, "patrol.transit", stream, self.ships))
        self.stay_s = traffic.stay_s.at(uniform(seed, "patrol.stay", stream, self.ships))
        self.passage_s = (self.way.length_m() if self.way is not None else 0.0) / self.transit_mps
        self._check_time()

    def waypoints(self, end_s: float) -> Waypoints:
        """All waypoints of all ships until ``end_s``."""
        track = _Track()
        elapsed = uniform(self.seed, "patrol.elapsed", self.stream, self.ships)
        for ship in self.ships.tolist():
            period_s = float(self.stay_s[ship] / self.share[ship])
            stay_s = float(self.stay_s[ship])
            first_s = -float(elapsed[ship]) * period_s
            if self.share[ship] >= 1.0 - _ROUNDING:
                index = ship if self.way is not None else ship * STAYS_PER_SHIP
                track.begin()
                self._stay(track, ship, index, 0, (first_s, end_s + _BEYOND_S), end_s)
                continue
            for visit in range(int((end_s - first_s) / period_s) + 2):
                comes_s = first_s + visit * period_s
                if comes_s + stay_s + self.passage_s[ship] < 0.0:
                    continue
                track.begin()
                if self.way is None:
                    if comes_s < end_s:
                        index = ship * STAYS_PER_SHIP + visit
                        self._stay(track, ship, index, 0, (comes_s, comes_s + stay_s), end_s)
                else:
                    self._come(track, ship, comes_s, self.way)
                    self._stay(track, ship, ship, visit, (comes_s, comes_s + stay_s), end_s)
                    self._go(track, ship, comes_s + stay_s, self.way)
        return track.waypoints()

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
        track.add(way.lat_deg, way.lon_deg, comes_s - _to_end_m(way) / self.transit_mps[ship], ship)

    def _go(self, track: _Track, ship: int, leaves_s: float, way: Passage) -> None:
        """From the gate to the base."""
        t_s = leaves_s + _to_end_m(way) / self.transit_mps[ship]
        track.add(way.lat_deg[::-1], way.lon_deg[::-1], t_s[::-1], ship)

    def _stay(
        self, track: _Track, ship: int, index: int, visit: int, stay_s: tuple[float, float], end_s: float
    ) -> None:
        """One stay, from the gate (or from the post, without a base) and back; no stints after ``end_s``."""
        comes_s, leaves_s = stay_s
        ring, speed = self.rings, float(self.transit_mps[ship])
        post = int(ring.posts[int(self._draw("post", index, visit, 1)[0] * len(ring.posts))])
        inward = ring.around(self.gate if self.way is not None else post, post)
        steps_s = np.arange(len(inward)) * (self.step_m[ring.way_in] / speed)
        out_s = float(steps_s[-1])
        self._add(track, ring.way_in, inward, comes_s + steps_s, index)
        here = self._stints(track, index, visit, post, (comes_s + out_s, leaves_s - out_s), speed, end_s)
        # Lie to, then back by the spoke and the ring.
        leave_post_s = leaves_s - out_s
        spoke_s = float(self._spoke_m(here, ring.way_in)) / speed
        self._add(track, here, np.array([post]), np.array([leave_post_s - spoke_s]), index)
        self._add(track, ring.way_in, inward[::-1], leave_post_s + steps_s, index)

    def _stints(
        self,
        track: _Track,
        index: int,
        visit: int,
        post: int,
        at_post_s: tuple[float, float],
        speed: float,
        end_s: float,
    ) -> int:
        """The stints of one stay that fit in between two times; the radius at which the last one ends.

        A stint: the spoke to its radius, the pattern, then to and fro between the post and the next point.
        """
        trip, ring = self.traffic, self.rings
        begins_s, leaves_s = at_post_s
        n = max(int((min(leaves_s, end_s) - begins_s) / trip.loiter_s.low), 0) + 1
        n = min(n, _STINTS_PER_STAY)
        radii = np.flatnonzero(ring.usable[:, post])
        radius = radii[(self._draw("radius", index, visit, n) * len(radii)).astype(np.int64)]
        lap_s = self.lap_m[radius, post] / trip.cruise_mps.at(self._draw("cruise", index, visit, n))[:, None]
        step_s = self.step_m[radius] / trip.loiter_mps.at(self._draw("slow", index, visit, n))
        loiter_s = trip.loiter_s.at(self._draw("loiter", index, visit, n))
        legs = 2 * np.maximum(np.rint(loiter_s / step_s / 2), 1).astype(np.int64)
        spoke_s = self._spoke_m(np.append(ring.way_in, radius[:-1]), radius) / speed
        lap_s = np.concatenate([spoke_s[:, None], lap_s], axis=1)
        ends_s = begins_s + np.cumsum(lap_s.sum(axis=1) + legs * step_s)
        starts_s = np.append(begins_s, ends_s[:-1])
        late = (starts_s > end_s) | (ends_s + self._spoke_m(radius, ring.way_in) / speed > leaves_s)
        kept = int(late.argmax()) if late.any() else n
        stint, nth = ragged(len(self.passed) + legs[:kept])
        loitered = nth - len(self.passed)
        nth = np.minimum(nth, len(self.passed) - 1)
        point = (post + np.where(loitered < 0, self.passed[nth], (loitered + 1) % 2)) % POINTS
        lasts_s = np.where(loitered < 0, lap_s[stint, nth], step_s[stint])
        self._add(track, radius[stint], point, begins_s + np.cumsum(lasts_s), index)
        return int(radius[kept - 1]) if kept else ring.way_in

    def _spoke_m(self, one: Ints | int, other: Ints | int) -> Floats:
        """Distance between two radii at a post."""
        width_m = self.traffic.radius_m.high - self.traffic.radius_m.low
        return np.asarray(np.abs(np.subtract(one, other)) * (width_m / (RADII - 1)), np.float64)

    def _add(self, track: _Track, radius: Ints | int, point: Ints, t_s: Floats, index: int) -> None:
        track.add(self.rings.lat_deg[radius, point], self.rings.lon_deg[radius, point], t_s, index)

    def _draw(self, what: str, index: int, visit: int, n: int) -> Floats:
        """``n`` uniforms about the stints of one stay."""
        key = stream_key(self.seed, f"world.patrol.{what}")
        stints = visit * _STINTS_PER_STAY + np.arange(n)
        return draw_uniform(key, np.uint32(address(self.stream)), np.uint32(index), np.uint32(0), stints)


def _step_lengths_m(ring: Rings) -> Floats:
    """Length of one step of each ring, (RADII,)."""
    return distance_m(ring.lat_deg[:, 0], ring.lon_deg[:, 0], ring.lat_deg[:, 1], ring.lon_deg[:, 1])


def _lap_lengths_m(ring: Rings, passed: Ints) -> Floats:
    """Length of each leg of the pattern from each post at each radius, (RADII, POINTS, legs)."""
    points = (np.arange(POINTS)[:, None] + passed) % POINTS
    lat, lon = ring.lat_deg[:, points], ring.lon_deg[:, points]
    return distance_m(lat[..., :-1], lon[..., :-1], lat[..., 1:], lon[..., 1:])


def _to_end_m(way: Passage) -> Floats:
    """Distance of each waypoint of a passage from its end."""
    legs = distance_m(way.lat_deg[:-1], way.lon_deg[:-1], way.lat_deg[1:], way.lon_deg[1:])
    return np.append(np.cumsum(legs[::-1])[::-1], 0.0)
