"""What a node knows of each target: when its picture became fresher, and by which observation.

Model: a contact is an observation of its target at t = t_observed of its report - dt. Received at a node, it
makes the picture of the target fresher if it is newer than every observation that the node received before,
or with it. So at any time the picture holds max{t_observed : t_received <= t}, and a late older report
changes nothing. Observed at one time by several sensors: the one first received counts, then the smaller
error, then the lower report number.

Assumptions and limits: perfect association (a contact is always laid to its own target); nothing is
forgotten. The position error of a contact is that of its sensor.

Source: the freshness of what a receiver knows is the age of information of S. Kaul, R. Yates, M. Gruteser,
"Real-time status: How often should one update?", IEEE INFOCOM 2012, pp. 2731-2735,
doi:10.1109/INFCOM.2012.6195689. Where next: ``metrics`` integrates these steps in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.records import AWARENESS, DetectionLog


@dataclass(frozen=True, eq=False)
class History:
    """All contacts of one detection log in order of target, then time: made once, read by every picture."""

    offsets: NDArray[np.int64]
    """First row of each target, and the number of rows, (n_targets + 1,)."""
    report: NDArray[np.uint32]
    """Report of each contact, (n_contacts,)."""
    t_observed_us: NDArray[np.int64]
    """When each contact saw its target [us], (n_contacts,); rises within a target."""


def history(log: DetectionLog) -> History:
    """Order the contacts of a log by target and time; at one time the best (least error) comes last."""
    from mda_sim.picture.awareness_kernels import scatter_by_target, sort_by_time

    contacts, reports = log.contacts, log.reports
    counts = np.bincount(contacts["target"], minlength=log.n_targets).astype(np.int64)
    if len(counts) > log.n_targets:
        raise ShapeError(f"a contact names target {len(counts) - 1} of a log of {log.n_targets} targets")
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    report = np.empty(len(contacts), np.uint32)
    observed_us = np.empty(len(contacts), np.int64)
    by_time = np.argsort(reports["t_observed_us"], kind="stable")
    scatter_by_target(
        by_time,
        reports["first"].astype(np.int64),
        reports["count"].astype(np.int64),
        reports["t_observed_us"],
        contacts["target"],
        contacts["dt_us"],
        offsets[:-1].copy(),
        report,
        observed_us,
    )
    sort_by_time(offsets, _rank(log), report, observed_us)
    return History(offsets, report, observed_us)


def awareness(
    log: DetectionLog,
    received: Table,
    *,
    contacts: History | None = None,
    operator: str | None = None,
    error_max_m: float = math.inf,
) -> Table:
    """The AWARENESS table of the node whose receipts are ``received`` (a RECEIPTS table).

    ``operator`` keeps only reports that this nation originated (the organic picture), ``error_max_m`` only
    those of sensors whose position error is at most that [m, 1 sigma]. ``contacts`` is ``history(log)``, if
    the caller has it.
    """
    from mda_sim.picture.awareness_kernels import fill_fresher, mark_fresher

    known = contacts if contacts is not None else history(log)
    t_received_us = _receipt_of_report(log, received, operator, error_max_m)
    fresher = np.zeros(len(known.report), np.bool_)
    picture = (known.offsets, known.report, known.t_observed_us, t_received_us)
    n = mark_fresher(*picture, NEVER_US, fresher)
    columns = {column.name: np.empty(n, column.dtype) for column in AWARENESS.columns}
    error_m = _error_m(log).astype(np.float32)[log.reports["sensor"]]
    fill_fresher(*picture, error_m, fresher, *(columns[column.name] for column in AWARENESS.columns))
    return Table.of(AWARENESS, columns, dict(received.meta))


def _receipt_of_report(
    log: DetectionLog, received: Table, operator: str | None, error_max_m: float
) -> NDArray[np.int64]:
    """When each report that counts was received [us], (n_reports,); NEVER_US for the others."""
    counts = np.array(
        [operator in (None, card.operator) and card.error_m <= error_max_m for card in log.sensors], np.bool_
    )
    t_received_us = np.full(len(log.reports), NEVER_US, np.int64)
    report = received["report"]
    chosen = counts[log.reports["sensor"][report]] if len(report) else np.zeros(0, np.bool_)
    t_received_us[report[chosen]] = received["t_received_us"][chosen]
    return t_received_us


def _rank(log: DetectionLog) -> NDArray[np.int64]:
    """Order of reports of one observation time, (n_reports,): higher for less error, then a lower number."""
    error_m = _error_m(log)[log.reports["sensor"]]
    order = np.lexsort((-log.reports["report"].astype(np.int64), -error_m))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _error_m(log: DetectionLog) -> NDArray[np.float64]:
    """Position error of each sensor [m], (n_sensors,)."""
    return np.array([card.error_m for card in log.sensors], np.float64)
