"""What became of each part of a report for one nation, foreign or its own.

Model: a part that came to the nation's picture node, in any copy, is DELIVERED. For a foreign one that did
not, the delivery log says what stopped it. A nation's own parts are not in its ``outcomes``, so theirs is
derived from their hops in the same way: let H be the nodes that hold a copy of the part at the end of the run
(that of its feed always counts) and a link inside the nation be usable if it carries the part's category; a
filter that the part does not pass leaves it usable, and the hop NOT_SENT. The frontier is the set of usable
links from H to a node outside H from which the picture node can be reached over usable links and nodes
outside H; the best outcome of the hops on them counts, with the gates of the first such hop in order of link
id and copy. Without a frontier it is NO_ROUTE, with the gates as if a link led straight from the feed's node
to the picture node; inside a nation only the node's own level can refuse. An offer that was not made by the
end of the run is IN_FLIGHT, and so is what the picture node's own feed, or its group, would bring later. (Own
parts never come home through another nation: no link takes them there.)

Assumptions and limits: a part whose sensor feeds no node has no fate: it does not exist in the configuration.
How coarse a delivered copy is, the picture says.

Source: the package ``sharing.exchange`` defines outcomes. Where next: ``gap_split.py`` asks them why a vessel
is not held.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline, to_us
from mda_sim.metrics.frontier import frontier
from mda_sim.picture.receipts import grouped_with, is_first
from mda_sim.records import DeliveryLog, DetectionLog, Outcome

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec

NO_FATE: Final = 255
"""In place of an outcome: the part does not exist in the configuration."""


@dataclass(frozen=True, eq=False)
class Fates:
    """What became of each part of a report for one nation; arrays are indexed by part, (n_parts,)."""

    outcome: NDArray[np.uint8]
    """An Outcome, or ``NO_FATE``."""
    gates: NDArray[np.uint16]
    """Bit mask of the gates that refuse it where the outcome is WITHHELD or NO_ROUTE."""


def fates(
    log: DetectionLog,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    received: Table,
    nation: str,
    node: str,
    timeline: Timeline,
) -> Fates:
    """What became of every part for ``nation``, whose picture is at ``node``.

    ``received`` is the RECEIPTS table of that node. ShapeError if the delivery log does not say what became
    of a foreign part.
    """
    sensor = log.reports["sensor"][deliveries.parts["report"]]
    exists = np.array([card.id in sharing.feeds for card in log.sensors], np.bool_)[sensor]
    outcome, gates = np.full(len(sensor), NO_FATE, np.uint8), np.zeros(len(sensor), np.uint16)
    outcomes = deliveries.outcomes
    names = list(outcomes.meta.get("nations", ()))
    mine = np.flatnonzero(outcomes["nation"] == (names.index(nation) if nation in names else -1))
    outcome[outcomes["part"][mine]] = outcomes["outcome"][mine]
    gates[outcomes["part"][mine]] = outcomes["gates"][mine]
    outcome[received["part"]] = Outcome.DELIVERED

    operated = np.array([card.operator == nation for card in log.sensors], np.bool_)
    own = np.flatnonzero(exists & operated[sensor] & (outcome != Outcome.DELIVERED))
    if len(own):
        home = _Home.of(deliveries, sharing, nation, node)
        outcome[own], gates[own] = _own_fates(log, deliveries, sharing, home, own, timeline)
    outcome[~exists] = NO_FATE
    n_unknown = int((exists & (outcome == NO_FATE)).sum())
    if n_unknown:
        raise ShapeError(f"the delivery log does not say what became of {n_unknown} parts for {nation}")
    return Fates(outcome, gates)


class _Link(NamedTuple):
    """A link inside the nation; nodes by their number in ``_Home``."""

    id: str
    sender: int
    recipient: int


@dataclass(frozen=True)
class _Home:
    """The part of the network that is the nation's own."""

    nation: str
    nodes: tuple[str, ...]
    node: int
    """Its picture node."""
    links: tuple[_Link, ...]
    """Links between its nodes, by id."""
    number: NDArray[np.int64]
    """Place in ``links`` of each link of the delivery log, -1 if it is not of the nation."""

    @classmethod
    def of(cls, deliveries: DeliveryLog, sharing: SharingSpec, nation: str, node: str) -> _Home:
        """The nodes of a nation and the links between them, as the delivery log numbers them."""
        nodes = tuple(sorted(id_ for id_, spec in sharing.nodes.items() if spec.nation == nation))
        links = tuple(
            _Link(id_, nodes.index(spec.sender), nodes.index(spec.recipient))
            for id_, spec in sorted(sharing.links.items())
            if spec.sender in nodes and spec.recipient in nodes
        )
        ids = [link.id for link in links]
        logged = deliveries.hops.meta.get("links", ())
        number = np.array([ids.index(id_) if id_ in ids else -1 for id_ in logged], np.int64)
        return cls(nation, nodes, nodes.index(node), links, number)

    def frontier(self, usable: Sequence[bool], holders: Set[int]) -> list[int]:
        """Usable links from a holder to a node that is none, from which the picture node can be reached."""
        ways = ((i, *link[1:]) for i, link in enumerate(self.links) if usable[i])
        return frontier(ways, holders, self.node)


