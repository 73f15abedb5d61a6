"""An AIS receiver ashore: its spec, and how often ships transmit.

Model: a target that broadcasts and is in line of sight of both antennas (4/3 Earth) and within
``max_range_m`` transmits its position every T(class, speed). Over a reporting interval it sends n = sum of
time in reach / T, and is held with probability 1 - (1 - p_decode)^n.

Assumptions and limits: each transmission is decoded independently with one probability, so neither slot
collisions in busy waters nor loss with distance are modelled. The reflecting height of a target stands for
its antenna's. VHF bends round terrain enough that land does not block it before the horizon. Faster reports
in turns are left out. A class A ship at 3 knots or less is taken as anchored or moored; a class B set is
taken as one with carrier sense (CS).

Source: ITU-R Recommendation M.1371-5, "Technical characteristics for an automatic identification system
using time division multiple access in the VHF maritime mobile frequency band", 2014, Annex 1, tables of
reporting intervals. Where next: ``ais_kernels`` looks at targets in reach; ``FixedSensor.plan`` calls
``AisReceiver.looker``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.spec import NonNegative, Probability
from mda_sim.sensing.elementwise import elementwise
from mda_sim.sensing.horizon import horizon_m
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.world.broadcasts import AisState

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.sensing.looks import Held, Looker, Watch
    from mda_sim.sensing.windows import Windows


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

    def reach_m(self, targets: Table) -> NDArray[np.float64]:
        """The nearer of range and horizon for each row of a TARGETS table, -1 without a set, (n,) [m]."""
        reach_m = np.minimum(self.max_range_m, horizon_m(self.antenna_height_m, targets["height_m"]))
        return np.where(targets["ais"] > 0, reach_m, -1.0)

    def looker(self, watch: Watch) -> Looker:
        """The looks of this receiver in one replicate."""
        from mda_sim.sensing.ais_kernels import look_ais

        fleet = watch.fleet
        ais = fleet.targets["ais"]
        addresses, indices = fleet.draw_address, fleet.targets["index"]
        key, sensor, p_decode = watch.key("sense.ais.contact"), np.uint64(watch.address), self.p_decode

        def look(windows: Windows, out: Held) -> int:
            heard = fleet.ais_states(windows["target"], windows["t_from_us"]) != AisState.SILENT
            return look_ais(windows[heard], ais, addresses, indices, p_decode, watch.grid, key, sensor, out)

        return look


def reporting_interval_s(ais_class: ArrayLike, speed_mps: ArrayLike) -> NDArray[np.float64]:
    """Time between two positions that a set transmits, by class (1 A, 2 B) and speed; broadcast [s].

    Class A: 180 s up to 3 knots, 10 s up to 14, 6 s up to 23, 2 s beyond. Class B (CS): 180 s up to 2 knots,
    30 s beyond. inf for class 0.

    >>> reporting_interval_s(1, [0.0, 5.0]).tolist()
    [180.0, 10.0]
    """
    from mda_sim.sensing.ais_kernels import interval_s

    return elementwise(interval_s, ais_class, np.asarray(speed_mps, np.float64))


def p_held(p_decode: ArrayLike, n_sent: ArrayLike) -> NDArray[np.float64]:
    """Probability that at least one of ``n_sent`` (not always whole) is decoded; arguments broadcast."""
    from mda_sim.sensing.ais_kernels import p_any

    return elementwise(p_any, np.asarray(p_decode, np.float64), np.asarray(n_sent, np.float64))
