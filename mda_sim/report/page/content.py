"""What the page of a run is made from.

Where next: ``study.paging`` fills it, ``assembly`` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.report.gallery import Sources
from mda_sim.report.scene import Scene

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spells:
    """What a nation holds under one configuration, as spells of frames; arrays are (n,)."""

    vessel: Ints
    """Place among ``Moves.vessels``."""
    first: Ints
    """First frame in which it is held so."""
    end: Ints
    """First frame in which it no longer is."""
    lat_deg: Floats
    lon_deg: Floats
    age_s: Floats
    """Age of the observation in the first of these frames."""


@dataclass(frozen=True, eq=False)
class Moves:
    """Some vessels of one seed at the instants of frames, and what nations hold of them."""

    seed: int
    n_present: int
    """How many vessels are there to choose from."""
    step_s: float
    """Time between two frames."""
    clocks: tuple[str, ...]
    """What each frame says of its time."""
    vessels: tuple[tuple[str, str, str], ...]
    """Name, class and flag of each vessel."""
    lat_deg: Floats
    """Where they are, (n_frames, n_vessels); NaN where absent."""
    lon_deg: Floats
    held: Mapping[str, Mapping[str, Spells]]
    """By configuration and nation."""


@dataclass(frozen=True, eq=False)
class StudyContent:
    """A study of value or sensitivity of the same scenario."""

    content: Mapping[str, Any]
    """As ``value.json`` or ``sensitivity.json`` holds it."""
    file: str
    """Name of that file."""
    sha256: str
    """Of its bytes, in hex."""


@dataclass(frozen=True, eq=False)
class PageContent:
    """All of it."""

    scenario: Scenario
    summary: Mapping[str, Any]
    """As ``summary.json`` holds it."""
    scene: Scene
    sources: Sources
    """Tables of the run."""
    age_s: float
    """The age of coverage that the map shows."""
    moves: Moves | None = None
    """None where the run keeps no logs of its first seed."""
    values: tuple[StudyContent, ...] = ()
    """Studies of what players are worth."""
    sensitivities: tuple[StudyContent, ...] = ()
    """Studies of what assumptions do to the answer."""

    @property
    def zones(self) -> dict[str, str]:
        """Names of zones by id."""
        return {id_: zone.name for id_, zone in self.scenario.spec.metrics.zones.items()}
