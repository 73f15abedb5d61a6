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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H
from mda_sim.report.figures import configurations_of, primary_of
from mda_sim.report.text import for_csv
from mda_sim.report.words import group_words

#: Files by the beginnings of the metrics they hold; the first that fits takes a metric.
THEMES: Final = {
    "events": (
        "event_",
        "recovery_",
        *(f"custody_{word}_" for word in ("before", "during", "after", "since", "lost")),
    ),
    "custody": ("custody_", "scored_time_"),
    "age": ("age_",),
    "awareness": ("awareness_",),
    "area": ("area_", "revisit_", "response_", "time_average_gap", "access_"),
    "findable": ("findable_", "position_"),
    "silent": ("not_matched_",),
    "agreement": ("agreement_",),
    "latency": ("latency_", "stage_"),
    "gaps": ("gap_",),
    "counts": ("outcome_", "gate_", "no_route_", "holdings_"),
    "sharing": ("onward_", "exposure_"),
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

LOAD_FIGURES: Final = (
    "n",
    "wait_mean_s",
    "wait_max_s",
    "backlog_mean",
    "backlog_max",
    "busy_fraction",
    "bytes",
)
"""Figures of a desk or link, as ``metrics.load`` defines them."""
EXPOSURE_KEYS: Final = ("t_us", "origin", "node", "level", "is_stripped", "contacts", "parts")
EXPOSURE_COLUMNS: Final = (
    "configuration",
    "t_h",
    "origin",
    "node",
    "level",
    "is_stripped",
    "contacts",
    "parts",
)

_NO_DIFFERENCE: Final = {"mean": None, "low": None, "high": None, "n": None}


def sheets(summary: Mapping[str, Any], zones: Mapping[str, str]) -> dict[str, str]:
    """The text of each file by its name; ``zones`` gives names of zones by id."""
    lines: dict[str, list[str]] = {theme: [] for theme in THEMES}
    for theme, line in _lines(summary, zones):
        lines[theme].append(line)
    head = _text([COLUMNS])
    texts = {f"{theme}.csv": head + "".join(found) for theme, found in lines.items() if found}
    if "nodes" in summary:
        texts["nodes.csv"] = _nodes(summary, zones)
    if any(summary.get("queues", {}).values()):
        texts["load.csv"] = _load(summary)
    return texts


def exposure_sheet(found: Mapping[str, Iterable[Table]]) -> dict[str, str]:
    """What lay abroad over time, means over seeds, from the EXPOSURE tables of each configuration.

    The file by its name; none if nothing ever did.
    """
    lines: list[list[str]] = []
    for name, tables in found.items():
        totals: dict[tuple[str, ...], list[int]] = {}
        n_tables = 0
        for table in tables:
            n_tables += 1
            for row in zip(*(table[column].tolist() for column in EXPOSURE_KEYS), strict=True):
                t_us, origin, node, level, stripped, contacts, parts = row
                names = (
                    table.meta["parties"][origin],
                    table.meta["nodes"][node],
                    table.meta["levels"][level],
                    "yes" if stripped else "",
                )
                sums = totals.setdefault((repr(t_us / US_PER_H), *names), [0, 0])
                sums[0] += contacts
                sums[1] += parts
        for key, sums in totals.items():
            means = (repr(total / n_tables) for total in sums)
            lines.append([for_csv(name), *(for_csv(cell) for cell in key), *means])
    return {"exposure.csv": _text([EXPOSURE_COLUMNS, *lines])} if lines else {}


def _nodes(summary: Mapping[str, Any], zones: Mapping[str, str]) -> str:
    """The same columns for nodes other than picture nodes, behind the node's id."""
    nodes = summary["nodes"]
    whose = {"primary": summary["primary"], "baseline": summary["baseline"], **nodes}
    nations = {str(node): str(nation) for node, nation in nodes["nations"].items()}
    return _text([("node", *COLUMNS)]) + "".join(line for _, line in _lines(whose, zones, nations))


def _load(summary: Mapping[str, Any]) -> str:
    """What desks and links had to do, means and the most over seeds."""
    lines = [
        [
            for_csv(name),
            *queue.split(":"),
            *("" if entry.get(c) is None else repr(entry[c]) for c in LOAD_FIGURES),
        ]
        for name, queues in summary["queues"].items()
        for queue, entry in queues.items()
    ]
    return _text([("configuration", "kind", "id", *LOAD_FIGURES), *lines])


def _text(lines: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(lines)
    return stream.getvalue()


def _lines(
    summary: Mapping[str, Any], zones: Mapping[str, str], nations: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Theme and line of every figure, by holder, configuration (baseline first), metric and group.

    With ``nations`` (by holder) the nation stands behind the holder.
    """
    primary = set(primary_of(summary))
    configurations = summary["configurations"]
    of_group: dict[str, str] = {}  # cells that many lines share are put together once
    of_kind: dict[tuple[str, str], str] = {}
    for holder in sorted({holder for found in configurations.values() for holder in found}):
        whose = [holder] if nations is None else [holder, nations[holder]]
        for name in configurations_of(summary):
            for metric, groups in configurations[name].get(holder, {}).items():
                theme = next(theme for theme, starts in THEMES.items() if metric.startswith(starts))
                head = _cells(for_csv(cell) for cell in (*whose, name, metric))
                for group, entry in groups.items():
                    if group not in of_group:
                        of_group[group] = _cells(_group_cells(group, zones))
                    mark = "yes" if (metric, group) in primary else ""
                    kind = (mark, str(entry["unit"]))
                    if kind not in of_kind:
                        of_kind[kind] = _cells((mark, for_csv(kind[1])))
                    yield theme, f"{head},{of_group[group]},{of_kind[kind]},{_numbers(entry)}\n"


def _cells(cells: Iterable[str]) -> str:
    """Two or more cells as they stand in a line."""
    return _text([list(cells)]).removesuffix("\n")


def _group_cells(group: str, zones: Mapping[str, str]) -> list[str]:
    """Who and where in words, and the group as the summary spells it."""
    kind, _, zone = group.partition("@")
    return [for_csv(group_words(kind)), for_csv(zones.get(zone, zone)), for_csv(group)]


def _numbers(entry: Mapping[str, Any]) -> str:
    """Cells of numbers, each the shortest text that reads back the same; empty for what is undefined."""
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
    return ",".join(["" if value is None else repr(value) for value in found])
