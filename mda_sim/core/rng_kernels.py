"""Philox 4x32-10 and the numbers made from its words, compiled.

Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC11, 2011, section 3.3 (multipliers, Weyl increments, ten rounds). Arithmetic is in uint64 with masks, so
that compiled and plain runs agree. Called by the kernels of world, sensing and sharing, and by ``core.rng``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_TWO_PI = 2.0 * math.pi


@kernel
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, key: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four words of 32 bits for counter (c0, c1, c2, c3) under a 64-bit key (low half is key word 0).

    All arguments are uint64 holding 32-bit values, except ``key``.
    """
    k0 = key & _MASK
    k1 = key >> _SHIFT
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _SHIFT) ^ c1 ^ k0
        c1 = product_1 & _MASK
        c2 = (product_0 >> _SHIFT) ^ c3 ^ k1
        c3 = product_0 & _MASK
        k0 = (k0 + _WEYL_0) & _MASK
        k1 = (k1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3


@kernel
def uniform(w0: np.uint64, w1: np.uint64) -> float:
    """A uniform in the open interval (0, 1) on a grid of 2**-53, from two words."""
    high = float(w0 >> np.uint64(5))
    low = float(w1 >> np.uint64(6))
    return (high * 67108864.0 + low + 0.5) * (1.0 / 9007199254740992.0)


@kernel
def normal(w2: np.uint64, w3: np.uint64) -> float:
    """A standard normal from two words (Box and Muller 1958, cosine branch; |z| < 6.7)."""
    u1 = (float(w2) + 0.5) * (1.0 / 4294967296.0)
    u2 = (float(w3) + 0.5) * (1.0 / 4294967296.0)
    return math.sqrt(-2.0 * math.log(u1)) * math.cos(_TWO_PI * u2)


@kernel
def fill_words(counters: NDArray[np.uint32], key: np.uint64, words: NDArray[np.uint32]) -> None:
    """``words[i] = philox(counters[i], key)`` for arrays of shape (n, 4)."""
    for i in range(counters.shape[0]):
        w0, w1, w2, w3 = philox(
            np.uint64(counters[i, 0]),
            np.uint64(counters[i, 1]),
            np.uint64(counters[i, 2]),
            np.uint64(counters[i, 3]),
            key,
        )
        words[i, 0] = w0
        words[i, 1] = w1
        words[i, 2] = w2
        words[i, 3] = w3


@kernel
def fill_uniforms(counters: NDArray[np.uint32], key: np.uint64, out: NDArray[np.float64]) -> None:
    """The uniform of each counter row."""
    for i in range(counters.shape[0]):
        w0, w1, _, _ = philox(
            np.uint64(counters[i, 0]),
            np.uint64(counters[i, 1]),
            np.uint64(counters[i, 2]),
            np.uint64(counters[i, 3]),
            key,
        )
        out[i] = uniform(w0, w1)


@kernel
def fill_normals(counters: NDArray[np.uint32], key: np.uint64, out: NDArray[np.float64]) -> None:
    """The standard normal of each counter row, independent of its uniform."""
    for i in range(counters.shape[0]):
        _, _, w2, w3 = philox(
            np.uint64(counters[i, 0]),
            np.uint64(counters[i, 1]),
            np.uint64(counters[i, 2]),
            np.uint64(counters[i, 3]),
            key,
        )
        out[i] = normal(w2, w3)


@kernel
def fill_uniforms_of(
    c0: NDArray[np.uint64],
    c1: NDArray[np.uint64],
    c2: np.uint64,
    c3: np.uint64,
    key: np.uint64,
    n: int,
    out: NDArray[np.float64],
) -> None:
    """The uniforms of the first ``n`` of some counters that have their last two words in common."""
    for i in range(n):
        w0, w1, _, _ = philox(c0[i] & _MASK, c1[i] & _MASK, c2, c3, key)
        out[i] = uniform(w0, w1)
