"""Decisions by chance, drawn again from their addresses.

Model: one uniform U for each decision, at the address (link, category, what is decided about, window or
decision unit) under the key of (seed, purpose); it is so if U < probability. Without the seed what was booked
is taken, where both answers are possible; a time is then known only if it is constant.

The decision unit of the case whose window begins at t is its window, or floor(t / length of the unit).

Source: the addresses are fixed in the docstring of ``mda_sim.sharing.exchange``. Where next: ``clocks`` and
``rulings`` ask.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.moments import Tree
from mda_sim.audit.times import drawn_us, is_drawn
from mda_sim.core.rng import draw_uniform, stream_key
from mda_sim.core.time import US_PER_DAY, to_us


@dataclass(frozen=True)
class Places:
    """Where the draws about some cases or requests have their addresses."""

    seed: int | None
    link: Ints
    category: Ints
    about: Ints
    """Address of the consent that they are about; 0 for none."""
    window: Ints

    @classmethod
    def of(cls, file: CaseFile, link: Ints, category: Ints, window: Ints, consent: Ints) -> Places:
        """Addresses of these links, categories, windows and consents (-1 for none)."""
        return cls(
            file.seed,
            file.link_address[link],
            file.category_address[category],
            file.consent_address[consent],
            window,
        )

    def take(self, rows: Ints) -> Places:
        """The places of some rows."""
        return Places(self.seed, self.link[rows], self.category[rows], self.about[rows], self.window[rows])

    def by_unit(self, unit: Ints) -> Places:
        """The places of decisions about these units instead of windows."""
        return replace(self, window=unit)

    def counter(self) -> tuple[Ints, Ints, Ints, Ints]:
        """The address of each draw."""
        return self.link, self.category, self.about, self.window


def units(unit: Tree, window: Ints, window_us: Ints) -> Ints:
    """Number of the decision unit of each window of length ``window_us``."""
    if unit["kind"] == "case":
        return window
    lasts_us = US_PER_DAY if unit["kind"] == "category_day" else to_us(unit["lasts_s"])
    return window * window_us // lasts_us


def are_so(places: Places, probability: np.ndarray, purpose: str, booked: Bools) -> Bools:
    """Which decisions fall positively; ``booked`` is what the books say."""
    is_open = (probability > 0) & (probability < 1)
    answers: Bools = np.where(is_open, booked, probability == 1.0)
    rows = np.flatnonzero(is_open)
    if places.seed is not None and len(rows):
        u = draw_uniform(stream_key(places.seed, purpose), *places.take(rows).counter())
        answers[rows] = u < probability[rows]
    return answers


def times_us(places: Places, spec: Tree, purpose: str) -> Ints | None:
    """The drawn time of each case; None where it cannot be known without the seed [us]."""
    if is_drawn(spec) and places.seed is None:
        return None
    return drawn_us(spec, places.seed, purpose, places.counter())
