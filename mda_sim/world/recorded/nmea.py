"""Read a recording that is NMEA text: AIVDM and AIVDO sentences, decoded by pyais.

Model: every line that is not blank becomes one row. The line that completes a message with a position (types
1 to 3, 18, 19 and 27) carries the fix; the other lines of a message, and messages without a position, are
NO_POSITION, and what types 5, 19 and 24 say of a vessel goes to all its fixes. What does not parse, fails its
checksum or belongs to a message that is never completed is MALFORMED. Stations that are no ships (types 4, 9,
11, 21) are rows too, which the rule on identities takes out.

Assumptions and limits: AIS messages hold no date, so the time must stand beside them: as ``c:`` in an NMEA
tag block (seconds or milliseconds since 1970) or as a number since 1970 after the sentence; a line without is
UNREADABLE_TIME. pyais takes some 0.03 ms a sentence, six times as long as a row of CSV.

Source: message types and fields: Recommendation ITU-R M.1371-5, annex 8, by way of pyais 3.3.1.
Where next: ``recording`` calls ``read_nmea``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from mda_sim.world.recorded.rows import NO_TIME, Raw, RecordingError, Rows, Rule, Texts, check_count

_CLASS_OF_TYPE: Final = {1: 1, 2: 1, 3: 1, 27: 1, 18: 2, 19: 2}
_NO_SHIPS: Final = frozenset({4, 9, 11, 21})
_MILLISECONDS_FROM: Final = 1e11
_US: Final = 1_000_000


class _Line(NamedTuple):
    """What one line gives."""

    rule: Rule
    mmsi: int = -1
    t_us: int = NO_TIME
    lat_deg: float = float("nan")
    lon_deg: float = float("nan")
    sog_kn: float = float("nan")
    ais: int = 0
    no_ship: bool = False


class _Particulars:
    """What static messages say of one vessel; the latest wins."""

    def __init__(self) -> None:
        self.name = self.type = ""
        self.length_m = float("nan")


def read_nmea(path: Path) -> Raw:
    """The recording in a file of NMEA text. RecordingError if it is none, or without pyais."""
    try:
        from pyais.exceptions import AISBaseException, UnknownMessageException
        from pyais.messages import NMEASentenceFactory
    except ModuleNotFoundError as error:
        raise RecordingError(
            "NMEA text is read by pyais, which is not installed: pip install 'mda-sim[ais]'"
        ) from error
    errors = (AISBaseException, ValueError, TypeError, LookupError)
    reader = _Reader(NMEASentenceFactory.produce, UnknownMessageException, errors)
    with path.open("rb") as stream:
        lines = [line for raw in stream if (line := raw.strip())]
    check_count(len(lines))
    found = [reader.line(line) for line in lines]
    for number in reader.incomplete():
        found[number] = _Line(Rule.MALFORMED)
    return Raw(_rows(found, reader), reader.texts.all, "NMEA text")


class _Reader:
    """Takes lines one by one and puts the sentences of a message together."""

    def __init__(self, parse: Any, other: type[Exception], errors: tuple[type[Exception], ...]) -> None:
        self.texts = Texts()
        self.particulars: dict[int, _Particulars] = {}
        self._parse = parse
        self._other = other
        self._errors = errors
        self._number = -1
        self._lost: list[int] = []
        self._parts: dict[tuple[Any, ...], list[tuple[int, Any, int]]] = {}

    def line(self, line: bytes) -> _Line:
        """What the next line of the file gives."""
        self._number += 1
        try:
            sentence_bytes, after = _parted(line)
            sentence = self._parse(sentence_bytes)
            if sentence.type.upper() not in ("VDM", "VDO"):
                return _Line(Rule.NO_POSITION)
            if not sentence.is_valid:
                return _Line(Rule.MALFORMED)
            t_us = _time_us(sentence, after)
            whole = self._whole(sentence, t_us)
            return _Line(Rule.NO_POSITION) if whole is None else self._decoded(*whole)
        except self._other:  # a sentence of another kind, or no sentence
            return _Line(Rule.NO_POSITION if line[:1] in (b"$", b"!", b"\\") else Rule.MALFORMED)
        except self._errors:
            return _Line(Rule.MALFORMED)

    def incomplete(self) -> list[int]:
        """Lines of messages that were never completed."""
        return self._lost + [number for parts in self._parts.values() for number, _, _ in parts]

    def _whole(self, sentence: Any, t_us: int) -> tuple[Any, int] | None:
        """The message that the sentence completes, and its time; None if parts are still missing."""
        if sentence.frag_cnt == 1:
            return sentence, t_us
        key = (sentence.seq_id, sentence.channel, sentence.talker_id, sentence.frag_cnt)
        if sentence.frag_num == 1:
            self._lost += [number for number, _, _ in self._parts.pop(key, [])]
            self._parts[key] = []
        parts = self._parts.get(key)
        if parts is None or sentence.frag_num != len(parts) + 1:
            raise ValueError("a part out of order")
        parts.append((self._number, sentence, t_us))
        if len(parts) < sentence.frag_cnt:
            return None
        del self._parts[key]
        first_us = next((known for _, _, known in parts if known != NO_TIME), NO_TIME)
        return sentence.assemble_from_iterable([part for _, part, _ in parts]), first_us

    def _decoded(self, sentence: Any, t_us: int) -> _Line:
        message = sentence.decode()
        mmsi, kind = int(message.mmsi), int(message.msg_type)
        if kind in (5, 19, 24):
            self._note(mmsi, message)
        if kind in _NO_SHIPS:
            return _Line(Rule.KEPT, mmsi, t_us, _number(message.lat), _number(message.lon), no_ship=True)
        if kind not in _CLASS_OF_TYPE:
            return _Line(Rule.NO_POSITION)
        lat, lon, sog = (_number(getattr(message, field)) for field in ("lat", "lon", "speed"))
        return _Line(Rule.KEPT, mmsi, t_us, lat, lon, sog, _CLASS_OF_TYPE[kind])

    def _note(self, mmsi: int, message: Any) -> None:
        known = self.particulars.setdefault(mmsi, _Particulars())
        known.name = getattr(message, "shipname", "") or known.name
        kind = getattr(message, "ship_type", None)
        known.type = known.type if kind is None else str(int(kind))
        bow, stern = getattr(message, "to_bow", None), getattr(message, "to_stern", None)
        if bow is not None and stern is not None:
            known.length_m = float(bow + stern)


def _parted(line: bytes) -> tuple[bytes, bytes]:
    """A sentence, with the tag block before it, and what stands after its checksum."""
    star = line.find(b"*", line.rfind(b"\\") + 1)
    if star < 0:
        raise ValueError("a line without a checksum")
    return line[: star + 3], line[star + 3 :].lstrip(b",")


def _time_us(sentence: Any, after: bytes) -> int:
    """Time of reception since 1970 [us], from the tag block or from behind the sentence."""
    block = sentence.tag_block
    stated = None
    if block is not None:
        block.init()
        stated = block.receiver_timestamp if block.is_valid else None
    if stated is None:
        stated = after.split(b",")[-1].decode("ascii", "replace")
    try:
        seconds = float(stated)
    except ValueError:
        return NO_TIME
    if not 0 <= seconds < 1e14:
        return NO_TIME
    return round(seconds * (_US // 1000 if seconds > _MILLISECONDS_FROM else _US))


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _rows(found: list[_Line], reader: _Reader) -> Rows:
    known = [reader.particulars.get(line.mmsi) for line in found]
    none = _Particulars()
    return Rows(
        rule=np.array([line.rule for line in found], np.uint8),
        mmsi=np.array([line.mmsi for line in found], np.int64),
        t_us=np.array([line.t_us for line in found], np.int64),
        zoned=np.ones(len(found), np.bool_),
        lat_deg=np.array([line.lat_deg for line in found]),
        lon_deg=np.array([line.lon_deg for line in found]),
        sog_kn=np.array([line.sog_kn for line in found]),
        ais=np.array([line.ais for line in found], np.uint8),
        no_ship=np.array([line.no_ship for line in found]),
        length_m=np.array([(one or none).length_m for one in known]),
        name=np.array([reader.texts.place((one or none).name) for one in known], np.int32),
        type=np.array([reader.texts.place((one or none).type) for one in known], np.int32),
    )
