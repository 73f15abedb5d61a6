"""What the auditor lays out before asking: who fed what, and every hop with its report, link and holding.

Model: a fed report is one with at least one contact whose sensor feeds a node. A hop's sender holds the
report from its feed or from the earliest delivery there (ties by link id); the agreement under which it
holds it is that of the last border which the report crossed on the way. All arrays are in the row order of
the tables.

Where next: ``books``, ``clocks`` and ``verdicts`` compare this with what the delivery log says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.rules import Kind, Rules, Tree
from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.records import HEADER_BYTES, DeliveryLog, DetectionLog, Outcome

Ints = NDArray[np.int64]


class CaseFile:
    """The logs of one configuration, laid out for questions."""

    def __init__(
        self,
        log: DetectionLog,
        deliveries: DeliveryLog,
        sharing: Tree,
        timeline: Timeline,
        seed: int | None = None,
    ) -> None:
        self.seed = seed
        self.rules = Rules(sharing, timeline)
        self.sharing = sharing
        self.timeline = timeline
        self.end_us = timeline.end_us
        self.nodes = sorted(sharing["nodes"])
        self.links = sorted(sharing["links"])
        links = [sharing["links"][link] for link in self.links]
        self.sender = np.array([self.nodes.index(link["sender"]) for link in links], np.int64)
        self.recipient = np.array([self.nodes.index(link["recipient"]) for link in links], np.int64)
        self._lay_out_reports(log, sharing)
        self._lay_out_hops(deliveries)
        self.usable = np.array(
            [[self._is_offered(link, kind) for kind in self.kinds] for link in self.links], bool
        )
        self.usable = self.usable.reshape(len(self.links), len(self.kinds))
        self.categories = sorted({kind.category for kind in self.kinds})
        of_kind = np.array([self.categories.index(kind.category) for kind in self.kinds], np.int64)
        self.category: Ints = of_kind[self.kind[self.row]] if len(self.kinds) else np.zeros(0, np.int64)
        window_us = np.array([to_us(link["case_window_s"]) for link in links], np.int64)
        self.window: Ints = self.hops["t_arrived_us"] // window_us[self.link]
        self.source = self._sources()
        self.under = self._received_under()
        self.named_until_us = self._named_until()

    def _lay_out_reports(self, log: DetectionLog, sharing: Tree) -> None:
        feeds = [sharing["feeds"].get(card.id) for card in log.sensors]
        kinds = [
            None if feed is None else Kind(feed["label"], card.operator, card.category)
            for card, feed in zip(log.sensors, feeds, strict=True)
        ]
        self.kinds: list[Kind] = sorted({kind for kind in kinds if kind is not None})
        sensor = log.reports["sensor"].astype(np.int64)
        is_fed = np.array([feed is not None for feed in feeds], bool)
        rows = (
            np.flatnonzero(is_fed[sensor] & (log.reports["count"] > 0))
            if len(feeds)
            else np.empty(0, np.int64)
        )
        of_sensor = sensor[rows]
        self.report: Ints = log.reports["report"][rows].astype(np.int64)
        self.kind: Ints = np.array([-1 if k is None else self.kinds.index(k) for k in kinds], np.int64)[
            of_sensor
        ]
        self.feed_node: Ints = np.array(
            [-1 if feed is None else self.nodes.index(feed["node"]) for feed in feeds], np.int64
        )[of_sensor]
        delay_us = np.array([0 if feed is None else to_us(feed["delay_s"]) for feed in feeds], np.int64)
        self.ready_us: Ints = log.reports["t_ready_us"][rows]
        self.fed_us: Ints = log.reports["t_ready_us"][rows] + delay_us[of_sensor]
        n_vessels = log.reports["n_vessels"][rows].astype(np.int64)
        contact_bytes = np.array([card.contact_bytes for card in log.sensors])
        payload = np.rint(contact_bytes[of_sensor] * n_vessels).astype(np.int64)
        self.n_bytes: Ints = np.where(n_vessels > 0, HEADER_BYTES + payload, 0)

    def _lay_out_hops(self, deliveries: DeliveryLog) -> None:
        hops = deliveries.hops
        self.hops: dict[str, NDArray[Any]] = {
            name: column.astype(np.int64) if column.dtype.kind in "ui" else column
            for name, column in hops.columns.items()
        }
        self.link: Ints = self.hops["link"]
        place = np.searchsorted(self.report, self.hops["report"])
        place = np.minimum(place, max(0, len(self.report) - 1))
        self.is_known = (
            self.report[place] == self.hops["report"] if len(self.report) else np.zeros(len(hops), bool)
        )
        self.row: Ints = place
        self.is_delivered = self.hops["outcome"] == Outcome.DELIVERED

    def _is_offered(self, link: str, kind: Kind) -> bool:
        """Whether a link is ever offered reports of a kind."""
        spec = self.sharing["links"][link]
        if spec["categories"] and kind.category not in spec["categories"]:
            return False
        giver, taker = self.rules.party(spec["sender"]), self.rules.party(spec["recipient"])
        return giver == taker or taker != kind.originator

    def first_deliveries(self) -> NDArray[np.bool_]:
        """Which hops first brought their report to their node: earliest receipt, then link order."""
        node = self.recipient[self.link]
        rows = np.flatnonzero(self.is_delivered & (node != self.feed_node[self.row]))
        order = rows[
            np.lexsort((self.link[rows], self.hops["t_received_us"][rows], node[rows], self.row[rows]))
        ]
        first = np.zeros(len(self.link), bool)
        changes = (np.diff(self.row[order], prepend=-1) != 0) | (np.diff(node[order], prepend=-1) != 0)
        first[order[changes]] = True
        return first

    def arrivals(self) -> tuple[Ints, Ints]:
        """When each fed report came to each node (F, N), and by which hop (-1: its feed, or not at all)."""
        shape = (len(self.report), len(self.nodes))
        t_us, by = np.full(shape, NEVER_US, np.int64), np.full(shape, -1, np.int64)
        if len(self.report):
            t_us[np.arange(shape[0]), self.feed_node] = self.fed_us
        first = np.flatnonzero(self.first_deliveries())
        t_us[self.row[first], self.recipient[self.link[first]]] = self.hops["t_received_us"][first]
        by[self.row[first], self.recipient[self.link[first]]] = first
        return t_us, by

    def _sources(self) -> Ints:
        """The hop by which each hop's report had come to its sender; -1 if by a feed."""
        _, by = self.arrivals()
        return by[self.row, self.sender[self.link]] if len(self.link) else np.empty(0, np.int64)

    def _received_under(self) -> Ints:
        """Agreement under which each hop's sender held its report; -1 for its own nation's."""
        source = self.source
        party = np.array([self.rules.party(node) for node in self.nodes])
        is_abroad = party[self.sender] != party[self.recipient]
        under = np.full(len(source), -1, np.int64)
        for _ in self.nodes:
            relayed = source >= 0
            came_by = source[relayed]
            crossed = is_abroad[self.link[came_by]]
            under[relayed] = np.where(crossed, self.hops["agreement"][came_by], under[came_by])
        return under

    def _named_until(self) -> Ints:
        """Until when a consent for the receiving party, given on the way, holds for each hop's report."""
        party = np.array([self.rules.party(node) for node in self.nodes])
        giver, taker = party[self.sender[self.link]], party[self.recipient[self.link]]
        ends_us = self.rules.consent_until_us(self.hops["consent"], self.hops["t_consented_us"])
        ends_us[giver == taker] = -NEVER_US
        until_us, earlier = np.full(len(self.link), -NEVER_US), self.source.copy()
        for _ in self.nodes:
            is_for_taker = (earlier >= 0) & (taker[earlier] == taker)
            longest_us = np.maximum(until_us, ends_us[earlier])
            until_us = np.where(is_for_taker, longest_us, until_us)
            earlier = np.where(earlier >= 0, self.source[earlier], -1)
        return until_us
