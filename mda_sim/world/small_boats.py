"""Small boats: day trips from home ports to a spot in sight of home, some hours of drifting there, and back.

Model: each home has a fixed number of boats. Each day, in local time, a boat goes out with probability
``go_out``; it leaves at a time uniform in the window of departure and is back at one uniform in the window of
return (of the next day where that window comes first). It goes straight to a spot uniform by area over the
sea that is in sight of home between the two distances of ``distance_m``, drifts there with the nets in three
stretches of equal time on courses of its own, lies to, and returns straight and on time. A spot so far that
under way it would spend more than 4 / 5 of the trip is not taken; a boat without time for the least distance
stays at home that day. A stretch is kept clear of land and no farther from home than the spot was; of 8
courses tried the first that does so is taken, and a boat that finds none anchors for that stretch. At home it
is not at sea, and so not present.

The stream is ``class/home``, the index the number of the boat; every draw is addressed by boat and local day
since the start, so a longer run or more boats change no boat.

Assumptions and limits: boats go where a straight leg from home is clear (``sea_room.sight_lines``), round no
headland, and heed no weather, moon or day of the week; a boat keeps its home. Hours are counted from local
midnight. Sensing takes the radar cross-section from the length as for steel hulls, which overstates wooden
boats: 1-5 m2 are given for a wooden banca (general knowledge), so ranges of radars to them come out too
large. Speeds of 5-10 kn and lengths of 6-20 m: general knowledge; windows, distances, drift and the share of
days at sea are assumptions.

Source: numbers and places are scenario data. Where next: ``world``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.spec import IdMap, NonNegative, Probability, Spec
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg
from mda_sim.world.groups import Group
from mda_sim.world.passages import Berth
from mda_sim.world.sea_room import SightLines, sight_lines
from mda_sim.world.traffic import Span, TrafficBase
from mda_sim.world.voyages import Waypoints, voyage_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TimeOfDay = Annotated[float, Field(ge=0, le=86400)]

WEDGES: Final = 180
"""Number of wedges of the sight lines of a home."""
STRETCHES: Final = 3
"""Number of stretches of drifting on a trip."""
UNDER_WAY: Final = 0.8
"""Largest share of a trip that a boat spends on the way out and back."""
ATTEMPTS: Final = 8
"""Number of courses tried for a stretch."""
_H_S = 3600.0
_DAY_S = 86400.0
_LEAST_AT_HOME_S = 3600.0
_SAME_PLACE_M = 0.01


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone '{name}'; expected a name such as Asia/Manila") from error
    return name


class HomeSpec(Spec):
    """The boats of one home port or village."""

    boats: NonNegative
    """Number of boats, at sea or at home, rounded to whole boats. >= 0"""
    berth: Berth
    """Where they lie."""


class SmallBoatTraffic(TrafficBase):
    """Small boats on day trips."""

    kind: Literal["small_boats"] = "small_boats"
    """The kind of traffic."""
    homes: IdMap[HomeSpec]
    """Homes of the class by id."""
    time_zone: Annotated[str, AfterValidator(_known_zone)]
    """Time zone of the windows, by its IANA name."""
    depart_from_s: TimeOfDay = 3 * _H_S
    """Earliest departure, local time. [0, 86400] s after midnight; the default is an assumption"""
    depart_to_s: TimeOfDay = 6 * _H_S
    """Latest departure, local time, not before the earliest. [0, 86400] s after midnight;
    the default is an assumption"""
    return_from_s: TimeOfDay = 14 * _H_S
    """Earliest return, local time; of the next day if before the latest departure. [0, 86400] s
    after midnight; the default is an assumption"""
    return_to_s: TimeOfDay = 18 * _H_S
    """Latest return, local time, not before the earliest. [0, 86400] s after midnight;
    the default is an assumption"""
    go_out: Probability = 0.7
    """Probability that a boat goes out on a day. [0, 1]; the default is an assumption"""
    distance_m: Span = Span(low=10_000.0, high=60_000.0)
    """Distance of the spot from home, uniform by area between the two. > 0 m; assumption"""
    speed_mps: Span = Span(low=5 * KNOT_MPS, high=10 * KNOT_MPS)
    """Speed out and back, uniform in the span, drawn for each trip. > 0 m/s"""
    drift_mps: Span = Span(low=0.5 * KNOT_MPS, high=2 * KNOT_MPS)
    """Speed of a stretch of drifting, uniform in the span. > 0 m/s; the default is an assumption"""

    @model_validator(mode="after")
    def _windows_are_apart(self) -> Self:
        if self.depart_from_s > self.depart_to_s or self.return_from_s > self.return_to_s:
            raise ValueError("a window must not end before it begins: see depart_from_s to return_to_s")
        if self.return_latest_s + _LEAST_AT_HOME_S > self.depart_from_s + _DAY_S:
            raise ValueError("boats must be home at least 1 h before the next day's first departure")
        return self

    @property
    def return_latest_s(self) -> float:
        """Latest return in seconds since the midnight before departure."""
        return self.return_to_s + self._nights * _DAY_S

    @property
    def _nights(self) -> int:
        return int(self.return_from_s < self.depart_to_s)

    @property
    def returns_s(self) -> tuple[float, float]:
        """Window of return in seconds since the midnight before departure."""
        return self.return_from_s + self._nights * _DAY_S, self.return_latest_s

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports that are homes."""
        return [home.berth.port for home in self.homes.values() if home.berth.port is not None]


