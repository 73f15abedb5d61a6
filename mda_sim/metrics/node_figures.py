"""The figures of what one node of a nation holds, and what only its picture node has.

Model: custody, age, awareness, coverage and gaps of any node; at a picture node also the gap split, latency
and the phases of events. Where next: ``scores`` lays them out in rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.metrics.age import age_figures
from mda_sim.metrics.corridors import corridor_figures
from mda_sim.metrics.coverage import area_figures, gap_figures, probe_gaps
from mda_sim.metrics.custody import custody_figures, held_time
from mda_sim.metrics.fates import fates
from mda_sim.metrics.figures import Figure
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.gap_split import (
    Tracks,
    answer_before_arrival,
    gap_split_figures,
    split_time,
    tracks,
    window_s,
)
from mda_sim.metrics.groups import AIS_GROUPS, groups
from mda_sim.metrics.holdings import holdings_figures
from mda_sim.metrics.incidence import incidence_figures
from mda_sim.metrics.latency import latency_figures
from mda_sim.metrics.phases import ScoredEvent, event_figures
from mda_sim.picture.awareness import PartHistory, awareness, received_error_m
from mda_sim.picture.receipts import forgotten_us, receipts
from mda_sim.records import DeliveryLog

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec

ORGANIC: Final = "organic"
"""Word in the names of metrics of the organic picture."""

LICENSED: Final = "licensed"
"""Word in the names of metrics of the picture of own sensors and those of providers and organisations."""


class Arrangement(NamedTuple):
    """One configuration, as every nation's figures read it."""

    deliveries: DeliveryLog
    sharing: SharingSpec
    contacts: PartHistory
    providers: frozenset[str]
    """Parties that are no nations."""
    events: Sequence[ScoredEvent]
    """Events in whose phases it is measured."""


class Held(NamedTuple):
    """What one node held."""

    received: Table
    """A RECEIPTS table."""
    pictures: tuple[Table, Table]
    """AWARENESS tables of its picture, without and with the bound on error."""


def nation_figures(
    frame: ScoringFrame, arranged: Arrangement, nation: str, node: str
) -> tuple[list[Figure], NDArray[np.int64], Table]:
    """All figures of a nation's picture, the held time of each target in it over the area, and the picture.

    The last is of the observations good enough for custody.
    """
    log, timeline, deliveries, sharing = frame.log, frame.timeline, arranged.deliveries, arranged.sharing
    figures, held_us, held = node_figures(frame, arranged, nation, node)
    found = fates(log, deliveries, sharing, held.received, nation, node, timeline)
    forgotten = forgotten_us(held.received, len(deliveries.parts))
    split = tracks(
        arranged.contacts, answer_before_arrival(found), held.pictures[1], held.pictures[0], forgotten
    )
    figures += _split_figures(frame, split, nation)
    figures += latency_figures(log, deliveries, held.received, nation, timeline)
    if frame.spec.programmes:
        figures += _licensed_figures(frame, arranged, held.received, nation)
    figures += event_figures(frame, held.pictures[1], arranged.events, nation)
    return figures, held_us, held.pictures[1]


def node_figures(
    frame: ScoringFrame, arranged: Arrangement, nation: str, node: str
) -> tuple[list[Figure], NDArray[np.int64], Held]:
    """Figures of what one node of a nation holds, the held time of each target in it, and its tables."""
    log, timeline, deliveries = frame.log, frame.timeline, arranged.deliveries
    received = receipts(log, deliveries, arranged.sharing, node, end_us=timeline.end_us)
    pictures = _pictures(frame, arranged, received, None)
    known, held_us = _scored_once(frame, pictures, nation, "")
    organic = _pictures(frame, arranged, received, {nation})
    figures = known + _scored_once(frame, organic, nation, ORGANIC)[0]
    window = (timeline.score_from_us, timeline.score_to_us)
    gaps = probe_gaps(log, deliveries, arranged.contacts, received, frame.probes.first, *window)
    for zone, scored_us in frame.scored_us.items():
        figures += gap_figures(gaps, scored_us, frame.probes, zone=zone)
    figures += holdings_figures(log, deliveries, received, timeline)
    return figures, held_us, Held(received, pictures)


def _scored_once(
    frame: ScoringFrame, pictures: tuple[Table, Table], nation: str, picture: str
) -> tuple[list[Figure], NDArray[np.int64]]:
    """``_picture_figures``, taken from the frame if this very picture was scored before."""
    key = (nation, picture, *(table.digest() for table in pictures))
    if key not in frame.scored_pictures:
        frame.scored_pictures[key] = _picture_figures(frame, pictures, nation, picture)
    return frame.scored_pictures[key]


