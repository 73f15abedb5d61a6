"""Figures of tracks: who counts at the edge of the area, and perfect tracks score perfectly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.metrics.figures import Figure
from mda_sim.metrics.gospa import near_pairs
from mda_sim.metrics.siap import UNASSIGNED
from mda_sim.metrics.track_figures import TruthAt, assign_tracks, score_tracks
from mda_sim.picture.spec import TrackScoringSpec
from mda_sim.picture.tracks import Tracks

AREA = Box(lat_min_deg=10, lat_max_deg=20, lon_min_deg=110, lon_max_deg=120)
S = 1_000_000
C_M = 10_000.0
KM_DEG = math.degrees(1000.0 / EARTH_RADIUS_M)
Row = tuple[int, int, float, float]  # snapshot, vessel or track, latitude, longitude


def scored(
    vessels: Sequence[Row], tracks: Sequence[Row], spec: TrackScoringSpec | None = None
) -> dict[str, Figure]:
    """Figures by name."""
    at, who, lat, lon = (np.array([row[i] for row in sorted(vessels)]) for i in range(4))
    inside = AREA.holds(lat.astype(float), lon.astype(float))
    n_snapshots = max(row[0] for row in [*vessels, *tracks]) + 1
    truth = TruthAt(np.arange(n_snapshots) * 3600 * S, at, who, lat.astype(float), lon.astype(float), inside)
    shown_at, track, shown_lat, shown_lon = (np.array([row[i] for row in sorted(tracks)]) for i in range(4))
    nothing = np.empty(0)
    found = Tracks(
        len(tracks),
        nothing.astype(np.int64),
        nothing.astype(np.bool_),
        shown_at.astype(np.int64),
        track.astype(np.int64),
        shown_lat.astype(np.float64),
        shown_lon.astype(np.float64),
        np.full(len(tracks), 100.0),
    )
    return {figure.metric: figure for figure in score_tracks(found, truth, AREA, spec or TrackScoringSpec())}


def test_tracks_where_the_vessels_are_score_perfectly() -> None:
    vessels = [(k, v, 12.0 + v, 115.0) for k in range(4) for v in range(5)]
    found = scored(vessels, vessels)
    expected = {
        "siap_completeness": 1.0,
        "siap_ambiguity": 1.0,
        "siap_spuriousness": 0.0,
        "siap_position_error_m": 0.0,
        "siap_changes_per_h": 0.0,
        "siap_longest_segment_fraction": 1.0,
        "ospa_m": 0.0,
        "gospa_m": 0.0,
        "siap_tracks": 20.0,
        "siap_tracked_h": 15.0,
    }
    assert {name: found[name].value for name in expected} == expected
    assert {figure.group for figure in found.values()} == {"all"}


def test_parts_of_gospa_add_up_over_snapshots() -> None:
    vessels = [(0, 0, 12.0, 115.0), (1, 0, 12.0, 115.0), (1, 1, 15.0, 115.0)]
    found = scored(vessels, [(0, 7, 12.0 + 3 * KM_DEG, 115.0), (1, 8, 18.0, 115.0)])
    value = {name: figure.value for name, figure in found.items()}
    assert value["gospa_localisation_m"] == pytest.approx(math.sqrt(3000.0**2 / 2))
    assert value["gospa_missed_m"] == pytest.approx(math.sqrt(2 * C_M**2 / 2 / 2))
    assert value["gospa_false_m"] == pytest.approx(math.sqrt(C_M**2 / 2 / 2))
    parts = sum(value[f"gospa_{part}_m"] ** 2 for part in ("localisation", "missed", "false"))
    assert value["gospa_m"] ** 2 == pytest.approx(parts)
    assert (value["gospa_missed"], value["gospa_false"]) == (2.0, 1.0)
    assert value["ospa_m"] ** 2 == pytest.approx((3000.0**2 + C_M**2) / 2)
    other = scored(vessels, [(0, 7, 12.0, 115.0)], TrackScoringSpec(alpha=1.0))
    assert math.isnan(other["gospa_missed_m"].value)
    assert other["gospa_missed"].value == 2.0


def test_at_the_edge_nothing_is_missed_or_false_for_the_sake_of_the_edge() -> None:
    inside, outside = 20.0 - KM_DEG, 20.0 + KM_DEG
    # a vessel just outside whose track is just inside, and the other way round
    found = scored(
        [(0, 0, outside, 115.0), (0, 1, inside, 112.0)], [(0, 0, inside, 115.0), (0, 1, outside, 112.0)]
    )
    value = {name: figure.value for name, figure in found.items()}
    assert (value["siap_vessels"], value["siap_tracks"]) == (1.0, 1.0)
    assert (value["siap_completeness"], value["siap_spuriousness"]) == (1.0, 0.0)
    assert (value["gospa_missed"], value["gospa_false"]) == (0.0, 0.0)
    # a track of nothing counts where it lies
    assert scored([(0, 0, 12.0, 115.0)], [(0, 0, 18.0, 115.0)])["gospa_false"].value == 1.0
    assert scored([(0, 0, 12.0, 115.0)], [(0, 0, 21.0, 115.0)])["gospa_false"].value == 0.0


def test_a_second_track_goes_to_the_nearest_vessel_but_the_best_pairs_come_first() -> None:
    lat = 12.0 + KM_DEG * np.array([0.0, 4.0])
    shown = 12.0 + KM_DEG * np.array([1.0, 1.5, 30.0])
    near = near_pairs(lat, np.full(2, 115.0), shown, np.full(3, 115.0), cutoff_m=C_M)
    row, off_m = assign_tracks(near, 3, cutoff_m=C_M, order=2.0)
    # one to one: 1.0 and 2.5 km off, though both tracks are nearer to the first
    assert row.tolist() == [0, 1, UNASSIGNED]
    assert off_m[:2] == pytest.approx([1000.0, 2500.0])
    near = near_pairs(lat[:1], np.array([115.0]), shown, np.full(3, 115.0), cutoff_m=C_M)
    assert assign_tracks(near, 3, cutoff_m=C_M, order=2.0)[0].tolist() == [0, 0, UNASSIGNED]


def test_without_tracks_there_is_nothing_to_say_of_them() -> None:
    found = scored([(0, 0, 12.0, 115.0)], [])
    assert found["siap_completeness"].value == 0.0
    assert math.isnan(found["siap_ambiguity"].value)
    assert math.isnan(found["siap_position_error_m"].value)
    assert found["gospa_m"].value == pytest.approx(C_M / math.sqrt(2))
