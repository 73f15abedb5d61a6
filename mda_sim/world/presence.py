"""Intervals of targets: when each is there, inside a region, or broadcasting.

Model: a PRESENCE table has rows sorted by target and time; those of one target do not overlap. Sets of
intervals are intersected target by target.

Assumptions and limits: shared ends have no duration, so two intervals that only touch share nothing.
Where next: ``fleet`` and ``broadcasts`` make such tables, ``metrics`` sums over them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table

PRESENCE: Final = Schema(
    "presence",
    (
        Column("target", "u4", "vessel or probe"),
        Column("t_from_us", "i8", "first instant [us]"),
        Column("t_to_us", "i8", "last instant [us]"),
    ),
    sort=("target", "t_from_us"),
)
"""Intervals, both ends included, in which a target exists or is inside a region."""


def intersection(one: Table, other: Table) -> Table:
    """The time that lies in both of two PRESENCE tables, target by target."""
    from mda_sim.world.presence_kernels import intersect

    room = len(one) + len(other)
    target, t_from_us, t_to_us = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    n = intersect(
        one["target"].astype(np.int64),
        one["t_from_us"],
        one["t_to_us"],
        other["target"].astype(np.int64),
        other["t_from_us"],
        other["t_to_us"],
        target,
        t_from_us,
        t_to_us,
    )
    return Table.of(PRESENCE, {"target": target[:n], "t_from_us": t_from_us[:n], "t_to_us": t_to_us[:n]})


def within(intervals: Table, t_from_us: int, t_to_us: int) -> Table:
    """The part of a PRESENCE table in [t_from_us, t_to_us]; what has no duration there is left out."""
    begins = np.maximum(intervals["t_from_us"], t_from_us)
    ends = np.minimum(intervals["t_to_us"], t_to_us)
    whole = Table.of(PRESENCE, {"target": intervals["target"], "t_from_us": begins, "t_to_us": ends})
    return whole.take(ends > begins)


def joined(target: NDArray[np.int64], t_from_us: NDArray[np.int64], t_to_us: NDArray[np.int64]) -> Table:
    """A PRESENCE table of stretches in order, joined where one ends as the next of its target begins.

    Stretches of no duration are left out.
    """
    goes_on = (target[1:] == target[:-1]) & (t_from_us[1:] == t_to_us[:-1])
    is_start = np.concatenate([np.ones(min(len(target), 1), bool), ~goes_on])
    is_end = np.concatenate([~goes_on, np.ones(min(len(target), 1), bool)])
    columns = {"target": target[is_start], "t_from_us": t_from_us[is_start], "t_to_us": t_to_us[is_end]}
    whole = Table.of(PRESENCE, columns)
    return whole.take(whole["t_to_us"] > whole["t_from_us"])


def time_in(intervals: Table, n_targets: int) -> NDArray[np.int64]:
    """Total time of each target in a PRESENCE table [us], (n_targets,)."""
    total_us = np.zeros(n_targets, np.int64)
    np.add.at(total_us, intervals["target"], intervals["t_to_us"] - intervals["t_from_us"])
    return total_us
