"""Putting contacts in order and merging those of one resolution cell, compiled; linear in their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.looks import Held

_SPREAD = 2654435761  # prime near 2**32 over the golden ratio: Fibonacci hashing


@kernel
def count_by_interval(held: Held, n: int, first: int, counts: NDArray[np.int64]) -> bool:
    """Add to ``counts``, by interval from ``first`` on, the first ``n`` rows of ``held``.

    Returns whether any of them has a resolution cell.
    """
    cells = np.uint32(0)
    for row in range(n):
        counts[np.int64(held[row]["interval"]) - first] += 1
        cells |= held[row]["cell"]
    return bool(cells)


@kernel
def scatter(
    held: Held,
    n: int,
    first: int,
    next_row: NDArray[np.int64],
    ordered: Held,
) -> None:
    """Copy the first ``n`` rows to ``ordered`` in order of interval, rows of equal interval as they were.

    ``next_row`` has the row at which each interval from ``first`` on begins; it is overwritten.
    """
    for row in range(n):
        nth = np.int64(held[row]["interval"]) - first
        ordered[next_row[nth]] = held[row]
        next_row[nth] += 1


@kernel
def _one_more(number: int) -> int:
    """The next number, as far as the column goes."""
    return number + 1 if number < 65535 else 65535


@kernel
def merge_cells(
    ordered: Held,
    counts: NDArray[np.int64],
    n_vessels: int,
    strength: NDArray[np.float64],
    merged: NDArray[np.uint16],
) -> None:
    """Say how many vessels each contact stands for.

    Rows are in order of interval, of which ``counts`` has the lengths; it becomes the number of contacts that
    have not lost their vessel to another. Of the vessels in one interval and
    cell (not 0) the one of the largest ``strength`` (n_targets,) stands for all, the earlier row if two are
    alike; the others get 0. Everything else stands for itself. ``merged`` (n,) is written.
    """
    bits = 4
    while (1 << bits) < 2 * counts.max():
        bits += 1
    mask = (1 << bits) - 1
    stamp = np.full(mask + 1, -1, np.int64)
    holder = np.zeros(mask + 1, np.int64)
    begin = 0
    for nth in range(counts.shape[0]):
        n_lost = 0
        for row in range(begin, begin + counts[nth]):
            merged[row] = 1
            cell, target = ordered[row]["cell"], ordered[row]["target"]
            if cell == 0 or target >= n_vessels:
                continue
            slot = ((np.int64(cell) * _SPREAD) & 0xFFFFFFFF) >> (32 - bits)
            while stamp[slot] == nth and ordered[holder[slot]]["cell"] != cell:
                slot = (slot + 1) & mask
            if stamp[slot] != nth:
                stamp[slot], holder[slot] = nth, row
                continue
            n_lost += 1
            other = holder[slot]
            if strength[target] > strength[ordered[other]["target"]]:
                merged[row] = _one_more(merged[other])
                merged[other] = 0
                holder[slot] = row
            else:
                merged[other] = _one_more(merged[other])
                merged[row] = 0
        begin += counts[nth]
        counts[nth] -= n_lost


@kernel
def emit(
    held: Held,
    n: int,
    first: int,
    merged: NDArray[np.uint16],
    counts: NDArray[np.int64],
    n_false: NDArray[np.int64],
    n_vessels: int,
    no_target: int,
    target: NDArray[np.uint32],
    dt_us: NDArray[np.uint32],
    stands_for: NDArray[np.uint16],
    vessels: NDArray[np.int64],
) -> None:
    """Write the contacts of ``n`` rows in order of interval from ``first`` on, each with its false ones last.

    ``merged`` says how many vessels each row stands for, 0 to leave it out; all stand for one if it is empty.
    ``counts`` has the contacts of each interval; ``vessels`` becomes how many are of vessels.
    """
    next_row, place = np.empty(counts.shape[0], np.int64), np.int64(0)
    for nth in range(counts.shape[0]):
        next_row[nth], vessels[nth] = place, 0
        place += counts[nth]
        for _ in range(n_false[nth]):
            target[place], dt_us[place], stands_for[place] = no_target, 0, 1
            place += 1
    has_merged = merged.shape[0] > 0
    for row in range(n):
        stands = merged[row] if has_merged else np.uint16(1)
        if stands > 0:
            own = np.int64(held[row]["interval"]) - first
            place = next_row[own]
            target[place], dt_us[place], stands_for[place] = held[row]["target"], held[row]["dt_us"], stands
            next_row[own] += 1
            vessels[own] += held[row]["target"] < n_vessels
