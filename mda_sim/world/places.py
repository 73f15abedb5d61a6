"""Places that a scenario brings along: its coast and its ports, beside those that the program ships.

Model: traffic and sensing ask one coast file what is land, the shipped one unless the scenario names another;
routes and berths name ports of the catalogue or of the scenario.

Assumptions and limits: one coast file a scenario; what lies outside it is unknown, not sea. A port of the
scenario may not have the id of one of the catalogue.

Source: per port and coast file, stated by the scenario. Where next: ``world``.
"""

from __future__ import annotations

from pydantic import Field

from mda_sim.core.spec import DataFile, LatDeg, LonDeg, NationId, Sourced
from mda_sim.data.rows import Port


class CoastSpec(Sourced):
    """Where the land is, beyond the shipped coast or instead of it."""

    file: DataFile
    """Coast file, as ``python -m mda_sim.data.coast.regenerate`` makes it."""


class PortSpec(Sourced):
    """A port, or a place where ships enter the map: where voyages begin and end."""

    name: str = Field(min_length=1)
    """Name in plain words."""
    nation: NationId | None = None
    """Nation that ships to the port are bound for; none for a place at sea."""
    lat_deg: LatDeg
    """Latitude of a point at sea off the port. [-90, 90]"""
    lon_deg: LonDeg
    """Longitude of a point at sea off the port. [-180, 180]"""

    def row(self, port_id: str) -> Port:
        """The port as the catalogue would list it."""
        return Port(
            port_id, self.name, self.nation or "", self.lat_deg, self.lon_deg, self.source, self.confidence
        )
