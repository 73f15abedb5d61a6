"""The figures of what one node of a nation holds, and what only its picture node has.

Model: custody, age, awareness, coverage and gaps of any node; at a picture node also the gap split, latency,
the phases of events and, where association is gated, the figures of its tracks.

Where next: ``scores`` lays them out in rows.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.metrics.age import age_figures
from mda_sim.metrics.arranged import Arrangement, Pictures, members_of, pictures_of
from mda_sim.metrics.asked import EVERYTHING, LICENSED, ORGANIC, Asked
from mda_sim.metrics.corridors import corridor_figures
from mda_sim.metrics.coverage import area_figures
from mda_sim.metrics.custody import custody_figures, held_time
from mda_sim.metrics.fates import fates
from mda_sim.metrics.figures import Figure
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.gap_causes import Ways, cause_figures, causes, ways
from mda_sim.metrics.gap_split import (
    Answer,
    Tracks,
    answer_before_arrival,
    gap_split_figures,
    of_vessels,
    split,
    tracks,
    window_s,
)
from mda_sim.metrics.groups import groups
from mda_sim.metrics.holdings import holdings_figures
from mda_sim.metrics.incidence import incidence_figures
from mda_sim.metrics.latency import latency_figures
from mda_sim.metrics.more_figures import contacts_of_probes, findable_of, not_matched_of, position_errors_of
from mda_sim.metrics.phases import event_figures
from mda_sim.metrics.track_figures import track_figures
from mda_sim.picture.receipts import forgotten_us, receipts
from mda_sim.records import AWARENESS

_OF_PICTURES: Final = ("custody", "age", "awareness", "area", "corridors", "findable", "position")
"""Families of metrics that are read off a picture."""

_NOTHING: Final = Table.empty(AWARENESS)
_NO_PICTURES: Final = Pictures(_NOTHING, _NOTHING, _NOTHING, True)
"""In place of the pictures where none is asked for."""


class Held(NamedTuple):
    """What one node held."""

    received: Table
    """A RECEIPTS table."""
    pictures: Pictures
    """Its picture."""


class Pictured(NamedTuple):
    """What a nation's picture was scored to."""

    figures: list[Figure]
    """All its figures."""
    held_us: NDArray[np.int64]
    """Time of each subject in custody over the area, by age [us], (n_subjects, n_ages)."""
    accurate: Table
    """Its picture of the observations good enough for custody, an AWARENESS table."""
    answer_us: NDArray[np.int64]
    """Time of each subject under each answer of the gap split over the area [us], (n_subjects, 8)."""


def nation_figures(
    frame: ScoringFrame, arranged: Arrangement, nation: str, node: str, asked: Asked = EVERYTHING
) -> Pictured:
    """Figures of a nation's picture, with what tables of probes and of hours are made from.

    Where not everything is ``asked``, there may be more figures than are, and the times are empty.
    """
    log, timeline, deliveries, sharing = frame.log, frame.timeline, arranged.deliveries, arranged.sharing
    figures, held_us, held = node_figures(frame, arranged, nation, node, asked)
    answer_us = np.zeros((0, len(Answer)), np.int64)
    if asked.has("split"):
        found = fates(log, deliveries, sharing, held.received, nation, node, timeline)
        answer_before = answer_before_arrival(found)
        forgotten = forgotten_us(held.received, len(deliveries.parts))
        aware, accurate = held.pictures.aware, held.pictures.accurate
        track = tracks(arranged.contacts, answer_before, accurate, aware, forgotten)
        way = ways(log, deliveries, sharing, held.received, found, answer_before, forgotten)
        of_split, answer_us = _split_figures(frame, track, way, nation, asked)
        figures += of_split
    if asked.has("latency"):
        figures += latency_figures(log, deliveries, held.received, nation, timeline)
    if frame.spec.programmes and asked.has("custody", picture=LICENSED):
        figures += _licensed_figures(frame, arranged, held.received, nation, asked)
    if asked.is_everything:
        figures += event_figures(frame, held.pictures.accurate, arranged.events, nation)
        if frame.gated is not None:
            figures += track_figures(frame.gated, deliveries, held.received)
    return Pictured(figures, held_us, held.pictures.accurate, answer_us)


def node_figures(
    frame: ScoringFrame, arranged: Arrangement, nation: str, node: str, asked: Asked = EVERYTHING
) -> tuple[list[Figure], NDArray[np.int64], Held]:
    """Figures of what one node of a nation holds, the held time of each target in it, and its tables.

    As in ``nation_figures`` where not everything is ``asked``.
    """
    log, timeline, deliveries = frame.log, frame.timeline, arranged.deliveries
    received = receipts(log, deliveries, arranged.sharing, node, end_us=timeline.end_us)
    figures, held_us = list[Figure](), np.zeros((0, 0), np.int64)
    pictures = _NO_PICTURES
    if asked.has(*_OF_PICTURES, "split"):
        pictures = pictures_of(frame, arranged, received, None)
        known, held_us = _scored_once(frame, pictures, nation, "", asked)
        figures += known
    if asked.has(*_OF_PICTURES, picture=ORGANIC):
        organic = pictures_of(frame, arranged, received, {nation})
        figures += _scored_once(frame, organic, nation, ORGANIC, asked)[0]
    if asked.has("probes"):
        figures += contacts_of_probes(frame, arranged, received)
    for picture, operators in (("", None), (ORGANIC, {nation})):
        if asked.has("not_matched", picture=picture):
            figures += not_matched_of(frame, arranged, received, nation, picture, operators, asked)
    if asked.has("holdings"):
        figures += holdings_figures(log, deliveries, received, timeline)
    return figures, held_us, Held(received, pictures)


