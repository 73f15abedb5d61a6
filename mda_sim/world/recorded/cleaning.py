"""Judge every row of a recording: which fixes are used, and which rule took out each of the others.

Model: rules are asked in the order of ``Rule``; the first that a row fails names it, so rows read are rows
used plus rows taken out by each rule. Rules on one row come first (time, identity, position, land); then rows
are put in order by vessel, time and place in the file, and asked against each other (duplicates, jumps), and
last against the area and the time of the run. Where a track jumps, leaves the area or is silent for longer
than the gap, it is broken: a **piece** is a run of fixes that legs may join.

Assumptions and limits: a track that jumps and stays away for three fixes goes on from there as a new piece;
so an identity that two hulls share alternates between them in pieces, or shows the hull that came first. Land
is that of the world's coast; where no coast is known, nothing is land.

Where next: ``tracks`` makes legs of the pieces; ``recording`` counts the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import Timeline
from mda_sim.geo.regions import Box, contains
from mda_sim.geo.sphere import unit_vectors
from mda_sim.world.recorded.identity import has_mid, has_other_form, has_ship_form
from mda_sim.world.recorded.rows import NO_TIME, RecordingError, Rows, Rule, counts_in_words
from mda_sim.world.recorded.spec import RecordedAisTraffic

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Bools = NDArray[np.bool_]
Places = NDArray[np.int64]

JUMP_FIXES: Final = 3
"""Fixes in a row that agree with each other and not with the track so far, before the track goes on from
them."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Fixes:
    """Fixes that make up tracks, sorted by vessel and time; (n,) each."""

    row: Places
    """Place of each in the recording."""
    t_us: NDArray[np.int64]
    """Time since the scenario's start [us]."""
    piece: Places
    """Piece of track that it belongs to, counted over all vessels."""
    rule: NDArray[np.uint8]
    """Final verdict on every row of the recording, (rows,)."""
    starts_us: int
    """The scenario's start on the recording's clock: microseconds since 1970 [us]."""
    n_out_of_order: int
    """Rows that were earlier in time than the row before them of the same vessel."""
    n_breaks: int
    """Times without a fix of more than ``gap_max_s`` between two fixes of one vessel."""


def clean(rows: Rows, spec: RecordedAisTraffic, box: Box, timeline: Timeline, land: Land) -> Fixes:
    """The usable fixes of a recording and the verdict on every row. RecordingError if none is left."""
    rule = rows.rule.copy()
    _judge_alone(rule, rows, spec, land)
    order = _ordered(rule, rows)
    n_out_of_order = _out_of_order(rule, rows)
    t_us = rows.t_us - np.where(rows.zoned, 0, round(spec.utc_offset_s * 1e6))
    order = _without_doubles(rule, rows, order)
    order, restart = _without_jumps(rule, rows, t_us, order, spec)
    order, broken = _inside(rule, rows, order, restart, box)
    new_vessel = _begins(rows.mmsi[order])
    silent = ~new_vessel & (np.diff(t_us[order], prepend=0) > round(spec.gap_max_s * 1e6))
    order, piece = _with_company(rule, order, new_vessel | broken | silent)
    if not len(order):
        raise RecordingError(f"no fix of it can be used: {counts_in_words(rule)}")
    starts_us = (timeline.start - _EPOCH) // timedelta(microseconds=1)
    if spec.starts == "at_start":
        starts_us = int(t_us[order].min())
    relative_us = t_us[order] - starts_us
    late = (relative_us < 0) | (relative_us > timeline.score_to_us)
    rule[order[late]] = Rule.OUTSIDE_RUN
    return Fixes(order, relative_us, piece, rule, starts_us, n_out_of_order, int(silent.sum()))


