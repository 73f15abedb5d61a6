"""How old what a nation knows of a vessel is: means, quantiles over time, and the share never seen.

Model: the age is U(t) = t - max{t_observed : t_received <= t}; before the first receipt, and while all that
was received had to be destroyed, it is infinite: above every quantile, and the cap in the restricted mean.
Over scored vessel-time, ``age_mean_s`` is the mean of min(U, cap), ``age_p50_s`` and ``age_p90_s`` the
smallest a with P(U <= a) >= p, infinite if there is none, and ``age_never_fraction`` the share with U
infinite. ``age_peak_mean_s`` is the mean age just before a fresher observation comes, over those that come
inside a scored interval. U is linear with slope 1 between receipts, so all of these are closed forms: the
distribution function F of U is piecewise linear, its slope rising by one where a piece begins and falling by
one where it ends. F is known exactly (in integers) at the edges of bins, and solved exactly inside the one
bin that holds the quantile.

Boundary rule: a fresher observation that comes at the very instant where a scored interval ends, or where the
AIS state changes, makes no peak; nor does a picture that falls back because a copy was destroyed.

Assumptions and limits: observations received in the warm-up count, and so do those made outside the zone. n
is the number of vessels with scored time, for the peaks their number.

Source: age and peak age: S. Kaul, R. Yates, M. Gruteser, "Real-time status: How often should one update?",
IEEE INFOCOM 2012, pp. 2731-2735; M. Costa, M. Codreanu, A. Ephremides, "On the age of information in status
update systems with packet management", IEEE Trans. Inf. Theory 62(4), 2016, pp. 1897-1910. Where next:
``scores.py``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.figures import Figure, group_key, metric_key, ratio
from mda_sim.metrics.groups import Cells, Members, by_group
from mda_sim.metrics.subjects import time_by_subject
from mda_sim.records import NOTHING_US

QUANTILES: Final = (("p50_s", 0.5), ("p90_s", 0.9))
"""Quantiles of age that are reported."""


@dataclass(frozen=True, eq=False)
class AgeSums:
    """What all age figures of one picture in one zone are made of; arrays have one row per cell there."""

    cell: NDArray[np.int64]
    """The cells that have scored time."""
    scored_us: NDArray[np.int64]
    """Scored vessel-time [us]."""
    never_us: NDArray[np.int64]
    """Part of it without an observation, before the first receipt or after a purge [us]."""
    capped_s2: NDArray[np.float64]
    """Integral of min(age, cap) over it [s^2]."""
    peak_us: NDArray[np.int64]
    """Sum of the ages just before a fresher observation [us]."""
    n_peaks: NDArray[np.int64]
    """Number of those."""
    bins: NDArray[np.int64]
    """For each bin of age the three numbers of ``age_kernels.fill_ages``, (n_cells, n_bins, 3)."""


def age_figures(
    aware: Table,
    scored: Table,
    age_cap_s: float,
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    *,
    scored_us: NDArray[np.int64] | None = None,
    known: AgeSums | None = None,
    zone: str = "",
    picture: str = "",
) -> list[Figure]:
    """Age figures of every group of vessels in one zone.

    ``aware`` is an AWARENESS table, ``scored`` a SCORED table, ``members`` is ``groups(cells, nation)``,
    ``scored_us`` (n_subjects,) the sum of ``scored`` by subject and ``known`` the ``age_sums``, if the
    caller has them.
    """
    by_subject_us = time_by_subject(scored, cells.n_subjects) if scored_us is None else scored_us
    sums = age_sums(aware, scored, by_subject_us, age_cap_s, cells) if known is None else known
    walk = _walk(aware, scored, cells, sums.cell)
    there = {name: mask[sums.cell] for name, mask in members.items()}
    capped_s2 = np.zeros(cells.n_cells)
    capped_s2[sums.cell] = sums.capped_s2
    vessels = cells.n_vessels(by_subject_us, members)
    whole_us, never_us, peak_us, n_peaks = by_group(
        there, np.stack([sums.scored_us, sums.never_us, sums.peak_us, sums.n_peaks], axis=1)
    ).T.tolist()
    quantiles_s = _quantiles(walk, sums, there)
    keys = [metric_key("age", picture, f) for f in ("mean_s", "never_fraction", "peak_mean_s")]
    quantile_keys = [metric_key("age", picture, label) for label, _ in QUANTILES]
    figures = []
    for g, (name, mask) in enumerate(members.items()):
        group, n = group_key(name, zone), vessels[name]
        mean_s = ratio(float(capped_s2[mask].sum()), whole_us[g] / US_PER_S)
        peak_s = ratio(peak_us[g] / US_PER_S, n_peaks[g])
        figures += [
            Figure(keys[0], group, mean_s, "s", n),
            Figure(keys[1], group, ratio(never_us[g], whole_us[g]), "1", n),
            Figure(keys[2], group, peak_s, "s", n_peaks[g]),
            *(
                Figure(key, group, value_s, "s", n)
                for key, value_s in zip(quantile_keys, quantiles_s[g], strict=True)
            ),
        ]
    return figures


def bin_edges(n_bins: int) -> NDArray[np.int64]:
    """Lower edges of the first ``n_bins`` bins of age and the upper edge of the last [us], (n_bins + 1,)."""
    b = np.arange(n_bins + 1, dtype=np.int64)
    shift = np.maximum(b // 32 - 1, 0)
    return np.asarray((b - shift * 32) << shift, np.int64)


class _Walk(NamedTuple):
    """The arrays that both walks over a picture begin with; see ``age_kernels.fill_ages``."""

    target: NDArray[np.int64]
    t_from_us: NDArray[np.int64]
    t_to_us: NDArray[np.int64]
    cell: NDArray[np.int64]
    offsets: NDArray[np.int64]
    t_received_us: NDArray[np.int64]
    t_observed_us: NDArray[np.int64]
    nothing_us: int


def _walk(aware: Table, scored: Table, cells: Cells, cell: NDArray[np.int64]) -> _Walk:
    """The walk in which cells are numbered by their place in ``cell``."""
    place = np.full(cells.n_cells + 1, -1, np.int64)
    place[cell] = np.arange(len(cell))
    return _Walk(
        scored["target"],
        scored["t_from_us"],
        scored["t_to_us"],
        place[cells.of_subject[scored["subject"]]],
        picture_offsets(aware, cells.n_subjects),
        aware["t_received_us"],
        aware["t_observed_us"],
        NOTHING_US,
    )


def age_sums(
    aware: Table, scored: Table, scored_us: NDArray[np.int64], age_cap_s: float, cells: Cells
) -> AgeSums:
    """What age figures are made of; ``scored_us`` (n_subjects,) is the sum of ``scored`` by subject.

    ShapeError if a picture received an observation before it was made.
    """
    from mda_sim.metrics.age_kernels import age_bin, fill_ages

    in_cells_us = cells.total(scored_us)
    cell = np.flatnonzero(in_cells_us)
    walk = _walk(aware, scored, cells, cell)
    oldest_us = _oldest_us(walk.t_observed_us, scored)
    shape = (len(cell), age_bin(max(oldest_us, 0)) + 1, 3)
    sums = AgeSums(
        cell,
        in_cells_us[cell],
        np.zeros(len(cell), np.int64),
        np.zeros(len(cell)),
        np.zeros(len(cell), np.int64),
        np.zeros(len(cell), np.int64),
        np.zeros(shape, np.int64),
    )
    n_refused = fill_ages(
        *walk,
        age_cap_s,
        sums.never_us,
        sums.capped_s2,
        sums.peak_us,
        sums.n_peaks,
        sums.bins,
    )
    if n_refused:
        raise ShapeError("a picture received an observation before it was made")
    return sums


def _oldest_us(t_observed_us: NDArray[np.int64], scored: Table) -> int:
    """More than any age that can be met [us]."""
    if not len(scored) or not len(t_observed_us):
        return 0
    first_us = t_observed_us.min()
    if first_us == NOTHING_US:  # what was destroyed left nothing: look at the rest
        observed_us = t_observed_us[t_observed_us != NOTHING_US]
        if not len(observed_us):
            return 0
        first_us = observed_us.min()
    return int(scored["t_to_us"].max() - first_us)


def _quantiles(walk: _Walk, sums: AgeSums, members: Mapping[str, NDArray[np.bool_]]) -> list[list[float]]:
    """Quantiles of age [s] of each group, as ``QUANTILES``: NaN without scored time, infinite if never
    reached.
    """
    from mda_sim.metrics.age_kernels import solve_crossings

    n_groups, n_bins = len(members), sums.bins.shape[1]
    edges = bin_edges(n_bins)
    by_bin = by_group(members, sums.bins.reshape(len(sums.bins), 3 * n_bins)).reshape(n_groups, n_bins, 3)
    whole_us = by_group(members, sums.scored_us[:, None])[:, 0]
    begins = np.zeros((n_groups, 1), np.int64)
    slope = np.append(begins, np.cumsum(by_bin[:, :, 0], axis=1), axis=1)
    grown_us = slope[:, :-1] * np.diff(edges) + by_bin[:, :, 2]
    at_edge_us = np.append(begins, np.cumsum(grown_us, axis=1), axis=1)
    found = np.where(whole_us == 0, math.nan, math.inf)[:, None] + np.zeros(len(QUANTILES))
    need_us = whole_us[:, None] * np.array([share for _, share in QUANTILES])
    bins = np.array(
        [np.searchsorted(at, need) for at, need in zip(at_edge_us, need_us, strict=True)], np.int64
    )
    bins = bins.reshape(found.shape) - 1
    group, nth = np.nonzero((whole_us > 0)[:, None] & (bins < n_bins))
    at = bins[group, nth]
    masks = Members.of(members).matrix
    wanted = np.zeros(sums.bins.shape[:2], np.bool_)
    for g, b in zip(group.tolist(), at.tolist(), strict=True):
        wanted[masks[g], b] = True
    found_us = np.empty(len(group))
    cell, _, age_us, sign = _collect(walk, sums, wanted)
    crossings = group, at, at_edge_us[group, at], slope[group, at], need_us[group, nth]
    solve_crossings(masks, *crossings, edges, cell, age_us, sign, found_us)
    found[group, nth] = found_us / US_PER_S
    return [list(map(float, of_group)) for of_group in found]


def _collect(walk: _Walk, sums: AgeSums, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Cell, bin, age [us] and sign (4, n) of the piece ends in the wanted bins, in order of age."""
    from mda_sim.metrics.age_kernels import collect_ends

    out = np.empty((4, int(sums.bins[wanted, 1].sum())), np.int64)
    collect_ends(*walk, wanted, *out)
    return out[:, np.argsort(out[2])]
