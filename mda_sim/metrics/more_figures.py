"""Figures of a node beside custody and age: what is findable, how far off it is, accesses, silent vessels.

Model: each function lays one family of figures out over the area and every zone; the family's module defines
it. Where next: ``node_figures`` puts them beside the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import to_us
from mda_sim.metrics.arranged import Arrangement, Pictures, members_of
from mda_sim.metrics.asked import Asked
from mda_sim.metrics.coverage import gap_figures, probe_gaps
from mda_sim.metrics.figures import Figure
from mda_sim.metrics.findable import Searches, findable_figures, findable_time, searches
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.gap_split import window_s
from mda_sim.metrics.groups import Members, groups
from mda_sim.metrics.kept import Content
from mda_sim.metrics.not_matched import not_matched_figures, not_matched_visits
from mda_sim.metrics.position_error import distinct_errors, error_times, position_figures, sampled_off
from mda_sim.metrics.probe_contacts import access_figures, accesses
from mda_sim.metrics.spec import age_label


def findable_of(
    frame: ScoringFrame, pictures: Pictures, of: Content, nation: str, picture: str, asked: Asked
) -> list[Figure]:
    """What is findable by one picture, whose content is ``of``, in the area and every zone."""
    cells, members = frame.cells, groups(frame.cells, nation)
    tables = [pictures.accurate] if pictures.wide is pictures.accurate else [pictures.accurate, pictures.wide]

    def found() -> Searches:
        return searches(
            tables,
            frame.speed_mps,
            frame.spec.search_radius_m,
            is_lasting=pictures.is_lasting,
            n_subjects=cells.n_subjects,
        )

    figures: list[Figure] = []
    until = frame.kept.of_content(of, "searches", found)
    for zone, scored in frame.scored.items():
        if not asked.in_zone(zone):
            continue
        time_us = frame.kept.of_content(
            of, ("findable", zone), partial(findable_time, until, scored, cells.n_subjects)
        )
        whose, scored_us = members_of(frame, zone, members, asked), frame.scored_us[zone]
        figures += findable_figures(time_us, scored_us, cells, whose, zone=zone, picture=picture)
    return figures


def position_errors_of(
    frame: ScoringFrame, aware: Table, of: Content, nation: str, asked: Asked
) -> list[Figure]:
    """Position error of one picture, whose content is ``of``, in the area and every zone."""
    cells, members = frame.cells, groups(frame.cells, nation)
    age_s = window_s(frame.spec.custody_age_s)
    age_us = to_us(age_s)
    errors_m = frame.kept.of_content(of, "errors", partial(distinct_errors, aware))
    taken, speed_mps = frame.samples, frame.speed_mps
    off = frame.kept.of_content(
        of, "off", partial(sampled_off, aware, taken, frame.log, frame.fleet, speed_mps, age_us)
    )
    figures: list[Figure] = []
    for zone, scored in frame.scored.items():
        if not asked.in_zone(zone):
            continue
        time_us = frame.kept.of_content(
            of,
            ("errors", zone),
            partial(error_times, aware, errors_m, scored, cells, age_us),
        )
        whose, scored_us = _of_kinds(frame, zone, members, asked), frame.scored_us[zone]
        figures += position_figures(
            errors_m, time_us, off, taken, scored_us, cells, whose, age_label(age_s), zone=zone
        )
    return figures


def contacts_of_probes(frame: ScoringFrame, arranged: Arrangement, received: Table) -> list[Figure]:
    """Gaps, accesses and N-asset coverage of the probes by what a node received, in area and zones."""
    log, deliveries, probes, spec = frame.log, arranged.deliveries, frame.probes, frame.spec
    window = (frame.timeline.score_from_us, frame.timeline.score_to_us)
    gaps = probe_gaps(log, deliveries, arranged.contacts, received, probes.first, *window)
    found = accesses(
        log,
        deliveries,
        arranged.contacts,
        frame.probe_contacts,
        received,
        spec.custody_age_s,
        spec.error_max_m,
        *window,
    )
    figures: list[Figure] = []
    for zone, scored_us in frame.scored_us.items():
        figures += gap_figures(gaps, scored_us, probes, zone=zone)
        figures += access_figures(found, scored_us, probes, spec.custody_age_s, *window, zone=zone)
    return figures


def not_matched_of(
    frame: ScoringFrame,
    arranged: Arrangement,
    received: Table,
    nation: str,
    picture: str,
    operators: Collection[str] | None,
    asked: Asked,
) -> list[Figure]:
    """How soon silent vessels are recognised, by what some parties saw (None: all), in area and zones."""
    cells, members, spec = frame.cells, groups(frame.cells, nation), frame.spec
    found = not_matched_visits(
        frame.log,
        arranged.deliveries,
        arranged.contacts,
        received,
        frame.silent,
        frame.timeline,
        spec.ais_match_window_s,
        operators,
    )
    figures: list[Figure] = []
    for zone, ended in found.items():
        if not asked.in_zone(zone):
            continue
        whose = _of_kinds(frame, zone, members, asked)
        names = [name for name in whose if name not in ("all", "broadcasting")]
        if picture and asked.is_everything:
            names = [name for name in names if not name.startswith("class:")]
        whose = Members.of(whose).only(names)
        figures += not_matched_figures(ended, cells, whose, zone=zone, picture=picture)
    return figures


def _of_kinds(
    frame: ScoringFrame, zone: str, members: Mapping[str, NDArray[np.bool_]], asked: Asked
) -> Mapping[str, NDArray[np.bool_]]:
    """As ``members_of``, without flags and nations bound for but those that an endpoint names or asks for."""
    whose = members_of(frame, zone, members, asked)
    if not asked.is_everything:
        return whose
    named = {endpoint.group for endpoint in frame.spec.primary if (endpoint.zone or "") == zone}
    return Members.of(whose).only(
        name for name in whose if name in named or not name.startswith(("flag:", "bound:"))
    )
