"""Airtime: the stretches in which AIS sets transmit within reach of a receiver, and how often.

Model: a window in reach is cut where what is broadcast changes, where a turn ends and where a step of time
begins, so that on each stretch a set transmits at one interval, of one quality, from one square of a grid
round the receiver (that of the middle of the stretch). Silence is left out.

Assumptions and limits: those of ``ais``. A ship counts as in one square for a whole stretch, of at most a
step: 16 knots are 30 km in an hour.
Where next: ``slot_load`` adds up what is sent; ``ais_kernels`` looks at the stretches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import unit_vectors

if TYPE_CHECKING:
    from mda_sim.core.time import Timeline
    from mda_sim.sensing.windows import Windows
    from mda_sim.world.fleet import Fleet

AIRTIME: Final = np.dtype(
    [
        ("target", "i8"),
        ("t_from_us", "i8"),
        ("t_to_us", "i8"),
        ("every_s", "f8"),
        ("p_decode", "f8"),
        ("step", "i4"),
        ("square", "i4"),
        ("log_missed_per_s", "f8"),
    ]
)
"""A stretch of transmissions: the target, its first and last instant [us], the time between two positions
[s], the probability that one is decoded on a clear channel, the step of time, the square, and, once it is
known, the logarithm of the probability that nothing that is sent in a second is decoded."""

Airtime = NDArray[np.void]
"""Stretches within reach of one receiver: an array (n,) of dtype ``AIRTIME``, sorted by target and time."""

STEP_US: Final = 3600 * US_PER_S
"""Time over which the load is averaged [us]."""
N_SIDE: Final = 16
"""Squares along each side of a grid."""


class Squares(NamedTuple):
    """The grid round a receiver in space and time; a plain tuple, so that kernels take it as it is."""

    step_us: int
    """Length of a step. [us]"""
    until_us: int
    """End of the last step, which may be shorter. [us]"""
    n_steps: int
    """Number of steps, at least 1."""
    n_side: int
    """Squares along a side; the receiver is in the middle. They are numbered row by row, from the south."""
    square_m: float
    """Side of a square. [m]"""
    east: tuple[float, float, float]
    """Unit vector of the receiver's east."""
    north: tuple[float, float, float]
    """Unit vector of the receiver's north."""


class Sets(NamedTuple):
    """The AIS sets of all targets and what they do; see ``world.fleet`` for the columns."""

    ais: NDArray[np.uint8]
    first_leg: NDArray[np.uint32]
    n_legs: NDArray[np.uint32]
    leg_from_us: NDArray[np.int64]
    leg_to_us: NDArray[np.int64]
    turn_deg: NDArray[np.float64]
    first_row: NDArray[np.int64]
    """First row of each target in ``broadcasts``, and the number of rows, (n_targets + 1,)."""
    row_from_us: NDArray[np.int64]
    state: NDArray[np.uint8]
    garbled_fraction: NDArray[np.float32]


def sets_of(fleet: Fleet) -> Sets:
    """The AIS sets of a fleet as kernels take them."""
    sent = fleet.broadcasts
    return Sets(
        ais=fleet.targets["ais"],
        first_leg=fleet.targets["first_leg"],
        n_legs=fleet.targets["n_legs"],
        leg_from_us=fleet.legs["t_from_us"],
        leg_to_us=fleet.legs["t_to_us"],
        turn_deg=fleet.turn_deg,
        first_row=fleet.first_broadcast,
        row_from_us=sent["t_from_us"],
        state=sent["state"],
        garbled_fraction=sent["garbled_fraction"],
    )


def squares_of(
    lat_deg: float, lon_deg: float, reach_m: float, timeline: Timeline, step_us: int = STEP_US
) -> Squares:
    """A grid that a reach round a place fills, in steps up to the end of sensing.

    Targets beyond it count as in its nearest square.
    """
    until_us = timeline.score_to_us
    return Squares(
        step_us=step_us,
        until_us=until_us,
        n_steps=max(1, -(-until_us // step_us)),
        n_side=N_SIDE,
        square_m=max(2.0 * reach_m / N_SIDE, 1.0),
        east=tuple(unit_vectors(0.0, lon_deg + 90.0).tolist()),
        north=tuple(unit_vectors(lat_deg + 90.0, lon_deg).tolist()),
    )


def airtime_of(windows: Windows, sets: Sets, squares: Squares, p_decode: float) -> Airtime:
    """What the targets of some windows transmit in them; ``log_missed_per_s`` is not filled."""
    from mda_sim.sensing.airtime_kernels import fill_airtime, room_for

    airtime = np.empty(room_for(windows, sets.first_row, squares), AIRTIME)
    return airtime[: fill_airtime(windows, sets, squares, p_decode, airtime)]
