"""What a node knows of each target: when its picture became fresher, and by which observation.

Model: a contact is an observation of its target at t = t_observed of its report - dt. The position error of a
copy of it is hypot(error of the sensor, what sanitising put on the copy), both 1 sigma and independent. The
picture receives a contact with the first receipt of its part; under a bound on the error, with the first
receipt whose error is within the bound, so that a precise copy heals a coarse one from its own receipt on.
Received, the contact makes the picture of the target fresher if it is newer than every observation received
before, or with it. So at any time the picture holds max{t_observed : t_received <= t}, and a late older
report changes nothing. Of observations of one time the first received counts, then the smaller error of the
copies received, then the lower number of the part (of the report, which is the same: a report holds a target
once).

Where the node has to destroy copies, each of them is held over [t_received, t_purged) only, and the picture
holds the best observation, in that same order, of the copies held at the time: when the newest is destroyed
it falls back to the next, which may be the same observation in another copy, or to none (``NOTHING_US``).

Assumptions and limits: perfect association (a contact is always laid to its own target, whatever identity it
broadcasts); what was destroyed is forgotten at once, with all that was derived from it. An observation keeps
the error of the receipt that it counts by; later, less coarse copies of it change only pictures with a bound.

Source: the freshness of what a receiver knows is the age of information of S. Kaul, R. Yates, M. Gruteser,
"Real-time status: How often should one update?", IEEE INFOCOM 2012, pp. 2731-2735,
doi:10.1109/INFCOM.2012.6195689. Where next: ``metrics`` integrates these steps in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.geo.coast_index import ragged
from mda_sim.picture.newest import NONE, newest_under_way
from mda_sim.picture.receipts import is_first
from mda_sim.records import AWARENESS, NO_REPORT, NO_TARGET, NOTHING_US, DeliveryLog, DetectionLog


@dataclass(frozen=True, eq=False)
class History:
    """All contacts with a target of one detection log in order of target, then time: made once for all
    configurations. False contacts have none and are left out.
    """

    n_logged: int
    """Number of rows of `contacts`, false ones included."""

    offsets: NDArray[np.int64]
    """First row of each target, and the number of rows, (n_targets + 1,)."""
    contact: NDArray[np.uint32]
    """Row of `contacts`, (n_contacts,); at one time in order of t_observed, then number, of their reports."""
    t_observed_us: NDArray[np.int64]
    """When each contact saw its target [us], (n_contacts,); rises within a target."""
    is_false: NDArray[np.bool_] | None = None
    """Whether what each contact says is too far from the truth, (n_contacts,); None if none can be."""

    def by_part(self, deliveries: DeliveryLog) -> PartHistory:
        """The history of one configuration; ShapeError if its deliveries have another number of contacts."""
        n_contacts = len(deliveries.contact_part)
        if n_contacts != self.n_logged:
            raise ShapeError(f"the deliveries are of {n_contacts} contacts, the log of {self.n_logged}")
        part = deliveries.contact_part[self.contact]
        return PartHistory(self.offsets, part, self.t_observed_us, self.is_false)


@dataclass(frozen=True, eq=False)
class PartHistory:
    """A history with the part in which each contact travels: one configuration, read by every picture."""

    offsets: NDArray[np.int64]
    """First row of each target, and the number of rows, (n_targets + 1,)."""
    part: NDArray[np.uint32]
    """Part that each contact belongs to, (n_contacts,)."""
    t_observed_us: NDArray[np.int64]
    """When each contact saw its target [us], (n_contacts,); rises within a target."""
    is_false: NDArray[np.bool_] | None = None
    """Whether each contact is false, (n_contacts,); None if none can be."""

    def of_targets(self, first: int, past: int) -> PartHistory:
        """The history of the targets [first, past), numbered from 0; it shares this one's memory."""
        rows = slice(int(self.offsets[first]), int(self.offsets[past]))
        return PartHistory(
            self.offsets[first : past + 1] - self.offsets[first],
            self.part[rows],
            self.t_observed_us[rows],
            None if self.is_false is None else self.is_false[rows],
        )


