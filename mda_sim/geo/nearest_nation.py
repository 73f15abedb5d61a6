"""Waters nearest to a nation: all points nearer to its coast than to any other's, out to a limit.

Model: each country of the coast file stands for a nation (``Land.nations``), or for none. **Its base
points** are points along its coast, at most 2 km apart, without those within ``FEATURE_REACH_M`` of a
feature of the catalogue (passages aside). Such a feature is **disputed** unless the table ``owners`` gives
it to a nation: a disputed one counts for nobody, and an owned one, with the coast about it, for its owner
alone. A point is in the region if its distance d to the nearest base point of ``nations`` is at most
``limit_m`` and less than its distance e to the nearest base point of any other nation. d and e change by at
most a metre a metre, so cells of ``CELL_DEG`` whose middle is clear of both rims by more than half a
diagonal are decided at once, and only points in the other cells are measured: the answer is that of
measuring all.

Assumptions and limits: illustrative equidistance. It is no boundary, takes no position on any claim, knows
no treaty, baseline, relevant circumstance or low-tide rule, and land is not cut out of it. The catalogue
lists small features only: a disputed larger island counts as its polygon says, unless the coast file names
no nation for it. Coast beyond the map is not seen, so the region is unreliable within ``limit_m`` of the
map's rim; beyond the map it holds nothing. The spacing of base points moves the line by less than 0.5 km2 /
d (50 m at 10 km).

Source: limit of 200 nautical miles: United Nations Convention on the Law of the Sea, 1982, article 57. Coast:
``mda_sim/data/coast/SOURCE.md``; features: the catalogue. Where next: ``regions``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from mda_sim.core.errors import RunError
from mda_sim.core.spec import DataFile, IdMap, Items, NationId, Spec
from mda_sim.data import catalogue
from mda_sim.geo.lattice import lattice_area_m2
from mda_sim.geo.outlines import Bools, BoundsDeg, Floats, lon_reach_deg
from mda_sim.geo.sphere import EARTH_RADIUS_M, lat_lon, unit_vectors

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

FEATURE_REACH_M: Final = 25_000.0
"""Distance from a feature's central point within which coast belongs to the feature. Assumption [m]"""
CELL_DEG: Final = 0.1
"""Side of the cells that are decided at once. [deg]"""
PASSAGES: Final = ("lane", "strait")
"""Kinds of feature that are no feature of the sea bed or land, but a way between them."""

_INSIDE, _OUTSIDE, _UNDECIDED = 1, 0, 2


def _catalogued(owners: Mapping[str, str]) -> Mapping[str, str]:
    known = catalogue.features()
    wrong = [str(catalogue.UnknownIdError("feature", name, known)) for name in owners if name not in known]
    if wrong:
        raise ValueError("; ".join(wrong))
    return owners


FeatureOwners = Annotated[IdMap[NationId], AfterValidator(_catalogued)]
"""The nation for which a feature of the catalogue counts, by its id."""


class NearestNation(Spec):
    """All points nearer to the coast of one nation, or of some together, than to any other's."""

    kind: Literal["nearest_nation"] = "nearest_nation"
    """The kind of region."""
    nations: Annotated[Items[NationId], Field(min_length=1, max_length=20)]
    """The nation, by a trigraph that the coast file or ``owners`` names; several count as one (ISO 3166 gives
    some places that belong together codes of their own)."""
    limit_m: Annotated[float, Field(ge=1_000, le=2_000_000)] = 370_400.0
    """Largest distance from its coast. [1,000, 2,000,000] m; the default is 200 nautical miles"""
    owners: FeatureOwners = Field(default_factory=dict)
    """The nation for which a feature of the catalogue counts; a feature not listed is disputed: for nobody.
    If left out, the table ``world.feature_owners`` of the scenario."""
    coast: DataFile | None = None
    """Coast file; if left out, that of the scenario (``world.coast``)."""

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Whether each point is nearest to the nation and within the limit; arrays of one shape.

        Raises ``RunError`` if the coast file has no coast of one of ``nations``.
        """
        waters = _waters(self)
        found = np.zeros(lat.shape, np.bool_)
        row, column, known = waters.cell_of(lat, lon)
        decided = waters.decided[row[known], column[known]]
        here = decided == _INSIDE
        unclear = decided == _UNDECIDED
        here[unclear] = waters.measured(lat[known][unclear], lon[known][unclear])
        found[known] = here
        return found

    def area_m2(self) -> float:
        """Area on the sphere [m2], land within included, by sampling (``lattice``): good to 1 %."""
        return lattice_area_m2(self.holds, self.bounds_deg(), self.limit_m)

    def bounds_deg(self) -> BoundsDeg:
        """A box that holds the region: the nation's base points, widened by the limit, within the map."""
        return _waters(self).bounds


