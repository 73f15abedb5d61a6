"""Contacts held against the parts that they are in, report by report: one pass each.

Where next: ``filters`` says what is asked, and names what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel

Column = NDArray[Any]
Bools = NDArray[np.bool_]


@kernel
def answer(
    sensor: Column,
    count: Column,
    goes: Bools,
    broadcasting: int,
    is_broadcasting: Bools,
    least_m: float,
    length_m: NDArray[np.float32],
    is_inside: Bools,
    bit: np.uint64,
    answers: NDArray[np.uint64],
) -> None:
    """Set a bit in the answers of the contacts that pass a filter, or lie in an area.

    ``goes`` is by sensor. What is not asked: ``broadcasting`` is -1, ``least_m`` 0, ``is_inside`` empty.
    """
    first = np.int64(0)
    for r in range(len(sensor)):
        end = first + np.int64(count[r])
        if goes[sensor[r]]:
            for i in range(first, end):
                if (
                    (broadcasting < 0 or is_broadcasting[i] == (broadcasting == 1))
                    and not length_m[i] < least_m
                    and (len(is_inside) == 0 or is_inside[i])
                ):
                    answers[i] |= bit
        first = end


@kernel
def hold_against(
    report: Column,
    count: Column,
    target: Column,
    n_vessels: int,
    no_target: int,
    answers: NDArray[np.uint64],
    of_contact: Column,
    part_report: Column,
    share_class: Column,
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Number of contacts in parts of other reports, and of those in parts of other share classes.

    ``answers`` holds the class of each contact, or nothing where that is not asked; ``counts`` (3, P) comes
    full of zeros and takes the number of contacts of each part, of vessels among them, and of false ones.
    """
    strangers, others, i = 0, 0, 0
    for r in range(len(report)):
        for _ in range(np.int64(count[r])):
            p = of_contact[i]
            strangers += part_report[p] != report[r]
            if len(answers):
                others += share_class[p] != answers[i]
            counts[0, p] += 1
            counts[1, p] += target[i] < n_vessels
            counts[2, p] += target[i] == no_target
            i += 1
    return strangers, others
