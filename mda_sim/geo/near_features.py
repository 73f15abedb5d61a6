"""Surroundings of features: all points within a distance of any of them.

Model: the union of circles of one radius about the central points of features of the catalogue and about
places that the scenario states. The region holds its rim.

Assumptions and limits: a feature is its central point, known to ``position_uncertainty_m``. Zones are
illustrative: a radius says nothing about the status of a feature or about rights. No circle crosses the 180th
meridian or holds a pole.

Source: the catalogue of features. Where next: ``regions``.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from mda_sim.core.spec import Id, Items, Positive, Spec
from mda_sim.data import catalogue
from mda_sim.geo.lattice import lattice_area_m2
from mda_sim.geo.outlines import Bools, BoundsDeg, Circle, Floats, Point
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors


class NearFeatures(Spec):
    """All points within a distance of any of some features."""

    kind: Literal["near_features"] = "near_features"
    """The kind of region."""
    features: Annotated[Items[Id], Field(max_length=500)] = ()
    """Features by their ids in the catalogue; at most 500."""
    places: Annotated[Items[Point], Field(max_length=500)] = ()
    """Further places; at most 500."""
    radius_m: Positive
    """Great-circle radius about each. > 0 m, short of the poles and of the 180th meridian"""

    @field_validator("features")
    @classmethod
    def _are_catalogued(cls, features: tuple[str, ...]) -> tuple[str, ...]:
        known = catalogue.features()
        wrong = [
            str(catalogue.UnknownIdError("feature", name, known)) for name in features if name not in known
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return features

    @model_validator(mode="after")
    def _has_circles(self) -> Self:
        if not self.features and not self.places:
            raise ValueError("expected one feature or place at least")
        self.circles()
        return self

    def circles(self) -> tuple[Circle, ...]:
        """The circle about each feature, then about each further place."""
        rows = [catalogue.feature(name) for name in self.features]
        found = [(row.lat_deg, row.lon_deg) for row in rows]
        found += [(place.lat_deg, place.lon_deg) for place in self.places]
        return tuple(Circle(lat_deg=lat, lon_deg=lon, radius_m=self.radius_m) for lat, lon in found)

    def holds(self, lat: Floats, lon: Floats) -> Bools:
        """Whether each point is within ``radius_m`` of a feature or place; arrays of one shape."""
        from scipy.spatial import cKDTree

        west, south, east, north = self.bounds_deg()
        near = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        circles = self.circles()
        centres = unit_vectors([one.lat_deg for one in circles], [one.lon_deg for one in circles])
        chord = cKDTree(centres).query(unit_vectors(lat[near], lon[near]))[0]
        found = np.zeros(lat.shape, np.bool_)
        found[near] = chord <= 2.0 * math.sin(min(self.radius_m / EARTH_RADIUS_M, math.pi) / 2.0)
        return found

    def area_m2(self) -> float:
        """Area on the sphere [m2], by sampling (``lattice``): good to 1 %."""
        return lattice_area_m2(self.holds, self.bounds_deg(), 2 * self.radius_m)

    def bounds_deg(self) -> BoundsDeg:
        """The smallest box that holds all circles."""
        west, south, east, north = zip(*(circle.bounds_deg() for circle in self.circles()), strict=True)
        return min(west), min(south), max(east), max(north)
