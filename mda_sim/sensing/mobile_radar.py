"""A scanning radar aboard an aircraft, a drone or a ship: its spec, and how it looks from where it is.

Model: the signal, its detection and the persistent term of one target, radar and hour are those of a radar
ashore (``radar``), with the range, bearing and aspect that hull and target have at each instant; both move
along their great-circle legs. An interval is judged at its start and its end, and in its middle too if hull
and target may come closer by more than a sixteenth of their distance; where the probability of a scan moves
by more than 0.05, it is split and its scans counted one by one. A contact is of the interval's end, or of the
last instant in reach if the target is beyond it by then. Ranges are slant: the straight line from the
antenna, so that one at height h has nothing nearer than h, and what lies steeply below an antenna that looks
at the horizon falls out of its beam (``elevation_beamwidth_deg``): the hole under an aircraft.

Land hides targets from an antenna lower than ``LOOKS_DOWN_FROM_M``, if it lies between the two when the
contact would be made; higher ones look over it. The weather is that under the hull at the end of each
interval, everywhere in its reach (the nearest place of the environment's box, if it is outside). An
evaporation duct carries the waves of low antennas only.

Assumptions and limits: those of ``radar``. The same weather within reach is wrong by what rain and sea change
over a few hundred kilometres. Land is that of cells of 0.02 degrees; land within ``HARBOUR_M`` of a ship and
within one cell of a target hides nothing. A target that is in reach only between the instants at which an
interval is judged is not seen. The motion of the hull is taken out of speeds along the ray. The sea's return
at more than 60 degrees of grazing is extrapolated; there the beam leaves nothing to see. Detection does not
depend on the course of the hull: the antenna looks all round. Targets last in reach at one range and bearing
but at different moments of an interval count as in one cell, though the hull has moved on.

Source: as ``radar``; slant range over a sphere: s^2 = h^2 + (1 + h / R) c^2 for the chord c, elementary.
Where next: ``mobile_signal_kernels``, ``mobile_radar_kernels``; ``sweep`` runs its plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.rng import stream_key
from mda_sim.geo.sphere import lat_lon
from mda_sim.sensing.error_axes import ErrorAxes
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.mobile import Aboard, MobileSensor, meetings
from mda_sim.sensing.radar import RadarSet

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.sensing.looks import Held, Plan, Setting
    from mda_sim.sensing.mobile_radar_kernels import Shore
    from mda_sim.sensing.mobile_signal_kernels import Hull
    from mda_sim.world.environment import Environment

HARBOUR_M: Final = 3000.0
"""Land nearer than this to a ship does not hide targets from it: the land of cells of 2 km begins in its
harbour (assumption). [m]"""


class MobileRadar(RadarSet, MobileSensor):
    """A scanning radar aboard a platform. See the module for the model and its limits."""

    kind: Literal["mobile_radar"] = "mobile_radar"
    """Kind of sensor."""

    def duct_m(self, environment: Environment | None) -> float:
        """Height of the evaporation duct that carries its waves, 0 for none [m]."""
        return 0.0 if environment is None or self.is_in_the_air else environment.duct_height_m

    def error_axes(
        self, lat_deg: ArrayLike, lon_deg: ArrayLike, seen_from: tuple[ArrayLike, ArrayLike] | None = None
    ) -> ErrorAxes:
        """Range error along the line of sight and azimuth error across it, from where the hull was; without
        that, the error at the longest range in all directions.
        """
        if seen_from is None:
            return super().error_axes(lat_deg, lon_deg)
        return self.axes_from(*seen_from, lat_deg, lon_deg)

    def plan(self, sensor_id: str, setting: Setting) -> Plan:
        """One report for each interval away, empty ones too."""
        aboard = Aboard.of(self, sensor_id, setting)
        if not len(aboard.interval):
            return self.plan_of(aboard, lambda first, stop, out: 0)
        from mda_sim.sensing.mobile_radar_kernels import look_mobile_radar
        from mda_sim.sensing.radar_kernels import Draws
        from mda_sim.sensing.radar_look import NO_LAND, set_facts, targets_of
        from mda_sim.sensing.windows import leg_columns

        fleet, weather = setting.fleet, setting.environment
        duct_m = self.duct_m(weather)
        facts, tables = set_facts(self, NO_LAND, duct_m, has_weather=weather is not None)
        targets = targets_of(self, fleet)
        reach_m = self.reach_m(fleet.targets, duct_m)
        met, legs = meetings(aboard, fleet, reach_m), leg_columns(fleet)
        end_leg = (fleet.targets["first_leg"] + fleet.targets["n_legs"]).astype(np.int64)
        hull, shore = _hull(self, aboard, weather), _shore(self, setting.land)
        draws = Draws(
            np.uint64(stream_key(setting.seed, "sense.radar.contact")),
            np.uint64(stream_key(setting.seed, "sense.radar.persistent")),
            np.uint64(aboard.address),
        )

        def look(first: int, stop: int, out: Held) -> int:
            near = met(first, stop)
            return look_mobile_radar(
                near, legs, end_leg, hull, targets, reach_m, facts, tables, shore, draws, out
            )

        return self.plan_of(aboard, look)

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one interval in which the hull keeps its distance, before the
        persistent term; by ground range, shape of ``range_m``. Otherwise as for a radar ashore.
        """
        above = replace(sky, duct_height_m=0.0) if self.is_in_the_air else sky
        return super().p_by_range(self.slant_m(range_m), example, above)


