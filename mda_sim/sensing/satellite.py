"""Radar satellites that image from orbit: their spec, when they image an area, and what they see of a ship.

Model: satellites of one operator fly circular orbits (``geo.orbits``) and look to one side of their track,
between two angles of incidence. On a sphere of radius R, from height h, incidence i is met at a ground range
R (i - asin(R sin i / (R + h))) from the track: so the limits of incidence give the edges of the swath. A
**pass** is half a revolution, from one turn of latitude to the next; its image lasts from the first to the
last instant at which the swath touches the area. Of these passes a share ``duty`` is imaged, one draw each.
A target is imaged where it is abeam (its slant range is least: zero Doppler), once a pass, if it is on the
side looked at and its incidence is within the limits; it is then held with probability

    p(L) = p_max / (1 + exp(-(L - length_50_m) / length_scale_m))

with L its length: one draw for each target and pass. A contact is of that instant. One report for each image,
with no contacts too, ready ``product_delay_s`` after the image's end. A pass that is not imaged, or not
whole within sensing, makes no report.

The number of a pass, the address of its draws, is 2^20 times the satellite's number plus the turns of
latitude since the scenario's start: it depends on no other satellite and not on how long the run is.

Assumptions and limits: where satellites are at the scenario's start is an assumption (``phase_deg``), the
same in every replicate. The swath is as wide as the limits of incidence, in each pass: no choice of beams.
A satellite that may look to both sides looks to the one that has the area, by even odds if both have. Passes
are imaged or not independently: no power, memory or tasking from day to day. Length alone decides: no wind,
sea state, incidence or polarisation, and no persistent term. Ships are at sea, so land hides none; false
alarms are not made. Imaging takes no time, and the shift of moving ships in the image (slant range times
their speed along it over the satellite's speed, about 0.5 km at 10 knots) is within ``position_error_m``. A
swath that touches a corner of the area for less than 5 s, or on less than 25 km of its width, can be missed.

Source: fit of p(L) to Sentinel-1 (more than 0.70 at 25 m, more than 0.90 from 50 m, most ships under 15 m
missed: F. S. Paolo et al., "Satellite mapping reveals extensive industrial activity at sea", Nature 625,
2024, doi:10.1038/s41586-023-06825-8, as quoted by Global Fishing Watch). Lengths: 15 % relative error, for
127 ships of 24 to 366 m in Sentinel-1 images (M. Stasolla, H. Greidanus, "The exploitation of Sentinel-1
images for vessel size estimation", Remote Sensing Letters 7(12), 2016, doi:10.1080/2150704X.2016.1226522,
abstract; that it is 1 sigma and holds for other satellites: assumptions). Geometry: elementary; I. G.
Cumming, F. H. Wong, Digital Processing of Synthetic Aperture Radar Data, Artech House 2005, chapter 4 (zero
Doppler, incidence). Where next: ``satellite_kernels`` finds images and looks; ``sweep`` runs
``SarSatellite.plan``.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from mda_sim.core.rng import address, draw_uniform, draw_words, stream_key
from mda_sim.core.spec import NonNegative, Positive, Probability
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.orbits import (
    KNOT_STEP_S,
    CircularOrbit,
    Track,
    constellation,
    raan_of_local_time_deg,
    sun_synchronous_inclination_deg,
    track,
)
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, unit_vectors
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.looks import Held, Plan, Setting
from mda_sim.sensing.sensor import SensorBase
from mda_sim.sensing.windows import leg_columns

if TYPE_CHECKING:
    from mda_sim.sensing.satellite_kernels import Swath

PASSES_PER_SATELLITE: Final = 2**20
"""Numbers set aside for the passes of one satellite: those of 90 years."""
POINT_SPACING_M: Final = 25_000.0
"""Spacing of the points across a swath that are looked for in the area. [m]"""
RIGHT: Final = 1
"""Side of an image: right of the direction of flight."""
LEFT: Final = -1
"""Side of an image: left of the direction of flight."""

IMAGE: Final = np.dtype(
    [("satellite", "i8"), ("number", "i8"), ("side", "i8"), ("t_from_us", "i8"), ("t_to_us", "i8")]
)
"""One image of an area: the satellite, the number of its pass, the side, the first and last instant [us]."""

Images = NDArray[np.void]
"""An array (n,) of dtype ``IMAGE``."""

_MOST_SPEED_MPS: Final = 9000.0  # no satellite moves faster over the ground: 7.9 km/s and the Earth's turn
_EDGE_POINTS: Final = 33


class SarSatellite(SensorBase):
    """One or more like radar satellites of one operator. See the module for the model and its limits."""

    kind: Literal["sar_satellite"] = "sar_satellite"
    """Kind of sensor."""
    n_satellites: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of satellites, spread evenly."""
    n_planes: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of orbital planes, evenly around the globe; each holds the same number of satellites."""
    altitude_m: Annotated[float, Field(ge=160e3, le=2000e3)]
    """Altitude: mean semi-major axis minus equatorial radius, 160 to 2,000 km. [m]"""
    ltan_s: Annotated[float, Field(ge=0, lt=86400)] | None = None
    """Mean local time at the first plane's ascending node, for a sun-synchronous orbit,
    as time after midnight. [s]"""
    inclination_deg: Annotated[float, Field(ge=1, le=179)] | None = None
    """Inclination, together with ``raan_deg``; not near 0 or 180, where no pass ends. [deg]"""
    raan_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    """Right ascension of the first plane's ascending node at the scenario's start. [deg]"""
    phase_deg: Annotated[float, Field(ge=0, lt=360)] = 0.0
    """Angle of the first satellite from its ascending node at the scenario's start (assumption). [deg]"""
    look_side: Literal["right", "left", "both"] = "right"
    """Side of the track that it images; with 'both', one of them in each pass."""
    incidence_min_deg: Annotated[float, Field(ge=0, lt=80)]
    """Incidence at the near edge of the swath. [deg]"""
    incidence_max_deg: Annotated[float, Field(gt=0, le=80)]
    """Incidence at the far edge of the swath. [deg]"""
    duty: Probability = 1.0
    """Probability that a pass over the area is imaged."""
    p_max: Probability = 0.95
    """Probability that a very long ship is held (0.95: the fit to Sentinel-1, see the module)."""
    length_50_m: NonNegative = 18.5
    """Length of a ship that is held with half of ``p_max`` (the same fit). [m]"""
    length_scale_m: Positive = 6.0
    """How fast the probability rises with length (the same fit). [m]"""
    position_error_m: NonNegative = 300.0
    """Position error of a contact, 1 sigma: the shift of ships under way (300 m is an assumption). [m]"""
    length_error_fraction: Annotated[float, Field(ge=0, le=1)] = 0.15
    """Error of the length that a contact tells, as a fraction of it, 1 sigma (0.15: see the module). [1]"""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.incidence_min_deg >= self.incidence_max_deg:
            raise ValueError(
                f"incidence_min_deg must be less than incidence_max_deg, got {self.incidence_min_deg:g} and "
                f"{self.incidence_max_deg:g}"
            )
        if self.n_satellites % self.n_planes:
            raise ValueError(
                f"{self.n_satellites} satellites cannot be shared out evenly over n_planes {self.n_planes}"
            )
        has_both = self.inclination_deg is not None and self.raan_deg is not None
        has_one = self.inclination_deg is not None or self.raan_deg is not None
        if (self.ltan_s is None) != has_both or (self.ltan_s is not None and has_one):
            raise ValueError(
                "expected the orbit as either ltan_s (sun-synchronous) or both inclination_deg and raan_deg"
            )
        return self

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "sar"

    def error_m(self) -> float:
        """Position error of a contact, 1 sigma [m]."""
        return self.position_error_m

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one image that holds the target, the same at all ranges and in all
        weather; shape of ``range_m``.
        """
        return np.full(np.shape(range_m), p_contact(self, example.length_m))

    def length_sigma(self) -> float:
        """Spread of the logarithm of the length that a contact tells [1]."""
        return self.length_error_fraction

    def orbits(self, epoch: datetime) -> tuple[CircularOrbit, ...]:
        """The orbit of each satellite at the epoch, the scenario's start."""
        if self.ltan_s is not None:
            inclination_deg = sun_synchronous_inclination_deg(self.altitude_m)
            raan_deg = raan_of_local_time_deg(self.ltan_s / 3600.0, epoch)
        else:
            assert self.inclination_deg is not None
            assert self.raan_deg is not None
            inclination_deg, raan_deg = self.inclination_deg, self.raan_deg
        first = CircularOrbit(self.altitude_m, inclination_deg, raan_deg, self.phase_deg)
        return constellation(first, self.n_satellites, self.n_planes)

    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """One report for each image; ValueError in a setting without an area."""
        from mda_sim.sensing.satellite_kernels import look_sar

        if setting.area is None:
            raise ValueError(f"the satellite '{sensor_id}' needs the area that it is to image")
        tracks = self.tracks(setting.timeline)
        images = imaged(self, sensor_id, tracks, setting.area, setting.timeline, setting.seed)
        facts, knots = _facts(self, tracks, images)
        fleet = setting.fleet
        targets = fleet.targets
        legs, first_leg, n_legs = leg_columns(fleet), targets["first_leg"], targets["n_legs"]
        p = p_contact(self, targets["length_m"])
        addresses, indices = fleet.draw_address, targets["index"]
        key = np.uint64(stream_key(setting.seed, "sense.sar.contact"))
        sensor, swath, intervals = np.uint64(address(sensor_id)), _swath(self), _intervals(images)

        def look(first: int, stop: int, out: Held) -> int:
            return look_sar(
                facts,
                knots,
                swath,
                legs,
                first_leg,
                n_legs,
                p,
                addresses,
                indices,
                first,
                stop,
                key,
                sensor,
                intervals,
                out,
            )

        return Plan(intervals, images["t_to_us"].copy(), 0, look)

    def tracks(self, timeline: Timeline) -> tuple[Track, ...]:
        """The track of each satellite over all of sensing."""
        return tuple(
            track(orbit, timeline.start, timeline.score_to_us) for orbit in self.orbits(timeline.start)
        )


