"""Corridors, surroundings of features and nearest waters, against closed forms and plain re-measuring."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mda_sim.core.errors import RunError
from mda_sim.core.spec import DataFile
from mda_sim.data import catalogue
from mda_sim.data.coast import regenerate
from mda_sim.geo.coast import BadCoastFile, load_land
from mda_sim.geo.corridor import along_lane
from mda_sim.geo.nearest_nation import FEATURE_REACH_M
from mda_sim.geo.regions import (
    Area,
    Circle,
    Corridor,
    NearestNation,
    NearFeatures,
    Point,
    Region,
    area_m2,
    bounds,
    contains,
    widened,
)
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m, great_circle_points

NMI_M = 1852.0


def corridor(half_width_m, *waypoints):
    points = tuple(Point(lat_deg=lat, lon_deg=lon) for lat, lon in waypoints)
    return Corridor(waypoints=points, half_width_m=half_width_m)


def distance_from_line_m(waypoints, lat, lon, n=2001):
    """The least distance from points set densely along the legs: never less than the true one."""
    pairs = itertools.pairwise(waypoints)
    lines = [great_circle_points(*a, *b, n) for a, b in pairs]
    along = np.concatenate([line[0] for line in lines]), np.concatenate([line[1] for line in lines])
    return np.array([distance_m(la, lo, *along).min() for la, lo in zip(lat, lon, strict=True)])


def scattered(region, seed, n=400):
    rng = np.random.default_rng(seed)
    west, south, east, north = bounds(region)
    return rng.uniform(south - 1, north + 1, n), rng.uniform(west - 1, east + 1, n)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-60, 60), st.floats(-150, 150)), min_size=2, max_size=4, unique=True),
    st.floats(50_000, 500_000),
)
def test_a_corridor_holds_what_is_within_half_a_width_of_its_legs(waypoints, half_width_m):
    if any(abs(a[1] - b[1]) >= 150 or distance_m(*a, *b) < 1 for a, b in itertools.pairwise(waypoints)):
        return
    lane = corridor(half_width_m, *waypoints)
    lat, lon = scattered(lane, 3, 100)
    keep = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    lat, lon = lat[keep], lon[keep]
    measured = distance_from_line_m(waypoints, lat, lon)
    longest = max(float(distance_m(*a, *b)) for a, b in itertools.pairwise(waypoints))
    slack_m = (longest / 2000) ** 2 / (8 * half_width_m) + longest / 2000  # of measuring at points
    held = contains(lane, lat, lon)
    assert held[measured <= half_width_m].all()
    assert not held[measured > half_width_m + slack_m].any()


def test_the_rim_of_a_corridor_is_in_it_and_a_metre_beyond_is_not():
    lane = corridor(20_000, (0, 100), (0, 110))
    for distance, held in ((19_999, True), (20_001, False)):
        beside = destination(0.0, np.array([100.5, 105.0]), np.array([0.0, 180.0]), distance)
        behind = destination(0.0, np.array([100.0, 110.0]), np.array([270.0, 90.0]), distance)
        assert (contains(lane, *beside) == held).all()
        assert (contains(lane, *behind) == held).all()
    assert not contains(lane, 0.0, 290.0 - 360.0)  # the far side of the Earth
    assert not contains(lane, math.nan, 105.0)


@pytest.mark.parametrize("half_width_m", [5_000.0, 50_000.0, 300_000.0])
def test_the_area_of_a_straight_corridor_is_a_band_and_a_circle(half_width_m):
    lane = corridor(half_width_m, (3, 100), (12, 112))
    length = float(distance_m(3, 100, 12, 112)) / EARTH_RADIUS_M
    w = half_width_m / EARTH_RADIUS_M
    exact = EARTH_RADIUS_M**2 * (2 * length * math.sin(w) + 4 * math.pi * math.sin(w / 2) ** 2)
    assert area_m2(lane) == pytest.approx(exact, rel=0.01)


def test_a_corridor_is_within_its_bounds_and_bulges_over_the_poleward_parallel():
    lane = corridor(10_000, (50, 0), (50, 60))
    top = max(great_circle_points(50, 0, 50, 60, 2001)[0])
    assert top > 52
    west, south, east, north = bounds(lane)
    assert north == pytest.approx(top + math.degrees(10_000 / EARTH_RADIUS_M), abs=1e-4)
    lat, lon = scattered(lane, 5)
    held = contains(lane, lat, lon)
    assert ((lat[held] <= north) & (lat[held] >= south) & (lon[held] >= west) & (lon[held] <= east)).all()
    assert contains(widened(lane, 100_000), *destination(top, 30, 0, 109_000))


def test_points_along_a_lane_share_its_length():
    lat, lon = np.array([3.0, 4.0, 4.0]), np.array([100.0, 101.0, 107.0])
    at_lat, at_lon, piece_m = along_lane(lat, lon, 5_000.0)
    assert piece_m.sum() == pytest.approx(float(distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum()))
    assert piece_m.max() <= 5_000.0
    assert distance_from_line_m(list(zip(lat, lon, strict=True)), at_lat, at_lon).max() < 500
    assert distance_m(at_lat[:-1], at_lon[:-1], at_lat[1:], at_lon[1:]).max() <= 5_000.1


def test_near_features_is_the_union_of_circles():
    names = ("scarborough_shoal", "second_thomas_shoal", "mischief_reef")
    region = NearFeatures(features=names, places=(Point(lat_deg=14, lon_deg=119),), radius_m=60_000)
    centres = [(catalogue.feature(name).lat_deg, catalogue.feature(name).lon_deg) for name in names] + [
        (14, 119)
    ]
    circles = [Circle(lat_deg=lat, lon_deg=lon, radius_m=60_000) for lat, lon in centres]
    lat, lon = scattered(region, 7, 20_000)
    union = np.any([contains(circle, lat, lon) for circle in circles], axis=0)
    assert 0 < union.sum() < len(lat)
    assert (contains(region, lat, lon) == union).all()
    boxes = np.array([bounds(circle) for circle in circles])
    assert bounds(region) == (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))


def test_the_area_of_circles_apart_is_their_sum():
    region = NearFeatures(features=("scarborough_shoal", "luconia_shoals"), radius_m=40_000)
    circle = Circle(lat_deg=0, lon_deg=0, radius_m=40_000)
    assert area_m2(region) == pytest.approx(2 * area_m2(circle), rel=0.01)


def islet(name, lat, lon, nation, half_deg=0.001):
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = [[lon + half_deg * x, lat + half_deg * y] for x, y in corners]
    properties = {"name": name} | ({"nation": nation} if nation is not None else {})
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def coast_of(tmp_path):
    def made(*features, bounds_deg=(0, -10, 20, 10)):
        path = tmp_path / f"coast_{len(list(tmp_path.iterdir()))}.npz"
        path.write_bytes(
            regenerate.coast_file({"type": "FeatureCollection", "features": features}, bounds_deg)
        )
        return DataFile.at(path)

    return made


def test_two_islets_are_parted_by_the_great_circle_that_bisects_them(coast_of):
    here, there = (2.0, 8.0), (-1.0, 11.5)
    coast = coast_of(islet("Here", *here, "AAA"), islet("There", *there, "BBB"))
    region = NearestNation(nations=("AAA",), coast=coast, limit_m=1_000_000)
    rng = np.random.default_rng(11)
    lat, lon = rng.uniform(-9, 9, 20_000), rng.uniform(1, 19, 20_000)
    ahead_m = distance_m(*there, lat, lon) - distance_m(*here, lat, lon)
    clear = (np.abs(ahead_m) > 500) & (
        np.abs(distance_m(*here, lat, lon) - 1_000_000) > 500
    )  # islets have a size
    expected = (ahead_m > 0) & (distance_m(*here, lat, lon) <= 1_000_000)
    assert (contains(region, lat, lon)[clear] == expected[clear]).all()
    assert 0.3 < expected.mean() < 0.7
    other = NearestNation(nations=("BBB",), coast=coast, limit_m=1_000_000)
    assert not (contains(region, lat, lon) & contains(other, lat, lon)).any()


def test_nations_that_count_as_one_have_no_line_between_them(coast_of):
    coast = coast_of(islet("Here", 2, 8, "AAA"), islet("There", -1, 11.5, "BBB"), islet("Far", 8, 2, "CCC"))
    rng = np.random.default_rng(13)
    lat, lon = rng.uniform(-9, 9, 5_000), rng.uniform(1, 19, 5_000)
    one, other, both = (
        contains(NearestNation(nations=nations, coast=coast, limit_m=1_000_000), lat, lon)
        for nations in (("AAA",), ("BBB",), ("AAA", "BBB"))
    )
    assert (both == one | other).all()


def test_nobodys_islet_takes_no_water_and_gives_none(coast_of):
    mine, rock = islet("Mine", 2, 8, "AAA"), islet("Rock", 0, 9, None)
    rng = np.random.default_rng(17)
    lat, lon = rng.uniform(-9, 9, 5_000), rng.uniform(1, 19, 5_000)
    with_rock, alone = (
        contains(NearestNation(nations=("AAA",), coast=coast_of(*features)), lat, lon)
        for features in ((mine, rock), (mine,))
    )
    assert (with_rock == alone).all()


def test_a_disputed_feature_counts_for_nobody_until_a_table_gives_it_to_one():
    shoal = catalogue.feature("scarborough_shoal")
    around = destination(shoal.lat_deg, shoal.lon_deg, np.arange(0.0, 360.0, 30.0), 5_000.0)
    disputed = NearestNation(nations=("PHL",))
    owned = NearestNation(nations=("CHN",), owners={"scarborough_shoal": "CHN"})
    assert contains(disputed, *around).all()  # nearer to Luzon than to any other undisputed coast
    assert contains(owned, *around).all()
    after = NearestNation(nations=("PHL",), owners={"scarborough_shoal": "CHN"})
    assert not contains(after, *around).any()


def test_the_coast_about_a_disputed_feature_goes_with_it():
    """Woody Island is a country's land in the coast file; the catalogue lists it, so it counts for nobody."""
    island = catalogue.feature("woody_island")
    land = load_land()
    assert float(land.distance_to_coast_m(island.lat_deg, island.lon_deg)) < FEATURE_REACH_M
    here = np.array([island.lat_deg]), np.array([island.lon_deg])
    near = NearestNation(nations=("CHN",), limit_m=50_000)
    assert not contains(near, *here).any()
    given = NearestNation(nations=("VNM",), limit_m=50_000, owners={"woody_island": "VNM"})
    assert contains(given, *here).all()


