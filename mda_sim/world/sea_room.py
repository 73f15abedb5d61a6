"""How much clear sea there is: around every place of a region, and along every bearing from one place.

Model: ``sea_room`` lays a grid over a region; ``room_m`` of a cell is a lower bound, for every point of the
cell, of the distance to land and to the rim of the region: the distance from the cell's centre, less half the
cell's diagonal and the errors of both distances. So a vessel that leaves a cell may sail that far in any
direction, and a leg is clear if it can be covered by such steps (sphere tracing, ``room_kernels``).
``sight_lines`` divides the compass at one place into equal wedges; ``clear_m`` of a wedge is a lower bound of
the distance to the first side of the coast that reaches into it, less ``KEEP_OFF_M``. What two places in
neighbouring wedges need to be joined by a clear leg, is that both are nearer than the bounds of all wedges
between: a sector of less than half a turn, cut off at one radius, is convex.

Assumptions and limits: what is found clear is clear on the shipped coast; what is not may still be. Reefs are
not land. Nothing beyond the map is clear.

Source: J. C. Hart, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit surfaces",
The Visual Computer 12(10), 1996, pp. 527-545, doi:10.1007/s003710050084.
Where next: ``fishing`` and ``small_boats``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.coast_index import edges, ragged
from mda_sim.geo.regions import Area, BoundsDeg, Box, Circle, bounds, contains
from mda_sim.geo.sphere import distance_m, initial_bearing_deg, unit_vectors
from mda_sim.world.sea_grid import COAST_ERROR_M

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]

KEEP_OFF_M: Final = 500.0
"""How far short of land a sight line ends. [m]"""
CELL_DEG: Final = 0.05
"""Largest side of a cell of room. [deg]"""
CELLS_ACROSS: Final = 64
"""Least number of cells along the longer side of a region."""
RIM_SPACING_M: Final = 2_000.0
"""Distance between the points along the rim of a region. [m]"""
_PAD_DEG: Final = 0.05
_METRES_A_DEGREE: Final = 111_195.0


@dataclass(frozen=True)
class SeaRoom:
    """Clear sea around every place of a region, by cells."""

    south_deg: float
    """Southern edge of the first row."""
    west_deg: float
    """Western edge of the first column."""
    cell_deg: float
    """Side of a cell in latitude and longitude."""
    room_m: Floats
    """Distance that is clear around every point of each cell, (rows, columns); not positive: none. [m]"""

    def centres(self, cells: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of the centres of cells (n,), numbered row by row."""
        row, column = np.divmod(cells, self.room_m.shape[1])
        return self.south_deg + (row + 0.5) * self.cell_deg, self.west_deg + (column + 0.5) * self.cell_deg


@dataclass(frozen=True)
class SightLines:
    """Clear sea along every bearing from one place."""

    lat_deg: float
    """Latitude of the place."""
    lon_deg: float
    """Longitude of the place."""
    clear_m: Floats
    """Distance that is clear in each wedge of the compass, (n,), clockwise from north, >= 0 [m]."""

    def sees(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.bool_]:
        """Whether the leg to each point is clear; arguments broadcast."""
        bearing = initial_bearing_deg(self.lat_deg, self.lon_deg, lat_deg, lon_deg)
        wedge = (bearing * (len(self.clear_m) / 360.0)).astype(np.int64) % len(self.clear_m)
        away = distance_m(self.lat_deg, self.lon_deg, lat_deg, lon_deg)
        return np.asarray(away < self.clear_m[wedge])


def sea_room(region: Area, land: Land) -> SeaRoom:
    """The room in a region, in cells of ``CELL_DEG`` or less for a small region."""
    lon_min, lat_min, lon_max, lat_max = bounds(region)
    side = max(lon_max - lon_min, lat_max - lat_min)
    cell = min(CELL_DEG, side / CELLS_ACROSS)
    shape = int(np.ceil((lat_max - lat_min) / cell)), int(np.ceil((lon_max - lon_min) / cell))
    blank = SeaRoom(lat_min, lon_min, cell, np.full(shape, -1.0))
    lat, lon = blank.centres(np.arange(shape[0] * shape[1]))
    inside = contains(region, lat, lon) & land.covers(lat, lon)
    lat, lon = lat[inside], lon[inside]
    half_diagonal = cell * _METRES_A_DEGREE * np.sqrt(0.5)
    off_coast = land.distance_to_coast_m(lat, lon) - COAST_ERROR_M
    room = np.minimum(off_coast, _off_rim_m(region, lat, lon)) - half_diagonal
    room[land.is_land(lat, lon)] = -1.0
    blank.room_m.ravel()[inside] = room
    return blank


