"""Assumptions and what moving them does, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.metrics.assumption import AssumptionSpec
from mda_sim.metrics.compare import Key, Values
from mda_sim.metrics.morris import Trajectory
from mda_sim.metrics.sensitivity import Headline, Setting, headlines, one_at_a_time, screening, series

METRIC, GROUP = "custody_fraction_6h", "all"
GAIN = Headline("JPN", METRIC, GROUP, "direct", "today")
VALUE = Headline("JPN", METRIC, GROUP, "today", "")


def spec(**fields: object) -> AssumptionSpec:
    return AssumptionSpec.model_validate({"name": "A", "key": "metrics.error_max_m", "source": "x", **fields})


def values(today: list[float], direct: list[float]) -> Values:
    return {
        Key(name, "JPN", METRIC, GROUP): dict(enumerate(found, 1))
        for name, found in (("today", today), ("direct", direct))
    }


def test_positions_meet_the_ends_and_the_middle() -> None:
    even, log = spec(low=0.1, high=0.7), spec(low=0.1, high=10, scale="log")
    assert (even.at(0.0), even.at(1.0), log.at(0.0), log.at(1.0)) == (0.1, 0.7, 0.1, 10)
    assert even.at(0.5) == pytest.approx(0.4)
    assert log.at(0.5) == pytest.approx(1.0)
    assert log.at(0.75) == pytest.approx(10**0.5)


def test_values_share_the_positions_evenly() -> None:
    words = spec(values=["A", "B", "C"])
    assert [words.at(position) for position in (0.0, 0.33, 0.34, 0.66, 0.67, 1.0)] == list("AABBCC")


@pytest.mark.parametrize("n", range(2, 8))
def test_a_step_of_a_trajectory_always_changes_the_value(n: int) -> None:
    one = spec(values=list(range(n)))
    for level in (0, 1):
        assert one.at(level / 3) != one.at((level + 2) / 3)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"low": 2, "high": 1}, "'low' must be less than 'high', got 2 and 1"),
        ({"low": 1, "high": 1}, "'low' must be less"),
        ({"low": 1}, "missing 'low' and 'high'"),
        ({}, "missing 'low' and 'high'"),
        ({"low": 0, "high": 1, "scale": "log"}, "must be positive"),
        ({"low": -1, "high": 1, "factors": True}, "must not be negative"),
        ({"values": ["A"]}, "two different values"),
        ({"values": ["A", "A"]}, "two different values"),
        ({"values": ["A", "B"], "low": 1, "high": 2}, "either 'values' or a range"),
        ({"low": 1, "high": 2, "key": []}, "at least 1 item"),
        ({"low": 1, "high": 2, "source": ""}, "at least 1 character"),
    ],
)
def test_what_is_no_assumption_is_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        spec(**fields)


def test_headlines_are_the_baselines_value_then_differences_then_values() -> None:
    found = headlines(values([0.1], [0.2]), "today", [("nowhere", "all"), (METRIC, GROUP)])
    assert found == [VALUE, GAIN, GAIN._replace(against="")]


def test_a_difference_is_taken_seed_by_seed() -> None:
    found = series(values([0.1, 0.2, 0.3], [0.4, 0.3]), GAIN)
    assert found == pytest.approx({1: 0.3, 2: 0.1})


def test_effects_are_paired_with_the_files_own_value() -> None:
    """Gains are 0.3 and 0.1 in the file, and 0.2 lower in each seed at the high end: luck cancels."""
    stated = values([0.1, 0.2], [0.4, 0.3])
    moved = {
        Setting("a", "low"): values([0.1, 0.2], [0.4, 0.3]),
        Setting("a", "high"): values([0.3, 0.4], [0.4, 0.3]),
        Setting("b", "low"): values([0.1, 0.2], [0.45, 0.35]),
        Setting("b", "high"): values([0.1, 0.2], [0.40, 0.25]),
    }
    found = one_at_a_time(GAIN, stated, moved)
    assert found["mean"] == pytest.approx(0.2)
    assert found["range"]["low"] == pytest.approx(0.0)
    assert found["range"]["high"] == pytest.approx(0.25)
    assert [(one["assumption"], pytest.approx(one["swing"])) for one in found["ranks"]] == [
        ("a", 0.2),
        ("b", 0.075),
    ]
    by_setting = {(one["assumption"], one["setting"]): one for one in found["effects"]}
    assert by_setting["a", "low"]["change"] == {"mean": 0, "low": 0, "high": 0, "n": 2}
    change = by_setting["a", "high"]["change"]
    assert (change["mean"], change["low"], change["high"]) == pytest.approx((-0.2, -0.2, -0.2))
    assert by_setting["a", "high"]["low"] < -0.2


def test_an_undefined_headline_has_no_swing_and_comes_last() -> None:
    stated = values([0.1], [0.4])
    moved = {
        Setting("a", "low"): values([math.nan], [0.4]),
        Setting("b", "low"): values([0.1], [0.41]),
    }
    found = one_at_a_time(GAIN, stated, moved)
    assert [one["assumption"] for one in found["ranks"]] == ["b", "a"]
    assert found["ranks"][1]["swing"] is None
    assert found["range"]["high"] == pytest.approx(0.31)


def test_screening_of_a_sum_gives_its_coefficients_whatever_the_luck() -> None:
    """y = 3 a - b + luck of the seed, under both configurations alike but for a's 3."""
    third, two = 1 / 3, 2 / 3
    found = (
        Trajectory(np.array([[0, 1], [two, 1], [two, third]]), np.array([0, 1])),
        Trajectory(np.array([[1, third], [1, 1.0], [third, 1.0]]), np.array([1, 0])),
    )

    def at(point: np.ndarray) -> Values:
        luck = np.array([0.3, -5.0, 2.0])
        return values((luck - point[1]).tolist(), (luck + 3 * point[0] - point[1]).tolist())

    at_points = [[at(point) for point in one.points] for one in found]
    first, second = screening(GAIN, ["a", "b"], found, at_points, seed=1)
    assert (first["assumption"], second["assumption"]) == ("a", "b")
    assert (first["mu"], first["mu_star"], first["n"]) == (pytest.approx(3), pytest.approx(3), 2)
    assert first["sigma"] == pytest.approx(0, abs=1e-9)
    assert second["mu_star"] == pytest.approx(0, abs=1e-9)
    (only, _) = screening(VALUE, ["a", "b"], found, at_points, seed=1)
    assert (only["assumption"], only["mu"]) == ("b", pytest.approx(-1))
