"""What passes between the sweep and a kind of sensor: a setting in, the plan of its reports and holds out.

Model: a ``Plan`` lists the intervals that a sensor reports on, by numbers that depend on nothing but the
sensor, so that they can stand in the address of a draw. For a fixed sensor, interval k is the time from
phase + k I to phase + (k + 1) I, with one addressed uniform for the phase (a fraction of I); k counts from
the scenario's start whatever ``from_utc`` says.

Where next: ``sweep`` makes one ``Setting`` for all sensors, each of which answers with a ``Plan``; the plan
of a fixed sensor gives ``radar`` or ``ais`` a ``Watch`` and gets a ``Looker``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.time import Timeline, to_us

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.geo.regions import Box
    from mda_sim.sensing.message_grid import MessageGrid
    from mda_sim.sensing.sensor import FixedSensor
    from mda_sim.sensing.windows import Windows
    from mda_sim.world.environment import Environment
    from mda_sim.world.fleet import Fleet
    from mda_sim.world.sorties import Carrier


class Grid(NamedTuple):
    """The reporting intervals of one sensor; a plain tuple, so that kernels take it as it is."""

    phase_us: int
    """Start of interval 0, in [0, interval_us). [us]"""
    interval_us: int
    """Length of an interval. [us]"""
    first: int
    """First interval in which the sensor operates."""
    stop: int
    """One past the last whole interval within sensing."""

    @property
    def n_intervals(self) -> int:
        """Number of operating intervals, 0 or more."""
        return max(0, self.stop - self.first)


HELD: Final = np.dtype([("interval", "u4"), ("target", "u4"), ("dt_us", "u4"), ("cell", "u4")])
"""One interval in which a target was held: the interval (on a fixed sensor's grid, in order of a satellite's
images), the target, how long before the interval's end the target was last in reach [us], and the
resolution cell that it was in, 0 for a sensor that tells any two vessels apart."""

Held = NDArray[np.void]
"""An array (n,) of dtype ``HELD``; a looker fills it so that targets rise within an interval."""

Looker = Callable[["Windows", Held], int]
"""Looks at the targets of some windows, fills the array from its start and returns how many rows."""


@dataclass(frozen=True)
class Setting:
    """One replicate: what all its sensors look at, and what their looks depend on."""

    fleet: Fleet
    """All targets."""
    timeline: Timeline
    """Sensing runs over [0, score_to_us]."""
    seed: int
    """Seed of the replicate."""
    land: Land | None
    """Land that may block; None for a world without land."""
    area: Box | None
    """Where vessels live, which sensors from above are tasked with; None if there are none."""
    environment: Environment | None = None
    """The weather; None for a calm, dry sea under a standard atmosphere."""
    carriers: Mapping[str, Carrier] = field(default_factory=dict)
    """What moving sensors are aboard, by id of the platform."""

    @cached_property
    def messages(self) -> MessageGrid:
        """The AIS on the air in the area, for receivers that hear far; made once for all of them."""
        from mda_sim.sensing.message_grid import message_grid

        return message_grid(self.fleet, max(self.timeline.score_to_us, 1), self.area)


@dataclass(frozen=True)
class Plan:
    """The reports of one sensor in one replicate, and how it looks; arrays have one row per report."""

    interval: NDArray[np.int64]
    """Number of each report's interval, increasing: what stands in the address of its draws."""
    t_observed_us: NDArray[np.int64]
    """When each interval ends. [us]"""
    t_ready_us: NDArray[np.int64]
    """When the product of each exists: after downlink and processing. [us]"""
    first: int
    """The number that ``look`` gives the first report in HELD rows; the others follow one by one."""
    look: Callable[[int, int, Held], int]
    """Looks at the targets from its first argument up to its second, fills the array from its start and
    returns how many rows. There is room for each target in each report."""


@dataclass(frozen=True)
class Watch:
    """One fixed sensor in one replicate: what its looker may use."""

    fleet: Fleet
    """All targets."""
    windows: Windows
    """When each of them is within the sensor's reach."""
    address: int
    """Draw address of the sensor: word 2 of its draws."""
    grid: Grid
    """Its reporting intervals."""
    seed: int
    """Seed of the replicate."""
    land: Land | None
    """Land that may block; None for a world without land."""
    timeline: Timeline
    """The calendar."""
    environment: Environment | None = None
    """The weather; None for a calm, dry sea under a standard atmosphere."""

    def key(self, purpose: str) -> np.uint64:
        """Philox key of one kind of decision."""
        return np.uint64(stream_key(self.seed, purpose))


def reporting_grid(sensor: FixedSensor, sensor_id: str, timeline: Timeline, seed: int) -> Grid:
    """The intervals of a sensor that lie whole within [0, score_to_us] and start no earlier than its
    ``from_utc``.
    """
    interval_us = to_us(sensor.interval_s)
    u = draw_uniform(stream_key(seed, "sense.phase"), 0, 0, address(sensor_id), 0)[0]
    phase_us = int(u * interval_us)
    from_us = 0 if sensor.from_utc is None else timeline.us_at(sensor.from_utc)
    first = max(0, -((phase_us - from_us) // interval_us))
    return Grid(phase_us, interval_us, first, max(0, (timeline.score_to_us - phase_us) // interval_us))
