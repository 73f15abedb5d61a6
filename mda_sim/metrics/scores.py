"""The score table: every figure of every nation's picture under one configuration, for one seed.

Model: a nation with a picture node is scored on what that node received; figures named ``..._organic_...``
are of what came of its own sensors, and, where the scenario names programmes, ``..._licensed_...`` of what
came of its own and of those of providers and organisations. Area figures stand under the group ``all`` and
are of probes. ``metrics.nodes`` asks for further nodes of such nations: their rows bear the node's name.

Assumptions and limits: perfect association; surface targets only, no cueing. The exchange tells what became
of a report for picture nodes alone, so that other nodes have no gap split and no latency; reach and exposure
are of nations, and stand at the picture node.

Where next: ``compare.py`` pairs configurations over seeds; report and study write the tables.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.table import Table
from mda_sim.metrics.age import age_figures
from mda_sim.metrics.corridors import corridor_figures
from mda_sim.metrics.coverage import area_figures, coverage_table, gap_figures, probe_gaps
from mda_sim.metrics.custody import custody_figures, held_time
from mda_sim.metrics.exposure import exposed, exposure_figures, exposure_table
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
from mda_sim.metrics.load import backlog_table, queue_visits, queues_table
from mda_sim.metrics.over_time import over_time_table
from mda_sim.metrics.phases import ScoredEvent, event_figures
from mda_sim.metrics.reach import reach_figures
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.picture.awareness import PartHistory, awareness, received_error_m
from mda_sim.picture.receipts import forgotten_us, receipts
from mda_sim.records import DeliveryLog

if TYPE_CHECKING:
    from mda_sim.sharing.network import NationSpec, SharingSpec

ORGANIC: Final = "organic"
"""Word in the names of metrics of the organic picture."""

LICENSED: Final = "licensed"
"""Word in the names of metrics of the picture of own sensors and those of providers and organisations."""

FORMULA_STARTS: Final = ("=", "+", "-", "@", "'")
"""First characters of a text cell that a spreadsheet would not show as written."""


class ScoreRow(NamedTuple):
    """One row of the score table."""

    configuration: str
    """Sharing configuration."""
    seed: int
    """Seed of the replicate."""
    nation: str
    """Nation whose picture is scored."""
    node: str
    """Node that holds it."""
    metric: str
    """Name of the metric."""
    group: str
    """``<group>``, or ``<group>@<zone>``."""
    value: float
    """Value in ``unit``; NaN where undefined, infinite for an age that nothing bounds."""
    unit: str
    """``1`` for shares, ``s``, ``h``, ``m`` or ``count``."""
    n: int
    """How many vessels, probes, contacts or parts of reports it stands on."""


@dataclass(frozen=True, eq=False)
class Scores:
    """The answer of one seed under one configuration."""

    rows: tuple[ScoreRow, ...]
    """Every figure, by nation."""
    coverage: Table
    """Custody of each probe: a COVERAGE table."""
    exposure: Table
    """What lay at nodes of other parties: an EXPOSURE table."""
    backlog: Table
    """What waited at desks and for links: a BACKLOG table."""
    queues: Table
    """What desks and links had to do: a QUEUES table."""
    over_time: Table | None = None
    """Custody of each scored hour, an OVER_TIME table; none where no configuration has events."""


class _Arranged(NamedTuple):
    """One configuration, as every nation's figures read it."""

    deliveries: DeliveryLog
    sharing: SharingSpec
    contacts: PartHistory
    providers: frozenset[str]
    """Parties that are no nations."""
    events: Sequence[ScoredEvent]
    """Events in whose phases it is measured."""


