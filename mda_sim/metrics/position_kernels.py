"""What a picture holds at samples, and for how long it holds with which error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

FIRST_BITS = 4607182418800017408
"""Bits of 1.0, below which values share a bin."""
N_BINS = 4096
"""Number of bins."""


@kernel
def fill_off(
    target: NDArray[np.int64],
    t_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    error_m: NDArray[np.float32],
    report: NDArray[np.uint32],
    is_heard: NDArray[np.bool_],
    speed_mps: NDArray[np.float64],
    age_us: int,
    known_key: NDArray[np.int64],
    known_m: NDArray[np.float64],
    off_m: NDArray[np.float64],
    bound_m: NDArray[np.float64],
    new: NDArray[np.int64],
) -> int:
    """Write how far off a picture is at each sample, and the bound that its holder knows, NaN where none of
    age <= ``age_us`` holds the target. Target k's picture is rows ``offsets[k] .. offsets[k + 1]``.

    ``is_heard`` (by report; nothing if that does not matter) says what was broadcast. A distance is taken
    from ``known_m`` where ``known_key`` is twice the time of the observation, plus one if it was heard;
    where not, the key is replaced and the sample written to ``new``, whose number is returned.
    """
    n = 0
    before, found = -1, 0
    for i in range(target.size):
        k = target[i]
        first, last = offsets[k], offsets[k + 1]
        if k != before or found < first or t_received_us[found] > t_us[i]:
            found = newest_row(t_received_us, first, last, t_us[i])
        else:  # samples of a target rise in time: look ahead in growing steps
            step = 1
            while found + step < last and t_received_us[found + step] <= t_us[i]:
                found += step
                step *= 2
            found = newest_row(t_received_us, found, min(found + step, last), t_us[i])
        before = k
        off_m[i], bound_m[i] = np.nan, np.nan
        if found < first or t_us[i] - t_observed_us[found] > age_us:
            continue
        bound_m[i] = error_m[found] + speed_mps[k] * ((t_us[i] - t_observed_us[found]) / 1e6)
        key = 2 * t_observed_us[found]
        if is_heard.size and is_heard[report[found]]:
            key += 1
        if known_key[i] == key:
            off_m[i] = known_m[i]
        else:
            known_key[i] = key
            new[n] = i
            n += 1
    return n


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
    place, known_m = 0, np.float32(np.nan)
    for i in range(target.size):
        c = cell[i]
        if c < 0:
            continue
        first, last = offsets[target[i]], offsets[target[i] + 1]
        begin, stop = t_from_us[i], t_to_us[i]
        row = newest_row(t_received_us, first, last, begin)
        own_us = time_us[c]
        while begin < stop:
            end = stop
            if row + 1 < last and t_received_us[row + 1] < stop:
                end = t_received_us[row + 1]
            if row >= first:
                until = min(end, t_observed_us[row] + age_us)
                if until > begin:
                    if error_m[row] != known_m:
                        known_m = error_m[row]
                        place = place_of(errors_m, known_m)
                    own_us[place] += until - begin
            begin = end
            row += 1


@kernel
def fill_smallest(
    values: NDArray[np.float64],
    bits: NDArray[np.int64],
    places: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write the ``places[j]``-th smallest (from 0) of some values >= 0 to ``out[j]``.

    ``bits`` are those of the values, which rise with them. They are counted in bins by their leading bits;
    only the bin that holds the place is sorted. Values below 1 share the first bin.
    """
    first = FIRST_BITS
    last = first
    for i in range(bits.size):
        last = max(last, bits[i])
    shift = 0
    while (last - first) >> shift >= N_BINS:
        shift += 1
    counts = np.zeros(N_BINS, np.int64)
    for i in range(bits.size):
        counts[max(bits[i] - first, 0) >> shift] += 1
    for j in range(places.size):
        below, b = 0, 0
        while below + counts[b] <= places[j]:
            below += counts[b]
            b += 1
        inside = np.empty(counts[b], np.float64)
        n = 0
        for i in range(bits.size):
            if max(bits[i] - first, 0) >> shift == b:
                inside[n] = values[i]
                n += 1
        inside.sort()
        out[j] = inside[places[j] - below]
