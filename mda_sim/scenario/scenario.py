"""A loaded scenario: frozen, checked, every value with its origin.

Model: the spec is the scenario with ``sharing`` as the file states it; each arrangement is that sharing
with one configuration put on it, whole. The digest is SHA-256 over canonical JSON of both, so neither the
order of keys nor the units in which a file spells its quantities change it. Named assumptions are left out:
no run reads them.

Assumptions and limits: equal digests mean equal values, not equal origins: the catalogue enters a digest
by the values that it filled in, and a file by the SHA-256 of its content, wherever it lies.

Where next: ``pipeline`` and ``study`` run it; ``report`` names it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import BaseModel

from mda_sim.core.errors import Problem
from mda_sim.core.spec import BY_CONTENT
from mda_sim.core.time import Timeline, to_us
from mda_sim.scenario.schema import ScenarioSpec
from mda_sim.scenario.tree import join
from mda_sim.scenario.writer import yaml_text
from mda_sim.sharing.network import SharingSpec

_NOT_RUN: Final = {"metrics": {"assumptions": True}}
"""What no run reads: how far a sensitivity analysis would move what others read."""

_HEAD: Final = "# Resolved scenario: every value, in SI units. Running it gives the same digests.\n"


@dataclass(frozen=True, order=True)
class Origin:
    """Where a value comes from: a file with line and column, or ``--set ...``, ``catalogue:<id>``,
    ``default``.
    """

    file: str
    """The file as it was named, or the words above."""
    line: int = 0
    """Line of the key, from 1; 0 where there is no file."""
    column: int = 0
    """Column of the key, from 1; 0 where there is no file."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Scenario:
    """One scenario, ready to run."""

    spec: ScenarioSpec
    """The resolved spec; its ``sharing`` is that of no configuration."""
    arrangements: Mapping[str, SharingSpec]
    """The resolved ``sharing`` of each configuration, by its id, sorted."""
    origin: Mapping[str, Origin]
    """Where each value comes from, by its dotted path in SI names (``sensors.radar_1.max_range_m``)."""
    warnings: tuple[Problem, ...] = ()
    """What looks wrong but can be run, in file order."""
    notes: tuple[Problem, ...] = ()
    """What must be known of it and is no mistake: what became of each recording."""

    def __repr__(self) -> str:
        n_sensors = len(self.spec.sensors)
        return (
            f"<Scenario {self.name}: {n_sensors} sensors, {', '.join(self.arrangements)}; "
            f"seeds {self.seeds[0]} to {self.seeds[-1]}>"
        )

    @property
    def name(self) -> str:
        """Short name of the scenario."""
        return self.spec.name

    @property
    def baseline(self) -> str:
        """The configuration that all others are compared with; always among ``arrangements``."""
        return self.spec.baseline

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds to run, ascending."""
        first = self.spec.seed.first
        return tuple(range(first, first + self.spec.seed.count))

    def with_seeds(self, count: int) -> Scenario:
        """The same with ``count`` >= 1 seeds, counted up from the same first."""
        seed = self.spec.seed.model_copy(update={"count": count})
        return replace(self, spec=self.spec.model_copy(update={"seed": seed}))

    @property
    def timeline(self) -> Timeline:
        """Warm-up, scored time and drain in whole microseconds."""
        return timeline_of(self.spec)

    def digest(self) -> str:
        """SHA-256 (hex) of the resolved values."""
        tree = {
            "spec": self.spec.model_dump(mode="json", context=BY_CONTENT, exclude=_NOT_RUN),
            "arrangements": {
                name: sharing.model_dump(mode="json", context=BY_CONTENT)
                for name, sharing in self.arrangements.items()
            },
        }
        text = json.dumps(tree, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_yaml(self) -> str:
        """The scenario as one file with every value written out; loading it gives the same digest."""
        tree = _dumped(self.spec)
        arrangements = _dumped_all(self.arrangements)
        tree["configurations"] = {
            name: _override(tree["sharing"], arrangements[name]) for name in arrangements
        }
        return _HEAD + yaml_text(tree)


def timeline_of(spec: ScenarioSpec) -> Timeline:
    """Warm-up, scored time and drain of ``spec`` in whole microseconds."""
    return Timeline(spec.start, to_us(spec.warmup_s), to_us(spec.duration_s), to_us(spec.drain_s))


def leaves(data: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Dotted paths of all values of plain data; a list is one value.

    >>> list(leaves({"a": {"b": 1, "c": [2, 3]}}))
    ['a.b', 'a.c']
    """
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from leaves(value, join(path, key))
        else:
            yield join(path, key)


def _dumped(spec: BaseModel) -> dict[str, Any]:
    return spec.model_dump(mode="json")


def _dumped_all(specs: Mapping[str, SharingSpec]) -> dict[str, dict[str, Any]]:
    return {name: _dumped(spec) for name, spec in specs.items()}


def _override(base: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest mapping that, merged over ``base`` by the rules of ``merge.py``, gives ``wanted``."""
    changes: dict[str, Any] = dict.fromkeys(key for key in base if key not in wanted)
    for key, value in wanted.items():
        if key in base and base[key] == value:
            continue
        below = base.get(key)
        if (
            isinstance(value, Mapping)
            and isinstance(below, Mapping)
            and value.get("kind") == below.get("kind")
        ):
            changes[key] = _override(below, value)
        else:
            changes[key] = value
    return changes
