"""What each vessel broadcasts on AIS, and when: beside the truth, never instead of it.

Model: a BROADCASTS table has rows in order of target and time; a row holds from its instant until the next
row of the target. In the state SILENT nothing is sent; in TRUE the position sent is where the vessel is; in
FALSE_POSITION it is a reference point displaced by an offset. The reference is the vessel itself or, if
``place`` is stated, a fixed place; the offset turns clockwise once in ``period_s`` (0: it does not turn), and
has its stated direction at the scenario's start. So an offset vessel sails beside itself, and a circling one
goes round a place, each in closed form.

Identities: generated traffic has made-up identities, MADE_UP + its target number. Ship stations have
identities that begin with 2 to 7, so these are never mistaken for a real ship's.

Assumptions and limits: in FALSE_POSITION a set sends its true speed and course. Contacts are laid to the
right vessel whatever identity is broadcast (perfect association).

Source: format of identities: ITU-R Recommendation M.585-9, "Assignment and use of identities in the maritime
mobile service", 2022 (general knowledge, medium confidence).
Where next: ``groups`` merges the tables of groups, ``fleet.Fleet`` answers questions about them; sensing,
sharing filters and metrics ask.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.geo.sphere import destination
from mda_sim.world.presence import joined

MADE_UP: Final = 100_000_000
"""First of the made-up identities; there is room for as many."""


class AisState(IntEnum):
    """What a vessel does with its AIS at a moment."""

    SILENT = 0
    """It sends nothing: it carries no set, or the set is off."""
    TRUE = 1
    """It sends its true position."""
    FALSE_POSITION = 2
    """It sends a position that is not its own."""


BROADCASTS: Final = Schema(
    "broadcasts",
    (
        Column("target", "u4", "vessel or probe"),
        Column("t_from_us", "i8", "when this begins; it holds until the next row of the target [us]"),
        Column("state", "u1", "an AisState"),
        Column("mmsi", "u4", "identity sent, 0 if silent; MADE_UP + target if made up"),
        Column("offset_east_m", "f4", "what is sent lies so far east of the reference, at time 0 [m]"),
        Column("offset_north_m", "f4", "what is sent lies so far north of the reference, at time 0 [m]"),
        Column("place_lat_deg", "f8", "reference: latitude of a fixed place, NaN for the vessel [deg]"),
        Column("place_lon_deg", "f8", "reference: longitude of a fixed place, NaN for the vessel [deg]"),
        Column("period_s", "f4", "time in which the offset turns round once clockwise, 0 for never [s]"),
        Column("garbled_fraction", "f4", "share of messages that nobody can decode [0-1]"),
    ),
    sort=("target", "t_from_us"),
)
"""What is broadcast: each target has at least one row, and the first begins no later than its first leg."""


def broadcasts_of(target: ArrayLike, t_from_us: ArrayLike, state: ArrayLike, **columns: ArrayLike) -> Table:
    """A BROADCASTS table from rows in order of target and time; all arguments broadcast together to (n,).

    Columns that are not given: each target's own made-up identity where it is not silent, no offset, no
    place, no period, nothing garbled.
    """
    rows, states = np.asarray(target, np.int64), np.asarray(state, np.int64)
    values: dict[str, ArrayLike] = {
        "target": rows,
        "t_from_us": t_from_us,
        "state": states,
        "mmsi": np.where(states == AisState.SILENT, 0, MADE_UP + rows),
        "offset_east_m": 0.0,
        "offset_north_m": 0.0,
        "place_lat_deg": np.nan,
        "place_lon_deg": np.nan,
        "period_s": 0.0,
        "garbled_fraction": 0.0,
        **columns,
    }
    shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
    return Table.of(BROADCASTS, {name: np.broadcast_to(value, shape) for name, value in values.items()})


def for_life(is_broadcasting: ArrayLike, legs: Table) -> Table:
    """One state for the whole life of each target of a LEGS table: a BROADCASTS table with one row each.

    ``is_broadcasting`` (n,) has a claim for each target 0 .. n - 1 of ``legs``: it sends the truth, or
    nothing. ShapeError if a target has no leg.
    """
    claims = np.asarray(is_broadcasting, np.bool_)
    found, first = np.unique(legs["target"], return_index=True)
    if not np.array_equal(found, np.arange(len(claims))):
        raise ShapeError(f"expected legs of each of {len(claims)} targets, got legs of {len(found)}")
    state = np.where(claims, AisState.TRUE, AisState.SILENT)
    return broadcasts_of(np.arange(len(claims)), legs["t_from_us"][first], state)


def check_broadcasts(broadcasts: Table, first_us: NDArray[np.int64]) -> None:
    """ShapeError unless each target, whose first leg begins at ``first_us`` (n_targets,), has its rows."""
    if broadcasts.schema != BROADCASTS:
        raise ShapeError("what a fleet broadcasts is a BROADCASTS table")
    target, t_us = broadcasts["target"], broadcasts["t_from_us"]
    found, first = np.unique(target, return_index=True)
    same = target[1:] == target[:-1]
    if not np.array_equal(found, np.arange(len(first_us))) or (np.diff(target.astype(np.int64)) < 0).any():
        raise ShapeError("broadcasts must be sorted by target, with at least one row for each")
    if (np.diff(t_us)[same] <= 0).any() or (t_us[first] > first_us).any():
        raise ShapeError("broadcasts of a target must rise in time and begin no later than its first leg")
    silent = broadcasts["state"] == AisState.SILENT
    if (broadcasts["state"] > max(AisState)).any() or (silent != (broadcasts["mmsi"] == 0)).any():
        raise ShapeError("broadcasts need a state of AisState, and an identity unless silent")


def first_rows(broadcasts: Table, n_targets: int) -> NDArray[np.int64]:
    """First row of each target, and the number of rows, (n_targets + 1,)."""
    return np.searchsorted(broadcasts["target"], np.arange(n_targets + 1, dtype=np.uint32)).astype(np.int64)


def rows_at(
    broadcasts: Table, first_row: NDArray[np.int64], targets: NDArray[np.int64], t_us: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Row that holds for each target at each time, (n,); its first row before that has begun."""
    from mda_sim.world.broadcasts_kernels import fill_rows

    rows = np.empty(len(targets), np.int64)
    fill_rows(targets, t_us, first_row, broadcasts["t_from_us"], rows)
    return rows


