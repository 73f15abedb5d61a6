"""Look names up in the marked tree: note what one part of a scenario names and no other part has.

Where next: ``crosschecks`` and ``platform_checks`` ask with these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.tree import Entry, MapNode, Node, ScalarNode, quoted

NOT_CATALOGUED: Final = "the catalogue has no"
"""How the message begins where the catalogue, and not the scenario, would have the name."""


def must_be_known(
    node: Node, key: str, kind: str, known: Iterable[str], findings: Findings, found: str = "unknown"
) -> None:
    """Note an error unless the text under ``key`` (if any) is one of ``known``."""
    entry = node.entries.get(key) if isinstance(node, MapNode) else None
    name = text(node, key)
    if entry is not None and name and name not in known:
        unknown(entry, kind, name, known, findings, found)


def unknown(
    entry: Entry, kind: str, name: str, known: Iterable[str], findings: Findings, found: str = "unknown"
) -> None:
    """Note an error about a name that is none of ``known``, with the nearest of them."""
    names = list(known)
    hint = did_you_mean(name, names) or (f"; expected one of {listed(names)}" if names else "; there is none")
    findings.error(entry.mark, entry.node.path, f"{found} {kind} {quoted(name)}{hint}")


def text(node: Node, key: str) -> str:
    """The text under a key; empty if there is none."""
    value = node.get(key) if isinstance(node, MapNode) else None
    return value.value if isinstance(value, ScalarNode) and isinstance(value.value, str) else ""


def is_true(node: Node, key: str) -> bool:
    """Whether the value under a key is true."""
    value = node.get(key) if isinstance(node, MapNode) else None
    return isinstance(value, ScalarNode) and value.value is True


def mappings(section: MapNode) -> Iterator[MapNode]:
    """The mappings that stand in a mapping."""
    for entry in section.entries.values():
        if isinstance(entry.node, MapNode):
            yield entry.node
