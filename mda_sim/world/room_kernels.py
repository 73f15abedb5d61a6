"""Whether a leg stays in clear sea, and whether a place is in sight of another, compiled.

Model: sphere tracing on the cells of ``sea_room``, and the wedges of ``sight_lines``. Called by
``fishing_kernels``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sphere_kernels import arc_m, bearing_rad

_SHORTEST_STEP_M = 50.0
_TWO_PI = 2.0 * math.pi


@kernel
def room_at(
    x: float, y: float, z: float, grid: tuple[float, float, float], room_m: NDArray[np.float64]
) -> float:
    """Clear distance [m] around a point given as a unit vector; -1 outside the grid.

    ``grid``: southern and western edge and side of a cell [deg].
    """
    south_deg, west_deg, cell_deg = grid
    row = math.floor((math.degrees(math.asin(min(max(z, -1.0), 1.0))) - south_deg) / cell_deg)
    column = math.floor((math.degrees(math.atan2(y, x)) - west_deg) / cell_deg)
    if row < 0 or column < 0 or row >= room_m.shape[0] or column >= room_m.shape[1]:
        return -1.0
    return float(room_m[int(row), int(column)])


@kernel
def leg_is_clear(
    ax: float,
    ay: float,
    az: float,
    bx: float,
    by: float,
    bz: float,
    length_m: float,
    grid: tuple[float, float, float],
    room_m: NDArray[np.float64],
) -> bool:
    """Whether a leg from ``a`` along the unit tangent ``b`` stays in clear sea, its ends included."""
    gone_m = 0.0
    while True:
        c = math.cos(gone_m / EARTH_RADIUS_M)
        s = math.sin(gone_m / EARTH_RADIUS_M)
        room = room_at(ax * c + bx * s, ay * c + by * s, az * c + bz * s, grid, room_m)
        if room < _SHORTEST_STEP_M:
            return False
        if gone_m >= length_m:
            return True
        gone_m = min(gone_m + room, length_m)


@kernel
def is_in_sight(
    dx: float, dy: float, dz: float, x: float, y: float, z: float, clear_m: NDArray[np.float64]
) -> bool:
    """Whether the leg from the place ``d`` of sight lines to a point is clear."""
    n = clear_m.shape[0]
    wedge = int(bearing_rad(dx, dy, dz, x, y, z) * (n / _TWO_PI)) % n
    return bool(arc_m(dx, dy, dz, x, y, z) < clear_m[wedge])
