"""Satellites that image a swath across their track: which images they make of an area, and who is in them.

Model: a satellite looks at right angles to its motion (zero Doppler), between two limits of incidence: to one
side (a radar, which leaves a gap below itself), or from one side over to the other (a camera). On a sphere of
radius R, from height h, incidence i is met at a ground range R (i - asin(R sin i / (R + h))) from the track:
so the limits of incidence give the edges of the swath. A candidate of a pass lasts from the first to the last
instant at which the swath touches an area; which of them are worked is the matter of ``tasking``. A target is
**in** an image if it is abeam (its slant range is least) during the work and its incidence is within the
limits: once a pass. The kind says with what probability it is then held, and in which resolution cell it
appears: one draw for each target and pass. A contact is of the instant abeam. One report for each work, with
no contacts too. A pass that is not worked, or not whole within sensing, makes no report.

Assumptions and limits: the swath is as wide as the limits of incidence, in each pass: no choice of beams.
Ships are at sea, so land hides none; no false contacts. A work of a task ends when its area does, and has in
its swath what it has, in the area or beside it. Outside the box of the weather its nearest place counts. A
swath that touches a corner of the area for less than 5 s, or on less than 25 km of its width, can be missed.

Source: geometry: elementary; I. G. Cumming, F. H. Wong, Digital Processing of Synthetic Aperture Radar Data,
Artech House 2005, chapter 4 (zero Doppler, incidence). Where next: ``satellite`` and ``optical`` are kinds;
``swath_kernels`` finds images, ``access_kernels`` who is in them.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.rng import address, stream_key
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.orbits import KNOT_STEP_S, Track
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, lat_lon, unit_vectors
from mda_sim.sensing.looks import Held, Plan, Setting
from mda_sim.sensing.orbiting import OrbitingSensor
from mda_sim.sensing.tasking import CANDIDATE, Candidates, Works, choose, intervals
from mda_sim.sensing.windows import leg_columns

if TYPE_CHECKING:
    from mda_sim.sensing.swath_kernels import Swath
    from mda_sim.world.environment import Conditions

POINT_SPACING_M: Final = 25_000.0
"""Spacing of the points across a swath that are looked for in an area. [m]"""
RIGHT: Final = 1
"""Side of an image: right of the direction of flight."""
LEFT: Final = -1
"""Side of an image: left of the direction of flight."""

_MOST_SPEED_MPS: Final = 9000.0  # no satellite moves faster over the ground: 7.9 km/s and the Earth's turn
_EDGE_POINTS: Final = 33
_COUNTS: Final = 2**16  # of cells along one axis of an image
_CELLS: Final = _COUNTS**2 - 1  # 0 is kept for targets that are apart from all

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Look(NamedTuple):
    """How an imager looks across its track."""

    near_deg: float
    """Incidence at the near edge; negative if the swath reaches over to the other side. [deg]"""
    far_deg: float
    """Incidence at the far edge. [deg]"""
    sides: tuple[int, ...]
    """Sides that it may look to, one in each work; ``RIGHT`` alone for a swath to both sides at once."""


@dataclass(frozen=True, eq=False)
class Accesses:
    """Targets in images: what a kind judges. Arrays are (n,)."""

    rows: NDArray[np.void]
    """Who is where and when, dtype ``access_kernels.ACCESS``."""
    interval: Ints
    """Number of the report of each: what stands in the address of its draws."""
    sensor: int
    """Draw address of the sensor."""
    setting: Setting
    """The world that they are in."""

    @cached_property
    def lat_lon_deg(self) -> tuple[Floats, Floats]:
        """Latitude and longitude of the targets [deg]."""
        return lat_lon(np.stack([self.rows[name] for name in "xyz"], axis=-1))

    @cached_property
    def weather(self) -> Conditions | None:
        """The weather at the targets; None in a world without."""
        environment = self.setting.environment
        if environment is None:
            return None
        west, south, east, north = environment.bounds_deg
        lat, lon = self.lat_lon_deg
        return environment.at(self.rows["t_us"], np.clip(lat, south, north), np.clip(lon, west, east))

    def of_targets(self, column: str) -> NDArray[np.float64]:
        """A column of the TARGETS table for the target of each access."""
        return np.asarray(self.setting.fleet.targets[column][self.rows["target"]], np.float64)

    def cells(self, resolution_m: float) -> Ints:
        """Numbers of the resolution cells that targets appear in, in [1, 2^32).

        Cells are squares on the ground, counted across from below the satellite and along from the image's
        start, each count in 16 bits, so that a number depends on no other target. Counts wrap: two places
        that are a multiple of 65,536 cells apart both ways (1,311 km for 20 m) share a number, as two at
        random do once in 2^32.
        """
        across = np.floor(self.rows["across_m"] / resolution_m).astype(np.int64) % _COUNTS
        along = np.floor(self.rows["along_m"] / resolution_m).astype(np.int64) % _COUNTS
        return np.asarray(1 + (along * _COUNTS + across) % _CELLS, np.int64)


class Imager(OrbitingSensor):
    """What all imaging satellites have in common. See the module for the model and its limits."""

    @property
    @abstractmethod
    def across(self) -> Look:
        """How it looks across its track."""

    @abstractmethod
    def judge(self, accesses: Accesses) -> tuple[Floats, Ints]:
        """Probability that each is held, and number of its resolution cell (0: apart from all), each (n,)."""

    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """One report for each work; ValueError in a setting without an area."""
        from mda_sim.sensing.access_kernels import ACCESS, find_accesses, hold

        if setting.area is None:
            raise ValueError(f"the satellite '{sensor_id}' needs the area that it is to image")
        tracks = self.tracks(setting.timeline)
        works = choose(self, sensor_id, known_candidates(self, setting.area, setting.timeline), setting.seed)
        facts, knots = _facts(self, tracks, works)
        fleet, numbers = setting.fleet, intervals(works)
        legs, targets = leg_columns(fleet), fleet.targets
        first_leg, n_legs = targets["first_leg"], targets["n_legs"]
        key = np.uint64(stream_key(setting.seed, f"sense.{self.category}.contact"))
        sensor, swath = address(sensor_id), _swath(self, tracks)
        ends_us = works["t_to_us"].copy()

        def look(first: int, stop: int, out: Held) -> int:
            found = np.empty((stop - first) * len(works), ACCESS)  # memory is taken only as it is written
            n = find_accesses(facts, knots, swath, legs, first_leg, n_legs, first, stop, found)
            rows = found[:n]
            p, cells = self.judge(Accesses(rows, numbers[rows["image"]], sensor, setting))
            who = fleet.draw_address, targets["index"], key, np.uint64(sensor)
            return hold(rows, p, cells, *who, numbers, ends_us, out)

        ready_us = self.ready_us(setting.timeline, works["satellite"], ends_us)
        return Plan(numbers, ends_us, ready_us, 0, look)


def ground_range_m(incidence_deg: ArrayLike, altitude_m: ArrayLike) -> Floats:
    """Distance along the sphere from below a satellite to where its rays meet the ground at an incidence [m].

    Arguments broadcast; ``altitude_m`` is the height above the sphere.

    >>> round(float(ground_range_m(46.0, 693e3) - ground_range_m(29.1, 693e3)) / 1000)
    274
    """
    incidence = np.deg2rad(np.asarray(incidence_deg, np.float64))
    radius_m = EARTH_RADIUS_M + np.asarray(altitude_m, np.float64)
    return EARTH_RADIUS_M * (incidence - np.arcsin(EARTH_RADIUS_M / radius_m * np.sin(incidence)))


def incidence_deg(ground_range_m: ArrayLike, altitude_m: ArrayLike) -> Floats:
    """Angle between the vertical and the ray to a satellite: the inverse of ``ground_range_m`` [deg].

    tan i = (R + h) sin(s / R) / ((R + h) cos(s / R) - R), with s the ground range. Arguments broadcast.
    """
    arc = np.asarray(ground_range_m, np.float64) / EARTH_RADIUS_M
    radius_m = EARTH_RADIUS_M + np.asarray(altitude_m, np.float64)
    return np.rad2deg(np.arctan2(radius_m * np.sin(arc), radius_m * np.cos(arc) - EARTH_RADIUS_M))


def candidates(imager: Imager, tracks: tuple[Track, ...], area: Box, timeline: Timeline) -> Candidates:
    """The images that the passes of an imager could make of its tasks, or else of an area.

    Whole ones within [0, score_to_us] that begin no earlier than ``from_utc``.
    """
    from_us = 0 if imager.from_utc is None else max(timeline.us_at(imager.from_utc), 0)
    areas = [task.area for task in imager.tasks.values()] or [area]
    swath = _swath(imager, tracks)
    found = np.concatenate(
        [
            _images(own, satellite, swath, side, task, sought)
            for task, sought in enumerate(areas)
            for side in imager.across.sides
            for satellite, own in enumerate(tracks)
        ]
    )
    is_within = (found["t_from_us"] >= from_us) & (found["t_to_us"] <= timeline.score_to_us)
    return np.asarray(found[is_within])


@lru_cache(maxsize=32)
def known_candidates(imager: Imager, area: Box, timeline: Timeline) -> Candidates:
    """``candidates`` of an imager on its own tracks: the same for all seeds, and read-only."""
    found = candidates(imager, imager.tracks(timeline), area, timeline)
    found.flags.writeable = False
    return found


def _swath(imager: Imager, tracks: tuple[Track, ...]) -> Swath:
    from mda_sim.sensing.swath_kernels import Swath

    look = imager.across
    limits = np.array([look.near_deg, look.far_deg])
    altitude_m = imager.altitude_m
    if altitude_m is None:
        altitude_m = max(float(_radius_m(own).max()) for own in tracks) - EARTH_RADIUS_M
    near_m, far_m = ground_range_m(limits, altitude_m)
    near_rad, far_rad = np.deg2rad(limits).tolist()
    return Swath(near_rad, far_rad, 2 + int((far_m - near_m) / POINT_SPACING_M))


def _images(own: Track, satellite: int, swath: Swath, side: int, task: int, area: Box) -> Candidates:
    """The images of an area that one satellite could make on one side, whole ones, in order of time."""
    from mda_sim.sensing.swath_kernels import FOUND, AreaRad, find_images, narrow_images

    lat_rad = np.deg2rad([area.lat_min_deg, area.lat_max_deg])
    lon_rad = np.deg2rad([area.lon_min_deg, area.lon_max_deg])
    sought = AreaRad(*np.sin(lat_rad).tolist(), *lon_rad.tolist())
    is_north = own.velocity_mps[:, 2] >= 0.0
    number = np.concatenate([[0], np.cumsum(is_north[1:] != is_north[:-1])]).astype(np.int64)
    found = np.empty(int(number[-1]) + 1, FOUND)
    n = find_images(own, number, _is_near(own, swath, area), side, swath, sought, found)
    whole = found[:n][(found[:n]["before_us"] >= 0) & (found[:n]["after_us"] >= 0)]
    narrow_images(own, number, side, swath, sought, whole)
    images = np.zeros(len(whole), CANDIDATE)
    images["satellite"], images["side"], images["task"] = satellite, side, task
    images["number"] = whole["number"]
    images["t_from_us"], images["t_to_us"] = whole["first_us"], whole["last_us"]
    return images


def _radius_m(own: Track) -> Floats:
    """Distance of each knot from the Earth's centre, (n_knots,) [m]."""
    x, y, z = own.position_m.T
    return np.asarray(np.sqrt(x**2 + y**2 + z**2), np.float64)


