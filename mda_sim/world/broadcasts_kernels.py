"""The broadcast that holds at a time, compiled; the model is in ``broadcasts``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.world.fleet_kernels import leg_at


@kernel
def fill_rows(
    targets: NDArray[np.int64],
    t_us: NDArray[np.int64],
    first_row: NDArray[np.int64],
    t_from_us: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    """``out[i]`` = last row of ``targets[i]`` that has begun at ``t_us[i]``, its first if none has."""
    for i in range(targets.shape[0]):
        first, end = first_row[targets[i]], first_row[targets[i] + 1]
        row = first
        if end - first > 1:
            row = max(leg_at(t_from_us, first, end, t_us[i]), first)
        out[i] = row
