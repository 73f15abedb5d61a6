"""Numbers and names as people read them."""

from __future__ import annotations

import pytest

from mda_sim.report.words import (
    DASH,
    compact_words,
    difference_words,
    group_words,
    metric_words,
    time_unit,
    value_words,
)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"mean": 0.5, "n": 3, "unit": "1"}, "50.0 %"),
        ({"mean": 90.0, "n": 3, "unit": "s"}, "90.0 s"),
        ({"mean": 600.0, "n": 3, "unit": "s"}, "10.0 min"),
        ({"mean": 259200.0, "n": 3, "unit": "s"}, "3.00 d"),
        ({"mean": 1234567.0, "n": 3, "unit": "count"}, "1,234,567"),
        ({"mean": 12.0, "n": 3, "unit": "h"}, "12 h"),
        ({"mean": 23456.0, "n": 3, "unit": "m"}, "23.5 km"),
        ({"mean": 234567.0, "n": 3, "unit": "m"}, "235 km"),
        ({"mean": None, "n": 0, "unit": "s"}, DASH),
        ({"mean": None, "n": 2, "n_infinite": 1, "unit": "s"}, "never"),
        (None, DASH),
    ],
)
def test_values_carry_their_unit(entry: dict[str, object] | None, words: str) -> None:
    assert value_words(entry) == words


@pytest.mark.parametrize(
    ("unit", "difference", "words"),
    [
        ("1", {"mean": -0.1, "low": -0.2, "high": 0.0, "n": 4}, "-10.0 pp [-20.0, 0.0]"),
        ("s", {"mean": -7200.0, "low": -10800.0, "high": -3600.0, "n": 4}, "-2.00 h [-3.00, -1.00]"),
        ("1", {"mean": 0.0004, "low": -0.00001, "high": 0.001, "n": 4}, "+0.04 pp [0.00, +0.10]"),
        ("count", {"mean": 1500.0, "low": 900.0, "high": 2100.0, "n": 4}, "+1,500 [+900, +2,100]"),
        ("m", {"mean": -12300.0, "low": -20000.0, "high": -4600.0, "n": 4}, "-12.3 km [-20.0, -4.6]"),
        ("1", {"mean": 0.1, "low": None, "high": None, "n": 1}, "+10.0 pp"),
        ("1", {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 4}, "no change"),
        ("s", {"mean": None, "low": None, "high": None, "n": 2, "n_infinite": 2}, DASH),
    ],
)
def test_differences_carry_sign_unit_and_interval(
    unit: str, difference: dict[str, object], words: str
) -> None:
    assert difference_words({"unit": unit, "difference": difference}) == words


@pytest.mark.parametrize(
    ("unit", "mean", "difference", "words"),
    [
        ("1", 0.318, {"mean": 0.175, "low": 0.171, "high": 0.179}, "31.8 % +17.5 ±0.4"),
        ("1", 0.203, {"mean": 0.0008, "low": -0.0011, "high": 0.0027}, "20.3 % +0.08 ±0.19"),
        ("1", 0.203, {"mean": 0.0, "low": 0.0, "high": 0.0}, "20.3 % no change"),
        ("1", 0.203, {"mean": 0.0, "low": None, "high": None}, "20.3 % no change"),
        ("1", 0.3, {"mean": 0.1, "low": None, "high": None}, "30.0 % +10.0"),
        ("s", 7200.0, {"mean": 3600.0, "low": 3240.0, "high": 3960.0}, "2.00 h +1.00 ±0.10"),
        ("s", 60.0, {"mean": -68760.0, "low": -72360.0, "high": -65160.0}, "60.0 s -19.1 h ±1.0"),
        ("count", 1500.0, {"mean": 500.0, "low": 400.0, "high": 600.0}, "1,500 +500 ±100"),
        ("s", 60.0, {"mean": None, "low": None, "high": None}, f"60.0 s {DASH}"),
        ("s", None, {"mean": None, "low": None, "high": None}, DASH),
    ],
)
def test_a_compact_cell_has_value_difference_and_half_the_interval(
    unit: str, mean: float | None, difference: dict[str, object], words: str
) -> None:
    assert compact_words({"unit": unit, "mean": mean, "n": 4, "difference": difference}) == words


def test_the_baseline_has_no_difference() -> None:
    assert difference_words({"unit": "1", "mean": 0.5, "n": 4}) == DASH


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("custody_fraction_90min", "custody 90 min"),
        ("custody_fraction_organic_24h", "custody, own sensors only 24 h"),
        ("age_never_fraction", "never seen"),
        ("awareness_fraction_24h", "aware within 24 h"),
        ("gap_policy_fraction", "not held: refused by a rule"),
        ("stage_review_mean_s", "stage review mean s"),
    ],
)
def test_metrics_have_names_for_people(metric: str, words: str) -> None:
    assert metric_words(metric) == words


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("all", "all vessels"),
        ("flag:CHN", "flag CHN"),
        ("from:PHL", "from PHL"),
        ("not_broadcasting_foreign@east", "not broadcasting, not own flag, The East"),
        ("all@unnamed", "all vessels, unnamed"),
    ],
)
def test_groups_have_names_for_people(group: str, words: str) -> None:
    assert group_words(group, {"east": "The East"}) == words


def test_times_are_printed_in_the_unit_that_suits_their_size() -> None:
    assert [time_unit(seconds)[1] for seconds in (0, 119, 120, 5399, 5400, 172_799, 172_800)] == [
        "s",
        "s",
        "min",
        "min",
        "h",
        "h",
        "d",
    ]
