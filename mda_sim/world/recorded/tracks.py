"""From the usable fixes of a recording to great-circle legs.

Model: each piece of a track is simplified (``track_kernels.thin``) and what is left is joined by great-circle
legs at constant speed, so that no fix lies further than the tolerance from the track at its time. Between the
pieces of a vessel there is no leg: it is not known where she was. A leg that leads further inland than the
margin is left out too, since the ship went another way; both ends of it remain known.

Assumptions and limits: stretches of at most ``STRETCH_FIXES`` are simplified, so a piece keeps at least one
fix in so many. Legs are asked for land at points ``LAND_STEP_M`` apart.

Where next: ``recording`` cuts the legs to the run and puts them with the vessels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.geo.sphere import EARTH_RADIUS_M, lat_lon, unit_vectors
from mda_sim.world.legs import legs_between
from mda_sim.world.recorded.cleaning import Fixes, is_inland
from mda_sim.world.recorded.rows import Rows

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

STRETCH_FIXES: Final = 1024
"""Most fixes that are simplified at once."""
LAND_STEP_M: Final = 1000.0
"""Distance between the points at which a leg is asked for land. [m]"""
_POINTS_AT_ONCE: Final = 1_000_000


def legs_of(rows: Rows, fixes: Fixes, tolerance_m: float, margin_m: float, land: Land) -> tuple[Table, int]:
    """A LEGS table whose targets are pieces, and the number of legs left out for land."""
    lat, lon = rows.lat_deg[fixes.row], rows.lon_deg[fixes.row]
    keep = kept_fixes(lat, lon, fixes.t_us, fixes.piece, tolerance_m)
    legs = legs_between(lat[keep], lon[keep], fixes.t_us[keep], fixes.piece[keep])
    over_land = _leads_inland(legs, margin_m, land)
    return legs.take(~over_land), int(over_land.sum())


def kept_fixes(
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    t_us: NDArray[np.int64],
    piece: NDArray[np.int64],
    tolerance_m: float,
) -> NDArray[np.bool_]:
    """Which fixes (n,), sorted by piece and time, the simplified tracks keep."""
    from mda_sim.world.recorded.track_kernels import thin

    keep = np.zeros(len(piece), np.bool_)
    if not len(piece):
        return keep
    new_piece = np.concatenate([[True], piece[1:] != piece[:-1]])
    begin = np.flatnonzero(new_piece)
    nth = np.arange(len(piece)) - begin[np.cumsum(new_piece) - 1]
    is_last = np.append(new_piece[1:], True)
    first = np.flatnonzero((nth % STRETCH_FIXES == 0) & ~is_last)
    last = np.minimum(first + STRETCH_FIXES, np.flatnonzero(is_last)[np.cumsum(new_piece)[first] - 1])
    thin(unit_vectors(lat_deg, lon_deg), t_us, first, last, tolerance_m, keep)
    return keep


def _leads_inland(legs: Table, margin_m: float, land: Land) -> NDArray[np.bool_]:
    """Whether each leg has a point that is further inland than the margin."""
    angle = legs["w_rad_s"] * (legs["t_to_us"] - legs["t_from_us"]) * 1e-6
    steps = np.ceil(angle * EARTH_RADIUS_M / LAND_STEP_M).astype(np.int64)
    found = np.zeros(len(legs), np.bool_)
    block = np.cumsum(steps + 1) // _POINTS_AT_ONCE
    for rows in np.split(np.arange(len(legs)), np.flatnonzero(np.diff(block)) + 1):
        count = steps[rows] + 1
        leg = np.repeat(rows, count)
        nth = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)
        at = angle[leg] * (nth / np.maximum(steps[leg], 1))
        cosine, sine = np.cos(at), np.sin(at)
        axes = [legs[f"a{axis}"][leg] * cosine + legs[f"b{axis}"][leg] * sine for axis in "xyz"]
        lat, lon = lat_lon(np.stack(axes, axis=1))
        found[leg[is_inland(lat, lon, margin_m, land)]] = True
    return found
