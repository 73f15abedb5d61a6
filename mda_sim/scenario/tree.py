"""The marked tree: a YAML document whose every key and value knows where it was written.

Model: three kinds of node, all immutable. A ``ScalarNode`` holds a value of YAML 1.2 (None, bool, int,
float, str) beside the text as typed; a ``MapNode`` holds entries in file order, a ``ListNode`` items.
Paths are those of the file (``sensors.radar_1.max_range_km``), also after a key was converted or a
subtree was merged elsewhere, so that a message always names what the author wrote.

Where next: ``source.py`` builds trees, ``normalise.py``, ``merge.py`` and ``expand.py`` rewrite them,
``wording.py`` walks them to place a problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

QUOTED_MAX: Final = 60
"""Characters of a value that a message quotes."""

Scalar: TypeAlias = bool | int | float | str | None


class Mark(NamedTuple):
    """A place: line and column count from 1; line 0 means no place in a file (a ``--set``, the
    catalogue).
    """

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One value."""

    value: Scalar
    """The value, in SI once it was converted."""
    mark: Mark
    """Where the value stands."""
    path: str
    """Dotted path as written in its file."""
    text: str
    """The value as typed, without quotes."""
    unit: str = ""
    """The convertible unit that it was typed in (``km``), empty if none."""

    def shown(self) -> str:
        """The value as a message quotes it: as typed, strings in quotes, long ones cut."""
        if self.value is None:
            return "nothing (null)"
        return quoted(self.text) if isinstance(self.value, str) else cut(self.text)


@dataclass(frozen=True, slots=True)
class ListNode:
    """An ordered list."""

    items: tuple[Node, ...]
    """The items, in file order."""
    mark: Mark
    """Where the list starts."""
    path: str
    """Dotted path as written in its file."""

    def shown(self) -> str:
        """The list as a message names it."""
        return "a list" if self.items else "an empty list"


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping with its value."""

    written: str
    """The key as typed, before its unit was converted."""
    mark: Mark
    """Where the key stands."""
    node: Node
    """The value."""


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping."""

    entries: Mapping[str, Entry]
    """Entries by key (the SI spelling once normalised), in file order."""
    mark: Mark
    """Where the mapping starts."""
    path: str
    """Dotted path as written in its file; empty for the root."""

    def shown(self) -> str:
        """The mapping as a message names it."""
        return "a mapping" if self.entries else "an empty mapping"

    def get(self, *keys: str) -> Node | None:
        """The node down a path of keys, or None if there is none."""
        node: Node | None = self
        for key in keys:
            entry = node.entries.get(key) if isinstance(node, MapNode) else None
            node = entry.node if entry else None
        return node

    def section(self, *keys: str) -> MapNode:
        """The mapping down a path of keys; an empty one if there is none or it is no mapping."""
        node = self.get(*keys)
        return node if isinstance(node, MapNode) else MapNode({}, self.mark, join(self.path, *keys))

    def with_entries(self, entries: Mapping[str, Entry]) -> MapNode:
        """The same mapping with other entries."""
        return MapNode(entries, self.mark, self.path)

    def without(self, *keys: str) -> MapNode:
        """The same mapping without some keys."""
        return self.with_entries({key: entry for key, entry in self.entries.items() if key not in keys})


Node: TypeAlias = ScalarNode | ListNode | MapNode


class Spot(NamedTuple):
    """What stands at the end of a path: its mark (that of its key, where it has one), path and node."""

    mark: Mark
    path: str
    node: Node


def cut(text: str) -> str:
    """The beginning of a text that is too long to be quoted whole."""
    return text if len(text) <= QUOTED_MAX else f"{text[: QUOTED_MAX - 3]}..."


def quoted(text: str) -> str:
    """A text as a message quotes it: in quotes, escaped, a long one cut."""
    return repr(cut(text))


def join(path: str, *keys: str) -> str:
    """A dotted path with more keys at its end.

    >>> join("", "sensors", "radar_1")
    'sensors.radar_1'
    """
    return ".".join([path, *keys] if path else keys)


def plain(node: Node) -> Any:
    """The tree as dicts, lists and values."""
    if isinstance(node, MapNode):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return node.value


def find(tree: Node, steps: tuple[str | int, ...]) -> Spot:
    """Walk ``steps`` down the tree as far as they go, passing over steps that name nothing there.

    Such steps are the tags that a validator adds for the chosen member of a union, and keys that are
    missing: the latter end at their parent.
    """
    spot = Spot(tree.mark, tree.path, tree)
    for step in steps:
        node = spot.node
        if isinstance(node, MapNode) and isinstance(step, str) and step in node.entries:
            entry = node.entries[step]
            spot = Spot(entry.mark, entry.node.path, entry.node)
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
            item = node.items[step]
            spot = Spot(item.mark, item.path, item)
    return spot


def values(node: MapNode, path: str = "") -> Iterator[tuple[str, Mark]]:
    """Each scalar and list below a mapping: its dotted path in normalised keys, and the mark of its key."""
    for key, entry in node.entries.items():
        below = join(path, key)
        if isinstance(entry.node, MapNode):
            yield from values(entry.node, below)
        else:
            yield below, entry.mark
