"""What a sweep asks: of which scenario, moving which factors over which points, looking at which figures.

Model: a factor is a named assumption (``metrics.assumption``) that a sweep moves: one key of the scenario or
several that move together, over a range, a list of values, or, with ``factors``, as a multiple of what the
file states. A design says which points of the space of all factors are run. Each point is run in every
configuration and every seed.

Assumptions and limits: the file is read by the rules of scenario files (``source``) and checked whole; what
it moves is checked by loading every point (``study.sweep_plan``). Where next: ``sweep_file`` reads it.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from mda_sim.core.spec import Id, IdMap, Items, NationId, Spec
from mda_sim.metrics.assumption import AssumptionSpec
from mda_sim.metrics.spec import Endpoint

FORMAT: Final = 1
"""Format of sweep files that this version reads."""
MOST_POINTS: Final = 10_000
"""Largest number of points of a sweep."""

Points = Annotated[int, Field(ge=1, le=MOST_POINTS)]
Levels = Annotated[int, Field(ge=2, le=1000)]
DrawSeed = Annotated[int, Field(ge=0, le=2**31 - 1)]


class FactorSpec(AssumptionSpec):
    """A factor: what a sweep moves, and how far."""

    name: str = ""
    """Name as tables and charts print it; the factor's id if left out."""
    values: Annotated[Items[Any], Field(max_length=1000)] = ()
    """Instead of a range: all values, numbers, words or anything else that ``--set`` takes; with ``factors``
    the multiples. A grid has them as its levels, in this order."""
    scale: Literal["linear", "log"] = "linear"
    """Whether the factor is even between its ends in itself or in its logarithm, and is drawn that way."""
    levels: Levels | None = None
    """Levels of a range in a grid; those of the design if left out. [2, 1000]"""
    source: str = ""
    """Where the range comes from, or why it was chosen; a sweep may ask of any range."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """A range or values or neither (for points that are written out), and a range that is one."""
        if self.values:
            if self.low is not None or self.high is not None or self.levels is not None:
                raise ValueError("give either 'values' or a range ('low', 'high', 'levels')")
            if len(set(map(repr, self.values))) < len(self.values):
                raise ValueError("'values' names a value twice")
            numbers = [
                one for one in self.values if isinstance(one, int | float) and not isinstance(one, bool)
            ]
            if (self.factors or self.scale == "log") and len(numbers) < len(self.values):
                raise ValueError("with 'factors' or 'scale: log' all 'values' are numbers")
            ends = numbers if self.factors or self.scale == "log" else []
        elif self.low is None and self.high is None:
            return self
        elif self.low is None or self.high is None:
            raise ValueError("a range needs both 'low' and 'high'")
        elif not self.low < self.high:
            raise ValueError(f"'low' must be less than 'high', got {self.low:g} and {self.high:g}")
        else:
            ends = [self.low, self.high]
        if self.factors and any(end < 0 for end in ends):
            raise ValueError(f"a factor must not be negative, got {min(ends):g}")
        if self.scale == "log" and any(end <= 0 for end in ends):
            raise ValueError(f"with 'scale: log' all must be positive, got {min(ends):g}")
        return self

    @property
    def is_range(self) -> bool:
        """Whether it is a range from low to high."""
        return self.low is not None


class GridDesign(Spec):
    """Every combination of the levels of all factors."""

    kind: Literal["grid"]
    levels: Levels = 5
    """Levels of a factor that is a range and states no number of its own. [2, 1000]"""


class ListDesign(Spec):
    """The points are written out."""

    kind: Literal["list"]
    points: Annotated[Items[IdMap[Any]], Field(min_length=1, max_length=MOST_POINTS)]
    """What each factor is at each point; one that a point leaves out stays as the scenario has it."""


class RandomDesign(Spec):
    """Independent random points."""

    kind: Literal["random"]
    points: Points
    """Number of points. [1, 10,000]"""
    seed: DrawSeed = 1
    """Seed of the points, which has nothing to do with the seeds of the scenario. [0, 2^31 - 1]"""


class HypercubeDesign(Spec):
    """A Latin hypercube: every factor meets each of as many strata as there are points once."""

    kind: Literal["latin_hypercube"]
    points: Points
    """Number of points. [1, 10,000]"""
    seed: DrawSeed = 1
    """Seed of the points, which has nothing to do with the seeds of the scenario. [0, 2^31 - 1]"""


Design: TypeAlias = Annotated[
    GridDesign | ListDesign | RandomDesign | HypercubeDesign, Field(discriminator="kind")
]


class ThresholdSpec(Spec):
    """Which levels are looked for: where the gain over the baseline comes down to them."""

    levels: Annotated[Items[float], Field(max_length=20)] = (0.0,)
    """Gains, in the unit of the figure (shares from 0 to 1)."""
    fractions: Annotated[Items[Annotated[float, Field(ge=0, le=1)]], Field(max_length=20)] = ()
    """Parts of the gain that there is at the low end, or first value, of the factor. [0, 1]"""


class SweepSpec(Spec):
    """A sweep."""

    format: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    """Format of the file; 1."""
    name: Id | None = None
    """Short name; that of the file if left out."""
    question: str = ""
    """What it is to answer, in a sentence."""
    scenario: str = ""
    """Path of the scenario, from the folder of this file."""
    set: Items[str] = ()
    """Settings over the scenario at all points, as ``--set`` takes them: ``key.path=value``."""
    configurations: Items[Id] | None = None
    """Configurations that are run beside the baseline; all if left out."""
    seeds: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Number of seeds; that of the scenario if left out. [1, 10,000]"""
    factors: Annotated[IdMap[FactorSpec], Field(min_length=1, max_length=100)]
    """What is moved, by id."""
    design: Design
    """Which points are run."""
    responses: Items[Endpoint] = ()
    """Figures to look at; the primary endpoints of the scenario if left out."""
    nations: Items[NationId] = ()
    """Whose figures; of all nations with a picture if left out."""
    thresholds: ThresholdSpec = ThresholdSpec()
    """Which levels of a gain are looked for."""