def score_configuration(
    frame: ScoringFrame,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    *,
    configuration: str,
    seed: int,
    events: Sequence[ScoredEvent] | None = None,
) -> Scores:
    """Score every nation of kind 'nation' with a picture node, also in the phases of ``events``.

    Custody over time is kept unless ``events`` is None: where no configuration has any.

    DigestMismatch if the deliveries are of another detection log than the frame.
    """
    if deliveries.sensing_digest != frame.log_digest:
        raise DigestMismatch("the deliveries are not of this detection log; share it again before scoring")
    rows: list[ScoreRow] = []
    held_us: dict[str, NDArray[np.int64]] = {}
    providers = frozenset(name for name, party in nations.items() if party.kind != "nation")
    arranged = _Arranged(deliveries, sharing, frame.contacts.by_part(deliveries), providers, events or ())
    pictures: dict[str, Table] = {}
    abroad = exposed(frame.log, deliveries, sharing)
    scored = {n: spec.picture_node for n, spec in sorted(nations.items()) if spec.kind == "nation"}
    for nation, picture_node in scored.items():
        if picture_node is None:
            continue
        figures, held_us[nation], pictures[nation] = _nation_figures(frame, arranged, nation, picture_node)
        figures += reach_figures(frame.log, deliveries, nation, frame.timeline)
        figures += exposure_figures(abroad, nation, frame.timeline)
        found = {picture_node: figures}
        for node in other_nodes(frame.spec, sharing, nation, picture_node):
            found[node] = _node_figures(frame, arranged, nation, node)[0]
        rows += [
            ScoreRow(configuration, seed, nation, node, f.metric, f.group, f.value, f.unit, f.n)
            for node, these in found.items()
            for f in these
        ]
    visits = queue_visits(frame.log, deliveries, sharing, frame.timeline)
    return Scores(
        tuple(rows),
        coverage_table(held_us, frame.scored_us[""], frame.probes, frame.spec.custody_age_s),
        exposure_table(abroad, frame.timeline),
        backlog_table(visits, frame.timeline),
        queues_table(visits, sharing, frame.timeline),
        None if events is None else over_time_table(frame, pictures),
    )


def other_nodes(spec: MetricsSpec, sharing: SharingSpec, nation: str, picture_node: str) -> list[str]:
    """The nodes of a nation that are scored besides its picture node, in order of id."""
    if spec.nodes == "picture":
        return []
    return [
        id_
        for id_, node in sorted(sharing.nodes.items())
        if node.nation == nation and id_ != picture_node and (spec.nodes == "all" or id_ in spec.nodes)
    ]


def to_csv(rows: Iterable[ScoreRow], path: Path) -> None:
    """Write rows to a CSV file: floats as the shortest text that reads back the same, NaN as ``nan``.

    A text cell that a spreadsheet would take for a formula is preceded by a single quote; characters that do
    not print are left out.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ScoreRow._fields)
        writer.writerows(
            [_quoted(cell) if isinstance(cell, str) else repr(cell) for cell in row] for row in rows
        )


def from_csv(path: Path) -> tuple[ScoreRow, ...]:
    """Read the rows that ``to_csv`` wrote; ValueError if the header is another."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = tuple(next(reader, ()))
        if header != ScoreRow._fields:
            raise ValueError(f"{path.name} has columns {header}, expected {ScoreRow._fields}")
        return tuple(_row(cells) for cells in reader)


class _Held(NamedTuple):
    """What one node held."""

    received: Table
    """A RECEIPTS table."""
    pictures: tuple[Table, Table]
    """AWARENESS tables of its picture, without and with the bound on error."""


def _nation_figures(
    frame: ScoringFrame, arranged: _Arranged, nation: str, node: str
) -> tuple[list[Figure], NDArray[np.int64], Table]:
    """All figures of a nation's picture, the held time of each target in it over the area, and the picture.

    The last is of the observations good enough for custody.
    """
    log, timeline, deliveries, sharing = frame.log, frame.timeline, arranged.deliveries, arranged.sharing
    figures, held_us, held = _node_figures(frame, arranged, nation, node)
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


def _node_figures(
    frame: ScoringFrame, arranged: _Arranged, nation: str, node: str
) -> tuple[list[Figure], NDArray[np.int64], _Held]:
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
    return figures, held_us, _Held(received, pictures)


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


def _licensed_figures(frame: ScoringFrame, arranged: _Arranged, received: Table, nation: str) -> list[Figure]:
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
    frame: ScoringFrame, arranged: _Arranged, received: Table, operators: Collection[str] | None
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


@lru_cache(maxsize=16_384)
def _quoted(cell: str) -> str:
    text = cell if cell.isprintable() else "".join(filter(str.isprintable, cell))
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


@lru_cache(maxsize=16_384)
def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


def _row(cells: list[str]) -> ScoreRow:
    configuration, seed, nation, node, metric, group, value, unit, n = cells
    return ScoreRow(
        _plain(configuration),
        int(seed),
        _plain(nation),
        _plain(node),
        _plain(metric),
        _plain(group),
        float(value),
        _plain(unit),
        int(n),
    )
