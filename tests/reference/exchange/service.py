"""What is drawn for a case: how long it takes, and how it is decided.

Model: every draw has the address (link, category, consent or 0, number), where the number is that of the
case's window, or of its decision unit. So it depends on nothing else that happens. Draws of neighbouring
numbers are made together, and kept for a while, once two of them are asked for in a row.

Assumptions and limits: none; values do not depend on which are made together.
Where next: ``lanes`` says which draws a lane has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.time import to_us
from mda_sim.sharing.desks import Constant, Exponential, Lognormal, draw_us

AnyDuration = Constant | Exponential | Lognormal
Counters = tuple[int, int, int, NDArray[np.int64]]

BLOCK: Final = 256
"""Numbers whose draws are made together."""
BLOCKS_KEPT: Final = 8
"""Blocks that are kept: cases of one lane come nearly in the order of their windows."""

T = TypeVar("T")


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


class _Draws(Generic[T]):
    """One value for each number."""

    def __init__(self, draw: Callable[[NDArray[np.int64]], list[T]]) -> None:
        """Draw nothing yet."""
        self._draw = draw
        self._prepared: dict[int, T] = {}
        self._blocks: dict[int, list[T]] = {}
        self._last_missed = -1
        """Block of the last number whose value was drawn alone."""

    def prepare(self, numbers: Sequence[int]) -> None:
        """Draw the values of these numbers at once, each to be asked for once."""
        self._prepared.update(zip(numbers, self._draw(np.array(numbers, np.int64)), strict=True))

    def of(self, number: int) -> T:
        """The value of this number."""
        if number in self._prepared:
            return self._prepared.pop(number)
        first = number - number % BLOCK
        if first not in self._blocks:
            if first != self._last_missed:  # perhaps the only one of its block
                self._last_missed = first
                return self._draw(np.array([number]))[0]
            if len(self._blocks) == BLOCKS_KEPT:
                del self._blocks[min(self._blocks)]
            self._blocks[first] = self._draw(np.arange(first, first + BLOCK))
        return self._blocks[first][number - first]


def _times_us(
    lot: Lot, purpose: str, duration: AnyDuration
) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
    """A function from numbers to the times drawn for them [us]."""
    key = stream_key(lot.seed, f"share.{purpose}")

    def times(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        counters, unused = lot.counters(numbers), np.ones(len(numbers))
        u = draw_uniform(key, *counters) if isinstance(duration, Exponential) else unused
        z = draw_normal(key, *counters) if isinstance(duration, Lognormal) else unused
        return draw_us(duration, u, z)

    return times


class ServiceTimes:
    """Touch time and the delay after it of each case of one link and category, by its window's number."""

    def __init__(self, lot: Lot, touch: AnyDuration, delay: AnyDuration, purpose: str = "elapsed") -> None:
        """Draw nothing yet; ``purpose`` names the delay."""
        self._always: tuple[int, int] | None = None
        if isinstance(touch, Constant) and isinstance(delay, Constant):
            self._always = to_us(touch.value_s), to_us(delay.value_s)
        self._touch_us, self._delay_us = _times_us(lot, "touch", touch), _times_us(lot, purpose, delay)
        self._draws = _Draws[tuple[int, int]](
            lambda numbers: list(zip(*(times.tolist() for times in self.all_of(numbers)), strict=True))
        )

    def prepare(self, windows: Sequence[int]) -> None:
        """Draw the times of these windows at once."""
        if self._always is None:
            self._draws.prepare(windows)

    def of(self, window: int) -> tuple[int, int]:
        """Touch time and delay of the case of this window [us]."""
        return self._draws.of(window) if self._always is None else self._always

    def all_of(self, windows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Touch times and delays of the cases of these windows [us]."""
        if self._always is not None:
            touch_us, delay_us = self._always
            return np.full(len(windows), touch_us), np.full(len(windows), delay_us)
        return self._touch_us(windows), self._delay_us(windows)


class Delay:
    """A delay of each case of one link and category, by its window's number."""

    def __init__(self, lot: Lot, duration: AnyDuration, purpose: str) -> None:
        """Draw nothing yet."""
        self._always = to_us(duration.value_s) if isinstance(duration, Constant) else None
        self._times_us = _times_us(lot, purpose, duration)
        self._draws = _Draws[int](lambda numbers: self._times_us(numbers).tolist())

    def of(self, window: int) -> int:
        """The delay of the case of this window [us]."""
        return self._draws.of(window) if self._always is None else self._always

    def all_of(self, windows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The delays of the cases of these windows [us]."""
        return self._times_us(windows) if self._always is None else np.full(len(windows), self._always)


class Chance:
    """Whether something is so for each case of one link and category, drawn by a number."""

    def __init__(self, lot: Lot, probability: float, purpose: str) -> None:
        """Draw nothing yet; what is certain is never drawn."""
        self.is_certain = probability >= 1.0
        self._is_impossible = probability <= 0.0
        key = stream_key(lot.seed, f"share.{purpose}")

        def draw(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
            is_so: NDArray[np.bool_] = draw_uniform(key, *lot.counters(numbers)) < probability
            return is_so

        self._draw = draw
        self._draws = _Draws[bool](lambda numbers: draw(numbers).tolist())

    def of(self, number: int) -> bool:
        """Whether it is so for this number: U < probability, with U in (0, 1)."""
        if self.is_certain or self._is_impossible:
            return self.is_certain
        return self._draws.of(number)

    def all_of(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether it is so for each of these numbers."""
        if self.is_certain or self._is_impossible:
            return np.full(len(numbers), self.is_certain)
        return self._draw(numbers)
