"""Cases: what moves through desks and over links, and the lanes and offers that it comes from.

Model: a case is what a desk reviews at once. It holds bundles: copies that gates treat alike, because
they share form, rights and path. Once released, it leaves over its link as one piece,
but for what needs a consent: that is asked for, one request a case and consent, and leaves as a piece of
its own. A lane is the cases of one link and category.

Assumptions and limits: these hold state; ``engine`` changes it. Where next: ``engine`` and ``books``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US
from mda_sim.sharing.exchange.service import Chance, Desk, Line, ServiceTimes
from mda_sim.sharing.policy import OWN

NO_CONSENT: Final = -1
"""In place of a consent's index: none is needed."""
REFUSED: Final = -1
"""In place of a bundle's number: the gates did not let it into a case."""
FILTERED: Final = -2
"""In place of a bundle's number: the sender's filter stopped it before the gates."""
BY_FEED: Final = -1
"""In place of the number of the bundle that brought a copy: the sensor's feed did."""


class Rights(NamedTuple):
    """How the sender holds a copy."""

    under: int = OWN
    """Index of the agreement under which its nation received it, or ``OWN``."""
    consents: tuple[tuple[str, int], ...] = ()
    """Parties that the originator consented to since it was made, each with the end of that [us]."""

    def names(self, party: str, t_us: int) -> bool:
        """Whether a consent for this party came with the copy and holds."""
        return any(named == party and t_us < until_us for named, until_us in self.consents)

    def with_consent(self, party: str, until_us: int) -> Rights:
        """The same with one more consent, or a longer one."""
        ends = dict(self.consents)
        ends[party] = max(until_us, ends.get(party, until_us))
        return self._replace(consents=tuple(sorted(ends.items())))


OWN_RIGHTS: Final = Rights()
"""Those of the originator's nation."""


class Copy(NamedTuple):
    """How the sender holds what it offers."""

    profile: int
    """Number of its form."""
    rights: Rights
    path: tuple[int, ...]
    """Nodes at which it has been, the sender last."""
    source: int
    """Number of the bundle that brought it, or ``BY_FEED``."""


class Bundle:
    """Copies of parts in one case that gates treat alike."""

    __slots__ = (
        "agreement", "case", "consent", "gates_at_release", "n_bytes", "number", "path", "profile", "request",
        "rights", "rows",
    )  # fmt: skip

    def __init__(self, case: Case, number: int, rows: NDArray[np.int64], copy: Copy, n_bytes: int) -> None:
        self.case = case
        self.number = number
        self.request: Request | None = None
        self.rows = rows
        self.profile = copy.profile
        self.rights = copy.rights
        self.path = copy.path
        self.n_bytes = n_bytes
        self.gates_at_release = 0
        self.agreement = OWN
        self.consent = NO_CONSENT


class Piece(simpy.Event):
    """What leaves over a link at once, and when.

    It is a SimPy event itself, scheduled anew for each of its stages, so that a stage costs no object.
    """

    def __init__(self, env: simpy.Environment, lane: Lane, window: int, number: int, consent: int) -> None:
        self.env = env
        self._ok = True
        self._value = None
        self.lane = lane
        self.window = window
        self.number = number
        self.consent = consent
        self.bundles: list[Bundle] = []
        self.leaving: list[Bundle] = []
        self.is_expired = False
        self.t_sent_us = self.t_transmitted_us = self.t_received_us = NEVER_US


class Case(Piece):
    """What a desk reviews at once, and when each stage of it happened; what needs no request leaves in it."""

    def __init__(self, env: simpy.Environment, lane: Lane, window: int, number: int) -> None:
        super().__init__(env, lane, window, number, NO_CONSENT)
        self.is_unwilling = False
        self.t_case_us = self.t_review_us = self.t_reviewed_us = self.t_released_us = NEVER_US


class Request(Piece):
    """The part of a released case that waits for one consent, and leaves with it."""

    def __init__(self, env: simpy.Environment, case: Case, number: int, consent: int) -> None:
        super().__init__(env, case.lane, case.window, number, consent)
        self.t_asked_us = self.t_decided_us = self.t_consented_us = NEVER_US


class Hearing(NamedTuple):
    """How one consent is asked for, for the cases of one lane."""

    desk: Desk | None
    """Desk of the originator; none: the answer takes its delay alone."""
    times: ServiceTimes
    """Touch time at that desk, and delay of the answer."""
    granted: Chance


@dataclass(eq=False)
class Lane:
    """The cases of one link and category."""

    rank: int
    """Place in the order of (link id, category)."""
    link: int
    window_us: int
    desk: Desk | None
    line: Line
    times: ServiceTimes | None
    willing: Chance
    cases: dict[int, Case] = field(default_factory=dict)
    """By window number."""


class Offers(NamedTuple):
    """Offers of parts to one link, all of one moment or each with its own."""

    link: int
    rows: NDArray[np.int64]
    t_arrived_us: NDArray[np.int64] | int
    gates: NDArray[np.int64] | int
    agreement: NDArray[np.int64] | int
    consent: NDArray[np.int64] | int
    profile: NDArray[np.int64] | int
    """Number of the form in which each was offered."""
    depth: int
    """Links that each had travelled before."""
    source: int
    """Number of the bundle that brought them, or ``BY_FEED``."""
    bundle: NDArray[np.int64] | int
    """Number of the bundle that each went into, or ``REFUSED``, or ``FILTERED``."""
