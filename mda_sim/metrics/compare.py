"""What a configuration changes: means over seeds, and paired differences from the baseline, with intervals.

Model: for each figure, mean m and standard deviation s over the n seeds that have it, and the two-sided 95 %
interval m -+ t s / sqrt(n), t the quantile 0.975 of Student's t with n - 1 degrees of freedom. Differences
are paired: both configurations are scored on the same world and the same luck, so the difference is taken
seed by seed first.

Assumptions and limits: intervals hold for the simulation only: they cover the luck of its seeds, not its
assumptions. They take per-seed figures as normal, are pointwise, and are not corrected for the number of
figures. A seed whose figure is undefined is left out of it (``n`` counts the rest); where a figure is
infinite in some seed its mean and interval do not exist, and ``n_infinite`` says in how many. Without two
seeds there is no interval.

Source: Student, "The probable error of a mean", Biometrika 6 (1908), pp. 1-25. Where next: study writes the
result to ``summary.json``; report prints it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.score_book import BySeed, Holder, ScoreBook
from mda_sim.metrics.score_book import Key as Key
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint

LABEL: Final = "simulation only"
"""What every interval is: about the simulation, not about the sea."""

CAVEATS: Final = ("simulation only", "perfect association", "surface targets only, no cueing")
"""What every result must say with it."""

GATED_CAVEATS: Final = (
    "simulation only",
    "gated association for figures of tracks (SIAP, OSPA, GOSPA), the truth for all others",
    "surface targets only, no cueing",
)
"""The same where association is gated."""

FEW_SEEDS: Final = 10
"""Fewer seeds than this give a warning."""

CONFIDENCE_LEVEL: Final = 0.95
"""Level of the intervals."""


_PIECE: Final = 2**16
"""Values that a summary works on at a time."""

Values = Mapping[Key, Mapping[int, float]]
"""Value of each figure by seed."""


def summarise(
    rows: Iterable[ScoreRow] | ScoreBook,
    baseline: str,
    primary: Sequence[Endpoint] = (),
    picture_nodes: Mapping[str, str] | None = None,
    *,
    is_gated: bool = False,
) -> dict[str, Any]:
    """The summary of a study as JSON holds it: NaN and infinities are None.

    ``configurations`` -> nation -> metric -> group -> ``mean, low, high, n, unit``, and under ``difference``
    the same of the paired difference from the baseline (none for the baseline itself); ``n_infinite`` where
    it is not zero. ``primary`` repeats the declared endpoints, in their order. Where rows are of other nodes
    than ``picture_nodes`` (nation -> node; without it all rows are of picture nodes), ``nodes`` holds
    ``configurations`` -> node -> ... likewise, and under ``nations`` whose each node is. The caveats say
    whether association is gated, as ``is_gated`` does.
    """
    book, nodes = _book(rows), picture_nodes or {}
    seeds, nations = book.seeds(nodes), book.nations_of_nodes(nodes)
    summary = {
        "label": LABEL,
        "caveats": list(GATED_CAVEATS if is_gated else CAVEATS),
        "confidence_level": CONFIDENCE_LEVEL,
        "baseline": baseline,
        "seeds": seeds,
        "warnings": warnings(len(seeds)),
        "primary": [{"metric": endpoint.metric, "group": endpoint.key} for endpoint in primary],
        "configurations": _tree(book, baseline, "nation", nodes),
    }
    if nations:
        summary["nodes"] = {
            "baseline": baseline,
            "nations": dict(sorted(nations.items())),
            "configurations": _tree(book, baseline, "node", nodes),
        }
    return summary


def values_by_key(rows: Iterable[ScoreRow] | ScoreBook, holder: Holder = "nation") -> Values:
    """Values by seed of each figure; ValueError if a seed has two of one."""
    return _book(rows).values(holder)


def _book(rows: Iterable[ScoreRow] | ScoreBook) -> ScoreBook:
    return rows if isinstance(rows, ScoreBook) else ScoreBook.of_rows(rows)


def interval(values: Sequence[float]) -> dict[str, Any]:
    """Mean, bounds of its 95 % interval, and the number of values that are not NaN.

    >>> interval([1.0, 1.0, math.nan])
    {'mean': 1.0, 'low': 1.0, 'high': 1.0, 'n': 2}
    """
    known, infinite = values, 0
    if not all(map(math.isfinite, values)):
        known = [value for value in values if not math.isnan(value)]
        infinite = sum(map(math.isinf, known))
    n = len(known)
    if infinite or not n:
        counted = {"n_infinite": infinite} if infinite else {}
        return {"mean": None, "low": None, "high": None, "n": n, **counted}
    if n == 1:
        return {"mean": known[0], "low": None, "high": None, "n": 1}
    mean = math.fsum(known) / n
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in known) / (n - 1))
    half = t_quantile(n - 1) * spread / math.sqrt(n)
    return {"mean": mean, "low": mean - half, "high": mean + half, "n": n}


def intervals(table: NDArray[np.float64]) -> list[dict[str, Any]]:
    """``interval`` of every row of a table, (n_rows, n_values), to the last bit."""
    n_known = np.count_nonzero(~np.isnan(table), axis=1)
    is_usual = (n_known > 1) & ~np.isinf(table).any(axis=1)
    usual = iter(_usual_intervals(table[is_usual]))
    rows = zip(table.tolist(), is_usual.tolist(), strict=True)
    return [next(usual) if is_one else interval(row) for row, is_one in rows]


def paired_difference(values: Mapping[int, float], reference: Mapping[int, float]) -> dict[str, Any]:
    """``interval`` of value - reference over the seeds that have both (seed -> value)."""
    if isinstance(values, BySeed) and isinstance(reference, BySeed):
        return interval(values.less(reference))
    return interval([value - reference[seed] for seed, value in values.items() if seed in reference])


def warnings(n_seeds: int) -> list[str]:
    """What a reader must be warned of."""
    if n_seeds >= FEW_SEEDS:
        return []
    seeds = f"{n_seeds} seed{'' if n_seeds == 1 else 's'}"
    return [f"{seeds}: intervals from fewer than {FEW_SEEDS} seeds are unreliable"]


def _usual_intervals(table: NDArray[np.float64]) -> list[dict[str, Any]]:
    """``intervals`` of rows with two finite values or more, and none that is infinite."""
    known = ~np.isnan(table)
    n, place = np.unique(known.sum(axis=1), return_inverse=True)
    quantile = np.array([t_quantile(one - 1) for one in n.tolist()], np.float64)[place]
    n = n[place]
    mean = _sums(np.where(known, table, 0.0)) / n
    off = np.where(known, table - mean[:, None], 0.0)
    # x * x may differ in the last bit from the power that ``interval`` takes.
    squares = np.fromiter(map(math.pow, off.ravel().tolist(), repeat(2.0)), np.float64, off.size)
    spread = np.sqrt(_sums(squares.reshape(off.shape)) / (n - 1))
    half = quantile * spread / np.sqrt(n)
    columns = (column.tolist() for column in (mean, mean - half, mean + half, n))
    return [dict(zip(("mean", "low", "high", "n"), row, strict=True)) for row in zip(*columns, strict=True)]


def _sums(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exactly rounded sum of each row, (n_rows,)."""
    return np.fromiter(map(math.fsum, table.tolist()), np.float64, len(table))


