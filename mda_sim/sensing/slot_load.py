"""Slot load: how full the AIS channels are at a receiver, and what share of the messages collides there.

Model: AIS has two channels of 2250 slots a minute. Ships that hear each other never use the same slot.
Ships farther apart than ``ship_range_m`` know nothing of each other, and where a receiver hears both, two
messages in one slot of one channel are both lost. All slots begin with UTC, so messages overlap whole or not
at all. If ships that together use the fraction h of all slots are hidden from a ship, each of its messages
gets through with probability exp(-h): slotted ALOHA between cells that organise themselves.

Load is counted by hours and by the squares of a grid round the receiver, from what is on the air in reach: a
position every T(class, speed, turn), and 2 slots every 6 minutes for the static data of each set. The hidden
load of a square is that of all squares whose middle is farther from its own than ``ship_range_m``. Vessels
count, probes never. Sums are of whole millionths of a slot, so their order changes nothing.

Assumptions and limits: one ship-to-ship range for all pairs; hidden or not goes by the middles of squares,
whose side is an eighth of the reach to the tallest vessel there can be, whatever the fleet. Of two messages
in one slot none is decoded, though in truth the stronger may be (capture): pessimistic for near ships. Ships
out of the receiver's reach do not disturb it: optimistic. Within one another's range no two messages collide:
that slots of the most distant stations are reused once none is free, and that class B then waits or is
silent, is left out, so loads above about one half are not to be trusted. Base stations, aids to navigation
and messages on demand are not counted.

Source: ITU-R M.1371-5 (2014), tables 1 and 2 (intervals) and 52 (static data: 424 bits, 2 slots; class B is
taken to send as much); 2,250 slots a minute and channel: "Slot map", allaboutais.com; static data every 6
minutes: IMO Resolution MSC.74(69) (1998), annex 3, 6.2. Ships organise themselves within 20 to 30 nautical
miles: Report ITU-R M.2084 (2006), section 1. exp(-h): L. G. Roberts, "ALOHA packet system with and without
slots and capture", 1975 (general knowledge, high confidence).
Where next: ``AisReceiver.looker`` makes one table for each receiver; ``ais_kernels`` looks it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.units import NAUTICAL_MILE_M
from mda_sim.sensing.airtime import Airtime, Squares
from mda_sim.sensing.elementwise import elementwise

SLOTS_PER_S: Final = 2 * 2250 / 60.0
"""Slots of both channels together [1/s]."""
STATIC_SLOTS_PER_S: Final = 2 / 360.0
"""Slots that the static data of a set take [1/s]."""
SHIP_RANGE_M: Final = 25.0 * NAUTICAL_MILE_M
"""Distance up to which ships hear each other: the middle of 20 to 30 nautical miles [m]."""


@dataclass(frozen=True)
class SlotLoad:
    """The load at one receiver: fractions of all slots, which may exceed 1."""

    squares: Squares
    """Where and when."""
    heard: NDArray[np.float64]
    """All that is sent in reach, by step, (n_steps,)."""
    hidden: NDArray[np.float64]
    """What ships hidden from a ship in a square send, by step and square, (n_steps, n_side**2); 0 in squares
    from which no vessel sends."""


def slot_load(airtime: Airtime, squares: Squares, ship_range_m: float) -> SlotLoad:
    """The load that vessels put on a receiver, by what they transmit in its reach."""
    from mda_sim.sensing.slot_load_kernels import add_slots, fill_hidden

    millionths = np.zeros((squares.n_steps, squares.n_side**2), np.int64)
    add_slots(airtime, millionths)
    begin_us = np.arange(squares.n_steps) * squares.step_us
    slots = np.minimum(squares.step_us, squares.until_us - begin_us) * SLOTS_PER_S  # millionths
    hidden = np.zeros(millionths.shape)
    fill_hidden(millionths, slots, squares, ship_range_m, hidden)
    return SlotLoad(squares, millionths.sum(axis=1) / slots, hidden)


def slots_per_s(
    ais_class: ArrayLike, speed_mps: ArrayLike, is_turning: ArrayLike = False
) -> NDArray[np.float64]:
    """Slots that a set uses, for positions and static data [1/s], by AisClass, speed and change of course.

    The arguments broadcast together.

    >>> round(60 * float(slots_per_s(1, 5.0)), 3)
    6.333
    """
    from mda_sim.sensing.airtime_kernels import interval_s

    return 1.0 / elementwise(interval_s, ais_class, np.asarray(speed_mps, np.float64), is_turning) + (
        STATIC_SLOTS_PER_S * (np.asarray(ais_class) > 0)
    )


def p_clear(hidden_load: ArrayLike) -> NDArray[np.float64]:
    """Probability that a message collides with none, by the hidden load as a fraction of all slots.

    >>> float(p_clear(0.0))
    1.0
    """
    from mda_sim.sensing.slot_load_kernels import clear

    return elementwise(clear, np.asarray(hidden_load, np.float64))
