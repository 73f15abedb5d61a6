"""How each visit to a scored region ends: with a first receipt, by leaving, or with the scored time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row

CENSORED = 0
RECEIVED = 1
LEFT = 2


@kernel
def fill_visits(
    target: NDArray[np.int64],
    subject: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    score_from_us: int,
    score_to_us: int,
    held_age_us: int,
    subject_out: NDArray[np.int64],
    lasted_out: NDArray[np.int64],
    ended_out: NDArray[np.int64],
) -> int:
    """Write subject, duration [us] and end of every visit that counts; return their number.

    ``target``, ``subject``, ``t_from_us`` and ``t_to_us`` are the stays in the region, by target and time;
    target k's picture is rows ``offsets[k] .. offsets[k + 1]`` of ``t_received_us``, which rises, and
    ``t_observed_us``. At most one row is written for each interval. A visit is received with the first
    observation made since the vessel last left and no more than ``held_age_us`` before it enters.
    """
    n = 0
    for i in range(target.size):
        k = target[i]
        enters = t_from_us[i]
        if enters <= score_from_us or t_to_us[i] <= enters:
            continue
        returns = i > 0 and target[i - 1] == k
        row = newest_row(t_received_us, offsets[k], offsets[k + 1], enters)
        is_held = row >= offsets[k] and enters - t_observed_us[row] <= held_age_us
        if is_held and returns:
            continue
        after_us = enters - held_age_us - 1
        if returns:
            after_us = max(after_us, t_to_us[i - 1])
        following = row + 1
        while following < offsets[k + 1] and t_observed_us[following] <= after_us:
            following += 1
        if is_held:
            lasted, ended = np.int64(0), RECEIVED
        elif following < offsets[k + 1] and t_received_us[following] < t_to_us[i]:
            lasted, ended = t_received_us[following] - enters, RECEIVED
        else:
            lasted, ended = t_to_us[i] - enters, CENSORED if t_to_us[i] >= score_to_us else LEFT
        subject_out[n], lasted_out[n], ended_out[n] = subject[i], lasted, ended
        n += 1
    return n


@kernel
def fill_incidence(
    lasted: NDArray[np.int64],
    happened: NDArray[np.bool_],
    competed: NDArray[np.bool_],
    rows: NDArray[np.int64],
    by: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> None:
    """Write the Aalen-Johansen estimate at each of the times ``by``, of some rows of cases that come in order
    of how long they ``lasted``; NaN where it is not determined.
    """
    for nth in range(by.size):
        n_events, share, before, survivors, i = 0, 0.0, 1.0, 1.0, 0
        while i < rows.size and lasted[rows[i]] <= by[nth]:
            at_risk, n_ended, n_events, t = rows.size - i, 0, 0, lasted[rows[i]]
            while i < rows.size and lasted[rows[i]] == t:
                n_events += happened[rows[i]]
                n_ended += happened[rows[i]]
                n_ended += competed[rows[i]]
                i += 1
            share += before * n_events / at_risk
            survivors *= (at_risk - n_ended) / at_risk
            before = survivors
        is_known = rows.size > 0
        if is_known and by[nth] > lasted[rows[rows.size - 1]]:
            is_known = survivors <= 0.0
        shares[nth] = share if is_known else np.nan
