"""Put one marked tree over another: ``extends`` chains, configurations and ``--set``.

Model: mappings are merged key by key, everything else is replaced; ``null`` over a key that is there
deletes it. One exception: a mapping that names another ``kind`` replaces the one below it whole, because
the fields of one kind mean nothing to another. Each value keeps the mark of the place that it came from.

Assumptions and limits: ``extends`` names one file, relative to the file that says it; it stays under the
folder of the scenario unless outside paths are allowed; a chain is at most 8 files long and has no cycle.
Paths of data files are made absolute file by file (``files.py``).

Where next: ``load.py``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mda_sim.scenario.files import Reach, rooted
from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.normalise import normalise
from mda_sim.scenario.places import Place
from mda_sim.scenario.source import read_file, read_value
from mda_sim.scenario.tree import Entry, MapNode, Mark, Node, ScalarNode, join

MAX_CHAIN: Final = 8


def merged(base: MapNode, over: MapNode) -> MapNode:
    """``base`` with ``over`` put on it, by the rules above."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        if below is None:
            entries[key] = entry
        elif isinstance(entry.node, ScalarNode) and entry.node.value is None:
            del entries[key]
        elif isinstance(entry.node, MapNode) and isinstance(below.node, MapNode):
            if _same_kind(below.node, entry.node):
                entries[key] = Entry(below.written, below.mark, merged(below.node, entry.node))
            else:
                entries[key] = entry
        else:
            entries[key] = entry
    return base.with_entries(entries)


def _same_kind(base: MapNode, over: MapNode) -> bool:
    one, other = base.get("kind"), over.get("kind")
    if not isinstance(one, ScalarNode) or not isinstance(other, ScalarNode):
        return True
    return one.value == other.value


@dataclass(frozen=True)
class Chain:
    """How a scenario and the files that it extends are read."""

    place: Place
    """What the specs expect at the top of a file."""
    findings: Findings
    """Where problems go."""
    reach: Reach
    """Which files may be read."""

    def read(self, path: Path, file: str) -> MapNode | None:
        """The normalised tree of ``path`` (shown as ``file``) over all that it extends; None if
        unreadable.
        """
        tree = read_file(path, file, self.findings)
        return None if tree is None else self.over_bases(tree, path, file, (path.resolve(),))

    def over_bases(self, tree: MapNode, path: Path, file: str, seen: tuple[Path, ...]) -> MapNode | None:
        """``tree``, which is that of ``path``, normalised and put over the files that it extends."""
        entry = tree.entries.get("extends")
        own = normalise(tree.without("extends"), self.place, self.findings)
        if self.reach.folder is not None:
            own = rooted(own, self.place, path.parent)
        if entry is None:
            return own
        named = entry.node.value if isinstance(entry.node, ScalarNode) else None
        if not isinstance(named, str) or not named:
            self._refuse(entry, f"expected the path of one file, got {entry.node.shown()}")
            return None
        if not named.isprintable():
            self._refuse(entry, "a path holds printable characters only")
            return None
        base_path = path.parent / named
        base_file = os.path.normpath(Path(file).parent / named)
        if not self._may_extend(entry, base_path, named, seen):
            return None
        base = read_file(base_path, base_file, self.findings, entry.mark, entry.node.path)
        if base is None:
            return None
        below = self.over_bases(base, base_path, base_file, (*seen, base_path.resolve()))
        return None if below is None else merged(below, own)

    def _may_extend(self, entry: Entry, base: Path, named: str, seen: tuple[Path, ...]) -> bool:
        try:
            resolved = base.resolve()
        except (OSError, RuntimeError):  # RuntimeError: links that lead in a circle
            self._refuse(entry, f"cannot follow the path {named!r}")
            return False
        if not self.reach.holds(resolved):
            self._refuse(entry, f"{named!r} lies outside the scenario's folder; --allow-path permits that")
        elif resolved in seen:
            names = " -> ".join(path.name for path in (*seen[seen.index(resolved) :], resolved))
            self._refuse(entry, f"files extend each other in a cycle: {names}")
        elif len(seen) >= MAX_CHAIN:
            self._refuse(entry, f"a chain of more than {MAX_CHAIN} files that extend each other")
        else:
            return True
        return False

    def _refuse(self, entry: Entry, message: str) -> None:
        self.findings.error(entry.mark, entry.node.path, message)


def read_settings(
    texts: Sequence[str], tree: MapNode, place: Place, findings: Findings
) -> tuple[MapNode, ...]:
    """Each ``key.path=value`` of ``texts`` as a normalised tree to be merged over ``tree``.

    Every step of a path must name a field of the specs or an id that ``tree`` has (or that an earlier
    setting gave it); others are noted as problems and left out.
    """
    settings: list[MapNode] = []
    for text in texts:
        mark = Mark(f"--set {text}" if len(text) <= 120 else f"--set {text[:117]}...")
        path, equals, value_text = text.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(keys):
            findings.error(mark, "", "expected key.path=value")
            continue
        wrong = _wrong_step(keys, tree, place)
        if wrong:
            findings.error(mark, path.strip(), wrong)
            continue
        value = read_value(value_text.strip(), mark.file, path.strip(), findings)
        if value is not None:
            setting = normalise(setting_of(keys, value, mark), place, findings)
            tree = merged(tree, setting)
            settings.append(setting)
    return tuple(settings)


def applies(setting: MapNode, tree: MapNode, place: Place) -> bool:
    """Whether every id on the way to the value of ``setting`` is in ``tree``."""
    steps: list[str] = []
    node: Node = setting
    while isinstance(node, MapNode) and len(node.entries) == 1:
        (key, entry), *_ = node.entries.items()
        steps.append(key)
        node = entry.node
    return _wrong_step(steps, tree, place) is None


def setting_of(keys: Sequence[str], value: Node, mark: Mark) -> MapNode:
    """A tree that holds nothing but ``value``, below ``keys`` (one or more)."""
    node = value
    for number in range(len(keys) - 1, -1, -1):
        entry = Entry(keys[number], mark, node)
        node = MapNode({keys[number]: entry}, mark, join("", *keys[:number]))
    assert isinstance(node, MapNode)
    return node


def _wrong_step(keys: Sequence[str], tree: MapNode, place: Place) -> str | None:
    """What is wrong with the first step that names neither a field nor an id of the tree; None if none
    is.
    """
    node: Node | None = tree
    for number, key in enumerate(keys):
        here = place.chosen(node) if node is not None else place
        shown = join("", *keys[:number]) or "the scenario"
        ids = list(node.entries) if isinstance(node, MapNode) else []
        field = here.field_of(key)
        if field is None and here.values is None and key not in ids:
            known = [*here.spellings(), *ids]
            if not known:
                return f"{shown} has no keys below it; it is set whole"
            return f"unknown key {key!r} in {shown}{did_you_mean(key, known) or f'; it has {listed(known)}'}"
        if field is None and key not in ids:
            hint = did_you_mean(key, ids) or (f"; it has {listed(ids)}" if ids else "")
            return f"no {key!r} in {shown}{hint}"
        node = node.get(field or key) if isinstance(node, MapNode) else None
        place = place.below(field or key)
    return None
