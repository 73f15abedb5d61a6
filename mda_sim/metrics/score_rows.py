"""Rows of the score table, and the CSV files that hold them.

Where next: ``scores`` makes rows, ``compare`` reads them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

FORMULA_STARTS: Final = ("=", "+", "-", "@", "'")
"""First characters of a text cell that a spreadsheet would not show as written."""


class ScoreRow(NamedTuple):
    """One row of the score table."""

    configuration: str
    """Sharing configuration."""
    seed: int
    """Seed of the replicate."""
    nation: str
    """Nation whose picture is scored."""
    node: str
    """Node that holds it."""
    metric: str
    """Name of the metric."""
    group: str
    """``<group>``, or ``<group>@<zone>``."""
    value: float
    """Value in ``unit``; NaN where undefined, infinite for an age that nothing bounds."""
    unit: str
    """``1`` for shares, ``s``, ``h``, ``m`` or ``count``."""
    n: int
    """How many vessels, probes, contacts or parts of reports it stands on."""


def to_csv(rows: Iterable[ScoreRow], path: Path) -> None:
    """Write rows to a CSV file: floats as the shortest text that reads back the same, NaN as ``nan``.

    A text cell that a spreadsheet would take for a formula is preceded by a single quote; characters that do
    not print are left out.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(ScoreRow._fields) + "\n")
        file.writelines(
            f"{_cell(configuration)},{seed!r},{_cell(nation)},{_cell(node)},{_cell(metric)},{_cell(group)},"
            f"{value!r},{_cell(unit)},{n!r}\n"
            for configuration, seed, nation, node, metric, group, value, unit, n in rows
        )


def from_csv(path: Path) -> tuple[ScoreRow, ...]:
    """Read the rows that ``to_csv`` wrote; ValueError if the header is another."""
    with path.open(encoding="utf-8", newline="") as file:
        return from_lines(file, path.name)


def from_lines(lines: Iterable[str], name: str) -> tuple[ScoreRow, ...]:
    """The rows in the lines of such a file; ValueError, which names it, if the header is another."""
    reader = csv.reader(lines)
    header = tuple(next(reader, ()))
    if header != ScoreRow._fields:
        raise ValueError(f"{name} has columns {header}, expected {ScoreRow._fields}")
    return tuple(
        ScoreRow(
            _plain(configuration),
            int(seed),
            _plain(nation),
            _plain(node),
            _plain(metric),
            _plain(group),
            float(value),
            _plain(unit),
            int(n),
        )
        for configuration, seed, nation, node, metric, group, value, unit, n in reader
    )


@lru_cache(maxsize=16_384)
def _cell(text: str) -> str:
    """A text as it stands in the file."""
    shown = text if text.isprintable() else "".join(filter(str.isprintable, text))
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(
        [f"'{shown}" if shown.startswith(FORMULA_STARTS) else shown, 0]
    )
    return line.getvalue().removesuffix(",0")


@lru_cache(maxsize=16_384)
def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell
