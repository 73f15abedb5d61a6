"""What a picture holds at samples, and for how long it holds with which error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row


@kernel
def fill_rows(
    target: NDArray[np.int64],
    t_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    age_us: int,
    row: NDArray[np.int64],
) -> None:
    """Write the row of the picture that holds each target at each time, -1 where none of age <= ``age_us``
    does. Target k's picture is rows ``offsets[k] .. offsets[k + 1]``.
    """
    for i in range(target.size):
        first = offsets[target[i]]
        found = newest_row(t_received_us, first, offsets[target[i] + 1], t_us[i])
        is_held = found >= first and t_us[i] - t_observed_us[found] <= age_us
        row[i] = found if is_held else -1


@kernel
def place_of(errors_m: NDArray[np.float32], error_m: float) -> int:
    """Place of an error among some that rise and hold it."""
    lo, hi = 0, errors_m.size - 1
    while lo < hi:
        middle = (lo + hi) // 2
        if errors_m[middle] < error_m:
            lo = middle + 1
        else:
            hi = middle
    return lo


@kernel
def fill_error_time(
    target: NDArray[np.int64],
    cell: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    error_m: NDArray[np.float32],
    errors_m: NDArray[np.float32],
    age_us: int,
    time_us: NDArray[np.int64],
) -> None:
    """As ``fill_held`` at one age, by cell and by the place among ``errors_m``, which rises and has all of
    them, of the error of the row that holds.

    Intervals of no cell (-1) are passed over.
    """
    for i in range(target.size):
        c = cell[i]
        if c < 0:
            continue
        first, last = offsets[target[i]], offsets[target[i] + 1]
        row = newest_row(t_received_us, first, last, t_from_us[i])
        begin = t_from_us[i]
        while begin < t_to_us[i]:
            end = t_to_us[i]
            if row + 1 < last and t_received_us[row + 1] < end:
                end = t_received_us[row + 1]
            if row >= first:
                until = min(end, t_observed_us[row] + age_us)
                if until > begin:
                    time_us[c, place_of(errors_m, error_m[row])] += until - begin
            begin = end
            row += 1
