"""A named assumption: which values of the scenario it stands for, and between what they may lie.

Model: an assumption names one key of the scenario, or several that move together, and either a range from
``low`` to ``high`` or a list of ``values``. A range is in the unit in which the key is written
(``...elapsed.median_h``: hours), or, with ``factors``, it multiplies what the file states, so that keys of
different values move together. ``position`` 0 is the low end and 1 the high end; between them the range is
even, or even in its logarithm.

Assumptions and limits: a plain run reads none of this, and no digest holds it. A range says how far its
author would go, not how likely any value in it is. Where next: ``scenario.assumptions`` finds the keys,
``study.sensitivity`` moves them.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, StringConstraints, model_validator

from mda_sim.core.spec import Items, Sourced

Value: TypeAlias = bool | int | float | str
"""What an assumption sets a key to, or multiplies it by."""

KEY_PATTERN: Final = r"^[A-Za-z0-9_*]+(\.[A-Za-z0-9_*]+)*$"

KeyPath = Annotated[str, StringConstraints(pattern=KEY_PATTERN, max_length=300)]
"""A dotted path into the scenario as ``--set`` takes it; ``*`` in a step stands for any part of an id."""


class AssumptionSpec(Sourced):
    """An assumption that a sensitivity analysis moves."""

    name: str = Field(min_length=1)
    """Name as tables and charts print it."""
    key: KeyPath | Annotated[Items[KeyPath], Field(min_length=1)]
    """Key that it moves, as ``--set`` takes it, or a list of keys that move together. A ``*`` in a step
    stands for any part of an id: ``configurations.*.desks.*_release_*.servers``."""
    low: float | None = None
    """Low end of the range, in the unit of the key, or as a factor."""
    high: float | None = None
    """High end of the range, in the unit of the key, or as a factor."""
    values: Annotated[Items[Value], Field(max_length=20)] = ()
    """Instead of a range: all values, words too; the first of them is the low end."""
    factors: bool = False
    """Whether the range multiplies what the file states, instead of taking its place."""
    scale: Literal["linear", "log"] = "linear"
    """Whether values between the ends are spread evenly, or their logarithms are."""
    source: str = Field(min_length=1)
    """Where the range comes from, or why it was chosen."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """A range or values, and a range that is one."""
        if self.values:
            if self.low is not None or self.high is not None or self.factors or self.scale != "linear":
                raise ValueError("give either 'values' or a range ('low' and 'high', 'factors', 'scale')")
            if len(self.values) < 2 or len(set(map(repr, self.values))) < len(self.values):
                raise ValueError("'values' needs two different values or more, each once")
            return self
        if self.low is None or self.high is None:
            raise ValueError("missing 'low' and 'high' (or 'values'): between what does it lie?")
        if not self.low < self.high:
            raise ValueError(f"'low' must be less than 'high', got {self.low:g} and {self.high:g}")
        if self.low < 0 and self.factors:
            raise ValueError(f"a factor must not be negative, got {self.low:g}")
        if self.low <= 0 and self.scale == "log":
            raise ValueError(f"a range with 'scale: log' must be positive, got {self.low:g}")
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that move together, as written."""
        return (self.key,) if isinstance(self.key, str) else self.key

    def at(self, position: float) -> Value:
        """The value, or factor, at a position from 0 (low) to 1 (high); the ends are met exactly.

        Of n values the one numbered floor(n position) from 0, the last at position 1.
        """
        if self.values:
            return self.values[min(int(position * len(self.values)), len(self.values) - 1)]
        assert self.low is not None, "a range has a low end"
        assert self.high is not None, "a range has a high end"
        if position in (0.0, 1.0):
            return self.high if position else self.low
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** position)
        return self.low + position * (self.high - self.low)
