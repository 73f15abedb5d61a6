"""Custody over time: in every stretch of the scored time, the share of vessel-time that is held.

Model: ``custody.held_time``, told apart by stretches [edges[b], edges[b + 1]) instead of summed over all
scored time: integrals over each stretch, in integers, so that they add up to it exactly.

Assumptions and limits: those of ``custody``. In the table a stretch is an hour, the first begins with the
scored time, and the last may be shorter.
Source: definitions of this program.
Where next: ``phases`` asks before, during and after events; ``scores`` keeps the table, charts draw it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import US_PER_H, to_us
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.figures import group_key
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.groups import AIS_GROUPS, groups

OVER_TIME: Final = Schema(
    "custody_over_time",
    (
        Column("nation", "u1", "whose picture", names="nations"),
        Column("group", "u2", "vessels, perhaps in a zone", names="groups"),
        Column("age", "u1", "custody age", names="ages_s"),
        Column("t_from_us", "i8", "beginning of the hour [us]"),
        Column("held_us", "i8", "time of these vessels in custody during it [us]"),
        Column("scored_us", "i8", "their scored time during it [us]"),
    ),
    sort=("nation", "group", "age", "t_from_us"),
)
"""Custody in each scored hour. ``meta["ages_s"]`` holds the ages in seconds."""

STEP_US: Final = US_PER_H
"""Length of a stretch of the table: the resolution of all that is told over time [us]."""


class Held(NamedTuple):
    """Time in custody of each group of vessels in each stretch."""

    held_us: Mapping[str, NDArray[np.int64]]
    """By group, (n_ages, n_stretches) [us]."""
    scored_us: Mapping[str, NDArray[np.int64]]
    """Scored time by group, (n_stretches,) [us]."""


HoursHeld = Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
"""By group and zone, the time in custody (n_ages, n_hours) and scored (n_hours,) in each hour [us]."""


def asked_groups(frame: ScoringFrame, zone: str) -> list[str]:
    """Groups that are followed over time: those by AIS state, and what an endpoint names for the zone."""
    named = [endpoint.group for endpoint in frame.spec.primary if (endpoint.zone or "") == zone]
    return list(dict.fromkeys((*AIS_GROUPS, *named)))


def held_over_time(
    frame: ScoringFrame, picture: Table, nation: str, zone: str, edges_us: NDArray[np.int64]
) -> Held:
    """Time in custody of every followed group of one zone ('' for the whole area).

    ``picture``: AWARENESS table of the observations good enough for custody. ``edges_us`` rises.
    """
    from mda_sim.metrics.over_time_kernels import fill_over_time

    scored, cells = frame.scored[zone], frame.cells
    ages_us = np.array([to_us(age_s) for age_s in frame.spec.custody_age_s], np.int64)
    shape = (cells.n_cells, len(ages_us), len(edges_us) - 1)
    held_us, scored_us = np.zeros(shape, np.int64), np.zeros((shape[0], shape[2]), np.int64)
    fill_over_time(
        scored["target"],
        cells.of_subject[scored["subject"]],
        scored["t_from_us"],
        scored["t_to_us"],
        picture_offsets(picture, cells.n_subjects),
        picture["t_received_us"],
        picture["t_observed_us"],
        ages_us,
        edges_us,
        held_us,
        scored_us,
    )
    members = groups(cells, nation)
    asked = [name for name in asked_groups(frame, zone) if name in members]
    return Held(
        {name: held_us[members[name]].sum(axis=0) for name in asked},
        {name: scored_us[members[name]].sum(axis=0) for name in asked},
    )


def hours_held(frame: ScoringFrame, picture: Table, nation: str) -> HoursHeld:
    """Custody of a nation in each scored hour.

    ``picture``: as ``held_over_time`` asks. Followed are all vessels and the groups of the primary endpoints,
    in the area and in the zones that they name.
    """
    edges_us = hours(frame.timeline.score_from_us, frame.timeline.score_to_us)
    wanted = {"all", *(endpoint.key for endpoint in frame.spec.primary)}
    found: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    for zone in frame.scored:
        held = held_over_time(frame, picture, nation, zone, edges_us)
        for name, part_us in held.held_us.items():
            if (key := group_key(name, zone)) in wanted:
                found[key] = part_us, held.scored_us[name]
    return found


def over_time_table(frame: ScoringFrame, by_nation: Mapping[str, HoursHeld]) -> Table:
    """Custody of each nation in each scored hour: an OVER_TIME table of ``hours_held``, by nation."""
    edges_us = hours(frame.timeline.score_from_us, frame.timeline.score_to_us)
    found = {(nation, key): held for nation, of_one in by_nation.items() for key, held in of_one.items()}
    nations, keys = sorted(by_nation), sorted({key for _, key in found})
    ordered = sorted(found)
    n_ages, n_hours = len(frame.spec.custody_age_s), len(edges_us) - 1
    per_key = n_ages * n_hours
    columns = {
        "nation": np.repeat([nations.index(nation) for nation, _ in ordered], per_key),
        "group": np.repeat([keys.index(key) for _, key in ordered], per_key),
        "age": np.tile(np.repeat(np.arange(n_ages), n_hours), len(ordered)),
        "t_from_us": np.tile(edges_us[:-1], n_ages * len(ordered)),
        "held_us": _joined([found[key][0].ravel() for key in ordered]),
        "scored_us": _joined([np.tile(found[key][1], n_ages) for key in ordered]),
    }
    ages_s = [float(age_s) for age_s in frame.spec.custody_age_s]
    return Table.of(OVER_TIME, columns, {"nations": nations, "groups": keys, "ages_s": ages_s})


def hours(t_from_us: int, t_to_us: int) -> NDArray[np.int64]:
    """Edges of the hours from one moment to another; the last hour may be shorter [us].

    >>> hours(0, 2 * US_PER_H + 1).tolist()
    [0, 3600000000, 7200000000, 7200000001]
    """
    return np.append(np.arange(t_from_us, t_to_us, STEP_US, dtype=np.int64), np.int64(t_to_us))


def _joined(pieces: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(pieces) if pieces else np.empty(0, np.int64)
