"""The auditor's own reading of the rules: labels, agreements, nodes and links as plain data.

Model: for arrays of moments, one kind of report (label, originator, category), one sender and one
recipient, the failing gates as bit masks of ``records.Gate``. Dates are compared row by row; nothing is
tabulated, so no code and no method is shared with the exchange.

The rules as they are read here:

- legal, between two parties: one agreement naming both must be in force and not suspended at that moment,
  cover the category, and have a ceiling at or above the label; the first in id order that does is used. If
  none does, the failures are those of the agreement whose first failing gate comes latest, the first in id
  order among equals; without any agreement, ``in_force`` fails.
- accreditation: link and receiving node may hold the level; before a node is cleared it holds UNCLASSIFIED
  only.
- release: NOFORN stays with its originator. An originator releases its own. Whoever received a report under
  an agreement passes it on as that agreement's onward rule allows: ``none`` never; else if the originator
  named the recipient in ``rel_to``, or, under ``free``, if originator and recipient are both parties (or
  the recipient is, and the label lets anyone hold it); and never what is marked ORCON.
- between nodes of one party only accreditation is asked. A word that is not on the ladder of levels fails.

Source: docs/rules-of-sharing.md; article 6 of the Japan-Republic of Korea agreement of 2016 for the
third-party rule. Where next: ``books`` and ``clocks`` compare the answers with the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.records import Gate

LADDER: Final = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP_SECRET")

Times = NDArray[np.int64]
Tree = Mapping[str, Any]


class Kind(NamedTuple):
    """One kind of report."""

    label: str
    originator: str
    category: str


class Rules:
    """One configuration's rules, from its plain data."""

    def __init__(self, sharing: Tree, timeline: Timeline) -> None:
        self.nodes: Tree = sharing["nodes"]
        self.links: Tree = sharing["links"]
        self.labels: Tree = sharing["labels"]
        self.agreements: Tree = sharing["agreements"]
        self.agreement_ids = sorted(self.agreements)
        self._timeline = timeline

    def party(self, node: str) -> str:
        """Party that runs a node."""
        return str(self.nodes[node]["nation"])

    def legal(self, kind: Kind, giver: str, taker: str, t_us: Times) -> tuple[Times, Times]:
        """Failing legal gates and index of the agreement used (-1 for none) at each moment."""
        failing = np.full(len(t_us), int(Gate.IN_FORCE), np.int64)
        used = np.full(len(t_us), -1, np.int64)
        if giver == taker:
            return np.zeros(len(t_us), np.int64), used
        furthest = np.zeros(len(t_us), np.int64)
        for index, id_ in enumerate(self.agreement_ids):
            deal = self.agreements[id_]
            if giver not in deal["parties"] or taker not in deal["parties"]:
                continue
            mask = np.where(self._holds(deal, t_us), 0, int(Gate.IN_FORCE))
            mask |= 0 if kind.category in deal["categories"] else int(Gate.SCOPE)
            mask |= (
                0
                if _within(self.labels[kind.label]["classification"], deal["ceiling"])
                else int(Gate.CEILING)
            )
            first = mask & -mask
            further = (used < 0) & ((mask == 0) | (first > furthest))
            failing[further] = mask[further]
            furthest[further] = first[further]
            used[further & (mask == 0)] = index
        return failing, used

    def accreditation(self, kind: Kind, link_level: str, node: str, t_us: Times) -> Times:
        """The accreditation gate's bit at each moment, where it fails."""
        level = self.labels[kind.label]["classification"]
        limits = self.nodes[node]
        if not (_within(level, link_level) and _within(level, limits["highest_level"])):
            return np.full(len(t_us), int(Gate.ACCREDITATION), np.int64)
        if level == LADDER[0]:
            return np.zeros(len(t_us), np.int64)
        cleared_us = self._us(limits.get("cleared_from"), -NEVER_US)
        return np.where(t_us < cleared_us, int(Gate.ACCREDITATION), 0)

    def release(self, kind: Kind, giver: str, taker: str, received_under: int) -> int:
        """The release gate's bit, if it fails; ``received_under`` is an agreement's index, -1 for its own."""
        label = self.labels[kind.label]
        if taker in (giver, kind.originator):
            return 0
        if "NOFORN" in label["caveats"]:
            return int(Gate.RELEASE)
        if giver == kind.originator:
            return 0
        if received_under < 0 or "ORCON" in label["caveats"]:
            return int(Gate.RELEASE)
        deal = self.agreements[self.agreement_ids[received_under]]
        if deal["onward"] == "none":
            return int(Gate.RELEASE)
        anyone = label["classification"] == LADDER[0] and not label["rel_to"]
        free = (
            deal["onward"] == "free"
            and taker in deal["parties"]
            and (anyone or kind.originator in deal["parties"])
        )
        return 0 if free or taker in label["rel_to"] else int(Gate.RELEASE)

    def _holds(self, deal: Tree, t_us: Times) -> NDArray[np.bool_]:
        """Whether an agreement is in force and not suspended at each moment."""
        holds: NDArray[np.bool_] = t_us >= self._us(deal.get("in_force_from"), NEVER_US)
        holds &= t_us < self._us(deal.get("in_force_to"), NEVER_US)
        for pause in deal["suspensions"]:
            is_over = t_us >= self._us(pause.get("to_utc"), NEVER_US)
            holds &= (t_us < self._us(pause["from_utc"], -NEVER_US)) | is_over
        return holds

    def _us(self, moment: str | None, otherwise: int) -> int:
        """A moment on the timeline; ``otherwise`` where none is given."""
        return otherwise if moment is None else self._timeline.us_at(datetime.fromisoformat(moment))


def _within(level: str, limit: str) -> bool:
    return level in LADDER and limit in LADDER and LADDER.index(level) <= LADDER.index(limit)
