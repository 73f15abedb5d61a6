"""Survey ships: parallel lines to and fro over an area of open water, as one mows a lawn.

Model: the lines of an area run on ``course_deg``, ``spacing_m`` apart and symmetric about its middle, each
from the first to the last of its points (``STEP_M`` apart) that lie in the area. A survey sails them in
order, every other one backwards, and then the same way back; at time 0 it is anywhere on that round with
equal chance, and it keeps one speed, uniform in ``speed_mps``. The legs between lines are sailed at the same
speed.

An area has ``ships`` surveys at the same time, each by one ship. With ``reliefs`` ships take turns at each
survey (``reliefs``): they come from the base by the passage to the edge of the area (``open_water``) and
straight to where the survey then is, and go home the same way. Without, a ship surveys for the whole run.

The stream is ``class/area``; the index is the number of the survey, with reliefs that of ``reliefs``. Every
draw is addressed by it, so a longer run or more ships change no ship.

Assumptions and limits: an area must be open water. Turns take no room; ships do not stop for weather or for
others, and tow nothing that others avoid. Lines are straight on the plane of distances and bearings from the
middle of the area, so their spacing is wrong by less than 1 in 1000 at 300 km from it.

Source: three of four Chinese surveys in response to oil and gas work in 2019 to 2021 followed the grid or
lawnmower pattern typical of bathymetric and seismic surveys: Asia Maritime Transparency Initiative, "What
Lies Beneath: Chinese Surveys in the South China Sea", 1 March 2022,
https://amti.csis.org/what-lies-beneath-chinese-surveys-in-the-south-china-sea/. Speeds of 4-6 kn with gear in
tow: general knowledge. Where next: ``world``; ``follower`` gives them escorts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mda_sim.core.errors import RunError
from mda_sim.core.spec import IdMap, NonNegative, Positive, Spec
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Area, Box, bounds, contains
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg
from mda_sim.world.groups import Group
from mda_sim.world.open_water import open_hull, way_in
from mda_sim.world.reliefs import ReliefSpec, sailed_home, sailed_out, tours
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import Waypoints, voyage_group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP_M: Final = 500.0
"""Distance between the points of a line that are tested for lying in the area. [m]"""
MOST_LINES: Final = 2_000
"""Largest number of lines of an area."""


class AreaSpec(Spec):
    """One area and the ships that survey it."""

    region: Area
    """What is surveyed: a box, polygon or circle of open water."""
    ships: NonNegative
    """Number of ships that survey it at the same time, rounded to whole ships. >= 0"""
    spacing_m: Positive
    """Distance between neighbouring lines. > 0 m"""
    course_deg: Annotated[float, Field(ge=0, lt=180)] = 0.0
    """Direction of the lines, clockwise from north. [0, 180)"""
    reliefs: ReliefSpec | None = None
    """How ships take turns; without it each surveys for the whole run."""


class SurveyTraffic(TrafficBase):
    """Survey ships on parallel lines."""

    kind: Literal["survey"] = "survey"
    """The kind of traffic."""
    areas: IdMap[AreaSpec]
    """Areas of the class by id."""
    speed_mps: Span = Span(low=4 * KNOT_MPS, high=6 * KNOT_MPS)
    """Speed of a survey, uniform in the span. > 0 m/s; the default is general knowledge"""

    @property
    def port_ids(self) -> list[str]:
        """Ids of the ports that ships come from."""
        bases = [one.reliefs.base.port for one in self.areas.values() if one.reliefs is not None]
        return [port for port in bases if port is not None]


def survey_groups(
    class_id: str, traffic: SurveyTraffic, box: Box, timeline: Timeline, seed: int, land: Land
) -> Iterator[Group]:
    """The ships of a class in ``box`` during [0, score_to_us], one group for each area.

    Raises KeyError for a port that the catalogue does not have, RunError for an area that is not open water
    or has no line, or is too far from its base for the shortest stay.
    """
    end_s = timeline.score_to_us / US_PER_S
    for area_id, area in traffic.areas.items():
        stream = f"{class_id}/{area_id}"
        waypoints = _waypoints(stream, traffic, area, end_s, seed, land)
        yield voyage_group(class_id, stream, traffic, waypoints, box, timeline.score_to_us, seed)


class _Round:
    """The round of an area: the lines in order and back, and where a survey on it is."""

    def __init__(self, lat: Floats, lon: Floats) -> None:
        self.lat, self.lon = np.append(lat, lat[-2:0:-1]), np.append(lon, lon[-2:0:-1])
        steps_m = distance_m(self.lat, self.lon, np.roll(self.lat, -1), np.roll(self.lon, -1))
        self.at_m = np.concatenate([[0.0], np.cumsum(steps_m)])
        self.longest_m = float(steps_m.max())

    def passed(self, begin_m: float, end_m: float) -> tuple[Floats, Floats, Floats]:
        """Corners passed between two distances sailed: latitude, longitude, distance."""
        n, length_m = len(self.lat), self.at_m[-1]
        nth = np.arange(math.floor(begin_m / length_m) * n, (math.floor(end_m / length_m) + 1) * n)
        at_m = self.at_m[nth % n] + (nth // n) * length_m
        between = (at_m > begin_m) & (at_m < end_m)
        return self.lat[nth % n][between], self.lon[nth % n][between], at_m[between]

    def at(self, gone_m: float) -> tuple[float, float]:
        """Latitude and longitude after a distance sailed."""
        left_m = gone_m % self.at_m[-1]
        leg = min(int(np.searchsorted(self.at_m, left_m, side="right")) - 1, len(self.lat) - 1)
        to = (leg + 1) % len(self.lat)
        share = (left_m - self.at_m[leg]) / (self.at_m[leg + 1] - self.at_m[leg])
        return _on_leg(self.lat[leg], self.lon[leg], self.lat[to], self.lon[to], share)


def _waypoints(
    stream: str, traffic: SurveyTraffic, area: AreaSpec, end_s: float, seed: int, land: Land
) -> Waypoints:
    hull = open_hull(area.region, stream, land)
    course = _Round(*_lines(area, stream))
    n = round(area.ships)
    surveys = np.arange(n)
    speed = traffic.speed_mps.at(uniform(seed, "survey.speed", stream, surveys))
    begins_m = course.at_m[-1] * uniform(seed, "survey.begins", stream, surveys)

    def surveyed(survey: int, from_s: float, to_s: float) -> tuple[Floats, Floats, Floats]:
        """Waypoints of a survey between two times."""
        begin_m, end_m = (float(begins_m[survey] + t_s * speed[survey]) for t_s in (from_s, to_s))
        lat, lon, at_m = course.passed(begin_m, end_m)
        (lat0, lon0), (lat1, lon1) = course.at(begin_m), course.at(end_m)
        t_s = np.concatenate([[from_s], (at_m - begins_m[survey]) / speed[survey], [to_s]])
        return np.concatenate([[lat0], lat, [lat1]]), np.concatenate([[lon0], lon, [lon1]]), t_s

    if area.reliefs is None:
        # Up to the first corner after the end, so that a longer run has the same legs.
        later_s = end_s + course.longest_m / speed
        whole = (surveyed(k, 0.0, float(later_s[k])) for k in range(n))
        return _joined([(lat[:-1], lon[:-1], t_s[:-1]) for lat, lon, t_s in whole], surveys)
    way = way_in(area.reliefs.base.place(stream, land), hull, land)
    gate = way.lat_deg[-1], way.lon_deg[-1]
    way_m = way.length_m() + float(distance_m(*gate, course.lat, course.lon).max())
    turns = tours(area.reliefs, stream, n, way_m, end_s, seed)
    rows = []
    for k in range(len(turns.index)):
        on_lines = surveyed(int(turns.place[k]), float(turns.comes_s[k]), float(turns.leaves_s[k]))
        (lat0, lat1), (lon0, lon1) = (part[[0, -1]] for part in on_lines[:2])
        speed_out = turns.speed_mps[k : k + 1]
        out = sailed_out(way, (np.array([[lat0]]), np.array([[lon0]])), speed_out, turns.comes_s[k : k + 1])
        home = sailed_home(
            way, (np.array([[lat1]]), np.array([[lon1]])), speed_out, turns.leaves_s[k : k + 1]
        )
        legs = zip(out, on_lines, home, strict=True)
        lat, lon, t_s = (np.concatenate([a[0], b, c[0]]) for a, b, c in legs)
        rows.append((lat, lon, t_s))
    return _joined(rows, turns.index)


def _lines(area: AreaSpec, stream: str) -> tuple[Floats, Floats]:
    """Ends of all lines in the order in which they are sailed: latitude and longitude."""
    west, south, east, north = bounds(area.region)
    middle = (south + north) / 2, (west + east) / 2
    corners = distance_m(*middle, np.array([south, south, north, north]), np.array([west, east, west, east]))
    reach_m = float(corners.max())
    each_side = int(reach_m / area.spacing_m)
    if 2 * each_side + 1 > MOST_LINES:
        raise RunError(
            f"the area of stream '{stream}' would have {2 * each_side + 1:,} lines; expected at most"
            f" {MOST_LINES:,}: make spacing_m larger"
        )
    along_m = np.arange(-reach_m, reach_m + STEP_M, STEP_M)
    lats, lons = [], []
    for nth, aside_m in enumerate(area.spacing_m * np.arange(-each_side, each_side + 1)):
        lat, lon = _on_plane(middle, area.course_deg, along_m if nth % 2 == 0 else -along_m, float(aside_m))
        inside = np.flatnonzero(contains(area.region, lat, lon))
        if len(inside) > 1:
            lats.append(lat[inside[[0, -1]]])
            lons.append(lon[inside[[0, -1]]])
    if not lats:
        raise RunError(f"no line of the area of stream '{stream}' is {STEP_M:g} m long; make the area larger")
    return np.concatenate(lats), np.concatenate(lons)


def _on_plane(
    middle: tuple[float, float], course_deg: float, along_m: Floats, aside_m: float
) -> tuple[Floats, Floats]:
    """Points by their distance along a course and to the right of it, seen from the middle."""
    bearing = course_deg + np.degrees(np.arctan2(aside_m, along_m))
    return destination(*middle, bearing, np.hypot(along_m, aside_m))


def _on_leg(lat1: float, lon1: float, lat2: float, lon2: float, share: float) -> tuple[float, float]:
    """The point at a share of the way along a leg."""
    bearing = initial_bearing_deg(lat1, lon1, lat2, lon2)
    lat, lon = destination(lat1, lon1, bearing, share * distance_m(lat1, lon1, lat2, lon2))
    return float(lat), float(lon)


def _joined(rows: list[tuple[Floats, Floats, Floats]], index: Ints) -> Waypoints:
    """The waypoints of all ships, each a stretch at sea."""
    count = [len(row[0]) for row in rows]
    lat, lon, t_s = (np.concatenate([np.empty(0), *(row[k] for row in rows)]) for k in range(3))
    stretch = np.repeat(np.arange(len(rows)), count)
    return Waypoints(lat, lon, np.rint(t_s * US_PER_S).astype(np.int64), index[stretch], stretch)
