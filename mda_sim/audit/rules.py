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
  the recipient is, and the label lets anyone hold it); and never what is marked ORCON. Beyond that it needs
  the originator's consent, unless one came with the copy and still holds: a standing one that holds at that
  moment, the first in id order, or else one on request, the first in id order, subject to its answer.
- between nodes of one party only accreditation is asked. A word that is not on the ladder of levels fails.
- sanitising changes copies classified above the label that it names, or all if it names none.
- a label is as free as another if it is classified no higher, has no other caveat, and names all whom the
  other names; what is UNCLASSIFIED and names nobody is for anyone.

Source: docs/rules-of-sharing.md; article 6 of the Japan-Republic of Korea agreement of 2016 for the
third-party rule. Where next: ``books`` and ``clocks`` compare the answers with the tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.records import Gate

LADDER: Final = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP_SECRET")

Times = NDArray[np.int64]
Tree = Mapping[str, Any]


class Kind(NamedTuple):
    """One kind of report, with the label of one copy of it."""

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
        self.consents: Tree = sharing["consents"]
        self.consent_ids = sorted(self.consents)
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

    def release(
        self, kind: Kind, giver: str, taker: str, received_under: int, t_us: Times, named_until_us: Times
    ) -> tuple[Times, Times]:
        """The release gate's bit where it fails, and the consent that it rests on (-1 for none).

        ``received_under`` is an agreement's index, -1 for its own; ``named_until_us`` tells until when a
        consent for the taker that came with the copy holds.
        """
        word = self._word(kind, giver, taker, received_under)
        passing, rests_on = np.zeros(len(t_us), np.int64), np.full(len(t_us), -1, np.int64)
        if word == "yes":
            return passing, rests_on
        if word == "no":
            return np.full(len(t_us), int(Gate.RELEASE), np.int64), rests_on
        is_named = t_us < named_until_us
        for standing in (True, False):
            for index, id_ in enumerate(self.consent_ids):
                consent = self.consents[id_]
                if (consent["kind"] == "standing") == standing and _is_about(consent, kind, giver, taker):
                    begins_us = self._us(consent.get("from_utc"), -NEVER_US)
                    ends_us = self._us(consent.get("to_utc"), NEVER_US)
                    holds = (begins_us <= t_us) & (t_us < ends_us)
                    rests_on[~is_named & (rests_on < 0) & holds] = index
        return np.where(is_named | (rests_on >= 0), 0, int(Gate.RELEASE)), rests_on

    def must_be_asked(self, consent: Times) -> NDArray[np.bool_]:
        """Which of these consents are given on request only."""
        on_request = [self.consents[id_]["kind"] == "on_request" for id_ in self.consent_ids]
        is_on_request: NDArray[np.bool_] = np.array([*on_request, False])
        return np.asarray(is_on_request[consent], np.bool_)

    def consent_until_us(self, consent: Times, t_consented_us: Times) -> Times:
        """Until when the consents under which copies were sent stay with them."""
        ends, spans = [-NEVER_US], [0]
        for id_ in self.consent_ids:
            spec = self.consents[id_]
            if spec["kind"] == "standing":
                ends.append(self._us(spec.get("to_utc"), NEVER_US))
                spans.append(0)
            else:
                ends.append(NEVER_US if spec["validity_s"] is None else to_us(spec["validity_s"]))
                spans.append(1)
        i = np.where((consent >= 0) & (consent < len(self.consent_ids)), consent, -1) + 1
        until_us: Times = np.array(ends, np.int64)[i] + np.array(spans, np.int64)[i] * t_consented_us
        return until_us

    def is_sanitised(self, rule: Tree, label: str) -> bool:
        """Whether a link's sanitising changes copies with this label, if its sender may do so."""
        if rule["label"] is None:
            return True
        level, named = (self.labels[id_]["classification"] for id_ in (label, rule["label"]))
        return not _within(level, named)

    def is_as_free(self, one: str, other: str) -> bool:
        """Whether what bears label ``one`` may go wherever what bears ``other`` may."""
        mine, others = self.labels[one], self.labels[other]
        if not _within(mine["classification"], others["classification"]):
            return False
        if any(caveat not in others["caveats"] for caveat in mine["caveats"]):
            return False
        if _is_for_anyone(mine):
            return True
        return not _is_for_anyone(others) and all(party in mine["rel_to"] for party in others["rel_to"])

    def _word(self, kind: Kind, giver: str, taker: str, received_under: int) -> str:
        """What the originator's word is: 'yes', 'no', or 'ask'."""
        label = self.labels[kind.label]
        if taker in (giver, kind.originator):
            return "yes"
        if "NOFORN" in label["caveats"]:
            return "no"
        if giver == kind.originator:
            return "yes"
        if received_under < 0:
            return "no"
        deal = self.agreements[self.agreement_ids[received_under]]
        if deal["onward"] == "none":
            return "no"
        if "ORCON" in label["caveats"]:
            return "ask"
        free = (
            deal["onward"] == "free"
            and taker in deal["parties"]
            and (_is_for_anyone(label) or kind.originator in deal["parties"])
        )
        return "yes" if free or taker in label["rel_to"] else "ask"

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


def _is_about(consent: Tree, kind: Kind, giver: str, taker: str) -> bool:
    return (
        consent["originator"] == kind.originator
        and consent["recipient"] == taker
        and consent["sender"] in (None, giver)
        and (not consent["categories"] or kind.category in consent["categories"])
    )


def _is_for_anyone(label: Tree) -> bool:
    return label["classification"] == LADDER[0] and not label["rel_to"]


def _within(level: str, limit: str) -> bool:
    return level in LADDER and limit in LADDER and LADDER.index(level) <= LADDER.index(limit)
