"""The yardstick: one fixed kernel, timed in the run that it normalises.

Absolute times move by half from hour to hour on shared machines. A speed bar is therefore a time multiplied
by the yardstick: the time of this kernel now, over the time it took where the bars were set (16 ns an
addressed draw by Philox 4x32-10, one core). A yardstick of 1.2 means that this machine is now 1.2 times
slower than the one of the bars. The kernel makes the four words of each address and stores one uniform.
"""

from __future__ import annotations

import statistics
import time

import numba
import numpy as np
from numpy.typing import NDArray

REFERENCE_S = 16e-9
DRAWS = 2_000_000


@numba.njit
def _draw_many(counters: NDArray[np.uint32], k0: np.uint64, k1: np.uint64, out: NDArray[np.float64]) -> None:
    mask = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    for i in range(len(counters)):
        c0, c1 = np.uint64(counters[i, 0]), np.uint64(counters[i, 1])
        c2, c3 = np.uint64(counters[i, 2]), np.uint64(counters[i, 3])
        r0, r1 = k0, k1
        for _ in range(10):
            p0 = np.uint64(0xD2511F53) * c0
            p1 = np.uint64(0xCD9E8D57) * c2
            c0, c1 = (p1 >> shift) ^ c1 ^ r0, p1 & mask
            c2, c3 = (p0 >> shift) ^ c3 ^ r1, p0 & mask
            r0 = (r0 + np.uint64(0x9E3779B9)) & mask
            r1 = (r1 + np.uint64(0xBB67AE85)) & mask
        out[i] = (
            float(c0 >> np.uint64(5)) * 67108864.0 + float(c1 >> np.uint64(6)) + 0.5
        ) / 9007199254740992.0


def yardstick(repeats: int = 5) -> float:
    """Median time of the kernel now over its reference time."""
    counters = np.zeros((DRAWS, 4), dtype=np.uint32)
    counters[:, 0] = np.arange(DRAWS)
    out = np.zeros(DRAWS)
    keys = np.uint64(0xA4093822), np.uint64(0x299F31D0)
    _draw_many(counters, *keys, out)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        _draw_many(counters, *keys, out)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) / DRAWS / REFERENCE_S


if __name__ == "__main__":
    print(f"yardstick {yardstick():.2f}")
