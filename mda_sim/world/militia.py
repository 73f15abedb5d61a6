"""Militia: vessels that lie in rafts at named features, shift their anchorage now and then, and are relieved.

Model: each feature has a fixed number of places, its stock rounded to a whole number, and every place is held
by one vessel at all times. Places are filled raft by raft: the size of a raft is a whole number, uniform in
``raft_vessels``, and its vessels lie abreast, ``raft_spacing_m`` apart, on a bearing of the raft's own. The
middle of a raft lies at a point uniform in the disc of ``anchor_radius_m`` around the feature for a time
uniform in ``stay_s``; then its vessels cast off one after the other, ``APART_S`` apart, and move straight to
another such anchorage at a speed uniform in ``move_mps``, and so on. At time 0 each raft is at anchor with a
uniform share of its first stay behind it. Anchorages where a vessel would lie on land are not taken, nor
moves that meet it: up to 32 are drawn, and a raft that finds none stays where it is for another stay.

With ``reliefs`` the vessel of a place is relieved now and then (``reliefs``): the next one comes from the
base along the passage to the gate of a ring ``RING_OUT_M`` outside the disc, round the ring, and straight to
its place; it takes over while the raft is at anchor, and the old one goes home the same way. So the number of
vessels that lie at the feature or shift its anchorage is the stock at all times, and those under way to or
from the base come on top.

The stream is ``class/feature``. The index is the number of the place, with reliefs that of ``reliefs``; every
draw is addressed by vessel, raft and step, so a longer run or another stock changes no vessel.

Assumptions and limits: published counts are days' means from satellite images, so the constant stock leaves
out day-to-day variation. Vessels do not block, chase or patrol. Reefs are not land here. Rafting: photographs
show six militia vessels tied together, and clusters at anchor for weeks or months (Asia Maritime Transparency
Initiative, "Caught on Camera: Two Dozen Militia Boats at Whitsun Reef Identified", 21 April 2021,
https://amti.csis.org/caught-on-camera-two-dozen-militia-boats-at-whitsun-reef-identified/); sizes, spacing
and stays are assumptions.

Source: numbers and places are scenario data (Asia Maritime Transparency Initiative counts). Where next:
``world``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from mda_sim.core.errors import RunError
from mda_sim.core.spec import IdMap, NonNegative, Positive
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg
from mda_sim.world.groups import Group
from mda_sim.world.passages import Passage, passage
from mda_sim.world.reliefs import ReliefSpec, Tours, sailed_home, sailed_out, tours
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import Waypoints, voyage_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LatLonRows = tuple[Floats, Floats]

APART_S: Final = 180.0
"""Time between the vessels of a raft casting off, and making fast again. [s]; an assumption"""
RING_OUT_M: Final = 1_000.0
"""How far outside the anchorages relieved vessels go round the feature. [m]; an assumption"""
RING_POINTS: Final = 24
"""Number of points of that ring."""
_ATTEMPTS: Final = 32
_ALWAYS_S: Final = 1e12


def _whole_numbers(span: Span) -> Span:
    if span.low < 1.0 or math.ceil(span.low) > math.floor(span.high):
        raise ValueError(
            f"expected whole numbers from 1 on between low and high, got {span.low:g} to {span.high:g}"
        )
    return span


class MilitiaTraffic(TrafficBase):
    """Vessels that lie at named features of the sea."""

    kind: Literal["militia"] = "militia"
    """The kind of traffic."""
    stock: IdMap[NonNegative]
    """Number of vessels at each feature, by id of the catalogue, rounded to whole vessels. >= 0"""
    anchor_radius_m: Positive = 4000.0
    """Radius around the feature in which rafts anchor. > 0 m; the default is an assumption"""
    stay_s: Span = Span(low=4 * 3600.0, high=48 * 3600.0)
    """Time of a raft at one anchorage, uniform in the span. > 0 s; the default is an assumption"""
    move_mps: Span = Span(low=2 * KNOT_MPS, high=8 * KNOT_MPS)
    """Speed between anchorages, uniform in the span. > 0 m/s; the default is an assumption"""
    raft_vessels: Annotated[Span, AfterValidator(_whole_numbers)] = Span(low=1.0, high=11.0)
    """Number of vessels of a raft, whole numbers of the span equally likely. >= 1; assumption"""
    raft_spacing_m: Positive = 15.0
    """Distance between neighbours in a raft, middle to middle. > 0 m; the default is an assumption"""
    reliefs: ReliefSpec | None = None
    """How vessels are relieved; without it each stays for the whole run."""

    @property
    def feature_ids(self) -> list[str]:
        """Ids of the features where vessels lie."""
        return list(self.stock)

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports that vessels come from."""
        return [] if self.reliefs is None or self.reliefs.base.port is None else [self.reliefs.base.port]