def ground_range_m(incidence_deg: ArrayLike, altitude_m: ArrayLike) -> NDArray[np.float64]:
    """Distance along the sphere from below a satellite to where its rays meet the ground at an incidence [m].

    Arguments broadcast; ``altitude_m`` is the height above the sphere.

    >>> round(float(ground_range_m(46.0, 693e3) - ground_range_m(29.1, 693e3)) / 1000)
    274
    """
    incidence = np.deg2rad(np.asarray(incidence_deg, np.float64))
    radius_m = EARTH_RADIUS_M + np.asarray(altitude_m, np.float64)
    return EARTH_RADIUS_M * (incidence - np.arcsin(EARTH_RADIUS_M / radius_m * np.sin(incidence)))


def incidence_deg(ground_range_m: ArrayLike, altitude_m: ArrayLike) -> NDArray[np.float64]:
    """Angle between the vertical and the ray to a satellite: the inverse of ``ground_range_m`` [deg].

    tan i = (R + h) sin(s / R) / ((R + h) cos(s / R) - R), with s the ground range. Arguments broadcast.
    """
    arc = np.asarray(ground_range_m, np.float64) / EARTH_RADIUS_M
    radius_m = EARTH_RADIUS_M + np.asarray(altitude_m, np.float64)
    return np.rad2deg(np.arctan2(radius_m * np.sin(arc), radius_m * np.cos(arc) - EARTH_RADIUS_M))


