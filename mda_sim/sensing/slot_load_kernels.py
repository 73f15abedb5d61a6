"""Adding up what AIS sets send, by steps and squares, compiled; the model is in ``slot_load``."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.sensing.airtime import Airtime, Squares
from mda_sim.sensing.slot_load import STATIC_SLOTS_PER_S


@kernel
def clear(hidden_load: float) -> float:
    """Probability that a message collides with none."""
    return math.exp(-hidden_load)


@kernel
def add_slots(airtime: Airtime, millionths: NDArray[np.int64]) -> None:
    """Add to ``millionths`` (n_steps, n_squares) the slots that each stretch uses, in millionths."""
    for i in range(airtime.shape[0]):
        row = airtime[i]
        slots_per_s = 1.0 / row["every_s"] + STATIC_SLOTS_PER_S
        used = np.int64(np.rint((row["t_to_us"] - row["t_from_us"]) * slots_per_s))
        millionths[row["step"], row["square"]] += used


@kernel
def fill_hidden(
    millionths: NDArray[np.int64],
    slots: NDArray[np.float64],
    squares: Squares,
    ship_range_m: float,
    hidden: NDArray[np.float64],
) -> None:
    """Fill ``hidden`` with the load of the squares too far from each, as a fraction of the slots of a step.

    ``slots`` (n_steps,) is how many there are, in millionths too. Squares from which nothing is sent stay 0.
    """
    n_side = squares.n_side
    far = (ship_range_m / squares.square_m) ** 2
    sending, north, east = np.empty((3, n_side * n_side), np.int64)
    total = np.empty(n_side * n_side, np.int64)
    for step in range(millionths.shape[0]):
        n = 0
        for square in range(n_side * n_side):
            if millionths[step, square] > 0:
                sending[n], north[n], east[n], total[n] = square, square // n_side, square % n_side, 0
                n += 1
        for i in range(n):
            for j in range(i):
                if (north[i] - north[j]) ** 2 + (east[i] - east[j]) ** 2 > far:
                    total[i] += millionths[step, sending[j]]
                    total[j] += millionths[step, sending[i]]
        for i in range(n):
            hidden[step, sending[i]] = total[i] / slots[step]
