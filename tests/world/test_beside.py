"""Ships beside lanes: where their waypoints lie, and that they are clear where the lane is."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, great_circle_points
from mda_sim.world.beside import waypoints_beside
from mda_sim.world.lane_laying import build_lanes
from mda_sim.world.lanes import Lane

FAR_M = 1e6


def lane(lat, lon, clearance_m):
    return Lane(np.array(lat, float), np.array(lon, float), np.array(clearance_m, float))


def test_a_ship_to_the_right_of_an_eastward_lane_lies_south_of_it():
    lat, lon, ship = waypoints_beside([lane([0, 0], [130, 140], [FAR_M])], np.array([0]), np.array([3000.0]))
    assert np.radians(-lat) * EARTH_RADIUS_M == pytest.approx([3000.0, 3000.0], abs=1e-6)
    assert lon == pytest.approx([130, 140], abs=1e-9)
    assert ship.tolist() == [0, 0]


def test_at_a_turn_a_ship_passes_half_way_between_the_courses():
    turns = lane([0, 0, 1], [130, 131, 131], [FAR_M, FAR_M])
    lat, lon, _ = waypoints_beside([turns], np.array([0]), np.array([1000.0]))
    south_m, east_m = np.radians(-lat[1]) * EARTH_RADIUS_M, np.radians(lon[1] - 131) * EARTH_RADIUS_M
    assert (south_m, east_m) == pytest.approx((1000 / np.sqrt(2), 1000 / np.sqrt(2)), rel=1e-3)


def test_the_tighter_of_the_legs_that_meet_binds_and_ships_of_many_lanes_come_in_order():
    lanes = [lane([0, 0, 0], [130, 131, 132], [4000, 0]), lane([5, 5], [130, 131], [FAR_M])]
    lat, _, ship = waypoints_beside(lanes, np.array([1, 0]), np.array([-7000.0, 9000.0]))
    assert ship.tolist() == [0, 0, 1, 1, 1]
    off_m = np.radians(lat - [5, 5, 0, 0, 0]) * EARTH_RADIUS_M
    assert off_m == pytest.approx([7000, 7000, -2000, 0, 0], abs=0.01)


def test_no_ship_meets_what_its_lane_is_clear_of(island):
    ports = {"west": (5.1, 130.0), "east": (5.0, 137.0), "south": (1.0, 134.0), "north": (8.5, 136.0)}
    pairs = [("east", "west"), ("north", "south"), ("south", "west"), ("east", "north")]
    lanes = list(build_lanes(ports, pairs, island).lanes.values())
    rng = np.random.default_rng(5)
    which = rng.integers(0, len(lanes), 3000)
    lat, lon, ship = waypoints_beside(lanes, which, rng.normal(0.0, 30_000.0, 3000))
    same = ship[1:] == ship[:-1]
    ends = lat[:-1][same], lon[:-1][same], lat[1:][same], lon[1:][same]
    assert not island.crosses_great_circle(*ends).any()
    tightest_m = min(float(one.clearance_m.min()) for one in lanes)
    assert island.distance_to_coast_m(lat, lon).min() < tightest_m + 1000.0


def test_neighbouring_great_circles_deviate_less_than_the_bound():
    rng = np.random.default_rng(6)
    half_m = 10_000.0
    for length_deg in (5.0, 30.0, 60.0, 110.0):
        turn = np.radians(rng.uniform(0, 360, (2, 200)))
        ends_lat = np.degrees(half_m / EARTH_RADIUS_M * np.cos(turn))
        ends_lon = np.degrees(half_m / EARTH_RADIUS_M * np.sin(turn)) + np.array([[0.0], [length_deg]])
        lat, lon = great_circle_points(ends_lat[0], ends_lon[0], ends_lat[1], ends_lon[1], 101)
        on_lane = np.clip(lon, 0.0, length_deg)
        off_m = distance_m(lat, lon, 0.0, on_lane).max()
        assert off_m <= half_m / np.cos(np.radians(length_deg / 2)) * (1 + 1e-4)
        assert off_m < 2 * half_m
