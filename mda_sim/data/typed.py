"""From the text of a table's row to a row of the catalogue, converted by the type of each field.

Assumptions and limits
    The columns are those that ``rows`` describes: an empty number is nan, lists are separated by semicolons.

Where next
    ``mda_sim.data.catalogue`` reads the tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")


def typed(kind: type[Row], row: Mapping[str, str]) -> Row:
    """A row of class ``kind`` from the text of its columns, converted by the type of each field.

    Raises KeyError for a column that is missing, ValueError for a number that is none.
    """
    return kind(**{field.name: _CONVERTERS[str(field.type)](row[field.name]) for field in fields(kind)})


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _yes_or_no(text: str) -> bool:
    return {"yes": True, "no": False}[text]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";"))


def _corners(text: str) -> tuple[tuple[float, float], ...]:
    pairs = (pair.split() for pair in text.split(";"))
    return tuple((float(lat), float(lon)) for lat, lon in pairs)


_CONVERTERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "str": str,
    "int": int,
    "float": _number,
    "bool": _yes_or_no,
    "tuple[str, ...]": _words,
    "tuple[tuple[float, float], ...]": _corners,
}
