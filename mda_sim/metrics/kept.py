"""What is kept of pictures already scored, so that nothing is worked out twice.

Model: a picture is a function of the receipts of its node and of the part in which each contact travels. So a
**content** names both: a digest of the receipts that count (when each part came, how coarse, and when it had
to be destroyed) and a number for the parts. Two nodes, or one node under two configurations or rungs of a
ladder, with the same content have the same picture and the same figures, whatever brought it.

Assumptions and limits: figures are kept for good, sums by target and tables of the last content only.
Where next: ``node_figures`` asks; ``frame`` holds one for its replicate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.picture.awareness import History, PartHistory
from mda_sim.records import DeliveryLog

T = TypeVar("T")

_TELLING = ("part", "t_received_us", "t_purged_us", "coarsened_m")
"""Columns of receipts that a picture is made from."""

_PARTS_KEPT = 2
"""Of how many divisions into parts the history is kept."""


class Content(NamedTuple):
    """What a picture is made from, by what tells it from others."""

    parts: int
    """Number of the division of contacts into parts."""
    receipts: str
    """Digest of the receipts."""
    is_lasting: bool
    """Whether the node never destroyed anything."""


class Divided(NamedTuple):
    """Contacts in the parts of one or more configurations."""

    number: int
    report: NDArray[np.uint32]
    """Report of each part, (n_parts,)."""
    contact_part: NDArray[np.uint32] | None
    """Part of each contact, (n_contacts,); None where every part is a whole report, so that ``report`` tells
    it."""
    history: PartHistory
    """The history in these parts."""


class Kept:
    """What is kept of one replicate."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._divided: list[Divided] = []
        self._n_divided = 0
        self._content: Content | None = None
        self._last: dict[Any, Any] = {}

    def divided(self, history: History, deliveries: DeliveryLog) -> Divided:
        """The history in the parts of a configuration, made once for all that divide reports alike."""
        report = deliveries.parts["report"]
        # Each report with a contact has a part at least: it is split where one has two.
        contact_part = deliveries.contact_part if (report[1:] == report[:-1]).any() else None
        for known in self._divided:
            if np.array_equal(known.report, report) and _are_equal(known.contact_part, contact_part):
                return known
        new = Divided(self._n_divided, report, contact_part, history.by_part(deliveries))
        self._n_divided += 1
        self._divided = [new, *self._divided[: _PARTS_KEPT - 1]]
        return new

    def of_content(self, content: Content, name: Any, make: Callable[[], T]) -> T:
        """What ``make`` gives, or gave when it was asked for ``name`` of this content without another
        between.
        """
        if content != self._content:
            self._content, self._last = content, {}
        if name not in self._last:
            self._last[name] = make()
        return cast("T", self._last[name])

    def forget(self) -> None:
        """Let go of what was worked out of the last content."""
        self._content, self._last = None, {}


def _are_equal(one: NDArray[np.uint32] | None, other: NDArray[np.uint32] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def content_of(parts: int, received: Table, counts: NDArray[np.bool_] | None = None) -> Content:
    """The content of the receipts (a RECEIPTS table) that count; None: all."""
    digest = hashlib.sha256()
    for name in _TELLING:
        column = received[name] if counts is None else received[name][counts]
        digest.update(np.ascontiguousarray(column).view(np.uint8).data)
    is_lasting = not (received["t_purged_us"] < NEVER_US).any()
    return Content(parts, digest.hexdigest(), is_lasting)
