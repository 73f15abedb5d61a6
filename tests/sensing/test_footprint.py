"""Footprints and views of listening satellites: closed forms, and positions of SGP4 sampled each second."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mda_sim.core.time import US_PER_DAY, US_PER_S, Timeline
from mda_sim.geo.orbits import earth_fixed, on_sphere
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.sensing.footprint import footprint_rad, passes_over, views_of
from mda_sim.sensing.footprint_kernels import BoxRad, box_arc
from mda_sim.sensing.lanes_kernels import LANES, board, find_views, no_lanes
from mda_sim.sensing.looks import Setting
from mda_sim.sensing.orbiting import PASSES_PER_SATELLITE, TaskSpec
from mda_sim.sensing.rf_satellite import RfSatellite
from mda_sim.sensing.tasking import intervals
from mda_sim.sensing.windows import leg_columns

START = datetime(2026, 11, 2, tzinfo=UTC)
AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)
NORTH = Box(lat_min_deg=60, lat_max_deg=79, lon_min_deg=-15, lon_max_deg=40)
LOW = {"altitude_m": 500e3, "inclination_deg": 51.6, "raan_deg": 40.0}
POLAR = {"altitude_m": 780e3, "inclination_deg": 86.4, "raan_deg": 200.0}


def timeline_of(days: float) -> Timeline:
    return Timeline(START, 0, round(days * US_PER_DAY), 0)


def listener(**changes) -> RfSatellite:
    return RfSatellite(operator="USA", **({**LOW, "elevation_min_deg": 5.0} | changes))


def works_of(satellite, days=1.0, area=AREA, seed=1):
    timeline = timeline_of(days)
    tracks = satellite.tracks(timeline)
    return tracks, satellite.works("s", Setting(None, timeline, seed, None, area), tracks)


def sampled(satellite, days, number=0):
    """Each second: points on the sphere and whether they go north, straight from SGP4."""
    t_s = np.arange(0, round(days * 86400) + 1)
    place = on_sphere(earth_fixed(satellite.orbits(START)[number], START, t_s)[0])
    return t_s, place, np.gradient(place[:, 2]) >= 0


def hears(satellite, place, points):
    """Whether a satellite at ``place`` is high and near enough over points, by the triangle."""
    ray = place - EARTH_RADIUS_M * points
    elevation = np.arcsin((ray * points).sum(-1) / np.linalg.norm(ray, axis=-1))
    below = place / np.linalg.norm(place, axis=-1, keepdims=True)
    arc = np.arccos(np.clip((below * points).sum(-1), -1, 1))
    farthest = math.inf if satellite.max_range_m is None else satellite.max_range_m / EARTH_RADIUS_M
    return (elevation >= math.radians(satellite.elevation_min_deg)) & (arc <= farthest)


@given(height_m=st.floats(160e3, 2000e3), elevation=st.floats(0, 85))
def test_the_edge_of_a_footprint_sees_the_satellite_at_the_least_elevation(height_m, elevation):
    edge = float(footprint_rad(listener(elevation_min_deg=elevation), height_m))
    ray = (EARTH_RADIUS_M + height_m) * np.array([math.cos(edge), math.sin(edge)]) - [EARTH_RADIUS_M, 0.0]
    assert math.degrees(math.atan2(ray[0], ray[1])) == pytest.approx(elevation, abs=1e-6)
    near = listener(elevation_min_deg=elevation, max_range_m=300e3)
    assert float(footprint_rad(near, height_m)) == pytest.approx(min(edge, 300e3 / EARTH_RADIUS_M))


def test_the_distance_to_a_box_is_the_least_to_any_of_its_points():
    rng = np.random.default_rng(4)
    for box in (AREA, NORTH, Box(lat_min_deg=-40, lat_max_deg=-10, lon_min_deg=-170, lon_max_deg=150)):
        lat, lon = np.meshgrid(
            np.linspace(box.lat_min_deg, box.lat_max_deg, 250),
            np.linspace(box.lon_min_deg, box.lon_max_deg, 1500),
        )
        inside = unit_vectors(lat.ravel(), lon.ravel())
        limits = BoxRad(
            *np.deg2rad([box.lat_min_deg, box.lat_max_deg, box.lon_min_deg, box.lon_max_deg]).tolist()
        )
        points = rng.normal(size=(60, 3))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        least = np.arccos(np.clip((points @ inside.T).max(axis=1), -1, 1))
        found = [box_arc(limits, *point) for point in points.tolist()]
        # The grid is 0.2 degrees wide: where a corner of it is nearest it is exact, else a bit too far.
        assert found == pytest.approx(least, abs=0.003)
        assert (np.array(found) <= least + 1e-9).all()


@pytest.mark.parametrize(
    ("orbit", "limits", "area"),
    [
        (LOW, {"elevation_min_deg": 0.0}, AREA),
        (POLAR, {"elevation_min_deg": 10.0}, AREA),
        (LOW, {"elevation_min_deg": 5.0, "max_range_m": 900e3}, AREA),
        (POLAR, {"elevation_min_deg": 30.0}, NORTH),
    ],
)
def test_passes_are_those_of_positions_sampled_each_second(orbit, limits, area):
    satellite, days = listener(**orbit, **limits), 1.0
    timeline = timeline_of(days)
    found = passes_over(satellite, satellite.tracks(timeline), (area,), timeline)
    t_s, place, is_north = sampled(satellite, days)
    lat = np.linspace(area.lat_min_deg, area.lat_max_deg, 24)
    lon = np.linspace(area.lon_min_deg, area.lon_max_deg, 24)
    grid = unit_vectors(*(axis.ravel() for axis in np.meshgrid(lat, lon)))
    # A hundred points of the area stand for it between those of its rim, which are closer together.
    fine_lat, fine_lon = (np.linspace(a[0], a[-1], 150) for a in (lat, lon))
    rim = [(y, x) for y in fine_lat for x in lon[[0, -1]]] + [(y, x) for y in lat[[0, -1]] for x in fine_lon]
    points = np.concatenate([grid, unit_vectors(*np.array(rim).T)])
    middle = unit_vectors((lat[0] + lat[-1]) / 2, (lon[0] + lon[-1]) / 2)
    near_rad = float(np.arccos((points @ middle).min())) + float(footprint_rad(satellite, 850e3))
    is_near = place @ middle > math.cos(near_rad) * np.linalg.norm(place, axis=1)
    touches = np.zeros(len(t_s), bool)
    touches[is_near] = [hears(satellite, here, points).any() for here in place[is_near]]
    number = np.concatenate([[0], np.cumsum(is_north[1:] != is_north[:-1])])
    expected = {}
    for k in np.unique(number[touches]).tolist():
        seconds = t_s[touches & (number == k)]
        if seconds[0] > 0 and seconds[-1] < t_s[-1]:
            expected[k] = seconds[0], seconds[-1]
    lasts = {k: ends[1] - ends[0] for k, ends in expected.items()}
    rows = {int(row["number"]): row for row in found}
    assert {k for k in expected if lasts[k] > 60} <= rows.keys() <= expected.keys()
    assert sum(lasts[k] > 60 for k in expected) >= 3
    for k, row in rows.items():
        if lasts[k] > 60:
            assert row["t_from_us"] / 1e6 == pytest.approx(expected[k][0], abs=2.5)
            assert row["t_to_us"] / 1e6 == pytest.approx(expected[k][1], abs=2.5)


@pytest.fixture(scope="module")
def ships(build):
    """80 ships under way at up to 15 m/s with turns, and 40 at anchor, all over the area for 1.5 days."""
    rng = np.random.default_rng(9)
    lat, lon = rng.uniform(4, 25, 120), rng.uniform(106, 126, 120)
    turn = rng.uniform(-0.8, 0.8, (120, 3, 2))
    turn[80:] = 0.0
    paths = []
    for i in range(120):
        steps = np.cumsum(np.vstack([[lat[i], lon[i]], turn[i]]), axis=0)
        times = [0.0, 5.5 * 3600, 14 * 3600, 36 * 3600]
        paths.append([(t, *place) for t, place in zip(times, steps.tolist(), strict=True)])
    return build.fleet(paths)


def views(satellite, fleet, tracks, works):
    """(work, target, first, last instant in view [s]) of all that comes in view."""
    ready, legs = views_of(satellite, tracks, works), leg_columns(fleet)
    first_leg, n_legs = (fleet.targets[name].astype(np.int64) for name in ("first_leg", "n_legs"))
    lanes, seen, found = no_lanes(), np.empty((LANES, 3), np.int64), []
    for target in range(fleet.n_targets):
        board(lanes, target, legs, first_leg[target], first_leg[target] + n_legs[target])
    for row, work in enumerate(ready.order.tolist()):
        rows = seen[: find_views(ready, row, legs, lanes, seen)].tolist()
        assert rows == sorted(rows)
        found += [(work, target, begins / 1e6, ends / 1e6) for target, begins, ends in rows]
    return found


@pytest.mark.parametrize(
    ("orbit", "limits"),
    [
        (LOW, {"elevation_min_deg": 0.0}),
        (POLAR, {"elevation_min_deg": 10.0}),
        (LOW, {"elevation_min_deg": 45.0}),
        (LOW, {"elevation_min_deg": 5.0, "max_range_m": 900e3}),
    ],
)
def test_views_are_those_of_positions_sampled_each_second(ships, orbit, limits):
    satellite, days = listener(**orbit, **limits), 1.4
    tracks, works = works_of(satellite, days)
    t_s, place, _ = sampled(satellite, days)
    paths = np.array([ships.unit_vectors(i, t_s * US_PER_S) for i in range(ships.n_targets)])
    expected = {}
    for k, work in enumerate(works):
        span = slice(-(-int(work["t_from_us"]) // US_PER_S), int(work["t_to_us"]) // US_PER_S + 1)
        seen = hears(satellite, place[span][None], paths[:, span])
        for target in np.flatnonzero(seen.any(axis=1)).tolist():
            at = t_s[span][seen[target]]
            assert len(at) == at[-1] - at[0] + 1
            expected[k, target] = at[0], at[-1]
    found = {(work, target): ends for work, target, *ends in views(satellite, ships, tracks, works)}
    # Those that are sampled once or hardly graze the footprint may be told either way.
    long = {key for key, (begins, ends) in expected.items() if ends - begins > 60}
    assert len(long) > 100
    assert long <= found.keys()
    assert all(found[key][1] - found[key][0] < 60 for key in found.keys() - expected.keys())
    worst = 0.0
    for key in long:
        first, last = expected[key]
        # A first second in view ends the wait for it: the true instant is up to 1 s before.
        early, late = found[key][0] - (first - 0.5), found[key][1] - (last + 0.5)
        worst = max(worst, abs(early) - 0.5, abs(late) - 0.5)
    assert worst < 1.0, worst


def test_views_stay_within_their_passes_and_shrink_with_elevation(ships):
    wide, narrow = listener(elevation_min_deg=5.0), listener(elevation_min_deg=20.0)
    tracks, works = works_of(wide)
    broad = {row[:2]: row[2:] for row in views(wide, ships, tracks, works)}
    for (work, _), (begins, ends) in broad.items():
        assert works["t_from_us"][work] / 1e6 <= begins <= ends <= works["t_to_us"][work] / 1e6
    slim = views(narrow, ships, tracks, works)
    assert 20 < len(slim) < len(broad)
    for work, target, begins, ends in slim:
        assert broad[work, target][0] < begins < ends < broad[work, target][1]


def test_the_time_in_view_by_range_is_that_of_the_chord():
    satellite = listener(elevation_min_deg=0.0)
    edge_m = float(footprint_rad(satellite, 500e3)) * EARTH_RADIUS_M
    ranges_m = np.array([0.0, 0.5, 0.99, 1.01]) * edge_m
    rate = math.sqrt(3.986e14 / (EARTH_RADIUS_M + 500e3) ** 3)
    t_s = np.linspace(-900, 900, 180_001)
    for range_m, lasts_s in zip(ranges_m, satellite.in_view_s(ranges_m), strict=True):
        arc = np.arccos(np.cos(range_m / EARTH_RADIUS_M) * np.cos(rate * t_s))
        assert lasts_s == pytest.approx((arc <= edge_m / EARTH_RADIUS_M).sum() * 0.01, abs=0.05)


def test_numbers_and_times_depend_on_no_other_satellite_and_not_on_how_long_the_run_is():
    one, many = listener(n_satellites=1), listener(n_satellites=3, n_planes=3)
    _, short = works_of(one, 1.0)
    _, long = works_of(one, 2.0)
    _, all_three = works_of(many, 1.0)
    assert len(short) > 3
    assert long[: len(short)].tolist() == short.tolist()
    assert all_three[all_three["satellite"] == 0].tolist() == short.tolist()
    assert (intervals(all_three) // PASSES_PER_SATELLITE == all_three["satellite"]).all()


def test_passes_before_operation_are_not_listened_to():
    _, works = works_of(listener())
    later = listener(from_utc=START + timedelta(hours=9))
    _, kept = works_of(later)
    assert kept.tolist() == works[works["t_from_us"] >= 9 * 3600 * US_PER_S].tolist()
    assert 0 < len(kept) < len(works)


def test_a_task_is_listened_to_while_the_footprint_touches_it():
    place = Box(lat_min_deg=14.9, lat_max_deg=15.1, lon_min_deg=117.6, lon_max_deg=117.8)
    tasked = listener(tasks={"shoal": TaskSpec(area=place)})
    _, works = works_of(tasked)
    _, of_area = works_of(listener(), area=place)
    assert works.tolist() == of_area.tolist()
    assert 2 <= len(works) < len(works_of(listener())[1])
    brief = listener(tasks={"shoal": TaskSpec(area=place)}, longest_image_s=60.0)
    lasts_us = np.diff([works_of(brief)[1][name] for name in ("t_from_us", "t_to_us")], axis=0)
    assert lasts_us.max() == 60 * US_PER_S


def test_a_share_of_the_passes_is_worked():
    _, all_of_them = works_of(listener(), 10.0)
    _, some = works_of(listener(duty=0.3), 10.0)
    n = len(all_of_them)
    assert abs(len(some) - 0.3 * n) < 4 * math.sqrt(0.21 * n)
    assert set(intervals(some).tolist()) < set(intervals(all_of_them).tolist())


def test_without_an_area_there_is_nothing_to_listen_to():
    with pytest.raises(ValueError, match="the satellite 's' needs the area that it is to listen to"):
        works_of(listener(), area=None)


@pytest.mark.parametrize("change", [{"elevation_min_deg": 90.0}, {"max_range_m": 0.0}])
def test_limits_of_a_footprint_are_checked(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        listener(**change)
