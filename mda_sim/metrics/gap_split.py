"""Why a nation does not hold a vessel at a time: the first of eight answers that is true.

Model: at time t, of all contacts of the vessel, made by anybody's sensors, that are at most a window old (t -
tau <= t_observed <= t), the first part that holds in this order:

1. ``held``: one has arrived, and its error is at most R. This is custody at age tau.
2. ``quality``: one has arrived (its error is over R).
3. ``latency``: one arrives later than t or was still on its way at the end of the run: in flight, waiting for
   desk or consent, its product not ready or not yet fed.
4. ``capacity``: one expired or was lost.
5. ``no_link``: for one there is no route, though no gate would refuse it.
6. ``choice``: one was not sent, though permitted.
7. ``policy``: one was withheld by gates, or there is no route for it and gates would refuse it besides.
8. ``sensing``: there is none.

Each part has its own predicate: the first two ask the picture, the next five are ``BEFORE_ARRIVAL``, the last
asks the contacts. Nothing changes between contacts, receipts and the moments at which a contact grows too
old, so the time in each part is summed exactly, in whole microseconds; the parts add up to the scored time
because every instant is in one of them. ``gap_<part>_fraction`` is the time in a part over the scored time
(``scored_time_h``); n is the number of vessels with any.

Boundary rule: scored intervals are half-open, a report is there from the instant of its receipt on, and an
observation counts up to age tau. tau is the largest custody age that is at most ``WINDOW_MAX_S``.

Assumptions and limits: accounting, not value: closing one gap can uncover the next. A report that is to
arrive later is latency even if it will then be too old. A sensor that feeds no node does not exist in the
configuration, so that what it alone saw is a sensing gap. What a link does not carry has no route by it.
Perfect association, and errors are those stated of the sensor, so no observation is false. Probes are left
out.

Source: definitions of this program. Where next: ``scores.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import to_us
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.fates import NO_FATE, Fates
from mda_sim.metrics.figures import Figure, group_key, ratio
from mda_sim.metrics.groups import Cells
from mda_sim.picture.awareness import History
from mda_sim.records import Outcome

WINDOW_MAX_S: Final = 86_400.0
"""Largest window of the split [s]: 24 h, a choice of the analyst."""


class Part(IntEnum):
    """The parts of the split, in the order in which they are asked."""

    HELD = 0
    QUALITY = 1
    LATENCY = 2
    CAPACITY = 3
    NO_LINK = 4
    CHOICE = 5
    POLICY = 6
    SENSING = 7


def window_s(custody_age_s: Sequence[float]) -> float:
    """The window of the split [s]: the largest custody age up to 24 h, 24 h if there is none.

    >>> window_s((3600.0, 21600.0, 259200.0)), window_s((172800.0,))
    (21600.0, 86400.0)
    """
    return max((age_s for age_s in custody_age_s if age_s <= WINDOW_MAX_S), default=WINDOW_MAX_S)


def is_latency(reports: Fates) -> NDArray[np.bool_]:
    """Reports that come, by the end of the run or after it."""
    return np.isin(reports.outcome, (Outcome.DELIVERED, Outcome.IN_FLIGHT))


def is_capacity(reports: Fates) -> NDArray[np.bool_]:
    """Reports that a desk or a link did not manage to pass on."""
    return np.isin(reports.outcome, (Outcome.EXPIRED, Outcome.LOST))


def is_no_link(reports: Fates) -> NDArray[np.bool_]:
    """Reports without a route, that no gate would refuse."""
    return np.asarray((reports.outcome == Outcome.NO_ROUTE) & (reports.gates == 0), np.bool_)


def is_choice(reports: Fates) -> NDArray[np.bool_]:
    """Reports that somebody was free to send and did not."""
    return np.asarray(reports.outcome == Outcome.NOT_SENT, np.bool_)


def is_policy(reports: Fates) -> NDArray[np.bool_]:
    """Reports that gates refused, or would refuse if there were a route."""
    withheld, no_route = reports.outcome == Outcome.WITHHELD, reports.outcome == Outcome.NO_ROUTE
    return np.asarray(withheld | (no_route & (reports.gates != 0)), np.bool_)


BEFORE_ARRIVAL: Final[Mapping[Part, Callable[[Fates], NDArray[np.bool_]]]] = {
    Part.LATENCY: is_latency,
    Part.CAPACITY: is_capacity,
    Part.NO_LINK: is_no_link,
    Part.CHOICE: is_choice,
    Part.POLICY: is_policy,
}
"""Which reports are in each part as long as they have not arrived; exactly one is true of each report."""


def part_before_arrival(reports: Fates) -> NDArray[np.int8]:
    """The part of each report until it arrives, (n_reports,); -1 if it does not exist in the configuration.

    ShapeError if a report is in no part, or in several.
    """
    part = np.full(len(reports.outcome), -1, np.int8)
    n_parts = np.zeros(len(part), np.int64)
    for which, holds in BEFORE_ARRIVAL.items():
        mask = holds(reports)
        part[mask] = which
        n_parts += mask
    if (n_parts != (reports.outcome != NO_FATE)).any():
        raise ShapeError("a report must be in exactly one part of the gap split")
    return part


def split_time(
    contacts: History,
    part_before: NDArray[np.int8],
    accurate: Table,
    aware: Table,
    scored: Table,
    age_s: float,
    n_vessels: int,
) -> NDArray[np.int64]:
    """Time of each target in each part [us], (n_targets, 8); nothing for probes.

    ``contacts`` is the history of the detection log, ``part_before`` is ``part_before_arrival`` of its
    reports, ``accurate`` and ``aware`` are the AWARENESS tables with and without the bound on error,
    ``scored`` is a PRESENCE table, ``age_s`` the window tau.
    """
    from mda_sim.metrics.gap_split_kernels import fill_parts

    n_targets = len(contacts.offsets) - 1
    part_us = np.zeros((n_targets, len(Part)), np.int64)
    vessels = scored["target"] < n_vessels
    fill_parts(
        scored["target"][vessels].astype(np.int64),
        scored["t_from_us"][vessels],
        scored["t_to_us"][vessels],
        contacts.offsets,
        contacts.report,
        contacts.t_observed_us,
        part_before,
        picture_offsets(accurate, n_targets),
        accurate["t_received_us"],
        accurate["t_observed_us"],
        picture_offsets(aware, n_targets),
        aware["t_received_us"],
        aware["t_observed_us"],
        to_us(age_s),
        part_us,
    )
    return part_us


def gap_split_figures(
    part_us: NDArray[np.int64],
    scored_us: NDArray[np.int64],
    parts: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    zone: str = "",
) -> list[Figure]:
    """The gap split of every group of vessels in one zone.

    ``part_us`` (n_targets, 8) is ``split_time``, ``scored_us`` (n_targets,) the time that it splits,
    ``members`` is ``groups(parts, nation)``.
    """
    split, scored = parts.total(part_us), parts.total(scored_us)
    vessels = parts.total((scored_us > 0).astype(np.int64))
    figures = []
    for name, mask in members.items():
        group, n = group_key(name, zone), int(vessels[mask].sum())
        whole, times = int(scored[mask].sum()), split[mask].sum(axis=0)
        figures += [
            Figure(f"gap_{part.name.lower()}_fraction", group, ratio(int(times[part]), whole), "1", n)
            for part in Part
        ]
    return figures
