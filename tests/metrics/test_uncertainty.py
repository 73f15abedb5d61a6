"""Bootstrap intervals against other programs and full enumeration, what pairing saves, and seeds needed."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mda_sim.metrics.compare import interval, paired_difference, summarise, t_quantile, values_by_key
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint
from mda_sim.metrics.uncertainty import (
    MANY_SEEDS,
    _drawn,
    add_uncertainty,
    bootstrap_interval,
    resamples,
    seeds_needed,
    variance_reduction,
)

SKEWED = [10, 12, 12.5, 12.5, 13.9, 15, 21, 22, 23, 34, 50, 81, 89, 121, 134, 213]
"""The data of scipy 1.17.1, scipy/stats/tests/test_resampling.py, test_bootstrap_against_R."""
OF_R_BOOT = (32.31, 91.43)
"""Its BCa interval by R's package boot from a million resamples, as that file quotes it."""


class Replayed(np.random.Generator):
    """A generator that hands scipy the resamples of this program."""

    def __init__(self, chosen: np.ndarray) -> None:
        super().__init__(np.random.PCG64(0))
        self.chosen = chosen

    def integers(self, low, high=None, size=None, *args, **kwargs):
        assert (low, high, size) == (0, self.chosen.shape[1], self.chosen.shape)
        return self.chosen


def by_scipy(values: list[float], chosen: np.ndarray) -> tuple[float, float]:
    found = stats.bootstrap(
        (values,), np.mean, n_resamples=len(chosen), method="BCa", rng=Replayed(chosen), vectorized=True
    )
    return found.confidence_interval.low, found.confidence_interval.high


@pytest.mark.parametrize("n", [5, 10, 16])
def test_the_interval_is_that_of_scipy_from_the_same_resamples(n: int) -> None:
    values = [math.sqrt(value) for value in SKEWED[-n:]]
    assert bootstrap_interval(values) == pytest.approx(by_scipy(values, resamples(n)), rel=1e-9)


def test_the_interval_is_that_of_r_boot() -> None:
    assert bootstrap_interval(SKEWED, 200_000) == pytest.approx(OF_R_BOOT, rel=0.01)


@pytest.mark.parametrize("values", [[0.2, 0.5, 0.9], [1.0, 2.0, 4.0, 8.0]])
def test_few_values_are_resampled_in_all_ways_at_once(values: list[float]) -> None:
    n = len(values)
    chosen = resamples(n)
    assert sorted(map(tuple, chosen.tolist())) == sorted(product(range(n), repeat=n))
    spread = np.array(values)[chosen].mean(axis=1)
    # the bootstrap distribution of a mean: the mean itself, and the plug-in variance over n (exactly)
    assert spread.mean() == pytest.approx(np.mean(values), rel=1e-12)
    assert spread.var() == pytest.approx(np.var(values) / n, rel=1e-12)
    assert bootstrap_interval(values) == pytest.approx(by_scipy(values, chosen), rel=1e-9)


def test_drawn_resamples_are_fair_and_the_same_every_time() -> None:
    chosen = _drawn(4, 20_000)
    patterns = chosen @ np.array([64, 16, 4, 1])
    counts = np.bincount(patterns, minlength=256)
    chi_square = ((counts - 20_000 / 256) ** 2 / (20_000 / 256)).sum()
    assert abs(chi_square - 255) < 4 * math.sqrt(2 * 255)
    _drawn.cache_clear()
    assert np.array_equal(_drawn(4, 20_000), chosen)
    # a draw depends on resample and place alone: more resamples change none
    assert np.array_equal(_drawn(4, 100), chosen[:100])


def test_drawn_resamples_come_to_the_interval_of_all_of_them() -> None:
    values = np.array([0.1, 0.2, 0.4, 0.9])
    exact = np.quantile(values[resamples(4)].mean(axis=1), [0.025, 0.975])
    drawn = np.quantile(values[_drawn(4, 20_000)].mean(axis=1), [0.025, 0.975])
    assert drawn == pytest.approx(exact, abs=0.02)


def test_what_has_no_interval() -> None:
    assert bootstrap_interval([]) is None
    assert bootstrap_interval([math.nan, 1.0]) is None
    assert bootstrap_interval([1.0, math.inf, 2.0]) is None
    assert bootstrap_interval([0.3] * 12) == (0.3, 0.3)
    assert bootstrap_interval([math.nan, *SKEWED]) == bootstrap_interval(SKEWED)


