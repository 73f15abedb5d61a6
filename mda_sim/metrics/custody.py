"""Custody: the share of vessel-time in which a nation's picture holds the vessel well enough.

Model: at time t a target is **held** at age tau and error R if the picture has received an observation of it
with t - t_observed <= tau, in a copy whose position error (1 sigma, that of the sensor and what sanitising
put on it) is at most R, and which is not **false**: what it says lies within R of where the target was.
Copies of larger error and false ones are left out before the freshest is taken, so that a coarse or false one
never hides a good one. What had to be destroyed is held no longer: the newest observation still held counts.
``custody_fraction`` is held time over scored time; ``custody_timely`` asks for age alone, which makes it the
distribution function of the age at tau. Times are integers and integrals closed forms, so figures of groups
add up exactly.

Assumptions and limits: perfect association, and measured positions are not drawn: the error is the stated
one, so an observation is false only where a vessel broadcasts a false position
(``frame.of_false_positions``). The raw counts, ``custody_held_h`` and ``scored_time_h``, stand beside the
shares; n is the number of vessels with any scored time.

Source: definitions of this program. Where next: ``scores.py``; ``coverage.py`` uses the held time of probes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, to_us
from mda_sim.metrics.figures import Figure, group_key, metric_key, ratio
from mda_sim.metrics.groups import Cells, by_group
from mda_sim.metrics.spec import age_label


def held_time(
    aware: Table, scored: Table, custody_age_s: Sequence[float], n_subjects: int
) -> NDArray[np.int64]:
    """Time in custody of each subject at each age [us], (n_subjects, n_ages).

    ``aware`` is an AWARENESS table (of observations good enough to count), ``scored`` a SCORED table.
    """
    from mda_sim.metrics.custody_kernels import fill_held

    held_us = np.zeros((n_subjects, len(custody_age_s)), np.int64)
    fill_held(
        scored["target"],
        scored["subject"],
        scored["t_from_us"],
        scored["t_to_us"],
        picture_offsets(aware, n_subjects),
        aware["t_received_us"],
        aware["t_observed_us"],
        np.array([to_us(age_s) for age_s in custody_age_s], np.int64),
        held_us,
    )
    return held_us


def picture_offsets(aware: Table, n_targets: int) -> NDArray[np.int64]:
    """First row of each target in an AWARENESS table, and the number of rows, (n_targets + 1,)."""
    return aware.offsets("target", n_targets)


def custody_figures(
    held_us: NDArray[np.int64],
    timely_us: NDArray[np.int64],
    scored_us: NDArray[np.int64],
    custody_age_s: Sequence[float],
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    zone: str = "",
    picture: str = "",
) -> list[Figure]:
    """Custody of every group of vessels in one zone.

    ``held_us`` and ``timely_us`` (n_subjects, n_ages) are ``held_time`` with and without the bound on error,
    ``scored_us`` (n_subjects,) the time that they are shares of; ``members`` is ``groups(cells, nation)``.
    """
    sums = by_group(
        members, np.column_stack([cells.total(scored_us), cells.total(held_us), cells.total(timely_us)])
    )
    labels, vessels = [age_label(age_s) for age_s in custody_age_s], cells.n_vessels(scored_us, members)
    figures = []
    for name, (whole, *times) in zip(members, sums.tolist(), strict=True):
        group, n = group_key(name, zone), vessels[name]
        if not picture:
            figures.append(Figure("scored_time_h", group, whole / US_PER_H, "h", n))
        for j, label in enumerate(labels):
            part, in_time = times[j], times[len(labels) + j]
            figures += [
                Figure(metric_key("custody_fraction", picture, label), group, ratio(part, whole), "1", n),
                Figure(metric_key("custody_timely", picture, label), group, ratio(in_time, whole), "1", n),
                Figure(metric_key("custody_held_h", picture, label), group, part / US_PER_H, "h", n),
            ]
    return figures
