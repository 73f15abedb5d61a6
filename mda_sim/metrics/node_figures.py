"""The figures of what one node of a nation holds, and what only its picture node has.

Model: custody, age, awareness, coverage and gaps of any node; at a picture node also the gap split, latency,
the phases of events and, where association is gated, the figures of its tracks.

Where next: ``scores`` lays them out in rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.metrics.age import age_figures, age_sums
from mda_sim.metrics.arranged import (
    Arrangement,
    Pictures,
    accurate_picture,
    content,
    members_of,
    pictures_of,
)
from mda_sim.metrics.asked import EVERYTHING, LICENSED, ORGANIC, Asked
from mda_sim.metrics.corridors import corridor_figures
from mda_sim.metrics.coverage import area_figures
from mda_sim.metrics.custody import custody_figures, held_time
from mda_sim.metrics.fates import fates
from mda_sim.metrics.figures import Figure
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.gap_causes import CAUSE_METRICS, Ways, cause_figures, causes, ways
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
from mda_sim.metrics.incidence import incidence_figures, visits
from mda_sim.metrics.kept import Content
from mda_sim.metrics.latency import latency_figures
from mda_sim.metrics.more_figures import contacts_of_probes, findable_of, not_matched_of, position_errors_of
from mda_sim.metrics.over_time import HoursHeld, hours_held
from mda_sim.metrics.phases import event_figures
from mda_sim.metrics.track_figures import track_figures
from mda_sim.picture.awareness import MakePicture
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
    content: Content
    """What tells its picture from others."""
    pictures: Callable[[], Pictures]
    """Makes its picture, once as long as no other is made."""


class Pictured(NamedTuple):
    """What a nation's picture was scored to."""

    figures: list[Figure]
    """All its figures."""
    held_us: NDArray[np.int64]
    """Time of each subject in custody over the area, by age [us], (n_subjects, n_ages)."""
    content: Content
    """What tells its picture from others."""
    accurate: MakePicture
    """Makes its picture of the observations good enough for custody."""
    by_hour: HoursHeld | None
    """Its custody in each scored hour, if that is kept."""
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
    pictures = held.pictures() if asked.has("split") or asked.is_everything else _NO_PICTURES
    if asked.has("split"):
        found = fates(log, deliveries, sharing, held.received, nation, node, timeline)
        answer_before = answer_before_arrival(found)
        forgotten = forgotten_us(held.received, len(deliveries.parts))
        aware, accurate = pictures.aware, pictures.accurate
        track = tracks(arranged.contacts, answer_before, accurate, aware, forgotten)
        way = None
        if asked.has_metric(*CAUSE_METRICS):
            way = ways(log, deliveries, sharing, held.received, found, answer_before, forgotten)
        of_split, answer_us = _split_figures(frame, track, way, nation, asked)
        figures += of_split
    if asked.has("latency"):
        figures += latency_figures(log, deliveries, held.received, nation, timeline)
    if frame.spec.programmes and asked.has("custody", picture=LICENSED):
        figures += _licensed_figures(frame, arranged, held.received, nation, asked)
    if asked.is_everything:
        figures += event_figures(frame, pictures.accurate, arranged.events, nation)
        if frame.gated is not None:
            figures += track_figures(frame.gated, deliveries, held.received)
    by_hour = hours_held(frame, pictures.accurate, nation) if arranged.keeps_hours else None
    make = accurate_picture(frame, arranged, held.received)
    return Pictured(figures, held_us, held.content, make, by_hour, answer_us)


def node_figures(
    frame: ScoringFrame, arranged: Arrangement, nation: str, node: str, asked: Asked = EVERYTHING
) -> tuple[list[Figure], NDArray[np.int64], Held]:
    """Figures of what one node of a nation holds, the held time of each target in it, and its tables.

    As in ``nation_figures`` where not everything is ``asked``.
    """
    log, timeline, deliveries = frame.log, frame.timeline, arranged.deliveries
    received = receipts(log, deliveries, arranged.sharing, node, end_us=timeline.end_us)
    figures, held_us = list[Figure](), np.zeros((0, 0), np.int64)
    whose: dict[str, set[str] | None] = {"": None, ORGANIC: {nation}}
    of = {picture: content(frame, arranged, received, who) for picture, who in whose.items()}

    def whole() -> Pictures:
        make = partial(pictures_of, frame, arranged, received, None)
        return frame.kept.of_content(of[""], "pictures", make)

    of_own: list[Figure] = []
    if asked.has(*_OF_PICTURES, picture=ORGANIC):  # first, so that the whole picture is the last one kept
        make_own = partial(pictures_of, frame, arranged, received, {nation})
        organic = partial(frame.kept.of_content, of[ORGANIC], "pictures", make_own)
        of_own = _scored_once(frame, of[ORGANIC], organic, nation, ORGANIC, asked)[0]
    if asked.has(*_OF_PICTURES):
        known, held_us = _scored_once(frame, of[""], whole, nation, "", asked)
        figures += known
    figures += of_own
    if asked.has("probes"):
        key = ("probes", of[""])
        if key not in frame.scored_pictures:
            frame.scored_pictures[key] = contacts_of_probes(frame, arranged, received)
        figures += frame.scored_pictures[key]
    for picture, operators in whose.items():
        if asked.has("not_matched", picture=picture):
            of_stays = ("not_matched", of[picture], nation, picture, asked.key)
            if of_stays not in frame.scored_pictures:
                made = not_matched_of(frame, arranged, received, nation, picture, operators, asked)
                frame.scored_pictures[of_stays] = made
            figures += frame.scored_pictures[of_stays]
    if asked.has("holdings"):
        figures += holdings_figures(log, deliveries, received, timeline)
    return figures, held_us, Held(received, of[""], whole)


