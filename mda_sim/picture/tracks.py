"""Tracks: what a node makes of contacts when nobody tells it whose they are.

Model: scans are read in order of receipt (``scans.py``). In each,

1. a contact whose identity has a live track joins that track, wherever it is: what was broadcast is
   believed; outside the gate the track begins anew there;
2. each other contact may join the live tracks in whose **gate** it lies: distance d (Mahalanobis) from the
   track's prediction with d2 <= -2 ln(1 - P), and not farther than ``greatest_speed_mps`` and the errors
   allow. One with an identity asks only tracks that have none. A track is asked for the state nearest in
   time to the contact, run forwards or backwards (``motion_kernels``);
3. contacts are **assigned** to tracks one to one (global nearest neighbour) at the least sum of
   d2 + ln(4 pi2 |S|) + 2 ln(new density), S the covariance of the difference, where that is negative: where
   the density of the contact, given the track, is higher than that of contacts of vessels without a track;
4. what is assigned to none starts a track.

A track is **shown**, part of the picture, once it has a contact with an identity, one of an image, or
``confirm_contacts`` contacts. It is dropped ``drop_after_s`` after its newest contact was observed, or
``confirm_within_s`` where it is not shown.

**Late** contacts, older than the newest state of their track, are gated at their own time, count for the
track and give it an identity, but never move it nor make it live longer. One that is older than
``drop_after_s`` on receipt can join a track but starts none.

Assumptions and limits: sharing merges tracks through the receipt of reports, not of tracks: each node tracks
on its own. Two tracks of one vessel are never merged; the one that starves is dropped. At most one contact of
a report joins a track, but for those of one identity. Position alone is gated, not length, course or kind.

Source: gate, global nearest neighbour and the score of an assignment: S. Blackman, R. Popoli, "Design and
Analysis of Modern Tracking Systems", Artech House 1999, ch. 6; Y. Bar-Shalom, X. R. Li, "Multitarget-
Multisensor Tracking: Principles and Techniques", 1995. Where next: ``metrics.track_figures`` scores tracks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import to_us
from mda_sim.picture.scans import Received, Said, places
from mda_sim.picture.spec import GatingSpec

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_TRACK = -1
"""In place of a track: the contact came too late to start one."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """The tracks of one node, numbered in the order in which they began."""

    n_tracks: int
    """How many there ever were, those never shown included."""
    of_contact: Ints
    """Track that each contact received was laid to, (n_contacts,); ``NO_TRACK`` for none."""
    has_moved: NDArray[np.bool_]
    """Whether it moved the track: it was not late, (n_contacts,)."""
    snapshot: Ints
    """Number of the snapshot of each row, (n_rows,); does not fall."""
    track: Ints
    """A track shown at it, (n_rows,)."""
    lat_deg: Floats
    """Where it is thought to be at the snapshot [deg], (n_rows,)."""
    lon_deg: Floats
    error_m: Floats
    """Longer half axis of the ellipse of one sigma about that [m], (n_rows,)."""


def build_tracks(said: Said, received: Received, gating: GatingSpec, snapshot_us: Ints) -> Tracks:
    """Read all that a node received, and show its tracks at ``snapshot_us`` (ascending), each after all that
    was received by then.
    """
    from mda_sim.picture.track_book_kernels import Rules
    from mda_sim.picture.tracks_kernels import Scans, build

    names, identity = np.unique(said.mmsi[received.said], return_inverse=True)
    identity = identity.reshape(-1).astype(np.int64)
    if len(names) and names[0] == 0:
        identity[identity == 0] = len(names)
        identity -= 1
        identity[identity == len(names) - 1] = -1
    lat_deg, lon_deg = places(said, received)
    scans = Scans(
        received.first.astype(np.int64),
        received.t_received_us.astype(np.int64),
        received.report.astype(np.int64),
        said.is_image[received.said[received.first[:-1]]].astype(np.bool_),
        said.t_us[received.said],
        lat_deg,
        lon_deg,
        _covariances(said, received),
        identity,
    )
    gate = -2.0 * math.log1p(-gating.gate_probability)
    rules = Rules(
        gate,
        math.sqrt(gate),
        -2.0 * math.log(gating.new_per_km2 * 1e-6),
        gating.greatest_speed_mps,
        gating.speed_sigma_mps,
        gating.velocity_time_s,
        to_us(longest_prediction_s(gating)),
        gating.confirm_contacts,
        to_us(gating.confirm_within_s),
        to_us(gating.drop_after_s),
    )
    found = build(scans, len(names), np.ascontiguousarray(snapshot_us, np.int64), rules)
    lat_deg, lon_deg, error_m = found.place.T.copy()
    return Tracks(
        found.n_tracks, found.track, found.moved, found.snapshot, found.shown, lat_deg, lon_deg, error_m
    )


def longest_prediction_s(gating: GatingSpec) -> float:
    """Time from which no contact can join a prediction, at most ``drop_after_s`` [s].

    The covariance S of a difference is at least that of the motion alone, Qpp in east and north; a contact
    joins only where 4 pi2 |S| is below the square of the reciprocal of the density of new ones.
    """
    tau_s = gating.velocity_time_s
    most_m2 = 1e6 / (2.0 * math.pi * gating.new_per_km2)

    def qpp_m2(dt_s: float) -> float:
        u = dt_s / tau_s
        f = u + 2.0 * math.expm1(-u) - 0.5 * math.expm1(-2.0 * u)
        return 2.0 * (gating.speed_sigma_mps * tau_s) ** 2 * f

    low_s, high_s = 0.0, gating.drop_after_s
    if qpp_m2(high_s) <= most_m2:
        return high_s
    while high_s - low_s > 1e-3 * high_s:
        middle_s = 0.5 * (low_s + high_s)
        low_s, high_s = (middle_s, high_s) if qpp_m2(middle_s) <= most_m2 else (low_s, middle_s)
    return high_s


def _covariances(said: Said, received: Received) -> Floats:
    """Covariance of the error of each contact, east-east, east-north, north-north [m2], (n, 3)."""
    rows = received.said
    turn = np.deg2rad(said.orientation_deg[rows].astype(np.float64))
    s, c = np.sin(turn), np.cos(turn)
    a, b = (axis[rows].astype(np.float64) ** 2 for axis in (said.semi_major_m, said.semi_minor_m))
    more = received.coarsened_m.astype(np.float64) ** 2
    return np.stack([a * s * s + b * c * c + more, (a - b) * s * c, a * c * c + b * s * s + more], axis=1)
