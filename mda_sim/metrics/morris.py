"""Morris screening: which factors matter, and whether alone or together, from few runs.

Model: every factor lies on a grid of p levels 0, 1/(p - 1), ..., 1. A trajectory is k + 1 points; from each
to the next one factor moves by Delta = p / (2 (p - 1)), up or down, and every factor moves once, in an order
of its own. The elementary effect of factor i is

    d_i = (y(x with i at its higher level) - y(x with i at its lower level)) / Delta

so that it is the change of y per full range of the factor. Over r trajectories: mu is the mean of d_i, mu*
the mean of |d_i|, and sigma its standard deviation (n - 1). mu* ranks factors; sigma beside mu* tells a
straight, lonely effect (near 0) from one that is curved or depends on other factors.

Assumptions and limits: p is even, so that each level is met equally often. A screening, no decomposition of
variance: it says nothing of how likely values are. Draws are addressed by trajectory and name of the factor,
so that neither another factor nor a further trajectory moves the levels drawn for this one. Intervals are
percentiles of a bootstrap over trajectories; they do not exist below two trajectories.

Source: M. D. Morris, "Factorial sampling plans for preliminary computational experiments", Technometrics
33(2), 1991, pp. 161-174: elementary effect and Delta in section 2, trajectories in section 3. F. Campolongo,
J. Cariboni, A. Saltelli, "An effective screening design for sensitivity analysis of large models",
Environmental Modelling & Software 22, 2007, pp. 1509-1518: mu*. B. Efron, "Bootstrap methods: another look at
the jackknife", Annals of Statistics 7(1), 1979, pp. 1-26. Where next: ``study.sensitivity`` runs the points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_uniform, draw_words, stream_key
from mda_sim.metrics.compare import CONFIDENCE_LEVEL

RESAMPLES: Final = 1000
"""How often the trajectories are drawn again for an interval."""

_PURPOSE: Final = "sensitivity trajectories"
_BOOTSTRAP: Final = "sensitivity bootstrap"
_LEVEL, _DIRECTION, _ORDER = range(3)


class Trajectory(NamedTuple):
    """Points of which each differs from the one before in one factor."""

    points: NDArray[np.float64]
    """Positions of the factors on [0, 1], (k + 1, k)."""
    order: NDArray[np.int64]
    """Which factor moves from each point to the next, (k,)."""


def step_of(levels: int) -> float:
    """Delta = p / (2 (p - 1)) for a grid of ``levels`` = p levels; ValueError unless p is even, 2 at least.

    >>> step_of(4)
    0.6666666666666666
    """
    if levels < 2 or levels % 2:
        raise ValueError(f"the number of levels must be even and 2 at least, got {levels}")
    return levels / (2 * (levels - 1))


def trajectories(factors: Sequence[str], n: int, levels: int, seed: int) -> tuple[Trajectory, ...]:
    """``n`` random trajectories over the named factors; ValueError for an odd number of levels."""
    step_of(levels)
    key = stream_key(seed, _PURPOSE)
    names = np.array([address(name) for name in factors], np.uint32)

    def uniforms(number: int, what: int) -> NDArray[np.float64]:
        return draw_uniform(key, number, names, what, 0)

    found = []
    for number in range(n):
        lower = np.floor(uniforms(number, _LEVEL) * (levels // 2)).astype(np.int64)
        goes_up = uniforms(number, _DIRECTION) < 0.5
        order = np.argsort(uniforms(number, _ORDER), kind="stable").astype(np.int64)
        begin = np.where(goes_up, lower, lower + levels // 2)
        end = np.where(goes_up, lower + levels // 2, lower)
        moved = np.zeros((len(names) + 1, len(names)), np.bool_)
        for place, factor in enumerate(order):
            moved[place + 1 :, factor] = True
        found.append(Trajectory(np.where(moved, end, begin) / (levels - 1), order))
    return tuple(found)


def effect(change: float, moved: float) -> float:
    """The elementary effect of a change of y when a factor moved by ``moved`` (its sign counts)."""
    return change / moved


def elementary_effects(trajectory: Trajectory, y: Sequence[float]) -> NDArray[np.float64]:
    """Elementary effect of each factor from the value of each point, (k,); NaN where a value is undefined."""
    effects = np.empty(len(trajectory.order))
    for place, factor in enumerate(trajectory.order):
        moved = trajectory.points[place + 1, factor] - trajectory.points[place, factor]
        effects[factor] = effect(y[place + 1] - y[place], float(moved))
    return effects


def screened(effects: Sequence[float], seed: int) -> dict[str, Any]:
    """mu, mu* and sigma of one factor with the ends of their intervals; None where undefined.

    ``effects``: one per trajectory, NaN where undefined; those are left out and ``n`` counts the others.
    """
    known = np.array([value for value in effects if math.isfinite(value)])
    measures = {"mu": _mean, "mu_star": _mean_size, "sigma": _spread}
    result: dict[str, Any] = {"n": len(known)}
    for name, measure in measures.items():
        ends = _interval(known, measure, seed) if len(known) > 1 else (None, None)
        value = measure(known[None, :])[0] if len(known) > (name == "sigma") else None
        result[name] = None if value is None else float(value)
        result[f"{name}_low"], result[f"{name}_high"] = ends
    return result


def _interval(known: NDArray[np.float64], measure: Any, seed: int) -> tuple[float, float]:
    """Percentile interval of a measure over trajectories drawn again with replacement."""
    n = len(known)
    rows, places = np.arange(RESAMPLES)[:, None], np.arange(n)[None, :]
    words = draw_words(stream_key(seed, _BOOTSTRAP), rows, places, 0, 0)[:, 0].reshape(RESAMPLES, n)
    chosen = (words.astype(np.uint64) * np.uint64(n)) >> np.uint64(32)
    values = measure(known[chosen.astype(np.int64)])
    tail = 50.0 * (1.0 - CONFIDENCE_LEVEL)
    low, high = np.percentile(values, (tail, 100.0 - tail))
    return float(low), float(high)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = values.mean(axis=1)
    return means


def _mean_size(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return _mean(np.abs(values))


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spreads: NDArray[np.float64] = values.std(axis=1, ddof=1)
    return spreads
