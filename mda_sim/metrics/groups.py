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

from collections.abc import Collection, Iterable, Mapping
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


class Members(dict[str, NDArray[np.bool_]]):
    """The cells of each group, name -> mask (n_cells,), as ``groups`` gives them; not to be changed."""

    @classmethod
    def of(cls, members: Mapping[str, NDArray[np.bool_]]) -> Members:
        """These groups."""
        return members if isinstance(members, cls) else cls(members)

    @cached_property
    def matrix(self) -> NDArray[np.bool_]:
        """All masks, (n_groups, n_cells)."""
        return np.array(list(self.values()), np.bool_) if self else np.zeros((0, 0), np.bool_)

    @cached_property
    def _chosen(self) -> dict[tuple[str, ...], Members]:
        return {}

    @cached_property
    def counted(self) -> dict[int, tuple[NDArray[np.int64], Mapping[str, int]]]:
        """``Cells.n_vessels`` of arrays that cannot be written to, with the array, by its ``id``."""
        return {}

    def only(self, names: Iterable[str]) -> Members:
        """Those of the groups that are named, in the order of the names; made once."""
        wanted = tuple(names)
        if wanted == tuple(self):
            return self
        if wanted not in self._chosen:
            self._chosen[wanted] = Members({name: self[name] for name in wanted})
        return self._chosen[wanted]


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
        from mda_sim.metrics.groups_kernels import add_to_cells

        sums = np.zeros((self.n_cells, *per_subject.shape[1:]), np.int64)
        if self.n_cells:
            wide = np.ascontiguousarray(per_subject).reshape(len(per_subject), -1)
            add_to_cells(self.of_subject, wide, sums.reshape(self.n_cells, -1))
        return sums

    @cached_property
    def seen_by(self) -> dict[str, Members]:
        """``groups`` of these cells by nation, as far as they were asked for."""
        return {}

    def n_vessels(
        self, scored_us: NDArray[np.int64], members: Mapping[str, NDArray[np.bool_]]
    ) -> Mapping[str, int]:
        """Number of vessels with scored time in each group; one in both AIS states counts once.

        ``scored_us`` (n_subjects,) is the time of each subject, ``members`` is ``groups(cells, nation)``.
        """
        whose = Members.of(members)
        if not whose:
            return {}
        known = whose.counted.get(id(scored_us))
        if known is not None:
            return known[1]
        counts = by_group(whose, self.total((scored_us > 0).astype(np.int64))[:, None])[:, 0]
        both = self.of_subject[self.twins[(scored_us[self.twins] > 0).all(axis=1)]]
        pairs, times = np.unique(both, axis=0, return_counts=True)
        twice = (whose.matrix[:, pairs[:, 0]] & whose.matrix[:, pairs[:, 1]]) @ times
        found = dict(zip(whose, (counts - twice).tolist(), strict=True))
        if not scored_us.flags.writeable:
            whose.counted[id(scored_us)] = scored_us, found
        return found


def by_group(members: Mapping[str, NDArray[np.bool_]], per_cell: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of integers (n_cells, n) over the cells of each group, (n_groups, n), in order of ``members``."""
    from mda_sim.metrics.groups_kernels import add_to_groups

    sums = np.zeros((len(members), per_cell.shape[1]), np.int64)
    if sums.size and len(per_cell):
        add_to_groups(Members.of(members).matrix, np.ascontiguousarray(per_cell), sums)
    return sums


def rows_by_group(
    members: Mapping[str, NDArray[np.bool_]], cell: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Rows whose cell is in each group, rising, in order of ``members``; ``cell`` is (n,), -1 for none."""
    from mda_sim.metrics.groups_kernels import fill_group_rows

    masks = Members.of(members).matrix
    if not masks.size or not len(cell):
        return [np.zeros(0, np.int64) for _ in members]
    in_cell = np.bincount(cell[cell >= 0], minlength=masks.shape[1])
    offsets = np.append(0, np.cumsum(masks @ in_cell)).astype(np.int64)
    rows = np.empty(offsets[-1], np.int64)
    fill_group_rows(masks, cell, offsets, rows)
    return np.split(rows, offsets[1:-1])


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


def groups(cells: Cells, nation: str) -> Members:
    """The cells of each group as ``nation`` sees them: name -> mask (n_cells,).

    ``all``, ``broadcasting``, ``not_broadcasting``, ``not_broadcasting_foreign`` (not transmitting and not
    flying the nation's own flag), ``class:<id>``, ``flag:<XXX>`` and ``bound:<XXX>`` (sailing to a port of a
    nation, of those that are told apart and have any); a group may be empty.
    """
    if nation not in cells.seen_by:
        cells.seen_by[nation] = _groups(cells, nation)
    return cells.seen_by[nation]


def _groups(cells: Cells, nation: str) -> Members:
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
    return Members(named)
