"""Thresholds: where along a factor a figure comes down to a level, seed by seed, and how sure that is.

Model: in every seed the figure is known at some places along a factor and taken as straight between them. It
crosses the level where it goes from one side to the other; a value that equals the level counts as having
come down to it ("does not pay" is a gain at or below the level). A seed with one crossing, in the direction
in which the mean over seeds goes, has its threshold there. One that is on the same side at all places has it
beyond an end of the range: beyond the high end if it is still where it began, else before the low end. So
every seed has a threshold, perhaps beyond, and they can be put in order. The median over seeds and the
interval of the median by order statistics need no more: of n seeds the j-th smallest and the j-th largest
enclose the median of all with probability 1 - 2 P(B <= j - 1), B binomial (n, 1/2); j is the largest that
keeps 95 %, so an interval needs six seeds.

Assumptions and limits: straight between the places, along the logarithm where the factor is looked at that
way. A seed that crosses more than once has its first crossing in the direction of the mean counted, one that
crosses only the other way counts by the side on which it begins; ``n_other`` says how many such seeds there
are. ``monotone`` says whether the mean over seeds only falls or only rises. A seed in which the figure is
undefined at some place is left out.

Source: W. J. Conover, "Practical Nonparametric Statistics", 3rd edition, Wiley 1999, section 3.2 (interval of
a quantile). Where next: ``study.sweep`` tells them in words.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from mda_sim.metrics.compare import CONFIDENCE_LEVEL
from mda_sim.metrics.response import Axis, Floats

LEAST_SEEDS: Final = 6
"""Fewer seeds than this have no interval of their median."""


def threshold(
    axis: Axis, places: Floats, curves: Floats, level: float, fraction: float | None
) -> dict[str, Any]:
    """Where ``curves`` (seeds, places), known at rising ``places`` along an axis, come down to a level.

    With ``fraction`` the level of each seed is that part of its own value at the first place instead; seeds
    that have no value above zero there are left out. As JSON
    holds it: ``median, low, high`` (numbers of the factor; None where it lies beyond the range, which
    ``median_beyond``, ``low_beyond`` and ``high_beyond`` say with ``low`` or ``high``), ``of_mean`` (the
    threshold of the mean over seeds), ``n`` (seeds), ``n_within`` (seeds that cross within the range),
    ``n_other`` (seeds that cross more than once, or the other way), ``rises``, ``monotone``, and ``verdict``:
    ``crosses``, ``never_down`` (always above the level), ``never_up`` (never above it), ``some_never`` (no
    seed crosses, but not all are on one side), or ``undefined``.
    """
    known = curves[np.isfinite(curves).all(axis=1)]
    if fraction is not None:
        known = known[known[:, 0] > 0.0]
    about = {"factor": axis.id, "level": None if fraction is not None else level, "fraction": fraction}
    if not len(known) or len(places) < 2:
        return {**about, **_undefined(len(known))}
    mean = known.mean(axis=0)
    rises = bool(mean[-1] > mean[0])
    found = [_of(places, curve, _level(curve, level, fraction), rises) for curve in known]
    where = np.sort(np.array([place for place, _ in found]))
    of_mean, _ = _of(places, mean, _level(mean, level, fraction), rises)
    result: dict[str, Any] = {**about, "n": len(known)}
    result["n_within"] = int(np.isfinite(where).sum())
    result["n_other"] = sum(not is_plain for _, is_plain in found)
    result["rises"], result["monotone"] = rises, is_monotone(mean)
    result |= _told(axis, "median", _median(where)) | _told(axis, "of_mean", of_mean)
    low, high = _interval(where)
    result |= _told(axis, "low", low) | _told(axis, "high", high)
    result["verdict"] = _verdict(result["n_within"], where, rises)
    return result


def crossings(places: Floats, curve: Floats, level: float) -> list[tuple[float, bool]]:
    """Every place where a curve crosses a level, in order, and whether it comes up there.

    At or below the level is one side, above it the other.

    >>> crossings(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.5, -0.5]), 0.0)
    [(1.5, False)]
    """
    above = curve > level
    found = []
    for k in np.flatnonzero(above[1:] != above[:-1]).tolist():
        part = (level - curve[k]) / (curve[k + 1] - curve[k])
        found.append((float(places[k] + part * (places[k + 1] - places[k])), bool(above[k + 1])))
    return found


def is_monotone(curve: Floats) -> bool:
    """Whether a curve never turns; steps below a billionth of its span are none."""
    steps = np.diff(curve)
    least = 1e-9 * float(np.ptp(curve))
    return not ((steps > least).any() and (steps < -least).any())


def _of(places: Floats, curve: Floats, level: float, rises: bool) -> tuple[float, bool]:
    """The threshold of one curve (infinite beyond the range), and whether it crosses once or not at all."""
    found = crossings(places, curve, level)
    along = [place for place, up in found if up == rises]
    if along:
        return along[0], len(found) == 1
    began_above = bool(curve[0] > level)
    return (math.inf if began_above != rises else -math.inf), not found


def _level(curve: Floats, level: float, fraction: float | None) -> float:
    return level if fraction is None else fraction * float(curve[0])


def _median(where: Floats) -> float:
    n = len(where)
    low, high = float(where[(n - 1) // 2]), float(where[n // 2])
    if low == high:
        return low
    return 0.5 * (low + high) if math.isfinite(low) and math.isfinite(high) else high


def _interval(where: Floats) -> tuple[float, float]:
    """The j-th smallest and largest; NaN where there are too few."""
    n = len(where)
    if n < LEAST_SEEDS:
        return math.nan, math.nan
    tail, j = 0.0, 0
    while True:
        tail += math.comb(n, j) * 0.5**n
        if 1.0 - 2.0 * tail < CONFIDENCE_LEVEL:
            break
        j += 1
    return float(where[j - 1]), float(where[n - j])


def _told(axis: Axis, name: str, place: float) -> dict[str, Any]:
    if math.isnan(place):
        return {name: None, f"{name}_beyond": ""}
    if math.isinf(place):
        return {name: None, f"{name}_beyond": "high" if place > 0 else "low"}
    return {name: axis.back(place), f"{name}_beyond": ""}


def _verdict(n_within: int, where: Floats, rises: bool) -> str:
    if n_within:
        return "crosses"
    beyond_high, beyond_low = bool((where > 0).all()), bool((where < 0).all())
    if beyond_high or beyond_low:
        return "never_down" if beyond_high != rises else "never_up"
    return "some_never"


def _undefined(n: int) -> dict[str, Any]:
    nothing: dict[str, Any] = {}
    for name in ("median", "of_mean", "low", "high"):
        nothing |= {name: None, f"{name}_beyond": ""}
    return {
        "n": n,
        "n_within": 0,
        "n_other": 0,
        "rises": False,
        "monotone": True,
        **nothing,
        "verdict": "undefined",
    }
