"""The answer on a terminal: primary endpoints first, then what explains them, then all nations in short.

Model: one table per nation; a row is a figure, a column a configuration. A cell is the mean over seeds, the
paired difference from the baseline and half the width of its 95 % interval, in the unit of the value.
Configurations that do not fit the width go into a further table; those that change none of a nation's figures
are named instead of repeated.

Assumptions and limits: the tables end with the caveats of the summary: simulation only, perfect association,
surface targets only, no cueing. Breakdowns by class, flag and zone are in the files of the run (``answer``,
``sheets``). Where next: the command line prints ``print_summary``; ``summary_text`` gives the same as text.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.figures import (
    Block,
    blocks_of,
    configurations_of,
    entry_of,
    is_zero,
    nations_of,
    primary_of,
    unchanged,
)
from mda_sim.report.sections import (
    PROGRAMME_HEADS,
    PROGRAMMES_NOTE,
    programme_rows,
    programmes_heading,
)
from mda_sim.report.text import plain
from mda_sim.report.words import (
    DASH,
    ZONES_NOTE,
    compact_words,
    difference_words,
    group_words,
    metric_words,
    value_words,
)

if TYPE_CHECKING:
    from rich.console import Console

_WORDS_MAX: Final = 42
"""Longest name of a row [characters]; what is longer is cut."""
_HEADING_MAX: Final = 20
"""Width from which the name of a column is broken at its underscores [characters]."""
_GAP: Final = "  "


@dataclass(frozen=True)
class Line:
    """A line of a table: a row with its words and cells, or a heading without cells."""

    words: str
    cells: tuple[str, ...] = ()


def print_summary(
    console: Console, summary: Mapping[str, Any], zones: Mapping[str, str], *, brief: bool = False
) -> None:
    """Print the summary of a study; ``zones`` names zones by id, ``brief`` leaves what stands in short."""
    from rich.text import Text

    for text, style in _lines(summary, zones, console.width, brief=brief):
        console.print(Text(text, style=style), soft_wrap=style == "")


def summary_text(summary: Mapping[str, Any], zones: Mapping[str, str], width: int = 100) -> str:
    """The same as plain text without colour, ``width`` characters wide."""
    from rich.console import Console

    stream = io.StringIO()
    print_summary(Console(file=stream, width=width, color_system=None, force_terminal=False), summary, zones)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _lines(
    summary: Mapping[str, Any], zones: Mapping[str, str], width: int, *, brief: bool = False
) -> Iterator[tuple[str, str]]:
    """All lines with their style: '' for rows, which are not wrapped, else a style of rich."""
    if not brief:
        for nation in nations_of(summary):
            yield from _nation_lines(summary, nation, zones, width)
        yield from _programme_lines(summary, width)
    yield from _in_short(summary, width)
    for line in _footer(summary):
        yield line, "dim"


def _nation_lines(
    summary: Mapping[str, Any], nation: str, zones: Mapping[str, str], width: int
) -> Iterator[tuple[str, str]]:
    blocks = blocks_of(summary, nation, zones)
    same = unchanged(summary, nation, [row.figure for block in blocks for row in block.rows])
    shown = [name for name in configurations_of(summary) if name not in same]
    lines = [line for block in blocks for line in (*_block_lines(summary, nation, shown, block), Line(""))]
    yield plain(nation), "bold"
    if same:
        names = ", ".join(plain(name) for name in same)
        yield f"As '{plain(shown[0])}' in every figure below: {names}.", "none"
    for text in _grid(lines, [plain(name) for name in shown], width, repeated=1):
        yield text, ""


def _block_lines(
    summary: Mapping[str, Any], nation: str, configurations: Sequence[str], block: Block
) -> Iterator[Line]:
    """A heading, the rows below it, and a line that names those that are zero throughout."""
    yield Line(block.heading)
    cell = value_words if block.is_bare else compact_words
    zero = []
    for row in block.rows:
        if block.zeros and is_zero(summary, nation, row.figure, configurations):
            zero.append(row.words.strip())
            continue
        entries = [entry_of(summary, name, nation, row.figure) for name in configurations]
        yield Line(f" {row.words}", tuple(cell(entry) for entry in entries))
    if zero:
        yield Line(f" {block.zeros}: {', '.join(zero)}")


def _programme_lines(summary: Mapping[str, Any], width: int) -> Iterator[tuple[str, str]]:
    """What each programme changes; nothing without programmes."""
    lines = [Line(plain(name), cells) for name, cells in programme_rows(summary)]
    if not lines:
        return
    yield programmes_heading(summary), "bold"
    for text in _grid([*lines, Line("")], PROGRAMME_HEADS, width):
        yield text, ""
    yield PROGRAMMES_NOTE, "dim"
    yield "", ""


def _in_short(summary: Mapping[str, Any], width: int) -> Iterator[tuple[str, str]]:
    """The first group of primary endpoints, nations and configurations below each other."""
    primary = primary_of(summary)
    figures = [figure for figure in primary if figure.group == primary[0].group]
    if not figures:
        return
    names = configurations_of(summary)
    longest = max(len(plain(name)) for name in names)
    lines = []
    for nation in nations_of(summary):
        for name in names:
            cells = (_short_cell(entry_of(summary, name, nation, figure)) for figure in figures)
            lines.append(Line(f"{plain(nation)}  {plain(name):<{longest}}", tuple(cells)))
        lines.append(Line(""))
    yield f"In short: {group_words(figures[0].group)}", "bold"
    for text in _grid(lines, [metric_words(figure.metric) for figure in figures], width):
        yield text, ""
    yield f"In brackets: paired difference from '{plain(str(summary['baseline']))}', in the same unit.", "dim"


def _short_cell(entry: Mapping[str, Any] | None) -> str:
    """A value, and behind it its difference from the baseline without the interval."""
    difference = difference_words(entry).partition(" [")[0].removesuffix(" pp")
    return f"{value_words(entry)} ({difference})" if difference.startswith(("+", "-")) else value_words(entry)


def _grid(lines: Sequence[Line], names: Sequence[str], width: int, repeated: int = 0) -> Iterator[str]:
    """Lines set in columns, as many as fit ``width``; the rest below, with the first ``repeated`` again."""
    from rich.cells import cell_len, set_cell_size

    first = max((min(cell_len(line.words), _WORDS_MAX) for line in lines if line.cells), default=0)
    heads = [_broken(name) for name in names]
    wide = [
        max(cell_len(text) for text in (*head, *(line.cells[column] for line in lines if line.cells)))
        for column, head in enumerate(heads)
    ]
    for columns in _packed(wide, width - first, repeated):
        depth = max((len(heads[column]) for column in columns), default=0)
        for level in range(depth):
            text = " " * first
            for column in columns:
                head = ("",) * (depth - len(heads[column])) + heads[column]
                text += _GAP + _to_the_right(head[level], wide[column])
            yield text
        yield "─" * (first + sum(len(_GAP) + wide[column] for column in columns))
        for line in lines:
            if line.cells:
                cut = line.words if cell_len(line.words) <= first else line.words[: first - 1] + "…"
                cells = (_GAP + _to_the_right(line.cells[column], wide[column]) for column in columns)
                yield set_cell_size(cut, first) + "".join(cells)
            else:
                yield from textwrap.wrap(line.words, width, subsequent_indent="   ") or [""]


def _packed(wide: Sequence[int], room: int, repeated: int) -> Iterator[list[int]]:
    """Columns in groups that fit ``room``, each begun by the first ``repeated``, with at least one more."""
    head = list(range(repeated))
    group, used = head[:], sum(len(_GAP) + wide[column] for column in head)
    begun = used
    for column in range(repeated, len(wide)):
        needs = len(_GAP) + wide[column]
        if used + needs > room and len(group) > repeated:
            yield group
            group, used = head[:], begun
        group.append(column)
        used += needs
    yield group


def _broken(name: str) -> tuple[str, ...]:
    """The name of a column in lines of at most ``_HEADING_MAX``, broken after underscores and spaces."""
    lines = [""]
    for piece in name.replace("_", "_\0").replace(" ", " \0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(piece) > _HEADING_MAX:
            lines.append("")
        lines[-1] += piece
    return tuple(line.rstrip() for line in lines)


def _to_the_right(text: str, width: int) -> str:
    from rich.cells import cell_len

    return " " * (width - cell_len(text)) + text


def _footer(summary: Mapping[str, Any]) -> Iterator[str]:
    seeds = summary["seeds"]
    baseline = plain(str(summary["baseline"]))
    yield (
        f"Mean over {len(seeds)} seed{'s' if len(seeds) != 1 else ''}; behind it the paired difference from "
        f"'{baseline}' ± half its {summary['confidence_level']:.0%} interval over seeds, in the unit of the "
        f"value (percentage points for %). {DASH}: undefined; never: nothing was received that bounds it. "
        "Aware: share of the vessels that entered the area."
    )
    if any("@" in figure.group for figure in primary_of(summary)):
        yield ZONES_NOTE
    yield f"Caveats: {'; '.join(plain(str(caveat)) for caveat in summary['caveats'])}."
    for warning in summary["warnings"]:
        yield f"Warning: {plain(str(warning))}."
