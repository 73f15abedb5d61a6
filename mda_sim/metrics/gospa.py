"""OSPA and GOSPA: one distance between a set of points that are there and a set that is shown.

Model: with d the great-circle distance, c the cutoff, p the order, X and Y sets of m <= n points (of either
kind) and pi an injection of X into Y,

    OSPA(X, Y)  = (1/n min over pi [ sum min(d, c)^p + c^p (n - m) ])^(1/p)                       0 if n = 0,
    GOSPA(X, Y) = (    min over pi [ sum min(d, c)^p + c^p / alpha (n - m) ])^(1/p).

For alpha = 2 GOSPA^p = sum over pairs nearer than c of d^p, plus c^p / 2 for each point of the truth without
a pair (missed) and for each shown without one (false), least over all sets of pairs. The pairs that are best
for one of these are best for all: those of the greatest sum of c^p - d^p.

Assumptions and limits: a pair at the distance c or more is none. Where several sets of pairs are equally
good, which of them is returned is arbitrary; distances and counts of missed and false differ between them
only if two sums agree to the last bit.

Source: D. Schuhmacher, B.-T. Vo, B.-N. Vo, "A consistent metric for performance evaluation of multi-object
filters", IEEE Trans. Signal Processing 56(8), 2008, pp. 3447-3457, eq. 3 and 4; A. S. Rahmathullah,
A. F. Garcia-Fernandez, L. Svensson, "Generalized optimal sub-pattern assignment metric", FUSION 2017, def. 1
and prop. 1. Where next: ``track_figures``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, unit_vectors

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Pairs(NamedTuple):
    """What of the truth is shown by what; arrays are (n_pairs,), in order of ``truth``."""

    truth: Ints
    """Row of the truth."""
    shown: Ints
    """Row of what is shown."""
    distance_m: Floats
    """How far they are apart; less than the cutoff [m]."""


class Gospa(NamedTuple):
    """GOSPA and its parts, which are nan unless alpha is 2: ``distance_m``^p is the sum of the next three."""

    distance_m: float
    """GOSPA [m]."""
    localisation: float
    """Sum of d^p over the pairs [m^p]."""
    missed: float
    """c^p / 2 for each that is missed [m^p]."""
    false: float
    """c^p / 2 for each that is false [m^p]."""
    n_missed: int
    """How many of the truth have no pair."""
    n_false: int
    """How many shown have none."""


def best_pairs(
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    shown_lat_deg: ArrayLike,
    shown_lon_deg: ArrayLike,
    *,
    cutoff_m: float,
    order: float = 2.0,
) -> Pairs:
    """The pairs of truth (n,) and shown (m,) points that are best for OSPA and GOSPA.

    ShapeError unless latitudes and longitudes go together and are finite.
    """
    truth, shown = _points(lat_deg, lon_deg), _points(shown_lat_deg, shown_lon_deg)
    return best_of(near_pairs(*truth, *shown, cutoff_m=cutoff_m), cutoff_m=cutoff_m, order=order)


def best_of(near: Pairs, *, cutoff_m: float, order: float) -> Pairs:
    """The best of pairs nearer than the cutoff, which may use a point several times."""
    chosen = _best(near.truth, near.shown, cutoff_m**order - near.distance_m**order)
    return Pairs(near.truth[chosen], near.shown[chosen], near.distance_m[chosen])


def ospa(pairs: Pairs, n_truth: int, n_shown: int, *, cutoff_m: float, order: float = 2.0) -> float:
    """OSPA of sets of these sizes whose ``best_pairs`` are given [m].

    >>> pairs = best_pairs([0.0], [0.0], [0.0], [0.0], cutoff_m=100.0)
    >>> ospa(pairs, 1, 2, cutoff_m=100.0)
    70.71067811865476
    """
    n = max(n_truth, n_shown)
    if n == 0:
        return 0.0
    total = math.fsum(pairs.distance_m**order) + cutoff_m**order * (n - len(pairs.truth))
    return float((total / n) ** (1.0 / order))


def gospa(
    pairs: Pairs, n_truth: int, n_shown: int, *, cutoff_m: float, order: float = 2.0, alpha: float = 2.0
) -> Gospa:
    """GOSPA of sets of these sizes whose ``best_pairs`` are given.

    >>> gospa(best_pairs([0.0], [0.0], [], [], cutoff_m=8.0), 1, 0, cutoff_m=8.0).missed
    32.0
    """
    m, n, k = min(n_truth, n_shown), max(n_truth, n_shown), len(pairs.truth)
    localisation, most = math.fsum(pairs.distance_m**order), cutoff_m**order
    total = localisation + most * (m - k) + most / alpha * (n - m)
    parts = (localisation, most / 2 * (n_truth - k), most / 2 * (n_shown - k))
    if alpha != 2.0:
        parts = (math.nan, math.nan, math.nan)
    return Gospa(float(total ** (1.0 / order)), *parts, n_truth - k, n_shown - k)


def near_pairs(
    lat_deg: Floats, lon_deg: Floats, shown_lat_deg: Floats, shown_lon_deg: Floats, *, cutoff_m: float
) -> Pairs:
    """All pairs of points nearer than the cutoff, in order of both rows."""
    from scipy.spatial import cKDTree

    nothing = np.empty(0, np.int64)
    if not len(lat_deg) or not len(shown_lat_deg):
        return Pairs(nothing, nothing, np.empty(0))
    truth, shown = unit_vectors(lat_deg, lon_deg), unit_vectors(shown_lat_deg, shown_lon_deg)
    chord = 2 * math.sin(min(cutoff_m / EARTH_RADIUS_M, math.pi) / 2) * (1 + 1e-9) + 1e-12
    found = cKDTree(truth).sparse_distance_matrix(cKDTree(shown), chord, output_type="ndarray")
    i, j = found["i"].astype(np.int64), found["j"].astype(np.int64)
    d = distance_m(lat_deg[i], lon_deg[i], shown_lat_deg[j], shown_lon_deg[j])
    near = d < cutoff_m
    order = np.lexsort((j[near], i[near]))
    return Pairs(i[near][order], j[near][order], d[near][order])


def _points(lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[Floats, Floats]:
    lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
    if lat.shape != lon.shape or lat.ndim != 1:
        raise ShapeError(
            f"a set of points needs as many latitudes as longitudes, got {lat.shape}, {lon.shape}"
        )
    if not (np.isfinite(lat).all() and np.isfinite(lon).all()):
        raise ShapeError("a set of points has no places that are nan or infinite")
    return lat, lon


def _best(i: Ints, j: Ints, gain: Floats) -> Ints:
    """Which of the pairs (i, j) have the greatest sum of gains, each i and j once at most; ascending."""
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(i):
        return np.empty(0, np.int64)
    n, m = int(i.max()) + 1, int(j.max()) + 1
    links = coo_matrix((np.ones(len(i)), (i, n + j)), shape=(n + m, n + m))
    cluster = connected_components(links, directed=False)[1][i]
    by_cluster = np.argsort(cluster, kind="stable")
    bounds = np.flatnonzero(np.diff(cluster[by_cluster])) + 1
    chosen = []
    for pairs in np.split(by_cluster, bounds):
        if len(pairs) == 1:
            chosen.append(pairs)
            continue
        rows, row = np.unique(i[pairs], return_inverse=True)
        columns, column = np.unique(j[pairs], return_inverse=True)
        worth = np.zeros((len(rows), len(columns)))
        worth[row, column] = gain[pairs]
        number = np.full(worth.shape, -1, np.int64)
        number[row, column] = pairs
        best = number[linear_sum_assignment(worth, maximize=True)]
        chosen.append(best[best >= 0])
    return np.sort(np.concatenate(chosen))