def militia_groups(
    class_id: str, traffic: MilitiaTraffic, box: Box, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    """The vessels of a class in ``box`` during [0, score_to_us], one group for each feature.

    Raises KeyError for a feature or port that the catalogue does not have, RunError for a feature without sea
    around it, without a way from the base, or too far from it for the shortest stay of its reliefs.
    """
    for feature_id, stock in traffic.stock.items():
        stream = f"{class_id}/{feature_id}"
        place = catalogue.feature(feature_id)
        feature = _Feature(traffic, stream, (place.lat_deg, place.lon_deg), round(stock), seed, land)
        waypoints = feature.waypoints(timeline.score_to_us / US_PER_S)
        yield voyage_group(class_id, stream, traffic, waypoints, box, timeline.score_to_us, seed)


@dataclass(frozen=True)
class _Ring:
    """The way round a feature, and the passage to it."""

    lat_deg: Floats
    """Latitude of its points, clockwise from north, (RING_POINTS,)."""
    lon_deg: Floats
    """Longitude of its points."""
    gate: int
    """Point at which the passage ends."""
    way: Passage
    """From the base to the gate."""

    def near(self, bearing_deg: Floats) -> Ints:
        """The point of the ring on each bearing from the feature."""
        return np.rint(bearing_deg * (RING_POINTS / 360.0)).astype(np.int64) % RING_POINTS

    def around(self, point: Ints) -> LatLonRows:
        """From the gate the shorter way round to points (n,): (n, RING_POINTS / 2), the last one repeated."""
        half = RING_POINTS // 2
        ahead = (point - self.gate + half) % RING_POINTS - half
        steps = np.minimum(np.arange(1, half + 1), np.abs(ahead)[:, None]) * np.sign(ahead)[:, None]
        points = (self.gate + steps) % RING_POINTS
        return self.lat_deg[points], self.lon_deg[points]


class _Feature:
    """The places at one feature, the rafts they form, and the vessels that hold them."""

    def __init__(
        self, traffic: MilitiaTraffic, stream: str, place: tuple[float, float], n: int, seed: int, land: Land
    ) -> None:
        self.traffic, self.stream, self.place, self.seed, self.n = traffic, stream, place, seed, n
        outer_m = traffic.anchor_radius_m + RING_OUT_M + traffic.raft_spacing_m * traffic.raft_vessels.high
        off_m = float(land.distance_to_coast_m(*place)) if land.covers(*place) else np.inf
        self.land = land if off_m <= outer_m + 1000.0 or land.is_land(*place) else None
        self.ring = self._make_ring(land)
        every = np.arange(n)
        low, high = math.ceil(traffic.raft_vessels.low), math.floor(traffic.raft_vessels.high)
        u = uniform(seed, "militia.raft", stream, every)
        size = np.minimum(low + (u * (high - low + 1)).astype(np.int64), high)
        ends = np.cumsum(size)
        self.raft_of = np.searchsorted(ends, every, side="right")
        self.rafts = np.arange(self.raft_of.max(initial=-1) + 1)
        self.size = size[self.rafts]
        self.slot_of = every - (ends - size)[self.raft_of]
        self.abreast_deg = 360.0 * uniform(seed, "militia.abreast", stream, self.rafts)

    def waypoints(self, end_s: float) -> Waypoints:
        """Where all vessels are from time 0 to ``end_s``."""
        way_m, slowest_mps = 0.0, 1.0
        if self.ring is not None and self.traffic.reliefs is not None:
            way_m = self._farthest_m(self.ring)
            slowest_mps = self.traffic.reliefs.speed_mps.low
            turns = tours(self.traffic.reliefs, self.stream, self.n, way_m, end_s, self.seed)
        else:
            every = np.arange(self.n)
            turns = Tours(every, every, np.full(self.n, -1.0), np.full(self.n, _ALWAYS_S), np.ones(self.n))
        horizon_s = end_s + way_m / slowest_mps + 1.0
        lat, lon, comes_s, leaves_s = self._anchorages(horizon_s)
        p = turns.place
        lat, lon = self._abreast(self.raft_of[p], self.slot_of[p], lat[self.raft_of[p]], lon[self.raft_of[p]])
        later_s = (APART_S * self.slot_of[p])[:, None]
        comes_s, leaves_s = comes_s[self.raft_of[p]] + later_s, leaves_s[self.raft_of[p]] + later_s
        begin_s, first = _at_anchor(turns.comes_s, comes_s, leaves_s)
        end_at_s, last = _at_anchor(np.minimum(turns.leaves_s, horizon_s), comes_s, leaves_s)
        rows = np.arange(len(p))
        places = (lat[rows, first], lon[rows, first]), (lat[rows, last], lon[rows, last])
        out = self._way(places[0], turns, begin_s, is_home=False)
        home = self._way(places[1], turns, end_at_s, is_home=True)
        shifts_s = np.stack([comes_s, leaves_s], axis=2).reshape(len(p), 2 * comes_s.shape[1])
        parts = [out, (np.repeat(lat, 2, axis=1), np.repeat(lon, 2, axis=1), shifts_s), home]
        all_lat, all_lon, t_s = (np.concatenate(column, axis=1) for column in zip(*parts, strict=True))
        kept = np.ones(t_s.shape, np.bool_)
        n_out, n_shifts = out[2].shape[1], shifts_s.shape[1]
        kept[:, n_out : n_out + n_shifts] = (shifts_s > begin_s[:, None]) & (shifts_s < end_at_s[:, None])
        tour = np.broadcast_to(rows[:, None], kept.shape)[kept]
        t_us = np.rint(t_s[kept] * US_PER_S).astype(np.int64)
        return Waypoints(all_lat[kept], all_lon[kept], t_us, turns.index[tour], tour)

    def _make_ring(self, land: Land) -> _Ring | None:
        if self.traffic.reliefs is None:
            return None
        radius_m = self.traffic.anchor_radius_m + RING_OUT_M
        bearings = np.arange(RING_POINTS) * (360.0 / RING_POINTS)
        lat, lon = destination(*self.place, bearings, radius_m)
        if not land.covers(lat, lon).all() or (
            land.crosses_great_circle(lat, lon, np.roll(lat, -1), np.roll(lon, -1)).any()
        ):
            raise RunError(
                f"the ring {radius_m:g} m around the feature of stream '{self.stream}' must be sea on the map"
                " for its vessels to be relieved; change anchor_radius_m or leave out reliefs"
            )
        home = self.traffic.reliefs.base.place(self.stream, land)
        gate = int(distance_m(*home, lat, lon).argmin())
        return _Ring(lat, lon, gate, passage(home, (float(lat[gate]), float(lon[gate])), land))

    def _farthest_m(self, ring: _Ring) -> float:
        """The longest way from the base to a place."""
        radius_m = self.traffic.anchor_radius_m + RING_OUT_M
        return ring.way.length_m() + (np.pi + 2.0) * radius_m

    def _way(
        self, place: LatLonRows, turns: Tours, at_s: Floats, *, is_home: bool
    ) -> tuple[Floats, Floats, Floats]:
        """Waypoints from the base to places that are reached at ``at_s``, or home from them."""
        if self.ring is None:
            return place[0][:, None], place[1][:, None], at_s[:, None]
        point = self.ring.near(initial_bearing_deg(*self.place, *place))
        lat, lon = self.ring.around(point)
        near = np.append(lat, place[0][:, None], axis=1), np.append(lon, place[1][:, None], axis=1)
        sail = sailed_home if is_home else sailed_out
        return sail(self.ring.way, near, turns.speed_mps, at_s)

    def _anchorages(self, horizon_s: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Latitude, longitude, coming and leaving of each raft at each anchorage until ``horizon_s``, (r,
        k).
        """
        lat, lon, found = self._new_places(0, None)
        if not found.all():
            raise RunError(
                f"no sea was found within {self.traffic.anchor_radius_m:g} m of the feature of stream"
                f" '{self.stream}'; make anchor_radius_m larger"
            )
        n = len(self.rafts)
        stay_s = self.traffic.stay_s.at(self._uniform("stay", 0)) * self._uniform("elapsed", 0)
        rows = [(lat, lon, np.full(n, -_ALWAYS_S), stay_s)]
        while n and rows[-1][3].min() <= horizon_s:
            step = len(rows)
            lat, lon, _, left_s = rows[-1]
            new_lat, new_lon, found = self._new_places(step, (lat, lon))
            new_lat, new_lon = np.where(found, new_lat, lat), np.where(found, new_lon, lon)
            speed = self.traffic.move_mps.at(self._uniform("move", step - 1))
            comes_s = left_s + distance_m(lat, lon, new_lat, new_lon) / speed
            rows.append(
                (new_lat, new_lon, comes_s, comes_s + self.traffic.stay_s.at(self._uniform("stay", step)))
            )
        lats, lons, comes, leaves = (np.stack(column, axis=1) for column in zip(*rows, strict=True))
        return lats, lons, comes, leaves

    def _new_places(self, step: int, here: LatLonRows | None) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """An anchorage for each raft, reached clear of land, and whether one was found."""
        n = len(self.rafts)
        lat, lon = np.full(n, self.place[0]), np.full(n, self.place[1])
        open_rows = np.arange(n)
        for attempt in range(_ATTEMPTS):
            if not len(open_rows):
                break
            bearing = 360.0 * self._uniform("bearing", step, attempt)[open_rows]
            radius = self.traffic.anchor_radius_m * np.sqrt(self._uniform("radius", step, attempt)[open_rows])
            lat[open_rows], lon[open_rows] = destination(*self.place, bearing, radius)
            if self.land is None:
                return lat, lon, np.ones(n, np.bool_)
            open_rows = open_rows[self._meets_land(self.land, open_rows, (lat, lon), here)]
        found = np.ones(n, np.bool_)
        found[open_rows] = False
        return lat, lon, found

    def _meets_land(
        self, land: Land, rafts: Ints, to: LatLonRows, here: LatLonRows | None
    ) -> NDArray[np.bool_]:
        """Whether a vessel of each raft meets land on its move, at its new place, or on its way from
        there.
        """
        raft = np.repeat(rafts, self.size[rafts])
        ends = np.cumsum(self.size[rafts])
        slot = np.arange(len(raft)) - np.repeat(ends - self.size[rafts], self.size[rafts])
        new = self._abreast(raft, slot, to[0][raft], to[1][raft])
        old = new if here is None else self._abreast(raft, slot, here[0][raft], here[1][raft])
        met = land.crosses_great_circle(*old, *new)
        if self.ring is not None:
            point = self.ring.near(initial_bearing_deg(*self.place, *new))
            met |= land.crosses_great_circle(*new, self.ring.lat_deg[point], self.ring.lon_deg[point])
        return np.bincount(raft[met], minlength=len(self.rafts))[rafts] > 0

    def _abreast(self, raft: Ints, slot: Ints, lat: Floats, lon: Floats) -> LatLonRows:
        """Where vessels lie whose raft's middle is at places (n,) or (n, k)."""
        aside_m = self.traffic.raft_spacing_m * (slot - (self.size[raft] - 1) / 2.0)
        bearing = self.abreast_deg[raft]
        if lat.ndim > 1:
            bearing, aside_m = bearing[:, None], aside_m[:, None]
        return destination(lat, lon, bearing, aside_m)

    def _uniform(self, what: str, step: int, attempt: int = 0) -> Floats:
        return uniform(self.seed, f"militia.{what}", self.stream, self.rafts, step, attempt)


def _at_anchor(at_s: Floats, comes_s: Floats, leaves_s: Floats) -> tuple[Floats, Ints]:
    """The first time from ``at_s`` (n,) on at which each vessel is at anchor, and at which anchorage of (n,
    k).
    """
    rows = np.arange(len(at_s))
    nth = np.maximum((comes_s <= at_s[:, None]).sum(axis=1) - 1, 0)
    moves = at_s > leaves_s[rows, nth]
    nth = nth + moves
    return np.where(moves, comes_s[rows, nth], at_s), nth
