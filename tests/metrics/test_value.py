from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mda_sim.core.errors import ShapeError
from mda_sim.metrics.value import (
    coalitions_of,
    first_in,
    interaction,
    last_in,
    orders,
    sampled_shapley,
    shapley,
)


def table_of(n, v):
    """v of every coalition, as a function of the set of its players."""
    return np.array([float(v({i for i in range(n) if mask >> i & 1})) for mask in range(1 << n)])


def by_definition(table):
    """Mean of what each player adds over all n! orders: Shapley's definition, not his formula."""
    n = len(table).bit_length() - 1
    total = np.zeros(n)
    for order in itertools.permutations(range(n)):
        mask = 0
        for player in order:
            total[player] += table[mask | 1 << player] - table[mask]
            mask |= 1 << player
    return total / math.factorial(n)


# Hand cases


def test_airport():
    """Littlechild and Owen (1973): a runway of length 1 is shared by three, of 2 by two, of 3 by one."""
    table = table_of(3, lambda s: max((i + 1 for i in s), default=0))
    assert shapley(table) == pytest.approx([1 / 3, 5 / 6, 11 / 6], rel=1e-14)
    assert first_in(table).tolist() == [1, 2, 3]
    assert last_in(table).tolist() == [0, 0, 1]


def test_gloves():
    """One left glove, two right ones: the left is in demand. Of 6 orders it adds the pair in 4."""
    table = table_of(3, lambda s: 0 in s and len(s) > 1)
    assert shapley(table) == pytest.approx([2 / 3, 1 / 6, 1 / 6], rel=1e-14)
    assert first_in(table).tolist() == [0, 0, 0]
    assert last_in(table).tolist() == [1, 0, 0]


def test_three_links():
    """Link 0 works alone (6); 1 and 2 only in series (3 together).

    Alone in its game, 0 gets all of 6; of the series each gets half, whether 0 is there or not.
    """
    table = table_of(3, lambda s: 6 * (0 in s) + 3 * ({1, 2} <= s))
    assert shapley(table) == pytest.approx([6, 1.5, 1.5], rel=1e-14)
    assert first_in(table).tolist() == [6, 0, 0]
    assert last_in(table).tolist() == [6, 3, 3]
    pairs = interaction(table)
    assert pairs[1, 2] == pytest.approx(3)
    assert pairs[0, 1] == pytest.approx(0)
    assert np.isnan(np.diag(pairs)).all()


def test_links_that_do_the_same_have_a_negative_interaction():
    pairs = interaction(table_of(2, lambda s: len(s) > 0))
    assert pairs[0, 1] == pairs[1, 0] == -1


def test_negative_values_are_not_clipped():
    """A link that floods a shared desk costs 2 whenever the other is there."""
    table = table_of(2, lambda s: 5 * (0 in s) - 2 * (s == {0, 1}))
    assert shapley(table).tolist() == [4, -1]


def test_one_player_gets_everything():
    assert shapley(np.array([2.0, 7.0])).tolist() == [5.0]


def test_undefined_and_infinite_figures_make_undefined_values():
    table = np.array([[math.nan, 0.0, math.inf], [1.0, 1.0, math.inf]])
    values = shapley(table)[0]
    assert np.isnan(values[[0, 2]]).all()
    assert values[1] == 1


@pytest.mark.parametrize("rows", [1, 3, 1 << 13])
def test_a_table_of_no_game_is_refused(rows):
    with pytest.raises(ShapeError, match="coalitions"):
        shapley(np.zeros(rows))


# Properties

tables = st.integers(1, 5).flatmap(
    lambda n: arrays(np.float64, 1 << n, elements=st.floats(-100, 100, allow_subnormal=False))
)
few = settings(max_examples=60, deadline=None)


@few
@given(tables)
def test_formula_is_the_mean_over_all_orders(table):
    assert shapley(table) == pytest.approx(by_definition(table), abs=1e-9)


@few
@given(tables)
def test_efficiency(table):
    assert shapley(table).sum() == pytest.approx(table[-1] - table[0], abs=1e-9)


@few
@given(tables, st.data())
def test_symmetry(table, data):
    """Players that add the same to every coalition are worth the same."""
    n = len(table).bit_length() - 1
    i, j = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    swapped = [
        mask & ~(1 << i | 1 << j) | (mask >> i & 1) << j | (mask >> j & 1) << i for mask in range(1 << n)
    ]
    values = shapley(table + table[swapped])
    assert values[i] == pytest.approx(values[j], abs=1e-9)


