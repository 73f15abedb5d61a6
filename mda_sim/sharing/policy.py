"""Policy: the gates' answers as step functions of time.

Model: for one kind of report (label, originator, category), one link and one agreement under which the
sender received it, the answers of the gates change only when an agreement between the two parties comes
into force, ends, is suspended or resumed, when a standing consent for the recipient begins or ends, and
when the receiving node is cleared. So they are asked once in each stretch between those moments, and looked
up by bisection from then on.

Assumptions and limits: times are whole microseconds; a step holds from its own microsecond on.
Where next: ``exchange`` looks every offer up here; ``gates`` answers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import Timeline
from mda_sim.sharing.agreements import AgreementSpec, turning_points
from mda_sim.sharing.consents import turning_points as consent_turning_points
from mda_sim.sharing.gates import Question, judge, legal, release_by_consent
from mda_sim.sharing.labels import Level
from mda_sim.sharing.network import NodeSpec, SharingSpec

OWN: Final = -1
"""In place of an agreement's index: the nation's own report, received under no agreement."""
NO_LINK_LEVEL: Final = Level.TOP_SECRET.name
"""Level of the link that is imagined where there is none, so that only the node's own limit counts."""


class Profile(NamedTuple):
    """A form of a report: what the gates need to know of it, and how precise it is."""

    label: str
    """Label id."""
    originator: str
    """Party whose sensor made it."""
    category: str
    """Kind of observation."""
    coarsened_m: float = 0.0
    """Position error that sanitising has put on it, 1 sigma; no gate asks about it [m]."""


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
    """Index of the consent on which release rests, standing or to be asked for, -1 for none."""

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
        self._index: Mapping[str | None, int] = {
            None: -1,
            **{id_: i for i, id_ in enumerate(self._agreement_ids)},
        }
        self._consent_index: Mapping[str | None, int] = {
            None: -1,
            **{id_: i for i, id_ in enumerate(sorted(sharing.consents))},
        }
        self._steps: dict[tuple[str, str, str, Profile, int, bool], Steps] = {}

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
        breaks = self._breaks(giver, taker, profile.originator, node)
        rows = []
        for moment in (breaks[0] - timedelta(days=1) if breaks else self._timeline.start, *breaks):
            question = Question(
                label=self._sharing.labels[profile.label],
                category=profile.category,
                originator=profile.originator,
                sender=giver,
                recipient=taker,
                moment=moment,
                received_under=self._agreement(received_under),
                is_named=is_named,
            )
            full = judge(question, self._sharing.agreements, link_level, node, self._sharing.consents)
            refusal, _ = release_by_consent(question, self._sharing.consents)
            rows.append(
                (
                    int(full.gates),
                    int(legal(question, self._sharing.agreements).gates),
                    self._index[full.agreement],
                    0 if refusal is None else int(refusal.gate),
                    self._consent_index[full.consent],
                )
            )
        breaks_us = tuple(self._timeline.us_at(moment) for moment in breaks)
        gates, legal_gates, agreements, release, consents = zip(*rows, strict=True)
        return Steps(breaks_us, gates, legal_gates, agreements, release, consents)

    def _agreement(self, index: int) -> AgreementSpec | None:
        return None if index == OWN else self._sharing.agreements[self._agreement_ids[index]]

    def _breaks(self, giver: str, taker: str, originator: str, node: NodeSpec) -> list[datetime]:
        """Moments at which an answer between these parties may change, sorted."""
        moments = {node.cleared_from} if node.cleared_from is not None else set()
        for agreement in self._sharing.agreements.values():
            if giver in agreement.parties and taker in agreement.parties:
                moments.update(turning_points(agreement))
        for consent in self._sharing.consents.values():
            if (consent.originator, consent.recipient) == (originator, taker):
                moments.update(consent_turning_points(consent))
        return sorted(moments)
