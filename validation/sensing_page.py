"""What one part of ``sensing.md`` says: checks, each against a reference, and a table of details."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

NUMBERS, WORDS = "---:", "---"
REFERENCE = Path(__file__).with_name("reference")
TAG_WORDS = {
    "input": "the model was made from it; agreement says that the program does what its source says",
    "calibrated": "a number of the model was set so that it agrees; agreement is no evidence for the model",
    "held-out": "nothing in the model was set from it; a miss stays a miss",
    "theory": "a closed form or an exact sum that the program's own run has to obey",
}


@dataclass(frozen=True)
class Check:
    """One model beside one reference."""

    model: str
    """What is checked."""
    against: str
    """The reference, with its version if it is a package."""
    tag: str
    """A key of ``TAG_WORDS``."""
    found: str
    """The residual, in words with its unit."""
    asked: str
    """What it may be at most, in words."""
    agrees: bool
    """Whether it is."""


class Details(NamedTuple):
    """A table of a section."""

    columns: Sequence[str]
    """Its head."""
    rows: Sequence[Sequence[object]]
    """Its rows."""
    align: str = NUMBERS
    """How all columns but the first are aligned."""


@dataclass(frozen=True)
class Section:
    """A part of the page: a model, what it was compared with, and its assumptions and limits."""

    title: str
    """Heading."""
    text: str
    """Assumptions, limits and source, in prose."""
    checks: Sequence[Check]
    """Rows of the summary."""
    tables: Sequence[Details] = ()
    """Details."""

    def lines(self) -> Iterator[str]:
        """The section, line by line."""
        yield f"## {self.title}"
        yield ""
        yield from paragraph(self.text)
        for details in self.tables:
            yield from table(details.columns, details.rows, details.align)


def paragraph(text: str) -> Iterator[str]:
    """Prose, wrapped, and an empty line."""
    yield from textwrap.wrap(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)
    yield ""


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], others: str = "---:") -> Iterator[str]:
    """A table, and an empty line; ``others`` aligns all columns but the first."""
    yield f"| {' | '.join(columns)} |"
    yield f"| --- |{f' {others} |' * (len(columns) - 1)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
    yield ""


def reference(name: str) -> list[dict[str, str]]:
    """The rows of a file of reference values."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def sources(rows: Sequence[dict[str, str]]) -> str:
    """Where rows were read, each source once, in their order."""
    return "; ".join(dict.fromkeys(row["source"] for row in rows))
