"""An AIS receiver ashore: its spec, and how often ships transmit.

Model: a target that broadcasts at the moment and is in line of sight of both antennas (over an Earth of
``refraction_factor`` times its radius) and within ``max_range_m`` transmits its position every T(class,
speed, turn). Over a reporting interval it sends n = sum of time on the air in reach / T. One message is
decoded with probability p = p_decode (1 - garbled) exp(-h), where h is the load of the ships hidden from it
that the receiver hears (``slot_load``), so the target is held with probability 1 - (1 - p)^n. A contact is of
the last instant on the air in reach; what was broadcast then, the truth or a false position, is what it says.

A class A set reports faster while its ship changes course: from the beginning of a leg that turns by more
than ``TURN_LEAST_DEG`` from the one before it, for the angle at ``TURN_RATE_DEG_PER_S``, and ``TURN_HOLD_S``
longer.

Assumptions and limits: each transmission is decoded independently, with a probability that does not fall
with distance. The reflecting height of a target stands for its antenna's, and class B (2 W) reaches as far as
class A (12.5 W). VHF bends round terrain enough that land does not block it before the horizon. A class A
ship at 3 knots or less is taken as anchored or moored (under way it would report every 10 s); a class B set
that is self-organised (SO) never takes the longer intervals of a loaded channel. The rate of turn, 0.5
degrees a second, is an assumption. Where a target begins to send something else within an interval, the
contact counts as of what it sent last.

Source: ITU-R Recommendation M.1371-5, "Technical characteristics for an automatic identification system
using time division multiple access in the VHF maritime mobile frequency band", 2014, Annex 1, tables 1 and 2
(reporting intervals); a course change there is a heading that differs by more than 5 degrees from its mean
over 30 s, and ends 20 s after it no longer does (general knowledge, medium confidence).
Where next: ``airtime`` says when targets in reach transmit, ``ais_kernels`` looks at that;
``FixedSensor.plan`` calls ``AisReceiver.looker``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.spec import NonNegative, Probability
from mda_sim.core.time import US_PER_S
from mda_sim.sensing.airtime import STEP_US, airtime_of, sets_of, squares_of
from mda_sim.sensing.elementwise import elementwise
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.horizon import EARTH_FACTOR, horizon_m
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.sensing.slot_load import SHIP_RANGE_M, slot_load
from mda_sim.world.groups import TALLEST_M

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.sensing.looks import Held, Looker, Watch
    from mda_sim.sensing.windows import Windows
    from mda_sim.world.fleet import Fleet

TURN_RATE_DEG_PER_S: Final = 0.5
"""Rate at which ships turn. Assumption [deg/s]"""
TURN_LEAST_DEG: Final = 5.0
"""Largest change of course that does not count as a turn [deg]."""
TURN_HOLD_S: Final = 20.0
"""How much longer than the turn the set reports faster [s]."""


class AisReceiver(FixedSensor):
    """A shore station that receives AIS. See the module for the model and its limits."""

    kind: Literal["ais_receiver"] = "ais_receiver"
    """Kind of sensor."""
    antenna_height_m: Annotated[float, Field(gt=0, le=9000)]
    """Height of the antenna above the sea. [m]"""
    max_range_m: Annotated[float, Field(gt=0, le=1e6)]
    """Longest range, whatever the heights. [m]"""
    p_decode: Probability = 0.8
    """Probability that one transmission in reach is decoded (0.8 is an assumption)."""
    refraction_factor: Annotated[float, Field(ge=0.5, le=10)] = EARTH_FACTOR
    """k: effective over true radius of the Earth; 4/3 in a standard atmosphere. [1]"""
    slot_load: bool = True
    """Whether messages of ships that do not hear each other collide here. If not, no vessel changes the
    contacts of another."""
    ship_range_m: Annotated[float, Field(gt=0, le=1e6)] = SHIP_RANGE_M
    """Distance up to which ships hear each other, and so share slots without conflict. [m]"""
    position_error_m: NonNegative = 10.0
    """Position error of a contact, 1 sigma: that of the ship's satellite navigation (10 m is the bound
    of the AIS accuracy flag). [m]"""

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "ais"

    def error_m(self) -> float:
        """Position error of a contact, 1 sigma, at any range [m]."""
        return self.position_error_m

    def reach_m(self, targets: Table, duct_height_m: float = 0.0) -> NDArray[np.float64]:
        """The nearer of range and horizon for each row of a TARGETS table, -1 without a set, (n,) [m].

        Evaporation ducts do not carry waves as long as these.
        """
        return np.where(targets["ais"] > 0, self._reach_m(targets["height_m"]), -1.0)

    def _reach_m(self, height_m: ArrayLike) -> NDArray[np.float64]:
        """The nearer of range and horizon of antennas at a height [m]."""
        return np.minimum(
            self.max_range_m, horizon_m(self.antenna_height_m, height_m, self.refraction_factor)
        )

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one interval, shape of ``range_m``: the same within reach, 0 beyond.

        Of a target that sends all the time on a steady course. No load is known here: the channel is clear.
        No weather matters.
        """
        reach_m = self._reach_m(example.height_m)
        n_sent = self.interval_s / reporting_interval_s(int(example.ais), example.speed_mps)
        return np.where(np.asarray(range_m, np.float64) <= reach_m, p_held(self.p_decode, n_sent), 0.0)

    def looker(self, watch: Watch) -> Looker:
        """The looks of this receiver in one replicate."""
        from mda_sim.sensing.ais_kernels import look_ais, set_missed

        fleet, until_us = watch.fleet, watch.timeline.score_to_us
        reach_m = float(self._reach_m(TALLEST_M))  # of no fleet: another vessel must not move the squares
        can_hide = self.slot_load and 2.0 * reach_m > self.ship_range_m
        range_m, step_us = (self.ship_range_m, STEP_US) if can_hide else (np.inf, until_us + 1)
        squares = squares_of(self.lat_deg, self.lon_deg, reach_m, watch.timeline, step_us)
        airtime = airtime_of(watch.windows, sets_of(fleet), squares, self.p_decode)
        of_vessels = airtime[: np.searchsorted(airtime["target"], fleet.n_vessels)]
        set_missed(airtime, slot_load(of_vessels, squares, range_m).hidden)
        owners = np.ascontiguousarray(airtime["target"])
        addresses, indices = fleet.draw_address, fleet.targets["index"]
        key, sensor = watch.key("sense.ais.contact"), np.uint64(watch.address)

        def look(windows: Windows, out: Held) -> int:
            begin, end = np.searchsorted(owners, (windows["target"][0], windows["target"][-1] + 1))
            return look_ais(airtime[begin:end], addresses, indices, watch.grid, key, sensor, out)

        return look


