"""A recording, read, cleaned and cut to a run: its vessels, their legs, and what became of every row.

Model: the kind of file is told by its first bytes (Parquet, NMEA text, else CSV). The result depends on the
content of the file, the parameters, the area, the time of the run and the coast, and is stored under
``core.cache`` in a folder named by all of these, so a recording is read once.

Assumptions and limits: rows of fixes outside the time of the run are counted as such, but the leg that
crosses its beginning or end is kept, cut there. A vessel is what broadcasts one identity.

Where next: ``report`` puts the counts into words; ``world`` puts the vessels into the fleet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.cache import cache_root, sources_digest
from mda_sim.core.errors import DigestMismatch
from mda_sim.core.spec import BY_CONTENT
from mda_sim.core.table import Column, Schema, Table, read_parquet, write_parquet
from mda_sim.core.time import Timeline
from mda_sim.geo.regions import Box
from mda_sim.world.legs import LEGS, clip_legs
from mda_sim.world.recorded.cleaning import Fixes, clean
from mda_sim.world.recorded.identity import flags_of
from mda_sim.world.recorded.rows import Raw, Rows, Rule
from mda_sim.world.recorded.spec import RecordedAisTraffic
from mda_sim.world.recorded.tracks import legs_of

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

RECORDED_VESSELS: Final = Schema(
    "recorded_vessels",
    (
        Column("mmsi", "u4", "identity that it broadcast"),
        Column("flag", "i2", "state of its maritime identification digits", names="flags"),
        Column("name", "i4", "last name that it broadcast, verbatim; -1 for none", names="texts"),
        Column("type", "i4", "last ship type that it broadcast, verbatim; -1 for none", names="texts"),
        Column("length_m", "f8", "last length that it broadcast, nan for none [m]"),
        Column("ais", "u1", "transponder: an AisClass, 0 for unknown"),
        Column("fixes", "u4", "fixes that are used and lie within the run"),
    ),
    sort=("mmsi",),
)
"""Vessels of a recording that have a leg within the run."""

RECORDED_RULES: Final = Schema(
    "recorded_rules",
    (
        Column("rule", "u1", "a Rule; 0 for the rows that are used"),
        Column("rows", "i8", "rows that it concerns"),
        Column("first_row", "i8", "first of them, data rows (NMEA: lines) counted from 1; 0 for none"),
    ),
    sort=("rule",),
)
"""What became of every row read: one line per rule."""

LENGTH_MOST_M: Final = 500.0
"""Longest length that is believed: no ship has been longer than 460 m (general knowledge). [m]"""
SOG_MOST_KN: Final = 102.25
"""Fastest speed that AIS can send, 102.2 kn, and room for rounding; 102.3: "not available" (M.1371). [kn]"""
_TABLES: Final = (("vessels", RECORDED_VESSELS), ("legs", LEGS), ("rules", RECORDED_RULES))


@dataclass(frozen=True)
class Recording:
    """What a recording gives a run."""

    vessels: Table
    """A RECORDED_VESSELS table."""
    legs: Table
    """A LEGS table whose targets are rows of ``vessels``; those of one vessel may have gaps between them."""
    rules: Table
    """A RECORDED_RULES table. Its metadata holds what else was noted of the recording."""


def read_recording(
    spec: RecordedAisTraffic, box: Box, timeline: Timeline, land: Land, cache: Path | None = None
) -> Recording:
    """The recording of a class of traffic, from the cache or read now; ``cache`` is a folder instead of the
    user's.

    ``box`` is the area with its buffer. RecordingError if the file is no recording that is known, or none of
    its fixes can be used; DigestMismatch if the file was changed since the scenario was loaded.
    """
    folder = (cache_root() / "recordings" if cache is None else cache) / _key(spec, box, timeline, land)
    stored = _stored(folder)
    if stored is None:
        stored = make_recording(spec, box, timeline, land)
        _store(folder, stored)
    return stored


def make_recording(spec: RecordedAisTraffic, box: Box, timeline: Timeline, land: Land) -> Recording:
    """The recording of a class of traffic, read now; see ``read_recording``."""
    raw = read_raw(spec.file.verified())
    fixes = clean(raw.rows, spec, box, timeline, land)
    legs, n_over_land = legs_of(raw.rows, fixes, spec.tolerance_m, spec.land_margin_m, land)
    legs = clip_legs(legs, 0, timeline.score_to_us)
    mmsi_of_piece = np.zeros(fixes.piece.max() + 1, np.int64)
    mmsi_of_piece[fixes.piece] = raw.rows.mmsi[fixes.row]
    mmsi, vessel = np.unique(mmsi_of_piece[legs["target"]], return_inverse=True)
    vessels = _vessels(raw, fixes, mmsi)
    columns = {**legs.columns, "target": vessel}
    noted = _noted(raw, fixes, legs, vessels, n_over_land)
    return Recording(vessels, Table.of(LEGS, columns), _rules(fixes.rule, noted))


def read_raw(path: Path) -> Raw:
    """Every row of the recording at ``path``. RecordingError if it is none."""
    from mda_sim.world.recorded.nmea import read_nmea
    from mda_sim.world.recorded.tabular import read_csv, read_parquet

    with path.open("rb") as stream:
        start = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PAR1"):
        return read_parquet(path)
    if start[:1] in (b"!", b"\\", b"$"):
        return read_nmea(path)
    return read_csv(path)


def _vessels(raw: Raw, fixes: Fixes, mmsi: NDArray[np.int64]) -> Table:
    """The vessels of the identities, which are sorted."""
    within = fixes.rule[fixes.row] == Rule.KEPT
    rows = fixes.row[np.isin(raw.rows.mmsi[fixes.row], mmsi)]
    owner = np.searchsorted(mmsi, raw.rows.mmsi[rows])
    mine = fixes.row[within]
    mine = mine[np.isin(raw.rows.mmsi[mine], mmsi)]
    length_m = raw.rows.length_m
    flags = flags_of(mmsi)
    names = sorted(set(flags))
    last_length = _last(owner, (length_m > 0) & (length_m <= LENGTH_MOST_M), rows, len(mmsi))
    last_class = _last(owner, raw.rows.ais > 0, rows, len(mmsi))
    used, texts = _texts_in_use(raw, owner, rows, len(mmsi))
    columns: dict[str, ArrayLike] = {
        "mmsi": mmsi,
        "flag": [names.index(flag) for flag in flags],
        **texts,
        "length_m": np.where(last_length < 0, np.nan, length_m[last_length]),
        "ais": np.where(last_class < 0, 0, raw.rows.ais[last_class]),
        "fixes": np.bincount(np.searchsorted(mmsi, raw.rows.mmsi[mine]), minlength=len(mmsi)),
    }
    return Table.of(RECORDED_VESSELS, columns, {"flags": names, "texts": used})


def _last(
    owner: NDArray[np.int64], says: NDArray[np.bool_], rows: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """The last row of each owner that says something; -1 for none. ``rows`` are sorted by owner and time."""
    last = np.full(count, -1, np.int64)
    telling = says[rows]
    last[owner[telling]] = rows[telling]
    return last


def _texts_in_use(
    raw: Raw, owner: NDArray[np.int64], rows: NDArray[np.int64], count: int
) -> tuple[list[str], dict[str, NDArray[np.int64]]]:
    """The texts that vessels have, sorted, and the place of each vessel's name and type among them."""
    found = {}
    for field, column in (("name", raw.rows.name), ("type", raw.rows.type)):
        last = _last(owner, column >= 0, rows, count)
        found[field] = ["" if row < 0 else raw.texts[column[row]] for row in last]
    used = sorted({text for texts in found.values() for text in texts if text})
    place = {text: number for number, text in enumerate(used)}
    return used, {
        field: np.array([place.get(text, -1) for text in texts], np.int64) for field, texts in found.items()
    }


