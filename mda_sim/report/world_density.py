"""Where vessels spend their time: vessel-hours in the cells of a grid.

Model: each leg is cut into pieces of at most ``PIECE_S``; the whole duration of a piece goes to the cell in
which its middle lies. So the vessel-hours of all cells, and of what lies outside the grid, add up to the
time that the vessels are present, exactly.

Assumptions and limits: on a piece a ship at 20 knots goes 3 km, a fraction of a cell. Where next:
``show_maps``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import lat_lon
from mda_sim.world.legs import clip_legs

if TYPE_CHECKING:
    from mda_sim.core.table import Table

PIECE_S: Final = 300.0
"""Longest piece of a leg [s]."""
CELLS_ACROSS: Final = 110
"""Number of columns of the grid, at most."""
_SIZES_DEG: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells of equal size in degrees."""

    lat_edges_deg: NDArray[np.float64]
    """Edges of the rows, ascending, (n_rows + 1,)."""
    lon_edges_deg: NDArray[np.float64]
    """Edges of the columns, ascending, (n_columns + 1,)."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return len(self.lat_edges_deg) - 1, len(self.lon_edges_deg) - 1


def grid_over(
    lat_min_deg: float, lat_max_deg: float, lon_min_deg: float, lon_max_deg: float, most: int = CELLS_ACROSS
) -> Grid:
    """The grid that covers a box with cells of a round size, at most about ``most`` either way."""
    span = max(lon_max_deg - lon_min_deg, lat_max_deg - lat_min_deg)
    size = next((size for size in _SIZES_DEG if span / size <= most), _SIZES_DEG[-1])
    edges = [
        size * np.arange(np.floor(low / size + 1e-9), np.ceil(high / size - 1e-9) + 0.5)
        for low, high in ((lat_min_deg, lat_max_deg), (lon_min_deg, lon_max_deg))
    ]
    return Grid(*edges)


def vessel_hours(
    legs: Table, grid: Grid, group: NDArray[np.int64], n_groups: int, t_from_us: int, t_to_us: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vessel-hours in cells, (n_groups, n_rows, n_columns), and outside the grid, (n_groups,), within a time.

    ``group`` gives the group of each target, -1 for those that are left out.
    """
    shown = legs.take(group[legs["target"]] >= 0)
    clipped = clip_legs(shown, t_from_us, t_to_us)
    duration_s = (clipped["t_to_us"] - clipped["t_from_us"]) / US_PER_S
    pieces = np.where(clipped["w_rad_s"] > 0.0, np.ceil(duration_s / PIECE_S), 1).astype(np.int64)
    rows, columns = grid.shape
    total = np.zeros(n_groups * (rows * columns + 1))
    block = (np.cumsum(pieces) - 1) // _AT_ONCE
    for chosen in np.split(np.arange(len(clipped)), np.flatnonzero(np.diff(block)) + 1):
        leg = np.repeat(chosen, pieces[chosen])
        nth = np.arange(len(leg)) - np.repeat(np.cumsum(pieces[chosen]) - pieces[chosen], pieces[chosen])
        piece_s = duration_s[leg] / pieces[leg]
        angle = clipped["w_rad_s"][leg] * (nth + 0.5) * piece_s
        cosine, sine = np.cos(angle), np.sin(angle)
        at = [clipped[f"a{axis}"][leg] * cosine + clipped[f"b{axis}"][leg] * sine for axis in "xyz"]
        cell = _cell(grid, *lat_lon(np.stack(at, axis=1)))
        place = group[clipped["target"][leg]] * (rows * columns + 1) + cell
        total += np.bincount(place, weights=piece_s / 3600.0, minlength=len(total))
    by_group = total.reshape(n_groups, rows * columns + 1)
    return by_group[:, :-1].reshape(n_groups, rows, columns), by_group[:, -1]


def _cell(grid: Grid, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the cell of each place, row by row from the south-west; the number of cells if outside."""
    rows, columns = grid.shape
    row = np.searchsorted(grid.lat_edges_deg, lat_deg, side="right") - 1
    column = np.searchsorted(grid.lon_edges_deg, lon_deg, side="right") - 1
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return np.where(inside, row * columns + column, rows * columns)
