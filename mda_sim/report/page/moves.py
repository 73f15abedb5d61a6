"""Vessels and what is held of them through time, packed for the page.

Where next: ``page.js`` draws the frames.
"""

from __future__ import annotations

from typing import Any, Final

from mda_sim.report.basemap import Extent
from mda_sim.report.page.content import Moves, Spells
from mda_sim.report.page.packing import packed, place_words
from mda_sim.report.text import plain

AGE_STEP_S: Final = 600.0
"""Ages are told in steps of this [s]."""


def packed_moves(moves: Moves, extent: Extent) -> dict[str, Any]:
    """The moves as JSON holds them; places outside ``extent`` are left out."""
    return {
        "seed": moves.seed,
        "step_s": moves.step_s,
        "age_step_s": AGE_STEP_S,
        "clocks": list(moves.clocks),
        "vessels": [[plain(word) for word in vessel] for vessel in moves.vessels],
        "lat": packed(place_words(moves.lat_deg, extent.lat_min_deg, extent.lat_max_deg), "<u2"),
        "lon": packed(place_words(moves.lon_deg, extent.lon_min_deg, extent.lon_max_deg), "<u2"),
        "held": {
            name: {nation: _spells(spells, extent) for nation, spells in by_nation.items()}
            for name, by_nation in moves.held.items()
        },
    }


def _spells(spells: Spells, extent: Extent) -> dict[str, str]:
    return {
        "vessel": packed(spells.vessel, "<u2"),
        "first": packed(spells.first, "<u2"),
        "end": packed(spells.end, "<u2"),
        "lat": packed(place_words(spells.lat_deg, extent.lat_min_deg, extent.lat_max_deg), "<u2"),
        "lon": packed(place_words(spells.lon_deg, extent.lon_min_deg, extent.lon_max_deg), "<u2"),
        "age": packed((spells.age_s // AGE_STEP_S).clip(0, 65535), "<u2"),
    }
