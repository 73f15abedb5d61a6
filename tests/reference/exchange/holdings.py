"""Holdings: which copies of each part every node holds, and which copies beat which.

Model: a copy is a form (label, level, originators, coarsening, source) and rights (agreement, consents, next
purge). A node keeps a copy unless one that it kept before beats it, destroyed or not, and forgets those that
the new one beats. Few kinds of copy exist, and nodes hold few sets of them, so sets are interned: the
holdings of a node are one number a part, and what a copy of one kind changes in one set is worked out once.

What a copy is, and which beats which, are rules, and those of the
package; who holds what is worked out here.

Assumptions and limits: the relation is transitive, so that forgetting what is beaten changes no later answer.
Where next: ``engine`` asks here at every delivery.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mda_sim.sharing.exchange.holdings import CopyKind, Form, beats


class Holdings:
    """What every node holds of every part."""

    def __init__(self, n_nodes: int, n_rows: int, forms: Sequence[Form]) -> None:
        """Nobody holds anything; copies will name their form by its number in ``forms``."""
        self._forms = forms
        self._kinds: list[CopyKind] = []
        self._number: dict[CopyKind, int] = {}
        self._sets: list[frozenset[int]] = [frozenset()]
        self._set_number: dict[frozenset[int], int] = {frozenset(): 0}
        self._outcomes: dict[tuple[int, int], tuple[int, bool]] = {}
        self._held = [np.zeros(n_rows, np.int32) for _ in range(n_nodes)]

    def number(self, kind: CopyKind) -> int:
        """Number of a kind of copy, by which copies of it are put."""
        if kind not in self._number:
            self._number[kind] = len(self._kinds)
            self._kinds.append(kind)
        return self._number[kind]

    def receive(self, node: int, rows: NDArray[np.int64], number: int) -> NDArray[np.int64]:
        """A copy of each of these rows, each once, comes to a node; the rows of those that are kept.

        ``number`` is that of its kind.
        """
        if len(rows) > 1:
            return rows[self.keeps(node, rows, number)]
        held, row = self._held[node], rows.item()
        after, is_kept = self._outcome(held.item(row), number)
        held[row] = after
        return rows if is_kept else rows[:0]

    def keeps(self, node: int, rows: NDArray[np.int64], number: int) -> NDArray[np.bool_]:
        """A copy of each of these rows, each once, comes to a node; which of them are kept."""
        held = self._held[node]
        before = held[rows]
        states = set(before.tolist())
        if len(states) == 1:
            after, is_kept = self._outcome(states.pop(), number)
            held[rows] = after
            return np.full(len(rows), is_kept)
        kept = np.empty(len(rows), np.bool_)
        for one in states:
            after, is_kept = self._outcome(one, number)
            alike = before == one
            kept[alike] = is_kept
            held[rows[alike]] = after
        return kept

    def _outcome(self, before: int, number: int) -> tuple[int, bool]:
        """The set that a copy of kind ``number`` makes of the set ``before``, and whether it is kept."""
        key = (before, number)
        if key not in self._outcomes:
            kind, members = self._kinds[number], self._sets[before]
            if any(self._beats(self._kinds[member], kind) for member in members):
                self._outcomes[key] = (before, False)
            else:
                left = {member for member in members if not self._beats(kind, self._kinds[member])}
                after = frozenset(left | {number})
                if after not in self._set_number:
                    self._set_number[after] = len(self._sets)
                    self._sets.append(after)
                self._outcomes[key] = (self._set_number[after], True)
        return self._outcomes[key]

    def _beats(self, one: CopyKind, other: CopyKind) -> bool:
        return beats((self._forms[one.form], one.rights), (self._forms[other.form], other.rights))
