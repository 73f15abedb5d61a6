"""Where all vessels are at regular instants: what counts of a world are made from.

Model: every vessel that is present is placed at each whole hour (UTC) of the scored time; a mean over the
hours is a time mean. Long or large worlds are looked at every 2, 3, 4, 6, 12 or 24 hours, so that there are
at most ``MOST_LOOKED_AT`` places.

Assumptions and limits: what lasts less than the step can be missed; means over some days are not affected by
that, since arrivals do not wait for the hour. Local noon is mean solar noon at a longitude, taken at the
nearest instant.

Where next: ``world_measures`` and ``world_counts``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_DAY, US_PER_H, Timeline
from mda_sim.world.fleet import AisState

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet

STEPS_H: Final = (1, 2, 3, 4, 6, 12, 24)
"""Steps between instants that may be taken [h]."""
MOST_LOOKED_AT: Final = 12_000_000
"""Vessels times instants that are looked at, at most (at the longest step: any number)."""
_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Vessels present at instants: one row per vessel and instant, in order of vessel and time."""

    t_us: NDArray[np.int64]
    """The instants [us], (n_instants,)."""
    step_h: int
    """Time between them [h]."""
    target: NDArray[np.int64]
    """Vessel, (n,)."""
    instant: NDArray[np.int64]
    """Number of the instant, (n,)."""
    lat_deg: NDArray[np.float64]
    """Latitude, (n,)."""
    lon_deg: NDArray[np.float64]
    """Longitude, (n,)."""
    is_broadcasting: NDArray[np.bool_]
    """Whether its AIS transmits at that moment, true or false, (n,)."""

    def counts(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Number of the given rows (a mask) at each instant, (n_instants,)."""
        return np.bincount(self.instant[rows], minlength=len(self.t_us))


def snapshots(fleet: Fleet, timeline: Timeline) -> Snapshots:
    """The vessels of a fleet during the scored time; RunError if no whole hour lies in it."""
    step_h, t_us = instants(fleet.n_vessels, timeline)
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]] = []
    block = max(1, _AT_ONCE // len(t_us))
    for first in range(0, fleet.n_vessels, block):
        ids = np.arange(first, min(first + block, fleet.n_vessels))
        lat, lon = fleet.positions(np.repeat(ids, len(t_us)), np.tile(t_us, len(ids)))
        there = np.flatnonzero(np.isfinite(lat))
        parts.append((ids[there // len(t_us)], there % len(t_us), lat[there], lon[there]))
    none = np.empty(0, np.int64)
    parts = parts or [(none, none, none.astype(np.float64), none.astype(np.float64))]
    target, instant, lat, lon = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Snapshots(t_us, step_h, target, instant, lat, lon, broadcasts(fleet, target, t_us[instant]))


def broadcasts(
    fleet: Fleet, targets: NDArray[np.int64], t_us: NDArray[np.int64], *, truly: bool = False
) -> NDArray[np.bool_]:
    """Whether each target transmits on AIS at a time (``truly``: its true position), (n,)."""
    state = fleet.ais_states(targets, t_us)
    return np.asarray(state == AisState.TRUE if truly else state != AisState.SILENT)


def at_noon(t_us: NDArray[np.int64], timeline: Timeline, lon_deg: float, step_h: int) -> NDArray[np.bool_]:
    """Which instants are the nearest to local noon of their day at a longitude, (n,); may be none."""
    start = timeline.start.astimezone(UTC)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    since_us = (start - midnight) // timedelta(microseconds=1)
    noon_us = round((12.0 - lon_deg / 15.0) * US_PER_H)
    off_us = (t_us + since_us - noon_us + US_PER_DAY // 2) % US_PER_DAY - US_PER_DAY // 2
    half_us = step_h * US_PER_H // 2
    return np.asarray((off_us >= -half_us) & (off_us < half_us))


def instants(n_vessels: int, timeline: Timeline) -> tuple[int, NDArray[np.int64]]:
    """The step [h], and every so many whole hours of the scored time, its end left out [us].

    RunError if there is none.
    """
    start = timeline.start.astimezone(UTC)
    into_hour = timedelta(minutes=start.minute, seconds=start.second, microseconds=start.microsecond)
    offset_us = into_hour // timedelta(microseconds=1)
    first = -(-(timeline.score_from_us + offset_us) // US_PER_H)
    last = -(-(timeline.score_to_us + offset_us) // US_PER_H)
    if last <= first:
        raise RunError(
            "the scored time holds no whole hour, so there is nothing to show; make duration_h longer"
        )
    fits = (step for step in STEPS_H if n_vessels * (last - first) // step <= MOST_LOOKED_AT)
    step = next(fits, STEPS_H[-1])
    return step, np.arange(first, last, step, dtype=np.int64) * US_PER_H - offset_us
