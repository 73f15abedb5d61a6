"""A small recording, made by encoding real AIVDM sentences with pyais, and the same in every dialect."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from pyais.encode import encode_dict
from pyais.messages import TagBlock

from mda_sim.core.spec import DataFile
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.coast import load_land
from mda_sim.geo.regions import Box
from mda_sim.world.recorded.recording import Recording, make_recording
from mda_sim.world.recorded.rows import Rule
from mda_sim.world.recorded.spec import RecordedAisTraffic

START = datetime(2026, 3, 2, tzinfo=UTC)
START_S = int(START.timestamp())
BOX = Box(lat_min_deg=10, lat_max_deg=20, lon_min_deg=110, lon_max_deg=120)
HOURS = 12
TIMELINE = Timeline(START, 0, HOURS * 3600 * US_PER_S, 0)


class Fix(NamedTuple):
    """One position of one ship."""

    mmsi: int
    t_s: int
    lat_deg: float
    lon_deg: float


class Ship(NamedTuple):
    """What a ship broadcasts of herself."""

    mmsi: int
    name: str
    length_m: int
    kind: int
    is_class_a: bool


SHIPS = (
    Ship(548000001, "PALAWAN STAR", 190, 70, True),
    Ship(431000002, "HAKUHO", 60, 30, True),
    Ship(563000003, "SEA LION", 12, 37, False),
)


def voyages() -> list[Fix]:
    """Every ship on a gently turning course in the open sea, a fix every 5 minutes, in order of time.

    The second is silent from hour 4 to hour 8. Positions are whole in units of 1/600,000 degree, as AIS
    sends them.
    """
    fixes = []
    for number, ship in enumerate(SHIPS):
        for t_s in range(0, HOURS * 3600 + 1, 300):
            if number == 1 and 4 * 3600 < t_s < 8 * 3600:
                continue
            share = t_s / 86_400
            lat = 13.0 + number + 1.5 * share + 0.2 * np.sin(6 * share)
            lon = 114.0 + number + 2.0 * share
            fixes.append(Fix(ship.mmsi, t_s, round(lat * 6e5) / 6e5, round(lon * 6e5) / 6e5))
    return sorted(fixes, key=lambda fix: (fix.t_s, fix.mmsi))


def stamped(t_s: int, form: str) -> str:
    return datetime.fromtimestamp(START_S + t_s, UTC).strftime(form)


def nmea_lines(fixes: Sequence[Fix]) -> Iterator[str]:
    """The sentences of every fix, after those of each ship's particulars."""
    for ship in SHIPS:
        name = {"shipname": ship.name, "mmsi": ship.mmsi}
        if ship.is_class_a:
            said = [{**name, "type": 5, "to_bow": ship.length_m - 10, "to_stern": 10, "ship_type": ship.kind}]
        else:
            size = {"to_bow": ship.length_m - 4, "to_stern": 4, "ship_type": ship.kind, "mmsi": ship.mmsi}
            said = [{**name, "type": 24, "partno": 0}, {**size, "type": 24, "partno": 1}]
        for message in said:
            yield from tagged(message, 0)
    classes = {ship.mmsi: ship.is_class_a for ship in SHIPS}
    for fix in fixes:
        kind = 1 if classes.get(fix.mmsi, True) else 18
        position = {"mmsi": fix.mmsi, "lat": fix.lat_deg, "lon": fix.lon_deg, "speed": 9.3, "type": kind}
        yield from tagged(position, fix.t_s)


def tagged(message: dict[str, Any], t_s: int) -> Iterator[str]:
    block = TagBlock.create_str(receiver_timestamp=str(START_S + t_s))
    for sentence in encode_dict(message, talker_id="AI", sentence_type="VDM"):
        yield f"\\{block}\\{sentence}"


def plain_lines(fixes: Sequence[Fix], form: str = "%Y-%m-%dT%H:%M:%SZ") -> Iterator[str]:
    yield "mmsi,timestamp,lon,lat,sog,cog"
    for fix in fixes:
        yield f"{fix.mmsi},{stamped(fix.t_s, form)},{fix.lon_deg:.7f},{fix.lat_deg:.7f},9.3,50.1"


def _ship(fix: Fix) -> Ship:
    return next(ship for ship in SHIPS if ship.mmsi == fix.mmsi)


def marine_cadastre_lines(fixes: Sequence[Fix]) -> Iterator[str]:
    yield (
        "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,"
        "Draft,Cargo,TransceiverClass"
    )
    for fix in fixes:
        ship = _ship(fix)
        when = stamped(fix.t_s, "%Y-%m-%dT%H:%M:%S")
        yield (
            f"{fix.mmsi},{when},{fix.lat_deg:.7f},{fix.lon_deg:.7f},9.3,50.1,"
            f"511.0,{ship.name},IMO0000000,CALL,{ship.kind},0,{ship.length_m},20,7.1,{ship.kind},"
            f"{'A' if ship.is_class_a else 'B'}"
        )


def snake_lines(fixes: Sequence[Fix]) -> Iterator[str]:
    yield (
        "mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,status,"
        "length,width,draft,cargo,transceiver"
    )
    for fix in fixes:
        ship = _ship(fix)
        when = stamped(fix.t_s, "%Y-%m-%d %H:%M:%S")
        yield (
            f"{fix.mmsi},{when},{fix.lon_deg:.7f},{fix.lat_deg:.7f},9.3,50.1,,"
            f"{ship.name},,,{ship.kind},,{ship.length_m},,,,{'A' if ship.is_class_a else 'B'}"
        )


def danish_lines(fixes: Sequence[Fix]) -> Iterator[str]:
    yield (
        "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,"
        "Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,"
        "ETA,Data source type,A,B,C,D"
    )
    for fix in fixes:
        ship = _ship(fix)
        yield (
            f"{stamped(fix.t_s, '%d/%m/%Y %H:%M:%S')},Class {'A' if ship.is_class_a else 'B'},{fix.mmsi},"
            f"{fix.lat_deg:.7f},{fix.lon_deg:.7f},Unknown value,,9.3,50.1,,Unknown,Unknown,{ship.name},"
            f"{ship.kind},,,{ship.length_m},GPS,,Unknown,,AIS,,,,"
        )


Read = Callable[..., Recording]


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """This module: the ships, their fixes, and the lines of every dialect."""
    return sys.modules[__name__]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read lines, or the bytes of a file, as a recording; keywords are parameters of the class."""

    def read(lines: Sequence[str] | bytes, name: str = "recording.csv", **parameters: Any) -> Recording:
        path = tmp_path / name
        path.write_bytes(lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode())
        spec = RecordedAisTraffic(kind="recorded_ais", file=DataFile.at(path), **parameters)
        return make_recording(spec, BOX, TIMELINE, load_land())

    return read


def counts(recording: Recording) -> dict[str, int]:
    """Rows by rule, of the rules that concern any."""
    rows = recording.rules["rows"]
    return {rule.name.lower(): int(rows[rule]) for rule in Rule if rows[rule]}
