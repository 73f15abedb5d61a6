"""Position error at the receiver: how far what a picture holds is from where the vessel is.

Model: over the scored vessel-time in which the picture holds an observation of age at most tau (the window of
the gap split, 24 h unless the scenario's ages differ), whatever its error and even if it is false, so that
what counts is what a watch officer looks at:

    ``position_error_*``  the error when it was observed: that of the sensor and what sanitising put on the
                          copy, 1 sigma, weighted by time, exactly
    ``position_off_*``    the **true distance** from where the vessel is at the moment to where it was when
                          observed (for AIS: to where it said it was), sampled
    ``position_bound_*``  what the holder can know of that: error + v age, v the top speed of the vessel's
                          class (``world.top_speed``), at the same samples

Each as root mean square ``_rms_m``, median ``_p50_m`` and ``_p90_m``: the quantile p is the smallest a with
P(X <= a) >= p. All are NaN where nothing is held. n is the number of vessels with scored time for the error,
of samples in which the vessel is held for the others.

Boundary rule: samples are taken in the middle of every scored hour, of the vessels that are then in the
scored area or zone; held up to the age, as ``custody.py``.

Assumptions and limits: measured positions are not drawn: the distance leaves the stated error out, which
stands beside it, so that for a position p measured with independent error E|p - true|^2 is the sum of both
squares. Without false positions the distance is thus never more than the bound less the error. What the share
of time held is, ``custody_timely`` says.

Source: definitions of this program. Where next: ``node_figures``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_H
from mda_sim.geo.coast_index import ragged
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.metrics.custody import picture_offsets
from mda_sim.metrics.figures import Figure, group_key, metric_key
from mda_sim.metrics.groups import Cells, by_group, rows_by_group
from mda_sim.records import DetectionLog
from mda_sim.world.broadcasts import AisState
from mda_sim.world.fleet import Fleet

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STEP_US: Final = US_PER_H
"""Time between samples [us]."""
CHUNK: Final = 2**18
"""Samples of which distances are worked out at a time, so that what lies between takes little memory."""
QUANTILES: Final = (("p50_m", 0.5), ("p90_m", 0.9))
"""Quantiles that are reported."""
STATISTICS: Final = ("rms_m", *(name for name, _ in QUANTILES))
"""All that is reported of each error."""


class Known(NamedTuple):
    """How far off the last picture was at each sample, arrays are (n_samples,): pictures differ little."""

    key: Ints
    """Twice the time of the observation, plus one if it says what was broadcast."""
    off_m: Floats
    """Distance [m]."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Where vessels are in the middle of every scored hour: the same for every configuration."""

    target: Ints
    """Vessel, (n,), in order, then by time."""
    t_us: Ints
    """When [us]."""
    at: Floats
    """Where it truly is, unit vectors (n, 3)."""
    cell: Mapping[str, Ints]
    """Cell of each in the area ('') and every zone, (n,); -1 if it is not there."""

    @cached_property
    def within(self) -> Mapping[str, tuple[Ints, Ints]]:
        """Samples that are in the area ('') and every zone, and the cell of each."""
        rows = {zone: np.flatnonzero(cell >= 0) for zone, cell in self.cell.items()}
        return {zone: (there, self.cell[zone][there]) for zone, there in rows.items()}

    @cached_property
    def known(self) -> Known:
        """What was worked out last."""
        return Known(np.full(len(self.target), NEVER_US), np.empty(len(self.target)))


class Off(NamedTuple):
    """How far off a picture is at each sample; arrays are (n_samples,), NaN where nothing is held."""

    off_m: Floats
    """Distance of the truth from what is held [m]."""
    bound_m: Floats
    """What the holder can know of it [m]."""


