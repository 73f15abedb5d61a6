"""The sea as a graph: where a merchant ship can go, and what keeping off the coast is worth.

Model: nodes every 0.1 degree over the mapped box; each sea node is joined to 16 neighbours (steps of 1 or 2
nodes) by edges that meet neither land nor shoal water. The cost of an edge is its length times ``1 +
penalty``, where ``penalty = 2 max(0, 1 - d / 20 km) + 10 max(0, 1 - d / 5 km)`` and d is the distance to
the nearest land or shoal water, so that ships keep 5 km off unless a strait forces them closer and prefer
20 km.

``hazards`` is what ships must not cross: land with ``MARGIN_M`` around it, and shoal waters. Where a margin
closes a strait, no merchant ship passes.

Assumptions and limits: the margin is one nautical mile, an assumption. The weights of the penalty are
assumptions, chosen so that lanes look like charted ones. With 16 neighbours a path on the graph is up to
2.7 % longer than the shortest, which string-pulling in ``lane_laying`` takes back. Within one step of the rim
of the map no ship goes, so that legs stay on it.

Source: cost distance on 16 neighbours: M. F. Goodchild, "An evaluation of lattice solutions to the problem
of corridor location", Environment and Planning A 9(7), 1977, pp. 727-738. Where next: ``lane_laying``
finds routes on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m, initial_bearing_deg

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

MARGIN_M: Final = 1_852.0
"""Least distance of every leg of a merchant ship from land: one nautical mile. [m]"""
SPACING_DEG: Final = 0.1
"""Distance of neighbouring nodes in latitude and in longitude. [deg]"""
RIM_DEG: Final = 0.5
"""Width of the strip along the rim of the map that ships keep out of. [deg]"""
PREFERRED_OFF_M: Final = 20_000.0
"""Distance from the coast beyond which there is no penalty. [m]"""
CLOSE_OFF_M: Final = 5_000.0
"""Distance from the coast within which the penalty is steep. [m]"""
PREFERRED_WEIGHT: Final = 2.0
"""Penalty at the coast for not keeping the preferred distance. [1]"""
CLOSE_WEIGHT: Final = 10.0
"""Further penalty at the coast for coming close. [1]"""
FAR_OFF_M: Final = 60_000.0
"""What stands for every larger distance from the coast: more than an edge and the preferred distance. [m]"""
SAMPLE_M: Final = 5_000.0
"""Distance between the points at which the penalty along a leg is sampled. [m]"""
COAST_ERROR_M: Final = 1_000.0
"""By how much ``Land.distance_to_coast_m`` may be too large. [m]"""

Floats = NDArray[np.float64]
Corners = Sequence[tuple[float, float]]
_SLACK_M: Final = 20.0  # pieces of a great circle leave it by 13 m at most
_SEGMENTS: Final = 2
_METRES_A_DEGREE: Final = np.pi / 180.0 * EARTH_RADIUS_M
_STEPS: Final = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))


@dataclass(frozen=True)
class SeaGrid:
    """Nodes, their distances from land, and the graph between them."""

    lat_deg: Floats
    """Latitudes of rows, (n_rows,)."""
    lon_deg: Floats
    """Longitudes of columns, (n_columns,)."""
    off_m: Floats
    """Distance of each node to the nearest land or shoal water, (n_rows, n_columns): 0 on it, at most
    ``FAR_OFF_M``. [m]"""
    graph: Any
    """Undirected costs between nodes as a sparse matrix (each edge once); node = row * n_columns + column."""
    at_sea: NDArray[np.bool_]
    """Whether each node belongs to the largest connected sea, (n_rows * n_columns,)."""

    def node_positions(self, nodes: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of nodes (n,)."""
        row, column = np.divmod(nodes, len(self.lon_deg))
        return self.lat_deg[row], self.lon_deg[column]

    def leg_costs(self, lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Floats:
        """Costs of great-circle legs (n,) [m]: length times 1 + mean penalty; inf for one off the map."""
        length, bearing = distance_m(lat1, lon1, lat2, lon2), initial_bearing_deg(lat1, lon1, lat2, lon2)
        pieces = np.maximum(np.ceil(length / SAMPLE_M), 1).astype(np.int64)
        leg = np.repeat(np.arange(len(length)), pieces)
        nth = np.arange(len(leg)) - (np.cumsum(pieces) - pieces)[leg]
        along = length[leg] * ((nth + 0.5) / pieces[leg])
        lat, lon = destination(lat1[leg], lon1[leg], bearing[leg], along)
        total = np.bincount(leg, weights=penalty(self._off_at(lat, lon)), minlength=len(length))
        on_map = (lat >= self.lat_deg[0] - RIM_DEG) & (lat <= self.lat_deg[-1] + RIM_DEG)
        on_map &= (lon >= self.lon_deg[0] - RIM_DEG) & (lon <= self.lon_deg[-1] + RIM_DEG)
        leaves = np.bincount(leg, weights=~on_map, minlength=len(length)) > 0
        return np.where(leaves, np.inf, length * (1.0 + total / pieces))

    def _off_at(self, lat: Floats, lon: Floats) -> Floats:
        """Distance off at points, bilinear between nodes."""
        row = np.clip((lat - self.lat_deg[0]) / SPACING_DEG, 0, len(self.lat_deg) - 1.001)
        column = np.clip((lon - self.lon_deg[0]) / SPACING_DEG, 0, len(self.lon_deg) - 1.001)
        i, j = row.astype(np.int64), column.astype(np.int64)
        v, u = row - i, column - j
        south = self.off_m[i, j] * (1 - u) + self.off_m[i, j + 1] * u
        north = self.off_m[i + 1, j] * (1 - u) + self.off_m[i + 1, j + 1] * u
        return np.asarray(south * (1 - v) + north * v, np.float64)


def penalty(off_m: Floats) -> Floats:
    """What a metre at that distance from land costs beyond its length, shape of the input.

    >>> penalty(np.array([0.0, 10_000.0, 30_000.0])).tolist()
    [12.0, 1.0, 0.0]
    """
    preferred = PREFERRED_WEIGHT * np.maximum(0.0, 1.0 - off_m / PREFERRED_OFF_M)
    return np.asarray(preferred + CLOSE_WEIGHT * np.maximum(0.0, 1.0 - off_m / CLOSE_OFF_M), np.float64)


def hazards(land: Land, shoals: Iterable[Corners], margin_m: float = MARGIN_M) -> Land:
    """What a merchant ship must not cross, as land: land with ``margin_m`` around it, and shoal waters.

    The margin is never less, and up to 1 / cos(latitude) times as much to the north and south of land.
    Corners of shoals are (latitude, longitude) [deg]; shoals off the map are left out. > 0 m
    """
    import shapely

    from mda_sim.geo.coast import Land

    outlines = [shapely.Polygon([(lon, lat) for lat, lon in corners]) for corners in shoals]
    on_map = [outline for outline in outlines if outline.intersects(shapely.box(*land.bounds))]
    farthest_deg = np.abs(shapely.bounds(land.polygons)[:, [1, 3]]).max(axis=1)
    radius_deg = (margin_m + _SLACK_M) / _METRES_A_DEGREE / np.cos(np.radians(farthest_deg))
    radius_deg /= np.cos(np.pi / (4 * _SEGMENTS))  # the corners of a rounded outline lie on the circle
    grown = shapely.buffer(land.polygons, radius_deg, quad_segs=_SEGMENTS)
    merged = shapely.get_parts(shapely.union_all([*on_map, *grown]))
    text = json.dumps([land.digest, margin_m, sorted(shapely.to_wkt(outline) for outline in on_map)])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Land(merged, dict(land.countries), land.bounds, digest)


def build_sea_grid(barred: Land) -> SeaGrid:
    """The graph of the sea off ``barred`` (land and shoal waters), over its bounds; a few seconds."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    lat, lon = _axis(barred.bounds[1], barred.bounds[3]), _axis(barred.bounds[0], barred.bounds[2])
    shape = (len(lat), len(lon))
    lat_of, lon_of = (grid.ravel() for grid in np.meshgrid(lat, lon, indexing="ij"))
    off_m = barred.distance_to_coast_m(lat_of, lon_of, FAR_OFF_M)
    inside = barred.crosses(lat_of, lon_of, lat_of, lon_of)
    off_m[inside] = 0.0
    first, second = _neighbours(shape)
    open_ends = ~inside[first] & ~inside[second]
    first, second = first[open_ends], second[open_ends]
    ends = lat_of[first], lon_of[first], lat_of[second], lon_of[second]
    length = distance_m(*ends)
    near = np.minimum(off_m[first], off_m[second]) <= length + COAST_ERROR_M
    barred_edge = np.zeros(len(first), np.bool_)
    barred_edge[near] = barred.crosses(*(part[near] for part in ends))
    first, second, length = first[~barred_edge], second[~barred_edge], length[~barred_edge]
    cost = length * (1.0 + 0.5 * (penalty(off_m[first]) + penalty(off_m[second])))
    graph = coo_array((cost, (first, second)), shape=(len(off_m), len(off_m))).tocsr()
    _, label = connected_components(graph, directed=False)
    at_sea = label == np.bincount(label).argmax()
    return SeaGrid(lat, lon, off_m.reshape(shape), graph, at_sea)


def _axis(low_deg: float, high_deg: float) -> Floats:
    count = round((high_deg - low_deg - 2 * RIM_DEG) / SPACING_DEG)
    return np.asarray(low_deg + RIM_DEG + SPACING_DEG * np.arange(count + 1), np.float64)


def _neighbours(shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both ends of every edge between 16-neighbours, each edge once, whatever lies between."""
    nodes = np.arange(shape[0] * shape[1]).reshape(shape)
    firsts, seconds = [], []
    for down, right in _STEPS:
        left = max(-right, 0)
        starts = nodes[: shape[0] - down, left : shape[1] - max(right, 0)]
        firsts.append(starts.ravel())
        seconds.append((starts + down * shape[1] + right).ravel())
    return np.concatenate(firsts), np.concatenate(seconds)
