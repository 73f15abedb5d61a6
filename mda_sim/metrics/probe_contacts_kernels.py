"""Loops over the contacts of probes, sensor by sensor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel


@kernel
def sort_by_sensor(
    offsets: NDArray[np.int64],
    sensor: NDArray[np.int64],
    n_sensors: int,
    order: NDArray[np.int64],
    sorted_sensor: NDArray[np.int64],
) -> None:
    """Order the contacts of each probe by sensor; those of one sensor keep their order (counting sort)."""
    place = np.empty(n_sensors + 1, np.int64)
    for k in range(offsets.size - 1):
        place[:] = 0
        for i in range(offsets[k], offsets[k + 1]):
            place[sensor[i] + 1] += 1
        for s in range(n_sensors):
            place[s + 1] += place[s]
        for i in range(offsets[k], offsets[k + 1]):
            at = offsets[k] + place[sensor[i]]
            place[sensor[i]] += 1
            order[at], sorted_sensor[at] = i, sensor[i]


@kernel
def fill_accesses(
    offsets: NDArray[np.int64],
    sensor: NDArray[np.int64],
    part: NDArray[np.uint32],
    begin_us: NDArray[np.int64],
    end_us: NDArray[np.int64],
    came: NDArray[np.bool_],
    from_us: int,
    to_us: int,
    count: NDArray[np.int64],
    sum_us: NDArray[np.int64],
    longest_us: NDArray[np.int64],
    first_us: NDArray[np.int64],
) -> None:
    """Number, total and greatest length of each probe's accesses in [from_us, to_us), and its first contact.

    A part covers [begin_us, end_us] if it ``came``; intervals of one sensor that meet are one access.
    """
    for k in range(offsets.size - 1):
        last_sensor, start, stop = np.int64(-1), np.int64(0), np.int64(0)
        for i in range(offsets[k], offsets[k + 1] + 1):
            is_end = i == offsets[k + 1]
            if not is_end:
                p = part[i]
                if not came[p] or begin_us[p] >= to_us:
                    continue
                if end_us[p] < from_us or (end_us[p] == from_us and begin_us[p] < from_us):
                    continue
                begin, end = max(begin_us[p], from_us), min(end_us[p], to_us)
                if sensor[i] == last_sensor and begin <= stop:
                    stop = max(stop, end)
                    continue
            if last_sensor >= 0:
                count[k] += 1
                sum_us[k] += stop - start
                longest_us[k] = max(longest_us[k], stop - start)
                first_us[k] = min(first_us[k], start)
            if not is_end:
                last_sensor, start, stop = sensor[i], begin, end


@kernel
def fill_held_by(
    offsets: NDArray[np.int64],
    sensor: NDArray[np.int64],
    part: NDArray[np.uint32],
    t_observed_us: NDArray[np.int64],
    received_us: NDArray[np.int64],
    until_us: NDArray[np.int64],
    age_us: NDArray[np.int64],
    from_us: int,
    to_us: int,
    held_us: NDArray[np.int64],
) -> None:
    """Time in [from_us, to_us) in which at least i + 1 sensors hold each probe: ``held_us[probe, age, i]``.

    A contact holds over [received, min(observed + age, until)), by part. Those of one sensor are put together
    from the one that ends last backwards: what ends earlier reaches the stretch or lies before it.
    """
    longest = 0
    for k in range(offsets.size - 1):
        longest = max(longest, offsets[k + 1] - offsets[k])
    starts, stops = np.empty(longest, np.int64), np.empty(longest, np.int64)
    came, observed, until = (
        np.empty(longest, np.int64),
        np.empty(longest, np.int64),
        np.empty(longest, np.int64),
    )
    firsts = np.empty(longest + 1, np.int64)
    edges = np.empty(2 * longest, np.int64)
    for k in range(offsets.size - 1):
        n_came, n_runs = 0, 0
        last_sensor = np.int64(-1)
        for i in range(offsets[k], offsets[k + 1]):
            p = part[i]
            if received_us[p] >= to_us:
                continue
            if sensor[i] != last_sensor:
                firsts[n_runs] = n_came
                n_runs += 1
                last_sensor = sensor[i]
            came[n_came], observed[n_came], until[n_came] = received_us[p], t_observed_us[i], until_us[p]
            n_came += 1
        firsts[n_runs] = n_came
        for j in range(age_us.size):
            n_edges = 0
            for run in range(n_runs):
                n = 0
                for i in range(firsts[run], firsts[run + 1]):
                    start = max(came[i], from_us)
                    stop = min(min(observed[i] + age_us[j], until[i]), to_us)
                    if start >= stop:
                        continue
                    m = n - 1
                    while m >= 0 and stops[m] > stop:  # rising ends, but where copies are destroyed
                        starts[m + 1], stops[m + 1] = starts[m], stops[m]
                        m -= 1
                    starts[m + 1], stops[m + 1] = start, stop
                    n += 1
                n_edges = add_edges(starts, stops, n, edges, n_edges)
            add_levels(edges, n_edges, held_us[k, j])


@kernel
def add_edges(
    starts: NDArray[np.int64], stops: NDArray[np.int64], n: int, edges: NDArray[np.int64], n_edges: int
) -> int:
    """Put ``n`` stretches with rising ends together and add their edges in order; return the new number.

    ``edges`` rise before and after: twice the time of an end, twice that of a beginning plus one.
    """
    before = n_edges
    m = n - 1
    while m >= 0:
        low, high = starts[m], stops[m]
        m -= 1
        while m >= 0 and stops[m] >= low:
            low = min(low, starts[m])
            m -= 1
        edges[n_edges], edges[n_edges + 1] = 2 * high, 2 * low + 1
        n_edges += 2
    merge_back(edges, before, n_edges)
    return n_edges


@kernel
def merge_back(edges: NDArray[np.int64], before: int, n_edges: int) -> None:
    """Merge ``edges[before:n_edges]``, which fall, into ``edges[:before]``, which rise."""
    fresh = edges[before:n_edges].copy()
    i, at = before - 1, n_edges - 1
    for edge in fresh:
        while i >= 0 and edges[i] > edge:
            edges[at] = edges[i]
            i -= 1
            at -= 1
        edges[at] = edge
        at -= 1


@kernel
def add_levels(edges: NDArray[np.int64], n_edges: int, time_us: NDArray[np.int64]) -> None:
    """Add the time in which at least i + 1 stretches are under way to ``time_us[i]``, from ``add_edges``."""
    under_way, since_us = 0, np.int64(0)
    for nth in range(n_edges):
        t_us = edges[nth] // 2
        for i in range(min(under_way, time_us.size)):
            time_us[i] += t_us - since_us
        since_us = t_us
        under_way += 1 if edges[nth] % 2 else -1
