"""Cases: what moves through desks and over links, as bundles of copies.

Model: a case is what a desk reviews at once. It holds bundles: copies that gates treat alike, because
they share form, rights and path. Once released, it leaves over its link as one piece,
but for what needs a consent: that is asked for, one request a case and consent, and leaves as a piece of
its own.

Assumptions and limits: these hold state; ``engine`` changes it. Where next: ``engine`` and ``journal``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import simpy
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US
from mda_sim.sharing.exchange.rights import Rights

if TYPE_CHECKING:
    from mda_sim.sharing.policy import Steps
    from tests.reference.exchange.desk import LiveDesk
    from tests.reference.exchange.lanes import Lane, Way

NO_CONSENT: Final = -1
"""In place of a consent's index: none is needed."""
REFUSED: Final = -1
"""In place of a bundle's number: the gates did not let it into a case."""
FILTERED: Final = -2
"""In place of a bundle's number: the sender's filter stopped it before the gates."""
BY_FEED: Final = -1
"""In place of the number of the bundle that brought a copy: the sensor's feed did."""


class Copy(NamedTuple):
    """How the sender holds what it offers."""

    form: int
    """Number of its form."""
    rights: Rights
    path: tuple[int, ...]
    """Nodes at which it has been, the sender last."""
    source: int
    """Number of the bundle that brought it, or ``BY_FEED``."""
    purged_us: int = NEVER_US
    """When the sender must destroy it [us]."""


class Bundle:
    """Copies of parts in one case that gates treat alike."""

    __slots__ = (
        "agreement", "consent", "copy", "is_settled", "n_bytes", "number", "rows", "steps", "until_us",
    )  # fmt: skip

    def __init__(self, number: int, rows: NDArray[np.int64], copy: Copy, n_bytes: int, steps: Steps) -> None:
        self.number = number
        self.rows = rows
        self.copy = copy
        """As it was offered: after sanitising."""
        self.n_bytes = n_bytes
        self.steps = steps
        """Answers of its gates over time."""
        self.agreement = steps.agreements[0]
        self.consent = NO_CONSENT
        self.until_us = NEVER_US
        """Until when the consents on which its release rests stay with the copy [us]."""
        self.is_settled = (
            not steps.breaks_us
            and steps.consents[0] == NO_CONSENT
            and not copy.rights.consents
            and copy.purged_us == NEVER_US
        )
        """Whether nothing that its gates said can change any more, and no consent is involved."""

    def rest_on(self, steps: Steps, entry: int) -> None:
        """Have its release rest on one of the answers of its gates over time."""
        self.agreement, self.consent = steps.agreements[entry], steps.consents[entry]
        self.until_us = steps.until_us[entry]


class Piece(simpy.Event):
    """What moves at once: it waits at a desk, and leaves over a link.

    It is a SimPy event itself, scheduled anew for each of its stages, so that a stage costs no object.
    """

    __slots__ = (
        "bundles",
        "came_us",
        "consent",
        "is_settled",
        "lane",
        "leaving",
        "n_bytes",
        "number",
        "way",
        "window",
    )
    _ok = True
    _value = None

    def __init__(self, lane: Lane, window: int, number: int, way: Way, bundles: list[Bundle]) -> None:
        self.lane = lane
        self.window = window
        self.number = number
        self.way = way
        self.consent = way.consent
        self.bundles = bundles
        self.n_bytes, self.is_settled = 0, True
        for bundle in bundles:
            self.n_bytes += bundle.n_bytes
            self.is_settled = self.is_settled and bundle.is_settled
        self.came_us = NEVER_US
        """When it came to where it waits."""
        self.leaving: list[Bundle] = []

    def place(self, order: int) -> int:
        """What orders it among those that reach one stage at one microsecond, given the order of its lane."""
        lane = self.lane
        return (order * lane.n_windows + self.window) * lane.n_ways + self.consent + 1


class Case(Piece):
    """What a desk reviews at once; what needs no request leaves in it."""

    __slots__ = ()


class Request(Piece):
    """The part of a released case that waits for one consent, and leaves with it."""

    __slots__ = ()


class Tick(simpy.Event):
    """A moment at which windows end."""

    _ok = True
    _value = None
    place = 0

    def __init__(self, turn: int) -> None:
        self.turns = {turn}
        """Turns of the lanes with a window to close."""


class Wake(simpy.Event):
    """The next moment at which a live desk can take up what waits."""

    _ok = True
    _value = None

    def __init__(self, desk: LiveDesk, place: int, kind: int) -> None:
        self.desk = desk
        self.place = place
        """Place of the desk in the order of ids."""
        self.kind = kind
        """Stage of the engine that it wakes."""
        self.is_set = False
        """Whether it is on the clock."""
