from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mda_sim.core.errors import ShapeError
from mda_sim.geo.regions import Box, Circle, Point, Polygon, Region, area_m2, bounds, contains, widened
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m

BOX = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)
CIRCLE = Circle(lat_deg=15.183, lon_deg=117.767, radius_m=60_000.0)


def polygon(*corners):
    return Polygon(points=tuple(Point(lon_deg=lon, lat_deg=lat) for lon, lat in corners))


def as_polygon(box):
    west, south, east, north = bounds(box)
    return polygon((west, south), (east, south), (east, north), (west, north))


CONCAVE = polygon((110, 5), (120, 5), (120, 15), (115, 8), (110, 15))

boxes = st.builds(
    lambda south, west, height, width: Box(
        lat_min_deg=south, lat_max_deg=south + height, lon_min_deg=west, lon_max_deg=west + width
    ),
    st.floats(-80, 60),
    st.floats(-179, 120),
    st.floats(0.01, 19),
    st.floats(0.01, 50),
)
circles = st.builds(
    lambda lat, lon, radius: Circle(lat_deg=lat, lon_deg=lon, radius_m=radius),
    st.floats(-60, 60),
    st.floats(-140, 140),
    st.floats(1.0, 2e6),
)
places = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def test_a_region_is_told_apart_by_its_kind():
    read = TypeAdapter(Region).validate_python
    assert read({"kind": "circle", "lat_deg": 15.183, "lon_deg": 117.767, "radius_m": 60_000}) == CIRCLE
    assert read({"kind": "box", **BOX.model_dump(exclude={"kind"})}) == BOX
    corners = [{"lat_deg": p.lat_deg, "lon_deg": p.lon_deg} for p in CONCAVE.points]
    assert read({"kind": "polygon", "points": corners}) == CONCAVE
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        read({"kind": "ellipse", "lat_deg": 1.0})


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Box(lat_min_deg=5, lat_max_deg=5, lon_min_deg=1, lon_max_deg=2), "lat_min_deg must be less"),
        (lambda: Box(lat_min_deg=4, lat_max_deg=5, lon_min_deg=170, lon_max_deg=-170), "180th meridian"),
        (lambda: Box(lat_min_deg=-91, lat_max_deg=5, lon_min_deg=1, lon_max_deg=2), "greater than or equal"),
        (lambda: polygon((0, 0), (1, 1)), "at least 3 items"),
        (lambda: polygon((0, 0), (1, 1), (1, 0), (0, 1)), "edge after point 0 meets the edge after point 2"),
        (lambda: polygon((0, 0), (1, 0), (2, 0)), "meets the edge"),  # no area
        (lambda: polygon((0, 0), (4, 0), (4, 4), (4, 1)), "meets the edge"),  # runs back along itself
        (
            lambda: polygon((4, 1), (0, 0), (4, 0), (4, 4)),
            "meets the edge",
        ),  # the same, over the closing edge
        (lambda: polygon((0, 0), (4, 0), (2, 2), (2, 0)), "meets the edge"),  # a corner touches an edge
        (lambda: polygon((0, 0), (1, 0), (1, 1), (0, 0)), "the ring closes itself"),
        (lambda: polygon((0, 0), (0, 0), (1, 0), (1, 1)), "point 1 repeats"),
        (lambda: Circle(lat_deg=0, lon_deg=0, radius_m=0), "greater than 0"),
        (lambda: Circle(lat_deg=89.9, lon_deg=0, radius_m=20_000), "cannot reach a pole"),
        (lambda: Circle(lat_deg=0, lon_deg=179.9, radius_m=20_000), "180th meridian"),
        (lambda: Circle(lat_deg=float("nan"), lon_deg=0, radius_m=1), "finite"),
        (lambda: polygon((170, 0), (-170, 5), (170, 5)), "after point 0 spans 340 degrees of longitude"),
        (lambda: Box(lat_min_deg=5, lat_max_deg=5 + 1e-12, lon_min_deg=1, lon_max_deg=2), "at least 1 m2"),
        (lambda: polygon((1, 5), (1 + 1e-9, 5), (1, 5 + 1e-9)), "at least 1 m2"),
        (lambda: Circle(lat_deg=5, lon_deg=1, radius_m=0.1), "this one has 0.0314 m2"),
    ],
)
def test_a_region_that_makes_no_sense_is_refused_with_the_reason(build, says):
    with pytest.raises(ValidationError, match=says):
        build()


