"""The score table: every figure of every nation's picture under one configuration, for one seed.

Model: a nation with a picture node is scored on what that node received; figures named ``..._organic_...``
are of what came of its own sensors, and, where the scenario names programmes, ``..._licensed_...`` of what
came of its own and of those of providers and organisations. Area figures stand under the group ``all`` and
are of probes. ``metrics.nodes`` asks for further nodes of such nations: their rows bear the node's name.

Assumptions and limits: perfect association, but for the figures of tracks (``track_figures``); surface
targets only, no cueing. The exchange tells what became of a report for picture nodes alone, so that other
nodes have no gap split and no latency, and no tracks are built there; reach and exposure are of nations, and
stand at the picture node.

Where next: ``compare.py`` pairs configurations over seeds; report and study write the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.table import Table
from mda_sim.metrics.agreement import agreement_figures
from mda_sim.metrics.arranged import Arrangement
from mda_sim.metrics.asked import EVERYTHING, Asked
from mda_sim.metrics.coverage import coverage_table
from mda_sim.metrics.exposure import Exposed, exposed, exposure_figures, exposure_table
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.load import backlog_table, queue_visits, queues_table
from mda_sim.metrics.node_figures import Pictured, nation_figures, node_figures
from mda_sim.metrics.over_time import over_time_table
from mda_sim.metrics.phases import ScoredEvent
from mda_sim.metrics.probe_gaps import probe_gap_table
from mda_sim.metrics.reach import reach_figures
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.records import DeliveryLog

if TYPE_CHECKING:
    from mda_sim.sharing.network import NationSpec, SharingSpec


@dataclass(frozen=True, eq=False)
class Scores:
    """The answer of one seed under one configuration."""

    rows: tuple[ScoreRow, ...]
    """Every figure, by nation."""
    coverage: Table
    """Custody of each probe: a COVERAGE table."""
    probe_gaps: Table
    """The gap split of each probe: a PROBE_GAPS table."""
    exposure: Table
    """What lay at nodes of other parties: an EXPOSURE table."""
    backlog: Table
    """What waited at desks and for links: a BACKLOG table."""
    queues: Table
    """What desks and links had to do: a QUEUES table."""
    over_time: Table | None = None
    """Custody of each scored hour, an OVER_TIME table; none where no configuration has events."""


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
    arranged = _arrangement(frame, deliveries, sharing, nations, events)
    abroad = exposed(frame.log, deliveries, sharing)
    scored = _scored(frame, arranged, nations, abroad, configuration, seed, EVERYTHING)
    pictures = {nation: found.accurate for nation, found in scored.pictured.items()}
    contents = {nation: found.content for nation, found in scored.pictured.items()}
    frame.kept.forget()
    for nation, figures in agreement_figures(frame, arranged.contacts, pictures, contents).items():
        at = configuration, seed, nation, nations[nation].picture_node or ""
        scored.rows.extend(ScoreRow(*at, f.metric, f.group, f.value, f.unit, f.n) for f in figures)
    visits = queue_visits(frame.log, deliveries, sharing, frame.timeline)
    hours = {nation: found.by_hour for nation, found in scored.pictured.items() if found.by_hour is not None}
    held_us = {nation: found.held_us for nation, found in scored.pictured.items()}
    answer_us = {nation: found.answer_us for nation, found in scored.pictured.items()}
    return Scores(
        tuple(scored.rows),
        coverage_table(held_us, frame.scored_us[""], frame.probes, frame.spec.custody_age_s),
        probe_gap_table(answer_us, frame.probes),
        exposure_table(abroad, frame.timeline),
        backlog_table(visits, frame.timeline),
        queues_table(visits, sharing, frame.timeline),
        None if events is None else over_time_table(frame, hours),
    )


def asked_rows(
    frame: ScoringFrame,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    *,
    configuration: str,
    seed: int,
    asked: Asked,
) -> tuple[ScoreRow, ...]:
    """The rows of ``score_configuration`` that are asked for, of picture nodes, and nothing else.

    They are made by the same code. An endpoint in a zone has a row whether the scenario names it or not.
    DigestMismatch if the deliveries are of another detection log than the frame.
    """
    arranged = _arrangement(frame, deliveries, sharing, nations, None)
    abroad = exposed(frame.log, deliveries, sharing) if asked.has("exposure") else None
    return tuple(_scored(frame, arranged, nations, abroad, configuration, seed, asked).rows)


class _Scored(NamedTuple):
    """What is scored of every nation."""

    rows: list[ScoreRow]
    pictured: dict[str, Pictured]
    """What each nation's picture was scored to."""


def _arrangement(
    frame: ScoringFrame,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    events: Sequence[ScoredEvent] | None,
) -> Arrangement:
    if deliveries.sensing_digest != frame.log_digest:
        raise DigestMismatch("the deliveries are not of this detection log; share it again before scoring")
    providers = frozenset(name for name, party in nations.items() if party.kind != "nation")
    divided = frame.kept.divided(frame.contacts, deliveries)
    keeps_hours = events is not None
    return Arrangement(
        deliveries, sharing, divided.history, providers, events or (), divided.number, keeps_hours
    )


def _scored(
    frame: ScoringFrame,
    arranged: Arrangement,
    nations: Mapping[str, NationSpec],
    abroad: Exposed | None,
    configuration: str,
    seed: int,
    asked: Asked,
) -> _Scored:
    """The rows that are asked for of every nation with a picture; ``abroad`` if exposure is."""
    result = _Scored([], {})
    for nation, spec in sorted(nations.items()):
        picture_node = spec.picture_node
        if spec.kind != "nation" or picture_node is None or not asked.of_nation(nation):
            continue
        result.pictured[nation] = nation_figures(frame, arranged, nation, picture_node, asked)
        figures = result.pictured[nation].figures
        if asked.has("reach"):
            figures += reach_figures(frame.log, arranged.deliveries, nation, frame.timeline)
        if abroad is not None:
            figures += exposure_figures(abroad, nation, frame.timeline)
        found = {picture_node: asked.kept(figures)}
        if asked.is_everything:
            for node in other_nodes(frame.spec, arranged.sharing, nation, picture_node):
                found[node] = node_figures(frame, arranged, nation, node)[0]
        result.rows.extend(
            ScoreRow(configuration, seed, nation, node, f.metric, f.group, f.value, f.unit, f.n)
            for node, these in found.items()
            for f in these
        )
    return result


def other_nodes(spec: MetricsSpec, sharing: SharingSpec, nation: str, picture_node: str) -> list[str]:
    """The nodes of a nation that are scored besides its picture node, in order of id."""
    if spec.nodes == "picture":
        return []
    return [
        id_
        for id_, node in sorted(sharing.nodes.items())
        if node.nation == nation and id_ != picture_node and (spec.nodes == "all" or id_ in spec.nodes)
    ]