@few
@given(tables, st.data())
def test_null_player_has_exactly_nothing(table, data):
    n = len(table).bit_length() - 1
    i = data.draw(st.integers(0, n - 1))
    without = table[[mask & ~(1 << i) for mask in range(1 << n)]]
    assert shapley(without)[i] == first_in(without)[i] == last_in(without)[i] == 0


@few
@given(tables, st.data())
def test_additivity(table, data):
    other = data.draw(arrays(np.float64, len(table), elements=st.floats(-100, 100, allow_subnormal=False)))
    assert shapley(table + other) == pytest.approx(shapley(table) + shapley(other), abs=1e-9)


@few
@given(tables)
def test_games_beside_each_other_are_solved_each_for_itself(table):
    both = shapley(np.stack([table, 2 * table], axis=1))
    assert both[:, 0] == pytest.approx(shapley(table), abs=1e-9)
    assert both[:, 1] == pytest.approx(2 * both[:, 0], abs=1e-9)


# Sampling

NAMES = [f"link:{name}" for name in "abcdefgh"]


def a_game(seed=20261126):
    """A game of eight with pairs that help and pairs that hinder each other."""
    rng = np.random.default_rng(seed)
    alone, pair = rng.normal(size=8), np.triu(rng.normal(size=(8, 8)), 1)
    triple = rng.normal(size=(8, 8, 8))

    def v(s):
        members = sorted(s)
        value = sum(alone[i] for i in members)
        value += sum(pair[i, j] for i, j in itertools.combinations(members, 2))
        return value + sum(triple[t] for t in itertools.combinations(members, 3))

    return table_of(8, v)


def test_an_order_holds_every_player_once_and_its_reverse_follows():
    order = orders(NAMES, 10, seed=1)
    assert order.shape == (10, 8)
    assert (np.sort(order, axis=1) == np.arange(8)).all()
    assert (order[1::2] == order[0::2, ::-1]).all()
    assert len({tuple(row) for row in order.tolist()}) == 10


def test_one_player_less_changes_no_order_of_the_others():
    whole, fewer = orders(NAMES, 20, seed=1), orders(NAMES[:-1], 20, seed=1)
    assert [[i for i in row if i < 7] for row in whole.tolist()] == fewer.tolist()


def test_orders_are_uniform():
    """Each of 8 players is first in 1 of 8 orders: a band of 4 standard errors, 1 % of the count wide."""
    first = orders(NAMES, 2 * 20_000, seed=7)[0::2, 0]
    share = np.bincount(first, minlength=8) / 20_000
    assert np.abs(share - 1 / 8).max() < 4 * math.sqrt(1 / 8 * 7 / 8 / 20_000)


def test_coalitions_grow_player_by_player():
    assert coalitions_of(np.array([[2, 0, 1]])).tolist() == [[0, 4, 5, 7]]


def test_sampled_values_lie_within_the_bound_and_add_up():
    """Over 40 seeds a 95 % bound holds in about 95 % of 320 values; below 88 % would be 6 errors off."""
    table = a_game()
    exact, values = shapley(table), dict(enumerate(table))
    inside = 0
    for seed in range(40):
        found = sampled_shapley(values, orders(NAMES, 60, seed))
        assert found.value.sum() == pytest.approx(table[-1] - table[0], abs=1e-9)
        inside += int((np.abs(found.value - exact) <= found.bound).sum())
    assert 0.88 * 320 < inside < 0.995 * 320


def test_the_error_falls_as_the_root_of_the_number_of_orders():
    values = dict(enumerate(a_game()))
    coarse, fine = (sampled_shapley(values, orders(NAMES, k, 3)) for k in (200, 3200))
    ratio = coarse.standard_error.mean() / fine.standard_error.mean()
    assert ratio == pytest.approx(4, rel=0.15)
    assert (coarse.n_pairs, fine.n_pairs) == (100, 1600)


def test_an_additive_game_is_sampled_without_error():
    values = dict(enumerate(table_of(8, lambda s: sum(i + 1 for i in s))))
    found = sampled_shapley(values, orders(NAMES, 4, 1))
    assert found.value.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found.bound.max() == 0


@pytest.mark.parametrize("samples", [2, 5])
def test_too_few_or_unpaired_orders_are_refused(samples):
    with pytest.raises(ShapeError, match="even number"):
        orders(NAMES, samples, 1)
