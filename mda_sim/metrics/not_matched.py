"""Not matched to AIS: how long a vessel that does not broadcast stays unrecognised as such.

Model: a **silent stay** begins when a vessel that does not broadcast enters the scored area (or zone), or
falls silent in it, and ends in one of three ways: with the receipt at the node of a first contact that is
**not matched to AIS**; by leaving or broadcasting again (competing events: it will not be recognised in this
stay); or with the scored time (censored). A contact is not matched if

    its sensor is not an AIS receiver (radar, SAR, optical, night light, RF),
    it was observed within the stay,
    and when it was received the node had received no AIS contact of the vessel observed within
    ``metrics.ais_match_window_s`` of it, before or after.

``not_matched_fraction_6h``, ``_24h`` and ``_72h`` are the cumulative incidence of that receipt by these times
after the beginning, by Aalen and Johansen (``incidence.py``); ``not_matched_p50_s`` is the Kaplan-Meier
median of the time to it, with stays that ended otherwise censored: how long it would take if no vessel left;
NaN if the survivor function never falls to one half. The raw counts are ``not_matched_received_count`` and
``not_matched_ended_count`` (left, or broadcasting again); n is the number of silent stays.

Boundary rule: stays are half-open, so a receipt at the instant of leaving comes too late. A stay under way at
the start of scoring has no beginning and is left out, and so is one of no duration. A vessel that leaves and
comes back, or is silent again, begins a new stay, whatever was known of it before: each asks anew.

Assumptions and limits: perfect association: an AIS contact is matched to its own vessel whatever identity and
place it sends, and no other vessel's AIS is ever taken for it. The window, one hour unless stated, is an
assumption. AIS contacts that come after the contact do not undo the recognition. **A node that receives no
AIS matches nothing**: every radar contact counts, and sharing AIS with it lowers the figure, though it knows
more. Compare nations only where both receive AIS of the area. Any error and age at receipt count, and what is
destroyed later counts as received. **Not matched to AIS is not the same as illegal**: many vessels need not
carry AIS, and a set out of range of every receiver is silent too. Figures stand under ``not_broadcasting``,
``not_broadcasting_foreign``, classes, and what an endpoint names: ``node_figures``.

Source: O. O. Aalen, S. Johansen (1978) and E. L. Kaplan, P. Meier (1958), as in ``incidence`` and
``latency``. Where next: ``node_figures``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_S, Timeline, to_us
from mda_sim.metrics.figures import Figure, group_key, metric_key
from mda_sim.metrics.groups import Cells, rows_by_group
from mda_sim.metrics.incidence import HORIZONS_S, Visits, incidences
from mda_sim.metrics.latency import survivor_quantiles
from mda_sim.metrics.spec import age_label
from mda_sim.picture.awareness import PartHistory
from mda_sim.picture.receipts import is_first
from mda_sim.records import DeliveryLog, DetectionLog


def first_receipt_us(received: Table, n_parts: int) -> NDArray[np.int64]:
    """When each part came first [us], (n_parts,), NEVER_US if it did not; ``received``: RECEIPTS table."""
    came_us = np.full(n_parts, NEVER_US, np.int64)
    first = is_first(received["part"])
    came_us[received["part"][first]] = received["t_received_us"][first]
    return came_us


def silent_visits(
    contacts: PartHistory,
    came_us: NDArray[np.int64],
    is_ais: NDArray[np.bool_],
    silent: Table,
    timeline: Timeline,
    window_us: int,
) -> Visits:
    """How every silent stay that counts ended, by duration.

    ``came_us`` and ``is_ais`` (n_parts,) say when each part came first, and whether an AIS receiver made it;
    ``silent`` is the SCORED table of silent stays, those of warm-up included.
    """
    from mda_sim.metrics.not_matched_kernels import LEFT, RECEIVED, fill_silent_visits

    found = np.empty((3, len(silent)), np.int64)
    n = fill_silent_visits(
        silent["target"],
        silent["subject"],
        silent["t_from_us"],
        silent["t_to_us"],
        contacts.offsets,
        contacts.part,
        contacts.t_observed_us,
        came_us,
        is_ais,
        timeline.score_from_us,
        timeline.score_to_us,
        window_us,
        *found,
    )
    order = np.argsort(found[1, :n], kind="stable")
    subject, lasted_us, ended = found[:, :n][:, order]
    return Visits(subject, lasted_us, ended == RECEIVED, ended == LEFT)


def not_matched_visits(
    log: DetectionLog,
    deliveries: DeliveryLog,
    contacts: PartHistory,
    received: Table,
    silent: Mapping[str, Table],
    timeline: Timeline,
    window_s: float,
    operators: Collection[str] | None = None,
) -> dict[str, Visits]:
    """``silent_visits`` of every zone for the node whose receipts are ``received`` (a RECEIPTS table).

    ``operators`` keeps only parts that these parties originated.
    """
    sensor = log.reports["sensor"][deliveries.parts["report"]]
    is_ais = np.array([card.category == "ais" for card in log.sensors], np.bool_)[sensor]
    came_us = first_receipt_us(received, len(deliveries.parts))
    if operators is not None:
        operated = np.array([card.operator in operators for card in log.sensors], np.bool_)
        came_us = np.where(operated[sensor], came_us, NEVER_US)
    return {
        zone: silent_visits(contacts, came_us, is_ais, stays, timeline, to_us(window_s))
        for zone, stays in silent.items()
    }


def not_matched_figures(
    found: Visits,
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    zone: str = "",
    picture: str = "",
) -> list[Figure]:
    """Recognition of every group of vessels in one zone; of those that broadcast there are no stays.

    ``members`` is ``groups(cells, nation)``.
    """
    cell = cells.of_subject[found.subject]
    by_us = [to_us(horizon_s) for horizon_s in HORIZONS_S]
    names = [metric_key("not_matched_fraction", picture, age_label(h)) for h in HORIZONS_S]
    keys = [metric_key("not_matched", picture, f) for f in ("p50_s", "received_count", "ended_count")]
    groups = rows_by_group(members, cell)
    shares = incidences(found.lasted_us, found.received, found.left, groups, by_us)
    ones = np.ones(len(cell))
    figures = []
    for name, rows, of_group in zip(members, groups, shares, strict=True):
        group, n = group_key(name, zone), len(rows)
        (p50_us,) = survivor_quantiles(found.lasted_us, ones, found.received, rows, (0.5,))
        figures += [Figure(key, group, share, "1", n) for key, share in zip(names, of_group, strict=True)]
        figures += [
            Figure(keys[0], group, p50_us / US_PER_S, "s", n),
            Figure(keys[1], group, float(found.received[rows].sum()), "count", n),
            Figure(keys[2], group, float(found.left[rows].sum()), "count", n),
        ]
    return figures
