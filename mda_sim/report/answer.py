"""The answer as a document: every breakdown that is too long for a terminal, in Markdown, from the summary.

Model: per nation the primary endpoints, all zones among them, the other blocks of the terminal, then custody
and the gap split by broadcasting or not, class, flag and zone, and latency by the party that saw; then what
``sections`` tells of all nations, and ``certainty`` of the seeds. A cell is the mean over seeds, the paired
difference from the baseline and half the width of its 95 % interval, in the unit of the value; n is the
number of seeds that have the figure. Configurations that change none of a table's figures are named above it.

Assumptions and limits: every section carries the caveats of the summary. Figures that are not here, and more
digits, are in the tables of ``sheets``. Where next: ``study.run`` writes it to ``answer.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.certainty import certainty
from mda_sim.report.event_tables import event_blocks, rate_lines
from mda_sim.report.figures import (
    Block,
    Figure,
    Row,
    blocks_of,
    configurations_of,
    entry_of,
    metrics_of,
    nations_of,
    primary_of,
    split_age,
    unchanged,
)
from mda_sim.report.gap_tables import cause_blocks
from mda_sim.report.markdown import caveats_of, head, row_of
from mda_sim.report.sections import after_nations
from mda_sim.report.text import for_markdown
from mda_sim.report.words import (
    DASH,
    GAP_WORDS,
    STAGE_WORDS,
    ZONES_NOTE,
    age_words,
    compact_words,
    group_words,
    metric_words,
)

#: Breakdowns of vessels, with the test that tells their groups.
_KINDS: Final[Mapping[str, Callable[[str], bool]]] = {
    "broadcasting or not": lambda group: (
        "@" not in group and group.partition(":")[0] not in ("class", "flag", "bound")
    ),
    "class": lambda group: group.startswith("class:"),
    "flag": lambda group: group.startswith("flag:"),
    "nation bound for": lambda group: group.startswith("bound:"),
    "zone": lambda group: "@" in group,
}


def answer(summary: Mapping[str, Any], zones: Mapping[str, str]) -> str:
    """The document; ``zones`` gives names of zones by id."""
    return "\n".join(_lines(summary, zones)) + "\n"


def _lines(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    baseline = for_markdown(str(summary["baseline"]))
    yield f"# The answer of scenario {for_markdown(str(summary.get('scenario', '')))}"
    yield ""
    yield f"**{caveats_of(summary)}** {ZONES_NOTE}"
    for warning in summary["warnings"]:
        yield f"\n**Warning: {for_markdown(str(warning))}.**"
    yield ""
    yield (
        f"Means over {len(summary['seeds'])} seeds. Behind a value stands the paired difference from "
        f"{baseline} ± half the width of its {summary['confidence_level']:.0%} interval over seeds, in the "
        f"unit of the value (percentage points for %). Intervals cover the luck of the seeds, not the "
        f"assumptions, are pointwise, and are not corrected for their number. n: seeds that have the figure. "
        f"{DASH}: undefined; never: nothing was received that would bound it. Configurations: the baseline, "
        "then the others by name."
    )
    yield ""
    yield (
        "`tables/` has every figure with mean, both ends of the interval, the paired difference with both "
        "ends, and n, one per line, undefined ones empty; `scores.csv` has the values seed by seed."
    )
    for nation in nations_of(summary):
        yield from _nation(summary, nation, zones)
    yield from after_nations(summary, zones)
    yield from certainty(summary, zones)


def _nation(summary: Mapping[str, Any], nation: str, zones: Mapping[str, str]) -> Iterator[str]:
    name, age, metrics = for_markdown(nation), split_age(summary), metrics_of(summary, nation)
    yield f"\n## {name}"
    primary = [row for figure in primary_of(summary) if (row := _endpoint(figure, zones))]
    yield from _table(summary, nation, "Primary endpoints", primary, by="endpoint")
    for block in blocks_of(summary, nation, zones):
        if not block.heading.startswith("Primary"):
            yield from _block_table(summary, nation, block)
    for block in (*cause_blocks(summary, nation), *event_blocks(summary, zones)):
        yield from _block_table(summary, nation, block)
    yield from rate_lines(summary, nation, zones)
    custody = f"custody_fraction_{age}"
    for kind, groups in _groups(metrics.get(custody, ())):
        rows = [Row(group_words(group, zones), Figure(custody, group)) for group in groups]
        heading = f"{metric_words(custody)} by {kind}"
        yield from _table(summary, nation, heading, rows, by="vessels", has_zones=kind == "zone")
    for kind, groups in _groups(metrics.get("gap_held_fraction", ())):
        yield from _gap_tables(summary, nation, kind, groups, zones, known=metrics)
    senders = [group for group in metrics.get("latency_mean_s", ()) if group.startswith("from:")]
    for group in senders:
        stages = (Row(words, Figure(f"stage_{stage}_mean_s", group)) for stage, words in STAGE_WORDS.items())
        figures = (Figure(f"latency_{name}_s", group) for name in ("p50", "p90", "p95", "mean"))
        rows = [*(Row(metric_words(figure.metric), figure) for figure in figures), *stages]
        yield from _table(summary, nation, f"Latency of contacts {group_words(group)}", rows, by="stage")


def _endpoint(figure: Figure, zones: Mapping[str, str]) -> Row:
    return Row(f"{metric_words(figure.metric)}: {group_words(figure.group, zones)}", figure)


def _block_table(summary: Mapping[str, Any], nation: str, block: Block) -> Iterator[str]:
    rows = [Row(row.words.strip().removesuffix(", and its stages:"), row.figure) for row in block.rows]
    yield from _table(summary, nation, block.heading, rows, by="figure")


def _groups(groups: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Groups of vessels by kind of breakdown; kinds without groups are left out."""
    found = list(groups)
    for kind, belongs in _KINDS.items():
        members = [group for group in found if belongs(group)]
        if members:
            yield kind, members


