"""Named areas: waters with a name, as the catalogue outlines them.

Model: the polygon of a row of the catalogue of sea areas; its edges and its boundary rule are those of a
polygon.

Assumptions and limits: outlines are illustrative, drawn by hand to about 50 km; they are not the limits of
any hydrographic publication, and take no position on any claim.

Source: the catalogue of sea areas. Where next: ``regions``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from mda_sim.core.spec import Id, Spec
from mda_sim.data import catalogue
from mda_sim.geo.outlines import Bools, BoundsDeg, Floats, Point, Polygon


class NamedArea(Spec):
    """Waters that the catalogue has a name and an outline for."""

    kind: Literal["named_area"] = "named_area"
    """The kind of region."""
    area: Id
    """Sea area by its id in the catalogue."""

    @field_validator("area")
    @classmethod
    def _is_catalogued(cls, area: str) -> str:
        if area not in catalogue.sea_areas():
            raise ValueError(str(catalogue.UnknownIdError("sea area", area, catalogue.sea_areas())))
        return area

    def outline(self) -> Polygon:
        """The polygon that the catalogue has."""
        corners = catalogue.sea_area(self.area).corners
        return Polygon(points=tuple(Point(lat_deg=lat, lon_deg=lon) for lat, lon in corners))

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Whether each point is inside the outline; arrays of one shape."""
        return self.outline().holds(lat, lon)

    def area_m2(self) -> float:
        """Area on the sphere [m2], exact for the outline, land within included."""
        return self.outline().area_m2()

    def bounds_deg(self) -> BoundsDeg:
        """The smallest box that holds the outline."""
        return self.outline().bounds_deg()
