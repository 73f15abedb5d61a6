"""Reforms: what a named configuration changes in the baseline, as changes that can be made or undone.

Model: both sections are written out as plain data. A change is a dotted path with the value before and after;
``ABSENT`` stands for no entry. Mappings are compared key by key, down to those of another ``kind``; lists,
numbers and words are compared as wholes. An entry that only one of the two has is one change.

    done(section, changes)     the section with the value after, at every path
    undone(section, changes)   with the value before
    is_made(section, changes)  whether it has the value after at every path

Assumptions and limits: changes that are made on another section than the baseline may not fit together; the
checks of the section find out. Where next: ``study.players`` takes reforms out of a configuration.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from mda_sim.sharing.network import SharingSpec

Path = tuple[str, ...]


class Absent(Enum):
    """In place of a value where there is none."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class Change(NamedTuple):
    """What one path had and has."""

    before: Any
    """Plain data, or ``ABSENT``."""
    after: Any
    """Plain data, or ``ABSENT``."""


Changes = Mapping[Path, Change]
"""Changes by path."""


def changes(base: SharingSpec, wanted: SharingSpec) -> dict[Path, Change]:
    """Everything in which ``wanted`` differs from ``base``."""
    return _changes(_plain(base), _plain(wanted), ())


def done(sharing: SharingSpec, made: Changes) -> SharingSpec:
    """The section with the value after at every path; ValidationError (pydantic) if that is none."""
    return _set(sharing, {path: change.after for path, change in made.items()})


def undone(sharing: SharingSpec, made: Changes) -> SharingSpec:
    """The section with the value before at every path; ValidationError (pydantic) if that is none."""
    return _set(sharing, {path: change.before for path, change in made.items()})


def is_made(sharing: SharingSpec, made: Changes) -> bool:
    """Whether the section has the value after at every path."""
    return not _not_made(sharing, made)


def first_not_made(sharing: SharingSpec, made: Changes) -> str:
    """Dotted path of the first change that the section does not have; empty if it has all."""
    missing = _not_made(sharing, made)
    return ".".join(missing[0]) if missing else ""


def _not_made(sharing: SharingSpec, made: Changes) -> list[Path]:
    tree = _plain(sharing)
    return [path for path, change in sorted(made.items()) if _get(tree, path) != change.after]


def _plain(sharing: SharingSpec) -> dict[str, Any]:
    return sharing.model_dump(mode="json")


def _changes(base: Mapping[str, Any], wanted: Mapping[str, Any], path: Path) -> dict[Path, Change]:
    found: dict[Path, Change] = {}
    for key in sorted({*base, *wanted}):
        before, after = base.get(key, ABSENT), wanted.get(key, ABSENT)
        if before == after:
            continue
        is_map = isinstance(before, Mapping) and isinstance(after, Mapping)
        if is_map and before.get("kind") == after.get("kind"):
            found |= _changes(before, after, (*path, key))
        else:
            found[*path, key] = Change(before, after)
    return found


def _get(tree: Any, path: Path) -> Any:
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return ABSENT
        tree = tree[key]
    return tree


def _set(sharing: SharingSpec, values: Mapping[Path, Any]) -> SharingSpec:
    if not values:
        return sharing
    tree = copy.deepcopy(_plain(sharing))
    for path, value in values.items():
        place = tree
        for key in path[:-1]:
            place = place.setdefault(key, {})
        if value is ABSENT:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = copy.deepcopy(value)
    return SharingSpec.model_validate(tree)
