"""Which targets, and which of their time, a figure is about.

Model: subjects (a vessel in one AIS state) that agree in traffic class, flag, nation that they sail to and
AIS state form a **cell**; every group is a union of cells, so sums are made once per cell and groups only add
them up. A figure weighs each vessel by its time inside the scored area (and the zone), [score_from, score_to)
of the timeline; vessels there at the start count. Groups by AIS state hold the time in that state: a vessel
that falls silent goes on in another group, and is counted once in a group that holds both.

Boundary rule: a scored interval is half-open, [from, to); an observation received at an instant is held from
that instant on.

Assumptions and limits: intervals inside a region are those of ``world.inside.inside_intervals``: exact to
1 s, and an excursion shorter than its step can be missed. Time in which a target is absent is not scored.

Where next: ``frame.py`` holds the scored time of one replicate, every other module here sums over it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.subjects import Subjects
from mda_sim.world.fleet import Fleet

AIS_GROUPS: Final = ("all", "broadcasting", "not_broadcasting", "not_broadcasting_foreign")
"""Groups by AIS state: scored in the whole area and in every zone. The others are scored in the whole area,
and in a zone where a primary endpoint asks for it."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Subjects told apart by all that groups ask of them."""

    of_subject: NDArray[np.int64]
    """Cell of each subject, (n_subjects,); -1 for probes."""
    twins: NDArray[np.int64]
    """Subjects of each vessel that has two, (n, 2)."""
    traffic_class: tuple[str, ...]
    """Traffic class of each cell."""
    flag: tuple[str, ...]
    """Flag of each cell, '' if it has none."""
    bound_for: tuple[str, ...]
    """Nation that vessels of each cell sail to, '' if it is none that is told apart."""
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

    @property
    def n_subjects(self) -> int:
        """Number of subjects, at least that of targets."""
        return len(self.of_subject)

    def total(self, per_subject: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of integers (n_subjects, ...) over the vessels of each cell, (n_cells, ...)."""
        sums = np.zeros((self.n_cells, *per_subject.shape[1:]), np.int64)
        subjects, begins = self._by_cell
        if len(subjects):
            filled = self.of_subject[subjects[begins]]
            sums[filled] = np.add.reduceat(per_subject[subjects], begins, axis=0)
        return sums

    @cached_property
    def _by_cell(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Subjects that are vessels in order of cell, and where each cell that has any begins among them."""
        order = np.argsort(self.of_subject, kind="stable")
        order = order[self.of_subject[order] >= 0]
        cell = self.of_subject[order]
        return order, np.flatnonzero(np.append(True, cell[1:] != cell[:-1])[: len(cell)])

    def n_vessels(
        self, scored_us: NDArray[np.int64], members: Mapping[str, NDArray[np.bool_]]
    ) -> Mapping[str, int]:
        """Number of vessels with scored time in each group; one in both AIS states counts once.

        ``scored_us`` (n_subjects,) is the time of each subject, ``members`` is ``groups(cells, nation)``.
        """
        counts = self.total((scored_us > 0).astype(np.int64))
        both = self.of_subject[self.twins[(scored_us[self.twins] > 0).all(axis=1)]]
        return {
            name: int(counts[mask].sum()) - int((mask[both[:, 0]] & mask[both[:, 1]]).sum())
            for name, mask in members.items()
        }


def by_group(members: Mapping[str, NDArray[np.bool_]], per_cell: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of integers (n_cells, n) over the cells of each group, (n_groups, n), in order of ``members``."""
    masks = np.array(list(members.values()), np.int64).reshape(len(members), len(per_cell))
    return np.asarray(masks @ per_cell)


def cells(fleet: Fleet, known: Subjects, nations: Collection[str] = ()) -> Cells:
    """The cells of a fleet, in order of class, flag, nation bound for and AIS state.

    ``nations``: those whose bound vessels are told apart.
    """
    is_vessel = known.target < fleet.n_vessels
    target = known.target[is_vessel]
    told = np.array([-1, *(k if name in nations else -1 for k, name in enumerate(fleet.destinations))])
    columns = [fleet.targets[name][target].astype(np.int64) for name in ("traffic_class", "flag")]
    columns += [told[fleet.targets["bound_for"][target].astype(np.int64) + 1]]
    keys = np.stack([*columns, known.is_broadcasting[is_vessel].astype(np.int64)], axis=1)
    found, number = np.unique(keys, axis=0, return_inverse=True)
    of_subject = np.full(len(known.target), -1, np.int64)
    of_subject[is_vessel] = number.reshape(-1)
    twice = np.flatnonzero(known.other != np.arange(fleet.n_targets))
    probes = set(fleet.targets["traffic_class"][fleet.n_vessels :].tolist())
    return Cells(
        of_subject,
        np.stack([twice, known.other[twice]], axis=1),
        tuple(fleet.classes[key[0]] for key in found),
        tuple(fleet.flags[key[1]] if key[1] >= 0 else "" for key in found),
        tuple(fleet.destinations[key[2]] if key[2] >= 0 else "" for key in found),
        found[:, 3] != 0,
        tuple(name for number, name in enumerate(fleet.classes) if number not in probes),
        fleet.flags,
    )


def groups(cells: Cells, nation: str) -> Mapping[str, NDArray[np.bool_]]:
    """The cells of each group as ``nation`` sees them: name -> mask (n_cells,).

    ``all``, ``broadcasting``, ``not_broadcasting``, ``not_broadcasting_foreign`` (not transmitting and not
    flying the nation's own flag), ``class:<id>``, ``flag:<XXX>`` and ``bound:<XXX>`` (sailing to a port of a
    nation, of those that are told apart and have any); a group may be empty.
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
    for name in sorted(set(cells.bound_for) - {""}):
        named[f"bound:{name}"] = np.array([other == name for other in cells.bound_for], np.bool_)
    return named
