"""Awareness: of the vessels that enter, the share that a nation has received anything of within some hours.

Model: a visit begins when a vessel enters the scored area (or zone) and ends in one of three ways: with the
first receipt at the picture node, by leaving unreceived (a competing event: the vessel will never be received
in this visit), or with the scored time (censored). ``awareness_fraction_6h``, ``_24h`` and ``_72h`` are the
cumulative incidence of receipt, by Aalen and Johansen: with n_i visits still under way just before t_i, d_i
of them received then and S the share not ended before,

    F(t) = sum over t_i <= t of S(t_i-) d_i / n_i,   S(t_i) = S(t_i-) (1 - ended_i / n_i),

where ``ended_i`` counts receipts and departures. Where nothing is censored F(t) is the plain share of visits
received by t. It is NaN where it is not determined: without visits, or later than the longest visit while
the last ones were censored. ``awareness_at_entry_fraction`` is F(0). The raw counts are
``awareness_received_count`` and ``awareness_left_count``; n is the number of visits, of which the rest was
censored.

Boundary rule: visits are half-open like all scored time, so a receipt at the instant of leaving comes too
late; of one instant, visits censored count as still under way. A visit under way at the start of scoring has
no entry and is left out, and so is one of no duration. A vessel that was here before, if only during warm-up,
begins a new visit, unless the picture still **holds** it as it enters: its newest observation is then at most
``HELD_AGE_S`` old. A visit is received with the first observation made since the vessel last left and at
most ``HELD_AGE_S`` before it enters: late word of an earlier visit, or of days before, does not count. A
vessel held when it first enters (seen in the buffer around the area, or elsewhere in it) is received at
entry, at duration 0; one that is known but no longer held, at the next receipt of such an observation.

A visit belongs to the AIS state in which the vessel enters, whatever it does later. A vessel whose track has
a gap enters anew after it.

Assumptions and limits: otherwise any observation counts, false ones too, whatever its error and age at
receipt, and wherever the vessel was when it was made; that its copy had to be destroyed later does not make
a visit unreceived. A nation that holds more vessels has fewer new visits by returning ones, so n differs
between nations and configurations. Visits of one vessel are taken as separate cases.

Source: O. O. Aalen, S. Johansen, "An empirical transition matrix for non-homogeneous Markov chains based on
censored observations", Scand. J. Statist. 5 (1978), pp. 141-150. Where next: ``scores.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import Timeline, to_us
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.figures import Figure, group_key, metric_key
from mda_sim.metrics.groups import Cells, rows_by_group
from mda_sim.metrics.spec import age_label

HORIZONS_S: Final = (21_600.0, 86_400.0, 259_200.0)
"""Times after entry by which receipt is asked for: 6, 24 and 72 h [s]."""

HELD_AGE_S: Final = 86_400.0
"""Largest age of an observation that still holds a vessel as it enters [s]: 24 h, a choice of the analyst."""


@dataclass(frozen=True, eq=False)
class Visits:
    """The visits of one picture to one region, by duration; arrays have one row per visit."""

    subject: NDArray[np.int64]
    """Vessel or probe, in its AIS state at entry."""
    lasted_us: NDArray[np.int64]
    """From entry to the end of the visit [us], rising."""
    received: NDArray[np.bool_]
    """Whether it ended with a receipt."""
    left: NDArray[np.bool_]
    """Whether it ended by leaving; if neither, it was censored."""


def visits(aware: Table, stays: Table, timeline: Timeline, n_subjects: int) -> Visits:
    """The visits that count; ``aware`` is an AWARENESS table, ``stays`` the SCORED table of whole stays in
    the region, those of warm-up included, each laid to the subject that enters.
    """
    from mda_sim.metrics.incidence_kernels import LEFT, RECEIVED, fill_visits

    found = np.empty((3, len(stays)), np.int64)
    n = fill_visits(
        stays["target"],
        stays["subject"],
        stays["t_from_us"],
        stays["t_to_us"],
        picture_offsets(aware, n_subjects),
        aware["t_received_us"],
        aware["t_observed_us"],
        timeline.score_from_us,
        timeline.score_to_us,
        to_us(HELD_AGE_S),
        *found,
    )
    order = np.argsort(found[1, :n], kind="stable")
    subject, lasted_us, ended = found[:, order]
    return Visits(subject, lasted_us, ended == RECEIVED, ended == LEFT)


def cumulative_incidence(
    lasted: ArrayLike, happened: ArrayLike, competed: ArrayLike, by: Sequence[float]
) -> list[float]:
    """Aalen-Johansen estimate that the event has happened by each of the times ``by``; NaN if undetermined.

    ``lasted`` (n,) says how long each case was watched, ``happened`` and ``competed`` (n,) whether the event
    or one that rules it out ended it; a case with neither is censored, after the events of that time.

    >>> cumulative_incidence([1, 2, 3, 4], [True, False, False, True], [False, True, False, False], [0, 1, 4])
    [0.0, 0.25, 0.75]
    """
    times = np.asarray(lasted)
    if not len(times):
        return [math.nan] * len(by)
    order = np.argsort(times, kind="stable")
    events, rivals = (np.asarray(ends, np.bool_)[order] for ends in (happened, competed))
    return incidences(times[order], events, rivals, [np.arange(len(times))], by)[0]


def incidences(
    lasted: NDArray[Any],
    happened: NDArray[np.bool_],
    competed: NDArray[np.bool_],
    groups: Sequence[NDArray[np.int64]],
    by: Sequence[float],
) -> list[list[float]]:
    """``cumulative_incidence`` of the rows of each of the groups; ``lasted`` and all rows rise."""
    from mda_sim.metrics.incidence_kernels import fill_incidence

    found = np.empty((len(groups), len(by)))
    at = np.asarray(by, np.float64)
    for rows, shares in zip(groups, found, strict=True):
        fill_incidence(lasted, happened, competed, rows, at, shares)
    return found.tolist()


def incidence_figures(
    aware: Table,
    stays: Table,
    timeline: Timeline,
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    known: Visits | None = None,
    zone: str = "",
    picture: str = "",
) -> list[Figure]:
    """Awareness of every group of vessels in one zone.

    ``aware`` is an AWARENESS table, ``stays`` as for ``visits``, ``members`` is ``groups(cells, nation)``,
    ``known`` the ``visits``, if the caller has them.
    """
    found = visits(aware, stays, timeline, cells.n_subjects) if known is None else known
    cell = cells.of_subject[found.subject]
    by_us = [0, *(to_us(horizon_s) for horizon_s in HORIZONS_S)]
    share_names = [
        metric_key("awareness", picture, "at_entry_fraction"),
        *(metric_key("awareness_fraction", picture, age_label(horizon_s)) for horizon_s in HORIZONS_S),
    ]
    count_names = [metric_key("awareness", picture, f"{end}_count") for end in ("received", "left")]
    groups = rows_by_group(members, cell)
    shares = incidences(found.lasted_us, found.received, found.left, groups, by_us)
    figures = []
    for name, rows, of_group in zip(members, groups, shares, strict=True):
        group, n = group_key(name, zone), len(rows)
        figures += [
            Figure(metric, group, share, "1", n) for metric, share in zip(share_names, of_group, strict=True)
        ]
        for metric, ends in zip(count_names, (found.received, found.left), strict=True):
            figures.append(Figure(metric, group, float(ends[rows].sum()), "count", n))
    return figures
