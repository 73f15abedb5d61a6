"""Sections of the answer about all nations: programmes, ladders, further nodes, exposure, desks and links.

Model: each section is a table made from its part of the summary (``metrics.programmes``, ``metrics.ladder``,
``metrics.compare``, ``metrics.exposure``, ``metrics.load`` define what it says), and is left out where the
summary has none.

Where next: ``answer`` puts them after the nations; ``tables`` prints the programmes at the end of a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.figures import Figure, configurations_of, entry_of, main_group, nations_of, split_age
from mda_sim.report.gap_tables import ladder_lines
from mda_sim.report.markdown import caveats_of, head, row_of
from mda_sim.report.picture_sections import picture_sections
from mda_sim.report.text import for_markdown, plain
from mda_sim.report.words import (
    DASH,
    ZONES_NOTE,
    compact_words,
    difference_words,
    group_words,
    metric_words,
    value_words,
)

PROGRAMME_HEADS: Final = (
    "host",
    "gain of the host",
    "contribution to each other nation",
    "nations reached",
    "share of contacts that reach any",
)
"""Columns of the table of programmes, after the programme itself."""

PROGRAMMES_NOTE: Final = (
    "Gain: the host's custody with all sharing, less that by own and licensed observations alone. "
    "Contribution: mean change of the other nations' custody against the baseline. "
    "Reached: nations in whose pictures its reports arrive."
)
"""What the columns of the table of programmes mean."""


def after_nations(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    """All sections, in Markdown; ``zones`` gives names of zones by id."""
    yield from _programmes(summary, zones)
    yield from _ladder(summary, zones)
    yield from ladder_lines(summary, zones)
    yield from _nodes(summary)
    yield from picture_sections(summary)
    yield from _exposure(summary)
    yield from _queues(summary)


def programme_rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each programme with the cells under ``PROGRAMME_HEADS``; nothing without programmes."""
    for name, told in summary.get("programmes", {}).get("programmes", {}).items():
        yield (
            str(name),
            (
                plain(str(told["host"])),
                _change_words(told["gain"]),
                _change_words(told["contribution"]),
                _number_words(told["onward_nations"]["mean"], "{:.1f}"),
                value_words({**told["onward_fraction"], "unit": "1"}),
            ),
        )


def programmes_heading(summary: Mapping[str, Any]) -> str:
    """Which custody the table of programmes is about."""
    told = summary["programmes"]
    return f"Programmes: {metric_words(told['metric'])}, {group_words(told['group'])}"


