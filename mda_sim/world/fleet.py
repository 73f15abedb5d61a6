"""The fleet: every vessel and probe of one replicate, as columns, with its motion as great-circle legs.

Model: a target moves on great-circle legs (``legs``). It is present on its legs, both ends included; where
two legs meet, the later one counts. Between legs that do not meet it is absent: in harbour, or a recording
does not know where it is. What it broadcasts on AIS, moment by moment, stands beside the truth
(``broadcasts``).

Targets 0 .. n_vessels - 1 are vessels, sorted by stream and index; the rest are probes. A **stream** is one
source of vessels (``class/route``, ``class/feature``, ``probe``); (address of the stream's name, index in
the stream) is the address of every draw about the target, here and in sensing. It depends on nothing else
in the fleet, so vessel k of a stream stays the same vessel whatever other traffic there is and however long
the run is.

Assumptions and limits: those of ``legs`` and ``broadcasts``. The AIS set that a target carries is fixed
for the run.
Where next: ``merchant``, ``militia`` and ``probes`` make groups of targets, ``groups.assemble`` merges them
into a fleet; sensing and metrics read it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.rng import address
from mda_sim.core.table import Column, Schema, Table
from mda_sim.geo.sphere import lat_lon
from mda_sim.world.broadcasts import (
    BROADCASTS,
    AisState,
    check_broadcasts,
    first_rows,
    places_sent,
    rows_at,
    stretches,
)
from mda_sim.world.legs import LEGS, clip_legs, legs_between, legs_from_waypoints, turns_deg
from mda_sim.world.presence import PRESENCE, intersection, joined

__all__ = [
    "BROADCASTS",
    "LEGS",
    "PRESENCE",
    "PROBE",
    "TARGETS",
    "AisClass",
    "AisState",
    "Fleet",
    "clip_legs",
    "legs_between",
    "legs_from_waypoints",
]


class AisClass(IntEnum):
    """The AIS transponder that a target carries.

    None, class A (ships under SOLAS), class B with carrier sense (CS) or class B self-organised (SO).
    """

    NONE = 0
    CLASS_A = 1
    CLASS_B = 2
    CLASS_B_SO = 3


TARGETS: Final = Schema(
    "targets",
    (
        Column("target", "u4", "dense id, the row number; probes come after all vessels"),
        Column("traffic_class", "u2", "class of traffic, or 'probe'", names="classes"),
        Column("stream", "u2", "source of vessels; its address is word 0 of draws", names="streams"),
        Column("index", "u4", "number within the stream; word 1 of draws"),
        Column("flag", "i2", "state it belongs to, -1 for a probe", names="flags"),
        Column("length_m", "f4", "length over all [m]"),
        Column("height_m", "f4", "height above the sea that reflects and carries antennas [m]"),
        Column("hull", "u1", "what it is made of: a Hull"),
        Column("ais", "u1", "AIS it carries: an AisClass"),
        Column("lit", "u1", "1 if it works under bright lights at night, else 0"),
        Column("bound_for", "i2", "nation of the port it sails to, -1 if unknown", names="destinations"),
        Column("first_leg", "u4", "row of its first leg"),
        Column("n_legs", "u4", "number of its legs, at least 1"),
    ),
    sort=("target",),
)
"""One row per vessel and probe."""

PROBE: Final = "probe"
"""Class and stream of the probes."""


@dataclass(frozen=True)
class Fleet:
    """All targets of one replicate. Raises ShapeError if the three tables do not fit together."""

    targets: Table
    """A TARGETS table."""
    legs: Table
    """A LEGS table."""
    broadcasts: Table
    """A BROADCASTS table."""
    n_vessels: int
    """Number of vessels; targets from this id on are probes."""

    def __post_init__(self) -> None:
        _check(self.targets, self.legs, self.n_vessels)
        check_broadcasts(self.broadcasts, self.legs["t_from_us"][self.targets["first_leg"]])

    def __repr__(self) -> str:
        return f"<Fleet: {self.n_vessels:,} vessels, {self.n_probes:,} probes, {len(self.legs):,} legs>"

    @property
    def n_targets(self) -> int:
        """Number of vessels and probes."""
        return len(self.targets)

    @property
    def n_probes(self) -> int:
        """Number of probes."""
        return self.n_targets - self.n_vessels

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams; the column ``stream`` indexes this."""
        return tuple(self.targets.meta["streams"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the traffic classes; the column ``traffic_class`` indexes this."""
        return tuple(self.targets.meta["classes"])

    @property
    def flags(self) -> tuple[str, ...]:
        """Nations that vessels fly the flag of; the column ``flag`` indexes this."""
        return tuple(self.targets.meta["flags"])

    @property
    def destinations(self) -> tuple[str, ...]:
        """Nations that vessels are bound for; the column ``bound_for`` indexes this."""
        return tuple(self.targets.meta["destinations"])

    @cached_property
    def stream_address(self) -> NDArray[np.uint32]:
        """Draw address of each stream, (n_streams,); read-only."""
        found = np.array([address(name) for name in self.streams], dtype=np.uint32)
        found.flags.writeable = False
        return found

    @property
    def draw_address(self) -> NDArray[np.uint32]:
        """Word 0 of the draw address of each target, (n_targets,); word 1 is the column ``index``."""
        return np.asarray(self.stream_address[self.targets["stream"]], np.uint32)

    def unit_vectors(self, targets: ArrayLike, t_us: ArrayLike) -> NDArray[np.float64]:
        """Unit vectors (n, 3) of targets at times, which broadcast together; nan where a target is absent.

        Fastest when queries of one target follow each other in time. IndexError for an unknown target.
        """
        from mda_sim.world.fleet_kernels import fill_positions

        ids, times = self._queries(targets, t_us)
        out = np.empty((ids.size, 3))
        legs = self.legs
        fill_positions(
            ids,
            times,
            self.targets["first_leg"],
            self.targets["n_legs"],
            legs["t_from_us"],
            legs["t_to_us"],
            legs["ax"],
            legs["ay"],
            legs["az"],
            legs["bx"],
            legs["by"],
            legs["bz"],
            legs["w_rad_s"],
            out,
        )
        return out

    def positions(
        self, targets: ArrayLike, t_us: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latitude and longitude [deg] of targets at times, each (n,); nan where a target is absent."""
        return lat_lon(self.unit_vectors(targets, t_us))

    def ais_states(self, targets: ArrayLike, t_us: ArrayLike) -> NDArray[np.uint8]:
        """AisState of targets at times, which broadcast together, (n,); IndexError for an unknown target."""
        state: NDArray[np.uint8] = self.broadcasts["state"][self.broadcast_rows(targets, t_us)]
        return state

    def broadcast_rows(self, targets: ArrayLike, t_us: ArrayLike) -> NDArray[np.int64]:
        """Row of ``broadcasts`` that holds for targets at times, (n,); IndexError for an unknown target."""
        return rows_at(self.broadcasts, self.first_broadcast, *self._queries(targets, t_us))

    def broadcast_positions(
        self, targets: ArrayLike, t_us: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Latitude and longitude [deg] that targets send at times, each (n,); nan where silent or absent."""
        ids, times = self._queries(targets, t_us)
        rows = rows_at(self.broadcasts, self.first_broadcast, ids, times)
        return places_sent(self.broadcasts, rows, *self.positions(ids, times), times)

    def presence(self) -> Table:
        """When each target is present: a PRESENCE table with one row per stretch, at least one per target."""
        legs = self.legs
        return joined(legs["target"].astype(np.int64), legs["t_from_us"], legs["t_to_us"])

    def in_state(self, *states: AisState) -> Table:
        """When each target is present and in one of ``states``: a PRESENCE table."""
        return intersection(self.presence(), stretches(self.broadcasts, *states))

    @cached_property
    def turn_deg(self) -> NDArray[np.float64]:
        """Angle by which the course changes at the start of each leg, (n_legs,) [deg]; see ``turns_deg``."""
        return turns_deg(self.legs)

    @cached_property
    def first_broadcast(self) -> NDArray[np.int64]:
        """First row of each target in ``broadcasts``, and the number of rows, (n_targets + 1,)."""
        return first_rows(self.broadcasts, self.n_targets)

    def digest(self) -> str:
        """SHA-256 over the three tables and the number of vessels."""
        tables = (self.targets, self.legs, self.broadcasts)
        text = "\x1f".join((*(table.digest() for table in tables), str(self.n_vessels)))
        return hashlib.sha256(text.encode()).hexdigest()

    def _queries(self, targets: ArrayLike, t_us: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Targets and times as contiguous rows of one length."""
        try:
            ids, times = np.broadcast_arrays(np.asarray(targets, np.int64), np.asarray(t_us, np.int64))
        except ValueError as error:
            raise ShapeError("targets and times of a position do not broadcast together") from error
        if ids.size and (ids.min() < 0 or ids.max() >= self.n_targets):
            raise IndexError(f"targets are 0 to {self.n_targets - 1}, got {ids.min()} to {ids.max()}")
        return np.ascontiguousarray(ids.ravel()), np.ascontiguousarray(times.ravel())


def _check(targets: Table, legs: Table, n_vessels: int) -> None:
    if targets.schema != TARGETS or legs.schema != LEGS:
        raise ShapeError("a fleet is made of a TARGETS and a LEGS table")
    n, counts = len(targets), targets["n_legs"].astype(np.int64)
    if not 0 <= n_vessels <= n or (targets["target"] != np.arange(n)).any():
        raise ShapeError(f"targets must be 0 to {n - 1} in order, and n_vessels at most {n}")
    if (counts < 1).any() or (targets["first_leg"] != np.cumsum(counts) - counts).any():
        raise ShapeError("every target needs at least one leg, and first_leg must add up n_legs")
    if len(legs) != counts.sum() or (legs["target"] != np.repeat(np.arange(n), counts)).any():
        raise ShapeError("legs must be sorted by target and agree with the targets' n_legs")
    if (legs["t_to_us"] <= legs["t_from_us"]).any():
        raise ShapeError("every leg must last")
    same = legs["target"][1:] == legs["target"][:-1]
    if (legs["t_from_us"][1:][same] < legs["t_to_us"][:-1][same]).any():
        raise ShapeError("the legs of one target must follow each other in time without overlap")
