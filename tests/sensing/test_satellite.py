"""Radar satellites: closed forms and brute force of the geometry, who is imaged, what may not change what."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mda_sim.core.rng import address, draw_uniform, draw_words, stream_key
from mda_sim.core.time import US_PER_DAY, US_PER_H, US_PER_S, Timeline
from mda_sim.data import catalogue
from mda_sim.geo.orbits import earth_fixed, on_sphere
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.sensing.clutter import sea_sigma0_db, sea_state_of
from mda_sim.sensing.orbiting import PASSES_PER_SATELLITE
from mda_sim.sensing.satellite import SarSatellite, length_factor, p_contact
from mda_sim.sensing.sensors import cards
from mda_sim.sensing.swath import LEFT, RIGHT, candidates, ground_range_m, incidence_deg, known_candidates
from mda_sim.sensing.sweep import sense
from mda_sim.sensing.tasking import choose
from mda_sim.world.environment import build_environment
from mda_sim.world.environment_spec import UniformEnvironment

SEED = 11
START = datetime(2026, 11, 2, tzinfo=UTC)
AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)


def timeline_of(days: float) -> Timeline:
    return Timeline(START, 0, round(days * US_PER_DAY), 0)


def sar_of(**changes) -> SarSatellite:
    values = {
        "operator": "XEU",
        "altitude_m": 692_837.0,
        "ltan_s": 64800.0,
        "incidence_min_deg": 30.8,
        "incidence_max_deg": 46.0,
    }
    return SarSatellite(**(values | changes))


def passes_over(sar, tracks, area, timeline) -> dict[int, np.ndarray]:
    """For each side that it may look to, the images that its passes could make."""
    found = candidates(sar, tracks, area, timeline)
    return {side: found[found["side"] == side] for side in sar.across.sides}


def imaged(sar, sensor_id, tracks, area, timeline, seed):
    """The images that are made in one replicate."""
    return choose(sar, sensor_id, candidates(sar, tracks, area, timeline), seed)


def keys(images, with_side: bool = True) -> list[tuple[int, ...]]:
    """Satellite, number of the pass and side of each."""
    names = ["satellite", "number"] + ["side"] * with_side
    return list(zip(*(images[name].tolist() for name in names), strict=True))


def sure(**changes) -> SarSatellite:
    """A satellite that holds every ship of 50 m in its images."""
    return sar_of(p_max=1.0, length_50_m=0.0, length_scale_m=0.1, **changes)


@pytest.fixture(scope="module")
def ships(build):
    """120 ships under way with turns, 80 at anchor and 40 probes, all over the area for 6 days."""
    rng = np.random.default_rng(20261102)
    lat, lon = rng.uniform(4, 25, 240), rng.uniform(106, 126, 240)
    step = rng.uniform(-0.9, 0.9, (240, 2, 2))
    step[120:] = 0.0
    times = [0.0, 2 * 86400.0, 6 * 86400.0]
    paths = []
    for i in range(240):
        places = [(lat[i], lon[i]), (lat[i] + step[i, 0, 0], lon[i] + step[i, 0, 1])]
        places.append((lat[i] + step[i, 1, 0], lon[i] + step[i, 1, 1]))
        paths.append([(t, float(y), float(x)) for t, (y, x) in zip(times, places, strict=True)])
    return build.fleet(paths, probes=40, length_m=np.r_[np.linspace(8, 60, 200), np.full(40, 50.0)])


@given(incidence=st.floats(0.1, 79.9), altitude_m=st.floats(160e3, 2000e3))
@settings(deadline=None)
def test_ground_range_and_incidence_are_each_others_inverse(incidence, altitude_m):
    assert float(incidence_deg(ground_range_m(incidence, altitude_m), altitude_m)) == pytest.approx(incidence)


def test_ground_range_is_flat_near_the_track_and_ends_at_the_horizon():
    assert float(ground_range_m(20.0, 1.0)) == pytest.approx(math.tan(math.radians(20.0)), rel=1e-6)
    horizon_m = EARTH_RADIUS_M * math.acos(EARTH_RADIUS_M / (EARTH_RADIUS_M + 693e3))
    assert float(ground_range_m(90.0, 693e3)) == pytest.approx(horizon_m, rel=1e-9)


@given(range_m=st.floats(1e3, 1.5e6), altitude_m=st.floats(160e3, 2000e3))
@settings(deadline=None)
def test_incidence_is_the_angle_of_the_triangle_of_centre_target_and_satellite(range_m, altitude_m):
    arc = range_m / EARTH_RADIUS_M
    satellite = (EARTH_RADIUS_M + altitude_m) * np.array([math.cos(arc), math.sin(arc)])
    ray = satellite - np.array([EARTH_RADIUS_M, 0.0])
    assert float(incidence_deg(range_m, altitude_m)) == pytest.approx(
        math.degrees(math.acos(ray[0] / np.linalg.norm(ray))), abs=1e-6
    )


@pytest.mark.parametrize(("length_m", "p"), [(10, 0.19), (15, 0.34), (25, 0.71), (50, 0.95)])
def test_the_probability_by_length_is_that_of_the_facts(length_m, p):
    assert float(p_contact(sar_of(), length_m)) == pytest.approx(p, abs=0.005)


def abeam_events(sar: SarSatellite, fleet, timeline: Timeline, satellite: int = 0):
    """Brute force: every least slant range of a target, sampled each second, with incidence and side.

    Positions come from SGP4 itself, not from the knots.
    """
    t_s = np.arange(0, timeline.score_to_us // US_PER_S + 1)
    orbit = sar.orbits(timeline.start)[satellite]
    place = on_sphere(earth_fixed(orbit, timeline.start, t_s)[0])
    ahead = np.gradient(place, axis=0)
    events = []
    for target in range(fleet.n_targets):
        point = fleet.unit_vectors(target, t_s * US_PER_S)
        ray = place - EARTH_RADIUS_M * point
        square = (ray**2).sum(axis=1)
        least = 1 + np.flatnonzero((square[1:-1] < square[:-2]) & (square[1:-1] <= square[2:]))
        for k in least[square[least] < 2e6**2]:
            before, at, after = square[k - 1 : k + 2]
            incidence = math.degrees(math.acos(float(ray[k] @ point[k]) / math.sqrt(at)))
            side = RIGHT if float(np.cross(ahead[k], place[k]) @ point[k]) > 0 else LEFT
            abeam_s = t_s[k] + 0.5 * (before - after) / (before - 2 * at + after)  # the parabola's vertex
            events.append((target, float(abeam_s), incidence, side))
    return events


NORTH = Box(lat_min_deg=52, lat_max_deg=72, lon_min_deg=-15, lon_max_deg=20)


@pytest.mark.parametrize(("side", "area"), [("right", AREA), ("left", AREA), ("right", NORTH)])
def test_contacts_are_those_of_positions_sampled_each_second(build, ships, side, area):
    if area is NORTH:
        rng = np.random.default_rng(7)
        places = zip(rng.uniform(53, 71, 100), rng.uniform(-14, 19, 100), strict=True)
        ships = build.fleet([[(0.0, *place), (2 * 86400.0, *place)] for place in places])
    timeline = timeline_of(1.5)
    sar = sure(look_side=side)
    log = sense(ships, {"s": sar}, timeline, SEED, land=None, area=area)
    end_us = dict(zip(log.reports["interval"].tolist(), log.reports["t_observed_us"].tolist(), strict=True))
    found = sorted((target, (end_us[k] - dt_us) / 1e6) for _, k, target, dt_us in build.rows(log))
    wanted = RIGHT if side == "right" else LEFT
    lasts_s = timeline.score_to_us // US_PER_S
    expected, doubtful = [], []
    for target, t_s, incidence, on_side in abeam_events(sar, ships, timeline):
        # An image that is cut by the start or the end of sensing is not made.
        is_whole = 900 < t_s < lasts_s - 900
        edge = min(abs(incidence - 30.8), abs(incidence - 46.0))
        if on_side != wanted or not 30.8 - 0.02 < incidence < 46.02:
            continue
        (expected if is_whole and edge > 0.02 else doubtful).append((target, t_s))
    expected.sort()
    assert len(expected) > 40
    clear = [row for row in found if not any(row[0] == v and abs(row[1] - t) < 2 for v, t in doubtful)]
    assert [v for v, _ in clear] == [v for v, _ in expected]
    assert np.abs(np.subtract([t for _, t in clear], [t for _, t in expected])).max() < 2e-3


def test_a_right_looking_satellite_going_north_sees_what_lies_to_the_east(build):
    timeline = timeline_of(2)
    tracks = sure().tracks(timeline)
    (images,) = passes_over(sure(), tracks, AREA, timeline).values()
    image = images[0]
    t_s = float(image["t_from_us"] + image["t_to_us"]) / 2e6
    place, ahead = earth_fixed(sure().orbits(START)[0], START, [t_s, t_s + 1.0])[0]
    goes_north = ahead[2] > place[2]
    lat = math.degrees(math.asin(place[2] / np.linalg.norm(place)))
    lon = math.degrees(math.atan2(place[1], place[0]))
    off_deg = math.degrees(float(ground_range_m(38.0, 700e3)) / EARTH_RADIUS_M / math.cos(math.radians(lat)))
    east, west = ((0.0, lat, lon + off_deg), (0.0, lat, lon - off_deg))
    fleet = build.fleet([[point, (2 * 86400.0, *point[1:])] for point in (east, west)])
    box = Box(lat_min_deg=lat - 3, lat_max_deg=lat + 3, lon_min_deg=lon - 9, lon_max_deg=lon + 9)
    number = int(image["number"])
    for side, seen in (("right", {0 if goes_north else 1}), ("left", {1 if goes_north else 0})):
        log = sense(fleet, {"s": sure(look_side=side)}, timeline, SEED, land=None, area=box)
        assert {target for _, k, target, _ in build.rows(log) if k == number} == seen


def test_an_image_lasts_while_the_swath_touches_the_area():
    timeline = timeline_of(3)
    sar = sar_of()
    tracks = sar.tracks(timeline)
    images = passes_over(sar, tracks, AREA, timeline)[RIGHT]
    assert len(images) >= 6
    across = np.linspace(30.8, 46.0, 400)
    for image in images:
        t_s = np.array([image["t_from_us"], image["t_to_us"]]) * 1e-6
        for edge_s, out in ((t_s[0], -1.0), (t_s[1], 1.0)):
            assert swath_in_area(sar, edge_s - 0.05 * out, across)
            # 0.2 s outside: 1.4 km along the track; the edge of the area is found by points 25 km apart.
            assert not swath_in_area(sar, edge_s + 0.2 * out, np.linspace(30.8, 46.0, 12))


def swath_in_area(sar: SarSatellite, t_s: float, across_deg) -> bool:
    """Whether points of zero Doppler at these incidences are in the area, by solving for each."""
    place, later = on_sphere(earth_fixed(sar.orbits(START)[0], START, [t_s, t_s + 1e-3])[0])
    ahead = (later - place) / 1e-3
    height_m = np.linalg.norm(place) - EARTH_RADIUS_M
    up = place / np.linalg.norm(place)
    level = ahead - (ahead @ up) * up
    level /= np.linalg.norm(level)
    right = np.cross(level, up)
    arc = ground_range_m(across_deg, height_m)[:, None] / EARTH_RADIUS_M
    points = up * np.cos(arc) + right * np.sin(arc)
    for _ in range(5):
        off = ((place - EARTH_RADIUS_M * points) @ ahead) / (EARTH_RADIUS_M * (ahead @ level))
        points = points + off[:, None] * level
        points /= np.linalg.norm(points, axis=1)[:, None]
    lat = np.degrees(np.arcsin(points[:, 2]))
    lon = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    return bool(((lat >= 3) & (lat <= 26) & (lon >= 105) & (lon <= 127)).any())


def test_two_sentinels_pass_the_sea_as_often_as_the_facts_allow():
    # 29 passes in 12 days were processed by one project, a lower bound. The upper one: each satellite makes
    # 2 x 175 half revolutions, evenly around the globe; the area and the swath span at most 22 + 9 degrees.
    timeline = timeline_of(12)
    sar = sar_of(n_satellites=2)
    images = passes_over(sar, sar.tracks(timeline), AREA, timeline)[RIGHT]
    assert 29 <= len(images) <= 2 * 2 * 175 * 31 / 360
    assert np.bincount(images["satellite"]).min() >= 0.4 * len(images)
    assert (images["t_to_us"] - images["t_from_us"]).max() < 600 * US_PER_S


def test_each_place_in_the_tropics_is_imaged_about_as_often_as_the_swath_covers_the_equator(build):
    # 175 revolutions cross each parallel twice; a swath covers 250 km / sin(heading) of it.
    timeline = timeline_of(12.5)
    grid = [(lat, lon) for lat in np.linspace(4, 25, 15) for lon in np.linspace(106, 126, 15)]
    fleet = build.fleet([[(0.0, *place), (13 * 86400.0, *place)] for place in grid])
    log = sense(fleet, {"s": sure()}, timeline, SEED, land=None, area=AREA)
    first = log.reports["t_observed_us"] <= 12 * US_PER_DAY
    mean = log.reports["count"][first].sum() / len(grid)
    lats = np.radians([lat for lat, _ in grid])
    inclination = math.radians(98.16)
    sine = np.sqrt(1 - (math.cos(inclination) / np.cos(lats)) ** 2)  # of the heading from the parallel
    around_m = 2 * math.pi * EARTH_RADIUS_M * np.cos(lats)
    expected = (2 * 175 * 250e3 / (around_m * sine)).mean()
    assert expected == pytest.approx(2.3, abs=0.1)
    assert mean == pytest.approx(expected, rel=0.08)


def test_books_add_up_and_every_image_has_its_report(build, ships):
    timeline = timeline_of(5)
    sar = sar_of(n_satellites=3, duty=0.6, product_delay_s=5400.0)
    log = sense(ships, {"r": build.radar(), "s": sar}, timeline, SEED, land=None, area=AREA)
    own = log.reports["sensor"] == 1
    images = imaged(sar, "s", sar.tracks(timeline), AREA, timeline, SEED)
    assert log.reports.is_sorted()
    assert (log.reports["first"] == np.cumsum(log.reports["count"]) - log.reports["count"]).all()
    numbers = images["satellite"] * PASSES_PER_SATELLITE + images["number"]
    assert log.reports["interval"][own].tolist() == numbers.tolist()
    assert log.reports["t_observed_us"][own].tolist() == images["t_to_us"].tolist()
    assert (log.reports["t_ready_us"] - log.reports["t_observed_us"])[own].tolist() == [
        5400 * US_PER_S
    ] * len(images)
    counts = log.reports["count"][own]
    assert counts.max() > 10
    lasts_us = dict(zip(numbers.tolist(), (images["t_to_us"] - images["t_from_us"]).tolist(), strict=True))
    rows = build.rows(log, "s")
    assert len(rows) == counts.sum()
    assert all(0 <= dt_us <= lasts_us[k] for _, k, _, dt_us in rows)
    assert len({(k, target) for _, k, target, _ in rows}) == len(rows)
    assert rows == sorted(rows, key=lambda row: row[1:3])


def test_an_image_without_contacts_is_an_empty_report(build):
    nothing = build.fleet([[(0.0, 4.0, 106.0), (60.0, 4.0, 106.0)]])
    log = sense(nothing, {"s": sure()}, timeline_of(3), SEED, land=None, area=AREA)
    assert len(log.reports) > 5
    assert log.reports["count"].tolist() == [0] * len(log.reports)
    assert len(log.contacts) == 0


def test_a_satellite_that_images_nothing_makes_no_report(ships):
    log = sense(ships, {"s": sure(duty=0.0)}, timeline_of(3), SEED, land=None, area=AREA)
    assert (len(log.reports), len(log.contacts), len(log.sensors)) == (0, 0, 1)


def test_the_share_of_passes_that_are_imaged_is_the_duty():
    timeline = timeline_of(10)
    sar = sar_of(n_satellites=40, n_planes=8, duty=0.3)
    tracks = sar.tracks(timeline)
    (possible,) = passes_over(sar, tracks, AREA, timeline).values()
    made = imaged(sar, "s", tracks, AREA, timeline, SEED)
    n = len(possible)
    assert n > 800
    assert abs(len(made) / n - 0.3) < 4 * math.sqrt(0.3 * 0.7 / n)
    fewer = imaged(sar.model_copy(update={"duty": 0.1}), "s", tracks, AREA, timeline, SEED)
    assert set(keys(fewer)) < set(keys(made)) < set(keys(possible))


def test_a_satellite_that_may_look_to_both_sides_looks_to_one_in_each_pass():
    timeline = timeline_of(10)
    sar = sar_of(n_satellites=20, look_side="both")
    tracks = sar.tracks(timeline)
    possible = passes_over(sar, tracks, AREA, timeline)
    made = imaged(sar, "s", tracks, AREA, timeline, SEED)
    sides = {side: set(keys(found, with_side=False)) for side, found in possible.items()}
    either, both = sides[RIGHT] | sides[LEFT], sides[RIGHT] & sides[LEFT]
    assert len(both) > 100
    assert len(either) > len(both)
    assert keys(made, with_side=False) == sorted(either)
    assert {row for found in possible.values() for row in keys(found)} > set(keys(made))
    to_right = sum(row[2] == RIGHT and row[:2] in both for row in keys(made)) / len(both)
    assert abs(to_right - 0.5) < 4 * math.sqrt(0.25 / len(both))


def test_every_decision_is_the_addressed_draw_below_the_probability(build, ships):
    timeline = timeline_of(4)
    sar = sar_of(n_satellites=2, duty=0.7)
    log = sense(ships, {"s": sar}, timeline, SEED, land=None, area=AREA)
    every = sure(n_satellites=2)
    seen = sense(ships, {"s": every}, timeline, SEED, land=None, area=AREA)
    passes = seen.reports["interval"]
    is_made = draw_uniform(stream_key(SEED, "sense.sar.pass"), 0, 0, address("s"), passes) < 0.7
    assert log.reports["interval"].tolist() == passes[is_made].tolist()
    p = p_contact(sar, ships.targets["length_m"])
    expected = []
    for row in build.rows(seen):
        _, interval, target, _ = row
        if interval not in set(passes[is_made].tolist()):
            continue
        where = int(ships.draw_address[target]), int(ships.targets["index"][target]), address("s"), interval
        if draw_uniform(stream_key(SEED, "sense.sar.contact"), *where)[0] < p[target]:
            expected.append(row)
    assert build.rows(log) == expected
    assert 50 < len(expected) < len(build.rows(seen))


def test_contacts_come_as_often_as_their_probability(build):
    n = 4000
    lengths_m = np.repeat([10.0, 15.0, 25.0, 50.0], n // 4)
    rng = np.random.default_rng(5)
    places = zip(rng.uniform(10, 12, n), rng.uniform(114, 116, n), strict=True)
    paths = [[(0.0, *place), (6 * 86400.0, *place)] for place in places]
    fleet = build.fleet(paths, length_m=lengths_m)
    held, looks = (
        np.bincount(
            sense(fleet, {"s": sar}, timeline_of(6), SEED, land=None, area=AREA).contacts["target"]
            // (n // 4),
            minlength=4,
        )
        for sar in (sar_of(), sure())
    )
    p = p_contact(sar_of(), [10.0, 15.0, 25.0, 50.0])
    assert looks.min() > 700
    assert (np.abs(held / looks - p) < 4 * np.sqrt(p * (1 - p) / looks)).all()


@pytest.fixture(scope="module")
def mixed(build):
    return {
        "alpha": build.radar(lat_deg=14.5, lon_deg=119.0, max_range_m=90e3, interval_s=1800.0),
        "sar": sar_of(n_satellites=2, duty=0.8),
    }


def test_another_satellite_leaves_every_contact_of_every_other_sensor_unchanged(build, ships, mixed):
    more = mixed | {"a_sar": sar_of(n_satellites=5), "z_sar": sar_of(altitude_m=570e3, look_side="both")}
    few = sense(ships, mixed, timeline_of(4), SEED, land=None, area=AREA)
    many = sense(ships, more, timeline_of(4), SEED, land=None, area=AREA)
    for name in mixed:
        assert build.rows(few, name) == build.rows(many, name) != []
    assert len(many.contacts) > len(few.contacts)


def test_block_size_and_order_change_no_byte(ships, mixed):
    other = dict(reversed(mixed.items()))
    digests = {
        sense(ships, some, timeline_of(3), SEED, land=None, area=AREA, block=block).digest()
        for some, block in ((mixed, 1), (mixed, 7), (other, 1000))
    }
    assert len(digests) == 1


def test_removing_probes_leaves_every_vessel_contact_unchanged(build):
    places = [(5.0 + 0.3 * i, 107.0 + 0.3 * i) for i in range(60)]
    paths = [[(0.0, *place), (4 * 86400.0, *place)] for place in places]
    sensors = {"s": sar_of(n_satellites=4)}
    with_probes = sense(build.fleet(paths, probes=20), sensors, timeline_of(4), SEED, land=None, area=AREA)
    without = sense(build.fleet(paths[:40]), sensors, timeline_of(4), SEED, land=None, area=AREA)
    assert [row for row in build.rows(with_probes) if row[2] < 40] == build.rows(without) != []
    assert any(row[2] >= 40 for row in build.rows(with_probes))
    assert (with_probes.reports["n_vessels"] == without.reports["count"]).all()


def test_another_seed_images_other_passes_at_the_same_times(ships):
    sar = sar_of(n_satellites=4, duty=0.5)
    times = [
        set(
            sense(ships, {"s": sar}, timeline_of(5), s, land=None, area=AREA)
            .reports["t_observed_us"]
            .tolist()
        )
        for s in (1, 2)
    ]
    assert times[0] != times[1]
    assert times[0] & times[1]


def test_a_longer_run_begins_with_the_same_reports(build, ships):
    short, long = (
        sense(ships, {"s": sar_of(n_satellites=2)}, timeline_of(days), SEED, land=None, area=AREA)
        for days in (2.3, 4)
    )
    cut_us = timeline_of(2.3).score_to_us
    early = set(long.reports["interval"][long.reports["t_observed_us"] <= cut_us].tolist())
    assert set(short.reports["interval"].tolist()) == early
    assert build.rows(short) == [row for row in build.rows(long) if row[1] in early] != []


def test_a_satellite_from_a_date_images_whole_passes_from_then_on(build, ships):
    timeline = timeline_of(4)
    always = sense(ships, {"s": sure()}, timeline, SEED, land=None, area=AREA)
    images = imaged(sure(), "s", sure().tracks(timeline), AREA, timeline, SEED)
    third = images[2]
    inside = timeline.datetime_at(int(third["t_from_us"] + 10 * US_PER_S))
    later = sense(ships, {"s": sure(from_utc=inside)}, timeline, SEED, land=None, area=AREA)
    assert later.reports["interval"].tolist() == always.reports["interval"][3:].tolist()
    assert build.rows(later) == [row for row in build.rows(always) if row[1] > third["number"]]
    before_all = sure(from_utc=timeline.datetime_at(-US_PER_H))
    assert sense(ships, {"s": before_all}, timeline, SEED, land=None, area=AREA).digest() == always.digest()


def test_a_vessel_is_imaged_only_while_it_exists(build):
    timeline = timeline_of(6)
    place = (14.0, 116.0)
    all_along = build.fleet([[(0.0, *place), (6 * 86400.0, *place)]])
    log = sense(all_along, {"s": sure(n_satellites=4)}, timeline, SEED, land=None, area=AREA)
    of = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    times_us = np.sort(log.reports["t_observed_us"][of] - log.contacts["dt_us"])
    assert len(times_us) > 2
    chosen_s = times_us[1] / 1e6
    around = build.fleet([[(chosen_s - 5.0, *place), (chosen_s + 5.0, *place)]])
    beside = build.fleet([[(chosen_s + 5.0, *place), (chosen_s + 300.0, *place)]])
    counts = [
        len(sense(fleet, {"s": sure(n_satellites=4)}, timeline, SEED, land=None, area=AREA).contacts)
        for fleet in (around, beside)
    ]
    assert counts == [1, 0]


def test_images_kept_for_the_next_seed_are_those_of_this_satellite_area_and_time():
    low, high = sar_of(), sar_of(incidence_min_deg=20.0)
    small = Box(lat_min_deg=6, lat_max_deg=20, lon_min_deg=108, lon_max_deg=120)
    asked = [(sar, area, timeline_of(d)) for sar in (low, high) for area in (AREA, small) for d in (4, 8)]
    found = [known_candidates(*one).tobytes() for one in asked * 2]
    assert len(set(found)) == len(asked)
    for (sar, area, timeline), kept in zip(asked * 2, found, strict=True):
        assert kept == candidates(sar, sar.tracks(timeline), area, timeline).tobytes()
    with pytest.raises(ValueError, match="read-only"):
        known_candidates(*asked[0])["side"] = 0


def test_an_image_that_has_begun_before_sensing_is_not_made():
    # At 00:00 UTC the area has about 7:40 local time; the satellite is 14 degrees past its node, west of it.
    timeline = timeline_of(3)
    sar = sar_of(ltan_s=26640.0, phase_deg=14.0)
    assert swath_in_area(sar, 0.0, np.linspace(30.8, 46.0, 50))
    images = passes_over(sar, sar.tracks(timeline), AREA, timeline)[RIGHT]
    assert images["number"].min() > 0
    assert images["t_from_us"].min() > US_PER_H


def test_no_pass_is_split_where_the_area_lies_on_the_equator():
    timeline = timeline_of(3)
    box = Box(lat_min_deg=-5, lat_max_deg=20, lon_min_deg=105, lon_max_deg=127)
    sar = sar_of()
    images = passes_over(sar, sar.tracks(timeline), box, timeline)[RIGHT]
    begins_s, ends_s = images["t_from_us"][1:] / 1e6, images["t_to_us"][:-1] / 1e6
    assert (begins_s - ends_s).min() > 2000.0  # no other pass comes within half a revolution less the image
    assert (images["t_to_us"] - images["t_from_us"]).max() > 350 * US_PER_S


def test_a_sensor_with_a_steeper_limit_sees_a_subset(build, ships):
    wide, narrow = (
        {row[:3] for row in build.rows(sense(ships, {"s": sar}, timeline_of(4), SEED, land=None, area=AREA))}
        for sar in (sure(), sure(incidence_min_deg=35.0, incidence_max_deg=40.0))
    )
    assert narrow < wide


def test_swaths_side_by_side_see_together_what_one_swath_sees(build):
    # Nothing is lost at an edge: what is left out there is left out by its exact incidence alone.
    rng = np.random.default_rng(8)
    places = zip(rng.uniform(53, 71, 3000), rng.uniform(-14, 19, 3000), strict=True)
    fleet = build.fleet([[(0.0, *place), (2 * 86400.0, *place)] for place in places])

    def seen(from_deg: float, to_deg: float) -> set[tuple[int, int]]:
        sar = sure(incidence_min_deg=from_deg, incidence_max_deg=to_deg)
        log = sense(fleet, {"s": sar}, timeline_of(1.5), SEED, land=None, area=NORTH)
        return {(k, target) for _, k, target, _ in build.rows(log)}

    parts = [seen(20.0, 30.0), seen(30.0, 40.0), seen(40.0, 55.0)]
    assert set.union(*parts) == seen(20.0, 55.0)
    assert sum(map(len, parts)) == len(seen(20.0, 55.0)) > 2000


def test_a_satellite_without_an_area_is_refused_by_name(ships):
    with pytest.raises(ValueError, match="'eye' needs the area"):
        sense(ships, {"eye": sar_of()}, timeline_of(1), SEED, land=None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("altitude_m", 150e3),
        ("altitude_m", 2100e3),
        ("n_satellites", 0),
        ("n_satellites", 1001),
        ("n_planes", 0),
        ("ltan_s", 86400.0),
        ("phase_deg", 360.0),
        ("look_side", "up"),
        ("incidence_min_deg", -1.0),
        ("incidence_max_deg", 85.0),
        ("duty", 1.5),
        ("p_max", 1.01),
        ("length_50_m", -1.0),
        ("length_scale_m", 0.0),
        ("position_error_m", -1.0),
        ("product_delay_s", -1.0),
        ("contact_bytes", 0.0),
        ("lat_deg", 14.0),
        ("interval_s", 300.0),
    ],
)
def test_a_satellite_out_of_bounds_is_refused_at_the_field(field, value):
    with pytest.raises(ValidationError) as caught:
        sar_of(**{field: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [field]


def test_limits_of_incidence_in_the_wrong_order_are_refused_with_both():
    with pytest.raises(ValidationError, match=r"got 46 and 30\.8"):
        sar_of(incidence_min_deg=46.0, incidence_max_deg=30.8)


@pytest.mark.parametrize(
    "orbit",
    [
        {"ltan_s": None},
        {"ltan_s": None, "inclination_deg": 53.0},
        {"ltan_s": None, "raan_deg": 10.0},
        {"ltan_s": 21600.0, "inclination_deg": 97.0},
        {"ltan_s": 21600.0, "inclination_deg": 97.0, "raan_deg": 10.0},
    ],
)
def test_an_orbit_that_is_given_in_part_or_twice_is_refused(orbit):
    with pytest.raises(ValidationError, match="either ltan_s"):
        sar_of(**orbit)


def test_planes_that_do_not_share_the_satellites_out_are_refused():
    with pytest.raises(ValidationError, match="5 satellites cannot be shared out evenly over n_planes 2"):
        sar_of(n_satellites=5, n_planes=2)


def test_an_inclined_orbit_starts_where_it_is_told_to():
    orbit = sar_of(ltan_s=None, inclination_deg=53.0, raan_deg=77.0, phase_deg=12.0).orbits(START)[0]
    assert (orbit.inclination_deg, orbit.raan_deg, orbit.latitude_argument_deg) == (53.0, 77.0, 12.0)


def test_the_card_says_what_a_satellite_makes():
    (card,) = cards({"s": sar_of(position_error_m=250.0)})
    assert (card.category, card.error_m, card.operator) == ("sar", 250.0, "XEU")


@pytest.mark.parametrize(
    ("type_id", "swath_km"),
    [
        ("sar_sentinel_1", 250),
        ("sar_rcm", 350),
        ("sar_alos_4", 700),
        ("sar_iceye_scan", 100),
        ("sar_novasar_1", 400),
    ],
)
def test_the_satellites_of_the_catalogue_have_their_published_swath(type_id, swath_km):
    sensor_type = catalogue.sensor_type(type_id)
    sar = SarSatellite(operator="XEU", type=type_id, **sensor_type.parameters)
    assert sensor_type.kind == sar.kind
    near_m, far_m = ground_range_m([sar.incidence_min_deg, sar.incidence_max_deg], sar.altitude_m)
    assert (far_m - near_m) / 1000 == pytest.approx(swath_km, rel=0.01)


def test_draws_of_passes_and_sides_are_apart():
    # The side is word 2 of the pass's block, the duty words 0 and 1: one does not tell the other.
    words = draw_words(stream_key(SEED, "sense.sar.pass"), 0, 0, address("s"), np.arange(4000))
    u = draw_uniform(stream_key(SEED, "sense.sar.pass"), 0, 0, address("s"), np.arange(4000))
    right = words[:, 2] < 2**31
    assert abs(right[u < 0.5].mean() - right[u >= 0.5].mean()) < 4 * math.sqrt(0.25 / 1000)


def test_a_place_below_the_track_is_never_imaged(build):
    timeline = timeline_of(2)
    sar = sure()
    image = passes_over(sar, sar.tracks(timeline), AREA, timeline)[RIGHT][0]
    t_s = (image["t_from_us"] + image["t_to_us"]) / 2e6
    below = on_sphere(earth_fixed(sar.orbits(START)[0], START, [float(t_s)])[0])[0]
    lat = math.degrees(math.asin(below[2] / np.linalg.norm(below)))
    lon = math.degrees(math.atan2(below[1], below[0]))
    assert np.allclose(unit_vectors(lat, lon) * np.linalg.norm(below), below)
    fleet = build.fleet([[(0.0, lat, lon), (2 * 86400.0, lat, lon)]])
    log = sense(fleet, {"s": sar}, timeline, SEED, land=None, area=AREA)
    assert image["number"] not in [k for _, k, _, _ in build.rows(log)]


def test_without_weather_neither_sea_nor_incidence_counts(ships):
    plain = sense(ships, {"s": sar_of()}, timeline_of(4), SEED, land=None, area=AREA)
    other = sar_of(nesz_db=-30.0, reference_sea_state=6.0, frequency_hz=9.65e9, polarization="horizontal")
    log = sense(ships, {"s": other}, timeline_of(4), SEED, land=None, area=AREA)
    assert log.contacts.digest() == plain.contacts.digest()


@given(
    state=st.floats(0.0, 6.0),
    rougher=st.floats(0.0, 3.0),
    steep=st.floats(20.0, 55.0),
    flatter=st.floats(0, 25),
)
@settings(deadline=None)
def test_smaller_ships_are_held_in_less_wind_at_larger_incidence_and_finer_resolution(
    state, rougher, steep, flatter
):
    # The abstract of Vachon et al. 1997.
    sar = sar_of(incidence_min_deg=20.0, incidence_max_deg=50.0)
    factor = length_factor(sar, state, steep)
    assert length_factor(sar, state + rougher, steep) >= factor
    assert length_factor(sar, state, steep + flatter) <= factor
    fine, coarse = sar_of(resolution_m=5.0), sar_of(resolution_m=50.0)
    assert fine.half_length_m < sar.half_length_m == 18.5 < coarse.half_length_m


def test_at_the_reference_a_ship_is_held_as_the_fit_has_it():
    sar = sar_of()
    assert float(length_factor(sar, 3.0, 38.4)) == pytest.approx(1.0, abs=1e-12)
    # Clutter far above the noise and 3 dB more of it: ships 2^(3/7) as long.
    quiet = sar_of(nesz_db=-50.0)
    states = np.linspace(0.0, 9.0, 2000)
    sigma0_db = sea_sigma0_db(quiet.frequency_hz, 51.6, states, "vertical")
    at = np.interp(
        sea_sigma0_db(quiet.frequency_hz, 51.6, 3.0, "vertical") + 10 * math.log10(2), sigma0_db, states
    )
    assert float(length_factor(quiet, at, 38.4)) == pytest.approx(2 ** (3 / 7), rel=0.01)
    # Noise far above the clutter: the sea does not matter.
    assert float(length_factor(sar_of(nesz_db=0.0), 6.0, 38.4)) == pytest.approx(1.0, abs=0.05)


def test_a_resolution_four_times_as_coarse_needs_ships_of_the_area_rule():
    fine, coarse = sar_of(resolution_m=10.0), sar_of(resolution_m=40.0)
    assert coarse.half_length_m / fine.half_length_m == pytest.approx(16 ** (3 / 7))
    assert coarse.scale_m / coarse.half_length_m == pytest.approx(6.0 / 18.5)


def test_the_share_held_in_a_swell_is_that_of_each_access(build, ships):
    timeline = timeline_of(6)
    spec = UniformEnvironment(kind="uniform", wind_mps=12.0, wave_height_m=4.0)
    rough = build_environment(spec, AREA, timeline, SEED)
    every = sense(ships, {"s": sure(n_satellites=4)}, timeline, SEED, land=None, area=AREA)
    log = sense(ships, {"s": sar_of(n_satellites=4)}, timeline, SEED, land=None, area=AREA, environment=rough)
    calm = sense(ships, {"s": sar_of(n_satellites=4)}, timeline, SEED, land=None, area=AREA)
    # The same draws: what is held in a swell is held in calm, at a steeper or flatter look alike or more.
    held, seen = ({row[1:3] for row in build.rows(one)} for one in (log, every))
    assert held < seen
    assert len(log.contacts) < 0.97 * len(calm.contacts)
    # At the middle incidence: closed form within what the swath's edges do to it.
    lengths = ships.targets["length_m"][[target for _, target in sorted(seen)]]
    expected = p_contact(sar_of(), lengths, length_factor(sar_of(), sea_state_of(4.0), 38.4)).mean()
    assert len(held) / len(seen) == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize(("gap_m", "share"), [(0.0, 1.0), (100.0, 0.5), (150.0, 0.25), (1000.0, 0.0)])
def test_two_hulls_share_a_cell_as_often_as_their_distance_allows(build, gap_m, share):
    # Along one axis: max(0, 1 - d / resolution). The track is some 20 degrees off north.
    rng = np.random.default_rng(4)
    n = 1000
    lat, lon = rng.uniform(53, 71, n), rng.uniform(-14, 19, n)
    paths = []
    for y, x in zip(lat, lon, strict=True):
        for north_m in (0.0, gap_m):
            point = (y + math.degrees(north_m / EARTH_RADIUS_M), x)
            paths.append([(0.0, *point), (2 * 86400.0, *point)])
    fleet = build.fleet(paths)
    sar = sure(resolution_m=200.0)
    log = sense(fleet, {"s": sar}, timeline_of(1.5), SEED, land=None, area=NORTH)
    merged = log.contacts["merged"].astype(np.int64)
    pairs = merged.sum() / 2
    assert pairs > 500
    assert set(merged.tolist()) <= {1, 2}
    expected = expected_share(sar, gap_m, fleet, log)
    assert expected == pytest.approx(share, abs=0.12)
    assert abs((merged == 2).sum() / pairs - expected) < 4 * math.sqrt(0.25 / pairs)


def expected_share(sar, gap_m, fleet, log) -> float:
    """Mean over contacts of both axes' shares, for a displacement north and the heading of the track."""
    of = np.repeat(np.arange(len(log.reports)), log.reports["count"])
    t_us = log.reports["t_observed_us"][of] - log.contacts["dt_us"]
    target = log.contacts["target"].astype(np.int64)
    place = on_sphere(
        earth_fixed(sar.orbits(START)[0], START, np.stack([t_us, t_us + 10**6], 1).ravel() / 1e6)[0]
    )
    ahead = (place[1::2] - place[::2]) / np.linalg.norm(place[1::2] - place[::2], axis=1)[:, None]
    ship = fleet.unit_vectors(target, t_us)
    north = np.array([0.0, 0.0, 1.0]) - ship[:, 2:] * ship
    north /= np.linalg.norm(north, axis=1)[:, None]
    along = np.abs((north * ahead).sum(axis=1))
    across = np.sqrt(np.maximum(0.0, 1.0 - along**2))
    cell_m = sar.resolution_m
    shares = np.maximum(0, 1 - gap_m * along / cell_m) * np.maximum(0, 1 - gap_m * across / cell_m)
    return float(shares.mean())


def test_probes_are_never_one_with_a_hull_in_their_cell(build):
    path = [(0.0, 60.0, 3.0), (2 * 86400.0, 60.0, 3.0)]
    fleet = build.fleet([path, path, path], probes=1)
    log = sense(fleet, {"s": sure(resolution_m=200.0)}, timeline_of(1.5), SEED, land=None, area=NORTH)
    assert len(log.contacts) > 0
    by_target = {t: set(log.contacts["merged"][log.contacts["target"] == t].tolist()) for t in range(3)}
    assert by_target[2] == {1}
    assert by_target[0] | by_target[1] == {2}
