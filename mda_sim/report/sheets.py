"""Every figure of a run as tables for a spreadsheet: mean, interval, paired difference and n, one per line.

Model: one CSV file per theme. Numbers are written as the summary holds them, so that they read back the same;
what is undefined or infinite is empty, and ``n_infinite`` counts the seeds in which it is infinite.

Assumptions and limits: as for the summary: simulation only, perfect association, surface targets only, no
cueing; zones are illustrative and take no position on claims. Where next: ``study.run`` writes them to
``tables/``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mda_sim.report.figures import configurations_of, primary_of
from mda_sim.report.text import for_csv
from mda_sim.report.words import group_words

#: Files by the beginnings of the metrics they hold; the first that fits takes a metric.
THEMES: Final = {
    "custody": ("custody_", "scored_time_"),
    "age": ("age_",),
    "awareness": ("awareness_",),
    "area": ("area_", "revisit_", "response_"),
    "latency": ("latency_", "stage_"),
    "gaps": ("gap_",),
    "counts": ("outcome_", "gate_", "no_route_"),
    "other": ("",),
}
COLUMNS: Final = (
    "nation",
    "configuration",
    "metric",
    "vessels",
    "zone",
    "group",
    "is_primary",
    "unit",
    "mean",
    "low",
    "high",
    "n",
    "n_infinite",
    "difference",
    "difference_low",
    "difference_high",
    "difference_n",
)

_NO_DIFFERENCE: Final = {"mean": None, "low": None, "high": None, "n": None}


def sheets(summary: Mapping[str, Any], zones: Mapping[str, str]) -> dict[str, str]:
    """The text of each file by its name; ``zones`` gives names of zones by id."""
    lines: dict[str, list[list[str]]] = {theme: [] for theme in THEMES}
    for theme, cells in _rows(summary, zones):
        lines[theme].append(cells)
    texts = {}
    for theme, rows in lines.items():
        if rows:
            stream = io.StringIO()
            csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *rows])
            texts[f"{theme}.csv"] = stream.getvalue()
    return texts


def _rows(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Theme and cells of every figure, by nation, configuration (baseline first), metric and group."""
    primary = set(primary_of(summary))
    configurations = summary["configurations"]
    nations = sorted({nation for found in configurations.values() for nation in found})
    of_group: dict[str, list[str]] = {}
    for nation in nations:
        for name in configurations_of(summary):
            for metric, groups in configurations[name].get(nation, {}).items():
                theme = next(theme for theme, starts in THEMES.items() if metric.startswith(starts))
                head = [for_csv(nation), for_csv(name), for_csv(metric)]
                for group, entry in groups.items():
                    if group not in of_group:
                        of_group[group] = _group_cells(group, zones)
                    mark = "yes" if (metric, group) in primary else ""
                    unit = for_csv(str(entry["unit"]))
                    yield theme, [*head, *of_group[group], mark, unit, *_numbers(entry)]


def _group_cells(group: str, zones: Mapping[str, str]) -> list[str]:
    """Who and where in words, and the group as the summary spells it."""
    kind, _, zone = group.partition("@")
    return [for_csv(group_words(kind)), for_csv(zones.get(zone, zone)), for_csv(group)]


def _numbers(entry: Mapping[str, Any]) -> list[str]:
    """Each number as the shortest text that reads back the same; empty for what is undefined."""
    difference = entry.get("difference", _NO_DIFFERENCE)
    found = (
        entry["mean"],
        entry["low"],
        entry["high"],
        entry["n"],
        entry.get("n_infinite", 0),
        difference["mean"],
        difference["low"],
        difference["high"],
        difference["n"],
    )
    return ["" if value is None else repr(value) for value in found]
