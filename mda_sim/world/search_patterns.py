"""Search patterns: the tracks that an aircraft or a ship follows on station.

Model: patterns are laid out on the plane of distance and bearing from the middle of the region (azimuthal
equidistant), in the frame of ``course_deg``: along it, and to the right of it. Names and shapes are those of
IAMSAR, with the tracks carried on to the edge of the region:

- **ladder** (parallel sweep; creeping line if the course is that of the short side): parallel tracks
  ``spacing_m`` apart over the rectangle around the region, cut off at the region, from left to right, then
  back along the same tracks. The outermost ones are at most half a spacing inside the rectangle.
- **expanding square**: from the middle ahead, then turns to the right after legs of 1, 1, 2, 2, 3, 3, ...
  spacings until it would leave the region, then straight back to the middle.
- **racetrack**: two sides ``spacing_m`` apart, the middle between them, cut off at the region.
- **barrier**: to and fro on the line through the middle, cut off at the region.

Assumptions and limits: the plane keeps distances from the middle, so tracks to the side of it are less than
``spacing_m`` apart by the factor sin(x) / x at x radians from it (0.1 % at 500 km). Between waypoints the way
is a great circle, which leaves the straight line on the plane by some 1-2 km at 500 km from the middle, by
metres within 50 km. The edge of the region is looked for every ``step_m``: smaller gaps are flown through.

Source: ICAO and IMO, "International Aeronautical and Maritime Search and Rescue Manual (IAMSAR)", volume II,
"Mission Co-ordination", chapter 5, "Search techniques and operations": parallel sweep search, creeping line
search, expanding square search (general knowledge of the shapes; the text was not looked up). Racetrack and
barrier: usage of military patrols, B. O. Koopman, "Search and Screening", Pergamon Press, New York, 1980,
chapter on barriers (general knowledge, not looked up).
Where next: ``trips`` makes a way of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.geo.regions import Box, Circle, Polygon, Region, bounds, contains
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg
from mda_sim.world.platforms import SearchSpec

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Usable = Callable[[Floats, Floats], Bools]
"""Tells of latitudes and longitudes whether a waypoint may lie there."""

MOST_TRACKS: Final = 2000
"""Most tracks of a ladder, and most turns of an expanding square."""
STEP_M: Final = 1_000.0
"""Distance at which tracks are tested for the region, unless it is very large. [m]"""
_MOST_STEPS: Final = 2000
_BISECTIONS: Final = 24
_RIM_POINTS: Final = 64
_LATTICE: Final = 400


class Pattern(NamedTuple):
    """One round of a pattern, up to where it turns back or closes."""

    lat_deg: Floats
    """Latitude of each waypoint in order, (n,), n >= 2."""
    lon_deg: Floats
    """Longitude of each waypoint, (n,)."""
    goes_back: bool
    """Whether the round ends by the same way back to its first point, rather than straight."""


class _Frame(NamedTuple):
    """The plane around the middle of a region, turned to the course."""

    middle: tuple[float, float]
    course_deg: float

    def places(self, along_m: Floats, aside_m: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude of points by their distance along the course and to the right of it."""
        bearing = self.course_deg + np.degrees(np.arctan2(aside_m, along_m))
        return destination(*self.middle, bearing, np.hypot(along_m, aside_m))

    def on_plane(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """Distance along the course and to the right of it, of places [m]."""
        away_m = distance_m(*self.middle, lat_deg, lon_deg)
        turned = np.radians(initial_bearing_deg(*self.middle, lat_deg, lon_deg) - self.course_deg)
        return away_m * np.cos(turned), away_m * np.sin(turned)


class _Extent(NamedTuple):
    """The rectangle around a region in a frame [m]."""

    along_min_m: float
    along_max_m: float
    aside_min_m: float
    aside_max_m: float

    @property
    def step_m(self) -> float:
        """Distance at which tracks in it are tested."""
        longest = max(self.along_max_m - self.along_min_m, self.aside_max_m - self.aside_min_m)
        return max(min(STEP_M, longest / 100.0), longest / _MOST_STEPS)


def middle_of(region: Region) -> tuple[float, float]:
    """Latitude and longitude of the middle of a region: that of its bounding box [deg]."""
    west, south, east, north = bounds(region)
    return (south + north) / 2, (west + east) / 2


def search_pattern(search: SearchSpec, usable: Usable | None = None) -> Pattern:
    """The waypoints of one round of a pattern.

    ``usable``: where waypoints may lie, besides in the region (a ship's lie at sea); None for everywhere.
    RunError if no track lies in the region, or if there are more than ``MOST_TRACKS``.
    """
    frame = _Frame(middle_of(search.region), search.course_deg)
    extent = _extent(search.region, frame)

    def allowed(along_m: Floats, aside_m: Floats) -> Bools:
        lat, lon = frame.places(along_m, aside_m)
        inside = contains(search.region, lat, lon)
        if usable is not None and inside.any():
            inside[inside] = usable(lat[inside], lon[inside])
        return np.asarray(inside)

    along_m, aside_m = _LAID_OUT[search.pattern](search, extent, allowed)
    if len(along_m) < 2:
        raise RunError(
            f"no track of the {search.pattern.replace('_', ' ')} lies in the search region"
            + ("" if usable is None else " at sea")
            + ": make the region larger or move it"
        )
    return Pattern(*frame.places(along_m, aside_m), search.pattern in {"ladder", "barrier"})


Allowed = Callable[[Floats, Floats], Bools]
Points = tuple[Floats, Floats]


def _ladder(search: SearchSpec, extent: _Extent, allowed: Allowed) -> Points:
    width_m = extent.aside_max_m - extent.aside_min_m
    n = max(int(np.ceil(width_m / search.spacing_m - 1e-9)), 1)
    if n > MOST_TRACKS:
        raise RunError(
            f"the ladder would have {n:,} tracks; expected at most {MOST_TRACKS:,}: make spacing_m larger"
        )
    first_m = (extent.aside_min_m + extent.aside_max_m - (n - 1) * search.spacing_m) / 2
    tracks = []
    for k in range(n):
        along_m = _within(extent, first_m + k * search.spacing_m, allowed)
        tracks.append((along_m if k % 2 == 0 else along_m[::-1], first_m + k * search.spacing_m))
    return _joined(tracks)


def _racetrack(search: SearchSpec, extent: _Extent, allowed: Allowed) -> Points:
    half_m = search.spacing_m / 2
    return _joined(
        [(_within(extent, -half_m, allowed), -half_m), (_within(extent, half_m, allowed)[::-1], half_m)]
    )


def _barrier(search: SearchSpec, extent: _Extent, allowed: Allowed) -> Points:
    del search
    return _joined([(_within(extent, 0.0, allowed), 0.0)])


def _expanding_square(search: SearchSpec, extent: _Extent, allowed: Allowed) -> Points:
    points = np.zeros((1, 2))
    if not allowed(points[:, 0], points[:, 1])[0]:
        raise RunError("the expanding square begins at the middle of the search region, which is not usable")
    for turn in range(MOST_TRACKS):
        ahead = np.array(((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[turn % 4])
        length_m = (turn // 2 + 1) * search.spacing_m
        clear_m = _clear_m(points[-1], ahead, length_m, extent.step_m, allowed)
        if clear_m > 0.0:
            points = np.vstack([points, points[-1] + clear_m * ahead])
        if clear_m < length_m:
            return points[:, 0], points[:, 1]
    raise RunError(f"the expanding square would have more than {MOST_TRACKS:,} legs: make spacing_m larger")


def _clear_m(start: Floats, ahead: Floats, length_m: float, step_m: float, allowed: Allowed) -> float:
    """How far a leg from an allowed point goes on being allowed."""

    def on_leg(m: Floats) -> Bools:
        return allowed(start[0] + ahead[0] * m, start[1] + ahead[1] * m)

    steps_m = np.linspace(0.0, length_m, int(length_m / step_m) + 2)
    outside = np.flatnonzero(~on_leg(steps_m[1:]))[:1]
    return float(_edge(steps_m[outside], steps_m[outside + 1], on_leg)[0]) if len(outside) else length_m


_LAID_OUT: Final = {
    "ladder": _ladder,
    "expanding_square": _expanding_square,
    "racetrack": _racetrack,
    "barrier": _barrier,
}


def _within(extent: _Extent, aside_m: float, allowed: Allowed) -> Floats:
    """Where a track begins and ends to be allowed: distances along it, two for each piece, in order."""

    def on_track(along_m: Floats) -> Bools:
        return allowed(along_m, np.full(len(along_m), aside_m))

    step_m = extent.step_m
    along_m = np.arange(extent.along_min_m - step_m, extent.along_max_m + 2 * step_m, step_m)
    inside = on_track(along_m)
    # A piece between two samples is no piece.
    inside[1:-1] &= inside[:-2] | inside[2:]
    begins, ends = (np.flatnonzero(inside[1:] & ~inside[:-1]), np.flatnonzero(inside[:-1] & ~inside[1:]))
    first_m = _edge(along_m[begins + 1], along_m[begins], on_track)
    last_m = _edge(along_m[ends], along_m[ends + 1], on_track)
    return np.stack([first_m, last_m], axis=1).ravel()


def _edge(inside_m: Floats, outside_m: Floats, allowed: Callable[[Floats], Bools]) -> Floats:
    """The last allowed points between allowed and other ones, by bisection."""
    inside_m, outside_m = inside_m.copy(), outside_m.copy()
    for _ in range(_BISECTIONS):
        half_m = (inside_m + outside_m) / 2
        good = allowed(half_m)
        inside_m, outside_m = np.where(good, half_m, inside_m), np.where(good, outside_m, half_m)
    return inside_m


def _joined(tracks: list[tuple[Floats, float]]) -> Points:
    along = [along_m for along_m, _ in tracks]
    aside = [np.full(len(along_m), aside_m) for along_m, aside_m in tracks]
    return np.concatenate(along), np.concatenate(aside)


def _extent(region: Region, frame: _Frame) -> _Extent:
    """The rectangle around a region in a frame; that of a region without a rim may be a little larger."""
    if isinstance(region, Circle):
        r = region.radius_m
        return _Extent(-r, r, -r, r)
    more_m = 0.0
    if isinstance(region, Box | Polygon):
        lat, lon = _rim(region)
    else:
        west, south, east, north = bounds(region)
        lat, lon = (
            one.ravel()
            for one in np.meshgrid(np.linspace(south, north, _LATTICE), np.linspace(west, east, _LATTICE))
        )
        inside = contains(region, lat, lon)
        if not inside.any():
            raise RunError("the search region has no part that is large enough to be searched")
        lat, lon = lat[inside], lon[inside]
        more_m = float(distance_m(south, west, north, east)) / _LATTICE
    along_m, aside_m = frame.on_plane(lat, lon)
    low = float(along_m.min()) - more_m, float(aside_m.min()) - more_m
    high = float(along_m.max()) + more_m, float(aside_m.max()) + more_m
    return _Extent(low[0], high[0], low[1], high[1])


def _rim(region: Box | Polygon) -> Points:
    """Latitude and longitude of points along the edges of an outline, its corners among them."""
    if isinstance(region, Box):
        west, south, east, north = bounds(region)
        ring = np.array([(west, south), (east, south), (east, north), (west, north)])
    else:
        ring = np.array([(point.lon_deg, point.lat_deg) for point in region.points])
    share = np.arange(_RIM_POINTS)[:, None, None] / _RIM_POINTS
    rim = ring + share * (np.roll(ring, -1, axis=0) - ring)
    return rim[..., 1].ravel(), rim[..., 0].ravel()
