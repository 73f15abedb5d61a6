from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import stats

from mda_sim.metrics.compare import interval, intervals, paired_difference, summarise, t_quantile
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint

BEFORE = [0.30, 0.35, 0.28, 0.41]
AFTER = [0.36, 0.37, 0.35, 0.46]


def rows_of(configuration, values, metric="custody_fraction_6h", unit="1"):
    return [
        ScoreRow(configuration, seed, "PHL", "phl_ncwc", metric, "all", value, unit, 5)
        for seed, value in enumerate(values, 1)
    ]


def entry(summary, configuration, metric="custody_fraction_6h"):
    return summary["configurations"][configuration]["PHL"][metric]["all"]


def test_differences_are_paired_by_seed_and_agree_with_the_paired_t_test():
    summary = summarise([*rows_of("today", BEFORE), *reversed(rows_of("direct", AFTER))], "today")
    difference = entry(summary, "direct")["difference"]
    expected = stats.ttest_rel(AFTER, BEFORE).confidence_interval(0.95)
    assert difference["mean"] == pytest.approx(0.05)
    assert (difference["low"], difference["high"]) == pytest.approx((expected.low, expected.high))
    assert difference["n"] == 4
    assert "difference" not in entry(summary, "today")


def test_the_interval_of_a_mean_is_that_of_student():
    found = interval(BEFORE)
    low, high = stats.t.interval(0.95, 3, loc=0.335, scale=stats.sem(BEFORE))
    assert found == pytest.approx({"mean": 0.335, "low": low, "high": high, "n": 4})
    assert t_quantile(9) == pytest.approx(2.262157, abs=1e-6)


NUMBERS = st.one_of(
    st.floats(-1e9, 1e9),
    st.floats(0.0, 1.0),
    st.sampled_from([0.0, -0.0, 0.1, math.nan, math.nan, math.inf, -math.inf]),
)


@settings(deadline=None)
@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=12), elements=NUMBERS))
def test_intervals_of_a_table_are_those_of_its_rows_to_the_last_bit(table):
    assert repr(intervals(table)) == repr([interval(row) for row in table.tolist()])


def test_squares_of_a_table_are_rounded_as_those_of_a_row():
    """x * x and the power differ in the last bit about once in a thousand."""
    table = np.random.default_rng(1).normal(size=(20_000, 7))
    assert intervals(table) == [interval(row) for row in table.tolist()]


def test_undefined_values_are_left_out_and_counted_out():
    assert interval([math.nan, 2.0]) == {"mean": 2.0, "low": None, "high": None, "n": 1}
    assert interval([]) == interval([math.nan]) == {"mean": None, "low": None, "high": None, "n": 0}
    found = paired_difference({1: 5.0, 2: math.nan, 3: 9.0, 4: 1.0}, {1: 4.0, 2: 1.0, 3: 7.0, 5: 0.0})
    assert (found["mean"], found["n"]) == (1.5, 2)


def test_infinite_values_have_no_mean_but_a_count():
    assert interval([1.0, math.inf]) == {"mean": None, "low": None, "high": None, "n": 2, "n_infinite": 1}
    both = paired_difference({1: math.inf, 2: 3.0}, {1: math.inf, 2: 1.0})
    assert (both["mean"], both["n"]) == (2.0, 1)


def test_the_summary_is_plain_json_with_null_for_what_is_undefined():
    rows = [
        *rows_of("today", [math.nan, math.nan], "age_p50_s", "s"),
        *rows_of("direct", [math.inf, 1.0], "age_p50_s", "s"),
    ]
    summary = json.loads(json.dumps(summarise(rows, "today"), allow_nan=False))
    assert entry(summary, "today", "age_p50_s") == {
        "mean": None,
        "low": None,
        "high": None,
        "n": 0,
        "unit": "s",
    }
    assert entry(summary, "direct", "age_p50_s")["difference"]["n"] == 0
    assert entry(summary, "direct", "age_p50_s")["n_infinite"] == 1


def test_a_figure_that_the_baseline_lacks_has_an_undefined_difference():
    summary = summarise(rows_of("direct", AFTER), "today")
    assert entry(summary, "direct")["difference"] == {"mean": None, "low": None, "high": None, "n": 0}


def test_few_seeds_are_warned_of_and_the_label_is_printed():
    few = summarise(
        rows_of("today", BEFORE), "today", [Endpoint(metric="custody_fraction_6h", zone="strait")]
    )
    assert few["label"] == "simulation only"
    assert few["warnings"] == ["4 seeds: intervals from fewer than 10 seeds are unreliable"]
    assert few["seeds"] == [1, 2, 3, 4]
    assert few["primary"] == [{"metric": "custody_fraction_6h", "group": "all@strait"}]
    assert summarise(rows_of("today", BEFORE * 3), "today")["warnings"] == []


def test_two_values_of_one_figure_and_seed_are_refused():
    with pytest.raises(ValueError, match="seed 1 has two values"):
        summarise([*rows_of("today", [0.5]), *rows_of("today", [0.6])], "today")


def test_no_rows_give_an_empty_summary():
    assert summarise([], "today")["configurations"] == {}
