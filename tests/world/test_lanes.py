"""Sea lanes: on a small invented sea, and on the real one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box, Point, Polygon, contains
from mda_sim.geo.sphere import destination, distance_m, great_circle_points
from mda_sim.world.anchorages import PLACES, REACH_M
from mda_sim.world.lane_laying import barred_waters, build_lanes, lane_network
from mda_sim.world.lanes import Lane
from mda_sim.world.sea_grid import CLOSE_OFF_M, MARGIN_M, hazards, penalty

PORTS = {
    "west": (5.1, 130.0),
    "east": (5.0, 137.0),
    "south": (1.0, 134.0),
    "lagoon": (8.0, 138.0),
    "hill": (5.0, 134.0),
}


@pytest.fixture(scope="module")
def around(island):
    return build_lanes(PORTS, [("east", "west"), ("east", "south"), ("south", "west")], island)


def sampled(lane, n=200):
    legs = range(len(lane.lat_deg) - 1)
    points = [
        great_circle_points(lane.lat_deg[k], lane.lon_deg[k], lane.lat_deg[k + 1], lane.lon_deg[k + 1], n)
        for k in legs
    ]
    return np.concatenate([p[0] for p in points]), np.concatenate([p[1] for p in points])


def test_a_lane_goes_round_the_island_at_the_preferred_distance(around, island):
    lane = around.lane("west", "east")
    assert not island.crosses_great_circle(
        lane.lat_deg[:-1], lane.lon_deg[:-1], lane.lat_deg[1:], lane.lon_deg[1:]
    ).any()
    assert lane.clearance_m.min() > CLOSE_OFF_M
    corners = [(5.1, 130.0), (6.0, 133.0), (6.0, 135.0), (5.0, 137.0)]
    touching_m = sum(float(distance_m(*a, *b)) for a, b in itertools.pairwise(corners))
    assert touching_m < lane.length_m < 1.05 * touching_m


def test_a_lane_over_open_water_is_one_great_circle(around):
    lane = around.lane("south", "west")
    direct_m = float(distance_m(*PORTS["south"], *PORTS["west"]))
    assert lane.length_m == pytest.approx(direct_m, rel=1e-6)


def test_a_lane_and_its_reverse_are_one(around):
    there, back = around.lane("west", "east"), around.lane("east", "west")
    assert np.array_equal(there.lat_deg, back.lat_deg[::-1])
    assert np.array_equal(there.clearance_m, back.clearance_m[::-1])
    assert np.array_equal(there.anchors_at_end, back.anchors_at_start)
    assert (there.lat_deg[0], there.lon_deg[0]) == PORTS["west"]
    assert (there.lat_deg[-1], there.lon_deg[-1]) == PORTS["east"]


def test_a_lane_does_not_depend_on_other_ports(around, island):
    alone = build_lanes(PORTS, [("east", "west")], island).lane("east", "west")
    assert np.array_equal(alone.lat_deg, around.lane("east", "west").lat_deg)


@pytest.mark.parametrize("name", ["lagoon", "hill"])
def test_a_port_without_a_way_to_the_open_sea_is_named(island, name):
    with pytest.raises(RunError, match=f"port '{name}' at latitude"):
        build_lanes(PORTS, [(name, "west")], island)


def test_a_network_has_only_the_lanes_that_were_asked_for(around):
    with pytest.raises(KeyError, match="between 'west' and 'lagoon'"):
        around.lane("west", "lagoon")


def test_clearance_is_the_least_distance_to_land_less_its_error(around, island):
    lane = around.lane("west", "east")
    for k, clearance_m in enumerate(lane.clearance_m):
        part = Lane(lane.lat_deg[k : k + 2], lane.lon_deg[k : k + 2], lane.clearance_m[k : k + 1])
        least_m = float(barred_waters(island).distance_to_coast_m(*sampled(part, 2000)).min())
        assert max(least_m - 3000.0, 0.0) <= clearance_m <= least_m


def test_lanes_are_stored_and_read_back_alike(island, tmp_path, monkeypatch):
    made = lane_network(PORTS, [("west", "east"), ("west", "south")], island, cache=tmp_path)
    (stored,) = tmp_path.iterdir()
    monkeypatch.setattr("mda_sim.world.lane_laying.build_lanes", None)  # any attempt to build fails
    read = lane_network(PORTS, [("west", "south"), ("east", "west")], island, cache=tmp_path)
    assert list(tmp_path.iterdir()) == [stored]
    for pair, lane in made.lanes.items():
        assert np.array_equal(lane.lat_deg, read.lanes[pair].lat_deg)
        assert np.array_equal(lane.lon_deg, read.lanes[pair].lon_deg)
        assert np.array_equal(lane.clearance_m, read.lanes[pair].clearance_m)
        assert np.array_equal(lane.anchors_at_start, read.lanes[pair].anchors_at_start)
        assert np.array_equal(lane.anchors_at_end, read.lanes[pair].anchors_at_end)


def test_a_stored_file_that_cannot_be_read_is_made_again(island, tmp_path):
    lane_network(PORTS, [("west", "south")], island, cache=tmp_path)
    (stored,) = tmp_path.iterdir()
    whole = stored.read_bytes()
    stored.write_bytes(whole[: len(whole) // 2])
    again = lane_network(PORTS, [("west", "south")], island, cache=tmp_path)
    assert again.lane("west", "south").length_m > 0
    assert stored.read_bytes() == whole


def test_another_port_or_coast_makes_another_file(island, tmp_path, monkeypatch):
    lane_network(PORTS, [("west", "south")], island, cache=tmp_path)
    lane_network({**PORTS, "west": (5.2, 130.0)}, [("west", "south")], island, cache=tmp_path)
    monkeypatch.setattr(island, "digest", "moved")
    lane_network(PORTS, [("west", "south")], island, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_the_part_within_a_box_begins_and_ends_at_its_rim(around):
    lane = around.lane("west", "east")
    box = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=131, lon_max_deg=136)
    part, begins_m = lane.within(box)
    assert part.lon_deg[0] == pytest.approx(131, abs=0.02)
    assert part.lon_deg[-1] == pytest.approx(136, abs=0.02)
    before_m = float(distance_m(lane.lat_deg[0], lane.lon_deg[0], part.lat_deg[0], part.lon_deg[0]))
    assert begins_m == pytest.approx(before_m, rel=1e-3)
    assert len(part.clearance_m) == len(part.lat_deg) - 1
    after_m = float(distance_m(part.lat_deg[-1], part.lon_deg[-1], *PORTS["east"]))
    assert begins_m + part.length_m + after_m == pytest.approx(lane.length_m, rel=1e-3)


def test_a_lane_that_misses_the_box_has_no_part_in_it_and_one_inside_is_whole(around):
    lane = around.lane("west", "east")
    assert lane.within(Box(lat_min_deg=8, lat_max_deg=10, lon_min_deg=128, lon_max_deg=140)) is None
    part, begins_m = lane.within(Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=128, lon_max_deg=140))
    assert begins_m == 0.0
    assert np.array_equal(part.lat_deg, lane.lat_deg)
    assert np.array_equal(part.clearance_m, lane.clearance_m)


def test_the_penalty_falls_with_distance_and_ends_at_the_preferred_one():
    off_m = np.linspace(0, 30_000, 301)
    assert (np.diff(penalty(off_m)) <= 0).all()
    assert penalty(np.array([20_000.0, 50_000.0])).tolist() == [0.0, 0.0]
    assert penalty(np.array([5000.0]))[0] == pytest.approx(1.5)


def test_hazards_hold_land_and_shoals_without_overlap(island):
    bank = ((3.0, 134.0), (5.0, 134.0), (5.0, 136.0), (3.0, 136.0))
    elsewhere = ((30.0, 134.0), (31.0, 134.0), (31.0, 136.0))
    both = hazards(island, [bank, elsewhere], margin_m=1e-3)
    square, shoal, shared = 4.0, 4.0, 1.0
    ring = 4.0 - 1.0
    assert sum(p.area for p in both.polygons) == pytest.approx(square + shoal - shared + ring, rel=1e-2)
    assert both.digest != island.digest
    assert hazards(island, [elsewhere]).digest == hazards(island, []).digest != both.digest


@pytest.mark.parametrize("margin_m", [500.0, 1852.0, 5000.0])
def test_hazards_reach_the_margin_from_land_and_not_much_further(island, margin_m):
    grown = hazards(island, [], margin_m)
    bearing = np.linspace(0.0, 360.0, 73)
    for lat, lon in ((4.0, 133.0), (6.0, 135.0), (5.0, 133.0), (7.5, 137.5)):
        within = destination(lat, lon, bearing, margin_m)
        assert grown.crosses(*within, *within).all()
        outside = destination(lat, lon, bearing, 1.25 * margin_m + 30.0)
        off_land = island.distance_to_coast_m(*outside) > 1.2 * margin_m + 1000.0
        assert not grown.crosses(*outside, *outside)[off_land & ~island.crosses(*outside, *outside)].any()


def test_a_route_through_gateways_is_its_lanes_one_after_the_other(around):
    whole = around.route(("west", "south", "east"))
    parts = around.lane("west", "south"), around.lane("south", "east")
    assert whole.length_m == pytest.approx(sum(part.length_m for part in parts), rel=1e-12)
    assert len(whole.clearance_m) == len(whole.lat_deg) - 1
    assert PORTS["south"] in list(zip(whole.lat_deg, whole.lon_deg, strict=True))
    assert np.array_equal(whole.anchors_at_end, parts[1].anchors_at_end)
    assert np.array_equal(whole.reversed().anchors_at_start, whole.anchors_at_end)


def test_anchorages_lie_off_their_port_and_clear_legs_join_them(around, island):
    barred = barred_waters(island)
    for origin, port in (("east", "west"), ("west", "east"), ("west", "south")):
        lane = around.lane(origin, port)
        lat, lon = lane.anchors_at_end
        assert len(lat) > PLACES / 3
        away_m = distance_m(*PORTS[port], lat, lon)
        assert away_m.max() <= REACH_M
        assert (away_m < REACH_M / np.sqrt(2)).mean() == pytest.approx(0.5, abs=0.15)
        for k in (-2, -1):
            assert not barred.crosses_great_circle(lane.lat_deg[k], lane.lon_deg[k], lat, lon).any()
        off_m = island.distance_to_coast_m(lat, lon)
        assert off_m.min() > MARGIN_M


def test_anchorages_stay_with_the_part_of_a_lane_that_holds_the_approach(around):
    lane = around.lane("south", "west")
    assert lane.anchors_at_end.size > 0
    whole = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=128, lon_max_deg=140)
    west = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=128, lon_max_deg=132)
    port = Box(lat_min_deg=5.05, lat_max_deg=5.2, lon_min_deg=129.9, lon_max_deg=130.1)
    kept = [lane.within(box)[0].anchors_at_end.size > 0 for box in (whole, west, port)]
    assert kept == [True, True, False]
    assert lane.within(west)[0].anchors_at_start.size == 0


@pytest.mark.parametrize(
    ("pair", "published_km"),
    [
        (("singapore", "hong_kong"), 2645),
        (("singapore", "tokyo_bay"), 5392),
        (("puerto_princesa", "manila"), 692),
        (("manila", "kaohsiung"), 1049),
    ],
)
def test_real_lanes_have_about_the_published_lengths(lanes, pair, published_km):
    assert lanes.lane(*pair).length_m / 1000 == pytest.approx(published_km, rel=0.06)


def test_no_real_lane_crosses_land_or_shoal_waters(lanes, land):
    barred = barred_waters(land)
    for lane in lanes.lanes.values():
        ends = lane.lat_deg[:-1], lane.lon_deg[:-1], lane.lat_deg[1:], lane.lon_deg[1:]
        assert not barred.crosses_great_circle(*ends).any()


def test_real_lanes_are_never_shorter_than_the_great_circle(lanes):
    for lane in lanes.lanes.values():
        ends_m = float(distance_m(lane.lat_deg[0], lane.lon_deg[0], lane.lat_deg[-1], lane.lon_deg[-1]))
        assert ends_m <= lane.length_m < 2.9 * ends_m


def test_the_dangerous_ground_holds_its_reefs_and_no_lane(lanes):
    corners = [Point(lat_deg=lat, lon_deg=lon) for lat, lon in catalogue.shoals()["dangerous_ground"].corners]
    ground = Polygon(points=corners)
    reefs = {"mischief": (9.917, 115.533), "second_thomas": (9.733, 115.867), "thitu": (11.053, 114.284)}
    assert all(contains(ground, *place) for place in reefs.values())
    for lane in lanes.lanes.values():
        assert not contains(ground, *sampled(lane)).any()


def test_long_lanes_keep_well_off_the_coast_for_most_of_their_length(lanes, land):
    lane = lanes.lane("singapore", "tokyo_bay")
    off_m = barred_waters(land).distance_to_coast_m(*sampled(lane, 500))
    weight = np.repeat(lane.leg_lengths_m, 500)
    assert weight[off_m > 20_000].sum() > 0.9 * weight.sum()
    assert weight[off_m < 5_000].sum() < 0.02 * weight.sum()
