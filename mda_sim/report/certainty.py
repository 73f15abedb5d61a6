"""How sure the answer is: bootstrap beside Student's interval, what pairing saves, how many seeds it takes.

Model: all is in the summary (``metrics.uncertainty`` defines it); here it is put into words for ``answer.md``
and into ``tables/uncertainty.csv``, one line per primary endpoint, nation and configuration.

Assumptions and limits: as of the summary: simulation only. Where next: ``answer`` and ``study.gather``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mda_sim.report.figures import Figure, configurations_of, entry_of, nations_of, primary_of
from mda_sim.report.markdown import caveats_of, head, row_of
from mda_sim.report.text import for_csv, for_markdown
from mda_sim.report.words import DASH, group_words, metric_words

_ENDS: Final = ("mean", "low", "high", "bootstrap_low", "bootstrap_high", "n")
COLUMNS: Final = (
    "nation",
    "configuration",
    "metric",
    "group",
    "unit",
    *_ENDS,
    *(f"difference_{name}" for name in _ENDS),
    "variance_reduction",
)
"""Columns of ``tables/uncertainty.csv``."""


def certainty(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    """The section of the answer, in Markdown; nothing without primary endpoints over two seeds or more."""
    told = summary.get("uncertainty")
    if told is None or told["widest"] is None:
        return
    yield "\n## How sure\n"
    yield f"{caveats_of(summary)} {_widest_words(told, zones)} {_bootstrap_words(summary)}"
    yield from _reductions(summary, zones)


def certainty_sheet(summary: Mapping[str, Any]) -> dict[str, str]:
    """The table of primary endpoints by its file name; none without any."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = 0
    for nation, name, figure, entry in _entries(summary):
        names = (for_csv(cell) for cell in (nation, name, figure.metric, figure.group, str(entry["unit"])))
        difference = entry.get("difference", {})
        numbers = [*(entry.get(end) for end in _ENDS), *(difference.get(end) for end in _ENDS)]
        numbers.append(difference.get("variance_reduction"))
        writer.writerow([*names, *("" if value is None else repr(value) for value in numbers)])
        rows += 1
    return {"uncertainty.csv": stream.getvalue()} if rows else {}


def _entries(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, Figure, Mapping[str, Any]]]:
    """Nation, configuration, figure and entry of every primary endpoint."""
    for nation in nations_of(summary):
        for name in configurations_of(summary):
            for figure in dict.fromkeys(primary_of(summary)):
                entry = entry_of(summary, name, nation, figure)
                if entry is not None:
                    yield nation, name, figure, entry


def _widest_words(told: Mapping[str, Any], zones: Mapping[str, str]) -> str:
    widest, wanted = told["widest"], float(told["half_width_wanted"])
    whose = f"{metric_words(widest['metric'])}, {group_words(widest['group'], zones)}"
    place = f"{widest['nation']}, {widest['configuration']}"
    told_of = for_markdown(f"{place}: {whose}")
    return (
        f"The widest interval of a primary endpoint is ±{100 * widest['half_width']:.1f} percentage points "
        f"over {widest['n']} seeds ({told_of}); about {told['seeds_needed']:,} seeds would bring it to "
        f"±{100 * wanted:g} (an estimate, from the spread seen so far)."
    )


def _bootstrap_words(summary: Mapping[str, Any]) -> str:
    """In how many differences the two kinds of interval disagree on zero."""
    both = [
        (told["low"] <= 0 <= told["high"], told["bootstrap_low"] <= 0 <= told["bootstrap_high"])
        for _, _, _, entry in _entries(summary)
        if (told := entry.get("difference")) and told["low"] is not None and told["low"] != told["high"]
    ]
    if not both:
        return "Bootstrap intervals of primary endpoints are in `tables/uncertainty.csv`."
    other = sum(student != bootstrap for student, bootstrap in both)
    return (
        "Bootstrap intervals (BCa) of primary endpoints are in `tables/uncertainty.csv`: in "
        f"{other} of {len(both)} differences they disagree with Student's on whether zero is inside."
    )


def _reductions(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    """The table of variance reductions; nothing where there are too few seeds to tell."""
    others = configurations_of(summary)[1:]
    told = {
        (nation, figure, name): entry["difference"]["variance_reduction"]
        for nation, name, figure, entry in _entries(summary)
        if "variance_reduction" in entry.get("difference", {})
    }
    if not any(value is not None for value in told.values()):
        return
    baseline = for_markdown(str(summary["baseline"]))
    yield "\n### What common seeds save\n"
    yield (
        f"{caveats_of(summary)} Variance of two separate samples over that of the paired difference from "
        f"{baseline}: how many times as many seeds it would take without pairing. Below 1, pairing costs. "
        f"{DASH}: the difference does not vary (zero in every seed, or the same), or fewer than 30 seeds "
        "have both; such figures are left out."
    )
    yield ""
    yield from head(["nation", "endpoint", *(for_markdown(name) for name in others)], n_words=2)
    for nation, figure in dict.fromkeys((nation, figure) for nation, figure, _ in told):
        values = [told.get((nation, figure, name)) for name in others]
        if any(value is not None for value in values):
            words = f"{metric_words(figure.metric)}: {group_words(figure.group, zones)}"
            cells = (
                DASH if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
                for value in values
            )
            yield row_of([for_markdown(nation), for_markdown(words), *cells])
