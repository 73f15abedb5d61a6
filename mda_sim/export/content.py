"""What a run hands to every format: vessels and their tracks, sensors, zones, coverage, what nations held.

Model: plain columns and texts, so that a writer needs no scenario and no log. Positions are WGS 84 longitude
and latitude in degrees, times are microseconds since the scenario's start (``t_us``); ``Content.utc`` turns
them into the calendar.

Where next: ``study.export`` fills it; ``geojson``, ``geoparquet``, ``czml``, ``kml`` and ``csv_files`` write
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import Timeline
from mda_sim.picture.spells import Holdings
from mda_sim.world.sampled import Tracks

Floats = NDArray[np.float64]

NOTE: Final = (
    "Simulation only; perfect association; surface targets only, no cueing. "
    "Zones are illustrative and take no position on claims."
)
"""What every exported file says of itself."""


@dataclass(frozen=True)
class Vessel:
    """A vessel as files describe it."""

    name: str
    """``<stream>#<index>``."""
    traffic_class: str
    flag: str
    """Code of the state that it belongs to."""
    length_m: float


@dataclass(frozen=True)
class SensorPlace:
    """A sensor that stands somewhere."""

    name: str
    category: str
    operator: str
    lat_deg: float
    lon_deg: float
    range_m: float
    """To a vessel of the height that maps assume; NaN if it has none."""
    ring: tuple[tuple[float, float], ...]
    """Longitude and latitude along its range, closed; empty without a range."""


@dataclass(frozen=True)
class Zone:
    """A scored zone or corridor: the lines along its edge, each of (longitude, latitude)."""

    name: str
    lines: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, eq=False)
class Coverage:
    """Custody of the probes of one nation at one age, mean over seeds; arrays are (n_probes,)."""

    nation: str
    tau_s: float
    lat_deg: Floats
    lon_deg: Floats
    share: Floats
    """Share of the scored time in custody [0-1], NaN without scored time."""
    spacing_deg: float
    """Side of the cell that each probe stands for."""

    def cells(self) -> Floats:
        """West, south, east and north edge of each cell, (n_probes, 4) [deg]."""
        half = self.spacing_deg / 2
        sides = (self.lon_deg - half, self.lat_deg - half, self.lon_deg + half, self.lat_deg + half)
        return np.stack(sides, axis=1)


@dataclass(frozen=True, eq=False)
class Content:
    """All of it, of one configuration and seed."""

    scenario: str
    configuration: str
    seed: int
    timeline: Timeline
    from_us: int
    """First instant of what changes in time."""
    to_us: int
    """Last instant of it."""
    vessels: tuple[Vessel, ...]
    tracks: Tracks
    sensors: tuple[SensorPlace, ...]
    zones: tuple[Zone, ...]
    coverage: tuple[Coverage, ...]
    """By nation and age."""
    map_age_s: float
    """The age that maps show."""
    holdings: dict[str, Holdings]
    """By nation."""

    @property
    def title(self) -> str:
        """One line that names what this is of."""
        return f"{self.scenario}, {self.configuration}, seed {self.seed}"

    @property
    def mapped(self) -> tuple[Coverage, ...]:
        """The coverage that maps show, by nation."""
        return tuple(layer for layer in self.coverage if layer.tau_s == self.map_age_s)

    def utc(self, t_us: int) -> str:
        """An instant as ISO 8601 in UTC."""
        moment = self.timeline.datetime_at(t_us).replace(tzinfo=None)
        return f"{moment.isoformat(timespec='milliseconds')}Z"
