"""Rows of tables in Markdown, and the caveats that stand above each. Where next: ``answer``, ``sections``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mda_sim.report.text import for_markdown


def head(cells: Sequence[str], n_words: int = 1) -> Iterator[str]:
    """The head of a table; all columns but the first ``n_words`` are set to the right.

    >>> list(head(["a", "b"]))
    ['| a | b |', '| --- | ---: |']
    """
    yield row_of(cells)
    yield row_of(["---"] * n_words + ["---:"] * (len(cells) - n_words))


def row_of(cells: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def caveats_of(summary: Mapping[str, Any]) -> str:
    """The caveats of a summary as a sentence."""
    words = "; ".join(for_markdown(str(caveat)) for caveat in summary["caveats"])
    return f"{words[:1].upper()}{words[1:]}."
