"""What people read of a sweep: thresholds as sentences that say what is so."""

from __future__ import annotations

from typing import Any

import pytest

from mda_sim.report.sweep_figures import factor_label, number_words, threshold_words

HOURS = {
    "name": "Delay",
    "unit": "h",
    "is_multiple": True,
    "per_one": 6.0,
    "scale": "log",
    "low_words": "× 0.25 (1.5 h)",
    "high_words": "× 64 (384 h)",
}
RESULTS: dict[str, Any] = {"factors": {"delay": HOURS, "many": {**HOURS, "per_one": None}}}
FIGURE: dict[str, Any] = {"unit": "1", "means": [0.2], "effects": []}


def one(**changes: Any) -> dict[str, Any]:
    found = dict.fromkeys(("median", "low", "high", "of_mean", "fraction"))
    found |= {f"{name}_beyond": "" for name in ("median", "low", "high", "of_mean")}
    found |= {"factor": "delay", "level": 0.0, "verdict": "crosses", "rises": False, "monotone": True}
    return found | {"n": 10, "n_within": 9, "n_other": 0, "by": "grid", "median": 4.0} | changes


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"low": 2.0, "high": None, "high_beyond": "high"},
            "comes down to zero at 24 h (× 4) [12 h, beyond the range], in 9 of 10 seeds",
        ),
        ({"verdict": "never_down"}, "never comes down to zero within × 0.25 (1.5 h) to × 64 (384 h)"),
        (
            {"verdict": "never_up", "level": 0.01},
            "never above +1.0 pp within × 0.25 (1.5 h) to × 64 (384 h)",
        ),
        (
            {"monotone": False, "n_other": 2, "rises": True},
            "comes up above zero at 24 h (× 4) (an interval needs six seeds), in 9 of 10 seeds; 2 cross more "
            "than once or the other way; not monotone: the mean turns within the range",
        ),
        (
            {"median": None, "median_beyond": "high", "fraction": 0.5, "level": None, "by": "second order"},
            "comes down to 50 % of the gain at the low end beyond × 64 (384 h) (an interval needs six "
            "seeds), in 9 of 10 seeds; by the fit of second order",
        ),
        (
            {"verdict": "some_never"},
            "crosses zero in no seed within × 0.25 (1.5 h) to × 64 (384 h): it is above it in some, and "
            "never in others",
        ),
    ],
)
def test_a_threshold_is_a_sentence(changes: dict[str, Any], says: str) -> None:
    assert threshold_words(RESULTS, FIGURE, one(**changes)) == says


def test_a_multiple_is_told_by_what_it_comes_to_where_that_is_one_value() -> None:
    assert number_words(RESULTS, "delay", 0.5) == "3 h (× 0.5)"
    assert number_words(RESULTS, "many", 0.5) == "× 0.5"
    assert (factor_label(RESULTS, "delay"), factor_label(RESULTS, "many")) == ("Delay [h]", "Delay [× file]")
