"""Every format, read back by a program that knows nothing of this one."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import fastkml.validator
import geopandas
import numpy as np
import pytest
import xarray as xr
from lxml import etree
from shapely import LinearRing

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H
from mda_sim.export.content import NOTE, Content
from mda_sim.export.csv_files import write_csv
from mda_sim.export.czml import write_czml
from mda_sim.export.geojson import write_geojson
from mda_sim.export.geoparquet import write_geoparquet
from mda_sim.export.kml import write_kml
from mda_sim.export.netcdf import coverage_dataset, write_netcdf
from mda_sim.metrics.coverage import COVERAGE

WRITERS = (write_csv, write_czml, write_geojson, write_geoparquet, write_kml)
KML = {"k": "http://www.opengis.net/kml/2.2"}


def written(writer: Callable[[Content, Path], list[Path]], content: Content, folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in writer(content, folder)}


@pytest.mark.parametrize("writer", WRITERS)
def test_the_same_content_makes_the_same_bytes(writer, content, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    here, there = written(writer, content, first), written(writer, content, second)
    assert {name: path.read_bytes() for name, path in here.items()} == {
        name: path.read_bytes() for name, path in there.items()
    }
    assert {path.name for path in first.iterdir()} == {path.name for path in here.values()}


@pytest.mark.parametrize("writer", [write_geojson, write_geoparquet])
def test_geopandas_reads_what_was_there(writer, content, tmp_path):
    files = written(writer, content, tmp_path)
    read = geopandas.read_file if writer is write_geojson else geopandas.read_parquet
    tracks = read(files["tracks"])
    assert tracks.crs.to_epsg() == 4326 or tracks.crs.to_authority() == ("OGC", "CRS84")
    assert list(tracks["vessel"]) == ["trawlers#0", "trawlers#0", "ships#7"]
    assert tracks["traffic_class"].iloc[0] == content.vessels[0].traffic_class
    assert list(tracks.geometry[1].coords) == [(119.0, 15.0), (119.1, 15.1)]
    assert len(tracks["times_utc"][0]) == len(tracks.geometry[0].coords) == 3
    assert np.datetime64(str(tracks["times_utc"][1][0]).rstrip("Z")) == np.datetime64("2026-03-02T05:00")
    sensors = read(files["sensors"])
    places = sensors[sensors.geometry.geom_type == "Point"]
    assert dict(zip(places["sensor"], places.geometry.x, strict=True)) == {"radar_1": 120.5, "new_1": 119.9}
    cells = read(files["coverage"])
    assert list(cells["custody_fraction"][:2]) == [0.5, 0.0]
    assert np.isnan(cells["custody_fraction"][2])
    assert cells.geometry[0].bounds == (118.0, 14.0, 118.5, 14.5)
    held = read(files["holdings"])
    assert list(held["error_m"]) == [50.0, 1000.0]
    assert list(held.geometry.y) == [14.0, 14.2]


def test_rings_of_geojson_run_counterclockwise(content, tmp_path):
    """RFC 7946, section 3.1.6."""
    files = written(write_geojson, content, tmp_path)
    rings = [
        feature["geometry"]["coordinates"][0]
        for name in ("sensors", "coverage")
        for feature in json.loads(files[name].read_text())["features"]
        if feature["geometry"]["type"] == "Polygon"
    ]
    assert len(rings) == 1 + 9
    for ring in rings:
        assert ring[0] == ring[-1]
        assert LinearRing(ring).is_ccw


def test_geoparquet_says_what_it_is(content, tmp_path):
    import pyarrow.parquet as pq

    files = written(write_geoparquet, content, tmp_path)
    metadata = pq.read_schema(files["tracks"]).metadata
    column = json.loads(metadata[b"geo"])["columns"]["geometry"]
    assert column == {
        "encoding": "WKB",
        "geometry_types": ["LineString"],
        "bbox": [117.0, 13.0, 119.1, 15.1],
    }
    assert metadata[b"note"].decode() == NOTE


def moments(interval: str) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in interval.split("/")]


def check_czml(packets: list[dict[str, Any]]) -> None:
    """The rules of the CZML Guide and CZML Structure that these packets are under."""
    head, *things = packets
    assert (head["id"], head["version"]) == ("document", "1.0")
    begin, end = moments(head["clock"]["interval"])
    assert begin < end
    ids = [packet["id"] for packet in packets]
    assert len(set(ids)) == len(ids)
    for number, packet in enumerate(things, start=1):
        assert packet.get("parent", ids[0]) in ids[:number]
        position = packet.get("position", {})
        spells = position if isinstance(position, list) else []
        for spell in spells:
            assert len(spell["cartographicDegrees"]) == 3
        for interval in [*packet.get("availability", []), *(spell["interval"] for spell in spells)]:
            first, last = moments(interval)
            assert begin <= first <= last <= end
        if "epoch" in position:
            numbers = position["cartographicDegrees"]
            assert len(numbers) % 4 == 0
            assert all(a < b for a, b in zip(numbers[::4], numbers[4::4], strict=False))
            assert all(-180 <= lon <= 180 for lon in numbers[1::4])
            assert all(-90 <= lat <= 90 for lat in numbers[2::4])


def test_czml_follows_its_guide_and_says_where_vessels_are(content, tmp_path):
    packets = json.loads(written(write_czml, content, tmp_path)["run"].read_text())
    check_czml(packets)
    by_id = {packet["id"]: packet for packet in packets}
    vessel = by_id["vessels/trawlers#0"]
    assert vessel["availability"] == [
        "2026-03-02T00:00:00.000Z/2026-03-02T02:00:00.000Z",
        "2026-03-02T05:00:00.000Z/2026-03-02T06:00:00.000Z",
    ]
    assert vessel["position"]["cartographicDegrees"][12:16] == [18000.0, 119.0, 15.0, 0]
    held = by_id["held/AAA/trawlers#0"]["position"]
    assert [spell["cartographicDegrees"] for spell in held] == [[118.0, 14.0, 0], [118.2, 14.2, 0]]
    assert "held/BBB/trawlers#0" not in by_id
    assert by_id["coverage/AAA/0"]["properties"] == {"custody_fraction": 0.5}
    assert {"coverage/AAA/1", "coverage/AAA/2"}.isdisjoint(by_id)  # held by nobody, and no figure


def test_kml_is_valid_by_the_schema_of_its_standard(content, tmp_path):
    path = written(write_kml, content, tmp_path)["run"]
    root = etree.parse(path)
    schema = fastkml.validator.get_schema_parser()
    assert schema.validate(root), schema.error_log
    names = [name.text for name in root.iterfind(".//k:Placemark/k:name", KML)]
    assert names == ["trawlers#0", "trawlers#0", "ships#7", "radar_1", "new_1", content.zones[0].name, "50 %"]
    begins = [begin.text for begin in root.iterfind(".//k:TimeSpan/k:begin", KML)]
    assert begins == [f"2026-03-02T0{hour}:00:00.000Z" for hour in (0, 5, 1)]
    assert root.find("k:Document/k:description", KML).text == NOTE


def test_control_characters_cannot_break_kml(content, tmp_path):
    broken = replace(content, scenario="a\x00b\x1b[31mc\ud800".encode("utf-8", "replace").decode())
    root = etree.parse(written(write_kml, broken, tmp_path)["run"])
    assert root.find("k:Document/k:name", KML).text.startswith("ab[31mc")


def test_csv_holds_every_row_and_no_formula(content, tmp_path):
    files = written(write_csv, content, tmp_path)
    tables = {name: list(csv.DictReader(path.read_text().splitlines())) for name, path in files.items()}
    assert {name: len(rows) for name, rows in tables.items()} == {
        "vessels": 2,
        "tracks": 7,
        "sensors": 2,
        "coverage": 9,
        "holdings": 2,
    }
    assert tables["vessels"][0]["traffic_class"] == f"'{content.vessels[0].traffic_class}"
    assert tables["coverage"][2]["custody_fraction"] == ""
    assert tables["holdings"][1]["observed_utc"] == "2026-03-02T03:00:00.000Z"


def test_xarray_reads_coverage_by_its_conventions(tmp_path):
    """Values lie at their probe, nation, age and seed; cells without a probe are undefined."""
    rng = np.random.default_rng(20260302)
    lat, lon, ages = [14.25, 14.25, 14.75], [118.25, 118.75, 118.25], [3600.0, 21600.0]

    def table() -> Table:
        shares = rng.uniform(size=2 * 3 * 2)
        columns = {
            "nation": np.repeat([0, 1], 6),
            "target": np.tile(np.repeat([0, 1, 2], 2), 2),
            "lat_deg": np.tile(np.repeat(lat, 2), 2),
            "lon_deg": np.tile(np.repeat(lon, 2), 2),
            "tau_s": np.tile(ages, 6),
            "custody_fraction": shares,
        }
        return Table.of(COVERAGE, columns, {"nations": ["AAA", "BBB"]})

    coverage = {"today": [table(), table()], "direct": [table(), table()]}
    (path,) = write_netcdf(coverage_dataset(coverage, (4, 9), 0.5, "a title"), tmp_path)
    with xr.open_dataset(path, engine="h5netcdf") as data:
        share = data["custody_fraction"]
        assert share.dims == ("configuration", "seed", "nation", "custody_age", "lat", "lon")
        for name, tables in coverage.items():
            for seed, one in zip((4, 9), tables, strict=True):
                for row in range(len(one)):
                    found = share.sel(
                        configuration=name,
                        seed=seed,
                        nation=["AAA", "BBB"][one["nation"][row]],
                        custody_age=one["tau_s"][row],
                        lat=one["lat_deg"][row],
                        lon=one["lon_deg"][row],
                    )
                    assert float(found) == one["custody_fraction"][row]
        assert np.isnan(share.sel(lat=14.75, lon=118.75)).all()
        assert data.attrs["Conventions"] == "CF-1.11"
        assert data["lat"].attrs["standard_name"] == "latitude"
        assert data["lat"].attrs["units"] == "degrees_north"
        bounds = data[data["lat"].attrs["bounds"]]
        assert bounds.values.tolist() == [[14.0, 14.5], [14.5, 15.0]]


def test_hours_are_told_in_utc(content):
    assert content.utc(90 * US_PER_H) == "2026-03-05T18:00:00.000Z"
