"""Closed forms, authority values and monotone relations of the radar and AIS models."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from mda_sim.core.units import KNOT_MPS, NAUTICAL_MILE_M
from mda_sim.sensing import radar as model
from mda_sim.sensing.ais import p_held, reporting_interval_s, turning_s
from mda_sim.sensing.horizon import height_for_horizon_m, horizon_m
from mda_sim.sensing.m_of_n_kernels import p_at_least_by_scan


@pytest.mark.parametrize(("antenna_m", "km"), [(30, 34), (100, 53), (300, 83), (500, 104)])
def test_horizon_to_a_trawler_of_8_m_is_that_of_the_facts(antenna_m, km):
    assert round(float(horizon_m(antenna_m, 8.0)) / 1000) == km


@pytest.mark.parametrize(("nmi", "height_m"), [(70, 729), (80, 992), (96, 1496)])
def test_advertised_ranges_need_the_antenna_heights_of_the_facts(nmi, height_m):
    # The facts use 4.12 sqrt(h); the exact factor is 4.1218 km, 0.04 % more: up to 0.1 % in height.
    needed_m = float(height_for_horizon_m(nmi * NAUTICAL_MILE_M, 20.0))
    assert needed_m == pytest.approx(height_m, rel=2e-3)
    assert float(horizon_m(needed_m, 20.0)) == pytest.approx(nmi * NAUTICAL_MILE_M, rel=1e-12)


def test_horizon_factor_is_4_12_km_per_root_metre():
    assert float(horizon_m(1.0, 0.0)) == pytest.approx(4120.0, rel=1e-3)


@pytest.mark.parametrize(
    ("thousand_t", "m2", "dbsm"), [(0.55, 2.1e3, 33), (2, 1.4e4, 41), (5, 5.6e4, 48), (12, 2.1e5, 53)]
)
def test_radar_cross_sections_are_those_of_the_facts(thousand_t, m2, dbsm):
    length_m = model.TRAWLER_LENGTH_M * (thousand_t * 1000.0 / model.TRAWLER_DISPLACEMENT_T) ** (1 / 3)
    found = float(model.rcs_m2(length_m, 9.4e9))
    assert found == pytest.approx(m2, rel=0.03)
    # The facts give decibels of the rounded area: 1.4e4 m2 is 41.46 dBsm, 14,260 m2 is 41.54.
    assert 10 * math.log10(found) == pytest.approx(dbsm, abs=0.55)


def test_a_very_large_ship_is_capped_at_60_dbsm():
    assert model.rcs_m2([330.0, 400.0], 9.4e9).tolist() == [1e6, 1e6]


@given(snr=st.floats(0, 1e6), exponent=st.floats(-12, -3))
@settings(deadline=None)
def test_one_scan_follows_the_closed_form_of_swerling_1(snr, exponent):
    p_fa = 10.0**exponent
    assert float(model.p_scan(snr, p_fa)) == pytest.approx(p_fa ** (1.0 / (1.0 + snr)), rel=1e-12)


@pytest.mark.parametrize("n_pulses", [2, 9, 40, 200])
@pytest.mark.parametrize("p_fa", [1e-4, 1e-6, 1e-9])
def test_integration_gain_gives_the_exact_probability_within_the_stated_error(n_pulses, p_fa):
    gain = model.integration_gain(n_pulses, p_fa)
    assert 1.0 < gain <= n_pulses
    snrs = np.logspace(-2.5, 3, 200)
    exact = np.array([model.p_swerling_1_exact(snr, n_pulses, p_fa) for snr in snrs])
    assert np.abs(model.p_scan(gain * snrs, p_fa) - exact).max() < 0.025


def test_the_exact_probability_agrees_with_a_simulation_of_the_square_law_detector():
    # 9 pulses, one exponential cross-section a scan, complex Gaussian noise, threshold for Pfa = 1e-3.
    from scipy.special import gammainccinv

    rng = np.random.default_rng(20260302)
    n_scans, n_pulses, snr = 100_000, 9, 0.9
    amplitude = np.sqrt(rng.exponential(snr, (n_scans, 1)))
    noise = (rng.normal(size=(2, n_scans, n_pulses)) / math.sqrt(2)).view()
    energy = ((amplitude + noise[0]) ** 2 + noise[1] ** 2).sum(axis=1)
    held = (energy > gammainccinv(n_pulses, 1e-3)).mean()
    p = model.p_swerling_1_exact(snr, n_pulses, 1e-3)
    assert abs(held - p) < 4 * math.sqrt(p * (1 - p) / n_scans)


def test_one_pulse_has_no_gain_and_many_pulses_gain_as_their_root():
    assert model.integration_gain(1, 1e-6) == 1.0
    assert model.integration_gain(4000, 1e-6) == pytest.approx(2 * model.integration_gain(1000, 1e-6))
    assert model.integration_gain(1000, 1e-6) < model.integration_gain(1001, 1e-6)


def test_return_falls_with_the_fourth_power_of_range_and_rises_with_cross_section(build):
    radar = build.radar()
    near, far, large = model.snr(radar, [10e3, 20e3, 20e3], [100.0, 100.0, 200.0])
    assert near / far == pytest.approx(16.0)
    assert large / far == pytest.approx(2.0)


def test_range_equation_in_decibels_by_hand(build):
    radar = build.radar(azimuth_beamwidth_deg=0.12, prf_hz=1000.0)  # exactly one pulse
    assert radar.n_pulses == 1
    wavelength_db = 20 * math.log10(299792458.0 / 9.4e9)
    noise_db = 10 * math.log10(1.380649e-23 * 290.0 / 5e-7) + 4.0 + 8.0
    by_hand = 10 * math.log10(25e3) + 2 * 32.0 + wavelength_db + 30.0 - 30 * math.log10(4 * math.pi)
    by_hand -= 40 * math.log10(50e3) + noise_db
    assert 10 * math.log10(float(model.snr(radar, 50e3, 1000.0))) == pytest.approx(by_hand, abs=1e-9)


@given(n=st.integers(1, 400), data=st.data())
@settings(max_examples=150, deadline=None)
def test_m_of_n_is_the_binomial_tail_of_scipy(n, data):
    m = data.draw(st.integers(1, n))
    p = data.draw(st.floats(0, 1))
    assert float(model.p_m_of_n(m, n, p)) == pytest.approx(float(binom.sf(m - 1, n, p)), rel=1e-9, abs=1e-12)


def test_m_of_n_refuses_more_successes_than_scans():
    with pytest.raises(ValueError, match="got 5 of 4"):
        model.p_m_of_n(5, 4, 0.5)


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=7), data=st.data())
@settings(max_examples=60, deadline=None)
def test_scan_by_scan_tail_is_that_of_all_outcomes_enumerated(p, data):
    m = data.draw(st.integers(1, len(p)))
    total = 0.0
    for outcome in product((0, 1), repeat=len(p)):
        if sum(outcome) >= m:
            total += math.prod(q if held else 1 - q for q, held in zip(p, outcome, strict=True))
    assert p_at_least_by_scan(m, np.array(p)) == pytest.approx(total, abs=1e-12)


def test_scan_by_scan_with_equal_probabilities_is_binomial():
    for m, n, p in [(1, 100, 0.01), (10, 100, 0.1), (60, 120, 0.5), (100, 100, 0.99)]:
        found = p_at_least_by_scan(m, np.full(n, p))
        assert found == pytest.approx(float(binom.sf(m - 1, n, p)), rel=1e-10)


@given(range_m=st.floats(1e3, 1e5), length_m=st.floats(5, 400), more=st.floats(1.0, 3.0))
@settings(max_examples=60, deadline=None)
def test_a_nearer_or_larger_target_is_never_less_probable(build, range_m, length_m, more):
    radar = build.radar(power_w=50.0)
    base, nearer, larger = model.p_interval(
        radar, [range_m, range_m / more, range_m], [length_m, length_m, length_m * more]
    )
    assert nearer >= base - 1e-12
    assert larger >= base - 1e-12


@pytest.mark.parametrize(
    ("ais_class", "knots", "seconds"),
    [
        (1, 0.0, 180.0),
        (1, 3.0, 180.0),
        (1, 3.1, 10.0),
        (1, 14.0, 10.0),
        (1, 14.1, 6.0),
        (1, 23.0, 6.0),
        (1, 23.1, 2.0),
        (2, 2.0, 180.0),
        (2, 2.1, 30.0),
        (2, 25.0, 30.0),
        (3, 2.0, 180.0),
        (3, 2.1, 30.0),
        (3, 14.0, 30.0),
        (3, 14.1, 15.0),
        (3, 23.0, 15.0),
        (3, 23.1, 5.0),
        (0, 10.0, math.inf),
    ],
)
def test_reporting_intervals_are_those_of_itu_r_m_1371(ais_class, knots, seconds):
    assert float(reporting_interval_s(ais_class, knots * KNOT_MPS * (1 - 1e-12))) == seconds


@pytest.mark.parametrize(
    ("knots", "seconds"), [(3.0, 180.0), (3.1, 10 / 3), (14.0, 10 / 3), (14.1, 2.0), (23.0, 2.0), (23.1, 2.0)]
)
def test_class_a_reports_faster_while_changing_course(knots, seconds):
    speed_mps = knots * KNOT_MPS * (1 - 1e-12)
    assert float(reporting_interval_s(1, speed_mps, True)) == seconds
    for other in (2, 3):
        assert reporting_interval_s(other, speed_mps, True) == reporting_interval_s(other, speed_mps)


def test_a_ship_counts_as_turning_for_its_angle_and_a_while_longer(build):
    # Half a degree a second, and 20 s more; each path goes north first.
    def turning(*path):
        return turning_s(build.fleet([path]))

    def turning_to(lat, lon, t_s=40_000.0):
        return turning((0.0, 10.0, 115.0), (20_000.0, 11.0, 115.0), (t_s, lat, lon))

    assert turning_to(11.0, 116.0) == pytest.approx([0.0, 180.0 + 20.0], abs=0.3)
    assert turning_to(12.0, 115.06).tolist() == [0.0, 0.0]
    assert turning_to(11.0, 115.001, 20_015.0).tolist() == [0.0, 15.0]
    stop = (0.0, 10.0, 115.0), (1e4, 11.0, 115.0), (2e4, 11.0, 115.0), (3e4, 11.0, 116.0)
    assert turning(*stop).tolist() == [0.0, 0.0, 0.0]


@given(p=st.floats(0, 1), n=st.floats(0, 200))
@settings(deadline=None)
def test_one_of_n_transmissions_follows_its_closed_form(p, n):
    assert float(p_held(p, n)) == pytest.approx(1 - (1 - p) ** n if n else 0.0, abs=1e-12)
