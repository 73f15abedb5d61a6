"""The rows of a recording as every reader gives them, and the rules that may take one out.

Model: a reader turns each line, or each row of a Parquet file, into one row here, also those that it cannot
use, which it marks with the rule that says why. So what was read is always what is kept and what each rule
took out: ``cleaning`` adds its own rules and never loses a row.

Assumptions and limits: texts are kept verbatim, each once; whoever shows one escapes it.
Where next: ``tabular`` and ``nmea`` make rows, ``cleaning`` judges them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import MdaError

NO_TIME: Final = np.iinfo(np.int64).min
"""Time of a row whose time cannot be read."""


ROWS_MAX: Final = 50_000_000
"""Most rows of one recording; about 10 GB of memory."""


class RecordingError(MdaError):
    """The file cannot be read as a recording, or nothing in it can be used; the text says why."""

    exit_code = 2


class Rule(IntEnum):
    """Why a row is not used; the first rule in this order that a row fails names it."""

    KEPT = 0
    MALFORMED = 1
    NO_POSITION = 2
    UNREADABLE_TIME = 3
    NO_TIME_ZONE = 4
    BAD_IDENTITY = 5
    NOT_A_SHIP = 6
    UNALLOCATED_MID = 7
    POSITION_UNREADABLE = 8
    POSITION_NOT_AVAILABLE = 9
    POSITION_OUT_OF_RANGE = 10
    ON_LAND = 11
    DUPLICATE = 12
    SAME_TIME = 13
    JUMP = 14
    OUTSIDE_AREA = 15
    LONE_FIX = 16
    OUTSIDE_RUN = 17


MEANINGS: Final = {
    Rule.KEPT: "used",
    Rule.MALFORMED: "wrong number of fields, or a sentence that does not parse or fails its checksum",
    Rule.NO_POSITION: "a message, or part of one, without a position; its particulars are used",
    Rule.UNREADABLE_TIME: "no time that can be read",
    Rule.NO_TIME_ZONE: "no time zone, in a file whose other times state one",
    Rule.BAD_IDENTITY: "identity 0, not a number, not of nine digits, or not of a form that is assigned",
    Rule.NOT_A_SHIP: "identity or kind of a shore station, aid to navigation, aircraft, beacon or group",
    Rule.UNALLOCATED_MID: "identity whose first three digits are allocated to no state",
    Rule.POSITION_UNREADABLE: "no position that can be read",
    Rule.POSITION_NOT_AVAILABLE: "latitude 91 or longitude 181: position not available",
    Rule.POSITION_OUT_OF_RANGE: "latitude beyond 90 or longitude beyond 180 degrees",
    Rule.ON_LAND: "further inland than the margin",
    Rule.DUPLICATE: "same vessel, time and position as an earlier row",
    Rule.SAME_TIME: "same vessel and time as an earlier row, at another position",
    Rule.JUMP: "would take more than the greatest speed from the track so far",
    Rule.OUTSIDE_AREA: "outside the area and its buffer",
    Rule.LONE_FIX: "no other fix of its track near enough in time to draw a leg to",
    Rule.OUTSIDE_RUN: "before the start or after the scored time",
}
"""What each rule says, in words."""


def check_count(count: int) -> None:
    """RecordingError unless a recording of so many rows can be read."""
    if count > ROWS_MAX:
        raise RecordingError(f"{count:,} rows; expected at most {ROWS_MAX:,}")
    if count < 1:
        raise RecordingError("the file has no rows")


def counts_in_words(rule: NDArray[np.uint8]) -> str:
    """How many rows each rule took out, in words; what no rule took out is left out.

    >>> counts_in_words(np.array([0, 14, 12, 12], np.uint8))
    '2 duplicate, 1 jump'
    """
    counts = np.bincount(rule, minlength=len(Rule))
    return ", ".join(
        f"{counts[one]:,} {one.name.lower().replace('_', ' ')}"
        for one in Rule
        if counts[one] and one is not Rule.KEPT
    )


@dataclass(frozen=True)
class Rows:
    """Rows of a recording, (n,) each; nan, -1, 0 or ``NO_TIME`` where a row does not say."""

    rule: NDArray[np.uint8]
    """Rule by which the reader could not use the row; 0 if it could."""
    mmsi: NDArray[np.int64]
    """Identity; -1 if it is not a whole number."""
    t_us: NDArray[np.int64]
    """Time since 1970 [us], in UTC where ``zoned``."""
    zoned: NDArray[np.bool_]
    """Whether the row states its time zone."""
    lat_deg: NDArray[np.float64]
    """Latitude as written [deg]."""
    lon_deg: NDArray[np.float64]
    """Longitude as written [deg]."""
    sog_kn: NDArray[np.float64]
    """Speed over ground as written [kn]."""
    ais: NDArray[np.uint8]
    """Transponder: 1 class A, 2 class B, 0 unknown."""
    no_ship: NDArray[np.bool_]
    """Whether the row says that it is of a shore station, an aid to navigation or the like."""
    length_m: NDArray[np.float64]
    """Length over all [m]."""
    name: NDArray[np.int32]
    """Name, as its place in the texts."""
    type: NDArray[np.int32]
    """Ship type, as its place in the texts."""

    def __len__(self) -> int:
        return len(self.rule)

    @classmethod
    def unusable(cls, count: int, rule: Rule) -> Rows:
        """``count`` rows of which nothing is known but the rule that took them out."""
        nan = np.full(count, np.nan)
        none, nothing = np.full(count, -1, np.int32), np.zeros(count, np.bool_)
        return cls(
            rule=np.full(count, rule, np.uint8),
            mmsi=np.full(count, -1, np.int64),
            t_us=np.full(count, NO_TIME, np.int64),
            zoned=nothing,
            lat_deg=nan,
            lon_deg=nan,
            sog_kn=nan,
            ais=np.zeros(count, np.uint8),
            no_ship=nothing,
            length_m=nan,
            name=none,
            type=none,
        )

    def take(self, order: NDArray[np.int64]) -> Rows:
        """The rows at the given places, in that order."""
        return Rows(**{f.name: getattr(self, f.name)[order] for f in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence[Rows]) -> Rows:
        """Parts one after the other."""
        parts = [cls.unusable(0, Rule.KEPT), *parts]
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})


class Texts:
    """Names and types, each kept once and verbatim."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str | None) -> int:
        """The place of a text, which is noted; -1 for none."""
        return -1 if not text else self._places.setdefault(text, len(self._places))

    @property
    def all(self) -> list[str]:
        """All texts, by place."""
        return list(self._places)


@dataclass(frozen=True)
class Raw:
    """A whole recording as read."""

    rows: Rows
    """One per data row or line, in the order of the file."""
    texts: Sequence[str]
    """Names and types, by place."""
    dialect: str
    """What the file was read as."""
    remarks: Sequence[str] = ()
    """What had to be done to read it."""
