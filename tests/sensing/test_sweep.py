"""The sweep: contacts against probabilities, what cannot be seen, and what may not change what."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from mda_sim.core.errors import HashCollision
from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.time import US_PER_H
from mda_sim.geo.sphere import distance_m
from mda_sim.sensing.detection import p_detect
from mda_sim.sensing.example import Example
from mda_sim.sensing.radar_tables import elevation_factor
from mda_sim.sensing.rcs import aspect_factor_db, median_rcs_m2
from mda_sim.sensing.sweep import sense

US_PER_S = 1_000_000
SEED = 11


def phase_us(sensor_id: str, interval_us: int, seed: int = SEED) -> int:
    u = draw_uniform(stream_key(seed, "sense.phase"), 0, 0, address(sensor_id), 0)[0]
    return int(u * interval_us)


def p_scan(radar, range_m, factor=1.0, length_m=50.0):
    """Exact probability of a scan in calm air and sea, from the range equation."""
    rcs_m2 = float(median_rcs_m2(length_m, 0, radar.frequency_hz))
    snr = radar.snr_at_1_m * rcs_m2 * factor * elevation_factor(radar, range_m) / np.asarray(range_m) ** 4
    return p_detect(snr, radar.n_pulses, radar.p_false_alarm, radar.swerling)


@pytest.fixture(scope="module")
def mixed(build):
    """Ten ships and trawlers under way, twelve at anchor and eight probes around (14, 120)."""
    sailing = [build.sailing(-150e3, 150e3, 5.0 + i, bearing_deg=36.0 * i) for i in range(10)]
    turning = [*sailing[0][:1], (20_000.0, 13.9, 120.3), (40_000.0, 14.4, 120.2)]
    still = build.parked(np.linspace(5e3, 110e3, 20), np.linspace(0, 350, 20), hours=12.0)
    return build.fleet(
        [turning, *sailing[1:], *still],
        probes=8,
        length_m=np.r_[np.linspace(30, 300, 22), np.full(8, 50.0)],
        height_m=np.r_[np.linspace(5, 40, 22), np.full(8, 8.0)],
        broadcasting=np.r_[np.tile([1, 0], 11), np.zeros(8)],
        ais=np.r_[np.tile([1, 1, 2], 8)[:22], np.zeros(8)],
    )


@pytest.fixture(scope="module")
def sensors(build):
    return {
        "alpha": build.radar_with(0.5, 60e3, fluctuation_sigma_db=4.0, min_p_report=0.05),
        "bravo": build.ais(interval_s=180.0),
        "charlie": build.radar_with(0.5, 50e3, lat_deg=14.3, lon_deg=120.4, interval_s=60.0, min_scans=3),
    }


def test_books_add_up_and_every_interval_has_its_report(build, mixed, sensors):
    timeline = build.timeline(12)
    log = sense(mixed, sensors, timeline, SEED, land=None)
    reports, contacts = log.reports, log.contacts
    assert reports["report"].tolist() == list(range(len(reports)))
    assert reports.is_sorted()
    assert (reports["first"] == np.cumsum(reports["count"]) - reports["count"]).all()
    assert reports["count"].sum() == len(contacts) > 1000
    of = np.repeat(np.arange(len(reports)), reports["count"])
    vessels = np.bincount(of[contacts["target"] < log.n_vessels], minlength=len(reports))
    assert (reports["n_vessels"] == vessels).all()
    assert 0 < vessels.sum() < len(contacts)
    same_report = of[1:] == of[:-1]
    assert (np.diff(contacts["target"].astype(int))[same_report] > 0).all()
    assert reports.meta["sensors"] == ["alpha", "bravo", "charlie"]
    assert (log.n_vessels, log.n_targets) == (22, 30)
    for row, (name, interval_s) in enumerate([("alpha", 300), ("bravo", 180), ("charlie", 60)]):
        own = reports["sensor"] == row
        interval_us = interval_s * US_PER_S
        phase = phase_us(name, interval_us)
        n = (timeline.score_to_us - phase) // interval_us
        assert reports["interval"][own].tolist() == list(range(n))
        assert (reports["t_observed_us"][own] == phase + (np.arange(n) + 1) * interval_us).all()
        assert (reports["t_ready_us"][own] - reports["t_observed_us"][own] == 30 * US_PER_S).all()
    assert reports["t_observed_us"].max() <= timeline.score_to_us


def test_block_size_changes_no_byte(build, mixed, sensors):
    digests = {
        sense(mixed, sensors, build.timeline(6), SEED, land=None, block=b).digest() for b in (1, 7, 1000)
    }
    assert len(digests) == 1


def test_order_of_sensors_changes_no_byte(build, mixed, sensors):
    other = dict(reversed(sensors.items()))
    assert list(other) != list(sensors)
    logs = [sense(mixed, some, build.timeline(3), SEED, land=None) for some in (sensors, other)]
    assert logs[0].digest() == logs[1].digest()


def test_another_seed_gives_other_contacts(build, mixed, sensors):
    logs = [sense(mixed, sensors, build.timeline(3), seed, land=None) for seed in (1, 2)]
    assert logs[0].digest() != logs[1].digest()


def test_adding_a_radar_leaves_every_contact_of_every_other_sensor_unchanged(build, mixed, sensors):
    more = sensors | {"aardvark": build.radar(lat_deg=13.5), "bravo_2": build.ais()}
    few = sense(mixed, sensors, build.timeline(6), SEED, land=None)
    many = sense(mixed, more, build.timeline(6), SEED, land=None)
    for name in sensors:
        assert build.rows(few, name) == build.rows(many, name)
        assert build.rows(few, name)
    assert len(many.contacts) > len(few.contacts)


def test_removing_probes_leaves_every_vessel_contact_unchanged(build, sensors):
    paths = build.parked(np.tile(np.linspace(10e3, 80e3, 10), 3), np.linspace(0, 300, 30))
    with_probes = sense(build.fleet(paths, probes=10), sensors, build.timeline(4), SEED, land=None)
    without = sense(build.fleet(paths[:20]), sensors, build.timeline(4), SEED, land=None)
    assert [row for row in build.rows(with_probes) if row[2] < 20] == build.rows(without)
    assert any(row[2] >= 20 for row in build.rows(with_probes))


def test_the_draws_of_a_vessel_follow_its_stream_and_index_and_not_its_row(build, sensors):
    paths = build.parked(np.linspace(30e3, 70e3, 6))
    one = build.fleet(paths, streams=["a"] * 3 + ["b"] * 3)
    two = build.fleet(paths[3:], streams=["b"] * 3)
    rows = [build.rows(sense(fleet, sensors, build.timeline(6), SEED, land=None)) for fleet in (one, two)]
    assert [(s, k, v - 3, dt) for s, k, v, dt in rows[0] if v >= 3] == rows[1]
    other_index = build.fleet(paths[3:], streams=["b"] * 3, index=[7, 8, 9])
    assert build.rows(sense(other_index, sensors, build.timeline(6), SEED, land=None)) != rows[1]


def test_contacts_of_a_motionless_target_come_as_often_as_their_probability(build):
    # 40 targets at 8 distances; a contact in each of 71 or 72 intervals, independent draws.
    distances_m = np.repeat(np.linspace(38e3, 46e3, 8), 40)
    fleet = build.fleet(build.parked(distances_m, hours=6.0), probes=320)
    radar = build.radar_with(0.5, 42e3)
    log = sense(fleet, {"r": radar}, build.timeline(6), SEED, land=None)
    n = len(log.reports)
    held = np.bincount(log.contacts["target"], minlength=len(distances_m)).reshape(8, 40).sum(axis=1)
    p = radar.p_by_range(distances_m[::40], Example.of(50.0))
    assert ((p > 0.02) & (p < 0.98)).sum() >= 3
    error = np.sqrt(p * (1 - p) / (40 * n))
    assert (np.abs(held / (40 * n) - p) <= 4 * error + 1e-9).all()


@pytest.mark.parametrize("speed_mps", [6.0, 18.0])
def test_a_moving_target_is_judged_by_its_mean_probability_over_the_interval(build, speed_mps):
    """Interval by interval, P recomputed from sampled positions with a Poisson-binomial of 100 scans."""
    from mda_sim.sensing.m_of_n_kernels import p_at_least_by_scan

    n = 400
    fleet = build.fleet([build.sailing(40e3, 120e3, speed_mps)] * n, probes=n)
    radar = build.radar_with(0.5, 50e3 * 10 ** (3.0 / 40.0))  # bow on: 3 dB less
    log = sense(fleet, {"r": radar}, build.timeline(1), SEED, land=None)
    held = log.reports["count"]
    interval_us = 300 * US_PER_S
    expected = []
    for end_us in log.reports["t_observed_us"]:
        t_us = (end_us - interval_us + (np.arange(100) + 0.5) / 100 * interval_us).astype(np.int64)
        lat, lon = fleet.positions(0, t_us)
        range_m = distance_m(14.0, 120.0, lat, lon)
        bow_on = 10 ** (float(aspect_factor_db(0.0)) / 10)
        expected.append(p_at_least_by_scan(radar.min_scans, p_scan(radar, range_m, bow_on)))
    p = np.array(expected)
    assert ((p > 0.02) & (p < 0.98)).sum() >= 2
    assert (np.abs(held / n - p) <= 4 * np.sqrt(p * (1 - p) / n) + 0.01).all()


def test_a_contact_is_the_addressed_draw_below_the_probability(build):
    """Every single decision, persistent term included, recomputed from the published addresses."""
    radar = build.radar_with(0.5, 42e3, fluctuation_sigma_db=5.0, min_p_report=0.05)
    distances_m = np.linspace(25e3, 60e3, 25)
    log = sense(build.fleet(build.parked(distances_m)), {"r": radar}, build.timeline(24), SEED, land=None)
    intervals, end_us = log.reports["interval"], log.reports["t_observed_us"]
    expected = []
    for target in range(25):
        where = address("trawler"), target, address("r")
        z = draw_normal(stream_key(SEED, "sense.radar.persistent"), *where, end_us // US_PER_H)
        p_one = p_scan(radar, distances_m[target], 10 ** (5.0 * z / 10))
        p = binom.sf(radar.min_scans - 1, radar.n_scans, p_one)
        u = draw_uniform(stream_key(SEED, "sense.radar.contact"), *where, intervals)
        expected += [(int(k), target) for k in intervals[(u < p) & (p >= 0.05)]]
    assert [(k, target) for _, k, target, _ in build.rows(log)] == sorted(expected)
    assert 500 < len(expected) < 25 * len(log.reports) - 500


def test_nothing_is_held_beyond_the_horizon_or_the_instrumented_range(build):
    fleet = build.fleet(
        build.parked(np.array([82e3, 84e3, 96e3, 99e3, 96.5e3])),
        length_m=[50.0, 50.0, 300.0, 300.0, 300.0],
        height_m=[8.0, 8.0, 40.0, 40.0, 36.0],
    )
    log = sense(fleet, {"r": build.radar(power_w=1e8)}, build.timeline(2), SEED, land=None)
    # From 300 m: 8 m to 83 km, 40 m to 97.5 km, 36 m to 96.1 km.
    assert set(log.contacts["target"].tolist()) == {0, 2}
    short = build.radar(power_w=1e8, max_range_m=83e3)
    assert set(
        sense(fleet, {"r": short}, build.timeline(2), SEED, land=None).contacts["target"].tolist()
    ) == {0}


def test_nothing_is_held_behind_land_and_everything_before_it(build):
    fleet = build.fleet(build.parked(np.array([20e3, 40e3, 40e3, 40e3]), np.array([90.0, 90.0, 70.0, 300.0])))
    sensors = {"r": build.radar(power_w=1e8)}
    wall = build.wall(30e3, 80.0, 100.0)
    log = sense(fleet, sensors, build.timeline(2), SEED, land=wall)
    assert set(log.contacts["target"].tolist()) == {0, 2, 3}
    own = build.wall(2e3, 80.0, 100.0)  # nearer than own_land_m: the ground that the antenna stands on
    assert set(sense(fleet, sensors, build.timeline(2), SEED, land=own).contacts["target"].tolist()) == {
        0,
        1,
        2,
        3,
    }


def test_land_does_not_hide_from_ais(build):
    fleet = build.fleet(build.parked(np.array([35e3])))
    sensors = {"a": build.ais(p_decode=0.9)}
    logs = [
        sense(fleet, sensors, build.timeline(2), SEED, land=land)
        for land in (None, build.wall(1e4, 0.0, 360.0))
    ]
    assert logs[0].digest() == logs[1].digest()
    assert len(logs[0].contacts) == len(logs[0].reports)


def test_a_ship_that_sails_behind_land_is_lost_there(build):
    fleet = build.fleet([build.sailing(10e3, 70e3, 10.0)])
    log = sense(
        fleet, {"r": build.radar(power_w=1e8)}, build.timeline(2), SEED, land=build.wall(40e3, 80.0, 100.0)
    )
    held_until_us = max(log.reports["t_observed_us"][k] for _, k, _, _ in build.rows(log))
    assert abs(held_until_us - 3000 * US_PER_S) <= 300 * US_PER_S


def test_a_brief_visit_between_the_looked_at_instants_is_not_missed(build):
    # In reach for 80 s only, while start, middle and end of the interval are all out of reach.
    radar = build.radar(power_w=1e8, min_scans=3, max_range_m=10e3)
    start_s = (phase_us("r", 300 * US_PER_S) + 300 * US_PER_S) / 1e6
    far, near = ([float(x[0]) for x in build_point(d)] for d in (11e3, 9e3))
    path = [
        (start_s + 20.0, *far),
        (start_s + 30.0, *near),
        (start_s + 100.0, *near),
        (start_s + 110.0, *far),
        (start_s + 400.0, *far),
    ]
    log = sense(build.fleet([path]), {"r": radar}, build.timeline(1), SEED, land=None)
    ((_, interval, _, dt_us),) = build.rows(log)
    assert interval == 1
    assert dt_us * 1e-6 == pytest.approx(300.0 - 105.0, abs=0.1)


def build_point(distance_m: float):
    from mda_sim.geo.sphere import destination

    return [np.atleast_1d(x) for x in destination(14.0, 120.0, 90.0, distance_m)]


def test_age_of_a_contact_is_zero_in_reach_and_counts_from_the_exit(build):
    fleet = build.fleet([build.sailing(10e3, 120e3, 10.0)])
    radar = build.radar(power_w=1e8, min_scans=1, max_range_m=60e3)
    log = sense(fleet, {"r": radar}, build.timeline(3), SEED, land=None)
    *inside, last = build.rows(log)
    assert [dt for *_, dt in inside] == [0] * len(inside)
    exit_us = log.reports["t_observed_us"][last[1]] - last[3]
    assert exit_us == pytest.approx(5000 * US_PER_S, abs=10_000)


def test_a_vessel_that_ends_mid_interval_can_be_held_for_its_part(build):
    paths = build.parked(np.array([20e3]), hours=0.5)
    log = sense(build.fleet(paths), {"r": build.radar(power_w=1e8)}, build.timeline(2), SEED, land=None)
    rows = build.rows(log)
    end_us = log.reports["t_observed_us"][rows[-1][1]]
    assert end_us - rows[-1][3] == 1800 * US_PER_S
    assert all(log.reports["t_observed_us"][k] <= 2100 * US_PER_S for _, k, _, _ in rows)


def test_sixty_weak_intervals_do_not_add_up_to_range(build):
    """P per interval of a few per cent: without the floor most targets would be held once in five hours."""
    distances_m = np.full(300, 40e3)
    fleet = build.fleet(build.parked(distances_m, hours=6.0), probes=300)
    p = 0.03
    power_w = build.radar_with(p, 40e3).power_w
    timeline = build.timeline(5.2)
    floor = sense(fleet, {"r": build.radar(power_w=power_w, min_p_report=0.05)}, timeline, SEED, land=None)
    assert len(floor.contacts) == 0
    no_floor = sense(fleet, {"r": build.radar(power_w=power_w)}, timeline, SEED, land=None)
    n = len(no_floor.reports)
    assert n >= 60
    ever = len(np.unique(no_floor.contacts["target"])) / 300
    independent = 1 - (1 - p) ** n
    assert independent > 0.7
    assert abs(ever - independent) < 4 * math.sqrt(independent * (1 - independent) / 300)


def test_the_persistent_term_makes_intervals_of_one_hour_alike(build):
    fleet = build.fleet(build.parked(np.full(400, 42e3), hours=3.0), probes=400)
    radar = build.radar_with(0.5, 42e3, fluctuation_sigma_db=6.0)
    log = sense(fleet, {"r": radar}, build.timeline(3), SEED, land=None)
    hour = log.reports["t_observed_us"] // US_PER_H
    chosen = np.flatnonzero(hour == 1)
    held = np.zeros((400, len(chosen)))
    for column, report in enumerate(chosen):
        first, count = log.reports["first"][report], log.reports["count"][report]
        held[log.contacts["target"][first : first + count], column] = 1.0
    share = held.mean()
    assert 0.15 < share < 0.85
    spread = held.mean(axis=1).var()
    assert spread > 3 * share * (1 - share) / len(chosen)  # independent intervals would give one times this


def test_ais_contacts_come_as_often_as_the_closed_form(build):
    # 5 m/s: one transmission in 10 s, 30 in an interval of 300 s; class B 10; motionless class A 300 / 180.
    n = 500
    fleet = build.fleet(
        [build.sailing(10e3, 20e3, 5.0)] * (2 * n) + build.parked(np.full(n, 10e3), hours=1.0),
        ais=np.r_[np.ones(n), np.full(n, 2), np.ones(n)],
    )
    receiver = build.ais(p_decode=0.02)
    timeline = build.timeline(0.5)
    log = sense(fleet, {"a": receiver}, timeline, SEED, land=None)
    looks = n * len(log.reports)
    held = np.bincount(log.contacts["target"], minlength=3 * n).reshape(3, n).sum(axis=1)
    p = 1 - (1 - 0.02) ** np.array([30.0, 10.0, 300.0 / 180.0])
    assert (np.abs(held / looks - p) < 4 * np.sqrt(p * (1 - p) / looks)).all()


def test_ais_hears_only_those_that_broadcast_within_the_horizon(build):
    fleet = build.fleet(
        build.parked(np.array([20e3, 20e3, 20e3, 45e3, 39e3])),
        broadcasting=[1, 0, 1, 1, 1],
        ais=[1, 1, 0, 1, 2],
        height_m=[8.0, 8.0, 8.0, 8.0, 8.0],
    )
    # 60 m and 8 m: 31.9 + 11.7 = 43.6 km.
    log = sense(fleet, {"a": build.ais(p_decode=1.0)}, build.timeline(2), SEED, land=None)
    assert set(log.contacts["target"].tolist()) == {0, 4}
    short = sense(fleet, {"a": build.ais(p_decode=1.0, max_range_m=30e3)}, build.timeline(2), SEED, land=None)
    assert set(short.contacts["target"].tolist()) == {0}


def test_more_power_nearer_land_or_a_higher_antenna_never_loses_a_contact(build, mixed):
    weak = build.radar_with(0.5, 30e3, antenna_height_m=30.0)
    timeline = build.timeline(6)
    before = set(build.rows(sense(mixed, {"r": weak}, timeline, SEED, land=None), "r"))
    keep = {row[:3] for row in before}
    for change in ({"power_w": 4 * weak.power_w}, {"antenna_height_m": 200.0}, {"min_scans": 5}):
        better = weak.model_copy(update=change)
        after = {row[:3] for row in build.rows(sense(mixed, {"r": better}, timeline, SEED, land=None), "r")}
        assert keep <= after
        assert len(after) > len(keep)


def test_a_sensor_from_a_date_makes_the_same_contacts_from_then_on(build, mixed, sensors):
    timeline = build.timeline(6)
    start = timeline.datetime_at(2 * US_PER_H)
    always = sense(mixed, {"alpha": sensors["alpha"]}, timeline, SEED, land=None)
    later = sense(
        mixed, {"alpha": sensors["alpha"].model_copy(update={"from_utc": start})}, timeline, SEED, land=None
    )
    first = later.reports["interval"][0]
    begin_us = later.reports["t_observed_us"] - 300 * US_PER_S
    assert 2 * US_PER_H <= begin_us[0] < 2 * US_PER_H + 300 * US_PER_S
    assert build.rows(later) == [row for row in build.rows(always) if row[1] >= first]
    assert len(build.rows(later)) < len(build.rows(always))
    before_all = sensors["alpha"].model_copy(update={"from_utc": timeline.datetime_at(-US_PER_H)})
    assert sense(mixed, {"alpha": before_all}, timeline, SEED, land=None).digest() == always.digest()


def test_a_sensor_that_starts_after_the_end_makes_no_report(build, mixed, sensors):
    timeline = build.timeline(2)
    late = sensors["alpha"].model_copy(update={"from_utc": timeline.datetime_at(5 * US_PER_H)})
    log = sense(mixed, {"alpha": late}, timeline, SEED, land=None)
    assert (len(log.reports), len(log.contacts), len(log.sensors)) == (0, 0, 1)


def test_a_world_without_sensors_gives_empty_tables_with_all_columns(build, mixed):
    log = sense(mixed, {}, build.timeline(2), SEED, land=None)
    assert (len(log.reports), len(log.contacts), log.sensors) == (0, 0, ())
    assert log.reports["t_ready_us"].dtype == np.int64


def test_sensors_that_share_a_draw_address_are_refused(build, mixed, monkeypatch):
    monkeypatch.setattr("mda_sim.core.rng.address", lambda name: 7)
    with pytest.raises(HashCollision, match="sensor ids"):
        sense(mixed, {"a": build.radar(), "b": build.radar()}, build.timeline(1), SEED, land=None)


def test_a_block_below_one_is_refused(build, mixed):
    with pytest.raises(ValueError, match="at least 1 target"):
        sense(mixed, {"a": build.radar()}, build.timeline(1), SEED, land=None, block=0)


def test_luzon_hides_lamon_bay_from_a_radar_on_manila_bay(build):
    from mda_sim.geo.coast import load_land

    places = [(14.55, 120.70), (14.55, 122.00)]  # in Manila Bay; east of Luzon, 113 km away
    fleet = build.fleet([[(0.0, *place), (7200.0, *place)] for place in places])
    radar = build.radar(
        lat_deg=14.6, lon_deg=120.95, antenna_height_m=1000.0, max_range_m=150e3, power_w=1e8, own_land_m=10e3
    )
    blocked = sense(fleet, {"r": radar}, build.timeline(2), SEED, land=load_land())
    free = sense(fleet, {"r": radar}, build.timeline(2), SEED, land=None)
    assert set(blocked.contacts["target"].tolist()) == {0}
    assert set(free.contacts["target"].tolist()) == {0, 1}
