"""GeoJSON: tracks, sensors, zones, coverage and holdings, a feature collection each.

Source: H. Butler et al., "The GeoJSON Format", RFC 7946, IETF 2016: WGS 84 longitude and latitude, exterior
rings counterclockwise (section 3.1.6).

Assumptions and limits: no feature crosses the antimeridian; areas of scenarios do not.
Where next: ``study.export``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from mda_sim.export.content import NOTE, Content, Coverage
from mda_sim.export.files import rounded, write_json


def write_geojson(content: Content, folder: Path) -> list[Path]:
    """Write the collections into ``folder``; the files."""
    collections = {
        "tracks": _tracks(content),
        "sensors": _sensors(content),
        "zones": _zones(content),
        "coverage": (feature for layer in content.coverage for feature in _cells(layer)),
        "holdings": _holdings(content),
    }
    files = []
    for name, features in collections.items():
        path = folder / f"{name}.geojson"
        head = {"type": "FeatureCollection", "title": content.title, "note": NOTE}
        write_json(path, {**head, "features": list(features)})
        files.append(path)
    return files


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def _tracks(content: Content) -> Iterator[dict[str, Any]]:
    """A line for each stretch of a vessel's presence, with the time of each of its points."""
    tracks = content.tracks
    for rows in tracks.slices():
        vessel = content.vessels[tracks.vessel[rows.start]]
        places = zip(tracks.lon_deg[rows].tolist(), tracks.lat_deg[rows].tolist(), strict=True)
        times = [content.utc(t_us) for t_us in tracks.t_us[rows].tolist()]
        yield _feature(
            "LineString",
            [[rounded(lon), rounded(lat)] for lon, lat in places],
            {
                "vessel": vessel.name,
                "traffic_class": vessel.traffic_class,
                "flag": vessel.flag,
                "length_m": rounded(vessel.length_m, 1),
                "times_utc": times,
            },
        )


def _sensors(content: Content) -> Iterator[dict[str, Any]]:
    """A point for each sensor and, if it has a range, the polygon within it."""
    for sensor in content.sensors:
        told = {"sensor": sensor.name, "category": sensor.category, "operator": sensor.operator}
        place = [rounded(sensor.lon_deg), rounded(sensor.lat_deg)]
        yield _feature("Point", place, {**told, "what": "place"})
        if sensor.ring:
            ring = [[rounded(lon), rounded(lat)] for lon, lat in counterclockwise(sensor.ring)]
            range_m = rounded(sensor.range_m, 0)
            yield _feature("Polygon", [ring], {**told, "what": "reach", "range_m": range_m})


def _zones(content: Content) -> Iterator[dict[str, Any]]:
    for zone in content.zones:
        lines = [[[rounded(lon), rounded(lat)] for lon, lat in line] for line in zone.lines]
        yield _feature("MultiLineString", lines, {"zone": zone.name})


def _cells(layer: Coverage) -> Iterator[dict[str, Any]]:
    """A polygon for each cell with a figure."""
    for (west, south, east, north), share in zip(layer.cells().tolist(), layer.share.tolist(), strict=True):
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        yield _feature(
            "Polygon",
            [[[rounded(lon), rounded(lat)] for lon, lat in corners]],
            {"nation": layer.nation, "tau_s": layer.tau_s, "custody_fraction": rounded(share)},
        )


def _holdings(content: Content) -> Iterator[dict[str, Any]]:
    """A point for each spell: where a nation held a vessel to be, and from when to when."""
    for nation, held in content.holdings.items():
        columns = (held.vessel, held.t_from_us, held.t_to_us, held.t_observed_us)
        places = (held.lon_deg, held.lat_deg, held.error_m)
        rows = zip(*(column.tolist() for column in (*columns, *places)), strict=True)
        for vessel, t_from_us, t_to_us, t_observed_us, lon, lat, error_m in rows:
            yield _feature(
                "Point",
                [rounded(lon), rounded(lat)],
                {
                    "nation": nation,
                    "vessel": content.vessels[vessel].name,
                    "held_from_utc": content.utc(t_from_us),
                    "held_to_utc": content.utc(t_to_us),
                    "observed_utc": content.utc(t_observed_us),
                    "error_m": rounded(error_m, 1),
                },
            )


def counterclockwise(ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """A closed ring in the order that exterior rings have; by the sign of its area in degrees."""
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))
    return ring if area >= 0 else ring[::-1]
