"""Published numbers about what is at sea, and the lines across straits at which transits are counted.

Model
    Two CSV tables beside this module, as the catalogue has them: each row has an id, values, a ``source`` and
    a ``confidence``. Which figures apply to which world, and how they are measured there, is data too.

Assumptions and limits
    How a source's words are read as a number, and the radius around a place, are choices of the authors; they
    stand in the row.

Source
    Per row. Terms: ``LICENSES.md``.

Where next
    ``mda_sim.report.world_measures`` measures them in a simulated world.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from mda_sim.data.catalogue import CONFIDENCES, DATA_FOLDER, UnknownIdError

TAGS: Final = ("input", "calibrated", "held-out")
"""The words of the ``tag`` column of published figures."""


@dataclass(frozen=True, slots=True)
class CountLine:
    """A line across a strait at which transits are counted: the great circle between two points."""

    id: str
    """Id of the line."""
    name: str
    """Name in plain words."""
    lat1_deg: float
    """Latitude of one end, degrees north."""
    lon1_deg: float
    """Longitude of that end, degrees east."""
    lat2_deg: float
    """Latitude of the other end, degrees north."""
    lon2_deg: float
    """Longitude of the other end, degrees east."""
    source: str
    """Where the row comes from."""
    confidence: str
    """high, medium, low or assumption."""


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A published number about what is at sea, and how the same is measured in a simulated world.

    Selections of vessels (``who``, ``of``) are alternatives apart by semicolons: ``kind:<kind of traffic>``,
    a class, or ``class/stream``; in the latter two ``*`` stands for anything. Empty: all vessels.
    """

    id: str
    """Id of the figure."""
    name: str
    """What was counted, where and when, in words."""
    measure: str
    """Name of the measure, a function of ``report.world_measures``."""
    who: tuple[str, ...]
    """Vessels that it is about."""
    of: tuple[str, ...]
    """What the measure refers them to: vessels, features or a sensor type, as the measure says."""
    where: tuple[str, ...]
    """A line of ``count_lines.csv``, or features of ``features.csv``; empty for the scenario's area."""
    radius_m: float
    """Radius around each of the features, metres; nan where there are none."""
    sea: tuple[str, ...]
    """Features that the world must hold besides, for the figure to be about its sea; may be empty."""
    value: float
    """The published number in ``unit``; nan where only bounds are published."""
    low: float
    """Lower bound; nan if there is none."""
    high: float
    """Upper bound; nan if there is none."""
    unit: str
    """Unit of the number: '1' for shares."""
    tag: str
    """input: a scenario states it; calibrated: something was set so that it comes out; held-out: neither."""
    method: str
    """How it is measured in the simulated world, in words."""
    source: str
    """Where it was read."""
    confidence: str
    """high, medium, low or assumption."""


@lru_cache(maxsize=1)
def count_lines() -> Mapping[str, CountLine]:
    """All lines at which transits are counted, by id.

    >>> count_lines()["luzon_strait"].lat1_deg
    22.0
    """
    lines = (
        CountLine(
            id=row["id"],
            name=row["name"],
            lat1_deg=_number(row["lat1_deg"]),
            lon1_deg=_number(row["lon1_deg"]),
            lat2_deg=_number(row["lat2_deg"]),
            lon2_deg=_number(row["lon2_deg"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in _rows("count_lines.csv")
    )
    return MappingProxyType({line.id: line for line in lines})


@lru_cache(maxsize=1)
def published_figures() -> Mapping[str, PublishedFigure]:
    """All published figures about what is at sea, by id.

    >>> published_figures()["malacca_transits"].value
    258.0
    """
    figures = [
        PublishedFigure(
            id=row["id"],
            name=row["name"],
            measure=row["measure"],
            who=_words(row["who"]),
            of=_words(row["of"]),
            where=_words(row["where"]),
            radius_m=_number(row["radius_m"]),
            sea=_words(row["sea"]),
            value=_number(row["value"]),
            low=_number(row["low"]),
            high=_number(row["high"]),
            unit=row["unit"],
            tag=row["tag"],
            method=row["method"],
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in _rows("published_world.csv")
    ]
    for figure in figures:
        if figure.tag not in TAGS or all(map(math.isnan, (figure.value, figure.low, figure.high))):
            raise ValueError(f"the published figure {figure.id!r} needs a number and a tag of {TAGS}")
    return MappingProxyType({figure.id: figure for figure in figures})


def count_line(line_id: str) -> CountLine:
    """The count line with this id; raises ``UnknownIdError`` (a ``KeyError``) that names the nearest ids."""
    if line_id not in count_lines():
        raise UnknownIdError("count line", line_id, count_lines())
    return count_lines()[line_id]


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of a table in order of ids; ValueError for an id that comes twice or a row without a source."""
    with (DATA_FOLDER / name).open(encoding="utf-8", newline="") as stream:
        rows = sorted(csv.DictReader(stream, strict=True), key=lambda row: row["id"])
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if after is not None and row["id"] == after["id"]:
            raise ValueError(f"{name} has the id {row['id']!r} twice")
        if row["confidence"] not in CONFIDENCES or not row["source"]:
            raise ValueError(f"{row['id']!r} in {name} needs a source and a confidence of {CONFIDENCES}")
        yield row


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()
