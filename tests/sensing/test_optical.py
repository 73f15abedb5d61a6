"""Cameras in orbit: who is in a swath to both sides, daylight, night, cloud, resolution and lights."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mda_sim.core.time import US_PER_DAY, US_PER_S, Timeline
from mda_sim.geo.orbits import earth_fixed, on_sphere
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.geo.sun import sun_elevation_deg
from mda_sim.sensing.access_kernels import ACCESS
from mda_sim.sensing.looks import Setting
from mda_sim.sensing.optical import (
    NightLightSatellite,
    OpticalSatellite,
    _in_the_open,
    p_resolved,
    pixel_size_m,
)
from mda_sim.sensing.sensors import cards
from mda_sim.sensing.swath import Accesses, ground_range_m
from mda_sim.sensing.sweep import sense
from mda_sim.world.environment import build_environment
from mda_sim.world.environment_spec import UniformEnvironment

SEED = 5
START = datetime(2026, 3, 15, tzinfo=UTC)
AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)
FAR = 1.0e3


def timeline_of(days: float, start: datetime = START) -> Timeline:
    return Timeline(start, 0, round(days * US_PER_DAY), 0)


def camera(**changes) -> OpticalSatellite:
    """Sentinel-2 like, and sure of all ships in daylight: 290 km wide, 10:30."""
    values = {
        "operator": "XEU",
        "altitude_m": 786_000.0,
        "ltan_s": 81_000.0,
        "incidence_max_deg": 11.7,
        "resolution_m": 0.1,
        "p_max": 1.0,
    }
    return OpticalSatellite(**(values | changes))


def lights(**changes) -> NightLightSatellite:
    """VIIRS like: 3,000 km wide, 13:30."""
    values = {
        "operator": "USA",
        "altitude_m": 824_000.0,
        "ltan_s": 48_600.0,
        "incidence_max_deg": 68.0,
        "resolution_m": 742.0,
        "p_lit": 1.0,
    }
    return NightLightSatellite(**(values | changes))


def sky(cloud: float, timeline: Timeline):
    spec = UniformEnvironment(kind="uniform", wind_mps=5.0, wave_height_m=1.0, cloud_fraction=cloud)
    return build_environment(spec, AREA, timeline, SEED)


def anchored(build, places, **columns):
    return build.fleet([[(0.0, *place), (20 * 86400.0, *place)] for place in places], **columns)


def spread(n: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(20260315)
    return list(zip(rng.uniform(4, 25, n), rng.uniform(106, 126, n), strict=True))


@pytest.mark.parametrize("eye", [camera(sun_elevation_min_deg=-5.0), lights(sun_elevation_max_deg=0.0)])
def test_contacts_are_those_of_positions_sampled_each_second(build, eye):
    timeline = timeline_of(3.0)
    fleet = anchored(build, spread(60), lit=np.ones(60, np.uint8))
    log = sense(fleet, {"s": eye}, timeline, SEED, land=None, area=AREA)
    end_us = dict(zip(log.reports["interval"].tolist(), log.reports["t_observed_us"].tolist(), strict=True))
    found = sorted((target, (end_us[k] - dt_us) / 1e6) for _, k, target, dt_us in build.rows(log))
    t_s = np.arange(0, timeline.score_to_us // US_PER_S + 1)
    place = on_sphere(earth_fixed(eye.orbits(START)[0], START, t_s)[0])
    expected, doubtful = [], []
    for target in range(fleet.n_targets):
        point = fleet.unit_vectors([target], [0])[0]
        lat, lon = fleet.positions([target], [0])
        ray = place - EARTH_RADIUS_M * point
        square = (ray**2).sum(axis=1)
        least = 1 + np.flatnonzero((square[1:-1] < square[:-2]) & (square[1:-1] <= square[2:]))
        for k in least[square[least] < 4e6**2]:
            incidence = math.degrees(math.acos(float(ray[k] @ point) / math.sqrt(square[k])))
            sun_deg = float(sun_elevation_deg(START, float(t_s[k]), lat, lon)[0])
            above = sun_deg + 5.0 if isinstance(eye, OpticalSatellite) else -sun_deg
            if incidence > eye.incidence_max_deg + 0.02 or above < -0.02:
                continue
            edge = min(abs(incidence - eye.incidence_max_deg), abs(above))
            is_whole = 1500 < t_s[k] < t_s[-1] - 1500
            (expected if is_whole and edge > 0.02 else doubtful).append((target, float(t_s[k])))
    clear = [row for row in found if not any(row[0] == v and abs(row[1] - t) < 2 for v, t in doubtful)]
    assert len(expected) > 20
    assert [v for v, _ in clear] == [v for v, _ in sorted(expected)]
    assert np.abs(np.subtract([t for _, t in clear], [t for _, t in sorted(expected)])).max() < 1.0


def test_there_is_no_gap_below_the_satellite(build):
    # Along a line across the track everything out to both edges is held, and nothing beyond.
    eye = camera(sun_elevation_min_deg=-5.0)
    fleet = anchored(build, [(12.0, lon) for lon in np.arange(106.0, 126.0, 0.05)])
    log = sense(fleet, {"s": eye}, timeline_of(4.0), SEED, land=None, area=AREA)
    widths = []
    for row in range(len(log.reports)):
        first, count = int(log.reports["first"][row]), int(log.reports["count"][row])
        seen = np.sort(log.contacts["target"][first : first + count].astype(np.int64))
        if count and seen[0] > 0 and seen[-1] < fleet.n_targets - 1:
            assert (np.diff(seen) == 1).all()
            widths.append(count)
    swath_m = 2 * float(ground_range_m(11.7, 786e3 + 2e3))
    # The track crosses the parallel 12 degrees off the meridian.
    across_deg = math.degrees(
        swath_m / math.cos(math.radians(12.4)) / EARTH_RADIUS_M / math.cos(math.radians(12))
    )
    assert len(widths) >= 2
    assert np.abs(np.array(widths) - across_deg / 0.05).max() < 4


def test_by_day_only_and_at_night_only_and_never_both(build):
    timeline = timeline_of(8.0)
    fleet = anchored(build, spread(300), lit=np.ones(300, np.uint8))
    wide = {"altitude_m": 824_000.0, "ltan_s": 48_600.0, "incidence_max_deg": 68.0}
    eyes = {"day": camera(**wide), "night": lights()}
    log = sense(fleet, eyes, timeline, SEED, land=None, area=AREA)
    report = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    t_us = log.reports["t_observed_us"][report] - log.contacts["dt_us"]
    lat, lon = fleet.positions(log.contacts["target"], t_us)
    sun_deg = sun_elevation_deg(START, t_us / 1e6, lat, lon)
    is_day = log.reports["sensor"][report] == 0
    assert is_day.sum() > 1000 < (~is_day).sum()
    assert sun_deg[is_day].min() >= 10.0
    assert sun_deg[~is_day].max() <= -12.0
    # 13:30: each place once by day and once by night, within the wide swath, at 1:30 and 13:30 give or take.
    hour = (t_us / 3.6e9 + lon / 15.0) % 24.0
    assert np.abs(hour[is_day] - 13.5).max() < 1.5
    assert np.abs((hour[~is_day] - 1.5 + 12) % 24 - 12).max() < 1.5


def test_in_polar_night_no_camera_sees_and_lights_are_seen_at_noon(build):
    north = Box(lat_min_deg=74, lat_max_deg=78, lon_min_deg=0, lon_max_deg=30)
    timeline = timeline_of(3.0, datetime(2026, 12, 20, tzinfo=UTC))
    fleet = anchored(build, [(75.5, 10.0), (77.0, 20.0)], lit=np.ones(2, np.uint8))
    log = sense(fleet, {"day": camera(), "night": lights()}, timeline, SEED, land=None, area=north)
    report = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    assert (log.reports["sensor"] == 0).sum() > 10
    assert (log.reports["sensor"][report] == 1).all()
    hours = (log.reports["t_observed_us"][report] / 3.6e9) % 24
    assert ((hours > 9) & (hours < 15)).any()


def test_only_vessels_under_lights_are_seen_at_night_and_never_probes(build):
    n = 200
    lit = (np.arange(n) % 4 == 0).astype(np.uint8)
    lit[-20:] = 0
    fleet = anchored(build, spread(n), lit=lit, probes=20)
    log = sense(fleet, {"night": lights()}, timeline_of(4.0), SEED, land=None, area=AREA)
    assert set(log.contacts["target"].tolist()) == set(np.flatnonzero(lit).tolist())


def test_a_ship_of_one_cycle_is_held_by_half():
    for pixel_m in (0.3, 3.0, 10.0):
        length_m = 2.0 * pixel_m / math.sqrt(0.2)
        assert float(p_resolved(length_m, pixel_m)) == pytest.approx(0.5)
        # Two cycles: odds of 2^(2.7 + 1.4).
        assert float(p_resolved(2 * length_m, pixel_m)) == pytest.approx(1 / (1 + 2**-4.1))
    assert float(p_resolved(400.0, 0.1)) == 1.0


@given(length_m=st.floats(3, 400), pixel_m=st.floats(0.3, 100), more=st.floats(1.0, 3.0))
@settings(deadline=None)
def test_longer_ships_and_finer_pixels_are_never_worse(length_m, pixel_m, more):
    p = float(p_resolved(length_m, pixel_m))
    assert 0.0 <= p <= 1.0
    assert float(p_resolved(more * length_m, pixel_m)) >= p >= float(p_resolved(length_m, more * pixel_m))


def test_pixels_grow_off_nadir_as_a_constant_angle_has_it():
    height_m = 700e3
    for incidence_deg in (0.0, 20.0, 45.0):
        i = math.radians(incidence_deg)
        arc_m = float(ground_range_m(incidence_deg, height_m))
        nadir = i - arc_m / EARTH_RADIUS_M
        step = 1e-6
        # Across: ground covered by a small angle of the camera. Along: the same angle at the slant range.
        outer = math.asin((EARTH_RADIUS_M + height_m) / EARTH_RADIUS_M * math.sin(nadir + step))
        across_m = EARTH_RADIUS_M * ((outer - nadir - step) - (i - nadir)) / step
        slant_m = EARTH_RADIUS_M * math.sin(i - nadir) / math.sin(nadir) if incidence_deg else height_m
        expected = math.sqrt(across_m * slant_m) / height_m
        assert float(pixel_size_m(1.0, i, slant_m)) == pytest.approx(expected, rel=1e-4)


def test_overcast_hides_all_and_a_clear_sky_nothing(build):
    timeline = timeline_of(4.0)
    fleet = anchored(build, spread(150))
    logs = {
        cloud: sense(
            fleet, {"s": camera()}, timeline, SEED, land=None, area=AREA, environment=sky(cloud, timeline)
        )
        for cloud in (0.0, 0.3, 0.6, 1.0)
    }
    none = sense(fleet, {"s": camera()}, timeline, SEED, land=None, area=AREA)
    seen = [{row[1:3] for row in build.rows(logs[cloud])} for cloud in (0.0, 0.3, 0.6, 1.0)]
    assert seen[0] == {row[1:3] for row in build.rows(none)}
    assert seen[0] > seen[1] > seen[2] > seen[3] == set()
    assert [len(log.reports) for log in logs.values()] == [len(none.reports)] * 4


def test_the_share_in_the_open_and_how_it_varies_are_those_of_shared_squares(build):
    # Clusters of 25 ships far apart, each within one square: all hidden together or not at all.
    timeline = timeline_of(20.0)
    eye = lights(cloud_cell_m=200e3, n_satellites=4, sun_elevation_max_deg=0.0)
    side_deg = math.degrees(200e3 / EARTH_RADIUS_M)
    centres = []
    for lat0 in range(4, 25, 4):
        row = math.floor((lat0 + 90) / side_deg)
        lat = (row + 0.5) * side_deg - 90
        width_deg = side_deg / math.cos(math.radians(lat))
        centres += [
            (lat, (math.floor((lon + 180) / width_deg) + 0.5) * width_deg - 180)
            for lon in (108, 113, 118, 123)
        ]
    rng = np.random.default_rng(3)
    places = [(y + d, x + e) for y, x in centres for d, e in rng.uniform(-0.3, 0.3, (25, 2))]
    fleet = anchored(build, places, lit=np.ones(len(places), np.uint8))
    cloudy = sky(0.4, timeline)
    log = sense(fleet, {"s": eye}, timeline, SEED, land=None, area=AREA, environment=cloudy)
    clear = sense(fleet, {"s": eye}, timeline, SEED, land=None, area=AREA)
    held, all_of_them = ({row[1:3] for row in build.rows(one)} for one in (log, clear))
    looks: dict[tuple[int, int], list[bool]] = {}
    for interval, target in all_of_them:
        looks.setdefault((interval, target // 25), []).append((interval, target) in held)
    whole = [seen for seen in looks.values() if len(seen) == 25]
    assert len(whole) > 1500
    assert all(len(set(seen)) == 1 for seen in whole)
    share = np.mean([seen[0] for seen in whole])
    band = 4 * math.sqrt(0.24 / len(whole))
    assert abs(share - 0.6) < band
    assert band < 0.1 * 0.6


def test_another_camera_or_vessel_changes_no_contact(build):
    timeline = timeline_of(4.0)
    fleet, more = anchored(build, spread(100)), anchored(build, [*spread(100), (14.0, 115.0)])
    weather = sky(0.5, timeline)
    eye = camera(p_max=0.6, resolution_m=5.0, n_satellites=3)
    alone = sense(fleet, {"s": eye}, timeline, SEED, land=None, area=AREA, environment=weather)
    both = sense(more, {"a": lights(), "s": eye}, timeline, SEED, land=None, area=AREA, environment=weather)
    rows = [row[1:] for row in build.rows(both, "s") if row[2] < 100]
    assert len(rows) > 20
    assert rows == [row[1:] for row in build.rows(alone, "s")]


def test_block_size_changes_no_byte_and_rafts_of_two_blocks_merge(build):
    # Each ship has a neighbour 50 m off, one block or more later; ships at random are never in one cell.
    places = spread(300)
    fleet = anchored(build, places + [(lat + 50.0 / 111e3, lon) for lat, lon in places], lit=np.ones(600))
    logs = [
        sense(fleet, {"s": lights()}, timeline_of(2.0), SEED, land=None, area=AREA, block=block)
        for block in (1, 7, 256, 1000)
    ]
    assert len({log.digest() for log in logs}) == 1
    merged = logs[0].contacts["merged"].astype(np.int64)
    apart = sense(fleet, {"s": lights(resolution_m=1.0)}, timeline_of(2.0), SEED, land=None, area=AREA)
    pairs = len(apart.contacts) / 2
    assert merged.sum() == len(apart.contacts) > 1000
    assert apart.contacts["merged"].max() == 1
    # 50 m apart in any direction in squares of 742 m: between 1 - sqrt(2) * 50 / 742 and 1 - 50 / 742.
    expected, band = 1.0 - 1.2 * 50.0 / 742.0, 4 * math.sqrt(0.92 * 0.08 / pairs)
    assert abs((merged == 2).sum() / pairs - expected) < band + 0.2 * 50.0 / 742.0
    # The same ships without the others: numbers of cells are of no other target.
    few = sense(
        anchored(build, places[:40], lit=np.ones(40)),
        {"s": lights()},
        timeline_of(2.0),
        SEED,
        land=None,
        area=AREA,
    )
    alone = sense(
        anchored(build, places, lit=np.ones(300)),
        {"s": lights()},
        timeline_of(2.0),
        SEED,
        land=None,
        area=AREA,
    )
    assert build.rows(few) == [row for row in build.rows(alone) if row[2] < 40]


def _points(n: int, lat, lon, interval) -> Accesses:
    """Accesses at places in passes, at the start, under a sky with 0.4 of cloud."""
    rows = np.zeros(n, ACCESS)
    rows["x"], rows["y"], rows["z"] = unit_vectors(lat, lon).T
    timeline = timeline_of(1.0)
    setting = Setting(None, timeline, SEED, None, AREA, sky(0.4, timeline))
    return Accesses(rows, np.asarray(interval, np.int64), 17, setting)


def _in_four_errors(share: float, expected: float, n: int) -> bool:
    return abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


def test_the_share_in_the_open_is_that_of_the_sky():
    rng = np.random.default_rng(8)
    n = 20_000
    lat, lon = rng.uniform(4, 25, n), rng.uniform(106, 126, n)
    share = _in_the_open(camera(cloud_cell_m=1000.0), _points(n, lat, lon, np.arange(n))).mean()
    assert _in_four_errors(share, 0.6, n)
    assert not _in_four_errors(share * 1.05, 0.6, n)  # a bias of 5 % would show
    assert not _in_four_errors(share * 0.95, 0.6, n)


def test_shares_of_a_pass_vary_as_those_of_its_squares_not_of_its_ships():
    # 100 ships of a pass lie in 4 squares of 25 each: the variance is of 4 draws, 25 times that of 100.
    side_deg = math.degrees(20e3 / EARTH_RADIUS_M)
    row = math.floor((12.0 + 90.0) / side_deg)
    lat0 = (row + 0.5) * side_deg - 90.0
    width_deg = side_deg / math.cos(math.radians(lat0))
    first = math.floor((115.0 + 180.0) / width_deg)
    rng = np.random.default_rng(9)
    passes = 4000
    column = np.tile(np.repeat(np.arange(4), 25), passes)
    lon = (first + column + rng.uniform(0.05, 0.95, 100 * passes)) * width_deg - 180.0
    lat = lat0 + side_deg * rng.uniform(-0.45, 0.45, 100 * passes)
    points = _points(100 * passes, lat, lon, np.repeat(np.arange(passes), 100))
    seen = _in_the_open(camera(), points).reshape(passes, 4, 25)
    assert (seen == seen[:, :, :1]).all()
    variance = seen.mean(axis=(1, 2)).var()
    # Of a binomial share of 4 with 0.6; the relative error of a variance is about sqrt(2 / passes).
    assert variance == pytest.approx(0.24 / 4, rel=4 * math.sqrt(2 / passes))
    pairs = [np.corrcoef(seen[:, i, 0], seen[:, j, 0])[0, 1] for i in range(4) for j in range(i)]
    assert np.abs(pairs).max() < 4 / math.sqrt(passes)


@pytest.mark.parametrize(("length_m", "p_max"), [(36.0, 0.9), (50.0, 1.0), (80.0, 0.8)])
def test_ships_are_held_as_often_as_their_size_says(build, length_m, p_max):
    # Below the satellite pixels are 8 m: cycles are length * sqrt(0.2) / 16.
    rng = np.random.default_rng(6)
    n = 12_000
    places = list(zip(rng.uniform(10, 12, n), rng.uniform(112, 118, n), strict=True))
    fleet = anchored(build, places, length_m=np.full(n, length_m))
    here = Box(lat_min_deg=9, lat_max_deg=13, lon_min_deg=111, lon_max_deg=119)
    eye = camera(resolution_m=8.0, p_max=p_max, incidence_max_deg=5.0, n_satellites=24)
    timeline = timeline_of(2.0)
    sure = eye.model_copy(update={"resolution_m": 0.1, "p_max": 1.0})
    held, looks = (
        int(sense(fleet, {"s": one}, timeline, SEED, land=None, area=here).contacts["merged"].sum())
        for one in (eye, sure)
    )
    ratio = length_m * math.sqrt(0.2) / 16.0
    odds = ratio ** (2.7 + 0.7 * ratio)
    expected = p_max * odds / (1.0 + odds)
    # Pixels grow by up to 0.5 % at 5 degrees, and the probability falls by up to 1 % of itself.
    band = 4 * math.sqrt(expected * (1 - expected) / looks) + 0.01 * expected
    assert looks > 12_000
    assert abs(held / looks - expected) < band
    assert abs(held / looks * 1.05 - expected) > band  # a bias of 5 % would show


def test_lit_vessels_are_held_as_often_as_they_should(build):
    places = spread(3000)
    fleet = anchored(build, places, lit=np.ones(3000))
    held, looks = (
        int(sense(fleet, {"s": one}, timeline_of(5.0), SEED, land=None, area=AREA).contacts["merged"].sum())
        for one in (lights(p_lit=0.8), lights())
    )
    assert looks > 10_000
    assert _in_four_errors(held / looks, 0.8, looks)
    assert not _in_four_errors(held / looks * 1.05, 0.8, looks)  # a bias of 5 % would show


@pytest.mark.parametrize(
    ("make", "field", "value"),
    [
        (camera, "incidence_max_deg", 80.0),
        (camera, "incidence_max_deg", 0.0),
        (camera, "resolution_m", 0.0),
        (camera, "sun_elevation_min_deg", 70.0),
        (camera, "p_max", 1.1),
        (camera, "cloud_cell_m", 0.0),
        (camera, "look_side", "left"),
        (lights, "sun_elevation_max_deg", 5.0),
        (lights, "p_lit", -0.1),
        (lights, "incidence_max_deg", 76.0),
    ],
)
def test_a_camera_out_of_bounds_is_refused_at_the_field(make, field, value):
    with pytest.raises(ValidationError) as caught:
        make(**{field: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [field]


def test_the_cards_say_what_cameras_make():
    day, night = cards({"a": camera(), "b": lights(position_error_m=400.0)})
    assert (day.category, day.error_m, night.category, night.error_m) == (
        "optical",
        100.0,
        "night_light",
        400.0,
    )
    assert math.isnan(lights().length_sigma())
