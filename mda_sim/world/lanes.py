"""Sea lanes: the great-circle legs that merchant ships and ferries follow between two ports.

Model: waypoints, and the clearance of each leg: the smallest distance along it to what ships keep off, which
limits how far beside the lane a ship may go. A lane and its reverse are one. A route through gateways is the
lanes between its stops, one after the other.

Assumptions and limits: ships choose the same lane whatever their size, and seasons and traffic separation
schemes play no part.
Where next: ``lane_laying`` makes lanes; ``merchant`` and ``ferries`` sail them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mda_sim.geo.coast_index import ragged
from mda_sim.geo.regions import Box, contains
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg

Floats = NDArray[np.float64]
Pair = tuple[str, str]


def _none() -> Floats:
    return np.empty((2, 0))


@dataclass(frozen=True)
class Lane:
    """A route as waypoints and great-circle legs between them."""

    lat_deg: Floats
    """Latitude of each waypoint, (n,), n >= 2."""
    lon_deg: Floats
    """Longitude of each waypoint, (n,)."""
    clearance_m: Floats
    """Smallest distance to what ships keep off along each leg, (n - 1,), >= 0 [m]."""
    anchors_at_start: Floats = field(default_factory=_none)
    """Latitude and longitude of anchorages off the first waypoint, (2, k), k >= 0; clear legs join each to
    the first and to the second waypoint."""
    anchors_at_end: Floats = field(default_factory=_none)
    """The same off the last waypoint, joined to the last but one and to the last."""

    @property
    def length_m(self) -> float:
        """Length of all legs [m]."""
        return float(self.leg_lengths_m.sum())

    @property
    def leg_lengths_m(self) -> Floats:
        """Length of each leg, (n - 1,) [m]."""
        return distance_m(self.lat_deg[:-1], self.lon_deg[:-1], self.lat_deg[1:], self.lon_deg[1:])

    def reversed(self) -> Lane:
        """The same lane sailed the other way."""
        return Lane(
            self.lat_deg[::-1].copy(),
            self.lon_deg[::-1].copy(),
            self.clearance_m[::-1].copy(),
            self.anchors_at_end,
            self.anchors_at_start,
        )

    def followed_by(self, other: Lane) -> Lane:
        """This lane, then ``other``, which begins where this one ends."""
        return Lane(
            np.concatenate([self.lat_deg, other.lat_deg[1:]]),
            np.concatenate([self.lon_deg, other.lon_deg[1:]]),
            np.concatenate([self.clearance_m, other.clearance_m]),
            self.anchors_at_start,
            other.anchors_at_end,
        )

    def within(self, box: Box, step_m: float = 2_000.0) -> tuple[Lane, float] | None:
        """The part from the first entry into ``box`` to the last exit, and how far along it begins [m].

        Both ends are good to ``step_m``, on the far side of the rim. None if no part lies inside. Anchorages
        stay only where both waypoints that they are joined to do.
        """
        lengths = self.leg_lengths_m
        pieces = np.maximum(np.ceil(lengths / step_m), 1).astype(np.int64)
        leg, nth = ragged(pieces)
        starts, ends = (self.lat_deg[:-1], self.lon_deg[:-1]), (self.lat_deg[1:], self.lon_deg[1:])
        along_m = lengths[leg] * (nth / pieces[leg])
        bearing = initial_bearing_deg(*starts, *ends)
        lat, lon = destination(starts[0][leg], starts[1][leg], bearing[leg], along_m)
        lat[nth == 0], lon[nth == 0] = starts
        lat, lon = np.append(lat, self.lat_deg[-1]), np.append(lon, self.lon_deg[-1])
        inside = np.flatnonzero(contains(box, lat, lon))
        if not len(inside):
            return None
        first, last = max(int(inside[0]) - 1, 0), min(int(inside[-1]) + 1, len(lat) - 1)
        leg_in, leg_out = int(leg[first]), int(leg[last - 1])
        begins = np.cumsum(pieces) - pieces
        kept = slice(leg_in + 1, leg_out + 1)
        part = Lane(
            np.concatenate([lat[first : first + 1], self.lat_deg[kept], lat[last : last + 1]]),
            np.concatenate([lon[first : first + 1], self.lon_deg[kept], lon[last : last + 1]]),
            self.clearance_m[leg_in : leg_out + 1],
            self.anchors_at_start if first == 0 and last >= pieces[0] else _none(),
            self.anchors_at_end if last == len(lat) - 1 and first <= begins[-1] else _none(),
        )
        share = (first - begins[leg_in]) / pieces[leg_in]
        return part, float(lengths[:leg_in].sum() + lengths[leg_in] * share)


@dataclass(frozen=True)
class LaneNetwork:
    """Lanes between pairs of ports."""

    lanes: Mapping[Pair, Lane]
    """Lane from the first to the second port of each pair; the pair is in alphabetical order."""
    nations: Mapping[str, str] = field(default_factory=dict)
    """Nation of each port; gateways have none and are not in it."""

    def route(self, stops: Sequence[str]) -> Lane:
        """The lane through ports and gateways in order; KeyError as ``lane``."""
        return reduce(Lane.followed_by, (self.lane(*pair) for pair in pairwise(stops)))

    def lane(self, origin: str, destination: str) -> Lane:
        """The lane from one port to another; KeyError if it was not asked for when the network was made."""
        if (origin, destination) in self.lanes:
            return self.lanes[origin, destination]
        if (destination, origin) in self.lanes:
            return self.lanes[destination, origin].reversed()
        raise KeyError(f"this network has no lane between '{origin}' and '{destination}'")