def _hull(radar: MobileRadar, aboard: Aboard, environment: Environment | None) -> Hull:
    """Where a radar is in each report, and in what weather."""
    from scipy.special import betaincinv

    from mda_sim.sensing.clutter import sea_state_of
    from mda_sim.sensing.mobile_signal_kernels import Hull
    from mda_sim.sensing.radar_look import NEPER_PER_DB
    from mda_sim.sensing.radar_tables import STATES_PER_SEA_STATE
    from mda_sim.sensing.rain import rain_db_per_km, rain_reflectivity_per_m

    n = len(aboard.interval)
    sea_state, rain = np.zeros((2, n))
    if environment is not None:
        lat_deg, lon_deg = lat_lon(aboard.places[:, 2])
        west, south, east, north = environment.bounds_deg
        there = np.clip(lat_deg, south, north), np.clip(lon_deg, west, east)
        conditions = environment.at(aboard.end_us, *there)
        sea_state, rain = sea_state_of(conditions.wave_height_m), conditions.rain_mm_per_hour
    loss_db = 2.0 * rain_db_per_km(radar.frequency_hz, rain, radar.polarization)
    others = radar.n_scans - radar.min_scans + 1
    speeds = aboard.carrier.legs["speed_mps"]
    return Hull(
        interval=aboard.interval,
        end_us=aboard.end_us,
        leg=aboard.leg,
        places=aboard.places,
        sea_row=np.rint(sea_state * STATES_PER_SEA_STATE).astype(np.int64),
        neper_per_m=loss_db * NEPER_PER_DB / 1000.0,
        rain_per_m=rain_reflectivity_per_m(radar.frequency_hz, rain),
        legs=aboard.legs,
        interval_us=aboard.interval_us,
        height_m=radar.antenna_height_m,
        fastest_mps=float(speeds.max()),
        p_none=float(betaincinv(radar.min_scans, others, radar.min_p_report)),
    )


def _shore(radar: MobileRadar, land: Land | None) -> Shore:
    """The land that may hide targets from a radar."""
    from mda_sim.geo.coast import CELL_DEG
    from mda_sim.sensing.mobile_radar_kernels import Shore

    if land is None or radar.is_in_the_air:
        return Shore(np.zeros((0, 0), np.bool_), 0.0, 0.0, CELL_DEG, HARBOUR_M)
    return Shore(land.raster, float(land.bounds[1]), float(land.bounds[0]), CELL_DEG, HARBOUR_M)
