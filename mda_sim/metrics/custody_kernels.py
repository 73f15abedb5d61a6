"""Time in custody, in closed form over the steps of a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.metrics.walk_kernels import newest_row


@kernel
def fill_held(
    target: NDArray[np.int64],
    subject: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    age_us: NDArray[np.int64],
    held_us: NDArray[np.int64],
) -> None:
    """Add to ``held_us[s, j]`` the time of subject s in its intervals with an age of at most ``age_us[j]``.

    ``target``, ``subject``, ``t_from_us`` and ``t_to_us`` are the intervals; target k's picture is rows
    ``offsets[k] .. offsets[k + 1]`` of ``t_received_us``, which rises, and ``t_observed_us``. While the
    newest observation is o, the part of [s, e) that is held is [s, min(e, o + age)).
    """
    least_us = age_us.min()
    for i in range(target.size):
        k = target[i]
        last = offsets[k + 1]
        row = newest_row(t_received_us, offsets[k], last, t_from_us[i])
        begin = t_from_us[i]
        if row < offsets[k]:
            row += 1
            begin = min(t_to_us[i], t_received_us[row]) if row < last else t_to_us[i]
        at_every_age = np.int64(0)
        while begin < t_to_us[i]:
            end = t_to_us[i]
            if row + 1 < last and t_received_us[row + 1] < end:
                end = t_received_us[row + 1]
            if end <= t_observed_us[row] + least_us:
                at_every_age += end - begin
            else:
                for j in range(age_us.size):
                    until = min(end, t_observed_us[row] + age_us[j])
                    if until > begin:
                        held_us[subject[i], j] += until - begin
            begin = end
            row += 1
        for j in range(age_us.size):
            held_us[subject[i], j] += at_every_age
