"""Files that a scenario names: where they lie, whether they may be read, and the digest of their content.

Model: wherever the specs expect a ``DataFile``, the tree holds a path, or a mapping of ``path`` and
``sha256``. In each file of an ``extends`` chain relative paths become absolute (``rooted``), so that each
counts from the folder of the file that states it; a ``--set`` counts from the scenario's. Once all is merged,
each file that is left is opened and its digest filled in (``FileReader``), so that a file that is overridden
need not be there.

A file must be an ordinary one and lie, links followed, under the scenario's folder, unless outside paths are
allowed **or its SHA-256 is stated**: whoever can state the digest of a file learns nothing from its being
read. So the resolved ``scenario.yaml`` of a run, which states absolute paths with digests, runs again as it
is, and is refused where a file has been changed since.

Assumptions and limits: files are digested whole on each loading (about 1 s per GB), and have at most 32 GB.

Where next: ``merge.py`` roots the paths, ``load.py`` reads the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mda_sim.core.spec import SHA256_PATTERN, DataFile, content_sha256
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.places import Place
from mda_sim.scenario.tree import Entry, ListNode, MapNode, Mark, Node, ScalarNode, quoted

MAX_BYTES: Final = 32 * 1024**3
_NO_FOLDER: Final = (
    "a text that lies in no folder names a file by its absolute path and its content, 'path' and 'sha256'"
)


@dataclass(frozen=True)
class Reach:
    """Where files of a scenario may lie."""

    folder: Path | None
    """The scenario's folder, resolved; None for a scenario that is no file."""
    allow_path: bool = False
    """Whether files outside the folder may be read."""

    def holds(self, resolved: Path) -> bool:
        """Whether a file at that place may be read whatever it holds."""
        return self.allow_path or (self.folder is not None and resolved.is_relative_to(self.folder))


def rooted(tree: MapNode, place: Place, folder: Path) -> MapNode:
    """``tree``, which belongs at ``place``, with each relative path of a file counted from ``folder``."""

    def absolute(node: Node) -> Node:
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value:
            return ScalarNode(str(folder / node.value), node.mark, node.path, node.text)
        return node

    def change(node: Node, _: Mark) -> Node:
        entry = node.entries.get("path") if isinstance(node, MapNode) else None
        if isinstance(node, MapNode) and entry is not None:
            path = Entry(entry.written, entry.mark, absolute(entry.node))
            return node.with_entries({**node.entries, "path": path})
        return absolute(node)

    return _with_files(tree, place, change)


class FileReader:
    """Fills in the digests of files; what cannot be read or may not be is noted and left as it is."""

    def __init__(self, reach: Reach, findings: Findings) -> None:
        self._reach = reach
        self._findings = findings
        self._digests: dict[Path, str] = {}

    def read(self, tree: MapNode, place: Place) -> MapNode:
        """``tree``, which belongs at ``place``, with path and digest of each file written out."""
        return _with_files(tree, place, self._one)

    def _one(self, node: Node, mark: Mark) -> Node:
        named = node.get("path") if isinstance(node, MapNode) else node
        if named is None or (isinstance(named, ScalarNode) and named.value is None):
            return node  # nothing is named: the type check says what is missing
        stated = node.get("sha256") if isinstance(node, MapNode) else None
        digest = stated.value if isinstance(stated, ScalarNode) else None
        pin = digest if isinstance(digest, str) and re.fullmatch(SHA256_PATTERN, digest) else ""
        found = self._found(named, pin)
        if isinstance(found, str):
            self._findings.error(mark, node.path, found)
            return node
        assert isinstance(named, ScalarNode)
        path = ScalarNode(str(found), named.mark, named.path, named.text)
        known = self._digests[found]
        filled = {"path": Entry("path", mark, path)}
        if stated is None:
            filled["sha256"] = Entry("sha256", mark, ScalarNode(known, named.mark, named.path, known))
        if isinstance(node, MapNode):
            return node.with_entries({**node.entries, **filled})
        return MapNode(filled, node.mark, node.path)

    def _found(self, named: Node, pin: str) -> Path | str:
        """The place of the file, whose digest is known then; else what is wrong with it."""
        if not isinstance(named, ScalarNode) or not isinstance(named.value, str) or not named.value:
            return f"expected the path of a file, got {named.shown()}"
        if not named.value.isprintable():
            return "a path holds printable characters only"
        if self._reach.folder is None and not (pin and Path(named.value).is_absolute()):
            return _NO_FOLDER
        try:
            resolved = Path(named.value).resolve()
        except (OSError, RuntimeError):  # RuntimeError: links that lead in a circle
            return f"cannot follow the path {named.shown()}"
        may_read = self._reach.holds(resolved)
        if not may_read and not pin:
            return (
                f"{named.shown()} lies outside the scenario's folder; --allow-path permits that, and so does "
                "stating its 'sha256'"
            )
        wrong = self._wrong(resolved, named, pin)
        if wrong and not may_read:  # says no more of a file outside than that it is another
            return f"no file that can be read at {named.shown()} has the SHA-256 that is stated"
        return wrong or resolved

    def _wrong(self, resolved: Path, named: ScalarNode, pin: str) -> str:
        """What is wrong with the file at a place; nothing if its digest is known and the one stated."""
        shown = quoted(named.text)
        try:
            if not resolved.is_file():
                return _no_file(resolved, shown)
            if resolved.stat().st_size > MAX_BYTES:
                return f"{shown} is larger than {MAX_BYTES // 1024**3} GB"
            if resolved not in self._digests:
                self._digests[resolved] = content_sha256(resolved)
        except OSError as error:
            return f"cannot read {shown}: {error.strerror or type(error).__name__}"
        if pin and pin != self._digests[resolved]:
            return f"{shown} holds other content than 'sha256' states: it was changed, or is another file"
        return ""


def _no_file(path: Path, shown: str) -> str:
    if path.is_dir():
        return f"{shown} is a folder; expected a file"
    return f"{shown} is no ordinary file" if path.exists() else f"no such file: {shown}"


def _with_files(tree: MapNode, place: Place, change: Callable[[Node, Mark], Node]) -> MapNode:
    """``tree`` with what stands at each place of a file changed; the mark is where its problems belong."""
    changed = _changed(tree, place, tree.mark, change)
    assert isinstance(changed, MapNode)
    return changed


def _changed(node: Node, place: Place, mark: Mark, change: Callable[[Node, Mark], Node]) -> Node:
    if DataFile in place.specs:
        return change(node, mark)
    if isinstance(node, MapNode):
        here = place.chosen(node)
        entries = {
            key: Entry(entry.written, entry.mark, _changed(entry.node, here.below(key), entry.mark, change))
            for key, entry in node.entries.items()
        }
        return node.with_entries(entries)
    if isinstance(node, ListNode):
        items = [_changed(item, place.below(k), item.mark, change) for k, item in enumerate(node.items)]
        return ListNode(tuple(items), node.mark, node.path)
    return node
