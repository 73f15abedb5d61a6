"""Tracks of vessels, sampled in time.

Model: each stretch of unbroken presence is sampled at its first and last instant in the window and at every
whole step between them. A vessel sails great-circle legs, so that a step of an hour lays it within a few
metres of its chord; turns between two samples are cut.

Where next: exports and animations draw them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.slices import slices_of
from mda_sim.geo.coast_index import ragged
from mda_sim.world.fleet import Fleet
from mda_sim.world.presence import within

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tracks:
    """Places of vessels in time, stretch by stretch; arrays are (n,), in order of vessel and time."""

    vessel: Ints
    """Place of the vessel among those asked for."""
    stretch: Ints
    """Number of the stretch of unbroken presence, rising; a vessel has one or several."""
    t_us: Ints
    lat_deg: Floats
    lon_deg: Floats

    def slices(self) -> list[slice]:
        """The rows of each stretch, in order."""
        return slices_of(self.stretch)


def evenly_chosen(fleet: Fleet, from_us: int, to_us: int, most: int | None) -> tuple[Ints, int]:
    """Ids of at most ``most`` vessels (all for None), evenly chosen among those present at some time in
    [from_us, to_us], ascending; and how many those are.
    """
    present = within(fleet.presence(), from_us, to_us)["target"]
    vessels = np.unique(present[present < fleet.n_vessels]).astype(np.int64)
    n = len(vessels) if most is None else min(most, len(vessels))
    return vessels[np.arange(n) * len(vessels) // max(n, 1)], len(vessels)


def sampled_tracks(fleet: Fleet, targets: Ints, from_us: int, to_us: int, step_us: int) -> Tracks:
    """Tracks of the vessels ``targets`` (ascending ids) in [from_us, to_us]; ``vessel`` counts among them."""
    present = within(fleet.presence(), from_us, to_us)
    rows = np.flatnonzero(np.isin(present["target"], targets))
    begins, ends = present["t_from_us"][rows], present["t_to_us"][rows]
    first = begins // step_us + 1  # the steps strictly between
    n_between = np.maximum(-(-ends // step_us) - first, 0)
    stretch, place = ragged(n_between + 2)
    t_us = (first[stretch] + place - 1) * step_us
    t_us = np.where(
        place == 0, begins[stretch], np.where(place == n_between[stretch] + 1, ends[stretch], t_us)
    )
    target = present["target"][rows][stretch].astype(np.int64)
    lat_deg, lon_deg = fleet.positions(target, t_us)
    return Tracks(np.searchsorted(targets, target), stretch, t_us, lat_deg, lon_deg)
