"""Areas of regions without a closed form, by sampling on a lattice.

Model: the bounding box is cut into cells of equal steps of longitude and latitude; a cell counts, with its
exact area on the sphere, if its middle is in the region. A line that crosses k cells makes an error of the
order of sqrt(k) cells if it lies anyhow across them.

Assumptions and limits: with ``ACROSS`` cells across the thinnest part the error is under 1 % (tested against
closed forms); boxes so large for their width that this would need more than ``CELLS_MAX`` cells a side get as
many, and a larger error.

Source: elementary (the midpoint rule). Where next: the kinds of region that ask.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from mda_sim.geo.outlines import Bools, BoundsDeg, Floats
from mda_sim.geo.sphere import EARTH_RADIUS_M

ACROSS: Final = 20
"""Cells across the thinnest part of a region."""
CELLS_LEAST: Final = 400
"""Least number of cells along each side of the box."""
CELLS_MAX: Final = 4000
"""Most cells along each side of the box."""
_AT_ONCE: Final = 1_000_000


def lattice_area_m2(
    holds: Callable[[Floats, Floats], Bools], bounds_deg: BoundsDeg, thinnest_m: float
) -> float:
    """Area [m2] of the region, inside a box, whose points ``holds`` tells; at least ``thinnest_m`` wide."""
    west, south, east, north = bounds_deg
    step_deg = math.degrees(thinnest_m / EARTH_RADIUS_M) / ACROSS
    rows, columns = (
        min(max(math.ceil(span / step_deg), CELLS_LEAST), CELLS_MAX) for span in (north - south, east - west)
    )
    edges = np.radians(np.linspace(south, north, rows + 1))
    cell_m2 = EARTH_RADIUS_M**2 * np.diff(np.sin(edges)) * math.radians((east - west) / columns)
    lat = np.degrees((edges[:-1] + edges[1:]) / 2)
    lon = west + (np.arange(columns) + 0.5) * ((east - west) / columns)
    found = [
        holds(*np.meshgrid(lat[some], lon, indexing="ij")).sum(axis=1)
        for some in np.array_split(np.arange(rows), math.ceil(rows * columns / _AT_ONCE))
    ]
    return math.fsum(np.concatenate(found) * cell_m2)
