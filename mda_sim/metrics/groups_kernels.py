"""Sums over the subjects of each cell and the cells of each group, and the rows of each group in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def add_to_cells(cell: NDArray[np.int64], values: NDArray[np.int64], sums: NDArray[np.int64]) -> None:
    """Add row i of ``values`` (n, k) to row ``cell[i]`` of ``sums``; rows of cell -1 are left out."""
    for i in range(cell.size):
        c = cell[i]
        if c >= 0:
            for j in range(values.shape[1]):
                sums[c, j] += values[i, j]


@kernel
def add_to_groups(mask: NDArray[np.bool_], values: NDArray[np.int64], sums: NDArray[np.int64]) -> None:
    """Add the rows of ``values`` (n_cells, k) that are in each group, ``mask`` (n_groups, n_cells), to its
    row of ``sums``.
    """
    for g in range(mask.shape[0]):
        for c in range(mask.shape[1]):
            if mask[g, c]:
                for j in range(values.shape[1]):
                    sums[g, j] += values[c, j]


@kernel
def fill_group_rows(
    mask: NDArray[np.bool_], cell: NDArray[np.int64], offsets: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    """Write the rows whose cell is in group g, in their order, to ``rows[offsets[g] : offsets[g + 1]]``.

    ``mask`` is (n_groups, n_cells); a cell of -1 is in no group.
    """
    n_groups, n_cells = mask.shape
    first = np.zeros(n_cells + 1, np.int64)
    for c in range(n_cells):
        first[c + 1] = first[c]
        for g in range(n_groups):
            first[c + 1] += mask[g, c]
    group = np.empty(first[n_cells], np.int64)
    n = 0
    for c in range(n_cells):
        for g in range(n_groups):
            if mask[g, c]:
                group[n] = g
                n += 1
    place = offsets[:-1].copy()
    for i in range(cell.size):
        c = cell[i]
        if c >= 0:
            for j in range(first[c], first[c + 1]):
                g = group[j]
                rows[place[g]] = i
                place[g] += 1