def _programmes(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    rows = list(programme_rows(summary))
    if not rows:
        return
    yield from _above(summary, programmes_heading(summary), PROGRAMMES_NOTE)
    yield from head(["programme", *PROGRAMME_HEADS], n_words=2)
    for name, (host, *cells) in rows:
        yield row_of([for_markdown(name), for_markdown(host), *cells])
    told = summary["programmes"]["programmes"]
    groups = list(dict.fromkeys(g for t in told.values() for found in t["custody"].values() for g in found))
    places = [zones.get(zone, zone) if zone else "area" for zone in (g.partition("@")[2] for g in groups)]
    notes = f"Paired differences from {for_markdown(str(summary['baseline']))}. {ZONES_NOTE}"
    yield from _above(summary, f"{programmes_heading(summary)}: what changes where", notes)
    yield from head(["programme", "nation", *(for_markdown(place) for place in places)], n_words=2)
    for name, entry in told.items():
        for nation, found in entry["custody"].items():
            changes = (_change_words(found[group]) if group in found else DASH for group in groups)
            yield row_of([for_markdown(str(name)), for_markdown(str(nation)), *changes])


def _ladder(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    rungs = summary.get("ladder", [])
    if not rungs:
        return
    steps = [str(step["to"]) for step in rungs[0]["steps"]]
    first = for_markdown(str(rungs[0]["steps"][0]["from"])) if steps else DASH
    note = "Behind the first value each column is the paired difference from the one to its left."
    yield from _above(summary, "Ladder", f"{note} {ZONES_NOTE}")
    yield from head(["nation", "endpoint", first, *(f"+ {for_markdown(step)}" for step in steps)], n_words=2)
    for rung in rungs:
        words = f"{metric_words(rung['metric'])}: {group_words(rung['group'], zones)}"
        cells = (difference_words({"unit": rung["unit"], **step}) for step in rung["steps"])
        value = value_words({**rung["first"], "unit": rung["unit"]})
        yield row_of([for_markdown(str(rung["nation"])), for_markdown(words), value, *cells])


def _nodes(summary: Mapping[str, Any]) -> Iterator[str]:
    found = summary.get("nodes")
    if not found:
        return
    group, age = main_group(summary), split_age(summary)
    figures = [
        *(Figure(f"custody_fraction_{label}", group) for label in dict.fromkeys(("6h", age))),
        Figure("age_mean_s", group),
        *(Figure(f"holdings_{way}_count", "all") for way in ("feed", "link", "group", "purged")),
    ]
    yield from _above(
        summary, f"Nodes: {group_words(group)}", "Counts are of contacts, by how they came first."
    )
    heads = [
        *(metric_words(figure.metric) for figure in figures if figure.metric.startswith("custody")),
        "mean age (capped)",
        "by feeds",
        "over links",
        "by groups",
        "purged",
    ]
    yield from head(["node", "nation", "configuration", *heads], n_words=3)
    for node, nation in found["nations"].items():
        for name in configurations_of(summary):
            entries = [entry_of(found, name, node, figure) for figure in figures]
            if any(entries):
                names = (for_markdown(str(word)) for word in (node, nation, name))
                yield row_of([*names, *(compact_words(entry) for entry in entries)])


def _exposure(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = []
    for nation in nations_of(summary):
        for name in configurations_of(summary):
            groups = summary["configurations"].get(name, {}).get(nation, {}).get("exposure_count", {})
            for group, entry in groups.items():
                if entry["mean"]:
                    words = "all" if group == "all" else group_words(group)
                    mean = entry_of(summary, name, nation, Figure("exposure_mean_count", group))
                    names = (for_markdown(str(word)) for word in (nation, name, words))
                    rows.append(row_of([*names, compact_words(entry), compact_words(mean)]))
    if not rows:
        return
    note = (
        "Contacts of a nation's own sensors at nodes of others, once for each node; not what was destroyed."
    )
    yield from _above(summary, "Exposure", note)
    yield from head(
        ["nation", "configuration", "held abroad", "at the end", "mean over scored time"], n_words=3
    )
    yield from rows


def _queues(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        (name, queue, entry)
        for name in configurations_of(summary)
        for queue, entry in summary.get("queues", {}).get(name, {}).items()
    ]
    if not rows:
        return
    note = (
        "Means over seeds, the longest wait and largest backlog of any seed. Backlog: what has come and is "
        "not done. Busy: open time under review over servers times open time; of a link, time under "
        "transmission. Sent: bytes over a link."
    )
    yield from _above(summary, "Desks and links", note)
    heads = ["came", "mean wait", "longest wait", "mean backlog", "largest backlog", "busy", "sent"]
    yield from head(["configuration", "desk or link", *heads], n_words=2)
    for name, queue, entry in rows:
        cells = [
            _number_words(entry["n"], "{:,.0f}"),
            value_words({"mean": entry["wait_mean_s"], "unit": "s"}),
            value_words({"mean": entry["wait_max_s"], "unit": "s"}),
            _number_words(entry["backlog_mean"], "{:,.2f}"),
            _number_words(entry["backlog_max"], "{:,.0f}"),
            value_words({"mean": entry["busy_fraction"], "unit": "1"}),
            _bytes_words(entry.get("bytes")) if queue.startswith("link:") else DASH,
        ]
        yield row_of([for_markdown(str(name)), for_markdown(queue.replace(":", " ")), *cells])


def _above(summary: Mapping[str, Any], heading: str, note: str) -> Sequence[str]:
    return (f"\n## {for_markdown(heading)}\n", f"{caveats_of(summary)} {note}\n")


def _change_words(difference: Mapping[str, Any]) -> str:
    """A difference of shares in percentage points with its interval."""
    return difference_words({"unit": "1", "difference": difference})


def _bytes_words(n_bytes: float | None) -> str:
    """A number of bytes in kB, MB or GB (powers of 1,000).

    >>> _bytes_words(2_500_000.0), _bytes_words(0.0)
    ('2.5 MB', '0.0 kB')
    """
    if n_bytes is None:
        return DASH
    for size, unit in ((1e9, "GB"), (1e6, "MB")):
        if n_bytes >= size:
            return f"{n_bytes / size:,.1f} {unit}"
    return f"{n_bytes / 1e3:,.1f} kB"


def _number_words(value: float | None, form: str) -> str:
    return DASH if value is None else form.format(value)