def _scored_once(
    frame: ScoringFrame,
    of: Content,
    pictures: Callable[[], Pictures],
    nation: str,
    picture: str,
    asked: Asked,
) -> tuple[list[Figure], NDArray[np.int64]]:
    """``_picture_figures``, taken from the frame if this very picture, whose content is ``of``, was scored
    before.
    """
    key = (of, nation, picture, asked.key)
    if key not in frame.scored_pictures:
        figures, held_us = _picture_figures(frame, pictures(), of, nation, picture, asked)
        frame.scored_pictures[key] = figures, held_us if asked.is_everything else held_us[:0]
    found: tuple[list[Figure], NDArray[np.int64]] = frame.scored_pictures[key]
    return found


def _picture_figures(
    frame: ScoringFrame, pictures: Pictures, of: Content, nation: str, picture: str, asked: Asked
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
        once = partial(frame.kept.of_content, of)
        if asked.has("custody", "area", picture=picture):
            held_times = partial(_held_times, pictures, scored, spec.custody_age_s, cells.n_subjects)
            timely_us, held_us[zone] = once(("held", zone), held_times)
            figures += custody_figures(
                held_us[zone], timely_us, scored_us, spec.custody_age_s, cells, whose, **names
            )
        if asked.has("age", picture=picture):
            sums = once(("age", zone), partial(age_sums, aware, scored, scored_us, spec.age_cap_s, cells))
            figures += age_figures(
                aware, scored, spec.age_cap_s, cells, whose, scored_us=scored_us, known=sums, **names
            )
        if asked.has("awareness", picture=picture):
            stays = frame.stays[zone]
            of_stays = partial(visits, aware, stays, frame.timeline, cells.n_subjects)
            known = once(("visits", zone), of_stays)
            figures += incidence_figures(aware, stays, frame.timeline, cells, whose, known=known, **names)
        if asked.has("area", picture=picture):
            figures += area_figures(held_us[zone], scored_us, frame.probes, spec.custody_age_s, **names)
    if asked.has("corridors", picture=picture):
        window = (frame.timeline.score_from_us, frame.timeline.score_to_us)
        lanes, n_targets = frame.corridors, frame.log.n_targets
        figures += corridor_figures(
            lanes, aware, accurate, spec.custody_age_s, window, n_targets, picture=picture
        )
    if asked.has("findable", picture=picture):
        figures += findable_of(frame, pictures, of, nation, picture, asked)
    if not picture and asked.has("position"):
        figures += position_errors_of(frame, aware, of, nation, asked)
    return figures, held_us[""]


def _held_times(
    pictures: Pictures, scored: Table, ages_s: Sequence[float], n_subjects: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``held_time`` without and with the bound on error."""
    timely_us = held_time(pictures.aware, scored, ages_s, n_subjects)
    if pictures.accurate is pictures.aware:
        return timely_us, timely_us
    return timely_us, held_time(pictures.accurate, scored, ages_s, n_subjects)


def _split_figures(
    frame: ScoringFrame, track: Tracks, way: Ways | None, nation: str, asked: Asked
) -> tuple[list[Figure], NDArray[np.int64]]:
    """The gap split of the whole picture and what its answers are made of, in the area and every zone.

    With it comes the time of each subject under each answer in the area, probes included. Without ``way``
    what they are made of is left out.
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
        found = split(track, chosen, age_s, n_vessels if way is not None else 0, n_subjects)
        figures += gap_split_figures(found.answer_us, scored_us, frame.cells, whose, zone=zone)
        if way is not None:
            made_of = causes(way, track.contacts, found, age_s, frame.cells)
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
