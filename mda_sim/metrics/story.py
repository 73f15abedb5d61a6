"""The story of one target for one nation: who saw it when, and what became of every report on every hop.

Model: a **sighting** is a contact of the target. The part of the report that it travels in was fed to a node,
and offered to links; told are the hops on links that lead toward the nation's picture node, in the order in
which the copy came to their senders. If the part came, its route is that of its first receipt, and its delay
is split into stages that follow each other without gap, so that in integers they sum exactly:

    interval   from the moment at which the sensor last held the target to the end of its reporting interval
    product    to t_ready: processing, downlink
    feed       to the receipt at the node that the sensor feeds
    then on each link: case_forming, desk_wait, review, elapsed, consent, link_wait, transmission

These are the stages of ``latency``, but for the first, since that counts from the report, and the later
links, which that sums up as relay. If the part did not come, the end of each hop says where it stopped.

Assumptions and limits: those of the tables; hops toward other nations alone are left out.
Where next: ``report.story_words`` puts it into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, to_us
from mda_sim.metrics.fates import NO_FATE
from mda_sim.metrics.latency import HOP_STAGES
from mda_sim.metrics.standpoint import Standpoint
from mda_sim.picture.awareness import PartHistory, awareness
from mda_sim.picture.copies import Copies
from mda_sim.picture.judgements import Judgement, judgements, without_link
from mda_sim.picture.receipts import BY_FEED, BY_GROUP
from mda_sim.picture.routes import hops_of_route, route_names
from mda_sim.records import Outcome
from mda_sim.sharing.consents import ConsentOnRequest


class End(StrEnum):
    """Where a hop ended."""

    DELIVERED = "delivered"
    BEATEN = "delivered, not kept: a copy at least as good was there"
    FILTERED = "not sent: the sender's filter stops it"
    UNWILLING = "not sent: the sender was unwilling"
    ARRIVAL = "withheld on arrival"
    RELEASE = "withheld at release"
    ANSWER = "withheld when the answer came"
    RECEIPT = "withheld on receipt"
    EXPIRED = "expired waiting for the desk"
    EXPIRED_ASKING = "expired waiting for the originator's desk"
    QUEUE_FULL = "lost: too many cases waited for the line"
    LOST = "lost on the way"
    FORMING = "in flight at the end of the run: its case was forming"
    WAITING = "in flight at the end of the run: waiting for the desk"
    REVIEW = "in flight at the end of the run: under review"
    ELAPSED = "in flight at the end of the run: release delay"
    ASKING = "in flight at the end of the run: waiting for the originator's desk"
    ANSWERING = "in flight at the end of the run: waiting for the originator's answer"
    LINE = "in flight at the end of the run: waiting for the line"
    SENDING = "in flight at the end of the run: being sent"
    UNDER_WAY = "in flight at the end of the run: on the way"


class Stage(NamedTuple):
    """A part of a delay."""

    name: str
    link: str
    """Link on which it was spent; empty before the first."""
    from_us: int
    to_us: int

    @property
    def lasted_us(self) -> int:
        """Its length [us]."""
        return self.to_us - self.from_us


class HopTold(NamedTuple):
    """One hop of a part."""

    row: int
    """Row of ``hops``."""
    link: str
    sender: str
    recipient: str
    label: str
    level: str
    """Level as which the copy was held when it was offered."""
    coarsened_m: float
    is_stripped: bool
    t_arrived_us: int
    t_received_us: int
    t_purged_us: int
    outcome: Outcome
    end: End
    judgements: tuple[Judgement, ...]
    """Every time that the gates were asked."""
    agreement: str
    """The one that passed when the legal gates were last asked; empty if none did or none was needed."""
    consent: str
    """Consent on which release rests; empty if on none."""
    is_asked: bool
    """Whether it is one on request."""
    stages: tuple[Stage, ...]
    """What it met, each stage that it came to the end of."""


class Receipt(NamedTuple):
    """One receipt at the picture node."""

    t_received_us: int
    t_purged_us: int
    error_m: float
    way: tuple[str, ...]
    """Nodes and links by which it came, as in ``routes``."""


@dataclass(frozen=True)
class Sighting:
    """One contact of the target, and what became of it for the nation."""

    row: int
    """Row of the history."""
    contact: int
    """Row of ``contacts``."""
    report: int
    part: int
    sensor: str
    operator: str
    category: str
    error_m: float
    t_observed_us: int
    t_report_us: int
    t_ready_us: int
    is_false: bool
    feed_node: str
    """Node that the sensor feeds; empty if none, so that it does not exist in the configuration."""
    t_fed_us: int
    outcome: Outcome | None
    """For the nation; None if the part does not exist in the configuration."""
    hops: tuple[HopTold, ...]
    without_link: Judgement | None
    """What the gates say where there is no route; else None."""
    receipts: tuple[Receipt, ...]
    stages: tuple[Stage, ...]
    """How the delay until the first receipt was spent; none if there was no receipt."""

    @property
    def likeness(self) -> tuple[object, ...]:
        """What sightings of a run have in common: all but numbers of reports and times."""
        hops = tuple((hop.link, hop.label, hop.end, _reasons(hop.judgements)) for hop in self.hops)
        gates = () if self.without_link is None else _reasons((self.without_link,))
        ways = tuple((receipt.way, receipt.error_m) for receipt in self.receipts)
        return (self.sensor, self.is_false, self.outcome, hops, gates, ways)


@dataclass(frozen=True)
class Teller:
    """Tells stories of one standpoint."""

    of: Standpoint

    def sightings(self, target: int) -> tuple[Sighting, ...]:
        """Every contact of a target, in order of time."""
        return tuple(self.sighting(row) for row in self.of.rows_of(target).tolist())

    def sighting(self, row: int) -> Sighting:
        """One contact, by its row of the history."""
        of, known = self.of, self.of.known
        part = int(known.part[row])
        report = int(of.deliveries.parts["report"][part])
        card = of.log.sensors[of.log.reports["sensor"][report]]
        feed = of.sharing.feeds.get(card.id)
        ready_us = int(of.log.reports["t_ready_us"][report])
        fed_us = NEVER_US if feed is None else ready_us + to_us(feed.delay_s)
        outcome = None if of.found.outcome[part] == NO_FATE else Outcome(int(of.found.outcome[part]))
        feed_node = "" if feed is None else feed.node
        asked = None
        if outcome == Outcome.NO_ROUTE:
            asked = without_link(self._copies, part, fed_us, feed_node, of.node)
        told = Sighting(
            row,
            int(of.contacts.contact[row]),
            report,
            part,
            card.id,
            card.operator,
            card.category,
            card.error_m,
            int(known.t_observed_us[row]),
            int(of.log.reports["t_observed_us"][report]),
            ready_us,
            known.is_false is not None and bool(known.is_false[row]),
            feed_node,
            fed_us,
            outcome,
            self._hops(part),
            asked,
            self._receipts(part, feed_node),
            (),
        )
        return told if not told.receipts else _with_stages(told, self._stages(told))

    def steps(self, target: int) -> tuple[Table, Table]:
        """AWARENESS tables of this target alone (numbered 0): of all observations, and of those good enough
        for custody.
        """
        of, rows = self.of, self.of.rows_of(target)
        false = None if of.known.is_false is None else of.known.is_false[rows]
        alone = PartHistory(
            np.array([0, len(rows)], np.int64), of.known.part[rows], of.known.t_observed_us[rows], false
        )
        known = (of.log, of.deliveries, of.received)
        return awareness(*known, contacts=alone), awareness(
            *known, contacts=alone, error_max_m=of.spec.error_max_m, only_true=True
        )

    @cached_property
    def _copies(self) -> Copies:
        of = self.of
        return Copies(of.log, of.deliveries, of.sharing, of.timeline)

    @cached_property
    def _toward(self) -> frozenset[str]:
        """Links that lead toward the picture node."""
        links, reach = self.of.sharing.links, {self.of.node}
        while found := {
            link.sender for link in links.values() if link.recipient in reach and link.sender not in reach
        }:
            reach |= found
        return frozenset(
            id_ for id_, link in links.items() if link.recipient in reach and link.sender != self.of.node
        )

    def _hops(self, part: int) -> tuple[HopTold, ...]:
        told = (self._hop(row) for row in self.of.hops_of(part).tolist() if self._leads_there(row))
        return tuple(told)

    def _leads_there(self, row: int) -> bool:
        return self._copies.link(row)[0] in self._toward

    def _hop(self, row: int) -> HopTold:
        hops, copies = self._copies.hops, self._copies
        link, spec = copies.link(row)
        asked = judgements(copies, row)
        agreement, consent = int(hops["agreement"][row]), int(hops["consent"][row])
        consent_id = hops.meta["consents"][consent] if consent >= 0 else ""
        is_asked = bool(consent_id) and isinstance(copies.sharing.consents[consent_id], ConsentOnRequest)
        question = copies.question(row, copies.offered(row), int(hops["t_arrived_us"][row]))
        return HopTold(
            row,
            link,
            spec.sender,
            spec.recipient,
            hops.meta["labels"][hops["label"][row]],
            question.held_as,
            float(hops["coarsened_m"][row]),
            bool(hops["is_stripped"][row]),
            int(hops["t_arrived_us"][row]),
            int(hops["t_received_us"][row]),
            int(hops["t_purged_us"][row]),
            Outcome(int(hops["outcome"][row])),
            end_of(hops, row, is_filtered=copies.is_filtered(row), is_asked=is_asked),
            asked,
            hops.meta["agreements"][agreement] if agreement >= 0 else "",
            consent_id,
            is_asked,
            _stages_of_hop(hops, row, link),
        )

    def _receipts(self, part: int, feed_node: str) -> tuple[Receipt, ...]:
        of, came = self.of, self.of.received
        return tuple(
            Receipt(
                int(came["t_received_us"][row]),
                int(came["t_purged_us"][row]),
                float(of.error_m[row]),
                route_names(of.deliveries.hops, of.sharing, int(came["hop"][row]), feed_node, of.node),
            )
            for row in of.receipts_of(part).tolist()
        )

    def _stages(self, told: Sighting) -> tuple[Stage, ...]:
        """How the delay until the first receipt of a sighting was spent."""
        of, hops = self.of, self.of.deliveries.hops
        last = int(of.received["hop"][of.receipts_of(told.part)[0]])
        begun = [
            Stage("interval", "", told.t_observed_us, told.t_report_us),
            Stage("product", "", told.t_report_us, told.t_ready_us),
        ]
        if last == BY_GROUP:
            return tuple(begun)
        begun.append(Stage("feed", "", told.t_ready_us, told.t_fed_us))
        if last != BY_FEED:
            for row in hops_of_route(hops, last):
                begun += _stages_of_hop(hops, row, self._copies.link(row)[0])
        return tuple(begun)


def end_of(hops: Table, row: int, *, is_filtered: bool, is_asked: bool) -> End:
    """Where a hop ended; ``is_asked`` says that its release rests on a consent on request."""

    def met(stage: str) -> bool:
        return bool(hops[f"t_{stage}_us"][row] != NEVER_US)

    outcome = Outcome(int(hops["outcome"][row]))
    if outcome == Outcome.DELIVERED:
        return End.DELIVERED if hops["is_kept"][row] else End.BEATEN
    if outcome == Outcome.NOT_SENT:
        return End.FILTERED if is_filtered else End.UNWILLING
    if outcome == Outcome.EXPIRED:
        return End.EXPIRED_ASKING if met("released") else End.EXPIRED
    if outcome == Outcome.LOST:
        return End.LOST if met("transmitted") else End.QUEUE_FULL
    if outcome == Outcome.WITHHELD:
        if hops["gates"][row]:
            return End.ARRIVAL
        if met("transmitted"):
            return End.RECEIPT
        return End.ANSWER if is_asked and met("consented") else End.RELEASE
    for stage, end in _UNFINISHED:
        if not met(stage) and (is_asked or stage not in ("asked", "decided")):
            return end
    return End.UNDER_WAY


_UNFINISHED = (
    ("case", End.FORMING),
    ("review", End.WAITING),
    ("reviewed", End.REVIEW),
    ("released", End.ELAPSED),
    ("decided", End.ASKING),
    ("consented", End.ANSWERING),
    ("sent", End.LINE),
    ("transmitted", End.SENDING),
    ("received", End.UNDER_WAY),
)
"""Stages that a hop has to come to the end of, and what it is in until then."""


def _stages_of_hop(hops: Table, row: int, link: str) -> tuple[Stage, ...]:
    """The stages of a hop that came to their end, in order."""
    *before, waited, sent = HOP_STAGES
    found = []
    for name, begins, ends in (*before, ("consent", "t_released_us", "t_consented_us"), waited, sent):
        from_us, to_us_ = int(hops[begins][row]), int(hops[ends][row])
        if NEVER_US in (from_us, to_us_):
            break
        found.append(Stage(name, link, from_us, to_us_))
    return tuple(found)


def _with_stages(told: Sighting, stages: tuple[Stage, ...]) -> Sighting:
    return Sighting(**{**vars(told), "stages": stages})


def _reasons(asked: tuple[Judgement, ...]) -> tuple[object, ...]:
    """What a judgement says, without its moment."""
    return tuple((one.when, one.agreement, one.refusals, one.consents, one.asked) for one in asked)
