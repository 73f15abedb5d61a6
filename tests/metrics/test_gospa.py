"""OSPA and GOSPA: hand cases, properties of a metric, and the same values as Stone Soup's."""

from __future__ import annotations

import math
from datetime import datetime
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
from stonesoup.types.state import State

from mda_sim.core.errors import ShapeError
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.metrics.gospa import Gospa, best_pairs, gospa, ospa

C_M = 10_000.0
T0 = datetime(2026, 3, 2)
Set = NDArray[np.float64]  # (n, 2): latitude, longitude


def arc_m(one: Any, other: Any) -> float:
    """Great-circle distance by the tangent of the arc, which no code of the program uses."""
    (lat1, lon1), (lat2, lon2) = (np.deg2rad(np.ravel(point).astype(float)) for point in (one, other))
    dlon = lon2 - lon1
    across = math.cos(lat2) * math.sin(dlon)
    along = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(dlon)
    inner = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(dlon)
    return EARTH_RADIUS_M * math.atan2(math.hypot(across, along), inner)


def both(x: Set, y: Set, order: float, alpha: float = 2.0, cutoff_m: float = C_M) -> tuple[float, Gospa]:
    pairs = best_pairs(x[:, 0], x[:, 1], y[:, 0], y[:, 1], cutoff_m=cutoff_m, order=order)
    return (
        ospa(pairs, len(x), len(y), cutoff_m=cutoff_m, order=order),
        gospa(pairs, len(x), len(y), cutoff_m=cutoff_m, order=order, alpha=alpha),
    )


def some(rng: np.random.Generator, n: int, wide_deg: float = 0.3) -> Set:
    return np.stack([rng.uniform(14, 14 + wide_deg, n), rng.uniform(118, 118 + wide_deg, n)], axis=1)


def states(points: Set) -> list[State]:
    return [State(point, timestamp=T0) for point in points]


def apart(state: State, other: State) -> float:
    return arc_m(state.state_vector, other.state_vector)


def test_one_track_two_kilometres_off_and_one_vessel_without() -> None:
    off_deg = math.degrees(2000.0 / EARTH_RADIUS_M)
    truth, shown = np.array([[0.0, 110.0], [5.0, 110.0]]), np.array([[off_deg, 110.0]])
    of_all, parts = both(truth, shown, 2.0)
    assert of_all == pytest.approx(math.sqrt((2000.0**2 + C_M**2) / 2))
    assert parts.distance_m == pytest.approx(math.sqrt(2000.0**2 + C_M**2 / 2))
    assert parts[1:] == pytest.approx((2000.0**2, C_M**2 / 2, 0.0, 1, 0))


def test_what_is_at_the_cutoff_or_beyond_is_missed_and_false() -> None:
    truth, shown = np.array([[0.0, 110.0]]), np.array([[1.0, 110.0]])
    at_m = float(best_pairs([0.0], [110.0], [1.0], [110.0], cutoff_m=1e6).distance_m[0])
    assert both(truth, shown, 1.0, cutoff_m=at_m)[1][1:] == (0.0, at_m / 2, at_m / 2, 1, 1)
    assert both(truth, shown, 1.0, cutoff_m=at_m * (1 + 1e-12))[1].n_missed == 0


def test_two_are_paired_for_the_least_sum_not_each_with_its_nearest() -> None:
    # vessels at 0 and 2 km, tracks at 1.9 and 9 km along a meridian: 0-1.9 with 2-9 beats 2-1.9 with none
    truth, shown = (
        np.array([[math.degrees(s / EARTH_RADIUS_M), 110.0] for s in places])
        for places in ((0.0, 2e3), (1.9e3, 9e3))
    )
    assert both(truth, shown, 1.0)[1].localisation == pytest.approx(1.9e3 + 7e3)


def test_nothing_against_nothing_is_no_distance() -> None:
    none = np.empty((0, 2))
    assert both(none, none, 2.0) == (0.0, Gospa(0.0, 0.0, 0.0, 0.0, 0, 0))
    assert both(none, np.array([[1.0, 2.0]]), 1.0)[1][1:] == (0.0, 0.0, C_M / 2, 0, 1)


