"""SIAP: hand cases, and the same values as Stone Soup's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
from stonesoup.types.association import AssociationSet, TimeRangeAssociation
from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
from stonesoup.types.state import State
from stonesoup.types.time import TimeRange
from stonesoup.types.track import Track

from mda_sim.metrics.siap import UNASSIGNED, Siap, fewest, siap

T0 = datetime(2026, 3, 2)
HOUR_S = 3600.0
Span = tuple[int, int, int, int]  # track, vessel or UNASSIGNED, first and last snapshot


def of_spans(vessels: Sequence[tuple[int, int, int]], spans: Sequence[Span], off_m: float = 0.0) -> Siap:
    """SIAP of vessels (number, first, last snapshot) and spans in which a track is assigned to one."""
    there = [(k, v) for v, first, last in vessels for k in range(first, last + 1)]
    rows = [(k, track, vessel) for track, vessel, first, last in spans for k in range(first, last + 1)]
    vessel_at, vessel = np.array(there, np.int64).reshape(-1, 2).T
    track_at, track, of_vessel = np.array(rows, np.int64).reshape(-1, 3).T
    return siap(vessel_at, vessel, track_at, track, of_vessel, np.full(len(rows), off_m), snapshot_s=HOUR_S)


def test_one_track_on_one_vessel_all_the_time_is_perfect() -> None:
    found = of_spans([(0, 0, 4)], [(0, 0, 0, 4)], off_m=25.0)
    assert found[:6] == (1.0, 1.0, 0.0, 25.0, 0.0, 1.0)
    assert found[6:] == (5, 5, 5, 5, 0, 4 * HOUR_S)


def test_two_tracks_of_one_vessel_are_ambiguous_and_one_of_none_is_spurious() -> None:
    found = of_spans([(0, 0, 3)], [(0, 0, 0, 3), (1, 0, 0, 1), (2, UNASSIGNED, 0, 1)])
    assert (found.completeness, found.ambiguity, found.spuriousness) == (1.0, 6 / 4, 2 / 8)
    assert found.n_changes == 0  # the first track alone was enough


def test_a_track_that_ends_before_the_next_is_a_change_of_number() -> None:
    found = of_spans([(0, 0, 9)], [(0, 0, 0, 3), (1, 0, 6, 9)])
    assert (found.n_changes, found.tracked_s) == (1, 6 * HOUR_S)
    assert found.changes_per_s == 1 / (6 * HOUR_S)
    assert (found.completeness, found.longest_segment) == (0.8, 3 / 9)


def test_a_track_that_goes_from_one_vessel_to_another_changes_the_number_of_both() -> None:
    found = of_spans([(0, 0, 5), (1, 0, 5)], [(0, 0, 0, 2), (0, 1, 3, 5), (1, 1, 0, 2), (1, 0, 3, 5)])
    assert (found.n_changes, found.longest_segment, found.ambiguity) == (2, 4 / 10, 1.0)


def test_a_vessel_that_was_away_is_not_asked_for_while_it_was() -> None:
    found = of_spans([(0, 0, 1), (0, 4, 5)], [(0, 0, 0, 1), (0, 0, 4, 5)])
    assert (found.completeness, found.longest_segment, found.n_changes) == (1.0, 1 / 2, 1)


def test_ratios_of_nothing_are_undefined() -> None:
    found = of_spans([], [])
    assert all(map(math.isnan, found[:6]))
    assert found[6:] == (0, 0, 0, 0, 0, 0.0)


@pytest.mark.parametrize(
    ("spans", "n"),
    [
        ([(3, 3)], 1),
        ([(0, 4), (0, 1), (2, 3)], 1),
        ([(0, 2), (1, 4), (3, 6)], 2),
        ([(0, 1), (5, 6), (9, 9)], 3),
    ],
)
def test_the_fewest_spans_that_hold_all(spans: list[tuple[int, int]], n: int) -> None:
    assert fewest(sorted(spans)) == n


@pytest.mark.parametrize("seed", range(8))
def test_all_attributes_are_those_of_stone_soup(seed: int) -> None:
    """Each track is on a vessel once and for two snapshots at least: where it comes back to a vessel, Stone
    Soup adds its times up to one segment, and a segment of one snapshot it cannot hold.
    """
    rng = np.random.default_rng(seed)
    n = 12
    vessels = [(v, int(rng.integers(0, 4)), int(rng.integers(7, n))) for v in range(5)]
    spans: list[Span] = []
    for track in range(9):
        first, last = sorted(rng.choice(n, 2, replace=False).tolist())
        vessel, begins, ends = vessels[int(rng.integers(0, 5))]
        lo, hi = max(first, begins), min(last, ends)
        if hi > lo:
            spans.append((track, vessel, lo, hi))
            spans += [(track, UNASSIGNED, a, b) for a, b in ((first, lo - 1), (hi + 1, last)) if b >= a]
        else:
            spans.append((track, UNASSIGNED, first, last))
    off_m = {(track, k): float(rng.uniform(0, 5e3)) for track in range(9) for k in range(n)}
    rows = sorted((k, track, vessel) for track, vessel, a, b in spans for k in range(a, b + 1))
    vessel_at, vessel = np.array([(k, v) for v, a, b in vessels for k in range(a, b + 1)]).T
    track_at, track_, of_vessel = np.array(rows).T
    distance_m = np.array([off_m[track, k] for k, track, _ in rows])
    found = siap(vessel_at, vessel, track_at, track_, of_vessel, distance_m, snapshot_s=HOUR_S)
    expected = by_stone_soup(vessels, spans, off_m)
    assert found[:6] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def by_stone_soup(
    vessels: Sequence[tuple[int, int, int]], spans: Sequence[Span], off_m: dict[tuple[int, int], float]
) -> tuple[float, ...]:
    def at(k: int) -> datetime:
        return T0 + timedelta(seconds=HOUR_S * k)

    truths = {
        v: GroundTruthPath([GroundTruthState([0.0], timestamp=at(k)) for k in range(a, b + 1)], id=str(v))
        for v, a, b in vessels
    }
    tracks = {}
    for track in {span[0] for span in spans}:
        times = sorted(k for t, _, a, b in spans if t == track for k in range(a, b + 1))
        tracks[track] = Track([State([off_m[track, k]], timestamp=at(k)) for k in times])
    generator = SIAPMetrics(
        position_measure=lambda one, other: abs(float(one.state_vector[0] - other.state_vector[0])),
        velocity_measure=lambda one, other: 0.0,
    )
    manager = MultiManager([generator])
    manager.add_data({"groundtruth_paths": set(truths.values()), "tracks": set(tracks.values())})
    manager.association_set = AssociationSet(
        {
            TimeRangeAssociation({truths[v], tracks[track]}, TimeRange(at(a), at(b)))
            for track, v, a, b in spans
            if v != UNASSIGNED
        }
    )
    values = {metric.title: metric.value for metric in generator.compute_metric(manager)}
    names = ("Completeness", "Ambiguity", "Spuriousness", "Position Accuracy", "Rate of Track Number Change")
    return tuple(values[f"SIAP {name}"] for name in (*names, "Longest Track Segment"))
