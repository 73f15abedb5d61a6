"""Receivers aboard platforms: whom they hear from where they are, how often, and through how much traffic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.time import US_PER_S
from mda_sim.geo.regions import Box, area_m2
from mda_sim.geo.sphere import distance_m
from mda_sim.sensing.example import Example
from mda_sim.sensing.mobile import INTERVALS_PER_HULL
from mda_sim.sensing.mobile_ais import MobileAisReceiver
from mda_sim.sensing.products import products
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import AisState, broadcasts_of
from mda_sim.world.fleet import AisClass

SEED = 31
S = US_PER_S
ANCHORED_S = 180.0


def mobile_ais(**changes):
    values = {
        "operator": "PHL",
        "platform": "p",
        "antenna_height_m": 3000.0,
        "p_decode": 1.0,
        "slot_load": False,
    }
    return MobileAisReceiver(**(values | changes))


def heard(build, fleet, receiver, carrier, hours, **world):
    sensors = receiver if isinstance(receiver, dict) else {"m": receiver}
    carriers = carrier if isinstance(carrier, dict) else {"p": carrier}
    return sense(fleet, sensors, build.timeline(hours), SEED, land=None, carriers=carriers, **world)


def shares(log, n):
    """Share of the reports in which each target is held."""
    return np.bincount(log.contacts["target"], minlength=n) / len(log.reports)


def test_a_receiver_on_a_parked_hull_hears_as_one_ashore(build):
    # n = 60 / 180 of a message: p = 1 - (1 - 0.3)^(1/3), the same for both and by hand.
    n, hours = 400, 6
    fleet = build.fleet(build.parked(np.linspace(1e3, 60e3, n), np.linspace(0, 359, n), hours=hours))
    ashore = build.ais(p_decode=0.3, slot_load=False, antenna_height_m=40.0, interval_s=60.0)
    aboard = mobile_ais(p_decode=0.3, antenna_height_m=40.0, max_range_m=ashore.max_range_m)
    reach_m = float(aboard.longest_m(8.0))
    assert reach_m < 50e3
    inside = np.linspace(1e3, 60e3, n) <= reach_m
    fixed = sense(fleet, {"a": ashore}, build.timeline(hours), SEED, land=None)
    moving = heard(build, fleet, aboard, build.hull_at(14.0, 120.0, hours, 40.0), hours)
    p = 1 - 0.7 ** (60 / ANCHORED_S)
    for log in (fixed, moving):
        looks = inside.sum() * len(log.reports)
        band = 4 * math.sqrt(p * (1 - p) / looks)
        share = shares(log, n)
        assert abs(share[inside].mean() - p) < band
        assert abs(share[inside].mean() - 1.05 * p) > band
        assert share[~inside].max() == 0
    by_range = aboard.p_by_range([1e3, 59e3], Example.of(50.0, ais=AisClass.CLASS_A))
    assert by_range == pytest.approx([p, 0.0], abs=1e-12)


@pytest.mark.parametrize(("height_m", "radio_m"), [(100.0, 52.85e3), (10_000.0, 423.65e3), (25e3, 663.1e3)])
def test_the_horizon_rises_with_the_hull(build, height_m, radio_m):
    # sqrt(2 k R h1) + sqrt(2 k R h2) with k = 4/3: 4.12 km for each root of a metre; h2 = 8 m.
    assert radio_m == pytest.approx(4.12e3 * (math.sqrt(height_m) + math.sqrt(8.0)), rel=1e-3)
    fleet = build.fleet(build.parked(radio_m * np.array([0.1, 0.98, 1.02]), hours=2.0))
    carrier = build.hull_at(14.0, 120.0, 2, height_m)
    log = heard(build, fleet, mobile_ais(antenna_height_m=height_m), carrier, 2)
    assert shares(log, 3).tolist() == [1, 1, 0]
    short = mobile_ais(antenna_height_m=height_m, max_range_m=0.5 * radio_m)
    assert shares(heard(build, fleet, short, carrier, 2), 3).tolist() == [1, 0, 0]


def test_all_in_reach_and_nobody_else_is_heard_on_the_way(build):
    # Every message is decoded: held are those in reach at the start, in the middle or at the end.
    rng = np.random.default_rng(9)
    paths = []
    for _ in range(40):
        y, x = rng.uniform(12, 17), rng.uniform(117, 122)
        points = [
            (3600.0 * 3 * k, y + dy, x + dx) for k, (dy, dx) in enumerate(rng.uniform(-0.4, 0.4, (4, 2)))
        ]
        paths.append(points)
    fleet = build.fleet(paths)
    carrier = build.carrier(
        [
            [(600.0, 14.0, 120.0), (6000.0, 16.5, 118.0), (12000.0, 12.5, 119.0), (20000.0, 14.0, 120.0)],
            [(9000.0, 12.0, 118.2), (30000.0, 16.8, 120.8)],
        ]
    )
    receiver = mobile_ais(max_range_m=90e3)
    log = heard(build, fleet, receiver, carrier, 9)
    of = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    found = set(zip(of.tolist(), log.contacts["target"].tolist(), strict=True))
    inside, doubtful = set(), set()
    for k, (interval, end_us) in enumerate(
        zip(log.reports["interval"].tolist(), log.reports["t_observed_us"].tolist(), strict=True)
    ):
        t_us = end_us - np.array([60, 30, 0]) * S
        here = carrier.positions(np.full(3, interval // INTERVALS_PER_HULL), t_us)
        for target in range(fleet.n_targets):
            away_m = distance_m(*here, *fleet.positions(target, t_us))
            if (np.abs(away_m - 90e3) < 50.0).any():
                doubtful.add((k, target))
            elif (away_m < 90e3).any():
                inside.add((k, target))
    assert len(inside) > 2000
    assert len(doubtful) < 0.02 * len(inside)
    assert found - doubtful == inside - doubtful
    # What is held after it has gone is of when it was last in reach: there, 90 km away.
    t_us = log.reports["t_observed_us"][of] - log.contacts["dt_us"]
    late = log.contacts["dt_us"] > 0
    row = log.reports["interval"][of].astype(np.int64) // INTERVALS_PER_HULL
    there = fleet.positions(log.contacts["target"].astype(np.int64), t_us)
    away_m = distance_m(*carrier.positions(row, t_us), *there)
    assert late.sum() > 20
    assert away_m[late] == pytest.approx(90e3, abs=2.0)
    assert away_m.max() < 90e3 + 2.0


@pytest.mark.parametrize(("interval_s", "p_decode"), [(60.0, 0.04), (240.0, 0.01)])
def test_messages_count_for_as_long_as_a_ship_is_in_reach_sends_and_turns(build, interval_s, p_decode):
    # Legs of 240 s that turn by 90 degrees: 200 s at 10/3 s a message, 40 s at 10 s.
    n, speed_mps = 1200, 5.0
    side = 240.0 * speed_mps / 111_195.0
    corners = [(0, 0), (side, 0), (side, side), (0, side)]
    wide = math.cos(math.radians(14.1))
    square = [(240.0 * k, 14.1 + corners[k % 4][0], 120.1 + corners[k % 4][1] / wide) for k in range(31)]
    straight = build.sailing(10e3, 45e3, speed_mps)
    fleet = build.fleet([square] * n + [straight] * n)
    receiver = mobile_ais(p_decode=p_decode, interval_s=interval_s)
    log = heard(build, fleet, receiver, build.hull_at(14.0, 120.0, 1.9), 1.9)
    whole = log.reports["t_observed_us"] >= 480 * S  # the first leg begins without a turn
    rows = np.repeat(whole, log.reports["count"])
    looks = n * int(whole.sum())
    held = np.bincount(log.contacts["target"][rows], minlength=2 * n).reshape(2, n).sum(axis=1) / looks
    end_s = log.reports["t_observed_us"][whole] / S
    t_s = end_s[:, None] - interval_s + np.arange(0.125, interval_s, 0.25)
    n_sent = np.where(t_s % 240 < 200, 0.3, 0.1).sum(axis=1) * 0.25
    p = np.array([(1 - (1 - p_decode) ** n_sent).mean(), 1 - (1 - p_decode) ** (interval_s / 10)])
    band = 4 * np.sqrt(p * (1 - p) / looks)
    assert (np.abs(held - p) < band).all()
    assert (np.abs(held - 1.05 * p) > band).all()


def test_passages_are_heard_for_the_part_of_an_interval_in_reach(build):
    # Expected contacts by adding up second by second, without the code's stretches and halves.
    rng = np.random.default_rng(10)
    n, p_decode, reach_m = 300, 0.05, 60e3
    # Courses across the edge of reach of a hull that flies a straight line itself.
    paths = []
    for _ in range(n):
        y, x = 14.0 + rng.uniform(-0.7, 0.7), 120.0 + rng.uniform(0.0, 2.0)
        paths.append([(0.0, y, x), (9000.0, y + rng.uniform(-0.7, 0.7), x + rng.uniform(-0.7, 0.7))])
    fleet = build.fleet(paths)
    carrier = build.carrier([[(0.0, 14.0, 120.0), (9000.0, 14.0, 122.0)]])
    receiver = mobile_ais(p_decode=p_decode, interval_s=900.0, max_range_m=reach_m)
    log = heard(build, fleet, receiver, carrier, 2.5)
    expected, variance = 0.0, 0.0
    speed = {t: float(fleet.legs["speed_mps"][fleet.targets["first_leg"][t]]) for t in range(n)}
    knots = 1852 / 3600
    for end_us in log.reports["t_observed_us"].tolist():
        t_us = end_us - np.arange(899.5, 0, -1).astype(np.int64) * S - S // 2
        ends_us = end_us - np.array([900, 450, 0]) * S
        for target in range(n):
            at_ends = distance_m(
                *carrier.positions(np.zeros(3, np.int64), ends_us), *fleet.positions(target, ends_us)
            )
            if (at_ends > reach_m).all():
                continue
            away_m = distance_m(
                *carrier.positions(np.zeros(900, np.int64), t_us), *fleet.positions(target, t_us)
            )
            every_s = 180 if speed[target] <= 3 * knots else 10 if speed[target] <= 14 * knots else 6
            every_s = 2 if speed[target] > 23 * knots else every_s
            p = 1 - (1 - p_decode) ** ((away_m <= reach_m).sum() / every_s)
            expected, variance = expected + p, variance + p * (1 - p)
    assert expected > 300
    assert abs(len(log.contacts) - expected) < 4 * math.sqrt(variance)


def test_the_silent_are_not_heard_and_the_last_word_is_of_before_they_fell_silent(build):
    off_us, on_us, n = 3000 * S + 7, 5000 * S, 60
    sent = broadcasts_of(
        np.repeat(np.arange(n), 3), np.tile([0, off_us, on_us], n), np.tile([1, AisState.SILENT, 1], n)
    )
    fleet = build.fleet([build.sailing(10e3, 50e3, 4.0)] * n, broadcasts=sent)
    log = heard(build, fleet, mobile_ais(), build.carrier([[(0.0, 14.0, 120.0), (9000.0, 14.3, 120.5)]]), 3)
    t_us = np.repeat(log.reports["t_observed_us"], log.reports["count"]) - log.contacts["dt_us"]
    assert not ((t_us >= off_us) & (t_us < on_us)).any()
    assert (np.bincount(log.contacts["target"][t_us == off_us - 1], minlength=n) == 1).all()
    away_s = log.reports["t_observed_us"] / S
    hears = (away_s - 60 < off_us / S) | (away_s > on_us / S)
    assert (log.reports["count"] == np.where(hears, n, 0)).all()
    dark = broadcasts_of(np.arange(n), 0, AisState.SILENT)
    none = build.fleet([build.sailing(10e3, 50e3, 4.0)] * n, broadcasts=dark)
    assert not len(heard(build, none, mobile_ais(), build.hull_at(14.0, 120.0, 2), 2).contacts)
    without = build.fleet([build.sailing(10e3, 50e3, 4.0)] * n, ais=np.zeros(n))
    assert not len(heard(build, without, mobile_ais(), build.hull_at(14.0, 120.0, 2), 2).contacts)


def test_garbled_messages_count_as_not_sent(build):
    n, garbled = 300, np.repeat([0.0, 0.75], 300)
    sent = broadcasts_of(np.arange(2 * n), 0, AisState.TRUE, garbled_fraction=garbled)
    fleet = build.fleet([build.sailing(10e3, 40e3, 5.0)] * (2 * n), broadcasts=sent)
    log = heard(build, fleet, mobile_ais(p_decode=0.04), build.hull_at(14.0, 120.0, 1.5), 1.5)
    held = shares(log, 2 * n).reshape(2, n).mean(axis=1)
    p = 1 - (1 - np.array([0.04, 0.01])) ** 6.0
    band = 4 * np.sqrt(p * (1 - p) / (n * len(log.reports)))
    assert (np.abs(held - p) < band).all()


def crowd(build, n_probes, places, hours):
    """Ships of 25 knots to and fro (a position every 2 s), and probes at anchor, which weigh nothing."""
    rng = np.random.default_rng(12)
    n, step = 150, 600.0 * 12.9 / 111_195.0
    paths = []
    for y in np.repeat([15.5, 16.5, 17.5], n // 3) + rng.uniform(-0.3, 0.3, n):
        paths.append([(600.0 * k, float(y) + step * (k % 2), 121.5) for k in range(round(hours * 6) + 1)])
    for y, x in places:
        paths += [[(0.0, y, x), (hours * 3600.0, y, x)]] * n_probes
    return n, build.fleet(paths, probes=n_probes * len(places))


def test_traffic_that_a_ship_does_not_hear_hides_it_as_slotted_aloha_says(build):
    # Each ship of 25 knots takes 1/2 + 2/360 slots a second of 75. Probes far from all of it lose exp(-h) of
    # theirs; those in the cell of a third of it do not lose to what lies within the range of ships.
    hours, n_probes = 3, 800
    box = Box(lat_min_deg=12, lat_max_deg=18, lon_min_deg=119, lon_max_deg=123)
    n, fleet = crowd(build, n_probes, [(13.5, 120.5), (16.5, 121.5)], hours)
    receiver = mobile_ais(antenna_height_m=9000.0, slot_load=True, ship_range_m=40e3)
    log = heard(build, fleet, receiver, build.hull_at(15.0, 121.0, hours, 9000.0), hours, area=box)
    held = shares(log, fleet.n_targets)[n:].reshape(2, n_probes).mean(axis=1)
    third = n / 3 * (0.5 + 2 / 360)
    cell = Box(lat_min_deg=16, lat_max_deg=17, lon_min_deg=121, lon_max_deg=122)
    near = third * math.pi * 40e3**2 / area_m2(cell)
    load = np.array([3 * third, 3 * third - near]) / 75
    assert 0.7 < load[1] < load[0] - 0.05

    def expected(load):
        return 1 - (1 - np.exp(-load)) ** (60 / ANCHORED_S)

    p = expected(load)
    band = 4 * np.sqrt(p * (1 - p) / (n_probes * len(log.reports)))
    assert (np.abs(held - p) < band).all()
    assert (np.abs(held - expected(1.05 * load)) > band).all()
    clear = mobile_ais(antenna_height_m=9000.0, slot_load=False)
    alone = heard(build, fleet, clear, build.hull_at(15.0, 121.0, hours, 9000.0), hours, area=box)
    assert (shares(alone, fleet.n_targets)[n:] == 1).all()


def test_traffic_beyond_the_horizon_hides_nobody(build):
    hours, n_probes = 2, 300
    box = Box(lat_min_deg=12, lat_max_deg=18, lon_min_deg=119, lon_max_deg=123)
    n, fleet = crowd(build, n_probes, [(12.5, 119.5)], hours)
    low = mobile_ais(antenna_height_m=30.0, slot_load=True, max_range_m=60e3)
    log = heard(build, fleet, low, build.hull_at(12.5, 119.5, hours, 30.0), hours, area=box)
    assert (shares(log, fleet.n_targets)[n:] == 1).all()


def test_a_contact_does_not_depend_on_another_hull_target_platform_or_block(build):
    rng = np.random.default_rng(1)
    paths = build.parked(rng.uniform(5e3, 90e3, 150), rng.uniform(0, 360, 150), hours=6.0)
    first, second = [
        [(0.0, 14.0, 120.0), (20000.0, 14.6, 120.4)],
        [(500.0, 14.2, 120.0), (15000.0, 13.7, 119.4)],
    ]
    receiver = mobile_ais(p_decode=0.5)
    alone = heard(build, build.fleet(paths[:100]), receiver, build.carrier([first]), 6)
    both = {"m": receiver, "q": mobile_ais(platform="q", p_decode=0.7), "r": build.mobile_radar()}
    carriers = {"p": build.carrier([first, second]), "q": build.carrier([second])}
    more = heard(build, build.fleet(paths), both, carriers, 6)
    own = [row[1:] for row in build.rows(more, "m") if row[1] < INTERVALS_PER_HULL and row[2] < 100]
    assert len(own) > 1000
    assert own == [row[1:] for row in build.rows(alone)]
    assert heard(build, build.fleet(paths), both, carriers, 6, block=7).digest() == more.digest()


def test_under_load_too_a_hull_hears_what_it_hears_alone(build):
    # Ships on the border of cells: their share of what is near must not come from another hull's report.
    hours = 1
    box = Box(lat_min_deg=12, lat_max_deg=18, lon_min_deg=119, lon_max_deg=123)
    n, step = 200, 0.15
    ways = np.linspace(16.85, 17.0, n, endpoint=False)
    fleet = build.fleet([[(0.0, y, 121.5), (3600.0, y + step, 121.5)] for y in ways])
    first, second = (
        [(1200.0, 16.0, 121.0), (3600.0, 16.5, 121.0)],
        [(0.0, 16.4, 121.0), (2400.0, 16.9, 121.0)],
    )
    receiver = mobile_ais(slot_load=True, p_decode=0.02)
    alone = heard(build, fleet, receiver, build.carrier([first], hulls=[1]), hours, area=box)
    both = heard(build, fleet, receiver, build.carrier([second, first], hulls=[0, 1]), hours, area=box)
    own = [row for row in build.rows(both) if row[1] >= INTERVALS_PER_HULL]
    assert 100 < len(own) < len(both.contacts)
    assert own == build.rows(alone)


def test_probes_weigh_nothing_and_the_load_is_of_vessels(build):
    hours = 1
    box = Box(lat_min_deg=12, lat_max_deg=18, lon_min_deg=119, lon_max_deg=123)
    logs = []
    for n_probes in (1, 400):
        n, fleet = crowd(build, n_probes, [(16.5, 121.5)], hours)
        receiver = mobile_ais(antenna_height_m=9000.0, slot_load=True, p_decode=0.1)
        log = heard(build, fleet, receiver, build.hull_at(15.0, 121.0, hours, 9000.0), hours, area=box)
        logs.append([row for row in build.rows(log) if row[2] < n])
    assert len(logs[0]) > 1000
    assert logs[0] == logs[1]


def test_products_say_what_was_sent_with_the_error_of_the_ship(build):
    n = 200
    sent = broadcasts_of(np.arange(n), 0, AisState.FALSE_POSITION, offset_east_m=2e4)
    fleet = build.fleet(build.parked(np.full(n, 30e3), hours=3.0), broadcasts=sent)
    sensors = {"m": mobile_ais(position_error_m=25.0)}
    carrier = build.hull_at(14.0, 120.0, 3)
    log = heard(build, fleet, sensors, carrier, 3)
    table = products(log, fleet, sensors, SEED, {"p": carrier})
    assert table["is_ais"].all()
    assert table["semi_major_m"] == pytest.approx(25.0 / math.sqrt(2))
    true = distance_m(table["lat_deg"], table["lon_deg"], table["true_lat_deg"], table["true_lon_deg"])
    assert np.median(true) == pytest.approx(2e4, abs=10.0)


def test_an_unknown_platform_is_refused_by_name(build):
    with pytest.raises(ValueError, match="no platform 'p'"):
        heard(build, build.fleet(build.parked([20e3])), mobile_ais(), {"q": build.hull_at(14.0, 120.0, 1)}, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("antenna_height_m", 0.0),
        ("antenna_height_m", 26e3),
        ("max_range_m", 0.0),
        ("p_decode", 1.1),
        ("interval_s", 5.0),
        ("refraction_factor", 0.0),
        ("ship_range_m", 0.0),
        ("lat_deg", 14.0),
    ],
)
def test_a_receiver_aboard_out_of_bounds_is_refused_at_the_field(field, value):
    with pytest.raises(ValidationError) as caught:
        mobile_ais(**{field: value})
    assert field in {error["loc"][0] for error in caught.value.errors()}
