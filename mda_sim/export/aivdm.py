"""AIVDM: the messages by which AIS receivers held vessels, as NMEA sentences.

Model: one position report for each contact of a receiver, sent at the instant at which it last held the
vessel: message 1 of a class A set, 18 of a class B set, with the position and identity that it broadcast and
its true speed and course. Each vessel's static data (message 5, or 24 part B) comes before its first report
at each receiver. Every line bears a tag block with the receiver and the time.

Assumptions and limits: a contact stands for all messages of its interval, so rates are those of contacts, not
of transponders. Navigational status, rate of turn, ship type, name and voyage are sent as not available: the
world does not have them.

Source: ITU-R Recommendation M.1371-5, "Technical characteristics for an automatic identification system",
2014, annex 8, messages 1, 5, 18 and 24; NMEA 0183 version 4.10, tag blocks (general knowledge of both,
medium confidence). Where next: ``study.export``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.export.files import whole
from mda_sim.geo.sphere import distance_m, initial_bearing_deg
from mda_sim.records import DetectionLog
from mda_sim.world.fleet import AisClass, Fleet

_MOVED_US: Final = 10 * US_PER_S
"""Time over which speed and course are taken: the rate at which class A sets report under way."""
_NO_SPEED_KN: Final = 102.3
_FASTEST_KN: Final = 102.2
_NO_COURSE_DEG: Final = 360.0
_NO_HEADING: Final = 511
_NO_STATUS: Final = 15
_NO_TURN: Final = -128


def write_aivdm(
    log: DetectionLog, fleet: Fleet, timeline: Timeline, span_us: tuple[int, int], folder: Path
) -> list[Path]:
    """Write ``ais.nmea`` into ``folder``, what was heard in ``span_us`` in order of time; the file."""
    path = folder / "ais.nmea"
    with whole(path) as partial, partial.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(f"{line}\n" for line in sentences(log, fleet, timeline, span_us))
    return [path]


def sentences(log: DetectionLog, fleet: Fleet, timeline: Timeline, span_us: tuple[int, int]) -> Iterator[str]:
    """The sentences, each with its tag block."""
    heard = _heard(log, fleet, span_us)
    introduced: set[tuple[int, int]] = set()
    names = [card.id for card in log.sensors]
    start_s = timeline.datetime_at(0).timestamp()
    columns = (heard[name].tolist() for name in _COLUMNS)
    for sensor, target, t_us, mmsi, lat, lon, speed_kn, course in zip(*columns, strict=True):
        at_s = start_s + t_us / US_PER_S
        is_class_a = fleet.targets["ais"][target] == AisClass.CLASS_A
        if (sensor, target) not in introduced:
            introduced.add((sensor, target))
            length_m = float(fleet.targets["length_m"][target])
            yield from _tagged(_static(mmsi, length_m, is_class_a=is_class_a), names[sensor], at_s)
        fields = {
            "msg_type": 1 if is_class_a else 18,
            "mmsi": mmsi,
            "lat": lat,
            "lon": lon,
            "speed": speed_kn,
            "course": course,
            "heading": _NO_HEADING,
            "second": int(at_s) % 60,
        }
        more = {"status": _NO_STATUS, "turn": _NO_TURN} if is_class_a else {}
        yield from _tagged(fields | more, names[sensor], at_s)


_COLUMNS: Final = ("sensor", "target", "t_us", "mmsi", "lat_deg", "lon_deg", "speed_kn", "course_deg")


def _heard(log: DetectionLog, fleet: Fleet, span_us: tuple[int, int]) -> dict[str, NDArray[Any]]:
    """Contacts of vessels by AIS in order of time, with what was broadcast and how the vessel moved."""
    reports, contacts = log.reports, log.contacts
    is_ais = np.array([card.category == "ais" for card in log.sensors], np.bool_)
    report = np.repeat(np.arange(len(reports)), reports["count"])
    target = contacts["target"].astype(np.int64)
    t_us = reports["t_observed_us"][report] - contacts["dt_us"]
    rows = np.flatnonzero(
        is_ais[reports["sensor"][report]]
        & (target < log.n_vessels)
        & (t_us >= span_us[0])
        & (t_us <= span_us[1])
    )
    sensor = reports["sensor"][report[rows]].astype(np.int64)
    order = np.lexsort((target[rows], sensor, t_us[rows]))
    rows, sensor = rows[order], sensor[order]
    target, t_us = target[rows], t_us[rows]
    lat_deg, lon_deg = fleet.broadcast_positions(target, t_us)
    speed_kn, course_deg = _motion(fleet, target, t_us)
    mmsi = fleet.broadcasts["mmsi"][fleet.broadcast_rows(target, t_us)]
    found = (sensor, target, t_us, mmsi, lat_deg, lon_deg, speed_kn, course_deg)
    return dict(zip(_COLUMNS, found, strict=True))


def _motion(
    fleet: Fleet, target: NDArray[np.int64], t_us: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Speed [kn] and course [deg], as messages tell them, over the last seconds.

    Over the next ones where the vessel was not there before; not available where it was there at neither end.
    """
    here = fleet.positions(target, t_us)
    before, after = fleet.positions(target, t_us - _MOVED_US), fleet.positions(target, t_us + _MOVED_US)
    had = np.isfinite(before[0])
    begin = [np.where(had, one, other) for one, other in zip(before, here, strict=True)]
    end = [np.where(had, one, other) for one, other in zip(here, after, strict=True)]
    speed_kn = distance_m(*begin, *end) / (_MOVED_US / US_PER_S) / KNOT_MPS
    course_deg = np.round(initial_bearing_deg(*begin, *end), 1) % 360.0
    known = np.isfinite(speed_kn)
    told_kn = np.minimum(np.round(speed_kn, 1), _FASTEST_KN)
    return np.where(known, told_kn, _NO_SPEED_KN), np.where(known, course_deg, _NO_COURSE_DEG)


def _static(mmsi: int, length_m: float, *, is_class_a: bool) -> dict[str, Any]:
    """Static data: the length, told from the middle."""
    to_bow = min(int(length_m / 2), 511)
    size = {"to_bow": to_bow, "to_stern": min(round(length_m) - to_bow, 511)}
    kind = {"msg_type": 5} if is_class_a else {"msg_type": 24, "partno": 1}
    return kind | {"mmsi": mmsi, **size}


def _tagged(fields: dict[str, Any], source: str, at_s: float) -> Iterator[str]:
    """The sentences of one message, each behind a tag block with source and time."""
    from pyais import encode_dict

    tag = f"s:{source},c:{int(at_s)}"
    checksum = 0
    for character in tag.encode("ascii"):
        checksum ^= character
    for sentence in encode_dict(fields, talker_id="AI", sentence_type="VDM"):
        yield f"\\{tag}*{checksum:02X}\\{sentence}"
