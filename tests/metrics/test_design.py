"""Designs of sweeps: what a Latin hypercube promises, and that no factor moves another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import HashCollision
from mda_sim.core.rng import address
from mda_sim.metrics.design import grid, latin_hypercube, random_points

NAMES = st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), min_size=1, max_size=6, unique=True)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.integers(1, 80), st.integers(0, 2**31 - 1))
def test_every_factor_of_a_latin_hypercube_has_one_point_in_each_stratum(
    names: list[str], n: int, seed: int
) -> None:
    points = latin_hypercube(names, n, seed)
    strata = np.sort(np.floor(points * n).astype(int), axis=0)
    assert (strata == np.arange(n)[:, None]).all()
    assert ((points > 0) & (points < 1)).all()


@pytest.mark.parametrize("draw", [random_points, latin_hypercube])
def test_another_factor_moves_no_value(draw: object) -> None:
    alone = draw(["b"], 30, 7)  # type: ignore[operator]
    among = draw(["a", "b", "c"], 30, 7)  # type: ignore[operator]
    assert (among[:, 1] == alone[:, 0]).all()
    assert not (among[:, 0] == among[:, 1]).any()
    assert (draw(["b"], 30, 8) != alone).any()  # type: ignore[operator]


def test_further_random_points_leave_those_that_there_are() -> None:
    assert (random_points(["a", "b"], 50, 3)[:20] == random_points(["a", "b"], 20, 3)).all()


def test_random_points_are_uniform_and_a_hypercube_is_more_even() -> None:
    """Mean 1/2 within four standard errors; that of a hypercube within half a stratum, whatever is drawn."""
    n = 2000
    assert abs(random_points(["a"], n, 1).mean() - 0.5) < 4 / np.sqrt(12 * n)
    assert abs(latin_hypercube(["a"], n, 1).mean() - 0.5) <= 0.5 / n


def test_a_grid_has_every_combination_once() -> None:
    points = grid([2, 3, 4])
    assert len(points) == len({tuple(point) for point in points.tolist()}) == 24
    assert points.max(axis=0).tolist() == [1, 2, 3]


def test_two_names_of_one_address_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mda_sim.core.rng.address", lambda name: address(name[:1]))
    with pytest.raises(HashCollision, match="share a random-draw address"):
        latin_hypercube(["aa", "ab"], 3, 1)
