"""Corridors: all points within half a width of a sea lane.

Model: a lane is a line of great-circle legs between waypoints. With n the unit normal of the plane of a leg
from a to b, a point p is beside the leg if it lies between the planes through a and b that are square to
it, and its distance from the leg is then R asin |p . n|; elsewhere the nearer end counts. A corridor holds
its rim.

Assumptions and limits: no leg is as long as half the globe; no corridor crosses the 180th meridian or holds a
pole. A lane of the catalogue is an outline drawn by hand: illustrative, not a charted route.

Source: K. Gade, "A Non-singular Horizontal Position Representation", The Journal of Navigation 63(3), 2010,
pp. 395-417, doi:10.1017/S0373463309990415 (cross-track distance from the normal of the plane).
Where next: ``regions``; ``metrics.corridors`` scores along them.
"""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from mda_sim.core.spec import Id, Items, Spec
from mda_sim.data import catalogue
from mda_sim.geo.lattice import lattice_area_m2
from mda_sim.geo.outlines import Bools, BoundsDeg, Floats, Point, lon_reach_deg
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m, initial_bearing_deg, unit_vectors


class LaneLine(Spec):
    """A sea lane: one of the catalogue, or its own waypoints."""

    lane: Id | None = None
    """Sea lane by its id in the catalogue; or give waypoints."""
    waypoints: Annotated[Items[Point], Field(max_length=200)] = ()
    """Waypoints in order, joined by great circles; 2 to 200, or none where ``lane`` names them."""

    @field_validator("lane")
    @classmethod
    def _is_catalogued(cls, lane: str | None) -> str | None:
        if lane is not None and lane not in catalogue.sea_lanes():
            raise ValueError(str(catalogue.UnknownIdError("sea lane", lane, catalogue.sea_lanes())))
        return lane

    @model_validator(mode="after")
    def _is_one_line(self) -> Self:
        if (self.lane is None) == (not self.waypoints):
            raise ValueError("expected either lane or waypoints")
        if self.lane is None and len(self.waypoints) < 2:
            raise ValueError("a line needs 2 waypoints at least, got 1")
        lat, lon = self.line()
        for k in np.flatnonzero((np.diff(lat) == 0) & (np.diff(lon) == 0))[:1]:
            raise ValueError(f"waypoint {k + 1} repeats the waypoint before it")
        for k in np.flatnonzero(np.abs(np.diff(lon)) >= 180.0)[:1]:
            raise ValueError(
                f"the leg after waypoint {k} spans {abs(lon[k + 1] - lon[k]):g} degrees of longitude: "
                "no lane crosses the 180th meridian"
            )
        return self

    def line(self) -> tuple[Floats, Floats]:
        """Latitudes and longitudes of the waypoints [deg], (n,) each."""
        if self.lane is not None:
            corners = np.array(catalogue.sea_lane(self.lane).waypoints)
        else:
            corners = np.array([(point.lat_deg, point.lon_deg) for point in self.waypoints])
        return corners[:, 0], corners[:, 1]


class Corridor(LaneLine):
    """All points within half a width of a sea lane."""

    kind: Literal["corridor"] = "corridor"
    """The kind of region."""
    half_width_m: Annotated[float, Field(ge=1, le=1_000_000)]
    """Largest distance from the lane. [1, 1,000,000] m"""

    @model_validator(mode="after")
    def _within_the_map(self) -> Self:
        west, south, east, north = self.bounds_deg()
        if south <= -90.0 or north >= 90.0:
            raise ValueError("a corridor cannot reach a pole: move it or make half_width_m smaller")
        if west < -180.0 or east > 180.0:
            raise ValueError(
                "a corridor cannot cross the 180th meridian: move it or make half_width_m smaller"
            )
        return self

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Whether each point is within ``half_width_m`` of the lane; arrays of one shape."""
        west, south, east, north = self.bounds_deg()
        near = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        found = np.zeros(lat.shape, np.bool_)
        found[near] = self._within(unit_vectors(lat[near], lon[near]))
        return found

    def area_m2(self) -> float:
        """Area on the sphere [m2], by sampling (``lattice``): good to 1 %."""
        return lattice_area_m2(self.holds, self.bounds_deg(), 2 * self.half_width_m)

    def bounds_deg(self) -> BoundsDeg:
        """A box that holds the corridor: that of its legs, widened by half a width."""
        lat, lon = self.line()
        highest, lowest = _highest(lat, lon), -_highest(-lat, lon)
        d_lat = math.degrees(self.half_width_m / EARTH_RADIUS_M)
        farthest = max(abs(highest), abs(lowest))
        d_lon = 360.0 if farthest + d_lat >= 90.0 else lon_reach_deg(farthest, self.half_width_m)
        return float(lon.min()) - d_lon, lowest - d_lat, float(lon.max()) + d_lon, highest + d_lat

    def _within(self, points: Floats) -> Bools:
        """Whether unit vectors (n, 3) are within half a width of a leg or of a waypoint."""
        x, y, z = points[:, 0], points[:, 1], points[:, 2]
        corners = unit_vectors(*self.line())
        sine = math.sin(self.half_width_m / EARTH_RADIUS_M)
        chord2 = (2.0 * math.sin(self.half_width_m / (2.0 * EARTH_RADIUS_M))) ** 2
        found = np.zeros(len(points), np.bool_)
        for a in corners:
            found |= (x - a[0]) ** 2 + (y - a[1]) ** 2 + (z - a[2]) ** 2 <= chord2
        for a, b in itertools.pairwise(corners):
            n = np.cross(a, b)
            n /= math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
            past_a, before_b = np.cross(n, a), np.cross(b, n)
            beside = x * past_a[0] + y * past_a[1] + z * past_a[2] >= 0.0
            beside &= x * before_b[0] + y * before_b[1] + z * before_b[2] >= 0.0
            found |= beside & (np.abs(x * n[0] + y * n[1] + z * n[2]) <= sine)
        return found


def _highest(lat: Floats, lon: Floats) -> float:
    """Northernmost latitude [deg] of the great-circle legs between waypoints (n,).

    A leg that leaves northwards and arrives southwards turns at the latitude acos(|sin bearing| cos lat).
    """
    out = np.radians(initial_bearing_deg(lat[:-1], lon[:-1], lat[1:], lon[1:]))
    back = np.radians(initial_bearing_deg(lat[1:], lon[1:], lat[:-1], lon[:-1]))
    top = np.degrees(np.arccos(np.abs(np.sin(out)) * np.cos(np.radians(lat[:-1]))))
    turns = (np.cos(out) > 0.0) & (np.cos(back) > 0.0)
    return max(float(lat.max()), float(np.max(np.where(turns, top, -90.0))))


def along_lane(lat: Floats, lon: Floats, step_m: float) -> tuple[Floats, Floats, Floats]:
    """Points along the legs between waypoints (n,), at most ``step_m`` apart, amid equal pieces of each leg.

    Returns latitudes, longitudes [deg] and the lengths of their pieces [m], whose sum is that of the lane.
    """
    length = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    bearing = initial_bearing_deg(lat[:-1], lon[:-1], lat[1:], lon[1:])
    pieces = np.maximum(np.ceil(length / step_m), 1).astype(np.int64)
    leg = np.repeat(np.arange(len(length)), pieces)
    nth = np.arange(len(leg)) - (np.cumsum(pieces) - pieces)[leg]
    piece_m = length[leg] / pieces[leg]
    return *destination(lat[leg], lon[leg], bearing[leg], (nth + 0.5) * piece_m), piece_m
