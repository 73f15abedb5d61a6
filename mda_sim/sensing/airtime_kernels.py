"""How often AIS sets transmit, and when within reach, compiled; the models are in ``ais`` and ``airtime``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.airtime import Airtime, Sets, Squares
from mda_sim.sensing.ais import TURN_HOLD_S, TURN_LEAST_DEG, TURN_RATE_DEG_PER_S
from mda_sim.sensing.windows import Whole, Window, Windows
from mda_sim.world.fleet_kernels import leg_at

CLASS_A, CLASS_B, CLASS_B_SO = 1, 2, 3
"""See ``world.fleet.AisClass``."""
SILENT = 0
"""See ``world.broadcasts.AisState``."""


@kernel
def interval_s(ais_class: int, speed_mps: float, is_turning: bool) -> float:
    """Time between two positions that a set transmits; inf without one."""
    knots = speed_mps / KNOT_MPS
    if ais_class == CLASS_A:
        if knots <= 3.0:
            return 180.0
        if knots <= 14.0:
            return 10.0 / 3.0 if is_turning else 10.0
        return 6.0 if knots <= 23.0 and not is_turning else 2.0
    if ais_class == CLASS_B:
        return 180.0 if knots <= 2.0 else 30.0
    if ais_class == CLASS_B_SO:
        if knots <= 2.0:
            return 180.0
        if knots <= 14.0:
            return 30.0
        return 15.0 if knots <= 23.0 else 5.0
    return math.inf


@kernel
def turns_for_s(turn_deg: float, lasts_s: float) -> float:
    """How long from its start a leg of that length counts as a turn."""
    if not turn_deg > TURN_LEAST_DEG:
        return 0.0
    return min(turn_deg / TURN_RATE_DEG_PER_S + TURN_HOLD_S, lasts_s)


@kernel
def room_for(windows: Windows, first_row: NDArray[np.int64], squares: Squares) -> int:
    """An upper bound of the number of stretches in some windows of adjacent targets."""
    n = windows.shape[0]
    if n == 0:
        return 0
    room: int = first_row[windows[n - 1]["target"] + 1] - first_row[windows[0]["target"]]
    for i in range(n):
        from_us = max(windows[i]["t_from_us"], 0)
        to_us = min(windows[i]["t_to_us"], squares.until_us)
        room += 2 + max(to_us // squares.step_us - from_us // squares.step_us, 0)
    return room


@kernel
def fill_airtime(windows: Windows, sets: Sets, squares: Squares, p_decode: float, out: Airtime) -> int:
    """Fill ``out`` with the stretches of windows in which the targets transmit, up to the end of the grid.

    A stretch ends a microsecond before the next row of ``broadcasts``. Returns how many there are.
    """
    n = 0
    for i in range(windows.shape[0]):
        window = windows[i]
        target = window["target"]
        ais = sets.ais[target]
        first_leg = np.int64(sets.first_leg[target])
        end_leg = first_leg + np.int64(sets.n_legs[target])
        leg = leg_at(sets.leg_from_us, first_leg, end_leg, window["leg_from_us"])
        lasts_s = (sets.leg_to_us[leg] - sets.leg_from_us[leg]) * 1e-6
        turned_us = window["leg_from_us"] + np.int64(np.rint(turns_for_s(sets.turn_deg[leg], lasts_s) * 1e6))
        t_us = max(window["t_from_us"], 0)
        to_us = min(window["t_to_us"], squares.until_us)
        first_row, stop_row = sets.first_row[target], sets.first_row[target + 1]
        row = max(leg_at(sets.row_from_us, first_row, stop_row, t_us), first_row)
        while t_us <= to_us:
            is_turning = t_us < turned_us
            step = t_us // squares.step_us
            until_us = min(to_us, (step + 1) * squares.step_us)
            if is_turning:
                until_us = min(until_us, turned_us)
            changes = row + 1 < stop_row and sets.row_from_us[row + 1] - 1 <= until_us
            if changes:
                until_us = sets.row_from_us[row + 1] - 1
            if sets.state[row] != SILENT:
                out[n]["target"] = target
                out[n]["t_from_us"] = t_us
                out[n]["t_to_us"] = until_us
                out[n]["every_s"] = interval_s(ais, window["speed_mps"], is_turning)
                out[n]["p_decode"] = p_decode * (1.0 - np.float64(sets.garbled_fraction[row]))
                out[n]["step"] = min(step, squares.n_steps - 1)
                out[n]["square"] = _square(window, (t_us + until_us) // 2, squares)
                n += 1
            if until_us == to_us:
                break
            if changes:
                row += 1
                t_us = sets.row_from_us[row]
            else:
                t_us = until_us
    return n


@kernel
def _square(window: Window, t_us: Whole, squares: Squares) -> int:
    """Number of the square in which the target of a window is at a time; the nearest one outside the grid."""
    x, y, z = position(
        window["ax"],
        window["ay"],
        window["az"],
        window["bx"],
        window["by"],
        window["bz"],
        window["w_rad_s"],
        (t_us - window["leg_from_us"]) * 1e-6,
    )
    east, north = squares.east, squares.north
    scale = EARTH_RADIUS_M / squares.square_m
    column = _clipped((x * east[0] + y * east[1] + z * east[2]) * scale, squares.n_side)
    row = _clipped((x * north[0] + y * north[1] + z * north[2]) * scale, squares.n_side)
    return row * squares.n_side + column


@kernel
def _clipped(from_middle: float, n_side: int) -> int:
    """Number of the square along one side, from the distance to the middle in squares."""
    return min(max(math.floor(from_middle + 0.5 * n_side), 0), n_side - 1)
