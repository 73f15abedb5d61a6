"""Satellites that find where ships' radars and radios send from, whether AIS is on or not.

Model: a vessel of at least ``emitter_length_m`` carries a navigation radar or radio that such satellites can
locate. It sends so that it can be, in an hour of the scenario, with probability ``p_emits``: one draw for
each vessel and hour, the same for every sensor of this kind that has the same ``p_emits``. If it does, and is
present in the middle of its time in view in a pass (``footprint``), it is located with probability
``p_located``, one draw for each vessel and pass, as it was at that moment. AIS does not matter. A probe emits
by the same rule as a vessel of its length.

Assumptions and limits: emitters are located by clusters, usually of three satellites that fly close together;
one listener is one cluster, so ``n_satellites`` is the number of clusters. An hour's draw knows nothing of
the hour before. Errors are the same in all directions and everywhere in the footprint, though in truth the
ellipse follows the geometry of the cluster. Who sends is told from what is sent (perfect association); land
stations are not seen. 45 m stands for 300 gross tons, from which SOLAS asks for a radar; that, 0.5, 0.5 and 3
km are assumptions.

Source: clusters of three, 70 MHz to 6 GHz and beyond: eoPortal, "HawkEye 360"; errors of 1 to 5 km: general
knowledge (low confidence). Where next: ``rf_satellite_kernels`` looks.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.rng import address, stream_key
from mda_sim.core.spec import NonNegative, Probability
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.footprint import Listener, views_of
from mda_sim.sensing.looks import Held, Plan, Setting
from mda_sim.sensing.tasking import intervals
from mda_sim.sensing.windows import leg_columns


class RfSatellite(Listener):
    """One or more like clusters of one operator that locate emitters. See the module for model and limits."""

    kind: Literal["rf_satellite"] = "rf_satellite"
    """Kind of sensor."""
    emitter_length_m: NonNegative = 45.0
    """Length from which a vessel carries what can be located (45 m, 300 gross tons, is an assumption). [m]"""
    p_emits: Probability = 0.5
    """Probability that it sends so in an hour (0.5 is an assumption)."""
    p_located: Probability = 0.5
    """Probability that one that sends is located in a pass that has it in view (0.5 is an assumption)."""
    position_error_m: NonNegative = 3000.0
    """Position error of a contact, 1 sigma (3 km, of 1 to 5 km, is an assumption). [m]"""

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "rf"

    def error_m(self) -> float:
        """Position error of a contact, 1 sigma, anywhere in the footprint [m]."""
        return self.position_error_m

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one pass whose ground track comes as near as ``range_m``, same shape.

        No weather matters.
        """
        p = self.p_emits * self.p_located * (example.length_m >= self.emitter_length_m)
        return np.where(self.in_view_s(range_m) > 0.0, p, 0.0)

    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """One report for each pass; ValueError in a setting without an area."""
        from mda_sim.sensing.rf_satellite_kernels import look_emitters

        fleet, timeline, seed = setting.fleet, setting.timeline, setting.seed
        tracks = self.tracks(timeline)
        works = self.works(sensor_id, setting, tracks)
        numbers, views = intervals(works), views_of(self, tracks, works)
        targets, legs = fleet.targets, leg_columns(fleet)
        is_emitter = targets["length_m"] >= self.emitter_length_m
        first_leg, n_legs, addresses = targets["first_leg"], targets["n_legs"], fleet.draw_address
        emits_key = np.uint64(stream_key(seed, "sense.rf.emits"))
        key = np.uint64(stream_key(seed, "sense.rf.contact"))
        sensor = np.uint64(address(sensor_id))

        def look(first: int, stop: int, out: Held) -> int:
            return look_emitters(
                views,
                legs,
                first_leg,
                n_legs,
                is_emitter,
                addresses,
                targets["index"],
                first,
                stop,
                (self.p_emits, self.p_located),
                (emits_key, key),
                sensor,
                numbers,
                out,
            )

        ready_us = self.ready_us(timeline, works["satellite"], works["t_to_us"])
        return Plan(numbers, works["t_to_us"].copy(), ready_us, 0, look)
