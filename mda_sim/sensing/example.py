"""A target and a sky by example, for asking a sensor what it can do.

Where next: ``SensorBase.p_by_range`` answers; ``mda-sim show`` and notebooks ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mda_sim.world.fleet import AisClass
from mda_sim.world.groups import height_m
from mda_sim.world.hull import Hull


@dataclass(frozen=True)
class Example:
    """A target like those of a class of traffic."""

    length_m: float
    """Length over all [m]."""
    height_m: float
    """Height above the sea that reflects and carries antennas [m]."""
    hull: Hull = Hull.STEEL
    """What it is made of."""
    ais: AisClass = AisClass.NONE
    """AIS that it carries and uses."""
    speed_mps: float = 0.0
    """Speed, which sets how often its AIS reports [m/s]."""

    @classmethod
    def of(
        cls, length_m: float, hull: Hull = Hull.STEEL, ais: AisClass = AisClass.NONE, speed_mps: float = 0.0
    ) -> Example:
        """A vessel of that length with the height that such vessels have here."""
        return cls(length_m, float(height_m(length_m)), hull, ais, speed_mps)


@dataclass(frozen=True)
class Sky:
    """The same weather everywhere: calm, dry and a standard atmosphere unless said otherwise."""

    sea_state: float | None = None
    """Sea state in [0, 9]; None for no sea clutter at all."""
    rain_mm_per_hour: float = 0.0
    """Rain rate [mm/h]."""
    duct_height_m: float = 0.0
    """Height of the evaporation duct, 0 for none [m]."""


CALM: Final = Sky()
"""Calm, dry, and a standard atmosphere."""
