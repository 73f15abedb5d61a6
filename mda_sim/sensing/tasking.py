"""Which of the works that the satellites of a sensor could do are done: duty, sides, and areas by priority.

Model: a **candidate** is one area that one side of one satellite has in reach in one pass, from a first to a
last instant. A pass is worked with probability ``duty``, one draw each. Without tasks there is one area, and
one side of those that have it is worked, by even odds; ``longest_image_s`` cuts the work at its end.

With tasks, the areas of a worked pass take their turns by priority, then by id. An area gets the side that
the pass prefers, or else the other, if its candidate

1. does not meet a work of another side in time: there is one beam (a work of the same side that it meets is
   one with it from then on);
2. keeps the time worked in the pass within ``longest_image_s``, if need be shortened at its end, but to no
   less than half of itself or of ``longest_image_s``, whichever is less;
3. makes no more than ``MOST_WORKS`` works in the pass.

Otherwise the area is not worked in this pass. So a lower priority takes nothing from a higher one.

The number of a work's report, the address of its draws, is that of the pass plus 2^30 times its counter in
the pass, in the order in which works were taken on: an area of lower priority changes no number of another
work, unless it joins two into one.

Assumptions and limits: the beam turns from side to side in no time, and takes no thought for later passes.
Source: the rule is a plain greedy one (assumption); operators publish none.
Where next: ``satellite`` and other kinds find candidates and report the works.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_uniform, draw_words, stream_key
from mda_sim.core.time import to_us
from mda_sim.sensing.orbiting import PASSES_PER_SATELLITE, OrbitingSensor

CANDIDATE: Final = np.dtype(
    [
        ("satellite", "i8"),
        ("number", "i8"),
        ("task", "i8"),
        ("side", "i8"),
        ("t_from_us", "i8"),
        ("t_to_us", "i8"),
    ]
)
"""What could be worked: the satellite, the number of its pass, the area (its place among the sorted ids of
``tasks``; 0 without tasks), the side (1 right, -1 left, 0 for a sensor without sides), first and last instant
[us]. At most one for each satellite, pass, area and side."""

WORK: Final = np.dtype(
    [
        ("satellite", "i8"),
        ("number", "i8"),
        ("image", "i8"),
        ("side", "i8"),
        ("t_from_us", "i8"),
        ("t_to_us", "i8"),
    ]
)
"""What is worked: the satellite, the number of its pass, a counter of the works in the pass, the side, first
and last instant [us]."""

Candidates = NDArray[np.void]
"""An array (n,) of dtype ``CANDIDATE``."""
Works = NDArray[np.void]
"""An array (n,) of dtype ``WORK``, in order of their ``intervals``."""

MOST_WORKS: Final = 4
"""Most works in one pass: what the numbers of reports have room for."""
WORK_STRIDE: Final = 2**30
"""Numbers set aside for the first works of all passes of all satellites, and again for the second."""

_NO_LIMIT_US: Final = 2**61


def choose(sensor: OrbitingSensor, sensor_id: str, candidates: Candidates, seed: int) -> Works:
    """The works that one sensor's satellites do in one replicate, in order of their ``intervals``."""
    order = np.lexsort(tuple(candidates[name] for name in ("task", "side", "number", "satellite")))
    rows = candidates[order]
    passes = _pass_numbers(rows)
    where = stream_key(seed, f"sense.{sensor.category}.pass"), 0, 0, address(sensor_id), passes
    is_worked = draw_uniform(*where) < sensor.duty
    preferred = np.where(draw_words(*where)[:, 2] < 2**31, 1, -1)
    limit_us = _NO_LIMIT_US if sensor.longest_image_s is None else to_us(sensor.longest_image_s)
    if sensor.tasks:
        taken = _by_priority(sensor, rows[is_worked], preferred[is_worked], limit_us)
    else:
        has_choice = np.isin(passes, passes[1:][np.diff(passes) == 0])
        taken = _whole_area(rows[is_worked & (~has_choice | (rows["side"] == preferred))], limit_us)
    return taken[np.argsort(intervals(taken), kind="stable")]


