"""Files of two-line element sets: read, checked line by line, and held against the time of a run.

Model: a set is a line 1 and a line 2 of 69 columns, with a line for the name before them or not (with a
leading "0 " or not). Empty lines and lines that begin with ``#`` do not count. Every finding is reported at
once, with its line: lengths, digits where they belong, checksums (the ``sgp4`` package does not look at
them), numbers that differ between the two lines, elements out of range, orbits that SGP4 refuses, satellites
given twice, orbits not wholly between ``LOWEST_M`` and ``HIGHEST_M``.

Assumptions and limits: altitudes at perigee and apogee are those of the mean elements above the equatorial
radius, as SGP4 has them. Years 57 to 99 are those of the last century, 00 to 56 of this one. Element sets do
not say how good they are: ``check_run`` warns of old ones by the usual figure of 1 to 3 km a day.

Source: format: F. R. Hoots, R. L. Roehrich, "Models for Propagation of NORAD Element Sets", Spacetrack Report
No. 3, 1980, and T. S. Kelso, "Frequently Asked Questions: Two-Line Element Set Format", Satellite Times 4(3),
1998 (columns, checksum, years); letters in catalogue numbers ("Alpha-5"): Space-Track documentation, as the
``sgp4`` package reads them. 1 to 3 km a day by which satellites leave the orbits of their element sets: B.
Rhodes, documentation of the ``sgp4`` package. Where next: ``orbits`` moves what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from mda_sim.core.errors import Problem, RunError, ScenarioError, Severity, printable
from mda_sim.core.spec import DataFile
from mda_sim.geo.orbits import KNOT_STEP_S, ElementSet, error_text, propagated, satellite_record

LOWEST_M: Final = 160e3
"""Lowest altitude of a perigee. [m]"""
HIGHEST_M: Final = 2000e3
"""Highest altitude of an apogee. [m]"""
MOST_SETS: Final = 1000
"""Most element sets in one file."""
MOST_BYTES: Final = 1_000_000
"""Longest file: four times what the most sets take. [bytes]"""
OLD_DAYS: Final = 14
"""Days from its epoch after which a set is doubtful. [d]"""
TOO_OLD_DAYS: Final = 366
"""Days from its epoch after which a set is of no use. [d]"""
DRIFT_KM_PER_DAY: Final = (1, 3)
"""How fast satellites leave the orbits of their element sets: see the module. [km/d]"""

_COLUMNS: Final = 69
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I and no O: they look like digits
_PIVOT_YEAR: Final = 57
_CATALOGUE: Final = rf"[{_LETTERS}][0-9]{{4}}| *[0-9]+"
_ANGLE: Final = r" *[0-9]+\.[0-9]{4}"
_EXPONENT: Final = r"[ +-] *[0-9]+[+-][0-9]"

Place = tuple[int, int, str, str]
"""First and last column, a pattern of the whole field, and what it is in words."""

_FIELDS: Final[dict[str, tuple[Place, ...]]] = {
    "1": (
        (3, 7, _CATALOGUE, "catalogue number"),
        (19, 20, r" *[0-9]+", "year of the epoch"),
        (21, 32, r" *[0-9]+\.[0-9]{8}", "day of the epoch"),
        (34, 43, r"[ +-] *[0-9]*\.[0-9]{8}", "first derivative of mean motion"),
        (45, 52, _EXPONENT, "second derivative of mean motion"),
        (54, 61, _EXPONENT, "drag term"),
    ),
    "2": (
        (3, 7, _CATALOGUE, "catalogue number"),
        (9, 16, _ANGLE, "inclination"),
        (18, 25, _ANGLE, "right ascension of the node"),
        (27, 33, r"[0-9]{7}", "eccentricity"),
        (35, 42, _ANGLE, "argument of perigee"),
        (44, 51, _ANGLE, "mean anomaly"),
        (53, 63, r" *[0-9]+\.[0-9]{8}", "mean motion"),
    ),
}


class ElementsError(ScenarioError):
    """A file that is no file of element sets; ``problems`` holds every finding, in order of lines."""


class _Line(NamedTuple):
    number: int
    text: str


class _Entry(NamedTuple):
    """The lines of one set; a line that is missing is None."""

    name: _Line | None
    first: _Line | None
    second: _Line | None


@lru_cache(maxsize=8)
def sets_of(file: DataFile) -> tuple[ElementSet, ...]:
    """The element sets of a file, in its order; read once in a process for each content.

    ElementsError as ``read_elements``; DigestMismatch if the file was changed since the scenario was loaded.
    """
    return read_elements(file.verified())


def read_elements(path: str | Path) -> tuple[ElementSet, ...]:
    """The element sets of a file, in its order.

    ElementsError with every problem; OSError if it cannot be read.
    """
    place = Path(path)
    size = place.stat().st_size
    if size > MOST_BYTES:
        raise ElementsError(
            [Problem(place.name, 0, 0, "", f"is {size:,} bytes; expected at most {MOST_BYTES:,}")]
        )
    return parse_elements(place.read_bytes().decode("utf-8-sig", errors="replace"), place.name)


def parse_elements(text: str, file: str = "elements") -> tuple[ElementSet, ...]:
    """The element sets of a text, in its order; ElementsError with every problem, ``file`` is its name."""
    problems: list[Problem] = []
    found: dict[int, tuple[int, ElementSet]] = {}
    n_sets = 0
    for entry in _entries(text):
        n_sets += 1
        if n_sets > MOST_SETS:
            problems.append(Problem(file, 0, 0, "", f"holds more than {MOST_SETS:,} element sets"))
            break
        own = _parsed(entry, file, problems)
        if own is None:
            continue
        at = _first_line(entry)
        if own.number in found:
            before = found[own.number][0]
            problems.append(_problem(file, at, f"{own.title} was given before, on line {before}"))
            continue
        found[own.number] = at.number, own
        problems.extend(_problem(file, at, f"{own.title}: {reason}") for reason in orbit_faults(own))
    if not n_sets:
        problems.append(Problem(file, 0, 0, "", "holds no element set"))
    if problems:
        raise ElementsError(problems)
    return tuple(own for _, own in found.values())


def checksum(line: str) -> int:
    """Check digit of a line: the sum of its digits in columns 1 to 68, each minus sign as 1, modulo 10.

    >>> checksum("2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667")
    7
    """
    return sum(int(c) if c in "0123456789" else c == "-" for c in line[: _COLUMNS - 1]) % 10


def orbit_faults(own: ElementSet) -> list[str]:
    """Why an element set is no orbit that satellites of this program may have; empty if it is one."""
    inclination_deg, motion = float(own.line2[8:16]), float(own.line2[52:63])
    faults = []
    if not 1.0 <= inclination_deg <= 179.0:
        faults.append(
            f"expected an inclination of 1 to 179 degrees, got {inclination_deg:g}: nearer to the equator no "
            "pass ends"
        )
    if not 0.0 < motion < 20.0:
        faults.append(f"expected a mean motion between 0 and 20 revolutions a day, got {motion:g}")
    if faults:
        return faults
    try:
        record = satellite_record(own, own.epoch)
    except RunError as error:
        return [str(error)]
    errors, _, _ = propagated(own, own.epoch, np.zeros(1))
    if errors[0]:
        faults.append(f"SGP4 fails at its epoch: {error_text(int(errors[0]))}")
    perigee_m, apogee_m = (h * record.radiusearthkm * 1000.0 for h in (record.altp, record.alta))
    if perigee_m < 0:
        faults.append(f"its perigee is {-perigee_m / 1000:,.0f} km below the surface")
    elif perigee_m < LOWEST_M:
        faults.append(f"its perigee is at {perigee_m / 1000:,.0f} km; expected {LOWEST_M / 1000:g} or more")
    if apogee_m > HIGHEST_M:
        faults.append(f"its apogee is at {apogee_m / 1000:,.0f} km; expected at most {HIGHEST_M / 1000:,.0f}")
    return faults


def check_run(
    sets: Sequence[ElementSet], start: datetime, end: datetime, file: str = ""
) -> tuple[Problem, ...]:
    """What speaks against using element sets from ``start`` to ``end``: errors, and one warning for old ones.

    An error for each set whose epoch is further than ``TOO_OLD_DAYS`` from a moment of the run, and for each
    at which SGP4 fails at a knot of the run, with its code, text and moment.
    """
    found: list[Problem] = []
    old: list[tuple[float, ElementSet]] = []
    t_s = np.arange(0.0, (end - start).total_seconds() + KNOT_STEP_S, KNOT_STEP_S)
    for own in sets:
        days = max(abs(moment - own.epoch) for moment in (start, end)) / timedelta(days=1)
        if days > TOO_OLD_DAYS:
            message = (
                f"{own.title}: its elements are of {own.epoch:%Y-%m-%d}, {days:,.0f} days from the run; "
                f"expected at most {TOO_OLD_DAYS}"
            )
            found.append(_finding(file, message, "error"))
            continue
        if days > OLD_DAYS:
            old.append((days, own))
        fault = _run_fault(own, start, t_s)
        if fault:
            found.append(_finding(file, fault, "error"))
    if old:
        days, worst = max(old, key=lambda one: one[0])
        low_km, high_km = (days * rate for rate in DRIFT_KM_PER_DAY)
        found.append(
            _finding(
                file,
                f"{len(old)} of {len(sets)} element sets have an epoch more than {OLD_DAYS} days from a part "
                f"of the run, {worst.title} by {days:,.0f} days ({worst.epoch:%Y-%m-%d}); satellites leave "
                f"the orbits of their elements by 1 to 3 km a day, here by some {low_km:,.0f} to "
                f"{high_km:,.0f} km: passes are of the right kind, but not those that were flown",
                "warning",
            )
        )
    return tuple(found)


def _run_fault(own: ElementSet, start: datetime, t_s: np.typing.NDArray[np.float64]) -> str:
    """Where SGP4 fails first in a run, in words; empty if nowhere."""
    try:
        errors, _, _ = propagated(own, start, t_s)
    except RunError as error:
        return str(error)
    if not errors.any():
        return ""
    first = int(np.flatnonzero(errors)[0])
    moment = start + timedelta(seconds=float(t_s[first]))
    text = error_text(int(errors[first]))
    return f"SGP4 fails for {own.title} from {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC on: {text}"


def _entries(text: str) -> Iterator[_Entry]:
    """The lines of a text, set by set; whatever is not where it belongs is a set with missing lines."""
    name: _Line | None = None
    first: _Line | None = None
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        line = _Line(number, raw.rstrip())
        kind = line.text[:2]
        if not line.text.strip() or line.text.lstrip().startswith("#"):
            continue
        if kind == "2 ":
            yield _Entry(name, first, line)
            name = first = None
            continue
        if first or (name and kind != "1 "):
            yield _Entry(name, first, None)
            name = first = None
        if kind == "1 ":
            first = line
        else:
            name = line
    if name or first:
        yield _Entry(name, first, None)


def _first_line(entry: _Entry) -> _Line:
    line = entry.first or entry.second or entry.name
    assert line is not None
    return line


def _parsed(entry: _Entry, file: str, problems: list[Problem]) -> ElementSet | None:
    """The set of some lines, or None and one more problem at least."""
    name = "" if entry.name is None else entry.name.text.removeprefix("0 ").strip()
    if entry.first is None or entry.second is None:
        at = _first_line(entry)
        missing = "a line 1" if entry.first is None else "a line 2"
        if entry.first is None and entry.second is None:
            missing = "the two lines of its elements"
        problems.append(_problem(file, at, f"expected {missing} with this line, found none"))
        return None
    n_before = len(problems)
    for line in (entry.first, entry.second):
        problems.extend(_problem(file, line, fault, column) for column, fault in _line_faults(line.text))
    if len(problems) > n_before:
        return None
    one, two = entry.first.text, entry.second.text
    if one[2:7] != two[2:7]:
        message = f"catalogue number {two[2:7]!r} differs from {one[2:7]!r} on line {entry.first.number}"
        problems.append(_problem(file, entry.second, message, 3))
        return None
    day = float(one[20:32])
    year = int(one[18:20])
    year += 1900 if year >= _PIVOT_YEAR else 2000
    if not 1.0 <= day < 367.0:
        message = f"expected a day of the epoch from 1 to 366, got {day:g}"
        problems.append(_problem(file, entry.first, message, 21))
        return None
    epoch = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day - 1.0)
    return ElementSet(printable(name), _number(one[2:7]), epoch, one, two)


def _line_faults(text: str) -> list[tuple[int, str]]:
    """Column and reason of all that is wrong with one line by itself."""
    if len(text) != _COLUMNS:
        return [(1, f"expected {_COLUMNS} characters, got {len(text)}")]
    if not text.isascii() or not text.isprintable():
        return [(1, "expected plain ASCII characters only")]
    faults = [
        (start, f"unreadable {words} {text[start - 1 : stop]!r} in columns {start} to {stop}")
        for start, stop, pattern, words in _FIELDS[text[0]]
        if not re.fullmatch(pattern, text[start - 1 : stop])
    ]
    found, expected = text[-1], checksum(text)
    if found != str(expected):
        faults.append((_COLUMNS, f"checksum {found!r} in column {_COLUMNS}, expected '{expected}'"))
    return faults


def _number(text: str) -> int:
    """A catalogue number, in which a leading letter stands for 10 to 33."""
    if text[0] in _LETTERS:
        return (10 + _LETTERS.index(text[0])) * 10_000 + int(text[1:])
    return int(text)


def _problem(file: str, line: _Line, message: str, column: int = 1) -> Problem:
    return Problem(file, line.number, column, "", message, excerpt=line.text)


def _finding(file: str, message: str, severity: Severity) -> Problem:
    return Problem(file, 0, 0, "", message, severity)