def p_contact(sar: SarSatellite, length_m: ArrayLike) -> NDArray[np.float64]:
    """Probability that a ship of a length is held in an image, same shape."""
    length = np.asarray(length_m, np.float64)
    return np.asarray(sar.p_max / (1.0 + np.exp(-(length - sar.length_50_m) / sar.length_scale_m)))


def passes_over(
    sar: SarSatellite, tracks: tuple[Track, ...], area: Box, timeline: Timeline
) -> dict[int, Images]:
    """For each side that it may look to, the images of the area that its passes could make.

    Whole ones within [0, score_to_us] that begin no earlier than ``from_utc``, by satellite and number.
    """
    from_us = 0 if sar.from_utc is None else max(timeline.us_at(sar.from_utc), 0)
    found = {}
    for side in {"right": (RIGHT,), "left": (LEFT,), "both": (RIGHT, LEFT)}[sar.look_side]:
        images = np.concatenate([_passes(sar, i, own, side, area) for i, own in enumerate(tracks)])
        is_within = (images["t_from_us"] >= from_us) & (images["t_to_us"] <= timeline.score_to_us)
        found[side] = images[is_within]
    return found


def imaged(
    sar: SarSatellite,
    sensor_id: str,
    tracks: tuple[Track, ...],
    area: Box,
    timeline: Timeline,
    seed: int,
) -> Images:
    """The images of the area that are made in one replicate, by satellite and number of the pass."""
    candidates = np.concatenate(list(passes_over(sar, tracks, area, timeline).values()))
    order = np.lexsort((candidates["side"], candidates["number"], candidates["satellite"]))
    candidates = candidates[order]
    intervals = _intervals(candidates)
    where = stream_key(seed, "sense.sar.pass"), 0, 0, address(sensor_id), intervals
    prefers_right = draw_words(*where)[:, 2] < 2**31
    has_choice = np.isin(intervals, intervals[1:][np.diff(intervals) == 0])
    preferred = np.where(prefers_right, RIGHT, LEFT)
    is_looked_at = ~has_choice | (candidates["side"] == preferred)
    chosen: Images = candidates[is_looked_at & (draw_uniform(*where) < sar.duty)]
    return chosen


