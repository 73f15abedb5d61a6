"""What moving an assumption does to the headline: effects one at a time, and screened all together.

Model: a headline is one figure of one nation under one configuration, either its value or its paired
difference from the baseline. One at a time: the headline's mean over seeds under each setting, and the paired
difference from what it is with the file's own values, seed by seed, so that luck cancels. The swing of an
assumption is the distance between the least and the greatest mean over its settings and the file's own value;
assumptions are ranked by it, ties by id. Screening: elementary effects of paired differences along
trajectories (``morris``).

Assumptions and limits: means and intervals as in ``compare``: simulation only, 95 %, pointwise, none below
two seeds. Where a figure is undefined in a seed under either setting, that seed is left out of the
difference. The range over settings moves one assumption at a time: together they may reach further.

Source: as ``compare`` and ``morris``. Where next: ``study.sensitivity`` writes the results, ``report`` draws
them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mda_sim.metrics.compare import Key, Values, interval, paired_difference
from mda_sim.metrics.morris import Trajectory, effect, screened


class Headline(NamedTuple):
    """One figure of the headline."""

    nation: str
    metric: str
    group: str
    configuration: str
    against: str
    """The baseline, if it is the paired difference from it; empty if it is the value itself."""


class Setting(NamedTuple):
    """One assumption at one value."""

    assumption: str
    setting: str
    """``low``, ``high``, or ``value_<n>``."""


def headlines(values: Values, baseline: str, order: Sequence[tuple[str, str]]) -> list[Headline]:
    """The headlines of the figures that there are, by nation, in the order of (metric, group), baseline
    first.

    The baseline is told by its values, every other configuration by its difference, then by its values.
    """
    known = {(key.holder, key.metric, key.group) for key in values}
    others = sorted({key.configuration for key in values} - {baseline})
    found = []
    for nation in sorted({key.holder for key in values}):
        for metric, group in order:
            if (nation, metric, group) in known:
                found.append(Headline(nation, metric, group, baseline, ""))
                found += [Headline(nation, metric, group, name, baseline) for name in others]
                found += [Headline(nation, metric, group, name, "") for name in others]
    return found


def series(values: Values, headline: Headline) -> dict[int, float]:
    """The headline seed by seed, over the seeds that have what it needs."""
    key = Key(headline.configuration, headline.nation, headline.metric, headline.group)
    own = values.get(key, {})
    if not headline.against:
        return dict(own)
    reference = values.get(key._replace(configuration=headline.against), {})
    return {seed: value - reference[seed] for seed, value in own.items() if seed in reference}


def one_at_a_time(headline: Headline, stated: Values, moved: Mapping[Setting, Values]) -> dict[str, Any]:
    """The headline with the file's values, and what each setting makes of it, as JSON holds it.

    ``mean, low, high, n`` with the file's values; ``range``: the least and the greatest mean over all
    settings; ``effects``: for each setting ``mean, low, high, n`` and under ``change`` the same of the paired
    difference from the file's values; ``ranks``: assumptions with their ``swing``, the largest first.
    """
    own = series(stated, headline)
    at_file = interval(tuple(own.values()))
    effects: list[dict[str, Any]] = []
    for setting, values in moved.items():
        there = series(values, headline)
        entry = {**setting._asdict(), **interval(tuple(there.values()))}
        entry["change"] = paired_difference(there, own)
        effects.append(entry)
    means = [entry["mean"] for entry in (at_file, *effects) if entry["mean"] is not None]
    ends = {"low": min(means), "high": max(means)} if means else {"low": None, "high": None}
    return {**at_file, "range": ends, "effects": effects, "ranks": _ranks(at_file["mean"], effects)}


def _ranks(stated: float | None, effects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Assumptions by swing; one whose headline is undefined in some setting has None and comes last."""
    means: dict[str, list[float | None]] = {}
    for entry in effects:
        means.setdefault(entry["assumption"], [stated]).append(entry["mean"])
    swings = {name: _swing(found) for name, found in means.items()}
    ordered = sorted(swings.items(), key=lambda item: (item[1] is None, -(item[1] or 0.0), item[0]))
    return [{"assumption": name, "swing": swing} for name, swing in ordered]


def _swing(means: Sequence[float | None]) -> float | None:
    known = [mean for mean in means if mean is not None]
    return max(known) - min(known) if len(known) == len(means) else None


def screening(
    headline: Headline,
    names: Sequence[str],
    found: Sequence[Trajectory],
    values: Sequence[Sequence[Values]],
    seed: int,
) -> list[dict[str, Any]]:
    """mu, mu* and sigma of each assumption for one headline, the greatest mu* first.

    ``values``: for each trajectory the values at each of its points.
    """
    effects: dict[str, list[float]] = {name: [] for name in names}
    for trajectory, at_points in zip(found, values, strict=True):
        path = [series(point, headline) for point in at_points]
        for place, factor in enumerate(trajectory.order):
            moved = float(trajectory.points[place + 1, factor] - trajectory.points[place, factor])
            change = paired_difference(path[place + 1], path[place])["mean"]
            effects[names[factor]].append(math.nan if change is None else effect(change, moved))
    entries = [{"assumption": name, **screened(found, seed)} for name, found in effects.items()]
    return sorted(
        entries, key=lambda one: (one["mu_star"] is None, -(one["mu_star"] or 0.0), one["assumption"])
    )