def turning_s(fleet: Fleet) -> NDArray[np.float64]:
    """How long from the start of each leg its ship counts as changing course, (n_legs,) [s].

    0 where it turns by no more than ``TURN_LEAST_DEG``, and never longer than the leg.
    """
    from mda_sim.sensing.airtime_kernels import turns_for_s

    lasts_s = (fleet.legs["t_to_us"] - fleet.legs["t_from_us"]) / US_PER_S
    return elementwise(turns_for_s, fleet.turn_deg, lasts_s)


def reporting_interval_s(
    ais_class: ArrayLike, speed_mps: ArrayLike, is_turning: ArrayLike = False
) -> NDArray[np.float64]:
    """Time between two positions that a set transmits [s], by AisClass, speed and change of course.

    Class A: 180 s up to 3 knots, 10 s up to 14, 6 s up to 23, 2 s beyond; while turning 3 1/3 s up to 14
    knots and 2 s beyond. Class B (CS): 180 s up to 2 knots, 30 s beyond. Class B SO: 180 s up to 2 knots,
    30 s up to 14, 15 s up to 23, 5 s beyond. inf without a set. The arguments broadcast together.

    >>> reporting_interval_s(1, [0.0, 5.0]).tolist()
    [180.0, 10.0]
    """
    from mda_sim.sensing.airtime_kernels import interval_s

    return elementwise(interval_s, ais_class, np.asarray(speed_mps, np.float64), is_turning)


def p_held(p_decode: ArrayLike, n_sent: ArrayLike) -> NDArray[np.float64]:
    """Probability that at least one of ``n_sent`` (not always whole) is decoded; arguments broadcast."""
    from mda_sim.sensing.ais_kernels import p_any

    return elementwise(p_any, np.asarray(p_decode, np.float64), np.asarray(n_sent, np.float64))
