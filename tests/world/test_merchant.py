"""Merchant ships: when they leave, how many are at sea, where they sail."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.time import US_PER_DAY
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Box, contains, widened
from mda_sim.geo.sphere import distance_m
from mda_sim.world.lanes import Lane, LaneNetwork
from mda_sim.world.merchant import MerchantTraffic, departures_s, merchant_groups

BOX = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=128, lon_max_deg=140)
OPEN_SEA = LaneNetwork(
    {("east", "west"): Lane(np.array([5.0, 7.0, 5.0]), np.array([130.0, 134.0, 138.0]), np.full(2, 4e5))}
)


def ships(make, *, per_day=100.0, seed=1, days=2.0, **changes):
    routes = {"across": make.route("east", "west", per_day, both_ways=changes.pop("both_ways", False))}
    traffic = MerchantTraffic.model_validate(make.merchant(routes, **changes))
    return list(merchant_groups("bulk", traffic, OPEN_SEA, BOX, make.timeline(days), seed))


def left(per_day, start_s, end_s, seed):
    return departures_s(["bulk/a/out"], [per_day], [start_s], end_s, seed)[2]


def test_departures_come_at_their_rate():
    n, days = 0, 4000
    for seed in range(5):
        n += len(left(2.5, -1e6, -1e6 + days * 86_400, seed))
    mean = 5 * days * 2.5
    assert abs(n - mean) < 4 * math.sqrt(mean)
    assert 4 / math.sqrt(mean) < 0.05


def test_waits_between_departures_are_exponential():
    times_s = left(2.0, 0.0, 10_000 * 86_400.0, 3)
    waits_d = np.diff(times_s) / 86_400
    n = len(waits_d)
    assert waits_d.mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(n))
    assert waits_d.var() == pytest.approx(0.25, abs=4 * 0.25 * math.sqrt(8 / n))
    share = (waits_d > 0.5).mean()
    assert share == pytest.approx(math.exp(-1), abs=4 * math.sqrt(math.exp(-1) / n))


def test_a_later_end_adds_departures_and_changes_none():
    short, long = left(30.0, -5e5, 1e6, 4), left(30.0, -5e5, 9e6, 4)
    assert len(long) > len(short) > 256
    assert np.array_equal(short, long[: len(short)])


def test_departures_of_a_stream_do_not_depend_on_other_streams():
    names, rates, starts_s = ["bulk/a/out", "bulk/b/out", "bulk/a/back"], [3.0, 0.0, 900.0], [0.0, -1e6, -2e6]
    stream, index, times_s = departures_s(names, rates, starts_s, 5e6, 4)
    assert (np.diff(stream) >= 0).all()
    for k, name in enumerate(names):
        alone = departures_s([name], [rates[k]], [starts_s[k]], 5e6, 4)
        assert np.array_equal(times_s[stream == k], alone[2])
        assert np.array_equal(index[stream == k], np.arange(len(alone[2])))
        assert len(alone[2]) > 0 or rates[k] == 0.0


def test_a_route_without_departures_has_no_ships(make):
    assert len(left(0.0, 0.0, 1e9, 1)) == 0
    (group,) = ships(make, per_day=0.0)
    assert len(group.index) == 0
    assert group.stream == "bulk/across/out"


def test_the_stock_is_rate_times_mean_voyage_time_from_the_first_moment_on(make):
    per_day, low, high = 100.0, 12 * KNOT_MPS, 16 * KNOT_MPS
    seeds = 40
    counts = {0: 0, US_PER_DAY: 0, 2 * US_PER_DAY - 1: 0}
    for seed in range(seeds):
        (group,) = ships(
            make,
            per_day=per_day,
            seed=seed,
            speed_mps={"low": low, "high": high},
            lane_width_m=0.0,
        )
        for t_us in counts:
            counts[t_us] += int(((group.legs["t_from_us"] <= t_us) & (group.legs["t_to_us"] > t_us)).sum())
    length_m = OPEN_SEA.lane("east", "west").length_m
    mean_voyage_d = length_m * math.log(high / low) / (high - low) / 86_400
    expected = seeds * per_day * mean_voyage_d
    for count in counts.values():
        assert abs(count - expected) < 4 * math.sqrt(expected)
    assert 4 / math.sqrt(expected) < 0.05


def test_ships_sail_beside_the_lane_by_a_normal_draw(make):
    (group,) = ships(make, per_day=2000.0, lane_width_m=40_000.0)
    starts = np.flatnonzero(np.diff(group.legs["target"], prepend=-1) == 0)
    a = np.stack([group.legs[f"a{axis}"][starts] for axis in "xyz"], axis=1)
    lat = np.degrees(np.arcsin(a[:, 2]))
    offset_m = (lat - 7.0) * math.pi / 180 * 6371008.8
    n = len(offset_m)
    assert n > 1500
    within = np.abs(offset_m) < 29_999
    assert within.mean() == pytest.approx(0.9973, abs=4 * math.sqrt(0.0027 / n))
    assert len(np.unique(offset_m[within])) == within.sum()
    assert offset_m.mean() == pytest.approx(0.0, abs=4 * 10_000 / math.sqrt(n) + 10)
    assert offset_m.std() == pytest.approx(9_975, rel=4 / math.sqrt(2 * n))
    assert np.abs(offset_m).max() < 30_100


def test_ships_sail_at_their_own_constant_speed_within_the_span(make):
    (group,) = ships(make)
    speed = group.legs["speed_mps"] / KNOT_MPS
    assert speed.min() > 11 - 1e-4
    assert speed.max() < 18 + 1e-4
    same = np.diff(group.legs["target"]) == 0
    assert same.sum() > 50
    assert np.abs(np.diff(speed)[same]).max() < 1e-6


def test_both_ways_sail_the_lane_in_both_directions(make):
    out, back = ships(make, both_ways=True)
    assert (out.stream, back.stream) == ("bulk/across/out", "bulk/across/back")
    eastward = [
        np.sign(group.legs["by"] * group.legs["ax"] - group.legs["bx"] * group.legs["ay"])
        for group in (out, back)
    ]
    assert (eastward[0] > 0).all() or (eastward[0] < 0).all()
    assert (eastward[1] == -eastward[0][0]).all()
    assert len(out.index) != len(back.index) or not np.array_equal(out.index, back.index)


def test_the_tightest_waters_bind_the_offset(make):
    tight = Lane(np.array([5.0, 7.0, 5.0]), np.array([130.0, 134.0, 138.0]), np.array([2000.0, 4e5]))
    traffic = MerchantTraffic.model_validate(
        make.merchant({"across": make.route("east", "west", 400.0, False)}, lane_width_m=40_000.0)
    )
    network = LaneNetwork({("east", "west"): tight})
    (group,) = merchant_groups("bulk", traffic, network, BOX, make.timeline(2), 1)
    starts = np.flatnonzero(np.diff(group.legs["target"], prepend=-1) == 0)
    lat = np.degrees(np.arcsin(group.legs["az"][starts]))
    assert np.abs((lat - 7.0) * 111_195).max() < 1001


def test_ships_exist_only_near_the_widened_area(fleet, world, make):
    box = widened(widened(make.area, world.buffer_m), 20_000.0)
    presence = fleet.presence()
    mine = presence.take(np.arange(fleet.n_vessels))
    for side in ("t_from_us", "t_to_us"):
        assert contains(box, *fleet.positions(mine["target"], mine[side])).all()
    assert mine["t_from_us"].min() == 0
    assert mine["t_to_us"].max() == make.timeline().score_to_us


def test_ships_of_a_fleet_enter_and_leave_at_ports_or_at_the_rim(fleet, lanes, world, make):
    rim = widened(make.area, world.buffer_m)
    inner = widened(make.area, world.buffer_m - 40_000.0)
    presence = fleet.presence()
    later = (presence["t_from_us"] > 0) & (presence["target"] < fleet.n_vessels)
    lat, lon = fleet.positions(presence["target"][later], presence["t_from_us"][later])
    at_rim = ~contains(inner, lat, lon)
    ends = [(lane.lat_deg[k], lane.lon_deg[k]) for lane in lanes.lanes.values() for k in (0, -1)]
    nearest_m = np.min([distance_m(*end, lat, lon) for end in ends], axis=0)
    assert (at_rim | (nearest_m < 10_000)).all()
    assert at_rim.any()
    assert (nearest_m < 10_000).any()
    assert rim.lat_max_deg > make.area.lat_max_deg
