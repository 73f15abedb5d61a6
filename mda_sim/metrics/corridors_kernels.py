"""When probes come into the picture and fall out of it, and the longest run of pieces that are out of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def switches(
    probes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    age_us: int,
    from_us: int,
    to_us: int,
    who: NDArray[np.int64],
    when_us: NDArray[np.int64],
) -> int:
    """Write when the age of each probe's picture passes ``age_us``, within a window; return how many times.

    Rows come in pairs: probe ``probes[who]`` is observed from the first time to the second. Its picture is
    rows ``offsets[p] .. offsets[p + 1]`` of the received times, which rise, and the observed times.
    """
    n = 0
    for i in range(probes.size):
        first = n
        last = offsets[probes[i] + 1]
        for row in range(offsets[probes[i]], last):
            begin = max(t_received_us[row], from_us)
            end = min(t_observed_us[row] + age_us, to_us)
            if row + 1 < last:
                end = min(end, t_received_us[row + 1])
            if end <= begin:
                continue
            if n > first and when_us[n - 1] == begin:
                when_us[n - 1] = end
            else:
                who[n], when_us[n] = i, begin
                who[n + 1], when_us[n + 1] = i, end
                n += 2
    return n


@kernel
def longest_runs(
    piece: NDArray[np.int64],
    piece_m: NDArray[np.float64],
    n_probes: int,
    who: NDArray[np.int64],
    when_us: NDArray[np.int64],
    from_us: int,
    to_us: int,
) -> tuple[float, float]:
    """Integral over [from_us, to_us] of the longest unobserved run [m us], and the longest of all [m].

    ``piece`` is the probe of each piece of the lane, -1 for none, which ends a run; ``who`` and ``when_us``
    are the switches in order of time, every probe being unobserved at first.
    """
    observed = np.zeros(n_probes, np.bool_)
    total, greatest = 0.0, 0.0
    now, k = from_us, 0
    while now < to_us:
        while k < who.size and when_us[k] <= now:
            observed[who[k]] = not observed[who[k]]
            k += 1
        until = when_us[k] if k < who.size else to_us
        longest, run = 0.0, 0.0
        for j in range(piece.size):
            run = run + piece_m[j] if piece[j] >= 0 and not observed[piece[j]] else 0.0
            longest = max(longest, run)
        total += longest * (until - now)
        greatest = max(greatest, longest)
        now = until
    return total, greatest
