"""How polygons are stored in the coast file: whole steps between corners, in ten-millionths of a degree.

Model: corner i of a list of rings is the sum of the first i + 1 rows of ``steps``, times 1e-7 degrees (1 cm);
``rings``, ``polygons`` and ``groups`` hold where each ring, polygon and group (a country) begins, and the end
of the last. Steps are small integers, so zlib packs them to about a quarter of well-known binary.

A coast file is an npz of ``bounds_deg`` (longitude minimum, latitude minimum, longitude maximum, latitude
maximum, in whole degrees), ``country_names`` (n,), ``country_nations`` (n,) (ISO 3166 trigraphs, empty for
none), the n multipolygons ``countries`` and the one multipolygon ``land``, their union.

Assumptions and limits: corners already lie on the grid of 1e-7 degrees; others are rounded to it, which may
make a polygon touch itself, so ``regenerate`` snaps first and checks after. Where next: ``geo.coast`` reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import shapely

UNITS_PER_DEG: Final = 10_000_000
"""Steps of the grid in one degree."""

BOUNDS_DEG: Final = (95.0, -5.0, 150.0, 45.0)
"""What the shipped coast file covers: longitude and latitude minimum, longitude and latitude maximum."""


def pack(prefix: str, groups: Sequence[shapely.MultiPolygon]) -> dict[str, NDArray[np.int32]]:
    """Arrays that hold multipolygons in longitude and latitude, named ``<prefix>_steps`` and so on."""
    from shapely import GeometryType, to_ragged_array

    if not groups:
        empty = np.zeros(1, dtype=np.int32)
        steps = np.zeros((0, 2), dtype=np.int32)
        return _named(prefix, steps, empty, empty, empty)
    kind, corners, offsets = to_ragged_array(np.array(groups, dtype=object))
    if kind != GeometryType.MULTIPOLYGON or corners.shape[1] != 2:
        raise ValueError("the coast is stored as multipolygons in longitude and latitude")
    on_grid = np.rint(corners * UNITS_PER_DEG).astype(np.int64)
    steps = np.diff(on_grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return _named(prefix, steps, *offsets)


def unpack(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> list[shapely.MultiPolygon]:
    """The multipolygons that ``pack`` stored; KeyError or ValueError for arrays that it did not write."""
    from shapely import GeometryType, from_ragged_array

    corners = np.cumsum(arrays[f"{prefix}_steps"], axis=0, dtype=np.int64) / UNITS_PER_DEG
    offsets = tuple(arrays[f"{prefix}_{level}"] for level in ("rings", "polygons", "groups"))
    return list(from_ragged_array(GeometryType.MULTIPOLYGON, corners, offsets))


def _named(
    prefix: str,
    steps: NDArray[np.int64] | NDArray[np.int32],
    rings: NDArray[Any],
    polygons: NDArray[Any],
    groups: NDArray[Any],
) -> dict[str, NDArray[np.int32]]:
    parts = {"steps": steps, "rings": rings, "polygons": polygons, "groups": groups}
    return {f"{prefix}_{name}": part.astype(np.int32) for name, part in parts.items()}
