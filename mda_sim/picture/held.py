"""What a node holds at an instant: of each part the copy that counts, of each target the newest observation.

Model: a copy is held from its receipt on until it is destroyed, [t_received, t_purged). Of the copies of one
part that are held the first received counts, then the one of the smaller error. Of the contacts of a target
whose part is held the newest counts; of those of one time the one whose copy was received first, then the one
of the smaller error, then that of the lower part. This is the rule of ``awareness``, asked at one instant
instead of over all time, so a step of an AWARENESS table that holds at t and this agree.

Assumptions and limits: those of ``awareness``. Where next: ``snapshot`` and ``metrics.story``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.picture.awareness import PartHistory
from mda_sim.picture.receipts import is_first

NONE_HELD = -1
"""In place of a receipt or contact: none is held."""


def copies_at(
    received: Table,
    error_m: NDArray[np.float64],
    n_parts: int,
    at_us: int,
    counts: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Row of ``received`` of the copy that counts of each part at ``at_us``, (n_parts,); else ``NONE_HELD``.

    ``received`` is a RECEIPTS table, ``error_m`` (n_receipts,) the position error of its copies, ``counts``
    (n_receipts,) says which may count; None: all.
    """
    held = (received["t_received_us"] <= at_us) & (at_us < received["t_purged_us"])
    rows = np.flatnonzero(held if counts is None else held & counts)
    best_first = rows[
        np.lexsort(
            (error_m[rows].astype(np.float32), received["t_received_us"][rows], received["part"][rows])
        )
    ]
    first = best_first[is_first(received["part"][best_first])]
    found = np.full(n_parts, NONE_HELD, np.int64)
    found[received["part"][first]] = first
    return found


def newest_at(
    known: PartHistory,
    received: Table,
    error_m: NDArray[np.float64],
    copy: NDArray[np.int64],
    *,
    only_true: bool = False,
) -> NDArray[np.int64]:
    """Row of ``known`` of the observation that counts of each target, (n_targets,); else ``NONE_HELD``.

    ``copy`` is ``copies_at``. ``only_true`` leaves out contacts that are false.
    """
    is_held = copy[known.part] != NONE_HELD
    if only_true and known.is_false is not None:
        is_held &= ~known.is_false
    rows = np.flatnonzero(is_held)
    target = targets_of(known)[rows]
    of = copy[known.part[rows]]
    best_first = np.lexsort(
        (
            known.part[rows],
            error_m[of].astype(np.float32),
            received["t_received_us"][of],
            -known.t_observed_us[rows],
            target,
        )
    )
    first = best_first[is_first(target[best_first])]
    found = np.full(len(known.offsets) - 1, NONE_HELD, np.int64)
    found[target[first]] = rows[first]
    return found


def targets_of(known: PartHistory) -> NDArray[np.int64]:
    """Target of each row of a history, (n_contacts,)."""
    return np.repeat(np.arange(len(known.offsets) - 1), np.diff(known.offsets))
