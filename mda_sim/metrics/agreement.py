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

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import combinations
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
from mda_sim.picture.awareness import MakePicture, PartHistory

Pair = tuple[str, str]
"""Two nations, the first in the alphabet first."""

BLOCK: Final = 2**19
"""Contacts of which pictures are compared at a time: at most 14 MiB of each picture, used again and again."""

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
    frame: ScoringFrame,
    contacts: PartHistory,
    pictures: Mapping[str, MakePicture],
    contents: Mapping[str, Hashable],
) -> dict[str, list[Figure]]:
    """Figures of every pair of nations, by the nation first in the alphabet; in the area and every zone.

    ``contacts`` is the history of the configuration, and ``pictures`` make, by nation, the picture of the
    observations good enough for custody. Pairs of pictures with the same of the ``contents``, by nation, are
    compared once in a frame.
    """
    keys = {
        (first, second): (second, contents[first], contents[second])
        for first, second in combinations(sorted(pictures), 2)
    }
    new = [pair for pair, key in keys.items() if key not in frame.compared_pictures]
    for pair, shared_us in _shared_by_pair(frame, contacts, pictures, new).items():
        frame.compared_pictures[keys[pair]] = [
            figure
            for zone, of_zone_us in shared_us.items()
            for figure in _pair_figures(frame, of_zone_us, pair[1], zone)
        ]
    figures: dict[str, list[Figure]] = {nation: [] for nation in sorted(pictures)}
    for (first, _), key in keys.items():
        figures[first] += frame.compared_pictures[key]
    return figures


def _shared_by_pair(
    frame: ScoringFrame, contacts: PartHistory, pictures: Mapping[str, MakePicture], pairs: Sequence[Pair]
) -> dict[Pair, dict[str, NDArray[np.int64]]]:
    """``shared_time`` of pairs in the area and every zone, some targets at a time: so not more than some of
    all pictures is there at once.
    """
    age_us = np.array([to_us(age_s) for age_s in frame.spec.custody_age_s], np.int64)
    shape = (frame.cells.n_cells, len(age_us), 4)
    shared_us = {pair: {zone: np.zeros(shape, np.int64) for zone in frame.scored} for pair in pairs}
    nations = sorted({nation for pair in pairs for nation in pair})
    for first, past in _blocks(contacts.offsets) if pairs else ():
        some = contacts.of_targets(first, past)
        made = {nation: pictures[nation](some) for nation in nations}
        for zone, scored in frame.scored.items():
            of_some = _of_targets(scored, first, past)
            for one, other in pairs:
                found_us = shared_time(made[one], made[other], of_some, age_us, frame.cells)
                shared_us[one, other][zone] += found_us
        made.clear()  # before the next ones are made
    return shared_us


def _blocks(offsets: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """First target and past the last of blocks of about ``BLOCK`` contacts each, one target at least."""
    first, n_targets = 0, len(offsets) - 1
    while first < n_targets:
        past = int(np.searchsorted(offsets, offsets[first] + BLOCK, side="right")) - 1
        past = min(max(past, first + 1), n_targets)
        yield first, past
        first = past


def _of_targets(scored: Table, first: int, past: int) -> Table:
    """The rows of a SCORED table that are of the targets [first, past), which are numbered from 0."""
    begin, end = np.searchsorted(scored["target"], (first, past)).tolist()
    some = {name: column[begin:end] for name, column in scored.columns.items()}
    return Table.of(scored.schema, {**some, "target": some["target"] - first})


def _pair_figures(frame: ScoringFrame, shared: NDArray[np.int64], other: str, zone: str) -> list[Figure]:
    """Figures of a pair, whose ``shared_time`` in a zone is ``shared``; ``other`` is its second nation."""
    cells, ages_s = frame.cells, frame.spec.custody_age_s
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
