from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.geo.sphere import (
    EARTH_RADIUS_M,
    destination,
    distance_m,
    initial_bearing_deg,
    tangents,
    unit_vectors,
)
from mda_sim.geo.sphere_kernels import arc_m, bearing_rad, position


@pytest.fixture(scope="module")
def pairs():
    rng = np.random.default_rng(7)
    lat1, lon1 = rng.uniform(-80, 80, 500), rng.uniform(-180, 180, 500)
    lat2, lon2 = destination(lat1, lon1, rng.uniform(0, 360, 500), 10 ** rng.uniform(0, 7.2, 500))
    return lat1, lon1, lat2, lon2


def test_arc_agrees_with_numpy(pairs):
    a, b = unit_vectors(*pairs[:2]), unit_vectors(*pairs[2:])
    arcs = np.array([arc_m(*p, *q) for p, q in zip(a, b, strict=True)])
    np.testing.assert_allclose(arcs, distance_m(*pairs), rtol=1e-9, atol=1e-8)


def test_bearing_agrees_with_numpy(pairs):
    a, b = unit_vectors(*pairs[:2]), unit_vectors(*pairs[2:])
    compiled = np.degrees([bearing_rad(*p, *q) for p, q in zip(a, b, strict=True)])
    expected = initial_bearing_deg(*pairs)
    far = distance_m(*pairs) > 1000
    apart = np.abs((compiled - expected + 180) % 360 - 180)
    assert apart[far].max() < 1e-9
    assert apart.max() < 1e-6  # a unit vector places a point to 1e-9 m, so short bearings are coarser
    assert compiled.min() >= 0
    assert compiled.max() < 360


def test_position_on_a_leg_agrees_with_numpy():
    rng = np.random.default_rng(8)
    for _ in range(200):
        lat, lon, bearing = rng.uniform(-70, 70), rng.uniform(-180, 180), rng.uniform(0, 360)
        speed_mps, dt_s = rng.uniform(0.1, 15), rng.uniform(0, 9 * 86400)
        a, b = unit_vectors(lat, lon), tangents(lat, lon, bearing)
        got = position(*a, *b, speed_mps / EARTH_RADIUS_M, dt_s)
        expected = unit_vectors(*destination(lat, lon, bearing, speed_mps * dt_s))
        np.testing.assert_allclose(got, expected, atol=1e-9 / 6, rtol=0)


def test_a_stationary_target_stays():
    a, b = unit_vectors(15.0, 120.0), tangents(15.0, 120.0, 33.0)
    assert position(*a, *b, 0.0, 1e6) == tuple(a)


def test_the_four_cardinal_bearings_are_exact():
    origin = (1.0, 0.0, 0.0)
    for bearing, point in {
        0.0: (0.0, 0.0, 1.0),
        math.pi / 2: (0.0, 1.0, 0.0),
        math.pi: (0.0, 0.0, -1.0),
        3 * math.pi / 2: (0.0, -1.0, 0.0),
    }.items():
        assert bearing_rad(*origin, *point) == bearing


def test_coinciding_points_are_at_distance_and_bearing_zero():
    point = unit_vectors(15.0, 120.0)
    assert arc_m(*point, *point) == 0.0
    assert bearing_rad(*point, *point) == 0.0
