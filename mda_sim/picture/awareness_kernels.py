"""Loops of the picture: contacts in order of target and time, and which of them make a picture fresher."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def count_by_target(target: NDArray[np.uint32], no_target: int, counts: NDArray[np.int64]) -> int:
    """Add the number of contacts of target k to ``counts[k]``; those of ``no_target`` are left out.

    Returns the highest target for which there is no place in ``counts``, -1 if there is none.
    """
    unknown = -1
    for k in target:
        if k == no_target:
            continue
        if k < counts.size:
            counts[k] += 1
        else:
            unknown = max(unknown, int(k))
    return unknown


@kernel
def scatter_by_target(
    reports: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    target: NDArray[np.uint32],
    dt_us: NDArray[np.uint32],
    no_target: int,
    slot: NDArray[np.int64],
    contact_out: NDArray[np.uint32],
    observed_out: NDArray[np.int64],
) -> None:
    """Write the contacts of ``reports``, in that order, to the slots of their targets.

    ``first``, ``count`` and ``t_observed_us`` are indexed by report, ``target`` and ``dt_us`` by contact.
    ``slot[k]`` is the next free place of target k, and is moved on; contacts of ``no_target`` are left out.
    """
    for report in reports:
        for row in range(first[report], first[report] + count[report]):
            k = target[row]
            if k == no_target:
                continue
            place = slot[k]
            contact_out[place] = row
            observed_out[place] = t_observed_us[report] - np.int64(dt_us[row])
            slot[k] = place + 1


@kernel
def sort_by_time(
    offsets: NDArray[np.int64], contact: NDArray[np.uint32], t_observed_us: NDArray[np.int64]
) -> None:
    """Sort each target's contacts in place by time; those of one time keep their order.

    Insertion sort: the contacts come in order of their reports' ends, so each is at most one reporting
    interval out of place.
    """
    for k in range(offsets.size - 1):
        start = offsets[k]
        for i in range(start + 1, offsets[k + 1]):
            t = t_observed_us[i]
            row = contact[i]
            j = i - 1
            while j >= start and t_observed_us[j] > t:
                t_observed_us[j + 1] = t_observed_us[j]
                contact[j + 1] = contact[j]
                j -= 1
            t_observed_us[j + 1] = t
            contact[j + 1] = row


@kernel
def fill_fresher(
    offsets: NDArray[np.int64],
    part: NDArray[np.uint32],
    t_observed_us: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    error_m: NDArray[np.float32],
    report: NDArray[np.uint32],
    never_us: int,
    target_out: NDArray[np.uint32],
    received_out: NDArray[np.int64],
    observed_out: NDArray[np.int64],
    error_out: NDArray[np.float32],
    report_out: NDArray[np.uint32],
) -> int:
    """Write the contacts that make the picture of their target fresher when they are received, to the ends of
    the columns, and return the first row of them.

    A contact does so if nothing observed at the same time or later has been received by then. Seen from the
    newest contact back, these are the ones that set a new earliest receipt; of several observed at one time
    the earliest received stays, then the one of the smaller error, then that of the lower part.
    ``t_received_us``, ``error_m`` and ``report`` are indexed by part, ``never_us`` where it was not received.
    """
    row = target_out.size
    for k in range(offsets.size - 2, -1, -1):
        earliest = never_us
        kept = np.int64(-1)
        for i in range(offsets[k + 1] - 1, offsets[k] - 1, -1):
            p = part[i]
            t = t_received_us[p]
            if t > earliest or (t == earliest and kept < 0):
                continue
            rival = kept >= 0 and t_observed_us[kept] == t_observed_us[i]
            if t == earliest:
                if not rival or error_m[p] > error_m[part[kept]]:
                    continue
                if error_m[p] == error_m[part[kept]] and p > part[kept]:
                    continue
            if not rival:
                row -= 1
            target_out[row] = k
            received_out[row] = t
            observed_out[row] = t_observed_us[i]
            error_out[row] = error_m[p]
            report_out[row] = report[p]
            kept = np.int64(i)
            earliest = t
    return row
