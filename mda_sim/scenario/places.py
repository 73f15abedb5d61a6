"""What the specs expect at each place of a scenario: the fields of its mapping, the kinds to choose from.

Model: a ``Place`` is read off the type annotation of a spec's field: the specs that may stand there (one,
or the members of a discriminated union), or what the values of a mapping keyed by ids, or the items of a
list, may be. Unit conversion and "did you mean" are guided by places, so neither knows the name of any
spec.

Where next: ``normalise.py``, ``merge.py`` (paths of ``--set``) and ``wording.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from mda_sim.core.units import si_key, spellings
from mda_sim.scenario.tree import MapNode, Node, ScalarNode


@dataclass(frozen=True)
class Place:
    """What may stand at one place."""

    specs: tuple[type[BaseModel], ...] = ()
    """Specs whose mapping may stand here: several for a union of kinds."""
    values: Place | None = None
    """What the values of a mapping keyed by ids are, if such a mapping may stand here."""
    items: Place | None = None
    """What the items of a list are, if a list may stand here."""

    @property
    def fields(self) -> Mapping[str, Place]:
        """The fields of all specs of this place, by name."""
        return _fields(self.specs)

    def spellings(self) -> tuple[str, ...]:
        """Every key that may be written here, in all its units; empty where keys are ids."""
        return tuple(spelling for name in self.fields for spelling in spellings(name))

    def kinds(self) -> tuple[str, ...]:
        """The words that ``kind`` may be here."""
        return tuple(str(kind) for spec in self.specs for kind in _kinds(spec))

    def field_of(self, key: str) -> str | None:
        """The field that ``key`` names, as written or in SI; None if there is none."""
        if key in self.fields:
            return key
        converted = si_key(key)
        return converted[0] if converted and converted[0] in self.fields else None

    def below(self, key: str | int) -> Place:
        """The place of a field, id or item; an empty one if nothing is known of it."""
        if isinstance(key, int):
            return self.items or NOWHERE
        return self.fields.get(key) or self.values or NOWHERE

    def chosen(self, node: Node) -> Place:
        """The place narrowed to the spec that the mapping's own ``kind`` chooses, if it chooses one."""
        kind = node.get("kind") if isinstance(node, MapNode) else None
        if not isinstance(kind, ScalarNode):
            return self
        fitting = tuple(spec for spec in self.specs if kind.value in _kinds(spec))
        return Place(fitting, self.values, self.items) if fitting else self


NOWHERE = Place()


@cache
def place_of(spec: type[BaseModel]) -> Place:
    """The place of a spec."""
    return Place(specs=(spec,))


@cache
def _fields(specs: tuple[type[BaseModel], ...]) -> Mapping[str, Place]:
    found: dict[str, Place] = {}
    for spec in specs:
        for name, field in spec.model_fields.items():
            here = _annotated(field.annotation)
            found[name] = _either(found[name], here) if name in found else here
    return found


@cache
def _kinds(spec: type[BaseModel]) -> tuple[Any, ...]:
    field = spec.model_fields.get("kind")
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()


def _annotated(annotation: Any) -> Place:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(arguments[0])
    if origin in (Union, UnionType):
        place = NOWHERE
        for argument in arguments:
            place = _either(place, _annotated(argument))
        return place
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return place_of(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Place(values=_annotated(arguments[1]))
    if isinstance(origin, type) and issubclass(origin, (tuple, list)) and arguments:
        return Place(items=_annotated(arguments[0]))
    return NOWHERE


def _either(one: Place, other: Place) -> Place:
    specs = one.specs + tuple(spec for spec in other.specs if spec not in one.specs)
    return Place(specs, one.values or other.values, one.items or other.items)
