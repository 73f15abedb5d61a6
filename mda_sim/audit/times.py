"""Times by chance: constant, -mean ln U, or median exp(sigma Z) with sigma = ln(p95 / median) / 1.6448536.

Where next: ``draws`` asks about cases and requests, ``events`` about events.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.moments import Tree
from mda_sim.core.rng import draw_normal, draw_uniform, stream_key
from mda_sim.core.time import US_PER_S, to_us

P95_IN_SIGMAS = 1.6448536


def is_drawn(spec: Tree) -> bool:
    """Whether a time depends on chance."""
    return bool(spec["kind"] != "constant")


def drawn_us(spec: Tree, seed: int | None, purpose: str, counter: tuple[Any, ...]) -> NDArray[np.int64]:
    """The time drawn at each address, rounded once [us]; one that is drawn needs the seed."""
    if not is_drawn(spec):
        return np.full(len(counter[0]), to_us(spec["value_s"]))
    assert seed is not None
    key = stream_key(seed, purpose)
    if spec["kind"] == "exponential":
        time_s = -spec["mean_s"] * np.log(draw_uniform(key, *counter))
    else:
        sigma = math.log(spec["p95_s"] / spec["median_s"]) / P95_IN_SIGMAS
        time_s = spec["median_s"] * np.exp(sigma * draw_normal(key, *counter))
    drawn: NDArray[np.int64] = np.rint(time_s * US_PER_S).astype(np.int64)
    return drawn