def test_of_normal_values_the_t_interval_covers_and_the_bootstrap_falls_short_with_few_seeds() -> None:
    """Student's interval is exact for normal data; the bootstrap of 10 is too narrow."""
    rng = np.random.default_rng(20260302)
    trials, n = 2000, 10
    samples = rng.normal(0.4, 0.1, (trials, n))
    student = [interval(list(sample)) for sample in samples]
    covered = np.mean([told["low"] <= 0.4 <= told["high"] for told in student])
    error = math.sqrt(0.95 * 0.05 / trials)
    assert abs(covered - 0.95) < 4 * error
    ends = [bootstrap_interval(list(sample)) for sample in samples[:500]]
    assert 0.80 < np.mean([low <= 0.4 <= high for low, high in ends]) < covered


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-40, 40), min_size=2, max_size=12), st.integers(-50, 50))
def test_a_shift_moves_the_ends_and_a_sign_swaps_them(numbers: list[int], shift: int) -> None:
    values = [number / 8 for number in numbers]
    low, high = bootstrap_interval(values)
    assert low <= high
    assert bootstrap_interval([value + shift for value in values]) == pytest.approx(
        (low + shift, high + shift), abs=1e-9
    )
    if 2 <= len(values) <= 4:  # with all resamples, the mirror image has the mirror interval
        assert bootstrap_interval([-value for value in values]) == pytest.approx((-high, -low), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=3, max_size=12))
def test_the_paired_difference_is_that_of_the_means_and_a_common_shift_changes_nothing(pairs) -> None:
    before = {seed: a / 8 for seed, (a, _) in enumerate(pairs)}
    after = {seed: b / 8 for seed, (_, b) in enumerate(pairs)}
    told = paired_difference(after, before)
    assert told["mean"] == pytest.approx(np.mean(list(after.values())) - np.mean(list(before.values())))
    luck = {seed: seed * seed / 4 for seed in before}
    shifted = [{seed: value + luck[seed] for seed, value in side.items()} for side in (after, before)]
    assert paired_difference(*shifted) == pytest.approx(told)
    ratio, again = variance_reduction(after, before), variance_reduction(*shifted)
    assert (ratio is None) == (again is None)


def test_the_variance_reduction_is_one_without_and_large_with_common_luck() -> None:
    # closed form: A = L + a, B = L + b with variances l, s, s: (2 l + 2 s) / (2 s) = 1 + l / s
    luck, noise_a, noise_b = [-1.0, 1.0, -1.0, 1.0], [-0.5, -0.5, 0.5, 0.5], [0.5, -0.5, -0.5, 0.5]
    a = {i: x + y for i, (x, y) in enumerate(zip(luck, noise_a, strict=True))}
    b = {i: x + y for i, (x, y) in enumerate(zip(luck, noise_b, strict=True))}
    assert variance_reduction(a, b) == pytest.approx(1 + 1.0 / 0.25)
    assert variance_reduction(dict(enumerate(luck)), dict(enumerate(noise_a))) == pytest.approx(1.0)
    # opposite luck is worse than none
    assert variance_reduction(dict(enumerate(luck)), {i: -x for i, x in enumerate(luck)}) == pytest.approx(
        0.5
    )
    assert variance_reduction(a, a) is None
    assert variance_reduction(a, {i: x + 0.1 for i, x in a.items()}) is None
    assert variance_reduction({**a, 9: math.nan}, {**b, 9: 3.0, 10: 4.0}) == variance_reduction(a, b)


@pytest.mark.parametrize(("half_width", "n", "wanted"), [(0.03, 5, 0.01), (0.2, 4, 0.01), (0.004, 12, 0.01)])
def test_seeds_needed_are_the_fewest_that_do(half_width: float, n: int, wanted: float) -> None:
    spread = half_width * math.sqrt(n) / stats.t.ppf(0.975, n - 1)
    needed = seeds_needed(half_width, n, wanted)
    assert stats.t.ppf(0.975, needed - 1) * spread / math.sqrt(needed) <= wanted
    if needed > 2:
        assert stats.t.ppf(0.975, needed - 2) * spread / math.sqrt(needed - 1) > wanted
    # near the textbook estimate (t s / h)^2 with t of the answer
    assert needed == pytest.approx((t_quantile(needed - 1) * spread / wanted) ** 2, abs=2)


