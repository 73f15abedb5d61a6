"""What a set of sensors covers: probability of a contact with a reference target, cell by cell.

Model: the probability of the middle of a cell is that of its distance from the sensor in one reporting
interval, 0 behind the first land on its bearing for a radar (every half degree, the nearest). Together
sensors hold a target with 1 - prod(1 - p): the chance that at least one has a contact in an interval of its
own. The area covered at a level is that of the cells whose probability reaches it.

Assumptions and limits: sensors miss independently of each other. Calm and dry weather, a standard atmosphere.
Cells with their middle on land, or where the coast is not known, have none. What lies outside the
scenario's area is not counted. Satellites cover nothing all the time and are left out.
Where next: ``sensor_maps``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, initial_bearing_deg
from mda_sim.report.sensor_curves import p_contact, reach_m
from mda_sim.report.world_density import Grid, grid_over
from mda_sim.sensing.example import CALM
from mda_sim.sensing.radar import Radar
from mda_sim.sensing.radar_tables import BEARING_STEP_DEG, first_land_m

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.sensing.example import Example
    from mda_sim.sensing.sensor import FixedSensor

CELLS_ACROSS: Final = 450
"""Number of cells across the map, at most."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeaCells:
    """The cells of a map that lie at sea."""

    grid: Grid
    """All cells."""
    lat_deg: Floats
    """Latitude of the middle of each row, (n_rows,)."""
    lon_deg: Floats
    """Longitude of the middle of each column, (n_columns,)."""
    is_sea: NDArray[np.bool_]
    """Whether the middle is known to be at sea, (n_rows, n_columns)."""

    @property
    def area_m2(self) -> Floats:
        """Area of a cell of each row, (n_rows, 1) [m2]."""
        edges = np.sin(np.deg2rad(self.grid.lat_edges_deg))
        width = np.deg2rad(self.grid.lon_edges_deg[1] - self.grid.lon_edges_deg[0])
        return np.asarray(EARTH_RADIUS_M**2 * width * np.diff(edges)[:, None])


def sea_cells(
    lat_min_deg: float, lat_max_deg: float, lon_min_deg: float, lon_max_deg: float, land: Land | None
) -> SeaCells:
    """The cells of a box; all of them are at sea in a world without land."""
    grid = grid_over(lat_min_deg, lat_max_deg, lon_min_deg, lon_max_deg, CELLS_ACROSS)
    lat, lon = ((edges[1:] + edges[:-1]) / 2.0 for edges in (grid.lat_edges_deg, grid.lon_edges_deg))
    is_sea = np.ones(grid.shape, np.bool_)
    if land is not None:
        is_sea = land.covers(lat[:, None], lon)
        row, column = np.nonzero(is_sea)
        is_sea[row, column] = ~land.is_land(lat[row], lon[column])
    return SeaCells(grid, lat, lon, is_sea)


def covered(sensor: FixedSensor, example: Example, cells: SeaCells, land: Land | None) -> Floats:
    """Probability of a contact in one interval in each cell, nan on land, (n_rows, n_columns)."""
    p = np.where(cells.is_sea, 0.0, np.nan)
    far_m = distance_m(sensor.lat_deg, sensor.lon_deg, cells.lat_deg[:, None], cells.lon_deg)
    row, column = np.nonzero(cells.is_sea & (far_m <= reach_m(sensor, example, CALM)))
    range_m = far_m[row, column]
    found = p_contact(sensor, range_m, example, CALM)
    if isinstance(sensor, Radar):
        bearing_deg = initial_bearing_deg(
            sensor.lat_deg, sensor.lon_deg, cells.lat_deg[row], cells.lon_deg[column]
        )
        first_m = first_land_m(sensor, land, sensor.max_range_m)
        ray = np.rint(bearing_deg / BEARING_STEP_DEG).astype(np.int64) % len(first_m)
        found = np.where(range_m > first_m[ray], 0.0, found)
    p[row, column] = found
    return p


def together(parts: Iterable[Floats], cells: SeaCells) -> Floats:
    """1 - prod(1 - p) over sensors, nan on land, (n_rows, n_columns); 0 for no sensors."""
    missed = np.where(cells.is_sea, 1.0, np.nan)
    for p in parts:
        missed = missed * (1.0 - p)
    return 1.0 - missed


def area_km2(p: Floats, cells: SeaCells, level: float) -> float:
    """Area of the cells whose probability is at least ``level`` [km2]."""
    return float(np.where(p >= level, cells.area_m2, 0.0).sum()) / 1e6
