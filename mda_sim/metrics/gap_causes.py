"""What stands behind two answers of the gap split: which gates refuse, and in which stage the time goes.

Model: at a time whose answer is ``policy`` or ``latency`` several contacts of the vessel may give it. One of
them counts.

- ``policy``: the contact that the **fewest** gates stop; among those the newest. Its set of gates takes the
  time: one gate is the *sole* blocker, several are *joint*. A contact whose last copy had to be destroyed
  counts as stopped by one rule, and its time is told apart as *purged*. So the sole share of a gate is the
  time in which no other gate would have to open for the vessel to be answered otherwise, and joint is the
  time in which no gate alone can help, whichever contact one takes. Any other rule would count time as joint
  in which one gate would do.
- ``latency``: the contact that **arrives first**; among those that arrive together, or not by the end of the
  run, the one that was seen first. It ends the wait, so the stage in which it is at the moment is what the
  nation waits for. (The newest contact would not do: of a vessel under constant watch it is always in the
  first stage, however long the desk takes.)

Stages are those of ``latency``: ``product`` from the contact to t_ready, then ``feed``; on the first link
``case_forming``, ``desk_wait``, ``review``, ``elapsed``, ``link_wait`` and ``transmission``; ``consent`` on
any link; ``relay``: all else on later links. What a group brings is in ``product``. A part that is in flight
at the end of the run is on the route of ``under_way``, and stays in its last stage. A part of which all
copies were destroyed and another is to come waits for that one.

All in whole microseconds: the stages sum to the latency part, and the sets of gates with what was purged to
the policy part, of every group of vessels. ``gap_policy_<gate>_sole_fraction``, ``gap_policy_joint_fraction``
and ``gap_policy_purged_fraction`` add up to ``gap_policy_fraction``, ``gap_latency_<stage>_fraction`` to
``gap_latency_fraction``; ``gap_policy_<gate>_any_fraction`` counts the gate alone or with others.

Assumptions and limits: a set of gates is what the exchange wrote: all that failed, of the agreement that came
furthest, on the hop that counts (``sharing.exchange``). A sole gate that opens lets the part pass that
border; desk, link and further borders still follow: accounting, not value. A copy that is destroyed at the
instant of its receipt is no receipt.

Source: definitions of this program. Where next: ``node_figures``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, to_us
from mda_sim.metrics.fates import Fates
from mda_sim.metrics.figures import Figure, group_key
from mda_sim.metrics.gap_split import Answer, Split
from mda_sim.metrics.groups import Cells, by_group
from mda_sim.metrics.latency import STAGE_NAMES
from mda_sim.metrics.under_way import hops_under_way
from mda_sim.picture.awareness import PartHistory
from mda_sim.records import DeliveryLog, DetectionLog, Gate

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec

PURGED: Final = 2 * max(Gate).value
"""In place of a set of gates: the last copy had to be destroyed."""

STAGE_BOUNDS: Final = (
    "t_arrived_us",
    "t_case_us",
    "t_review_us",
    "t_reviewed_us",
    "t_released_us",
    "t_consented_us",
    "t_sent_us",
    "t_received_us",
)
"""Columns of `hops` between which stages lie, in the order of time."""


@dataclass(frozen=True, eq=False)
class Ways:
    """How each part comes, or is stopped, on its way to one picture node; arrays are by part if not said."""

    answer_before: NDArray[np.int8]
    """What ``answer_before_arrival`` gives, (n_parts,)."""
    gates: NDArray[np.int64]
    """Set of gates that refuse it, (n_parts,)."""
    forgotten_us: NDArray[np.int64]
    """When its last copy was destroyed, NEVER_US if it was not [us], (n_parts,)."""
    ready_us: NDArray[np.int64]
    """When the product of its sensor exists [us], (n_parts,)."""
    receipt_offsets: NDArray[np.int64]
    """First receipt of each part, and the number of receipts, (n_parts + 1,)."""
    receipt_us: NDArray[np.int64]
    """When each receipt is [us], (n_receipts,)."""
    receipt_hop: NDArray[np.int64]
    """Hop that brings each, ``BY_FEED`` or ``BY_GROUP``, (n_receipts,)."""
    under_way: NDArray[np.int64]
    """Hop of what comes by no receipt, ``ON_FEED`` if it was not offered, (n_parts,)."""
    hops: Table
    """The HOPS table."""


def ways(
    log: DetectionLog,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    received: Table,
    found: Fates,
    answer_before: NDArray[np.int8],
    forgotten_us: NDArray[np.int64],
) -> Ways:
    """The ways of all parts to the node of ``received``, a RECEIPTS table; ``found`` are its nation's fates.

    ShapeError if a part was refused by no gate.
    """
    under_way = hops_under_way(log, deliveries, sharing, found.outcome, str(received.meta["node"]))
    return Ways(
        answer_before,
        _refusing(found, answer_before),
        forgotten_us,
        log.reports["t_ready_us"][deliveries.parts["report"]],
        *_receipts(received, under_way),
        under_way,
        deliveries.hops,
    )


def _refusing(found: Fates, answer_before: NDArray[np.int8]) -> NDArray[np.int64]:
    """The set of gates of each part that gates refuse."""
    gates = found.gates.astype(np.int64)
    if ((gates == 0) | (gates >= PURGED))[answer_before == Answer.POLICY].any():
        raise ShapeError("a part that was refused must name the gates that refuse it")
    return gates


def _receipts(
    received: Table, under_way: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Offsets by part, times and hops of receipts; what is destroyed at once is ``under_way`` until then.

    Of several such copies of a part the last counts, since the part is forgotten only when that one is.
    """
    part, hop = received["part"], received["hop"]
    is_held = received["t_purged_us"] > received["t_received_us"]
    vain = np.flatnonzero(~is_held)
    under_way[part[vain]] = hop[vain]  # rows rise in time within a part: the last one stays
    offsets = np.searchsorted(part[is_held], np.arange(len(under_way) + 1)).astype(np.int64)
    return offsets, received["t_received_us"][is_held], hop[is_held]


