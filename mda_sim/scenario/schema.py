"""The scenario as a whole: the specs of all layers below, composed.

Model: ``ScenarioSpec`` is what a run reads once everything is resolved; ``ScenarioFile`` adds the two
keys that a file may hold besides, ``extends`` and ``configurations``. Each part is defined, with its
bounds and sources, beside the model that reads it.

Assumptions and limits: ``format`` 1 is the only one. A configuration is an override of ``sharing`` alone:
its keys are those of ``SharingSpec``.

Where next: ``load.py`` resolves files into these; ``pipeline`` runs them.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from mda_sim.core.spec import Id, IdMap, Items, NationMap, NonNegative, Positive, Spec, UtcTime
from mda_sim.geo.regions import Area
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.picture.spec import PictureSpec
from mda_sim.sensing.sensors import SensorSpec
from mda_sim.sharing.network import NationSpec, SharingSpec
from mda_sim.world.platforms import PlatformSpec
from mda_sim.world.world import WorldSpec

FORMAT: Final = 1
"""The scenario format that this program reads."""


SeedNumber = Annotated[int, Field(ge=0, lt=2**31)]


class SeedSpec(Spec):
    """Which realisations of world and sensing are run; all configurations share them."""

    first: SeedNumber = 1
    """The first seed. 0 to 2,147,483,647"""
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How many seeds, counted up from the first. 1 to 10,000"""


class OutputSpec(Spec):
    """What a run keeps besides scores and summary."""

    maps: bool = True
    """Whether maps, charts and the page ``report.html`` are made."""
    logs: bool | Items[SeedNumber] = True
    """Whether vessels, reports, contacts, hops and outcomes are kept: of all seeds, of none, or of those
    listed."""
    products: bool = False
    """Whether what each contact says (place, error, length, identity) is written beside what is true."""

    def keeps_logs(self, seed: int) -> bool:
        """Whether the logs of a seed are kept."""
        return self.logs if isinstance(self.logs, bool) else seed in self.logs


class ScenarioSpec(Spec):
    """One resolved scenario: a world, who watches it, and how they share."""

    format: Literal[1]
    """Format of the scenario file."""
    name: Id
    """Short name; also the name of the output folder."""
    description: str = ""
    """What the scenario asks, for people."""
    start: UtcTime
    """Beginning of the warm-up [UTC]."""
    warmup_s: NonNegative = 0.0
    """Time before scoring starts [s]."""
    duration_s: Positive
    """Scored time [s]."""
    drain_s: NonNegative = 0.0
    """Time after scoring in which sharing runs on, so that latency is not cut off [s]."""
    seed: SeedSpec = SeedSpec()
    """Which realisations are run."""
    area: Area
    """The scored area; sensors and traffic may lie outside it."""
    nations: NationMap[NationSpec]
    """All parties: nations, providers and organisations."""
    world: WorldSpec
    """Traffic and probes."""
    platforms: IdMap[PlatformSpec] = Field(default_factory=dict)
    """Aircraft, drones and ships that carry sensors, whoever may use them."""
    sensors: IdMap[SensorSpec]
    """What can be sensed, whoever may use it."""
    sharing: SharingSpec
    """Who shares what with whom, before any configuration overrides it."""
    baseline: Id
    """The configuration that all others are compared with."""
    picture: PictureSpec = PictureSpec()
    """How nodes know whose contact is whose."""
    metrics: MetricsSpec = MetricsSpec()
    """What is measured of each nation's picture."""
    output: OutputSpec = OutputSpec()
    """What is kept."""


class ScenarioFile(ScenarioSpec):
    """The keys of a scenario file; it need not be complete where it extends another."""

    extends: str = ""
    """Path of a file that this one builds on, relative to this file."""
    configurations: IdMap[SharingSpec]
    """Named overrides of ``sharing``, each written with only the keys that it changes."""
