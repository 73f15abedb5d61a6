"""Response surfaces fitted to points that make no grid: linear and second-order regression, seed by seed.

Model: every factor is coded to u on [-1, 1], from the low to the high end of its range (of its logarithm
where the factor is looked at that way). Two models are fitted by least squares in every seed:

    first order    y = b0 + sum b_i u_i
    second order   y = b0 + sum b_i u_i + sum b_ii u_i^2 + sum b_ij u_i u_j        (i < j)

The effect of a factor is 2 b_i of the first: the change over its whole range. Its standardised coefficient
is b_i s(u_i) / s(y), and likewise that of its square. Its bend is b_ii of the second, how far the ends lie
above the middle, and the effect of two is 4 b_ij: the difference of differences between the corners. All
are told by mean and 95 % interval over seeds, one fit each, and so is R^2, the share of the variance over
points that the model explains.

Assumptions and limits: an R^2 far from one says that the surface is none of these; then read the points. A
factor with words for values has an indicator for each value but the first; it bends with none, and its
effect is the last value less the first. A model with as many terms as points or more is not fitted, nor one
whose terms the points cannot tell apart; the reason is said. A seed in which y is undefined at some point is
fitted to the others. Intervals cover the luck of the seeds, not the choice of points.

Source: G. E. P. Box, K. B. Wilson, "On the experimental attainment of optimum conditions", Journal of the
Royal Statistical Society B 13(1), 1951, pp. 1-45 (second-order surfaces); A. Saltelli et al., "Global
Sensitivity Analysis: The Primer", Wiley 2008, chapter 1 (standardised coefficients and R^2). Where next:
``study.sweep`` tells them, ``threshold`` looks along the fitted surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.response import Floats, told


class Coded(NamedTuple):
    """One factor at every point."""

    id: str
    u: Floats | None
    """Coded to [-1, 1], (points,); None for words."""
    codes: NDArray[np.int64] | None = None
    """For words: the number of the value at each point."""

    def columns(self) -> list[tuple[str, Floats]]:
        """Its columns in a model of first order, by name."""
        if self.u is not None:
            return [(self.id, self.u)]
        assert self.codes is not None, "a factor has numbers or words"
        return [
            (f"{self.id}={value}", (self.codes == value).astype(np.float64))
            for value in np.unique(self.codes)[1:].tolist()
        ]


@dataclass(frozen=True)
class Model:
    """Terms of a model, by name, and the reason if it cannot be fitted."""

    names: tuple[str, ...]
    """Of all terms but the constant."""
    design: Floats
    """(points, 1 + terms)."""
    why_not: str = ""


@dataclass(frozen=True)
class Fit:
    """A model fitted in every seed."""

    model: Model
    coefficients: Floats
    """(seeds, 1 + terms); NaN in a seed that could not be fitted."""
    r2: Floats
    """(seeds,)"""
    standardised: Floats
    """(seeds, terms)"""

    def of(self, name: str) -> Floats:
        """The coefficient of a term in each seed."""
        return self.coefficients[:, 1 + self.model.names.index(name)]


def coded(id_: str, along: Floats, ends: tuple[float, float]) -> Coded:
    """A factor of numbers coded to [-1, 1] from ends that differ."""
    low, high = ends
    return Coded(id_, (2.0 * along - (low + high)) / (high - low))


def first_order(factors: Sequence[Coded]) -> Model:
    """The model of first order."""
    return _model([column for factor in factors for column in factor.columns()], factors)


def second_order(factors: Sequence[Coded]) -> Model:
    """The model with squares, of factors that have three values or more, and with products of pairs."""
    columns = [column for factor in factors for column in factor.columns()]
    for factor in factors:
        if factor.u is not None and len(np.unique(factor.u)) > 2:
            columns.append((square(factor.id), factor.u**2))
    for one, other in combinations(factors, 2):
        columns += [
            (pair(name, second), first_column * second_column)
            for name, first_column in one.columns()
            for second, second_column in other.columns()
        ]
    return _model(columns, factors)


def square(factor: str) -> str:
    """Name of the square of a factor."""
    return f"{factor}^2"


def pair(one: str, other: str) -> str:
    """Name of the product of two."""
    return f"{one}*{other}"


def fit(model: Model, y: Floats) -> Fit | None:
    """The model fitted to ``y`` (seeds, points) seed by seed; None if it cannot be."""
    if model.why_not:
        return None
    n_seeds, n_terms = len(y), model.design.shape[1]
    coefficients = np.full((n_seeds, n_terms), np.nan)
    r2, standardised = np.full(n_seeds, np.nan), np.full((n_seeds, n_terms - 1), np.nan)
    for seed, values in enumerate(y):
        known = np.isfinite(values)
        if known.sum() <= n_terms or np.linalg.matrix_rank(model.design[known]) < n_terms:
            continue
        design, seen = model.design[known], values[known]
        found = np.linalg.lstsq(design, seen, rcond=None)[0]
        coefficients[seed] = found
        about_mean = float(((seen - seen.mean()) ** 2).sum())
        spread = float(seen.std(ddof=1))
        if about_mean > (1e-12 * float(np.abs(seen).max())) ** 2 * len(seen):
            r2[seed] = 1.0 - float(((seen - design @ found) ** 2).sum()) / about_mean
            standardised[seed] = found[1:] * design[:, 1:].std(axis=0, ddof=1) / spread
    return Fit(model, coefficients, r2, standardised)


def fitted(factors: Sequence[Coded], y: Floats) -> dict[str, Any]:
    """Both models of ``y`` (seeds, points) as JSON holds them.

    ``first_order`` and ``second_order`` hold ``r2`` (``mean, low, high, n``), the number of ``terms``, and
    ``why_not`` where the model was not fitted; ``effects`` and ``interactions`` are those described above.
    """
    first, second = first_order(factors), second_order(factors)
    one, two = fit(first, y), fit(second, y)
    return {
        "first_order": _quality(first, one),
        "second_order": _quality(second, two),
        "effects": [_effect(factor, one, two) for factor in factors],
        "interactions": [_interaction(*both, two) for both in combinations(factors, 2)],
    }


def along(fit_: Fit, factor: str, u: Floats) -> Floats:
    """The fitted surface along one factor of numbers, (seeds, places).

    All other factors are in the middle of their ranges; those of words have their first value.
    """
    rows = [np.ones(len(u))]
    for name in fit_.model.names:
        powers = {factor: 1, square(factor): 2}
        rows.append(u ** powers[name] if name in powers else np.zeros(len(u)))
    found: Floats = fit_.coefficients @ np.array(rows)
    return found


def _model(columns: Sequence[tuple[str, Floats]], factors: Sequence[Coded]) -> Model:
    n = len(factors[0].u if factors[0].u is not None else factors[0].codes)  # type: ignore[arg-type]
    design = np.column_stack([np.ones(n), *(column for _, column in columns)])
    names = tuple(name for name, _ in columns)
    why = ""
    if n <= design.shape[1]:
        why = f"{n} points are too few for {design.shape[1]} terms"
    elif np.linalg.matrix_rank(design) < design.shape[1]:
        why = "these points cannot tell the terms apart"
    return Model(names, design, why)


def _quality(model: Model, found: Fit | None) -> dict[str, Any]:
    r2 = told(found.r2 if found is not None else np.full(0, np.nan))
    return {"terms": 1 + len(model.names), "r2": r2, "why_not": model.why_not}


def _effect(factor: Coded, one: Fit | None, two: Fit | None) -> dict[str, Any]:
    nothing = told(np.full(0, np.nan))
    names = [name for name, _ in factor.columns()]
    told_: dict[str, Any] = {"factor": factor.id, "effect": nothing}
    told_ |= dict.fromkeys(("standardised", "bend", "bend_standardised"))
    if one is not None and names:
        told_["effect"] = told((2.0 if factor.u is not None else 1.0) * one.of(names[-1]))
        if factor.u is not None:
            told_["standardised"] = told(one.standardised[:, one.model.names.index(factor.id)])
    if two is not None and square(factor.id) in two.model.names:
        told_["bend"] = told(two.of(square(factor.id)))
        told_["bend_standardised"] = told(two.standardised[:, two.model.names.index(square(factor.id))])
    return told_


def _interaction(one: Coded, other: Coded, two: Fit | None) -> dict[str, Any]:
    effect = told(np.full(0, np.nan))
    ends = [factor.columns()[-1][0] for factor in (one, other) if factor.columns()]
    if two is not None and len(ends) == 2:
        steps = [2.0 if factor.u is not None else 1.0 for factor in (one, other)]
        effect = told(steps[0] * steps[1] * two.of(pair(*ends)))
    return {"factor": one.id, "other": other.id, "effect": effect}