def _scored_once(
    frame: ScoringFrame, pictures: Pictures, nation: str, picture: str, asked: Asked
) -> tuple[list[Figure], NDArray[np.int64]]:
    """``_picture_figures``, taken from the frame if this very picture was scored before."""
    tables = pictures.aware, pictures.accurate, pictures.wide
    lasting = str(pictures.is_lasting)
    key = (nation, picture, asked.key, lasting, *(table.digest() for table in tables))
    if key not in frame.scored_pictures:
        figures, held_us = _picture_figures(frame, pictures, nation, picture, asked)
        frame.scored_pictures[key] = figures, held_us if asked.is_everything else held_us[:0]
    return frame.scored_pictures[key]


def _picture_figures(
    frame: ScoringFrame, pictures: Pictures, nation: str, picture: str, asked: Asked
) -> tuple[list[Figure], NDArray[np.int64]]:
    """Custody, age, awareness, area coverage and what is findable of the whole or the organic picture, in
    area and zones; of the whole one also its position error.
    """
    spec, cells, members = frame.spec, frame.cells, groups(frame.cells, nation)
    aware, accurate = pictures.aware, pictures.accurate
    figures: list[Figure] = []
    held_us: dict[str, NDArray[np.int64]] = {"": np.zeros((0, 0), np.int64)}
    for zone, scored in frame.scored.items():
        if not asked.in_zone(zone):
            continue
        scored_us, names = frame.scored_us[zone], {"zone": zone, "picture": picture}
        whose = members_of(frame, zone, members, asked)
        if asked.has("custody", "area", picture=picture):
            timely_us = held_time(aware, scored, spec.custody_age_s, cells.n_subjects)
            held_us[zone] = (
                timely_us
                if accurate is aware
                else held_time(accurate, scored, spec.custody_age_s, cells.n_subjects)
            )
            figures += custody_figures(
                held_us[zone], timely_us, scored_us, spec.custody_age_s, cells, whose, **names
            )
        if asked.has("age", picture=picture):
            figures += age_figures(aware, scored, spec.age_cap_s, cells, whose, **names)
        if asked.has("awareness", picture=picture):
            figures += incidence_figures(aware, frame.stays[zone], frame.timeline, cells, whose, **names)
        if asked.has("area", picture=picture):
            figures += area_figures(held_us[zone], scored_us, frame.probes, spec.custody_age_s, **names)
    if asked.has("corridors", picture=picture):
        window = (frame.timeline.score_from_us, frame.timeline.score_to_us)
        lanes, n_targets = frame.corridors, frame.log.n_targets
        figures += corridor_figures(
            lanes, aware, accurate, spec.custody_age_s, window, n_targets, picture=picture
        )
    if asked.has("findable", picture=picture):
        figures += findable_of(frame, pictures, nation, picture, asked)
    if not picture and asked.has("position"):
        figures += position_errors_of(frame, aware, nation, asked)
    return figures, held_us[""]


def _split_figures(
    frame: ScoringFrame, track: Tracks, way: Ways, nation: str, asked: Asked
) -> tuple[list[Figure], NDArray[np.int64]]:
    """The gap split of the whole picture and what its answers are made of, in the area and every zone.

    With it comes the time of each subject under each answer in the area, probes included.
    """
    age_s, members = window_s(frame.spec.custody_age_s), groups(frame.cells, nation)
    n_vessels, n_subjects = frame.log.n_vessels, frame.cells.n_subjects
    figures: list[Figure] = []
    of_area = np.zeros((n_subjects, len(Answer)), np.int64)
    for zone, scored in frame.scored.items():
        if not asked.in_zone(zone):
            continue
        whose, scored_us = members_of(frame, zone, members, asked), frame.scored_us[zone]
        chosen = of_vessels(scored, n_vessels) if zone else scored
        found = split(track, chosen, age_s, n_vessels, n_subjects)
        made_of = causes(way, track.contacts, found, age_s, frame.cells)
        figures += gap_split_figures(found.answer_us, scored_us, frame.cells, whose, zone=zone)
        figures += cause_figures(made_of, scored_us, frame.cells, whose, zone=zone)
        if not zone:
            of_area = found.answer_us
    return figures, of_area


def _licensed_figures(
    frame: ScoringFrame, arranged: Arrangement, received: Table, nation: str, asked: Asked
) -> list[Figure]:
    """Custody by what came of own sensors and those of providers and organisations, in area and zones."""
    ages_s, members = frame.spec.custody_age_s, groups(frame.cells, nation)
    aware, accurate, *_ = pictures_of(frame, arranged, received, arranged.providers | {nation})
    figures: list[Figure] = []
    for zone, scored in frame.scored.items():
        if not asked.in_zone(zone):
            continue
        timely_us = held_time(aware, scored, ages_s, frame.cells.n_subjects)
        held_us = timely_us
        if accurate is not aware:
            held_us = held_time(accurate, scored, ages_s, frame.cells.n_subjects)
        whose, scored_us = members_of(frame, zone, members, asked), frame.scored_us[zone]
        figures += custody_figures(
            held_us, timely_us, scored_us, ages_s, frame.cells, whose, zone=zone, picture=LICENSED
        )
    return figures
