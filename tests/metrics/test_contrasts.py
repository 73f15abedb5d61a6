"""Contrasts of runs: Welch's interval against scipy, pairing against the difference of means."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mda_sim.metrics.compare import interval
from mda_sim.metrics.contrasts import COLUMNS, contrast, welch

numbers = st.lists(st.integers(-40, 40).map(lambda number: number / 8), min_size=2, max_size=9)


@pytest.mark.filterwarnings("ignore:Precision loss")  # of scipy, where one side does not vary
@settings(max_examples=60, deadline=None)
@given(numbers, numbers)
def test_unpaired_intervals_are_those_of_welch_in_scipy(a: list[float], b: list[float]) -> None:
    told = welch(a, b)
    assert told["mean"] == pytest.approx(np.mean(a) - np.mean(b), abs=1e-12)
    assert told["n"] == min(len(a), len(b))
    if len(set(a)) == 1 and len(set(b)) == 1:
        assert told["low"] == told["high"] == told["mean"]
        return
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert (told["low"], told["high"]) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


def test_a_common_shift_and_a_swap_of_sides() -> None:
    a, b = [0.31, 0.35, 0.28, 0.41], [0.36, 0.37, 0.35]
    told, swapped = welch(a, b), welch(b, a)
    assert welch([x + 3 for x in a], [x + 3 for x in b]) == pytest.approx(told)
    assert (swapped["low"], swapped["high"]) == pytest.approx((-told["high"], -told["low"]))


def test_what_is_undefined_on_either_side() -> None:
    assert welch([], [1.0]) == {"mean": None, "low": None, "high": None, "n": 0}
    assert welch([2.0], [1.0, math.nan]) == {"mean": 1.0, "low": None, "high": None, "n": 1}
    assert welch([math.inf, 1.0], [1.0, 2.0])["n_infinite"] == 1


def test_a_row_is_the_mean_and_the_difference_from_the_baseline() -> None:
    before, after = {1: 0.30, 2: 0.35, 3: 0.28}, {3: 0.35, 1: 0.36, 2: 0.37}
    figure = ("PHL", "custody_fraction_6h", "all")
    row = contrast("a", "direct", figure, "1", after, before, paired=True)
    assert row._fields == COLUMNS
    mean = interval(list(after.values()))
    assert (row.mean, row.low, row.high, row.n) == (mean["mean"], mean["low"], mean["high"], 3)
    assert row.difference == pytest.approx(np.mean(list(after.values())) - np.mean(list(before.values())))
    assert (row.difference_n, row.paired) == (3, True)
    apart = contrast("a", "direct", figure, "1", after, before, paired=False)
    assert apart.difference == pytest.approx(row.difference)
    assert apart.difference_high - apart.difference_low > row.difference_high - row.difference_low
    alone = contrast("a", "today", figure, "1", before, None, paired=True)
    assert (alone.difference, alone.difference_low, alone.difference_n) == (None, None, None)
