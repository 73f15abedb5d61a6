"""Numbers of the page: each says in its markup which figure of ``summary.json`` it is.

Model: a number is an element of class ``n`` with the configuration, nation, metric and group of its entry
(or the place of any other entry as ``data-path``), and with mean and ends of the interval as they stand in
the summary, so that whoever reads the page, or tests it, can find every number in the file.

Where next: ``lead`` and ``tables``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mda_sim.report.figures import Figure, entry_of
from mda_sim.report.words import compact_words, difference_words, value_words

if TYPE_CHECKING:
    from markupsafe import Markup


def value_span(summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure) -> Markup:
    """The mean of a figure."""
    return _span(summary, configuration, nation, figure, "value")


def change_span(summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure) -> Markup:
    """The paired difference of a figure from the baseline, with its interval."""
    return _span(summary, configuration, nation, figure, "difference")


def compact_span(summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure) -> Markup:
    """Mean, difference and half the width of its interval."""
    return _span(summary, configuration, nation, figure, "compact")


def interval_span(summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure) -> Markup:
    """The interval of the mean of a figure."""
    return _span(summary, configuration, nation, figure, "interval")


def ranged_span(summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure) -> Markup:
    """The mean of a figure with its interval in brackets; the mean alone where there is none."""
    return _span(summary, configuration, nation, figure, "ranged")


def path_span(summary: Mapping[str, Any], path: tuple[str | int, ...], words: str) -> Markup:
    """A number at any place of the summary, under ``words`` that were made from it."""
    from markupsafe import Markup

    entry: Any = summary
    for step in path:
        entry = entry[step]
    told = entry["mean"] if isinstance(entry, Mapping) else entry
    return Markup('<span class="n" data-path="{}" data-mean="{}">{}</span>').format(
        json.dumps(path, ensure_ascii=False), json.dumps(told), words
    )


def _span(summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure, what: str) -> Markup:
    from markupsafe import Markup

    entry = entry_of(summary, configuration, nation, figure)
    told = entry.get("difference", {}) if entry is not None and what == "difference" else entry or {}
    marks = {
        "what": what,
        "configuration": configuration,
        "nation": nation,
        "metric": figure.metric,
        "group": figure.group,
        **{end: json.dumps(told.get(end)) for end in ("mean", "low", "high")},
    }
    attributes = Markup(" ").join(Markup('data-{}="{}"').format(*pair) for pair in marks.items())
    return Markup('<span class="n" {}>{}</span>').format(attributes, _words(entry, what))


def _words(entry: Mapping[str, Any] | None, what: str) -> str:
    if what == "value":
        return value_words(entry)
    if what == "difference":
        return difference_words(entry)
    if what == "compact":
        return compact_words(entry)
    if what == "ranged":
        return ranged_words(entry)
    ends = _ends_words(entry)
    return " to ".join(ends) if ends else "one seed, no interval"


def ranged_words(entry: Mapping[str, Any] | None) -> str:
    """The mean of an entry with its interval in brackets; the mean alone where there is none.

    >>> ranged_words({"mean": 0.3, "low": 0.25, "high": 0.35, "n": 4, "unit": "1"})
    '30.0 % [25.0 %, 35.0 %]'
    """
    ends = _ends_words(entry)
    return f"{value_words(entry)} [{', '.join(ends)}]" if ends else value_words(entry)


def _ends_words(entry: Mapping[str, Any] | None) -> list[str]:
    """Low and high end of an entry's interval; nothing where it has none."""
    if entry is None or entry.get("low") is None or entry.get("high") is None:
        return []
    return [value_words({**entry, "mean": entry[end]}) for end in ("low", "high")]