def _own_fates(
    log: DetectionLog,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    home: _Home,
    own: NDArray[np.int64],
    timeline: Timeline,
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Outcome and gates of the nation's parts ``own``, which did not come to its picture node."""
    report = deliveries.parts["report"][own].astype(np.int64)
    sensor = log.reports["sensor"][report].astype(np.int64)
    held, tried, refused = _own_hops(log, deliveries, sharing, home, own, sensor)
    outcome, gates = np.full(len(own), int(Outcome.NO_ROUTE), np.uint8), np.zeros(len(own), np.uint16)
    at_once = grouped_with(sharing, home.nodes[home.node]) | {home.nodes[home.node]}
    kinds, kind = np.unique(np.column_stack([sensor, held]), axis=0, return_inverse=True)
    for number, (of_sensor, *holds) in enumerate(kinds.tolist()):
        rows = np.flatnonzero(kind.reshape(-1) == number)
        card = log.sensors[of_sensor]
        if sharing.feeds[card.id].node in at_once:
            outcome[rows] = Outcome.IN_FLIGHT
            continue
        carries = [sharing.links[link.id].categories for link in home.links]
        usable = [not categories or card.category in categories for categories in carries]
        frontier = home.frontier(usable, {place for place, holding in enumerate(holds) if holding})
        if not frontier:
            gates[rows] = _gates_without_link(log, sharing, home, report[rows], of_sensor, timeline)
            continue
        results = tried[rows][:, frontier]
        best = np.argmin(results, axis=1)
        result = results[np.arange(len(rows)), best]
        outcome[rows] = np.where(result == NO_FATE, int(Outcome.IN_FLIGHT), result)
        gates[rows] = refused[rows, np.array(frontier)[best]]
    return outcome, gates


def _own_hops(
    log: DetectionLog,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    home: _Home,
    own: NDArray[np.int64],
    sensor: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.uint8], NDArray[np.uint16]]:
    """Which of the nation's nodes hold each part, and the best outcome of its copies on each inner link.

    With it come the gates of the first copy that met it. Shapes (n_own, n_nodes), (n_own, n_links), (n_own,
    n_links); ``NO_FATE`` where a link was not offered the part. ``sensor`` (n_own,) made the parts ``own``.
    """
    hops = deliveries.hops
    feed_node = [
        home.nodes.index(sharing.feeds[card.id].node)
        if card.operator == home.nation and card.id in sharing.feeds
        else -1
        for card in log.sensors
    ]
    held = np.zeros((len(own), len(home.nodes)), np.bool_)
    held[np.arange(len(own)), np.array(feed_node, np.int64)[sensor]] = True
    tried = np.full((len(own), len(home.links)), NO_FATE, np.uint8)
    refused = np.zeros(tried.shape, np.uint16)
    row_of = np.full(len(deliveries.parts), -1, np.int64)
    row_of[own] = np.arange(len(own))
    inner = np.flatnonzero(row_of[hops["part"]] >= 0)
    inner = inner[home.number[hops["link"][inner]] >= 0] if len(inner) else inner
    if not len(inner):
        return held, tried, refused
    row, link, outcome = row_of[hops["part"][inner]], home.number[hops["link"][inner]], hops["outcome"][inner]
    came = outcome == Outcome.DELIVERED
    recipient = np.array([way.recipient for way in home.links], np.int64)
    held[row[came], recipient[link[came]]] = True
    # hops come in order of copy and the sort is stable: the best outcome first, and of that the first copy
    order = np.lexsort((outcome, link, row))
    best = order[is_first(row[order] * len(home.links) + link[order])]
    tried[row[best], link[best]] = outcome[best]
    gates = hops["gates"][inner[best]] | hops["gates_at_release"][inner[best]]
    refused[row[best], link[best]] = gates
    return held, tried, refused


def _gates_without_link(
    log: DetectionLog,
    sharing: SharingSpec,
    home: _Home,
    report: NDArray[np.int64],
    sensor: int,
    timeline: Timeline,
) -> NDArray[Any]:
    """Gates that fail if a link is imagined from the feed's node to the picture node, on arrival there."""
    from mda_sim.sharing.policy import Policy, Profile

    card = log.sensors[sensor]
    feed = sharing.feeds[card.id]
    profile = Profile(feed.label, card.operator, card.category)
    steps = Policy(sharing, timeline).without_link(feed.node, home.nodes[home.node], profile)
    t_fed_us = log.reports["t_ready_us"][report] + to_us(feed.delay_s)
    return np.array(steps.gates)[steps.indices(t_fed_us)]