def samples(fleet: Fleet, scored: Mapping[str, Table], cells: Cells, from_us: int) -> Samples:
    """The samples of a replicate; ``scored``: SCORED tables of the area ('') and zones within it."""
    middle_us = from_us + STEP_US // 2

    def moments(intervals: Table) -> tuple[Ints, Ints]:
        """Row of the interval and number of the hour of each sample; both ends' hours are half-open."""
        is_vessel = np.flatnonzero(cells.of_subject[intervals["subject"]] >= 0)
        first, past = (
            -((middle_us - intervals[end][is_vessel]) // STEP_US) for end in ("t_from_us", "t_to_us")
        )
        row, nth = ragged(past - first)
        return is_vessel[row], first[row] + nth

    row, hour = moments(scored[""])
    target = scored[""]["target"][row]
    t_us = middle_us + hour * STEP_US
    n_hours = int(hour.max(initial=0)) + 1
    place = target * n_hours + hour
    order = np.argsort(place, kind="stable")
    cell = {"": cells.of_subject[scored[""]["subject"][row]][order]}
    place, target, t_us = place[order], target[order], t_us[order]
    for zone, intervals in scored.items():
        if zone:
            row, hour = moments(intervals)
            cell[zone] = np.full(len(place), -1, np.int64)
            nth = np.searchsorted(place, intervals["target"][row] * n_hours + hour)
            cell[zone][nth] = cells.of_subject[intervals["subject"][row]]
    return Samples(target, t_us, fleet.unit_vectors(target, t_us), cell)


def sampled_off(
    aware: Table, taken: Samples, log: DetectionLog, fleet: Fleet, speed_mps: Floats, age_us: int
) -> Off:
    """How far off a picture (an AWARENESS table) is at each sample at which it holds the vessel.

    ``speed_mps`` (n_targets,) is the top speed of each target.
    """
    from mda_sim.metrics.position_kernels import fill_off

    n = len(taken.target)
    known, new = taken.known, np.empty(n, np.int64)
    off = Off(np.empty(n), np.empty(n))
    n_new = fill_off(
        taken.target,
        taken.t_us,
        picture_offsets(aware, log.n_targets),
        aware["t_received_us"],
        aware["t_observed_us"],
        aware["error_m"],
        aware["report"],
        _heard(log, fleet),
        speed_mps,
        age_us,
        known.key,
        known.off_m,
        off.off_m,
        off.bound_m,
        new,
    )
    for begin in range(0, n_new, CHUNK):
        some = new[begin : min(begin + CHUNK, n_new)]
        key = known.key[some]
        known.off_m[some] = off.off_m[some] = _off_m(taken, some, key >> 1, (key & 1) == 1, fleet)
    return off


def _heard(log: DetectionLog, fleet: Fleet) -> NDArray[np.bool_]:
    """Whether each report says what was broadcast; nothing if nobody broadcasts a false position."""
    if not (fleet.broadcasts["state"] == AisState.FALSE_POSITION).any():
        return np.zeros(0, np.bool_)
    hears = np.array([card.category == "ais" for card in log.sensors], np.bool_)
    return np.asarray(hears[log.reports["sensor"]], np.bool_)


def _off_m(taken: Samples, at: Ints, observed_us: Ints, is_heard: NDArray[np.bool_], fleet: Fleet) -> Floats:
    """Distance of the truth at some samples from what was seen or heard at ``observed_us`` [m]."""
    seen = fleet.unit_vectors(taken.target[at], observed_us)
    heard = np.flatnonzero(is_heard)
    if len(heard):
        said = fleet.broadcast_positions(taken.target[at[heard]], observed_us[heard])
        seen[heard] = unit_vectors(*said)
    return _distance_m(taken.at[at], seen)


def _distance_m(one: Floats, other: Floats) -> Floats:
    """Distance along the sphere of unit vectors (n, 3) [m]."""
    apart = one - other
    chord = np.sqrt(apart[:, 0] ** 2 + apart[:, 1] ** 2 + apart[:, 2] ** 2)
    return np.asarray(2.0 * EARTH_RADIUS_M * np.arcsin(np.minimum(chord / 2.0, 1.0)), np.float64)


def distinct_errors(aware: Table) -> NDArray[np.float32]:
    """The position errors that a picture has, (n_errors,), rising [m]."""
    error_m = aware["error_m"]
    found: NDArray[np.float32] = np.unique(
        error_m[np.append(True, error_m[1:] != error_m[:-1])[: len(error_m)]]
    )
    return found[~np.isnan(found)]


def error_times(
    aware: Table, errors_m: NDArray[np.float32], scored: Table, cells: Cells, age_us: int
) -> Ints:
    """Time that each cell is held with each of the ``distinct_errors``, (n_cells, n_errors) [us].

    ``aware`` is an AWARENESS table, ``scored`` a SCORED table.
    """
    from mda_sim.metrics.position_kernels import fill_error_time

    time_us = np.zeros((cells.n_cells, len(errors_m)), np.int64)
    fill_error_time(
        scored["target"],
        cells.of_subject[scored["subject"]],
        scored["t_from_us"],
        scored["t_to_us"],
        picture_offsets(aware, cells.n_subjects),
        aware["t_received_us"],
        aware["t_observed_us"],
        aware["error_m"],
        errors_m,
        age_us,
        time_us,
    )
    return time_us


def position_figures(
    errors_m: NDArray[np.float32],
    time_us: Ints,
    off: Off,
    taken: Samples,
    scored_us: Ints,
    cells: Cells,
    members: Mapping[str, NDArray[np.bool_]],
    label: str,
    *,
    zone: str = "",
) -> list[Figure]:
    """Position errors of every group of vessels in one zone.

    ``time_us`` is ``error_times`` there, ``scored_us`` (n_subjects,) the scored time, ``label`` the age's.
    """
    known_m = errors_m.astype(np.float64)
    vessels = cells.n_vessels(scored_us, members)
    rows_there, cell = taken.within[zone]
    off_m, bound_m = off
    if len(rows_there) < len(off_m):
        off_m, bound_m = off_m[rows_there], bound_m[rows_there]
    is_held = ~np.isnan(off_m)
    off_m, bound_m, cell = off_m[is_held], bound_m[is_held], cell[is_held]
    metrics = {
        what: {stat: metric_key(f"position_{what}_{stat}", "", label) for stat in STATISTICS}
        for what in ("error", "off", "bound")
    }
    figures = []
    whose = zip(members, rows_by_group(members, cell), by_group(members, time_us), strict=True)
    for name, rows, weights in whose:
        group, mine = group_key(name, zone), slice(None) if len(rows) == len(cell) else rows
        found = {
            "error": (weighted_summary(known_m, weights), vessels[name]),
            "off": (summary(off_m[mine]), len(rows)),
            "bound": (summary(bound_m[mine]), len(rows)),
        }
        figures += [
            Figure(metrics[what][stat], group, value_m, "m", n)
            for what, (stats, n) in found.items()
            for stat, value_m in stats.items()
        ]
    return figures


def summary(values: Floats) -> dict[str, float]:
    """As ``weighted_summary`` of values (n,) that weigh the same.

    >>> summary(np.array([4.0, 3.0, 5.0]))["p50_m"]
    4.0
    """
    from mda_sim.metrics.position_kernels import fill_smallest

    n = len(values)
    if n == 0:
        return weighted_summary(values, np.zeros(0, np.int64))
    places = [max(math.ceil(p * n) - 1, 0) for _, p in QUANTILES]
    ordered = np.empty(len(places))
    fill_smallest(values, values.view(np.int64), np.array(places, np.int64), ordered)
    found = {"rms_m": math.sqrt(float((values * values).sum()) / n)}
    return found | {name: value for (name, _), value in zip(QUANTILES, ordered.tolist(), strict=True)}


def weighted_summary(values: Floats, weights: Ints) -> dict[str, float]:
    """Root mean square and quantiles of values (n,) with weights >= 0; NaN without weight.

    The quantile p is the smallest value up to which lies at least p of the weight.

    >>> weighted_summary(np.array([3.0, 4.0]), np.array([1, 1]))["p50_m"]
    3.0
    """
    whole = int(weights.sum())
    if whole == 0:
        return dict.fromkeys(STATISTICS, math.nan)
    found = {"rms_m": math.sqrt(float((weights * values**2).sum()) / whole)}
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    for name, p in QUANTILES:
        found[name] = float(values[order[np.searchsorted(below, p * whole)]])
    return found