class Causes(NamedTuple):
    """What the time under two answers is made of, by cell of vessels."""

    stage_us: NDArray[np.int64]
    """Time in each stage while the answer is ``latency`` [us], (n_cells, 10)."""
    mask_us: NDArray[np.int64]
    """Time under each set of gates while the answer is ``policy`` [us], (n_cells, PURGED + 1)."""


def causes(known: Ways, contacts: PartHistory, found: Split, age_s: float, cells: Cells) -> Causes:
    """What the spans of a split are made of; ``contacts`` and the window ``age_s`` are those of the split."""
    from mda_sim.metrics.gap_causes_kernels import fill_causes

    stage_us = np.zeros((cells.n_cells, len(STAGE_NAMES)), np.int64)
    mask_us = np.zeros((cells.n_cells, PURGED + 1), np.int64)
    fill_causes(
        found.spans,
        cells.of_subject,
        contacts.offsets,
        contacts.part,
        contacts.t_observed_us,
        known.answer_before,
        known.forgotten_us,
        known.gates,
        PURGED,
        known.ready_us,
        known.receipt_offsets,
        known.receipt_us,
        known.receipt_hop,
        known.under_way,
        known.hops["source"],
        tuple(known.hops[name] for name in STAGE_BOUNDS),
        to_us(age_s),
        NEVER_US,
        stage_us,
        mask_us,
    )
    return Causes(stage_us, mask_us)


def cause_figures(
    found: Causes,
    scored_us: NDArray[np.int64],
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    zone: str = "",
) -> list[Figure]:
    """Shares of the scored time by stage and by gate, of every group of vessels in one zone.

    ``scored_us`` (n_subjects,) is all scored time, ``members`` is ``groups(cells, nation)``.
    """
    told = np.concatenate(
        [found.stage_us, found.mask_us @ _mask_columns(), cells.total(scored_us)[:, None]], axis=1
    )
    vessels = cells.n_vessels(scored_us, members)
    figures = []
    for name, (*times, whole) in zip(members, by_group(members, told).tolist(), strict=True):
        group, n = group_key(name, zone), vessels[name]
        figures += [
            Figure(metric, group, us / whole if whole else math.nan, "1", n)
            for metric, us in zip(CAUSE_METRICS, times, strict=True)
        ]
    return figures


CAUSE_METRICS: Final = (
    *(f"gap_latency_{stage}_fraction" for stage in STAGE_NAMES),
    *(f"gap_policy_{str(gate.name).lower()}_sole_fraction" for gate in Gate),
    "gap_policy_joint_fraction",
    "gap_policy_purged_fraction",
    *(f"gap_policy_{str(gate.name).lower()}_any_fraction" for gate in Gate),
)
"""Figures of the stages and gates, in the order in which ``cause_figures`` gives them."""


@lru_cache(maxsize=1)
def _mask_columns() -> NDArray[np.int64]:
    """Which sets of gates each figure of gates adds up, (PURGED + 1, 12)."""
    sets = np.arange(PURGED + 1)[:, None]
    bits = np.array([gate.value for gate in Gate])
    is_joint = (sets < PURGED) & (((sets & bits) != 0).sum(axis=1, keepdims=True) > 1)
    columns = [sets == bits, is_joint, sets == PURGED, ((sets & bits) != 0) & (sets < PURGED)]
    return np.concatenate(columns, axis=1).astype(np.int64)
