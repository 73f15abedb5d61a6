"""Files of figures that can be made again: each whole, the SHA-256 of its rows in its last line, or absent.

Model: a file is named by all that its figures are made from, so what is there is used; one that is damaged
counts as absent.

Assumptions and limits: as ``folder``. Where next: ``variant_jobs`` keeps the units of sweeps and sensitivity
analyses, ``coalitions`` what a study of value has found.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mda_sim.core.spec import content_sha256
from mda_sim.metrics.score_rows import ScoreRow, from_lines, to_csv

_MARK: Final = b"# sha256 "


def store_rows(rows: Sequence[ScoreRow], path: Path, owner: str) -> None:
    """Write figures, whole or not at all; ``owner`` is at work in the folder (``presence``)."""
    partial = path.with_name(f".{path.name}.{owner}.{os.getpid()}.part")
    try:
        to_csv(rows, partial)
        digest = content_sha256(partial)
        with partial.open("ab") as file:
            file.write(_MARK + digest.encode() + b"\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def is_stored(path: Path) -> bool:
    """Whether the figures of a file are there as they were written."""
    return _content(path) is not None


def stored_rows(path: Path) -> tuple[ScoreRow, ...] | None:
    """The figures of a file; None if it is absent or damaged."""
    content = _content(path)
    return None if content is None else from_lines(io.StringIO(content.decode(), newline=""), path.name)


def _content(path: Path) -> bytes | None:
    """The bytes of the rows of a file; None if it is absent or they are not what they were."""
    try:
        content, _, digest = path.read_bytes().rpartition(_MARK)
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest().encode() + b"\n" == digest else None
