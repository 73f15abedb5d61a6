"""Agreement: how far the pictures of two nations hold the same vessels at the same time.

Model: of the scored vessel-time, the parts in which both pictures hold the vessel (custody, as ``custody.py``
has it), the first alone, the second alone, and neither:

    agreement_both_fraction + agreement_first_only_fraction + agreement_second_only_fraction
        + agreement_neither_fraction = 1

at each custody age. ``agreement_jaccard`` is the index of P. Jaccard, both over either;
``agreement_same_report_fraction`` the share of the time held by both in which both have their newest
observation from one report, and so from one contact: a common picture, not two that happen to agree. The raw
times ``agreement_both_h`` and ``agreement_either_h`` stand beside them. All are closed forms over the steps
of both pictures.

**Rows**: a pair stands once, under the nation first in the alphabet and its picture node; the group names the
other: ``with:<XXX>`` for all vessels, ``with:<XXX>:broadcasting`` and ``with:<XXX>:not_broadcasting`` for
those in that AIS state, with ``@<zone>`` behind it in a zone. First and second are meant in that order.

Boundary rule: half-open as all scored time; held up to the age, as ``custody.py``.

Assumptions and limits: perfect association, so that two pictures never take one vessel for two. That neither
holds a vessel is no agreement: the Jaccard index leaves that time out, and is NaN where nobody ever holds
one. Two reports of one vessel at one instant are two. n is the number of vessels with scored time.

Source: P. Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11(2), 1912, pp.
37-50. Where next: ``scores.py``; ``report.sections`` prints a table.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, to_us
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.figures import Figure, group_key, metric_key, ratio
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.groups import Cells
from mda_sim.metrics.spec import age_label

WITH: Final = "with:"
"""What the group of a pair begins with."""

STATES: Final = ("", "broadcasting", "not_broadcasting")
"""AIS states that pairs are told apart by; '' for all vessels."""

UNITS: Final = {
    "both_fraction": "1",
    "first_only_fraction": "1",
    "second_only_fraction": "1",
    "neither_fraction": "1",
    "jaccard": "1",
    "same_report_fraction": "1",
    "both_h": "h",
    "either_h": "h",
}
"""Figures of a pair, with their units."""


def shared_time(
    first: Table, second: Table, scored: Table, age_us: NDArray[np.int64], cells: Cells
) -> NDArray[np.int64]:
    """Time of each cell in which both pictures hold its vessels, the first alone, the second alone, and
    both through the same report, in this order.

    ``first`` and ``second`` are AWARENESS tables (of observations good enough to count), ``scored`` a SCORED
    table; (n_cells, n_ages, 4) [us].
    """
    from mda_sim.metrics.agreement_kernels import fill_shared

    shared_us = np.zeros((cells.n_cells, len(age_us), 4), np.int64)
    fill_shared(
        scored["target"],
        cells.of_subject[scored["subject"]],
        scored["t_from_us"],
        scored["t_to_us"],
        picture_offsets(first, cells.n_subjects),
        first["t_received_us"],
        first["t_observed_us"],
        first["report"],
        picture_offsets(second, cells.n_subjects),
        second["t_received_us"],
        second["t_observed_us"],
        second["report"],
        age_us,
        shared_us,
    )
    return shared_us


def agreement_figures(
    frame: ScoringFrame, pictures: Mapping[str, Table], contents: Mapping[str, Hashable] | None = None
) -> dict[str, list[Figure]]:
    """Figures of every pair of nations, by the nation first in the alphabet; in the area and every zone.

    ``pictures``: by nation, AWARENESS tables of the observations good enough for custody. Pairs of pictures
    with the same content are compared once in a frame; ``contents`` tells them apart, if the caller knows.
    """
    told: Mapping[str, Hashable] = contents or {
        nation: picture.digest() for nation, picture in pictures.items()
    }
    nations = sorted(pictures)
    figures: dict[str, list[Figure]] = {nation: [] for nation in nations}
    for i, first in enumerate(nations):
        for second in nations[i + 1 :]:
            key = (second, told[first], told[second])
            if key not in frame.compared_pictures:
                frame.compared_pictures[key] = [
                    figure
                    for zone in frame.scored
                    for figure in _pair_figures(frame, pictures[first], pictures[second], second, zone)
                ]
            figures[first] += frame.compared_pictures[key]
    return figures


def _pair_figures(frame: ScoringFrame, first: Table, second: Table, other: str, zone: str) -> list[Figure]:
    cells, ages_s = frame.cells, frame.spec.custody_age_s
    age_us = np.array([to_us(age_s) for age_s in ages_s], np.int64)
    shared = shared_time(first, second, frame.scored[zone], age_us, cells)
    scored = cells.total(frame.scored_us[zone])
    all_cells = np.ones(cells.n_cells, np.bool_)
    masks = dict(zip(STATES, (all_cells, cells.broadcasting, ~cells.broadcasting), strict=True))
    vessels = cells.n_vessels(frame.scored_us[zone], masks)
    labels = [age_label(age_s) for age_s in ages_s]
    names = [[metric_key(f"agreement_{name}", "", label) for name in UNITS] for label in labels]
    figures = []
    for state, mask in masks.items():
        group, n = group_key(f"{WITH}{other}:{state}".rstrip(":"), zone), vessels[state]
        whole_us = int(scored[mask].sum())
        for keys, parts_us in zip(names, shared[mask].sum(axis=0).tolist(), strict=True):
            values = zip(keys, _values(parts_us, whole_us), UNITS.values(), strict=True)
            figures += [Figure(key, group, value, unit, n) for key, value, unit in values]
    return figures


def _values(parts_us: list[int], whole_us: int) -> tuple[float, ...]:
    """Figures in the order of ``UNITS``, from the times of ``shared_time`` and the scored time [us]."""
    both, first, second, same = parts_us
    either = both + first + second
    return (
        ratio(both, whole_us),
        ratio(first, whole_us),
        ratio(second, whole_us),
        ratio(whole_us - either, whole_us),
        ratio(both, either),
        ratio(same, both),
        both / US_PER_H,
        either / US_PER_H,
    )
