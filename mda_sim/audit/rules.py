"""The auditor's own reading of the rules: agreements, consents and nodes as plain data.

Model: for arrays of moments, one form of a copy (``forms``), one sender and one recipient, the failing gates
as bit masks of ``records.Gate``. Dates are compared row by row; nothing is tabulated, so no code and no
method is shared with the exchange.

The rules as they are read here:

- legal, between two parties: one agreement naming both must be in force and not suspended for either of them
  at that moment, cover category, area and purpose, and have a ceiling for the recipient at or above the level
  as which it has the copy protected; the first in id order that does is used. If none does, the failures are
  those of the agreement whose first failing gate comes latest, the first in id order among equals; without
  any agreement, ``in_force`` fails.
- accreditation: link and receiving node may hold the level, as the agreement that passed has it protected,
  or else as it is held; before a node is cleared it holds UNCLASSIFIED only.
- release: what must be destroyed by now goes nowhere. NOFORN goes to nobody but its only originator. Every
  originator other than sender and recipient has a say. What the sender received under an agreement it passes
  on as that agreement's onward rule allows: ``none`` never; else if the recipient is named in ``rel_to``, or,
  under ``free``, if originator and recipient are both parties (or the recipient is, and the label lets anyone
  hold it); and never what is marked ORCON. Beyond that it needs a consent: one for the recipient that came
  with the copy and still holds speaks for all; else each originator's standing one that holds at that moment,
  the first in id order, or else, for one of them, one on request, the first in id order, subject to its
  answer.
- between nodes of one party only accreditation is asked, and whether the copy must be destroyed. A word that
  is not on the ladder of levels fails.

Source: the docstring of ``mda_sim.sharing.exchange``; article 6 of the Japan-Republic of Korea agreement of
2016 for the third-party rule. Where next: ``rulings`` asks about every hop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.forms import LADDER, Form, Forms, is_within
from mda_sim.audit.moments import Tree, moment_us, stretch_us
from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.records import Gate

Times = NDArray[np.int64]
Areas = frozenset[str]
"""Names, such as ``agreements.<id>``, of those in whose area a part is."""


class Pause(NamedTuple):
    """A stretch during which an agreement is suspended."""

    begin_us: int
    end_us: int
    parties: frozenset[str]
    """For whom, towards all others; empty for all."""


@dataclass(frozen=True)
class Dates:
    """When an agreement is in force, or a consent holds."""

    begin_us: int
    end_us: int
    pauses: tuple[Pause, ...]

    def hold(self, t_us: Times, giver: str = "", taker: str = "") -> NDArray[np.bool_]:
        """Whether it holds between two parties at each moment."""
        holds: NDArray[np.bool_] = (self.begin_us <= t_us) & (t_us < self.end_us)
        for pause in self._between(giver, taker):
            holds &= (t_us < pause.begin_us) | (t_us >= pause.end_us)
        return holds

    def next_end_us(self, t_us: Times, giver: str = "", taker: str = "") -> Times:
        """First moment from each ``t_us`` on at which it does not hold, once it held; NEVER_US for none."""
        soonest = np.full(len(t_us), self.end_us, np.int64)
        for pause in self._between(giver, taker):
            starts = np.where(t_us < pause.end_us, np.maximum(t_us, pause.begin_us), NEVER_US)
            soonest = np.minimum(soonest, starts)
        return soonest

    def all_us(self) -> list[int]:
        """All its dates [us]."""
        pauses = (t_us for pause in self.pauses for t_us in (pause.begin_us, pause.end_us))
        return [self.begin_us, self.end_us, *pauses]

    def _between(self, giver: str, taker: str) -> list[Pause]:
        return [
            pause
            for pause in self.pauses
            if pause.begin_us < pause.end_us and (not pause.parties or {giver, taker} & pause.parties)
        ]


class Releases(NamedTuple):
    """What the release gate says at each moment."""

    failing: Times
    consent: Times
    """Consent that it rests on: the one on request, else the first standing one; -1 for none."""
    until_us: Times
    """When the first of the standing ones that it rests on ends; NEVER_US without any."""


class Rules:
    """One configuration's rules, from its plain data."""

    def __init__(self, sharing: Tree, timeline: Timeline) -> None:
        self.nodes: Tree = sharing["nodes"]
        self.forms = Forms(sharing["labels"])
        self.agreements: Tree = sharing["agreements"]
        self.agreement_ids = sorted(self.agreements)
        self.consents: Tree = sharing["consents"]
        self.consent_ids = sorted(self.consents)
        self._timeline = timeline
        self._in_force = [self._dates_of_agreement(self.agreements[id_]) for id_ in self.agreement_ids]
        self._holding = [self._dates_of_consent(self.consents[id_]) for id_ in self.consent_ids]

    def party(self, node: str) -> str:
        """Party that runs a node."""
        return str(self.nodes[node]["nation"])

    def has_purges(self) -> bool:
        """Whether any agreement may have copies destroyed."""
        deals = self.agreements.values()
        return any(deal["on_suspension"] == "purge" or deal["retention_s"] is not None for deal in deals)

    def is_steady(self, giver: str, taker: str, node: str, begin_us: int, end_us: int) -> bool:
        """Whether no date of an agreement of two parties, of a consent for the taker, or of the node at which
        it receives lies after ``begin_us`` and up to ``end_us``: then the rules say the same all along.
        """
        cleared_us = moment_us(self._timeline, self.nodes[node]["cleared_from"], -NEVER_US)
        moments = {cleared_us, *self._dates_between(giver, taker), *self._dates_for(taker)}
        return not any(begin_us < t_us <= end_us for t_us in moments)

    def _is_one_moment(self, giver: str, taker: str, t_us: Times) -> bool:
        """Whether no date of an agreement of two parties lies between any of these moments."""
        begin_us, end_us = int(t_us.min()), int(t_us.max())
        return not any(begin_us < t_us <= end_us for t_us in self._dates_between(giver, taker))

    def _dates_between(self, giver: str, taker: str) -> set[int]:
        """All dates of the agreements of two parties."""
        deals = zip(self.agreement_ids, self._in_force, strict=True)
        both = {giver, taker}
        return {t for id_, d in deals if both <= set(self.agreements[id_]["parties"]) for t in d.all_us()}

    def _dates_for(self, taker: str) -> set[int]:
        """All dates of the consents for a party."""
        consents = zip(self.consent_ids, self._holding, strict=True)
        return {t for id_, d in consents if self.consents[id_]["recipient"] == taker for t in d.all_us()}

    def legal(self, form: Form, areas: Areas, giver: str, taker: str, t_us: Times) -> tuple[Times, Times]:
        """Failing legal gates and index of the agreement used (-1 for none) at each moment."""
        if len(t_us) > 1 and self._is_one_moment(giver, taker, t_us):
            once = self.legal(form, areas, giver, taker, t_us[:1])
            return np.full(len(t_us), once[0][0]), np.full(len(t_us), once[1][0])
        failing = np.full(len(t_us), int(Gate.IN_FORCE), np.int64)
        used = np.full(len(t_us), -1, np.int64)
        if giver == taker:
            return np.zeros(len(t_us), np.int64), used
        furthest = np.zeros(len(t_us), np.int64)
        for index, id_ in enumerate(self.agreement_ids):
            deal = self.agreements[id_]
            if giver not in deal["parties"] or taker not in deal["parties"]:
                continue
            mask = np.where(self._in_force[index].hold(t_us, giver, taker), 0, int(Gate.IN_FORCE))
            mask |= 0 if self._is_in_scope(id_, deal, form, areas) else int(Gate.SCOPE)
            level = self.forms.mapped(form, deal, giver)
            ceiling = deal["ceilings"].get(taker, deal["ceiling"])
            mask |= 0 if level is not None and is_within(level, ceiling) else int(Gate.CEILING)
            first = mask & -mask
            further = (used < 0) & ((mask == 0) | (first > furthest))
            failing[further] = mask[further]
            furthest[further] = first[further]
            used[further & (mask == 0)] = index
        return failing, used

    def accreditation(
        self, form: Form, used: NDArray[Any], giver: str, link_level: str, node: str, t_us: Times
    ) -> Times:
        """The accreditation gate's bit at each moment, where it fails; ``used`` is the agreement, or -1."""
        failing = np.zeros(len(t_us), np.int64)
        limits = self.nodes[node]
        for index in np.unique(used).tolist():
            level = self.received(form, index, giver).level
            rows = used == index
            if not (is_within(level, link_level) and is_within(level, limits["highest_level"])):
                failing[rows] = int(Gate.ACCREDITATION)
            elif level != LADDER[0]:
                cleared_us = moment_us(self._timeline, limits["cleared_from"], -NEVER_US)
                failing[rows & (t_us < cleared_us)] = int(Gate.ACCREDITATION)
        return failing

    def received(self, form: Form, agreement: int, giver: str) -> Form:
        """The form in which it is held under an agreement; as it was without one (-1)."""
        if agreement < 0:
            return form
        return self.forms.received(form, self.agreements[self.agreement_ids[agreement]], giver)

    def release(
        self,
        form: Form,
        areas: Areas,
        giver: str,
        taker: str,
        received_under: int,
        t_us: Times,
        named_until_us: Times,
        purged_us: Times,
    ) -> Releases:
        """What the release gate says.

        ``received_under`` is an agreement's index, -1 for its own; ``named_until_us`` tells until when
        consents for the taker that came with the copy hold; ``purged_us`` when it must be destroyed.
        """
        failing = np.where(t_us < purged_us, 0, int(Gate.RELEASE))
        rests_on, until_us = np.full(len(t_us), -1, np.int64), np.full(len(t_us), NEVER_US)
        asked = self._must_ask(form, giver, taker, received_under)
        if asked is None:
            return Releases(np.full(len(t_us), int(Gate.RELEASE), np.int64), rests_on, until_us)
        standing, on_request = rests_on.copy(), rests_on.copy()
        is_refused = np.zeros(len(t_us), bool)
        dates = self._dates_for(taker) if asked else set()
        once = len(t_us) > 1 and not any(t_us.min() < date <= t_us.max() for date in dates)
        for originator in asked:
            found = self._consents_of(originator, form, areas, giver, taker, t_us[:1] if once else t_us)
            given, open_to_ask = (np.broadcast_to(consent, len(t_us)) for consent in found)
            has = given >= 0
            standing = np.where(has & ((standing < 0) | (given < standing)), given, standing)
            for index in np.unique(found[0][found[0] >= 0]).tolist():
                ends = self._holding[index].next_end_us(t_us[:1] if once else t_us)
                until_us = np.where(given == index, np.minimum(until_us, ends), until_us)
            is_refused |= ~has & ((open_to_ask < 0) | (on_request >= 0))
            on_request = np.where(~has & (on_request < 0), open_to_ask, on_request)
        is_named = t_us < named_until_us
        failing[~is_named & is_refused] = int(Gate.RELEASE)
        rests = ~is_named & ~is_refused  # also where it must be destroyed: that fails besides
        rests_on = np.where(rests, np.where(on_request >= 0, on_request, standing), -1)
        return Releases(failing, rests_on, np.where(rests, until_us, NEVER_US))

    def must_be_asked(self, consent: Times) -> NDArray[np.bool_]:
        """Which of these consents are given on request only."""
        on_request = [self.consents[id_]["kind"] == "on_request" for id_ in self.consent_ids]
        is_on_request: NDArray[np.bool_] = np.array([*on_request, False])
        return np.asarray(is_on_request[consent], np.bool_)

    def granted_until_us(self, consent: int, t_us: Times) -> Times:
        """Until when what was granted on request at each moment stays with the copy."""
        validity_s = self.consents[self.consent_ids[consent]]["validity_s"]
        lasts_us = NEVER_US if validity_s is None else to_us(validity_s)
        return np.minimum(self._holding[consent].next_end_us(t_us), np.minimum(t_us + lasts_us, NEVER_US))

    def purges_us(self, agreement: int, giver: str, taker: str, t_us: Times) -> tuple[Times, Times]:
        """When what came at each moment must be destroyed at the latest, and when for want of force [us]."""
        deal, never = self.agreements[self.agreement_ids[agreement]], np.full(len(t_us), NEVER_US)
        lapse = never
        if deal["on_suspension"] == "purge":
            lapse = self._in_force[agreement].next_end_us(t_us, giver, taker)
        kept_us = never if deal["retention_s"] is None else t_us + to_us(deal["retention_s"])
        return np.minimum(lapse, kept_us), lapse

    def _must_ask(self, form: Form, giver: str, taker: str, received_under: int) -> list[str] | None:
        """Originators whose consent is needed; None if no consent can help."""
        if giver == taker:
            return []
        saying = self.forms.saying(form.labels)
        originators = self.forms.originators(form)
        if "NOFORN" in saying.caveats and originators != {taker}:
            return None
        others = sorted(originators - {giver, taker})
        if received_under < 0:
            is_free, parties = False, frozenset[str]()
            if others and giver != form.operator:
                return None
        else:
            deal = self.agreements[self.agreement_ids[received_under]]
            parties = frozenset(deal["parties"])
            is_free = deal["onward"] == "free" and taker in parties
            if others and deal["onward"] == "none":
                return None
        if "ORCON" in saying.caveats:
            return others
        if saying.names is not None and taker in saying.names:
            return []
        return [o for o in others if not (is_free and (saying.names is None or o in parties))]

    def _consents_of(
        self, originator: str, form: Form, areas: Areas, giver: str, taker: str, t_us: Times
    ) -> tuple[Times, Times]:
        """First standing consent that holds, and first that can be asked for, at each moment; -1 for none."""
        found = {kind: np.full(len(t_us), -1, np.int64) for kind in ("standing", "on_request")}
        for index, id_ in enumerate(self.consent_ids):
            consent = self.consents[id_]
            if (
                (consent["originator"], consent["recipient"]) == (originator, taker)
                and consent["sender"] in (None, giver)
                and (not consent["categories"] or form.category in consent["categories"])
                and (consent["area"] is None or f"consents.{id_}" in areas)
            ):
                first = found[consent["kind"]]
                first[(first < 0) & self._holding[index].hold(t_us)] = index
        return found["standing"], found["on_request"]

    def _is_in_scope(self, id_: str, deal: Tree, form: Form, areas: Areas) -> bool:
        purpose = self.forms.saying(form.labels).purpose
        return (
            form.category in deal["categories"]
            and (deal["area"] is None or f"agreements.{id_}" in areas)
            and (not deal["purposes"] or purpose in deal["purposes"])
        )

    def _dates_of_agreement(self, deal: Tree) -> Dates:
        end_us = moment_us(self._timeline, deal["in_force_to"], NEVER_US)
        if deal["notice_given"] is not None:
            given_us = moment_us(self._timeline, deal["notice_given"], NEVER_US)
            end_us = min(end_us, given_us + to_us(deal["notice_s"] or 0.0))
        pauses = (
            Pause(*stretch_us(self._timeline, pause), frozenset(pause["parties"]))
            for pause in deal["suspensions"]
        )
        return Dates(moment_us(self._timeline, deal["in_force_from"], NEVER_US), end_us, tuple(pauses))

    def _dates_of_consent(self, consent: Tree) -> Dates:
        pauses = (
            Pause(*stretch_us(self._timeline, pause), frozenset[str]()) for pause in consent["withdrawn"]
        )
        return Dates(
            moment_us(self._timeline, consent.get("from_utc"), -NEVER_US),
            moment_us(self._timeline, consent.get("to_utc"), NEVER_US),
            tuple(pauses),
        )
