"""Names by which people call a target, and the targets that a name may mean.

Model: the name of a target is ``<stream>#<index>``: its source and its number in it, which stay the same
whatever other traffic there is and however long the run is (``fleet``). A target is also called by its dense
id in the replicate, by an identity that it broadcasts at any time (MMSI), or as the k-th vessel of its class
in order of ids, ``<class>#<k>`` from 0 on, where the class is not itself a stream.

Assumptions and limits: an MMSI may be sent by several vessels; then it names none of them alone.
Where next: ``study.explain`` looks vessels up.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.sphere import distance_m
from mda_sim.world.fleet import Fleet

MMSI_DIGITS: Final = 9
"""Digits of an MMSI (ITU-R M.585): a whole number of so many is taken for one."""

NAME_FORMS: Final = (
    "a target id, an MMSI of 9 digits, <stream>#<index> as in the picture of a node, or <class>#<k>"
)
"""What may be written in place of a vessel."""


def target_name(fleet: Fleet, target: int) -> str:
    """The name of a target."""
    row = fleet.targets
    return f"{fleet.streams[row['stream'][target]]}#{row['index'][target]}"


def targets_called(fleet: Fleet, name: str) -> NDArray[np.int64]:
    """Targets that a name means, in order: none, one, or several if it is the name of no one alone."""
    text = name.strip()
    if text.isascii() and text.isdecimal():
        return _by_number(fleet, text)
    source, mark, number = text.rpartition("#")
    if not mark or not (number.isascii() and number.isdecimal()):
        return np.zeros(0, np.int64)
    rows, index = fleet.targets, int(number)
    if source in fleet.streams:
        stream = fleet.streams.index(source)
        return np.flatnonzero((rows["stream"] == stream) & (rows["index"] == index))
    if source in fleet.classes:
        members = np.flatnonzero(rows["traffic_class"] == fleet.classes.index(source))
        return members[index : index + 1]
    return np.zeros(0, np.int64)


def nearest_probe(fleet: Fleet, lat_deg: float, lon_deg: float) -> tuple[int, float] | None:
    """The probe nearest to a place, the first of equals, and how far it is [m]; None without probes."""
    probes = np.arange(fleet.n_vessels, fleet.n_targets)
    if not len(probes):
        return None
    first_us = fleet.legs["t_from_us"][fleet.targets["first_leg"][probes]]
    far_m = distance_m(*fleet.positions(probes, first_us), lat_deg, lon_deg)
    nearest = int(np.argmin(far_m))
    return int(probes[nearest]), float(far_m[nearest])


def _by_number(fleet: Fleet, digits: str) -> NDArray[np.int64]:
    number = int(digits)
    if len(digits) == MMSI_DIGITS:
        sends = (fleet.broadcasts["mmsi"] == number) & (number > 0)  # who is silent sends 0
        return np.unique(fleet.broadcasts["target"][sends]).astype(np.int64)
    return np.array([number] if number < fleet.n_targets else [], np.int64)
