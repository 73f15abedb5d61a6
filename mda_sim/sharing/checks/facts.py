"""What the checks of a sharing section look at, and how they say what they found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mda_sim.core.errors import Severity
from mda_sim.core.time import Timeline
from mda_sim.sharing.network import NationSpec, SharingSpec


class Finding(NamedTuple):
    """One thing found in the sharing section."""

    key: str
    """Dotted path of the key within the scenario, such as 'sharing.links.phl_jpn.desk'."""
    message: str
    """What was found, and what was expected."""
    severity: Severity
    """'error' or 'warning'."""


@dataclass(frozen=True)
class Facts:
    """What the checks look at."""

    sharing: SharingSpec
    nations: Mapping[str, NationSpec]
    operators: Mapping[str, str]
    """Operator of each sensor, by sensor id."""
    timeline: Timeline | None


def is_backward(start: datetime | None, end: datetime | None) -> bool:
    """Whether a stretch of time ends before it begins, or is empty."""
    return start is not None and end is not None and end <= start


def unknown(key: str, kind: str, name: str, known: Mapping[str, object]) -> Finding:
    """An error at ``sharing.<key>``: it names something of a kind that is not there."""
    return Finding(f"sharing.{key}", f"unknown {kind} '{name}'; {choices(known)}", "error")


def choices(known: Mapping[str, object]) -> str:
    """What might have been named instead."""
    names = sorted(known)
    if not names:
        return "none is defined"
    shown = ", ".join(f"'{name}'" for name in names[:8])
    return f"expected one of {shown}" + (", ..." if len(names) > 8 else "")
