"""How well a node's tracks show the vessels that are there: SIAP, OSPA and GOSPA over the scored area.

Model: at each snapshot of the scored time, the truth is where vessels are and the picture where tracks are
thought to be (``picture.tracks``). Tracks and all vessels, those outside the area included, are first paired
one to one, as GOSPA pairs them; each other track is then assigned to the nearest vessel within the cutoff, so
that a vessel may have several. Figures count the vessels in the scored area, and the tracks that are assigned
to one of these, or to none and lie in the area: at the edge nothing is missed or false for the sake of the
edge alone. OSPA and GOSPA are of these two sets, paired anew. Over snapshots they are combined as root mean
of the power p, which leaves the parts of GOSPA adding up.

Assumptions and limits: whose contacts a track was made of is not asked: what is near a vessel shows it.
Vessels of all classes and AIS states together. Probes are no vessels here.

Source: see ``gospa`` and ``siap``. Where next: ``node_figures`` asks for these where association is gated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, US_PER_S, Timeline, to_us
from mda_sim.geo.coast_index import ragged
from mda_sim.geo.regions import Region, contains
from mda_sim.metrics.figures import Figure, ratio
from mda_sim.metrics.gospa import Gospa, Pairs, best_of, gospa, near_pairs, ospa
from mda_sim.metrics.siap import UNASSIGNED, siap
from mda_sim.picture.scans import Said, received_scans
from mda_sim.picture.spec import PictureSpec, TrackScoringSpec
from mda_sim.picture.tracks import Tracks, build_tracks
from mda_sim.records import DeliveryLog
from mda_sim.world.fleet import Fleet

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_S_PER_H = US_PER_H / US_PER_S


@dataclass(frozen=True, eq=False)
class TruthAt:
    """Where vessels are at snapshots; arrays are (n,), in order of snapshot, then vessel."""

    t_us: Ints
    """Times of the snapshots [us], (n_snapshots,)."""
    snapshot: Ints
    vessel: Ints
    lat_deg: Floats
    lon_deg: Floats
    is_scored: NDArray[np.bool_]
    """Whether it is in the scored area."""


@dataclass(frozen=True, eq=False)
class GatedFrame:
    """One replicate, prepared for tracks under any configuration."""

    said: Said
    """What contacts say."""
    truth: TruthAt
    area: Region
    spec: PictureSpec
    scored: dict[str, list[Figure]] = field(default_factory=dict, repr=False)
    """Figures of what was received, by its digest: configurations in which it is the same share them."""


def truth_at(fleet: Fleet, area: Region, timeline: Timeline, snapshot_s: float) -> TruthAt:
    """Where the vessels are at snapshots of the scored time, its start included and its end not."""
    t_us = np.arange(timeline.score_from_us, timeline.score_to_us, to_us(snapshot_s), dtype=np.int64)
    there = fleet.presence()
    first = np.searchsorted(t_us, there["t_from_us"])
    stay, nth = ragged(np.searchsorted(t_us, there["t_to_us"]) - first)
    vessel, snapshot = there["target"][stay].astype(np.int64), first[stay] + nth
    by_snapshot = np.argsort(snapshot, kind="stable")
    by_snapshot = by_snapshot[vessel[by_snapshot] < fleet.n_vessels]
    vessel, snapshot = vessel[by_snapshot], snapshot[by_snapshot]
    lat_deg, lon_deg = fleet.positions(vessel, t_us[snapshot])
    return TruthAt(t_us, snapshot, vessel, lat_deg, lon_deg, contains(area, lat_deg, lon_deg))


def track_figures(frame: GatedFrame, deliveries: DeliveryLog, received: Table) -> list[Figure]:
    """Figures of the tracks that a node makes of its receipts (a RECEIPTS table)."""
    scans = received_scans(frame.said, deliveries, received)
    key = scans.digest()
    if key not in frame.scored:
        tracks = build_tracks(frame.said, scans, frame.spec.gating, frame.truth.t_us)
        frame.scored[key] = score_tracks(tracks, frame.truth, frame.area, frame.spec.scoring)
    return frame.scored[key]


def score_tracks(tracks: Tracks, truth: TruthAt, area: Region, spec: TrackScoringSpec) -> list[Figure]:
    """Figures of tracks against the truth at the same snapshots."""
    in_area = contains(area, tracks.lat_deg, tracks.lon_deg)
    n_snapshots = len(truth.t_us)
    truth_from = np.searchsorted(truth.snapshot, np.arange(n_snapshots + 1))
    track_from = np.searchsorted(tracks.snapshot, np.arange(n_snapshots + 1))
    vessel_row = np.full(len(tracks.track), UNASSIGNED, np.int64)
    distance_m = np.full(len(tracks.track), math.nan)
    counts = np.zeros(len(tracks.track), np.bool_)
    ospa_m: list[float] = []
    parts: list[Gospa] = []
    for k in range(n_snapshots):
        t, s = slice(truth_from[k], truth_from[k + 1]), slice(track_from[k], track_from[k + 1])
        there, shown = (truth.lat_deg[t], truth.lon_deg[t]), (tracks.lat_deg[s], tracks.lon_deg[s])
        near = near_pairs(*there, *shown, cutoff_m=spec.cutoff_m)
        row, distance_m[s] = assign_tracks(near, len(shown[0]), cutoff_m=spec.cutoff_m, order=spec.order)
        scored = truth.is_scored[t]
        counts[s] = np.where(row == UNASSIGNED, in_area[s], np.append(scored, False)[row])
        vessel_row[s] = np.where(row == UNASSIGNED, UNASSIGNED, row + truth_from[k])
        both = scored[near.truth] & counts[s][near.shown]
        pairs = best_of(
            Pairs(near.truth[both], near.shown[both], near.distance_m[both]),
            cutoff_m=spec.cutoff_m,
            order=spec.order,
        )
        sizes = int(scored.sum()), int(counts[s].sum())
        ospa_m.append(ospa(pairs, *sizes, cutoff_m=spec.cutoff_m, order=spec.order))
        parts.append(gospa(pairs, *sizes, cutoff_m=spec.cutoff_m, order=spec.order, alpha=spec.alpha))
    of_vessel = np.append(truth.vessel, UNASSIGNED)[vessel_row[counts]]
    seen = siap(
        truth.snapshot[truth.is_scored],
        truth.vessel[truth.is_scored],
        tracks.snapshot[counts],
        tracks.track[counts],
        of_vessel,
        distance_m[counts],
        snapshot_s=spec.snapshot_s,
    )
    n, n_tracked = len(np.unique(truth.vessel[truth.is_scored])), len(np.unique(of_vessel[of_vessel >= 0]))
    n_tracks = len(np.unique(tracks.track[counts]))
    rows = [
        ("siap_completeness", seen.completeness, "1", n),
        ("siap_ambiguity", seen.ambiguity, "1", n_tracked),
        ("siap_spuriousness", seen.spuriousness, "1", n_tracks),
        ("siap_position_error_m", seen.position_error_m, "m", n_tracked),
        ("siap_changes_per_h", seen.changes_per_s * _S_PER_H, "1/h", n_tracked),
        ("siap_longest_segment_fraction", seen.longest_segment, "1", n),
        ("siap_vessels", float(seen.n_vessels), "count", n),
        ("siap_vessels_tracked", float(seen.n_vessels_tracked), "count", n_tracked),
        ("siap_tracks", float(seen.n_tracks), "count", n_tracks),
        ("siap_tracks_assigned", float(seen.n_tracks_assigned), "count", n_tracks),
        ("siap_changes", float(seen.n_changes), "count", n_tracked),
        ("siap_tracked_h", seen.tracked_s / _S_PER_H, "h", n_tracked),
        ("ospa_m", _root_mean(ospa_m, spec.order), "m", n_snapshots),
        ("gospa_m", _root_mean([part.distance_m for part in parts], spec.order), "m", n_snapshots),
        *(
            (
                f"gospa_{name}_m",
                _root_of_mean([getattr(part, name) for part in parts], spec.order),
                "m",
                n_snapshots,
            )
            for name in ("localisation", "missed", "false")
        ),
        ("gospa_missed", float(sum(part.n_missed for part in parts)), "count", n_snapshots),
        ("gospa_false", float(sum(part.n_false for part in parts)), "count", n_snapshots),
    ]
    return [Figure(name, "all", value, unit, n) for name, value, unit, n in rows]


def assign_tracks(near: Pairs, n_tracks: int, *, cutoff_m: float, order: float) -> tuple[Ints, Floats]:
    """Row of the vessel of each track, ``UNASSIGNED`` for none, and how far it is off [m], nan for none.

    ``near`` are all pairs of vessels and tracks nearer than the cutoff. First those that are best one to one;
    each other track has the nearest vessel.
    """
    row, off_m = np.full(n_tracks, UNASSIGNED, np.int64), np.full(n_tracks, math.nan)
    nearest_last = np.lexsort((near.truth, near.distance_m))[::-1]
    shown = near.shown[nearest_last]
    row[shown], off_m[shown] = near.truth[nearest_last], near.distance_m[nearest_last]
    best = best_of(near, cutoff_m=cutoff_m, order=order)
    row[best.shown], off_m[best.shown] = best.truth, best.distance_m
    return row, off_m


def _root_mean(values: list[float], order: float) -> float:
    """The root of the mean power."""
    return _root_of_mean([value**order for value in values], order)


def _root_of_mean(powers: list[float], order: float) -> float:
    """The root of the mean of what are powers already; nan of nothing."""
    return float(ratio(math.fsum(powers), len(powers)) ** (1.0 / order))
