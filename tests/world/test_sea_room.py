"""Clear sea around places and along bearings; passages round land; cutting to a box."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_H
from mda_sim.geo.regions import Box, Circle, Point, Polygon, contains
from mda_sim.geo.sphere import destination, distance_m, great_circle_points
from mda_sim.world.legs import legs_between
from mda_sim.world.passages import Berth, passage
from mda_sim.world.sea_room import KEEP_OFF_M, sea_room, sight_lines
from mda_sim.world.voyages import CUTS, cut_to_box

OPEN_SEA = (16.5, 114.5)


@pytest.mark.parametrize(
    "region",
    [
        Circle(lat_deg=13.75, lon_deg=120.1, radius_m=60_000.0),
        Box(lat_min_deg=11.5, lat_max_deg=12.5, lon_min_deg=119.5, lon_max_deg=121.0),
        Polygon(
            points=(
                Point(lat_deg=9, lon_deg=117),
                Point(lat_deg=11, lon_deg=118),
                Point(lat_deg=10, lon_deg=120),
            )
        ),
    ],
)
def test_all_that_lies_within_the_room_of_a_cell_is_sea_inside_the_region(land, region):
    room = sea_room(region, land)
    cells = np.flatnonzero(room.room_m.ravel() > 100.0)
    assert len(cells) > 100
    rng = np.random.default_rng(4)
    cell = rng.choice(cells, 3000)
    lat, lon = room.centres(cell)
    lat = lat + (rng.random(3000) - 0.5) * room.cell_deg
    lon = lon + (rng.random(3000) - 0.5) * room.cell_deg
    to_lat, to_lon = destination(lat, lon, 360 * rng.random(3000), room.room_m.ravel()[cell])
    assert contains(region, to_lat, to_lon).all()
    assert not land.crosses_great_circle(lat, lon, to_lat, to_lon).any()


def test_the_room_in_a_circle_of_open_sea_is_what_is_left_of_its_radius(land):
    room = sea_room(Circle(lat_deg=16.5, lon_deg=114.5, radius_m=50_000.0), land)
    half_diagonal_m = room.cell_deg * 111_195.0 / np.sqrt(2)
    assert room.room_m.max() == pytest.approx(50_000.0 - half_diagonal_m, abs=2 * half_diagonal_m)


@pytest.mark.parametrize("place", [(11.95, 120.15), (15.53, 119.85), (10.44, 124.08), (20.47, 121.93)])
def test_what_is_in_sight_is_reached_by_a_clear_leg(land, place):
    lines = sight_lines(*place, 60_000.0, 180, land)
    rng = np.random.default_rng(2)
    lat, lon = destination(*place, 360 * rng.random(5000), 60_000 * np.sqrt(rng.random(5000)))
    seen = lines.sees(lat, lon)
    blocked = land.crosses_great_circle(*place, lat, lon)
    assert 100 < seen.sum() < 5000
    assert not (seen & blocked).any()
    assert seen.sum() > 0.5 * (~blocked).sum()


def test_in_open_sea_all_is_in_sight_up_to_the_reach(land):
    lines = sight_lines(*OPEN_SEA, 80_000.0, 90, land)
    assert (lines.clear_m == 80_000.0).all()
    assert lines.sees(*destination(*OPEN_SEA, 33.0, 79_999.0))
    assert not lines.sees(*destination(*OPEN_SEA, 33.0, 80_001.0))


def test_sight_ends_short_of_an_island_and_at_the_rim_of_the_map(island):
    lines = sight_lines(5.0, 132.0, 600_000.0, 360, island)
    to_island_m = float(distance_m(5.0, 132.0, 5.0, 133.0))
    assert lines.clear_m[90] == pytest.approx(to_island_m - KEEP_OFF_M, abs=1200)
    assert lines.clear_m[270] == pytest.approx(float(distance_m(5, 132, 5, 128)) - KEEP_OFF_M, abs=1200)


def test_a_passage_is_the_great_circle_where_that_is_clear(land, tmp_path):
    way = passage((14.70, 120.15), (15.0, 118.0), land, cache=tmp_path)
    assert way.lat_deg.tolist() == [14.70, 15.0]
    assert not list(tmp_path.iterdir())


def test_a_passage_goes_round_land_and_is_stored(land, tmp_path):
    ends = (9.66, 118.80), (10.2, 118.3)
    way = passage(*ends, land, cache=tmp_path)
    direct_m = float(distance_m(*ends[0], *ends[1]))
    assert not land.crosses_great_circle(
        way.lat_deg[:-1], way.lon_deg[:-1], way.lat_deg[1:], way.lon_deg[1:]
    ).any()
    assert 3 * direct_m < way.length_m() < 800_000.0
    (stored,) = tmp_path.iterdir()
    again = passage(*ends, land, cache=tmp_path)
    assert np.array_equal(again.lat_deg, way.lat_deg)
    stored.write_bytes(b"not an array")
    assert np.array_equal(passage(*ends, land, cache=tmp_path).lon_deg, way.lon_deg)


def test_a_place_without_a_way_to_the_sea_has_no_passage(island, tmp_path):
    with pytest.raises(RunError, match="no clear way to the open sea"):
        passage((5.0, 131.0), (8.0, 138.0), island, cache=tmp_path)


def test_a_berth_is_a_port_or_a_position_at_sea(land):
    assert Berth(port="subic").place("x", land) == (14.70, 120.15)
    assert Berth(lat_deg=15.0, lon_deg=118.0).place("x", land) == (15.0, 118.0)
    with pytest.raises(ValidationError, match="either port"):
        Berth()
    for ashore in ((16.5, 121.2), (60.0, 10.0)):
        with pytest.raises(RunError, match="at sea on the map"):
            Berth(lat_deg=ashore[0], lon_deg=ashore[1]).place("x", land)


def test_a_vessel_is_kept_from_its_first_entry_into_a_box_to_its_last_exit():
    box = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=110, lon_max_deg=112)
    lon = [108.0, 111.0, 113.0, 111.5, 114.0, 115.0]
    legs = legs_between(np.full(6, 5.0), lon, np.arange(6) * 10 * US_PER_H, 3)
    apart = legs_between([5.0, 5.0], [120.0, 121.0], [0, US_PER_H], 4)
    kept = cut_to_box(legs, box)
    assert len(cut_to_box(apart, box)) == 0
    first, last = lon[1] - lon[0], lon[4] - lon[3]
    enters, leaves = kept["t_from_us"][0] / US_PER_H, kept["t_to_us"][-1] / US_PER_H
    assert enters == pytest.approx(10 * 2 / first, abs=10 / CUTS + 1e-6)
    assert leaves == pytest.approx(30 + 10 * 0.5 / last, abs=10 / CUTS + 1e-6)
    assert enters < 10 * 2 / first + 1e-3
    assert np.array_equal(kept["t_from_us"][1:], kept["t_to_us"][:-1])
    lon_in = np.degrees(np.arctan2(kept["ay"][0], kept["ax"][0]))
    assert lon_in == pytest.approx(great_circle_points(5, 108, 5, 111, 65)[1][42], abs=0.06)


def test_a_fleet_inside_the_box_is_left_as_it_is():
    box = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=100, lon_max_deg=120)
    legs = legs_between([5.0, 6.0, 6.0], [110.0, 111.0, 111.0], [0, US_PER_H, 2 * US_PER_H])
    assert cut_to_box(legs, box).digest() == legs.digest()
