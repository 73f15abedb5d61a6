"""The picture of a node at an instant, for people and files: a table on the terminal, CSV, plain data.

Model: rows of a SNAPSHOT table with ids turned into names and times into UTC. The terminal shows vessels, the
freshest first; CSV and JSON hold every target, probes too. What is undefined is a dash on the terminal,
``nan`` (a number) or nothing (a time, a name) in CSV, and null in JSON.

Assumptions and limits: those of ``picture.snapshot``, which the notes below the table repeat.
Where next: the command line prints it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.metrics.score_rows import FORMULA_STARTS
from mda_sim.records import NO_REPORT
from mda_sim.report.moments import clock, length_words, time_words
from mda_sim.report.text import plain
from mda_sim.report.words import DASH

if TYPE_CHECKING:
    from rich.console import Console

ROWS_SHOWN: Final = 40
"""Rows on the terminal unless another number is asked for."""

_NUMBERS: Final = ("age_s", "lat_deg", "lon_deg", "error_m", "error_grown_m")
"""Columns of numbers that may be undefined."""

COLUMNS: Final = (
    "name", "target", "traffic_class", "is_probe", "is_held", "t_observed_utc", "t_received_utc",
    "t_observed_us", "t_received_us", "age_s", "report", "part", "sensor", "originator", "is_stripped",
    "lat_deg", "lon_deg", "is_false", "error_m", "error_grown_m", "is_findable", "route", "hops", "mmsi",
    "n_duplicates", "n_conflicts",
)  # fmt: skip
"""Columns of CSV and keys of JSON rows, in order."""


def picture_rows(table: Table, timeline: Timeline) -> Iterator[dict[str, Any]]:
    """Each row of a SNAPSHOT table as plain data: keys ``COLUMNS``, None for what is undefined."""
    meta = table.meta
    for i in range(len(table)):
        row = {name: column[i].item() for name, column in table.columns.items()}
        held = row["report"] != NO_REPORT
        yield {
            "name": f"{meta['streams'][row['stream']]}#{row['index']}",
            "target": row["target"],
            "traffic_class": meta["classes"][row["traffic_class"]],
            "is_probe": row["target"] >= meta["n_vessels"],
            "is_held": held,
            "t_observed_utc": clock(timeline, row["t_observed_us"]) if held else None,
            "t_received_utc": clock(timeline, row["t_received_us"]) if held else None,
            "t_observed_us": row["t_observed_us"] if held else None,
            "t_received_us": row["t_received_us"] if held else None,
            "age_s": row["age_us"] / US_PER_S if held else None,
            "report": row["report"] if held else None,
            "part": row["part"] if held else None,
            "sensor": meta["sensors"][row["sensor"]] if held else None,
            "originator": meta["parties"][row["originator"]] if held else None,
            "is_stripped": bool(row["is_stripped"]),
            **{name: _number(row[name]) for name in ("lat_deg", "lon_deg")},
            "is_false": bool(row["is_false"]),
            **{name: _number(row[name]) for name in ("error_m", "error_grown_m")},
            "is_findable": bool(row["is_findable"]),
            "route": " > ".join(meta["routes"][row["route"]]) if held else None,
            "hops": row["hops"] if held else None,
            "mmsi": row["mmsi"] or None,
            "n_duplicates": row["n_duplicates"],
            "n_conflicts": row["n_conflicts"],
        }


def picture_csv(table: Table, timeline: Timeline) -> str:
    """All rows as CSV; a text cell that a spreadsheet would take for a formula is preceded by a quote."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in picture_rows(table, timeline):
        writer.writerow([_cell(name, row[name]) for name in COLUMNS])
    return stream.getvalue()


def print_picture(
    console: Console, table: Table, timeline: Timeline, head: Mapping[str, str], n_rows: int = ROWS_SHOWN
) -> None:
    """Print the vessels of a SNAPSHOT table, the freshest first, below the words of ``head``."""
    from rich.text import Text

    for text in _heading(table, timeline, head):
        console.print(Text(text))
    vessels = np.flatnonzero(table["target"] < table.meta["n_vessels"])
    freshest = vessels[np.argsort(table["age_us"][vessels], kind="stable")]
    console.print(_grid(table.take(freshest[:n_rows]), timeline))
    if len(freshest) > n_rows:
        console.print(Text(f"{len(freshest) - n_rows:,} more vessels: --rows shows more, --out writes all."))
    for text in _notes(table):
        console.print(Text(text, style="dim"))


def _heading(table: Table, timeline: Timeline, head: Mapping[str, str]) -> Iterator[str]:
    at = clock(timeline, table.meta["t_at_us"])
    yield f"Picture of {plain(table.meta['node'])} at {at}"
    yield ", ".join(f"{name} {plain(words)}" for name, words in head.items())
    is_vessel = table["target"] < table.meta["n_vessels"]
    held = table["report"] != NO_REPORT
    yield (
        f"{int((held & is_vessel).sum()):,} vessels held, "
        f"{int((~held & is_vessel).sum()):,} held before and destroyed since, "
        f"{int((held & is_vessel & (table['is_findable'] == 1)).sum()):,} findable; "
        f"{int((held & ~is_vessel).sum()):,} probes held"
    )


def _grid(table: Table, timeline: Timeline) -> Any:
    """The rows in columns."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name, to_the_right in (
        ("vessel", False), ("seen", False), ("age", True), ("error", True), ("within", True),
        ("by", False), ("way", False), ("MMSI", True), ("more", True),
    ):  # fmt: skip
        grid.add_column(name, justify="right" if to_the_right else "left", overflow="fold")
    for row in picture_rows(table, timeline):
        grid.add_row(*(Text(plain(cell)) for cell in _cells(row)))
    return grid


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    if not row["is_held"]:
        return (row["name"], "destroyed", *(DASH,) * 7)
    source = f"{row['sensor']} of {row['originator']}"
    marks = (f"{row['n_duplicates']}d" if row["n_duplicates"] else "") + (
        f" {row['n_conflicts']}c" if row["n_conflicts"] else ""
    )
    return (
        row["name"],
        row["t_observed_utc"][5:16].replace("T", " "),
        time_words(row["age_s"]),
        length_words(row["error_m"]) + (" false" if row["is_false"] else ""),
        length_words(row["error_grown_m"]),
        f"({source}: not told)" if row["is_stripped"] else source,
        row["route"],
        str(row["mmsi"] or DASH),
        marks.strip() or DASH,
    )


def _notes(table: Table) -> Iterator[str]:
    radius = length_words(table.meta["search_radius_m"])
    yield (
        "seen: UTC. error: 1 sigma when observed. within: error + top speed of the class x age, a bound on "
        f"how far off the vessel is by now, not an estimate; findable: within {radius}."
    )
    yield (
        "more: d duplicates (the same reporting interval, another sensor), c conflicts (measured where AIS "
        f"up to {time_words(table.meta['tau_us'] / US_PER_S)} old says it cannot be). false: a false "
        "position was broadcast. Perfect association; measured positions are not drawn."
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "nan" if name in _NUMBERS else ""
    if isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, str):
        return repr(value)
    text = "".join(filter(str.isprintable, value))
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
