"""The fleet: positions, presence, books, digest, and times inside regions."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.core.errors import HashCollision, ShapeError
from mda_sim.core.rng import address
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, US_PER_S
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Box, Circle, Point, Polygon, contains
from mda_sim.geo.sphere import destination, distance_m
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import TARGETS, Fleet, legs_between, legs_from_waypoints
from mda_sim.world.groups import Group, assemble, height_m
from mda_sim.world.inside import inside_intervals


def group(stream, legs, flag="PHL", index=None):
    n = len(np.unique(legs["target"]))
    return Group(
        traffic_class=stream.split("/")[0],
        stream=stream,
        index=np.arange(n) if index is None else np.asarray(index),
        flag=[flag] * n,
        length_m=np.full(n, 100.0),
        ais=np.ones(n, np.uint8),
        legs=legs,
        broadcasts=for_life(np.ones(n), legs),
    )


def random_fleet(n_vessels, n_legs, seed=3):
    rng = np.random.Generator(np.random.PCG64(seed))
    n = n_vessels * (n_legs + 1)
    target = np.repeat(np.arange(n_vessels), n_legs + 1)
    start_us = rng.integers(0, 50 * US_PER_H, n_vessels)
    speed_mps = rng.uniform(3, 10, n_vessels)
    legs = legs_from_waypoints(rng.uniform(3, 26, n), rng.uniform(105, 127, n), start_us, speed_mps, target)
    return assemble([group("bulk/a", legs)])


def test_positions_at_the_ends_of_legs_are_the_waypoints():
    lat, lon = [5.0, 9.0, 14.0], [110.0, 113.0, 112.0]
    legs = legs_from_waypoints(lat, lon, 1000, 8.0)
    fleet = assemble([group("bulk/a", legs)])
    times = [1000, legs["t_to_us"][0], legs["t_to_us"][1]]
    at_lat, at_lon = fleet.positions(0, times)
    assert distance_m(at_lat, at_lon, lat, lon).max() < 0.01


def test_a_target_is_absent_before_its_first_leg_and_after_its_last():
    fleet = assemble([group("bulk/a", legs_between([5.0, 6.0], [110.0, 110.0], [10, 20]))])
    lat, _ = fleet.positions(0, [9, 10, 20, 21])
    assert np.isnan(lat).tolist() == [True, False, False, True]


def test_positions_do_not_depend_on_the_order_of_queries():
    fleet = random_fleet(30, 6)
    rng = np.random.Generator(np.random.PCG64(5))
    targets = np.sort(rng.integers(0, 30, 4000))
    times = rng.integers(0, 400 * US_PER_H, 4000)
    vessel_major = np.lexsort([times, targets])
    shuffled = rng.permutation(4000)
    a = fleet.unit_vectors(targets[vessel_major], times[vessel_major])
    b = fleet.unit_vectors(targets[shuffled], times[shuffled])
    back = np.empty_like(b)
    back[shuffled] = b
    assert np.array_equal(a, back[vessel_major], equal_nan=True)
    assert np.isnan(a).any()
    assert np.isfinite(a).any()


def test_positions_follow_the_formula_of_their_leg():
    fleet = random_fleet(10, 5)
    legs = fleet.legs
    middle_us = (legs["t_from_us"] + legs["t_to_us"]) // 2
    angle = legs["w_rad_s"] * ((middle_us - legs["t_from_us"]) * 1e-6)
    got = fleet.unit_vectors(legs["target"], middle_us)
    for k, axis in enumerate("xyz"):
        wanted = legs[f"a{axis}"] * np.cos(angle) + legs[f"b{axis}"] * np.sin(angle)
        assert got[:, k] == pytest.approx(wanted, abs=1e-15)


def test_presence_spans_the_legs():
    fleet = random_fleet(10, 4)
    presence = fleet.presence()
    for row in range(10):
        mine = fleet.legs["target"] == row
        assert presence["t_from_us"][row] == fleet.legs["t_from_us"][mine].min()
        assert presence["t_to_us"][row] == fleet.legs["t_to_us"][mine].max()


def test_vessels_are_numbered_by_stream_then_index_and_probes_last():
    legs = legs_between([5.0, 6.0, 5.0, 6.0], [110.0] * 4, [0, 9, 0, 9], [0, 0, 1, 1])
    probes = group("probe", legs, flag="", index=[40, 41])
    fleet = assemble([group("tanker/b", legs, "LBR", [7, 9]), group("bulk/a", legs, "PAN")], probes)
    assert fleet.n_vessels == 4
    assert fleet.n_targets == 6
    assert [fleet.streams[i] for i in fleet.targets["stream"]] == [
        "bulk/a",
        "bulk/a",
        "tanker/b",
        "tanker/b",
        "probe",
        "probe",
    ]
    assert fleet.targets["index"].tolist() == [0, 1, 7, 9, 40, 41]
    assert fleet.flags == ("LBR", "PAN")
    assert fleet.targets["flag"].tolist() == [1, 1, 0, 0, -1, -1]
    assert fleet.classes == ("bulk", "probe", "tanker")
    assert fleet.draw_address[2] == address("tanker/b")
    assert fleet.targets.is_sorted()
    assert fleet.legs.is_sorted()


def test_the_order_of_groups_changes_nothing():
    legs = legs_between([5.0, 6.0], [110.0] * 2, [0, 9])
    a, b = group("bulk/a", legs), group("tanker/b", legs)
    assert assemble([a, b]).digest() == assemble([b, a]).digest()


def test_the_digest_sees_every_part():
    legs = legs_between([5.0, 6.0], [110.0] * 2, [0, 9])
    other = legs_between([5.0, 6.0], [110.0] * 2, [0, 10])
    digests = {
        assemble([group("bulk/a", legs)]).digest(),
        assemble([group("bulk/b", legs)]).digest(),
        assemble([group("bulk/a", other)]).digest(),
        assemble([group("bulk/a", legs, "JPN")]).digest(),
        assemble([], group("bulk/a", legs)).digest(),
    }
    assert len(digests) == 5


def test_an_empty_fleet_is_a_fleet():
    fleet = assemble([])
    assert fleet.n_targets == 0
    assert len(fleet.presence()) == 0
    assert len(inside_intervals(fleet, Circle(lat_deg=0, lon_deg=0, radius_m=1e5), 0, US_PER_H)) == 0


def test_tables_that_do_not_fit_are_refused():
    fleet = random_fleet(3, 2)
    with pytest.raises(ShapeError, match="without overlap"):
        Fleet(fleet.targets, fleet.legs.take([0, 1, 2, 3, 5, 4]), fleet.broadcasts, 3)
    with pytest.raises(ShapeError, match="agree with"):
        Fleet(fleet.targets, fleet.legs.take([0, 1, 2, 3, 4]), fleet.broadcasts, 3)
    with pytest.raises(ShapeError, match="n_vessels at most"):
        Fleet(fleet.targets, fleet.legs, fleet.broadcasts, 4)
    bad = Table.of(TARGETS, {**fleet.targets.columns, "n_legs": [2, 0, 4]}, fleet.targets.meta)
    with pytest.raises(ShapeError, match="at least one leg"):
        Fleet(bad, fleet.legs, fleet.broadcasts, 3)
    with pytest.raises(IndexError, match="0 to 2"):
        fleet.positions(3, 0)
    with pytest.raises(ShapeError, match="broadcast"):
        fleet.positions([0, 1], [0, 1, 2])


def test_two_groups_cannot_share_a_stream_and_an_index_must_rise():
    legs = legs_between([5.0, 6.0, 5.0, 6.0], [110.0] * 4, [0, 9, 0, 9], [0, 0, 1, 1])
    with pytest.raises(ShapeError, match="same stream"):
        assemble([group("bulk/a", legs), group("bulk/a", legs)])
    with pytest.raises(ShapeError, match="does not rise"):
        assemble([group("bulk/a", legs, index=[4, 4])])


def test_streams_that_share_a_draw_address_are_refused(monkeypatch):
    monkeypatch.setattr("mda_sim.core.rng.address", lambda name: 7)
    legs = legs_between([5.0, 6.0], [110.0] * 2, [0, 9])
    with pytest.raises(HashCollision, match="bulk/a"):
        assemble([group("bulk/a", legs), group("bulk/b", legs)])


def test_heights_follow_lengths_between_their_limits():
    assert height_m([5.0, 50.0, 200.0, 400.0]).tolist() == [1.5, 8.0, 32.0, 40.0]


def test_crossing_a_circle_through_its_centre_takes_its_diameter_over_the_speed():
    west = destination(12.0, 115.0, 270.0, 200_000.0)
    east = destination(12.0, 115.0, 90.0, 200_000.0)
    legs = legs_from_waypoints([west[0], 12.0, east[0]], [west[1], 115.0, east[1]], 0, 12 * KNOT_MPS)
    fleet = assemble([group("bulk/a", legs)])
    inside = inside_intervals(fleet, Circle(lat_deg=12, lon_deg=115, radius_m=80_000), 0, 100 * US_PER_H)
    assert len(inside) == 1
    hours = (inside["t_to_us"][0] - inside["t_from_us"][0]) / US_PER_H
    assert hours == pytest.approx(160_000 / (12 * KNOT_MPS) / 3600, abs=2.1 / 3600)
    assert hours == pytest.approx(7.199, abs=1e-3)


def test_intervals_agree_with_brute_force_sampling():
    fleet = random_fleet(40, 5)
    zone = Box(lat_min_deg=10, lat_max_deg=14, lon_min_deg=112, lon_max_deg=117)
    t0_us, t1_us = 20 * US_PER_H, 150 * US_PER_H
    inside = inside_intervals(fleet, zone, t0_us, t1_us)
    assert inside.is_sorted()
    rng = np.random.Generator(np.random.PCG64(8))
    targets, times = rng.integers(0, 40, 20_000), rng.integers(t0_us, t1_us, 20_000)
    truth = contains(zone, *fleet.positions(targets, times))
    stated = np.zeros(20_000, bool)
    near_an_end = np.zeros(20_000, bool)
    for target, t_from, t_to in zip(inside["target"], inside["t_from_us"], inside["t_to_us"], strict=True):
        mine = targets == target
        stated |= mine & (times >= t_from) & (times <= t_to)
        near_an_end |= mine & (np.minimum(np.abs(times - t_from), np.abs(times - t_to)) < 700 * US_PER_S)
    assert truth.sum() > 200
    assert np.array_equal(truth[~near_an_end], stated[~near_an_end])
    assert not (stated & ~truth).any() or (near_an_end[stated & ~truth]).all()


def test_both_ends_of_an_interval_lie_inside_and_a_second_further_lies_outside():
    fleet = random_fleet(40, 5)
    zone = Circle(lat_deg=14, lon_deg=115, radius_m=300_000)
    inside = inside_intervals(fleet, zone, 0, 1000 * US_PER_H)
    presence = fleet.presence()
    for side, edge, step in (("t_from_us", "t_from_us", -1), ("t_to_us", "t_to_us", 1)):
        ids, times = inside["target"].astype(int), inside[side]
        assert contains(zone, *fleet.positions(ids, times)).all()
        moved = times != presence[edge][ids]
        outside = ~contains(zone, *fleet.positions(ids[moved], times[moved] + step * US_PER_S))
        assert outside.all()
        assert moved.sum() > 20


def test_the_size_of_sampling_blocks_changes_nothing(monkeypatch):
    fleet = random_fleet(20, 5)
    zone = Box(lat_min_deg=8, lat_max_deg=20, lon_min_deg=108, lon_max_deg=120)
    whole = inside_intervals(fleet, zone, 0, 300 * US_PER_H).digest()
    monkeypatch.setattr("mda_sim.world.inside._SAMPLES_AT_ONCE", 500)
    assert inside_intervals(fleet, zone, 0, 300 * US_PER_H).digest() == whole


def test_a_box_and_the_polygon_of_its_corners_are_entered_and_left_at_the_same_times():
    fleet = random_fleet(60, 6)
    box = Box(lat_min_deg=8, lat_max_deg=20, lon_min_deg=108, lon_max_deg=120)
    corners = [(8, 108), (8, 120), (20, 120), (20, 108)]
    ring = Polygon(points=tuple(Point(lat_deg=lat, lon_deg=lon) for lat, lon in corners))
    inside = inside_intervals(fleet, box, 0, 300 * US_PER_H)
    assert len(inside) > 30
    assert inside_intervals(fleet, ring, 0, 300 * US_PER_H).digest() == inside.digest()


def test_a_small_region_beside_a_long_leg_is_entered_where_sampling_says():
    west, east = (destination(12.0, 115.0, bearing, 3e6) for bearing in (271.0, 91.0))
    legs = legs_from_waypoints([west[0], 12.0, east[0]], [west[1], 115.0, east[1]], 0, 12 * KNOT_MPS)
    fleet = assemble([group("bulk/a", legs)])
    t_us = np.arange(int(legs["t_from_us"][0]), int(legs["t_to_us"][-1]), 60 * US_PER_S)
    for along_m in (-2.9e6, -1.2e6, 0.0, 2.1e6):
        lat, lon = destination(12.0, 115.0, 91.0 if along_m > 0 else 271.0, abs(along_m))
        zone = Circle(lat_deg=float(lat), lon_deg=float(lon), radius_m=20_000)
        truth = t_us[contains(zone, *fleet.positions(np.zeros(len(t_us), int), t_us))]
        inside = inside_intervals(fleet, zone, 0, int(t_us[-1]))
        assert abs(inside["t_from_us"][0] - truth[0]) <= 61 * US_PER_S
        assert abs(inside["t_to_us"][0] - truth[-1]) <= 61 * US_PER_S
        assert len(inside) == 1


def test_a_stationary_target_is_inside_for_as_long_as_it_exists():
    legs = legs_between([10.0, 10.0, 20.0, 20.0], [115.0] * 4, [0, US_PER_H] * 2, [0, 0, 1, 1])
    fleet = assemble([], group("probe", legs, flag=""))
    inside = inside_intervals(fleet, Circle(lat_deg=10, lon_deg=115, radius_m=5000), 100, 2 * US_PER_H)
    assert inside["target"].tolist() == [0]
    assert inside["t_from_us"].tolist() == [100]
    assert inside["t_to_us"].tolist() == [US_PER_H]


def test_intervals_ask_for_a_sensible_step_and_window():
    fleet = random_fleet(2, 2)
    zone = Circle(lat_deg=14, lon_deg=115, radius_m=300_000)
    with pytest.raises(ValueError, match="step_s >= 1"):
        inside_intervals(fleet, zone, 0, 10, step_s=0.1)
    with pytest.raises(ValueError, match="t0_us <= t1_us"):
        inside_intervals(fleet, zone, 10, 0)
