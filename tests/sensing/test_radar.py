"""Radars through the whole sweep: tables, fluctuation, first detection, weather, ducts, slow targets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import binom

from mda_sim.geo.regions import Box
from mda_sim.sensing.detection import p_detect
from mda_sim.sensing.example import Example, Sky
from mda_sim.sensing.radar import AirSurveillanceRadar
from mda_sim.sensing.radar_signal_kernels import cubic, p_scan_of, ray_of
from mda_sim.sensing.radar_tables import detection_curve, elevation_factor
from mda_sim.sensing.rcs import median_rcs_m2
from mda_sim.sensing.sweep import sense
from mda_sim.world.environment import build_environment
from mda_sim.world.environment_spec import UniformEnvironment
from mda_sim.world.hull import Hull

SEED = 23
AREA = Box(kind="box", lat_min_deg=8.0, lat_max_deg=20.0, lon_min_deg=114.0, lon_max_deg=126.0)
TRAWLER = Example.of(50.0)


def held(log, n_targets):
    """Number of contacts of each target."""
    return np.bincount(log.contacts["target"], minlength=n_targets)


def weather(build, hours=6.0, **values):
    spec = UniformEnvironment(kind="uniform", **values)
    return build_environment(spec, AREA, build.timeline(hours), SEED)


@pytest.mark.parametrize("case", range(5))
@pytest.mark.parametrize(
    ("n_pulses", "p_fa", "m", "n"), [(1, 1e-4, 1, 1), (4, 1e-6, 3, 15), (36, 1e-9, 10, 100)]
)
def test_tables_are_within_a_millionth_of_what_they_tabulate(case, n_pulses, p_fa, m, n):
    curve = detection_curve(n_pulses, p_fa, case, m, n)
    snrs = np.exp(np.random.default_rng(7).uniform(-6.0, 7.0, 2000))
    exact = p_detect(snrs, n_pulses, p_fa, case)
    found = np.array([p_scan_of(snr, curve.half_snr, curve.scan) for snr in snrs])
    assert np.abs(found - exact).max() < 1e-6
    p = np.random.default_rng(8).uniform(0.0, 1.0, 2000)
    some = np.array([cubic(curve.some, one) for one in p])
    assert np.abs(some - binom.sf(m - 1, n, p)).max() < 1e-6


@given(bearing_deg=st.floats(0, 360))
def test_rows_by_bearing_are_in_order_and_never_far_off(bearing_deg):
    turn = math.radians(bearing_deg)
    row = ray_of(math.sin(turn), math.cos(turn), 2880)
    assert abs((row + 0.5) / 8.0 - bearing_deg) <= 0.13 * 45 or row in (0, 2879)
    quarter = int(bearing_deg // 90.0) % 4
    assert row // 720 == quarter or bearing_deg % 90.0 in (0.0,) or bearing_deg % 90.0 > 89.9999


@pytest.mark.parametrize("case", range(5))
def test_each_case_of_fluctuation_shows_in_the_contacts(build, case):
    n = 300
    radar = build.radar_with(0.5, 42e3, swerling=case, min_scans=40)
    fleet = build.fleet(build.parked(np.full(n, 42e3), hours=6.0), probes=n)
    log = sense(fleet, {"r": radar}, build.timeline(6), SEED, land=None)
    strength = radar.snr_at_1_m * float(median_rcs_m2(50.0, Hull.STEEL, radar.frequency_hz))
    snr = strength * float(elevation_factor(radar, 42e3)) / 42e3**4
    p = float(binom.sf(39, 100, float(p_detect(snr, radar.n_pulses, radar.p_false_alarm, case))))
    looks = n * len(log.reports)
    assert abs(len(log.contacts) / looks - p) < 4 * math.sqrt(p * (1 - p) / looks)
    assert p == pytest.approx(0.5, abs=1e-3)


def test_the_first_contact_comes_after_the_mean_time_of_a_random_phase(build):
    """T (1/p - 1/2): intervals of length T, each a contact with probability p; the target comes in one."""
    p, interval_s, n = 0.3, 60.0, 4000
    radar = build.radar_with(p, 42e3, interval_s=interval_s, min_scans=5)
    fleet = build.fleet(build.parked(np.full(n, 42e3), hours=2.0), probes=n)
    log = sense(fleet, {"r": radar}, build.timeline(2.0), SEED, land=None)
    of = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    first = np.full(n, -1)
    order = np.arange(len(log.contacts))[::-1]
    first[log.contacts["target"][order]] = of[order]
    assert (first >= 0).all()
    begins_s = np.random.default_rng(3).uniform(0.0, interval_s, n)  # into the interval before the first
    waits_s = (first + 1) * interval_s - begins_s
    mean_s, error_s = interval_s * (1.0 / p - 0.5), waits_s.std() / math.sqrt(n)
    assert error_s < 0.02 * mean_s
    assert abs(waits_s.mean() - mean_s) < 4 * error_s
    assert abs(1.05 * waits_s.mean() - mean_s) > 2 * error_s


@given(
    range_m=st.floats(1e3, 1e5), length_m=st.floats(5, 400), more=st.floats(1.0, 3.0), h=st.floats(20, 400)
)
@settings(max_examples=60, deadline=None)
def test_nearer_larger_higher_stronger_calmer_and_drier_never_detect_less(build, range_m, length_m, more, h):
    radar, sky = build.radar(power_w=500.0, antenna_height_m=h, beam_tilt_deg=0.0), Sky(3.0, 4.0)
    target = Example.of(length_m)
    p = float(radar.p_by_range(range_m, target, sky))
    larger = Example.of(length_m * more)
    stronger = radar.model_copy(update={"power_w": radar.power_w * more})
    assert float(radar.p_by_range(range_m, larger, sky)) >= p - 1e-9
    assert float(radar.p_by_range(range_m, target, Sky(3.0 / more, 4.0))) >= p - 1e-9
    assert float(radar.p_by_range(range_m, target, Sky(3.0, 4.0 / more))) >= p - 1e-9
    assert float(stronger.p_by_range(range_m, target, sky)) >= p - 1e-9
    # Nearer, and higher: without a sea that returns more from higher up, or a beam that looks over the near.
    wide = radar.model_copy(update={"elevation_beamwidth_deg": 180.0})
    calm = float(wide.p_by_range(range_m, target))
    assert float(wide.p_by_range(range_m / more, target)) >= calm - 1e-9
    higher = wide.model_copy(update={"antenna_height_m": h * more})
    assert float(higher.p_by_range(range_m, target)) >= calm - 1e-3


def test_a_rough_sea_and_rain_cost_contacts_and_a_calm_dry_one_none(build):
    n = 200
    radar = build.radar_with(0.6, 12e3, min_scans=10)
    boats = {"length_m": np.full(n, 12.0), "height_m": np.full(n, 1.92), "hull": np.full(n, Hull.WOOD)}
    radar = build.radar(power_w=25e3)
    fleet = build.fleet(build.parked(np.linspace(3e3, 28e3, n), hours=6.0), probes=n, **boats)
    totals = {}
    for name, values in {
        "calm": {},
        "sea": {"wave_height_m": 3.0},
        "rain": {"rain_mm_per_hour": 16.0},
        "both": {"wave_height_m": 3.0, "rain_mm_per_hour": 16.0},
    }.items():
        log = sense(
            fleet, {"r": radar}, build.timeline(6), SEED, land=None, environment=weather(build, **values)
        )
        totals[name] = held(log, n)
    plain = held(sense(fleet, {"r": radar}, build.timeline(6), SEED, land=None), n)
    assert (totals["calm"] <= plain).all()
    assert totals["calm"].sum() > 0.9 * plain.sum()
    assert totals["sea"].sum() < 0.8 * totals["calm"].sum()
    assert totals["rain"].sum() < totals["calm"].sum()
    assert (totals["both"] <= totals["sea"]).all()
    assert (totals["both"] <= totals["rain"]).all()


def test_the_sweep_and_the_look_by_range_agree_in_weather(build):
    n, distances_m = 40, np.linspace(3e3, 17e3, 8)
    radar = build.radar(power_w=2e3, min_scans=30)
    boat = Example(12.0, 1.92, Hull.WOOD)
    fleet = build.fleet(
        build.parked(np.repeat(distances_m, n), hours=6.0),
        probes=8 * n,
        length_m=np.full(8 * n, 12.0),
        height_m=np.full(8 * n, 1.92),
        hull=np.full(8 * n, Hull.WOOD),
    )
    environment = weather(build, wave_height_m=0.875, rain_mm_per_hour=4.0)  # sea state 3
    log = sense(fleet, {"r": radar}, build.timeline(6), SEED, land=None, environment=environment)
    p = radar.p_by_range(distances_m, boat, Sky(3.0, 4.0))
    share = held(log, 8 * n).reshape(8, n).sum(axis=1) / (n * len(log.reports))
    assert ((p > 0.02) & (p < 0.98)).any()
    assert (np.abs(share - p) <= 4 * np.sqrt(p * (1 - p) / (n * len(log.reports))) + 1e-9).all()


def test_a_duct_carries_beyond_the_horizon_and_nothing_else_does(build):
    radar = build.radar(antenna_height_m=30.0, power_w=25e3, antenna_gain_dbi=35.0, max_range_m=100e3)
    horizon_m = float(radar.horizon_m(8.0))
    fleet = build.fleet(build.parked(horizon_m * np.array([0.9, 1.02, 1.2, 2.8])))
    days = {"standard": 0.0, "shallow": 5.0, "duct": 13.0}
    found = {
        name: set(
            sense(
                fleet,
                {"r": radar},
                build.timeline(2),
                SEED,
                land=None,
                environment=weather(build, evaporation_duct_height_m=height_m),
            )
            .contacts["target"]
            .tolist()
        )
        for name, height_m in days.items()
    }
    assert found["standard"] == found["shallow"] == {0}  # 5 m of duct do not carry 3 cm
    assert {0, 1, 2} <= found["duct"]
    p = radar.p_by_range(horizon_m * np.array([1.2, 2.8]), TRAWLER, Sky(duct_height_m=13.0))
    assert p[0] > 0.9 > p[1]


def test_a_filter_of_slow_targets_hides_ships_and_shows_what_is_fast_along_the_ray(build):
    across = [(0.0, 14.0, 120.3), (1800.0, 14.15, 120.3)]
    fleet = build.fleet(
        [
            *build.parked(np.array([20e3]), hours=0.5),
            build.sailing(20e3, 29e3, 5.0),
            build.sailing(20e3, 74e3, 30.0),
            across,
        ]
    )
    plain = sense(fleet, {"r": build.radar(power_w=1e6)}, build.timeline(0.5), SEED, land=None)
    assert set(plain.contacts["target"].tolist()) == {0, 1, 2, 3}
    moving = build.radar(power_w=1e6, min_radial_speed_mps=20.0)
    shown = sense(fleet, {"r": moving}, build.timeline(0.5), SEED, land=None)
    assert set(shown.contacts["target"].tolist()) == {2}


def test_an_air_surveillance_radar_holds_few_ships(build):
    values = build.radar(antenna_height_m=300.0, power_w=1e6).model_dump(exclude={"kind"})
    values |= {"frequency_hz": 3e9, "elevation_beamwidth_deg": 2.0, "swerling": 1}
    del values["min_radial_speed_mps"], values["beam_tilt_deg"]
    radar = AirSurveillanceRadar(**values)
    ships = [
        build.sailing(20e3, 60e3, knots * 0.5144, bearing) for knots, bearing in ((8, 0), (14, 90), (25, 180))
    ]
    log = sense(build.fleet(ships), {"r": radar}, build.timeline(1), SEED, land=None)
    assert len(log.contacts) == 0
    still = radar.model_copy(update={"min_radial_speed_mps": 0.0})
    assert len(sense(build.fleet(ships), {"r": still}, build.timeline(1), SEED, land=None).contacts) > 0


def test_the_persistent_term_widens_the_edge_of_what_is_held_within_an_hour(build):
    """At the range where one interval has one half, more are held at least once an hour without the term."""
    n = 600
    fleet = build.fleet(build.parked(np.full(n, 42e3), hours=1.2), probes=n)
    power_w = build.radar_with(0.5, 42e3).power_w
    shares = []
    for sigma_db in (0.0, 6.0):
        radar = build.radar(power_w=power_w, fluctuation_sigma_db=sigma_db)
        log = sense(fleet, {"r": radar}, build.timeline(1.1), SEED, land=None)
        shares.append(len(np.unique(log.contacts["target"])) / n)
    assert shares[0] > 0.999
    assert 0.4 < shares[1] < 0.9


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"power_w": 0.0}, "power_w"),
        ({"power_w": -5.0}, "power_w"),
        ({"azimuth_beamwidth_deg": 0.0}, "azimuth_beamwidth_deg"),
        ({"elevation_beamwidth_deg": 0.0}, "elevation_beamwidth_deg"),
        ({"antenna_height_m": -1.0}, "antenna_height_m"),
        ({"min_scans": 101}, "min_scans 101 of the 100 scans"),
        ({"interval_s": 2.0}, "shorter than one scan"),
        ({"prf_hz": 100.0}, "less than one pulse"),
        ({"losses": {"transmit_db": 40.0, "other_db": 40.0}}, "losses add up to 80 dB"),
        ({"swerling": 5}, "swerling"),
        ({"refraction_factor": 0.0}, "refraction_factor"),
        ({"polarization": "circular"}, "polarization"),
        ({"false_contacts_per_hour": -1.0}, "false_contacts_per_hour"),
        ({"min_radial_speed_mps": -1.0}, "min_radial_speed_mps"),
        ({"beam_tilt_deg": 91.0}, "beam_tilt_deg"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(build, changes, words):
    with pytest.raises(ValidationError, match=words):
        build.radar(**changes)
