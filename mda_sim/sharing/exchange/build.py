"""Building: the tables on which the clock works, at the start of a run.

Model: lanes, lines and desks as the section says; all that feeds bring, offered; nothing that has happened.
Assumptions and limits: tables that grow have room to spare, more of which ``engine`` makes when it is needed.
Where next: ``engine``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.sharing.agreements import purges
from mda_sim.sharing.consents import ConsentOnRequest, lapse_after, turning_points
from mda_sim.sharing.decisions import unit_us
from mda_sim.sharing.exchange import layout
from mda_sim.sharing.exchange.answers import Answers
from mda_sim.sharing.exchange.desk import LiveDesk, is_fifo
from mda_sim.sharing.exchange.fed import Fed, offer_fed
from mda_sim.sharing.exchange.holdings import CopyKind
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.layout import Rows, State, new_rows, with_spare
from mda_sim.sharing.exchange.rights import OWN_RIGHTS
from mda_sim.sharing.exchange.service import Lot, chances
from mda_sim.sharing.filters import bits_of_links
from mda_sim.sharing.hours import desk_hours
from mda_sim.sharing.network import LinkSpec, SharingSpec
from mda_sim.sharing.schedules import Digest, Pull, dated, failures, joined, outside

Column = NDArray[np.int64]
_LEAST_ROOM = 256


class Setting(NamedTuple):
    """What a run is about."""

    sharing: SharingSpec
    topology: Topology
    intake: Intake
    timeline: Timeline
    seed: int


class Built(NamedTuple):
    """The start of a run."""

    state: State
    fed: Fed
    live: dict[int, LiveDesk]
    """Desks with a live queue, by number."""


def build(setting: Setting, answers: Answers) -> Built:
    """Lay everything out, offer what feeds bring, and expect the first window of each lane to end."""
    sharing, topology, intake, timeline, seed = setting
    lanes = build_lanes(setting, answers)
    bits = bits_of_links(sharing)
    filter_bits = np.array([bits.get(link, 0) for link in topology.links], np.uint64)
    windows_us = [to_us(sharing.links[link].case_window_s) for link in topology.links]
    held = _held_at_first(setting, answers)
    fed = offer_fed(answers, intake, topology, filter_bits, windows_us, timeline.end_us)
    for number, (first, end) in fed.span_of_lane.items():
        lanes[number]["fed_from"], lanes[number]["fed_to"] = first, end
    desks, spans, free_us = build_desks(sharing, timeline)
    lines, down = build_lines(sharing, topology, seed, timeline)
    purges_us, purges_from = _purges(sharing, topology, timeline)
    lapses, lapses_from = _lapses(sharing, timeline)
    outgoing_from = np.cumsum([0, *(len(links) for links in topology.outgoing)])
    agreements = [sharing.agreements[id_] for id_ in sorted(sharing.agreements)]
    consents = [sharing.consents[id_] for id_ in answers.consents]
    known = np.full((4 * _LEAST_ROOM, 6), layout.EMPTY, np.int64)
    state = State(
        counts=np.zeros(layout.COUNTS, np.int64),
        events=new_rows(_LEAST_ROOM + len(lanes), layout.EVENT),
        pieces=_with_room(fed.pieces),
        bundles=_with_room(fed.bundles),
        offers=new_rows(_LEAST_ROOM, layout.OFFER),
        rows=np.append(fed.rows, np.zeros(len(fed.rows) + _LEAST_ROOM, np.int64)),
        receipts=np.zeros(len(fed.bundles) + _LEAST_ROOM, np.int64),
        known=known,
        known_value=np.zeros(len(known), np.int64),
        question=np.zeros(6, np.int64),
        entries=_with_room(answers.rows_of_entries(0)),
        steps=_with_room(answers.rows_of_steps(0)),
        lanes=lanes,
        ways=answers.rows_of_ways(),
        streams=answers.rows_of_streams(),
        draws=np.zeros(256 * layout.BLOCK, np.int64),
        lines=lines,
        down=down,
        desks=desks,
        spans=spans,
        free_us=free_us,
        outgoing=np.array([link for links in topology.outgoing for link in links], np.int64),
        outgoing_from=outgoing_from.astype(np.int64),
        recipients=np.array(topology.recipients, np.int64),
        purges_us=purges_us,
        purges_from=purges_from,
        retention_us=np.array(
            [NEVER_US if a.retention_s is None else to_us(a.retention_s) for a in agreements], np.int64
        ),
        is_on_request=np.array([isinstance(c, ConsentOnRequest) for c in consents], np.int64),
        lapses=lapses,
        lapses_from=lapses_from,
        validity_us=np.array([_validity_us(c) for c in consents], np.int64),
        filter_bits=filter_bits,
        form_of_kind=np.zeros(_LEAST_ROOM, np.int64),
        held=held,
        share_class=intake.share_class,
        n_bytes=intake.n_bytes,
    )
    counts = state.counts
    counts[layout.N_PIECES], counts[layout.N_BUNDLES] = len(fed.pieces), len(fed.bundles)
    counts[layout.N_ROWS] = len(fed.rows)
    counts[layout.N_ENTRIES], counts[layout.N_STEPS] = len(answers.entries), answers.n_steps
    counts[layout.END_US], counts[layout.N_CONSENTS] = timeline.end_us, len(consents)
    counts[layout.N_WINDOWS], counts[layout.N_WAYS] = _n_windows(setting), len(consents) + 1
    in_lanes = len(lanes) * int(counts[layout.N_WINDOWS] * counts[layout.N_WAYS])
    counts[layout.N_PLACES] = 1 + max(in_lanes, len(desks))
    live = {
        i: LiveDesk(sharing.desks[id_], timeline)
        for i, id_ in enumerate(answers.desks)
        if not is_fifo(sharing.desks[id_])
    }
    return Built(state, fed, live)


def build_lanes(setting: Setting, answers: Answers) -> Rows:
    """A lane for each link and category, in the order of (link id, category)."""
    sharing, topology, intake, _, seed = setting
    categories = sorted({profile.category for profile in intake.profiles})
    rows = new_rows(len(topology.links) * len(categories), layout.LANE)
    priority: list[int] = []
    for i, link in enumerate(topology.links):
        spec = sharing.links[link]
        window_us = to_us(spec.case_window_s)
        for category in categories:
            number = len(priority)
            priority.append(spec.priority)
            answers.lanes[i, category] = number
            way = answers.case_way(i, category, window_us)
            answers.way_of_lane.append(way)
            willing = answers.add_stream(chances(Lot(seed, link, category), "willing", spec.willingness))
            rows[number] = (
                number, 0, i, topology.senders[i], topology.recipients[i], topology.is_abroad(i), window_us,
                way, willing, unit_us(spec.willing_per, window_us), 0, 0,
            )  # fmt: skip
    order = np.argsort(np.array(priority, np.int64), kind="stable")
    rows["turn"][order] = np.arange(len(rows))
    return rows


def build_desks(sharing: SharingSpec, timeline: Timeline) -> tuple[Rows, Rows, Column]:
    """Every desk in the order of ids, the stretches during which each is open, and all servers, free."""
    desks = new_rows(len(sharing.desks), layout.DESK)
    spans: list[tuple[int, int, int]] = []
    n_servers = 0
    for i, id_ in enumerate(sorted(sharing.desks)):
        spec = sharing.desks[id_]
        hours = desk_hours(spec, timeline)
        period_us, phase_us = (
            (0, 0) if spec.batch is None else (to_us(spec.batch.period_s), to_us(spec.batch.phase_s))
        )
        desks[i] = (
            not is_fifo(spec), NEVER_US if spec.expiry_s is None else to_us(spec.expiry_s),
            spec.elapsed_clock == "working", period_us, phase_us, len(spans), len(hours.starts), n_servers,
            spec.servers,
        )  # fmt: skip
        spans += list(zip(hours.starts, hours.ends, hours.before[:-1], strict=True))
        n_servers += spec.servers
    return desks, np.array(spans, layout.SPAN), np.zeros(n_servers, np.int64)


def build_lines(sharing: SharingSpec, topology: Topology, seed: int, timeline: Timeline) -> tuple[Rows, Rows]:
    """Every line, and the stretches during which each is down."""
    lines = new_rows(len(topology.links), layout.LINE)
    down: list[tuple[int, int, int]] = []
    for i, link in enumerate(topology.links):
        spec = sharing.links[link]
        stretches = scheduled_down(spec, timeline)
        if spec.failures is not None:
            stretches += failures(spec.failures, link, seed, timeline)
        starts, ends = joined(stretches)
        line = lines[i]
        line["bits_per_s"] = np.inf if spec.bandwidth_bps is None else spec.bandwidth_bps
        line["delay_us"] = to_us(spec.delay_s)
        if isinstance(spec.pattern, Digest | Pull):
            line["period_us"], line["phase_us"] = to_us(spec.pattern.period_s), to_us(spec.pattern.phase_s)
        line["asking_us"] = line["delay_us"] if isinstance(spec.pattern, Pull) else 0
        line["limit"] = -1 if spec.queue_limit is None else spec.queue_limit
        line["down"], line["n_down"] = len(down), len(starts)
        down += [(start, end, 0) for start, end in zip(starts, ends, strict=True)]
    return lines, np.array(down, layout.SPAN)


def scheduled_down(spec: LinkSpec, timeline: Timeline) -> list[tuple[int, int]]:
    """When a link is down by its dates and windows of contact, failures apart [us]."""
    down = dated(spec.outages, timeline)
    if spec.contact_windows is not None:
        down += outside(spec.contact_windows, timeline)
    return down


def _held_at_first(setting: Setting, answers: Answers) -> NDArray[np.int32]:
    """The set of copies that each node holds of each row, once all that feeds bring has come (N, F)."""
    intake = setting.intake
    held = np.zeros((len(setting.topology.nodes), len(intake)), np.int32)
    of_form = np.zeros(len(intake.profiles), np.int32)
    for form in range(len(intake.profiles)):
        number = answers.holdings.number(CopyKind(form, OWN_RIGHTS))
        of_form[form], _ = answers.holdings.outcome(0, number)
    held[intake.node, np.arange(len(intake))] = of_form[intake.profile]
    return held


def _purges(sharing: SharingSpec, topology: Topology, timeline: Timeline) -> tuple[Column, Column]:
    """Moments at which what came by a link under an agreement is destroyed, and where those of each begin."""
    moments: list[int] = []
    starts = [0]
    for link in range(len(topology.links)):
        giver, taker = topology.parties(link)
        for id_ in sorted(sharing.agreements):
            spec = sharing.agreements[id_]
            if giver != taker and {giver, taker} <= set(spec.parties):
                moments += [timeline.us_at(moment) for moment in purges(spec, giver, taker)]
            starts.append(len(moments))
    return np.array(moments, np.int64), np.array(starts, np.int64)


def _lapses(sharing: SharingSpec, timeline: Timeline) -> tuple[Rows, Column]:
    """Until when each consent holds that is granted from a moment on, and where those of each begin."""
    rows: list[tuple[int, int]] = []
    starts = [0]
    for id_ in sorted(sharing.consents):
        spec = sharing.consents[id_]
        moments = turning_points(spec)
        before_all = moments[0] - timedelta(days=1) if moments else timeline.start
        for asked in (before_all, *moments):
            lapse = lapse_after(spec, asked)
            until_us = NEVER_US if lapse is None else -1 if lapse == asked else timeline.us_at(lapse)
            rows.append((-NEVER_US if asked is before_all else timeline.us_at(asked), until_us))
        starts.append(len(rows))
    return np.array(rows, layout.LAPSE), np.array(starts, np.int64)


def _validity_us(consent: object) -> int:
    """How long a granted consent stays with a copy [us]."""
    if not isinstance(consent, ConsentOnRequest) or consent.validity_s is None:
        return NEVER_US
    return to_us(consent.validity_s)


def _n_windows(setting: Setting) -> int:
    """More windows than any lane has within the run."""
    links = setting.sharing.links.values()
    shortest_us = min((to_us(link.case_window_s) for link in links), default=1)
    return 1 + setting.timeline.end_us // shortest_us


def _with_room(rows: Rows) -> Rows:
    """The rows with as many more, and some."""
    return with_spare(rows, len(rows) + _LEAST_ROOM)
