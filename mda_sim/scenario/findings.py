"""The list of everything found wrong while one scenario is loaded.

All steps of loading report here and go on, so that a bad file shows all its problems at once. A key that an
earlier step has reported is not reported again by a later one: one mistake gives one message.

Where next: every module of this room; ``load.py`` raises what was collected.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

from mda_sim.core.errors import Problem, ScenarioError, Severity
from mda_sim.scenario.tree import Mark

_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # those of the YAML reader


class Findings:
    """Problems so far, and the lines of the files they lie in."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._problems: dict[Problem, None] = {}
        self._settled: set[tuple[Mark, str]] = set()
        self._incomplete: set[str] = set()

    def add_file(self, file: str, text: str) -> None:
        """Keep the lines of ``file`` for excerpts."""
        self._lines[file] = _LINE_BREAK.split(text)

    def error(self, mark: Mark, key: str, message: str) -> None:
        """Note an error at ``mark``, unless an earlier step has already reported that key."""
        self._note(mark, key, message, "error")

    def warn(self, mark: Mark, key: str, message: str) -> None:
        """Note something that does not stop the run."""
        self._note(mark, key, message, "warning")

    def settle(self) -> None:
        """End a step: keys with an error so far are not reported again."""
        self._settled = {(Mark(p.file, p.line, p.column), p.key) for p in self.errors}

    def excuse(self, path: str) -> None:
        """Note that keys are missing from ``path`` because of an error that is already noted."""
        self._incomplete.add(path)

    def is_excused(self, path: str) -> bool:
        """Whether keys missing from ``path`` need no message of their own."""
        return path in self._incomplete

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The errors, in file order."""
        return tuple(sorted(p for p in self._problems if p.severity == "error"))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings, in file order."""
        return tuple(sorted(p for p in self._problems if p.severity == "warning"))

    def raise_errors(self) -> None:
        """Raise ``ScenarioError`` with all errors, if there are any."""
        if self.errors:
            raise ScenarioError(self.errors)

    def _note(self, mark: Mark, key: str, message: str, severity: Severity) -> None:
        if (mark, key) in self._settled:
            return
        lines = self._lines.get(mark.file, [])
        excerpt = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
        self._problems[Problem(*mark, key, message, severity, excerpt)] = None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known word, or an empty text.

    >>> did_you_mean("swat_km", ["swath_km", "range_km"])
    "; did you mean 'swath_km'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words in quotes, sorted and parted by commas; many are cut short.

    >>> listed(["b", "a"])
    "'a', 'b'"
    """
    ordered = sorted(words)
    shown = ", ".join(repr(word) for word in ordered[:most])
    return f"{shown} and {len(ordered) - most} more" if len(ordered) > most else shown
