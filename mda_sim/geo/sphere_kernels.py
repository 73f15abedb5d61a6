"""The sphere for one point at a time, compiled: what the kernels of world and sensing call.

Model: as in ``sphere``. On a leg the position is a cos(w t) + b sin(w t), with a the unit vector at its start
and b the unit tangent there; between two unit vectors at chord c the arc is 2 asin(c / 2).

Assumptions and limits: arguments are components of unit vectors, not checked. The arc is exact to 1e-8 m for
points up to 1,000 km apart and to 0.2 m for opposite ones.

Source: elementary; the chord form is the haversine in vectors (Sinnott 1984, see ``sphere``).
Where next: ``world.fleet_kernels``, ``sensing.windows``. Importing this module loads numba.
"""

from __future__ import annotations

import math

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere import EARTH_RADIUS_M

_TWO_PI = 2.0 * math.pi


@kernel
def position(
    ax: float, ay: float, az: float, bx: float, by: float, bz: float, w_rad_s: float, dt_s: float
) -> tuple[float, float, float]:
    """Unit vector on a leg, ``dt_s`` seconds after its start; ``w_rad_s`` is 0 for a stationary target."""
    angle = w_rad_s * dt_s
    c = math.cos(angle)
    s = math.sin(angle)
    return ax * c + bx * s, ay * c + by * s, az * c + bz * s


@kernel
def arc_m(x1: float, y1: float, z1: float, x2: float, y2: float, z2: float) -> float:
    """Great-circle distance between two unit vectors, in metres, in [0, pi R]."""
    dx = x2 - x1
    dy = y2 - y1
    dz = z2 - z1
    half_chord = 0.5 * math.sqrt(dx * dx + dy * dy + dz * dz)
    return 2.0 * EARTH_RADIUS_M * math.asin(min(half_chord, 1.0))


@kernel
def bearing_rad(x1: float, y1: float, z1: float, x2: float, y2: float, z2: float) -> float:
    """Bearing at point 1 of the great circle to point 2, clockwise from north, in [0, 2 pi).

    Zero where it is undefined: at a pole and between coinciding points.
    """
    dx = x2 - x1
    dy = y2 - y1
    dz = z2 - z1
    # Components of the difference along east (-y1, x1, 0) and north, both times cos(latitude of point 1).
    east = x1 * dy - y1 * dx
    north = (x1 * x1 + y1 * y1) * dz - z1 * (x1 * dx + y1 * dy)
    bearing = math.atan2(east, north)
    if bearing < 0.0:
        bearing += _TWO_PI
    return bearing if bearing < _TWO_PI else 0.0
