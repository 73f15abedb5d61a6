"""Holdings: which copies of each part every node holds, and which copies beat which.

Model: a copy is a form (label, coarsening) and rights (agreement, consents). A node keeps a copy unless one
that it holds beats it, and forgets those that the new one beats. Few kinds of copy exist, and nodes hold
few sets of them, so sets are interned: the holdings of a node are one number a part, and what a copy of one
kind changes in one set is worked out once.

Assumptions and limits: the relation is transitive, so that forgetting what is beaten changes no later answer.
Where next: ``engine`` asks here at every delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.sharing.exchange.cases import Rights
from mda_sim.sharing.labels import LabelSpec, is_as_free


class Form(NamedTuple):
    """What sanitising can change of a report."""

    label: LabelSpec
    coarsened_m: float


class CopyKind(NamedTuple):
    """How a copy is held: the number of its form, and with which rights."""

    form: int
    rights: Rights


def beats(one: tuple[Form, Rights], other: tuple[Form, Rights]) -> bool:
    """Whether a node that holds ``one`` has no use for ``other``: as precise, and with all of its rights."""
    (form, rights), (other_form, other_rights) = one, other
    if form.coarsened_m > other_form.coarsened_m or rights.under != other_rights.under:
        return False
    ends_us = dict(rights.consents)
    has_consents = all(ends_us.get(party, -1) >= until_us for party, until_us in other_rights.consents)
    return has_consents and is_as_free(form.label, other_form.label)


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
        self._held = np.zeros((n_nodes, n_rows), np.int32)

    def receive(self, node: int, rows: NDArray[np.int64], kind: CopyKind) -> NDArray[np.bool_]:
        """A copy of each row comes to a node; whether it is kept, (n_rows,)."""
        if kind not in self._number:
            self._number[kind] = len(self._kinds)
            self._kinds.append(kind)
        number = self._number[kind]
        held = self._held[node, rows]
        kept = np.empty(len(rows), np.bool_)
        for before in set(held.tolist()):
            after, is_kept = self._outcome(before, number)
            alike = held == before
            kept[alike] = is_kept
            if is_kept:
                self._held[node, rows[alike]] = after
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
