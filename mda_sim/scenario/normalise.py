"""Bring every key of a marked tree to its SI spelling, guided by the specs.

Model: where a mapping of a spec has a key such as ``range_km`` and the spec has the field ``range_m`` (in
any of its kinds), the key is renamed and its number converted, or all numbers of its list or mapping. Ids
are never touched: they are keys of mappings that belong to no spec. This happens before files are merged,
so that ``range_nmi`` in one file overrides ``range_km`` in another.

Assumptions and limits: two spellings of one quantity in one mapping are an error, and so is a unit inside a
unit (``median_min`` inside ``delay_h``), since either reading would be a guess.

Source: conversion factors in ``core/units.py``. Where next: ``merge.py``.
"""

from __future__ import annotations

from mda_sim.core.units import CONVERSIONS, split_unit, to_si
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.places import Place
from mda_sim.scenario.tree import Entry, ListNode, MapNode, Mark, Node, ScalarNode


def normalise(node: MapNode, place: Place, findings: Findings) -> MapNode:
    """The same tree with SI keys and values; what cannot be converted is left for the type check."""
    entries: dict[str, Entry] = {}
    for key, entry in node.entries.items():
        field = place.field_of(key) or key
        if field in entries:
            _two_spellings(entries[field], entry, findings)
            continue
        below = _below(entry.node, place.below(field), findings)
        if field != key and (parts := split_unit(key)):
            below = _converted(below, parts[1], entry, findings)
        entries[field] = Entry(key, entry.mark, below)
    return node.with_entries(entries)


def _below(node: Node, place: Place, findings: Findings) -> Node:
    if isinstance(node, MapNode):
        return normalise(node, place, findings)
    if isinstance(node, ListNode):
        items = tuple(_below(item, place.below(index), findings) for index, item in enumerate(node.items))
        return ListNode(items, node.mark, node.path)
    return node


def _two_spellings(first: Entry, second: Entry, findings: Findings) -> None:
    where = f" in line {first.mark.line}" if first.mark.line else ""
    findings.error(
        second.mark,
        second.node.path,
        f"two spellings of one quantity: {second.written!r} here and {first.written!r}{where}; keep one",
    )


def _converted(node: Node, unit: str, entry: Entry, findings: Findings) -> Node:
    if isinstance(node, ScalarNode):
        return _converted_number(node, unit, entry.mark, findings)
    if isinstance(node, ListNode):
        items = tuple(_converted(item, unit, entry, findings) for item in node.items)
        return ListNode(items, node.mark, node.path)
    entries: dict[str, Entry] = {}
    for key, inner in node.entries.items():
        if _has_unit(inner.written):
            message = f"a unit inside a unit: {inner.written!r} inside {entry.written!r}; keep one of them"
            findings.error(inner.mark, inner.node.path, message)
        entries[key] = Entry(inner.written, inner.mark, _converted(inner.node, unit, inner, findings))
    return node.with_entries(entries)


def _has_unit(key: str) -> bool:
    return split_unit(key) is not None or key.rpartition("_")[2] in {si for si, _ in CONVERSIONS.values()}


def _converted_number(node: ScalarNode, unit: str, place: Mark, findings: Findings) -> ScalarNode:
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        return node
    try:
        value = to_si(node.value, unit)
    except OverflowError:
        findings.error(place, node.path, f"the number {node.text} is too large")
        value = 0
    return ScalarNode(value, node.mark, node.path, node.text, unit)
