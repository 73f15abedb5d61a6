"""Morris screening against closed forms and the published test function."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.rng import draw_normal, stream_key
from mda_sim.metrics.morris import Trajectory, elementary_effects, screened, step_of, trajectories

SEED = 20


def effects_of(
    function: Callable[[Sequence[float]], float], k: int, n: int = 60, levels: int = 4
) -> np.ndarray:
    """Elementary effects, (n, k)."""
    names = [f"factor_{number}" for number in range(k)]
    found = trajectories(names, n, levels, SEED)
    return np.array([elementary_effects(one, [function(point) for point in one.points]) for one in found])


@given(k=st.integers(1, 12), half=st.integers(1, 6), seed=st.integers(0, 2**31 - 1))
def test_a_trajectory_moves_each_factor_once_by_delta_and_stays_on_the_grid(
    k: int, half: int, seed: int
) -> None:
    levels = 2 * half
    for one in trajectories([f"f{number}" for number in range(k)], 3, levels, seed):
        assert one.points.shape == (k + 1, k)
        assert sorted(one.order) == list(range(k))
        on_grid = one.points * (levels - 1)
        assert np.allclose(on_grid, np.round(on_grid), atol=1e-12)
        assert one.points.min() >= 0
        assert one.points.max() <= 1
        steps = np.diff(one.points, axis=0)
        for step, factor in zip(steps, one.order, strict=True):
            assert abs(step[factor]) == pytest.approx(step_of(levels), rel=1e-12)
            assert np.count_nonzero(step) == 1


def test_levels_and_directions_are_met_equally_often() -> None:
    """Of 2000 trajectories, half go up, and each of four lower levels is met a quarter of the time."""
    n = 2000
    found = trajectories(["a"], n, 8, SEED)
    lower = np.array([one.points.min() for one in found]) * 7
    for level in range(4):
        share = np.count_nonzero(np.round(lower) == level) / n
        assert abs(share - 0.25) < 4 * math.sqrt(0.25 * 0.75 / n)
    up = np.count_nonzero([one.points[1, 0] > one.points[0, 0] for one in found]) / n
    assert abs(up - 0.5) < 4 * math.sqrt(0.25 / n)


def test_another_factor_or_trajectory_moves_no_level_of_the_others() -> None:
    few, many = trajectories(["a", "b"], 5, 4, SEED), trajectories(["b", "new", "a"], 9, 4, SEED)
    for one, other in zip(few, many, strict=False):
        for end in (0, -1):
            assert one.points[end, 0] == other.points[end, 2]
            assert one.points[end, 1] == other.points[end, 0]


@pytest.mark.parametrize("levels", [0, 1, 3, 5, -2])
def test_an_odd_number_of_levels_is_refused(levels: int) -> None:
    with pytest.raises(ValueError, match="even and 2 at least"):
        trajectories(["a"], 1, levels, SEED)


def test_a_linear_function_has_its_coefficients_as_effects() -> None:
    coefficients = np.array([3.0, -2.0, 0.0, 0.5])
    effects = effects_of(lambda x: float(7 + np.dot(coefficients, x)), 4)
    for column, coefficient in zip(effects.T, coefficients, strict=True):
        found = screened(column.tolist(), SEED)
        assert found["mu"] == pytest.approx(coefficient, abs=1e-12)
        assert found["mu_star"] == pytest.approx(abs(coefficient), abs=1e-12)
        assert found["sigma"] == pytest.approx(0, abs=1e-12)
        assert found["mu_low"] == pytest.approx(found["mu_high"], abs=1e-12)
        assert found["n"] == 60


def test_the_effects_of_a_square_are_two_x_plus_delta() -> None:
    """((x + D)^2 - x^2) / D = 2 x + D, at the lower level x: for p = 4 they are 2/3 and 4/3, evenly."""
    effects = effects_of(lambda x: float(x[0] ** 2 + 5 * x[1] ** 2), 2, n=400)
    assert np.allclose(np.unique(np.round(effects[:, 0], 9)), [2 / 3, 4 / 3])
    assert np.allclose(np.unique(np.round(effects[:, 1], 9)), [10 / 3, 20 / 3])
    found = screened(effects[:, 0].tolist(), SEED)
    assert found["mu"] == found["mu_star"]
    assert abs(found["mu"] - 1.0) < 4 * (1 / 3) / math.sqrt(400)
    assert found["sigma"] == pytest.approx(1 / 3, rel=0.05)


def test_the_effect_in_a_product_is_the_other_factor() -> None:
    """d_1 of x1 x2 is x2, one of the four levels; mean 1/2, standard deviation sqrt(5)/6 = 0.3727."""
    effects = effects_of(lambda x: float(x[0] * x[1]), 2, n=800)
    for column in effects.T:
        assert np.allclose(np.unique(np.round(column, 9)), [0, 1 / 3, 2 / 3, 1])
        found = screened(column.tolist(), SEED)
        assert abs(found["mu"] - 0.5) < 4 * (math.sqrt(5) / 6) / math.sqrt(800)
        assert found["sigma"] == pytest.approx(math.sqrt(5) / 6, rel=0.06)


def test_effects_that_change_sign_have_mu_near_zero_and_a_large_mu_star() -> None:
    """d_1 of (2 x2 - 1) x1 is 2 x2 - 1: mean 0, mean size (1 + 1/3) / 2 = 2/3."""
    effects = effects_of(lambda x: float((2 * x[1] - 1) * x[0]), 2, n=800)
    found = screened(effects[:, 0].tolist(), SEED)
    assert abs(found["mu"]) < 4 * 0.7454 / math.sqrt(800)
    assert abs(found["mu_star"] - 2 / 3) < 4 / 3 / math.sqrt(800)
    assert found["mu_low"] < found["mu"] < found["mu_high"]


def test_undefined_values_are_left_out_and_counted() -> None:
    one = Trajectory(np.array([[0.0, 0.0], [2 / 3, 0.0], [2 / 3, 2 / 3]]), np.array([0, 1]))
    assert np.isnan(elementary_effects(one, [1.0, math.nan, 2.0])).all()
    found = screened([1.0, math.nan, 3.0, math.inf], SEED)
    assert (found["n"], found["mu"]) == (2, 2.0)
    assert found["sigma"] == pytest.approx(math.sqrt(2))
    assert screened([math.nan], SEED)["mu"] is None
    alone = screened([-4.0], SEED)
    assert (alone["mu"], alone["mu_star"], alone["sigma"], alone["mu_low"]) == (-4.0, 4.0, None, None)


def test_the_interval_of_a_mean_covers_as_often_as_it_says() -> None:
    """Of 300 samples of 40 standard normals the 95 % interval of mu misses 0 in 5 %, and no more than 4
    se."""
    draws = draw_normal(stream_key(SEED, "test"), np.arange(300)[:, None], np.arange(40)[None, :], 0, 0)
    missed = 0
    for row in draws.reshape(300, 40).tolist():
        found = screened(row, SEED)
        missed += not found["mu_low"] <= 0 <= found["mu_high"]
    assert abs(missed / 300 - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 300)


def morris_function(x: Sequence[float]) -> float:
    """The test function of Morris 1991, section 4, with 20 factors.

    Coefficients that it does not state are drawn from a standard normal distribution, as there.
    """
    w = [
        2 * (1.1 * value / (value + 0.1) - 0.5) if number in (2, 4, 6) else 2 * (value - 0.5)
        for number, value in enumerate(x)
    ]
    normal = draw_normal(stream_key(1991, "coefficients"), np.arange(20)[:, None], np.arange(20)[None], 0, 0)
    normal = normal.reshape(20, 20)
    total = sum((20.0 if i < 10 else normal[i, i]) * w[i] for i in range(20))
    total += sum(
        (-15.0 if j < 6 else normal[i, j]) * w[i] * w[j] for i, j in itertools.combinations(range(20), 2)
    )
    total += sum(-10.0 * w[i] * w[j] * w[m] for i, j, m in itertools.combinations(range(5), 3))
    return float(total + 5.0 * w[0] * w[1] * w[2] * w[3])


def test_the_published_function_falls_into_its_published_groups() -> None:
    """Morris 1991, section 4, four levels and four trajectories: the first ten factors matter, seven of
    them with curvature or interaction, three by themselves; the last ten do not."""
    effects = effects_of(morris_function, 20, n=4)
    found = [screened(column.tolist(), SEED) for column in effects.T]
    mu_star = [one["mu_star"] for one in found]
    sigma = [one["sigma"] for one in found]
    assert min(mu_star[:10]) > max(mu_star[10:])
    assert min(sigma[:7]) > max(sigma[7:])
    for number in (7, 8, 9):
        assert found[number]["mu"] == pytest.approx(2 * 20, abs=4 * 6.5 / 2)
