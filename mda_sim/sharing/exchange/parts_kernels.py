"""Loops that split reports into parts: the contacts of one report with the same share class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def number_parts(
    count: NDArray[np.int64],
    passed: NDArray[np.uint64],
    target: NDArray[np.uint32],
    n_vessels: int,
    no_target: int,
    part: NDArray[np.uint32],
    report_of: NDArray[np.uint32],
    class_of: NDArray[np.uint64],
    count_of: NDArray[np.uint32],
    vessels_of: NDArray[np.uint32],
    false_of: NDArray[np.uint16],
) -> int:
    """Number parts by report, then share class; returns how many there are.

    ``count`` is by report, ``passed``, ``target`` and ``part`` by contact (contacts follow each other report
    by report), the other five by part, with room for as many parts as there are contacts. Where nothing is in
    ``passed``, all contacts are of class 0.
    """
    n = 0
    row = 0
    for report in range(count.size):
        start, end, first = row, row + count[report], n
        if passed.size == 0 and start < end:
            class_of[n] = 0
            n += 1
        for i in range(start, end if passed.size else start):
            k = first
            while k < n and class_of[k] < passed[i]:
                k += 1
            if k == n or class_of[k] != passed[i]:
                for j in range(n, k, -1):
                    class_of[j] = class_of[j - 1]
                class_of[k] = passed[i]
                n += 1
        for k in range(first, n):
            report_of[k] = report
            count_of[k] = 0
            vessels_of[k] = 0
            false_of[k] = 0
        for i in range(start, end):
            k = first
            while passed.size and class_of[k] != passed[i]:
                k += 1
            part[i] = k
            count_of[k] += 1
            if target[i] < n_vessels:
                vessels_of[k] += 1
            elif target[i] == no_target:
                false_of[k] += 1
        row = end
    return n
