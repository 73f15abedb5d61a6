"""The sharing part of a scenario: parties, nodes, feeds and links, and what they refer to.

Model: a sensor feeds one node of its operator's nation, which puts a label on its reports. A link is a
directed pipe from node to node; it carries cases of some categories, through the sender's desk if it has
one, at a bandwidth and with a propagation delay. A configuration overrides this section of a scenario and
nothing else.

Assumptions and limits: a link is reliable, and up but for its dated outages. A feed is a closed line inside
one nation: it has a delay, but neither desk nor gate. Places are kept for maps; distance does not slow
a link.

Where next: ``checks`` tests the references between these specs, ``exchange`` runs them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mda_sim.core.spec import (
    Id,
    IdMap,
    Items,
    LatDeg,
    LonDeg,
    NationId,
    NonNegative,
    Positive,
    Probability,
    Sourced,
    Spec,
    UtcTime,
)
from mda_sim.geo.regions import Region
from mda_sim.sharing.agreements import AgreementSpec, Category
from mda_sim.sharing.consents import ConsentSpec
from mda_sim.sharing.decisions import DecisionUnit, PerCase
from mda_sim.sharing.desks import Constant, DeskSpec, Duration
from mda_sim.sharing.events import EventSpec
from mda_sim.sharing.labels import LabelSpec, LevelWord
from mda_sim.sharing.schedules import ContactWindows, FailureSpec, OutageSpec, Pattern, Push

PartyKind = Literal["nation", "provider", "organisation"]


class NationSpec(Spec):
    """A party: a nation, a provider of observations, or an organisation."""

    name: str
    """Name, for people."""
    kind: PartyKind = "nation"
    """What it is; only parties of kind 'nation' with a picture node are scored."""
    picture_node: Id | None = None
    """Node whose holdings are this nation's picture; none if it has no picture of its own."""


class NodeSpec(Sourced):
    """An operations centre that holds reports and may pass them on."""

    nation: NationId
    """Party that runs it."""
    role: str = ""
    """What it is, for people."""
    site: str = ""
    """Catalogue site that its place was taken from; provenance only."""
    lat_deg: LatDeg | None = None
    """Latitude, for maps [deg]."""
    lon_deg: LonDeg | None = None
    """Longitude, for maps [deg]."""
    highest_level: LevelWord = "UNCLASSIFIED"
    """Highest classification that it may hold."""
    cleared_from: UtcTime | None = None
    """First moment at which it may hold anything classified [UTC]; none if it always could."""


class FeedSpec(Sourced):
    """How one sensor's reports enter the network; the sensor's id is the feed's key."""

    node: Id
    """Node of the operator's nation that receives them."""
    label: Id
    """Label that they carry."""
    delay_s: NonNegative = 0.0
    """From the sensor's product being ready to the node holding it [s]."""


class FilterSpec(Spec):
    """What a sender chooses to send, contact by contact; a contact passes if it meets all that is stated.

    It is asked as things are at the moment of the contact, about the vessel as it truly is.
    """

    broadcasting: bool | None = None
    """Only vessels that broadcast AIS (true), or only those that do not (false)."""
    length_min_m: Positive | None = None
    """Only vessels at least this long [m]."""
    area: Region | None = None
    """Only vessels inside this region."""


class SanitiseSpec(Sourced):
    """What a sender takes out of a copy before it is offered to the gates (a tear line).

    It is applied to copies of the sender's own reports and of those of originators that delegated it in
    writing, and, where a label is named, only to copies classified above that label. Other copies go as they
    are.
    """

    label: Id | None = None
    """Label of the sanitised copy; none: it keeps the one it has."""
    coarsen_m: NonNegative = 0.0
    """Position error that the copy gets, 1 sigma; one that is coarser already stays so [m]."""
    delay_s: NonNegative = 0.0
    """How long the copy is held back before its case is formed [s]."""
    strip_source: bool = False
    """Whether the recipient is not told whose sensor it was; the gates go on asking about its originators."""
    delegated_by: Items[NationId] = ()
    """Other originators that gave the sender the right to sanitise their reports."""