def _judge_alone(rule: NDArray[np.uint8], rows: Rows, spec: RecordedAisTraffic, land: Land) -> None:
    """Ask each row the rules that concern it alone."""
    unreadable = rows.t_us == NO_TIME
    _mark(rule, unreadable, Rule.UNREADABLE_TIME)
    told = (rule == Rule.KEPT) & rows.zoned
    if told.any():
        _mark(rule, ~rows.zoned, Rule.NO_TIME_ZONE)
    is_ship = has_ship_form(rows.mmsi) & ~rows.no_ship
    other = rows.no_ship | has_other_form(rows.mmsi)
    _mark(rule, ~is_ship & ~other, Rule.BAD_IDENTITY)
    _mark(rule, ~is_ship, Rule.NOT_A_SHIP)
    _mark(rule, ~has_mid(rows.mmsi // 1_000_000), Rule.UNALLOCATED_MID)
    lat, lon = rows.lat_deg, rows.lon_deg
    _mark(rule, ~np.isfinite(lat) | ~np.isfinite(lon), Rule.POSITION_UNREADABLE)
    _mark(rule, (lat == 91.0) | (lon == 181.0), Rule.POSITION_NOT_AVAILABLE)
    _mark(rule, (np.abs(lat) > 90.0) | (np.abs(lon) > 180.0), Rule.POSITION_OUT_OF_RANGE)
    at = np.flatnonzero(rule == Rule.KEPT)
    inland = is_inland(lat[at], lon[at], spec.land_margin_m, land)
    rule[at[inland]] = Rule.ON_LAND


def is_inland(
    lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], margin_m: float, land: Land
) -> Bools:
    """Whether each place (n,) is on land and further than ``margin_m`` from the coast, where it is known."""
    inland = np.zeros(len(lat_deg), np.bool_)
    at = np.flatnonzero(land.covers(lat_deg, lon_deg))
    at = at[land.is_land(lat_deg[at], lon_deg[at])]
    if len(at):
        inland[at] = land.distance_to_coast_m(lat_deg[at], lon_deg[at]) > margin_m
    return inland


def _mark(rule: NDArray[np.uint8], fails: Bools, named: Rule) -> None:
    rule[fails & (rule == Rule.KEPT)] = named


def _ordered(rule: NDArray[np.uint8], rows: Rows) -> Places:
    """Rows in use by vessel, time and place in the file."""
    at = np.flatnonzero(rule == Rule.KEPT)
    return at[np.lexsort((rows.t_us[at], rows.mmsi[at]))]


def _out_of_order(rule: NDArray[np.uint8], rows: Rows) -> int:
    at = np.flatnonzero(rule == Rule.KEPT)
    at = at[np.argsort(rows.mmsi[at], kind="stable")]
    back = np.diff(rows.t_us[at]) < 0
    return int((back & (np.diff(rows.mmsi[at]) == 0)).sum())


def _begins(mmsi: Places) -> Bools:
    """Whether each of the sorted rows is the first of its vessel."""
    return np.concatenate([np.ones(min(len(mmsi), 1), np.bool_), mmsi[1:] != mmsi[:-1]])


def _without_doubles(rule: NDArray[np.uint8], rows: Rows, order: Places) -> Places:
    """The first row of each vessel and time."""
    mmsi, t_us = rows.mmsi[order], rows.t_us[order]
    again = np.zeros(len(order), np.bool_)
    again[1:] = (mmsi[1:] == mmsi[:-1]) & (t_us[1:] == t_us[:-1])
    first = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
    same = (rows.lat_deg[order] == rows.lat_deg[first]) & (rows.lon_deg[order] == rows.lon_deg[first])
    rule[order[again & same]] = Rule.DUPLICATE
    rule[order[again & ~same]] = Rule.SAME_TIME
    return order[~again]


def _without_jumps(
    rule: NDArray[np.uint8],
    rows: Rows,
    t_us: NDArray[np.int64],
    order: Places,
    spec: RecordedAisTraffic,
) -> tuple[Places, Bools]:
    """Rows that follow from each other at a speed that is possible, and whether each begins anew."""
    from mda_sim.world.recorded.track_kernels import find_jumps

    points = unit_vectors(rows.lat_deg[order], rows.lon_deg[order])
    jumps, restarts = np.zeros(len(order), np.bool_), np.zeros(len(order), np.bool_)
    first = np.flatnonzero(_begins(rows.mmsi[order]))
    ends = np.append(first[1:], len(order))
    find_jumps(
        points, t_us[order], first, ends, spec.speed_max_mps, spec.jump_slack_m, JUMP_FIXES, jumps, restarts
    )
    rule[order[jumps]] = Rule.JUMP
    return order[~jumps], restarts[~jumps]


def _inside(
    rule: NDArray[np.uint8], rows: Rows, order: Places, restart: Bools, box: Box
) -> tuple[Places, Bools]:
    """Rows inside the box, and whether the track is broken before each."""
    inside = np.asarray(contains(box, rows.lat_deg[order], rows.lon_deg[order]), np.bool_)
    broken = restart.copy()
    broken[1:] |= ~inside[:-1]
    rule[order[~inside]] = Rule.OUTSIDE_AREA
    return order[inside], broken[inside]


def _with_company(rule: NDArray[np.uint8], order: Places, breaks: Bools) -> tuple[Places, Places]:
    """Rows of pieces of two fixes at least, and the piece of each."""
    piece = np.cumsum(breaks) - 1
    alone = np.bincount(piece, minlength=1)[piece] == 1
    rule[order[alone]] = Rule.LONE_FIX
    return order[~alone], np.unique(piece[~alone], return_inverse=True)[1].astype(np.int64)
