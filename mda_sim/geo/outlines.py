"""Boxes, polygons and circles: the outlines from which a scenario's area is chosen.

Model: boxes and polygons have edges that are straight in longitude and latitude; a circle is all points
within a great-circle distance of its centre. On the sphere of radius R the area of a box or polygon is
exactly R^2 |contour integral of sin(lat) d lon|, which for a straight edge is d_lon sin(mid lat) sin(h) / h
with h half its latitude difference; the area of a circle of radius r is 4 pi R^2 sin^2(r / 2R).

Boundary rule: a box holds its southern and western edge, not its northern and eastern one, so a point on an
edge that two boxes share is in exactly one of them; polygons follow the same rule. A circle holds its rim. A
position that is not a number is in no region.

Assumptions and limits: no outline crosses the 180th meridian, and no circle holds a pole; both are refused on
loading, and so is an outline of less than 1 m2. An edge along a parallel is not a great circle.

Source: elementary; Green's theorem on the sphere. Where next: ``regions`` asks all kinds of region alike.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mda_sim.core.spec import Items, LatDeg, LonDeg, Positive, Spec
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m

LEAST_AREA_M2: Final = 1.0
"""Smallest area of an outline. [m2]"""

BoundsDeg = tuple[float, float, float, float]
"""Longitude minimum, latitude minimum, longitude maximum, latitude maximum, in degrees."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Corners = NDArray[np.float64]
"""Corners of shape (n, 2): longitude, latitude."""


class Point(Spec):
    """A corner of a polygon."""

    lat_deg: LatDeg
    """Latitude, north positive. [-90, 90]"""
    lon_deg: LonDeg
    """Longitude, east positive. [-180, 180]"""


