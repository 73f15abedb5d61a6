"""The vessels of a recording as a group of the fleet.

Model: one stream for the class; the index of a vessel in it is her identity (MMSI), so what a vessel draws in
sensing depends on nothing else in the recording. She is there, and broadcasts, while her track is known, and
absent otherwise: times without a fix leave the denominator of every figure.

Assumptions and limits: the position that was broadcast is taken to be true. Where the recording states no
length or transponder the class's defaults stand in.
Where next: ``world.build_fleet`` merges the group.
"""

from __future__ import annotations

import numpy as np

from mda_sim.world.broadcasts import AisState, broadcasts_of
from mda_sim.world.fleet import AisClass
from mda_sim.world.groups import Group
from mda_sim.world.recorded.recording import Recording
from mda_sim.world.recorded.spec import RecordedAisTraffic


def recorded_group(class_id: str, spec: RecordedAisTraffic, recording: Recording) -> Group:
    """The vessels of a recording as one group; its stream is ``class/recording``."""
    vessels = recording.vessels
    length_m = vessels["length_m"]
    kinds = {"class_a": AisClass.CLASS_A, "class_b": AisClass.CLASS_B}
    flags = vessels.meta["flags"]
    rows, first_leg = np.unique(recording.legs["target"], return_index=True)
    first_us = recording.legs["t_from_us"][first_leg]
    return Group(
        traffic_class=class_id,
        stream=f"{class_id}/recording",
        index=vessels["mmsi"].astype(np.int64),
        flag=[flags[number] for number in vessels["flag"]],
        length_m=np.where(np.isnan(length_m), spec.default_length_m, length_m),
        ais=np.where(vessels["ais"] == AisClass.NONE, kinds[spec.default_transponder], vessels["ais"]),
        legs=recording.legs,
        broadcasts=broadcasts_of(rows, first_us, AisState.TRUE, mmsi=vessels["mmsi"]),
    )
