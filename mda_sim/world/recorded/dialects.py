"""What the public archives call their columns, and how they write times.

Model: the first line of a file names its columns; a dialect fits if that line has all four columns that a fix
needs. Names are compared without case, spaces at the ends and a leading ``#``. Times are written year first
(ISO 8601) or day first, with or without a zone, or as seconds or milliseconds since 1970.

Assumptions and limits: columns that a dialect does not name are not read.

Source: column names as in files of the MarineCadastre archive of NOAA and BOEM (``ais/csv2`` since 2024) and
of the Danish Maritime Authority (``aisdk-*.csv``; described in MobilityDB Workshop, table 1.1, "AIS columns",
which writes decimal commas where the files have points), read in public repositories that hold lines of both;
times of both are UTC.
Where next: ``tabular`` reads files in these dialects.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NEEDED: Final = ("mmsi", "time", "lat", "lon")
"""Fields that every fix has."""


@dataclass(frozen=True)
class Dialect:
    """How one source writes its columns."""

    name: str
    """What reports call it."""
    columns: Mapping[str, str]
    """Column of each field: mmsi, time, lat, lon, and where there are any sog, length, name, type,
    transponder."""
    day_first: bool = False
    """Whether dates are day/month/year."""


DIALECTS: Final = (
    Dialect(
        "MarineCadastre",
        {
            "mmsi": "MMSI",
            "time": "BaseDateTime",
            "lat": "LAT",
            "lon": "LON",
            "sog": "SOG",
            "length": "Length",
            "name": "VesselName",
            "type": "VesselType",
            "transponder": "TransceiverClass",
        },
    ),
    Dialect(
        "MarineCadastre (names since 2024)",
        {
            "mmsi": "mmsi",
            "time": "base_date_time",
            "lat": "latitude",
            "lon": "longitude",
            "sog": "sog",
            "length": "length",
            "name": "vessel_name",
            "type": "vessel_type",
            "transponder": "transceiver",
        },
    ),
    Dialect(
        "Danish Maritime Authority",
        {
            "mmsi": "MMSI",
            "time": "Timestamp",
            "lat": "Latitude",
            "lon": "Longitude",
            "sog": "SOG",
            "length": "Length",
            "name": "Name",
            "type": "Ship type",
            "transponder": "Type of mobile",
        },
        day_first=True,
    ),
    Dialect("plain", {"mmsi": "mmsi", "time": "timestamp", "lat": "lat", "lon": "lon", "sog": "sog"}),
)
"""The dialects that are known, in the order in which they are tried."""

DELIMITERS: Final = (",", ";", "\t", "|")
"""What may stand between columns."""


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of one line of a CSV file."""
    return next(csv.reader([line], delimiter=delimiter), [])


def recognised(header: Sequence[str]) -> tuple[Dialect, dict[str, str]] | None:
    """The first dialect whose needed columns are all in the header, and the header's spelling of each field.

    >>> dialect, columns = recognised(["# Timestamp", "MMSI", "Latitude", "Longitude", "ROT"])
    >>> dialect.name, columns["time"]
    ('Danish Maritime Authority', '# Timestamp')
    """
    written = {_bare(name): name for name in reversed(header)}
    for dialect in DIALECTS:
        found = {
            field: written[_bare(name)] for field, name in dialect.columns.items() if _bare(name) in written
        }
        if all(field in found for field in NEEDED):
            return dialect, found
    return None


def known_headers() -> str:
    """The needed columns of every dialect, in words."""
    return "; ".join(f"{', '.join(one.columns[field] for field in NEEDED)} ({one.name})" for one in DIALECTS)


def _bare(name: str) -> str:
    return name.strip().lstrip("#").strip().lower()