class Box(Spec):
    """All points between two parallels and two meridians."""

    kind: Literal["box"] = "box"
    """The kind of region."""
    lat_min_deg: LatDeg
    """Southern edge, held by the box. [-90, 90]"""
    lat_max_deg: LatDeg
    """Northern edge, not held by the box; above ``lat_min_deg``. [-90, 90]"""
    lon_min_deg: LonDeg
    """Western edge, held by the box. [-180, 180]"""
    lon_max_deg: LonDeg
    """Eastern edge, not held by the box; above ``lon_min_deg``. [-180, 180]"""

    @model_validator(mode="after")
    def _edges_in_order(self) -> Self:
        if self.lat_min_deg >= self.lat_max_deg:
            got = f"{self.lat_min_deg:g} and {self.lat_max_deg:g}"
            raise ValueError(f"lat_min_deg must be less than lat_max_deg, got {got}")
        if self.lon_min_deg >= self.lon_max_deg:
            got = f"{self.lon_min_deg:g} and {self.lon_max_deg:g}"
            raise ValueError(
                f"lon_min_deg must be less than lon_max_deg, got {got} (no box crosses the 180th meridian)"
            )
        _refuse_no_area(self)
        return self

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Whether each point is in the box; arrays of one shape."""
        in_lat = (lat >= self.lat_min_deg) & (lat < self.lat_max_deg)
        return np.asarray(in_lat & (lon >= self.lon_min_deg) & (lon < self.lon_max_deg))

    def holds_around(self, lat: Floats, lon: Floats, radius_m: Floats) -> Bools:
        """Whether the box holds all that lies within ``radius_m`` of each point; arrays of one shape."""
        radius = radius_m / EARTH_RADIUS_M
        lat_reach = np.degrees(radius)
        sine = np.sin(radius) / np.maximum(np.cos(np.radians(lat)), 1e-12)
        # From where the circle holds a pole it reaches all longitudes.
        lon_reach = np.where(
            np.abs(lat) + lat_reach < 90.0, np.degrees(np.arcsin(np.minimum(sine, 1.0))), 360.0
        )
        in_lat = (lat - lat_reach >= self.lat_min_deg) & (lat + lat_reach < self.lat_max_deg)
        in_lon = (lon - lon_reach >= self.lon_min_deg) & (lon + lon_reach < self.lon_max_deg)
        return np.asarray(in_lat & in_lon)

    def area_m2(self) -> float:
        """Area on the sphere [m2], exact."""
        span = math.radians(self.lon_max_deg - self.lon_min_deg)
        south, north = math.radians(self.lat_min_deg), math.radians(self.lat_max_deg)
        return EARTH_RADIUS_M**2 * span * (math.sin(north) - math.sin(south))

    def bounds_deg(self) -> BoundsDeg:
        """The box itself."""
        return self.lon_min_deg, self.lat_min_deg, self.lon_max_deg, self.lat_max_deg


class Polygon(Spec):
    """All points inside a ring of straight edges in longitude and latitude."""

    kind: Literal["polygon"] = "polygon"
    """The kind of region."""
    points: Annotated[Items[Point], Field(min_length=3, max_length=500)]
    """Corners in order, either way round; the ring closes itself. 3 to 500 points"""

    @model_validator(mode="after")
    def _is_simple(self) -> Self:
        ring = _ring(self)
        edges = np.roll(ring, -1, axis=0) - ring
        for i in np.flatnonzero((np.roll(edges, 1, axis=0) == 0.0).all(axis=1))[:1]:
            raise ValueError(
                f"point {i} repeats the point before it; the ring closes itself, so the first comes once"
            )
        for i in np.flatnonzero(np.abs(edges[:, 0]) > 180.0)[:1]:
            raise ValueError(
                f"the edge after point {i} spans {abs(edges[i, 0]):g} degrees of longitude: no polygon "
                "crosses the 180th meridian"
            )
        crossing = _first_crossing(ring)
        if crossing is not None:
            raise ValueError(f"the edge after point {crossing[0]} meets the edge after point {crossing[1]}")
        _refuse_no_area(self)
        return self

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Whether each point is inside, by the even-odd rule; arrays of one shape."""
        return _in_polygon(self, lat, lon)

    def area_m2(self) -> float:
        """Area on the sphere [m2], exact."""
        lon, lat = np.radians(_ring(self)).T
        d_lat, d_lon = np.roll(lat, -1) - lat, np.roll(lon, -1) - lon
        edges = d_lon * np.sin(lat + d_lat / 2) * np.sinc(d_lat / (2 * math.pi))
        return EARTH_RADIUS_M**2 * abs(math.fsum(edges))

    def bounds_deg(self) -> BoundsDeg:
        """The smallest box that holds the polygon."""
        ring = _ring(self)
        (lon_min, lat_min), (lon_max, lat_max) = ring.min(axis=0), ring.max(axis=0)
        return float(lon_min), float(lat_min), float(lon_max), float(lat_max)


