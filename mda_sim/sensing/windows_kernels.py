"""Windows of one sensor on many legs, compiled; the model is in ``windows``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.windows import Legs, Whole, Windows

_TWO_PI = 2.0 * math.pi
_SURELY_LESS = 1.0 - 1e-12


@kernel
def leg_window(
    sensor_a: float, sensor_b: float, cos_reach: float, w_rad_s: float, lasts_s: float
) -> tuple[float, float]:
    """First and last second in reach, counted from the leg's start; the first exceeds the last if never.

    ``sensor_a`` and ``sensor_b`` are the cosines of the sensor's unit vector to the leg's a and b.
    """
    if w_rad_s == 0.0:
        return (0.0, lasts_s) if sensor_a >= cos_reach else (1.0, 0.0)
    top = math.hypot(sensor_a, sensor_b)
    if top < cos_reach:
        return 1.0, 0.0
    nearest = math.atan2(sensor_b, sensor_a)
    half = math.acos(min(cos_reach / top, 1.0))
    if nearest + half < 0.0:
        nearest += _TWO_PI
    return max((nearest - half) / w_rad_s, 0.0), min((nearest + half) / w_rad_s, lasts_s)


@kernel
def fill_windows(
    legs: Legs,
    first: int,
    first_leg: NDArray[np.int64],
    n_legs: NDArray[np.int64],
    x: float,
    y: float,
    z: float,
    cos_reach: NDArray[np.float64],
    out: Windows,
) -> int:
    """Fill ``out`` with the windows of the targets from ``first`` on; return how many there are.

    ``first_leg``, ``n_legs`` and ``cos_reach`` have one row for each of these targets; (x, y, z) is the
    sensor's unit vector.
    """
    n = 0
    for row in range(first_leg.shape[0]):
        if cos_reach[row] > 1.0:
            continue
        least = cos_reach[row] * cos_reach[row] * _SURELY_LESS
        for leg in range(first_leg[row], first_leg[row] + n_legs[row]):
            sensor_a = x * legs.ax[leg] + y * legs.ay[leg] + z * legs.az[leg]
            sensor_b = x * legs.bx[leg] + y * legs.by[leg] + z * legs.bz[leg]
            if sensor_a * sensor_a + sensor_b * sensor_b < least:
                continue  # most legs: spares them the root and three columns
            lasts_us = legs.t_to_us[leg] - legs.t_from_us[leg]
            from_s, to_s = leg_window(sensor_a, sensor_b, cos_reach[row], legs.w_rad_s[leg], lasts_us * 1e-6)
            if from_s > to_s:
                continue
            from_us = np.int64(math.ceil(from_s * 1e6))
            to_us = min(np.int64(math.floor(to_s * 1e6 + 1e-3)), lasts_us)
            if from_us > to_us:
                continue
            out[n]["target"] = first + row
            out[n]["t_from_us"] = legs.t_from_us[leg] + from_us
            out[n]["t_to_us"] = legs.t_from_us[leg] + to_us
            out[n]["leg_from_us"] = legs.t_from_us[leg]
            out[n]["ax"] = legs.ax[leg]
            out[n]["ay"] = legs.ay[leg]
            out[n]["az"] = legs.az[leg]
            out[n]["bx"] = legs.bx[leg]
            out[n]["by"] = legs.by[leg]
            out[n]["bz"] = legs.bz[leg]
            out[n]["w_rad_s"] = legs.w_rad_s[leg]
            out[n]["speed_mps"] = legs.speed_mps[leg]
            n += 1
    return n


@kernel
def in_reach(windows: Windows, row: int, stop: int, start_us: Whole, end_us: Whole) -> tuple[Whole, Whole]:
    """How long the target of the rows ``row`` .. ``stop - 1`` is in reach within an interval, and when last.

    Both in microseconds; the last instant is the interval's start if there is none.
    """
    covered_us: Whole = 0
    last_us = start_us
    while row < stop and windows[row]["t_from_us"] < end_us:
        until_us = min(windows[row]["t_to_us"], end_us)
        covered_us += max(until_us - max(windows[row]["t_from_us"], start_us), 0)
        last_us = max(last_us, until_us)
        row += 1
    return covered_us, last_us
