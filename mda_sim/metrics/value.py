"""What each player of a game is worth: Shapley, first-in and last-in value, and interaction of pairs.

Model: a game gives every coalition S of n players a figure v(S). A coalition is a bit mask: bit i is set if
player i is in it. With s the number of its players,

    Shapley      phi_i = sum over S without i of s! (n - s - 1)! / n! (v(S + i) - v(S))
    first in     v({i}) - v({})
    last in      v(N) - v(N - i)
    interaction  I_ij = sum over S without i and j of s! (n - s - 2)! / (n - 1)!
                        (v(S + ij) - v(S + i) - v(S + j) + v(S))

The Shapley values add up to v(N) - v({}); a player that changes nothing has 0; negative ones stay negative.
Pairs with a positive interaction are worth more together than apart; with a negative one they do the same
work twice.

Beyond ``EXACT_MAX`` players the Shapley value is the mean of what each player adds in orders drawn at random,
each followed by its reverse. The two orders of a pair are not independent, so the pair is the unit: with m
pairs and the standard deviation s of their means, the standard error is s / sqrt(m) and the bound half the
95 % interval, t s / sqrt(m), t of Student with m - 1 degrees of freedom. What an order adds telescopes, so
sampled values add up to v(N) - v({}) too.

Assumptions and limits: the bound is about sampling alone, takes pair means as normal and holds for one
player at a time. Where v of any coalition that counts is NaN, or infinite, the value is NaN.

Source: L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II (1953), pp.
307-317, eq. (13). J. Castro, D. Gomez, J. Tejada, "Polynomial calculation of the Shapley value based on
sampling", Computers & Operations Research 36 (2009), pp. 1726-1730 (orders drawn at random). The reverse of
each: antithetic sampling, J. M. Hammersley, K. W. Morton, Proc. Cambridge Phil. Soc. 52 (1956), pp. 449-475.
M. Grabisch, M. Roubens, "An axiomatic approach to the concept of interaction among players in cooperative
games", Int. J. Game Theory 28 (1999), pp. 547-565 (interaction).
Where next: ``study.value`` runs the coalitions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.metrics.compare import t_quantile

EXACT_MAX: Final = 12
"""Most players of a game that is solved from the table of all its coalitions."""
PLAYERS_MAX: Final = 62
"""Most players of any game: coalitions are bits of a whole number of 64 bits."""
DEFAULT_SAMPLES: Final = 40
"""Orders that are drawn unless it is said how many; a choice between time and bound."""
SAMPLES_MIN: Final = 4
"""Fewest orders: two pairs, without which there is no error."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Sampled(NamedTuple):
    """Shapley values from drawn orders; arrays are (n_players, ...)."""

    value: Floats
    """Mean over the orders."""
    standard_error: Floats
    """Of that mean, over pairs of an order and its reverse."""
    bound: Floats
    """Half of its 95 % interval."""
    n_pairs: int
    """Number of those pairs."""


def shapley(table: Floats) -> Floats:
    """Shapley value of each player, (n, ...), from v of every coalition, (2**n, ...).

    ShapeError if the table does not have 2**n rows for n from 1 to ``EXACT_MAX``.

    >>> shapley(np.array([0.0, 1.0, 2.0, 2.0]))
    array([0.5, 1.5])
    """
    n = _n_players(table)
    sizes = _sizes(n)
    weight = np.array([_weight(size, n) for size in range(n)])
    return np.stack(
        [
            _weighted(weight[sizes[without]], difference(table[without | (1 << i)], table[without]))
            for i, without in _coalitions_without(n)
        ]
    )


def first_in(table: Floats) -> Floats:
    """What each player is worth alone, (n, ...); ``table`` as for ``shapley``."""
    return np.stack([difference(table[1 << i], table[0]) for i in range(_n_players(table))])


def last_in(table: Floats) -> Floats:
    """What is lost without each player, (n, ...); ``table`` as for ``shapley``."""
    whole = len(table) - 1
    return np.stack([difference(table[whole], table[whole ^ (1 << i)]) for i in range(_n_players(table))])


