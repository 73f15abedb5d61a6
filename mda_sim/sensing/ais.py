"""An AIS receiver ashore: its spec, and how often ships transmit.

Model: a target that broadcasts at the moment and is in line of sight of both antennas (4/3 Earth) and within
``max_range_m`` transmits its position every T(class, speed, turn). Over a reporting interval it sends n = sum
of time on the air in reach / T, of which the share that is not garbled can be decoded, and is held with
probability 1 - (1 - p_decode (1 - garbled))^n. A contact is of the last instant on the air in reach; what was
broadcast then, the truth or a false position, is what it says.

A class A set reports faster while its ship changes course: from the beginning of a leg that turns by more
than ``TURN_LEAST_DEG`` from the one before it, for the angle at ``TURN_RATE_DEG_PER_S``, and ``TURN_HOLD_S``
longer.

Assumptions and limits: each transmission is decoded independently with one probability, so neither slot
collisions in busy waters nor loss with distance are modelled. The reflecting height of a target stands for
its antenna's. VHF bends round terrain enough that land does not block it before the horizon. A class A ship
at 3 knots or less is taken as anchored or moored; a class B set that is self-organised (SO) finds the channel
unloaded. The rate of turn, 0.5 degrees a second, is an assumption. Where a target begins to send something
else within an interval, the contact counts as of what it sent last.

Source: ITU-R Recommendation M.1371-5, "Technical characteristics for an automatic identification system
using time division multiple access in the VHF maritime mobile frequency band", 2014, Annex 1, tables of
reporting intervals; a course change there is a heading that differs by more than 5 degrees from its mean over
30 s, and ends 20 s after it no longer does (general knowledge, medium confidence). Class B SO: as quoted from
it in Alltek Marine Electronics, "AIS B600 User's Manual".
Where next: ``ais_kernels`` looks at targets in reach; ``FixedSensor.plan`` calls ``AisReceiver.looker``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.spec import NonNegative, Probability
from mda_sim.core.time import US_PER_S
from mda_sim.sensing.elementwise import elementwise
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.horizon import horizon_m
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.world.broadcasts import AisState

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.sensing.ais_kernels import Sets
    from mda_sim.sensing.looks import Held, Looker, Watch
    from mda_sim.sensing.windows import Windows
    from mda_sim.world.fleet import Fleet

TURN_RATE_DEG_PER_S: Final = 0.5
"""Rate at which ships turn. Assumption [deg/s]"""
TURN_LEAST_DEG: Final = 5.0
"""Largest change of course that does not count as a turn [deg]."""
TURN_HOLD_S: Final = 20.0
"""How much longer than the turn the set reports faster [s]."""

AIRTIME: Final = np.dtype(
    [("target", "i8"), ("t_from_us", "i8"), ("t_to_us", "i8"), ("log_missed_per_s", "f8")]
)
"""A time in which a target in reach transmits: first and last instant [us], and the logarithm of the
probability that nothing that it sends in a second is decoded."""


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
        reach_m = np.minimum(self.max_range_m, horizon_m(self.antenna_height_m, targets["height_m"]))
        return np.where(targets["ais"] > 0, reach_m, -1.0)

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one interval, shape of ``range_m``: the same within reach, 0 beyond.

        Of a target that sends all the time on a steady course, on a clear channel; no weather matters.
        """
        reach_m = min(self.max_range_m, float(horizon_m(self.antenna_height_m, example.height_m)))
        n_sent = self.interval_s / reporting_interval_s(int(example.ais), example.speed_mps)
        return np.where(np.asarray(range_m, np.float64) <= reach_m, p_held(self.p_decode, n_sent), 0.0)

    def looker(self, watch: Watch) -> Looker:
        """The looks of this receiver in one replicate."""
        from mda_sim.sensing.ais_kernels import fill_airtime, look_ais

        fleet = watch.fleet
        sets = _sets(fleet, self.p_decode)
        addresses, indices = fleet.draw_address, fleet.targets["index"]
        key, sensor = watch.key("sense.ais.contact"), np.uint64(watch.address)

        def look(windows: Windows, out: Held) -> int:
            airtime = np.empty(2 * len(windows) + _n_rows(windows, sets), AIRTIME)
            n = fill_airtime(windows, sets, airtime)
            return look_ais(airtime[:n], addresses, indices, watch.grid, key, sensor, out)

        return look


def turning_s(fleet: Fleet) -> NDArray[np.float64]:
    """How long from the start of each leg its ship counts as changing course, (n_legs,) [s].

    0 where it turns by no more than ``TURN_LEAST_DEG``, and never longer than the leg.
    """
    lasts_s = (fleet.legs["t_to_us"] - fleet.legs["t_from_us"]) / US_PER_S
    turns_s = fleet.turn_deg / TURN_RATE_DEG_PER_S + TURN_HOLD_S
    return np.where(fleet.turn_deg > TURN_LEAST_DEG, np.minimum(turns_s, lasts_s), 0.0)


def _sets(fleet: Fleet, p_decode: float) -> Sets:
    from mda_sim.sensing.ais_kernels import Sets

    sent = fleet.broadcasts
    return Sets(
        ais=fleet.targets["ais"],
        first_leg=fleet.targets["first_leg"].astype(np.int64),
        n_legs=fleet.targets["n_legs"].astype(np.int64),
        leg_from_us=fleet.legs["t_from_us"],
        turning_us=np.rint(turning_s(fleet) * US_PER_S).astype(np.int64),
        first_row=fleet.first_broadcast,
        row_from_us=sent["t_from_us"],
        is_silent=sent["state"] == AisState.SILENT,
        p_clear=p_decode * (1.0 - sent["garbled_fraction"].astype(np.float64)),
    )


def _n_rows(windows: Windows, sets: Sets) -> int:
    """Number of rows of ``broadcasts`` of the targets between the first and the last of ``windows``."""
    if not len(windows):
        return 0
    return int(sets.first_row[windows["target"][-1] + 1] - sets.first_row[windows["target"][0]])


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
    from mda_sim.sensing.ais_kernels import interval_s

    return elementwise(interval_s, ais_class, np.asarray(speed_mps, np.float64), is_turning)


def p_held(p_decode: ArrayLike, n_sent: ArrayLike) -> NDArray[np.float64]:
    """Probability that at least one of ``n_sent`` (not always whole) is decoded; arguments broadcast."""
    from mda_sim.sensing.ais_kernels import p_any

    return elementwise(p_any, np.asarray(p_decode, np.float64), np.asarray(n_sent, np.float64))
