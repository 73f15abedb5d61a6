"""What every configuration of one replicate is scored on: made once, read for all.

Model: contacts in order of target and time, vessels by cell, and the time that each vessel spends in the
scored area and in each zone in either AIS state. A contact of an AIS receiver says what the vessel broadcast;
if that lay further from the truth than the error that still counts, the contact is false. None of it depends
on who shares what. Where next: ``scores.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
from mda_sim.geo.regions import Region
from mda_sim.geo.sphere import distance_m
from mda_sim.metrics.corridors import LanePieces, lane_pieces
from mda_sim.metrics.coverage import Probes
from mda_sim.metrics.figures import Figure
from mda_sim.metrics.groups import Cells, cells
from mda_sim.metrics.kept import Kept
from mda_sim.metrics.position_error import Samples, samples
from mda_sim.metrics.probe_contacts import ProbeContacts, probe_contacts
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.metrics.subjects import Subjects, scored_by_subject, stays, subjects, time_by_subject
from mda_sim.metrics.track_figures import GatedFrame
from mda_sim.picture.awareness import History, history
from mda_sim.records import NO_TARGET, DetectionLog
from mda_sim.world.broadcasts import AisState
from mda_sim.world.fleet import Fleet
from mda_sim.world.inside import inside_intervals
from mda_sim.world.presence import intersection, within
from mda_sim.world.top_speed import top_speed_mps


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
    """Scored time of each subject: '' for the whole area, then by zone; SCORED tables."""
    silent: Mapping[str, Table]
    """Stays there of vessels that do not broadcast, warm-up included; SCORED tables."""
    stays: Mapping[str, Table]
    """Whole stays there, warm-up included, each laid to the subject that enters; SCORED tables."""
    scored_us: Mapping[str, NDArray[np.int64]]
    """Its sum for each subject [us], (n_subjects,)."""
    corridors: Mapping[str, LanePieces]
    """The corridors that are scored."""
    fleet: Fleet
    """Where every target truly is."""
    speed_mps: NDArray[np.float64]
    """Top speed of the class of each target, (n_targets,) [m/s]."""
    probe_contacts: ProbeContacts
    """Contacts of probes by sensor."""
    samples: Samples
    """Where vessels are hour by hour."""
    timeline: Timeline
    """The parts of simulated time."""
    spec: MetricsSpec
    """What is measured."""
    gated: GatedFrame | None = None
    """What tracks are made from and scored on; none where association is by the truth."""
    scored_pictures: dict[Any, Any] = field(default_factory=dict, repr=False)
    """Figures of pictures already scored, by content: configurations with the same picture share them."""
    compared_pictures: dict[Any, list[Figure]] = field(default_factory=dict, repr=False)
    """Agreement of pairs of pictures already compared, by content."""
    kept: Kept = field(default_factory=Kept, repr=False)
    """What was worked out last of a picture."""


def scoring_frame(
    log: DetectionLog,
    fleet: Fleet,
    area: Region,
    spec: MetricsSpec,
    timeline: Timeline,
    nations: Collection[str] = (),
) -> ScoringFrame:
    """Prepare one replicate for scoring; ShapeError if ``log`` is not of this fleet.

    ``nations``: those whose bound vessels make a group.
    """
    if (log.n_targets, log.n_vessels) != (fleet.n_targets, fleet.n_vessels):
        raise ShapeError(
            f"the log is of {log.n_vessels} vessels among {log.n_targets} targets, "
            f"the fleet of {fleet.n_vessels} among {fleet.n_targets}"
        )
    window = (timeline.score_from_us, timeline.score_to_us)
    ever = {"": inside_intervals(fleet, area, 0, window[1])}
    for name, zone in spec.zones.items():
        ever[name] = intersection(ever[""], inside_intervals(fleet, zone.region, 0, window[1]))
    inside = {name: within(table, *window) for name, table in ever.items()}
    known = subjects(fleet)
    scored = {name: scored_by_subject(table, fleet, known) for name, table in inside.items()}
    scored_us = {name: time_by_subject(table, len(known.target)) for name, table in scored.items()}
    for sums_us in scored_us.values():
        sums_us.flags.writeable = False
    probes = np.arange(fleet.n_vessels, fleet.n_targets)
    first_leg = fleet.targets["first_leg"][probes]
    lat_deg, lon_deg = fleet.positions(probes, fleet.legs["t_from_us"][first_leg])
    contacts = history(log, of_false_positions(log, fleet, spec.error_max_m))
    known_cells = cells(fleet, known, nations)
    return ScoringFrame(
        log=log,
        log_digest=log.digest(),
        contacts=contacts,
        cells=known_cells,
        probes=Probes(fleet.n_vessels, lat_deg, lon_deg),
        scored=scored,
        silent={name: _silent(table, fleet, known) for name, table in ever.items()},
        stays={name: stays(table, fleet, known) for name, table in ever.items()},
        scored_us=scored_us,
        corridors=lane_pieces(fleet, spec.corridors, inside[""], *window),
        fleet=fleet,
        speed_mps=top_speed_mps(fleet)[fleet.targets["traffic_class"]],
        probe_contacts=probe_contacts(log, contacts, fleet.n_vessels),
        samples=samples(fleet, scored, known_cells, timeline.score_from_us),
        timeline=timeline,
        spec=spec,
    )


def _silent(present: Table, fleet: Fleet, known: Subjects) -> Table:
    """The part of a PRESENCE table in which vessels do not broadcast: a SCORED table."""
    vessels = present.take(present["target"] < fleet.n_vessels)
    split = scored_by_subject(vessels, fleet, known)
    return split.take(~known.is_broadcasting[split["subject"]])


def of_false_positions(log: DetectionLog, fleet: Fleet, error_max_m: float) -> NDArray[np.bool_] | None:
    """Which contacts are of a false position, (n_contacts,): AIS that said a place over ``error_max_m`` from
    the truth.

    None if there can be none, because no vessel ever broadcasts a false position.
    """
    if not (fleet.broadcasts["state"] == AisState.FALSE_POSITION).any():
        return None
    hears = np.array([card.category == "ais" for card in log.sensors], np.bool_)
    is_heard = np.repeat(hears[log.reports["sensor"]], log.reports["count"])
    rows = np.flatnonzero(is_heard & (log.contacts["target"] != NO_TARGET))
    end_us = np.repeat(log.reports["t_observed_us"], log.reports["count"])[rows]
    target, t_us = log.contacts["target"][rows], end_us - log.contacts["dt_us"][rows].astype(np.int64)
    lies = fleet.ais_states(target, t_us) == AisState.FALSE_POSITION
    rows, target, t_us = rows[lies], target[lies], t_us[lies]
    off_m = distance_m(*fleet.positions(target, t_us), *fleet.broadcast_positions(target, t_us))
    false = np.zeros(len(log.contacts), np.bool_)
    false[rows[off_m > error_max_m]] = True
    return false
