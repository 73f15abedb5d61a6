"""Response surfaces of a full grid: what each factor does to a figure, and two of them together.

Model: a figure y has a value at every point of a grid and in every seed. Seed by seed, the marginal mean of a
factor at one of its levels is the mean of y over all points at that level. The effect of a factor is the
difference of its marginal means, last level less first; the effect of two is the difference of differences of
their cell means,

    (m(last, last) - m(last, first)) - (m(first, last) - m(first, first)),

which is zero where the two only add up. Each is taken in every seed first, on the same luck, and then told by
mean and 95 % interval over seeds (``compare.interval``).

Assumptions and limits: full grids only; the rest is fitted (``response_fit``). Effects of ends say nothing of
what lies between them; the marginal means do. A seed in which y is undefined at any point that a mean needs
is left out of it, and ``n`` counts the others. Intervals are of the simulation, pointwise, and not corrected
for their number. Box, Hunter and Hunter halve the difference of differences; here it is whole.

Source: G. E. P. Box, J. S. Hunter, W. G. Hunter, "Statistics for Experimenters", 2nd edition, Wiley 2005,
chapter 5 (main effects and interactions). Where next: ``study.sweep`` tells them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.compare import interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """One factor as an analysis sees it."""

    id: str
    words: tuple[str, ...]
    """Its levels as people read them, in order; for points that were drawn: none."""
    numbers: tuple[float, ...] | None
    """Its levels as numbers, in the same order; None if they are words, lists or the like."""
    is_log: bool = False
    """Whether it is looked at by its logarithm."""
    ends: tuple[float, float] | None = None
    """Ends of its range, if it is a range of numbers."""

    def along(self, values: Sequence[float]) -> Floats:
        """Numbers as they lie along the axis: themselves, or their logarithms."""
        numbers = np.asarray(values, np.float64)
        return np.log(numbers) if self.is_log else numbers

    def back(self, place: float) -> float:
        """The number at a place along the axis."""
        return math.exp(place) if self.is_log else float(place)


@dataclass(frozen=True)
class Grid:
    """Axes of a full grid, and which levels each point has."""

    axes: tuple[Axis, ...]
    levels: NDArray[np.int64]
    """Number of the level of each axis at each point, (points, k)."""

    def at(self, **chosen: int) -> NDArray[np.bool_]:
        """Points at given levels (axis id -> number of the level)."""
        wanted = np.ones(len(self.levels), np.bool_)
        for place, axis in enumerate(self.axes):
            if axis.id in chosen:
                wanted &= self.levels[:, place] == chosen[axis.id]
        return wanted

    def mean(self, y: Floats, **chosen: int) -> Floats:
        """Mean of ``y`` (seeds, points) over the points at given levels, (seeds,); NaN if any is."""
        means: Floats = y[:, self.at(**chosen)].mean(axis=1)
        return means

    def curve(self, y: Floats, axis: Axis, **held: int) -> Floats:
        """Marginal mean at each level of an axis, (seeds, levels), others at given levels or averaged."""
        columns = [self.mean(y, **{axis.id: level}, **held) for level in range(len(axis.words))]
        return np.stack(columns, axis=1)


def grid_effect(grid: Grid, axis: Axis, y: Floats) -> dict[str, Any]:
    """What one factor does: marginal means and the difference of the ends, as JSON holds it.

    ``y``: (seeds, points). ``levels``: for each level ``mean, low, high, n`` and under ``change`` the same of
    the paired difference from the first level; ``effect``: last less first; ``swing``: greatest less least
    mean, None if any is undefined.
    """
    curve = grid.curve(y, axis)
    levels = [
        {"level": words, "number": _number(axis, place), **told(curve[:, place]), "change": change}
        for place, words in enumerate(axis.words)
        for change in (told(curve[:, place] - curve[:, 0]),)
    ]
    means = [level["mean"] for level in levels]
    swing = None if None in means else max(means) - min(means)
    return {"factor": axis.id, "effect": told(curve[:, -1] - curve[:, 0]), "swing": swing, "levels": levels}


def grid_interactions(grid: Grid, y: Floats) -> list[dict[str, Any]]:
    """The difference of differences of every pair of factors, and the mean of each of their cells."""
    found = []
    for one, other in combinations(grid.axes, 2):
        n_one, n_other = len(one.words), len(other.words)
        cells = np.stack(
            [
                np.stack([grid.mean(y, **{one.id: a, other.id: b}) for b in range(n_other)], axis=1)
                for a in range(n_one)
            ],
            axis=1,
        )
        step = (cells[:, -1, -1] - cells[:, -1, 0]) - (cells[:, 0, -1] - cells[:, 0, 0])
        means = [[told(cells[:, a, b])["mean"] for b in range(n_other)] for a in range(n_one)]
        found.append({"factor": one.id, "other": other.id, "effect": told(step), "cells": means})
    return found


def told(values: Floats) -> dict[str, Any]:
    """Mean and interval of one value per seed."""
    return interval(values.tolist())


def matrix(series: Sequence[Mapping[int, float]], seeds: Sequence[int]) -> Floats:
    """Values by point and seed as (seeds, points), NaN where there is none; infinities count as none."""
    table = np.array([[point.get(seed, math.nan) for point in series] for seed in seeds], np.float64)
    table[~np.isfinite(table)] = math.nan
    return table.reshape(len(seeds), len(series))


def _number(axis: Axis, place: int) -> float | None:
    return None if axis.numbers is None else axis.numbers[place]
