"""From the waypoints of the vessels of one stream to a group of the fleet, cut to the widened area.

Model: a vessel's life is one or more **stretches** at sea; between them it lies in port, which is not at sea,
and it is not present. Legs join the waypoints of one stretch and are cut to [0, score_to]; of each stretch,
what lies between its first entry into the box and its last exit is kept, as for merchant ships.

Assumptions and limits: a leg across the rim is cut at one of ``CUTS`` equal parts, on the outer side; a
stretch that only cuts a corner of the box between two such points is left out. A vessel that is not at sea in
the box during the run is not in the fleet.

Where next: all kinds but merchant ships end here; ``groups.assemble`` merges the groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.regions import Box, contains
from mda_sim.geo.sphere import EARTH_RADIUS_M, lat_lon
from mda_sim.world.groups import Group
from mda_sim.world.legs import LEGS, clip_legs, legs_between
from mda_sim.world.presence import PRESENCE
from mda_sim.world.traffic import TrafficBase, vessel_group

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CUTS: Final = 64
"""Number of parts of a leg at which it may be cut."""


@dataclass(frozen=True)
class Waypoints:
    """Where the vessels of a stream are and when: one row for each waypoint, all (n,)."""

    lat_deg: Floats
    """Latitude."""
    lon_deg: Floats
    """Longitude."""
    t_us: Ints
    """Time, never falling within a stretch. [us]"""
    index: Ints
    """Number of the vessel within the stream, never falling."""
    stretch: Ints
    """Number of the stretch at sea, never falling; each belongs to one vessel, those of a vessel follow each
    other in time."""


def voyage_group(
    class_id: str,
    stream: str,
    traffic: TrafficBase,
    waypoints: Waypoints,
    box: Box,
    end_us: int,
    seed: int,
    silent: tuple[Ints, Ints, Ints] | None = None,
) -> Group:
    """The vessels of a stream during [0, end_us] in ``box``, absent between their stretches.

    ``silent``: index of vessels that switch their AIS off for a time, in order, and when off and on [us].
    """
    stretch = waypoints.stretch
    legs = legs_between(waypoints.lat_deg, waypoints.lon_deg, waypoints.t_us, stretch)
    legs = cut_to_box(clip_legs(legs, 0, end_us), box)
    numbers, first = np.unique(stretch, return_index=True)
    vessel = waypoints.index[first][np.searchsorted(numbers, legs["target"])]
    kept, rows = np.unique(vessel, return_inverse=True)
    own_legs = Table.of(LEGS, {**legs.columns, "target": rows})
    quiet = None
    if silent is not None:
        there = np.isin(silent[0], kept)
        vessel, off_us, on_us = (part[there] for part in silent)
        columns = {"target": np.searchsorted(kept, vessel), "t_from_us": off_us, "t_to_us": on_us}
        quiet = Table.of(PRESENCE, columns)
    return vessel_group(class_id, stream, traffic, kept, own_legs, seed, silent=quiet)


def cut_to_box(legs: Table, box: Box) -> Table:
    """The legs of each target from its first entry into ``box`` to its last exit: a LEGS table."""
    n = len(legs)
    begins = _inside(legs, np.arange(n), np.zeros(n), box)
    ends = _inside(legs, np.arange(n), np.ones(n), box)
    rows = np.flatnonzero(~(begins & ends))
    first, last = np.zeros(n), np.ones(n)
    touches = np.ones(n, np.bool_)
    if len(rows):
        shares = np.linspace(0.0, 1.0, CUTS + 1)
        inside = _inside(legs, np.repeat(rows, CUTS + 1), np.tile(shares, len(rows)), box)
        inside = inside.reshape(len(rows), CUTS + 1)
        touches[rows] = inside.any(axis=1)
        first[rows] = shares[np.maximum(inside.argmax(axis=1) - 1, 0)]
        last[rows] = shares[np.minimum(CUTS - inside[:, ::-1].argmax(axis=1) + 1, CUTS)]
    found = np.flatnonzero(touches)
    target = legs["target"]
    vessels, enters = np.unique(target[found], return_index=True)
    leaves = np.append(enters, len(found))[1:] - 1
    row_in, row_out = found[enters], found[leaves]
    rows = np.arange(n)
    kept = np.zeros(n, np.bool_)
    if len(vessels):
        visit = np.minimum(np.searchsorted(vessels, target), len(vessels) - 1)
        kept = (vessels[visit] == target) & (rows >= row_in[visit]) & (rows <= row_out[visit])
    is_first, is_last = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    is_first[row_in], is_last[row_out] = True, True
    chosen = np.flatnonzero(kept)
    return _parts(legs, chosen, np.where(is_first, first, 0.0)[chosen], np.where(is_last, last, 1.0)[chosen])


def _inside(legs: Table, rows: Ints, share: Floats, box: Box) -> NDArray[np.bool_]:
    """Whether the place at each share of each leg is in the box."""
    lasts_s = (legs["t_to_us"] - legs["t_from_us"])[rows] / US_PER_S
    angle = legs["w_rad_s"][rows] * lasts_s * share
    c, s = np.cos(angle), np.sin(angle)
    place = np.stack([legs[f"a{axis}"][rows] * c + legs[f"b{axis}"][rows] * s for axis in "xyz"], axis=1)
    return contains(box, *lat_lon(place))


def _parts(legs: Table, rows: Ints, first: Floats, last: Floats) -> Table:
    """The part of each leg from one share of it to another, in whole microseconds."""
    part = legs.take(rows)
    lasts_us = part["t_to_us"] - part["t_from_us"]
    skipped_us = np.rint(lasts_us * first).astype(np.int64)
    end_us = np.where(
        last < 1.0, part["t_from_us"] + np.rint(lasts_us * last).astype(np.int64), part["t_to_us"]
    )
    angle = part["w_rad_s"] * (skipped_us / US_PER_S)
    c, s = np.cos(angle), np.sin(angle)
    cut = skipped_us > 0
    columns = dict(part.columns)
    for axis in "xyz":
        a, b = part[f"a{axis}"], part[f"b{axis}"]
        columns[f"a{axis}"] = np.where(cut, a * c + b * s, a)
        columns[f"b{axis}"] = np.where(cut, b * c - a * s, b)
    columns["t_from_us"] = part["t_from_us"] + skipped_us
    columns["t_to_us"] = end_us
    columns["speed_mps"] = part["w_rad_s"] * EARTH_RADIUS_M
    return Table.of(LEGS, columns)
