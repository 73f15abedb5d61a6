"""From the text of a table's row, or a tree of YAML, to a row of the catalogue.

Assumptions and limits
    The columns are those that ``rows`` describes: an empty number is nan, lists are separated by semicolons.

Where next
    ``mda_sim.data.catalogue`` reads the tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mda_sim.data.rows import AgreementType, EnvironmentPreset, PlatformType, SensorType

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")


def typed(kind: type[Row], row: Mapping[str, str]) -> Row:
    """A row of class ``kind`` from the text of its columns, converted by the type of each field.

    Raises KeyError for a column that is missing, ValueError for a number that is none.
    """
    return kind(**{field.name: _CONVERTERS[str(field.type)](row[field.name]) for field in fields(kind)})


def sensor_type_row(type_id: str, tree: Mapping[str, object]) -> SensorType:
    """A sensor type from its tree of YAML; KeyError for a missing key, ValueError for bad parameters."""
    parameters = tree["parameters"]
    if not isinstance(parameters, dict):
        raise ValueError(f"the sensor type {type_id!r} needs a mapping of parameters")
    return SensorType(
        id=type_id,
        name=str(tree["name"]),
        kind=str(tree["kind"]),
        parameters=MappingProxyType(dict(sorted(parameters.items()))),
        source=" ".join(str(tree["source"]).split()),
        confidence=str(tree["confidence"]),
    )


def platform_type_row(type_id: str, tree: Mapping[str, Any]) -> PlatformType:
    """A platform type from its tree of YAML; KeyError for a key that is missing."""
    return PlatformType(
        id=type_id,
        name=str(tree["name"]),
        parameters=MappingProxyType(dict(sorted(tree["parameters"].items()))),
        source=" ".join(str(tree["source"]).split()),
        confidence=str(tree["confidence"]),
    )


def agreement_type_row(type_id: str, tree: Mapping[str, Any]) -> AgreementType:
    """A type of agreement from its tree of YAML; KeyError for a key that is missing."""
    return AgreementType(
        id=type_id,
        name=str(tree["name"]),
        terms=MappingProxyType(dict(tree["terms"])),
        source=" ".join(str(tree["source"]).split()),
        confidence=str(tree["confidence"]),
    )


def preset_row(preset_id: str, tree: Mapping[str, Any]) -> EnvironmentPreset:
    """A preset of the environment from its tree of YAML; KeyError for a key that is missing."""
    return EnvironmentPreset(
        id=preset_id,
        name=str(tree["name"]),
        month=tree.get("month"),
        storms=MappingProxyType(dict(sorted(tree.get("storms", {}).items()))),
        source=" ".join(str(tree["source"]).split()),
        confidence=str(tree["confidence"]),
    )


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
