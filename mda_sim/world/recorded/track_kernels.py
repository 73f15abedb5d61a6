"""Loops along tracks, compiled: which fixes jump, and which a simplified track must keep.

Model: ``find_jumps`` walks each track with the last fix that was believed; ``thin`` is the Douglas-Peucker
algorithm with the distance at equal times: a fix may go if the great-circle leg between its kept neighbours,
run at constant speed, passes within the tolerance of it at its time.

Assumptions and limits: spherical Earth. ``thin`` cuts long pieces into stretches, so that its cost stays
linear.

Source: N. Meratnia, R. A. de By, "Spatiotemporal Compression Techniques for Moving Point Objects", EDBT 2004,
section 3.2 (TD-TR). Where next: called by ``cleaning`` and ``tracks``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere_kernels import arc_m


@kernel
def find_jumps(
    points: NDArray[np.float64],
    t_us: NDArray[np.int64],
    first: NDArray[np.int64],
    ends: NDArray[np.int64],
    speed_max_mps: float,
    slack_m: float,
    n_agree: int,
    jumps: NDArray[np.bool_],
    restarts: NDArray[np.bool_],
) -> None:
    """Mark fixes that the track so far cannot reach, and those from which it goes on all the same.

    ``points`` (n, 3) and ``t_us`` (n,) are sorted by track; track k has rows [first[k], ends[k]).
    """
    for track in range(len(first)):
        believed = first[track]
        run_from, run_to = -1, -1
        for row in range(first[track] + 1, ends[track]):
            if _follows(points, t_us, believed, row, speed_max_mps, slack_m):
                believed = row
                run_from = -1
                continue
            jumps[row] = True
            if run_from < 0 or not _follows(points, t_us, run_to, row, speed_max_mps, slack_m):
                run_from = row
            run_to = row
            if run_to - run_from + 1 == n_agree:
                jumps[run_from : run_to + 1] = False
                restarts[run_from] = True
                believed = row
                run_from = -1


@kernel
def _follows(
    points: NDArray[np.float64],
    t_us: NDArray[np.int64],
    one: int,
    other: int,
    speed_max_mps: float,
    slack_m: float,
) -> bool:
    """Whether a vessel can have been at one fix and then at the other."""
    away_m = arc_m(
        points[one, 0],
        points[one, 1],
        points[one, 2],
        points[other, 0],
        points[other, 1],
        points[other, 2],
    )
    return bool(away_m <= slack_m + speed_max_mps * (t_us[other] - t_us[one]) * 1e-6)


@kernel
def thin(
    points: NDArray[np.float64],
    t_us: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    tolerance_m: float,
    keep: NDArray[np.bool_],
) -> None:
    """Mark the fixes to keep of stretches whose rows are first[k] to last[k], both kept and included."""
    longest = 2
    for stretch in range(len(first)):
        longest = max(longest, last[stretch] - first[stretch] + 1)
    waiting = np.empty((longest, 2), np.int64)
    for stretch in range(len(first)):
        keep[first[stretch]] = True
        keep[last[stretch]] = True
        waiting[0, 0], waiting[0, 1] = first[stretch], last[stretch]
        n_waiting = 1
        while n_waiting > 0:
            n_waiting -= 1
            begin, end = waiting[n_waiting, 0], waiting[n_waiting, 1]
            worst, worst_m = _worst(points, t_us, begin, end)
            if worst_m > tolerance_m:
                keep[worst] = True
                waiting[n_waiting, 0], waiting[n_waiting, 1] = begin, worst
                waiting[n_waiting + 1, 0], waiting[n_waiting + 1, 1] = worst, end
                n_waiting += 2


@kernel
def _worst(points: NDArray[np.float64], t_us: NDArray[np.int64], begin: int, end: int) -> tuple[int, float]:
    """The fix between two that is furthest from the leg between them at its time, and how far [m]."""
    ax, ay, az = points[begin, 0], points[begin, 1], points[begin, 2]
    bx, by, bz = points[end, 0], points[end, 1], points[end, 2]
    chord = math.sqrt((bx - ax) ** 2 + (by - ay) ** 2 + (bz - az) ** 2)
    arc = 2.0 * math.asin(min(1.0, chord / 2.0))
    sine = math.sin(arc)
    worst, worst_m = begin, -1.0
    for row in range(begin + 1, end):
        share = (t_us[row] - t_us[begin]) / (t_us[end] - t_us[begin])
        if sine > 0.0:
            of_a, of_b = math.sin((1.0 - share) * arc) / sine, math.sin(share * arc) / sine
        else:
            of_a, of_b = 1.0 - share, share
        away_m = arc_m(
            of_a * ax + of_b * bx,
            of_a * ay + of_b * by,
            of_a * az + of_b * bz,
            points[row, 0],
            points[row, 1],
            points[row, 2],
        )
        if away_m > worst_m:
            worst, worst_m = row, away_m
    return worst, worst_m
