"""Intake: the parts of reports that enter the network through feeds, and the network as indices.

Model: nodes and links get dense indices in the order of sorted ids. A fed part is a row: its profile (what
gates need to know), its node, when it comes there, which filters it passes, and its bytes.

Assumptions and limits: bytes are whole, so that sums do not depend on their order.
Source: ``records.HEADER_BYTES``. Where next: ``engine`` runs the rows, ``books`` turns them back into parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import to_us
from mda_sim.records import HEADER_BYTES, DetectionLog, weight_of
from mda_sim.sharing.labels import LabelSpec, covers
from mda_sim.sharing.network import LinkSpec, SharingSpec
from mda_sim.sharing.policy import Profile


@dataclass(frozen=True)
class Topology:
    """Nodes and links as indices, in the order of sorted ids."""

    nodes: tuple[str, ...]
    nations: tuple[str, ...]
    """Party of each node."""
    links: tuple[str, ...]
    senders: tuple[int, ...]
    """Sending node of each link."""
    recipients: tuple[int, ...]
    """Receiving node of each link."""
    outgoing: tuple[tuple[int, ...], ...]
    """Links that leave each node."""

    @classmethod
    def of(cls, sharing: SharingSpec) -> Topology:
        """The network of one sharing section."""
        nodes, links = tuple(sorted(sharing.nodes)), tuple(sorted(sharing.links))
        index = {node: i for i, node in enumerate(nodes)}
        senders = tuple(index[sharing.links[link].sender] for link in links)
        return cls(
            nodes=nodes,
            nations=tuple(sharing.nodes[node].nation for node in nodes),
            links=links,
            senders=senders,
            recipients=tuple(index[sharing.links[link].recipient] for link in links),
            outgoing=tuple(tuple(i for i, s in enumerate(senders) if s == n) for n in range(len(nodes))),
        )

    def is_abroad(self, link: int) -> bool:
        """Whether the link crosses from one party to another."""
        return self.nations[self.senders[link]] != self.nations[self.recipients[link]]


@dataclass(frozen=True)
class Intake:
    """The fed parts of one configuration, one row each, in the order of their ids."""

    profiles: tuple[Profile, ...]
    part: NDArray[np.int64]
    """Part id (F,)."""
    profile: NDArray[np.int64]
    """Index into ``profiles`` (F,)."""
    node: NDArray[np.int64]
    """Index of the feed's node (F,)."""
    t_arrived_us: NDArray[np.int64]
    """When it comes to that node, be it past the end of the run (F,) [us]."""
    t_ready_us: NDArray[np.int64]
    """When the sensor's product is ready: when a group holds it (F,) [us]."""
    share_class: NDArray[np.uint64]
    """Which filters it passes (F,)."""
    n_bytes: NDArray[np.int64]
    """Bytes on a link; 0 without a vessel (F,)."""

    @classmethod
    def of(cls, log: DetectionLog, parts: Table, sharing: SharingSpec, topology: Topology) -> Intake:
        """The parts of reports whose sensors feed a node."""
        profiles = sorted(
            {
                Profile(sharing.feeds[card.id].label, card.operator, card.category)
                for card in log.sensors
                if card.id in sharing.feeds
            }
        )
        n_sensors = len(log.sensors)
        profile, node = np.full(n_sensors, -1), np.full(n_sensors, -1)
        delay_us, contact_bytes = np.zeros(n_sensors, np.int64), np.zeros(n_sensors)
        for i, card in enumerate(log.sensors):
            feed = sharing.feeds.get(card.id)
            if feed is not None:
                profile[i] = profiles.index(Profile(feed.label, card.operator, card.category))
                node[i] = topology.nodes.index(feed.node)
                delay_us[i], contact_bytes[i] = to_us(feed.delay_s), card.contact_bytes
        sensor = log.reports["sensor"][parts["report"]].astype(np.int64)
        fed = np.flatnonzero(node[sensor] >= 0)
        sensor, weight = sensor[fed], weight_of(parts)[fed]
        t_ready_us = log.reports["t_ready_us"][parts["report"][fed]]
        payload = np.rint(contact_bytes[sensor] * weight).astype(np.int64)
        return cls(
            profiles=tuple(profiles),
            part=fed,
            profile=profile[sensor],
            node=node[sensor],
            t_ready_us=t_ready_us,
            t_arrived_us=t_ready_us + delay_us[sensor],
            share_class=parts["share_class"][fed],
            n_bytes=np.where(weight > 0, HEADER_BYTES + payload, 0),
        )

    def __len__(self) -> int:
        return len(self.part)


def carried(sharing: SharingSpec, topology: Topology, profiles: tuple[Profile, ...]) -> list[list[bool]]:
    """Whether each link (first index) is ever offered reports of each profile (second index)."""
    return [
        [
            (not sharing.links[link].categories or profile.category in sharing.links[link].categories)
            and not (topology.is_abroad(i) and topology.nations[topology.recipients[i]] == profile.originator)
            for profile in profiles
        ]
        for i, link in enumerate(topology.links)
    ]


def sanitised(
    link: LinkSpec, giver: str, labels: Mapping[str, LabelSpec], profile: Profile
) -> Profile | None:
    """What a link's sanitising makes of a form; None if the form goes as it is."""
    rule = link.sanitise
    if rule is None or profile.originator not in (giver, *rule.delegated_by):
        return None
    if rule.label is not None and covers(
        labels[rule.label].classification, labels[profile.label].classification
    ):
        return None
    coarsened_m = float(np.float32(max(profile.coarsened_m, rule.coarsen_m)))
    return profile._replace(label=rule.label or profile.label, coarsened_m=coarsened_m)


def all_forms(sharing: SharingSpec, topology: Topology, fed: tuple[Profile, ...]) -> tuple[Profile, ...]:
    """The fed profiles, followed by all that sanitising on any sequence of links can make of them."""
    forms = list(fed)
    for form in forms:  # grows while it is read
        for i, link in enumerate(topology.links):
            giver = topology.nations[topology.senders[i]]
            made = sanitised(sharing.links[link], giver, sharing.labels, form)
            if made is not None and made not in forms:
                forms.append(made)
    return tuple(forms)


def sanitising(
    sharing: SharingSpec, topology: Topology, forms: tuple[Profile, ...]
) -> list[list[tuple[int, int]]]:
    """For each link and form: the form as offered, and how long it is held back before its case [us]."""
    table = []
    for i, link in enumerate(topology.links):
        spec, giver = sharing.links[link], topology.nations[topology.senders[i]]
        delay_us = 0 if spec.sanitise is None else to_us(spec.sanitise.delay_s)
        made = [sanitised(spec, giver, sharing.labels, form) for form in forms]
        table.append([(k, 0) if m is None else (forms.index(m), delay_us) for k, m in enumerate(made)])
    return table
