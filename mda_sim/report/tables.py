"""The answer as a table: primary endpoints first, then custody, age, latency, and the raw counts behind them.

Model: one table per nation; a row is a figure, a column a configuration, with the paired difference from the
baseline and its 95 % interval over seeds. Configurations that do not fit the width go into a further table.

Assumptions and limits: every table carries the caveats of the summary: simulation only, perfect association,
surface targets only, no cueing. Where next: the command line prints ``print_summary``, the README shows
``summary_text``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mda_sim.report.text import plain
from mda_sim.report.words import difference_words, group_words, metric_words, value_words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_FIRST_COLUMN: Final = 38
_VALUE_COLUMN: Final = 13
_DIFFERENCE_COLUMN: Final = 28


class Figure(NamedTuple):
    """A row of the table: which figure."""

    metric: str
    group: str


#: Secondary figures of every nation, after the declared endpoints.
SECONDARY: Final = (
    Figure("custody_fraction_6h", "all"),
    Figure("custody_fraction_24h", "all"),
    Figure("custody_fraction_organic_24h", "all"),
    Figure("area_coverage_fraction_6h", "all"),
    Figure("age_mean_s", "all"),
    Figure("age_p50_s", "all"),
    Figure("age_never_fraction", "all"),
    Figure("latency_p50_s", "all"),
    Figure("latency_p90_s", "all"),
)

#: Raw counts: contacts of vessels by other parties' sensors, mean over seeds.
COUNTS: Final = (
    ("outcome_delivered_count", "foreign contacts received"),
    ("outcome_in_flight_count", "  still on their way at the end"),
    ("outcome_expired_count", "  expired at a desk"),
    ("outcome_withheld_count", "  withheld by a gate"),
    ("outcome_no_route_count", "  without a route"),
)


def print_summary(console: Console, summary: Mapping[str, Any], zones: Mapping[str, str]) -> None:
    """Print the summary of a study; ``zones`` gives names of zones by id."""
    for nation in _nations(summary):
        for table in _nation_tables(summary, nation, zones, console.width):
            console.print(table)
            console.print()
    for part in _in_short(summary, zones):
        console.print(part)
    for line in _footer(summary):
        console.print(line, markup=False, highlight=False, style="dim")


def summary_text(summary: Mapping[str, Any], zones: Mapping[str, str], width: int = 100) -> str:
    """The same as plain text without colour, ``width`` characters wide."""
    from rich.console import Console

    stream = io.StringIO()
    print_summary(Console(file=stream, width=width, color_system=None, force_terminal=False), summary, zones)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _nation_tables(
    summary: Mapping[str, Any], nation: str, zones: Mapping[str, str], width: int
) -> Iterator[Table]:
    """The tables of one nation: the baseline beside as many configurations as fit."""
    baseline, *others = configurations_of(summary)
    room = max(1, (width - _FIRST_COLUMN - _VALUE_COLUMN) // (_VALUE_COLUMN + _DIFFERENCE_COLUMN))
    chunks = [others[start : start + room] for start in range(0, len(others), room)] or [[]]
    for chunk in chunks:
        yield _table(summary, nation, zones, [baseline, *chunk])


def _table(
    summary: Mapping[str, Any], nation: str, zones: Mapping[str, str], configurations: Sequence[str]
) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(plain(nation), style="bold"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("figure", max_width=_FIRST_COLUMN)
    for number, name in enumerate(configurations):
        table.add_column(Text(plain(name)), justify="right")
        if number:
            table.add_column("difference", justify="right", no_wrap=True)
    for number, block in enumerate(_blocks(summary, nation, zones, configurations)):
        if number:
            table.add_section()
        for words, cells in block:
            table.add_row(Text(words), *(Text(cell) for cell in cells))
    return table


Line = tuple[str, list[str]]
"""Words of a row and its cells; a heading has no cells."""


def _blocks(
    summary: Mapping[str, Any], nation: str, zones: Mapping[str, str], configurations: Sequence[str]
) -> Iterator[list[Line]]:
    """Blocks of rows: primary endpoints by group, secondary figures, raw counts."""
    primary = [Figure(str(entry["metric"]), str(entry["group"])) for entry in summary["primary"]]
    known = [figure for figure in primary if entry_of(summary, configurations[0], nation, figure)]
    if lines := list(_primary_lines(summary, nation, zones, configurations, known)):
        yield lines
    named = [(figure, _row_words(figure)) for figure in SECONDARY if figure not in primary]
    counts = [(Figure(metric, "all"), words) for metric, words in COUNTS]
    for rows in (named, counts):
        lines = [
            (words, _cells(summary, nation, figure, configurations))
            for figure, words in rows
            if entry_of(summary, configurations[0], nation, figure)
        ]
        if lines:
            yield lines


def _primary_lines(
    summary: Mapping[str, Any],
    nation: str,
    zones: Mapping[str, str],
    configurations: Sequence[str],
    figures: Sequence[Figure],
) -> Iterator[Line]:
    """A heading for each group with its figures below; a group that is zero throughout takes one line."""
    before = ""
    for group, members in groupby(figures, key=lambda figure: figure.group):
        found = list(members)
        kind, _, zone = group.partition("@")
        same_vessels = bool(zone) and kind == before
        yield f"  in {plain(zones.get(zone, zone))}" if same_vessels else group_words(group, zones), []
        before = kind
        entries = [entry_of(summary, name, nation, figure) for figure in found for name in configurations]
        if len(found) > 1 and all(entry is not None and entry["mean"] == 0 for entry in entries):
            yield "    all of its figures", ["0"] * (2 * len(configurations) - 1)
            continue
        for figure in found:
            yield f"    {metric_words(figure.metric)}", _cells(summary, nation, figure, configurations)


def _in_short(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[Table | Text]:
    """The first group of primary endpoints, nations and configurations side by side; nothing without one."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    primary = [Figure(str(entry["metric"]), str(entry["group"])) for entry in summary["primary"]]
    figures = [figure for figure in primary if figure.group == primary[0].group]
    if not figures:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("nation")
    table.add_column("configuration", no_wrap=True)
    for figure in figures:
        table.add_column(Text(metric_words(figure.metric)), justify="right", no_wrap=True)
    for number, nation in enumerate(_nations(summary)):
        if number:
            table.add_section()
        for name in configurations_of(summary):
            cells = [_short_cell(entry_of(summary, name, nation, figure)) for figure in figures]
            table.add_row(Text(plain(nation)), Text(plain(name)), *(Text(cell) for cell in cells))
    yield Text(f"In short: {group_words(figures[0].group, zones)}", style="bold")
    yield table
    yield Text(
        f"In brackets: paired difference from '{plain(str(summary['baseline']))}', in the same unit.\n"
    )