@pytest.mark.parametrize("order", [1.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_pairs_are_the_best_of_all(order: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(10):
        x, y = some(rng, int(rng.integers(1, 5))), some(rng, 5)
        least = min(
            sum(min(arc_m(point, y[j]), C_M) ** order for point, j in zip(x, chosen, strict=True))
            for chosen in permutations(range(5), len(x))
        )
        expected = (least + C_M**order / 2 * (5 - len(x))) ** (1 / order)
        assert both(x, y, order)[1].distance_m == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("order", "alpha"), [(1.0, 2.0), (2.0, 2.0), (2.0, 1.0), (3.0, 0.5)])
def test_gospa_and_its_parts_are_those_of_stone_soup(order: float, alpha: float) -> None:
    rng = np.random.default_rng(7)
    oracle = GOSPAMetric(p=order, c=C_M, switching_penalty=0, measure=apart)
    oracle.alpha = alpha
    for _ in range(25):
        x, y = some(rng, int(rng.integers(1, 9))), some(rng, int(rng.integers(0, 9)))
        found = both(x, y, order, alpha)[1]
        expected = oracle.compute_gospa_metric(states(y), states(x))[0].value
        assert found.distance_m == pytest.approx(expected["distance"], rel=1e-9)
        if alpha == 2.0:
            parts = (expected["localisation"], expected["missed"], expected["false"])
            assert found[1:4] == pytest.approx(parts, rel=1e-9, abs=1e-9)
        else:
            assert all(map(math.isnan, found[1:4]))


def test_ospa_is_that_of_stone_soup() -> None:
    rng = np.random.default_rng(8)
    oracle = OSPAMetric(p=1, c=C_M, measure=apart)
    for _ in range(25):
        x, y = some(rng, int(rng.integers(1, 9))), some(rng, int(rng.integers(0, 9)))
        expected = oracle.compute_OSPA_distance(states(y), states(x)).value
        assert both(x, y, 1.0)[0] == pytest.approx(expected, rel=1e-9)


def test_ospa_of_order_two_is_no_more_than_stone_soups_which_pairs_by_the_sum_of_distances() -> None:
    rng = np.random.default_rng(9)
    oracle = OSPAMetric(p=2, c=C_M, measure=apart)
    excess = []
    for _ in range(40):
        x, y = some(rng, 6, 0.12), some(rng, 6, 0.12)
        expected = oracle.compute_OSPA_distance(states(y), states(x)).value
        found = both(x, y, 2.0)[0]
        assert found <= expected * (1 + 1e-9)
        excess.append(expected / found - 1)
    assert min(excess) == pytest.approx(0.0, abs=1e-9)
    assert max(excess) > 1e-6  # the pairs that are best for order 1 are not those of order 2


points = st.lists(st.tuples(st.floats(14, 14.2), st.floats(118, 118.2)), max_size=5).map(
    lambda found: np.array(found).reshape(-1, 2)
)


@settings(max_examples=60, deadline=None)
@given(x=points, y=points, z=points, order=st.sampled_from([1.0, 2.0]), data=st.data())
def test_both_are_metrics_and_do_not_ask_for_an_order(
    x: Set, y: Set, z: Set, order: float, data: st.DataObject
) -> None:
    for nth in (0, 1):

        def distance(one: Set, other: Set, nth: int = nth) -> float:
            found = both(one, other, order)
            return found[0] if nth == 0 else found[1].distance_m

        assert distance(x, x) == pytest.approx(0.0, abs=1e-6)
        assert distance(x, y) == pytest.approx(distance(y, x), rel=1e-9)
        assert distance(x, z) <= (distance(x, y) + distance(y, z)) * (1 + 1e-9) + 1e-6
        shuffled = x[data.draw(st.permutations(range(len(x))))] if len(x) else x
        assert distance(shuffled, y) == pytest.approx(distance(x, y), rel=1e-9)
    if len(x) != len(y):
        assert both(x, y, order)[1].distance_m > 0.0


def test_a_set_with_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(ShapeError, match="nan or infinite"):
        best_pairs([math.nan], [0.0], [], [], cutoff_m=1.0)
    with pytest.raises(ShapeError, match="as many latitudes"):
        best_pairs([0.0, 1.0], [0.0], [], [], cutoff_m=1.0)