def interaction(table: Floats) -> Floats:
    """Shapley interaction of each pair, (n, n, ...), NaN for a player with itself; as for ``shapley``."""
    n = _n_players(table)
    found = np.full((n, n, *table.shape[1:]), math.nan)
    sizes = _sizes(n)
    weight = np.array([_weight(size, n - 1) for size in range(n - 1)])
    for i, without in _coalitions_without(n):
        for j in range(i):
            rest = without[without & (1 << j) == 0]
            with_i, with_j = rest | (1 << i), rest | (1 << j)
            together = difference(table[with_i | with_j], table[with_i])
            apart = difference(table[with_j], table[rest])
            found[i, j] = found[j, i] = _weighted(weight[sizes[rest]], difference(together, apart))
    return found


def orders(players: Sequence[str], samples: int, seed: int) -> Ints:
    """Orders of the players, (samples, n): drawn at random, each followed by its reverse.

    The place of a player in order pair k falls by a uniform of purpose ``value.order``, address (id, k, 0,
    0): one player more or less changes no order of the others. ShapeError unless ``samples`` is even and at
    least ``SAMPLES_MIN``.
    """
    if samples < SAMPLES_MIN or samples % 2:
        raise ShapeError(f"expected an even number of at least {SAMPLES_MIN} orders, got {samples}")
    n, n_pairs = len(players), samples // 2
    ids = np.array([address(player) for player in players], np.uint32)
    pairs = np.arange(n_pairs, dtype=np.uint32)
    key = stream_key(seed, "value.order")
    draws = draw_uniform(key, ids[None, :], pairs[:, None], 0, 0).reshape(n_pairs, n)
    drawn = np.argsort(draws, axis=1, kind="stable")
    return np.stack([drawn, drawn[:, ::-1]], axis=1).reshape(samples, n)


def coalitions_of(order: Ints) -> Ints:
    """Coalitions through which each order goes from none to all, (samples, n + 1), for (samples, n)."""
    bits = np.left_shift(np.int64(1), order)
    return np.concatenate([np.zeros((len(order), 1), np.int64), np.cumsum(bits, axis=1)], axis=1)


def sampled_shapley(values: Mapping[int, Floats], order: Ints) -> Sampled:
    """Shapley values from orders as ``orders`` gives; ``values`` has v, (...), of all their coalitions."""
    steps = coalitions_of(order)
    known = np.stack([values[mask] for mask in steps.ravel().tolist()]).reshape(
        *steps.shape, *np.shape(values[0])
    )
    added = np.empty((*order.shape, *known.shape[2:]))
    rows = np.arange(len(order))[:, None]
    added[rows, order] = difference(known[:, 1:], known[:, :-1])
    pairs = (added[0::2] + added[1::2]) / 2
    m = len(pairs)
    error = pairs.std(axis=0, ddof=1) / math.sqrt(m)
    return Sampled(pairs.mean(axis=0), error, t_quantile(m - 1) * error, m)


def difference(a: Floats, b: Floats) -> Floats:
    """Difference a - b; NaN where either is infinite."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(a) & np.isfinite(b), np.subtract(a, b), math.nan)


def _n_players(table: Floats) -> int:
    n = len(table).bit_length() - 1
    if len(table) != 1 << n or not 1 <= n <= EXACT_MAX:
        raise ShapeError(
            f"expected v of all 2**n coalitions of 1 to {EXACT_MAX} players, got {len(table)} values"
        )
    return n


def _sizes(n: int) -> Ints:
    """Number of players in each coalition, (2**n,)."""
    masks = np.arange(1 << n)
    return np.asarray(sum((masks >> i) & 1 for i in range(n)), np.int64)


def _coalitions_without(n: int) -> list[tuple[int, Ints]]:
    """Each player with all coalitions that it is not in."""
    masks = np.arange(1 << n)
    return [(i, masks[masks & (1 << i) == 0]) for i in range(n)]


def _weight(size: int, n: int) -> float:
    """Weight s! (n - s - 1)! / n!: the chance that just these s of n players come before a given one."""
    return math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)


def _weighted(weight: Floats, values: Floats) -> Floats:
    """Sum of values (k, ...) with weights (k,)."""
    return np.asarray((weight.reshape(-1, *(1,) * (values.ndim - 1)) * values).sum(axis=0))
