"""What a case of the corpus is, and how cases are made: whole files, or the starter with one change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from mda_sim.scenario.starter import starter_text

Verdict = Literal["bad", "doubtful", "good"]
BASE = starter_text()


class Case(NamedTuple):
    """One file and what is to be said of it."""

    name: str
    content: bytes
    """The file, ``scenario.yaml`` in an empty folder."""
    verdict: Verdict
    line: int
    """Line of the problem; 0 for the file as a whole."""
    says: str
    """Part of the problem's text behind its place, such as ``key.path: message``."""
    n: int | None = 1
    """Number of problems; None where one mistake is many."""
    arguments: tuple[str, ...] = ()
    """Options of the check besides."""
    prepare: Callable[[Path], None] | None = None
    """Makes what else is in the folder."""

    def later(self, lines: int) -> Case:
        """The same case with the problem some lines further down."""
        return self._replace(line=self.line + lines)

    def and_(self, old: str, new: str) -> Case:
        """The same case with another change (of as many lines)."""
        text = self.content.decode()
        assert text.count(old) == 1, (self.name, text.count(old))
        return self._replace(content=text.replace(old, new).encode())


def whole(name: str, content: bytes | str, verdict: Verdict, line: int, says: str, n: int | None = 1) -> Case:
    """A whole file."""
    data = content.encode() if isinstance(content, str) else content
    return Case(name, data, verdict, line, says, n)


def change(
    name: str, old: str, new: str, verdict: Verdict, says: str = "", *, at: str = "", n: int | None = 1
) -> Case:
    """The starter with ``old`` (there once) replaced by ``new``; the problem lies in the line of ``at``.

    Without ``at``, it is the first line of ``new``.
    """
    assert BASE.count(old) == 1, (name, BASE.count(old))
    text = BASE.replace(old, new)
    line = text[: text.index(at or new.lstrip("\n "))].count("\n") + 1 if verdict != "good" else 0
    return Case(name, text.encode(), verdict, line, says, n)


def also(case: Case, *arguments: str, prepare: Callable[[Path], None] | None = None) -> Case:
    """The same case with options, or with more in the folder."""
    return case._replace(arguments=arguments, prepare=prepare)
