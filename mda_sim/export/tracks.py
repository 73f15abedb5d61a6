"""Tracks of vessels, sampled in time.

Model: each stretch of unbroken presence is sampled at its first and last instant in the window and at every
whole step between them. A vessel sails great-circle legs, so that a step of an hour lays it within a few
metres of its chord; turns between two samples are cut.

Where next: ``study.export`` puts them into the content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mda_sim.export.content import Ints, Tracks
from mda_sim.geo.coast_index import ragged
from mda_sim.world.presence import within

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet


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
