"""The parameters of a class of traffic that is read from an AIS recording.

Model: every default is an assumption with its reason beside it. What a recording does not say of a vessel
(its length, its transponder) is taken from here.

Assumptions and limits: a recording holds only ships that broadcast and were received.
Where next: ``recording`` reads the file under these parameters.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from mda_sim.core.spec import DataFile, NonNegative, Positive, Sourced

_UTC_MOST_S: Final = 14 * 3600.0  # the zones of the world lie within 14 h of UTC


class RecordedAisTraffic(Sourced):
    """Ships as an AIS recording has them, each on its own track."""

    kind: Literal["recorded_ais"]
    """Kind of traffic."""
    file: DataFile
    """The recording: CSV (plain, .gz or .zst), Parquet, or NMEA AIVDM text."""
    starts: Literal["as_recorded", "at_start"] = "as_recorded"
    """'as_recorded' keeps the calendar; 'at_start' moves the first usable fix to the scenario's start."""
    utc_offset_s: Annotated[float, Field(ge=-_UTC_MOST_S, le=_UTC_MOST_S)] = 0.0
    """How far times without a zone are ahead of UTC; the archives that are known write UTC. -50400 to 50400
    s"""
    gap_max_s: Positive = 7200.0
    """Time between two fixes past which the position in between is unknown: in 2 h a ship at 15 kn makes 56
    km, and a straight line says little of its way (assumption). > 0 s"""
    speed_max_mps: Positive = 30.0
    """Fastest speed that two fixes may imply; faster is a jump. 58 kn: above all but racing craft
    (assumption). > 0 m/s"""
    jump_slack_m: NonNegative = 1000.0
    """Distance that two fixes may differ by besides, for errors of position and clock (assumption). >= 0 m"""
    land_margin_m: NonNegative = 3000.0
    """How far inside the coast a fix may lie: berths and rivers, and the error of the shipped coast, whose
    90th percentile is 2 km (DEPENDENCIES.md, against GSHHS). >= 0 m"""
    tolerance_m: Positive = 100.0
    """Largest distance between a fix and the simplified track at its time; below what the sensors resolve
    (assumption). > 0 m"""
    default_length_m: Positive = 50.0
    """Length over all of a vessel of which the recording states none (assumption). > 0 m"""
    default_transponder: Literal["class_a", "class_b"] = "class_a"
    """Transponder of a vessel of which the recording states none."""

    @property
    def port_ids(self) -> list[str]:
        """Ids of the catalogue's ports that the class uses: none."""
        return []

    @property
    def feature_ids(self) -> list[str]:
        """Ids of the catalogue's features that the class keeps to: none."""
        return []
