"""Open water: parts of the sea without land in which ships may go straight, and the way into them from a
port.

Model: the convex hull, straight in longitude and latitude, of a region's corners (of 64 points on the rim of
a circle). It is open if no land of the map meets it, widened by ``MARGIN_DEG`` and by as much as a great
circle across it may bulge. So every leg between two points of the hull is clear of land. The way in from a
port is the passage to the middle of the hull, cut off at its first place in it, the gate.

Assumptions and limits: the bulge of a great circle of length L at latitude phi is L^2 tan(phi) / 8R, an
approximation for legs of less than a radian. Reefs are not land; depths play no part.

Source: elementary. Where next: ``survey`` and ``rendezvous``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.geo.regions import Area, Circle, Polygon, bounds
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m, great_circle_points
from mda_sim.world.passages import LatLon, Passage, passage

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]

MARGIN_DEG: Final = 0.02
"""How far from land the hull keeps at least, in longitude and latitude. [deg]"""
STEP_M: Final = 2_000.0
"""Distance between the places on a passage that may be its gate. [m]"""
_RIM_POINTS: Final = 64


def open_hull(region: Area, stream: str, land: Land) -> Any:
    """The hull of a region, a shapely polygon; RunError if it meets land or leaves the map."""
    import shapely

    hull = shapely.convex_hull(shapely.multipoints(_corners(region)))
    west, south, east, north = hull.bounds
    across_m = float(distance_m(south, west, north, east))
    bulge_m = across_m**2 * np.tan(np.radians(max(abs(south), abs(north)))) / (8.0 * EARTH_RADIUS_M)
    wide = hull.buffer(MARGIN_DEG + float(np.degrees(bulge_m / EARTH_RADIUS_M)))
    if not shapely.box(*land.bounds).contains(wide) or shapely.intersects(land.polygons, wide).any():
        raise RunError(
            f"the region of stream '{stream}' must be open water on the map: no land inside its convex hull"
            f" or within about {MARGIN_DEG * 111:.0f} km of it; make it smaller or move it"
        )
    return hull


def way_in(place: LatLon, hull: Any, land: Land) -> Passage:
    """The passage from a port to the first place of it in the hull; RunError if the map has none."""
    import shapely

    whole = passage(place, (float(hull.centroid.y), float(hull.centroid.x)), land)
    lats, lons = [whole.lat_deg[:1]], [whole.lon_deg[:1]]
    for leg in range(len(whole.lat_deg) - 1):
        here, there = ((float(whole.lat_deg[k]), float(whole.lon_deg[k])) for k in (leg, leg + 1))
        n = int(distance_m(*here, *there) / STEP_M) + 2
        lat, lon = great_circle_points(*here, *there, n)
        inside = shapely.contains_xy(hull, lon, lat)
        if inside.any():
            gate = int(inside.argmax())
            return Passage(
                np.append(np.concatenate(lats), lat[gate]), np.append(np.concatenate(lons), lon[gate])
            )
        lats.append(lat[-1:])
        lons.append(lon[-1:])
    return whole


def _corners(region: Area) -> Floats:
    """Longitude and latitude (n, 2) of points whose hull holds the region's."""
    if isinstance(region, Polygon):
        return np.array([(point.lon_deg, point.lat_deg) for point in region.points])
    if isinstance(region, Circle):
        bearings = np.arange(_RIM_POINTS) * (360.0 / _RIM_POINTS)
        lat, lon = destination(region.lat_deg, region.lon_deg, bearings, region.radius_m)
        return np.stack([lon, lat], axis=1)
    west, south, east, north = bounds(region)
    return np.array([(west, south), (east, south), (east, north), (west, north)])
