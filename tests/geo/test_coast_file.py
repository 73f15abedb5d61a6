from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import numpy as np
import pytest
import shapely

from mda_sim.data.coast import regenerate
from mda_sim.data.coast.codec import pack, unpack
from mda_sim.geo.coast import load_land
from mda_sim.geo.sphere import distance_m

COAST = files("mda_sim.data.coast")


def steps(*corners):
    """An arc as TopoJSON writes it: the first corner, then differences."""
    return np.diff(np.array([(0, 0), *corners]), axis=0).tolist()


def country(name, kind, arcs):
    return {"type": kind, "arcs": arcs, "properties": {"name": name}}


@pytest.fixture
def topology():
    """A made-up world on a grid of 0.1 degrees from 90 E, 10 S; grid (200, 200) is 110 E, 10 N."""
    arcs = [
        steps((200, 200), (200, 220)),  # 0: the border between west and east, northwards
        steps((200, 220), (180, 220), (180, 200), (200, 200)),  # 1: the rest of west
        steps((200, 200), (220, 200), (220, 220), (200, 220)),  # 2: the rest of east, met by 0 backwards
        steps((205, 205), (215, 205), (215, 215), (205, 215), (205, 205)),  # 3: a bay inside east
        steps((40, 200), (60, 200), (60, 210), (40, 210), (40, 200)),  # 4: from 94 E, across the rim
        steps((300, 300), (310, 310), (310, 300), (300, 310), (300, 300)),  # 5: a ring that crosses itself
        steps((10, 10), (20, 10), (20, 20), (10, 10)),  # 6: off the map
        steps((250, 250), (251, 250), (250, 250)),  # 7: a ring that quantising has flattened
        steps((50, 230), (50, 240), (40, 240), (40, 230), (50, 230)),  # 8: meets the rim in a line only
    ]
    return {
        "type": "Topology",
        "transform": {"scale": [0.1, 0.1], "translate": [90.0, -10.0]},
        "arcs": arcs,
        "objects": {
            "countries": {
                "geometries": [
                    country("West", "Polygon", [[0, 1]]),
                    country("East", "Polygon", [[2, ~0], [3]]),
                    country("Rim", "MultiPolygon", [[[4]], [[8]]]),
                    country("Knot", "MultiPolygon", [[[5]], [[7]]]),
                    country("Away", "Polygon", [[6]]),
                ]
            }
        },
    }


def test_a_small_topology_gives_the_expected_polygons(topology):
    found = regenerate.clipped_countries(topology)
    assert list(found) == ["East", "Knot", "Rim", "West"]  # in order of name; "Away" is off the map
    bay = shapely.box(110.5, 10.5, 111.5, 11.5)
    assert found["West"].equals(shapely.box(108, 10, 110, 12))
    assert found["East"].equals(shapely.box(110, 10, 112, 12).difference(bay))
    assert found["Rim"].equals(shapely.box(95, 10, 96, 11))  # cut at the rim; what only meets it is gone
    triangles = [[(120, 20), (120.5, 20.5), (121, 20)], [(120, 21), (120.5, 20.5), (121, 21)]]
    left_right = [[(120, 20), (120, 21), (120.5, 20.5)], [(121, 20), (121, 21), (120.5, 20.5)]]
    expected = [shapely.MultiPolygon([shapely.Polygon(t) for t in pair]) for pair in (triangles, left_right)]
    assert any(found["Knot"].equals(shape) for shape in expected)
    assert all(shape.is_valid for shape in found.values())


def test_the_union_has_no_border_inside(topology):
    found = regenerate.clipped_countries(topology)
    union = regenerate.union_of([found["West"], found["East"]])
    assert len(union.geoms) == 1
    assert union.area == pytest.approx(found["West"].area + found["East"].area)
    assert not union.boundary.intersects(shapely.Point(110, 11))


def test_the_same_topology_gives_the_same_bytes_whatever_the_order_of_its_countries(topology):
    first = regenerate.coast_file(topology)
    assert regenerate.coast_file(topology) == first
    topology["objects"]["countries"]["geometries"].reverse()
    assert regenerate.coast_file(topology) == first


