"""When vessels cross a line: transits of a strait, from the legs of a fleet.

Model: the line is the great-circle arc from p to q with unit normal n = p x q / |p x q|. On a leg the unit
vector is ``a cos f + b sin f`` with f = w dt, so its height over the plane of the line is ``A cos f + B sin
f`` with A = a.n, B = b.n, and vanishes at f = atan2(-A, B) modulo pi: once on a leg of less than half the
globe, if its ends lie on different sides. There the point must lie between p and q.

Boundary rule: a point on the great circle is on the left side; a leg ends on the side on which the next leg
of the vessel begins. So a turn on the line itself counts once or not at all, and the crossings of a vessel to
the left less those to the right are its last side less its first. The arc holds p and not q, within rounding.

Assumptions and limits: a vessel that goes to and fro across the line counts each time; a jump over a gap
between two legs does not count. The arc is shorter than half the globe.

Source: great circles as planes through the centre: elementary. Where next: ``world_measures`` counts
transits.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import US_PER_S
from mda_sim.data.published import CountLine
from mda_sim.geo.sphere import unit_vectors

Floats = NDArray[np.float64]

CROSSINGS: Final = Schema(
    "crossings",
    (
        Column("target", "u4", "vessel that crosses"),
        Column("t_us", "i8", "when it crosses [us]"),
        Column("to_left", "i1", "1 to the left of the line as seen from its first end, -1 to the right"),
    ),
    sort=("target", "t_us"),
)
"""One row per crossing of one line."""


def crossings(legs: Table, line: CountLine) -> Table:
    """All crossings of a line by the targets of a LEGS table: a CROSSINGS table.

    ValueError for a line whose ends are one place or opposite each other.
    """
    p, q = unit_vectors([line.lat1_deg, line.lat2_deg], [line.lon1_deg, line.lon2_deg])
    normal = np.cross(p, q)
    length = float(np.sqrt(_dot(normal, normal)))
    if length < 1e-12:
        raise ValueError(f"the ends of the line '{line.id}' are one place or opposite each other")
    normal = normal / length
    a, b = (np.stack([legs[f"{letter}{axis}"] for axis in "xyz"], axis=1) for letter in "ab")
    height, slope = _dot(a, normal), _dot(b, normal)
    duration_s = (legs["t_to_us"] - legs["t_from_us"]) / US_PER_S
    starts_left, ends_left = _sides(legs, height, slope, legs["w_rad_s"] * duration_s)
    rows = np.flatnonzero(starts_left != ends_left)
    angle = np.mod(np.arctan2(-height[rows], slope[rows]), np.pi)
    rate = legs["w_rad_s"][rows]
    angle = np.minimum(angle, rate * duration_s[rows])
    at = a[rows] * np.cos(angle)[:, None] + b[rows] * np.sin(angle)[:, None]
    on_arc = (_dot(np.cross(p, at), normal) >= 0.0) & (_dot(np.cross(at, q), normal) > 0.0)
    kept = rows[on_arc]
    columns = {
        "target": legs["target"][kept],
        "t_us": legs["t_from_us"][kept] + np.rint((angle / rate)[on_arc] * US_PER_S).astype(np.int64),
        "to_left": np.where(ends_left[kept], 1, -1),
    }
    return Table.of(CROSSINGS, columns)


def _sides(
    legs: Table, height: Floats, slope: Floats, arc_rad: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each leg starts, and whether it ends, on the left side."""
    starts_left = height >= 0.0
    ends_left = height * np.cos(arc_rad) + slope * np.sin(arc_rad) >= 0.0
    goes_on = (legs["target"][1:] == legs["target"][:-1]) & (legs["t_from_us"][1:] == legs["t_to_us"][:-1])
    ends_left[:-1] = np.where(goes_on, starts_left[1:], ends_left[:-1])
    return starts_left, np.where(legs["w_rad_s"] > 0.0, ends_left, starts_left)


def _dot(vectors: Floats, other: Floats) -> Floats:
    """Inner products of vectors (..., 3) with one vector (3,) or as many, (...)."""
    return np.asarray(
        vectors[..., 0] * other[..., 0] + vectors[..., 1] * other[..., 1] + vectors[..., 2] * other[..., 2]
    )
