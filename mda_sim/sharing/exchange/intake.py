"""Intake: the parts of reports that enter the network through feeds, and the network as indices.

Model: nodes and links get dense indices in the order of sorted ids. A fed part is a row: its profile (what
gates need to know, also in which areas it lies), its node, when it comes there, which filters it passes, and
its bytes.

Assumptions and limits: bytes are whole, so that sums do not depend on their order.
Source: ``records.HEADER_BYTES``. Where next: ``engine`` runs the rows, ``books`` turns them back into parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import to_us
from mda_sim.records import HEADER_BYTES, DetectionLog, weight_of
from mda_sim.sharing.filters import areas_of
from mda_sim.sharing.network import SharingSpec
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

    def parties(self, link: int) -> tuple[str, str]:
        """The party that gives over a link and the one that takes."""
        return self.nations[self.senders[link]], self.nations[self.recipients[link]]

    def is_abroad(self, link: int) -> bool:
        """Whether the link crosses from one party to another."""
        giver, taker = self.parties(link)
        return giver != taker


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
        n_sensors = len(log.sensors)
        node, delay_us = np.full(n_sensors, -1), np.zeros(n_sensors, np.int64)
        contact_bytes = np.zeros(n_sensors)
        for i, card in enumerate(log.sensors):
            feed = sharing.feeds.get(card.id)
            if feed is not None:
                node[i] = topology.nodes.index(feed.node)
                delay_us[i], contact_bytes[i] = to_us(feed.delay_s), card.contact_bytes
        sensor = log.reports["sensor"][parts["report"]].astype(np.int64)
        fed = np.flatnonzero(node[sensor] >= 0)
        sensor, weight = sensor[fed], weight_of(parts)[fed]
        t_ready_us = log.reports["t_ready_us"][parts["report"][fed]]
        payload = np.rint(contact_bytes[sensor] * weight).astype(np.int64)
        profiles, profile = _profiles(log, sharing, sensor, parts["share_class"][fed])
        return cls(
            profiles=profiles,
            part=fed,
            profile=profile,
            node=node[sensor],
            t_ready_us=t_ready_us,
            t_arrived_us=t_ready_us + delay_us[sensor],
            share_class=parts["share_class"][fed],
            n_bytes=np.where(weight > 0, HEADER_BYTES + payload, 0),
        )

    def __len__(self) -> int:
        return len(self.part)

    def pairs(self) -> list[tuple[int, int]]:
        """Indices of profiles and of the nodes to which feeds bring them, each pair once, sorted."""
        n_nodes = 1 + int(self.node.max(initial=0))
        pairs = np.flatnonzero(np.bincount(self.profile * n_nodes + self.node)).tolist()
        return [divmod(pair, n_nodes) for pair in pairs]

    def fed(self, topology: Topology) -> tuple[tuple[Profile, str], ...]:
        """Profiles and the nodes to which feeds bring them, each pair once, in the order of ``profiles``."""
        return tuple((self.profiles[profile], topology.nodes[node]) for profile, node in self.pairs())


def _profiles(
    log: DetectionLog, sharing: SharingSpec, sensor: NDArray[np.int64], share_class: NDArray[np.uint64]
) -> tuple[tuple[Profile, ...], NDArray[np.int64]]:
    """The different profiles of fed parts, sorted, and the number of each part's own, (F,)."""
    classes, class_of = np.unique(share_class, return_inverse=True)
    areas = [areas_of(sharing, int(passed)) for passed in classes]
    of_fed = sensor * max(1, len(classes)) + class_of
    kinds = np.flatnonzero(np.bincount(of_fed))
    of_kind = []
    for kind in kinds.tolist():
        i, k = divmod(kind, len(classes))
        card = log.sensors[i]
        label = sharing.feeds[card.id].label
        of_kind.append(Profile(label, card.operator, card.category, areas=areas[k]))
    profiles = sorted(set(of_kind))
    number = np.array([profiles.index(profile) for profile in of_kind], np.int64)
    of_kind_number = np.zeros(kinds.max(initial=0) + 1, np.int64)
    of_kind_number[kinds] = number
    return tuple(profiles), of_kind_number[of_fed]