def test_the_command_writes_a_file_that_reads_back(topology, tmp_path, capsys):
    source, out = tmp_path / "countries.json", tmp_path / "coast.npz"
    source.write_text(json.dumps(topology))
    regenerate.main([str(source), "--out", str(out)])
    said = capsys.readouterr().out
    assert hashlib.sha256(source.read_bytes()).hexdigest() in said
    assert hashlib.sha256(out.read_bytes()).hexdigest() in said
    with np.load(out, allow_pickle=False) as stored:
        assert stored["country_names"].tolist() == ["East", "Knot", "Rim", "West"]
        (land,) = unpack("land", stored)
        countries = unpack("countries", stored)
    assert land.area == pytest.approx(sum(shape.area for shape in countries))
    assert countries[3].equals(shapely.box(108, 10, 110, 12))


def test_a_geometry_that_is_no_area_is_refused(topology):
    topology["objects"]["countries"]["geometries"][0]["type"] = "LineString"
    with pytest.raises(ValueError, match="got 'LineString'"):
        regenerate.clipped_countries(topology)


def test_what_is_packed_unpacks_to_the_very_same_corners():
    shapes = [
        shapely.MultiPolygon([shapely.box(95, -5, 95.0000001, 45), shapely.box(149.9999999, 0, 150, 1)]),
        shapely.MultiPolygon([shapely.box(100, 0, 110, 10).difference(shapely.box(103.3, 3.7, 104.1, 5))]),
    ]
    back = unpack("some", pack("some", shapes))
    assert [shapely.get_coordinates(shape).tolist() for shape in back] == [
        shapely.get_coordinates(shape).tolist() for shape in shapes
    ]
    assert all(a.equals(b) for a, b in zip(back, shapes, strict=True))
    with pytest.raises(ValueError, match="multipolygons"):
        pack("some", [shapely.box(0, 0, 1, 1)])


def test_the_shipped_file_is_the_one_its_source_page_describes():
    stored = (COAST / "coast.npz").read_bytes()
    page = (COAST / "SOURCE.md").read_text()
    assert hashlib.sha256(stored).hexdigest() in page
    assert f"{len(stored):,} bytes" in page
    assert load_land().digest == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize(
    ("feature", "lat", "lon"),
    [
        ("Second Thomas Shoal", 9.733, 115.867), ("Mischief Reef", 9.917, 115.533),
        ("Sabina Shoal", 9.75, 116.467),
        ("Subi Reef", 10.924, 114.084), ("Fiery Cross Reef", 9.55, 112.89), ("Whitsun Reef", 9.983, 114.65),
        ("Hughes Reef", 9.91, 114.5), ("Gaven Reefs", 10.21, 114.22), ("Johnson South Reef", 9.72, 114.28),
        ("Cuarteron Reef", 8.86, 112.84), ("Iroquois Reef", 10.62, 116.17), ("Half Moon Shoal", 8.87, 116.27),
        ("Northeast Cay", 11.45, 114.35), ("Commodore Reef", 8.38, 115.22), ("Sandy Cay", 11.05, 114.22),
        ("Reed Bank", 11.45, 116.9), ("Luconia Shoals", 5.6, 112.6), ("Vanguard Bank", 7.5, 109.67),
        ("Pratas Island", 20.703, 116.72), ("Spratly Island", 8.645, 111.92), ("Swallow Reef", 7.37, 113.83),
        ("Amboyna Cay", 7.86, 112.92), ("Loaita Island", 10.67, 114.42), ("Okinotorishima", 20.425, 136.08),
    ],
)  # fmt: skip
def test_features_named_as_missing_are_named_and_missing(feature, lat, lon):
    page = " ".join((COAST / "SOURCE.md").read_text().split())
    assert feature in page
    assert load_land().distance_to_coast_m(lat, lon) > 3000


@pytest.mark.parametrize(
    ("feature", "lat", "lon"),
    [("Thitu Island", 11.053, 114.285), ("Itu Aba", 10.377, 114.366), ("Nanshan Island", 10.733, 115.8),
     ("West York Island", 11.083, 115.017)],
)  # fmt: skip
def test_islets_named_as_held_are_held(feature, lat, lon):
    islets = load_land().countries["Spratly Is."]
    assert len(islets.geoms) == 12
    nearest = min(islets.geoms, key=lambda islet: islet.distance(shapely.Point(lon, lat)))
    middle = nearest.centroid
    assert float(distance_m(lat, lon, middle.y, middle.x)) < 4000
    assert feature in " ".join((COAST / "SOURCE.md").read_text().split())
