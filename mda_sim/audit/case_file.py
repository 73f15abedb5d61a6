"""What the auditor lays out before asking: which parts were fed where, and every hop with its part and link.

Model: a fed part is one of a report whose sensor feeds a node; it comes there with the feed's label after the
feed's delay. All arrays are in the row order of the tables. Events are in the section as dates (``events``).

Where next: ``trails`` follows each copy back to its feed; ``books``, ``clocks`` and ``verdicts`` compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.filters import areas_of, filters_of
from mda_sim.audit.findings import Notebook
from mda_sim.audit.forms import Form
from mda_sim.audit.moments import Tree
from mda_sim.audit.rules import Areas, Rules
from mda_sim.core.rng import address
from mda_sim.core.time import Timeline, to_us
from mda_sim.records import HEADER_BYTES, DeliveryLog, DetectionLog, Outcome

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Kind(NamedTuple):
    """What feeds bring: label, originator and category of their reports."""

    label: str
    originator: str
    category: str


class Wide(dict[str, NDArray[Any]]):
    """Columns of a table, those of integers as int64, to reckon with; each when asked for."""

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        super().__init__()
        self._columns = columns

    def __missing__(self, name: str) -> NDArray[Any]:
        column = self._columns[name]
        self[name] = column.astype(np.int64, copy=False) if column.dtype.kind in "ui" else column
        return self[name]


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
        self.specs: list[Tree] = [sharing["links"][link] for link in self.links]
        self.party = [self.rules.party(node) for node in self.nodes]
        self.sender = np.array([self.nodes.index(link["sender"]) for link in self.specs], np.int64)
        self.recipient = np.array([self.nodes.index(link["recipient"]) for link in self.specs], np.int64)
        self.window_us = np.array([to_us(link["case_window_s"]) for link in self.specs], np.int64)
        self._lay_out_parts(log, deliveries, sharing)
        self.categories = sorted({kind.category for kind in self.kinds})
        self._lay_out_hops(deliveries)
        self.usable = np.array(
            [[self._is_offered(link, kind) for kind in self.kinds] for link in self.specs], bool
        ).reshape(len(self.links), len(self.kinds))
        """Whether a link (first index) is ever offered parts of a kind (second index)."""
        names = (self.links, self.categories, self.rules.consent_ids)
        addresses = (np.array([*map(address, ids), 0], np.int64) for ids in names)
        self.link_address, self.category_address, self.consent_address = addresses
        """Addresses of draws by index; 0 for none (-1)."""

    def _lay_out_parts(self, log: DetectionLog, deliveries: DeliveryLog, sharing: Tree) -> None:
        feeds = [sharing["feeds"].get(card.id) for card in log.sensors]
        kinds = [
            None if feed is None else Kind(feed["label"], card.operator, card.category)
            for card, feed in zip(log.sensors, feeds, strict=True)
        ]
        self.kinds: list[Kind] = sorted({kind for kind in kinds if kind is not None})
        parts, report = deliveries.parts, deliveries.parts["report"]
        sensor = log.reports["sensor"][report].astype(np.int64)
        is_fed = np.array([feed is not None for feed in feeds], bool)
        self.part: Ints = np.flatnonzero(is_fed[sensor]) if len(feeds) else np.empty(0, np.int64)
        of_sensor, report = sensor[self.part], report[self.part]
        self._place = np.full(len(parts) + 1, -1, np.int64)
        self._place[self.part] = np.arange(len(self.part))
        self.kind: Ints = np.array([-1 if k is None else self.kinds.index(k) for k in kinds], np.int64)[
            of_sensor
        ]
        self.feed_node: Ints = np.array(
            [-1 if feed is None else self.nodes.index(feed["node"]) for feed in feeds], np.int64
        )[of_sensor]
        delay_us = np.array([0 if feed is None else to_us(feed["delay_s"]) for feed in feeds], np.int64)
        self.ready_us: Ints = log.reports["t_ready_us"][report]
        self.fed_us: Ints = self.ready_us + delay_us[of_sensor]
        weight = parts["n_vessels"][self.part].astype(np.int64) + parts["n_false"][self.part]
        contact_bytes = np.array([card.contact_bytes for card in log.sensors])
        payload = np.rint(contact_bytes[of_sensor] * weight).astype(np.int64)
        self.n_bytes: Ints = np.where(weight > 0, HEADER_BYTES + payload, 0)
        filters = filters_of(sharing)
        self.share_class = parts["share_class"][self.part]
        bits = {link: bit for bit, links in enumerate(filters) for link in links}
        self.filter_bit = [bits.get(link) for link in self.links]
        """Place of each link's filter in a share class; None if it has none."""
        self._lay_out_areas(areas_of(sharing), len(filters))

    def _lay_out_areas(self, areas: list[list[str]], n_filters: int) -> None:
        """Sets of areas in which parts are, and the set of each part."""
        self.areas: list[Areas] = [frozenset()]
        self.area: Ints = np.zeros(len(self.part), np.int64)
        """Index in ``areas`` of each fed part."""
        if areas:
            found, self.area = np.unique(self.share_class >> np.uint64(n_filters), return_inverse=True)
            self.areas = [
                frozenset(name for j, names in enumerate(areas) if bits >> j & 1 for name in names)
                for bits in found.tolist()
            ]

    def _lay_out_hops(self, deliveries: DeliveryLog) -> None:
        from mda_sim.audit.hop_kernels import lay_out

        self.meta = deliveries.hops.meta
        self.labels = [str(name) for name in self.meta.get("labels", [])]
        """Labels and combinations of labels, as the hops number them."""
        self.books: Mapping[str, NDArray[Any]] = deliveries.hops.columns
        """Columns of the hops in their own types."""
        self.hops = Wide(self.books)
        self.link: Ints = self.hops["link"]
        n, of_kind = len(self.link), [self.categories.index(kind.category) for kind in self.kinds]
        self.row: Ints = np.empty(n, np.int64)
        """Index of the fed part of each hop."""
        self.category: Ints = np.empty(n, np.int64)
        self.is_known: Bools = np.empty(n, bool)
        self.is_delivered: Bools = np.empty(n, bool)
        lay_out(
            self.books["part"],
            self.books["outcome"],
            self._place,
            np.array(of_kind, np.int64)[self.kind],
            int(Outcome.DELIVERED),
            self.row,
            self.category,
            self.is_known,
            self.is_delivered,
        )

    @cached_property
    def depth(self) -> NDArray[np.int16]:
        """Links behind each hop; -1 where no feed is behind as many hops as there are nodes."""
        from mda_sim.audit.hop_kernels import depths

        depth = np.empty(len(self.link), np.int16)
        depths(self.books["source"], len(self.nodes), depth)
        return depth

    def form_fed(self, kind: int) -> Form:
        """The form in which parts of a kind come by their feeds."""
        return self.rules.forms.fed(*self.kinds[kind])

    def _is_offered(self, spec: Tree, kind: Kind) -> bool:
        """Whether a link is ever offered parts of a kind."""
        if spec["categories"] and kind.category not in spec["categories"]:
            return False
        giver, taker = self.rules.party(spec["sender"]), self.rules.party(spec["recipient"])
        return giver == taker or taker != kind.originator


