"""Looks of satellites that locate emitters, compiled; the model is in ``rf_satellite``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.sensing.footprint import Views
from mda_sim.sensing.lanes_kernels import LANES, board, find_views, no_lanes
from mda_sim.sensing.looks import Held
from mda_sim.sensing.views_kernels import leg_of
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
    n_held, target = 0, first
    t_from_us, t_to_us = legs.t_from_us, legs.t_to_us
    targets, seen = np.empty(LANES, np.int64), np.empty((LANES, 3), np.int64)
    while target < stop:
        lanes, n_lanes = no_lanes(), 0
        while target < stop and n_lanes < LANES:
            if is_emitter[target]:
                leg: Whole = np.int64(first_leg[target])
                board(lanes, n_lanes, legs, leg, leg + np.int64(n_legs[target]))
                targets[n_lanes] = target
                n_lanes += 1
            target += 1
        for work in range(views.order.shape[0]):
            order = views.order[work]
            for i in range(find_views(views, work, legs, lanes, seen)):
                lane, own, t_us = seen[i, 0], targets[seen[i, 0]], (seen[i, 1] + seen[i, 2]) // 2
                leg = leg_of(t_from_us, lanes.first[lane], lanes.end[lane], lanes.leg[lane], t_us)
                if t_us < t_from_us[leg] or t_us > t_to_us[leg]:
                    continue
                address, index = np.uint64(addresses[own]), np.uint64(indices[own])
                w0, w1, _, _ = philox(address, index, np.uint64(0), np.uint64(t_us // HOUR_US), keys[0])
                if uniform(w0, w1) >= p[0]:
                    continue
                w0, w1, _, _ = philox(address, index, sensor, np.uint64(intervals[order]), keys[1])
                if uniform(w0, w1) < p[1]:
                    out[n_held]["interval"] = order
                    out[n_held]["target"] = own
                    out[n_held]["dt_us"] = views.t_to_us[work] - t_us
                    out[n_held]["cell"] = 0
                    n_held += 1
    return n_held
