"""The message grid: how much AIS is on the air, by cells of the sea and hours, for receivers that hear far.

Model: a box is cut into cells of at most ``cell_deg`` of latitude and longitude. Each vessel that carries a
set and is not silent adds the slots that it uses, one for each position, every T(class, speed), and two
every 6 minutes for its static data, to the cell in which it truly is in the middle of its time there on one
leg, within one hour. A message of two slots counts as two. Probes are no traffic. Sums are of whole
millionths of a slot, so their order changes nothing.

Assumptions and limits: that class A reports faster while it turns is left out (by about a tenth, for a ship
that turns for a minute in half an hour). A vessel is in one cell for up to an hour: 30 km at 16 knots.
Vessels outside the box count in its nearest cell. Base stations and messages on demand are not counted.

Source: rates as in ``slot_load``. Where next: ``ais_satellite`` and receivers aboard aircraft add up the
cells in their view (``message_grid_kernels.heard``); all of one replicate share that of its ``Setting``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_H
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, lat_lon, unit_vectors
from mda_sim.sensing.airtime import sets_of
from mda_sim.sensing.windows import leg_columns

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet

CELL_DEG: Final = 1.0
"""Side of a cell unless stated. [deg]"""


class Raster(NamedTuple):
    """The cells of a box as kernels count in them: rows from the south, columns from the west."""

    south_deg: float
    west_deg: float
    row_deg: float
    column_deg: float
    n_rows: int
    n_columns: int


class MessageGrid(NamedTuple):
    """What is on the air, by hour and cell; a plain tuple, so that kernels take it as it is."""

    step_us: int
    """Length of a step of time: an hour. [us]"""
    slots_per_s: NDArray[np.float64]
    """Slots used on both channels together, (n_steps, n_cells). [1/s]"""
    middle: NDArray[np.float64]
    """Unit vectors of the middles of the cells, (n_cells, 3)."""
    area_m2: NDArray[np.float64]
    """Area of each cell, (n_cells,); those of all cells add up to that of the box. [m2]"""
    raster: Raster
    """How the cells lie."""


def message_grid(
    fleet: Fleet, until_us: int, box: Box | None = None, cell_deg: float = CELL_DEG
) -> MessageGrid:
    """What the vessels of a fleet send from 0 to ``until_us`` in a box (None: the smallest that holds them).

    Not to be written to. ValueError for a time or a cell that is not positive.
    """
    if until_us <= 0 or not cell_deg > 0.0:
        raise ValueError(f"expected a time and a cell above 0, got until_us {until_us}, cell_deg {cell_deg}")
    return _count(fleet, until_us, _box_of(fleet) if box is None else box, cell_deg)


def _count(fleet: Fleet, until_us: int, box: Box, cell_deg: float) -> MessageGrid:
    from mda_sim.sensing.message_grid_kernels import add_vessels

    n_rows = max(1, math.ceil((box.lat_max_deg - box.lat_min_deg) / cell_deg))
    n_columns = max(1, math.ceil((box.lon_max_deg - box.lon_min_deg) / cell_deg))
    lat_edges = np.linspace(box.lat_min_deg, box.lat_max_deg, n_rows + 1)
    lon_edges = np.linspace(box.lon_min_deg, box.lon_max_deg, n_columns + 1)
    row_deg, column_deg = float(lat_edges[1] - lat_edges[0]), float(lon_edges[1] - lon_edges[0])
    raster = Raster(box.lat_min_deg, box.lon_min_deg, row_deg, column_deg, n_rows, n_columns)
    step_us = US_PER_H
    n_steps = -(-until_us // step_us)
    millionths = np.zeros((n_steps, n_rows * n_columns), np.int64)
    add_vessels(sets_of(fleet), leg_columns(fleet), fleet.n_vessels, raster, step_us, until_us, millionths)
    lasts_us = np.minimum(step_us, until_us - np.arange(n_steps) * step_us)
    lat, lon = (lat_edges[:-1] + lat_edges[1:]) / 2, (lon_edges[:-1] + lon_edges[1:]) / 2
    row_m2 = EARTH_RADIUS_M**2 * np.diff(np.sin(np.deg2rad(lat_edges))) * math.radians(column_deg)
    grid = MessageGrid(
        step_us,
        millionths / lasts_us[:, None],
        unit_vectors(np.repeat(lat, n_columns), np.tile(lon, n_rows)),
        np.repeat(row_m2, n_columns),
        raster,
    )
    for column in (grid.slots_per_s, grid.middle, grid.area_m2):
        column.flags.writeable = False
    return grid


def _box_of(fleet: Fleet) -> Box:
    """The smallest box that holds both ends of all legs of vessels, and a little more."""
    own = np.flatnonzero(fleet.legs["target"] < fleet.n_vessels)
    if not len(own):
        return Box(lat_min_deg=-1.0, lat_max_deg=1.0, lon_min_deg=-1.0, lon_max_deg=1.0)
    target, legs = fleet.legs["target"][own], fleet.legs
    ends = [fleet.positions(target, legs[name][own]) for name in ("t_from_us", "t_to_us")]
    starts = lat_lon(np.stack([legs[name][own] for name in ("ax", "ay", "az")], axis=1))
    lat, lon = (np.concatenate([starts[i], *(place[i] for place in ends)]) for i in (0, 1))
    return Box(
        lat_min_deg=max(float(lat.min()) - 0.01, -90.0),
        lat_max_deg=min(float(lat.max()) + 0.01, 90.0),
        lon_min_deg=max(float(lon.min()) - 0.01, -180.0),
        lon_max_deg=min(float(lon.max()) + 0.01, 180.0),
    )
