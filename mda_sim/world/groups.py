"""From groups of vessels, one for each stream, to a fleet with dense ids.

Model: streams in order of their names, vessels in order of their index, then the probes. Dense ids name
rows and are no part of a draw's address, so what else is in a fleet changes no vessel.

Assumptions and limits: the reflecting height of a vessel follows from its length (``height_m``).
Where next: ``merchant``, ``militia`` and ``probes`` make groups; ``world.build_fleet`` merges them here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.rng import check_addresses
from mda_sim.core.table import Schema, Table
from mda_sim.world.broadcasts import MADE_UP
from mda_sim.world.fleet import BROADCASTS, LEGS, TARGETS, Fleet
from mda_sim.world.hull import Hull

TALLEST_M: Final = 40.0
"""No vessel has a greater reflecting height. Assumption [m]"""


@dataclass(frozen=True)
class Group:
    """Vessels of one stream (or the probes), before they are merged into a fleet.

    Arrays have one row per target, (n,), with ``index`` rising; in ``legs`` and ``broadcasts`` the column
    ``target`` counts those rows, and so do made-up identities.
    """

    traffic_class: str
    """Id of the traffic class."""
    stream: str
    """Name of the stream."""
    index: NDArray[np.int64]
    """Number of each target within the stream."""
    flag: Sequence[str]
    """Nation of each target, '' for none."""
    length_m: NDArray[np.float64]
    """Length over all [m]."""
    ais: NDArray[np.uint8]
    """AIS carried: an AisClass."""
    legs: Table
    """Motion: a LEGS table."""
    broadcasts: Table
    """What each target broadcasts, and when: a BROADCASTS table."""
    hull: Hull = Hull.STEEL
    """What the vessels are made of."""
    bound_for: Sequence[str] = ()
    """Nation of the port that each target sails to, '' if none is known; empty if none is known of any."""
    lit: NDArray[np.bool_] | None = None
    """Whether each target works under bright lights at night; None if none does."""


def height_m(length_m: ArrayLike) -> NDArray[np.float64]:
    """Reflecting height of a vessel of that length over all [m], shape of the input.

    Assumption: 0.16 of the length, at least 1.5 and at most ``TALLEST_M``, so that the 50 m trawler has 8 m.

    >>> float(height_m(50.0))
    8.0
    """
    return np.clip(0.16 * np.asarray(length_m, np.float64), 1.5, TALLEST_M)


def assemble(
    groups: Sequence[Group], probes: Group | None = None, meta: Mapping[str, Any] | None = None
) -> Fleet:
    """Merge groups, in any order, into a fleet; empty groups keep their names in the metadata.

    ``meta`` is added to the metadata of the targets. HashCollision if two streams share a draw address,
    ShapeError if two groups share a stream or an index does not rise.
    """
    ordered = sorted(groups, key=lambda group: group.stream)
    parts = [*ordered, *([probes] if probes else [])]
    if len({part.stream for part in parts}) < len(parts):
        raise ShapeError("two groups of one fleet have the same stream")
    check_addresses((part.stream for part in parts), "stream")
    names = {
        "classes": sorted({part.traffic_class for part in parts}),
        "streams": sorted(part.stream for part in parts),
        "flags": sorted({flag for part in parts for flag in part.flag if flag}),
        "destinations": sorted({nation for part in parts for nation in part.bound_for if nation}),
    }
    targets, legs, broadcasts, base = [], [], [], 0
    for part in parts:
        targets.append(_target_columns(part, base, names))
        legs.append({**part.legs.columns, "target": part.legs["target"] + np.uint32(base)})
        broadcasts.append(_broadcast_columns(part, base))
        base += len(part.index)
    target_columns = _concatenate(TARGETS, targets)
    leg_columns = _concatenate(LEGS, legs)
    counts = np.bincount(leg_columns["target"], minlength=base)[:base]
    target_columns["n_legs"] = counts
    target_columns["first_leg"] = np.cumsum(counts) - counts
    return Fleet(
        Table.of(TARGETS, target_columns, {**names, **(meta or {})}),
        Table.of(LEGS, leg_columns),
        Table.of(BROADCASTS, _concatenate(BROADCASTS, broadcasts)),
        sum(len(part.index) for part in ordered),
    )


def _target_columns(part: Group, base: int, names: dict[str, list[str]]) -> dict[str, NDArray[Any]]:
    n = len(part.index)
    if n > 1 and not (np.diff(part.index) > 0).all():
        raise ShapeError(f"the index of stream '{part.stream}' does not rise")
    return {
        "target": np.arange(base, base + n),
        "traffic_class": np.full(n, names["classes"].index(part.traffic_class)),
        "stream": np.full(n, names["streams"].index(part.stream)),
        "index": part.index,
        "flag": _dense(part.flag, names["flags"]),
        "length_m": part.length_m,
        "height_m": height_m(part.length_m),
        "hull": np.full(n, part.hull),
        "ais": part.ais,
        "lit": np.zeros(n, np.uint8) if part.lit is None else part.lit,
        "bound_for": _dense(part.bound_for or [""] * n, names["destinations"]),
        "first_leg": np.zeros(n, np.int64),
        "n_legs": np.zeros(n, np.int64),
    }


def _broadcast_columns(part: Group, base: int) -> dict[str, NDArray[Any]]:
    mmsi = part.broadcasts["mmsi"].astype(np.int64)
    is_made_up = (mmsi >= MADE_UP) & (mmsi < 2 * MADE_UP)
    return {
        **part.broadcasts.columns,
        "target": part.broadcasts["target"].astype(np.int64) + base,
        "mmsi": np.where(is_made_up, mmsi + base, mmsi),
    }


def _dense(named: Sequence[str], names: Sequence[str]) -> NDArray[np.int16]:
    """Number of each nation among ``names``, -1 for none."""
    number = {name: row for row, name in enumerate(names)}
    return np.array([number.get(name, -1) for name in named], dtype=np.int16)


def _concatenate(schema: Schema, parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Columns of all parts, each in the type of the table from the start."""
    none = {column.name: np.empty(0, column.dtype) for column in schema.columns}
    return {
        column.name: np.concatenate(
            [none[column.name], *(part[column.name] for part in parts)], dtype=column.dtype, casting="unsafe"
        )
        for column in schema.columns
    }
