"""Satellites between the knots of their tracks, compiled.

Model: between two knots the motion is the cubic that has their positions and velocities (Hermite). With knots
one minute apart it is within 1 m and 0.1 m/s of what SGP4 gives for a low orbit: h^4 / 384 times the fourth
derivative.

Assumptions and limits: times are not checked; beyond the last knot the last cubic runs on.
Source: elementary. Where next: ``sensing.swath_kernels``. Importing this module loads numba.
"""

from __future__ import annotations

import math

from mda_sim.core.jit import kernel
from mda_sim.geo.orbits import Track


@kernel
def motion(track: Track, t_s: float) -> tuple[float, float, float, float, float, float]:
    """Position [m] and velocity [m/s], three components each, ``t_s`` seconds after the epoch."""
    k = min(max(math.floor(t_s / track.step_s), 0), track.position_m.shape[0] - 2)
    u = t_s / track.step_s - k
    v = 1.0 - u
    # Weights of the two positions and the two velocities, and their derivatives by time.
    p0 = v * v * (1.0 + 2.0 * u)
    p1 = u * u * (1.0 + 2.0 * v)
    q0 = u * v * v * track.step_s
    q1 = -u * u * v * track.step_s
    dp = 6.0 * u * v / track.step_s
    dq0 = v * (1.0 - 3.0 * u)
    dq1 = u * (3.0 * u - 2.0)
    a, b = track.position_m, track.velocity_mps
    return (
        p0 * a[k, 0] + p1 * a[k + 1, 0] + q0 * b[k, 0] + q1 * b[k + 1, 0],
        p0 * a[k, 1] + p1 * a[k + 1, 1] + q0 * b[k, 1] + q1 * b[k + 1, 1],
        p0 * a[k, 2] + p1 * a[k + 1, 2] + q0 * b[k, 2] + q1 * b[k + 1, 2],
        dp * (a[k + 1, 0] - a[k, 0]) + dq0 * b[k, 0] + dq1 * b[k + 1, 0],
        dp * (a[k + 1, 1] - a[k, 1]) + dq0 * b[k, 1] + dq1 * b[k + 1, 1],
        dp * (a[k + 1, 2] - a[k, 2]) + dq0 * b[k, 2] + dq1 * b[k + 1, 2],
    )
