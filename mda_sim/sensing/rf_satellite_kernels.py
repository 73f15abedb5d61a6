"""Looks of satellites that locate emitters, compiled; the model is in ``rf_satellite``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.sensing.footprint import CHUNK, Views
from mda_sim.sensing.looks import Held
from mda_sim.sensing.views_kernels import find_views, leg_from
from mda_sim.sensing.windows import Legs, Whole

HOUR_US = 3_600_000_000
"""Time for which a vessel emits or does not. [us]"""


@kernel
def look_emitters(
    views: Views,
    legs: Legs,
    first_leg: NDArray[np.uint32],
    n_legs: NDArray[np.uint32],
    is_emitter: NDArray[np.bool_],
    addresses: NDArray[np.uint32],
    indices: NDArray[np.uint32],
    first: int,
    stop: int,
    p: tuple[float, float],
    keys: tuple[np.uint64, np.uint64],
    sensor: np.uint64,
    intervals: NDArray[np.int64],
    out: Held,
) -> int:
    """Look at the targets ``first`` .. ``stop - 1`` in every work; return the number of rows of ``out``.

    ``p`` and ``keys`` are the probabilities and Philox keys of emitting and of being located; ``intervals``
    the number of each work's report.
    """
    n_held = 0
    t_from_us, t_to_us = legs.t_from_us, legs.t_to_us
    order, begins_us, ends_us = views.order, views.t_from_us, views.t_to_us
    seen = np.empty((CHUNK, 3), np.int64)
    for start in range(0, order.shape[0], CHUNK):
        stop_work = min(start + CHUNK, order.shape[0])
        for target in range(first, stop):
            if not is_emitter[target]:
                continue
            leg: Whole = np.int64(first_leg[target])
            end = leg + np.int64(n_legs[target])
            address, index = np.uint64(addresses[target]), np.uint64(indices[target])
            for i in range(find_views(views, start, stop_work, legs, leg, end, seen)):
                work, from_us, to_us = seen[i, 0], seen[i, 1], seen[i, 2]
                t_us = (from_us + to_us) // 2
                # Works are in order of their beginnings, views of different satellites are not.
                leg = leg_from(t_from_us, leg, end, begins_us[work])
                at = leg_from(t_from_us, leg, end, t_us)
                if t_us < t_from_us[at] or t_us > t_to_us[at]:
                    continue
                w0, w1, _, _ = philox(address, index, np.uint64(0), np.uint64(t_us // HOUR_US), keys[0])
                if uniform(w0, w1) >= p[0]:
                    continue
                w0, w1, _, _ = philox(address, index, sensor, np.uint64(intervals[order[work]]), keys[1])
                if uniform(w0, w1) < p[1]:
                    out[n_held]["interval"] = order[work]
                    out[n_held]["target"] = target
                    out[n_held]["dt_us"] = ends_us[work] - t_us
                    out[n_held]["cell"] = 0
                    n_held += 1
    return n_held
