"""The targets and the weather that sensors are asked about: one vessel for each class, and a few skies.

Model: a class is shown by a vessel of its median length (a span is uniform, so its middle), with the height
that such a length has, the hull of the class and, if any of the class carry AIS, a set that is on. The probe
is what the scenario's probes are. Skies: calm and dry; and, if the world has an environment, the sea states
and rain rates at which the performance standard asks makers of ships' radars to state what is lost.

Assumptions and limits: all sail at ``EXAMPLE_SPEED_MPS``, which sets how often a set reports (a class A ship
at anchor reports every three minutes only), and which a radar that filters out what is slow asks for. The
probe lies still.

Source: IMO resolution MSC.192(79), "Revised Performance Standards for Radar Equipment", 2004, 5.3.1.3.3:
light rain 4 mm/h, heavy rain 16 mm/h, sea states 2 and 5 (read in the draft, NAV 50 annex 2).
Where next: ``sensor_curves``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mda_sim.core.units import KNOT_MPS
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.world.fleet import PROBE, AisClass
from mda_sim.world.hull import HULLS
from mda_sim.world.probes import ProbeSpec
from mda_sim.world.recorded.group import recorded_group
from mda_sim.world.recorded.spec import RecordedAisTraffic
from mda_sim.world.traffic import TrafficBase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mda_sim.scenario import Scenario

EXAMPLE_SPEED_MPS: Final = 10 * KNOT_MPS
"""Speed of the vessel that stands for a class: 10 kn, between fishing and liners (assumption) [m/s]."""
CALM_WORDS: Final = "calm, dry"
"""Name of the sky without waves and rain, in a standard atmosphere."""

_SEA_STATES: Final = (2, 5)
_RAIN_MM_PER_HOUR: Final = (4, 16)


def examples(scenario: Scenario) -> dict[str, Example]:
    """One vessel for each class of traffic, by class from the shortest to the longest, after the probe."""
    world = scenario.spec.world
    found = [
        (name, _of_class(traffic))
        for name, traffic in world.traffic.items()
        if isinstance(traffic, TrafficBase)
    ]
    found += _recorded(scenario)
    probe = world.probes if world.probes is not None else ProbeSpec(spacing_deg=1.0)
    ordered = sorted(found, key=lambda pair: (pair[1].length_m, pair[0]))
    return {PROBE: Example.of(probe.length_m), **dict(ordered)}


def skies(scenario: Scenario) -> Mapping[str, Sky]:
    """The weather that sensors of a scenario are shown in, by its name in words; calm comes first."""
    environment = scenario.spec.world.environment
    if environment is None:
        return {CALM_WORDS: CALM}
    named = {CALM_WORDS: CALM}
    named |= {f"sea state {state}": Sky(sea_state=float(state)) for state in _SEA_STATES}
    named |= {f"rain of {rate} mm/h": Sky(rain_mm_per_hour=float(rate)) for rate in _RAIN_MM_PER_HOUR}
    duct_m = environment.evaporation_duct_height_m
    return {**named, f"calm, duct of {duct_m:g} m": Sky(duct_height_m=duct_m)} if duct_m > 0 else named


def _of_class(traffic: TrafficBase) -> Example:
    middle_m = (traffic.length_m.low + traffic.length_m.high) / 2.0
    ais = traffic.ais.ais_class if traffic.ais.carriage > 0 else AisClass.NONE
    return Example.of(middle_m, HULLS[traffic.hull], AisClass(ais), EXAMPLE_SPEED_MPS)


def _recorded(scenario: Scenario) -> list[tuple[str, Example]]:
    """Classes that are read from recordings: the median of their vessels, and the set that most carry."""
    from mda_sim.pipeline import recordings

    found = []
    for name, recording in recordings(scenario).items():
        traffic = scenario.spec.world.traffic[name]
        assert isinstance(traffic, RecordedAisTraffic)
        group = recorded_group(name, traffic, recording)
        ais = AisClass(int(np.bincount(group.ais).argmax()))
        found.append((name, Example.of(float(np.median(group.length_m)), group.hull, ais, EXAMPLE_SPEED_MPS)))
    return found
