from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from mda_sim.core.errors import ShapeError
from mda_sim.geo.sphere import (
    EARTH_RADIUS_M,
    destination,
    distance_m,
    great_circle_points,
    initial_bearing_deg,
    lat_lon,
    tangents,
    unit_vectors,
)

SPHERE = Geod(a=EARTH_RADIUS_M, b=EARTH_RADIUS_M)
WGS84 = Geod(ellps="WGS84")

lats = st.floats(-89.9, 89.9)
lons = st.floats(-180, 180)
bearings = st.floats(0, 360, exclude_max=True)
distances = st.floats(1.0, 1.9e7)


def turn(a, b):
    """Smallest difference of two bearings."""
    return np.abs((np.asarray(a) - b + 180) % 360 - 180)


@pytest.fixture(scope="module")
def pairs():
    """20,000 pairs of points 1 km to 5,000 km apart, away from the poles."""
    rng = np.random.default_rng(20261122)
    n = 20_000
    lat1, lon1 = rng.uniform(-75, 75, n), rng.uniform(-180, 180, n)
    lon2, lat2, _ = WGS84.fwd(lon1, lat1, rng.uniform(0, 360, n), 10 ** rng.uniform(3, np.log10(5e6), n))
    keep = np.abs(lat2) < 75
    return lat1[keep], lon1[keep], lat2[keep], lon2[keep]


def test_distance_and_bearing_equal_those_of_an_authority_on_the_same_sphere(pairs):
    lat1, lon1, lat2, lon2 = pairs
    bearing, _, distance = SPHERE.inv(lon1, lat1, lon2, lat2)
    np.testing.assert_allclose(distance_m(*pairs), distance, atol=1e-6, rtol=0)
    assert turn(initial_bearing_deg(*pairs), bearing).max() < 1e-9


def test_destination_equals_that_of_an_authority_on_the_same_sphere(pairs):
    lat1, lon1, bearing, _ = pairs
    distance = np.linspace(10.0, 1.5e7, len(lat1))
    lon2, lat2, _ = SPHERE.fwd(lon1, lat1, bearing, distance)
    lat, lon = destination(lat1, lon1, bearing, distance)
    assert SPHERE.inv(lon, lat, lon2, lat2)[2].max() < 1e-6


def test_the_sphere_is_within_the_stated_error_of_the_ellipsoid(pairs):
    lat1, lon1, lat2, lon2 = pairs
    bearing, _, distance = WGS84.inv(lon1, lat1, lon2, lat2)
    error = np.abs(distance_m(*pairs) / distance - 1)
    assert 0.005 < error.max() < 0.0057  # a smaller maximum would mean that the wrong thing is compared
    assert error.mean() < 0.0025
    assert turn(initial_bearing_deg(*pairs), bearing).max() < 0.2


@pytest.mark.parametrize(
    ("lat1", "lon1", "lat2", "lon2", "km"),
    [
        (14.5875, 120.9675, 35.693, 139.728, 2992),  # Manila to Tokyo
        (1.25, 104.1, 20.5, 121.0, 2820),  # Singapore Strait to Luzon Strait
        (16.6, 120.29, 15.183, 117.767, 312),  # Wallace Air Station to Scarborough Shoal
        (13.83, 120.06, 15.183, 117.767, 289),  # Gozar Air Station to Scarborough Shoal
        (26.196, 127.646, 21.35, 121.65, 814),  # Naha to Bashi Channel
        (31.368, 130.845, 21.35, 121.65, 1441),  # Kanoya to Bashi Channel
        (26.196, 127.646, 15.183, 117.767, 1597),  # Naha to Scarborough Shoal
        (14.5875, 120.9675, 21.386, -157.907, 8513),  # Manila to Hawaii, across the 180th meridian
    ],
)
def test_published_distances_are_found_within_the_error_of_the_sphere(lat1, lon1, lat2, lon2, km):
    assert float(distance_m(lat1, lon1, lat2, lon2)) / 1000 == pytest.approx(km, rel=0.0056)


def test_a_degree_of_the_equator_and_a_quarter_meridian_have_their_closed_forms():
    assert float(distance_m(0, 0, 0, 1)) == pytest.approx(np.pi * EARTH_RADIUS_M / 180, rel=1e-14)
    assert float(distance_m(0, 33, 90, -70)) == pytest.approx(np.pi * EARTH_RADIUS_M / 2, rel=1e-14)


