"""Where ships wait off a port: places at sea that clear legs join to the way in.

Model: places on a sunflower spiral around the port, equally dense out to ``REACH_M``; of these, the ones that
a clear great-circle leg joins both to the last waypoint before the port and to the port. A ship that waits
leaves the lane at that waypoint, lies at one of the places, and goes on to the port.

Assumptions and limits: charted anchorages and depths play no part; ``REACH_M`` is an assumption. Ships may
choose the same place, in which case they lie at one point.

Source: even points on a disc: H. Vogel, "A better way to construct the sunflower head", Mathematical
Biosciences 44, 1979, pp. 179-189, doi:10.1016/0025-5564(79)90080-4.
Where next: ``lanes`` stores them with each lane; ``merchant`` lets ships wait there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.sphere import destination

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

REACH_M: Final = 20_000.0
"""Largest distance of an anchorage from its port. [m]"""
PLACES: Final = 800
"""Number of places tried around a port: one in 1.6 km2."""
_GOLDEN_DEG: Final = 180.0 * (3.0 - 5.0**0.5)


def anchorages(
    last_lat_deg: float, last_lon_deg: float, lat_deg: float, lon_deg: float, barred: Land
) -> NDArray[np.float64]:
    """Latitudes and longitudes (2, k) of anchorages of the port at (lat, lon) for ships that come from
    (last_lat, last_lon), clear of ``barred``; k may be 0.
    """
    nth = np.arange(PLACES)
    away_m = REACH_M * np.sqrt((nth + 0.5) / PLACES)
    lat, lon = destination(lat_deg, lon_deg, nth * _GOLDEN_DEG % 360.0, away_m)
    on_map = barred.covers(lat, lon)
    lat, lon = lat[on_map], lon[on_map]
    clear = ~barred.crosses_great_circle(lat, lon, lat_deg, lon_deg)
    clear[clear] = ~barred.crosses_great_circle(last_lat_deg, last_lon_deg, lat[clear], lon[clear])
    return np.stack([lat[clear], lon[clear]])
