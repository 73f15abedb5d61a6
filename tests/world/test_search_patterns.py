"""Search patterns: shapes, lengths and what they leave uncovered, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.geo.regions import contains
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, great_circle_points, initial_bearing_deg
from mda_sim.world.platforms import SearchSpec
from mda_sim.world.search_patterns import MOST_TRACKS, middle_of, search_pattern

DEG_M = math.radians(1.0) * EARTH_RADIUS_M
SHORT_M, LONG_M = 0.5 * DEG_M, 1.0 * DEG_M
RECTANGLE = {"kind": "box", "lat_min_deg": -0.25, "lat_max_deg": 0.25, "lon_min_deg": 114, "lon_max_deg": 115}
CIRCLE = {"kind": "circle", "lat_deg": 12.0, "lon_deg": 115.0, "radius_m": 60_000.0}
ELL = {
    "kind": "polygon",
    "points": [
        {"lat_deg": lat, "lon_deg": lon}
        for lat, lon in ((10, 112), (10, 116), (11, 116), (11, 113), (14, 113), (14, 112))
    ],
}
PATTERNS = ("ladder", "expanding_square", "racetrack", "barrier")


def laid_out(pattern, region=CIRCLE, spacing_m=10_000.0, course_deg=0.0, usable=None):
    search = {"region": region, "pattern": pattern, "spacing_m": spacing_m, "course_deg": course_deg}
    return search_pattern(SearchSpec.model_validate(search), usable)


def legs_m(found):
    return distance_m(found.lat_deg[:-1], found.lon_deg[:-1], found.lat_deg[1:], found.lon_deg[1:])


def courses_deg(found):
    return initial_bearing_deg(found.lat_deg[:-1], found.lon_deg[:-1], found.lat_deg[1:], found.lon_deg[1:])


def off_course_deg(courses, course_deg):
    return np.abs((courses - course_deg + 180.0) % 360.0 - 180.0)


def farthest_m(found, region, n=4000):
    """Greatest distance from random points of a region to the tracks, sampled every 50 m or so."""
    rng = np.random.default_rng(5)
    spec = SearchSpec.model_validate({"region": region}).region
    west, south, east, north = spec.bounds_deg()
    lat, lon = rng.uniform(south, north, n), rng.uniform(west, east, n)
    inside = contains(spec, lat, lon)
    lat, lon = lat[inside], lon[inside]
    nearest = np.full(len(lat), np.inf)
    for k in range(len(found.lat_deg) - 1):
        ends = (found.lat_deg[k], found.lon_deg[k], found.lat_deg[k + 1], found.lon_deg[k + 1])
        on_lat, on_lon = great_circle_points(*ends, int(float(distance_m(*ends)) / 200) + 2)
        nearest = np.minimum(nearest, distance_m(lat[:, None], lon[:, None], on_lat, on_lon).min(axis=1))
    return float(nearest.max())


@pytest.mark.parametrize(("course_deg", "spacing_m"), [(0.0, 12_000.0), (90.0, 12_000.0), (270.0, 7_300.0)])
def test_a_ladder_leaves_no_point_of_a_rectangle_farther_than_half_a_spacing(course_deg, spacing_m):
    found = laid_out("ladder", RECTANGLE, spacing_m, course_deg)
    # Points are compared with tracks sampled every 200 m.
    farthest = farthest_m(found, RECTANGLE)
    assert farthest <= math.hypot(spacing_m / 2, 100.0) * (1 + 1e-4)
    assert farthest > 0.45 * spacing_m


@pytest.mark.parametrize("region", [CIRCLE, ELL])
@pytest.mark.parametrize("course_deg", [0.0, 37.0])
def test_a_ladder_leaves_no_point_of_any_region_farther_than_a_spacing(region, course_deg):
    spacing_m = 15_000.0
    assert farthest_m(laid_out("ladder", region, spacing_m, course_deg), region, 1500) <= 1.01 * spacing_m


def test_the_length_of_a_ladder_of_a_rectangle_is_as_of_the_closed_form():
    spacing_m = 10_000.0
    n = math.ceil(LONG_M / spacing_m)
    found = laid_out("ladder", RECTANGLE, spacing_m, 0.0)
    assert len(found.lat_deg) == 2 * n
    assert legs_m(found).sum() == pytest.approx(n * SHORT_M + (n - 1) * spacing_m, rel=1e-4)
    creeping = laid_out("ladder", RECTANGLE, spacing_m, 90.0)
    n = math.ceil(SHORT_M / spacing_m)
    assert legs_m(creeping).sum() == pytest.approx(n * LONG_M + (n - 1) * spacing_m, rel=1e-4)


def test_the_tracks_of_a_ladder_of_a_circle_are_its_chords():
    spacing_m, radius_m = 8_000.0, CIRCLE["radius_m"]
    found = laid_out("ladder", CIRCLE, spacing_m, 63.0)
    n = math.ceil(2 * radius_m / spacing_m)
    aside_m = (np.arange(n) - (n - 1) / 2) * spacing_m
    chords_m = 2 * np.sqrt(radius_m**2 - aside_m**2)
    assert legs_m(found)[::2] == pytest.approx(chords_m, rel=1e-4)
    assert off_course_deg(courses_deg(found)[::4], 63.0).max() < 0.3
    assert off_course_deg(courses_deg(found)[2::4], 243.0).max() < 0.3
    assert found.goes_back


def test_an_expanding_square_has_legs_of_1_1_2_2_3_3_spacings_and_turns_to_the_right():
    spacing_m = 7_000.0
    found = laid_out("expanding_square", CIRCLE, spacing_m, 20.0)
    lengths = legs_m(found)
    whole = len(lengths) - 1
    assert whole >= 9
    assert lengths[:whole] == pytest.approx((np.arange(whole) // 2 + 1) * spacing_m, rel=1e-4)
    assert lengths[whole] < (whole // 2 + 1) * spacing_m
    assert off_course_deg(courses_deg(found), 20.0 + 90.0 * np.arange(whole + 1)).max() < 0.3
    assert (found.lat_deg[0], found.lon_deg[0]) == pytest.approx((12.0, 115.0))
    assert distance_m(12.0, 115.0, found.lat_deg[-1], found.lon_deg[-1]) == pytest.approx(60_000, abs=0.1)
    assert not found.goes_back


def test_a_racetrack_is_two_chords_a_spacing_apart():
    spacing_m, radius_m = 20_000.0, CIRCLE["radius_m"]
    found = laid_out("racetrack", CIRCLE, spacing_m, 110.0)
    chord_m = 2 * math.sqrt(radius_m**2 - spacing_m**2 / 4)
    assert legs_m(found) == pytest.approx([chord_m, spacing_m, chord_m], rel=1e-4)
    assert off_course_deg(courses_deg(found), np.array([110.0, 200.0, 290.0])).max() < 0.2
    assert not found.goes_back


@pytest.mark.parametrize("course_deg", [0.0, 45.0, 200.0])
def test_a_barrier_is_the_line_through_the_middle(course_deg):
    found = laid_out("barrier", CIRCLE, course_deg=course_deg)
    assert legs_m(found) == pytest.approx([2 * CIRCLE["radius_m"]], rel=1e-6)
    halfway = great_circle_points(*(a[k] for k in (0, 1) for a in found[:2]), 3)
    assert (halfway[0][1], halfway[1][1]) == pytest.approx((12.0, 115.0), abs=1e-6)
    assert off_course_deg(courses_deg(found), course_deg).max() < 0.3
    assert found.goes_back


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(
    "region",
    [
        RECTANGLE,
        ELL,
        {"kind": "near_features", "features": ["scarborough_shoal"], "radius_m": 90_000.0},
        {"kind": "named_area", "area": "gulf_of_thailand"},
    ],
    ids=lambda region: region["kind"],
)
def test_all_waypoints_lie_in_the_region(pattern, region):
    spec = SearchSpec.model_validate({"region": region}).region
    if pattern == "expanding_square" and not contains(spec, *middle_of(spec)):
        with pytest.raises(RunError, match="middle of the search region"):
            laid_out(pattern, region, 15_000.0, 50.0)
        return
    found = laid_out(pattern, region, 15_000.0, 50.0)
    # Points lie on the rim to within the bisection; the plane and back costs some 1e-9 degrees.
    assert contains(spec, found.lat_deg, found.lon_deg).all()
    assert len(found.lat_deg) >= 2


def test_what_waypoints_may_not_use_cuts_tracks_into_pieces():
    def not_the_middle(lat, lon):
        return np.abs(lat) > 0.05

    found = laid_out("ladder", RECTANGLE, 10_000.0, 0.0, not_the_middle)
    n = math.ceil(LONG_M / 10_000.0)
    assert len(found.lat_deg) == 4 * n
    assert np.abs(found.lat_deg).min() == pytest.approx(0.05, abs=1e-6)
    assert legs_m(found)[0] == pytest.approx(0.2 * DEG_M, rel=1e-4)
    with pytest.raises(RunError, match="at sea"):
        laid_out("barrier", RECTANGLE, usable=lambda lat, lon: np.zeros(lat.shape, np.bool_))


def test_a_finer_spacing_is_never_shorter_and_a_turned_circle_is_as_long():
    lengths = [legs_m(laid_out("ladder", CIRCLE, s)).sum() for s in (40e3, 20e3, 10e3, 5e3)]
    assert (np.diff(lengths) > 0).all()
    turned = [legs_m(laid_out("ladder", CIRCLE, 9e3, c)).sum() for c in (0.0, 77.0, 180.0, 301.0)]
    assert turned == pytest.approx([turned[0]] * 4, rel=1e-4)


@pytest.mark.parametrize("pattern", ["ladder", "expanding_square"])
def test_too_many_tracks_are_refused(pattern):
    huge = {"kind": "circle", "lat_deg": 5.0, "lon_deg": 115.0, "radius_m": 3_000e3}
    with pytest.raises(RunError, match=f"{MOST_TRACKS:,}"):
        laid_out(pattern, huge, 500.0)
