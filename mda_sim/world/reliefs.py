"""Reliefs: places at sea that ships hold in turn, each for a stay, coming from a base and going home to it.

Model: each place is held by one ship at a time, and the next one takes over the moment it leaves. Stays are
uniform in ``stay_s`` and independent, a renewal process that is in equilibrium at time 0: the stay then in
progress is drawn in proportion to its length (for X uniform in [a, b]: sqrt(a^2 + u (b^2 - a^2))), and a
uniform share of it is over. So the number of ships that hold places never changes, and reliefs are as
frequent at the start as later: one per place and mean stay. The ship that was relieved last before time 0 may
still be on its way home.

The index of a ship is the number of its place * 4096 + the number of its stay; every draw is addressed by it,
so a longer run or more places change no ship.

Assumptions and limits: a ship that goes home does not come back as itself. The shortest stay must be at least
as long as the way to the base, so that of one place at most one ship is on its way out and one on its way
home.

Source: equilibrium of renewal processes: D. R. Cox, "Renewal Theory", Methuen, London, 1962 (general
knowledge of the result, not looked up). Where next: ``militia`` and ``survey``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.core.spec import Spec
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.sphere import distance_m
from mda_sim.world.passages import Berth, Passage
from mda_sim.world.traffic import Span, uniform

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STAYS_PER_PLACE: Final = 4096
"""Numbers of stays set aside for each place."""
_H_S = 3600.0


class ReliefSpec(Spec):
    """How ships take turns."""

    base: Berth
    """Port or place that they come from and go home to."""
    stay_s: Span
    """Time between coming and leaving, uniform in the span. > 0 s"""
    speed_mps: Span = Span(low=8 * KNOT_MPS, high=12 * KNOT_MPS)
    """Speed on the way, uniform in the span, constant for a ship. > 0 m/s; the default is an assumption"""


@dataclass(frozen=True)
class Tours:
    """Stays of ships at places, in order of place and time; all (n,)."""

    place: Ints
    """Number of the place."""
    index: Ints
    """Number of the ship."""
    comes_s: Floats
    """When it takes over; before time 0 for the first two of a place. [s]"""
    leaves_s: Floats
    """When it is relieved. [s]"""
    speed_mps: Floats
    """Speed on the way out and home."""


def tours(relief: ReliefSpec, stream: str, n_places: int, way_m: float, end_s: float, seed: int) -> Tours:
    """All tours of which a part is in [0, end_s], for ``n_places`` places at most ``way_m`` from the base.

    RunError if the shortest stay is shorter than the way at the lowest speed.
    """
    longest_s = way_m / relief.speed_mps.low
    if longest_s > relief.stay_s.low:
        raise RunError(
            f"the place of stream '{stream}' is {way_m / 1000:.0f} km from its base by sea,"
            f" {longest_s / _H_S:.0f} h at the lowest speed, more than the shortest stay of"
            f" {relief.stay_s.low / _H_S:.0f} h; make stay_d of its reliefs longer or choose a nearer base"
        )
    places = np.arange(n_places)
    first = places * STAYS_PER_PLACE + 1
    low, high = relief.stay_s.low, relief.stay_s.high
    biased_s = np.sqrt(low**2 + uniform(seed, "relief.stay", stream, first) * (high**2 - low**2))
    begins_s = -biased_s * uniform(seed, "relief.elapsed", stream, first)
    moments = [begins_s - low, begins_s, begins_s + biased_s]
    while n_places and moments[-1].min() < end_s + longest_s and len(moments) <= STAYS_PER_PLACE:
        stay_s = relief.stay_s.at(uniform(seed, "relief.stay", stream, first + len(moments) - 2))
        moments.append(moments[-1] + stay_s)
    at_s = np.stack(moments, axis=1)
    n_stays = at_s.shape[1] - 1
    place = np.repeat(places, n_stays)
    index = place * STAYS_PER_PLACE + np.tile(np.arange(n_stays), n_places)
    speed = relief.speed_mps.at(uniform(seed, "relief.speed", stream, index))
    comes_s, leaves_s = at_s[:, :-1].ravel(), at_s[:, 1:].ravel()
    kept = (comes_s - longest_s < end_s) & (leaves_s + longest_s > 0.0)
    return Tours(place[kept], index[kept], comes_s[kept], leaves_s[kept], speed[kept])


def sailed_out(
    way: Passage, near: tuple[Floats, Floats], speed_mps: Floats, arrives_s: Floats
) -> tuple[Floats, Floats, Floats]:
    """Waypoints of ships from the base to their places: latitude, longitude [deg], time [s], each (n, w + m).

    ``near``: latitude and longitude (n, m) of the last waypoints of each, after the (w,) of the way; the last
    column is the place, reached at ``arrives_s`` (n,).
    """
    n = len(speed_mps)
    lat = np.concatenate([np.broadcast_to(way.lat_deg, (n, len(way.lat_deg))), near[0]], axis=1)
    lon = np.concatenate([np.broadcast_to(way.lon_deg, (n, len(way.lon_deg))), near[1]], axis=1)
    step_m = distance_m(lat[:, :-1], lon[:, :-1], lat[:, 1:], lon[:, 1:])
    left_m = np.zeros(lat.shape)
    left_m[:, :-1] = np.cumsum(step_m[:, ::-1], axis=1)[:, ::-1]
    return lat, lon, arrives_s[:, None] - left_m / speed_mps[:, None]


def sailed_home(
    way: Passage, near: tuple[Floats, Floats], speed_mps: Floats, leaves_s: Floats
) -> tuple[Floats, Floats, Floats]:
    """Waypoints of ships from their places, left at ``leaves_s`` (n,), to the base: ``sailed_out``
    backwards.
    """
    lat, lon, mirrored_s = sailed_out(way, near, speed_mps, -leaves_s)
    return lat[:, ::-1], lon[:, ::-1], -mirrored_s[:, ::-1]
