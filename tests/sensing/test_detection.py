"""Detection of fluctuating targets against closed forms, quadrature and published values."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammainc, gammaincc, gammaln
from scipy.stats import binom, gamma, ncx2

from mda_sim.sensing.detection import (
    albersheim_snr_db,
    p_detect,
    required_snr,
    shnidman_snr_db,
    threshold,
)

SNR = np.logspace(-2.5, 3, 60)
CASES = [(n, p_fa) for n in (1, 2, 10, 37, 200, 10_000) for p_fa in (1e-4, 1e-6, 1e-15)]


def steady(snr, n, p_fa):
    """Marcum's Q of order n: the survival function of a non-central chi-square."""
    return ncx2.sf(2.0 * threshold(n, p_fa), 2 * n, 2.0 * n * snr)


@pytest.mark.parametrize(("n", "p_fa"), CASES)
def test_a_steady_target_follows_marcum(n, p_fa):
    assert np.abs(p_detect(SNR, n, p_fa, 0) - steady(SNR, n, p_fa)).max() < 1e-11


@pytest.mark.parametrize(("n", "p_fa"), CASES)
def test_case_1_is_the_closed_form_of_meyer_and_mayer(n, p_fa):
    level = threshold(n, p_fa)
    exact = gammaincc(n - 1, level) + _grown(n - 1, n * SNR, level)
    assert np.abs(p_detect(SNR, n, p_fa, 1) - exact).max() < 1e-11


@pytest.mark.parametrize("p_fa", [1e-4, 1e-6, 1e-15])
def test_one_pulse_of_case_1_is_the_closed_form_of_swerling(p_fa):
    assert np.abs(p_detect(SNR, 1, p_fa, 1) - p_fa ** (1.0 / (1.0 + SNR))).max() < 1e-12


def _grown(order, energy, level):
    """(1 + 1 / energy)^order exp(-level / (1 + energy)) I(level / (1 + 1 / energy), order), in logarithms."""
    with np.errstate(divide="ignore"):
        log_share = np.log(gammainc(order, level / (1.0 + 1.0 / energy)))
    return np.exp(order * np.log1p(1.0 / energy) - level / (1.0 + energy) + log_share)


@pytest.mark.parametrize(("n", "p_fa"), CASES)
def test_case_2_is_a_gamma_tail(n, p_fa):
    exact = gammaincc(n, threshold(n, p_fa) / (1.0 + SNR))
    assert np.abs(p_detect(SNR, n, p_fa, 2) - exact).max() < 1e-11


@pytest.mark.parametrize(("n", "p_fa"), [case for case in CASES if case[0] > 2])
def test_case_3_is_the_closed_form_of_meyer_and_mayer(n, p_fa):
    level, energy = threshold(n, p_fa), n * SNR / 2.0
    edge = np.exp((n - 1) * np.log(level) - level - gammaln(n - 1)) / (1.0 + energy)
    most = _grown(n - 1, energy, level) * (1.0 + level / (1.0 + energy) - (n - 2) / energy)
    exact = edge + gammaincc(n - 1, level) + most / (1.0 + 1.0 / energy)
    assert np.abs(p_detect(SNR, n, p_fa, 3) - exact).max() < 1e-11


def test_two_pulses_of_case_3_are_two_of_case_2():
    # Both energies are gamma variables of shape 2.
    assert np.abs(p_detect(SNR, 2, 1e-6, 3) - p_detect(SNR, 2, 1e-6, 2)).max() < 1e-14


@pytest.mark.parametrize(("n", "p_fa"), CASES)
def test_case_4_is_a_finite_sum_of_gamma_tails(n, p_fa):
    # (1 + u)^n / (1 + c u)^(2 n) with c = 1 + s / 2, and 1 + u = ((1 + c u) + s / 2) / c by the binomial law.
    k, c = np.arange(n + 1), 1.0 + SNR[:, None] / 2.0
    exact = (binom.pmf(k, n, 1.0 - 1.0 / c) * gammaincc(n + k, threshold(n, p_fa) / c)).sum(axis=1)
    assert np.abs(p_detect(SNR, n, p_fa, 4) - exact).max() < 1e-11


@pytest.mark.parametrize("n", [1, 3, 10, 50])
@pytest.mark.parametrize(("case", "shape_of"), [(3, lambda n: 2), (4, lambda n: 2 * n)])
@pytest.mark.parametrize("snr", [0.05, 0.5, 3.0, 30.0])
def test_cases_3_and_4_are_the_average_of_steady_targets_over_their_energy(n, case, shape_of, snr):
    p_fa, shape = 1e-6, shape_of(n)
    energy = gamma(shape, scale=n * snr / shape)

    def integrand(x):
        return energy.pdf(x) * ncx2.sf(2.0 * threshold(n, p_fa), 2 * n, 2.0 * x)

    edges = energy.ppf([1e-13, 0.01, 0.5, 0.99, 1 - 1e-13])
    exact = sum(quad(integrand, a, b, epsabs=1e-12, limit=200)[0] for a, b in pairwise(edges))
    assert float(p_detect(snr, n, p_fa, case)) == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize("case", range(5))
@pytest.mark.parametrize(("n", "p_fa"), [(1, 1e-2), (30, 1e-6), (1000, 1e-15), (10_000, 1e-6)])
def test_without_a_target_only_false_alarms_remain(n, p_fa, case):
    assert float(p_detect(0.0, n, p_fa, case)) == pytest.approx(p_fa, rel=1e-9)