def _table(
    summary: Mapping[str, Any],
    nation: str,
    heading: str,
    rows: Sequence[Row],
    *,
    by: str,
    has_zones: bool = False,
) -> Iterator[str]:
    """A table of figures by configuration under its heading; nothing without figures."""
    configurations = configurations_of(summary)
    rows = [row for row in rows if any(entry_of(summary, one, nation, row.figure) for one in configurations)]
    if not rows:
        return
    same = unchanged(summary, nation, [row.figure for row in rows])
    names = [name for name in configurations if name not in same]
    yield from _above(summary, nation, heading, same, has_zones or any("@" in r.figure.group for r in rows))
    yield from head([by, *(for_markdown(name) for name in names), "n"])
    for row in rows:
        entries = [entry_of(summary, name, nation, row.figure) for name in names]
        yield row_of([for_markdown(row.words), *(compact_words(entry) for entry in entries), _n(entries)])


def _gap_tables(
    summary: Mapping[str, Any],
    nation: str,
    kind: str,
    groups: Sequence[str],
    zones: Mapping[str, str],
    *,
    known: Collection[str],
) -> Iterator[str]:
    """The gap split by one breakdown: a table per configuration, a row per group, a column per part.

    ``known``: names of the metrics that the nation has.
    """
    metrics = {f"gap_{part}_fraction": words for part, words in GAP_WORDS.items()}
    metrics = {metric: words for metric, words in metrics.items() if metric in known}
    same = unchanged(summary, nation, [Figure(metric, group) for metric in metrics for group in groups])
    age = age_words(split_age(summary))
    for name in configurations_of(summary):
        if name in same:
            continue
        heading = f"Held within {age}, and why not, by {kind}: {name}"
        yield from _above(summary, nation, heading, same, kind == "zone")
        yield from head(["vessels", *metrics.values(), "n"])
        for group in groups:
            entries = [entry_of(summary, name, nation, Figure(metric, group)) for metric in metrics]
            cells = (compact_words(entry) for entry in entries)
            yield row_of([for_markdown(group_words(group, zones)), *cells, _n(entries)])


def _above(
    summary: Mapping[str, Any], nation: str, heading: str, same: Sequence[str], has_zones: bool
) -> Iterator[str]:
    yield f"\n### {for_markdown(nation)}: {for_markdown(heading)}\n"
    notes = [caveats_of(summary)]
    if has_zones and ZONES_NOTE not in heading:
        notes.append(ZONES_NOTE)
    if same:
        names = ", ".join(for_markdown(name) for name in same)
        notes.append(f"As {for_markdown(str(summary['baseline']))} in every figure of this table: {names}.")
    yield " ".join(notes) + "\n"


def _n(entries: Sequence[Mapping[str, Any] | None]) -> str:
    """Number of seeds behind the values of a row, from the fewest to the most."""
    counts = [int(entry["n"]) for entry in entries if entry is not None]
    if not counts:
        return "0"
    return str(min(counts)) if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
