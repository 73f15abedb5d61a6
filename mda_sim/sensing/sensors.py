"""All kinds of sensor in one union, and what the layers above need to know of them.

Where next: the scenario layer reads ``SensorSpec`` from YAML; ``sweep`` puts the cards into the detection
log, where sharing and metrics find them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from mda_sim.records import SensorCard
from mda_sim.sensing.ais import AisReceiver
from mda_sim.sensing.ais_satellite import AisSatellite
from mda_sim.sensing.mobile_ais import MobileAisReceiver
from mda_sim.sensing.mobile_radar import MobileRadar
from mda_sim.sensing.optical import NightLightSatellite, OpticalSatellite
from mda_sim.sensing.radar import AirSurveillanceRadar, CoastalRadar
from mda_sim.sensing.rf_satellite import RfSatellite
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.sensor import SensorBase

SensorSpec = Annotated[
    CoastalRadar
    | AirSurveillanceRadar
    | AisReceiver
    | SarSatellite
    | OpticalSatellite
    | NightLightSatellite
    | AisSatellite
    | RfSatellite
    | MobileRadar
    | MobileAisReceiver,
    Field(discriminator="kind"),
]
"""Any sensor, told apart by ``kind``; a new kind is one line here."""


def cards(sensors: Mapping[str, SensorBase]) -> tuple[SensorCard, ...]:
    """The card of each sensor, in order of their ids: the order of dense sensor ids in a detection log."""
    return tuple(
        SensorCard(
            id=sensor_id,
            category=sensor.category,
            operator=sensor.operator,
            error_m=sensor.error_m(),
            contact_bytes=sensor.contact_bytes,
            interval_s=sensor.reports_every_s,
        )
        for sensor_id, sensor in sorted(sensors.items())
    )