class LinkSpec(Sourced):
    """A directed pipe from one node to another."""

    sender: Id
    """Node that sends."""
    recipient: Id
    """Node that receives."""
    categories: Items[Category] = ()
    """Categories that the link carries; empty: all. Reports of others are not offered to it."""
    filter: FilterSpec | None = None
    """Which contacts the sender chooses to send; none: all. A report splits into the parts that differ."""
    sanitise: SanitiseSpec | None = None
    """What the sender takes out of a copy; none: nothing."""
    fused_with: Items[Id] = ()
    """Labels of what the sender fuses into all that leaves here; the product carries their combination."""
    case_window_s: Annotated[float, Field(ge=1)] = 3600.0
    """Reports of one category that come to the sender in one window are one case [s]."""
    willingness: Probability = 1.0
    """Chance that the sender wants to send a case, drawn once a decision unit; permission does not oblige."""
    willing_per: DecisionUnit = PerCase()
    """For what willingness is drawn once."""
    desk: Id | None = None
    """Desk that reviews its cases; none: a case is released when its window closes."""
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    """Urgency of its cases at a desk that goes by priority: 0 is the most urgent."""
    accreditation: LevelWord = "UNCLASSIFIED"
    """Highest classification that it may carry."""
    delay_s: NonNegative = 0.0
    """Propagation and handling after the last bit has left [s]."""
    extra_delay: Duration = Constant()
    """What is added to ``delay_s``, drawn once for all that leaves at once [s]."""
    loss_probability: Probability = 0.0
    """Chance that what leaves at once is lost on the way, after it took the line."""
    queue_limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many cases may wait for the line; one that finds as many is lost; none: no limit."""
    bandwidth_bps: Positive | None = None
    """Bits a second; none: transmission takes no time [bit/s]."""
    outages: Items[OutageSpec] = ()
    """When it is down; a transmission that would meet an outage starts afresh at its end."""
    failures: FailureSpec | None = None
    """Outages that are drawn for each seed; none: only the dated ones."""
    contact_windows: ContactWindows | None = None
    """When the line is there at all, as with a satellite that passes; none: always."""
    pattern: Pattern = Push()
    """When what is released may leave: at once, at set times, or when the recipient asks at set times."""


class GroupSpec(Sourced):
    """Nodes that pool what is fed to any of them, at once and without any rule: a ceiling, not a proposal.

    Every member holds every report that a sensor feeds to a member, from the moment the sensor's product is
    ready: no feed delay, gate, desk or link. It is not offered on from there, so links work as they would
    without the group.
    """

    nodes: Items[Id]
    """Members; two groups do not join by sharing one."""


class SharingSpec(Spec):
    """Who may share what with whom, and by which way: all that a configuration may change."""

    nodes: IdMap[NodeSpec] = Field(default_factory=dict)
    """Operations centres."""
    labels: IdMap[LabelSpec] = Field(default_factory=dict)
    """Labels that feeds may put on reports."""
    feeds: IdMap[FeedSpec] = Field(default_factory=dict)
    """By sensor id. A sensor without a feed does not exist in this configuration."""
    agreements: IdMap[AgreementSpec] = Field(default_factory=dict)
    """Agreements, licences and unclassified channels."""
    consents: IdMap[ConsentSpec] = Field(default_factory=dict)
    """Originators' consents to release to third parties, standing or on request."""
    desks: IdMap[DeskSpec] = Field(default_factory=dict)
    """The people, or guards, who release."""
    links: IdMap[LinkSpec] = Field(default_factory=dict)
    """Directed pipes between nodes."""
    groups: IdMap[GroupSpec] = Field(default_factory=dict)
    """Nodes that pool everything at once: the most that sharing can give."""
    events: IdMap[EventSpec] = Field(default_factory=dict)
    """What happens to agreements, links, desks and consents in the course of the run."""
