"""Regions of the sea that a scenario names: outlines, corridors, surroundings of features, nearest waters.

Model: seven kinds, each of which says which points it holds, how large it is and where it lies: ``box``,
``polygon`` and ``circle`` (``outlines``), ``named_area`` (an outline of the catalogue), ``corridor`` (all
within a distance of a sea lane), ``near_features`` (all within a distance of any of some features,
``near_features``) and ``nearest_nation`` (all nearer to one nation's coast than to any other's,
``nearest_nation``). Zones of metrics and areas of filters may be of any kind; the area of a scenario and a
fishing ground are outlines: their edge is then a line that an author drew.

Assumptions and limits: regions are illustrative; none takes a position on any claim. No region crosses the
180th meridian or holds a pole. A position that is not a number is in no region.

Source: per kind. Where next: areas of scenarios, zones of metrics, areas of filters.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.spec import NonNegative
from mda_sim.geo.corridor import Corridor
from mda_sim.geo.named_area import NamedArea
from mda_sim.geo.near_features import NearFeatures
from mda_sim.geo.nearest_nation import NearestNation
from mda_sim.geo.outlines import BoundsDeg, Box, Circle, Point, Polygon, lon_reach_deg
from mda_sim.geo.sphere import EARTH_RADIUS_M, broadcast

__all__ = [
    "Area",
    "BoundsDeg",
    "Box",
    "Circle",
    "Corridor",
    "NamedArea",
    "NearFeatures",
    "NearestNation",
    "Point",
    "Polygon",
    "Region",
    "area_m2",
    "bounds",
    "contains",
    "widened",
]

Area = Annotated[Box | Polygon | Circle, Field(discriminator="kind")]
"""A box, a polygon or a circle, told apart by ``kind``."""

Region = Annotated[
    Box | Polygon | Circle | Corridor | NamedArea | NearFeatures | NearestNation, Field(discriminator="kind")
]
"""A region of any kind, told apart by ``kind``."""


def contains(region: Region, lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.bool_]:
    """Whether each point is in the region, in the broadcast shape of the two arguments.

    Raises ``ShapeError`` if the arguments do not broadcast.

    >>> box = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=100, lon_max_deg=110)
    >>> contains(box, [5.0, 0.0, 10.0], [105.0, 100.0, 105.0]).tolist()
    [True, True, False]
    """
    lat, lon = broadcast(lat_deg, lon_deg)
    return region.holds(lat, lon)


def area_m2(region: Region) -> float:
    """Area on the sphere, in square metres; exact for outlines, by sampling for the other kinds."""
    return region.area_m2()


def bounds(region: Region) -> BoundsDeg:
    """A box (lon_min, lat_min, lon_max, lat_max) that holds the region, in degrees.

    The smallest for outlines and ``near_features``; that of a corridor, or of the waters nearest to a nation,
    may be larger.
    """
    return region.bounds_deg()


def widened(region: Region, by_m: NonNegative) -> Box:
    """A box that holds every point within ``by_m`` (>= 0) of the region's bounding box.

    Cut off at the poles and at the 180th meridian. Raises ``ValueError`` if ``by_m`` is negative.
    """
    if not by_m >= 0:
        raise ValueError(f"a region is widened by a distance of 0 m or more, got {by_m}")
    lon_min, lat_min, lon_max, lat_max = bounds(region)
    d_lat = math.degrees(by_m / EARTH_RADIUS_M)
    highest = max(abs(lat_min), abs(lat_max))
    d_lon = 360.0 if highest + d_lat >= 90.0 else lon_reach_deg(highest, by_m)
    return Box(
        lat_min_deg=max(lat_min - d_lat, -90.0),
        lat_max_deg=min(lat_max + d_lat, 90.0),
        lon_min_deg=max(lon_min - d_lon, -180.0),
        lon_max_deg=min(lon_max + d_lon, 180.0),
    )
