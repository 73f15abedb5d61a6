"""What an AIS satellite holds in a pass overhead, by how many ships send in its footprint.

Model: ``AisSatellite``'s own form, asked for a number of ships instead of a simulated sea. A share of
``SHARE_UNDER_WAY`` of the ships is under way, the others lie at anchor; all are class A and use as many slots
a second as that takes. The vessel that is to be held sends all the time that the satellite is in view.

Assumptions and limits: ships are even over the footprint, and their shares an assumption, the same as that of
the sensor's background. The pass goes straight over the vessel: others have less time.
Source: ``sensing.ais_satellite``. Where next: ``sensor_look`` asks for the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.report.sensor_charts import crowd_axes
from mda_sim.report.sensor_examples import EXAMPLE_SPEED_MPS
from mda_sim.sensing.ais import reporting_interval_s
from mda_sim.sensing.ais_satellite import P_MOST, AisSatellite, p_clear_from_space
from mda_sim.sensing.footprint import USUAL_ALTITUDE_M, footprint_rad
from mda_sim.world.fleet import AisClass

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARE_UNDER_WAY: Final = 0.5
"""Share of the ships in the footprint that are under way, at ``EXAMPLE_SPEED_MPS``. Assumption [1]"""
SHIPS: Final = np.logspace(1.0, 5.0, 201)
"""Numbers of ships in the footprint that are drawn."""


class Crowd(NamedTuple):
    """Who is to be held, and how likely it is by the number of ships."""

    words: str
    """The vessel, in words."""
    p: NDArray[np.float64]
    """Probability of a contact in a pass overhead, (n,)."""


def crowds(sensor: AisSatellite, n_ships: ArrayLike = SHIPS) -> list[Crowd]:
    """The probabilities for each kind of vessel; shape of ``n_ships``."""
    slots_per_s = np.asarray(n_ships, np.float64) * slots_of_a_ship_per_s()
    spared = sensor.p_uncollided(p_clear_from_space(slots_per_s, sensor.overlap))
    in_view_s = float(sensor.in_view_s(0.0))
    found = []
    for words, ais, speed_mps, p_decode in (
        ("class A under way", AisClass.CLASS_A, EXAMPLE_SPEED_MPS, sensor.p_decode),
        ("class A at anchor", AisClass.CLASS_A, 0.0, sensor.p_decode),
        ("class B under way", AisClass.CLASS_B, EXAMPLE_SPEED_MPS, sensor.p_decode_class_b),
    ):
        every_s = float(reporting_interval_s(int(ais), speed_mps))
        missed = np.log1p(-np.minimum(p_decode * spared, P_MOST)) * in_view_s / every_s
        found.append(Crowd(f"{words}, every {every_s:g} s", -np.expm1(missed)))
    return found


def slots_of_a_ship_per_s() -> float:
    """Slots a second that a ship of the crowd uses, on average [1/s]."""
    speeds_mps = EXAMPLE_SPEED_MPS, 0.0
    moving_s, lying_s = (float(reporting_interval_s(int(AisClass.CLASS_A), speed)) for speed in speeds_mps)
    return SHARE_UNDER_WAY / moving_s + (1.0 - SHARE_UNDER_WAY) / lying_s


def background_ships(sensor: AisSatellite) -> float:
    """The ships that use as many slots as the sensor's background alone, all over its footprint."""
    altitude_m = USUAL_ALTITUDE_M if sensor.altitude_m is None else sensor.altitude_m
    cap_km2 = 2e-6 * np.pi * EARTH_RADIUS_M**2 * (1.0 - np.cos(float(footprint_rad(sensor, altitude_m))))
    return float(sensor.background_per_km2_s * cap_km2) / slots_of_a_ship_per_s()


def crowd_chart(title: str, subtitle: str, sensor: AisSatellite, notes: Sequence[str]) -> Figure:
    """Probability in a pass overhead against the number of ships in the footprint."""
    lines = {crowd.words: crowd.p for crowd in crowds(sensor)}
    marks = {"as many as the background alone": background_ships(sensor)}
    return crowd_axes(title, subtitle, SHIPS, lines, marks, notes)
