"""Runs of equal numbers in a column, as slices.

Where next: tracks and holdings are taken apart with it.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def slices_of(group: NDArray[np.int64]) -> list[slice]:
    """The rows of each run of equal numbers in ``group`` (n,), in order.

    >>> slices_of(np.array([4, 4, 7]))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    edges = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(group)] if len(group) else []
    return [slice(begin, end) for begin, end in pairwise(edges)]
