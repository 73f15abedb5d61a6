"""What a node held of each vessel, sampled at instants.

Model: at an instant the node holds the newest observation that it has received by then (an AWARENESS table),
if that is at most ``tau`` old. Instants that follow each other with the same observation make one spell,
which ends with the first instant at which it no longer counts.

Assumptions and limits: those of ``picture.awareness``; what changed between two instants is not seen.
Where next: exports and animations draw them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.records import NOTHING_US
from mda_sim.world.fleet import Fleet

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Holdings:
    """What one node held at instants, as spells in which it did not change; arrays are (n,)."""

    vessel: Ints
    """Place of the vessel among those asked for; ascending, its spells in order of time."""
    t_from_us: Ints
    """First instant at which it was held so."""
    t_to_us: Ints
    """End of the spell: the first instant at which it no longer was."""
    t_observed_us: Ints
    """When the observation was made that counted."""
    lat_deg: Floats
    """Where that observation laid the vessel; by AIS, where it said that it was."""
    lon_deg: Floats
    error_m: Floats
    """Position error of the copy held, 1 sigma."""


def sampled_holdings(
    steps: Table, fleet: Fleet, is_ais: NDArray[np.bool_], targets: Ints, instants_us: Ints, tau_us: int
) -> Holdings:
    """Spells of the vessels ``targets`` (ascending ids) at ``instants_us`` (equally spaced, two or more).

    ``steps`` is the AWARENESS table of the node, ``is_ais`` (n_steps,) whether the observation of each of its
    rows came by AIS. ``vessel`` counts among ``targets``.
    """
    row = _rows_at(steps, targets, instants_us)
    observed_us = np.append(steps["t_observed_us"], NOTHING_US)[row]
    is_held = (observed_us != NOTHING_US) & (instants_us - observed_us <= tau_us)
    shown = np.where(is_held, row, -1)
    is_new = np.diff(shown, axis=1, prepend=-2) != 0
    vessel, begins = np.nonzero(is_new)
    row_of = shown[vessel, begins]
    is_last = np.append(vessel[1:] != vessel[:-1], np.ones(min(len(vessel), 1), np.bool_))
    ends = np.where(is_last, len(instants_us), np.roll(begins, -1))
    kept = row_of >= 0
    vessel, begins, ends, row_of = vessel[kept], begins[kept], ends[kept], row_of[kept]
    step_us = int(instants_us[1] - instants_us[0])
    t_observed_us = steps["t_observed_us"][row_of]
    lat_deg, lon_deg = fleet.positions(targets[vessel], t_observed_us)
    heard = np.flatnonzero(is_ais[row_of])
    lat_deg[heard], lon_deg[heard] = fleet.broadcast_positions(targets[vessel[heard]], t_observed_us[heard])
    return Holdings(
        vessel,
        instants_us[begins],
        np.where(
            ends < len(instants_us),
            instants_us[np.minimum(ends, len(instants_us) - 1)],
            instants_us[-1] + step_us,
        ),
        t_observed_us,
        lat_deg,
        lon_deg,
        steps["error_m"][row_of].astype(np.float64),
    )


def _rows_at(steps: Table, targets: Ints, instants_us: Ints) -> Ints:
    """The last step of each target received by each instant, (n_targets, n_instants); -1 before the first."""
    first = np.searchsorted(steps["target"], targets)
    last = np.searchsorted(steps["target"], targets, side="right")
    rows = np.full((len(targets), len(instants_us)), -1, np.int64)
    for number, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        received_us = steps["t_received_us"][begin:end]
        by_then = np.searchsorted(received_us, instants_us, side="right")
        rows[number] = np.where(by_then > 0, begin + by_then - 1, -1)
    return rows
