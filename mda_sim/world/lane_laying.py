"""Laying sea lanes: which way ships go between two ports.

Model: the cheapest path on the graph of ``sea_grid`` (Dijkstra), then string-pulling: from each waypoint to
the farthest one that a great-circle leg reaches at no more than the cost of the path between, clear of what
``hazards`` bars: land with ``MARGIN_M`` around it, and shoal waters. The anchorages at both ends
(``anchorages``) are clear of the same.

Assumptions and limits: a lane depends on its two ports, the coast and the shoals alone: not on the area of a
scenario nor on other ports. Ports are joined to the graph by the nearest clear leg.

Source: E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1, 1959,
pp. 269-271.
Where next: ``world.lanes_of``; ``lane_store`` keeps lanes under ``core.cache``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.cache import cache_root
from mda_sim.core.errors import RunError
from mda_sim.data import catalogue
from mda_sim.geo.sphere import destination, distance_m, great_circle_points, initial_bearing_deg
from mda_sim.world import lane_store
from mda_sim.world.anchorages import anchorages
from mda_sim.world.lanes import Lane, LaneNetwork, Pair
from mda_sim.world.sea_grid import COAST_ERROR_M, MARGIN_M, SeaGrid, build_sea_grid, hazards

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]

SNAP_NODES: Final = 64
"""Number of nearest sea nodes to which a port may be joined."""
SNAP_DEG: Final = 3.0
"""They are sought within so many degrees of latitude and longitude. [deg]"""
CLEARANCE_SPACING_M: Final = 2_000.0
"""Distance between the points at which the clearance of a leg is measured. [m]"""
APPROACH_M: Final = 30_000.0
"""Distance from a port at which its approach ends; the coast on it does not bind the open lane. [m]"""
_CANDIDATES: Final = 48
_TOLERANCE: Final = 1.001


def lane_network(
    ports: Mapping[str, tuple[float, float]], pairs: Iterable[Pair], land: Land, *, cache: Path | None = None
) -> LaneNetwork:
    """Lanes between pairs of ports, from the cache or made now.

    ``ports`` gives latitude and longitude [deg] of each port; ``cache`` is a folder, by default ``lanes``
    in the user's cache. Raises RunError for a port without a way to the open sea.
    """
    wanted = sorted({(min(pair), max(pair)) for pair in pairs})
    if not wanted:
        return LaneNetwork({})
    folder = cache_root() / "lanes" if cache is None else cache
    places = {name: ports[name] for name in sorted({name for pair in wanted for name in pair})}
    path = folder / f"{lane_store.digest(places, wanted, land, _outlines(), MARGIN_M)}.npz"
    stored = lane_store.read(path, wanted)
    if stored is not None:
        return LaneNetwork(stored)
    made = build_lanes(ports, wanted, land)
    lane_store.write(path, made.lanes)
    return made


def build_lanes(ports: Mapping[str, tuple[float, float]], pairs: Iterable[Pair], land: Land) -> LaneNetwork:
    """Lanes between pairs of ports, each in alphabetical order, made now; see ``lane_network``."""
    from scipy.sparse.csgraph import dijkstra

    barred = barred_waters(land)
    sea = build_sea_grid(barred)
    wanted = sorted(pairs)
    names = sorted({name for pair in wanted for name in pair})
    nodes = {name: _snap(name, ports[name], sea, barred) for name in names}
    lanes = {}
    for origin in sorted({pair[0] for pair in wanted}):
        tree = dijkstra(sea.graph, directed=False, indices=[nodes[origin]], return_predecessors=True)
        before = tree[1][0]
        for pair in (pair for pair in wanted if pair[0] == origin):
            path = [nodes[pair[1]]]
            while path[-1] != nodes[origin]:
                path.append(int(before[path[-1]]))
            lat, lon = sea.node_positions(np.array(path[::-1]))
            (lat_a, lon_a), (lat_b, lon_b) = ports[pair[0]], ports[pair[1]]
            lat, lon = np.concatenate([[lat_a], lat, [lat_b]]), np.concatenate([[lon_a], lon, [lon_b]])
            kept = _pulled(lat, lon, sea, barred)
            lanes[pair] = _measured(*_with_approaches(lat[kept], lon[kept]), barred)
    return LaneNetwork(lanes)


@lru_cache(maxsize=2)
def barred_waters(land: Land) -> Land:
    """Land with its margin and the shoals of the catalogue: what no lane and no merchant ship crosses."""
    return hazards(land, _outlines())


def _outlines() -> list[tuple[tuple[float, float], ...]]:
    return [shoal.corners for shoal in catalogue.shoals().values()]


def _snap(name: str, place: tuple[float, float], sea: SeaGrid, barred: Land) -> int:
    """The nearest node of the sea to which a clear leg leads from the port."""
    nodes = np.flatnonzero(sea.at_sea)
    lat, lon = sea.node_positions(nodes)
    close = (np.abs(lat - place[0]) < SNAP_DEG) & (np.abs(lon - place[1]) < SNAP_DEG)
    nodes, lat, lon = nodes[close], lat[close], lon[close]
    distance = distance_m(*place, lat, lon)
    nearest = np.argsort(distance, kind="stable")[:SNAP_NODES]
    if len(nearest) and bool(barred.covers(*place)):
        clear = ~barred.crosses_great_circle(*place, lat[nearest], lon[nearest])
        if clear.any():
            return int(nodes[nearest[clear][0]])
    raise RunError(
        f"port '{name}' at latitude {place[0]:g}, longitude {place[1]:g} has no clear way to the open sea;"
        f" it must lie at sea, {MARGIN_M:g} m off the coast, outside the shoals of the catalogue, on the map"
    )


def _pulled(lat: Floats, lon: Floats, sea: SeaGrid, barred: Land) -> NDArray[np.int64]:
    """Rows of the path that remain as waypoints."""
    along = np.concatenate([[0.0], np.cumsum(sea.leg_costs(lat[:-1], lon[:-1], lat[1:], lon[1:]))])
    kept = [0]
    while kept[-1] < len(lat) - 1:
        kept.append(_reach(kept[-1], along, lat, lon, sea, barred))
    return np.array(kept)


def _reach(here: int, along: Floats, lat: Floats, lon: Floats, sea: SeaGrid, barred: Land) -> int:
    """The farthest row found to which a leg from ``here`` is clear and costs no more than the path.

    Rows are tried a few dozen at a time, then between the farthest that will do and the next that will not.
    """
    reach, beyond = here + 1, len(lat)
    while beyond - reach > 1:
        tried = np.unique(np.linspace(reach + 1, beyond - 1, _CANDIDATES).astype(np.int64))
        ends = np.full(len(tried), lat[here]), np.full(len(tried), lon[here]), lat[tried], lon[tried]
        cheap = sea.leg_costs(*ends) <= _TOLERANCE * (along[tried] - along[here])
        found = _farthest_clear(here, tried[cheap], lat, lon, barred)
        if found is None:
            beyond = int(tried[0])
        else:
            later = tried[tried > found]
            reach, beyond = found, int(later[0]) if len(later) else found + 1
    return reach


def _farthest_clear(
    here: int, tried: NDArray[np.int64], lat: Floats, lon: Floats, barred: Land
) -> int | None:
    """The farthest of the rows tried to which a leg from ``here`` is clear, or None."""
    for there in tried[::-1]:
        if not barred.crosses_great_circle(lat[here], lon[here], lat[there], lon[there]):
            return int(there)
    return None


def _with_approaches(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """The waypoints, with one more ``APPROACH_M`` from either port where its leg is over twice as long."""
    for _ in range(2):
        if float(distance_m(lat[0], lon[0], lat[1], lon[1])) > 2 * APPROACH_M:
            bearing = initial_bearing_deg(lat[0], lon[0], lat[1], lon[1])
            place = destination(lat[0], lon[0], bearing, APPROACH_M)
            lat, lon = np.insert(lat, 1, place[0]), np.insert(lon, 1, place[1])
        lat, lon = lat[::-1], lon[::-1]
    return lat, lon


def _measured(lat: Floats, lon: Floats, barred: Land) -> Lane:
    """The lane through waypoints, with the clearance of each leg, its error taken off, and its anchorages."""
    clearance = []
    for k in range(len(lat) - 1):
        length = float(distance_m(lat[k], lon[k], lat[k + 1], lon[k + 1]))
        n = max(int(np.ceil(length / CLEARANCE_SPACING_M)), 1) + 1
        nearest = barred.distance_to_coast_m(*great_circle_points(lat[k], lon[k], lat[k + 1], lon[k + 1], n))
        clearance.append(max(float(nearest.min()) - CLEARANCE_SPACING_M / 2 - COAST_ERROR_M, 0.0))
    at_start = anchorages(lat[1], lon[1], lat[0], lon[0], barred)
    at_end = anchorages(lat[-2], lon[-2], lat[-1], lon[-1], barred)
    return Lane(lat, lon, np.array(clearance), at_start, at_end)
