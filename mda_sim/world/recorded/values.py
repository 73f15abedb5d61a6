"""From the texts of a column to numbers and times, whatever the texts hold.

Model: a value that does not read as what its column holds becomes nan (a number) or ``NO_TIME`` (a time);
nothing raises. Times are checked to be times of the calendar.

Assumptions and limits: a number is plain or with an exponent; with another delimiter than a comma, a decimal
comma is read too. Fractions of a second are cut to microseconds. Whole numbers of ten digits or so are
seconds since 1970, of thirteen milliseconds.

Source: days from a calendar date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013,
days_from_civil.
Where next: ``tabular`` reads columns with these.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.world.recorded.rows import NO_TIME

_NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_CLOCK: Final = r"(?P<h>\d{2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?P<f>[.,]\d{1,9})?)?"
_ZONE: Final = r" ?(?P<z>[Zz]|UTC|[+-]\d{2}(?::?\d{2})?)?$"
_YEAR_FIRST: Final = r"^(?P<y>\d{4})-(?P<mo>\d{2})-(?P<d>\d{2})[T ]" + _CLOCK + _ZONE
_DAY_FIRST: Final = r"^(?P<d>\d{2})[/-](?P<mo>\d{2})[/-](?P<y>\d{4})[T ]" + _CLOCK + _ZONE
_SINCE_1970: Final = r"^\d{9,10}(\.\d*)?$|^\d{12,13}$"
_MILLISECONDS_FROM: Final = 1e11
_US: Final = 1_000_000
_DAY_US: Final = 86_400 * _US


def numbers(column: Any, *, decimal_comma: bool = False) -> NDArray[np.float64]:
    """The numbers of a pyarrow array of numbers or texts, (n,); nan where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    if not _is_text(column.type):
        return _floats(pc.cast(column, pa.float64(), safe=False))
    trimmed = pc.utf8_trim_whitespace(column)
    if decimal_comma:
        trimmed = pc.replace_substring(trimmed, ",", ".")
    try:
        return _floats(pc.cast(trimmed, pa.float64()))
    except pa.ArrowInvalid:
        is_number = pc.match_substring_regex(trimmed, _NUMBER)
        only = pc.if_else(is_number, trimmed, pa.scalar(None, pa.string()))
        return _floats(pc.cast(only, pa.float64()))


def times(column: Any, *, day_first: bool) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds since 1970 and whether a zone is stated, (n,) each, of a pyarrow array.

    Texts, numbers since 1970, or timestamps; a time with a zone is brought to UTC. Dates that begin with the
    year are always read, those that begin with the day where ``day_first``: day and month are never guessed.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        whole = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
        t_us = pc.fill_null(pc.cast(whole, pa.int64()), NO_TIME).to_numpy(zero_copy_only=False)
        return t_us.astype(np.int64), np.full(len(column), column.type.tz is not None)
    if not _is_text(column.type):
        return _since_1970(numbers(column))
    text = pc.utf8_trim_whitespace(column)
    t_us, zoned = _calendar(text, _DAY_FIRST if day_first else _YEAR_FIRST)
    rest = np.flatnonzero(t_us == NO_TIME)
    if len(rest) and day_first:
        t_us[rest], zoned[rest] = _calendar(text.take(pa.array(rest)), _YEAR_FIRST)
        rest = np.flatnonzero(t_us == NO_TIME)
    if len(rest):
        left = text.take(pa.array(rest))
        of_clock = pc.match_substring_regex(left, _SINCE_1970)
        since = numbers(pc.if_else(of_clock, left, pa.scalar(None, pa.string())))
        t_us[rest], zoned[rest] = _since_1970(since)
    return t_us, zoned


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _floats(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _since_1970(number: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    seconds = np.where(number > _MILLISECONDS_FROM, number / 1000.0, number)
    known = np.isfinite(seconds) & (np.abs(seconds) < _MILLISECONDS_FROM)
    t_us = np.where(known, np.rint(np.where(known, seconds, 0.0) * _US), 0.0).astype(np.int64)
    return np.where(known, t_us, NO_TIME), known


def _calendar(text: Any, pattern: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Times of texts that follow a pattern; ``NO_TIME`` for others and for no time of the calendar."""
    import pyarrow.compute as pc

    parts = pc.extract_regex(text, pattern)
    fits = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    year, month, day, hour, minute = (_part(parts, name) for name in ("y", "mo", "d", "h", "mi"))
    second = _part(parts, "s")
    share = pc.struct_field(parts, "f")
    micro = _part(parts, "f") if pc.any(pc.greater(pc.binary_length(share), 0)).as_py() else 0
    zone = pc.struct_field(parts, "z")
    zoned = pc.fill_null(pc.greater(pc.binary_length(zone), 0), False).to_numpy(zero_copy_only=False)
    fits &= (month >= 1) & (month <= 12) & (hour <= 23) & (minute <= 59) & (second <= 59) & (year >= 1)
    fits &= (day >= 1) & (day <= _days_of_month(year, np.clip(month, 1, 12)))
    days = _days_since_1970(year, month, day)
    t_us = days * _DAY_US + ((hour * 60 + minute) * 60 + second) * _US + micro - _offset_us(zone)
    return np.where(fits, t_us, NO_TIME).astype(np.int64), zoned & fits


def _part(parts: Any, name: str) -> NDArray[np.int64]:
    """Whole numbers of one part of a time, 0 where there is none; a fraction of a second in microseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.fill_null(pc.struct_field(parts, name), "")
    if name == "f":
        digits = pc.utf8_slice_codeunits(pc.utf8_rpad(pc.utf8_ltrim(digits, ".,"), 6, "0"), 0, 6)
    filled = pc.if_else(pc.equal(digits, ""), "0", digits)
    return np.asarray(pc.cast(filled, pa.int64()).to_numpy(zero_copy_only=False), np.int64)


def _offset_us(zone: Any) -> NDArray[np.int64]:
    """How far each stated zone is ahead of UTC [us]; 0 for none."""
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(pc.fill_null(zone, ""))
    each = np.array([_one_offset_us(text) for text in encoded.dictionary.to_pylist()], np.int64)
    return np.asarray(each[encoded.indices.to_numpy(zero_copy_only=False)])


def _one_offset_us(zone: str) -> int:
    if zone[:1] not in ("+", "-"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (1 if zone[0] == "+" else -1) * minutes * 60 * _US


def _days_of_month(year: NDArray[np.int64], month: NDArray[np.int64]) -> NDArray[np.int64]:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    usual = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    return np.asarray(usual[month - 1] + (leap & (month == 2)), np.int64)


def _days_since_1970(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Days from 1970-01-01 to dates of the Gregorian calendar."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return np.asarray(
        era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468, np.int64
    )
