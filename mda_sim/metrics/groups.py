"""Which targets, and which of their time, a figure is about.

Model: vessels that agree in traffic class, flag and AIS state form a **cell**; every group is a union of
cells, so sums are made once per cell and groups only add them up. A figure weighs each vessel by its time
inside the scored area (and the zone), [score_from, score_to) of the timeline; vessels there at the start
count.

Boundary rule: a scored interval is half-open, [from, to); an observation received at an instant is held from
that instant on.

Assumptions and limits: AIS state is that of the vessel's record for the whole run. Intervals inside a region
are those of ``world.fleet.inside_intervals``: exact to 1 s, and an excursion shorter than its step can be
missed.

Where next: ``frame.py`` holds the scored time of one replicate, every other module here sums over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.world.broadcasts import AisState
from mda_sim.world.fleet import Fleet

AIS_GROUPS: Final = ("all", "broadcasting", "not_broadcasting", "not_broadcasting_foreign")
"""Groups by AIS state: scored in the whole area and in every zone. Classes and flags are scored in the whole
area, and in a zone where a primary endpoint asks for it."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Vessels told apart by all that groups ask of them."""

    of_target: NDArray[np.int64]
    """Cell of each target, (n_targets,); -1 for probes."""
    traffic_class: tuple[str, ...]
    """Traffic class of each cell."""
    flag: tuple[str, ...]
    """Flag of each cell, '' if it has none."""
    broadcasting: NDArray[np.bool_]
    """Whether the vessels of each cell transmit on AIS, (n_cells,)."""
    classes: tuple[str, ...]
    """All traffic classes of the fleet but that of the probes."""
    flags: tuple[str, ...]
    """All flags of the fleet."""

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.broadcasting)

    def total(self, per_target: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of integers (n_targets, ...) over the vessels of each cell, (n_cells, ...)."""
        sums = np.zeros((self.n_cells, *per_target.shape[1:]), np.int64)
        vessels = self.of_target >= 0
        np.add.at(sums, self.of_target[vessels], per_target[vessels])
        return sums


def cells(fleet: Fleet) -> Cells:
    """The cells of a fleet, in order of class, flag and AIS state."""
    vessels = fleet.targets.take(np.arange(fleet.n_vessels))
    begins_us = fleet.legs["t_from_us"][vessels["first_leg"]]
    is_broadcasting = fleet.ais_states(vessels["target"], begins_us) != AisState.SILENT
    keys = np.stack([vessels["traffic_class"], vessels["flag"], is_broadcasting], axis=1).astype(np.int64)
    found, number = np.unique(keys, axis=0, return_inverse=True)
    of_target = np.full(fleet.n_targets, -1, np.int64)
    of_target[: fleet.n_vessels] = number.reshape(-1)
    probes = set(fleet.targets["traffic_class"][fleet.n_vessels :].tolist())
    return Cells(
        of_target,
        tuple(fleet.classes[key[0]] for key in found),
        tuple(fleet.flags[key[1]] if key[1] >= 0 else "" for key in found),
        found[:, 2] != 0,
        tuple(name for number, name in enumerate(fleet.classes) if number not in probes),
        fleet.flags,
    )


def groups(cells: Cells, nation: str) -> Mapping[str, NDArray[np.bool_]]:
    """The cells of each group as ``nation`` sees them: name -> mask (n_cells,).

    ``all``, ``broadcasting``, ``not_broadcasting``, ``not_broadcasting_foreign`` (not transmitting and not
    flying the nation's own flag), ``class:<id>`` and ``flag:<XXX>``; a group may be empty.
    """
    own = np.array([flag == nation for flag in cells.flag], np.bool_)
    named = {
        "all": np.ones(cells.n_cells, np.bool_),
        "broadcasting": cells.broadcasting,
        "not_broadcasting": ~cells.broadcasting,
        "not_broadcasting_foreign": ~cells.broadcasting & ~own,
    }
    for name in cells.classes:
        named[f"class:{name}"] = np.array([other == name for other in cells.traffic_class], np.bool_)
    for name in cells.flags:
        named[f"flag:{name}"] = np.array([other == name for other in cells.flag], np.bool_)
    return named