@dataclass(frozen=True)
class _Waters:
    """What decides for points: base points of the nation and of all others, and cells decided at once."""

    own: Any
    """k-d tree of the nation's base points."""
    others: Any
    """k-d tree of the base points of all other nations, None if there are none."""
    limit_m: float
    bounds: BoundsDeg

    @cached_property
    def decided(self) -> NDArray[np.uint8]:
        """What is known of all points of each cell; rows from the south, columns from the west."""
        west, south, east, north = self.bounds
        rows, columns = math.ceil((north - south) / CELL_DEG), math.ceil((east - west) / CELL_DEG)
        lat = south + (np.arange(rows) + 0.5) * CELL_DEG
        lon = west + (np.arange(columns) + 0.5) * CELL_DEG
        here, there = np.meshgrid(lat, lon, indexing="ij")
        mine, theirs = self.distances_m(here.ravel(), there.ravel())
        reach_m = EARTH_RADIUS_M * math.radians(CELL_DEG)  # over half a diagonal, which is at most 0.71 cells
        ahead_m = np.minimum(self.limit_m - mine, (theirs - mine) / 2.0)
        decided = np.where(ahead_m > reach_m, _INSIDE, np.where(ahead_m < -reach_m, _OUTSIDE, _UNDECIDED))
        return decided.astype(np.uint8).reshape(rows, columns)

    def cell_of(self, lat: Floats, lon: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], Bools]:
        """Row and column of the cell of each point, and whether there is one."""
        west, south, east, north = self.bounds
        known = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        rows, columns = self.decided.shape
        row = np.where(known, (lat - south) / CELL_DEG, 0.0).astype(np.int64)
        column = np.where(known, (lon - west) / CELL_DEG, 0.0).astype(np.int64)
        return np.minimum(row, rows - 1), np.minimum(column, columns - 1), known

    def distances_m(self, lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
        """Distance of points (n,) to the nation's and to the others' nearest base point [m]."""
        points = unit_vectors(lat, lon)
        mine = _arc_m(self.own.query(points)[0])
        theirs = np.full(len(lat), np.inf) if self.others is None else _arc_m(self.others.query(points)[0])
        return mine, theirs

    def measured(self, lat: Floats, lon: Floats) -> Bools:
        """Whether points (n,) are in the region."""
        mine, theirs = self.distances_m(lat, lon)
        return np.asarray((mine <= self.limit_m) & (mine < theirs))


@lru_cache(maxsize=32)
def _waters(region: NearestNation) -> _Waters:
    """What decides for the points of a region."""
    from scipy.spatial import cKDTree

    from mda_sim.geo.coast import load_land

    land = load_land(region.coast)
    points, nations = _base_points(land, region.owners)
    known = sorted(set(nations.tolist()))
    unknown = [nation for nation in region.nations if nation not in known]
    if unknown:
        raise RunError(
            f"the coast file and the owners of features name no coast of {' or '.join(unknown)}; "
            f"they name {', '.join(known)}"
        )
    mine = np.isin(nations, region.nations)
    others = cKDTree(points[~mine]) if not mine.all() else None
    return _Waters(cKDTree(points[mine]), others, region.limit_m, _bounds(points[mine], region.limit_m, land))


def _bounds(points: Floats, limit_m: float, land: Land) -> BoundsDeg:
    lat, lon = lat_lon(points)
    west, south, east, north = land.bounds
    d_lat = math.degrees(limit_m / EARTH_RADIUS_M)
    farthest = float(np.abs(lat).max())
    d_lon = 360.0 if farthest + d_lat >= 90.0 else lon_reach_deg(farthest, limit_m)
    return (
        max(float(lon.min()) - d_lon, west),
        max(float(lat.min()) - d_lat, south),
        min(float(lon.max()) + d_lon, east),
        min(float(lat.max()) + d_lat, north),
    )


def _base_points(land: Land, owners: Mapping[str, str]) -> tuple[Floats, NDArray[np.str_]]:
    """Unit vectors (n, 3) of all base points, and the nation of each, (n,)."""
    from scipy.spatial import cKDTree

    from mda_sim.geo import coast_index
    from mda_sim.geo.coast import COAST_SPACING_M

    points, nations = [], []
    for country, polygons in land.countries.items():
        sides = coast_index.edges(np.array(polygons.geoms, dtype=object), land.bounds)
        along = coast_index.coast_points(sides, COAST_SPACING_M)
        points.append(along)
        nations.append(np.full(len(along), land.nations.get(country, ""), "<U3"))
    coast, nation = np.concatenate(points), np.concatenate(nations)
    places = {name: row for name, row in catalogue.features().items() if row.kind not in PASSAGES}
    centres = unit_vectors([row.lat_deg for row in places.values()], [row.lon_deg for row in places.values()])
    owner = np.array([owners.get(name, "") for name in places], "<U3")
    found: Any = cKDTree(centres).query(coast)
    chord, nearest = found
    about = _arc_m(chord) <= FEATURE_REACH_M
    nation[about] = owner[nearest[about]]
    known = land.covers(*lat_lon(centres))
    coast, nation = np.concatenate([coast, centres[known]]), np.concatenate([nation, owner[known]])
    return coast[nation != ""], nation[nation != ""]


def _arc_m(chord: Floats) -> Floats:
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(chord / 2, 1.0)))
