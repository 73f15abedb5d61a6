"""Where the land is: is a point on land, does a leg cross it, how far is the coast, where does a ray end.

Model: land is the union of the country polygons of Natural Earth 1:10m, whose edges are straight in longitude
and latitude. ``is_land`` looks up a raster of 0.02 degrees (2.2 km); ``crosses`` and ``first_land_m`` are
exact against the polygons (tiles of one degree and single edges in R-trees); ``distance_to_coast_m`` is the
nearest of points set along the coast. Great circles are followed in pieces of at most 25 km that are straight
in longitude and latitude, which leaves them by s^2 tan(lat) / 8R: at most 13 m at 45 degrees.

Assumptions and limits: the coast itself is good to a median of 0.7 km and for one shore point in ten to 2 km
or worse (against a finer shoreline); many reefs and islets are not in it (``mda_sim/data/coast/SOURCE.md``
names them). No heights: land is land, whatever its height. Inland waters count as land. Nothing is known
outside ``Land.bounds``: positions there are refused, rays that leave it meet no land there. Where the raster
and the polygons differ the point is within one cell of the coast; islets smaller than a cell may be missing
from the raster, never from ``crosses``.

Source: Natural Earth, 1:10m Admin 0 countries, version 4.1.0, for the shipped file; another may be named
(``docs/regions.md``). Even-odd rule: M. Shimrat, "Algorithm 112:
position of point relative to polygon", Communications of the ACM 5(8), 1962, p. 434.
Where next: ``world.lanes`` routes around land, ``sensing.radar`` asks what blocks a radar.
"""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from collections.abc import Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import MdaError
from mda_sim.core.spec import DataFile
from mda_sim.geo import coast_index
from mda_sim.geo.coast_index import Floats, Geometries, arc_of_chord_m, ragged
from mda_sim.geo.regions import BoundsDeg
from mda_sim.geo.sphere import (
    EARTH_RADIUS_M,
    broadcast,
    destination,
    distance_m,
    initial_bearing_deg,
    unit_vectors,
)

if TYPE_CHECKING:
    import shapely

CELL_DEG: Final = 0.02
"""Side of a cell of the land raster. [deg]"""

COAST_SPACING_M: Final = 2000.0
"""Largest distance between neighbouring points along the coast. [m]"""

PIECE_M: Final = 25_000.0
"""Longest piece of a great circle that is taken as straight in longitude and latitude. [m]"""

LONGEST_RAY_M: Final = 5_000_000.0
"""Longest ray of ``first_land_m``. [m]"""

Bools = NDArray[np.bool_]

_ROUNDING: Final = 1e-9


class OffTheMap(MdaError):
    """A position outside the area whose coast is known."""

    exit_code = 2


class BadCoastFile(MdaError):
    """A file that is no coast file."""

    exit_code = 2


