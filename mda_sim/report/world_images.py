"""What radar satellites of a catalogue type hold of a world: for figures about satellite detections.

Model: the satellites of the type image the scenario's area as ``sensing.satellite`` has it, whatever sensors
the scenario itself has; contacts of vessels that lie in the area in the scored time are kept. The draws are
those of a sensor whose id is that of the type.

Assumptions and limits: those of ``sensing.satellite``: no false alarms, no fixed structures. Where next:
``world_measures``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.data import catalogue
from mda_sim.geo.regions import contains, widened
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.sweep import sense

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet

OPERATOR: Final = "XXX"
"""Operator of satellites that belong to no scenario."""


@dataclass(frozen=True, eq=False)
class ImagedVessels:
    """The images of an area, and the vessels held in them."""

    n_images: int
    """Number of images in the scored time, empty ones too."""
    target: NDArray[np.int64]
    """Vessel of each contact, (n,)."""
    t_us: NDArray[np.int64]
    """When it was imaged [us], (n,)."""


def imaged_vessels(scenario: Scenario, fleet: Fleet, seed: int, type_id: str) -> ImagedVessels:
    """The images of a scenario's area in one replicate by satellites of a catalogue type.

    KeyError for a type that the catalogue does not have, ValueError for one that is no radar satellite.
    """
    row = catalogue.sensor_type(type_id)
    if row.kind != "sar_satellite":
        raise ValueError(f"the sensor type '{type_id}' is no radar satellite but a {row.kind}")
    stated = {"source": row.source, "confidence": row.confidence, **row.parameters}
    sensor = SarSatellite.model_validate({"operator": OPERATOR, "type": type_id, **stated})
    area, timeline = scenario.spec.area, scenario.timeline
    log = sense(fleet, {type_id: sensor}, timeline, seed, land=None, area=widened(area, 0.0))
    report = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    target = log.contacts["target"].astype(np.int64)
    t_us = log.reports["t_observed_us"][report] - log.contacts["dt_us"].astype(np.int64)
    kept = np.flatnonzero((target < fleet.n_vessels) & (t_us >= timeline.score_from_us))
    kept = kept[contains(area, *fleet.positions(target[kept], t_us[kept]))]
    n_images = int((log.reports["t_observed_us"] >= timeline.score_from_us).sum())
    return ImagedVessels(n_images, target[kept], t_us[kept])