def _is_near(own: Track, swath: Swath, area: Box) -> NDArray[np.bool_]:
    """Whether the swath may touch the area between each knot and the next, (n_knots - 1,)."""
    centre = (area.lat_min_deg + area.lat_max_deg) / 2, (area.lon_min_deg + area.lon_max_deg) / 2
    lats = np.linspace(area.lat_min_deg, area.lat_max_deg, _EDGE_POINTS)
    lons = np.linspace(area.lon_min_deg, area.lon_max_deg, _EDGE_POINTS)
    rim_m = float(distance_m(*centre, lats[:, None], lons).max())
    radius_m = _radius_m(own)
    far_m = float(ground_range_m(np.rad2deg(swath.far_rad), radius_m.max() - EARTH_RADIUS_M))
    reach = (1.02 * rim_m + far_m + 2 * KNOT_STEP_S * _MOST_SPEED_MPS) / EARTH_RADIUS_M
    x, y, z = unit_vectors(*centre).tolist()
    cosine = (own.position_m[:, 0] * x + own.position_m[:, 1] * y + own.position_m[:, 2] * z) / radius_m
    near = cosine >= np.cos(min(reach, np.pi))
    return np.asarray(near[1:] | near[:-1])


def _facts(imager: Imager, tracks: tuple[Track, ...], works: Works) -> tuple[NDArray[np.void], Track]:
    """What accesses need of each work, and the knots of all works, one after the other."""
    from mda_sim.sensing.access_kernels import IMAGE_FACTS, fill_facts

    step_us = KNOT_STEP_S * US_PER_S
    n_knots = len(tracks[0].position_m)
    first = np.maximum(works["t_from_us"] // step_us - 1, 0)
    stop = np.minimum(works["t_to_us"] // step_us + 3, n_knots)
    facts = np.zeros(len(works), IMAGE_FACTS)
    facts["first_knot"] = np.cumsum(stop - first) - (stop - first)
    facts["n_knots"] = stop - first
    facts["origin_us"] = first * step_us
    for name in ("side", "t_from_us", "t_to_us"):
        facts[name] = works[name]
    none = np.empty((0, 3))
    rows = list(zip(works["satellite"], first, stop, strict=True))
    position_m = np.concatenate([none, *(tracks[i].position_m[a:b] for i, a, b in rows)])
    velocity_mps = np.concatenate([none, *(tracks[i].velocity_mps[a:b] for i, a, b in rows)])
    knots = Track(float(KNOT_STEP_S), position_m, velocity_mps)
    fill_facts(facts, knots, _swath(imager, tracks))
    return facts, knots
