"""Looks of an AIS receiver aboard a platform, compiled; the model is in ``mobile_ais``."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.airtime import Sets
from mda_sim.sensing.airtime_kernels import SILENT, interval_s, turns_for_s
from mda_sim.sensing.ais_kernels import is_held, log_missed
from mda_sim.sensing.looks import Held
from mda_sim.sensing.message_grid import MessageGrid, Raster
from mda_sim.sensing.message_grid_kernels import heard
from mda_sim.sensing.mobile_kernels import Arc, arc_of, chord_between, chord_to, hull_arc, leg_when, place_on
from mda_sim.sensing.slot_load import SLOTS_PER_S
from mda_sim.sensing.slot_load_kernels import clear
from mda_sim.sensing.windows import Legs, Whole
from mda_sim.world.fleet_kernels import leg_at

_EDGE_US = 1000


class Listener(NamedTuple):
    """The reports of one receiver and where it is; arrays by report are (n,). See ``mobile.Aboard``."""

    interval: NDArray[np.int64]
    """Number of the interval."""
    end_us: NDArray[np.int64]
    """Its end. [us]"""
    leg: NDArray[np.int64]
    """Row in ``legs`` when it begins."""
    places: NDArray[np.float64]
    """Unit vectors at start, middle and end, (n, 3, 3)."""
    legs: Legs
    """Legs of the hull."""
    interval_us: int
    """Length of an interval. [us]"""
    fastest_rad_s: float
    """Highest speed of the hull. [rad/s]"""
    p_decode: float
    """Probability that one transmission is decoded on a clear channel."""


class Load(NamedTuple):
    """What is on the air, in slots a second, in view of the hull and near the targets."""

    heard_per_s: NDArray[np.float64]
    """In view in each report, (n,)."""
    step_us: int
    """Step of time of ``near_per_s``. [us]"""
    near_per_s: NDArray[np.float64]
    """Within range of a ship in each cell, (n_steps, n_cells)."""
    raster: Raster
    """How the cells lie."""


@kernel
def fill_heard(
    grid: MessageGrid,
    middle_us: NDArray[np.int64],
    places: NDArray[np.float64],
    cos_reach: float,
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` (n,) with the slots a second in view in the middle of each report."""
    for k in range(out.shape[0]):
        out[k], _ = heard(grid, middle_us[k], places[k, 1, 0], places[k, 1, 1], places[k, 1, 2], cos_reach)


