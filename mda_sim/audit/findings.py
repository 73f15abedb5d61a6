"""Findings of the auditor: what the rules demand, what the books say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST_PER_RULE: Final = 5


@dataclass(frozen=True)
class Finding:
    """One rule that the books break, with its first places."""

    rule: str
    """Name of the rule."""
    count: int
    """Number of rows that break it."""
    places: tuple[str, ...]
    """The first of them: where, what is expected, what is found."""

    def __str__(self) -> str:
        more = f" (and {self.count - len(self.places):,} more)" if self.count > len(self.places) else ""
        return f"{self.rule}: " + "; ".join(self.places) + more


class Notebook:
    """Collects findings, a rule at a time."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def broken(self, rule: str, places: Sequence[str]) -> None:
        """Note every place at which ``rule`` is broken; nothing if there is none."""
        if places:
            self.findings.append(Finding(rule, len(places), tuple(places[:MOST_PER_RULE])))

    def rows(self, rule: str, wrong: NDArray[np.bool_], where: str, **columns: NDArray[np.generic]) -> None:
        """Note the rows where ``wrong`` holds, quoting the given columns of each."""
        rows = np.flatnonzero(wrong)
        if len(rows):
            places = tuple(
                f"{where} row {row}: "
                + ", ".join(f"{name} {column[row]}" for name, column in columns.items())
                for row in rows[:MOST_PER_RULE]
            )
            self.findings.append(Finding(rule, len(rows), places))
