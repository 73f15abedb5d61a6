"""Age of a picture: its integrals and its distribution over time, in closed form.

While the newest observation is o, the age runs over [s - o, e - o) at one second per second, so its
distribution is a sum of steps of density 1: each piece starts one at its youngest age and ends it at its
oldest. These ends are counted in bins that are 1/32 of their age wide: ages below 32 us have a bin each,
and above, bin shift * 32 + (age >> shift) with age >> shift in [32, 64).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

NARROW_US = 32
"""Ages below this have a bin each."""
FIRST_WIDE = 32 * (1023 + 4)
"""First bits of the IEEE 754 double of 32 (exponent bias 1023, five bits of the fraction), less its bin."""


@kernel
def age_bin(age_us: int) -> int:
    """Bin of an age in [0, 2^53); never falls as the age rises."""
    if age_us < NARROW_US:
        return age_us
    # As a float the age has its exponent and then the five bits that tell its bin in front.
    return int(np.float64(age_us).view(np.int64) >> 47) - FIRST_WIDE


@kernel
def capped_age_s2(youngest_us: int, oldest_us: int, cap_s: float) -> float:
    """Integral of min(age, cap) while the age runs from ``youngest_us`` to ``oldest_us`` [s^2]."""
    youngest, oldest = youngest_us * 1e-6, oldest_us * 1e-6
    if oldest <= cap_s:
        return 0.5 * (oldest - youngest) * (oldest + youngest)
    if youngest >= cap_s:
        return cap_s * (oldest - youngest)
    return 0.5 * (cap_s - youngest) * (cap_s + youngest) + cap_s * (oldest - cap_s)


@kernel
def fill_ages(
    target: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    cell: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    nothing_us: int,
    cap_s: float,
    never_us: NDArray[np.int64],
    capped_s2: NDArray[np.float64],
    peak_us: NDArray[np.int64],
    n_peaks: NDArray[np.int64],
    bins: NDArray[np.int64],
) -> int:
    """Add up the ages of all vessels in their scored intervals, by the cell c of each (-1 is left out).

    Rows observed at ``nothing_us`` are of a picture that holds nothing. ``never_us[c]`` is the time without
    an observation; ``capped_s2[c]`` the integral of min(age, cap); ``peak_us[c]`` and ``n_peaks[c]`` the ages
    just before a fresher observation, inside the interval. For each bin b,
    ``bins[c, b]`` holds the pieces started less those ended, the pieces started or ended, and the first with
    each piece weighted by its distance to the bin's upper edge [us].

    Returns the number of pieces left out because they begin before their observation was made.
    """
    n_refused = 0
    for i in range(target.size):
        c = cell[i]
        if c < 0:
            continue
        first, last = offsets[target[i]], offsets[target[i] + 1]
        begin, stop = t_from_us[i], t_to_us[i]
        row = newest_row(t_received_us, first, last, begin)
        own, capped = bins[c], capped_s2[c]
        while begin < stop:
            end = stop
            refreshed = row + 1 < last and t_received_us[row + 1] < stop
            if refreshed:
                end = t_received_us[row + 1]
            observed = t_observed_us[row] if row >= first else nothing_us
            if observed == nothing_us:
                never_us[c] += end - begin
                capped += cap_s * ((end - begin) * 1e-6)
            elif begin < observed:
                n_refused += 1
            else:
                youngest, oldest = begin - observed, end - observed
                capped += capped_age_s2(youngest, oldest, cap_s)
                if refreshed and t_observed_us[row + 1] > observed:
                    peak_us[c] += oldest
                    n_peaks[c] += 1
                for age, sign in ((youngest, 1), (oldest, -1)):
                    b = age_bin(age)
                    shift = max(b // 32 - 1, 0)
                    upper = (np.int64(b - shift * 32 + 1)) << shift
                    own[b, 0] += sign
                    own[b, 1] += 1
                    own[b, 2] += sign * (upper - age)
            begin = end
            row += 1
        capped_s2[c] = capped
    return n_refused


@kernel
def collect_ends(
    target: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    cell: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    nothing_us: int,
    wanted: NDArray[np.bool_],
    cell_out: NDArray[np.int64],
    bin_out: NDArray[np.int64],
    age_out: NDArray[np.int64],
    sign_out: NDArray[np.int64],
) -> int:
    """Write the starts (+1) and ends (-1) of pieces in the ``wanted[c, b]`` bins; return their number.

    ``cell`` is that of each interval, and ``nothing_us`` is as for ``fill_ages``.
    """
    n = 0
    for i in range(target.size):
        c = cell[i]
        if c < 0:
            continue
        first, last = offsets[target[i]], offsets[target[i] + 1]
        begin, stop = t_from_us[i], t_to_us[i]
        row = newest_row(t_received_us, first, last, begin)
        own = wanted[c]
        while begin < stop:
            end = stop
            if row + 1 < last and t_received_us[row + 1] < stop:
                end = t_received_us[row + 1]
            if row >= first and t_observed_us[row] != nothing_us:
                for age, sign in ((begin - t_observed_us[row], 1), (end - t_observed_us[row], -1)):
                    b = age_bin(age)
                    if own[b]:
                        cell_out[n], bin_out[n], age_out[n], sign_out[n] = c, b, age, sign
                        n += 1
            begin = end
            row += 1
    return n


@kernel
def solve_crossings(
    mask: NDArray[np.bool_],
    group: NDArray[np.int64],
    bins: NDArray[np.int64],
    below_us: NDArray[np.int64],
    slope: NDArray[np.int64],
    need_us: NDArray[np.float64],
    edges: NDArray[np.int64],
    end_cell: NDArray[np.int64],
    end_us: NDArray[np.int64],
    end_sign: NDArray[np.int64],
    found_us: NDArray[np.float64],
) -> None:
    """Write the age at which the time below reaches the need of each crossing, inside its bin [us].

    A crossing is of ``group`` (row of ``mask``, by cell), in a bin at whose lower edge ``below_us`` lies
    below and ``slope`` pieces run; ``end_cell``, ``end_us`` and ``end_sign`` are the ends of
    ``collect_ends`` for all crossings, in order of age.
    """
    for i in range(group.size):
        b = bins[i]
        at, below, rate = edges[b], below_us[i], slope[i]
        first = newest_row(end_us, 0, end_us.size, edges[b] - 1) + 1
        for row in range(first, end_us.size):
            if end_us[row] >= edges[b + 1]:
                break
            if not mask[group[i], end_cell[row]]:
                continue
            reached = below + rate * (end_us[row] - at)
            if reached >= need_us[i]:
                break
            at, below = end_us[row], reached
            rate += end_sign[row]
        found_us[i] = at + (need_us[i] - below) / rate
