"""Satellites that locate emitters: who emits, when, and that AIS has no part in it."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.time import US_PER_DAY, US_PER_H, US_PER_S, Timeline
from mda_sim.data import catalogue
from mda_sim.geo.orbits import earth_fixed, on_sphere
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, unit_vectors
from mda_sim.sensing.example import Example
from mda_sim.sensing.products import products
from mda_sim.sensing.rf_satellite import RfSatellite
from mda_sim.sensing.sensors import cards
from mda_sim.sensing.sweep import sense

START = datetime(2026, 11, 2, tzinfo=UTC)
SEED = 31
AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)
PLACE = 15.0, 117.5


def rf_of(**changes) -> RfSatellite:
    values = {"operator": "USA", "altitude_m": 575e3, "ltan_s": 36000.0, "elevation_min_deg": 5.0}
    return RfSatellite(**(values | changes))


def still(n, place=PLACE, days=4.0):
    return [[(0.0, *place), (days * 86400.0, *place)]] * n


def located(fleet, days=1.0, seed=SEED, **sensors):
    timeline = Timeline(START, 0, round(days * US_PER_DAY), 0)
    return sense(fleet, sensors, timeline, seed, land=None, area=AREA)


def times_us(build, log, sensor="s"):
    """(target, time [us]) of the contacts of a sensor, by report."""
    at = log.reports["sensor"] == log.reports.meta["sensors"].index(sensor)
    intervals, ends = log.reports["interval"][at].tolist(), log.reports["t_observed_us"][at].tolist()
    ends_us = dict(zip(intervals, ends, strict=True))
    return [(k, target, ends_us[k] - dt_us) for _, k, target, dt_us in build.rows(log, sensor)]


def test_a_share_of_the_ships_in_view_is_located(build):
    n, days = 3000, 2.0
    log = located(build.fleet(still(n)), days, s=rf_of(p_emits=0.6, p_located=0.5))
    counts = log.reports["count"][log.reports["count"] > 0]
    looks = n * len(counts)
    band = 4 * math.sqrt(0.3 * 0.7 * looks)
    assert len(counts) >= 5
    assert band < 0.05 * 0.3 * looks
    assert abs(counts.sum() - 0.3 * looks) < band
    assert abs(1.05 * counts.sum() - 0.3 * looks) > band


def test_a_contact_is_of_the_middle_of_the_time_in_view(build):
    place = (6.0, 121.0)
    satellite = rf_of(p_emits=1.0, p_located=1.0)
    log = located(build.fleet(still(1, place)), 3.0, s=satellite)
    t_s = np.arange(0, 3 * 86400)
    ray = on_sphere(earth_fixed(satellite.orbits(START)[0], START, t_s)[0])
    ray -= EARTH_RADIUS_M * unit_vectors(*place)
    sine = (ray * unit_vectors(*place)).sum(axis=1) / np.linalg.norm(ray, axis=1)
    seconds = t_s[sine >= math.sin(math.radians(5.0))]
    views = [up for up in np.split(seconds, 1 + np.flatnonzero(np.diff(seconds) > 1)) if len(up) > 60]
    found = [t_us / US_PER_S for _, _, t_us in sorted(times_us(build, log), key=lambda row: row[2])]
    wanted = [(up[0] + up[-1]) / 2 for up in views]
    assert len(wanted) >= 5
    for t in wanted:
        assert min(abs(t - own) for own in found) < 1.5
    assert len(found) <= len(wanted) + 2


def test_whether_a_ship_emits_in_an_hour_is_the_same_for_all_satellites(build):
    # Two satellites, alike but for a few degrees along the orbit, so that they pass in the same hours.
    pair = {
        "s": rf_of(p_located=1.0),
        "t": rf_of(p_located=1.0, phase_deg=8.0),
        "less": rf_of(p_located=1.0, p_emits=0.2),
    }
    log = located(build.fleet(still(400)), 2.0, **pair)
    by_hour = {}
    for name in pair:
        for _, target, t_us in times_us(build, log, name):
            by_hour.setdefault(name, {}).setdefault(t_us // US_PER_H, set()).add(target)
    shared = by_hour["s"].keys() & by_hour["t"].keys()
    assert len(shared) >= 2
    for hour in shared:
        assert by_hour["s"][hour] == by_hour["t"][hour]
        assert by_hour["less"][hour] < by_hour["s"][hour]
    first, second = sorted(by_hour["s"])[:2]
    both = len(by_hour["s"][first] & by_hour["s"][second])
    assert abs(both - 100) < 4 * math.sqrt(400 * 0.25 * 0.75)


def test_ais_has_no_part_in_it(build):
    paths = still(200)
    plain = build.rows(located(build.fleet(paths), s=rf_of()))
    assert plain
    for changes in ({"ais": np.zeros(200)}, {"broadcasting": np.zeros(200)}, {"ais": np.full(200, 3)}):
        assert build.rows(located(build.fleet(paths, **changes), s=rf_of())) == plain


def test_the_length_from_which_ships_emit_includes_itself_and_probes_follow_the_rule(build):
    lengths = np.array([10.0, 44.9, 45.0, 300.0, 44.9, 50.0])
    fleet = build.fleet(still(6), probes=2, length_m=lengths)
    sure = {"p_emits": 1.0, "p_located": 1.0}
    assert {row[2] for row in build.rows(located(fleet, s=rf_of(**sure)))} == {2, 3, 5}
    small = rf_of(emitter_length_m=0.0, **sure)
    assert {row[2] for row in build.rows(located(fleet, s=small))} == {0, 1, 2, 3, 4, 5}


def test_only_who_is_there_in_the_middle_of_its_view_is_located(build):
    satellite = rf_of(p_emits=1.0, p_located=1.0)
    whole = times_us(build, located(build.fleet(still(1)), s=satellite))
    middle_s = whole[1][2] / US_PER_S
    paths = [[(a, *PLACE), (b, *PLACE)] for a, b in ((0.0, middle_s - 2), (middle_s + 2, 90_000.0))]
    paths.append([(middle_s - 2, *PLACE), (middle_s + 2, *PLACE)])
    rows = times_us(build, located(build.fleet(paths), s=satellite))
    by_target = [{k for k, own, _ in rows if own == target} for target in range(3)]
    reports = sorted({k for k, _, _ in whole})
    at = whole[1][0]
    assert by_target == [
        {k for k in reports if k < at},
        {k for k in reports if k > at},
        {at},
    ]


def test_other_sensors_and_ships_change_no_contact(build):
    rng = np.random.default_rng(6)
    places = list(zip(rng.uniform(4, 25, 80).tolist(), rng.uniform(106, 126, 80).tolist(), strict=True))
    paths = [path for place in places for path in still(1, place)]
    streams = ["a"] * 50 + ["b"] * 30
    alone = build.rows(located(build.fleet(paths[:50], streams=streams[:50]), 2.0, s=rf_of()))
    fleet = build.fleet(paths, streams=streams)
    log = located(fleet, 2.0, s=rf_of(), other=rf_of(ltan_s=50_000.0), twin=rf_of())
    assert [row for row in build.rows(log, "s") if row[2] < 50] == alone
    assert alone
    assert [row[1:] for row in build.rows(log, "twin")] != [row[1:] for row in build.rows(log, "s")]


def test_passes_of_many_clusters_at_once_disturb_no_look(build):
    rng = np.random.default_rng(12)
    paths = []
    for _ in range(60):
        times = np.arange(0.0, 90_000.0, 1200.0)
        places = np.cumsum(rng.normal(0, 0.05, (len(times), 2)), axis=0)
        places += rng.uniform([5, 107], [24, 125])
        paths.append([(float(t), *place) for t, place in zip(times, places.tolist(), strict=True)])
    fleet, shell = build.fleet(paths), {"p_emits": 1.0, "p_located": 1.0}
    alone = build.rows(located(fleet, s=rf_of(**shell)))
    rows = build.rows(located(fleet, s=rf_of(n_satellites=12, n_planes=4, **shell)))
    assert [row for row in rows if row[1] < 2**20] == alone
    assert len(alone) > 50


def test_positions_err_by_what_is_stated_in_all_directions(build):
    satellite = rf_of(p_emits=1.0, p_located=1.0, position_error_m=4000.0)
    fleet = build.fleet(still(1500))
    table = products(located(fleet, s=satellite), fleet, {"s": satellite}, SEED)
    error_m = distance_m(*(table[name] for name in ("true_lat_deg", "true_lon_deg", "lat_deg", "lon_deg")))
    square, n = np.mean(error_m**2), len(error_m)
    band = 4 * 4000.0**2 / math.sqrt(n)  # the square of the distance is exponential
    assert n > 4000
    assert abs(square - 4000.0**2) < band
    assert abs(1.05**2 * square - 4000.0**2) > band
    (card,) = cards({"s": satellite})
    assert (card.category, card.error_m) == ("rf", 4000.0)


def test_by_range_it_is_the_same_up_to_the_horizon_and_nothing_below_the_length():
    satellite = rf_of()
    assert satellite.p_by_range([0.0, 1500e3, 3000e3], Example.of(50.0)).tolist() == [0.25, 0.25, 0.0]
    assert satellite.p_by_range([0.0, 1500e3], Example.of(44.0)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("type_id", ["rf_hawkeye_360_sso", "rf_hawkeye_360_inclined"])
def test_types_of_the_catalogue_locate_ships(build, type_id):
    row = catalogue.sensor_type(type_id)
    satellite = RfSatellite(operator="USA", type=type_id, **row.parameters)
    log = located(build.fleet(still(50)), 3.0, s=satellite)
    assert 0 < log.reports["count"].sum() < 50 * len(log.reports)


@pytest.mark.parametrize("change", [{"p_emits": 1.1}, {"p_located": -0.1}, {"emitter_length_m": -1.0}])
def test_limits_of_a_cluster_are_checked(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        rf_of(**change)
