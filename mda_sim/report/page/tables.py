"""Tables of the page: every figure that people are shown, and the text alternatives of its charts.

Model: a table has a caption, heads and rows of cells; cells are numbers of the summary (``numbers``) or plain
text. The template writes them.

Where next: ``assembly``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mda_sim.report.charts import GAP_PARTS, STAGES
from mda_sim.report.figures import Figure, blocks_of, configurations_of, entry_of, nations_of, split_age
from mda_sim.report.page.numbers import compact_span, path_span, ranged_span, value_span
from mda_sim.report.words import DASH, RUNG_WORDS, age_words, group_words, metric_words, value_words


@dataclass(frozen=True)
class PageTable:
    """A table."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    """Cells; the first of a row names it."""


def nation_tables(summary: Mapping[str, Any], nation: str, zones: Mapping[str, str]) -> list[PageTable]:
    """The figures of one nation, as the terminal shows them."""
    names = configurations_of(summary)
    tables = []
    for block in blocks_of(summary, nation, zones):
        rows = tuple(
            (
                row.words.strip().removesuffix(", and its stages:"),
                *(compact_span(summary, name, nation, row.figure) for name in names),
            )
            for row in block.rows
        )
        tables.append(PageTable(block.heading, ("figure", *names), rows))
    return tables


def custody_table(
    summary: Mapping[str, Any], ages: Sequence[str], group: str, zones: Mapping[str, str]
) -> PageTable:
    """Custody against the age one accepts, with intervals."""
    heads = ("nation, configuration", *(age_words(age) for age in ages))
    figures = [Figure(f"custody_fraction_{age}", group) for age in ages]
    caption = f"Custody by age: {group_words(group, zones)}"
    return PageTable(caption, heads, tuple(_by_both(summary, figures, ranged_span)))


def latency_table(summary: Mapping[str, Any]) -> PageTable:
    """Mean latency of foreign contacts by stage."""
    figures = [Figure(f"stage_{stage}_mean_s", "all") for stage, _, _ in STAGES]
    heads = ("nation, configuration", *(words for _, words, _ in STAGES))
    return PageTable("Mean latency of foreign contacts, by stage", heads, tuple(_by_both(summary, figures)))


def gap_table(summary: Mapping[str, Any], group: str, zones: Mapping[str, str]) -> PageTable:
    """What is held, and why the rest is not."""
    figures = [Figure(f"gap_{part}_fraction", group) for part, _, _ in GAP_PARTS]
    heads = ("nation, configuration", *(words for _, words, _ in GAP_PARTS))
    caption = f"Held within {age_words(split_age(summary))}, and why not: {group_words(group, zones)}"
    return PageTable(caption, heads, tuple(_by_both(summary, figures)))


def ladder_tables(
    summary: Mapping[str, Any], names: Mapping[str, str], zones: Mapping[str, str]
) -> list[tuple[str, PageTable]]:
    """What gates and delays hold back: for each nation its name and a table; none where no ladder was told.

    ``names`` of nations and ``zones`` by id. Figures of the whole area come before those of zones.
    """
    entries = list(enumerate(summary.get("counterfactuals") or []))
    tables = []
    for nation in dict.fromkeys(entry["nation"] for _, entry in entries):
        own = [(number, entry) for number, entry in entries if entry["nation"] == nation]
        own.sort(key=lambda pair: "@" in pair[1]["group"])
        rows = tuple(_ladder_row(summary, number, entry, zones) for number, entry in own)
        name = names.get(nation, nation)
        heads = ("configuration: figure", "as it is", *RUNG_WORDS.values())
        tables.append((name, PageTable(f"{name}: with gates open, and without delays besides", heads, rows)))
    return tables


def _ladder_row(
    summary: Mapping[str, Any], number: int, entry: Mapping[str, Any], zones: Mapping[str, str]
) -> tuple[Any, ...]:
    """One figure as it is and on each rung; ``number`` is its place in the summary."""
    path: tuple[str | int, ...] = ("counterfactuals", number)
    unit = {"unit": entry["unit"]}
    steps = [
        path_span(summary, (*path, "steps", step, "value"), value_words({**told["value"], **unit}))
        for step, told in enumerate(entry["steps"])
    ]
    first = path_span(summary, (*path, "first"), value_words({**entry["first"], **unit}))
    figure = f"{metric_words(entry['metric'])}, {group_words(entry['group'], zones)}"
    return f"{entry['configuration']}: {figure}", first, *steps


def link_table(summary: Mapping[str, Any]) -> PageTable:
    """What links and desks had to do."""
    rows = []
    for name in configurations_of(summary):
        for queue, told in summary.get("queues", {}).get(name, {}).items():
            kind, _, id_ = queue.partition(":")
            cells = [
                path_span(summary, ("queues", name, queue, key), _scaled(told[key], factor, digits))
                for key, factor, digits in _OF_QUEUES
            ]
            rows.append((f"{name}: {kind} {id_}", *cells))
    heads = ("configuration: queue", "cases", "megabytes", "mean wait [h]", "busy [%]")
    return PageTable("Links and desks, mean over seeds", heads, tuple(rows))


_OF_QUEUES: Final = (
    ("n", 1.0, 0),
    ("bytes", 1e-6, 1),
    ("wait_mean_s", 1 / 3600, 2),
    ("busy_fraction", 100.0, 1),
)
"""Figures of a queue, with the factor to the unit of the table, and digits."""


def _scaled(value: float | None, factor: float, digits: int) -> str:
    return DASH if value is None else f"{value * factor:,.{digits}f}"


def _by_both(
    summary: Mapping[str, Any],
    figures: Sequence[Figure],
    span: Callable[[Mapping[str, Any], str, str, Figure], Any] = value_span,
) -> Iterator[tuple[Any, ...]]:
    """A row for each nation and configuration, a cell that ``span`` writes for each figure."""
    for nation in nations_of(summary):
        for name in configurations_of(summary):
            if any(entry_of(summary, name, nation, figure) for figure in figures):
                cells = (span(summary, name, nation, figure) for figure in figures)
                yield (f"{nation}, {name}", *cells)
