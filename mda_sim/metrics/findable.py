"""Findable: the share of vessel-time in which what a picture holds says where to search.

Model: an observation with error e (1 sigma, sensor and coarsening) made at o bounds where its vessel can be
at t by e + v (t - o), v the top speed of the vessel's class (``world.top_speed``). The vessel is **findable**
while that is at most a search radius D, so exactly until

    u = o + (D - e) / v,

never if e > D, and for good if the class does not move. At time t it is findable if any observation that the
picture holds has t < u: the latest u of those held counts, so a coarse one never hides a good one, and
``findable_fraction`` never falls with D. Those asked are all that were the newest of their vessel when they
came, of the observations good enough for custody and of those with an error of at most D; false ones
(``frame.of_false_positions``) are left out. ``findable_h`` is the time findable; ``custody``'s
``scored_time_h`` is what it is a share of.

Boundary rule: half-open as all scored time: findable over [receipt, u).

Assumptions and limits: D, 50 km unless ``metrics.search_radius_m`` says otherwise, is an assumption: what one
aircraft or ship can search. v is of the class, whatever the AIS state: a vessel that falls silent may do what
any of its class does. An observation that came later than a newer one of its vessel is not asked, though its
smaller error might keep the vessel findable for longer: the share is understated by no more than the
difference of the errors over v, each time. Where a node has to destroy copies, only the newest observation
still held is asked. n is the number of vessels with scored time.

Source: the farthest-on circle of search planning: International Aeronautical and Maritime Search and Rescue
Manual, vol. II (definition from general knowledge, medium confidence). Where next: ``node_figures``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_H
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.figures import Figure, group_key, metric_key, ratio
from mda_sim.metrics.groups import Cells
from mda_sim.records import NOTHING_US


class Searches(NamedTuple):
    """Until when each target is findable, step by step; arrays are (n_steps,) but the first."""

    offsets: NDArray[np.int64]
    """First step of each subject, and their number, (n_subjects + 1,)."""
    t_us: NDArray[np.int64]
    """When the step begins [us], rising within a target."""
    until_us: NDArray[np.int64]
    """From then on, until when the target is findable [us]; NOTHING_US: not at all."""


def searches(
    pictures: Sequence[Table],
    speed_mps: NDArray[np.float64],
    radius_m: float,
    *,
    is_lasting: bool,
    n_subjects: int,
) -> Searches:
    """Until when each target is findable by what one or two pictures (AWARENESS tables) hold.

    ``speed_mps`` (n_targets,) is the top speed of each; ``is_lasting`` says that nothing is ever destroyed.
    """
    from mda_sim.metrics.findable_kernels import merge_searches

    one = pictures[0]
    other = pictures[1] if len(pictures) > 1 else one.take(np.zeros(0, np.int64))
    offsets = np.zeros(n_subjects + 1, np.int64)
    t_us, until_us = np.empty((2, len(one) + len(other)), np.int64)
    n = merge_searches(
        picture_offsets(one, len(speed_mps)),
        one["t_received_us"],
        one["t_observed_us"],
        one["error_m"],
        picture_offsets(other, len(speed_mps)),
        other["t_received_us"],
        other["t_observed_us"],
        other["error_m"],
        speed_mps,
        radius_m,
        is_lasting,
        NOTHING_US,
        NEVER_US,
        offsets,
        t_us,
        until_us,
    )
    return Searches(offsets, t_us[:n], until_us[:n])


def findable_time(found: Searches, scored: Table, n_subjects: int) -> NDArray[np.int64]:
    """Time findable of each subject in a SCORED table [us], (n_subjects,)."""
    from mda_sim.metrics.custody_kernels import fill_held

    time_us = np.zeros((n_subjects, 1), np.int64)
    fill_held(
        scored["target"],
        scored["subject"],
        scored["t_from_us"],
        scored["t_to_us"],
        found.offsets,
        found.t_us,
        found.until_us,
        np.zeros(1, np.int64),
        time_us,
    )
    return time_us[:, 0]


def findable_figures(
    time_us: NDArray[np.int64],
    scored_us: NDArray[np.int64],
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    zone: str = "",
    picture: str = "",
) -> list[Figure]:
    """Findable share of every group of vessels in one zone.

    ``time_us`` and ``scored_us`` (n_subjects,) are the time findable and scored, ``members`` is
    ``groups(cells, nation)``.
    """
    findable, scored = cells.total(time_us), cells.total(scored_us)
    vessels = cells.n_vessels(scored_us, members)
    figures = []
    for name, mask in members.items():
        group, n = group_key(name, zone), vessels[name]
        part, whole = int(findable[mask].sum()), int(scored[mask].sum())
        figures += [
            Figure(metric_key("findable_fraction", picture, ""), group, ratio(part, whole), "1", n),
            Figure(metric_key("findable_h", picture, ""), group, part / US_PER_H, "h", n),
        ]
    return figures