def small_boat_groups(
    class_id: str, traffic: SmallBoatTraffic, box: Box, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    """The boats of a class in ``box`` during [0, score_to_us], one group for each home.

    Raises KeyError for a port that the catalogue does not have, RunError for a home that is not at sea.
    """
    midnights_us = _midnights_us(traffic.time_zone, timeline)
    for home_id, home in traffic.homes.items():
        stream = f"{class_id}/{home_id}"
        lat, lon = home.berth.place(stream, land)
        lines = sight_lines(lat, lon, traffic.distance_m.high, WEDGES, land)
        waypoints = _Trips(traffic, stream, round(home.boats), lines, midnights_us, seed).waypoints()
        yield voyage_group(class_id, stream, traffic, waypoints, box, timeline.score_to_us, seed)


def _midnights_us(time_zone: str, timeline: Timeline) -> Ints:
    """Local midnights [us] from the day before the start on, to the end of the scored part."""
    zone = ZoneInfo(time_zone)
    first = timeline.start.astimezone(zone).date() - timedelta(days=1)
    last = timeline.datetime_at(timeline.score_to_us).astimezone(zone).date()
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return np.array([timeline.us_at(datetime.combine(day, time(), zone)) for day in days], dtype=np.int64)


class _Trips:
    """All trips of the boats of one home: boats x days, as one long row of each quantity."""

    def __init__(
        self,
        traffic: SmallBoatTraffic,
        stream: str,
        n: int,
        lines: SightLines,
        midnights_us: Ints,
        seed: int,
    ) -> None:
        self.traffic, self.stream, self.lines, self.seed, self.n = traffic, stream, lines, seed, n
        self.boat = np.repeat(np.arange(n), len(midnights_us))
        self.day = np.tile(np.arange(len(midnights_us)), n)
        self.midnight_s = np.tile(midnights_us / US_PER_S, n)

    def waypoints(self) -> Waypoints:
        """The waypoints of all trips, each a stretch at sea, boat by boat and day by day."""
        trip = self.traffic
        leaves_s = self.midnight_s + self._between("leave", trip.depart_from_s, trip.depart_to_s)
        back_s = self.midnight_s + self._between("return", *trip.returns_s)
        speed = trip.speed_mps.at(self._uniform("speed"))
        bearing, away, found = self._spots(0.5 * UNDER_WAY * speed * (back_s - leaves_s))
        rows = np.flatnonzero(found & (self._uniform("go") < trip.go_out))
        self.boat, self.day = self.boat[rows], self.day[rows]
        leaves_s, back_s, speed = leaves_s[rows], back_s[rows], speed[rows]
        home = self.lines.lat_deg, self.lines.lon_deg
        lat, lon = destination(*home, bearing[rows], away[rows])
        arrives_s = leaves_s + away[rows] / speed
        stretch_s = (back_s - away[rows] / speed - arrives_s) / STRETCHES
        at_home = np.full(len(rows), home[0]), np.full(len(rows), home[1])
        places = [(*at_home, leaves_s), (lat, lon, arrives_s)]
        for k in range(STRETCHES):
            lat, lon = self._drifted(k, lat, lon, away[rows], stretch_s)
            places.append((lat, lon, arrives_s + (k + 1) * stretch_s))
        # For a boat that anchored at its spot the way back begins as the last stretch ends, and by rounding
        # alone it would begin before.
        turns_s = back_s - distance_m(*home, lat, lon) / speed
        places.append((lat, lon, np.maximum(turns_s, arrives_s + STRETCHES * stretch_s)))
        places.append((*at_home, back_s))
        all_lat, all_lon, t_s = (np.stack(column, axis=1).ravel() for column in zip(*places, strict=True))
        t_us = np.rint(t_s * US_PER_S).astype(np.int64)
        trip_no = np.repeat(np.arange(len(rows)), len(places))
        return Waypoints(all_lat, all_lon, t_us, self.boat[trip_no], trip_no)

    def _spots(self, most_m: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Bearing [deg] and distance [m] of a spot for each trip, and whether there is one."""
        low, high = self.traffic.distance_m.low, self.traffic.distance_m.high
        weight = np.maximum(np.minimum(self.lines.clear_m, high) ** 2 - low**2, 0.0)
        total = np.cumsum(weight)
        if total[-1] == 0.0:
            nothing = np.zeros(len(self.boat))
            return nothing, nothing, np.zeros(len(self.boat), np.bool_)
        drawn = self._uniform("bearing") * total[-1]
        wedge = np.minimum(np.searchsorted(total, drawn, side="right"), WEDGES - 1)
        share = (drawn - (total - weight)[wedge]) / weight[wedge]
        bearing = (wedge + np.clip(share, 0.0, 1.0 - 1e-9)) * (360.0 / WEDGES)
        reach = np.minimum(np.minimum(self.lines.clear_m[wedge], high), most_m)
        area = low**2 + self._uniform("distance") * np.maximum(reach**2 - low**2, 0.0)
        return bearing, np.sqrt(area), reach > low

    def _drifted(
        self, k: int, lat: Floats, lon: Floats, most_m: Floats, lasts_s: Floats
    ) -> tuple[Floats, Floats]:
        """Where stretch ``k`` of each trip ends."""
        length_m = lasts_s * self.traffic.drift_mps.at(self._uniform("drift", k))
        new_lat, new_lon = lat.copy(), lon.copy()
        open_rows = np.arange(len(lat))
        for attempt in range(ATTEMPTS):
            if not len(open_rows):
                break
            course = 360.0 * self._uniform("course", k, attempt)[open_rows]
            to_lat, to_lon = destination(lat[open_rows], lon[open_rows], course, length_m[open_rows])
            clear = self._is_clear(lat[open_rows], lon[open_rows], to_lat, to_lon, most_m[open_rows])
            new_lat[open_rows[clear]], new_lon[open_rows[clear]] = to_lat[clear], to_lon[clear]
            open_rows = open_rows[~clear]
        return new_lat, new_lon

    def _is_clear(
        self, lat: Floats, lon: Floats, to_lat: Floats, to_lon: Floats, most_m: Floats
    ) -> NDArray[np.bool_]:
        """Whether each leg lies in sight of home in all wedges that it meets, no farther than ``most_m``."""
        home = self.lines.lat_deg, self.lines.lon_deg
        begins, ends = initial_bearing_deg(*home, lat, lon), initial_bearing_deg(*home, to_lat, to_lon)
        turn = (ends - begins + 180.0) % 360.0 - 180.0
        first = np.floor(np.where(turn >= 0, begins, ends) * (WEDGES / 360.0)).astype(np.int64)
        last = first + np.ceil(np.abs(turn) * (WEDGES / 360.0)).astype(np.int64)
        farthest = np.maximum(distance_m(*home, lat, lon), distance_m(*home, to_lat, to_lon))
        clear = farthest <= most_m + _SAME_PLACE_M
        clear &= last - first < WEDGES // 4
        for step in range(int((last - first)[clear].max(initial=0)) + 1):
            wedge = (first + step) % WEDGES
            clear &= (first + step > last) | (self.lines.clear_m[wedge] > farthest)
        return clear

    def _between(self, what: str, low: float, high: float) -> Floats:
        return low + self._uniform(what) * (high - low)

    def _uniform(self, what: str, step: int = 0, attempt: int = 0) -> Floats:
        key = stream_key(self.seed, f"world.small_boats.{what}")
        day = self.day * STRETCHES + step
        return draw_uniform(key, np.uint32(address(self.stream)), self.boat, np.uint32(attempt), day)
