"""Files that are written whole or not at all.

Where next: every writer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to; leaving the block without an error puts it in its place."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any] | list[Any]) -> None:
    """Compact JSON in UTF-8; ValueError for NaN or infinity."""
    with whole(path) as partial:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        partial.write_text(text + "\n", encoding="utf-8", newline="\n")


def rounded(value: float, digits: int = 6) -> float | None:
    """A number as JSON holds it, None if it is not finite; six digits of a degree are 0.1 m."""
    return round(float(value), digits) if abs(value) < float("inf") else None