def _rules(rule: NDArray[np.uint8], noted: dict[str, Any]) -> Table:
    counts = np.bincount(rule, minlength=len(Rule))
    first = np.zeros(len(Rule), np.int64)
    found, at = np.unique(rule, return_index=True)
    first[found] = at + 1
    return Table.of(RECORDED_RULES, {"rule": np.arange(len(Rule)), "rows": counts, "first_row": first}, noted)


def _noted(raw: Raw, fixes: Fixes, legs: Table, vessels: Table, n_over_land: int) -> dict[str, Any]:
    """What is said of the recording besides the counts of rules."""
    known_us = int((legs["t_to_us"] - legs["t_from_us"]).sum())
    return {
        "dialect": raw.dialect,
        "remarks": list(raw.remarks),
        "starts_us": fixes.starts_us,
        "out_of_order": fixes.n_out_of_order,
        "speed_not_available": _count(raw.rows, raw.rows.sog_kn > SOG_MOST_KN),
        "names_escaped": sum(not _is_plain(raw.texts[k]) for k in np.unique(raw.rows.name) if k >= 0),
        "breaks": fixes.n_breaks,
        "legs_over_land": n_over_land,
        "vessels_without_length": int(np.isnan(vessels["length_m"]).sum()),
        "vessels_without_class": int((vessels["ais"] == 0).sum()),
        "known_h": known_us / 3.6e9,
    }


def _count(rows: Rows, which: NDArray[np.bool_]) -> int:
    return int((which & (rows.rule == Rule.KEPT)).sum())


def _is_plain(name: str) -> bool:
    """Whether a name is shown as it is by every output: printable, no markup, no formula."""
    return name.isprintable() and name[:1] not in "=+-@" and not set("<>&|`$\\[]*") & set(name)


def _key(spec: RecordedAisTraffic, box: Box, timeline: Timeline, land: Land) -> str:
    """Name of all that a recording is made from."""
    made_from = {
        "spec": spec.model_dump(mode="json", context=BY_CONTENT),
        "box": box.model_dump(mode="json"),
        "time": [timeline.start.isoformat(), timeline.score_to_us],
        "coast": [land.digest, list(land.bounds)],
        "sources": sources_digest(),
        "versions": [version(name) for name in ("numpy", "numba", "pyarrow", "scipy", "shapely")],
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:32]


def _stored(folder: Path) -> Recording | None:
    """The recording that a folder of the cache holds; None if there is none that is whole."""
    try:
        return _read_stored(str(folder), (folder / "rules.parquet").stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, DigestMismatch):
        return None


@lru_cache(maxsize=4)
def _read_stored(folder: str, written_ns: int) -> Recording:
    return Recording(*(read_parquet(schema, Path(folder) / f"{name}.parquet") for name, schema in _TABLES))


def _store(folder: Path, recording: Recording) -> None:
    """Store a recording, whole or not at all; a cache that cannot be written to only costs time."""
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    tables: Sequence[Table] = (recording.vessels, recording.legs, recording.rules)
    with contextlib.suppress(OSError):
        partial.mkdir(parents=True, exist_ok=True)
        try:
            for (name, _), table in zip(_TABLES, tables, strict=True):
                write_parquet(table, partial / f"{name}.parquet")
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
