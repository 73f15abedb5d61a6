"""Cross-checks of what the section ``metrics`` names: configurations, nations and nodes that are not there.

Model: as ``crosschecks.py``, on the marked tree. Where next: ``crosschecks.check_references`` asks them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.tree import ListNode, MapNode, Mark, ScalarNode, quoted


def check_metric_names(tree: MapNode, findings: Findings) -> None:
    """Programmes, the ladders and ``nodes`` name configurations, nations and nodes that exist, once each.

    A host or nation of interest must have a picture of its own, since its custody is told.
    """
    configurations = tree.section("configurations").entries
    parties = tree.section("nations").entries
    scored = [name for name, entry in parties.items() if _has_picture(entry.node)]
    nodes = dict(tree.section("sharing", "nodes").entries)
    for entry in configurations.values():
        if isinstance(entry.node, MapNode):
            nodes |= entry.node.section("nodes").entries
    for name, entry in tree.section("metrics", "programmes").entries.items():
        _check(findings, entry.mark, entry.node.path, "configuration", name, configurations)
        if isinstance(entry.node, ScalarNode) and isinstance(entry.node.value, str):
            _check(
                findings, entry.node.mark, entry.node.path, "nation with a picture", entry.node.value, scored
            )
    for key, kind, known in (
        ("programme_focus", "nation with a picture", scored),
        ("ladder", "configuration", list(configurations)),
        ("counterfactuals", "configuration", list(configurations)),
        ("nodes", "node", list(nodes)),
    ):
        seen: set[str] = set()
        for item, name in _texts(tree, key):
            _check(findings, item.mark, item.path, kind, name, known)
            if name in seen:
                findings.error(item.mark, item.path, f"{quoted(name)} stands twice; name it once")
            seen.add(name)


def _check(findings: Findings, mark: Mark, path: str, kind: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name in names:
        return
    hint = did_you_mean(name, names) or (f"; expected one of {listed(names)}" if names else "; there is none")
    findings.error(mark, path, f"unknown {kind} {quoted(name)}{hint}")


def _texts(tree: MapNode, key: str) -> Iterator[tuple[ScalarNode, str]]:
    """The texts of a list in the section, each with its place; anything else is the type check's business."""
    found = tree.get("metrics", key)
    for item in found.items if isinstance(found, ListNode) else ():
        if isinstance(item, ScalarNode) and isinstance(item.value, str):
            yield item, item.value


def _has_picture(node: object) -> bool:
    return isinstance(node, MapNode) and node.get("picture_node") is not None