MakePicture = Callable[[PartHistory], Table]
"""Makes a picture, an AWARENESS table, of the contacts of all targets or of some."""


def history(log: DetectionLog, is_false: NDArray[np.bool_] | None = None) -> History:
    """Order the contacts of a log by target and time; ``is_false`` (n_contacts,) is by row of `contacts`."""
    from mda_sim.picture.awareness_kernels import count_by_target, scatter_by_target, sort_by_time

    contacts, reports = log.contacts, log.reports
    counts = np.zeros(log.n_targets, np.int64)
    unknown = count_by_target(contacts["target"], NO_TARGET, counts)
    if unknown >= 0:
        raise ShapeError(f"a contact names target {unknown} of a log of {log.n_targets} targets")
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    contact = np.empty(offsets[-1], np.uint32)
    observed_us = np.empty(offsets[-1], np.int64)
    by_time = np.argsort(reports["t_observed_us"], kind="stable")
    scatter_by_target(
        by_time,
        reports["first"].astype(np.int64),
        reports["count"].astype(np.int64),
        reports["t_observed_us"],
        contacts["target"],
        contacts["dt_us"],
        NO_TARGET,
        offsets[:-1].copy(),
        contact,
        observed_us,
    )
    sort_by_time(offsets, contact, observed_us)
    false = None if is_false is None else is_false[contact]
    return History(len(contacts), offsets, contact, observed_us, false)


def awareness(
    log: DetectionLog,
    deliveries: DeliveryLog,
    received: Table,
    *,
    contacts: PartHistory | None = None,
    operators: Collection[str] | None = None,
    error_max_m: float = math.inf,
    only_true: bool = False,
    errors_m: NDArray[np.float64] | None = None,
) -> Table:
    """The AWARENESS table of the node whose receipts are ``received`` (a RECEIPTS table).

    ``operators`` keeps only parts that these parties originated (the nation itself: the organic picture),
    ``error_max_m`` only receipts with a position error of at most that [m, 1 sigma], ``only_true`` only
    contacts that are not false. ``contacts`` is ``history(log).by_part(deliveries)`` and ``errors_m`` is
    ``received_error_m``, if the caller has them.
    """
    known = contacts if contacts is not None else history(log).by_part(deliveries)
    return picture_of(
        log,
        deliveries,
        received,
        operators=operators,
        error_max_m=error_max_m,
        only_true=only_true,
        errors_m=errors_m,
    )(known)


def picture_of(
    log: DetectionLog,
    deliveries: DeliveryLog,
    received: Table,
    *,
    operators: Collection[str] | None = None,
    error_max_m: float = math.inf,
    only_true: bool = False,
    errors_m: NDArray[np.float64] | None = None,
) -> MakePicture:
    """What makes the table of ``awareness`` of a history, that of all targets or of some of them."""
    error_m = received_error_m(log, deliveries, received) if errors_m is None else errors_m
    counts = error_m <= error_max_m
    if operators is not None:
        operated = np.array([card.operator in operators for card in log.sensors], np.bool_)
        counts &= operated[_sensor(log, deliveries, received)]
    rows = np.flatnonzero(counts)
    if (received["t_purged_us"][rows] < NEVER_US).any():
        return partial(_with_purges, deliveries, received, rows, error_m, only_true)
    n_parts = len(deliveries.parts)
    # What is not received travels in a part of its own, numbered after all others.
    t_received_us, first_error_m = np.full(n_parts + 1, NEVER_US, np.int64), np.zeros(n_parts + 1, np.float32)
    first = rows[is_first(received["part"][rows])]
    t_received_us[received["part"][first]] = received["t_received_us"][first]
    first_error_m[received["part"][first]] = error_m[first]
    return partial(_without_purges, deliveries, received, t_received_us, first_error_m, only_true)


