"""Moments of the plain data as whole microseconds.

Where next: everything that reads dates from the sharing section.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mda_sim.core.time import NEVER_US, Timeline

Tree = Mapping[str, Any]
"""A part of a section as plain data: mappings, lists, strings, numbers."""


def moment_us(timeline: Timeline, moment: str | int | None, otherwise: int) -> int:
    """A moment on the timeline, from ISO 8601 or microseconds; ``otherwise`` where none is given [us]."""
    if moment is None:
        return otherwise
    return moment if isinstance(moment, int) else timeline.us_at(datetime.fromisoformat(moment))


def stretch_us(timeline: Timeline, stretch: Tree) -> tuple[int, int]:
    """First moment of a dated stretch and first moment after it [us]."""
    return (
        moment_us(timeline, stretch["from_utc"], -NEVER_US),
        moment_us(timeline, stretch["to_utc"], NEVER_US),
    )