@lru_cache(maxsize=256)
def t_quantile(degrees: int) -> float:
    """The quantile (1 + level) / 2 of Student's t with ``degrees`` >= 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + CONFIDENCE_LEVEL / 2))


def _tree(book: ScoreBook, baseline: str, holder: Holder, nodes: Mapping[str, str]) -> dict[str, Any]:
    """Configuration -> holder -> metric -> group -> entry."""
    blocks = book.blocks(holder, nodes)
    tree: dict[str, Any] = {}
    for configuration in sorted(blocks):
        block = blocks[configuration]
        entries, differences = list[dict[str, Any]](), list[dict[str, Any]]()
        for rows in _pieces(len(block.names), len(block.places)):
            entries += intervals(block.values(rows)[0])
            if configuration != baseline:
                differences += intervals(block.less(blocks.get(baseline), rows))
        for row in sorted(range(len(block.names)), key=block.names.__getitem__):
            whose, metric, group = block.names[row]
            entry = entries[row]
            entry["unit"] = book.units[metric]
            if configuration != baseline:
                entry["difference"] = differences[row]
            branch = tree.setdefault(configuration, {}).setdefault(whose, {}).setdefault(metric, {})
            branch[group] = entry
    return tree


def _pieces(n_figures: int, n_seeds: int) -> Iterator[NDArray[np.int64]]:
    """Figures in pieces of so many values that what is worked out of them does not grow with the seeds."""
    step = max(1, _PIECE // max(1, n_seeds))
    for first in range(0, n_figures, step):
        yield np.arange(first, min(first + step, n_figures))
