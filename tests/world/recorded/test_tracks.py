"""Simplified tracks keep their bound, jumps follow their rule, and texts read as what they say."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.data.catalogue import DATA_FOLDER
from mda_sim.geo.sphere import destination, distance_m, great_circle_points, initial_bearing_deg, unit_vectors
from mda_sim.world.recorded.dialects import recognised
from mda_sim.world.recorded.identity import flags_of, has_mid, has_other_form, has_ship_form
from mda_sim.world.recorded.rows import NO_TIME
from mda_sim.world.recorded.track_kernels import find_jumps
from mda_sim.world.recorded.tracks import STRETCH_FIXES, kept_fixes
from mda_sim.world.recorded.values import numbers, times


def walk(seed: int, n: int, step_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A wandering track: latitudes, longitudes and times of n fixes."""
    rng = np.random.default_rng(seed)
    t_us = np.cumsum(rng.integers(1, 600, n)) * 1_000_000
    lat = 14.0 + np.cumsum(rng.normal(0, step_m / 111_195, n))
    lon = 115.0 + np.cumsum(rng.normal(0, step_m / 111_195, n))
    return lat, lon, t_us


def on_track(lat: np.ndarray, lon: np.ndarray, t_us: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """How far each fix lies from the track through the kept ones at its time [m]."""
    kept = np.flatnonzero(keep)
    away = np.zeros(len(t_us))
    for begin, end in pairwise(kept):
        for k in range(begin + 1, end):
            share = (t_us[k] - t_us[begin]) / (t_us[end] - t_us[begin])
            span_m = distance_m(lat[begin], lon[begin], lat[end], lon[end])
            bearing = initial_bearing_deg(lat[begin], lon[begin], lat[end], lon[end])
            here = destination(lat[begin], lon[begin], bearing, span_m * share)
            away[k] = distance_m(*here, lat[k], lon[k])
    return away


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 120),
    step_m=st.sampled_from([5.0, 100.0, 2000.0]),
    tolerance_m=st.sampled_from([20.0, 100.0, 1500.0]),
)
def test_no_fix_is_further_from_the_track_than_the_tolerance(
    seed: int, n: int, step_m: float, tolerance_m: float
) -> None:
    lat, lon, t_us = walk(seed, n, step_m)
    keep = kept_fixes(lat, lon, t_us, np.zeros(n, np.int64), tolerance_m)
    assert keep[0]
    assert keep[-1]
    assert on_track(lat, lon, t_us, keep).max() <= tolerance_m + 0.01


def test_a_great_circle_at_constant_speed_is_two_fixes_and_a_stop_is_seen() -> None:
    lat, lon = great_circle_points(10.0, 110.0, 14.0, 118.0, 200)
    t_us = np.arange(200) * 60_000_000
    assert np.flatnonzero(kept_fixes(lat, lon, t_us, np.zeros(200, int), 1.0)).tolist() == [0, 199]
    waits = np.where(np.arange(200) >= 100, t_us + 3_600_000_000, t_us)
    assert np.flatnonzero(kept_fixes(lat, lon, waits, np.zeros(200, int), 1.0)).tolist() == [0, 99, 100, 199]


def test_long_pieces_are_cut_into_stretches_and_pieces_never_mix() -> None:
    n = 2 * STRETCH_FIXES + 2
    lat, lon = np.full(n, 12.0), np.full(n, 115.0)
    t_us = np.arange(n) * 10_000_000
    one = np.flatnonzero(kept_fixes(lat, lon, t_us, np.zeros(n, int), 50.0))
    assert one.tolist() == [0, STRETCH_FIXES, 2 * STRETCH_FIXES, n - 1]
    two = np.flatnonzero(kept_fixes(lat, lon, t_us, (np.arange(n) >= 700).astype(int), 50.0))
    assert two.tolist() == [0, 699, 700, 700 + STRETCH_FIXES, n - 1]


