"""Which contact goes to which track at the least cost, compiled.

Model: every contact goes to one track or to none, at cost 0, and no track takes two. The Hungarian method by
shortest augmenting paths, exact, in O(n2 m) for n contacts and m tracks.

Source: H. W. Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2,
1955; R. Jonker, A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment
problems", Computing 38, 1987. Where next: ``tracks_kernels``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def assign(cost: NDArray[np.float64], chosen: NDArray[np.int64]) -> None:
    """Write the column of each row of ``cost`` (n, m) to ``chosen`` (n,), -1 for none.

    The sum of what is chosen is least; infinite costs are never chosen.
    """
    n, m = cost.shape
    wide = m + n  # a column for each row that takes none
    row_price = np.zeros(n + 1)
    price = np.zeros(wide + 1)
    row_of = np.zeros(wide + 1, np.int64)
    way = np.zeros(wide + 1, np.int64)
    least = np.empty(wide + 1)
    used = np.empty(wide + 1, np.bool_)
    for i in range(1, n + 1):
        row_of[0] = i
        j0 = 0
        least[:] = np.inf
        used[:] = False
        while True:
            used[j0] = True
            i0 = row_of[j0]
            delta = np.inf
            j1 = 0
            for j in range(1, wide + 1):
                if used[j]:
                    continue
                own = 0.0 if j - m == i0 else np.inf
                c = cost[i0 - 1, j - 1] if j <= m else own
                slack = c - row_price[i0] - price[j]
                if slack < least[j]:
                    least[j] = slack
                    way[j] = j0
                if least[j] < delta:
                    delta = least[j]
                    j1 = j
            for j in range(wide + 1):
                if used[j]:
                    row_price[row_of[j]] += delta
                    price[j] -= delta
                else:
                    least[j] -= delta
            j0 = j1
            if row_of[j0] == 0:
                break
        while j0 != 0:
            before = way[j0]
            row_of[j0] = row_of[before]
            j0 = before
    chosen[:] = -1
    for j in range(1, m + 1):
        if row_of[j] > 0 and cost[row_of[j] - 1, j - 1] < np.inf:
            chosen[row_of[j] - 1] = j - 1
