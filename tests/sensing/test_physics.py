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
from mda_sim.sensing.ais import p_held, reporting_interval_s, turning_s
from mda_sim.sensing.horizon import height_for_horizon_m, horizon_m
from mda_sim.sensing.m_of_n_kernels import log_choose, p_at_least, p_at_least_by_scan


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


@given(n=st.integers(1, 400), data=st.data())
@settings(max_examples=150, deadline=None)
def test_m_of_n_is_the_binomial_tail_of_scipy(n, data):
    m = data.draw(st.integers(1, n))
    p = data.draw(st.floats(0, 1))
    found = p_at_least(m, n, p, log_choose(n, m))
    assert found == pytest.approx(float(binom.sf(m - 1, n, p)), rel=1e-9, abs=1e-12)


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
