"""The water around a station: rings of waypoints, and which of them a patrol can sail clear of land.

Model: ``RADII`` radii equally spaced from the least to the largest, and ``POINTS`` bearings. A pattern is a
closed course through points of one radius, from a post (a bearing) and back: the whole ring, or the racetrack
through the points 0, 45, 180 and 225 degrees on from the post, which has its long sides 0.38 radii from the
feature. A post can be used at a radius if its pattern, the step to the next point of the ring and the spoke
from the least to the largest radius meet no land; one whole ring that meets none is the way in.

Assumptions and limits: a ring is a polygon, 0.9 % nearer to the feature at the middle of its sides. Reefs are
not land.
Where next: ``patrol``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.geo.sphere import destination

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Pattern = Literal["circle", "racetrack"]

RADII: Final = 16
"""Number of radii at which patterns are sailed."""
POINTS: Final = 24
"""Number of points of a ring."""
PATTERNS: Final[dict[str, tuple[int, ...]]] = {
    "circle": tuple(range(POINTS + 1)),
    "racetrack": (0, POINTS // 8, POINTS // 2, POINTS // 2 + POINTS // 8, POINTS),
}
"""Points of the ring on from the post that each pattern passes, the post at both ends."""


@dataclass(frozen=True)
class Rings:
    """Where patrols can sail around one station."""

    lat_deg: Floats
    """Latitude of each point, (RADII, POINTS)."""
    lon_deg: Floats
    """Longitude of each point, (RADII, POINTS)."""
    usable: NDArray[np.bool_]
    """Whether the pattern can be sailed from a post at a radius, (RADII, POINTS)."""
    way_in: int
    """Radius of the ring on which hulls come and go, a whole clear ring, nearest to the middle one."""

    @property
    def posts(self) -> Ints:
        """Points that can be posts at one radius or more."""
        return np.flatnonzero(self.usable.any(axis=0))

    def around(self, start: int, end: int) -> Ints:
        """Points of the way along a ring, the shorter way round, both ends included."""
        ahead = (end - start) % POINTS
        steps = np.arange(ahead + 1) if ahead <= POINTS // 2 else -np.arange(POINTS - ahead + 1)
        return np.asarray((start + steps) % POINTS, np.int64)


def rings(
    place: tuple[float, float],
    radius_m: tuple[float, float],
    pattern: Pattern,
    stream: str,
    land: Land,
) -> Rings:
    """The rings around a place; RunError if no pattern can be sailed clear of land."""
    radii = np.linspace(*radius_m, RADII)
    bearings = np.arange(POINTS) * (360.0 / POINTS)
    lat, lon = destination(*place, bearings[None, :], radii[:, None])
    on_map = land.covers(lat, lon).all()
    if on_map:
        steps = ~_blocked(lat, lon, np.roll(lat, -1, axis=1), np.roll(lon, -1, axis=1), land)
        spokes = ~_blocked(lat[0], lon[0], lat[-1], lon[-1], land)
        usable = steps & spokes[None, :] & _pattern_clear(lat, lon, pattern, land)
        whole = np.flatnonzero(steps.all(axis=1))
        if len(whole) and usable.any():
            way_in = int(whole[np.abs(whole - (RADII - 1) / 2).argmin()])
            return Rings(lat, lon, usable, way_in)
    raise RunError(
        f"no clear {pattern} was found {radius_m[0]:g} to {radius_m[1]:g} m around the station of stream"
        f" '{stream}'; change radius_m so that a ring around it is clear of land and on the map"
    )


def _pattern_clear(lat: Floats, lon: Floats, pattern: Pattern, land: Land) -> NDArray[np.bool_]:
    """Whether the pattern from each post at each radius is clear, (RADII, POINTS)."""
    clear = np.ones(lat.shape, np.bool_)
    passed = PATTERNS[pattern]
    if pattern == "circle":
        steps = ~_blocked(lat, lon, np.roll(lat, -1, axis=1), np.roll(lon, -1, axis=1), land)
        return np.asarray(clear & steps.all(axis=1, keepdims=True), np.bool_)
    for one, other in pairwise(passed):
        a, b, c, d = (np.roll(part, -offset, axis=1) for offset in (one, other) for part in (lat, lon))
        clear &= ~_blocked(a, b, c, d, land)
    return clear


def _blocked(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats, land: Land) -> NDArray[np.bool_]:
    return np.asarray(land.crosses_great_circle(lat1, lon1, lat2, lon2))
