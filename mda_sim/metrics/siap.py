"""SIAP: how complete, unambiguous, free of phantoms, accurate and lasting a picture of tracks is.

Model: at snapshots k there are J(k) vessels and N(k) tracks; NA(k) of the tracks are **assigned** to a
vessel, each to one at most, and JT(k) vessels have a track or more. Over all snapshots

    completeness  C  = sum JT / sum J                    ambiguity     A = sum NA / sum JT
    spuriousness  S  = sum (N - NA) / sum N              accuracy     PA = sum of their distances / sum NA
    track number changes  R = sum over vessels tracked of (NU - 1) / sum TT
    longest segment      LS = sum over vessels of TL / sum T

A **segment** is an unbroken run of snapshots in which one track is assigned to one vessel. NU is the least
number of segments that holds every snapshot in which the vessel is tracked, TT the time between successive
snapshots that lie in one segment, TL the time of its longest segment, T the time between successive snapshots
at which the vessel is there.

Assumptions and limits: between two snapshots a track that is assigned at both was so all the time; what lasts
for one snapshot lasts for no time. A ratio of nothing is nan. Velocity accuracy is not measured.

Source: P. Votruba et al., "Single Integrated Air Picture (SIAP) metrics implementation", SIAP System
Engineering Task Force, Technical Report 2001-003, 2001. Where next: ``track_figures``.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.figures import ratio

Ints = NDArray[np.int64]

UNASSIGNED = -1
"""In place of a vessel: the track is assigned to none."""


class Siap(NamedTuple):
    """The attributes, and the sums that they are ratios of."""

    completeness: float
    ambiguity: float
    spuriousness: float
    position_error_m: float
    """Mean distance of tracks from their vessels [m]."""
    changes_per_s: float
    """Track number changes for each second that a vessel is tracked [1/s]."""
    longest_segment: float
    n_vessels: int
    """Sum of J."""
    n_vessels_tracked: int
    """Sum of JT."""
    n_tracks: int
    """Sum of N."""
    n_tracks_assigned: int
    """Sum of NA."""
    n_changes: int
    """Sum of NU - 1."""
    tracked_s: float
    """Sum of TT [s]."""


def siap(
    vessel_at: Ints,
    vessel: Ints,
    track_at: Ints,
    track: Ints,
    of_vessel: Ints,
    distance_m: NDArray[np.float64],
    *,
    snapshot_s: float,
) -> Siap:
    """SIAP of vessels and tracks at snapshots ``snapshot_s`` apart.

    ``vessel_at`` and ``vessel`` (n,) are a row for each vessel and each snapshot at which it is there, in any
    order; ``track_at``, ``track`` (m,) the same for tracks, with the vessel to which it is assigned
    (``UNASSIGNED`` for none; a vessel that is there) and its distance from it, which is read only there.
    """
    assigned = of_vessel != UNASSIGNED
    at, who, by = track_at[assigned], of_vessel[assigned], track[assigned]
    n_vessels, n_tracks, n_assigned = len(vessel), len(track), len(who)
    n_tracked = len(_unique(who, at))
    error_m = float(np.sum(distance_m[assigned]))
    order = np.lexsort((at, by, who))
    at, who, by = at[order], who[order], by[order]
    goes_on = (at[1:] == at[:-1] + 1) & (who[1:] == who[:-1]) & (by[1:] == by[:-1])
    steps_tracked = len(_unique(who[1:][goes_on], at[1:][goes_on]))
    begins = np.flatnonzero(np.append(True, ~goes_on)[: len(at)])
    ends = np.append(begins[1:], len(at))[: len(begins)] - 1
    segments = list(zip(who[begins].tolist(), at[begins].tolist(), at[ends].tolist(), strict=True))
    segments.sort()
    changes, longest = 0, 0
    for _, group in groupby(segments, key=itemgetter(0)):
        spans = [(start, end) for _, start, end in group]
        changes += fewest(spans) - 1
        longest += max(end - start for start, end in spans)
    there = _unique(vessel, vessel_at)
    steps = int(np.sum((there[1:, 0] == there[:-1, 0]) & (there[1:, 1] == there[:-1, 1] + 1)))
    return Siap(
        completeness=ratio(n_tracked, n_vessels),
        ambiguity=ratio(n_assigned, n_tracked),
        spuriousness=ratio(n_tracks - n_assigned, n_tracks),
        position_error_m=ratio(error_m, n_assigned),
        changes_per_s=ratio(changes, steps_tracked * snapshot_s),
        longest_segment=ratio(longest, steps),
        n_vessels=n_vessels,
        n_vessels_tracked=n_tracked,
        n_tracks=n_tracks,
        n_tracks_assigned=n_assigned,
        n_changes=changes,
        tracked_s=steps_tracked * snapshot_s,
    )


def fewest(spans: list[tuple[int, int]]) -> int:
    """The least number of spans (first, last) that hold every whole number that is in any; sorted.

    >>> fewest([(0, 5), (1, 2), (4, 9), (11, 12)])
    3
    """
    n, i, at = 0, 0, -1
    while i < len(spans):
        at = max(at, spans[i][0])
        last = -1
        while i < len(spans) and spans[i][0] <= at:
            last = max(last, spans[i][1])
            i += 1
        if last >= at:
            n += 1
            at = last + 1
    return n


def _unique(first: Ints, second: Ints) -> Ints:
    """The different pairs of two columns, sorted, (n, 2)."""
    return np.unique(np.stack([first, second], axis=1), axis=0)
