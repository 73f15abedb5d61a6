"""The journal: what happens in a run, written down as it happens, in columns of integers.

Model: each kind of entry has a fixed number of integers, the first of which says what it is about (a bundle,
or a piece: a case or request). Where there are several entries about one thing, the last holds. So nothing of
a case must be kept in memory as an object once it has gone its way.

Assumptions and limits: times may lie past the end of the run; readers see to that. Where next: ``books``
makes the rows of ``hops`` of it.
"""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

CASE_FIELDS = (
    "piece", "link", "n_bytes", "t_case_us", "t_review_us", "t_reviewed_us", "is_unwilling", "is_expired",
)  # fmt: skip
REQUEST_FIELDS = ("piece", "consent", "n_bytes", "t_asked_us", "t_decided_us", "is_expired")
ANSWER_FIELDS = ("piece", "t_consented_us")
LEAVING_FIELDS = ("piece", "t_released_us", "t_sent_us", "t_transmitted_us", "t_received_us", "is_lost")
CHECK_FIELDS = ("bundle", "gates", "agreement", "consent", "has_left")
RECEIPT_FIELDS = ("bundle", "t_purged_us", "n_kept")
OFFER_FIELDS = (
    "n_rows", "link", "t_arrived_us", "gates", "agreement", "consent", "form", "depth", "source", "bundle",
    "window",
)  # fmt: skip


class Entries:
    """Entries of one kind."""

    def __init__(self, *fields: str) -> None:
        """None yet."""
        self._fields = fields
        self._values = array("q")
        self.add = self._values.extend
        """Adds an entry, given as a tuple of its fields."""

    def add_all(self, *columns: NDArray[np.int64] | NDArray[np.bool_] | int) -> None:
        """Add many entries, given as their fields, one of which at least has an item for each entry."""
        table = np.stack(np.broadcast_arrays(*columns), axis=1)
        self._values.frombytes(table.astype(np.int64).tobytes())

    def column(self, name: str) -> NDArray[np.int64]:
        """One field of all entries, in the order in which they were made."""
        table = np.frombuffer(self._values, np.int64).reshape(-1, len(self._fields))
        return table[:, self._fields.index(name)]

    def __len__(self) -> int:
        return len(self._values) // len(self._fields)

    def by_first(self, name: str, n: int, none: int) -> NDArray[np.int64]:
        """One field by what the entries are about, of which there are ``n``; ``none`` without an entry."""
        column = np.full(n, none, np.int64)
        column[self.column(self._fields[0])] = self.column(name)
        return column


class Rows:
    """Rows of the intake, a few at a time."""

    def __init__(self) -> None:
        """None yet."""
        self._values = array("q")

    def add(self, rows: NDArray[np.int64]) -> None:
        """Add rows at the end."""
        self._values.frombytes(rows.tobytes())

    def all(self) -> NDArray[np.int64]:
        """All rows, in the order in which they were added."""
        return np.frombuffer(self._values, np.int64)


class Journal:
    """All entries of a run."""

    def __init__(self) -> None:
        """Nothing has happened."""
        self.cases = Entries(*CASE_FIELDS)
        self.requests = Entries(*REQUEST_FIELDS)
        self.answers = Entries(*ANSWER_FIELDS)
        self.leaving = Entries(*LEAVING_FIELDS)
        """What left or was to leave, or only came to its release."""
        self.case_of = Entries("bundle", "piece")
        self.request_of = Entries("bundle", "piece")
        self.checks = Entries(*CHECK_FIELDS)
        """What was found when gates were asked again; none about a bundle whose gates cannot change."""
        self.receipts = Entries(*RECEIPT_FIELDS)
        """What was received, in the order in which it came."""
        self.kept_rows = Rows()
        """The rows that were kept of each receipt, one after another."""
        self.offers = Entries(*OFFER_FIELDS)
        """Offers of relayed copies."""
        self.offered_rows = Rows()
        """The rows of each offer, one after another."""
        self.fed_offers: list[dict[str, NDArray[np.int64]]] = []
        """Offers of what feeds bring, one column each and one entry a row."""
