"""Make scenarios/data/recorded_example.csv: thirty hours of invented ships, through real AIS messages.

    python docs/make_recorded_example.py          needs the extra `ais`

Every position is encoded as an AIVDM sentence, read back by the program's own reader of NMEA text and written
in the columns of the MarineCadastre archive, so that it has the resolution of real AIS. Ships, names and
identities are invented. A few rows are broken on purpose, so that the account of the recording has something
to show.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pyais.encode import encode_dict
from pyais.messages import TagBlock

from mda_sim.geo.sphere import destination
from mda_sim.world.recorded.nmea import read_nmea
from mda_sim.world.recorded.rows import Rule

TARGET = Path(__file__).resolve().parents[1] / "scenarios" / "data" / "recorded_example.csv"
HEADER = (
    "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,"
    "TransceiverClass"
)
START = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = 30
STEP_S = 720


class Ship(NamedTuple):
    """An invented ship: where she begins, her course and speed, and when she is not heard."""

    mmsi: int
    name: str
    kind: int
    length_m: int
    lat_deg: float
    lon_deg: float
    course_deg: float
    speed_kn: float
    silent_h: tuple[float, float] = (0.0, 0.0)


SHIPS = (
    Ship(351999001, "EXAMPLE ONE", 70, 225, 13.2, 119.2, 358, 9.0),
    Ship(477999002, "EXAMPLE TWO", 71, 300, 18.7, 119.7, 188, 12.0, (9.0, 13.0)),
    Ship(538999003, "EXAMPLE THREE", 80, 183, 13.5, 117.4, 25, 12.0),
    Ship(563999004, "EXAMPLE FOUR", 74, 260, 18.4, 116.6, 165, 17.0),
    Ship(548999005, "EXAMPLE FIVE", 60, 90, 14.1, 119.7, 345, 4.0),
    Ship(431999006, "EXAMPLE SIX", 70, 190, 13.1, 119.4, 356, 8.0, (20.0, 26.0)),
    Ship(574999007, "EXAMPLE SEVEN", 79, 110, 16.0, 115.6, 80, 9.0),
    Ship(548999008, "EXAMPLE EIGHT", 30, 24, 14.9, 119.7, 270, 2.0, (6.0, 9.0)),
    Ship(548999009, "EXAMPLE NINE", 30, 18, 15.4, 119.5, 190, 1.5),
    Ship(412999010, "EXAMPLE TEN", 30, 45, 17.2, 117.3, 110, 3.5),
)


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sentences.nmea"
        path.write_text("\n".join(sentences()) + "\n", encoding="ascii")
        lines = [HEADER, *broken(list(rows(path)))]
    TARGET.write_text("\n".join(lines) + "\n", encoding="ascii")
    print(f"{TARGET}: {len(lines) - 1} rows")


def sentences() -> Iterator[str]:
    """The sentences of all ships in order of time, each with its time of reception in a tag block."""
    rng = np.random.default_rng(5)
    for ship in SHIPS:
        size = {"to_bow": ship.length_m - 6, "to_stern": 6, "ship_type": ship.kind, "mmsi": ship.mmsi}
        if ship.kind == 30:
            yield from tagged({"type": 24, "partno": 0, "mmsi": ship.mmsi, "shipname": ship.name}, 0)
            yield from tagged({"type": 24, "partno": 1, **size}, 0)
        else:
            yield from tagged({"type": 5, "shipname": ship.name, **size}, 0)
    for t_s in range(0, HOURS * 3600 + 1, STEP_S):
        for ship in SHIPS:
            late_s = int(rng.integers(0, 60))
            begin_h, end_h = ship.silent_h
            if begin_h < (t_s + late_s) / 3600 < end_h:
                continue
            lat, lon, course = place_of(ship, t_s + late_s)
            message = {"type": 18 if ship.kind == 30 else 1, "mmsi": ship.mmsi, "lat": lat, "lon": lon}
            yield from tagged({**message, "speed": ship.speed_kn, "course": course}, t_s + late_s)


def place_of(ship: Ship, t_s: int) -> tuple[float, float, float]:
    """Latitude, longitude and course of a ship: a slow weave about her course, as steering gives it."""
    along_m = ship.speed_kn * 1852 / 3600 * t_s
    weave = math.sin(2 * math.pi * t_s / 21_600)
    lat, lon = destination(ship.lat_deg, ship.lon_deg, ship.course_deg, along_m)
    lat, lon = destination(lat, lon, ship.course_deg + 90, 1500 * weave)
    return float(lat), float(lon), (ship.course_deg + 8 * weave) % 360


def tagged(message: dict[str, object], t_s: int) -> Iterator[str]:
    """The sentences of one message."""
    block = TagBlock.create_str(receiver_timestamp=str(int(START.timestamp()) + t_s))
    for sentence in encode_dict(message, talker_id="AI", sentence_type="VDM"):
        yield f"\\{block}\\{sentence}"


def rows(path: Path) -> Iterator[str]:
    """One row of the archive for each position in a file of sentences."""
    raw = read_nmea(path)
    for k in np.flatnonzero(raw.rows.rule == Rule.KEPT):
        seen = datetime.fromtimestamp(raw.rows.t_us[k] / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        name, kind = raw.texts[raw.rows.name[k]], raw.texts[raw.rows.type[k]]
        place = f"{raw.rows.lat_deg[k]:.5f},{raw.rows.lon_deg[k]:.5f},{raw.rows.sog_kn[k]:.1f}"
        size = f"{raw.rows.length_m[k]:.0f}"
        yield f"{raw.rows.mmsi[k]},{seen},{place},,511.0,{name},,,{kind},,{size},,,,{' AB'[raw.rows.ais[k]]}"


def broken(lines: list[str]) -> Iterator[str]:
    """The rows with some repeated and some damaged."""
    for number, line in enumerate(lines):
        cells = line.split(",")
        if number == 40:
            yield ",".join([*cells[:2], "91.00000", "181.00000", *cells[4:]])
        elif number == 80:
            yield ",".join([*cells[:3], f"{float(cells[3]) + 2:.5f}", *cells[4:]])
        elif number == 120:
            yield ",".join(["0", *cells[1:]])
        elif number == 160:
            yield ",".join([*cells[:4], "102.3", *cells[5:]])
        elif number == 200:
            yield line[:30]
        else:
            yield line
        if number % 100 == 50:
            yield line


if __name__ == "__main__":
    main()
