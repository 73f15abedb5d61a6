"""Figures of several runs side by side: each against one baseline, paired by seed or by Welch's t.

Model: a contrast is one figure of one configuration of one run: its mean with Student's interval, and its
difference from the same figure under the baseline. **Paired** where the runs have the same luck: the
difference is taken seed by seed, over the seeds that all runs have, with Student's interval
(``compare.paired_difference``). **Unpaired** otherwise: the difference of two means A and B with the interval
-+ t sqrt(sA^2 / nA + sB^2 / nB), t with (sA^2/nA + sB^2/nB)^2 / ((sA^2/nA)^2 / (nA - 1) + (sB^2/nB)^2 / (nB -
1)) degrees of freedom.

Assumptions and limits: as in ``compare``. Unpaired, the luck of each run is in the difference, so its
interval is wider, and the two runs may be of different worlds: then the difference is of worlds and
arrangements together.

Source: B. L. Welch, "The generalization of 'Student's' problem when several different population variances
are involved", Biometrika 34 (1947), pp. 28-35. Where next: ``study.compare`` reads runs and makes contrasts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from mda_sim.metrics.compare import CONFIDENCE_LEVEL, interval, paired_difference


class Contrast(NamedTuple):
    """One row of a comparison; None is what is undefined, or the difference of the baseline from itself."""

    run: str
    """Name of the run."""
    configuration: str
    nation: str
    metric: str
    group: str
    unit: str
    """Of all values of the row."""
    mean: float | None
    low: float | None
    high: float | None
    n: int
    """Seeds that have the figure."""
    difference: float | None
    """From the baseline."""
    difference_low: float | None
    difference_high: float | None
    difference_n: int | None
    """Seeds that have both, where paired; else the fewer of the two."""
    paired: bool
    """Whether differences are taken seed by seed."""


COLUMNS: Final = Contrast._fields
"""Columns of a comparison."""


def welch(values: Sequence[float], reference: Sequence[float]) -> dict[str, Any]:
    """Difference of two means with its 95 % interval, as ``compare.interval`` gives one.

    ``n`` is the smaller of the two numbers of values that are not NaN. Without two values on both sides there
    is no interval; where a value is infinite there is no mean either.
    """
    sides = [[value for value in side if not math.isnan(value)] for side in (values, reference)]
    counts = [len(side) for side in sides]
    infinite = sum(math.isinf(value) for side in sides for value in side)
    if infinite or not all(counts):
        counted = {"n_infinite": infinite} if infinite else {}
        return {"mean": None, "low": None, "high": None, "n": min(counts), **counted}
    means = [math.fsum(side) / len(side) for side in sides]
    mean = means[0] - means[1]
    if min(counts) < 2:
        return {"mean": mean, "low": None, "high": None, "n": min(counts)}
    parts = [
        math.fsum((value - centre) ** 2 for value in side) / (len(side) - 1) / len(side)
        for side, centre in zip(sides, means, strict=True)
    ]
    half = _welch_quantile(parts, counts) * math.sqrt(sum(parts)) if any(parts) else 0.0
    return {"mean": mean, "low": mean - half, "high": mean + half, "n": min(counts)}


def contrast(
    run: str,
    configuration: str,
    figure: tuple[str, str, str],
    unit: str,
    values: Mapping[int, float],
    reference: Mapping[int, float] | None,
    *,
    paired: bool,
) -> Contrast:
    """The row of one figure (nation, metric, group); ``reference`` is None for the baseline itself."""
    told = interval(tuple(values.values()))
    against: dict[str, Any] = {"mean": None, "low": None, "high": None, "n": None}
    if reference is not None and paired:
        against = paired_difference(values, reference)
    elif reference is not None:
        against = welch(tuple(values.values()), tuple(reference.values()))
    nation, metric, group = figure
    return Contrast(
        run=run,
        configuration=configuration,
        nation=nation,
        metric=metric,
        group=group,
        unit=unit,
        **{name: told[name] for name in ("mean", "low", "high", "n")},
        difference=against["mean"],
        difference_low=against["low"],
        difference_high=against["high"],
        difference_n=against["n"],
        paired=paired,
    )


def _welch_quantile(parts: Sequence[float], counts: Sequence[int]) -> float:
    """Student's quantile at Welch's degrees of freedom; ``parts`` are the squared errors of the means."""
    from scipy.special import stdtrit

    degrees = sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, counts, strict=True))
    return float(stdtrit(degrees, 0.5 + CONFIDENCE_LEVEL / 2))
