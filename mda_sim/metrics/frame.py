"""What every configuration of one replicate is scored on: made once, read for all.

Model: contacts in order of target and time, vessels by cell, and the time that each target spends in the
scored area and in each zone. None of it depends on who shares what. Where next: ``scores.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
from mda_sim.geo.regions import Region
from mda_sim.metrics.corridors import LanePieces, lane_pieces
from mda_sim.metrics.coverage import Probes
from mda_sim.metrics.figures import Figure
from mda_sim.metrics.groups import Cells, cells
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.picture.awareness import History, history
from mda_sim.records import DetectionLog
from mda_sim.world.fleet import Fleet, inside_intervals
from mda_sim.world.presence import intersection, time_in


@dataclass(frozen=True, eq=False)
class ScoringFrame:
    """One replicate, prepared for scoring under any configuration."""

    log: DetectionLog
    """What sensors held."""
    log_digest: str
    """Its digest, which deliveries must name."""
    contacts: History
    """The same by target."""
    cells: Cells
    """Vessels by class, flag and AIS state."""
    probes: Probes
    """Where the probes stand."""
    scored: Mapping[str, Table]
    """Scored time of each target: '' for the whole area, then by zone; PRESENCE tables."""
    scored_us: Mapping[str, NDArray[np.int64]]
    """Its sum for each target [us], (n_targets,)."""
    corridors: Mapping[str, LanePieces]
    """The corridors that are scored."""
    timeline: Timeline
    """The parts of simulated time."""
    spec: MetricsSpec
    """What is measured."""
    scored_pictures: dict[tuple[str, ...], tuple[list[Figure], NDArray[np.int64]]] = field(
        default_factory=dict, repr=False
    )
    """Figures of pictures already scored, by content: configurations with the same picture share them."""


def scoring_frame(
    log: DetectionLog, fleet: Fleet, area: Region, spec: MetricsSpec, timeline: Timeline
) -> ScoringFrame:
    """Prepare one replicate for scoring; ShapeError if ``log`` is not of this fleet."""
    if (log.n_targets, log.n_vessels) != (fleet.n_targets, fleet.n_vessels):
        raise ShapeError(
            f"the log is of {log.n_vessels} vessels among {log.n_targets} targets, "
            f"the fleet of {fleet.n_vessels} among {fleet.n_targets}"
        )
    window = (timeline.score_from_us, timeline.score_to_us)
    scored = {"": inside_intervals(fleet, area, *window)}
    for name, zone in spec.zones.items():
        scored[name] = intersection(scored[""], inside_intervals(fleet, zone.region, *window))
    scored_us = {name: time_in(table, fleet.n_targets) for name, table in scored.items()}
    probes = np.arange(fleet.n_vessels, fleet.n_targets)
    first_leg = fleet.targets["first_leg"][probes]
    lat_deg, lon_deg = fleet.positions(probes, fleet.legs["t_from_us"][first_leg])
    return ScoringFrame(
        log=log,
        log_digest=log.digest(),
        contacts=history(log),
        cells=cells(fleet),
        probes=Probes(fleet.n_vessels, lat_deg, lon_deg),
        scored=scored,
        scored_us=scored_us,
        corridors=lane_pieces(fleet, spec.corridors, scored[""], *window),
        timeline=timeline,
        spec=spec,
    )
