"""Great-circle legs against the sphere and against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.core.time import US_PER_H
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, great_circle_points, lat_lon
from mda_sim.world.legs import LEGS, clip_legs, legs_between, legs_from_waypoints

latitude = st.floats(-60, 60)
longitude = st.floats(-170, 170)


def ends(legs, name):
    return np.stack([legs[f"{name}{axis}"] for axis in "xyz"], axis=1)


def at_end(legs):
    angle = (legs["w_rad_s"] * (legs["t_to_us"] - legs["t_from_us"]) / 1e6)[:, None]
    return ends(legs, "a") * np.cos(angle) + ends(legs, "b") * np.sin(angle)


@given(latitude, longitude, latitude, longitude, st.floats(0.5, 15.0))
def test_a_leg_takes_its_great_circle_distance_over_its_speed(lat1, lon1, lat2, lon2, speed_mps):
    wanted_m = float(distance_m(lat1, lon1, lat2, lon2))
    if not 100.0 < wanted_m < 15e6:
        return
    legs = legs_from_waypoints([lat1, lat2], [lon1, lon2], 7, speed_mps)
    assert legs["t_from_us"][0] == 7
    assert legs["t_to_us"][0] - 7 == pytest.approx(wanted_m / speed_mps * 1e6, abs=2)
    lat, lon = lat_lon(at_end(legs))
    assert distance_m(lat, lon, lat2, lon2)[0] < 0.01


@example(lat1=0.0, lon1=0.0, lat2=0.0, lon2=5.5e-156)
@given(latitude, longitude, latitude, longitude)
def test_tangents_are_unit_vectors_at_right_angles_to_positions(lat1, lon1, lat2, lon2):
    legs = legs_between([lat1, lat2], [lon1, lon2], [0, US_PER_H])
    a, b = ends(legs, "a"), ends(legs, "b")
    assert np.sum(a * a) == pytest.approx(1.0, abs=1e-12)
    assert np.sum(b * b) == pytest.approx(1.0, abs=1e-12)
    assert np.sum(a * b) == pytest.approx(0.0, abs=1e-9)


def test_the_middle_of_a_leg_is_the_middle_of_the_great_circle():
    legs = legs_from_waypoints([1.2, 22.1], [104.0, 114.2], 0, 8.0)
    half = clip_legs(legs, int(legs["t_to_us"][0]) // 2, int(legs["t_to_us"][0]))
    lat, lon = lat_lon(ends(half, "a"))
    mid_lat, mid_lon = great_circle_points(1.2, 104.0, 22.1, 114.2, 3)
    assert distance_m(lat[0], lon[0], mid_lat[1], mid_lon[1]) < 1.0


def test_consecutive_legs_join_within_a_millimetre_and_without_a_gap_in_time():
    rng = np.random.Generator(np.random.PCG64(1))
    legs = legs_from_waypoints(rng.uniform(0, 30, 40), rng.uniform(105, 130, 40), 0, 6.3)
    gap = at_end(legs)[:-1] - ends(legs, "a")[1:]
    assert np.abs(gap).max() * EARTH_RADIUS_M < 1e-3
    assert (legs["t_to_us"][:-1] == legs["t_from_us"][1:]).all()
    assert legs["speed_mps"] == pytest.approx(6.3, rel=1e-6)


def test_each_vessel_has_its_own_start_and_speed():
    target = [0, 0, 0, 5, 5]
    legs = legs_from_waypoints([0, 1, 2, 0, 1], [105] * 5, [0, 1_000_000], [5.0, 10.0], target)
    assert legs["target"].tolist() == [0, 0, 5]
    assert legs["t_from_us"].tolist() == [0, legs["t_to_us"][0], 1_000_000]
    degree_s = math.radians(1) * EARTH_RADIUS_M / 10.0
    assert legs["t_to_us"][2] == pytest.approx(1e6 + degree_s * 1e6, abs=2)


def test_equal_places_make_a_stationary_leg_with_finite_direction():
    legs = legs_between([10.0, 10.0, 90.0, 90.0], [115.0, 115.0, 0, 0], [0, 5, 5, 9], [0, 0, 1, 1])
    assert legs["w_rad_s"].tolist() == [0.0, 0.0]
    assert np.isfinite(ends(legs, "b")).all()


def test_clipping_cuts_times_and_keeps_the_path():
    whole = legs_from_waypoints([5.0, 10.0, 12.0], [110.0, 112.0, 118.0], 0, 7.0)
    end_us = int(whole["t_to_us"][-1])
    kept = clip_legs(whole, end_us // 5, end_us // 2)
    assert kept["t_from_us"][0] == end_us // 5
    assert kept["t_to_us"][-1] == end_us // 2
    dt_s = (end_us // 5) / 1e6
    expected = ends(whole, "a")[0] * math.cos(whole["w_rad_s"][0] * dt_s)
    expected += ends(whole, "b")[0] * math.sin(whole["w_rad_s"][0] * dt_s)
    assert ends(kept, "a")[0] == pytest.approx(expected, abs=1e-14)
    assert len(clip_legs(whole, end_us, end_us + 5)) == 0


def test_a_later_end_changes_no_leg_before_the_earlier_end():
    whole = legs_from_waypoints([5.0, 10.0, 12.0], [110.0, 112.0, 118.0], -US_PER_H, 7.0)
    short, long = clip_legs(whole, 0, 30 * US_PER_H), clip_legs(whole, 0, 40 * US_PER_H)
    for column in LEGS.columns:
        if column.name != "t_to_us":
            assert np.array_equal(short[column.name], long[column.name][: len(short)])


def test_bad_waypoints_are_refused():
    with pytest.raises(ShapeError, match="sorted by target"):
        legs_between([0, 1], [0, 1], [5, 4])
    with pytest.raises(ShapeError, match="equal rows"):
        legs_between([0, 1], [0], [5, 6])
    with pytest.raises(ValueError, match="must be positive"):
        legs_from_waypoints([0, 1], [0, 1], 0, 0.0)