def _picture_figures(
    frame: ScoringFrame, pictures: tuple[Table, Table], nation: str, picture: str
) -> tuple[list[Figure], NDArray[np.int64]]:
    """Custody, age, awareness and area coverage of the whole or the organic picture, in area and zones."""
    spec, cells, members = frame.spec, frame.cells, groups(frame.cells, nation)
    aware, accurate = pictures
    figures: list[Figure] = []
    held_us: dict[str, NDArray[np.int64]] = {}
    for zone, scored in frame.scored.items():
        scored_us, names = frame.scored_us[zone], {"zone": zone, "picture": picture}
        asked = _asked(frame, zone, members)
        timely_us = held_time(aware, scored, spec.custody_age_s, cells.n_subjects)
        held_us[zone] = (
            timely_us
            if accurate is aware
            else held_time(accurate, scored, spec.custody_age_s, cells.n_subjects)
        )
        figures += custody_figures(
            held_us[zone], timely_us, scored_us, spec.custody_age_s, cells, asked, **names
        )
        figures += age_figures(aware, scored, spec.age_cap_s, cells, asked, **names)
        figures += incidence_figures(aware, frame.stays[zone], frame.timeline, cells, asked, **names)
        figures += area_figures(held_us[zone], scored_us, frame.probes, spec.custody_age_s, **names)
    window = (frame.timeline.score_from_us, frame.timeline.score_to_us)
    lanes, n_targets = frame.corridors, frame.log.n_targets
    figures += corridor_figures(lanes, *pictures, spec.custody_age_s, window, n_targets, picture=picture)
    return figures, held_us[""]


def _split_figures(frame: ScoringFrame, split: Tracks, nation: str) -> list[Figure]:
    """The gap split of the whole picture, in the area and every zone."""
    age_s, members = window_s(frame.spec.custody_age_s), groups(frame.cells, nation)
    figures: list[Figure] = []
    for zone, scored in frame.scored.items():
        answer_us = split_time(split, scored, age_s, frame.log.n_vessels, frame.cells.n_subjects)
        asked = _asked(frame, zone, members)
        figures += gap_split_figures(answer_us, frame.scored_us[zone], frame.cells, asked, zone=zone)
    return figures


def _licensed_figures(
    frame: ScoringFrame, arranged: Arrangement, received: Table, nation: str
) -> list[Figure]:
    """Custody by what came of own sensors and those of providers and organisations, in area and zones."""
    ages_s, members = frame.spec.custody_age_s, groups(frame.cells, nation)
    aware, accurate = _pictures(frame, arranged, received, arranged.providers | {nation})
    figures: list[Figure] = []
    for zone, scored in frame.scored.items():
        timely_us = held_time(aware, scored, ages_s, frame.cells.n_subjects)
        held_us = timely_us
        if accurate is not aware:
            held_us = held_time(accurate, scored, ages_s, frame.cells.n_subjects)
        asked, scored_us = _asked(frame, zone, members), frame.scored_us[zone]
        figures += custody_figures(
            held_us, timely_us, scored_us, ages_s, frame.cells, asked, zone=zone, picture=LICENSED
        )
    return figures


def _asked(
    frame: ScoringFrame, zone: str, members: Mapping[str, NDArray[np.bool_]]
) -> Mapping[str, NDArray[np.bool_]]:
    """Groups to score: all in the whole area; in a zone those by AIS state and what an endpoint names."""
    if not zone:
        return members
    named = {endpoint.group for endpoint in frame.spec.primary if endpoint.zone == zone}
    return {name: mask for name, mask in members.items() if name in AIS_GROUPS or name in named}


def _pictures(
    frame: ScoringFrame, arranged: Arrangement, received: Table, operators: Collection[str] | None
) -> tuple[Table, Table]:
    """The picture of what some parties saw (None: all), and that of the observations good for custody.

    Where all observations received are, those in sanitised copies included, both are one table.
    """
    log, deliveries, error_max_m = frame.log, arranged.deliveries, frame.spec.error_max_m
    make = partial(awareness, log, deliveries, received, contacts=arranged.contacts, operators=operators)
    aware = make()
    all_true = arranged.contacts.is_false is None
    if all_true and bool((received_error_m(log, deliveries, received) <= error_max_m).all()):
        return aware, aware
    return aware, make(error_max_m=error_max_m, only_true=True)