def test_the_quick_answer_is_that_of_measuring_every_point():
    from mda_sim.geo.nearest_nation import _waters

    region = NearestNation(nations=("PHL",))
    lat, lon = scattered(region, 19, 30_000)
    west, south, east, north = bounds(region)
    mapped = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
    measured = np.zeros(len(lat), np.bool_)
    measured[mapped] = _waters(region).measured(lat[mapped], lon[mapped])
    assert (contains(region, lat, lon) == measured).all()
    assert measured.any()


def test_the_area_nearest_to_a_lone_islet_is_a_disc(coast_of):
    region = NearestNation(nations=("AAA",), coast=coast_of(islet("Mine", 2, 8, "AAA")), limit_m=300_000)
    assert area_m2(region) == pytest.approx(area_m2(Circle(lat_deg=2, lon_deg=8, radius_m=300_000)), rel=0.01)


def test_a_nation_without_a_coast_is_an_error_that_names_those_with_one(coast_of):
    coast = coast_of(islet("Mine", 2, 8, "AAA"), islet("Rock", 0, 9, None))
    with pytest.raises(RunError, match="no coast of ZZZ; they name AAA"):
        contains(NearestNation(nations=("ZZZ",), coast=coast), 0.0, 8.0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "corridor", "half_width_m": 10_000}, "either lane or waypoints"),
        (
            {"kind": "corridor", "lane": "malaca", "half_width_m": 10_000},
            "no sea lane 'malaca'; did you mean 'malacca'",
        ),
        (
            {"kind": "corridor", "waypoints": [{"lat_deg": 1, "lon_deg": 2}], "half_width_m": 9e3},
            "2 waypoints at least",
        ),
        (
            {"kind": "corridor", "waypoints": [{"lat_deg": 1, "lon_deg": 2}] * 2, "half_width_m": 9e3},
            "waypoint 1 repeats",
        ),
        (
            {
                "kind": "corridor",
                "waypoints": [{"lat_deg": 1, "lon_deg": 170}, {"lat_deg": 1, "lon_deg": -170}],
                "half_width_m": 9e3,
            },
            "180th meridian",
        ),
        (
            {
                "kind": "corridor",
                "waypoints": [{"lat_deg": 80, "lon_deg": 1}, {"lat_deg": 89, "lon_deg": 2}],
                "half_width_m": 9e5,
            },
            "cannot reach a pole",
        ),
        ({"kind": "near_features", "radius_m": 1e4}, "one feature or place at least"),
        (
            {"kind": "near_features", "features": ["mischief_reaf"], "radius_m": 1e4},
            "did you mean 'mischief_reef'",
        ),
        ({"kind": "near_features", "features": ["mischief_reef"], "radius_m": 1e8}, "pole"),
        ({"kind": "nearest_nation", "nations": []}, "at least 1 item"),
        (
            {"kind": "nearest_nation", "nations": ["PHL"], "owners": {"itu_abba": "PHL"}},
            "did you mean 'itu_aba'",
        ),
    ],
)
def test_a_region_that_makes_no_sense_is_refused(wrong, says):
    with pytest.raises(ValidationError, match=says):
        TypeAdapter(Region).validate_python(wrong)


