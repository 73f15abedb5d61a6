"""Putting contacts in order and merging those of one resolution cell, compiled; linear in their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.looks import Held

_SPREAD = 2654435761  # prime near 2**32 over the golden ratio: Fibonacci hashing


@kernel
def count_by_interval(held: Held, n: int, first: int, counts: NDArray[np.int64]) -> None:
    """Add to ``counts``, by interval from ``first`` on, the first ``n`` rows of ``held``."""
    for row in range(n):
        counts[np.int64(held[row]["interval"]) - first] += 1


@kernel
def scatter(
    held: Held,
    n: int,
    first: int,
    next_row: NDArray[np.int64],
    target: NDArray[np.uint32],
    dt_us: NDArray[np.uint32],
    cell: NDArray[np.uint32],
) -> None:
    """Put the first ``n`` rows in order of interval, rows of equal interval as they were.

    ``next_row`` has the row at which each interval from ``first`` on begins; it is overwritten.
    """
    for row in range(n):
        nth = np.int64(held[row]["interval"]) - first
        place = next_row[nth]
        target[place] = held[row]["target"]
        dt_us[place] = held[row]["dt_us"]
        cell[place] = held[row]["cell"]
        next_row[nth] = place + 1


@kernel
def merge_cells(
    counts: NDArray[np.int64],
    target: NDArray[np.uint32],
    cell: NDArray[np.uint32],
    n_vessels: int,
    strength: NDArray[np.float64],
    merged: NDArray[np.uint16],
) -> int:
    """Say how many vessels each contact stands for; return how many contacts lost theirs to another.

    Rows are in order of interval, of which ``counts`` has the lengths. Of the vessels in one interval and cell
    (not 0) the one of the largest ``strength`` (n_targets,) stands for all, the earlier row if two are alike;
    the others get 0. Everything else stands for itself. ``merged`` (n,) is written.
    """
    most = 0
    for length in counts:
        most = max(most, length)
    bits = 4
    while (1 << bits) < 2 * most:
        bits += 1
    mask = (1 << bits) - 1
    stamp = np.full(mask + 1, -1, np.int64)
    holder = np.zeros(mask + 1, np.int64)
    n_lost = 0
    begin = 0
    for nth in range(counts.shape[0]):
        for row in range(begin, begin + counts[nth]):
            merged[row] = 1
            if cell[row] == 0 or target[row] >= n_vessels:
                continue
            slot = ((np.int64(cell[row]) * _SPREAD) & 0xFFFFFFFF) >> (32 - bits)
            while stamp[slot] == nth and cell[holder[slot]] != cell[row]:
                slot = (slot + 1) & mask
            if stamp[slot] != nth:
                stamp[slot], holder[slot] = nth, row
                continue
            n_lost += 1
            other = holder[slot]
            if strength[target[row]] > strength[target[other]]:
                merged[row] = min(np.int64(merged[other]) + 1, 65535)
                merged[other] = 0
                holder[slot] = row
            else:
                merged[other] = min(np.int64(merged[other]) + 1, 65535)
                merged[row] = 0
        begin += counts[nth]
    return n_lost