def test_opposite_points_are_half_a_circumference_apart():
    assert float(distance_m(10, 20, -10, -160)) == pytest.approx(np.pi * EARTH_RADIUS_M, abs=0.2)


def test_a_metre_is_resolved():
    lat, lon = destination(15.0, 120.0, 77.0, 1.0)
    assert float(distance_m(15.0, 120.0, lat, lon)) == pytest.approx(1.0, abs=1e-8)
    assert float(initial_bearing_deg(15.0, 120.0, lat, lon)) == pytest.approx(77.0, abs=1e-6)


@given(lats, lons, bearings, distances)
def test_going_somewhere_takes_the_distance_and_starts_on_the_bearing(lat, lon, bearing, distance):
    lat2, lon2 = destination(lat, lon, bearing, distance)
    assert abs(lat2) <= 90
    assert abs(lon2) <= 180
    assert float(distance_m(lat, lon, lat2, lon2)) == pytest.approx(distance, abs=1e-6)
    if min(distance, np.pi * EARTH_RADIUS_M - distance) > 1000:
        assert turn(initial_bearing_deg(lat, lon, lat2, lon2), bearing) < 1e-6


@given(lats, lons, bearings, distances)
def test_a_negative_distance_is_the_way_back(lat, lon, bearing, distance):
    ahead = unit_vectors(*destination(lat, lon, bearing, distance))
    behind = unit_vectors(*destination(lat, lon, (bearing + 180) % 360, -distance))
    np.testing.assert_allclose(ahead, behind, atol=1e-12)


@given(lats, lons, lats, lons)
def test_distance_is_symmetric(lat1, lon1, lat2, lon2):
    assert distance_m(lat1, lon1, lat2, lon2) == distance_m(lat2, lon2, lat1, lon1)


@given(lats, lons)
def test_unit_vectors_have_length_one_and_turn_back_into_their_points(lat, lon):
    vector = unit_vectors(lat, lon)
    assert np.sqrt((vector**2).sum()) == pytest.approx(1.0, abs=1e-15)
    lat2, lon2 = lat_lon(vector)
    assert float(lat2) == pytest.approx(lat, abs=1e-12)
    assert turn(lon2, lon) < 1e-10


@given(lats, lons, bearings)
def test_tangents_are_unit_vectors_at_right_angles_to_their_point(lat, lon, bearing):
    tangent = tangents(lat, lon, bearing)
    assert (tangent**2).sum() == pytest.approx(1.0, abs=1e-14)
    assert (tangent * unit_vectors(lat, lon)).sum() == pytest.approx(0.0, abs=1e-15)


@given(lats, lons, lats, lons, st.integers(2, 30))
def test_great_circle_points_are_evenly_spaced_and_keep_their_ends(lat1, lon1, lat2, lon2, n):
    length = float(distance_m(lat1, lon1, lat2, lon2))
    if np.pi * EARTH_RADIUS_M - length < 1000:
        return  # no single great circle joins opposite points
    lat, lon = great_circle_points(lat1, lon1, lat2, lon2, n)
    assert lat.shape == lon.shape == (n,)
    assert (lat[0], lon[0], lat[-1], lon[-1]) == (lat1, lon1, lat2, lon2)
    steps = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    np.testing.assert_allclose(steps, length / (n - 1), atol=0.01)


def test_many_great_circles_at_once_equal_one_at_a_time():
    lat, lon = great_circle_points([0.0, 10.0], [100.0, 110.0], 30.0, [120.0, 130.0], 5)
    assert lat.shape == (2, 5)
    alone = great_circle_points(10.0, 110.0, 30.0, 130.0, 5)
    np.testing.assert_array_equal((lat[1], lon[1]), alone)


def test_arguments_broadcast_and_those_that_cannot_are_named():
    assert distance_m(np.zeros((4, 1)), 0.0, np.ones(3), 1.0).shape == (4, 3)
    assert unit_vectors(np.zeros((2, 5)), 1.0).shape == (2, 5, 3)
    with pytest.raises(ShapeError, match=r"\(2,\), \(3,\)"):
        unit_vectors([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match="length 3"):
        lat_lon([[1.0, 0.0]])
    with pytest.raises(ShapeError, match="n >= 2"):
        great_circle_points(0, 0, 1, 1, 1)
