"""Followers: ships that escort or shadow a vessel of another stream, at a distance along its track.

Model: a follower keeps astern on the track of the vessel it follows. With F the distance that the vessel has
sailed since the beginning of the stretch and d the follower's distance, uniform in ``distance_m``, it is
where the track is max(F - d, 0) long. So it keeps off land as the vessel does, has its speed at every moment,
stops when it stops, and meets it only where the vessel turns back.

A vessel of the stream is followed with probability ``share``, by ``ships_each`` ships each, on each of its
stretches at sea; with ``within``, from the first to the last moment of the stretch at which the vessel is in
that region (sampled every ten minutes), as ships that pick it up and leave it there. Followers are present
for that time alone: where they come from is not modelled.

The stream is ``class/task``; the index is that of the followed vessel * 8 + the number of the ship. Every
draw is addressed by it. What is followed depends on the followed vessel alone, so resizing either class
changes no follower of a vessel that is still there.

Assumptions and limits: followers do not block or collide, and do not react to anyone else; none keeps ahead
or abeam. Where a stretch begins a follower waits at the same point as the vessel until that is far enough. It
is not asked whether the follower could sail so fast. In a longer run the leg that the end of the run cut
short is the same to rounding, all earlier ones to the bit.

Source: that survey ships are escorted by coast guard and militia: Asia Maritime Transparency Initiative,
"What Lies Beneath: Chinese Surveys in the South China Sea", 1 March 2022,
https://amti.csis.org/what-lies-beneath-chinese-surveys-in-the-south-china-sea/. Distances are assumptions.
Where next: ``world``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints

from mda_sim.core.spec import IdMap, Probability, Spec
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.regions import Area, Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, lat_lon
from mda_sim.world.groups import Group, assemble
from mda_sim.world.inside import inside_intervals
from mda_sim.world.traffic import Span, TrafficBase, uniform
from mda_sim.world.voyages import Waypoints, voyage_group

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHIPS_PER_VESSEL: Final = 8
"""Numbers of ships set aside for each vessel that is followed."""
_LEAST_US: Final = US_PER_S  # changes of course and speed that are nearer in time are one
StreamName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}/[a-z][a-z0-9_]{0,40}(/(out|back))?$")
]


class TaskSpec(Spec):
    """Who is followed, and how."""

    follows: StreamName
    """Stream of the vessels that are followed: class/entry, such as resupply/thitu_island; for a route of
    merchant ships class/route/out or class/route/back."""
    share: Probability = 1.0
    """Share of the vessels of the stream that are followed. [0, 1]"""
    ships_each: Annotated[int, Field(ge=1, le=SHIPS_PER_VESSEL)] = 1
    """Number of ships that follow each. 1 to 8"""
    distance_m: Span = Span(low=1_000.0, high=4_000.0)
    """Distance along the track, uniform in the span, constant for a ship. > 0 m; the default is an
    assumption"""
    within: Area | None = None
    """Region in which they follow; without it, wherever the vessel is at sea."""


class FollowerTraffic(TrafficBase):
    """Escorts and shadows."""

    kind: Literal["follower"] = "follower"
    """The kind of traffic."""
    tasks: IdMap[TaskSpec]
    """Tasks of the class by id."""


def follower_groups(
    class_id: str,
    traffic: FollowerTraffic,
    others: Mapping[str, Group],
    box: Box,
    timeline: Timeline,
    seed: int,
) -> Iterator[Group]:
    """The ships of a class in ``box`` during [0, score_to_us], one group for each task.

    ``others``: the groups of other traffic by stream. KeyError for a stream that is not among them, with the
    nearest one that is.
    """
    end_us = timeline.score_to_us
    for task_id, task in traffic.tasks.items():
        stream = f"{class_id}/{task_id}"
        if task.follows not in others:
            near = get_close_matches(task.follows, sorted(others), 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise KeyError(f"stream '{stream}' follows '{task.follows}', which no class of traffic has{hint}")
        waypoints = _waypoints(stream, task, others[task.follows], end_us, seed)
        yield voyage_group(class_id, stream, traffic, waypoints, box, end_us, seed)


def _waypoints(stream: str, task: TaskSpec, followed: Group, end_us: int, seed: int) -> Waypoints:
    chosen = uniform(seed, "follower.share", stream, followed.index) < task.share
    rows: list[tuple[Floats, Floats, Ints, int]] = []
    for vessel, legs, from_us, to_us in _stretches(followed, chosen, task, end_us):
        index = int(followed.index[vessel]) * SHIPS_PER_VESSEL + np.arange(task.ships_each)
        track = _Track(legs)
        away_m = task.distance_m.at(uniform(seed, "follower.distance", stream, index))
        for nth in range(task.ships_each):
            rows.append((*track.followed(float(away_m[nth]), from_us, to_us), int(index[nth])))
    # Ships of one vessel were made stretch by stretch: order them ship by ship, then by time.
    rows.sort(key=lambda row: (row[3], int(row[2][0])))
    count = [len(row[0]) for row in rows]
    lat, lon = (np.concatenate([np.empty(0), *(row[k] for row in rows)]) for k in (0, 1))
    t_us = np.concatenate([np.empty(0, np.int64), *(row[2] for row in rows)])
    stretch = np.repeat(np.arange(len(rows)), count)
    return Waypoints(lat, lon, t_us, np.array([row[3] for row in rows], dtype=np.int64)[stretch], stretch)


def _stretches(
    followed: Group, chosen: NDArray[np.bool_], task: TaskSpec, end_us: int
) -> Iterator[tuple[int, Table, int, int]]:
    """Each stretch at sea of the chosen vessels (n,): the vessel, its legs, and when it is followed [us]."""
    legs = followed.legs
    if not len(legs):
        return
    same = (legs["target"][1:] == legs["target"][:-1]) & (legs["t_from_us"][1:] == legs["t_to_us"][:-1])
    starts = np.flatnonzero(np.append(True, ~same))
    ends = np.append(starts[1:], len(legs))
    bounds_us = np.stack([legs["t_from_us"][starts], legs["t_to_us"][ends - 1]], axis=1)
    if task.within is not None:
        inside = inside_intervals(assemble([followed]), task.within, 0, end_us)
        bounds_us = _narrowed(legs["target"][starts], bounds_us, inside)
    for start, end, (from_us, to_us) in zip(starts, ends, bounds_us.tolist(), strict=True):
        vessel = int(legs["target"][start])
        if chosen[vessel] and to_us - from_us > _LEAST_US:
            yield vessel, legs.take(np.arange(start, end)), from_us, to_us


def _narrowed(target: NDArray[np.uint32], bounds_us: Ints, inside: Table) -> Ints:
    """The bounds (n, 2) of each stretch, brought in to its first and last moment in a PRESENCE table; of no
    duration if it has none.
    """
    narrowed = np.stack([bounds_us[:, 0], bounds_us[:, 0]], axis=1)
    first, last = (np.searchsorted(inside["target"], target, side=side) for side in ("left", "right"))
    for row, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        from_us, to_us = inside["t_from_us"][begin:end], inside["t_to_us"][begin:end]
        mine = (from_us < bounds_us[row, 1]) & (to_us > bounds_us[row, 0])
        if mine.any():
            narrowed[row] = max(from_us[mine][0], bounds_us[row, 0]), min(to_us[mine][-1], bounds_us[row, 1])
    return narrowed


class _Track:
    """The track of a vessel on one stretch, by time and by distance sailed."""

    def __init__(self, legs: Table) -> None:
        lasts_s = (legs["t_to_us"] - legs["t_from_us"]) / US_PER_S
        self.t_us = np.append(legs["t_from_us"], legs["t_to_us"][-1:])
        self.gone_m = np.concatenate([[0.0], np.cumsum(legs["w_rad_s"] * lasts_s * EARTH_RADIUS_M)])
        self.moving = np.flatnonzero(self.gone_m[1:] > self.gone_m[:-1])
        self.a = np.stack([legs[f"a{axis}"] for axis in "xyz"], axis=1)
        self.b = np.stack([legs[f"b{axis}"] for axis in "xyz"], axis=1)

    def followed(self, away_m: float, from_us: int, to_us: int) -> tuple[Floats, Floats, Ints]:
        """Waypoints of a ship so far astern: latitude, longitude [deg], time [us].

        It changes its speed when the vessel does, and its course where the vessel did.
        """
        turns_us = self._times_us(self.gone_m + away_m)
        t_us = np.unique(np.concatenate([self.t_us, turns_us, [from_us, to_us]]))
        t_us = t_us[(t_us >= from_us) & ((t_us <= to_us - _LEAST_US) | (t_us == to_us))]
        t_us = t_us[np.concatenate([[True], np.diff(t_us) >= _LEAST_US])]
        gone_m = np.interp(t_us, self.t_us, self.gone_m) - away_m
        # Whole millimetres, so that a ship that stops lies still to the last bit.
        lat, lon = self._places(np.round(np.clip(gone_m, 0.0, self.gone_m[-1]), 3))
        return lat, lon, t_us

    def _times_us(self, gone_m: Floats) -> Ints:
        """When the vessel has sailed each distance; those never sailed are left out."""
        ends_m = self.gone_m[self.moving + 1]
        gone_m = gone_m[(gone_m > 0.0) & (gone_m < self.gone_m[-1])]
        leg = self.moving[np.searchsorted(ends_m, gone_m)]
        share = (gone_m - self.gone_m[leg]) / (self.gone_m[leg + 1] - self.gone_m[leg])
        t_us = self.t_us[leg] + share * (self.t_us[leg + 1] - self.t_us[leg])
        return np.asarray(np.rint(t_us), np.int64)

    def _places(self, gone_m: Floats) -> tuple[Floats, Floats]:
        """Where the track is so long."""
        if not len(self.moving):
            return lat_lon(np.broadcast_to(self.a[0], (len(gone_m), 3)))
        ends_m = self.gone_m[self.moving + 1]
        leg = self.moving[np.minimum(np.searchsorted(ends_m, gone_m), len(ends_m) - 1)]
        angle = ((gone_m - self.gone_m[leg]) / EARTH_RADIUS_M)[:, None]
        return lat_lon(self.a[leg] * np.cos(angle) + self.b[leg] * np.sin(angle))
