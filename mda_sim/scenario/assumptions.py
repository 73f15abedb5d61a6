"""Named assumptions of a loaded scenario: the keys that each moves, what the file states there, and settings.

Model: keys are looked up in the resolved scenario, in which every default and every value of the catalogue is
written out; below ``configurations`` it holds each configuration whole, with all that it inherits. So
``configurations.*.desks.*.servers`` finds the desks that any configuration has, its own and inherited ones. A
setting is a list of texts as ``--set`` takes them, in SI, so that anybody can run the same.

Assumptions and limits: a key whose value is a whole number is only ever set to whole numbers. A factor on a
key below ``sharing`` also multiplies what a configuration states there itself. Where next:
``assumption_checks`` notes what is wrong with a file, ``study.sensitivity`` runs the settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple, TypeGuard

from mda_sim.core.units import SI_SUFFIXES, from_si, si_key, split_unit, to_si
from mda_sim.metrics.assumption import AssumptionSpec, Value
from mda_sim.scenario.scenario import Scenario
from mda_sim.scenario.writer import yaml_text

CONFIGURATIONS: Final = "configurations"
SECTIONS: Final = ("nations", "world", "platforms", "sensors", "sharing", CONFIGURATIONS, "metrics")
"""Parts of a scenario in which an assumption may lie."""

_UNIT_WORDS: Final = {"m2": "m²", "mps": "m/s", "db": "dB", "dbi": "dBi", "deg": "°", "w": "W", "hz": "Hz"}


class MovedKey(NamedTuple):
    """One key that an assumption moves."""

    steps: tuple[str, ...]
    """Steps of the path, in SI spelling."""
    unit: str
    """Unit that the path is written in, where it is convertible (``h``); empty if it is in SI or has none."""
    stated: Any
    """What the resolved scenario states there, in SI; None if it states nothing."""

    @property
    def path(self) -> str:
        """The dotted path in SI spelling."""
        return ".".join(self.steps)

    def unit_words(self) -> str:
        """The unit of the value as people read it; empty if it has none."""
        suffix = self.unit or next(
            (end for step in reversed(self.steps) if (end := step.rpartition("_")[2]) in SI_SUFFIXES), ""
        )
        return _UNIT_WORDS.get(suffix, suffix)

    def given(self, stated: Any) -> Any:
        """A value in SI as the path spells it."""
        return from_si(float(stated), self.unit) if self.unit and is_number(stated) else stated


@dataclass(frozen=True)
class Assumption:
    """A named assumption with the keys that it moves."""

    id: str
    spec: AssumptionSpec
    keys: tuple[MovedKey, ...]

    def ends(self) -> dict[str, Value]:
        """What it is set to one at a time, by name of the setting: ``low`` and ``high``, or each value."""
        if not self.spec.values:
            return {"low": self.spec.at(0.0), "high": self.spec.at(1.0)}
        return {f"value_{number}": value for number, value in enumerate(self.spec.values, 1)}

    def settings(self, value: Value) -> tuple[str, ...]:
        """The texts for ``--set`` that put ``value``, or the factor, in all its keys."""
        return tuple(f"{key.path}={_yaml(self.set_to(key, value))}" for key in self.keys)

    def set_to(self, key: MovedKey, value: Value) -> Any:
        """What one key is set to, in SI."""
        if self.spec.factors:
            assert is_number(value), "a factor is a number"
            new: Any = key.stated * value
        else:
            new = to_si(value, key.unit) if key.unit and is_number(value) else value
        is_whole = isinstance(key.stated, int) and not isinstance(key.stated, bool)
        if is_whole and isinstance(new, float) and (self.spec.factors or new.is_integer()):
            return round(new)
        return new

    def between(self, position: float) -> Value:
        """As ``AssumptionSpec.at``; whole where the key holds a whole number."""
        value = self.spec.at(position)
        whole = all(isinstance(key.stated, int) and not isinstance(key.stated, bool) for key in self.keys)
        is_set = not self.spec.values and not self.spec.factors
        return float(round(value)) if is_set and whole and isinstance(value, float) else value

    def is_stated(self, value: Value) -> bool:
        """Whether every key already has what this value would set."""
        return all(self.set_to(key, value) == key.stated for key in self.keys)

    def words(self, value: Value) -> str:
        """A value with its unit, or a factor, as people read it."""
        if self.spec.factors:
            return f"× {value:g}"
        return _in_words(value, self.keys[0].unit_words())

    def stated_words(self) -> str:
        """What the file states, as people read it: one value, or the span of several."""
        if self.spec.factors:
            return "× 1"
        unit = self.keys[0].unit_words()
        stated = [key.given(key.stated) for key in self.keys]
        if len(set(map(repr, stated))) == 1:
            return _in_words(stated[0], unit)
        if all(map(is_number, stated)):
            return f"{_in_words(min(stated), '')} to {_in_words(max(stated), unit)}"
        return "various"


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def assumptions_of(scenario: Scenario) -> dict[str, Assumption]:
    """The named assumptions of a checked scenario, by id."""
    tree = resolved_tree(scenario)
    return {
        name: Assumption(name, spec, moved_keys(spec, tree))
        for name, spec in scenario.spec.metrics.assumptions.items()
    }


def resolved_tree(scenario: Scenario) -> dict[str, Any]:
    """The sections in which assumptions may lie as plain data in SI, each configuration whole."""
    tree = scenario.spec.model_dump(mode="json", include=set(SECTIONS))
    tree["metrics"].pop("assumptions")
    tree[CONFIGURATIONS] = {
        name: sharing.model_dump(mode="json") for name, sharing in scenario.arrangements.items()
    }
    return tree


def moved_keys(spec: AssumptionSpec, tree: Mapping[str, Any]) -> tuple[MovedKey, ...]:
    """The values that its keys find in a resolved tree, each once, in order."""
    found = [key for written in spec.keys for key in find_keys(written, tree)]
    if spec.factors:
        found += [own for key in found for own in _own_of_configurations(key, tree)]
    return tuple({key.steps: key for key in found}.values())


def find_keys(written: str, tree: Mapping[str, Any]) -> Iterator[MovedKey]:
    """Every single value or list that a written key, with or without ``*``, leads to.

    Nothing stated (null) counts only where the key has no ``*``.
    """
    steps = tuple(written.split("."))
    for key in _below(tree, steps, (), ""):
        if not isinstance(key.stated, Mapping) and (key.stated is not None or "*" not in written):
            yield key


def _below(node: Any, steps: tuple[str, ...], done: tuple[str, ...], unit: str) -> Iterator[MovedKey]:
    if not steps:
        yield MovedKey(done, unit, node)
        return
    if not isinstance(node, Mapping):
        return
    first, rest = steps[0], steps[1:]
    if "*" in first:
        for name in node:
            if fnmatchcase(name, first):
                yield from _below(node[name], rest, (*done, name), unit)
    elif first in node:
        yield from _below(node[first], rest, (*done, first), unit)
    elif (converted := si_key(first)) and converted[0] in node:
        parts = split_unit(first)
        assert parts is not None, "a key that can be converted has a unit"
        yield from _below(node[converted[0]], rest, (*done, converted[0]), parts[1])


def _own_of_configurations(key: MovedKey, tree: Mapping[str, Any]) -> Iterator[MovedKey]:
    """The same key in configurations that state another value of their own."""
    if key.steps[0] != "sharing":
        return
    for name, sharing in tree[CONFIGURATIONS].items():
        for own in _below(sharing, key.steps[1:], (CONFIGURATIONS, name), key.unit):
            if own.stated is not None and own.stated != key.stated:
                yield own


def _yaml(value: Any) -> str:
    return yaml_text({"v": value}).removeprefix("v: ").rstrip("\n")


def _in_words(value: Any, unit: str) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not is_number(value):
        return str(value)
    return f"{value:.6g}{unit if unit == '°' else f' {unit}' if unit else ''}"
