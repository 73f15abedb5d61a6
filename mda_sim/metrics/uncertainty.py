"""How sure the primary endpoints are: bootstrap intervals, what pairing saves, and how many seeds it takes.

Model: for each primary endpoint, nation and configuration, of its n values (or paired differences) x:
the **BCa bootstrap interval** of the mean. Resamples of n draws with replacement give means m*; with z0 the
normal quantile of the share of m* below the mean (half of those equal to it), acceleration
a = sum (x - mean)^3 / (6 (sum (x - mean)^2)^1.5) and z the normal quantile of either tail, the ends are the
quantiles Phi(z0 + (z0 + z) / (1 - a (z0 + z))) of m*. The **variance reduction** by common random numbers
is (Var A + Var B) / Var(A - B) over seeds: how many times as many seeds two runs on different luck would need
for the same interval. The **seeds needed** for a half-width h are the fewest n with t s / sqrt(n) <= h, t
Student's quantile for n seeds and s the spread seen so far.

Assumptions and limits: seeds are independent. Up to 4 seeds all n^n resamples are taken, so that nothing is
drawn; beyond, 2,000 addressed draws, which are the same for every figure. The bootstrap knows only the values
it has: with few seeds it is too narrow, and Student's interval beside it is the one to quote; where the two
differ much with many seeds, the figure is far from normal. A variance reduction is told from 30 seeds on
(fewer say little of a ratio of variances); figures whose differences are zero in all seeds, or the same in
all, have none: there is no noise left to compare with. Single seeds in which the difference is zero stay in,
since leaving them out would change the variance that is asked for. The number of seeds takes the spread as
known, and is an estimate.

Source: B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical Association
82 (1987), pp. 171-185, and B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, equations 14.9,
14.10, 14.14 and 14.15 (a by the jackknife, which for a mean is the expression above); P. Glasserman, D. Yao,
"Some guidelines and guarantees for common random numbers", Management Science 38 (1992), pp. 884-908.
Where next: ``study.run`` adds it to the summary; ``report.answer`` prints it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import draw_uniform, stream_key
from mda_sim.metrics.compare import CONFIDENCE_LEVEL, FEW_SEEDS, Key, Values, t_quantile

N_RESAMPLES: Final = 2000
"""Resamples where not all are taken: Efron and Tibshirani (1993), section 14.3, ask for 1,000 at least."""

MANY_SEEDS: Final = 30
"""Seeds from which on a ratio of variances is told; an assumption."""

WANTED_HALF_WIDTH: Final = 0.01
"""Half-width for which the number of seeds is estimated: one percentage point of a share; an assumption."""

_TIE: Final = 1e-12
"""Means that differ by less than this, relative to the largest deviation, are equal."""


def add_uncertainty(summary: dict[str, Any], values: Values) -> None:
    """Add to a summary what is known of its primary endpoints' uncertainty.

    ``values`` are those of the summary. Entries of primary endpoints, and their ``difference``, get
    ``bootstrap_low`` and ``bootstrap_high``; a ``difference`` over ``MANY_SEEDS`` seeds or more gets
    ``variance_reduction`` (None where there is none to tell). ``uncertainty`` says how: ``bootstrap`` with
    ``method`` and ``n_resamples``, ``widest`` as ``widest_share`` gives it, and ``half_width_wanted`` with
    the ``seeds_needed`` for it. The warning of few seeds is told that number.
    """
    memory: dict[tuple[float, ...], dict[str, float | None]] = {}
    baseline = str(summary["baseline"])
    for key, entry in _primary_entries(summary):
        by_seed = values[key]
        entry |= _bootstrap_ends(tuple(by_seed.values()), memory)
        if "difference" not in entry:
            continue
        reference = values.get(key._replace(configuration=baseline), {})
        differences = tuple(value - reference[seed] for seed, value in by_seed.items() if seed in reference)
        entry["difference"] |= _bootstrap_ends(differences, memory)
        if entry["difference"]["n"] >= MANY_SEEDS:
            entry["difference"]["variance_reduction"] = variance_reduction(by_seed, reference)
    widest = widest_share(summary)
    needed = None if widest is None else seeds_needed(widest["half_width"], widest["n"], WANTED_HALF_WIDTH)
    summary["uncertainty"] = {
        "bootstrap": {"method": "BCa", "n_resamples": N_RESAMPLES},
        "widest": widest,
        "half_width_wanted": WANTED_HALF_WIDTH,
        "seeds_needed": needed,
    }
    if needed is not None and len(summary["seeds"]) < FEW_SEEDS:
        summary["warnings"] = [*summary["warnings"], _needed_words(widest or {}, needed)]


def bootstrap_interval(values: Sequence[float], n_resamples: int = N_RESAMPLES) -> tuple[float, float] | None:
    """Both ends of the 95 % BCa bootstrap interval of the mean of the values that are not NaN.

    None with fewer than two of them, or where one is infinite; both ends are the value where all are equal.

    >>> bootstrap_interval([0.5, 0.5]), bootstrap_interval([0.5])
    ((0.5, 0.5), None)
    """
    known = np.array([value for value in values if not math.isnan(value)])
    if len(known) < 2 or np.isinf(known).any():
        return None
    mean = math.fsum(known) / len(known)
    off = known - mean
    tie = _TIE * float(np.abs(off).max())
    if (known == known[0]).all():
        return float(known[0]), float(known[0])
    means = off[resamples(len(known), n_resamples)].mean(axis=1)
    low, high = (float(mean + end) for end in np.quantile(means, _levels(means, off, tie)))
    return low, high


def resamples(n: int, n_resamples: int = N_RESAMPLES) -> NDArray[np.intp]:
    """Which of n values each resample takes, (n_resamples, n); all n^n of them if they are no more."""
    if n**n <= n_resamples:
        return np.indices((n,) * n).reshape(n, -1).T.astype(np.intp)
    return _drawn(n, n_resamples)


def variance_reduction(values: Mapping[int, float], reference: Mapping[int, float]) -> float | None:
    """(Var A + Var B) / Var(A - B) over the seeds that have both; None where A - B does not vary.

    >>> variance_reduction({1: 2.0, 2: 5.0}, {1: 1.0, 2: 3.0})
    6.5
    """
    pairs = np.array([(value, reference[seed]) for seed, value in values.items() if seed in reference])
    pairs = pairs.reshape(-1, 2)
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    if len(pairs) < 2 or np.isinf(pairs).any():
        return None
    difference = pairs[:, 0] - pairs[:, 1]
    largest = float(np.abs(pairs - pairs[0]).max())
    if float(np.ptp(difference)) <= _TIE * largest:
        return None
    return float((pairs[:, 0].var(ddof=1) + pairs[:, 1].var(ddof=1)) / difference.var(ddof=1))


def seeds_needed(half_width: float, n: int, wanted: float) -> int:
    """The fewest seeds, two at least, for an interval of half-width ``wanted`` > 0.

    An estimate from the half-width over n >= 2 seeds: it takes the spread of the n seeds for the true one.

    >>> seeds_needed(0.02, 10, 0.02), seeds_needed(0.0, 10, 0.01)
    (10, 2)
    """
    spread = half_width * math.sqrt(n) / t_quantile(n - 1)
    least = 1.959 * spread / wanted  # t is above the normal quantile, so fewer never do
    count = max(2, math.floor(least * least))
    while t_quantile(count - 1) * spread > wanted * math.sqrt(count) * (1 + _TIE):
        count += 1
    return count


def widest_share(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """The primary endpoint with the widest interval among shares: whose it is, ``half_width`` and ``n``.

    Of paired differences; of means where the summary has one configuration only. None without intervals.
    """
    only_one = len(summary["configurations"]) == 1
    widest: dict[str, Any] | None = None
    for key, entry in _primary_entries(summary):
        told = entry if only_one else entry.get("difference")
        if told is None or entry["unit"] != "1" or told["low"] is None:
            continue
        half = (float(told["high"]) - float(told["low"])) / 2
        if widest is None or half > widest["half_width"]:
            widest = {
                "configuration": key.configuration,
                "nation": key.holder,
                "metric": key.metric,
                "group": key.group,
                "half_width": half,
                "n": int(told["n"]),
            }
    return widest


def _primary_entries(summary: Mapping[str, Any]) -> Iterator[tuple[Key, dict[str, Any]]]:
    """The entry of every primary endpoint, by configuration and nation."""
    endpoints = dict.fromkeys((endpoint["metric"], endpoint["group"]) for endpoint in summary["primary"])
    for configuration, nations in summary["configurations"].items():
        for nation, metrics in nations.items():
            for metric, group in endpoints:
                entry = metrics.get(metric, {}).get(group)
                if entry is not None:
                    yield Key(configuration, nation, metric, group), entry


def _bootstrap_ends(
    values: tuple[float, ...], memory: dict[tuple[float, ...], dict[str, float | None]]
) -> dict[str, float | None]:
    """The interval as entries hold it; configurations that change nothing ask for the same again."""
    if values not in memory:
        low, high = bootstrap_interval(values) or (None, None)
        memory[values] = {"bootstrap_low": low, "bootstrap_high": high}
    return memory[values]


def _levels(means: NDArray[np.float64], off: NDArray[np.float64], tie: float) -> list[float]:
    """Which quantiles of the resampled means are the ends; all deviations are from the mean."""
    from scipy.special import ndtr, ndtri

    below = (np.count_nonzero(means < -tie) + np.count_nonzero(means <= tie)) / (2 * len(means))
    z0 = float(ndtri(below))
    acceleration = float((off**3).sum() / (6 * (off**2).sum() ** 1.5))
    tail = (1 - CONFIDENCE_LEVEL) / 2
    shifted = [z0 + float(ndtri(level)) for level in (tail, 1 - tail)]
    return [float(ndtr(z0 + z / (1 - acceleration * z))) for z in shifted]


@lru_cache(maxsize=8)
def _drawn(n: int, n_resamples: int) -> NDArray[np.intp]:
    """Addressed draws of which of n values each resample takes."""
    resample, place = np.divmod(np.arange(n_resamples * n, dtype=np.int64), n)
    u = draw_uniform(stream_key(0, "bootstrap"), resample, place, 0, 0)
    chosen = np.minimum((u * n).astype(np.intp), n - 1).reshape(n_resamples, n)
    chosen.flags.writeable = False
    return chosen


def _needed_words(widest: Mapping[str, Any], needed: int) -> str:
    """What the warning says of the seeds that it would take."""
    whose = f"{widest['metric']} of {widest['group']}, {widest['nation']}, {widest['configuration']}"
    return (
        f"the widest interval of a primary endpoint ({whose}) is ±{widest['half_width']:.3g} over "
        f"{widest['n']} seeds; about {needed:,} seeds would bring it to ±{WANTED_HALF_WIDTH:g} (an estimate)"
    )
