"""The weather around one sensor: by cells of sea and steps of time, so that a look costs one table row.

Model: a square grid of cells in metres east and north of the sensor, and equal steps of time. Each cell and
step has the sea state and the rain rate at its middle, and the mean rain rate on the way from the sensor to
it, over ``PATH_POINTS`` points in whatever cells they lie. Vessels in one cell share it.

Assumptions and limits: weather changes in steps between cells and times. East and north are the target's unit
vector along the sensor's, which is within a percent of distance up to 900 km. Beyond the grid the nearest
cell counts.

Where next: ``radar`` makes one for each radar if the world has weather; ``radar_kernels`` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.sphere import EARTH_RADIUS_M, destination
from mda_sim.sensing.clutter import sea_state_of

if TYPE_CHECKING:
    from mda_sim.world.environment import Environment

CELL_M: Final = 50_000.0
"""Side of a cell [m]."""
STEP_US: Final = 7_200_000_000
"""Step in time, two hours [us]."""
PATH_POINTS: Final = 4
"""Points on the way to a cell at which rain is asked."""


@dataclass(frozen=True)
class LocalWeather:
    """Weather by step and cell; arrays are (n_steps, n_side, n_side): time, north, east."""

    cell_m: float
    """Side of a cell [m]."""
    step_us: int
    """Length of a step [us]."""
    sea_state: NDArray[np.float64]
    """Sea state, in [0, 9]."""
    rain_mm_per_hour: NDArray[np.float64]
    """Rain rate in the cell [mm/h]."""
    path_mm_per_hour: NDArray[np.float64]
    """Mean rain rate on the way from the sensor to the middle of the cell [mm/h]."""

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return len(self.sea_state)

    @property
    def n_side(self) -> int:
        """Number of cells along a side, odd: the sensor is in the middle of the middle one."""
        return len(self.sea_state[0])


def local_weather(
    environment: Environment, lat_deg: float, lon_deg: float, reach_m: float, end_us: int
) -> LocalWeather:
    """The weather within ``reach_m`` of a place during [0, ``end_us``].

    One step and cell where the weather is uniform. Cells outside the environment's box have the weather of
    the nearest place in it.
    """
    half = 0 if environment.is_uniform else int(np.ceil(reach_m / CELL_M - 0.5))
    n_steps = 1 if environment.is_uniform else end_us // STEP_US + 1
    cells = np.arange(-half, half + 1)
    north, east = np.meshgrid(cells, cells, indexing="ij")
    off_m = EARTH_RADIUS_M * np.arcsin(np.minimum(np.hypot(north, east) * CELL_M / EARTH_RADIUS_M, 1.0))
    lat, lon = destination(lat_deg, lon_deg, np.rad2deg(np.arctan2(east, north)), off_m)
    times_us = np.minimum(np.arange(n_steps) * STEP_US + STEP_US // 2, end_us)
    west, south, east_most, north_most = environment.bounds_deg
    lat, lon = np.clip(lat, south, north_most), np.clip(lon, west, east_most)
    sky = environment.at(times_us[:, None, None], lat[None], lon[None])
    rain = sky.rain_mm_per_hour
    shares = np.arange(1, PATH_POINTS + 1) / PATH_POINTS
    rows, columns = (np.rint(shares[:, None, None] * one).astype(np.int64) + half for one in (north, east))
    path = rain[:, rows, columns].mean(axis=1)
    return LocalWeather(CELL_M, STEP_US, sea_state_of(sky.wave_height_m), rain, path)