def received_error_m(log: DetectionLog, deliveries: DeliveryLog, received: Table) -> NDArray[np.float64]:
    """Position error of the copy of each receipt, 1 sigma [m], (n_receipts,)."""
    sensor_m = np.array([card.error_m for card in log.sensors], np.float64)
    error_m = sensor_m[_sensor(log, deliveries, received)]
    coarse = np.flatnonzero(received["coarsened_m"])
    error_m[coarse] = np.hypot(error_m[coarse], received["coarsened_m"][coarse].astype(np.float64))
    return error_m


def _without_purges(
    deliveries: DeliveryLog,
    received: Table,
    t_received_us: NDArray[np.int64],
    error_m: NDArray[np.float32],
    only_true: bool,
    known: PartHistory,
) -> Table:
    """The picture of receipts for good, of which the first of each part counts.

    ``t_received_us`` and ``error_m`` (n_parts + 1,) are by part, the last for what is never received.
    """
    from mda_sim.picture.awareness_kernels import fill_fresher

    part = known.part
    if only_true and known.is_false is not None:
        part = np.where(known.is_false, np.uint32(len(t_received_us) - 1), part)
    columns = {column.name: np.empty(len(part), column.dtype) for column in AWARENESS.columns}
    first_row = fill_fresher(
        known.offsets,
        part,
        known.t_observed_us,
        t_received_us,
        error_m,
        deliveries.parts["report"],
        NEVER_US,
        *(columns[column.name] for column in AWARENESS.columns),
    )
    columns = {name: column[first_row:] for name, column in columns.items()}
    return Table.of(AWARENESS, columns, dict(received.meta))


def _with_purges(
    deliveries: DeliveryLog,
    received: Table,
    rows: NDArray[np.int64],
    error_m: NDArray[np.float64],
    only_true: bool,
    known: PartHistory,
) -> Table:
    """The picture of the receipts ``rows``, each held until its copy is destroyed."""
    contact, copy = _held_copies(known, received["part"][rows], len(deliveries.parts))
    if only_true and known.is_false is not None:
        true = ~known.is_false[contact]
        contact, copy = contact[true], copy[true]
    receipt = rows[copy]
    target = np.repeat(np.arange(len(known.offsets) - 1), np.diff(known.offsets))[contact]
    t_observed_us, part = known.t_observed_us[contact], known.part[contact]
    t_received_us, held_error_m = received["t_received_us"][receipt], error_m[receipt].astype(np.float32)
    best_first = np.lexsort((part, held_error_m, t_received_us, -t_observed_us, target))
    until_us = received["t_purged_us"][receipt][best_first]
    steps = newest_under_way(target[best_first], t_received_us[best_first], until_us)
    held, counts = steps.row != NONE, best_first[steps.row]
    columns = {
        "target": steps.target,
        "t_received_us": steps.t_us,
        "t_observed_us": np.where(held, t_observed_us[counts], NOTHING_US),
        "error_m": np.where(held, held_error_m[counts], np.float32(math.nan)),
        "report": np.where(held, deliveries.parts["report"][part[counts]], NO_REPORT),
    }
    return Table.of(AWARENESS, columns, dict(received.meta))


def _held_copies(
    known: PartHistory, part: NDArray[np.uint32], n_parts: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every contact with every copy of its part: rows of ``known`` and of ``part``, which is sorted."""
    n_copies = np.bincount(part, minlength=n_parts)
    first = np.cumsum(n_copies) - n_copies
    contact, nth = ragged(n_copies[known.part])
    return contact, first[known.part[contact]] + nth


def _sensor(log: DetectionLog, deliveries: DeliveryLog, received: Table) -> NDArray[np.uint16]:
    """Sensor that made the part of each receipt, (n_receipts,)."""
    sensor: NDArray[np.uint16] = log.reports["sensor"][deliveries.parts["report"][received["part"]]]
    return sensor
