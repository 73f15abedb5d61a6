"""Variants of a scenario: settings over its file, loaded as a user would load them, and their keys.

Model: a variant is the scenario under some texts of ``--set``, checked whole. It knows by key what its world
and sensing, its deliveries and its scores are made from, so what two variants have in common is made once.
Sweeps and sensitivity analyses are lists of variants.

Assumptions and limits: keys are of values, catalogue, sources and versions, as those of a run (``identity``).
Where next: ``variant_jobs`` makes the figures of variants.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mda_sim.core.spec import BY_CONTENT
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.study.identity import model_sources_digest, versions

NOT_SENSED: Final = frozenset(
    {"format", "name", "description", "seed", "sharing", "baseline", "metrics", "picture", "output"}
)
"""Parts of a scenario that neither world nor sensing read."""


@dataclass(frozen=True)
class Source:
    """Where a scenario comes from, as the caller asks for it."""

    path: Path
    sets: tuple[str, ...] = ()
    configurations: tuple[str, ...] | None = None
    seeds: int | None = None
    allow_path: bool = False

    def load(self, *more: str) -> Scenario:
        """The scenario with more settings over those of the caller."""
        return load_scenario(
            self.path,
            sets=(*self.sets, *more),
            configurations=self.configurations,
            seeds=self.seeds,
            allow_path=self.allow_path,
        )


@dataclass(frozen=True)
class Variant:
    """A scenario under one setting."""

    packed: bytes
    """The scenario, pickled and compressed: a plan may hold hundreds."""
    sensing_key: str
    """Of what world and sensing are made from."""
    frame_key: str
    """Of that, and of what is measured."""
    delivery_keys: Mapping[str, str]
    """Of what the deliveries of each configuration are made from."""
    score_keys: Mapping[str, str]
    """Of what the scores of each configuration are made from."""

    def scenario(self) -> Scenario:
        """The scenario itself."""
        return unpacked(self.packed)


class Loader:
    """Loads variants of one source, each once."""

    def __init__(self, source: Source) -> None:
        """Nothing is loaded yet."""
        self._source = source
        self._made: dict[tuple[str, ...], Variant] = {}

    def variant(self, texts: tuple[str, ...]) -> Variant:
        """The variant under texts for ``--set``; ScenarioError if it cannot be run."""
        if texts not in self._made:
            self._made[texts] = variant_of(self._source.load(*texts, "metrics.assumptions=null"))
        return self._made[texts]


def packed(scenario: Scenario) -> bytes:
    """A scenario as compressed bytes."""
    return zlib.compress(pickle.dumps(scenario, pickle.HIGHEST_PROTOCOL), 1)


def unpacked(data: bytes) -> Scenario:
    """The scenario that ``packed`` made bytes of."""
    scenario: Scenario = pickle.loads(zlib.decompress(data))
    return scenario


def variant_of(scenario: Scenario) -> Variant:
    """The variant that a scenario is."""
    spec = scenario.spec.model_dump(mode="json", context=BY_CONTENT)
    arranged = {
        name: sharing.model_dump(mode="json", context=BY_CONTENT)
        for name, sharing in scenario.arrangements.items()
    }
    sensing = _key(_code(), {name: part for name, part in spec.items() if name not in NOT_SENSED})
    metrics = {name: part for name, part in spec["metrics"].items() if name not in ("assumptions", "primary")}
    frame = _key(sensing, metrics, spec["picture"])
    events = arranged if any(one.events for one in scenario.arrangements.values()) else {}
    deliveries = {name: _key(sensing, name, sharing) for name, sharing in arranged.items()}
    scores = {name: _key(key, frame, events, scenario.baseline) for name, key in deliveries.items()}
    return Variant(packed(scenario), sensing, frame, deliveries, scores)


def _code() -> dict[str, Any]:
    """Everything besides the scenario that results depend on."""
    from mda_sim.data.catalogue import content_digest

    return {"data": content_digest(), "sources": model_sources_digest(), "versions": versions()}


def _key(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
