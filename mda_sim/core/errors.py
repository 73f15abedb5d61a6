"""Errors that name what was found, what was expected, and what to do.

``Problem`` is one finding about an input file; ``ScenarioError`` carries all of them at once. Exit codes:
0 done, 1 failed while running (``RunError`` and below), 2 bad input (``ScenarioError``).

Whatever a file holds, the text of a problem is printable: controls, text-direction marks and the like are
shown escaped in words, and by a replacement character in the excerpt, so that the caret keeps its place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning", "note"]

_SHOWN: Final = 100  # characters of a line that an excerpt shows
_UNSHOWN: Final = "\ufffd"  # what an excerpt shows instead of a character that cannot be printed


class MdaError(Exception):
    """Base of every error that mda_sim raises on purpose."""

    exit_code = 1


@dataclass(frozen=True, order=True)
class Problem:
    """One finding about an input, with its place.

    ``line`` and ``column`` count from 1; 0 means that the finding has no place in a file (a ``--set``,
    a value built in Python). ``key`` is the dotted path of the key, empty for the file as a whole.
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    severity: Severity = "error"
    excerpt: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        head = f"{place}  {self.key}: {self.message}" if self.key else f"{place}  {self.message}"
        head = printable(head if self.severity == "error" else f"{self.severity}: {head}")
        if not self.excerpt:
            return head
        text, column = _window(self.excerpt, self.column)
        gutter = f"{self.line:>6} | "
        lead = "".join(_blank(character) for character in text[: column - 1])
        return f"{head}\n{gutter}{text}\n{' ' * (len(gutter) - 2)}| {lead}^"


def printable(text: str) -> str:
    r"""The text with every character that a terminal may act on, or not show, escaped.

    >>> printable("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _blank(character: str) -> str:
    """As much space as the character takes on a terminal."""
    if character == "\t":
        return "\t"
    if unicodedata.combining(character):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line around a column (from 1) that fits a terminal, and the column in that part."""
    start = max(0, column - _SHOWN // 2) if len(line) > _SHOWN and column > _SHOWN else 0
    shown = line[start : start + _SHOWN]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() or c == "\t" else _UNSHOWN for c in shown)
    before, after = ("..." if start else ""), ("..." if start + _SHOWN < len(line) else "")
    return f"{before}{shown}{after}", column - start + len(before)


class ScenarioError(MdaError):
    """The input cannot be run; ``problems`` holds every finding, in file order."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ShapeError(MdaError):
    """Arrays that do not fit together at a public edge."""


class DigestMismatch(MdaError):
    """A stored table or log is not the one that was asked for."""


class HashCollision(MdaError):
    """Two ids share an address of random draws; one of them must be renamed."""

    exit_code = 2


class RunError(MdaError):
    """The run cannot go on; the text says what to do."""


class AuditError(RunError):
    """The books and the rules disagree: a delivery or refusal that cannot be re-derived."""