def intervals(works: Works) -> NDArray[np.int64]:
    """Numbers of the reports of works, (n,): what stands in the address of their draws; under 2^32."""
    return np.asarray(_pass_numbers(works) + works["image"] * WORK_STRIDE, np.int64)


def _pass_numbers(rows: NDArray[np.void]) -> NDArray[np.int64]:
    return np.asarray(rows["satellite"] * PASSES_PER_SATELLITE + rows["number"], np.int64)


def _whole_area(rows: Candidates, limit_us: int) -> Works:
    """A work of each candidate, none longer than the limit."""
    works = np.zeros(len(rows), WORK)
    for name in ("satellite", "number", "side", "t_from_us"):
        works[name] = rows[name]
    works["t_to_us"] = np.minimum(rows["t_to_us"], rows["t_from_us"] + limit_us)
    return works


def _by_priority(
    sensor: OrbitingSensor, rows: Candidates, preferred: NDArray[np.int64], limit_us: int
) -> Works:
    """The works of all worked passes; ``preferred`` is the side that the pass of each row prefers."""
    priorities = np.array([task.priority for task in sensor.tasks.values()], np.int64)
    is_second = rows["side"] != preferred
    turns = np.lexsort((is_second, rows["task"], priorities[rows["task"]], rows["number"], rows["satellite"]))
    found: list[tuple[int, int, int, int, int, int]] = []
    for (satellite, number), group in groupby(rows[turns].tolist(), key=lambda row: row[:2]):
        beam = _Beam(limit_us)
        done: set[int] = set()
        for _, _, task, side, t_from_us, t_to_us in group:
            if task not in done and beam.takes(side, t_from_us, t_to_us):
                done.add(task)
        found += [(satellite, number, *work) for work in beam.works]
    return np.array(found, WORK)


class _Taken(NamedTuple):
    """A work that a beam has taken on."""

    image: int
    side: int
    t_from_us: int
    t_to_us: int


class _Beam:
    """The time of one satellite in one pass: no two works of different sides meet, none of one side does."""

    def __init__(self, limit_us: int) -> None:
        self.works: list[_Taken] = []
        self._limit_us = limit_us

    def takes(self, side: int, t_from_us: int, t_to_us: int) -> bool:
        """Take a candidate on if it fits, joined with the works that it meets; whether it did."""
        meets = self._meeting(t_from_us, t_to_us)
        if any(work.side != side for work in meets):
            return False
        until_us = self._affordable_us(t_from_us, t_to_us)
        least_us = min(t_to_us - t_from_us, self._limit_us)
        if until_us < t_to_us and 2 * (until_us - t_from_us) < least_us:
            return False
        meets = self._meeting(t_from_us, until_us)
        if not meets and len(self.works) == MOST_WORKS:
            return False
        # A joined work keeps the counter of the first; a new one has the first that is free.
        free = [k for k in range(MOST_WORKS) if k not in {work.image for work in self.works}]
        joined = _Taken(
            min(work.image for work in meets) if meets else free[0],
            side,
            min([t_from_us, *(work.t_from_us for work in meets)]),
            max([until_us, *(work.t_to_us for work in meets)]),
        )
        self.works = [work for work in self.works if work not in meets] + [joined]
        return True

    def _meeting(self, t_from_us: int, t_to_us: int) -> list[_Taken]:
        """The works that a span of time meets, in order of time."""
        met = [work for work in self.works if t_from_us <= work.t_to_us and t_to_us >= work.t_from_us]
        return sorted(met, key=lambda work: work.t_from_us)

    def _affordable_us(self, t_from_us: int, t_to_us: int) -> int:
        """How far a candidate can be worked within the limit; what is worked already costs nothing."""
        left_us = self._limit_us - sum(work.t_to_us - work.t_from_us for work in self.works)
        until_us = t_from_us
        for work in self._meeting(t_from_us, t_to_us):
            gap_us = max(work.t_from_us - until_us, 0)
            if gap_us > left_us:
                break
            left_us -= gap_us
            until_us = max(until_us, work.t_to_us)
        return min(until_us + left_us, t_to_us)
