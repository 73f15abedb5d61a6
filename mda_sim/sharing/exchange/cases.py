"""Cases: what moves through desks and over links, and the lanes and offers that it comes from.

Model: a case is what a desk reviews at once. It holds bundles: the parts of it that gates treat alike,
because they share profile, holding agreement and route length. A lane is the cases of one link and category.

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

REFUSED: Final = -1
"""In place of a bundle's number: the gates did not let it into a case."""


class Bundle:
    """Reports of one case that gates treat alike."""

    __slots__ = ("agreement", "case", "depth", "gates_at_release", "n_bytes", "profile", "rows", "under")

    def __init__(
        self, case: Case, rows: NDArray[np.int64], profile: int, under: int, depth: int, n_bytes: int
    ) -> None:
        self.case = case
        self.rows = rows
        self.profile = profile
        self.under = under
        self.depth = depth
        self.n_bytes = n_bytes
        self.gates_at_release = 0
        self.agreement = OWN


class Case(simpy.Event):
    """What a desk reviews at once, and when each stage of it happened.

    It is a SimPy event itself, scheduled anew for each of its stages, so that a stage costs no object.
    """

    def __init__(self, env: simpy.Environment, lane: Lane, window: int, number: int) -> None:
        self.env = env
        self._ok = True
        self._value = None
        self.lane = lane
        self.window = window
        self.number = number
        self.bundles: list[Bundle] = []
        self.is_unwilling = False
        self.is_expired = False
        self.t_case_us = self.t_review_us = self.t_reviewed_us = self.t_released_us = NEVER_US
        self.t_sent_us = self.t_transmitted_us = self.t_received_us = NEVER_US


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
    passes_on: bool
    """Whether any link leaves the receiving node."""
    cases: dict[int, Case] = field(default_factory=dict)
    """By window number."""


class Offers(NamedTuple):
    """Offers of reports to one link, all of one moment or each with its own."""

    link: int
    rows: NDArray[np.int64]
    t_arrived_us: NDArray[np.int64] | int
    gates: NDArray[np.int64] | int
    agreement: NDArray[np.int64] | int
    depth: int
    bundle: NDArray[np.int64] | int
    """Number of the bundle that each went into, or ``REFUSED``."""
