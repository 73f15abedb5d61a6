"""Policy: the gates' answers as step functions of time.

Model: for one form of a report (label, level, originators, category, areas), one link and one agreement under
which the sender received it, the answers of the gates change only when an agreement between the two parties
comes into force, ends, is suspended or resumed, when a consent for the recipient begins, ends or is
withdrawn, and when the receiving node is cleared. So they are asked once in each stretch between those
moments, and looked up by bisection from then on.

Assumptions and limits: times are whole microseconds; a step holds from its own microsecond on.
Where next: ``exchange`` looks every offer up here; ``forms`` makes the forms, ``gates`` answers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.records import Gate
from mda_sim.sharing.agreements import AgreementSpec, purges, turning_points
from mda_sim.sharing.consents import ConsentOnRequest, lapse_after
from mda_sim.sharing.consents import turning_points as consent_turning_points
from mda_sim.sharing.gates import Question, Ruling, judge
from mda_sim.sharing.labels import LabelSpec, Level, label_of
from mda_sim.sharing.network import NodeSpec, SharingSpec

OWN: Final = -1
"""In place of an agreement's index: the nation's own report, received under no agreement."""
NO_LINK_LEVEL: Final = Level.TOP_SECRET.name
"""Level of the link that is imagined where there is none, so that only the node's own limit counts."""
LEGAL: Final = int(Gate.IN_FORCE | Gate.SCOPE | Gate.CEILING)
"""Mask of the legal gates."""


class Profile(NamedTuple):
    """A form of a report: what the gates ask about it, how precise it is, whether it tells its source."""

    label: str
    """Label id, of a combination too."""
    originator: str
    """Party whose sensor made it."""
    category: str
    """Kind of observation."""
    coarsened_m: float = 0.0
    """Position error that sanitising has put on it, 1 sigma; no gate asks about it [m]."""
    level: str = ""
    """Level as which it was marked when it last crossed a border; empty where that is as its label says."""
    others: tuple[str, ...] = ()
    """Originators of labels that sanitising replaced, sorted; the gates ask about them too."""
    is_stripped: bool = False
    """Whether its holder is not told whose sensor made it; no gate asks about it."""
    areas: tuple[str, ...] = ()
    """Agreements and consents, as ``agreements.<id>`` and ``consents.<id>``, whose area holds it; sorted."""