def sight_lines(lat_deg: float, lon_deg: float, reach_m: float, n_wedges: int, land: Land) -> SightLines:
    """What is clear from a place at sea up to ``reach_m``, in ``n_wedges`` wedges."""
    sides, lengths = _barriers(land)
    (lon1, lat1), (lon2, lat2) = sides[:, 0].T, sides[:, 1].T
    reach = reach_m + lengths + KEEP_OFF_M
    close = np.flatnonzero(np.abs(lat1 - lat_deg) * _METRES_A_DEGREE <= reach)  # no distance is shorter
    away = distance_m(lat_deg, lon_deg, lat1[close], lon1[close])
    near = close[away <= reach[close]]
    away = away[away <= reach[close]]
    away2 = distance_m(lat_deg, lon_deg, lat2[near], lon2[near])
    bearing = initial_bearing_deg(lat_deg, lon_deg, lat1[near], lon1[near])
    bearing2 = initial_bearing_deg(lat_deg, lon_deg, lat2[near], lon2[near])
    turn = (bearing2 - bearing + 180.0) % 360.0 - 180.0
    begins = np.where(turn >= 0.0, bearing, bearing2) - _PAD_DEG
    per_deg = n_wedges / 360.0
    first = np.floor(begins * per_deg).astype(np.int64)
    last = np.floor((begins + np.abs(turn) + 2 * _PAD_DEG) * per_deg).astype(np.int64)
    side, nth = ragged(last - first + 1)
    clear = np.full(n_wedges, reach_m)
    nearest = _nearest_m(away, bearing, away2, bearing2) - KEEP_OFF_M
    np.minimum.at(clear, (first[side] + nth) % n_wedges, nearest[side])
    return SightLines(lat_deg, lon_deg, np.maximum(clear, 0.0))


def _nearest_m(away: Floats, bearing: Floats, away2: Floats, bearing2: Floats) -> Floats:
    """Distance from the origin to each segment between two points in polar form, on the plane."""
    x, y = away * np.sin(np.radians(bearing)), away * np.cos(np.radians(bearing))
    dx = away2 * np.sin(np.radians(bearing2)) - x
    dy = away2 * np.cos(np.radians(bearing2)) - y
    squared = dx * dx + dy * dy
    share = np.clip(-(x * dx + y * dy) / np.where(squared > 0.0, squared, 1.0), 0.0, 1.0)
    return np.asarray(np.hypot(x + share * dx, y + share * dy), np.float64)


def _off_rim_m(region: Area, lat: Floats, lon: Floats) -> Floats:
    """A lower bound of the distance of points in a region to its rim."""
    if isinstance(region, Circle):
        return region.radius_m - distance_m(region.lat_deg, region.lon_deg, lat, lon)
    from scipy.spatial import cKDTree

    if isinstance(region, Box):
        corners = _ring(bounds(region))
    else:
        corners = np.array([(point.lon_deg, point.lat_deg) for point in region.points])
    rim = _along(corners, np.roll(corners, -1, axis=0), RIM_SPACING_M)
    chord, _ = cKDTree(unit_vectors(rim[:, 1], rim[:, 0])).query(unit_vectors(lat, lon))
    radius = distance_m(0.0, 0.0, 0.0, 180.0) / np.pi
    return np.asarray(2 * radius * np.arcsin(np.minimum(chord / 2, 1.0)) - RIM_SPACING_M / 2, np.float64)


def _ring(edges_deg: BoundsDeg) -> Floats:
    west, south, east, north = edges_deg
    return np.array([(west, south), (east, south), (east, north), (west, north)])


def _along(start: Floats, end: Floats, spacing_m: float) -> Floats:
    """Points (n, 2) along segments (longitude, latitude), at most ``spacing_m`` apart."""
    steps = np.ceil(distance_m(start[:, 1], start[:, 0], end[:, 1], end[:, 0]) / spacing_m)
    # A parallel is longer than the great circle between its ends: twice as many points are always enough.
    side, nth = ragged(2 * np.maximum(steps, 1).astype(np.int64))
    count = 2 * np.maximum(steps, 1)[side]
    return np.asarray(start[side] + (nth / count)[:, None] * (end - start)[side], np.float64)


@lru_cache(maxsize=2)
def _barriers(land: Land) -> tuple[Floats, Floats]:
    """Sides of the coast and of the map (n, 2, 2), and their lengths (n,) [m]."""
    corners = _ring(land.bounds)
    rim = np.concatenate([_along(corners[k : k + 1], corners[(k + 1) % 4][None], 20_000.0) for k in range(4)])
    rim_sides = np.stack([rim, np.roll(rim, -1, axis=0)], axis=1)
    sides = np.concatenate([edges(land.polygons, land.bounds), rim_sides])
    return sides, distance_m(sides[:, 0, 1], sides[:, 0, 0], sides[:, 1, 1], sides[:, 1, 0])
