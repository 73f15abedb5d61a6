"""Turn what the type check found into messages that name the place in the file, what was found and
expected.

Model: each error of pydantic carries a path through the validated data. It is walked down the marked
tree, past the tags of union members, which are no keys; the mark reached there is the problem's place.
Problems of a value lie at its key; a missing key lies at its parent. Bounds are quoted in the unit as
written.

Source: the error types listed in the pydantic documentation, "Validation Errors".
Where next: ``load.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from mda_sim.core.spec import ID_PATTERN, NATION_PATTERN, SHA256_PATTERN
from mda_sim.core.units import CONVERSIONS, SI_SUFFIXES, from_si, spellings
from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.places import Place
from mda_sim.scenario.slips import advice
from mda_sim.scenario.tree import MapNode, Node, ScalarNode, Spot, find, quoted

_EXPECTED: Final[Mapping[str, str]] = {
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "string_type": "a text",
    "datetime_type": "a date and time with zone, such as 2026-03-02T00:00:00Z",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than": (">", "gt"),
    "greater_than_equal": (">=", "ge"),
    "less_than": ("<", "lt"),
    "less_than_equal": ("<=", "le"),
}
_PATTERNS: Final[Mapping[str, str]] = {
    ID_PATTERN: "an id (a lower-case letter, then up to 40 lower-case letters, digits or underscores)",
    NATION_PATTERN: "three capital letters, such as PHL",
    SHA256_PATTERN: "a SHA-256 (64 digits 0-9a-f)",
}


def report(error: ValidationError, tree: MapNode, place: Place, findings: Findings) -> None:
    """Note every problem of ``error``, which came of validating ``tree`` as what belongs at ``place``."""
    for detail in error.errors(include_url=False):
        _report_one(detail, tree, place, findings)


def _report_one(detail: Any, tree: MapNode, place: Place, findings: Findings) -> None:
    steps: tuple[str | int, ...] = tuple(detail["loc"])
    kind: str = detail["type"]
    spot = find(tree, steps)
    if kind == "missing":
        if not findings.is_excused(spot.path):
            findings.error(spot.mark, spot.path, _missing(str(steps[-1])))
    elif kind == "extra_forbidden":
        parent = find(tree, steps[:-1])
        here = _place_at(tree, place, steps[:-1]).chosen(parent.node)
        findings.error(spot.mark, spot.path, _unknown_key(_written(parent.node, str(steps[-1])), here))
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        _report_kind(kind, spot, _place_at(tree, place, steps), findings)
    else:
        is_key = steps[-1:] == ("[key]",)
        help_ = "" if is_key else advice(kind, spot.node, spot.path)
        findings.error(spot.mark, spot.path, _value(kind, detail, spot.node, is_key) + help_)


def value_problem(detail: Any, node: Node) -> str:
    """What a detail of a ``ValidationError`` says about the value of a node."""
    return _value(detail["type"], detail, node, is_key=False)


def _place_at(tree: MapNode, place: Place, steps: tuple[str | int, ...]) -> Place:
    """What the specs expect where ``steps`` lead, walked beside the tree as ``find`` does."""
    node: Node = tree
    for step in steps:
        below = find(node, (step,)).node
        if below is not node:
            place = place.chosen(node).below(step)
            node = below
    return place


def _written(node: Node, key: str) -> str:
    entry = node.entries.get(key) if isinstance(node, MapNode) else None
    return entry.written if entry else key


def _missing(key: str) -> str:
    others = ", ".join(repr(spelling) for spelling in spellings(key)[1:])
    return f"missing key {key!r}" + (f" (or {others})" if others else "")


def _unknown_key(key: str, place: Place) -> str:
    known = place.spellings()
    stem, _, suffix = key.rpartition("_")
    same_stem = [name for name in known if stem and name.rpartition("_")[0] == stem]
    if same_stem and suffix in (*CONVERSIONS, *SI_SUFFIXES):
        return f"unknown key {key!r}: wrong unit; expected one of {listed(same_stem)}"
    return (
        f"unknown key {quoted(key)}{did_you_mean(key, known) or f'; expected one of {listed(place.fields)}'}"
    )


def _report_kind(error_kind: str, spot: Spot, place: Place, findings: Findings) -> None:
    if not isinstance(spot.node, MapNode):
        findings.error(spot.mark, spot.path, f"expected a mapping, got {spot.node.shown()}")
        return
    choices = place.kinds()
    entry = spot.node.entries.get("kind")
    if entry is None:
        findings.error(spot.mark, spot.path, f"missing key 'kind'; expected one of {listed(choices)}")
        return
    hint = did_you_mean(_typed(entry.node), choices)
    message = f"unknown kind {entry.node.shown()}; expected one of {listed(choices)}{hint}"
    findings.error(entry.mark, spot.path, message)


def _typed(node: Node) -> str:
    """The text of a scalar as typed; empty for a list or mapping."""
    return node.text if isinstance(node, ScalarNode) else ""


def _value(kind: str, detail: Any, node: Node, is_key: bool) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _BOUNDS:
        sign, name = _BOUNDS[kind]
        return f"expected a number {sign} {_bound(context[name], node)}, got {node.shown()}"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        hint = did_you_mean(_typed(node), choices)
        return f"expected {_one_of(choices, context['expected'])}, got {node.shown()}{hint}"
    if kind == "string_pattern_mismatch":
        expected = _PATTERNS.get(context["pattern"], f"a text that matches {context['pattern']}")
        return f"expected {expected}, got {quoted(detail['input']) if is_key else node.shown()}"
    if kind in ("too_short", "too_long"):
        most = kind == "too_long"
        bound = f"at most {context['max_length']}" if most else f"at least {context['min_length']}"
        return f"expected {bound} items, got {context['actual_length']}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, got {node.shown()}"
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}, got {node.shown()}"


def _one_of(choices: list[str], otherwise: str) -> str:
    return f"one of {listed(choices)}" if len(choices) > 1 else otherwise


def _bound(bound: Any, node: Node) -> str:
    unit = node.unit if isinstance(node, ScalarNode) else ""
    return f"{from_si(bound, unit):g} {unit}" if unit else f"{bound:g}"
