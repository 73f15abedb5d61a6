"""What is drawn for a case: how long it takes, and how it is decided.

Model: every draw has the address (link, category, consent or 0, number), where the number is that of the
case's window, or of its decision unit. So it depends on nothing else that happens. A stream is all draws that
differ in that number alone.

Assumptions and limits: none; values do not depend on which are made together.
Where next: ``build`` says which streams there are, ``answers`` draws from them block by block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.time import to_us
from mda_sim.sharing.desks import Constant, Exponential, Lognormal, draw_us

AnyDuration = Constant | Exponential | Lognormal
Counters = tuple[int, int, int, NDArray[np.int64]]


class Lot(NamedTuple):
    """What the draws for a case depend on besides its number: seed, link, category, and perhaps a consent."""

    seed: int
    link: str
    category: str
    consent: str = ""

    def counters(self, numbers: NDArray[np.int64]) -> Counters:
        """Counters of the draws for these numbers."""
        about = address(self.consent) if self.consent else 0
        return address(self.link), address(self.category), about, numbers


class Stream(NamedTuple):
    """One whole number for each number of a case or decision unit."""

    value: int | None
    """The number, if it is always the same and never drawn."""
    draw: Callable[[NDArray[np.int64]], NDArray[np.int64]]
    """From numbers to what is drawn for them."""
    chance: tuple[float, int, tuple[int, int, int]] | None = None
    """Where it is drawn whether something is so: probability, key, and address but for the number."""


def constant(value: int) -> Stream:
    """Always the same."""
    return Stream(value, lambda numbers: np.full(len(numbers), value, np.int64))


def times(lot: Lot, purpose: str, duration: AnyDuration) -> Stream:
    """Times, as long as ``duration`` says [us]."""
    if isinstance(duration, Constant):
        return constant(to_us(duration.value_s))
    key = stream_key(lot.seed, f"share.{purpose}")

    def draw(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        counters, unused = lot.counters(numbers), np.ones(len(numbers))
        u = draw_uniform(key, *counters) if isinstance(duration, Exponential) else unused
        z = draw_normal(key, *counters) if isinstance(duration, Lognormal) else unused
        return draw_us(duration, u, z)

    return Stream(None, draw)


def chances(lot: Lot, purpose: str, probability: float) -> Stream:
    """1 where something is so, U < probability with U in (0, 1), else 0; what is certain is never drawn."""
    if not 0.0 < probability < 1.0:
        return constant(int(probability >= 1.0))
    key = stream_key(lot.seed, f"share.{purpose}")

    def draw(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return (draw_uniform(key, *lot.counters(numbers)) < probability).astype(np.int64)

    return Stream(None, draw, (probability, key, lot.counters(np.zeros(0, np.int64))[:3]))
