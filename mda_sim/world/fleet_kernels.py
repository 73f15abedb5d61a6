"""Positions of targets from their legs, and times at the ends of legs, compiled.

Model: the leg of a target at a time is the last one that has begun; the position on it is ``a cos(w dt) + b
sin(w dt)``. Queries of one target in order of time find their leg without a search. Called by
``fleet.Fleet`` and ``legs``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere_kernels import position


@kernel
def leg_at(t_from_us: NDArray[np.int64], first: np.int64, end: np.int64, t: np.int64) -> np.int64:
    """Row in [first, end) of the last leg that has begun at ``t``, or ``first - 1`` if none has."""
    low = first - 1
    high = end
    while high - low > 1:
        middle = (low + high) // 2
        if t_from_us[middle] <= t:
            low = middle
        else:
            high = middle
    return low


@kernel
def fill_positions(
    targets: NDArray[np.int64],
    t_us: NDArray[np.int64],
    first_leg: NDArray[np.uint32],
    n_legs: NDArray[np.uint32],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    ax: NDArray[np.float64],
    ay: NDArray[np.float64],
    az: NDArray[np.float64],
    bx: NDArray[np.float64],
    by: NDArray[np.float64],
    bz: NDArray[np.float64],
    w_rad_s: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """``out[i]`` = unit vector of ``targets[i]`` at ``t_us[i]``, shape (n, 3); nan where it is absent."""
    before = np.int64(-1)
    leg = np.int64(-1)
    end = np.int64(-1)
    for i in range(targets.shape[0]):
        target = targets[i]
        t = t_us[i]
        first = np.int64(first_leg[target])
        if target != before:
            before = target
            end = first + np.int64(n_legs[target])
            leg = leg_at(t_from_us, first, end, t)
        elif leg < first or t < t_from_us[leg] or (leg + 1 < end and t >= t_from_us[leg + 1]):
            leg = leg_at(t_from_us, first, end, t)
        if leg < first or t > t_to_us[leg]:
            out[i, 0] = np.nan
            out[i, 1] = np.nan
            out[i, 2] = np.nan
            continue
        out[i, 0], out[i, 1], out[i, 2] = position(
            ax[leg], ay[leg], az[leg], bx[leg], by[leg], bz[leg], w_rad_s[leg], (t - t_from_us[leg]) * 1e-6
        )


@kernel
def fill_elapsed(
    step_s: NDArray[np.float64], vessel: NDArray[np.int64], elapsed_s: NDArray[np.float64]
) -> None:
    """``elapsed_s[i]`` = sum of the steps of its vessel up to row i, (n,); a vessel's rows are adjacent."""
    for i in range(step_s.shape[0]):
        if i > 0 and vessel[i] == vessel[i - 1]:
            elapsed_s[i] = elapsed_s[i - 1] + step_s[i]
        else:
            elapsed_s[i] = step_s[i]
