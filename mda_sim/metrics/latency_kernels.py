"""Quantiles of times that may be censored, by the product-limit estimate, and stages of routes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel

BY_GROUP = -2
"""In place of a hop; see ``picture.receipts``."""

ROUNDING = 1e-12
"""By how much the product of a survivor function may be off."""


@kernel
def fill_survivor_quantiles(
    time: NDArray[np.float64],
    weight: NDArray[np.float64],
    happened: NDArray[np.bool_],
    rows: NDArray[np.int64],
    shares: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the least time at which the product-limit survivor function of some rows is at most 1 - p, for
    each of the ``shares`` p; NaN if it never is. ``time`` rises, and so do ``rows``.
    """
    out[:] = np.nan
    at_risk = 0.0
    for row in rows:
        at_risk += weight[row]
    survivors, i = 1.0, 0
    while i < rows.size:
        t, leaving, events = time[rows[i]], 0.0, 0.0
        while i < rows.size and time[rows[i]] == t:
            leaving += weight[rows[i]]
            if happened[rows[i]]:
                events += weight[rows[i]]
            i += 1
        if at_risk > 0:
            survivors *= 1.0 - events / at_risk
        at_risk -= leaving
        if events > 0:
            for j in range(shares.size):
                if np.isnan(out[j]) and survivors <= 1.0 - shares[j] + ROUNDING:
                    out[j] = t


@kernel
def fill_stages(
    last: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    t_ready_us: NDArray[np.int64],
    source: NDArray[np.int32],
    t_released_us: NDArray[np.int64],
    t_consented_us: NDArray[np.int64],
    begins_us: tuple[NDArray[np.int64], ...],
    ends_us: tuple[NDArray[np.int64], ...],
    spent_us: NDArray[np.int64],
) -> None:
    """Write the time in each of ``latency.STAGE_NAMES`` (rows of ``spent_us``) of parts whose route ends with
    the hop ``last``, or that came by a group.

    The first times are by part, the others columns of `hops`; ``begins_us`` and ``ends_us`` bound
    ``latency.HOP_STAGES``.
    """
    forming_from_us, waiting_from_us, review_from_us, elapsed_from_us, line_from_us, sent_from_us = begins_us
    forming_to_us, waiting_to_us, review_to_us, elapsed_to_us, line_to_us, sent_to_us = ends_us
    for i in range(last.size):
        spent_us[0, i] = t_ready_us[i] - t_observed_us[i]
        for stage in range(1, spent_us.shape[0]):
            spent_us[stage, i] = 0
        hop = last[i]
        if hop == BY_GROUP:
            continue
        asked = t_consented_us[hop] - t_released_us[hop]
        asked_later = np.int64(0)
        while source[hop] >= 0:
            hop = np.int64(source[hop])
            asked_later = asked
            asked += t_consented_us[hop] - t_released_us[hop]
        spent_us[1, i] = forming_from_us[hop] - t_ready_us[i]
        spent_us[2, i] = forming_to_us[hop] - forming_from_us[hop]
        spent_us[3, i] = waiting_to_us[hop] - waiting_from_us[hop]
        spent_us[4, i] = review_to_us[hop] - review_from_us[hop]
        spent_us[5, i] = elapsed_to_us[hop] - elapsed_from_us[hop]
        spent_us[6, i] = asked
        spent_us[7, i] = line_to_us[hop] - line_from_us[hop]
        spent_us[8, i] = sent_to_us[hop] - sent_from_us[hop]
        spent_us[9, i] = t_received_us[i] - sent_to_us[hop] - asked_later
