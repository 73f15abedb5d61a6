"""CSV: vessels, tracks, sensors, coverage and holdings as flat tables.

Cells that a spreadsheet would take for a formula are preceded by a single quote.
Where next: ``study.export``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mda_sim.export.content import Content
from mda_sim.export.files import rounded, whole
from mda_sim.metrics.score_rows import FORMULA_STARTS


def write_csv(content: Content, folder: Path) -> list[Path]:
    """Write the tables into ``folder``; the files."""
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[Any]]]] = {
        "vessels": (("vessel", "traffic_class", "flag", "length_m"), _vessels(content)),
        "tracks": (("vessel", "stretch", "t_utc", "lat_deg", "lon_deg"), _tracks(content)),
        "sensors": (("sensor", "category", "operator", "lat_deg", "lon_deg", "range_m"), _sensors(content)),
        "coverage": (("nation", "tau_s", "lat_deg", "lon_deg", "custody_fraction"), _coverage(content)),
        "holdings": (
            (
                "nation",
                "vessel",
                "held_from_utc",
                "held_to_utc",
                "observed_utc",
                "lat_deg",
                "lon_deg",
                "error_m",
            ),
            _holdings(content),
        ),
    }
    return [_write(folder / f"{name}.csv", head, rows) for name, (head, rows) in tables.items()]


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with whole(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([_cell(value) for value in row] for row in rows)
    return path


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _vessels(content: Content) -> Iterator[Sequence[Any]]:
    for vessel in content.vessels:
        yield vessel.name, vessel.traffic_class, vessel.flag, rounded(vessel.length_m, 1)


def _tracks(content: Content) -> Iterator[Sequence[Any]]:
    tracks = content.tracks
    columns = (tracks.vessel, tracks.stretch, tracks.t_us, tracks.lat_deg, tracks.lon_deg)
    for vessel, stretch, t_us, lat, lon in zip(*(column.tolist() for column in columns), strict=True):
        yield content.vessels[vessel].name, stretch, content.utc(t_us), rounded(lat), rounded(lon)


def _sensors(content: Content) -> Iterator[Sequence[Any]]:
    for sensor in content.sensors:
        place = rounded(sensor.lat_deg), rounded(sensor.lon_deg)
        yield sensor.name, sensor.category, sensor.operator, *place, rounded(sensor.range_m, 0)


def _coverage(content: Content) -> Iterator[Sequence[Any]]:
    for layer in content.coverage:
        columns = (layer.lat_deg, layer.lon_deg, layer.share)
        for lat, lon, share in zip(*(column.tolist() for column in columns), strict=True):
            yield layer.nation, layer.tau_s, rounded(lat), rounded(lon), rounded(share)


def _holdings(content: Content) -> Iterator[Sequence[Any]]:
    for nation, held in content.holdings.items():
        times = (held.t_from_us, held.t_to_us, held.t_observed_us)
        columns = (held.vessel, *times, held.lat_deg, held.lon_deg, held.error_m)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for vessel, t_from_us, t_to_us, t_observed_us, lat, lon, error_m in rows:
            moments = (content.utc(t_us) for t_us in (t_from_us, t_to_us, t_observed_us))
            yield (
                nation,
                content.vessels[vessel].name,
                *moments,
                rounded(lat),
                rounded(lon),
                rounded(error_m, 1),
            )
