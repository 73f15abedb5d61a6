"""Make the coast file from the TopoJSON of countries that SOURCE.md names.

Model: each country is decoded from its arcs, repaired (``make_valid``), clipped to 95-150 E, 5 S-45 N,
snapped to 1e-7 degrees, and kept where polygons remain; the land is the union of the countries. Countries are
in order of name, parts in order of their corners, so the same input and the same versions of numpy, GEOS and
zlib give the same bytes.

Assumptions and limits: reads TopoJSON with a transform (quantised arcs), as in its specification; rings that
quantising has reduced to less than a triangle are left out. Nothing is added that the source does not hold.

Source: M. Bostock and C. Metcalf, "The TopoJSON Format Specification", version 1.0, 2013, sections 2.1.3 and
2.1.4. Where next: run as ``python -m mda_sim.data.coast.regenerate countries-10m.json``; ``geo.coast`` reads
the file.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.data.coast.codec import BOUNDS_DEG, UNITS_PER_DEG, pack

if TYPE_CHECKING:
    import shapely

Arcs = list[NDArray[np.float64]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the coast file and print the SHA-256 of what was read and of what was written."""
    parser = argparse.ArgumentParser(description="Make the coast file from the TopoJSON of countries.")
    parser.add_argument("topology", type=Path, help="countries-10m.json as SOURCE.md names it")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("coast.npz"))
    chosen = parser.parse_args(arguments)
    read = chosen.topology.read_bytes()
    written = coast_file(json.loads(read))
    chosen.out.write_bytes(written)
    print(f"read  {hashlib.sha256(read).hexdigest()}  {chosen.topology.name}")
    print(f"wrote {hashlib.sha256(written).hexdigest()}  {chosen.out.name}  {len(written):,} bytes")


def coast_file(topology: Mapping[str, Any]) -> bytes:
    """The bytes of the coast file of a topology that has an object ``countries``."""
    countries = clipped_countries(topology)
    arrays: dict[str, NDArray[Any]] = {
        "bounds_deg": np.array(BOUNDS_DEG),
        "country_names": np.array(list(countries), dtype=np.str_),
        **pack("countries", list(countries.values())),
        **pack("land", [union_of(list(countries.values()))]),
    }
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **arrays)
    return stored.getvalue()


def clipped_countries(topology: Mapping[str, Any]) -> dict[str, shapely.MultiPolygon]:
    """Name -> valid polygons inside the bounds, in order of name; countries with none are left out."""
    arcs = decoded_arcs(topology)
    found = {}
    for country in topology["objects"]["countries"]["geometries"]:
        land = _clipped(_polygons(country, arcs))
        if land is not None:
            found[country["properties"]["name"]] = land
    return dict(sorted(found.items()))


def decoded_arcs(topology: Mapping[str, Any]) -> Arcs:
    """Arcs as longitude and latitude, shape (n, 2): running sums of their steps, scaled and moved."""
    scale = np.array(topology["transform"]["scale"], dtype=np.float64)
    move = np.array(topology["transform"]["translate"], dtype=np.float64)
    return [np.cumsum(np.array(arc, dtype=np.int64), axis=0) * scale + move for arc in topology["arcs"]]


def union_of(countries: Sequence[shapely.MultiPolygon]) -> shapely.MultiPolygon:
    """All land as one valid multipolygon on the grid, without the borders inside it."""
    import shapely

    return _checked(shapely.union_all(countries, grid_size=1 / UNITS_PER_DEG))


def _polygons(country: Mapping[str, Any], arcs: Arcs) -> list[shapely.Polygon]:
    import shapely

    kinds = {"Polygon": lambda found: [found], "MultiPolygon": list}
    if country["type"] not in kinds:
        raise ValueError(f"a country is a Polygon or a MultiPolygon, got {country['type']!r}")
    polygons = []
    for rings in kinds[country["type"]](country["arcs"]):
        outer, *holes = [_ring(indices, arcs) for indices in rings]
        if len(outer) >= 4:
            polygons.append(shapely.Polygon(outer, [hole for hole in holes if len(hole) >= 4]))
    return polygons


def _ring(indices: Sequence[int], arcs: Arcs) -> NDArray[np.float64]:
    """Arcs joined end to start; index ~i is arc i backwards."""
    pieces = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
    return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])


def _clipped(polygons: Sequence[shapely.Polygon]) -> shapely.MultiPolygon | None:
    import shapely

    box = shapely.box(*BOUNDS_DEG)
    near = [polygon for polygon in polygons if shapely.envelope(polygon).intersects(box)]
    parts = [shapely.intersection(shapely.make_valid(polygon), box) for polygon in near]
    land = shapely.union_all([_areas(part) for part in parts], grid_size=1 / UNITS_PER_DEG)
    return None if land.is_empty else _checked(land)


def _areas(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """The polygons of a geometry, without points and lines."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _checked(land: shapely.Geometry) -> shapely.MultiPolygon:
    """Polygons in normal order, refused unless they are valid as they will be stored."""
    import shapely

    on_grid = shapely.transform(land, lambda corners: np.rint(corners * UNITS_PER_DEG) / UNITS_PER_DEG)
    stored: shapely.MultiPolygon = shapely.normalize(_areas(on_grid))
    if not stored.is_valid:
        raise ValueError(f"land is not valid on the grid: {shapely.is_valid_reason(stored)}")
    return stored


if __name__ == "__main__":
    main()
