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
from mda_sim.metrics.groups import Cells
from mda_sim.metrics.subjects import time_by_subject
from mda_sim.records import NOTHING_US

QUANTILES: Final = (("p50_s", 0.5), ("p90_s", 0.9))
"""Quantiles of age that are reported."""


@dataclass(frozen=True, eq=False)
class AgeSums:
    """What all age figures of one picture in one zone are made of; arrays have one row per cell."""

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
    zone: str = "",
    picture: str = "",
) -> list[Figure]:
    """Age figures of every group of vessels in one zone.

    ``aware`` is an AWARENESS table, ``scored`` a SCORED table, ``members`` is ``groups(cells, nation)``.
    """
    walk = _walk(aware, scored, cells)
    sums = _age_sums(walk, scored, age_cap_s, cells)
    vessels = cells.n_vessels(time_by_subject(scored, cells.n_subjects), members)
    quantiles = _quantiles(walk, sums, members)
    figures = []
    for name, mask in members.items():
        group, n = group_key(name, zone), vessels[name]
        scored_us, peaks = int(sums.scored_us[mask].sum()), int(sums.n_peaks[mask].sum())
        mean_s = ratio(float(sums.capped_s2[mask].sum()), scored_us / US_PER_S)
        never = ratio(int(sums.never_us[mask].sum()), scored_us)
        peak_s = ratio(int(sums.peak_us[mask].sum()) / US_PER_S, peaks)
        figures += [
            Figure(metric_key("age", picture, "mean_s"), group, mean_s, "s", n),
            Figure(metric_key("age", picture, "never_fraction"), group, never, "1", n),
            Figure(metric_key("age", picture, "peak_mean_s"), group, peak_s, "s", peaks),
        ]
        for label, _ in QUANTILES:
            value_s = quantiles[name, label]
            figures.append(Figure(metric_key("age", picture, label), group, value_s, "s", n))
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


def _walk(aware: Table, scored: Table, cells: Cells) -> _Walk:
    return _Walk(
        scored["target"],
        scored["t_from_us"],
        scored["t_to_us"],
        cells.of_subject[scored["subject"]],
        picture_offsets(aware, cells.n_subjects),
        aware["t_received_us"],
        aware["t_observed_us"],
        NOTHING_US,
    )


def _age_sums(walk: _Walk, scored: Table, age_cap_s: float, cells: Cells) -> AgeSums:
    from mda_sim.metrics.age_kernels import age_bin, fill_ages

    oldest_us = _oldest_us(walk.t_observed_us, scored)
    shape = (cells.n_cells, age_bin(max(oldest_us, 0)) + 1, 3)
    sums = AgeSums(
        cells.total(time_by_subject(scored, cells.n_subjects)),
        np.zeros(cells.n_cells, np.int64),
        np.zeros(cells.n_cells),
        np.zeros(cells.n_cells, np.int64),
        np.zeros(cells.n_cells, np.int64),
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


@dataclass(frozen=True)
class _Crossing:
    """Where the distribution function of one group reaches one quantile."""

    bin: int
    """Bin that holds it."""
    below_us: int
    """Time with an age below the bin's lower edge [us]."""
    slope: int
    """Pieces running at that edge."""
    need_us: float
    """Time that must lie at or below the quantile [us]."""


def _quantiles(
    walk: _Walk, sums: AgeSums, members: Mapping[str, NDArray[np.bool_]]
) -> dict[tuple[str, str], float]:
    """Quantiles of age [s] by group and label: NaN without scored time, infinite if never reached."""
    edges = bin_edges(sums.bins.shape[1])
    found: dict[tuple[str, str], float] = {}
    crossings: dict[tuple[str, str], _Crossing] = {}
    wanted = np.zeros(sums.bins.shape[:2], np.bool_)
    for name, mask in members.items():
        whole_us = int(sums.scored_us[mask].sum())
        steps, _, reach_us = sums.bins[mask].sum(axis=0).T
        slope = np.concatenate([np.zeros(1, np.int64), np.cumsum(steps)])
        at_edge_us = np.concatenate(
            [np.zeros(1, np.int64), np.cumsum(slope[:-1] * np.diff(edges) + reach_us)]
        )
        for label, share in QUANTILES:
            need_us = share * whole_us
            b = int(np.searchsorted(at_edge_us, need_us)) - 1
            if whole_us == 0 or b + 1 == len(at_edge_us):
                found[name, label] = math.nan if whole_us == 0 else math.inf
                continue
            crossings[name, label] = _Crossing(b, int(at_edge_us[b]), int(slope[b]), need_us)
            wanted[mask, b] = True
    cell, bins, age_us, sign = _collect(walk, sums, wanted)
    for (name, label), crossing in crossings.items():
        inside = members[name][cell] & (bins == crossing.bin)
        age_at_us = _solve(crossing, edges, age_us[inside], sign[inside])
        found[name, label] = age_at_us / US_PER_S
    return found


def _collect(walk: _Walk, sums: AgeSums, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Cell, bin, age [us] and sign (4, n) of the piece ends in the wanted bins."""
    from mda_sim.metrics.age_kernels import collect_ends

    out = np.empty((4, int(sums.bins[wanted, 1].sum())), np.int64)
    collect_ends(*walk, wanted, *out)
    return out


def _solve(
    crossing: _Crossing, edges: NDArray[np.int64], age_us: NDArray[np.int64], sign: NDArray[np.int64]
) -> float:
    """The age at which the time below reaches the need, inside one bin [us]."""
    order = np.argsort(age_us, kind="stable")
    at = np.concatenate(
        [edges[crossing.bin : crossing.bin + 1], age_us[order], edges[crossing.bin + 1 :][:1]]
    )
    slope = crossing.slope + np.concatenate([np.zeros(1, np.int64), np.cumsum(sign[order])])
    below_us = crossing.below_us + np.concatenate([np.zeros(1, np.int64), np.cumsum(slope * np.diff(at))])
    j = max(int(np.searchsorted(below_us, crossing.need_us)) - 1, 0)
    return float(at[j] + (crossing.need_us - below_us[j]) / slope[j])
