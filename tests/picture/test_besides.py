"""Duplicates and conflicts: hand-made contacts, and all pairs looked at by brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.geo.sphere import destination, distance_m
from mda_sim.picture.besides import conflicts, duplicates

S = 1_000_000


def test_another_sensor_in_the_same_interval_is_a_duplicate_and_the_same_sensor_is_not():
    """Shown: sensor 0 at 1000 s, interval 300 s. Sensor 1 at 700 s is just one interval older."""
    t_us = np.array([699_999_999, 700 * S, 800 * S, 900 * S, 1000 * S])
    sensor = np.array([1, 1, 0, 2, 0])
    interval_us = np.array([300, 300, 300, 0, 300]) * S
    offsets, shown = np.array([0, 5]), np.array([4])
    assert duplicates(offsets, t_us, sensor, interval_us, shown).tolist() == [2]
    longer = np.where(sensor == 1, 400 * S, interval_us)
    assert duplicates(offsets, t_us, sensor, longer, shown).tolist() == [3]


def conflict_of(far_m, *, apart_s=100.0, top_speed_mps=10.0):
    """One radar contact with an error of 50 m, and one by AIS with 30 m so far away and so much later."""
    lat, lon = destination(15.0, 118.0, 90.0, far_m)
    return conflicts(
        np.array([0, 2]),
        np.array([0, round(apart_s * S)]),
        np.array([False, True]),
        np.array([15.0, float(lat)]),
        np.array([118.0, float(lon)]),
        np.array([50.0, 30.0]),
        np.full(2, top_speed_mps),
    ).tolist()


def test_a_conflict_is_further_than_both_errors_and_top_speed_times_time_apart():
    """50 m + 30 m + 10 m/s x 100 s = 1,080 m."""
    assert conflict_of(1079.0) == [0]
    assert conflict_of(1081.0) == [1]
    assert conflict_of(1081.0, apart_s=101.0) == [0]
    assert conflict_of(81.0, apart_s=0.0) == [1]
    assert conflict_of(79.0, apart_s=0.0) == [0]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.booleans(), st.integers(-4, 4)), max_size=14)
)
def test_conflicts_are_those_of_the_nearest_ais_contacts_before_and_after(rows):
    """Each measured contact against all AIS contacts of its target, of which the nearest in time count."""
    rows = sorted(rows, key=lambda row: row[:2])
    target, hour, is_ais, east = (np.array([row[i] for row in rows], np.int64) for i in range(4))
    heard = is_ais.astype(np.bool_)
    t_us, lon = hour * 3600 * S, 118.0 + east * 0.05
    offsets = np.searchsorted(target, np.arange(4))
    found = conflicts(
        offsets,
        t_us,
        heard,
        np.full(len(rows), 15.0),
        lon,
        np.full(len(rows), 100.0),
        np.full(len(rows), 1.0),
    )
    expected = [0, 0, 0]
    for i in np.flatnonzero(~heard).tolist():
        same = heard & (target == target[i])
        before = np.flatnonzero(same & (np.arange(len(rows)) <= i)).tolist()[-1:]
        after = np.flatnonzero(same & (np.arange(len(rows)) >= i)).tolist()[:1]
        wrong = [
            float(distance_m(15.0, lon[i], 15.0, lon[j])) > 200.0 + abs(t_us[i] - t_us[j]) / S
            for j in before + after
        ]
        expected[target[i]] += any(wrong)
    assert found.tolist() == expected