@kernel
def look_mobile_ais(
    meetings: NDArray[np.void],
    legs: Legs,
    sets: Sets,
    reach: NDArray[np.float64],
    hull: Listener,
    load: Load,
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    key: np.uint64,
    sensor: np.uint64,
    out: Held,
) -> int:
    """Look at the target of each meeting in each of its reports; return the number of rows in ``out``.

    ``reach``: chord up to which each target is heard [rad].
    """
    places, interval_us, n_held, leg_from_us = hull.places, hull.interval_us, 0, legs.t_from_us
    for m in range(meetings.shape[0]):
        target, leg = meetings[m]["target"], meetings[m]["leg"]
        end = np.int64(sets.first_leg[target]) + np.int64(sets.n_legs[target])
        address, index, furthest = np.uint64(addresses[target]), np.uint64(indices[target]), reach[target]
        first_row, stop_row = sets.first_row[target], sets.first_row[target + 1]
        of_step, near_per_s = np.int64(-1), 0.0  # anew, so that no hull depends on what another met before
        has_start, start = False, 0.0
        there, turned_us = arc_of(legs, leg), leg_from_us[leg]
        row, state_to_us = first_row, np.int64(-1)
        cached_leg: Whole = np.int64(-1)
        cached_load, cached = -1.0, 0.0
        for k in range(meetings[m]["first"], meetings[m]["stop"]):
            end_us = hull.end_us[k]
            start_us = end_us - interval_us
            if not has_start:
                leg = leg_when(legs, leg, end, start_us)
                there, turned_us = arc_of(legs, leg), _turned_us(legs, leg, sets)
                start = chord_to(there, start_us, places[k, 0, 0], places[k, 0, 1], places[k, 0, 2])
            start_leg = leg
            while leg + 1 < end and leg_from_us[leg + 1] <= end_us:
                leg += 1
            if leg != start_leg:
                there, turned_us = arc_of(legs, leg), _turned_us(legs, leg, sets)
            stop = chord_to(there, end_us, places[k, 2, 0], places[k, 2, 1], places[k, 2, 2])
            begin, has_start, start = start, True, stop
            comes = (there.w_rad_s + hull.fastest_rad_s) * interval_us * 0.5e-6
            if min(begin, stop) - comes > furthest:
                continue
            if start_us >= state_to_us:
                row = max(leg_at(sets.row_from_us, first_row, stop_row, start_us), first_row)
                state_to_us = sets.row_from_us[row + 1] if row + 1 < stop_row else np.int64(2**62)
                cached_leg = np.int64(-1)
            is_one, middle_us = start_leg == leg and state_to_us > end_us, end_us - interval_us // 2
            if is_one and sets.state[row] == SILENT:
                continue
            step = np.int64(min(middle_us // load.step_us, load.near_per_s.shape[0] - 1))
            if step != of_step:
                of_step = step
                near_per_s = load.near_per_s[step, _cell(there, end_us, load.raster)]
            is_steady = is_one and start_us >= turned_us
            if is_steady and max(begin, stop) + comes > furthest:
                middle = chord_to(there, middle_us, places[k, 1, 0], places[k, 1, 1], places[k, 1, 2])
                if min(begin, middle, stop) > furthest:
                    continue
                is_steady = max(begin, middle, stop) <= furthest
            hidden = max(load.heard_per_s[k] - near_per_s, 0.0) / SLOTS_PER_S
            last_us = end_us
            if is_steady:
                if leg != cached_leg or hidden != cached_load:
                    p = hull.p_decode * (1.0 - np.float64(sets.garbled_fraction[row])) * clear(hidden)
                    every_s = interval_s(sets.ais[target], legs.speed_mps[leg], False)
                    cached_leg, cached_load = leg, hidden
                    cached = -math.expm1(log_missed(p, interval_us * 1e-6 / every_s))
                p_interval = cached
            else:
                span = start_us, end_us, start_leg, end, row, stop_row
                missed, last_us = _parts(span, legs, sets, target, k, hull, furthest, clear(hidden))
                p_interval = -math.expm1(missed)
            if is_held(p_interval, address, index, sensor, hull.interval[k], key):
                out[n_held]["interval"] = k
                out[n_held]["target"] = target
                out[n_held]["dt_us"] = end_us - last_us
                out[n_held]["cell"] = 0
                n_held += 1
    return n_held


@kernel
def _turned_us(legs: Legs, leg: Whole, sets: Sets) -> Whole:
    """When the turn at the beginning of a leg ends."""
    lasts_s = (legs.t_to_us[leg] - legs.t_from_us[leg]) * 1e-6
    turns_us = np.int64(np.rint(turns_for_s(sets.turn_deg[leg], lasts_s) * 1e6))
    return np.int64(legs.t_from_us[leg] + turns_us)


@kernel
def _cell(arc: Arc, t_us: Whole, raster: Raster) -> int:
    """Number of the cell of a target, the nearest one outside them."""
    x, y, z = place_on(arc, t_us)
    lat_deg = math.degrees(math.asin(min(max(z, -1.0), 1.0)))
    lon_deg = math.degrees(math.atan2(y, x))
    row = math.floor((lat_deg - raster.south_deg) / raster.row_deg)
    column = math.floor((lon_deg - raster.west_deg) / raster.column_deg)
    row, column = min(max(row, 0), raster.n_rows - 1), min(max(column, 0), raster.n_columns - 1)
    return row * raster.n_columns + column


@kernel
def _parts(
    span: tuple[Whole, Whole, Whole, Whole, Whole, Whole],
    legs: Legs,
    sets: Sets,
    target: Whole,
    k: int,
    hull: Listener,
    furthest: float,
    clear_share: float,
) -> tuple[float, Whole]:
    """Logarithm of the probability that nothing sent in an interval is decoded, and the last instant heard.

    Stretch by stretch of one leg, one state and one rate of reporting, and these by halves of the interval.
    ``span``: start and end of the interval, the leg and the row of broadcasts that its start is in, and one
    past the last of each.
    """
    start_us, end_us, leg, end, row, stop_row = span
    missed = 0.0
    last_us, t_us = start_us, start_us
    half_us = start_us + hull.interval_us // 2
    while t_us < end_us:
        leg = leg_when(legs, leg, end, t_us)
        while row + 1 < stop_row and sets.row_from_us[row + 1] <= t_us:
            row += 1
        until_us = half_us if t_us < half_us else end_us
        if row + 1 < stop_row:
            until_us = min(until_us, sets.row_from_us[row + 1])
        if leg + 1 < end:
            until_us = min(until_us, max(legs.t_from_us[leg + 1], t_us + 1))
        is_turning = False
        if t_us < legs.t_from_us[leg] or t_us > legs.t_to_us[leg]:
            if t_us < legs.t_from_us[leg]:
                until_us = min(until_us, legs.t_from_us[leg])
            t_us = until_us
            continue
        until_us = min(until_us, max(legs.t_to_us[leg], t_us + 1))
        turned_us = _turned_us(legs, leg, sets)
        if t_us < turned_us:
            is_turning = True
            until_us = min(until_us, turned_us)
        if sets.state[row] != SILENT:
            from_us, to_us = _heard(t_us, until_us, leg, legs, k, hull, furthest)
            if to_us > from_us:
                every_s = interval_s(sets.ais[target], legs.speed_mps[leg], is_turning)
                p = hull.p_decode * (1.0 - np.float64(sets.garbled_fraction[row])) * clear_share
                missed += log_missed(p, (to_us - from_us) * 1e-6 / every_s)
                last_us = to_us
                if row + 1 < stop_row and to_us == sets.row_from_us[row + 1]:
                    last_us = to_us - 1  # from then on something else is sent
        t_us = until_us
    return missed, last_us


@kernel
def _heard(
    from_us: Whole, to_us: Whole, leg: Whole, legs: Legs, k: int, hull: Listener, furthest: float
) -> tuple[Whole, Whole]:
    """The part of a stretch in which a target is in reach, to a millisecond; empty if at neither end."""
    there, own = arc_of(legs, leg), hull_arc(hull.legs, hull.leg[k], to_us)
    is_last = chord_between(there, own, to_us) <= furthest
    if not own.from_us < from_us:
        own = hull_arc(hull.legs, hull.leg[k], from_us)
    is_first = chord_between(there, own, from_us) <= furthest
    if is_first == is_last:
        return (from_us, to_us) if is_first else (from_us, from_us)
    low, high = from_us, to_us
    while high - low > _EDGE_US:
        middle = (low + high) // 2
        if not own.from_us < middle <= own.to_us:
            own = hull_arc(hull.legs, hull.leg[k], middle)
        if (chord_between(there, own, middle) <= furthest) == is_first:
            low = middle
        else:
            high = middle
    return (from_us, low) if is_first else (high, to_us)
