from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.core.rng import draw_uniform, stream_key
from mda_sim.metrics.age import age_figures, bin_edges
from mda_sim.metrics.age_kernels import age_bin
from mda_sim.metrics.groups import groups

DAY = 86_400.0


def ages(aware, scored, parts, cap_s=DAY, **names):
    found = age_figures(aware, scored, cap_s, parts, groups(parts, "AAA"), **names)
    return {(f.metric, f.group): f for f in found}


def value(figures, metric, group="all"):
    return figures[metric, group].value


def test_age_rises_from_the_age_at_receipt_and_falls_at_the_next(aware_of, scored_of, cells_of):
    aware = aware_of([(0, 10.0, 0.0), (0, 60.0, 40.0)])  # age runs 10..60, then 20..60
    found = ages(aware, scored_of([(0, 10.0, 100.0)]), cells_of(1))
    assert value(found, "age_mean_s") == pytest.approx((50 * 35 + 40 * 40) / 90)
    assert value(found, "age_peak_mean_s") == 60.0
    assert found["age_peak_mean_s", "all"].n == 1
    assert value(found, "age_never_fraction") == 0.0
    # density 1 on [10, 20), 2 on [20, 60): half of 90 at 20 + 35 / 2, nine tenths of it at 20 + 71 / 2
    assert value(found, "age_p50_s") == pytest.approx(37.5, abs=1e-9)
    assert value(found, "age_p90_s") == pytest.approx(55.5, abs=1e-9)


def test_before_the_first_receipt_the_age_is_infinite_and_capped_only_in_the_mean(
    aware_of, scored_of, cells_of
):
    aware = aware_of([(0, 60.0, 60.0)])
    found = ages(aware, scored_of([(0, 0.0, 100.0)]), cells_of(1), cap_s=30.0)
    # 60 s at the cap, 30 s rising to it, 10 s at it
    assert value(found, "age_mean_s") == pytest.approx((60 * 30 + 30 * 15 + 10 * 30) / 100)
    assert value(found, "age_never_fraction") == 0.6
    assert value(found, "age_p50_s") == math.inf
    later = ages(aware, scored_of([(0, 40.0, 100.0)]), cells_of(1), cap_s=30.0)
    assert value(later, "age_p50_s") == pytest.approx(30.0)
    assert value(later, "age_p90_s") == math.inf


def test_a_vessel_never_seen_has_an_infinite_age(aware_of, scored_of, cells_of):
    found = ages(aware_of([]), scored_of([(0, 0.0, 500.0)]), cells_of(1))
    assert value(found, "age_never_fraction") == 1.0
    assert value(found, "age_mean_s") == DAY
    assert value(found, "age_p50_s") == value(found, "age_p90_s") == math.inf
    assert math.isnan(value(found, "age_peak_mean_s"))


def test_without_vessels_every_age_is_undefined(aware_of, scored_of, cells_of):
    found = ages(aware_of([]), scored_of([]), cells_of(0))
    assert all(math.isnan(figure.value) and figure.n == 0 for figure in found.values())


def test_probes_have_no_age(aware_of, scored_of, cells_of):
    aware = aware_of([(0, 0.0, 0.0), (1, 0.0, 0.0)])
    scored = scored_of([(0, 0.0, 100.0), (1, 0.0, 1000.0)])
    found = ages(aware, scored, cells_of(1, 2))
    assert value(found, "age_mean_s") == 50.0
    assert found["age_mean_s", "all"].n == 1


def test_groups_weigh_each_vessel_by_its_time(aware_of, scored_of, cells_of):
    aware = aware_of([(0, 0.0, 0.0), (1, 0.0, 0.0)])
    scored = scored_of([(0, 0.0, 100.0), (1, 0.0, 300.0)])
    found = ages(aware, scored, cells_of(2), zone="z", picture="organic")
    assert value(found, "age_organic_mean_s", "all@z") == pytest.approx((100 * 50 + 300 * 150) / 400)
    assert value(found, "age_organic_mean_s", "broadcasting@z") == 150.0
    # density 2 up to 100, 1 up to 300: half of 400 at 100, nine tenths at 260
    assert value(found, "age_organic_p50_s", "all@z") == pytest.approx(100.0)
    assert value(found, "age_organic_p90_s", "all@z") == pytest.approx(260.0)


def test_a_late_older_report_never_raises_the_age(aware_of, scored_of, cells_of):
    """Such a report is no step of the picture; a fresher one that comes later can only lower the mean."""
    scored, parts = scored_of([(0, 0.0, 100.0)]), cells_of(1)
    before = ages(aware_of([(0, 0.0, 0.0)]), scored, parts)
    after = ages(aware_of([(0, 0.0, 0.0), (0, 50.0, 1.0)]), scored, parts)
    assert value(after, "age_mean_s") == pytest.approx(value(before, "age_mean_s") - 0.5)


