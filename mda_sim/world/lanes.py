"""Sea lanes: the great-circle legs that merchant ships follow between two ports.

Model: the cheapest path on the graph of ``sea_grid`` (Dijkstra), then string-pulling: from each waypoint to
the farthest one that a great-circle leg reaches at no more than the cost of the path between, clear of land
and shoal water. Each leg knows its clearance, the smallest distance to land or shoal water along it, which
limits how far beside the lane a ship may go. A lane and its reverse are one.

Assumptions and limits: ships choose the same lane whatever their size, and seasons and traffic separation
schemes play no part. A lane depends on its two ports, the coast and the shoals alone: not on the area of a
scenario nor on other ports. Ports are joined to the graph by the nearest clear leg.

Source: E. W. Dijkstra, "A note on two problems in connexion with graphs", Numerische Mathematik 1, 1959,
pp. 269-271.
Where next: ``merchant`` sails them. Lanes are stored under ``core.cache`` in a file named by all they
depend on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.cache import cache_root
from mda_sim.core.errors import RunError
from mda_sim.geo.coast_index import ragged
from mda_sim.geo.regions import Box, contains
from mda_sim.geo.sphere import destination, distance_m, great_circle_points, initial_bearing_deg
from mda_sim.world.no_go import NO_GO
from mda_sim.world.sea_grid import COAST_ERROR_M, SeaGrid, build_sea_grid, hazards

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Pair = tuple[str, str]

SNAP_NODES: Final = 64
"""Number of nearest sea nodes to which a port may be joined."""
CLEARANCE_SPACING_M: Final = 2_000.0
"""Distance between the points at which the clearance of a leg is measured. [m]"""
APPROACH_M: Final = 30_000.0
"""Distance from a port at which its approach ends; the coast on it does not bind the open lane. [m]"""
_CANDIDATES: Final = 48
_TOLERANCE: Final = 1.001
_PACKAGE: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Lane:
    """A route as waypoints and great-circle legs between them."""

    lat_deg: Floats
    """Latitude of each waypoint, (n,), n >= 2."""
    lon_deg: Floats
    """Longitude of each waypoint, (n,)."""
    clearance_m: Floats
    """Smallest distance to land or shoal water along each leg, (n - 1,), >= 0 [m]."""

    @property
    def length_m(self) -> float:
        """Length of all legs [m]."""
        return float(self.leg_lengths_m.sum())

    @property
    def leg_lengths_m(self) -> Floats:
        """Length of each leg, (n - 1,) [m]."""
        return distance_m(self.lat_deg[:-1], self.lon_deg[:-1], self.lat_deg[1:], self.lon_deg[1:])

    def reversed(self) -> Lane:
        """The same lane sailed the other way."""
        return Lane(self.lat_deg[::-1].copy(), self.lon_deg[::-1].copy(), self.clearance_m[::-1].copy())

    def within(self, box: Box, step_m: float = 2_000.0) -> tuple[Lane, float] | None:
        """The part from the first entry into ``box`` to the last exit, and how far along it begins [m].

        Both ends are good to ``step_m``, on the far side of the rim. None if no part lies inside.
        """
        lengths = self.leg_lengths_m
        pieces = np.maximum(np.ceil(lengths / step_m), 1).astype(np.int64)
        leg, nth = ragged(pieces)
        starts, ends = (self.lat_deg[:-1], self.lon_deg[:-1]), (self.lat_deg[1:], self.lon_deg[1:])
        along_m = lengths[leg] * (nth / pieces[leg])
        bearing = initial_bearing_deg(*starts, *ends)
        lat, lon = destination(starts[0][leg], starts[1][leg], bearing[leg], along_m)
        lat[nth == 0], lon[nth == 0] = starts
        lat, lon = np.append(lat, self.lat_deg[-1]), np.append(lon, self.lon_deg[-1])
        inside = np.flatnonzero(contains(box, lat, lon))
        if not len(inside):
            return None
        first, last = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 1, len(lat) - 1)
        leg_in, leg_out = int(leg[first]), int(leg[last - 1])
        begins = np.cumsum(pieces) - pieces
        kept = slice(leg_in + 1, leg_out + 1)
        part = Lane(
            np.concatenate([lat[first : first + 1], self.lat_deg[kept], lat[last : last + 1]]),
            np.concatenate([lon[first : first + 1], self.lon_deg[kept], lon[last : last + 1]]),
            self.clearance_m[leg_in : leg_out + 1],
        )
        share = (first - begins[leg_in]) / pieces[leg_in]
        return part, float(lengths[:leg_in].sum() + lengths[leg_in] * share)


@dataclass(frozen=True)
class LaneNetwork:
    """Lanes between pairs of ports."""

    lanes: Mapping[Pair, Lane]
    """Lane from the first to the second port of each pair; the pair is in alphabetical order."""

    def lane(self, origin: str, destination: str) -> Lane:
        """The lane from one port to another; KeyError if it was not asked for when the network was made."""
        if (origin, destination) in self.lanes:
            return self.lanes[origin, destination]
        if (destination, origin) in self.lanes:
            return self.lanes[destination, origin].reversed()
        raise KeyError(f"this network has no lane between '{origin}' and '{destination}'")


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
    places = {name: list(ports[name]) for name in sorted({name for pair in wanted for name in pair})}
    path = folder / f"{_lanes_digest(places, wanted, land)}.npz"
    stored = _read(path, wanted)
    if stored is not None:
        return stored
    network = build_lanes({name: (place[0], place[1]) for name, place in places.items()}, wanted, land)
    _write(path, network)
    return network


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
    """Land and the shoal waters of ``no_go``: what no lane and no merchant ship crosses."""
    return hazards(land, NO_GO)


def _snap(name: str, place: tuple[float, float], sea: SeaGrid, barred: Land) -> int:
    """The nearest node of the sea to which a clear leg leads from the port."""
    nodes = np.flatnonzero(sea.at_sea)
    lat, lon = sea.node_positions(nodes)
    distance = distance_m(*place, lat, lon)
    nearest = np.argsort(distance, kind="stable")[:SNAP_NODES]
    if len(nearest) and bool(barred.covers(*place)):
        clear = ~barred.crosses_great_circle(*place, lat[nearest], lon[nearest])
        if clear.any():
            return int(nodes[nearest[clear][0]])
    raise RunError(
        f"port '{name}' at latitude {place[0]:g}, longitude {place[1]:g} has no clear way to the open sea;"
        " it must lie at sea, off the coast and outside the shoal waters, on the map"
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
    """The lane through waypoints, with the clearance of each leg; its error is taken off."""
    clearance = []
    for k in range(len(lat) - 1):
        length = float(distance_m(lat[k], lon[k], lat[k + 1], lon[k + 1]))
        n = max(int(np.ceil(length / CLEARANCE_SPACING_M)), 1) + 1
        nearest = barred.distance_to_coast_m(*great_circle_points(lat[k], lon[k], lat[k + 1], lon[k + 1], n))
        clearance.append(max(float(nearest.min()) - CLEARANCE_SPACING_M / 2 - COAST_ERROR_M, 0.0))
    return Lane(lat, lon, np.array(clearance))


def _lanes_digest(places: Mapping[str, list[float]], wanted: list[Pair], land: Land) -> str:
    """Name of all that the lanes are made from: ports, pairs, coast, shoals, sources, libraries."""
    inputs = [
        places,
        wanted,
        land.digest,
        land.bounds,
        NO_GO,
        [version(name) for name in ("numpy", "scipy", "shapely")],
    ]
    digest = hashlib.sha256(json.dumps(inputs).encode())
    sources = [_PACKAGE / "world" / name for name in ("lanes.py", "sea_grid.py")]
    for path in [*sources, *sorted((_PACKAGE / "geo").glob("*.py"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _read(path: Path, wanted: list[Pair]) -> LaneNetwork | None:
    """The stored lanes, or None if there are none or the file cannot be read."""
    try:
        with path.open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            first = np.cumsum(file["n"])[:-1]
            lats, lons = np.split(file["lat_deg"], first), np.split(file["lon_deg"], first)
            clear = np.split(file["clearance_m"], np.cumsum(file["n"] - 1)[:-1])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if not len(lats) == len(lons) == len(clear) == len(wanted):
        return None
    return LaneNetwork(dict(zip(wanted, map(Lane, lats, lons, clear), strict=True)))


def _write(path: Path, network: LaneNetwork) -> None:
    """Store lanes, whole or not at all; a cache that cannot be written to only costs time."""
    lanes = [network.lanes[pair] for pair in sorted(network.lanes)]
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part.npz")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            np.savez(
                partial,
                n=np.array([len(lane.lat_deg) for lane in lanes]),
                lat_deg=np.concatenate([lane.lat_deg for lane in lanes]),
                lon_deg=np.concatenate([lane.lon_deg for lane in lanes]),
                clearance_m=np.concatenate([lane.clearance_m for lane in lanes]),
            )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