def _short_cell(entry: Mapping[str, Any] | None) -> str:
    """A value, and behind it its difference from the baseline without the interval."""
    difference = difference_words(entry).partition(" [")[0].removesuffix(" pp")
    return f"{value_words(entry)} ({difference})" if difference.startswith(("+", "-")) else value_words(entry)


def entry_of(
    summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure
) -> Mapping[str, Any] | None:
    """The entry of one figure in a summary, or None if it has none."""
    entry: Any = summary["configurations"]
    for key in (configuration, nation, figure.metric, figure.group):
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return entry if isinstance(entry, Mapping) else None


def configurations_of(summary: Mapping[str, Any]) -> list[str]:
    """The configurations of a summary, the baseline first, then by name."""
    baseline = str(summary["baseline"])
    return [baseline, *sorted(name for name in summary["configurations"] if name != baseline)]


def _row_words(figure: Figure) -> str:
    if figure.metric.startswith(("latency", "area")):
        return metric_words(figure.metric)
    return f"{metric_words(figure.metric)}, {group_words(figure.group)}"


def _cells(
    summary: Mapping[str, Any], nation: str, figure: Figure, configurations: Sequence[str]
) -> list[str]:
    """Value of the baseline, then value and difference of each other configuration."""
    cells = []
    for number, name in enumerate(configurations):
        entry = entry_of(summary, name, nation, figure)
        cells.append(value_words(entry))
        if number:
            cells.append(difference_words(entry))
    return cells


def _nations(summary: Mapping[str, Any]) -> list[str]:
    return sorted({nation for nations in summary["configurations"].values() for nation in nations})


def _footer(summary: Mapping[str, Any]) -> Iterator[str]:
    seeds = summary["seeds"]
    baseline = plain(str(summary["baseline"]))
    yield (
        f"Mean over {len(seeds)} seed{'s' if len(seeds) != 1 else ''}; in brackets the "
        f"{summary['confidence_level']:.0%} interval of the paired difference from '{baseline}' "
        "(pp: percentage points)."
    )
    yield f"Caveats: {'; '.join(plain(str(caveat)) for caveat in summary['caveats'])}."
    for warning in summary["warnings"]:
        yield f"Warning: {plain(str(warning))}."
