"""Decisions by chance, drawn again from their addresses.

Model: one uniform U for each decision, at the address (link, category, what is decided about, window) under
the key of (seed, purpose); it is so if U < probability. Without the seed what was booked is taken, where
both answers are possible. A time is drawn likewise: constant, -mean ln U, or median exp(sigma Z) with
sigma = ln(p95 / median) / 1.6448536; without the seed only a constant is known.

Source: the addresses are fixed in docs/rules-of-sharing.md. Where next: ``clocks`` and ``rulings`` ask.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.rules import Times, Tree
from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.time import US_PER_S, to_us

P95_IN_SIGMAS = 1.6448536


class Place(NamedTuple):
    """Where the draws about some cases have their address."""

    seed: int | None
    link: str
    category: str
    about: str
    """Consent that they are about; empty for none."""
    windows: Times

    def counter(self) -> tuple[int, int, int, Times]:
        """The address of each draw."""
        about = address(self.about) if self.about else 0
        return address(self.link), address(self.category), about, self.windows


def are_so(place: Place, probability: float, purpose: str, booked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which decisions fall positively; ``booked`` is what the books say."""
    if probability in (0.0, 1.0):
        return np.full(len(booked), probability == 1.0)
    if place.seed is None:
        return booked
    return draw_uniform(stream_key(place.seed, purpose), *place.counter()) < probability


def time_us(place: Place, spec: Tree, purpose: str) -> int | None:
    """The drawn time of the one case at ``place``; None where it cannot be known without the seed [us]."""
    if spec["kind"] == "constant":
        return to_us(spec["value_s"])
    if place.seed is None:
        return None
    key = stream_key(place.seed, purpose)
    if spec["kind"] == "exponential":
        time_s = -spec["mean_s"] * np.log(draw_uniform(key, *place.counter()))
    else:
        sigma = math.log(spec["p95_s"] / spec["median_s"]) / P95_IN_SIGMAS
        time_s = spec["median_s"] * np.exp(sigma * draw_normal(key, *place.counter()))
    return int(np.rint(time_s[0] * US_PER_S))
