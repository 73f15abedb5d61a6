"""Read the recordings that a scenario names, and say what became of them.

Model: a recording that cannot be read, or of which nothing can be used, is an error at its key. What became
of its rows is a note, and a warning where more rows were lost than a sound recording loses. Reading leaves
the result in the cache, where the world finds it.

Assumptions and limits: recordings are read once the specs are sound and not too large, since it takes
seconds.
Where next: ``load.py`` calls this; ``world.recorded`` does the reading.
"""

from __future__ import annotations

from typing import Final

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.time import Timeline
from mda_sim.geo.regions import widened
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.schema import ScenarioSpec
from mda_sim.scenario.tree import MapNode, find
from mda_sim.world.recorded.recording import read_recording
from mda_sim.world.recorded.report import doubtful_share, lines
from mda_sim.world.recorded.rows import RecordingError
from mda_sim.world.recorded.spec import RecordedAisTraffic

DOUBTFUL_FROM: Final = 0.05
"""Share of rows lost to other rules than those that any recording meets, from which on there is a warning."""


def check_recordings(spec: ScenarioSpec, timeline: Timeline, tree: MapNode, findings: Findings) -> None:
    """Note what became of every recording, or what is wrong with it."""
    recorded = {
        name: traffic
        for name, traffic in spec.world.traffic.items()
        if isinstance(traffic, RecordedAisTraffic)
    }
    if not recorded:
        return
    box, land = widened(spec.area, spec.world.buffer_m), spec.world.land()
    for name, traffic in recorded.items():
        spot = find(tree, ("world", "traffic", name, "file"))
        try:
            recording = read_recording(traffic, box, timeline, land)
        except (RecordingError, DigestMismatch) as error:
            findings.error(spot.mark, spot.path, str(error))
            continue
        findings.remark(spot.mark, spot.path, "; ".join(lines(recording)))
        if not len(recording.vessels):
            findings.warn(spot.mark, spot.path, "no vessel of the recording lies within the area and the run")
        elif doubtful_share(recording) > DOUBTFUL_FROM:
            message = (
                f"{doubtful_share(recording):.0%} of the rows are lost to rules that few rows should meet"
            )
            findings.warn(spot.mark, spot.path, message)
