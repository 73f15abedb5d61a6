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
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

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


class Key(NamedTuple):
    """Whose figure it is, and which."""

    configuration: str
    holder: str
    """Nation, or node."""
    metric: str
    group: str


Values = dict[Key, dict[int, float]]
"""Value of each figure by seed."""


def summarise(
    rows: Iterable[ScoreRow],
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
    of_pictures, of_nodes = _split(rows, picture_nodes or {})
    summary = {
        "label": LABEL,
        "caveats": list(GATED_CAVEATS if is_gated else CAVEATS),
        "confidence_level": CONFIDENCE_LEVEL,
        "baseline": baseline,
        "seeds": sorted({row.seed for row in of_pictures}),
        "warnings": warnings(len({row.seed for row in of_pictures})),
        "primary": [{"metric": endpoint.metric, "group": endpoint.key} for endpoint in primary],
        "configurations": _tree(of_pictures, baseline, "nation"),
    }
    if of_nodes:
        nations = {row.node: row.nation for row in of_nodes}
        summary["nodes"] = {
            "baseline": baseline,
            "nations": dict(sorted(nations.items())),
            "configurations": _tree(of_nodes, baseline, "node"),
        }
    return summary


def values_by_key(rows: Iterable[ScoreRow], holder: Literal["nation", "node"] = "nation") -> Values:
    """Values by seed of each figure; ValueError if a seed has two of one."""
    by_key: Values = {}
    for row in rows:
        key = Key(row.configuration, row.nation if holder == "nation" else row.node, row.metric, row.group)
        values = by_key.setdefault(key, {})
        if row.seed in values:
            raise ValueError(f"seed {row.seed} has two values of {tuple(key)}")
        values[row.seed] = row.value
    return by_key


def interval(values: Sequence[float]) -> dict[str, Any]:
    """Mean, bounds of its 95 % interval, and the number of values that are not NaN.

    >>> interval([1.0, 1.0, math.nan])
    {'mean': 1.0, 'low': 1.0, 'high': 1.0, 'n': 2}
    """
    known = [value for value in values if not math.isnan(value)]
    n = len(known)
    infinite = sum(map(math.isinf, known))
    if infinite or not n:
        counted = {"n_infinite": infinite} if infinite else {}
        return {"mean": None, "low": None, "high": None, "n": n, **counted}
    if n == 1:
        return {"mean": known[0], "low": None, "high": None, "n": 1}
    mean = math.fsum(known) / n
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in known) / (n - 1))
    half = t_quantile(n - 1) * spread / math.sqrt(n)
    return {"mean": mean, "low": mean - half, "high": mean + half, "n": n}


def paired_difference(values: Mapping[int, float], reference: Mapping[int, float]) -> dict[str, Any]:
    """``interval`` of value - reference over the seeds that have both (seed -> value)."""
    return interval([value - reference[seed] for seed, value in values.items() if seed in reference])


def warnings(n_seeds: int) -> list[str]:
    """What a reader must be warned of."""
    if n_seeds >= FEW_SEEDS:
        return []
    seeds = f"{n_seeds} seed{'' if n_seeds == 1 else 's'}"
    return [f"{seeds}: intervals from fewer than {FEW_SEEDS} seeds are unreliable"]


@lru_cache(maxsize=256)
def t_quantile(degrees: int) -> float:
    """The quantile (1 + level) / 2 of Student's t with ``degrees`` >= 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + CONFIDENCE_LEVEL / 2))


def _split(
    rows: Iterable[ScoreRow], picture_nodes: Mapping[str, str]
) -> tuple[list[ScoreRow], list[ScoreRow]]:
    """Rows of picture nodes, and of others."""
    parts: tuple[list[ScoreRow], list[ScoreRow]] = ([], [])
    for row in rows:
        parts[picture_nodes.get(row.nation, row.node) != row.node].append(row)
    return parts


def _tree(rows: Sequence[ScoreRow], baseline: str, holder: Literal["nation", "node"]) -> dict[str, Any]:
    """Configuration -> holder -> metric -> group -> entry."""
    units = {row.metric: row.unit for row in rows}
    by_key = values_by_key(rows, holder)
    tree: dict[str, Any] = {}
    for key, values in sorted(by_key.items()):
        entry: dict[str, Any] = {**interval(tuple(values.values())), "unit": units[key.metric]}
        if key.configuration != baseline:
            reference = by_key.get(key._replace(configuration=baseline), {})
            entry["difference"] = paired_difference(values, reference)
        branch = tree.setdefault(key.configuration, {}).setdefault(key.holder, {}).setdefault(key.metric, {})
        branch[key.group] = entry
    return tree
