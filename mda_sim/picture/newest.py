"""Which of several overlapping stretches of time counts: the best one that is under way.

Model: each target has stretches [from, to), given in order of preference. At any time the first of them that
is under way counts, or none. This is the picture of a node that has to destroy copies: a stretch is the time
for which it holds an observation, the newest is the best, and when that is destroyed the next counts.

Source: elementary; the best of those under way is found by a heap from which those that have ended are
dropped when they come to its top, in O(n log n). Where next: ``awareness`` and ``metrics.gap_split``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US

NONE: Final = -1
"""In place of a stretch: none is under way."""


class Steps(NamedTuple):
    """What counts from when on, in order of target and time; arrays are (n_steps,)."""

    target: NDArray[np.int64]
    """Whose step it is."""
    t_us: NDArray[np.int64]
    """When it begins [us]; it lasts until the next step of the target."""
    row: NDArray[np.int64]
    """The stretch that counts from then on, ``NONE`` if none does; never that of the step before."""


def newest_under_way(
    target: NDArray[np.int64], t_from_us: NDArray[np.int64], t_to_us: NDArray[np.int64]
) -> Steps:
    """The steps of stretches (n,) in order of target, then preference, best first; empty ones never count.

    A stretch to ``NEVER_US`` has no end.

    >>> steps = newest_under_way(np.array([7, 7]), np.array([3, 0]), np.array([5, 9]))
    >>> steps.t_us.tolist(), steps.row.tolist()
    ([0, 3, 5, 9], [1, 0, 1, -1])
    """
    from mda_sim.picture.newest_kernels import fill_steps

    by_start = np.lexsort((t_from_us, target))
    out = np.empty((3, 2 * len(target)), np.int64)
    n = fill_steps(target, t_from_us, t_to_us, by_start, NEVER_US, *out)
    return Steps(*out[:, :n])
