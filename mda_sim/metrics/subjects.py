"""Subjects of scoring: a vessel in one AIS state.

Model: figures are told apart by whether a vessel broadcasts at the moment, so its scored time is split where
it begins or stops to, and each part is laid to a **subject**. Subject k is target k in the state in which its
life begins, broadcasting or not; a target that is also in the other state has one more subject, numbered
after all targets. Sums are made by subject, and the parts of a vessel add up to all its time.

Assumptions and limits: false positions are broadcast too: they are the same state here.
Where next: ``frame.py`` splits the scored time of one replicate; ``groups.py`` makes cells of subjects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.world.broadcasts import AisState, stretches
from mda_sim.world.fleet import Fleet
from mda_sim.world.presence import intersection

SCORED: Final = Schema(
    "scored",
    (
        Column("target", "i8", "vessel or probe"),
        Column("t_from_us", "i8", "first instant [us]"),
        Column("t_to_us", "i8", "end [us]"),
        Column("subject", "i8", "what the time is laid to"),
    ),
    sort=("target", "t_from_us"),
)
"""Time that is scored: half-open intervals, those of one target one after the other."""


@dataclass(frozen=True, eq=False)
class Subjects:
    """The subjects of a fleet."""

    target: NDArray[np.int64]
    """Target of each subject, (n_subjects,); that of subject k < n_targets is k."""
    is_broadcasting: NDArray[np.bool_]
    """State of each subject, (n_subjects,)."""
    other: NDArray[np.int64]
    """Subject of each target in the other state, (n_targets,); its own number if it has but one."""


def subjects(fleet: Fleet) -> Subjects:
    """The subjects of a fleet."""
    sends = (fleet.broadcasts["state"] != AisState.SILENT).astype(np.int64)
    begins = sends[fleet.first_broadcast[:-1]].astype(np.bool_)
    rows = np.diff(fleet.first_broadcast)
    n_sending = np.bincount(fleet.broadcasts["target"], sends, minlength=fleet.n_targets)
    changing = np.flatnonzero((n_sending > 0) & (n_sending < rows))
    other = np.arange(fleet.n_targets)
    other[changing] = fleet.n_targets + np.arange(len(changing))
    return Subjects(
        np.concatenate([np.arange(fleet.n_targets), changing]),
        np.concatenate([begins, ~begins[changing]]),
        other,
    )


def scored_by_subject(present: Table, fleet: Fleet, known: Subjects) -> Table:
    """A PRESENCE table split by AIS state, laid to subjects: a SCORED table."""
    if len(known.target) == fleet.n_targets:
        return by_target(present)
    parts = []
    for is_broadcasting in (False, True):
        states = [state for state in AisState if (state != AisState.SILENT) == is_broadcasting]
        part = intersection(present, stretches(fleet.broadcasts, *states))
        parts.append(_scored(part, _subject(known, part["target"], np.full(len(part), is_broadcasting))))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0].columns}
    whole = Table.of(SCORED, columns)
    return whole.take(np.lexsort((whole["t_from_us"], whole["target"])))


def by_target(present: Table) -> Table:
    """A PRESENCE table laid to targets, whatever their AIS state: a SCORED table."""
    return _scored(present, present["target"].astype(np.int64))


def stays(present: Table, fleet: Fleet, known: Subjects) -> Table:
    """A PRESENCE table laid whole to the subjects in whose state each interval begins: a SCORED table."""
    sends = fleet.ais_states(present["target"], present["t_from_us"]) != AisState.SILENT
    return _scored(present, _subject(known, present["target"], sends))


def time_by_subject(scored: Table, n_subjects: int) -> NDArray[np.int64]:
    """Total time of each subject in a SCORED table [us], (n_subjects,)."""
    total_us = np.zeros(n_subjects, np.int64)
    np.add.at(total_us, scored["subject"], scored["t_to_us"] - scored["t_from_us"])
    return total_us


def _subject(
    known: Subjects, target: NDArray[np.uint32], is_broadcasting: NDArray[np.bool_]
) -> NDArray[np.int64]:
    own: NDArray[np.int64] = target.astype(np.int64)
    return np.where(known.is_broadcasting[own] == is_broadcasting, own, known.other[own])


def _scored(present: Table, subject: NDArray[np.int64]) -> Table:
    return Table.of(SCORED, {**present.columns, "subject": subject})
