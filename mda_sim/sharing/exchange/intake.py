"""Intake: the reports that enter the network through feeds, and the network as indices.

Model: nodes and links get dense indices in the order of sorted ids. A fed report is a row: its profile (what
gates need to know), its node, when it comes there, and its bytes.

Assumptions and limits: bytes are whole, so that sums do not depend on their order.
Source: the header of a report is an assumption of the order of an IPv6 header (40 bytes, RFC 8200) with a
confidentiality label. Where next: ``engine`` runs the rows, ``books`` turns them back into reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import to_us
from mda_sim.records import DetectionLog
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import Profile

HEADER_BYTES: Final = 64
"""Bytes of a report besides its contacts (assumption)."""


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
    """The fed reports of one configuration, one row each, in the order of report ids."""

    profiles: tuple[Profile, ...]
    report: NDArray[np.int64]
    """Report id (F,)."""
    profile: NDArray[np.int64]
    """Index into ``profiles`` (F,)."""
    node: NDArray[np.int64]
    """Index of the feed's node (F,)."""
    t_arrived_us: NDArray[np.int64]
    """When it comes to that node, be it past the end of the run (F,) [us]."""
    t_ready_us: NDArray[np.int64]
    """When the sensor's product is ready: when a group holds it (F,) [us]."""
    n_bytes: NDArray[np.int64]
    """Bytes on a link; 0 without a vessel (F,)."""

    @classmethod
    def of(cls, log: DetectionLog, sharing: SharingSpec, topology: Topology) -> Intake:
        """The reports with contacts whose sensors feed a node."""
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
        sensor = log.reports["sensor"].astype(np.int64)
        fed = np.flatnonzero((log.reports["count"] > 0) & (node[sensor] >= 0))
        sensor, n_vessels = sensor[fed], log.reports["n_vessels"][fed].astype(np.int64)
        payload = np.rint(contact_bytes[sensor] * n_vessels).astype(np.int64)
        return cls(
            profiles=tuple(profiles),
            report=log.reports["report"][fed].astype(np.int64),
            profile=profile[sensor],
            node=node[sensor],
            t_ready_us=log.reports["t_ready_us"][fed],
            t_arrived_us=log.reports["t_ready_us"][fed] + delay_us[sensor],
            n_bytes=np.where(n_vessels > 0, HEADER_BYTES + payload, 0),
        )

    def __len__(self) -> int:
        return len(self.report)


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