ENDPOINT = Endpoint(metric="custody_fraction_6h")


def rows_of(configuration: str, values: list[float], metric: str = "custody_fraction_6h") -> list[ScoreRow]:
    return [
        ScoreRow(configuration, seed, "PHL", "phl_ncwc", metric, "all", value, "1", 5)
        for seed, value in enumerate(values, 1)
    ]


def told_of(rows: list[ScoreRow]) -> dict:
    summary = summarise(rows, "today", [ENDPOINT])
    add_uncertainty(summary, values_by_key(rows))
    return summary


def test_primary_endpoints_get_bootstrap_ends_beside_the_t_interval_and_nothing_else_does() -> None:
    before, after = [0.30, 0.35, 0.28, 0.41, 0.33], [0.36, 0.37, 0.35, 0.46, 0.40]
    summary = told_of(
        [*rows_of("today", before), *rows_of("direct", after), *rows_of("today", before, "custody_timely_6h")]
    )
    of = summary["configurations"]["direct"]["PHL"]["custody_fraction_6h"]["all"]
    assert (of["bootstrap_low"], of["bootstrap_high"]) == bootstrap_interval(after)
    difference = of["difference"]
    ends = bootstrap_interval([b - a for a, b in zip(before, after, strict=True)])
    assert (difference["bootstrap_low"], difference["bootstrap_high"]) == ends
    assert difference["low"] < ends[0] < difference["mean"] < ends[1] < difference["high"]
    assert "bootstrap_low" not in summary["configurations"]["today"]["PHL"]["custody_timely_6h"]["all"]
    assert "variance_reduction" not in difference
    assert summary["uncertainty"]["widest"] == {
        "configuration": "direct",
        "nation": "PHL",
        "metric": "custody_fraction_6h",
        "group": "all",
        "half_width": pytest.approx((difference["high"] - difference["low"]) / 2),
        "n": 5,
    }
    needed = summary["uncertainty"]["seeds_needed"]
    assert needed == seeds_needed(summary["uncertainty"]["widest"]["half_width"], 5, 0.01)
    assert len(summary["warnings"]) == 2
    assert f"about {needed} seeds would bring it to ±0.01" in summary["warnings"][1]


def test_the_variance_reduction_is_told_from_many_seeds_on() -> None:
    rng = np.random.default_rng(1)
    luck = rng.normal(0.4, 0.1, MANY_SEEDS)
    after = luck + rng.normal(0.05, 0.01, MANY_SEEDS)
    rows = [*rows_of("today", list(luck)), *rows_of("direct", list(after)), *rows_of("same", list(luck))]
    summary = told_of(rows)["configurations"]
    ratio = summary["direct"]["PHL"]["custody_fraction_6h"]["all"]["difference"]["variance_reduction"]
    expected = (np.var(luck, ddof=1) + np.var(after, ddof=1)) / np.var(after - luck, ddof=1)
    assert ratio == pytest.approx(expected)
    assert ratio > 50
    assert summary["same"]["PHL"]["custody_fraction_6h"]["all"]["difference"]["variance_reduction"] is None
    fewer = told_of([row for row in rows if row.seed < MANY_SEEDS])["configurations"]
    difference = fewer["direct"]["PHL"]["custody_fraction_6h"]["all"]["difference"]
    assert "variance_reduction" not in difference


def test_with_one_configuration_the_means_are_judged_and_without_an_interval_nothing_is_said() -> None:
    alone = told_of(rows_of("today", [0.3, 0.4, 0.5]))
    assert alone["uncertainty"]["widest"]["half_width"] == pytest.approx(0.1 / math.sqrt(3) * t_quantile(2))
    one = told_of([*rows_of("today", [0.3]), *rows_of("direct", [0.4])])
    assert one["uncertainty"]["widest"] is None
    assert one["uncertainty"]["seeds_needed"] is None
    assert one["warnings"] == ["1 seed: intervals from fewer than 10 seeds are unreliable"]
