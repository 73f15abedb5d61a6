"""Ships beside sea lanes: the waypoints of many ships on many lanes at once.

Model: at each waypoint a ship passes square to the lane's course (half-way between the courses of the legs
that meet there) at its own offset, a multiple of the lane's width; at most half the clearance of those legs,
so that a ship keeps to one side of the lane and gives way only where waters are tight.

No ship beside a lane meets what the lane is clear of, so none is tested. Each end of a ship's leg lies within
h = clearance / 2 of the end of the lane's leg; between the ends, the distance of two great circles is at most
h / cos(L / 2R) for a leg of length L (the deviation of neighbouring great circles, J'' = -J), which stays
below the clearance for L < 2 arccos(1/2) R = 13,300 km.

Assumptions and limits: a leg of a lane is shorter than that. Offsets are drawn elsewhere.

Source: deviation of geodesics on the sphere, elementary (M. P. do Carmo, "Riemannian Geometry", Birkhauser,
1992, chapter 5).
Where next: ``merchant`` and ``ferries`` ask for waypoints and time them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.coast_index import ragged
from mda_sim.geo.sphere import destination, initial_bearing_deg
from mda_sim.world.lanes import Lane

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SHARE_OF_CLEARANCE = 0.5


def waypoints_beside(
    lanes: Sequence[Lane], lane: Ints, offset_m: Floats, joins_first: ArrayLike = 0, joins_last: ArrayLike = 0
) -> tuple[Floats, Floats, Ints]:
    """Latitude and longitude [deg] of waypoints, and the ship of each; ship by ship, in order along the lane.

    ``lane`` (n,) numbers the lane of each ship among ``lanes``, and ``offset_m`` (n,) is how far to the right
    of it the ship sails where it can. At its first ``joins_first`` and last ``joins_last`` waypoints (scalars
    or (n,)) a ship is on the lane itself.
    """
    n_waypoints = np.array([len(one.lat_deg) for one in lanes], np.int64)
    first = np.cumsum(n_waypoints) - n_waypoints
    lat, lon = (np.concatenate([getattr(one, name) for one in lanes]) for name in ("lat_deg", "lon_deg"))
    square_deg = np.concatenate([_square_to(one) for one in lanes])
    most_m = np.concatenate([_most_offset_m(one) for one in lanes])
    ship, nth = ragged(n_waypoints[lane])
    row = first[lane[ship]] + nth
    before_end = n_waypoints[lane[ship]] - nth
    first_off, last_on = (np.broadcast_to(one, lane.shape)[ship] for one in (joins_first, joins_last))
    on_lane = (nth < first_off) | (before_end <= last_on)
    kept_m = np.where(on_lane, 0.0, np.clip(offset_m[ship], -most_m[row], most_m[row]))
    return (*destination(lat[row], lon[row], square_deg[row], kept_m), ship)


def longest_m(lane: Lane, offset_m: float) -> float:
    """A length [m] that no ship exceeds whose offset from the lane is at most ``offset_m``.

    By the triangle inequality each leg grows by no more than the offsets at its ends.
    """
    return lane.length_m + 2.0 * float(np.minimum(_most_offset_m(lane), offset_m).sum())


def _most_offset_m(lane: Lane) -> Floats:
    """How far beside each waypoint a ship may be, (n,)."""
    open_ends = np.array([np.inf])
    before = np.concatenate([open_ends, lane.clearance_m])
    after = np.concatenate([lane.clearance_m, open_ends])
    return np.asarray(_SHARE_OF_CLEARANCE * np.minimum(before, after), np.float64)


def _square_to(lane: Lane) -> Floats:
    """Bearing to the right of the course at each waypoint, (n,) [deg]."""
    starts, ends = (lane.lat_deg[:-1], lane.lon_deg[:-1]), (lane.lat_deg[1:], lane.lon_deg[1:])
    course = initial_bearing_deg(*starts, *ends)
    arrives = initial_bearing_deg(*ends, *starts) + 180.0
    before, after = np.append(course[:1], arrives), np.append(course, arrives[-1:])
    turn = (after - before + 180.0) % 360.0 - 180.0
    return np.asarray(before + turn / 2.0 + 90.0, np.float64)
