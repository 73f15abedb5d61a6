"""Which points of a space of factors a sweep looks at: a grid, random points, or a Latin hypercube.

Model: every factor lies on [0, 1]. A grid has every combination of the levels of each factor, the last factor
moving fastest. Random points are independent and uniform. A Latin hypercube of n points cuts [0, 1] into n
strata of equal width; each factor has exactly one point in each of its strata, at a place of its own within
it, and strata of different factors are matched by permutations drawn for each factor alone.

Assumptions and limits: draws are addressed by point and name of the factor. So adding or dropping a factor
moves no value of the others in either design. Further random points leave those that there are; a Latin
hypercube of another number of points is another one altogether, since its strata are. Factors of a Latin
hypercube are matched by chance: with few points two of them may be correlated.

Source: M. D. McKay, R. J. Beckman, W. J. Conover, "A comparison of three methods for selecting values of
input variables in the analysis of output from a computer code", Technometrics 21(2), 1979, pp. 239-245,
section 2 (random and Latin hypercube sampling). Where next: ``study.sweep_plan`` makes scenarios of points.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, check_addresses, draw_uniform, stream_key

_RANDOM: Final = "sweep random points"
_HYPERCUBE: Final = "sweep latin hypercube"
_ORDER, _WITHIN = range(2)


def grid(levels: Sequence[int]) -> NDArray[np.int64]:
    """Which level each factor has at each point, (product of ``levels``, k); the last factor moves fastest.

    >>> grid([2, 2]).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    points = list(product(*(range(n) for n in levels)))
    return np.array(points, np.int64).reshape(len(points), len(levels))


def random_points(factors: Sequence[str], n: int, seed: int) -> NDArray[np.float64]:
    """``n`` independent uniform points, (n, k), on (0, 1); HashCollision for two names of one address."""
    check_addresses(factors, "factor")
    return _uniforms(_RANDOM, factors, n, seed, 0)


def latin_hypercube(factors: Sequence[str], n: int, seed: int) -> NDArray[np.float64]:
    """A Latin hypercube of ``n`` points, (n, k), on (0, 1); HashCollision for two names of one address."""
    check_addresses(factors, "factor")
    strata = np.argsort(_uniforms(_HYPERCUBE, factors, n, seed, _ORDER), axis=0, kind="stable")
    return (strata + _uniforms(_HYPERCUBE, factors, n, seed, _WITHIN)) / n


def _uniforms(purpose: str, factors: Sequence[str], n: int, seed: int, what: int) -> NDArray[np.float64]:
    key = stream_key(seed, purpose)
    names = np.array([address(name) for name in factors], np.uint32)
    drawn = draw_uniform(key, np.arange(n)[:, None], names[None, :], what, 0)
    return drawn.reshape(n, len(factors))
