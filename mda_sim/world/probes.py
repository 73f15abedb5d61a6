"""Probes: stationary weightless reference targets on a grid, for maps of what can be seen.

Model: one probe at the centre of each cell of a world-wide grid of ``spacing_deg`` whose centre lies in the
area and at sea. Its index is the number of the cell in the world-wide grid, so the probe of a place is the
same target, with the same draws, whatever the area.

Assumptions and limits: a probe carries no AIS and never moves. A cell that the coast cuts has a probe if
its centre is at sea. The default length of 50 m stands for a militia trawler.

Source: 51 m was the mean of the hulls seen at Subi and Mischief Reef in 2018: Institute for Maritime and
Ocean Affairs, "Think tank flags increase in number of Chinese fishing vessels", imoa.ph.
Where next: ``world.build_fleet``; area coverage in metrics and maps in report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from mda_sim.core.spec import Positive, Sourced
from mda_sim.core.time import Timeline
from mda_sim.geo.regions import Area, bounds, contains
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import PROBE, AisClass, legs_between
from mda_sim.world.groups import Group

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land


class ProbeSpec(Sourced):
    """The grid of probes and what each of them is."""

    spacing_deg: Annotated[float, Field(ge=0.01, le=10)]
    """Side of a grid cell in latitude and longitude. [0.01, 10] deg"""
    length_m: Positive = 50.0
    """Length over all. > 0 m"""


def probe_group(spec: ProbeSpec, area: Area, timeline: Timeline, land: Land) -> Group:
    """The probes of an area, present from time 0 to the end of the scored part, in order of cells."""
    lon_min, lat_min, lon_max, lat_max = bounds(area)
    step = spec.spacing_deg
    rows = np.arange(np.floor((lat_min + 90.0) / step), np.ceil((lat_max + 90.0) / step), dtype=np.int64)
    columns = np.arange(np.floor((lon_min + 180.0) / step), np.ceil((lon_max + 180.0) / step), dtype=np.int64)
    row, column = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    lat, lon = (row + 0.5) * step - 90.0, (column + 0.5) * step - 180.0
    kept = contains(area, lat, lon) & ~land.is_land(lat, lon)
    lat, lon = lat[kept], lon[kept]
    n = len(lat)
    times_us = np.tile([0, timeline.score_to_us], n)
    legs = legs_between(np.repeat(lat, 2), np.repeat(lon, 2), times_us, np.repeat(np.arange(n), 2))
    return Group(
        traffic_class=PROBE,
        stream=PROBE,
        index=(row * int(np.ceil(360.0 / step)) + column)[kept],
        flag=[""] * n,
        length_m=np.full(n, spec.length_m),
        ais=np.full(n, AisClass.NONE, np.uint8),
        legs=legs,
        broadcasts=for_life(np.zeros(n, np.bool_), legs),
    )
