"""A smooth random field over sea and time whose value at every point is standard normal.

Model: at each node of a lattice of equal spacing in latitude and longitude runs its own stationary
autoregression z_k = rho z_(k-1) + sqrt(1 - rho^2) e_k, rho = exp(-step / time), with z_0 = e_0. Between nodes
and steps values are interpolated linearly and divided by the standard deviation of that mixture, sqrt(sum of
w^2) in space and sqrt((1-f)^2 + f^2 + 2 f (1-f) rho) in time, so that the field is exactly standard normal
everywhere. e_k is one draw at (row, column, step) of the whole Earth's lattice: neither a larger area nor a
longer run changes a value.

Assumptions and limits: the correlation is 1/e after ``time`` and 0 beyond one lattice spacing along a
parallel or a meridian; near the poles cells are narrow. It is a field at rest, weather does not travel.

Where next: ``environment_climate`` turns it into wind, rain and cloud.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.core.rng import draw_normal, stream_key
from mda_sim.core.time import to_us
from mda_sim.geo.regions import BoundsDeg

STEPS_PER_TIME: Final = 4
"""Steps of the autoregression in one correlation time."""
MOST_VALUES: Final = 30_000_000
"""Largest number of values that one field may hold (240 MB)."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Where points fall on a lattice: the node to the south-west, and how far it is to the next."""

    row: Ints
    """Row of the node, counted from the first that is held; (n,)."""
    column: Ints
    """Its column; (n,)."""
    north: Floats
    """Share of the way to the next row, in [0, 1]; (n,)."""
    east: Floats
    """Share of the way to the next column, in [0, 1]; (n,)."""

    def weights(self) -> tuple[tuple[Ints, Ints, Floats], ...]:
        """Row, column and weight of the four nodes around each point; the weights add up to 1."""
        south, west = 1.0 - self.north, 1.0 - self.east
        return (
            (self.row, self.column, south * west),
            (self.row, self.column + 1, south * self.east),
            (self.row + 1, self.column, self.north * west),
            (self.row + 1, self.column + 1, self.north * self.east),
        )


@dataclass(frozen=True)
class Lattice:
    """The nodes around a box, of a lattice over the whole Earth that starts at 90 S, 180 W."""

    spacing_deg: float
    """Spacing of rows and of columns [deg]."""
    first_row: int
    """Row of the southernmost nodes that are held."""
    first_column: int
    """Column of the westernmost nodes that are held."""
    n_rows: int
    """How many rows are held."""
    n_columns: int
    """How many columns are held."""

    @classmethod
    def around(cls, bounds_deg: BoundsDeg, spacing_deg: float) -> Lattice:
        """The nodes that points within the bounds need."""
        west, south, east, north = bounds_deg
        row, column = math.floor((south + 90) / spacing_deg), math.floor((west + 180) / spacing_deg)
        last_row = math.floor((north + 90) / spacing_deg) + 1
        last_column = math.floor((east + 180) / spacing_deg) + 1
        return cls(spacing_deg, row, column, last_row - row + 1, last_column - column + 1)

    def positions_deg(self) -> tuple[Floats, Floats]:
        """Latitudes (n_rows,) and longitudes (n_columns,) of the nodes; past a pole they exceed 90."""
        lat = (self.first_row + np.arange(self.n_rows)) * self.spacing_deg - 90.0
        lon = (self.first_column + np.arange(self.n_columns)) * self.spacing_deg - 180.0
        return lat.astype(np.float64), lon.astype(np.float64)

    def cells(self, lat_deg: Floats, lon_deg: Floats) -> Cells:
        """Where points (n,) within the bounds fall."""
        rows = (lat_deg + 90.0) / self.spacing_deg
        columns = (lon_deg + 180.0) / self.spacing_deg
        row, column = np.floor(rows), np.floor(columns)
        return Cells(
            row=row.astype(np.int64) - self.first_row,
            column=column.astype(np.int64) - self.first_column,
            north=rows - row,
            east=columns - column,
        )


@dataclass(frozen=True)
class GaussianField:
    """A standard normal field during [0, end_us] over the nodes of a lattice."""

    lattice: Lattice
    """The nodes."""
    step_us: int
    """Time from one step to the next [us]."""
    rho: float
    """Correlation of one step with the next, in (0, 1)."""
    values: Floats
    """Value of each node at each step, (n_steps, n_rows, n_columns)."""

    def at(self, t_us: Ints, lat_deg: Floats, lon_deg: Floats) -> Floats:
        """The field at times in [0, end_us] and points within the bounds, all (n,)."""
        step = t_us // self.step_us
        later = (t_us - step * self.step_us) / self.step_us
        mixed, square = np.zeros(t_us.shape), np.zeros(t_us.shape)
        for row, column, weight in self.lattice.cells(lat_deg, lon_deg).weights():
            now, then = self.values[step, row, column], self.values[step + 1, row, column]
            mixed += weight * ((1.0 - later) * now + later * then)
            square += weight * weight
        spread = (1.0 - later) ** 2 + later**2 + 2.0 * later * (1.0 - later) * self.rho
        return mixed / np.sqrt(square * spread)


def gaussian_field(
    name: str, seed: int, bounds_deg: BoundsDeg, end_us: int, *, time_s: float, cell_deg: float
) -> GaussianField:
    """The field of a name in one replicate, over a box and [0, end_us].

    ``time_s`` is its correlation time, ``cell_deg`` the spacing of its nodes. Raises RunError if it would
    hold more than ``MOST_VALUES`` values.
    """
    lattice = Lattice.around(bounds_deg, cell_deg)
    step_us = to_us(time_s / STEPS_PER_TIME)
    n_steps = end_us // step_us + 2
    n_values = n_steps * lattice.n_rows * lattice.n_columns
    if n_values > MOST_VALUES:
        raise RunError(
            f"the weather ({name}) would hold {n_values:,} values, more than {MOST_VALUES:,}: "
            "raise the times and cells of world.environment.variability"
        )
    rho = math.exp(-1.0 / STEPS_PER_TIME)
    fresh = math.sqrt(1.0 - rho * rho)
    values = np.empty((n_steps, lattice.n_rows, lattice.n_columns))
    key = stream_key(seed, f"environment.{name}")
    row = lattice.first_row + np.arange(lattice.n_rows)[:, None]
    column = lattice.first_column + np.arange(lattice.n_columns)[None, :]
    for k in range(n_steps):
        drawn = draw_normal(key, row, column, 0, k).reshape(values.shape[1:])
        values[k] = drawn if k == 0 else rho * values[k - 1] + fresh * drawn
    return GaussianField(lattice, step_us, rho, values)
