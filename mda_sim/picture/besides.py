"""What a node holds of a target besides the observation that its picture shows: duplicates and conflicts.

Model: a **duplicate** of the observation shown is a held contact of the same target by another sensor that is
at most one reporting interval older, the longer one of the two sensors'. It says the same again, and changes
nothing: the picture shows the newest, and of equal time the one received first.

A **conflict** is a held contact that was measured (not by AIS), at most tau old, with a held AIS contact next
before or next after it in time (or at the same moment) that lies further away than the errors of both copies
plus top speed x time apart: the vessel cannot have been at both places. Measured contacts lie where the
target was, AIS contacts where it said it was; errors enter as bounds and are not drawn, as in the metrics.
Conflicts are counted and told; they change nothing in the picture either, which takes the newest observation,
whatever it says, and marks it if it is false.

Assumptions and limits: one sigma is taken as the bound of an error, so a lie of about that size is not found.
A node that holds AIS alone, or none, sees no conflict. Where a recording has gaps, the top speed of the class
may be less than what bridges them.

Source: definitions of this program. Where next: ``snapshot``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import distance_m

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def duplicates(offsets: Ints, t_us: Ints, sensor: Ints, interval_us: Ints, shown: Ints) -> NDArray[np.int64]:
    """Number of duplicates of each observation shown, (k,).

    The contacts held are rows of ``t_us``, ``sensor`` and ``interval_us`` (n,), in order of target and time,
    those of shown target i being ``offsets[i] .. offsets[i + 1]``; ``shown`` (k,) is the row that is shown.
    """
    row, target = _rows_of(offsets)
    of = shown[target]
    apart_us = t_us[of] - t_us[row]
    alike = (row != of) & (sensor[row] != sensor[of])
    alike &= np.abs(apart_us) <= np.maximum(interval_us[row], interval_us[of])
    return np.bincount(target, alike, minlength=len(shown)).astype(np.int64)


def conflicts(
    offsets: Ints,
    t_us: Ints,
    is_ais: NDArray[np.bool_],
    lat_deg: Floats,
    lon_deg: Floats,
    error_m: Floats,
    top_speed_mps: Floats,
) -> NDArray[np.int64]:
    """Number of measured contacts of each target that conflict with an AIS contact next to them, (k,).

    The contacts held, at most tau old, are in order of target and time, as for ``duplicates``; all other
    arguments are (n,).
    """
    row, target = _rows_of(offsets)
    before, after = _neighbours(offsets, t_us, is_ais)
    wrong = np.zeros(len(row), np.bool_)
    for other in (before, after):
        near = np.flatnonzero(~is_ais & (other >= 0))
        ais = other[near]
        apart_s = np.abs(t_us[near] - t_us[ais]) / US_PER_S
        room_m = error_m[near] + error_m[ais] + top_speed_mps[near] * apart_s
        wrong[near] |= distance_m(lat_deg[near], lon_deg[near], lat_deg[ais], lon_deg[ais]) > room_m
    return np.bincount(target, wrong, minlength=len(offsets) - 1).astype(np.int64)


def _neighbours(offsets: Ints, t_us: Ints, is_ais: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """The AIS contact of the target at or before each contact, and at or after it, (n,) each; else -1."""
    n = len(t_us)
    row, target = _rows_of(offsets)
    start, end = offsets[:-1][target], offsets[1:][target]
    before = np.maximum.accumulate(np.where(is_ais, row, -1)) if n else row
    after = np.minimum.accumulate(np.where(is_ais, row, n)[::-1])[::-1] if n else row
    return np.where(before >= start, before, -1), np.where(after < end, after, -1)


def _rows_of(offsets: Ints) -> tuple[Ints, Ints]:
    """All rows, and the place of the target of each, (n,) each."""
    return np.arange(offsets[-1]), np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
