"""How quantities of vessels are drawn: addressed uniforms, and spans that they are mapped to.

Model: a draw about a vessel is one uniform at (address of its stream, its index in the stream) under a key of
its own (seed, purpose), so no draw depends on another, nor on what else is in the fleet.

Where next: ``traffic``, ``ais_use`` and every kind of traffic draw through here.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.spec import Positive, Spec


class Span(Spec):
    """A quantity that is uniform between two values, in the unit of the field that holds it."""

    low: Positive
    """Smallest value. > 0"""
    high: Positive
    """Largest value, at least ``low``. > 0"""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low must be at most high, got {self.low:g} and {self.high:g}")
        return self

    def at(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at shares in [0, 1] of the way from low to high, shape of the input."""
        return np.asarray(self.low + share * (self.high - self.low), np.float64)


def uniform(
    seed: int, what: str, stream: str, index: NDArray[np.int64], step: int = 0, attempt: int = 0
) -> NDArray[np.float64]:
    """Uniforms in (0, 1) about vessels of a stream, (n,), one for each ``what``, step and attempt."""
    key = stream_key(seed, f"world.{what}")
    return draw_uniform(key, np.uint32(address(stream)), index, np.uint32(attempt), np.uint32(step))
