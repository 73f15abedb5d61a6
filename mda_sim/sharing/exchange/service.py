"""Servers of the exchange: desks with their hours, lines with their bandwidth, and what is drawn for a case.

Model: a first-in-first-out desk with c servers whose service times are known on arrival needs no queue
object: the times at which its servers become free are its whole state (J. Kiefer, J. Wolfowitz, "On the
theory of queues with many servers", Trans. Amer. Math. Soc. 78, 1955). A case that closes at t begins at
the first open moment from max(t, min free) on. A line is the same with one server; its hours are its pattern
of exchange and its outages.

Assumptions and limits: cases must be put in the order of the queue. Looking does not change a desk or a line,
which is what lets a ghost meet a wait and add nothing to it.
Where next: ``engine`` puts cases through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapreplace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.sharing.desks import Constant, DeskSpec, Exponential, Lognormal, draw_us
from mda_sim.sharing.hours import open_hours
from mda_sim.sharing.network import LinkSpec
from mda_sim.sharing.schedules import Pull, UpTime, next_tick

AnyDuration = Constant | Exponential | Lognormal

BLOCK: Final = 256
"""Case windows whose service times are drawn together; their values do not depend on it."""


class Desk:
    """A desk's state: when each of its servers becomes free."""

    def __init__(self, spec: DeskSpec, timeline: Timeline) -> None:
        """All servers free from the start of the run."""
        self.spec = spec
        self.hours = open_hours(spec.calendar, timeline)
        self._expiry_us = NEVER_US if spec.expiry_s is None else to_us(spec.expiry_s)
        self._free_us = [0] * spec.servers
        self._elapsed_works = spec.elapsed_clock == "working"

    def begin(self, t_us: int) -> int:
        """When a case that closes at ``t_us`` would be taken up, if it were next [us]."""
        return self.hours.next_open(max(t_us, self._free_us[0]))

    def limit(self, t_us: int) -> int:
        """Latest moment at which the review of what came at ``t_us`` may begin [us]."""
        return t_us + self._expiry_us

    def is_too_late(self, t_us: int, begin_us: int) -> bool:
        """Whether what came at ``t_us`` is passed over at its turn at ``begin_us``."""
        return begin_us > self.limit(t_us)

    def occupy(self, until_us: int) -> None:
        """Keep the server that is free first busy until ``until_us``."""
        heapreplace(self._free_us, until_us)

    def reviewed(self, begin_us: int, touch_us: int) -> int:
        """End of a review that began at ``begin_us`` [us]."""
        return self.hours.add_working(begin_us, touch_us)

    def released(self, reviewed_us: int, elapsed_us: int) -> int:
        """End of the elapsed delay after a review [us]."""
        if self._elapsed_works:
            return self.hours.add_working(reviewed_us, elapsed_us)
        return reviewed_us + elapsed_us


class Line:
    """A link's state: when it becomes free."""

    def __init__(self, spec: LinkSpec, timeline: Timeline) -> None:
        """Free from the start of the run."""
        self.bandwidth_bps = spec.bandwidth_bps
        self.delay_us = to_us(spec.delay_s)
        self.free_us = 0
        self._pattern = spec.pattern
        self._asking_us = self.delay_us if isinstance(spec.pattern, Pull) else 0
        self._up = UpTime(spec.outages, timeline)

    def begin(self, t_us: int, lasting_us: int) -> int:
        """When the transmission of what is released at ``t_us`` would begin, if it were next [us]."""
        may_leave = next_tick(self._pattern, t_us) + self._asking_us
        return self._up.begin(max(may_leave, self.free_us), lasting_us)

    def serialisation_us(self, n_bytes: int) -> int:
        """Time from first to last bit [us]."""
        return 0 if self.bandwidth_bps is None else to_us(8.0 * n_bytes / self.bandwidth_bps)


class Lot(NamedTuple):
    """What the draws for a case depend on besides its window: seed, link, category, and perhaps a consent."""

    seed: int
    link: str
    category: str
    consent: str = ""

    def counter(self, windows: NDArray[np.int64]) -> tuple[int, int, int, NDArray[np.int64]]:
        """Counters of the draws for these windows."""
        about = address(self.consent) if self.consent else 0
        return address(self.link), address(self.category), about, windows


class ServiceTimes:
    """Touch time and the delay after it of each case of one link and category, by its window's number."""

    def __init__(self, lot: Lot, touch: AnyDuration, delay: AnyDuration, purpose: str = "elapsed") -> None:
        """Draw nothing yet; ``purpose`` names the delay."""
        self._lot = lot
        self._durations = (touch, delay)
        self._keys = stream_key(lot.seed, "share.touch"), stream_key(lot.seed, f"share.{purpose}")
        self._known: dict[int, tuple[int, int]] = {}

    def prepare(self, windows: Sequence[int]) -> None:
        """Draw the times of these windows at once."""
        times = []
        for key, duration in zip(self._keys, self._durations, strict=True):
            if isinstance(duration, Constant):
                times.append([to_us(duration.value_s)] * len(windows))
                continue
            counters = self._lot.counter(np.array(windows, np.int64))
            u, z = draw_uniform(key, *counters), draw_normal(key, *counters)
            times.append(draw_us(duration, u, z).tolist())
        self._known.update(zip(windows, zip(*times, strict=True), strict=True))

    def of(self, window: int) -> tuple[int, int]:
        """Touch time and delay of the case of this window [us]."""
        if window not in self._known:
            first = window - window % BLOCK
            self.prepare(range(first, first + BLOCK))
        return self._known[window]


class Chance:
    """Whether something is so for each case of one link and category, drawn by its window's number."""

    def __init__(self, lot: Lot, probability: float, purpose: str) -> None:
        """Draw nothing yet; what is certain is never drawn."""
        self._lot = lot
        self._probability = probability
        self._key = stream_key(lot.seed, f"share.{purpose}")
        self._known: dict[int, bool] = {}

    def of(self, window: int) -> bool:
        """Whether it is so for the case of this window: U < probability, with U in (0, 1)."""
        if self._probability >= 1.0:
            return True
        if window not in self._known:
            first = window - window % BLOCK
            windows = np.arange(first, first + BLOCK)
            u = draw_uniform(self._key, *self._lot.counter(windows))
            self._known.update(zip(windows.tolist(), (u < self._probability).tolist(), strict=True))
        return self._known[window]
