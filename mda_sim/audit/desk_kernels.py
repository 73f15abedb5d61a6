"""A desk replayed: who is taken up next, and when a server is free for it.

Model: two heaps, one of what waits, by its turn, and one of the ends of the reviews under way.

Where next: ``queues`` says what the columns mean.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US

Ints = NDArray[np.int64]


@kernel
def replay_reviews(
    came_us: Ints,
    turn: Ints,
    came_of: Ints,
    until_of: Ints,
    is_ghost: NDArray[np.bool_],
    is_always: bool,
    opens_us: Ints,
    closes_us: Ints,
    from_us: Ints,
    servers: Ints,
    limit_us: int,
    end_us: int,
    begins: Ints,
) -> None:
    """When each review began, by turn; ``begins`` comes full of NEVER_US, which stays for not within the run.

    ``came_us`` and ``turn`` are in the order of coming, ``came_of`` to ``is_ghost`` by turn; the desk is open
    from each ``opens_us`` to each ``closes_us`` or ``is_always``, with ``servers`` from each ``from_us`` on.
    """
    waiting, busy = [np.int64(0)], [np.int64(0)]
    waiting.pop()
    busy.pop()
    now, coming = np.int64(-NEVER_US), 0
    while len(waiting) or coming < len(came_us):
        if not len(waiting):
            now = max(now, came_us[coming])
        while True:  # to the first moment at which the desk is open and a server free
            if not is_always:
                i = np.searchsorted(closes_us, now, side="right")
                now = max(now, opens_us[i]) if i < len(closes_us) else np.int64(NEVER_US)
            while len(busy) and busy[0] <= now:
                heappop(busy)
            i = np.searchsorted(from_us, now, side="right")
            if len(busy) < servers[i - 1] or now > end_us:
                break
            change_us = from_us[i] if i < len(from_us) else np.int64(NEVER_US)
            now = min(busy[0], change_us) if len(busy) else change_us
        if now > end_us:
            break
        while coming < len(came_us) and came_us[coming] <= now:
            heappush(waiting, turn[coming])
            coming += 1
        taken = heappop(waiting)
        if now <= came_of[taken] + limit_us:
            begins[taken] = now
            if not is_ghost[taken]:
                heappush(busy, until_of[taken])