def test_an_observation_from_the_future_is_refused(aware_of, scored_of, cells_of):
    with pytest.raises(ShapeError, match="before it was made"):
        ages(aware_of([(0, 5.0, 9.0)]), scored_of([(0, 0.0, 10.0)]), cells_of(1))


@pytest.mark.parametrize(("period_s", "delay_s"), [(300.0, 0.0), (3600.0, 900.0), (3600.0, 7200.0)])
def test_certain_periodic_looks_give_the_mean_age_of_half_a_period_and_the_delay(
    aware_of, scored_of, cells_of, period_s, delay_s
):
    n = 40
    aware = aware_of([(0, i * period_s + delay_s, i * period_s) for i in range(n)])
    scored = scored_of([(0, 5 * period_s + delay_s, (n - 1) * period_s + delay_s)])
    found = ages(aware, scored, cells_of(1))
    assert value(found, "age_mean_s") == pytest.approx(period_s / 2 + delay_s, rel=1e-12)
    assert value(found, "age_p50_s") == pytest.approx(period_s / 2 + delay_s, rel=1e-12)
    assert value(found, "age_p90_s") == pytest.approx(0.9 * period_s + delay_s, rel=1e-12)
    assert value(found, "age_peak_mean_s") == pytest.approx(period_s + delay_s, rel=1e-12)
    assert (
        found["age_peak_mean_s", "all"].n == n - 7
    )  # receipts at either end of the interval are not inside it


@pytest.mark.parametrize("p_look", [0.2, 0.5, 0.9])
def test_uncertain_periodic_looks_give_the_mean_age_of_the_renewal_formula(
    aware_of, scored_of, cells_of, p_look
):
    """Mean age P (2 - p) / (2 p) + d: gaps are geometric, and E[g^2] / 2 E[g] is the mean age in a gap."""
    period_s, delay_s, n = 100.0, 250.0, 150_000
    seen = np.flatnonzero(draw_uniform(stream_key(20260302, "test.age"), 1, np.arange(n), 0, 0) < p_look)
    aware = aware_of([(0, i * period_s + delay_s, i * period_s) for i in seen.tolist()])
    first_s, last_s = seen[0] * period_s + delay_s, seen[-1] * period_s + delay_s
    found = ages(aware, scored_of([(0, first_s, last_s)]), cells_of(1), cap_s=1e9)
    expected_s = period_s * (2 - p_look) / (2 * p_look) + delay_s
    gaps = np.diff(seen) * period_s
    mean_gap = gaps.mean()
    ratio_error = (
        gaps**2 / 2 - (expected_s - delay_s) * gaps
    ) / mean_gap  # delta method for a ratio of means
    band_s = 4 * ratio_error.std(ddof=1) / math.sqrt(len(gaps))
    assert band_s <= 4 * 0.01 * expected_s
    assert abs(value(found, "age_mean_s") - expected_s) < band_s
    assert abs(1.05 * value(found, "age_mean_s") - expected_s) > band_s  # would see a bias of 5 %


def test_bins_of_age_tile_the_line():
    edges = bin_edges(1400)
    assert (np.diff(edges) > 0).all()
    probe = np.unique(np.concatenate([edges[:-1], edges[1:] - 1, (edges[:-1] + edges[1:] - 1) // 2]))
    assert [age_bin(int(age)) for age in probe] == (np.searchsorted(edges, probe, side="right") - 1).tolist()


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 100)), max_size=8),
    start=st.integers(0, 300),
    length=st.integers(1, 300),
    scale=st.sampled_from([1e-6, 1e-3, 1.0, 1000.0]),
)
def test_quantiles_agree_with_sampling_the_age_densely(
    aware_of, scored_of, cells_of, rows, start, length, scale
):
    steps, newest = [], -math.inf
    for received in sorted({r for r, _ in rows}):
        observed = max(r - d for r, d in rows if r == received)
        if observed > newest:
            newest = observed
            steps.append((0, received * scale, observed * scale))
    found = ages(
        aware_of(steps), scored_of([(0, start * scale, (start + length) * scale)]), cells_of(1), cap_s=1e9
    )
    t = start + length * (np.arange(20_000) + 0.5) / 20_000
    age = np.full(len(t), np.inf)
    for _, received, observed in steps:
        after = t >= received / scale
        age[after] = t[after] - observed / scale
    for label, share in (("p50_s", 0.5), ("p90_s", 0.9)):
        below, above = np.quantile(age, [share - 2e-4, share + 2e-4], method="inverted_cdf")
        got = value(found, f"age_{label}") / scale
        assert below - 1e-6 <= got <= above + 1e-6