def _intervals(images: Images) -> NDArray[np.int64]:
    """Numbers of the reports of images."""
    return np.asarray(images["satellite"] * PASSES_PER_SATELLITE + images["number"], np.int64)


def _swath(sar: SarSatellite) -> Swath:
    from mda_sim.sensing.satellite_kernels import Swath

    limits = np.array([sar.incidence_min_deg, sar.incidence_max_deg])
    near_m, far_m = ground_range_m(limits, sar.altitude_m)
    near_rad, far_rad = np.deg2rad(limits).tolist()
    return Swath(near_rad, far_rad, 2 + int((far_m - near_m) / POINT_SPACING_M))


def _passes(sar: SarSatellite, satellite: int, own: Track, side: int, area: Box) -> Images:
    """The images of an area that one satellite could make on one side, whole ones, in order of time."""
    from mda_sim.sensing.satellite_kernels import CANDIDATE, AreaRad, fill_candidates, narrow_candidates

    lat_rad = np.deg2rad([area.lat_min_deg, area.lat_max_deg])
    lon_rad = np.deg2rad([area.lon_min_deg, area.lon_max_deg])
    sought = AreaRad(*np.sin(lat_rad).tolist(), *lon_rad.tolist())
    is_north = own.velocity_mps[:, 2] >= 0.0
    number = np.concatenate([[0], np.cumsum(is_north[1:] != is_north[:-1])]).astype(np.int64)
    found = np.empty(int(number[-1]) + 1, CANDIDATE)
    n = fill_candidates(own, number, _is_near(sar, own, area), side, _swath(sar), sought, found)
    whole = found[:n][(found[:n]["before_us"] >= 0) & (found[:n]["after_us"] >= 0)]
    narrow_candidates(own, number, side, _swath(sar), sought, whole)
    images = np.empty(len(whole), IMAGE)
    images["satellite"], images["side"] = satellite, side
    images["number"] = whole["number"]
    images["t_from_us"], images["t_to_us"] = whole["first_us"], whole["last_us"]
    return images


def _is_near(sar: SarSatellite, own: Track, area: Box) -> NDArray[np.bool_]:
    """Whether the swath may touch the area between each knot and the next, (n_knots - 1,)."""
    centre = (area.lat_min_deg + area.lat_max_deg) / 2, (area.lon_min_deg + area.lon_max_deg) / 2
    lats = np.linspace(area.lat_min_deg, area.lat_max_deg, _EDGE_POINTS)
    lons = np.linspace(area.lon_min_deg, area.lon_max_deg, _EDGE_POINTS)
    rim_m = float(distance_m(*centre, lats[:, None], lons).max())
    radius_m = np.sqrt(own.position_m[:, 0] ** 2 + own.position_m[:, 1] ** 2 + own.position_m[:, 2] ** 2)
    far_m = float(ground_range_m(sar.incidence_max_deg, radius_m.max() - EARTH_RADIUS_M))
    reach = (1.02 * rim_m + far_m + 2 * KNOT_STEP_S * _MOST_SPEED_MPS) / EARTH_RADIUS_M
    x, y, z = unit_vectors(*centre).tolist()
    cosine = (own.position_m[:, 0] * x + own.position_m[:, 1] * y + own.position_m[:, 2] * z) / radius_m
    near = cosine >= np.cos(min(reach, np.pi))
    return np.asarray(near[1:] | near[:-1])


def _facts(sar: SarSatellite, tracks: tuple[Track, ...], images: Images) -> tuple[NDArray[np.void], Track]:
    """What the looks need of each image, and the knots of all images, one after the other."""
    from mda_sim.sensing.satellite_kernels import IMAGE_FACTS, fill_facts

    step_us = KNOT_STEP_S * US_PER_S
    n_knots = len(tracks[0].position_m)
    first = np.maximum(images["t_from_us"] // step_us - 1, 0)
    stop = np.minimum(images["t_to_us"] // step_us + 3, n_knots)
    facts = np.zeros(len(images), IMAGE_FACTS)
    facts["first_knot"] = np.cumsum(stop - first) - (stop - first)
    facts["n_knots"] = stop - first
    facts["origin_us"] = first * step_us
    for name in ("side", "t_from_us", "t_to_us"):
        facts[name] = images[name]
    none = np.empty((0, 3))
    rows = list(zip(images["satellite"], first, stop, strict=True))
    position_m = np.concatenate([none, *(tracks[i].position_m[a:b] for i, a, b in rows)])
    velocity_mps = np.concatenate([none, *(tracks[i].velocity_mps[a:b] for i, a, b in rows)])
    knots = Track(float(KNOT_STEP_S), position_m, velocity_mps)
    fill_facts(facts, knots, _swath(sar))
    return facts, knots
