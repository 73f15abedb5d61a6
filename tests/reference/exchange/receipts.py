"""Receipts: what comes to nodes that pass nothing on, put together once nothing more can happen.

Model: what such a node keeps matters to nobody else during a run, so all that comes there is written down and
received at its end, in the order of arrival. Holdings are known part by part: the first copies of all parts
are received together, then the second ones, and so on.

Assumptions and limits: the law has been asked about what is written down here. Where next: ``holdings`` says
which copies are kept, ``books`` reads the receipts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.reference.exchange.holdings import Holdings
from tests.reference.exchange.journal import Entries, Journal, Rows

FIELDS = ("node", "t_received_us", "place", "bundle", "kind", "t_purged_us", "n_rows")


class LastReceipts:
    """What has left for nodes that pass nothing on."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.entries = Entries(*FIELDS)
        """One entry a bundle; ``place`` orders pieces that come at one moment, ``kind`` is that of copy."""
        self.rows = Rows()
        """The rows of each entry, one after another."""

    def receive(self, holdings: Holdings, journal: Journal) -> None:
        """Let the nodes receive all of it, in the order of arrival."""
        if not len(self.entries):
            return
        node, t_us, place, bundle, kind, purged_us, n_rows = (self.entries.column(name) for name in FIELDS)
        order = np.lexsort((place, t_us))  # stable: bundles of one piece stay in their order
        firsts = (np.cumsum(n_rows) - n_rows)[order]
        n_rows = n_rows[order]
        starts = np.cumsum(n_rows) - n_rows
        rows = self.rows.all()[np.repeat(firsts - starts, n_rows) + np.arange(n_rows.sum())]
        node, kind = np.repeat(node[order], n_rows), np.repeat(kind[order], n_rows)
        kept = _kept(holdings, node, rows, kind)
        journal.receipts.add_all(
            bundle[order], purged_us[order], np.add.reduceat(kept, starts, dtype=np.int64)
        )
        journal.kept_rows.add(rows[kept])


def _kept(
    holdings: Holdings, node: NDArray[np.int64], rows: NDArray[np.int64], kind: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which copies are kept of those that come to nodes, in the order of arrival.

    ``turn`` counts the copies of one part that come to one node.
    """
    kept = np.zeros(len(rows), np.bool_)
    of_part = node * (1 + rows.max()) + rows
    order = np.argsort(of_part, kind="stable")
    starts = np.flatnonzero(np.diff(of_part[order], prepend=-1))
    turn = np.empty(len(rows), np.int64)
    turn[order] = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    alike = (turn * (1 + node.max()) + node) * (1 + kind.max()) + kind
    order = np.argsort(alike, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(alike[order])) + 1):
        kept[group] = holdings.keeps(int(node[group[0]]), rows[group], int(kind[group[0]]))
    return kept
