"""Tracks: hand cases of joining, starting, splitting and dropping, and what must not matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, OrnsteinUhlenbeck

from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m
from mda_sim.picture.scans import Received, Said
from mda_sim.picture.spec import GatingSpec
from mda_sim.picture.tracks import NO_TRACK, Tracks, build_tracks, longest_prediction_s

S = 1_000_000
LAT, LON = 15.0, 118.0
GATING = GatingSpec(confirm_contacts=1)


class Seen(NamedTuple):
    """One contact: where (km north and east of the middle), when, and in which report it came."""

    t_s: float
    north_km: float
    east_km: float = 0.0
    mmsi: int = 0
    report: int = -1  # one of its own
    received_s: float = -1.0  # at once
    error_m: float = 100.0
    is_image: bool = False
    coarsened_m: float = 0.0


def track(
    seen: Sequence[Seen], gating: GatingSpec = GATING, snapshots_s: Sequence[float] = ()
) -> tuple[list[int], Tracks]:
    """The track of each contact, in the order given, and all."""
    rows = [
        row._replace(
            report=row.report if row.report >= 0 else 1000 + i,
            received_s=row.received_s if row.received_s >= 0 else row.t_s,
        )
        for i, row in enumerate(seen)
    ]
    order = sorted(range(len(rows)), key=lambda i: (rows[i].received_s, rows[i].report, rows[i][:4]))
    ordered = [rows[i] for i in order]
    keys = [(row.received_s, row.report) for row in ordered]
    first = [i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1]]
    north, east = (np.array([row[i] for row in ordered]) * 1000.0 for i in (1, 2))
    error_m = np.array([row.error_m for row in ordered], np.float32)
    said = Said(
        contact=np.arange(len(ordered)),
        report=np.array([row.report for row in ordered]),
        target=np.zeros(len(ordered), np.uint32),
        t_us=np.array([round(row.t_s * S) for row in ordered], np.int64),
        lat_deg=LAT + np.rad2deg(north / EARTH_RADIUS_M),
        lon_deg=LON + np.rad2deg(east / EARTH_RADIUS_M / math.cos(math.radians(LAT))),
        semi_major_m=error_m,
        semi_minor_m=error_m,
        orientation_deg=np.zeros(len(ordered), np.float32),
        mmsi=np.array([row.mmsi for row in ordered], np.uint32),
        is_image=np.array([row.is_image for row in ordered]),
        z_east=np.zeros(len(ordered), np.float32),
        z_north=np.zeros(len(ordered), np.float32),
    )
    received = Received(
        first=np.array([*first, len(ordered)]),
        t_received_us=np.array([round(ordered[i].received_s * S) for i in first], np.int64),
        report=np.array([ordered[i].report for i in first], np.int64),
        said=np.arange(len(ordered)),
        coarsened_m=np.array([row.coarsened_m for row in ordered], np.float32),
    )
    found = build_tracks(said, received, gating, np.array([round(t * S) for t in snapshots_s], np.int64))
    of = np.empty(len(rows), np.int64)
    of[order] = found.of_contact
    return of.tolist(), found


def run(
    mps: float, *, east_km: float = 0.0, north_km: float = 0.0, every_s: float = 300.0, n: int = 10
) -> list[Seen]:
    """Contacts of a vessel that sails north."""
    return [Seen(k * every_s, north_km + k * every_s * mps / 1000.0, east_km) for k in range(n)]


def test_one_vessel_makes_one_track_that_runs_ahead_with_it() -> None:
    seen = run(5.0)
    of, found = track(seen, snapshots_s=[2700.0, 3000.0])
    assert of == [0] * 10
    assert found.n_tracks == 1
    ahead_m = distance_m(found.lat_deg, found.lon_deg, LAT, LON)
    # 100 m contacts over 45 min tell the speed within about 0.1 m/s, as the prior of 5 m/s and 1 h lets them
    assert ahead_m == pytest.approx([2700 * 5.0, 3000 * 5.0], abs=300.0)
    assert found.error_m[1] > found.error_m[0]


def test_two_vessels_out_of_each_others_gates_keep_their_tracks_as_they_cross() -> None:
    # one sails north on the meridian, the other south 15 km east of it
    one, other = run(5.0), [Seen(k * 300.0, 13.5 - k * 1.5, 15.0, report=k) for k in range(10)]
    one = [row._replace(report=k) for k, row in enumerate(one)]
    of, found = track(one + other)
    assert of == [of[0]] * 10 + [1 - of[0]] * 10
    assert found.n_tracks == 2


def test_a_vessel_that_passes_within_the_gate_is_falsely_joined() -> None:
    # the track's own vessel is seen no more; another is seen 200 m from where it would be
    of, _ = track([*run(5.0), Seen(3000.0, 15.0, 0.2)])
    assert of[10] == of[9]
    # the same 20 km away starts a track of its own
    of, _ = track([*run(5.0), Seen(3000.0, 15.0, 20.0)])
    assert of[10] != of[9]


def test_two_contacts_of_one_report_never_join_one_track() -> None:
    of, _ = track([*run(5.0), Seen(3000.0, 15.0, 0.1, report=7), Seen(3000.0, 15.0, -0.2, report=7)])
    assert sorted([of[10], of[11]]) == [0, 1]
    assert of[10] == 0  # the nearer one
    # nor if they came at different times, as parts of it
    of, _ = track(
        [*run(5.0), Seen(3000.0, 15.0, 0.1, report=7), Seen(3000.0, 15.0, -0.2, report=7, received_s=3100.0)]
    )
    assert of[10:] == [0, 1]


def test_contacts_are_assigned_for_the_best_whole_not_one_by_one() -> None:
    # tracks begin at 0 and 2 km; ten minutes later there are contacts at 1.9 and 3.2 km: the second track is
    # the nearest to both, and what is left is 1.9 and 1.2 against 0.1 and 3.2, squared
    begin = [Seen(0.0, 0.0, report=1), Seen(0.0, 2.0, report=1)]
    of, _ = track([*begin, Seen(600.0, 1.9, report=2), Seen(600.0, 3.2, report=2)])
    assert of == [0, 1, 0, 1]
    assert track([*begin, Seen(600.0, 1.9, report=2)])[0] == [0, 1, 1]


def test_a_false_contact_makes_a_false_track() -> None:
    of, found = track([*run(5.0), Seen(1500.0, 60.0, 60.0)], snapshots_s=[2700.0])
    assert of[10] == 1
    assert found.track.tolist() == [0, 1]
    # a watching sensor's must be confirmed before it is part of the picture
    _, found = track([*run(5.0), Seen(1500.0, 60.0, 60.0)], GatingSpec(), snapshots_s=[2700.0])
    assert found.track.tolist() == [0]
    # an image's need not
    _, found = track([*run(5.0), Seen(1500.0, 60.0, 60.0, is_image=True)], GatingSpec(), snapshots_s=[2700.0])
    assert found.track.tolist() == [0, 1]


def test_identity_keeps_two_close_vessels_apart() -> None:
    pair = [
        Seen(k * 300.0, k * 1.5, east, mmsi=mmsi, report=k)
        for k in range(10)
        for mmsi, east in ((5, 0), (6, 0.05))
    ]
    of, found = track(pair)
    assert [of[i] for i in range(0, 20, 2)] == [of[0]] * 10
    assert [of[i] for i in range(1, 20, 2)] == [of[1]] * 10
    assert found.n_tracks == 2
    # the same paths, exchanged half way, without identity: nothing but the places tells, and tracks swap
    swapped = [
        row._replace(mmsi=0, east_km=0.05 - row.east_km if row.t_s > 1400 else row.east_km) for row in pair
    ]
    of, _ = track(swapped)
    assert of[18] == of[1]


def test_what_was_broadcast_is_believed_wherever_it_is() -> None:
    told = [row._replace(mmsi=5) for row in run(5.0)]
    of, found = track([*told, Seen(3000.0, 500.0, mmsi=5)], snapshots_s=[3000.0])
    assert of == [0] * 11
    assert float(distance_m(found.lat_deg[0], found.lon_deg[0], LAT, LON)) == pytest.approx(500e3, rel=1e-6)


def test_a_track_takes_the_identity_that_is_broadcast_in_its_gate() -> None:
    of, _ = track([*run(5.0), Seen(3000.0, 15.0, mmsi=5), Seen(3300.0, 40.0, mmsi=5)])
    assert of[10:] == [0, 0]
    # a track with another identity does not
    named = [row._replace(mmsi=6) for row in run(5.0)]
    of, _ = track([*named, Seen(3000.0, 15.0, mmsi=5)])
    assert of[10] == 1


def test_a_gap_splits_a_track() -> None:
    gating = GATING.model_copy(update={"drop_after_s": 3600.0})
    early, late = (
        run(5.0),
        [row._replace(t_s=row.t_s + 7200.0, north_km=row.north_km + 36.0) for row in run(5.0)],
    )
    of, found = track(early + late, gating, snapshots_s=[2700.0, 6200.0, 6400.0, 9900.0])
    assert of == [0] * 10 + [1] * 10
    # 2700 s + 3600 s is the last instant at which the first is shown
    assert list(zip(found.snapshot.tolist(), found.track.tolist(), strict=True)) == [(0, 0), (1, 0), (3, 1)]


def test_no_contact_joins_a_track_faster_than_the_greatest_speed() -> None:
    gating = GATING.model_copy(update={"speed_sigma_mps": 30.0, "greatest_speed_mps": 10.0})
    # 300 s at 10 m/s, and three sigmas of 100 m on either side
    reach_km = (3000 + math.sqrt(-2 * math.log(0.01)) * 200) / 1000
    assert track([Seen(0, 0), Seen(300, reach_km - 0.01)], gating)[0] == [0, 0]
    assert track([Seen(0, 0), Seen(300, reach_km + 0.01)], gating)[0] == [0, 1]


def test_a_late_contact_joins_at_its_own_time_and_moves_nothing() -> None:
    seen = run(5.0)
    plain = track(seen, snapshots_s=[3000.0])[1]
    late = Seen(900.0, 4.5, 0.1, received_s=2800.0, mmsi=9)
    of, found = track([*seen, late], snapshots_s=[3000.0])
    assert of[10] == 0
    assert found.has_moved.sum() == 10
    assert (found.lat_deg, found.lon_deg, found.error_m) == (plain.lat_deg, plain.lon_deg, plain.error_m)
    # where the track was not at that time, though it is there now, it starts another
    assert track([*seen, late._replace(north_km=13.5)])[0][10] == 1
    # and one that comes after all tracks of its time would have been dropped starts none
    assert track([Seen(0.0, 0.0, received_s=22_000.0)])[0] == [NO_TRACK]


def test_a_vague_track_is_not_joined_where_vessels_without_a_track_are_as_dense() -> None:
    gating = GATING.model_copy(update={"new_per_km2": 1e-2})
    longest_s = longest_prediction_s(gating)
    assert 600.0 < longest_s < 21_600.0
    gap = [Seen(0.0, 0.0), Seen(longest_s + 1.0, 0.1)]
    assert track(gap, gating)[0] == [0, 1]
    assert track(gap)[0] == [0, 0]
    assert longest_prediction_s(GATING.model_copy(update={"new_per_km2": 1e-9})) == 21_600.0


def test_a_coarse_copy_counts_for_less() -> None:
    fine = [*run(0.0), Seen(3000.0, 1.0)]
    coarse = [*run(0.0), Seen(3000.0, 1.0, coarsened_m=2000.0)]
    (_, one), (_, other) = track(fine, snapshots_s=[3000.0]), track(coarse, snapshots_s=[3000.0])
    off_m = [float(distance_m(found.lat_deg[0], found.lon_deg[0], LAT, LON)) for found in (one, other)]
    assert off_m[1] < 0.1 * off_m[0]


def test_the_numbering_of_reports_and_identities_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    seen = [
        Seen(k * 300.0, k * 1.5 + north, east + rng.normal() / 10, mmsi=mmsi, report=k)
        for k in range(12)
        for north, east, mmsi in rng.permuted(np.array([(0, 0, 0), (0, 3, 0), (2, 1, 7), (40, 9, 0)]), axis=0)
    ]
    of, found = track(seen, snapshots_s=[3600.0])
    turned, again = track(
        [row._replace(report=2 * row.report + 5, mmsi=row.mmsi * 1001) for row in seen[::-1]],
        snapshots_s=[3600.0],
    )
    assert turned[::-1] == of
    assert found.lat_deg.tobytes() == again.lat_deg.tobytes()


@pytest.mark.parametrize("dt_s", [1e-3, 1.0, 3.0, 300.0, 7200.0, 2e5])
def test_the_motion_is_that_of_stone_soup(dt_s: float) -> None:
    from datetime import timedelta

    from mda_sim.picture.motion_kernels import N_STATE, step

    sigma, tau_s = 5.0, 3600.0
    axis = OrnsteinUhlenbeck(noise_diff_coeff=2 * sigma**2 / tau_s, damping_coeff=1 / tau_s)
    model = CombinedLinearGaussianTransitionModel([axis, axis])
    dt = timedelta(seconds=dt_s)
    move, noise = (
        np.asarray(model.matrix(time_interval=dt), float),
        np.asarray(model.covar(time_interval=dt), float),
    )
    rng = np.random.default_rng(4)
    root = rng.normal(size=(4, 4)) * np.array([[100.0], [3.0], [100.0], [3.0]])
    before = root @ root.T  # of x, u, y, v
    after = move @ before @ move.T + noise
    state, out = np.empty(N_STATE), np.empty(N_STATE)
    state[:2] = 3.0, -4.0
    pick = [(0, 0), (0, 2), (2, 2), (0, 1), (0, 3), (2, 1), (2, 3), (1, 1), (1, 3), (3, 3)]
    state[2:] = [before[i] for i in pick]
    g = step(state, dt_s, sigma, tau_s, out)
    assert g == pytest.approx(move[0, 1], rel=1e-9)
    assert out[:2] == pytest.approx(np.array([3.0, -4.0]) * move[1, 1], rel=1e-9)
    assert out[2:] == pytest.approx([after[i] for i in pick], rel=1e-7)


def test_a_step_back_undoes_the_mean_of_the_stationary_process() -> None:
    from mda_sim.picture.motion_kernels import N_STATE, start, step

    # velocity and past displacement are correlated as velocity and future displacement, with the sign turned
    state, ahead, back = np.empty(N_STATE), np.empty(N_STATE), np.empty(N_STATE)
    start(5.0, 100.0, 20.0, 400.0, state)
    assert step(state, -900.0, 5.0, 3600.0, back) == -step(state, 900.0, 5.0, 3600.0, ahead)
    assert back[[2, 3, 4, 9, 10, 11]] == pytest.approx(ahead[[2, 3, 4, 9, 10, 11]])
    assert back[5:9] == pytest.approx(-ahead[5:9])


def test_nothing_received_is_no_track() -> None:
    nothing, found = track([], snapshots_s=[0.0, 3600.0])
    assert (nothing, found.n_tracks, len(found.track)) == ([], 0, 0)


def test_tracks_across_the_date_line_and_near_a_pole_are_found() -> None:
    for lat, lon, step_deg in ((10.0, 179.99, 0.005), (89.5, -179.9, 0.4)):
        seen = run(0.0, n=12)
        _, found = track(seen)
        said_lat = np.full(12, lat)
        said_lon = (lon + step_deg * np.arange(12) + 180.0) % 360.0 - 180.0
        places = Said(**{**_said(seen), "lat_deg": said_lat, "lon_deg": said_lon})
        received = Received(
            np.arange(13), np.arange(12) * 300 * S, np.arange(12), np.arange(12), np.zeros(12, np.float32)
        )
        again = build_tracks(places, received, GATING, np.array([3600 * S]))
        assert again.n_tracks == found.n_tracks == 1
        assert abs(again.lon_deg[0]) <= 180.0


def _said(seen: Sequence[Seen]) -> dict[str, np.ndarray]:
    n = len(seen)
    zero = np.zeros(n, np.float32)
    return {
        "contact": np.arange(n), "report": np.arange(n), "target": np.zeros(n, np.uint32),
        "t_us": np.array([round(row.t_s * S) for row in seen], np.int64), "semi_major_m": zero + 100,
        "semi_minor_m": zero + 100, "orientation_deg": zero, "mmsi": np.zeros(n, np.uint32),
        "is_image": np.zeros(n, np.bool_), "z_east": zero, "z_north": zero,
    }  # fmt: skip
