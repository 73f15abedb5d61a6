"""When targets are within a distance of a fixed sensor: closed-form windows on great-circle legs.

Model: on a leg the target's unit vector is p(t) = a cos(w t) + b sin(w t), so its cosine to a sensor at unit
vector s is s.p(t) = C cos(w t - f) with C = hypot(s.a, s.b), f = atan2(s.b, s.a). It is within the angle r
where that is at least cos(r): for w t between f - h and f + h (modulo 2 pi), h = acos(cos(r) / C), and
nowhere if C < cos(r). A stationary target is within for its whole leg or not at all.

Assumptions and limits: distances along the sphere of mean radius; r under a quarter of the globe and legs
under half of it, so that a leg meets its cap once. Times are rounded inwards to microseconds.

Source: elementary spherical geometry. Where next: ``FixedSensor.plan`` finds the windows of each sensor; the
kernels of ``radar`` and ``ais`` look inside them only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet


Whole = int | np.int64
"""A whole number in a kernel."""

WINDOW: Final = np.dtype(
    [
        ("target", "i8"),
        ("t_from_us", "i8"),
        ("t_to_us", "i8"),
        ("leg_from_us", "i8"),
        ("ax", "f8"),
        ("ay", "f8"),
        ("az", "f8"),
        ("bx", "f8"),
        ("by", "f8"),
        ("bz", "f8"),
        ("w_rad_s", "f8"),
        ("speed_mps", "f8"),
    ]
)
"""One leg of a target that comes within reach: the target, the first and last instant in reach [us], and
the leg's start [us] and motion, as in a LEGS table, so that looks need nothing else."""

Window = np.void
"""One row of ``Windows``."""

Windows = NDArray[np.void]
"""Windows of one sensor: an array (n,) of dtype ``WINDOW``, sorted by target and time."""


class Legs(NamedTuple):
    """The columns of a LEGS table that kernels read."""

    t_from_us: NDArray[np.int64]
    t_to_us: NDArray[np.int64]
    ax: NDArray[np.float64]
    ay: NDArray[np.float64]
    az: NDArray[np.float64]
    bx: NDArray[np.float64]
    by: NDArray[np.float64]
    bz: NDArray[np.float64]
    w_rad_s: NDArray[np.float64]
    speed_mps: NDArray[np.float64]


def leg_columns(fleet: Fleet) -> Legs:
    """The legs of a fleet as kernels take them."""
    return Legs(*(fleet.legs[name] for name in Legs._fields))


def find_windows(
    fleet: Fleet,
    lat_deg: float,
    lon_deg: float,
    reach_m: NDArray[np.float64],
    first: int = 0,
    stop: int | None = None,
) -> Windows:
    """When the targets ``first`` .. ``stop - 1`` (default: all) are within their reach of a place.

    ``reach_m`` has one distance for each target of the fleet, (n_targets,), negative for never; ShapeError
    for another shape, ValueError for a reach of a quarter of the globe or more.
    """
    from mda_sim.sensing.windows_kernels import fill_windows

    if reach_m.shape != (fleet.n_targets,):
        raise ShapeError(f"expected a reach for each of {fleet.n_targets} targets, got shape {reach_m.shape}")
    stop = fleet.n_targets if stop is None else stop
    reach_m = reach_m[first:stop]
    if reach_m.size and reach_m.max() >= np.pi / 2 * EARTH_RADIUS_M:
        raise ValueError("a reach must be less than a quarter of the globe")
    first_leg = fleet.targets["first_leg"][first:stop].astype(np.int64)
    n_legs = fleet.targets["n_legs"][first:stop].astype(np.int64)
    x, y, z = unit_vectors(lat_deg, lon_deg)
    cos_reach = np.where(reach_m < 0, 2.0, np.cos(reach_m / EARTH_RADIUS_M))
    windows = np.empty(int(n_legs.sum()), WINDOW)
    n = fill_windows(
        leg_columns(fleet), first, first_leg, n_legs, float(x), float(y), float(z), cos_reach, windows
    )
    return windows[:n]
