"""An AIS receiver aboard an aircraft, a drone or a ship: its spec, and how often it decodes a ship.

Model: as a receiver ashore (``ais``), from where the hull is: a target that broadcasts is heard while it is
in line of sight of both antennas and within ``max_range_m``, at start, middle and end of the interval or for
the part between them that bisection finds. Over an interval it sends n positions, each decoded with
probability p = p_decode (1 - garbled) exp(-h), so it is held with probability 1 - (1 - p)^n; nothing is heard
of the silent. A contact is of the last instant on the air in reach.

From high up thousands of ships are in view, hidden from each other: h is what is on the air in the view of
the hull, the cells of ``message_grid`` whose middle is in reach of the tallest ship, less what ships within
``ship_range_m`` of the target send (that of its cell, by area), as a share of all slots.

Assumptions and limits: those of ``ais`` and ``message_grid``. Distances are along the ground. Load is that of
the hour and of the middle of the interval. A target that comes into reach and leaves it between two of the
three instants is not heard.

Source: as ``ais`` and ``slot_load``. Where next: ``mobile_ais_kernels``; ``sweep`` runs its plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.rng import stream_key
from mda_sim.core.spec import NonNegative, Probability
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.ais import p_held, reporting_interval_s
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.horizon import EARTH_FACTOR, horizon_m
from mda_sim.sensing.mobile import Aboard, MobileSensor, meetings
from mda_sim.sensing.slot_load import SHIP_RANGE_M
from mda_sim.world.groups import TALLEST_M

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.sensing.looks import Held, Plan, Setting
    from mda_sim.sensing.mobile_ais_kernels import Load


class MobileAisReceiver(MobileSensor):
    """An AIS receiver aboard a platform. See the module for the model and its limits."""

    kind: Literal["mobile_ais"] = "mobile_ais"
    """Kind of sensor."""
    max_range_m: Annotated[float, Field(gt=0, le=1e6)] = 1e6
    """Longest range, whatever the heights; 1,000 km leaves it to the horizon. [m]"""
    p_decode: Probability = 0.8
    """Probability that one transmission in reach is decoded on a clear channel (0.8 is an assumption)."""
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

    def reach_m(self, targets: Table) -> NDArray[np.float64]:
        """The nearer of range and horizon for each row of a TARGETS table, -1 without a set, (n,) [m]."""
        return np.where(targets["ais"] > 0, self.longest_m(targets["height_m"]), -1.0)

    def longest_m(self, height_m: ArrayLike = TALLEST_M) -> NDArray[np.float64]:
        """The nearer of range and horizon of antennas at a height, its shape [m]."""
        return np.minimum(
            self.max_range_m, horizon_m(self.antenna_height_m, height_m, self.refraction_factor)
        )

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one interval, shape of ``range_m``: the same within reach, 0 beyond.

        Of a target that sends all the time on a steady course. No load is known here: the channel is clear.
        No weather matters.
        """
        n_sent = self.interval_s / reporting_interval_s(int(example.ais), example.speed_mps)
        reach_m = self.longest_m(example.height_m)
        return np.where(np.asarray(range_m, np.float64) <= reach_m, p_held(self.p_decode, n_sent), 0.0)

    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """One report for each interval away, empty ones too."""
        aboard = Aboard.of(self, sensor_id, setting)
        if not len(aboard.interval):
            return self.plan_of(aboard, lambda first, stop, out: 0)
        from mda_sim.sensing.airtime import sets_of
        from mda_sim.sensing.mobile_ais_kernels import Listener, look_mobile_ais
        from mda_sim.sensing.windows import leg_columns

        fleet = setting.fleet
        reach_m = self.reach_m(fleet.targets)
        met, legs, sets = meetings(aboard, fleet, reach_m), leg_columns(fleet), sets_of(fleet)
        chord = 2.0 * np.sin(reach_m / (2.0 * EARTH_RADIUS_M))
        listener = Listener(
            interval=aboard.interval,
            end_us=aboard.end_us,
            leg=aboard.leg,
            places=aboard.places,
            legs=aboard.legs,
            interval_us=aboard.interval_us,
            fastest_rad_s=float(aboard.carrier.legs["w_rad_s"].max()),
            p_decode=self.p_decode,
        )
        load = self._load(aboard, setting)
        key, where = np.uint64(stream_key(setting.seed, "sense.ais.contact")), np.uint64(aboard.address)
        addresses, indices = fleet.draw_address, fleet.targets["index"]

        def look(first: int, stop: int, out: Held) -> int:
            near = met(first, stop)
            return look_mobile_ais(
                near, legs, sets, chord, listener, load, addresses, indices, key, where, out
            )

        return self.plan_of(aboard, look)

    def _load(self, aboard: Aboard, setting: Setting) -> Load:
        """What is on the air in view of the hull in each report, and round the targets."""
        from mda_sim.sensing.message_grid import Raster
        from mda_sim.sensing.mobile_ais_kernels import Load, fill_heard

        n = len(aboard.interval)
        if not self.slot_load:
            return Load(np.zeros(n), 1, np.zeros((1, 1)), Raster(0.0, 0.0, 1.0, 1.0, 1, 1))
        grid = setting.messages
        share = np.minimum(np.pi * self.ship_range_m**2 / grid.area_m2, 1.0)
        heard = np.zeros(n)
        middle_us = aboard.end_us - aboard.interval_us // 2
        cos_reach = float(np.cos(self.longest_m() / EARTH_RADIUS_M))
        fill_heard(grid, middle_us, aboard.places, cos_reach, heard)
        return Load(heard, grid.step_us, grid.slots_per_s * share, grid.raster)
