"""Lanes in files, so that they are laid once.

Each network is one file under ``core.cache``, named by all that its lanes depend on: ports, pairs, coast,
shoals, margin, the sources that lay lanes, and the libraries they call. So nothing stored is ever stale, and
deleting it only costs time. Where next: ``lane_laying.lane_network``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from mda_sim.world.lanes import Lane, Pair

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.world.sea_grid import Corners

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_SOURCES: Final = ("anchorages.py", "lane_laying.py", "lane_store.py", "lanes.py", "sea_grid.py")
_LIBRARIES: Final = ("numpy", "scipy", "shapely")


def digest(
    places: Mapping[str, tuple[float, float]],
    pairs: Sequence[Pair],
    land: Land,
    shoals: Sequence[Corners],
    margin_m: float,
) -> str:
    """Name of all that the lanes between pairs of places are made from."""
    libraries = [version(name) for name in _LIBRARIES]
    inputs = [dict(places), list(pairs), land.digest, land.bounds, list(shoals), margin_m, libraries]
    made_from = hashlib.sha256(json.dumps(inputs).encode())
    sources = [_PACKAGE / "world" / name for name in _SOURCES]
    for path in [*sources, *sorted((_PACKAGE / "geo").glob("*.py"))]:
        made_from.update(path.name.encode())
        made_from.update(path.read_bytes())
    return made_from.hexdigest()[:32]


def read(path: Path, pairs: Sequence[Pair]) -> dict[Pair, Lane] | None:
    """The stored lanes of the pairs in order, or None if there are none or the file cannot be read."""
    try:
        with path.open("rb") as stored, np.load(stored, allow_pickle=False) as file:
            first = np.cumsum(file["n"])[:-1]
            lats, lons = np.split(file["lat_deg"], first), np.split(file["lon_deg"], first)
            clear = np.split(file["clearance_m"], np.cumsum(file["n"] - 1)[:-1])
            starts, ends = (
                np.split(file[side], np.cumsum(file[f"n_{side}"])[:-1], axis=1) for side in ("start", "end")
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if not len(lats) == len(lons) == len(clear) == len(starts) == len(ends) == len(pairs):
        return None
    return dict(zip(pairs, map(Lane, lats, lons, clear, starts, ends), strict=True))


def write(path: Path, lanes: Mapping[Pair, Lane]) -> None:
    """Store lanes in order of their pairs, whole or not at all; what cannot be written only costs time."""
    ordered = [lanes[pair] for pair in sorted(lanes)]
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part.npz")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            np.savez(
                partial,
                n=np.array([len(lane.lat_deg) for lane in ordered]),
                lat_deg=np.concatenate([lane.lat_deg for lane in ordered]),
                lon_deg=np.concatenate([lane.lon_deg for lane in ordered]),
                clearance_m=np.concatenate([lane.clearance_m for lane in ordered]),
                n_start=np.array([lane.anchors_at_start.shape[1] for lane in ordered]),
                start=np.concatenate([lane.anchors_at_start for lane in ordered], axis=1),
                n_end=np.array([lane.anchors_at_end.shape[1] for lane in ordered]),
                end=np.concatenate([lane.anchors_at_end for lane in ordered], axis=1),
            )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
