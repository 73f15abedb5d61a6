"""Windows in closed form against positions sampled along the legs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m
from mda_sim.sensing.windows import find_windows

LAT = st.floats(-5, 45)
LON = st.floats(95, 150)


@given(
    place=st.tuples(LAT, LON),
    path=st.lists(st.tuples(LAT, LON), min_size=2, max_size=4, unique=True),
    reach_km=st.floats(1, 3000),
)
@settings(max_examples=80, deadline=None)
def test_windows_are_where_sampled_positions_are_in_reach(build, place, path, reach_km):
    times_s = np.arange(len(path)) * 40_000.0
    fleet = build.fleet([[(t, *point) for t, point in zip(times_s, path, strict=True)]])
    reach_m = np.array([reach_km * 1000.0])
    windows = find_windows(fleet, *place, reach_m)
    t_us = np.linspace(0, int(times_s[-1] * 1e6), 1501).astype(np.int64)
    lat, lon = fleet.positions(0, t_us)
    away_m = distance_m(*place, lat, lon)
    inside = np.zeros(len(t_us), bool)
    for window in windows:
        inside |= (window["t_from_us"] <= t_us) & (t_us <= window["t_to_us"])
    clear = np.abs(away_m - reach_m) > 1.0  # within a metre of the edge either answer is right
    assert (inside == (away_m <= reach_m))[clear].all()
    assert (np.diff(windows["t_from_us"]) > 0).all()
    for window in windows:
        edges_us = np.array([window["t_from_us"], window["t_to_us"]])
        lat, lon = fleet.positions(0, edges_us)
        assert (distance_m(*place, lat, lon) <= reach_m + 1.0).all()


def test_a_crossing_through_the_centre_lasts_its_chord_over_speed(build):
    # 80 km either side at 12 kn: 2 x 80 km / 6.1733 m/s = 7.2 h.
    speed_mps = 12 * 1852 / 3600
    fleet = build.fleet([build.sailing(-300e3, 300e3, speed_mps)])
    (window,) = find_windows(fleet, 14.0, 120.0, np.array([80e3]))
    lasts_s = (window["t_to_us"] - window["t_from_us"]) * 1e-6
    assert lasts_s == pytest.approx(160e3 / speed_mps, rel=1e-6)
    assert lasts_s / 3600 == pytest.approx(7.2, abs=0.005)


def test_motionless_targets_are_in_reach_for_good_or_never(build):
    fleet = build.fleet(build.parked(np.array([49e3, 51e3])))
    windows = find_windows(fleet, 14.0, 120.0, np.full(2, 50e3))
    assert windows["target"].tolist() == [0]
    assert (windows["t_from_us"][0], windows["t_to_us"][0]) == (0, 24 * 3_600_000_000)


def test_a_leg_that_passes_abeam_out_of_reach_has_no_window(build):
    fleet = build.fleet([[(0.0, 15.0, 118.0), (50_000.0, 15.0, 122.0)]])
    assert len(find_windows(fleet, 14.0, 120.0, np.array([100e3]))) == 0
    assert len(find_windows(fleet, 14.0, 120.0, np.array([120e3]))) == 1


def test_a_negative_reach_is_never(build):
    fleet = build.fleet(build.parked(np.array([0.0, 10.0])))
    assert find_windows(fleet, 14.0, 120.0, np.array([-1.0, 50e3]))["target"].tolist() == [1]


def test_blocks_of_targets_give_the_same_windows_as_all_at_once(build):
    paths = [
        build.sailing(-d, d, 8.0, bearing_deg=b) for d, b in ((9e4, 10), (2e5, 80), (3e4, 200), (7e4, 300))
    ]
    fleet, reach_m = build.fleet(paths), np.array([5e4, 6e4, 7e4, -1.0])
    whole = find_windows(fleet, 14.0, 120.0, reach_m)
    parts = [find_windows(fleet, 14.0, 120.0, reach_m, first, first + 1) for first in range(4)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_reaches_that_do_not_fit_are_refused(build):
    fleet = build.fleet(build.parked(np.array([1e3, 2e3])))
    with pytest.raises(ShapeError, match="each of 2 targets"):
        find_windows(fleet, 14.0, 120.0, np.array([1.0]))
    with pytest.raises(ValueError, match="quarter of the globe"):
        find_windows(fleet, 14.0, 120.0, np.full(2, 2 * EARTH_RADIUS_M))
