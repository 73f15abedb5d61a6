"""Response surfaces: known surfaces give their own effects, interactions and coefficients back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.metrics.compare import t_quantile
from mda_sim.metrics.design import grid, latin_hypercube
from mda_sim.metrics.response import Axis, Grid, grid_effect, grid_interactions, matrix
from mda_sim.metrics.response_fit import Coded, along, coded, first_order, fit, fitted, second_order

NUMBER = st.floats(-10, 10)


def a_grid(*numbers: tuple[float, ...]) -> Grid:
    axes = tuple(Axis("abc"[k], tuple(map(str, own)), own) for k, own in enumerate(numbers))
    return Grid(axes, grid([len(own) for own in numbers]))


def on_grid(where: Grid, surface: object) -> np.ndarray:
    """The surface at every point."""
    numbers = [np.array(axis.numbers)[where.levels[:, k]] for k, axis in enumerate(where.axes)]
    return surface(*numbers)  # type: ignore[no-any-return, operator]


@given(NUMBER, NUMBER, NUMBER)
def test_a_plane_has_its_slopes_as_effects_and_no_interaction(a: float, b: float, c: float) -> None:
    where = a_grid((0.0, 1.0, 3.0), (-1.0, 1.0))
    y = on_grid(where, lambda x, z: a + b * x + c * z)[None, :]
    one, two = (grid_effect(where, axis, y) for axis in where.axes)
    assert one["effect"]["mean"] == pytest.approx(3 * b, abs=1e-9)
    assert two["effect"]["mean"] == pytest.approx(2 * c, abs=1e-9)
    (both,) = grid_interactions(where, y)
    assert both["effect"]["mean"] == pytest.approx(0, abs=1e-9)
    assert one["swing"] == pytest.approx(abs(3 * b), abs=1e-9)


@given(NUMBER)
def test_a_planted_interaction_is_found_whole(c: float) -> None:
    """y = c x z on [0, 3] x [-1, 1]: the difference of differences is c (3 * 2)."""
    where = a_grid((0.0, 1.0, 3.0), (-1.0, 1.0), (5.0, 6.0))
    y = on_grid(where, lambda x, z, w: c * x * z + w)[None, :]
    effects = {(one["factor"], one["other"]): one["effect"]["mean"] for one in grid_interactions(where, y)}
    assert effects["a", "b"] == pytest.approx(6 * c, abs=1e-9)
    assert (effects["a", "c"], effects["b", "c"]) == pytest.approx((0, 0), abs=1e-9)


def test_luck_that_is_shared_by_all_points_leaves_effects_exact_and_marginal_means_not() -> None:
    """Paired: a seed's own level cancels. Interval of the mean by hand: s = 10, n = 2."""
    where = a_grid((0.0, 1.0))
    y = np.array([[0.0, 2.0], [10.0 * math.sqrt(2), 2.0 + 10.0 * math.sqrt(2)]])
    found = grid_effect(where, where.axes[0], y)
    assert (found["effect"]["low"], found["effect"]["mean"], found["effect"]["high"]) == pytest.approx(
        (2, 2, 2)
    )
    level = found["levels"][0]
    assert level["high"] - level["mean"] == pytest.approx(t_quantile(1) * 10 / math.sqrt(2))


def test_a_seed_without_a_value_is_left_out_of_means_that_need_it_alone() -> None:
    where = a_grid((0.0, 1.0, 2.0), (0.0, 1.0))
    y = np.arange(12.0).reshape(2, 6)
    y[1, 0] = math.nan
    found = grid_effect(where, where.axes[0], y)
    assert [level["n"] for level in found["levels"]] == [1, 2, 2]
    assert found["effect"]["n"] == 1


def test_values_by_point_and_seed_become_a_matrix() -> None:
    table = matrix([{1: 2.0, 2: math.inf}, {2: 3.0}], [1, 2])
    assert np.array_equal(table, [[2.0, math.nan], [math.nan, 3.0]], equal_nan=True)


def drawn(n: int = 30) -> tuple[list[Coded], np.ndarray]:
    u = 2 * latin_hypercube(["a", "b"], n, 1) - 1
    return [Coded("a", u[:, 0]), Coded("b", u[:, 1])], u


@given(NUMBER, NUMBER, NUMBER)
def test_a_known_linear_model_gives_its_coefficients_exactly(a: float, b: float, c: float) -> None:
    factors, u = drawn()
    y = np.stack([a + b * u[:, 0] + c * u[:, 1], a + 1 + b * u[:, 0] + c * u[:, 1]])
    found = fitted(factors, y)
    for effect, slope in zip(found["effects"], (b, c), strict=True):
        assert effect["effect"]["mean"] == pytest.approx(2 * slope, abs=1e-8)
        assert effect["effect"]["low"] == pytest.approx(2 * slope, abs=1e-8)
        assert effect["bend"]["mean"] == pytest.approx(0, abs=1e-8)
    assert found["interactions"][0]["effect"]["mean"] == pytest.approx(0, abs=1e-8)


def test_standardised_coefficients_of_a_linear_model_square_to_one_where_factors_are_uncorrelated() -> None:
    u = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]] * 2)
    factors = [Coded("a", u[:, 0]), Coded("b", u[:, 1])]
    found = fitted(factors, (3 * u[:, 0] - 4 * u[:, 1])[None, :])
    assert [one["standardised"]["mean"] for one in found["effects"]] == pytest.approx([0.6, -0.8])
    assert found["first_order"]["r2"]["mean"] == pytest.approx(1)


def test_a_known_quadratic_surface_is_found_whole_and_the_plane_is_seen_to_be_a_bad_fit() -> None:
    factors, u = drawn(60)
    y = (1 + 2 * u[:, 0] ** 2 + 3 * u[:, 0] * u[:, 1])[None, :]
    found = fitted(factors, y)
    assert found["effects"][0]["bend"]["mean"] == pytest.approx(2)
    assert found["effects"][1]["bend"]["mean"] == pytest.approx(0, abs=1e-9)
    assert found["interactions"][0]["effect"]["mean"] == pytest.approx(12)
    assert found["second_order"]["r2"]["mean"] == pytest.approx(1)
    assert found["first_order"]["r2"]["mean"] < 0.5
    model = fit(second_order(factors), y)
    assert model is not None
    assert along(model, "a", np.array([-1.0, 0.0, 0.5]))[0] == pytest.approx([3, 1, 1.5])


def test_words_are_told_by_the_last_less_the_first() -> None:
    codes = np.array([0, 1, 2, 0, 1, 2])
    u = np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0])
    y = (np.array([5.0, 1.0, 8.0])[codes] + 2 * u)[None, :]
    found = fitted([Coded("word", None, codes), Coded("a", u)], y)
    assert found["effects"][0]["effect"]["mean"] == pytest.approx(3)
    assert found["effects"][0]["standardised"] is None
    assert found["effects"][1]["effect"]["mean"] == pytest.approx(4)


def test_models_that_cannot_be_fitted_say_why() -> None:
    u = np.linspace(-1, 1, 4)
    twins = [Coded("a", u), Coded("b", u)]
    assert "cannot tell" in first_order(twins).why_not
    assert "too few" in second_order(twins).why_not
    found = fitted(twins, np.ones((1, 4)))
    assert found["effects"][0]["effect"]["mean"] is None
    assert fit(first_order(twins), np.ones((1, 4))) is None


def test_a_range_is_coded_from_minus_one_to_one() -> None:
    assert coded("a", np.array([10.0, 15.0, 20.0]), (10.0, 20.0)).u == pytest.approx([-1, 0, 1])
