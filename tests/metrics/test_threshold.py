"""Thresholds: known crossings are found where they are, and what has none says so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.metrics.response import Axis
from mda_sim.metrics.threshold import crossings, is_monotone, threshold

AXIS = Axis("time", (), None)
LOG = Axis("time", (), None, is_log=True)
PLACES = np.linspace(0.0, 10.0, 11)


@given(st.floats(0.01, 9.99), st.floats(0.1, 100), st.booleans())
def test_a_straight_line_crosses_where_it_does(at: float, slope: float, falls: bool) -> None:
    curve = (-slope if falls else slope) * (PLACES - at)
    found = threshold(AXIS, PLACES, curve[None, :], 0.0, None)
    assert found["median"] == pytest.approx(at, abs=1e-9)
    assert found["of_mean"] == found["median"]
    assert (found["verdict"], found["rises"], found["monotone"]) == ("crosses", not falls, True)
    assert (found["n_within"], found["n_other"]) == (1, 0)
    assert found["low"] is found["high"] is None


def test_along_a_logarithm_the_middle_is_the_geometric_mean() -> None:
    places = LOG.along((1.0, 100.0))
    found = threshold(LOG, places, np.array([[1.0, -1.0]]), 0.0, None)
    assert found["median"] == pytest.approx(10)


def test_a_level_and_a_fraction_move_the_crossing() -> None:
    curve = (10.0 - PLACES)[None, :]
    assert threshold(AXIS, PLACES, curve, 4.0, None)["median"] == pytest.approx(6)
    half = threshold(AXIS, PLACES, np.vstack([curve, 3 * curve]), 0.0, 0.5)
    assert half["median"] == pytest.approx(5)
    assert (half["level"], half["fraction"]) == (None, 0.5)
    none = threshold(AXIS, PLACES, np.vstack([curve, 0 * curve, -curve]), 0.0, 0.5)
    assert (none["n"], none["median"]) == (1, pytest.approx(5))
    assert threshold(AXIS, PLACES, 0 * curve, 0.0, 0.5)["verdict"] == "undefined"


def test_a_gain_that_has_come_to_nothing_has_come_down_to_zero() -> None:
    """At or below the level is down: a floor of exact zeros begins where it is met."""
    curve = np.maximum(4.0 - PLACES, 0.0)
    assert threshold(AXIS, PLACES, curve[None, :], 0.0, None)["median"] == pytest.approx(4)


def test_never_is_told_from_never() -> None:
    above = threshold(AXIS, PLACES, 20 - PLACES[None, :], 0.0, None)
    below = threshold(AXIS, PLACES, -PLACES[None, :] - 1, 0.0, None)
    assert (above["verdict"], above["median"], above["median_beyond"]) == ("never_down", None, "high")
    assert (below["verdict"], below["median"], below["median_beyond"]) == ("never_up", None, "low")
    rising = threshold(AXIS, PLACES, PLACES[None, :] + 1, 0.0, None)
    assert (rising["verdict"], rising["median_beyond"]) == ("never_down", "low")
    both = threshold(AXIS, PLACES, np.stack([20 - PLACES, np.zeros(11)]), 0.0, None)
    assert (both["verdict"], both["n_within"]) == ("some_never", 0)
    assert threshold(AXIS, PLACES, np.full((2, 11), math.nan), 0.0, None)["verdict"] == "undefined"


def test_a_curve_that_turns_is_said_to() -> None:
    wave = np.array([2.0, -1.0, 3.0, -2.0])
    found = threshold(AXIS, np.arange(4.0), wave[None, :], 0.0, None)
    assert not found["monotone"]
    assert found["n_other"] == 1
    assert found["median"] == pytest.approx(2 / 3)
    assert [up for _, up in crossings(np.arange(4.0), wave, 0.0)] == [False, True, False]
    assert is_monotone(np.array([3.0, 3.0, 1.0]))


def test_the_median_and_its_interval_are_order_statistics() -> None:
    """Nine seeds that cross at 1..9: of nine the second and the eighth enclose the median with 96.1 %."""
    curves = np.stack([at - PLACES for at in range(9, 0, -1)]).astype(float)
    found = threshold(AXIS, PLACES, curves, 0.0, None)
    assert (found["median"], found["low"], found["high"]) == pytest.approx((5, 2, 8))
    few = threshold(AXIS, PLACES, curves[:5], 0.0, None)
    assert few["low"] is None
    six = threshold(AXIS, PLACES, curves[:6], 0.0, None)
    assert (six["low"], six["high"]) == pytest.approx((4, 9))


def test_seeds_that_do_not_come_down_count_as_beyond() -> None:
    """Six of ten cross; the median is among them, the upper end of the interval is not."""
    curves = np.stack([at - PLACES for at in (1, 2, 3, 4, 5, 6, 20, 20, 20, 20)]).astype(float)
    found = threshold(AXIS, PLACES, curves, 0.0, None)
    assert found["n_within"] == 6
    assert found["median"] == pytest.approx(5.5)
    assert (found["low"], found["high"], found["high_beyond"]) == (pytest.approx(2), None, "high")


@given(st.lists(st.floats(0.5, 9.5), min_size=6, max_size=30))
def test_the_interval_holds_the_median(places: list[float]) -> None:
    curves = np.stack([at - PLACES for at in places])
    found = threshold(AXIS, PLACES, curves, 0.0, None)
    assert found["low"] - 1e-9 <= found["median"] <= found["high"] + 1e-9
    assert found["median"] == pytest.approx(float(np.median(places)))
