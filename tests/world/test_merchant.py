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
from mda_sim.world.merchant import MerchantTraffic, WaitSpec, departures_s, merchant_groups

BOX = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=128, lon_max_deg=140)
OPEN_SEA = LaneNetwork(
    {("east", "west"): Lane(np.array([5.0, 7.0, 5.0]), np.array([130.0, 134.0, 138.0]), np.full(2, 4e5))}
)


def ships(make, *, per_day=100.0, seed=1, days=2.0, **changes):
    routes = {"across": make.route("east", "west", per_day, both_ways=changes.pop("both_ways", False))}
    traffic = MerchantTraffic.model_validate(make.merchant(routes, **changes))
    return list(merchant_groups("bulk", traffic, OPEN_SEA, BOX, make.timeline(days), seed))


def left(per_day, ago_s, end_s, seed):
    """Departures of one stream in order of time."""
    return np.sort(departures_s(["bulk/a/out"], [per_day], [ago_s], end_s, seed)[2])


def test_departures_come_at_their_rate():
    n, days = 0, 4000
    for seed in range(5):
        n += len(left(2.5, 1e6, days * 86_400 - 1e6, seed))
    mean = 5 * days * 2.5
    assert abs(n - mean) < 4 * math.sqrt(mean)
    assert 4 / math.sqrt(mean) < 0.05


def test_waits_between_departures_are_exponential():
    times_s = left(2.0, 4_000 * 86_400.0, 6_000 * 86_400.0, 3)
    waits_d = np.diff(times_s) / 86_400
    n = len(waits_d)
    assert waits_d.mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(n))
    assert waits_d.var() == pytest.approx(0.25, abs=4 * 0.25 * math.sqrt(8 / n))
    share = (waits_d > 0.5).mean()
    assert share == pytest.approx(math.exp(-1), abs=4 * math.sqrt(math.exp(-1) / n))


def test_other_bounds_add_departures_and_change_none():
    short = departures_s(["bulk/a/out"], [30.0], [5e5], 1e6, 4)
    long = departures_s(["bulk/a/out"], [30.0], [8e6], 9e6, 4)
    inside = (long[2] > -5e5) & (long[2] < 1e6)
    assert 256 < len(short[1]) < len(long[1])
    assert np.array_equal(short[1], long[1][inside])
    assert np.array_equal(short[2], long[2][inside])
    assert len(np.unique(long[1])) == len(long[1])


def test_departures_of_a_stream_do_not_depend_on_other_streams():
    names, rates, ago_s = ["bulk/a/out", "bulk/b/out", "bulk/a/back"], [3.0, 0.0, 900.0], [0.0, 1e6, 2e6]
    stream, index, times_s = departures_s(names, rates, ago_s, 5e6, 4)
    assert (np.diff(stream) >= 0).all()
    for k, name in enumerate(names):
        alone = departures_s([name], [rates[k]], [ago_s[k]], 5e6, 4)
        assert np.array_equal(times_s[stream == k], alone[2])
        assert np.array_equal(index[stream == k], alone[1])
        assert (np.diff(alone[1]) > 0).all()
        assert len(alone[2]) > 0 or rates[k] == 0.0


def test_a_route_without_departures_has_no_ships(make):
    assert len(left(0.0, 1e9, 1e9, 1)) == 0
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


WAITING = {"share": 0.4, "median_s": 6 * 3600.0, "p95_s": 30 * 3600.0}


@pytest.fixture(scope="module")
def harbours():
    """An open sea with anchorages at both ends."""
    lat, lon = np.array([5.0, 5.0, 7.0, 5.0, 5.0]), np.array([130.0, 130.2, 134.0, 137.8, 138.0])
    places = np.random.default_rng(2).uniform(-0.1, 0.1, (2, 500))
    ends = np.array([[5.0], [130.0]]) + places, np.array([[5.0], [138.0]]) + places
    return LaneNetwork(
        {("east", "west"): Lane(lat, lon, np.full(4, 4e5), *ends)}, {"west": "XAA", "east": "XBB"}
    )


def waiting(make, harbours, *, anchorage, days=6.0, per_day=300.0, **changes):
    routes = {"across": make.route("east", "west", per_day, both_ways=False)}
    traffic = MerchantTraffic.model_validate(make.merchant(routes, anchorage=anchorage, **changes))
    (group,) = merchant_groups("bulk", traffic, harbours, BOX, make.timeline(days), 7)
    return group


def test_the_stated_share_of_ships_waits_at_the_port_for_a_lognormal_time(make, harbours):
    group = waiting(make, harbours, anchorage=WAITING, days=12.0)
    legs, end_us = group.legs, make.timeline(12.0).score_to_us
    still = legs["w_rad_s"] == 0.0
    last = np.append(np.flatnonzero(np.diff(legs["target"])), len(legs) - 1)
    arrived = (legs["t_to_us"] < end_us) & (legs["t_from_us"] > 8 * US_PER_DAY)
    into_port = arrived[last]
    waited = still[last - 1] & into_port
    n = int(into_port.sum())
    assert n > 500
    waits_s = (legs["t_to_us"] - legs["t_from_us"])[last - 1][waited] / 1e6
    assert np.median(waits_s) == pytest.approx(6 * 3600, rel=0.25)
    at = last[waited] - 1
    lat = np.degrees(np.arcsin(legs["az"][at]))
    lon = np.degrees(np.arctan2(legs["ay"][at], legs["ax"][at]))
    places = set(zip(*harbours.lane("east", "west").anchors_at_end.round(9).tolist(), strict=True))
    assert set(zip(lat.round(9).tolist(), lon.round(9).tolist(), strict=True)) <= places
    assert len(set(lat.tolist())) > 50
    assert still.sum() >= waited.sum()


