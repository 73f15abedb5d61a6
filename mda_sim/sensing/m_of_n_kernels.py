"""At least M successes in N independent scans, compiled.

Model: with one probability p for all N scans the number held is binomial, and P(X >= M) is summed from the
term at the edge, outwards over the shorter side: C(N, M) p^M (1 - p)^(N - M) (1 + r1 + r1 r2 + ...). With a
probability for each group of scans it is Poisson-binomial: the distribution of the count is convolved scan
by scan, counts of M and more kept together.

Assumptions and limits: scans are independent given the probability. Both agree with exact sums to 1e-10.

Source: W. Feller, An Introduction to Probability Theory and Its Applications, vol. 1, 3rd edition, Wiley
1968, section VI.3 (tail by ratios) and section XI.2 (convolution). Where next: ``radar_kernels``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel

_NEGLIGIBLE = 1e-17


@kernel
def log_choose(n: int, m: int) -> float:
    """Logarithm of the number of ways to choose m of n."""
    return math.lgamma(n + 1.0) - math.lgamma(m + 1.0) - math.lgamma(n - m + 1.0)


@kernel
def p_at_least(m: int, n: int, p: float, log_ways: float) -> float:
    """P(X >= m) for X binomial(n, p), 1 <= m <= n; ``log_ways`` is ``log_choose(n, m)``."""
    if p <= 0.0:
        return 0.0
    if p >= 1.0:
        return 1.0
    edge = math.exp(log_ways + m * math.log(p) + (n - m) * math.log1p(-p))
    odds = p / (1.0 - p)
    if m > n * p:
        return min(_sum_up(m, n, edge, odds), 1.0)
    return max(1.0 - _sum_down(m, n, edge, odds), 0.0)


@kernel
def p_at_least_by_scan(m: int, p_scan: NDArray[np.float64]) -> float:
    """P(X >= m) for X the successes of scans with the probabilities ``p_scan`` (n,), m >= 1."""
    p_count = np.zeros(m)
    p_count[0] = 1.0
    reached = 0.0
    for scan in range(p_scan.shape[0]):
        p = p_scan[scan]
        reached += p_count[m - 1] * p
        for count in range(min(scan + 1, m - 1), 0, -1):
            p_count[count] = p_count[count] * (1.0 - p) + p_count[count - 1] * p
        p_count[0] *= 1.0 - p
    return min(reached, 1.0)


@kernel
def _sum_up(m: int, n: int, edge: float, odds: float) -> float:
    """P(X >= m) from P(X = m), where the terms fall from m on."""
    total = edge
    term = edge
    for j in range(m, n):
        term *= (n - j) / (j + 1.0) * odds
        total += term
        if term <= _NEGLIGIBLE * total:
            break
    return total


@kernel
def _sum_down(m: int, n: int, edge: float, odds: float) -> float:
    """P(X < m) from P(X = m), where the terms fall below m."""
    total = 0.0
    term = edge
    for j in range(m, 0, -1):
        term *= j / ((n - j + 1.0) * odds)
        total += term
        if term <= _NEGLIGIBLE * total:
            break
    return total
