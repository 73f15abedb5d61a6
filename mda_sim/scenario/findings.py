"""The list of everything found wrong while one scenario is loaded.

All steps of loading report here and go on, so that a bad file shows all its problems at once. A key that an
earlier step has reported is not reported again by a later one: one mistake gives one message.

Assumptions and limits: after 300 errors the loading ends, so that no file, however wrong, takes long; of
the warnings the first 300 are kept.

Where next: every module of this room; ``load.py`` raises what was collected.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

from mda_sim.core.errors import Problem, ScenarioError, Severity
from mda_sim.scenario.tree import Mark, quoted

MAX_PROBLEMS: Final = 300
_HINTED_MAX: Final = 60  # characters of a word for which a nearest one is looked for
_NEAR_MAX: Final = 200  # words among which it is looked for
_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # those of the YAML reader


class Findings:
    """Problems so far, and the lines of the files they lie in."""

    def __init__(self, *, is_own: bool = False) -> None:
        self.is_own = is_own
        """Whether what is read was written by a run."""
        self.n_values = 0
        """Values read so far, in all files."""
        self._texts: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        self._problems: dict[Problem, None] = {}
        self._counts: dict[Severity, int] = {"error": 0, "warning": 0, "note": 0}
        self._settled: set[tuple[Mark, str]] = set()
        self._incomplete: set[str] = set()

    def add_file(self, file: str, text: str) -> None:
        """Keep the lines of ``file`` for excerpts."""
        self._texts[file] = text

    def error(self, mark: Mark, key: str, message: str) -> None:
        """Note an error at ``mark``, unless an earlier step has already reported that key.

        Raises ``ScenarioError`` with all errors so far once there are too many.
        """
        self._note(mark, key, message, "error")

    def warn(self, mark: Mark, key: str, message: str) -> None:
        """Note something that does not stop the run."""
        self._note(mark, key, message, "warning")

    def remark(self, mark: Mark, key: str, message: str) -> None:
        """Note something that is as it should be and must be known."""
        self._note(mark, key, message, "note")

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

    @property
    def notes(self) -> tuple[Problem, ...]:
        """What must be known, in file order."""
        return tuple(p for p in self._problems if p.severity == "note")

    def raise_errors(self) -> None:
        """Raise ``ScenarioError`` with all errors, if there are any."""
        if self.errors:
            raise ScenarioError(self.errors)

    def _note(self, mark: Mark, key: str, message: str, severity: Severity) -> None:
        mark, line = self._placed(mark)
        if (mark, key) in self._settled:
            return
        problem = Problem(*mark, key, message, severity, line)
        if problem in self._problems:
            return
        if self._counts[severity] < MAX_PROBLEMS:
            self._counts[severity] += 1
            self._problems[problem] = None
        elif severity == "error":
            message = f"more than {MAX_PROBLEMS} problems; these were found first, and the rest was not read"
            raise ScenarioError([Problem(mark.file, 0, 0, "", message), *self.errors])

    def _placed(self, mark: Mark) -> tuple[Mark, str]:
        """``mark`` with its line; at the end of the file if it lies beyond, as the YAML parser has it."""
        if mark.file not in self._lines and mark.file in self._texts:
            self._lines[mark.file] = _LINE_BREAK.split(self._texts[mark.file])
        lines = self._lines.get(mark.file)
        if not lines or not mark.line:
            return mark, ""
        if mark.line > len(lines):
            mark = Mark(mark.file, len(lines), len(lines[-1]) + 1)
        return mark, lines[mark.line - 1]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known word, or an empty text.

    Nothing is looked for where that would take long: for a long word, or among very many.

    >>> did_you_mean("swat_km", ["swath_km", "range_km"])
    "; did you mean 'swath_km'?"
    """
    if len(word) > _HINTED_MAX:
        return ""
    candidates = list(known)
    if len(candidates) > _NEAR_MAX:
        candidates = [one for one in candidates if one[:2] == word[:2]][:_NEAR_MAX]
    near = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words in quotes, sorted and parted by commas; many are cut short.

    >>> listed(["b", "a"])
    "'a', 'b'"
    """
    ordered = sorted(words)
    shown = ", ".join(quoted(word) for word in ordered[:most])
    return f"{shown} and {len(ordered) - most} more" if len(ordered) > most else shown