def test_an_area_is_an_outline():
    with pytest.raises(ValidationError, match="'box', 'polygon', 'circle'"):
        TypeAdapter(Area).validate_python({"kind": "corridor", "lane": "malacca", "half_width_m": 9e3})


@pytest.mark.parametrize("content", [b"", b"not a coast", b"PK\x03\x04 torn"])
def test_what_is_no_coast_file_is_refused_by_name(content, tmp_path):
    path = tmp_path / "wrong.npz"
    path.write_bytes(content)
    with pytest.raises(BadCoastFile, match=r"'wrong\.npz' is no coast file"):
        load_land(DataFile.at(path))


def test_a_coast_file_without_its_arrays_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, bounds_deg=np.zeros(4))
    with pytest.raises(BadCoastFile, match=r"'other\.npz' is no coast file"):
        load_land(DataFile.at(path))


def test_a_coast_drawn_by_hand_goes_to_a_file_and_comes_back(coast_of, tmp_path):
    square = islet("Square", 5.0, 5.0, "AAA", half_deg=1.0)
    split = [islet("Two", 0.0, lon, "BBB", half_deg=0.5) for lon in (10.0, 14.0)]
    land = load_land(coast_of(square, *split))
    assert land.bounds == (0, -10, 20, 10)
    assert dict(land.nations) == {"Square": "AAA", "Two": "BBB"}
    assert land.countries["Square"].bounds == (4, 4, 6, 6)
    assert len(land.countries["Two"].geoms) == 2  # two features of one name are one country
    assert land.is_land([5.0, 0.0, 0.0], [5.0, 10.0, 14.0]).all()
    assert not land.is_land(0.0, 12.0)
    assert bool(land.crosses(0.0, 9.0, 0.0, 11.0))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"type": "Sphere"}, "got 'Sphere'"),
        ({"type": "FeatureCollection", "features": [{"properties": {}}]}, "country 0 has no property 'name'"),
        (
            {"type": "FeatureCollection", "features": [islet("Mine", 1, 1, "aaa")]},
            "expected a nation of three capital letters",
        ),
        (
            {"type": "FeatureCollection", "features": [islet("Mine", 50, 50, "AAA")]},
            "no land inside the bounds",
        ),
        (
            {
                "type": "FeatureCollection",
                "features": [
                    {"properties": {"name": "A"}, "geometry": {"type": "Point", "coordinates": [1, 1]}}
                ],
            },
            "got 'Point'",
        ),
    ],
)
def test_a_source_that_is_no_coast_is_refused(source, says, tmp_path, capsys):
    path = tmp_path / "source.json"
    path.write_text(json.dumps(source))
    with pytest.raises(SystemExit) as ended:
        regenerate.main([str(path), "--bounds", "0", "-10", "20", "10", "--out", str(tmp_path / "out.npz")])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize("bounds_deg", [(0, 0, 0.5, 1), (10, 0, 5, 1), (0, 5, 1, 4), (170, 0, 190, 1)])
def test_bounds_are_whole_degrees_in_order(bounds_deg):
    with pytest.raises(ValueError, match="bounds are west < east"):
        regenerate.checked_bounds(bounds_deg)