def test_one_pulse_cannot_tell_fluctuation_from_scan_to_scan_from_that_from_pulse_to_pulse():
    for slow, fast in ((1, 2), (3, 4)):
        assert np.abs(p_detect(SNR, 1, 1e-6, slow) - p_detect(SNR, 1, 1e-6, fast)).max() < 1e-12


def test_case_1_agrees_with_a_simulation_of_the_square_law_detector():
    # 9 pulses, one exponential cross-section a scan, complex Gaussian noise, threshold for Pfa = 1e-3.
    rng = np.random.default_rng(20260302)
    n_scans, n_pulses, snr = 100_000, 9, 0.9
    amplitude = np.sqrt(rng.exponential(snr, (n_scans, 1)))
    noise = rng.normal(size=(2, n_scans, n_pulses)) / math.sqrt(2)
    energy = ((amplitude + noise[0]) ** 2 + noise[1] ** 2).sum(axis=1)
    held = (energy > threshold(n_pulses, 1e-3)).mean()
    p = float(p_detect(snr, n_pulses, 1e-3, 1))
    assert abs(held - p) < 4 * math.sqrt(p * (1 - p) / n_scans)
    assert abs(held - 1.05 * p) > 4 * math.sqrt(p * (1 - p) / n_scans)


def test_the_ratio_for_nine_in_ten_is_the_published_one():
    # The example of `sdr.min_snr` in the documentation of the package sdr by M. Hostetter.
    assert 10 * math.log10(float(required_snr(0.9, 1, 1e-6, 0))) == pytest.approx(
        13.183490056794499, abs=1e-8
    )


@given(
    p=st.floats(0.01, 0.999),
    n=st.sampled_from([1, 2, 7, 30, 300]),
    exponent=st.floats(-10, -3),
    case=st.integers(0, 4),
)
@settings(max_examples=60)
def test_the_required_ratio_gives_its_probability(p, n, exponent, case):
    p_fa = 10.0**exponent
    snr = required_snr(p, n, p_fa, case)
    assert float(p_detect(snr, n, p_fa, case)) == pytest.approx(p, abs=1e-9)


@given(
    snr=st.floats(0, 100),
    more=st.floats(1.001, 10),
    n=st.integers(1, 60),
    exponent=st.floats(-12, -3),
    case=st.integers(0, 4),
)
@settings(max_examples=80)
def test_more_signal_more_pulses_or_a_lower_threshold_never_detect_less(snr, more, n, exponent, case):
    p_fa = 10.0**exponent
    p = float(p_detect(snr, n, p_fa, case))
    slack = 1e-12
    assert float(p_detect(snr * more, n, p_fa, case)) >= p - slack
    assert float(p_detect(snr, n, p_fa * more, case)) >= p - slack
    if case in (0, 2, 4):  # what fluctuates from scan to scan gains too, but only above the noise
        assert float(p_detect(snr, n + 1, p_fa, case)) >= p - slack or p < 10 * p_fa


def _off_db(estimate_db, p, p_fa, n, case):
    return abs(float(estimate_db) - 10 * math.log10(float(required_snr(p, n, p_fa, case))))


@pytest.mark.parametrize(
    ("p", "most_db"), [(0.1, 4.1), (0.2, 0.9), (0.3, 0.33), (0.5, 0.33), (0.7, 0.33), (0.9, 0.33)]
)
def test_albersheim_errs_as_much_as_his_docstring_says(p, most_db):
    grid = product((1e-3, 1e-5, 1e-7), (1, 3, 10, 100, 8096))
    off_db = [_off_db(albersheim_snr_db(p, p_fa, n), p, p_fa, n, 0) for p_fa, n in grid]
    assert 0.5 * most_db < max(off_db) < most_db + 0.01


@pytest.mark.parametrize(("case", "most_db"), [(0, 0.3), (1, 1.2), (2, 1.2), (3, 0.9), (4, 0.6)])
def test_shnidman_errs_as_much_as_his_docstring_says(case, most_db):
    grid = product((0.1, 0.3, 0.5, 0.7, 0.87, 0.9, 0.97, 0.99), (1e-3, 1e-6, 1e-9), (1, 2, 3, 10, 40, 100))
    off_db = [_off_db(shnidman_snr_db(*one, case), *one, case) for one in grid]
    assert 0.5 * most_db < max(off_db) < most_db


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((-0.1, 1, 1e-6, 1), "at least 0"),
        ((math.inf, 1, 1e-6, 0), "finite"),
        ((math.nan, 1, 1e-6, 1), "finite"),
        ((1.0, 0, 1e-6, 1), "at least 1 pulse"),
        ((1.0, 1, 0.0, 1), "between 0 and 1"),
        ((1.0, 1, 1e-6, 5), "case 0 to 4"),
    ],
)
def test_what_has_no_meaning_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        p_detect(*arguments)


@pytest.mark.parametrize("case", range(5))
@pytest.mark.parametrize("over", [1e-12, 1e-9, 1e-6, 1e-3])
def test_a_probability_just_above_that_of_false_alarms_has_its_ratio(over, case):
    wanted = 1e-6 * (1.0 + over)
    snr = float(required_snr(wanted, 10, 1e-6, case))
    assert snr >= 0.0
    assert float(p_detect(snr, 10, 1e-6, case)) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("p", [1e-7, 1.0])
def test_no_ratio_gives_less_than_false_alarms_or_certainty(p):
    with pytest.raises(ValueError, match="above p_false_alarm"):
        required_snr(p, 1, 1e-6, 1)