@lru_cache(maxsize=4)
def load_land(file: DataFile | None = None) -> Land:
    """The land of a coast file, by default of the shipped one (95-150 E, 5 S-45 N); read once per process.

    Raises ``BadCoastFile`` for what is no coast file, ``DigestMismatch`` for one that was changed since.
    """
    if file is None:
        return _land_of((files("mda_sim.data.coast") / "coast.npz").read_bytes())
    path = file.verified()
    try:
        return _land_of(path.read_bytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadCoastFile(
            f"'{path.name}' is no coast file ({error or type(error).__name__}); "
            "python -m mda_sim.data.coast.regenerate makes one"
        ) from error


def _land_of(stored: bytes) -> Land:
    """The land in the bytes of a coast file."""
    from mda_sim.data.coast.codec import unpack

    with np.load(io.BytesIO(stored), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    (land,) = unpack("land", arrays)
    lon_min, lat_min, lon_max, lat_max = (float(bound) for bound in arrays["bounds_deg"])
    names = arrays["country_names"].tolist()
    return Land(
        np.array(land.geoms, dtype=object),
        dict(zip(names, unpack("countries", arrays), strict=True)),
        (lon_min, lat_min, lon_max, lat_max),
        hashlib.sha256(stored).hexdigest(),
        dict(zip(names, arrays["country_nations"].tolist(), strict=True)),
    )


class Land:
    """Land polygons, and the questions one may ask of them; each index is built when first needed.

    ``polygons``: disjoint shapely polygons (longitude, latitude), the union of the countries. ``countries``:
    name in the source -> multipolygon; a name takes no position on any claim. ``bounds``: longitude minimum,
    latitude minimum, longitude maximum, latitude maximum, in whole degrees. ``digest``: SHA-256 of the file
    it came from, in hex. ``nations``: name of a country -> ISO 3166 trigraph; a country without one, or with
    an empty one, is nobody's.
    """

    def __init__(
        self,
        polygons: Geometries,
        countries: dict[str, shapely.MultiPolygon],
        bounds: BoundsDeg,
        digest: str,
        nations: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.polygons = polygons
        self.countries = countries
        self.bounds = bounds
        self.digest = digest
        self.nations = nations

    @property
    def raster(self) -> Bools:
        """Cells of ``CELL_DEG``, True for land: rows from the south of ``bounds``, columns from the west."""
        return self._raster

    def covers(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Bools:
        """Whether the coast is known at each point; arguments broadcast, nan is False."""
        lat, lon = broadcast(lat_deg, lon_deg)
        lon_min, lat_min, lon_max, lat_max = self.bounds
        return np.asarray((lat >= lat_min) & (lat <= lat_max) & (lon >= lon_min) & (lon <= lon_max))

    def is_land(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> Bools:
        """Whether the centre of the cell of 0.02 degrees that holds each point is on land; quick, not exact.

        Arguments broadcast; nan is False. To keep something clear of land, ask ``crosses`` or
        ``distance_to_coast_m`` too. Raises ``OffTheMap``.
        """
        lat, lon = broadcast(lat_deg, lon_deg)
        known = self._known(lat, lon, missing_allowed=True)
        rows, columns = self._raster.shape
        row = np.where(known, (lat - self.bounds[1]) / CELL_DEG, 0).astype(np.int64)
        column = np.where(known, (lon - self.bounds[0]) / CELL_DEG, 0).astype(np.int64)
        return np.asarray(self._raster[np.minimum(row, rows - 1), np.minimum(column, columns - 1)] & known)

    def crosses(
        self, lat1_deg: ArrayLike, lon1_deg: ArrayLike, lat2_deg: ArrayLike, lon2_deg: ArrayLike
    ) -> Bools:
        """Whether each segment, straight in longitude and latitude, has a point in common with land; exact.

        Touching the coast counts, and so does lying inside. Arguments broadcast. Raises ``OffTheMap``.
        """
        import shapely

        lat1, lon1, lat2, lon2 = broadcast(lat1_deg, lon1_deg, lat2_deg, lon2_deg)
        self._known(lat1, lon1)
        self._known(lat2, lon2)
        ends = np.stack([lon1.ravel(), lat1.ravel(), lon2.ravel(), lat2.ravel()], axis=1).reshape(-1, 2, 2)
        met = np.zeros(len(ends), dtype=np.bool_)
        met[self._tiles.query(shapely.linestrings(ends), predicate="intersects")[0]] = True
        return met.reshape(lat1.shape)

    def crosses_great_circle(
        self, lat1_deg: ArrayLike, lon1_deg: ArrayLike, lat2_deg: ArrayLike, lon2_deg: ArrayLike
    ) -> Bools:
        """Whether each great-circle leg meets land, tested in pieces of at most 25 km (13 m off at most).

        Arguments broadcast. Raises ``OffTheMap``, also if a leg bulges out of the map between its ends.
        """
        lat1, lon1, lat2, lon2 = broadcast(lat1_deg, lon1_deg, lat2_deg, lon2_deg)
        ends = [part.ravel() for part in (lat1, lon1, lat2, lon2)]
        length, bearing = distance_m(*ends), initial_bearing_deg(*ends)
        pieces = np.maximum(np.ceil(length / PIECE_M), 1).astype(np.int64)
        leg, nth = ragged(pieces + 1)
        lat, lon = destination(ends[0][leg], ends[1][leg], bearing[leg], length[leg] * (nth / pieces[leg]))
        first, last = nth == 0, nth == pieces[leg]
        lat[first], lon[first], lat[last], lon[last] = ends  # exactly, so that nothing slips between legs
        same_leg = leg[1:] == leg[:-1]
        met = self.crosses(*(part[same_leg] for part in (lat[:-1], lon[:-1], lat[1:], lon[1:])))
        found = np.bincount(leg[1:][same_leg], weights=met, minlength=len(length)) > 0
        return np.asarray(found.reshape(lat1.shape))

    def first_land_m(
        self, lat_deg: float, lon_deg: float, bearings_deg: ArrayLike, from_m: float, to_m: float
    ) -> Floats:
        """Distance to the first land along rays from one point, at or beyond ``from_m``; inf if none.

        Returns the shape of ``bearings_deg`` (clockwise from north), values in [from_m, to_m] or inf; a ray
        that is over land at ``from_m`` gives ``from_m``. The distance is that of the exact crossing of a path
        that leaves the great circle by at most 13 m. Raises ``OffTheMap``; ``ValueError`` unless
        0 <= from_m < to_m <= 5,000 km.
        """
        if not 0 <= from_m < to_m <= LONGEST_RAY_M:
            raise ValueError(f"rays need 0 <= from_m < to_m <= {LONGEST_RAY_M:g}, got {from_m} and {to_m}")
        self._known(np.asarray(lat_deg), np.asarray(lon_deg))
        bearings = np.asarray(bearings_deg, dtype=np.float64)
        along_m = np.linspace(from_m, to_m, math.ceil((to_m - from_m) / PIECE_M) + 1)
        lat, lon = destination(lat_deg, lon_deg, bearings.reshape(-1, 1), along_m)
        found = np.full(len(lat), np.inf)
        self._shorten_to_coast(found, lat, lon, lat_deg, lon_deg)
        np.maximum(found, from_m, out=found)
        found[self._point_on_land(lat[:, 0], lon[:, 0])] = from_m
        found[np.isfinite(found) & (found > to_m)] = to_m  # a hit at the very end, moved past it by rounding
        return found.reshape(bearings.shape)

    def distance_to_coast_m(self, lat_deg: ArrayLike, lon_deg: ArrayLike, most_m: float = math.inf) -> Floats:
        """Great-circle distance to the nearest point of the coast, from sea or land; arguments broadcast.

        ``most_m`` stands for every distance beyond it, which is quicker far from the coast. Too large by at
        most 1 km at the coast, by 0.5 km2 / distance further off (50 m at 10 km); never too small, but for
        coast outside the map, which is not seen. nan gives nan. Raises ``OffTheMap``.
        """
        lat, lon = broadcast(lat_deg, lon_deg)
        known = self._known(lat, lon, missing_allowed=True)
        found = np.full(lat.shape, np.nan)
        bound = 2.0 * math.sin(min(most_m / EARTH_RADIUS_M, math.pi) / 2.0) + _ROUNDING
        places = unit_vectors(lat[known], lon[known])
        chord: Floats = self._coast_points.query(places, distance_upper_bound=bound)[0]
        found[known] = np.minimum(arc_of_chord_m(chord), most_m)
        return found

    def _known(self, lat: Floats, lon: Floats, *, missing_allowed: bool = False) -> Bools:
        known = self.covers(lat, lon)
        missing = np.isnan(lat) | np.isnan(lon)
        outside = ~known & ~missing if missing_allowed else ~known
        if outside.any():
            place = f"latitude {lat[outside].flat[0]:g}, longitude {lon[outside].flat[0]:g}"
            lon_min, lat_min, lon_max, lat_max = self.bounds
            raise OffTheMap(
                f"{place}: the coast is known from latitude {lat_min:g} to {lat_max:g} and longitude"
                f" {lon_min:g} to {lon_max:g} only ({int(outside.sum())} positions are elsewhere)"
            )
        return known

    def _point_on_land(self, lat: Floats, lon: Floats) -> Bools:
        import shapely

        on_land = np.zeros(len(lat), dtype=np.bool_)
        on_land[self._tiles.query(shapely.points(lon, lat), predicate="intersects")[0]] = True
        return on_land

    def _shorten_to_coast(self, found: Floats, lat: Floats, lon: Floats, lat0: float, lon0: float) -> None:
        """Lower ``found`` (n,) to the first coast on each path of points (n, k): distance from the origin."""
        import shapely

        on_map = self.covers(lat, lon)
        ray, piece = np.nonzero(on_map[:, :-1] | on_map[:, 1:])
        start = np.stack([lon[ray, piece], lat[ray, piece]], axis=1)
        end = np.stack([lon[ray, piece + 1], lat[ray, piece + 1]], axis=1)
        paths = shapely.linestrings(np.stack([start, end], axis=1))
        path, edge = self._edges.query(paths, predicate="intersects")
        hit = start[path] + _share(start[path], end[path], self._sides[edge])[:, None] * (end - start)[path]
        np.minimum.at(found, ray[path], distance_m(lat0, lon0, hit[:, 1], hit[:, 0]))

    @cached_property
    def _raster(self) -> Bools:
        return coast_index.raster(self.polygons, self.bounds, CELL_DEG)

    @cached_property
    def _tiles(self) -> shapely.STRtree:
        import shapely

        return shapely.STRtree(coast_index.tiles(self.polygons, self.bounds))

    @cached_property
    def _sides(self) -> Floats:
        return coast_index.edges(self.polygons, self.bounds)

    @cached_property
    def _edges(self) -> shapely.STRtree:
        import shapely

        return shapely.STRtree(shapely.linestrings(self._sides))

    @cached_property
    def _coast_points(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(coast_index.coast_points(self._sides, COAST_SPACING_M))


def _share(start: Floats, end: Floats, sides: Floats) -> Floats:
    """Share in [0, 1] of the way from start to end (n, 2) at which the side (n, 2, 2) of its row is met."""
    way, side = end - start, sides[:, 1] - sides[:, 0]
    to_side = sides[:, 0] - start
    turn = way[:, 0] * side[:, 1] - way[:, 1] * side[:, 0]
    parallel = turn == 0
    across = to_side[:, 0] * side[:, 1] - to_side[:, 1] * side[:, 0]
    shares = across / np.where(parallel, 1.0, turn)
    along = ((sides - start[:, None]) * way[:, None]).sum(axis=2) / (way**2).sum(axis=1)[:, None]
    return np.clip(np.where(parallel, along.min(axis=1), shares), 0.0, 1.0)
