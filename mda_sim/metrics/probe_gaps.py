"""The gap split of probes: why a vessel that stays put is not held, place by place.

Model: a probe is answered as a vessel is (``gap_split``), over the whole area and its scored time, at the
window of the split. What held a report back held the probes in it back too: a report that holds only probes
passes filters, gates, desks and links as one with a vessel would that is like the probe
(``sharing.exchange``: ghosts), so that its split is well defined.

Assumptions and limits: those of ``gap_split`` and of probes: of that length and height, without AIS, at
rest. Where next: ``scores`` stores the table, maps read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.metrics.coverage import Probes
from mda_sim.metrics.gap_split import Answer

PROBE_GAPS: Final = Schema(
    "probe_gaps",
    (
        Column("nation", "i2", "nation whose picture it is", names="nations"),
        Column("target", "u4", "probe"),
        Column("lat_deg", "f8", "latitude of the probe [deg]"),
        Column("lon_deg", "f8", "longitude of the probe [deg]"),
        *(
            Column(f"{a.name.lower()}_us", "i8", f"scored time under the answer {a.name.lower()} [us]")
            for a in Answer
        ),
    ),
    sort=("nation", "target"),
)
"""Time of each probe under each answer of the gap split, in each nation's picture; they sum to its scored
time."""


def probe_gap_table(answer_us: Mapping[str, NDArray[np.int64]], probes: Probes) -> Table:
    """The PROBE_GAPS table of the nations in ``answer_us`` (nation -> (n_subjects, 8)); whole area."""
    nations, n = sorted(answer_us), len(probes.lat_deg)
    times_us = [answer_us[nation][probes.rows] for nation in nations]
    together_us = np.concatenate([np.zeros((0, len(Answer)), np.int64), *times_us])
    columns = {
        "nation": np.repeat(np.arange(len(nations)), n),
        "target": np.tile(probes.first + np.arange(n), len(nations)),
        "lat_deg": np.tile(probes.lat_deg, len(nations)),
        "lon_deg": np.tile(probes.lon_deg, len(nations)),
        **{f"{answer.name.lower()}_us": together_us[:, answer] for answer in Answer},
    }
    return Table.of(PROBE_GAPS, columns, {"nations": nations})
