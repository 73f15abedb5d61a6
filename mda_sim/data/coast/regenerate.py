"""Make a coast file: the shipped one from the TopoJSON that SOURCE.md names, or one for elsewhere.

Model: each country is read from the arcs of a TopoJSON of countries, or from a GeoJSON collection of
polygons, repaired (``make_valid``), clipped to the bounds, snapped to 1e-7 degrees, and kept where polygons
remain; the land is the union of the countries. Countries are in order of name, parts in order of their
corners, so the same input and the same versions of numpy, GEOS and zlib give the same bytes. A country's
nation is the property ``nation`` of its feature, if there is one, else what ISO 3166-1 has for its numeric
``id`` (``nations.csv``); a country with neither is nobody's.

Assumptions and limits: reads TopoJSON with a transform (quantised arcs) and an object ``countries``, as in
its specification; rings that quantising has reduced to less than a triangle are left out. GeoJSON features
need the property ``name``; two of one name are one country. Nothing is added that the source does not hold.
Bounds are whole degrees and do not cross the 180th meridian.

Source: M. Bostock and C. Metcalf, "The TopoJSON Format Specification", version 1.0, 2013, sections 2.1.3
and 2.1.4; "The GeoJSON Format", RFC 7946, 2016, section 3.1.
Where next: run as ``python -m mda_sim.data.coast.regenerate countries-10m.json``; ``geo.coast`` reads the
file.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from mda_sim.data.coast.codec import BOUNDS_DEG, UNITS_PER_DEG, pack

if TYPE_CHECKING:
    import shapely

Arcs = list[NDArray[np.float64]]
Bounds = tuple[float, float, float, float]
"""West, south, east and north [deg]."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a coast file and print the SHA-256 of what was read and of what was written."""
    parser = argparse.ArgumentParser(description="Make a coast file from a TopoJSON or GeoJSON of countries.")
    parser.add_argument(
        "countries", type=Path, help="countries-10m.json as SOURCE.md names it, or a GeoJSON file"
    )
    parser.add_argument("--out", type=Path, help="the file to write; without --bounds, the shipped one")
    parser.add_argument(
        "--bounds",
        type=int,
        nargs=4,
        metavar=("WEST", "SOUTH", "EAST", "NORTH"),
        help="what the file covers, in whole degrees; by default what the shipped one does",
    )
    chosen = parser.parse_args(arguments)
    if chosen.bounds is not None and chosen.out is None:
        parser.error("--bounds makes another file than the shipped one: name it with --out")
    out: Path = chosen.out or Path(__file__).with_name("coast.npz")
    read = chosen.countries.read_bytes()
    try:
        written = coast_file(json.loads(read), checked_bounds(chosen.bounds or BOUNDS_DEG))
    except (KeyError, ValueError) as error:
        parser.error(f"{chosen.countries.name}: {error}")
    out.write_bytes(written)
    print(f"read  {hashlib.sha256(read).hexdigest()}  {chosen.countries.name}")
    print(f"wrote {hashlib.sha256(written).hexdigest()}  {out.name}  {len(written):,} bytes")


def checked_bounds(bounds_deg: Sequence[float]) -> Bounds:
    """West, south, east and north as a coast file takes them; ValueError for others."""
    west, south, east, north = (float(bound) for bound in bounds_deg)
    whole = all(bound == int(bound) for bound in (west, south, east, north))
    if not (whole and -180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError(
            f"bounds are west < east in -180..180 and south < north in -90..90, got {bounds_deg}"
        )
    return west, south, east, north


def coast_file(source: Mapping[str, Any], bounds_deg: Bounds = BOUNDS_DEG) -> bytes:
    """The bytes of the coast file of a TopoJSON with an object ``countries``, or of a GeoJSON collection.

    Raises ValueError for another source, or if it has no land inside the bounds.
    """
    countries = clipped_countries(source, bounds_deg)
    if not countries:
        raise ValueError("there is no land inside the bounds")
    nations = nations_of(source)
    arrays: dict[str, NDArray[Any]] = {
        "bounds_deg": np.array(bounds_deg),
        "country_names": np.array(list(countries), dtype=np.str_),
        "country_nations": np.array([nations[name] for name in countries], dtype="<U3"),
        **pack("countries", list(countries.values())),
        **pack("land", [union_of(list(countries.values()))]),
    }
    stored = io.BytesIO()
    np.savez_compressed(stored, allow_pickle=False, **arrays)
    return stored.getvalue()


def clipped_countries(
    source: Mapping[str, Any], bounds_deg: Bounds = BOUNDS_DEG
) -> dict[str, shapely.MultiPolygon]:
    """Name -> valid polygons inside the bounds, in order of name; countries with none are left out."""
    found: dict[str, list[shapely.Polygon]] = {}
    for name, polygons in _countries(source):
        found.setdefault(name, []).extend(polygons)
    clipped = {name: _clipped(polygons, bounds_deg) for name, polygons in found.items()}
    return {name: land for name, land in sorted(clipped.items()) if land is not None}


def nations_of(source: Mapping[str, Any]) -> dict[str, str]:
    """Name of each country -> trigraph of its nation, empty for none."""
    with Path(__file__).with_name("nations.csv").open(encoding="utf-8", newline="") as stream:
        by_number = {row["numeric"]: row["nation"] for row in csv.DictReader(stream, strict=True)}
    return {
        str(one["properties"]["name"]): str(
            one["properties"].get("nation", by_number.get(str(one.get("id")), ""))
        )
        for one in _listed(source)
    }


def _listed(source: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The countries as the source lists them, each with its ``properties``."""
    kind = source.get("type")
    if kind not in ("Topology", "FeatureCollection"):
        raise ValueError(f"expected a TopoJSON Topology or a GeoJSON FeatureCollection, got {kind!r}")
    listed = (
        source["features"] if kind == "FeatureCollection" else source["objects"]["countries"]["geometries"]
    )
    for place, one in enumerate(listed):
        if not isinstance(one.get("properties"), dict) or not isinstance(one["properties"].get("name"), str):
            raise ValueError(f"country {place} has no property 'name'")
        nation = one["properties"].get("nation", "")
        if not re.fullmatch(r"([A-Z]{3})?", str(nation)):
            raise ValueError(
                f"country {place}: expected a nation of three capital letters or none, got {nation!r}"
            )
    return cast("Sequence[Mapping[str, Any]]", listed)


def _countries(source: Mapping[str, Any]) -> Iterator[tuple[str, list[shapely.Polygon]]]:
    """Name and polygons of each country of the source."""
    arcs = decoded_arcs(source) if source.get("type") == "Topology" else []
    for one in _listed(source):
        polygons = _polygons(one, arcs) if source["type"] == "Topology" else _drawn(one.get("geometry"))
        yield one["properties"]["name"], polygons


def _drawn(geometry: Mapping[str, Any] | None) -> list[shapely.Polygon]:
    """The polygons of a GeoJSON geometry."""
    import shapely

    if geometry is None or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        kind = None if geometry is None else geometry.get("type")
        raise ValueError(f"a country is a Polygon or a MultiPolygon, got {kind!r}")
    return list(shapely.get_parts(shapely.force_2d(shapely.from_geojson(json.dumps(geometry)))))


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


def _clipped(polygons: Sequence[shapely.Polygon], bounds_deg: Bounds) -> shapely.MultiPolygon | None:
    import shapely

    box = shapely.box(*bounds_deg)
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
