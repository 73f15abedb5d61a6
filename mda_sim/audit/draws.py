"""Decisions by chance, drawn again from their addresses.

Model: one uniform U for each decision, at the address (link, category, what is decided about, window) under
the key of (seed, purpose); it is so if U < probability. Without the seed what was booked is taken, where
both answers are possible. A time is drawn likewise: constant, -mean ln U, or median exp(sigma Z) with
sigma = ln(p95 / median) / 1.6448536; without the seed only a constant is known.

Source: the addresses are fixed in docs/rules-of-sharing.md. Where next: ``clocks`` and ``rulings`` ask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.rules import Tree
from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.time import US_PER_S, to_us

P95_IN_SIGMAS = 1.6448536


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
            np.array([address(id_) for id_ in file.links], np.int64)[link],
            np.array([address(id_) for id_ in file.categories], np.int64)[category],
            np.array([*(address(id_) for id_ in file.rules.consent_ids), 0], np.int64)[consent],
            window,
        )

    def take(self, rows: Ints) -> Places:
        """The places of some rows."""
        return Places(self.seed, self.link[rows], self.category[rows], self.about[rows], self.window[rows])

    def counter(self) -> tuple[Ints, Ints, Ints, Ints]:
        """The address of each draw."""
        return self.link, self.category, self.about, self.window


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
    if spec["kind"] == "constant":
        return np.full(len(places.window), to_us(spec["value_s"]))
    if places.seed is None:
        return None
    key = stream_key(places.seed, purpose)
    if spec["kind"] == "exponential":
        time_s = -spec["mean_s"] * np.log(draw_uniform(key, *places.counter()))
    else:
        sigma = math.log(spec["p95_s"] / spec["median_s"]) / P95_IN_SIGMAS
        time_s = spec["median_s"] * np.exp(sigma * draw_normal(key, *places.counter()))
    drawn: Ints = np.rint(time_s * US_PER_S).astype(np.int64)
    return drawn
