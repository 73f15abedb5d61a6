"""When vessels that do not broadcast are near ships that are bound for one nation along a sea lane.

Model: it is asked at moments ``STEP_S`` apart, in the middle of steps of the scored time, which silent
vessels of the scored area are within a distance of another vessel that is bound for the nation and inside
the corridor at that moment. Each moment stands for its step, less what lies before or after the vessel's
own stay.

Assumptions and limits: a sum of vessel-time over many passes is unbiased; a pass that is shorter than a
step may be missed, or counts as a step (at a relative speed of 20 m/s a step is 12 km). A vessel is not
near itself.

Source: elementary. Where next: ``corridors.py`` takes custody over this time.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.coast_index import ragged
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.metrics.spec import CorridorSpec
from mda_sim.world.fleet import AisState, Fleet
from mda_sim.world.inside import inside_intervals
from mda_sim.world.presence import PRESENCE, intersection, joined

STEP_S: Final = 600
"""Time between the moments at which it is asked who is near whom. [s]"""

_STEP_US: Final = STEP_S * US_PER_S
_APART: Final = 4.0  # of two steps on the fourth axis: over every chord of the unit sphere

Ints = NDArray[np.int64]


def time_near_ships(
    fleet: Fleet, corridor: CorridorSpec, scored: Table, from_us: int, to_us: int
) -> Table | None:
    """A PRESENCE table of silent vessels near ships within [from_us, to_us]; None without ``bound_for``.

    ``scored`` is the PRESENCE table of the scored area.
    """
    if corridor.bound_for is None:
        return None
    on_lane = inside_intervals(fleet, corridor.region(), from_us, to_us)
    is_bound = np.array([nation == corridor.bound_for for nation in (*fleet.destinations, "")], np.bool_)
    ships = on_lane.take(is_bound[fleet.targets["bound_for"][on_lane["target"]]])
    around = inside_intervals(fleet, corridor.region(corridor.near_m), from_us, to_us)
    silent = intersection(intersection(around, scored), fleet.in_state(AisState.SILENT))
    vessels = silent.take(silent["target"] < fleet.n_vessels)
    stay, step = _moments(vessels, from_us)
    if not len(ships) or not len(stay):
        return Table.empty(PRESENCE)
    is_near = _has_neighbour(
        *_placed(fleet, ships, *_moments(ships, from_us), from_us),
        *_placed(fleet, vessels, stay, step, from_us),
        chord_of(corridor.near_m),
    )
    stay, begin_us = stay[is_near], from_us + step[is_near] * _STEP_US
    return joined(
        vessels["target"][stay].astype(np.int64),
        np.maximum(begin_us, vessels["t_from_us"][stay]),
        np.minimum(begin_us + _STEP_US, vessels["t_to_us"][stay]),
    )


def chord_of(distance_m: float) -> float:
    """Chord on the unit sphere of a distance along it.

    >>> round(chord_of(math.pi * EARTH_RADIUS_M), 9)
    2.0
    """
    return 2.0 * math.sin(min(distance_m / EARTH_RADIUS_M, math.pi) / 2.0)


def _moments(intervals: Table, from_us: int) -> tuple[Ints, Ints]:
    """The moments within each interval, [from, to): row of the interval and number of the step."""
    middle_us = from_us + _STEP_US // 2
    first, past = (-((middle_us - intervals[end]) // _STEP_US) for end in ("t_from_us", "t_to_us"))
    row, nth = ragged(past - first)
    return row, first[row] + nth


def _placed(
    fleet: Fleet, intervals: Table, row: Ints, step: Ints, from_us: int
) -> tuple[Ints, NDArray[np.float64]]:
    """Target and place (n, 4) of each moment: on the unit sphere, and apart from all other steps."""
    target = intervals["target"][row].astype(np.int64)
    at = fleet.unit_vectors(target, from_us + step * _STEP_US + _STEP_US // 2)
    return target, np.concatenate([at, _APART * step[:, None]], axis=1)


def _has_neighbour(
    ship: Ints, ship_at: NDArray[np.float64], vessel: Ints, at: NDArray[np.float64], chord: float
) -> NDArray[np.bool_]:
    """Whether each vessel has a ship other than itself within a chord: one of the two nearest, if any."""
    from scipy.spatial import cKDTree

    found: Any = cKDTree(ship_at).query(at, k=2)
    distance, nearest = found
    other = np.append(ship, -1)[nearest] != vessel[:, None]
    return np.asarray(((distance <= chord) & other).any(axis=1))