def stretches(broadcasts: Table, *states: AisState) -> Table:
    """When each target is in one of ``states``: a PRESENCE table; its last stretch may end at NEVER_US."""
    target, begin_us = broadcasts["target"].astype(np.int64), broadcasts["t_from_us"]
    is_last = np.append(target[1:] != target[:-1], np.ones(min(len(target), 1), bool))
    end_us = np.where(is_last, NEVER_US, np.roll(begin_us, -1))
    rows = np.flatnonzero(np.isin(broadcasts["state"], states))
    return joined(target[rows], begin_us[rows], end_us[rows])


def places_sent(
    broadcasts: Table,
    rows: NDArray[np.int64],
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    t_us: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latitude and longitude [deg] that are sent at times by vessels that truly are at places; nan if silent.

    ``rows`` are those that hold; all (n,).
    """
    state = broadcasts["state"][rows]
    lat, lon = lat_deg.copy(), lon_deg.copy()
    lat[state == AisState.SILENT] = lon[state == AisState.SILENT] = np.nan
    at = np.flatnonzero((state == AisState.FALSE_POSITION) & np.isfinite(lat_deg))
    part = {name: broadcasts[name][rows[at]].astype(np.float64) for name in _PLACING}
    fixed = np.isfinite(part["place_lat_deg"])
    period_us = np.where(part["period_s"] > 0.0, part["period_s"] * US_PER_S, np.inf)
    turned_deg = 360.0 * (t_us[at] % period_us) / period_us
    bearing = np.rad2deg(np.arctan2(part["offset_east_m"], part["offset_north_m"])) + turned_deg
    lat[at], lon[at] = destination(
        np.where(fixed, part["place_lat_deg"], lat_deg[at]),
        np.where(fixed, part["place_lon_deg"], lon_deg[at]),
        bearing,
        np.hypot(part["offset_east_m"], part["offset_north_m"]),
    )
    return lat, lon


_PLACING: Final = ("offset_east_m", "offset_north_m", "place_lat_deg", "place_lon_deg", "period_s")