@pytest.mark.parametrize(
    ("places_km", "jumps", "restarts"),
    [
        ([0, 1, 2, 3, 4, 5], [], []),
        ([0, 1, 90, 3, 4, 5], [2], []),
        ([0, 1, 90, 91, 4, 5], [2, 3], []),
        ([0, 1, 90, 91, 92, 93], [], [2]),
        ([90, 1, 2, 3, 4, 5], [], [1]),
        ([0, 90, 2, 91, 4, 92], [1, 3, 5], []),
        ([0, 90, 180, 91, 92, 93], [1, 2], [3]),
    ],
)
def test_a_jump_is_a_fix_that_the_track_cannot_reach(
    places_km: list[float], jumps: list[int], restarts: list[int]
) -> None:
    """Fixes a minute apart along the equator; 30 m/s allow 1.8 km a minute."""
    points = unit_vectors(np.zeros(6), np.array(places_km) / 111.195)
    found, again = np.zeros(6, bool), np.zeros(6, bool)
    whole = np.array([0]), np.array([6])
    find_jumps(points, np.arange(6) * 60_000_000, *whole, 30.0, 0.0, 3, found, again)
    assert np.flatnonzero(found).tolist() == jumps
    assert np.flatnonzero(again).tolist() == restarts


@given(
    moment=st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)),
    hours=st.integers(-14, 14),
    minutes=st.sampled_from([0, 30, 45]),
)
def test_times_read_as_the_calendar_has_them(moment: datetime, hours: int, minutes: int) -> None:
    zone = timezone(timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes))
    text = moment.replace(tzinfo=zone).isoformat()
    (t_us,), (zoned,) = times(pa.array([text]), day_first=False)
    since = moment.replace(tzinfo=zone) - datetime(1970, 1, 1, tzinfo=UTC)
    assert zoned
    assert t_us == since // timedelta(microseconds=1)
    day_first = moment.replace(microsecond=0)
    (t_us,), (zoned,) = times(pa.array([day_first.strftime("%d/%m/%Y %H:%M:%S")]), day_first=True)
    assert not zoned
    assert t_us == (day_first - datetime(1970, 1, 1)) // timedelta(microseconds=1)


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**15), 10**15)))
def test_numbers_read_as_they_are_written(number: float) -> None:
    assert numbers(pa.array([repr(number), "x"]))[0] == float(number)


def test_seconds_and_milliseconds_since_1970_are_times_too() -> None:
    t_us, zoned = times(pa.array(["1772409600", "1772409600000", "1772409600.5", "17724"]), day_first=False)
    assert t_us[:3].tolist() == [1_772_409_600_000_000, 1_772_409_600_000_000, 1_772_409_600_500_000]
    assert zoned.tolist() == [True, True, True, False]


def test_a_date_that_begins_with_the_year_is_read_whatever_the_archive() -> None:
    text = pa.array(["2026-03-02T00:00:00Z", "02/03/2026 00:00:00"])
    assert times(text, day_first=True)[0].tolist() == [1_772_409_600_000_000] * 2
    assert (times(text, day_first=False)[0] == NO_TIME).tolist() == [False, True]


def test_identities_have_the_forms_of_the_recommendation() -> None:
    """Forms as in ITU-R M.585-9; states of the MIDs as in the table of the ITU."""
    ships = np.array([431000001, 548123456, 412000000, 574000001, 338000001])
    assert has_ship_form(ships).all()
    assert flags_of(ships) == ["JPN", "PHL", "CHN", "VNM", "USA"]
    others = np.array([5480001, 54800001, 111548001, 854800001, 985480001, 995480001, 970548001, 972000001])
    assert has_other_form(others).all()
    assert not has_ship_form(others).any()
    neither = np.array([-1, 0, 1, 123456789, 999999999, 111111111, 800000000])
    assert not has_other_form(neither).any()
    assert not has_ship_form(neither).any()
    assert has_mid(np.array([200, 201, 290, 775, 999, 1000, -1])).tolist() == [
        False,
        True,
        False,
        True,
        False,
        False,
        False,
    ]


def test_columns_are_known_without_case_and_the_rest_is_not() -> None:
    found = recognised(["LON", "Lat", " timestamp ", "#MMSI"])
    assert found is not None
    assert (found[0].name, found[1]["time"], found[1]["mmsi"]) == ("plain", " timestamp ", "#MMSI")
    assert recognised(["mmsi", "lat", "lon"]) is None


def test_every_mid_has_one_code_and_a_source() -> None:
    with (DATA_FOLDER / "ais" / "mid.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    mids = [int(row["mid"]) for row in rows]
    assert mids == sorted(set(mids))
    assert 201 <= mids[0] <= mids[-1] <= 799
    assert all(re.fullmatch("[A-Z]{3}", row["flag"]) for row in rows)
    assert all(row["source"] and row["confidence"] in {"high", "medium", "low"} for row in rows)
