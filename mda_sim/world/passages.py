"""Passages: how fishing and patrol vessels get from a base to the place where they work.

Model: the great circle where it is clear of land, else the cheapest path on the graph of ``sea_grid``
(Dijkstra), from which waypoints are dropped as long as the legs that remain are clear (string-pulling).
Unlike the lanes of merchant ships, passages bar land alone: these vessels work among the reefs that merchant
ships go round.

Assumptions and limits: a passage is as good as the shipped coast; depths play no part. The first and last leg
may run close inshore, the others keep off the coast as lanes do, less what string-pulling takes back.

Source: as ``lanes``. Where next: ``fishing`` and ``patrol`` sail them. Each passage that is not a great
circle is stored under ``core.cache`` in a file named by all it depends on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from mda_sim.core.cache import cache_root
from mda_sim.core.errors import RunError
from mda_sim.core.spec import FrozenMap, Id, LatDeg, LonDeg, Spec
from mda_sim.data import catalogue
from mda_sim.geo.sphere import distance_m
from mda_sim.world.sea_grid import SeaGrid, build_sea_grid

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
LatLon = tuple[float, float]
T = TypeVar("T")

SNAP_NODES: Final = 64
"""Number of nearest nodes of the sea to which an end may be joined."""
_PACKAGE: Final = Path(__file__).resolve().parent.parent


class Berth(Spec):
    """A place at sea off a harbour or village: a port of the catalogue, or a position."""

    port: Id | None = None
    """Port by its id in the catalogue; or give latitude and longitude."""
    lat_deg: LatDeg | None = None
    """Latitude of a point at sea. [-90, 90]"""
    lon_deg: LonDeg | None = None
    """Longitude of a point at sea. [-180, 180]"""

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        has_position = self.lat_deg is not None and self.lon_deg is not None
        has_part = self.lat_deg is not None or self.lon_deg is not None
        if (self.port is not None) == has_position or (self.port is not None and has_part):
            raise ValueError("expected either port, or both lat_deg and lon_deg")
        return self

    def place(self, stream: str, land: Land) -> LatLon:
        """Latitude and longitude; KeyError for an unknown port, RunError unless it is at sea on the map."""
        if self.port is not None:
            row = catalogue.port(self.port)
            here = row.lat_deg, row.lon_deg
        else:
            here = float(self.lat_deg or 0.0), float(self.lon_deg or 0.0)
        if not bool(land.covers(*here)) or bool(land.crosses(*here, *here)):
            raise RunError(
                f"the home of stream '{stream}' at latitude {here[0]:g}, longitude {here[1]:g}"
                " must be a point at sea on the map, off the coast"
            )
        return here


def with_ports(spec: T, ports: Mapping[str, LatLon]) -> T:
    """A spec, or a mapping of specs, in which every berth at one of ``ports`` is a position instead.

    So kinds of traffic need know no ports but the catalogue's.
    """
    if isinstance(spec, Berth):
        if spec.port is None or spec.port not in ports:
            return spec
        lat_deg, lon_deg = ports[spec.port]
        return cast("T", Berth(lat_deg=lat_deg, lon_deg=lon_deg))
    if isinstance(spec, Mapping):
        return cast("T", FrozenMap({key: with_ports(one, ports) for key, one in spec.items()}))
    if isinstance(spec, Spec):
        own = {name: getattr(spec, name) for name in type(spec).model_fields}
        return cast("T", spec.model_copy(update={key: with_ports(one, ports) for key, one in own.items()}))
    return spec


@dataclass(frozen=True)
class Passage:
    """Waypoints of a way by sea, great-circle legs between them."""

    lat_deg: Floats
    """Latitude of each waypoint, (n,), n >= 2."""
    lon_deg: Floats
    """Longitude of each waypoint, (n,)."""

    def length_m(self) -> float:
        """Length of all legs [m]."""
        legs = distance_m(self.lat_deg[:-1], self.lon_deg[:-1], self.lat_deg[1:], self.lon_deg[1:])
        return float(legs.sum())


def passage(start: LatLon, end: LatLon, land: Land, *, cache: Path | None = None) -> Passage:
    """The way from one place at sea to another; RunError if the map has none.

    ``cache`` is a folder, by default ``passages`` in the user's cache.
    """
    if not bool(land.crosses_great_circle(*start, *end)):
        return Passage(np.array([start[0], end[0]]), np.array([start[1], end[1]]))
    folder = cache_root() / "passages" if cache is None else cache
    path = folder / f"{_digest(start, end, land)}.npy"
    stored = _read(path)
    if stored is None:
        stored = _around(start, end, land)
        _write(path, stored)
    return Passage(stored[0], stored[1])


def _around(start: LatLon, end: LatLon, land: Land) -> Floats:
    """Waypoints (2, n) of the way round the land: latitudes, longitudes."""
    from scipy.sparse.csgraph import dijkstra

    sea = _sea(land)
    first, last = _snap(start, sea, land), _snap(end, sea, land)
    before: Any = dijkstra(sea.graph, directed=False, indices=[first], return_predecessors=True)[1][0]
    nodes = [last]
    while nodes[-1] != first:
        nodes.append(int(before[nodes[-1]]))
    lat, lon = sea.node_positions(np.array(nodes[::-1]))
    lat = np.concatenate([[start[0]], lat, [end[0]]])
    lon = np.concatenate([[start[1]], lon, [end[1]]])
    kept = [0]
    while kept[-1] < len(lat) - 1:
        kept.append(_farthest(kept[-1], lat, lon, land))
    return np.stack([lat[kept], lon[kept]])


def _farthest(here: int, lat: Floats, lon: Floats, land: Land) -> int:
    """The last waypoint that a clear leg reaches from ``here``; the next one is always clear."""
    later = np.arange(here + 1, len(lat))
    clear = ~land.crosses_great_circle(lat[here], lon[here], lat[later], lon[later])
    return int(later[clear][-1])


@lru_cache(maxsize=1)
def _sea(land: Land) -> SeaGrid:
    return build_sea_grid(land)


def _snap(place: LatLon, sea: SeaGrid, land: Land) -> int:
    nodes = np.flatnonzero(sea.at_sea)
    lat, lon = sea.node_positions(nodes)
    nearest = np.argsort(distance_m(*place, lat, lon), kind="stable")[:SNAP_NODES]
    clear = ~land.crosses_great_circle(*place, lat[nearest], lon[nearest])
    if not clear.any():
        raise RunError(f"latitude {place[0]:g}, longitude {place[1]:g} has no clear way to the open sea")
    return int(nodes[nearest[clear][0]])


def _digest(start: LatLon, end: LatLon, land: Land) -> str:
    digest = hashlib.sha256(_made_with().encode())
    digest.update(json.dumps([start, end, land.digest, land.bounds]).encode())
    return digest.hexdigest()[:32]


@lru_cache(maxsize=1)
def _made_with() -> str:
    """The versions of libraries and a hash of the sources that a passage depends on."""
    digest = hashlib.sha256(json.dumps([version(name) for name in ("numpy", "scipy", "shapely")]).encode())
    sources = [_PACKAGE / "world" / name for name in ("passages.py", "sea_grid.py")]
    for path in [*sources, *sorted((_PACKAGE / "geo").glob("*.py"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> Floats | None:
    """The stored waypoints, or None if there are none or the file cannot be read."""
    try:
        stored = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    fits = isinstance(stored, np.ndarray) and stored.dtype == np.float64 and stored.ndim == 2
    return stored if fits and stored.shape[0] == 2 and stored.shape[1] >= 2 else None


def _write(path: Path, waypoints: Floats) -> None:
    """Store waypoints, whole or not at all; a cache that cannot be written to only costs time."""
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part.npy")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            np.save(partial, waypoints)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