@given(st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=3, max_size=7))
def test_the_test_for_simple_rings_agrees_with_shapely(corners):
    try:
        polygon(*corners)
    except ValidationError:
        simple = False
    else:
        simple = True
    ring = shapely.LinearRing(corners)
    repeats = any(corners[i] == corners[i - 1] for i in range(len(corners)))
    assert simple == (not repeats and ring.is_simple and shapely.Polygon(corners).is_valid)


def test_a_box_holds_its_southern_and_western_edges_only():
    assert contains(BOX, [3.0, 26.0, 10.0, 10.0], [110.0, 110.0, 105.0, 127.0]).tolist() == [
        True,
        False,
        True,
        False,
    ]


@given(boxes, st.lists(places, min_size=1, max_size=20))
def test_a_box_and_the_polygon_of_its_corners_hold_the_same_points(box, points):
    west, south, east, north = bounds(box)
    corners = [(south, west), (south, east), (north, west), (north, east), ((south + north) / 2, west)]
    lat, lon = np.array(points + corners).T
    np.testing.assert_array_equal(contains(box, lat, lon), contains(as_polygon(box), lat, lon))


def test_points_on_a_shared_slanted_edge_are_in_exactly_one_polygon():
    left = polygon((110.0, 5.0), (117.3, 5.0), (113.1, 19.7))
    right = polygon((117.3, 5.0), (121.0, 21.0), (113.1, 19.7))
    share = np.linspace(0, 1, 1001)[1:-1]
    lat, lon = 5.0 + share * 14.7, 117.3 + share * (113.1 - 117.3)
    np.testing.assert_array_equal(contains(left, lat, lon) ^ contains(right, lat, lon), True)


def test_a_concave_polygon_holds_what_shapely_says_it_holds():
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(4, 16, 5000), rng.uniform(109, 121, 5000)
    shape = shapely.Polygon([(p.lon_deg, p.lat_deg) for p in CONCAVE.points])
    expected = shapely.contains_xy(shape, lon, lat)
    assert 0.2 < expected.mean() < 0.8
    np.testing.assert_array_equal(contains(CONCAVE, lat, lon), expected)
    reverse = Polygon(points=CONCAVE.points[::-1])
    np.testing.assert_array_equal(contains(reverse, lat, lon), expected)


def test_a_circle_ends_at_its_radius():
    inside = destination(CIRCLE.lat_deg, CIRCLE.lon_deg, np.arange(360.0), 59_999.0)
    outside = destination(CIRCLE.lat_deg, CIRCLE.lon_deg, np.arange(360.0), 60_001.0)
    assert contains(CIRCLE, *inside).all()
    assert not contains(CIRCLE, *outside).any()


@pytest.mark.parametrize("region", [BOX, CIRCLE, CONCAVE])
def test_a_vessel_that_is_absent_is_nowhere(region):
    assert contains(region, [np.nan, 10.0, np.nan], [115.0, np.nan, np.nan]).tolist() == [False] * 3


def test_shapes_broadcast_or_are_named():
    assert contains(CONCAVE, np.zeros((4, 1)), np.zeros(3)).shape == (4, 3)
    assert contains(BOX, 10.0, 110.0).shape == ()
    with pytest.raises(ShapeError, match=r"\(2,\), \(3,\)"):
        contains(BOX, [1.0, 2.0], [1.0, 2.0, 3.0])


def test_an_octant_and_a_hemisphere_have_their_closed_forms():
    octant = Box(lat_min_deg=0, lat_max_deg=90, lon_min_deg=0, lon_max_deg=90)
    assert area_m2(octant) == pytest.approx(np.pi * EARTH_RADIUS_M**2 / 2, rel=1e-14)
    cap = Circle(lat_deg=0, lon_deg=0, radius_m=EARTH_RADIUS_M * np.pi / 3)
    assert area_m2(cap) == pytest.approx(np.pi * EARTH_RADIUS_M**2, rel=1e-14)


