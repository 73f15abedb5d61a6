"""Radars aboard platforms: like radars ashore where they stay, by true distances where they move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.coast import load_land
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m
from mda_sim.records import CONTACTS, NO_TARGET
from mda_sim.sensing.example import Example
from mda_sim.sensing.mobile import INTERVALS_PER_HULL
from mda_sim.sensing.mobile_radar import MobileRadar
from mda_sim.sensing.products import products
from mda_sim.sensing.radar import CoastalRadar
from mda_sim.sensing.sweep import sense
from mda_sim.world.environment import build_environment
from mda_sim.world.environment_spec import UniformEnvironment

SEED = 17
S = US_PER_S


def looked(build, fleet, sensors, carriers, hours, **world):
    return sense(
        fleet, sensors, build.timeline(hours), SEED, land=world.pop("land", None), carriers=carriers, **world
    )


def test_a_radar_on_a_parked_ship_is_a_radar_ashore(build):
    shared = {
        "operator": "PHL",
        "antenna_height_m": 30.0,
        "max_range_m": 60e3,
        "power_w": 200.0,
        "antenna_gain_dbi": 31.0,
        "frequency_hz": 9.4e9,
        "pulse_width_s": 1e-6,
        "noise_figure_db": 5.0,
        "losses": {"other_db": 6.0},
        "azimuth_beamwidth_deg": 1.2,
        "rotation_period_s": 3.0,
        "prf_hz": 1000.0,
        "interval_s": 60.0,
    }
    ashore = CoastalRadar(lat_deg=14.0, lon_deg=120.0, own_land_m=0.0, **shared)
    aboard = MobileRadar(platform="p", **shared)
    ranges = np.linspace(1e3, 40e3, 60)
    example = Example.of(30.0)
    assert aboard.p_by_range(ranges, example) == pytest.approx(
        ashore.p_by_range(aboard.slant_m(ranges), example), abs=1e-12
    )
    distances = np.repeat(np.linspace(6e3, 24e3, 7), 150)
    fleet = build.fleet(
        build.parked(distances, np.tile(np.linspace(0, 357.6, 150), 7), hours=12.0),
        length_m=np.full(len(distances), 12.0),
        height_m=np.full(len(distances), 6.0),
    )
    fixed = looked(build, fleet, {"r": ashore}, {}, 12)
    moving = looked(build, fleet, {"m": aboard}, {"p": build.hull_at(14.0, 120.0, 12, 30.0)}, 12)
    shares = [
        np.bincount(log.contacts["target"], minlength=len(distances)).reshape(7, 150) / len(log.reports)
        for log in (fixed, moving)
    ]
    # Ships differ by their persistent term and aspect: their spread gives the error of the mean.
    error = np.sqrt(sum(share.var(axis=1) for share in shares) / 150)
    means = [share.mean(axis=1) for share in shares]
    assert (np.abs(means[0] - means[1]) < 4 * error + 1e-9).all()
    assert max(means[0]) > 0.9
    assert 0.02 < np.median(means[0]) < 0.98


def brute_force(fleet, carrier, radar, log, reach_m, near_m=400.0):
    """Report and target of each contact of a definite radar, and those too near the edge to tell."""
    ends = log.reports["t_observed_us"]
    step = round(radar.interval_s * S)
    inside, doubtful = set(), set()
    for k in range(len(ends)):
        hull = int(log.reports["interval"][k]) // INTERVALS_PER_HULL
        row = int(np.flatnonzero(carrier.sorties["hull"] == hull)[0])
        t_us = int(ends[k]) - np.array([step, step // 2, 0])
        here = carrier.positions(row, t_us)
        for target in range(fleet.n_targets):
            away = distance_m(*here, *fleet.positions(target, t_us))
            slant = radar.slant_m(away)
            if (np.abs(slant - reach_m) < near_m).any():
                doubtful.add((k, target))
            elif (slant < reach_m).any():
                inside.add((k, target))
    return inside, doubtful


def test_contacts_are_those_of_true_distances_at_start_middle_and_end(build):
    rng = np.random.default_rng(6)
    paths = []
    for _ in range(60):
        y, x = rng.uniform(13, 16), rng.uniform(118, 121)
        points = [
            (3600.0 * 3 * k, y + dy, x + dx) for k, (dy, dx) in enumerate(rng.uniform(-0.4, 0.4, (4, 2)))
        ]
        paths.append(points)
    fleet = build.fleet(paths)
    tracks = [
        [(600.0, 14.0, 120.0), (6000.0, 15.5, 118.5), (12000.0, 13.5, 119.0), (20000.0, 14.0, 120.0)],
        [(9000.0, 13.0, 118.2), (30000.0, 15.8, 120.8)],
    ]
    carrier = build.carrier(tracks)
    radar = build.definite(60e3)
    log = looked(build, fleet, {"m": radar}, {"p": carrier}, 9)
    found = {
        (k, int(t))
        for k, t in zip(
            np.repeat(np.arange(len(log.reports)), log.reports["count"]), log.contacts["target"], strict=True
        )
    }
    inside, doubtful = brute_force(fleet, carrier, radar, log, 60e3)
    assert len(inside) > 500
    assert found - doubtful == inside - doubtful
    assert len(doubtful) < 0.1 * len(inside)


def test_what_a_fast_hull_passes_over_within_an_interval_is_held(build):
    # 30 km an interval, 9 km of reach: most are in reach in the middle alone.
    x = 120.0 + np.linspace(0.1, 3.4, 160)
    # Probes, because they share no cell with others, as what is left behind at one range and bearing would.
    fleet = build.fleet([[(0.0, 0.0, a), (7200.0, 0.0, a)] for a in x], probes=len(x))
    carrier = build.carrier(
        [[(0.0, 0.0, 120.0), (1600.0, 0.0, 120.0 + 1600 * 250 / 111_195.0)]], height_m=3000
    )
    radar = build.definite(9e3, interval_s=120.0)
    log = looked(build, fleet, {"m": radar}, {"p": carrier}, 1)
    report = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    found = set(zip(report.tolist(), log.contacts["target"].tolist(), strict=True))
    inside, doubtful = brute_force(fleet, carrier, radar, log, 9e3, 1600.0)  # one scan is 1500 m
    assert len(inside - doubtful) > 150
    assert found - doubtful == inside - doubtful
    late = log.contacts["dt_us"] > 30 * S  # out of reach well before the end
    assert late.sum() > 40
    t_us = log.reports["t_observed_us"][report] - log.contacts["dt_us"]
    here = carrier.positions(np.zeros(len(t_us), np.int64), t_us)
    slant_m = radar.slant_m(
        distance_m(*here, *fleet.positions(log.contacts["target"].astype(np.int64), t_us))
    )
    assert slant_m[late] == pytest.approx(9e3, abs=2.0)


def test_reports_are_made_while_away_and_only_then(build):
    fleet = build.fleet(build.parked([20e3]))
    carrier = build.carrier(
        [[(1000.0, 14.0, 120.0), (9000.0, 14.5, 120.0)], [(20000.0, 14.0, 120.0), (30000.0, 14.0, 121.0)]],
        hulls=[0, 0],
    )
    log = looked(build, fleet, {"m": build.definite(50e3, interval_s=120.0)}, {"p": carrier}, 10)
    end_s = log.reports["t_observed_us"] / S
    inside = ((end_s >= 1120) & (end_s <= 9000)) | ((end_s >= 20120) & (end_s <= 30000))
    assert inside.all()
    assert len(log.reports) in (65 + 82, 65 + 83, 66 + 82, 66 + 83)
    assert (np.diff(log.reports["interval"].astype(np.int64)) > 0).all()
    assert (log.reports["t_ready_us"] - log.reports["t_observed_us"] == 30 * S).all()


def test_a_report_of_one_hull_does_not_depend_on_another_hull_target_or_platform(build):
    rng = np.random.default_rng(1)
    bearings, distances = rng.uniform(0, 360, 150), rng.uniform(5e3, 60e3, 150)
    paths = build.parked(distances, bearings, hours=6.0)
    radar = build.mobile_radar()
    first = [(0.0, 14.0, 120.0), (20000.0, 14.6, 120.4)]
    second = [(500.0, 14.2, 120.0), (15000.0, 13.7, 119.4)]
    alone = looked(build, build.fleet(paths[:100]), {"m": radar}, {"p": build.carrier([first])}, 6)
    more = looked(
        build,
        build.fleet(paths),
        {"m": radar, "q": build.mobile_radar(platform="q")},
        {"p": build.carrier([first, second]), "q": build.carrier([second])},
        6,
    )
    rows = build.rows(more, "m")
    own = [row[1:] for row in rows if row[1] < INTERVALS_PER_HULL and row[2] < 100]
    assert len(own) > 1000
    assert own == [row[1:] for row in build.rows(alone)]


def test_hulls_of_one_cell_are_one_contact(build):
    lat, lon = destination(14.0, 120.0, 45.0, np.array([20e3, 20.005e3, 21e3]))
    fleet = build.fleet([[(0.0, y, x), (7200.0, y, x)] for y, x in zip(lat, lon, strict=True)])
    log = looked(build, fleet, {"m": build.definite(50e3)}, {"p": build.hull_at(14.0, 120.0, 2)}, 2)
    merged = log.contacts["merged"]
    third = log.contacts["target"] == 2
    assert (merged[third] == 1).all()
    assert (merged[~third] == 2).mean() > 0.9
    assert merged.sum() == 3 * len(log.reports)


def test_an_aircraft_does_not_see_what_its_beam_goes_over(build):
    # A level beam of 10 degrees from 6 km: the ray to 12 km is 27 degrees down, that to 68 km 5 degrees. Near
    # by, side lobes suffice. Without a persistent term every interval has the probability of its range.
    radar = build.mobile_radar(
        antenna_height_m=6000.0,
        elevation_beamwidth_deg=10.0,
        max_range_m=150e3,
        power_w=300.0,
        fluctuation_sigma_db=0.0,
        min_p_report=0.0,
    )
    ranges_m, n = np.array([8e3, 12e3, 30e3, 68e3, 130e3]), 60
    p = radar.p_by_range(ranges_m, Example.of(100.0))
    assert p[1] < 1e-3
    assert p[3] > 0.99
    # Probes, because they share no cell with others.
    fleet = build.fleet(
        build.parked(np.repeat(ranges_m, n), np.tile(np.arange(n) * 6.0, 5), hours=3.0),
        probes=5 * n,
        length_m=np.full(5 * n, 100.0),
        height_m=np.full(5 * n, 16.0),
    )
    log = looked(build, fleet, {"m": radar}, {"p": build.hull_at(14.0, 120.0, 3, 6000.0)}, 3)
    held = np.bincount(log.contacts["target"], minlength=5 * n).reshape(5, n).mean(axis=1) / len(log.reports)
    band = 4 * np.sqrt(p * (1 - p) / (n * len(log.reports))) + 1e-4
    assert (np.abs(held - p) < band).all()
    assert abs(held[4] - 1.05 * p[4]) > band[4]


def test_land_hides_from_a_ship_and_not_from_an_aircraft(build):
    # Off Bataan, looking east across the peninsula (14.6 N, 120.4 E) into Manila Bay.
    land = load_land()
    fleet = build.fleet([[(0.0, 14.6, x), (7200.0, 14.6, x)] for x in (120.70, 119.95)])
    for height_m, seen in ((40.0, {1}), (3000.0, {0, 1})):
        radar = build.definite(80e3, antenna_height_m=height_m)
        carrier = build.hull_at(14.6, 120.2, 2, height_m)
        log = looked(build, fleet, {"m": radar}, {"p": carrier}, 2, land=land)
        assert set(log.contacts["target"].tolist()) == seen


def test_rough_sea_and_rain_take_contacts_away_and_never_give_any(build):
    box = Box(lat_min_deg=10, lat_max_deg=18, lon_min_deg=116, lon_max_deg=124)
    rng = np.random.default_rng(8)
    fleet = build.fleet(
        build.parked(rng.uniform(5e3, 60e3, 300), rng.uniform(0, 360, 300), hours=4.0),
        length_m=np.full(300, 15.0),
        height_m=np.full(300, 3.0),
    )
    radar, carriers = (
        build.mobile_radar(antenna_height_m=1500.0),
        {"p": build.hull_at(14.0, 120.0, 4, 1500.0)},
    )
    held = []
    for wave, rain in ((0.1, 0.0), (4.0, 0.0), (4.0, 20.0)):
        spec = UniformEnvironment(kind="uniform", wind_mps=5.0, wave_height_m=wave, rain_mm_per_hour=rain)
        weather = build_environment(spec, box, build.timeline(4), SEED)
        log = looked(build, fleet, {"m": radar}, carriers, 4, environment=weather)
        held.append({row[1:3] for row in build.rows(log)})
    assert held[2] <= held[1] < held[0]
    assert len(held[1]) < 0.9 * len(held[0])


def test_errors_lie_along_the_line_of_sight_from_where_the_hull_was(build):
    fleet = build.fleet(
        [[(0.0, 14.0, 121.0), (36000.0, 14.0, 121.0)], [(0.0, 15.0, 120.0), (36000.0, 15.0, 120.0)]]
    )
    carrier = build.carrier([[(0.0, 14.0, 120.3), (36000.0, 14.6, 120.3)]])
    radar = build.definite(100e3, range_error_m=10.0, azimuth_error_deg=0.5, false_contacts_per_hour=60.0)
    sensors = {"m": radar}
    log = looked(build, fleet, sensors, {"p": carrier}, 10)
    table = products(log, fleet, sensors, SEED, {"p": carrier})
    held = np.flatnonzero(log.contacts["target"] != NO_TARGET)
    here = carrier.positions(np.zeros(len(held), np.int64), table["t_us"][held])
    range_m = distance_m(*here, table["true_lat_deg"][held], table["true_lon_deg"][held])
    error_m = distance_m(
        *(table[name][held] for name in ("lat_deg", "lon_deg", "true_lat_deg", "true_lon_deg"))
    )
    across_m = np.deg2rad(0.5) * range_m
    assert len(held) > 800
    assert np.median(table["semi_major_m"][held] / across_m) == pytest.approx(1.0, abs=0.02)
    assert table["semi_minor_m"][held] == pytest.approx(10.0, abs=1e-6)
    squared = error_m**2 / (100.0 + across_m**2)
    assert abs(squared.mean() - 1.0) < 4 * math.sqrt(2.0 / len(held))
    false = np.flatnonzero(log.contacts["target"] == NO_TARGET)
    there = carrier.positions(np.zeros(len(false), np.int64), table["t_us"][false])
    away_m = distance_m(*there, table["lat_deg"][false], table["lon_deg"][false])
    assert len(false) > 300
    assert away_m.max() <= 100e3
    assert (away_m > 70.7e3).mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(len(false)))
    with pytest.raises(KeyError):
        products(log, fleet, sensors, SEED)


def test_an_unknown_platform_is_refused_by_name(build):
    with pytest.raises(ValueError, match="no platform 'p'"):
        looked(build, build.fleet(build.parked([20e3])), {"m": build.mobile_radar()}, {}, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("antenna_height_m", 0.0),
        ("antenna_height_m", 26e3),
        ("interval_s", 5.0),
        ("platform", ""),
        ("lat_deg", 14.0),
    ],
)
def test_a_mobile_radar_out_of_bounds_is_refused_at_the_field(build, field, value):
    with pytest.raises(ValidationError) as caught:
        build.mobile_radar(**{field: value})
    assert field in {error["loc"][0] for error in caught.value.errors()}


def test_slant_range_is_the_side_of_the_triangle(build):
    radar = build.mobile_radar(antenna_height_m=9000.0)
    arc = 200e3 / EARTH_RADIUS_M
    eye = (EARTH_RADIUS_M + 9000.0) * np.array([math.cos(arc), math.sin(arc)])
    assert float(radar.slant_m(200e3)) == pytest.approx(np.linalg.norm(eye - [EARTH_RADIUS_M, 0.0]), rel=1e-9)
    assert float(radar.slant_m(0.0)) == 9000.0


def test_the_log_has_the_columns_that_all_logs_have(build):
    fleet = build.fleet(build.parked([20e3]))
    log = looked(build, fleet, {"m": build.definite(50e3)}, {"p": build.hull_at(14.0, 120.0, 1)}, 1)
    assert log.contacts.schema == CONTACTS
    assert isinstance(log.contacts, Table)
    (card,) = log.sensors
    assert (card.category, card.interval_s) == ("radar", 60.0)