def check_names(file: CaseFile, notes: Notebook) -> None:
    """What the hops refer to exists: parts that were fed, links, labels, agreements, consents, rows."""
    hops, rules = file.hops, file.rules
    if not file.is_known.all():
        notes.rows("hop of a part that no sensor fed", ~file.is_known, "hops", part=hops["part"])
    unknown = [name for name in file.labels if not set(name.split("+")) <= set(file.sharing["labels"])]
    notes.broken("hops name labels that do not exist", unknown)
    named = {
        "links": ("link", 0, file.links),
        "labels": ("label", 0, sorted(set(file.labels))),
        "agreements": ("agreement", -1, rules.agreement_ids),
        "consents": ("consent", -1, rules.consent_ids),
    }
    for key, (column, least, ids) in named.items():
        if list(file.meta.get(key, [])) != ids:
            notes.broken(f"hops name other {key}", [f"expected {ids}"])
        _check_range(file, column, least, len(ids), notes)
    _check_range(file, "source", -1, len(file.link), notes)


def _check_range(file: CaseFile, name: str, least: int, end: int, notes: Notebook) -> None:
    """A column of the hops names nothing below ``least`` or from ``end`` on."""
    column = file.books[name]
    if not len(column) or (column.min() >= least and column.max() < end):
        return
    found = file.hops[name]
    notes.rows(f"{name} of a hop does not exist", (found < least) | (found >= end), "hops", found=found)