@given(boxes)
def test_a_box_and_the_polygon_of_its_corners_have_the_same_area(box):
    assert area_m2(as_polygon(box)) == pytest.approx(area_m2(box), rel=1e-9)


def test_a_polygon_with_slanted_edges_has_the_area_of_its_sum_of_thin_boxes():
    edges = np.linspace(5, 15, 200_001)
    mid = np.radians((edges[1:] + edges[:-1]) / 2)
    degrees = np.degrees(mid)
    width = np.where(degrees > 8, 10 - 10 * (degrees - 8) / 7, 10.0)
    thin = EARTH_RADIUS_M**2 * np.radians(width) * np.cos(mid) * np.radians(np.diff(edges))
    assert area_m2(CONCAVE) == pytest.approx(thin.sum(), rel=1e-9)


def test_a_circle_has_the_share_of_random_points_that_it_should():
    rng = np.random.default_rng(11)
    n = 200_000
    west, south, east, north = bounds(CIRCLE)
    around = Box(lat_min_deg=south, lat_max_deg=north, lon_min_deg=west, lon_max_deg=east)
    lat = np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(south)), np.sin(np.radians(north)), n)))
    share = area_m2(CIRCLE) / area_m2(around)
    got = contains(CIRCLE, lat, rng.uniform(west, east, n)).mean()
    assert got == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / n))


@given(circles)
def test_the_bounds_of_a_circle_hold_its_rim_and_touch_it(circle):
    west, south, east, north = bounds(circle)
    lat, lon = destination(circle.lat_deg, circle.lon_deg, np.arange(0, 360, 0.05), circle.radius_m)
    slack = 1e-9 + 2e-6 * (east - west)
    assert lat.min() >= south - slack
    assert lat.max() <= north + slack
    assert lon.min() >= west - slack
    assert lon.max() <= east + slack
    assert (lon.max(), lon.min()) == pytest.approx((east, west), abs=slack)
    assert (lat.max(), lat.min()) == pytest.approx((north, south), abs=slack)


@given(st.one_of(boxes, circles), st.floats(0.0, 1e6), st.floats(0, 360), st.floats(0, 1), st.floats(0, 1))
def test_a_widened_region_holds_all_points_within_the_distance(region, by_m, bearing, share_lat, share_lon):
    west, south, east, north = bounds(region)
    assume(west > -140)
    assume(east < 140)
    lat, lon = destination(
        south + share_lat * (north - south), west + share_lon * (east - west), bearing, by_m * 0.999999
    )
    wide = bounds(widened(region, by_m))
    slack = 1e-9
    assert wide[0] - slack <= float(lon) <= wide[2] + slack
    assert wide[1] - slack <= float(lat) <= wide[3] + slack


def test_widening_by_200_km_moves_each_edge_by_200_km_or_little_more():
    wide = widened(BOX, 200_000.0)
    assert float(distance_m(wide.lat_min_deg, 110, BOX.lat_min_deg, 110)) == pytest.approx(200_000)
    assert float(distance_m(BOX.lat_max_deg, BOX.lon_max_deg, BOX.lat_max_deg, wide.lon_max_deg)) == (
        pytest.approx(200_000, rel=1e-3)
    )
    assert bounds(widened(BOX, 0.0)) == bounds(BOX)


def test_widening_stops_at_the_edge_of_the_map_and_never_shrinks():
    wide = widened(Box(lat_min_deg=80, lat_max_deg=89, lon_min_deg=-170, lon_max_deg=0), 500_000.0)
    assert (wide.lat_max_deg, wide.lon_min_deg, wide.lon_max_deg) == (90, -180, 180)
    with pytest.raises(ValueError, match="0 m or more"):
        widened(BOX, -1.0)


def test_regions_load_no_heavy_package():
    code = (
        "import sys, mda_sim.geo.regions, mda_sim.geo.coast;"
        "print(sorted({'numba', 'scipy', 'shapely', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