def test_waiting_times_have_the_stated_median_and_95th_percentile():
    spec = WaitSpec.model_validate(WAITING)
    assert spec.at(0.0) == pytest.approx(6 * 3600.0)
    assert spec.at(1.6448536269514722) == pytest.approx(30 * 3600.0)


def test_ships_at_anchor_are_rate_times_share_times_mean_wait(make, harbours):
    counts, moments = 0, np.arange(0, 12, 3) * US_PER_DAY
    mean_s = expected_wait_s()
    seeds = 6
    for seed in range(seeds):
        routes = {"across": make.route("east", "west", 600.0, both_ways=False)}
        traffic = MerchantTraffic.model_validate(make.merchant(routes, anchorage=WAITING))
        (group,) = merchant_groups("bulk", traffic, harbours, BOX, make.timeline(13), seed)
        legs = group.legs.take(group.legs["w_rad_s"] == 0.0)
        counts += sum(int(((legs["t_from_us"] <= t) & (legs["t_to_us"] > t)).sum()) for t in moments)
    expected = seeds * len(moments) * 600.0 * 0.4 * mean_s / 86_400
    assert abs(counts - expected) < 4 * math.sqrt(expected)
    assert 4 / math.sqrt(expected) < 0.1


def expected_wait_s():
    """Mean of the lognormal with its normal cut off at 3, by quadrature."""
    z = np.linspace(-8, 8, 20_001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    waits_s = WaitSpec.model_validate(WAITING).at(np.clip(z, -3, 3))
    return float((density * waits_s).sum() * (z[1] - z[0]))


def test_waiting_changes_no_ship_before_it_waits(make, harbours):
    without, with_waits = (waiting(make, harbours, anchorage=one) for one in (None, WAITING))
    present = dict(zip(with_waits.index.tolist(), range(len(with_waits.index)), strict=True))
    assert set(without.index.tolist()) <= set(present)
    for row, index in enumerate(without.index.tolist()):
        other = present[index]
        assert without.flag[row] == with_waits.flag[other]
        a, b = (g.legs["speed_mps"][g.legs["target"] == k] for g, k in ((without, row), (with_waits, other)))
        assert a[0] == pytest.approx(b[b > 0][0], rel=1e-6)


def test_ships_are_bound_for_the_nation_of_the_port_that_they_sail_to(make, harbours):
    routes = {"across": make.route("east", "west", 20.0, both_ways=True)}
    traffic = MerchantTraffic.model_validate(make.merchant(routes))
    out, back = merchant_groups("bulk", traffic, harbours, BOX, make.timeline(2), 1)
    assert set(out.bound_for) == {"XAA"}
    assert set(back.bound_for) == {"XBB"}
    (nowhere,) = ships(make)
    assert set(nowhere.bound_for) == {""}


def test_no_ship_waits_for_a_gateway(make, harbours):
    network = LaneNetwork(harbours.lanes, {"east": "XBB"})
    group = waiting(make, network, anchorage={**WAITING, "share": 1.0})
    assert (group.legs["w_rad_s"] > 0.0).all()


def test_a_rerouted_class_keeps_its_ships(make):
    far = Lane(np.array([5.0, 1.0, 5.0]), np.array([130.0, 134.0, 138.0]), np.full(2, 4e5))
    near = OPEN_SEA.lanes["east", "west"]
    routes = {"across": make.route("east", "west", 100.0, both_ways=False)}
    traffic = MerchantTraffic.model_validate(make.merchant(routes, lane_width_m=0.0))
    straight, round_about = (
        next(
            merchant_groups("bulk", traffic, LaneNetwork({("east", "west"): lane}), BOX, make.timeline(3), 1)
        )
        for lane in (near, far)
    )
    both = np.intersect1d(straight.index, round_about.index)
    assert len(both) > 100
    rows = [np.searchsorted(group.index, both) for group in (straight, round_about)]
    assert np.array_equal(straight.length_m[rows[0]], round_about.length_m[rows[1]])
    first = [np.searchsorted(g.legs["target"], r) for g, r in zip((straight, round_about), rows, strict=True)]
    starts = [g.legs["t_from_us"][k] for g, k in zip((straight, round_about), first, strict=True)]
    later = (starts[0] > 0) & (starts[1] > 0)
    assert later.sum() > 100
    assert np.array_equal(starts[0][later], starts[1][later])


@pytest.mark.parametrize("via", [["west"], ["north", "north"], ["north", "east"]])
def test_a_route_cannot_stop_at_one_place_twice_in_a_row(make, via):
    with pytest.raises(ValueError, match="twice in a row"):
        MerchantTraffic.model_validate(make.merchant({"a": {**make.route("west", "east", 1.0), "via": via}}))