@dataclass(frozen=True)
class Steps:
    """Answers of the gates over time: entry i holds from ``breaks_us[i - 1]`` until ``breaks_us[i]``."""

    breaks_us: tuple[int, ...]
    """Moments at which an answer may change, sorted [us]."""
    gates: tuple[int, ...]
    """Mask of all failing gates, one more entry than breaks."""
    legal: tuple[int, ...]
    """Mask of the failing legal gates."""
    agreements: tuple[int, ...]
    """Index of the agreement that passes all legal gates, -1 for none."""
    release: tuple[int, ...]
    """Mask of the release gate, where it fails."""
    consents: tuple[int, ...]
    """Index of the consent on which release rests, to be asked for or else standing, -1 for none."""
    until_us: tuple[int, ...]
    """When the first of the standing consents on which release rests ends; NEVER_US without any [us]."""

    def index(self, t_us: int) -> int:
        """Entry that holds at ``t_us``."""
        return bisect_right(self.breaks_us, t_us)

    def indices(self, t_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Entries that hold at each time."""
        return np.searchsorted(np.array(self.breaks_us, np.int64), t_us, side="right")


class Policy:
    """The gates' answers in one sharing configuration, made once for each kind of question."""

    def __init__(self, sharing: SharingSpec, timeline: Timeline) -> None:
        """Tabulate nothing yet: answers are made when first asked for."""
        self._sharing = sharing
        self._timeline = timeline
        self._agreement_ids = sorted(sharing.agreements)
        self._consent_ids = sorted(sharing.consents)
        self._labels: dict[str, LabelSpec] = {}
        self._steps: dict[tuple[str, str, str, Profile, int, bool], Steps] = {}
        self._purges_us: dict[tuple[int, str, str], list[int]] = {}

    def on_link(self, link: str, profile: Profile, received_under: int, is_named: bool = False) -> Steps:
        """Answers for one link; ``received_under`` is an agreement's index, or ``OWN``.

        ``is_named`` tells whether a consent for the recipient came with the copy and holds.
        """
        spec = self._sharing.links[link]
        return self._tabulated(
            spec.sender, spec.recipient, spec.accreditation, profile, received_under, is_named
        )

    def without_link(self, sender: str, recipient: str, profile: Profile) -> Steps:
        """Answers as if the originator's node ``sender`` had a link to ``recipient`` fit for any level."""
        return self._tabulated(sender, recipient, NO_LINK_LEVEL, profile, OWN, False)

    def granted_until_us(self, consent: int, t_us: int) -> int:
        """Until when a consent on request stays with a copy if the answer is back at ``t_us``."""
        spec = self._sharing.consents[self._consent_ids[consent]]
        lapse_us = self._us(lapse_after(spec, self._timeline.datetime_at(t_us)))
        if not isinstance(spec, ConsentOnRequest) or spec.validity_s is None:
            return lapse_us
        return min(t_us + to_us(spec.validity_s), lapse_us)

    def next_purge_us(self, agreement: int, giver: str, taker: str, t_us: int) -> int:
        """When ``taker`` must destroy what ``giver`` gave it under an agreement, because that ceases to be in
        force between them: the first such moment from ``t_us`` on, NEVER_US if there is none.
        """
        key = (agreement, giver, taker)
        if key not in self._purges_us:
            spec = self._sharing.agreements[self._agreement_ids[agreement]]
            self._purges_us[key] = [self._timeline.us_at(moment) for moment in purges(spec, giver, taker)]
        moments = self._purges_us[key]
        i = bisect_left(moments, t_us)
        return moments[i] if i < len(moments) else NEVER_US

    def _tabulated(
        self,
        sender: str,
        recipient: str,
        link_level: str,
        profile: Profile,
        received_under: int,
        is_named: bool,
    ) -> Steps:
        key = (sender, recipient, link_level, profile, received_under, is_named)
        if key not in self._steps:
            self._steps[key] = self._tabulate(*key)
        return self._steps[key]

    def _tabulate(
        self,
        sender: str,
        recipient: str,
        link_level: str,
        profile: Profile,
        received_under: int,
        is_named: bool,
    ) -> Steps:
        node = self._sharing.nodes[recipient]
        giver, taker = self._sharing.nodes[sender].nation, node.nation
        question = Question(
            label=self._label(profile.label),
            category=profile.category,
            originator=profile.originator,
            sender=giver,
            recipient=taker,
            moment=self._timeline.start,
            received_under=self._agreement(received_under),
            is_named=is_named,
            level=profile.level,
            others=profile.others,
            areas=profile.areas,
        )
        breaks = self._breaks(question, node)
        rows = []
        for moment in (breaks[0] - timedelta(days=1) if breaks else self._timeline.start, *breaks):
            asked = replace(question, moment=moment)
            ruling = judge(asked, self._sharing.agreements, link_level, node, self._sharing.consents)
            gates = int(ruling.gates)
            rows.append(
                (
                    gates,
                    gates & LEGAL,
                    _index(self._agreement_ids, ruling.agreement),
                    gates & int(Gate.RELEASE),
                    _index(self._consent_ids, ruling.consent),
                    self._until_us(ruling, moment),
                )
            )
        return self._steps_of([self._timeline.us_at(moment) for moment in breaks], rows)

    def _steps_of(self, breaks_us: list[int], rows: Sequence[tuple[int, ...]]) -> Steps:
        """Steps of these answers, without moments that change nothing within the run."""
        kept = [
            i
            for i, break_us in enumerate(breaks_us)
            if 0 < break_us <= self._timeline.end_us and rows[i] != rows[i + 1]
        ]
        first = bisect_right(breaks_us, 0)
        held = [rows[first], *(rows[i + 1] for i in kept)]
        return Steps(tuple(breaks_us[i] for i in kept), *zip(*held, strict=True))

    def _until_us(self, ruling: Ruling, moment: datetime) -> int:
        """When the first of the standing consents on which a ruling rests ends [us]."""
        consents = self._sharing.consents
        ends = [self._us(lapse_after(consents[id_], moment)) for id_ in ruling.standing]
        return min(ends, default=NEVER_US)

    def _us(self, moment: datetime | None) -> int:
        return NEVER_US if moment is None else self._timeline.us_at(moment)

    def _label(self, id_: str) -> LabelSpec:
        if id_ not in self._labels:
            self._labels[id_] = label_of(self._sharing.labels, id_)
        return self._labels[id_]

    def _agreement(self, index: int) -> AgreementSpec | None:
        return None if index == OWN else self._sharing.agreements[self._agreement_ids[index]]

    def _breaks(self, question: Question, node: NodeSpec) -> list[datetime]:
        """Moments at which an answer to this question may change, sorted."""
        moments = {node.cleared_from} if node.cleared_from is not None else set()
        for agreement in self._sharing.agreements.values():
            if {question.sender, question.recipient} <= set(agreement.parties):
                moments.update(turning_points(agreement))
        for consent in self._sharing.consents.values():
            if consent.originator in question.originators and consent.recipient == question.recipient:
                moments.update(consent_turning_points(consent))
        return sorted(moments)


def _index(ids: list[str], id_: str | None) -> int:
    return -1 if id_ is None else ids.index(id_)
