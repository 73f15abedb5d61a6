"""Checks of named assumptions: that their keys lead to values, and that these may be what it says.

Model: each key is looked up in the resolved scenario, and the type check of its section is run with each end
of the range, or each value, in place. A value of the file that lies outside the range is a warning.

Assumptions and limits: what one part of a scenario names in another is not asked again for every end; a
sensitivity analysis loads every setting whole before it runs any. A key with ``*`` that could lead to a value
but leads to none here is left out, and so are keys of configurations that were left out
(``--configurations``): a file that extends another need not take its assumptions back.

Where next: ``load.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from mda_sim.core.spec import FrozenMap
from mda_sim.core.units import spellings
from mda_sim.metrics.assumption import AssumptionSpec, Value
from mda_sim.scenario.assumptions import (
    CONFIGURATIONS,
    SECTIONS,
    Assumption,
    MovedKey,
    find_keys,
    is_number,
    moved_keys,
    resolved_tree,
)
from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.places import Place, place_of
from mda_sim.scenario.scenario import Scenario
from mda_sim.scenario.schema import ScenarioFile, ScenarioSpec
from mda_sim.scenario.tree import MapNode, ScalarNode, Spot, find, quoted
from mda_sim.scenario.wording import value_problem
from mda_sim.sharing.network import SharingSpec

MOST: Final = 100
"""Largest number of assumptions of a scenario."""

_PLACE: Final = ("metrics", "assumptions")


def check_assumptions(scenario: Scenario, tree: MapNode, findings: Findings) -> None:
    """Note what is wrong with the assumptions of a scenario that has no other errors.

    ``tree`` is the marked tree in which they are written.
    """
    specs = scenario.spec.metrics.assumptions
    if len(specs) > MOST:
        spot = find(tree, _PLACE)
        findings.error(spot.mark, spot.path, f"{len(specs)} assumptions; expected at most {MOST}")
    if not specs or len(specs) > MOST:
        return
    resolved = resolved_tree(scenario)
    owners: dict[tuple[str, ...], str] = {}
    for name, spec in specs.items():
        found = Assumption(name, spec, moved_keys(spec, resolved))
        if not _has_keys(found, resolved, tree, findings):
            continue
        for key in found.keys:
            other = owners.setdefault(key.steps, name)
            if other != name:
                _refuse(tree, findings, name, "key", f"{key.path} is moved by {quoted(other)} too")
        if _fits(found, tree, findings):
            _check_ends(found, resolved, tree, findings)
            _check_stated(found, tree, findings)


def applicable(
    scenario: ScenarioSpec, arrangements: Mapping[str, SharingSpec], *, is_part: bool
) -> ScenarioSpec:
    """The spec without keys of assumptions that stand for nothing here, and without assumptions left with
    none.

    ``is_part``: whether configurations were left out.
    """
    if not scenario.metrics.assumptions:
        return scenario
    tree = resolved_tree(Scenario(scenario, arrangements, {}))

    def stays(key: str) -> bool:
        may_miss = _is_possible(key) if "*" in key else is_part and key.startswith(f"{CONFIGURATIONS}.")
        return not may_miss or any(True for _ in find_keys(key, tree))

    kept: dict[str, AssumptionSpec] = {}
    for name, spec in scenario.metrics.assumptions.items():
        keys = tuple(key for key in spec.keys if stays(key))
        if keys:
            kept[name] = spec if keys == spec.keys else spec.model_copy(update={"key": keys})
    metrics = scenario.metrics.model_copy(update={"assumptions": FrozenMap(kept)})
    return scenario.model_copy(update={"metrics": metrics})


def _is_possible(written: str) -> bool:
    """Whether a key could lead to a value in some scenario."""

    def may_be(place: Place, steps: list[str]) -> bool:
        if not steps:
            return not place.specs and place.values is None
        first, rest = steps[0], steps[1:]
        if "*" in first:
            fields = [below for name, below in place.fields.items() if fnmatchcase(name, first)]
            return any(may_be(below, rest) for below in (*fields, *([place.values] if place.values else [])))
        field = place.field_of(first)
        if field is not None and may_be(place.fields[field], rest):
            return True
        return place.values is not None and may_be(place.values, rest)

    return may_be(place_of(ScenarioFile), written.split("."))


def _has_keys(assumption: Assumption, resolved: Mapping[str, Any], tree: MapNode, findings: Findings) -> bool:
    """Whether each of its keys leads to a value."""
    fine = True
    for written in assumption.spec.keys:
        wrong = _wrong_key(written, resolved)
        if wrong:
            _refuse(tree, findings, assumption.id, "key", wrong)
            fine = False
    return fine


def _wrong_key(written: str, resolved: Mapping[str, Any]) -> str:
    """What is wrong with a key; empty if it leads to a value."""
    steps = written.split(".")
    if steps[0] not in SECTIONS:
        hint = did_you_mean(steps[0], SECTIONS) or f"; expected one of {listed(SECTIONS)}"
        return f"an assumption cannot lie in {quoted(steps[0])}{hint}"
    if any(True for _ in find_keys(written, resolved)):
        return ""
    if "*" in written:
        return f"{quoted(written)} can stand for no value of a scenario"
    node: Any = resolved
    for number, step in enumerate(steps):
        here = ".".join(steps[:number]) or "the scenario"
        if not isinstance(node, Mapping):
            return f"{here} has no keys below it" + ("; it is not stated" if node is None else "")
        known = {spelling: name for name in node for spelling in spellings(name)} | {n: n for n in node}
        if step not in known:
            hint = did_you_mean(step, known) or (f"; it has {listed(node)}" if node else "; it is empty")
            return f"no {quoted(step)} in {here}{hint}"
        node = node[known[step]]
    return f"{written} holds several keys; name one value"


def _fits(assumption: Assumption, tree: MapNode, findings: Findings) -> bool:
    """Whether a range, or a factor, can be laid on what its keys hold."""
    name, spec = assumption.id, assumption.spec
    first = assumption.keys[0]
    for key in assumption.keys:
        if spec.factors and not is_number(key.stated):
            wrong = f"{key.path} holds no number that a factor could multiply"
        elif not spec.factors and key.unit_words() != first.unit_words():
            wrong = (
                f"keys in different units: {first.path} and {key.path}; write them alike, or use 'factors'"
            )
        elif not spec.values and isinstance(key.stated, bool | str):
            wrong = f"{key.path} holds no number: list what it may be under 'values'"
        elif isinstance(key.stated, list):
            wrong = f"{key.path} holds a list, which no assumption can move"
        else:
            continue
        _refuse(tree, findings, name, "key", wrong)
        return False
    return True


def _check_ends(
    assumption: Assumption, resolved: Mapping[str, Any], tree: MapNode, findings: Findings
) -> None:
    """The sections with each end, or each value, in place must pass their type check."""
    for number, (name, value) in enumerate(assumption.ends().items()):
        spot = _spot(tree, assumption.id, *(("values", number) if assumption.spec.values else (name,)))
        for wrong in _wrong_value(assumption, value, resolved, spot):
            findings.error(spot.mark, spot.path, wrong)
            break


def _wrong_value(
    assumption: Assumption, value: Value, resolved: Mapping[str, Any], spot: Spot
) -> Iterator[str]:
    by_section: dict[tuple[str, ...], list[MovedKey]] = {}
    for key in assumption.keys:
        by_section.setdefault(key.steps[: 2 if key.steps[0] == CONFIGURATIONS else 1], []).append(key)
    for section, keys in by_section.items():
        data = resolved
        for key in keys:
            data = _with(data, key.steps, assumption.set_to(key, value))
        for step in section:
            data = data[step]
        try:
            _adapter(section[0]).validate_python(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                key = _nearest(keys, detail["loc"], section)
                text = f"{value:g}" if is_number(value) else str(value)
                node = ScalarNode(value, spot.mark, spot.path, text, key.unit)
                yield f"{key.path}: {value_problem(detail, node)}"


def _nearest(keys: list[MovedKey], place: tuple[int | str, ...], section: tuple[str, ...]) -> MovedKey:
    """The moved key at the place of a problem, or the nearest to it."""
    steps = (*section, *(str(step) for step in place))

    def shared(key: MovedKey) -> int:
        return sum(step in steps for step in key.steps)

    return max(keys, key=shared)


def _check_stated(assumption: Assumption, tree: MapNode, findings: Findings) -> None:
    """Warn where the file's own value lies outside the range, or is none of the values."""
    spec = assumption.spec
    if spec.values:
        inside = all(
            any(assumption.set_to(key, one) == key.stated for one in spec.values) for key in assumption.keys
        )
    else:
        assert spec.low is not None, "a range has a low end"
        assert spec.high is not None, "a range has a high end"
        stated = [1.0] if spec.factors else [key.given(key.stated) for key in assumption.keys]
        inside = all(is_number(value) and spec.low <= value <= spec.high for value in stated)
    if not inside:
        ends = ", ".join(map(assumption.words, spec.values)) or (
            f"{assumption.words(spec.at(0.0))} to {assumption.words(spec.at(1.0))}"
        )
        message = f"the file's own value ({assumption.stated_words()}) lies outside {ends}"
        spot = _spot(tree, assumption.id)
        findings.warn(spot.mark, spot.path, message)


def _refuse(tree: MapNode, findings: Findings, name: str, key: str, message: str) -> None:
    spot = _spot(tree, name, key)
    findings.error(spot.mark, spot.path, message)


def _spot(tree: MapNode, name: str, *steps: str | int) -> Spot:
    return find(tree, (*_PLACE, name, *steps))


def _with(data: Mapping[str, Any], steps: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Plain data with one value replaced; what is not on the way is shared."""
    first, *rest = steps
    return {**data, first: _with(data[first], tuple(rest), value) if rest else value}


@cache
def _adapter(section: str) -> TypeAdapter[Any]:
    """The type check of one section of a scenario, or of one configuration."""
    if section == CONFIGURATIONS:
        return TypeAdapter(SharingSpec)
    field = ScenarioSpec.model_fields[section]
    return TypeAdapter(field.rebuild_annotation())
