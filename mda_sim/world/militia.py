"""Militia: vessels that lie at named features for days and shift their anchorage now and then.

Model: each feature has a fixed number of vessels, its stock rounded to a whole number, present at all
times. A vessel lies at anchor at a place uniform in the disc of ``anchor_radius_m`` around the feature for
a time uniform in ``stay_s``, then moves straight to another such place at a speed uniform in ``move_mps``,
and so on. At time 0 each is at anchor with a uniform share of its first stay behind it. Places on land are
not taken, nor moves that meet it: up to 32 are drawn, and a vessel that finds none stays where it is for
another stay.

The stream is ``class/feature``, the index the number of the vessel; every draw is addressed by vessel and
step, so a longer run or another stock changes no vessel.

Assumptions and limits: no vessel is ever relieved or sails home, so its identity lasts for the run;
rafting, patrols and blockades are not modelled; published counts are days' means from satellite images, so
the constant stock leaves out day-to-day variation. Reefs are not land here.

Source: numbers and places are scenario data (Asia Maritime Transparency Initiative counts). Where next:
``world``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.core.spec import IdMap, NonNegative, Positive
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.sphere import destination, distance_m
from mda_sim.world.groups import Group
from mda_sim.world.legs import clip_legs, legs_between
from mda_sim.world.traffic import Span, TrafficBase, uniform, vessel_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]

_ATTEMPTS = 32


class MilitiaTraffic(TrafficBase):
    """Vessels that lie at named features of the sea."""

    kind: Literal["militia"] = "militia"
    """The kind of traffic."""
    stock: IdMap[NonNegative]
    """Number of vessels at each feature, by id of the catalogue, rounded to whole vessels. >= 0"""
    anchor_radius_m: Positive = 4000.0
    """Radius around the feature in which they anchor. > 0 m; the default is an assumption"""
    stay_s: Span = Span(low=4 * 3600.0, high=48 * 3600.0)
    """Time at one anchorage, uniform in the span. > 0 s; the default is an assumption"""
    move_mps: Span = Span(low=2 * KNOT_MPS, high=8 * KNOT_MPS)
    """Speed between anchorages, uniform in the span. > 0 m/s; the default is an assumption"""

    @property
    def feature_ids(self) -> list[str]:
        """Ids of the features where vessels lie."""
        return list(self.stock)


def militia_groups(
    class_id: str, traffic: MilitiaTraffic, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    """The vessels of a class during [0, score_to_us], one group for each feature.

    Raises KeyError for a feature that the catalogue does not have, RunError for one without sea around it.
    """
    for feature_id, stock in traffic.stock.items():
        stream = f"{class_id}/{feature_id}"
        index = np.arange(round(stock))
        place = catalogue.feature(feature_id)
        walk = _Walk(traffic, stream, index, (place.lat_deg, place.lon_deg), seed, land)
        yield vessel_group(class_id, stream, traffic, index, walk.legs(timeline.score_to_us), seed)


class _Walk:
    """The vessels of one feature on their way from anchorage to anchorage, all at once, step by step."""

    def __init__(
        self,
        traffic: MilitiaTraffic,
        stream: str,
        index: NDArray[np.int64],
        place: tuple[float, float],
        seed: int,
        land: Land,
    ) -> None:
        self.traffic, self.stream, self.index, self.place, self.seed = traffic, stream, index, place, seed
        off_m = float(land.distance_to_coast_m(*place)) if land.covers(*place) else np.inf
        self.land = land if off_m <= traffic.anchor_radius_m + 2000.0 or land.is_land(*place) else None
        self.lat, self.lon, found = self._new_places(0, None)
        if not found.all():
            raise RunError(
                f"no sea was found within {traffic.anchor_radius_m:g} m of the feature of stream '{stream}';"
                " make anchor_radius_m larger"
            )

    def legs(self, end_us: int) -> Table:
        """Stays and moves of all vessels from time 0 to ``end_us``."""
        n = len(self.index)
        lats, lons = [self.lat], [self.lon]
        t_us = np.zeros(n, np.int64)
        times = [t_us]
        step = 0
        while n and t_us.min() < end_us:
            stay_s = self.traffic.stay_s.at(self._uniform("stay", step))
            if step == 0:
                stay_s = stay_s * self._uniform("elapsed", step)
            leave_us = t_us + np.rint(stay_s * US_PER_S).astype(np.int64)
            lat, lon, found = self._new_places(step + 1, (self.lat, self.lon))
            lat, lon = np.where(found, lat, self.lat), np.where(found, lon, self.lon)
            speed = self.traffic.move_mps.at(self._uniform("move", step))
            move_s = distance_m(self.lat, self.lon, lat, lon) / speed
            t_us = leave_us + np.rint(move_s * US_PER_S).astype(np.int64)
            lats += [self.lat, lat]
            lons += [self.lon, lon]
            times += [leave_us, t_us]
            self.lat, self.lon = lat, lon
            step += 1
        all_lat, all_lon = np.stack(lats, axis=1).ravel(), np.stack(lons, axis=1).ravel()
        all_us = np.stack(times, axis=1).ravel()
        return clip_legs(legs_between(all_lat, all_lon, all_us, np.repeat(self.index, len(times))), 0, end_us)

    def _new_places(
        self, step: int, here: tuple[Floats, Floats] | None
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """A place at sea in the disc for each vessel, reached clear of land, and whether one was found."""
        n = len(self.index)
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
            to_lat, to_lon = lat[open_rows], lon[open_rows]
            from_lat, from_lon = (
                (to_lat, to_lon) if here is None else (here[0][open_rows], here[1][open_rows])
            )
            open_rows = open_rows[self.land.crosses_great_circle(from_lat, from_lon, to_lat, to_lon)]
        found = np.ones(n, np.bool_)
        found[open_rows] = False
        return lat, lon, found

    def _uniform(self, what: str, step: int, attempt: int = 0) -> Floats:
        return uniform(self.seed, f"militia.{what}", self.stream, self.index, step, attempt)
