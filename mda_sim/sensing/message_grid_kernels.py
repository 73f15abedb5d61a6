"""Counting what is on the air by cells and hours, and adding up what is in view, compiled.

The model is in ``message_grid``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.airtime import Sets
from mda_sim.sensing.airtime_kernels import SILENT, interval_s
from mda_sim.sensing.message_grid import MessageGrid, Raster
from mda_sim.sensing.slot_load import STATIC_SLOTS_PER_S
from mda_sim.sensing.windows import Legs, Whole
from mda_sim.world.fleet_kernels import leg_at


@kernel
def add_vessels(
    sets: Sets,
    legs: Legs,
    n_vessels: int,
    raster: Raster,
    step_us: int,
    until_us: int,
    millionths: NDArray[np.int64],
) -> None:
    """Add to ``millionths`` (n_steps, n_cells) the slots that each vessel uses in [0, until_us]."""
    for target in range(n_vessels):
        if sets.ais[target] == 0:
            continue
        first_row, stop_row = sets.first_row[target], sets.first_row[target + 1]
        first_leg = np.int64(sets.first_leg[target])
        for leg in range(first_leg, first_leg + np.int64(sets.n_legs[target])):
            from_us, to_us = max(legs.t_from_us[leg], 0), min(legs.t_to_us[leg], until_us)
            if from_us >= to_us:
                continue
            slots_per_s = 1.0 / interval_s(sets.ais[target], legs.speed_mps[leg], False) + STATIC_SLOTS_PER_S
            row = max(leg_at(sets.row_from_us, first_row, stop_row, from_us), first_row)
            t_us = from_us
            while t_us < to_us:
                step = t_us // step_us
                end_us = min(to_us, (step + 1) * step_us)
                if row + 1 < stop_row:
                    end_us = min(end_us, sets.row_from_us[row + 1])
                if sets.state[row] != SILENT:
                    cell = _cell(legs, leg, (t_us + end_us) // 2, raster)
                    millionths[step, cell] += np.int64(np.rint((end_us - t_us) * slots_per_s))
                t_us = end_us
                if row + 1 < stop_row and sets.row_from_us[row + 1] <= t_us:
                    row += 1


@kernel
def _cell(legs: Legs, leg: Whole, t_us: Whole, raster: Raster) -> int:
    """Number of the cell that the target of a leg is in at a time, the nearest one outside the box."""
    x, y, z = position(
        legs.ax[leg],
        legs.ay[leg],
        legs.az[leg],
        legs.bx[leg],
        legs.by[leg],
        legs.bz[leg],
        legs.w_rad_s[leg],
        (t_us - legs.t_from_us[leg]) * 1e-6,
    )
    lat_deg = math.degrees(math.asin(min(max(z, -1.0), 1.0)))
    lon_deg = math.degrees(math.atan2(y, x))
    row = math.floor((lat_deg - raster.south_deg) / raster.row_deg)
    column = math.floor((lon_deg - raster.west_deg) / raster.column_deg)
    row = min(max(row, 0), raster.n_rows - 1)
    return row * raster.n_columns + min(max(column, 0), raster.n_columns - 1)


@kernel
def heard(
    grid: MessageGrid, t_us: Whole, x: float, y: float, z: float, cos_reach: float
) -> tuple[float, float]:
    """What is on the air at a time in cells whose middle is in reach of a place: slots a second, area [m2].

    ``x, y, z`` is the unit vector of the place, ``cos_reach`` the cosine of the angle at the Earth's centre
    that it reaches. Times beyond the last step count as in it.
    """
    step = min(max(t_us // grid.step_us, 0), grid.slots_per_s.shape[0] - 1)
    slots_per_s, area_m2 = 0.0, 0.0
    for cell in range(grid.area_m2.shape[0]):
        if x * grid.middle[cell, 0] + y * grid.middle[cell, 1] + z * grid.middle[cell, 2] >= cos_reach:
            slots_per_s += grid.slots_per_s[step, cell]
            area_m2 += grid.area_m2[cell]
    return slots_per_s, area_m2