class Circle(Spec):
    """All points within a distance of a centre."""

    kind: Literal["circle"] = "circle"
    """The kind of region."""
    lat_deg: LatDeg
    """Latitude of the centre. [-90, 90]"""
    lon_deg: LonDeg
    """Longitude of the centre. [-180, 180]"""
    radius_m: Positive
    """Great-circle radius. > 0 m, short of the poles and of the 180th meridian"""

    @model_validator(mode="after")
    def _within_the_map(self) -> Self:
        if abs(self.lat_deg) + math.degrees(self.radius_m / EARTH_RADIUS_M) >= 90.0:
            raise ValueError(f"a circle cannot reach a pole: radius_m {self.radius_m:g} is too large here")
        if abs(self.lon_deg) + lon_reach_deg(self.lat_deg, self.radius_m) > 180.0:
            raise ValueError("a circle cannot cross the 180th meridian: move it or make radius_m smaller")
        _refuse_no_area(self)
        return self

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Whether each point is within the radius; arrays of one shape."""
        return np.asarray(distance_m(self.lat_deg, self.lon_deg, lat, lon) <= self.radius_m)

    def area_m2(self) -> float:
        """Area on the sphere [m2], exact."""
        return 4 * math.pi * (EARTH_RADIUS_M * math.sin(self.radius_m / (2 * EARTH_RADIUS_M))) ** 2

    def bounds_deg(self) -> BoundsDeg:
        """The smallest box that holds the circle."""
        d_lat = math.degrees(self.radius_m / EARTH_RADIUS_M)
        d_lon = lon_reach_deg(self.lat_deg, self.radius_m)
        return self.lon_deg - d_lon, self.lat_deg - d_lat, self.lon_deg + d_lon, self.lat_deg + d_lat


def lon_reach_deg(lat_deg: float, radius_m: float) -> float:
    """Largest longitude difference within ``radius_m`` of a point: asin(sin(r / R) / cos(lat))."""
    sine = math.sin(radius_m / EARTH_RADIUS_M) / math.cos(math.radians(lat_deg))
    return math.degrees(math.asin(min(sine, 1.0)))


def _refuse_no_area(region: Box | Polygon | Circle) -> None:
    area = region.area_m2()
    if not area >= LEAST_AREA_M2:
        raise ValueError(f"a region has an area of at least {LEAST_AREA_M2:g} m2, this one has {area:.3g} m2")


def _ring(region: Polygon) -> NDArray[np.float64]:
    """Corners of shape (n, 2): longitude, latitude."""
    return np.array([(point.lon_deg, point.lat_deg) for point in region.points])


def _in_polygon(region: Polygon, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Even-odd rule: a point is inside if a ray to the east meets an odd number of edges."""
    inside = np.zeros(lat.shape, dtype=np.bool_)
    ring = _ring(region)
    for (lon1, lat1), (lon2, lat2) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if lat1 == lat2:
            continue
        if lat1 > lat2:  # so that two polygons compute a shared edge alike
            lat1, lon1, lat2, lon2 = lat2, lon2, lat1, lon1
        spans = (lat1 > lat) != (lat2 > lat)
        inside ^= spans & (lon < lon1 + (lat - lat1) * ((lon2 - lon1) / (lat2 - lat1)))
    return inside


def _first_crossing(ring: NDArray[np.float64]) -> tuple[int, int] | None:
    """The first two edges that meet other than in a corner they share, or None.

    ``ring``: corners of shape (n, 2). Neighbours meet only if one runs back along the other. Only edges whose
    boxes overlap are looked at more closely.
    """
    n = len(ring)
    ends = np.roll(ring, -1, axis=0)
    low, high = np.minimum(ring, ends), np.maximum(ring, ends)
    near = np.ones((n, n), np.bool_)
    for axis in (0, 1):
        near &= low[:, None, axis] <= high[None, :, axis]
        near &= high[:, None, axis] >= low[None, :, axis]
    first, second = np.nonzero(np.triu(near, k=1))
    a, b, c, d = ring[first], ring[(first + 1) % n], ring[second], ring[(second + 1) % n]
    after, before = second == first + 1, (first == 0) & (second == n - 1)
    meet = ~after & ~before & _meet(a, b, c, d)
    meet |= after & _turns_back(a, b, d)
    meet |= before & _turns_back(c, d, b)
    k = int(np.argmax(meet))
    return (int(first[k]), int(second[k])) if meet[k] else None


def _turn(a: Corners, b: Corners, c: Corners) -> NDArray[np.float64]:
    """Twice the area of each triangle, positive to the left; (n,)."""
    along, across = (b - a).T, (c - a).T
    return np.asarray(along[0] * across[1] - along[1] * across[0])


def _turns_back(a: Corners, b: Corners, c: Corners) -> NDArray[np.bool_]:
    """Whether each edge b-c runs back along a-b."""
    return np.asarray((_turn(a, b, c) == 0) & (((a - b) * (c - b)).sum(axis=1) > 0))


def _meet(a: Corners, b: Corners, c: Corners, d: Corners) -> NDArray[np.bool_]:
    """Whether each pair of segments a-b and c-d, whose boxes overlap, has a point in common."""
    c_side, d_side = np.sign(_turn(a, b, c)), np.sign(_turn(a, b, d))
    a_side, b_side = np.sign(_turn(c, d, a)), np.sign(_turn(c, d, b))
    return np.asarray((c_side * d_side <= 0) & (a_side * b_side <= 0))
