"""GeoParquet: tracks, sensors, coverage and holdings as columns with a geometry in WKB.

Source: Open Geospatial Consortium, "GeoParquet 1.1.0", 2024: file metadata ``geo``; without ``crs`` the
geometry is OGC:CRS84, longitude and latitude.

Assumptions and limits: pyarrow and shapely write it, without a further library. Where next: ``study.export``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.export.content import NOTE, Content
from mda_sim.export.files import whole


def write_geoparquet(content: Content, folder: Path) -> list[Path]:
    """Write the tables into ``folder``; the files."""
    tables = {
        "tracks": _tracks(content),
        "sensors": _sensors(content),
        "coverage": _coverage(content),
        "holdings": _holdings(content),
    }
    files = []
    for name, (kind, shapes, columns) in tables.items():
        path = folder / f"{name}.parquet"
        _write(path, content, kind, shapes, columns)
        files.append(path)
    return files


_Made = tuple[str, NDArray[Any], Mapping[str, Any]]
"""Kind of geometry, geometries, and the other columns."""


def _write(path: Path, content: Content, kind: str, shapes: NDArray[Any], columns: Mapping[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import shapely

    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": [kind]}
    if len(shapes):
        column["bbox"] = [float(edge) for edge in shapely.total_bounds(shapes)]
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    geometry = pa.array(shapely.to_wkb(shapes, byte_order=1).tolist(), pa.binary())
    table = pa.table({**columns, "geometry": geometry}).replace_schema_metadata(
        {"geo": json.dumps(geo), "title": content.title, "note": NOTE}
    )
    with whole(path) as partial:
        pq.write_table(table, partial, compression="zstd")


def _tracks(content: Content) -> _Made:
    """A line for each stretch of a vessel's presence, with the times of its points."""
    import shapely

    tracks = content.tracks
    rows = tracks.slices()
    places = np.stack([tracks.lon_deg, tracks.lat_deg], axis=1)
    lines = shapely.linestrings(places, indices=np.repeat(np.arange(len(rows)), [_size(one) for one in rows]))
    vessels = [content.vessels[tracks.vessel[one.start]] for one in rows]
    times = _stamps(content, tracks.t_us)
    columns = {
        "vessel": [vessel.name for vessel in vessels],
        "traffic_class": [vessel.traffic_class for vessel in vessels],
        "flag": [vessel.flag for vessel in vessels],
        "length_m": [vessel.length_m for vessel in vessels],
        "times_utc": [times[one] for one in rows],
    }
    return "LineString", lines, columns


def _sensors(content: Content) -> _Made:
    import shapely

    sensors = content.sensors
    points = shapely.points([sensor.lon_deg for sensor in sensors], [sensor.lat_deg for sensor in sensors])
    columns = {
        "sensor": [sensor.name for sensor in sensors],
        "category": [sensor.category for sensor in sensors],
        "operator": [sensor.operator for sensor in sensors],
        "range_m": [sensor.range_m for sensor in sensors],
    }
    return "Point", np.atleast_1d(points), columns


def _coverage(content: Content) -> _Made:
    import shapely

    cells = np.concatenate([np.empty((0, 4)), *(layer.cells() for layer in content.coverage)])
    columns = {
        "nation": [layer.nation for layer in content.coverage for _ in layer.share],
        "tau_s": [layer.tau_s for layer in content.coverage for _ in layer.share],
        "custody_fraction": np.concatenate([np.empty(0), *(layer.share for layer in content.coverage)]),
    }
    return "Polygon", np.atleast_1d(shapely.box(*cells.T)), columns


def _holdings(content: Content) -> _Made:
    import shapely

    held = content.holdings

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([np.empty(0, np.int64), *(getattr(one, name) for one in held.values())])

    points = shapely.points(joined("lon_deg"), joined("lat_deg"))
    columns = {
        "nation": [nation for nation, one in held.items() for _ in one.vessel],
        "vessel": [content.vessels[number].name for one in held.values() for number in one.vessel.tolist()],
        "held_from_utc": _stamps(content, joined("t_from_us").astype(np.int64)),
        "held_to_utc": _stamps(content, joined("t_to_us").astype(np.int64)),
        "observed_utc": _stamps(content, joined("t_observed_us").astype(np.int64)),
        "error_m": joined("error_m").astype(np.float64),
    }
    return "Point", np.atleast_1d(points), columns


def _stamps(content: Content, t_us: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Instants as UTC, (n,)."""
    start = np.datetime64(content.timeline.datetime_at(0).replace(tzinfo=None), "us")
    return np.asarray(start + t_us.astype("timedelta64[us]"))


def _size(rows: slice) -> int:
    return int(rows.stop - rows.start)
