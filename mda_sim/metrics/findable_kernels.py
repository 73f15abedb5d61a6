"""Until when each target is findable, in closed form over the steps of one or two pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def findable_until(
    t_observed_us: int, error_m: float, speed_mps: float, radius_m: float, nothing_us: int, never_us: int
) -> int:
    """Until when an observation keeps its target within the radius [us]; ``nothing_us`` if never."""
    if t_observed_us == nothing_us or not error_m <= radius_m:
        return nothing_us
    if speed_mps <= 0.0:
        return never_us
    reach_s = (radius_m - error_m) / speed_mps
    if reach_s * 1e6 >= never_us / 2:
        return never_us
    return t_observed_us + int(reach_s * 1e6)


@kernel
def merge_searches(
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    error_m: NDArray[np.float32],
    other_offsets: NDArray[np.int64],
    other_received_us: NDArray[np.int64],
    other_observed_us: NDArray[np.int64],
    other_error_m: NDArray[np.float32],
    speed_mps: NDArray[np.float64],
    radius_m: float,
    is_lasting: bool,
    nothing_us: int,
    never_us: int,
    offsets_out: NDArray[np.int64],
    t_out: NDArray[np.int64],
    until_out: NDArray[np.int64],
) -> int:
    """Write the steps at which the time until which a target is findable changes; return their number.

    Both pictures have their rows by target (``offsets``) and rising time of receipt. With ``is_lasting`` the
    latest end of all rows so far counts, and what comes before that end lengthens its step; else the newest
    row of either picture counts. ``offsets_out`` has one entry more than subjects; those after the last
    target have no steps.
    """
    n = 0
    for k in range(speed_mps.size):
        offsets_out[k] = n
        i, j = offsets[k], other_offsets[k]
        mine, theirs, standing = nothing_us, nothing_us, nothing_us
        while i < offsets[k + 1] or j < other_offsets[k + 1]:
            takes_mine = j >= other_offsets[k + 1] or (
                i < offsets[k + 1] and t_received_us[i] <= other_received_us[j]
            )
            if takes_mine:
                t = t_received_us[i]
                until = findable_until(
                    t_observed_us[i], error_m[i], speed_mps[k], radius_m, nothing_us, never_us
                )
                mine = max(mine, until) if is_lasting else until
                i += 1
            else:
                t = other_received_us[j]
                until = findable_until(
                    other_observed_us[j], other_error_m[j], speed_mps[k], radius_m, nothing_us, never_us
                )
                theirs = max(theirs, until) if is_lasting else until
                j += 1
            best = max(mine, theirs)
            if best != standing:
                if n > offsets_out[k] and t_out[n - 1] == t:
                    n -= 1
                if is_lasting and n > offsets_out[k] and t <= until_out[n - 1]:
                    until_out[n - 1] = best
                else:
                    t_out[n], until_out[n] = t, best
                    n += 1
                standing = best
    offsets_out[speed_mps.size :] = n
    return n
