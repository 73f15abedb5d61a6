"""Loops of the picture: contacts in order of target and time, and which of them make a picture fresher."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def scatter_by_target(
    reports: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    t_observed_us: NDArray[np.int64],
    target: NDArray[np.uint32],
    dt_us: NDArray[np.uint32],
    slot: NDArray[np.int64],
    report_out: NDArray[np.uint32],
    observed_out: NDArray[np.int64],
) -> None:
    """Write the contacts of ``reports``, in that order, to the slots of their targets.

    ``first``, ``count`` and ``t_observed_us`` are indexed by report, ``target`` and ``dt_us`` by contact.
    ``slot[k]`` is the next free place of target k, and is moved on.
    """
    for report in reports:
        for row in range(first[report], first[report] + count[report]):
            k = target[row]
            place = slot[k]
            report_out[place] = report
            observed_out[place] = t_observed_us[report] - np.int64(dt_us[row])
            slot[k] = place + 1


@kernel
def sort_by_time(
    offsets: NDArray[np.int64],
    rank: NDArray[np.int64],
    report: NDArray[np.uint32],
    t_observed_us: NDArray[np.int64],
) -> None:
    """Sort each target's contacts in place by (t_observed, rank of its report).

    Insertion sort: the contacts come in order of their reports' ends, so each is at most one reporting
    interval out of place.
    """
    for k in range(offsets.size - 1):
        start = offsets[k]
        for i in range(start + 1, offsets[k + 1]):
            t = t_observed_us[i]
            r = report[i]
            j = i - 1
            while j >= start and (
                t_observed_us[j] > t or (t_observed_us[j] == t and rank[report[j]] > rank[r])
            ):
                t_observed_us[j + 1] = t_observed_us[j]
                report[j + 1] = report[j]
                j -= 1
            t_observed_us[j + 1] = t
            report[j + 1] = r


@kernel
def mark_fresher(
    offsets: NDArray[np.int64],
    report: NDArray[np.uint32],
    t_observed_us: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    never_us: int,
    fresher: NDArray[np.bool_],
) -> int:
    """Mark the contacts that make the picture of their target fresher when they are received.

    A contact does so if nothing observed at the same time or later has been received by then. Seen from the
    newest contact back, these are the ones that set a new earliest receipt; of several observed at one time
    the earliest received stays. ``t_received_us`` is indexed by report, ``never_us`` where it was not
    received. Returns the number marked.
    """
    n = 0
    for k in range(offsets.size - 1):
        earliest = never_us
        kept = np.int64(-1)
        for i in range(offsets[k + 1] - 1, offsets[k] - 1, -1):
            t = t_received_us[report[i]]
            if t < earliest:
                if kept >= 0 and t_observed_us[kept] == t_observed_us[i]:
                    fresher[kept] = False
                    n -= 1
                fresher[i] = True
                n += 1
                kept = np.int64(i)
                earliest = t
    return n


@kernel
def fill_fresher(
    offsets: NDArray[np.int64],
    report: NDArray[np.uint32],
    t_observed_us: NDArray[np.int64],
    t_received_us: NDArray[np.int64],
    error_m: NDArray[np.float32],
    fresher: NDArray[np.bool_],
    target_out: NDArray[np.uint32],
    received_out: NDArray[np.int64],
    observed_out: NDArray[np.int64],
    error_out: NDArray[np.float32],
    report_out: NDArray[np.uint32],
) -> None:
    """Write the rows of the marked contacts; ``t_received_us`` and ``error_m`` are indexed by report."""
    n = 0
    for k in range(offsets.size - 1):
        for i in range(offsets[k], offsets[k + 1]):
            if fresher[i]:
                r = report[i]
                target_out[n] = k
                received_out[n] = t_received_us[r]
                observed_out[n] = t_observed_us[i]
                error_out[n] = error_m[r]
                report_out[n] = r
                n += 1
