"""The question, and the answer in one paragraph of figures with their intervals.

Model: the figure is the first primary endpoint of custody at the age of the gap split, over the whole area
(else the first primary endpoint, else custody of all vessels); each nation is told what it has of it under
the baseline, and what every other configuration adds.

Where next: ``assembly``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mda_sim.report.figures import (
    Figure,
    configurations_of,
    entry_of,
    nations_of,
    primary_of,
    split_age,
    unchanged,
)
from mda_sim.report.page.numbers import change_span, interval_span, value_span
from mda_sim.report.words import group_words, metric_words

if TYPE_CHECKING:
    from markupsafe import Markup


def lead_figure(summary: Mapping[str, Any]) -> Figure:
    """The figure that the answer is told by."""
    wanted = f"custody_fraction_{split_age(summary)}"
    primary = primary_of(summary)
    whole = [figure for figure in primary if "@" not in figure.group]
    return next(
        (figure for figure in whole if figure.metric == wanted),
        next(iter(whole or primary), Figure(wanted, "all")),
    )


def answer_paragraph(
    summary: Mapping[str, Any], names: Mapping[str, str], zones: Mapping[str, str]
) -> Markup:
    """The answer; ``names`` of nations and ``zones`` by id."""
    from markupsafe import Markup

    figure = lead_figure(summary)
    sentences = [
        Markup("Measured is {} (vessels: {}), mean over {} seeds with the {:.0%} interval.").format(
            metric_words(figure.metric),
            group_words(figure.group, zones),
            len(summary["seeds"]),
            summary["confidence_level"],
        )
    ]
    sentences += [_of_nation(summary, nation, names, figure) for nation in nations_of(summary)]
    return Markup(" ").join(sentences)


def _of_nation(summary: Mapping[str, Any], nation: str, names: Mapping[str, str], figure: Figure) -> Markup:
    from markupsafe import Markup

    baseline, *others = configurations_of(summary)
    name = names.get(nation, nation)
    if entry_of(summary, baseline, nation, figure) is None:
        return Markup("{} has no such figure.").format(name)
    same = unchanged(summary, nation, [figure])
    told = [name for name in others if name not in same]
    first = Markup("Under ‘{}’ {} has {} ({})").format(
        baseline,
        name,
        value_span(summary, baseline, nation, figure),
        interval_span(summary, baseline, nation, figure),
    )
    clauses = list(_clauses(summary, nation, figure, told))
    if same:
        clauses.append(Markup("{} no change").format(_listed([f"‘{one}’" for one in same])))
    return first + (Markup("; ") + Markup(", ").join(clauses) if clauses else Markup("")) + Markup(".")


def _clauses(
    summary: Mapping[str, Any], nation: str, figure: Figure, configurations: list[str]
) -> Iterator[Markup]:
    """What each configuration adds, the most first."""
    from markupsafe import Markup

    def gain(name: str) -> float:
        entry = entry_of(summary, name, nation, figure) or {}
        mean = entry.get("difference", {}).get("mean")
        return float("-inf") if mean is None else float(mean)

    for name in sorted(configurations, key=lambda one: (-gain(one), one)):
        yield Markup("‘{}’ {}").format(name, change_span(summary, name, nation, figure))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
