"""How the land is cut up so that questions about it are quick: tiles, edges, a raster, points of the coast.

Model: tiles are the land cut along whole degrees; edges are the sides of the land polygons without those that
lie on the rim of the map, which are cuts, not coast; the raster marks the cells whose centre is on land by
the even-odd rule along each row; coast points are the corners of the edges, with more between them until no
two neighbours are further apart than a given distance.

Assumptions and limits: the map does not hold the 180th meridian. Where next: ``coast`` asks the questions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.regions import BoundsDeg
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, unit_vectors

Floats = NDArray[np.float64]
Geometries = NDArray[Any]


def tiles(polygons: Geometries, bounds: BoundsDeg) -> Geometries:
    """Valid pieces of the polygons, each within one cell of whole degrees."""
    import shapely

    lon_min, lat_min, lon_max, lat_max = bounds
    pieces = []
    for south in range(int(lat_min), int(lat_max)):
        strip = _clipped(polygons, lon_min, south, lon_max, south + 1)
        pieces += [
            _clipped(strip, west, south, west + 1, south + 1) for west in range(int(lon_min), int(lon_max))
        ]
    cut = np.concatenate(pieces)
    torn = ~shapely.is_valid(cut)  # where a coast touches the cut, the quick cut may tie a knot
    return np.concatenate([cut[~torn], _areas(shapely.make_valid(cut[torn]))])


def edges(polygons: Geometries, bounds: BoundsDeg) -> Floats:
    """Sides of the polygons that are coast, shape (n, 2, 2): start and end; longitude and latitude."""
    sides = _sides(polygons)
    lon, lat = sides[..., 0], sides[..., 1]
    lon_min, lat_min, lon_max, lat_max = bounds
    on_rim = np.zeros(len(sides), dtype=np.bool_)
    for values, rim in ((lon, lon_min), (lon, lon_max), (lat, lat_min), (lat, lat_max)):
        on_rim |= (values == rim).all(axis=1)
    return np.asarray(sides[~on_rim])


def raster(polygons: Geometries, bounds: BoundsDeg, cell_deg: float) -> NDArray[np.bool_]:
    """Whether the centre of each cell is on land, shape (rows from the south, columns from the west)."""
    lon_min, lat_min, lon_max, lat_max = bounds
    n_rows, n_columns = round((lat_max - lat_min) / cell_deg), round((lon_max - lon_min) / cell_deg)
    start, end = _sides(polygons).swapaxes(0, 1)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    # A side meets the rows whose centre latitude is in [low, high).
    first_row, past_row = (np.ceil((lat - lat_min) / cell_deg - 0.5).astype(np.int64) for lat in (low, high))
    side, nth = ragged(past_row - first_row)
    row = first_row[side] + nth
    lat = lat_min + (row + 0.5) * cell_deg
    (lon1, lat1), (lon2, lat2) = start[side].T, end[side].T
    lon = lon1 + (lat - lat1) / (lat2 - lat1) * (lon2 - lon1)
    column = np.ceil((lon - lon_min) / cell_deg - 0.5).astype(np.int64)
    flips = np.zeros((n_rows, n_columns + 1), dtype=np.uint8)
    np.bitwise_xor.at(flips, (row, np.clip(column, 0, n_columns)), np.uint8(1))
    return np.bitwise_xor.accumulate(flips, axis=1)[:, :n_columns].astype(np.bool_)


def coast_points(sides: Floats, spacing_m: float) -> Floats:
    """Unit vectors along the sides, shape (n, 3), neighbours at most ``spacing_m`` apart."""
    (lon1, lat1), (lon2, lat2) = sides[:, 0].T, sides[:, 1].T
    steps = np.maximum(np.ceil(distance_m(lat1, lon1, lat2, lon2) / spacing_m), 1).astype(np.int64)
    side, nth = ragged(steps + 1)
    share = nth / steps[side]
    lat = lat1[side] + share * (lat2 - lat1)[side]
    lon = lon1[side] + share * (lon2 - lon1)[side]
    return unit_vectors(lat, lon)


def ragged(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For rows of the given lengths laid end to end: the row of each item, and its place in the row.

    >>> [part.tolist() for part in ragged(np.array([2, 0, 1]))]
    [[0, 0, 2], [0, 1, 0]]
    """
    row = np.repeat(np.arange(len(lengths)), lengths)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def arc_of_chord_m(chord: Floats) -> Floats:
    """Distance along the sphere in metres of a chord between unit vectors."""
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(chord / 2, 1.0)))


def _sides(polygons: Geometries) -> Floats:
    """All sides of all rings, shape (n, 2, 2): start and end; longitude and latitude."""
    import shapely

    corners, ring = shapely.get_coordinates(shapely.get_rings(polygons), return_index=True)
    joined = ring[1:] == ring[:-1]
    return np.stack([corners[:-1][joined], corners[1:][joined]], axis=1)


def _clipped(polygons: Geometries, west: float, south: float, east: float, north: float) -> Geometries:
    import shapely

    lon_min, lat_min, lon_max, lat_max = shapely.bounds(polygons).reshape(-1, 4).T
    near = (lon_min <= east) & (lon_max >= west) & (lat_min <= north) & (lat_max >= south)
    return _areas(shapely.clip_by_rect(polygons[near], west, south, east, north))


def _areas(geometries: Geometries) -> Geometries:
    """The polygons among the parts of the geometries."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(geometries))
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
