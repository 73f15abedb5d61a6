"""AIS satellites: the published figure, messages thrown into slots, and who hears whom disturb whom."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mda_sim.core.time import US_PER_DAY, US_PER_H, US_PER_S, Timeline
from mda_sim.data import catalogue
from mda_sim.geo.orbits import earth_fixed, on_sphere
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, unit_vectors
from mda_sim.sensing.ais_satellite import AisSatellite, p_clear_from_space, p_held_from_space
from mda_sim.sensing.example import Example
from mda_sim.sensing.looks import Setting
from mda_sim.sensing.orbiting import PASSES_PER_SATELLITE
from mda_sim.sensing.products import products
from mda_sim.sensing.sensors import cards
from mda_sim.sensing.slot_load import SLOTS_PER_S
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import AisState, broadcasts_of
from mda_sim.world.fleet import AisClass

START = datetime(2026, 11, 2, tzinfo=UTC)
SEED = 23
AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)
PLACE = 15.0, 117.5
SPOT = Box(lat_min_deg=14.99, lat_max_deg=15.01, lon_min_deg=117.49, lon_max_deg=117.51)
SURE = {"p_decode": 1.0, "p_decode_class_b": 1.0, "p_separated": 1.0}
ANCHORED = 1 / 180 + 2 / 360


def timeline_of(days: float) -> Timeline:
    return Timeline(START, 0, round(days * US_PER_DAY), 0)


def satellite_of(**changes) -> AisSatellite:
    values = {"operator": "USA", "altitude_m": 500e3, "inclination_deg": 51.6, "raan_deg": 40.0}
    return AisSatellite(**(values | {"background_per_km2_s": 0.0} | changes))


def still(n, place=PLACE, days=2.0):
    return [[(0.0, *place), (days * 86400.0, *place)]] * n


def heard(fleet, days=1.0, area=AREA, seed=SEED, block=256, **sensors):
    return sense(fleet, sensors, timeline_of(days), seed, land=None, area=area, block=block)


def keys(build, log, sensor="s"):
    """(report, target) of the contacts of a sensor."""
    return {row[1:3] for row in build.rows(log, sensor)}


def seen_s(satellite, place, log, number=0):
    """By report of one satellite: first and last second at which a place is in view, straight from SGP4."""
    point, found = unit_vectors(*place), {}
    rows = log.reports["interval"] // PASSES_PER_SATELLITE == number
    t_s = np.arange(0, int(log.reports["t_observed_us"].max()) // US_PER_S + 2)
    where = on_sphere(earth_fixed(satellite.orbits(START)[number], START, t_s)[0])
    ray = where - EARTH_RADIUS_M * point
    is_up = (ray * point).sum(axis=1) >= np.linalg.norm(ray, axis=1) * math.sin(
        math.radians(satellite.elevation_min_deg)
    )
    ups = np.split(t_s[is_up], 1 + np.flatnonzero(np.diff(t_s[is_up]) > 1))
    for interval, end_us in zip(
        log.reports["interval"][rows], log.reports["t_observed_us"][rows], strict=True
    ):
        own = [
            up for up in ups if up[0] * US_PER_S <= end_us and up[-1] * US_PER_S >= end_us - 2000 * US_PER_S
        ]
        if own:
            found[int(interval)] = int(own[-1][0]), int(own[-1][-1])
    return found


def test_the_published_figure_is_reproduced_by_the_overlap_that_was_fitted_to_it():
    case = 10_000, 5.5 * 60, 36 * 60
    assert float(p_held_from_space(*case)) == pytest.approx(0.99, abs=1e-4)
    assert float(p_held_from_space(*case, overlap=0.0)) == pytest.approx(0.9993, abs=1e-4)
    assert float(p_held_from_space(*case, overlap=1.0)) == pytest.approx(0.979, abs=1e-3)


def test_with_that_overlap_the_published_interval_is_nearly_the_best():
    every_s = np.arange(60.0, 1200.0)
    best_s = every_s[np.argmax(p_held_from_space(10_000, every_s, 36 * 60))]
    assert best_s == pytest.approx(5.5 * 60, rel=0.03)
    assert float(p_clear_from_space(10_000 / best_s)) == pytest.approx(0.5, abs=0.002)


def test_900_ships_in_view_to_the_horizon_are_held_nearly_as_published():
    half = 1440 * 1852 / EARTH_RADIUS_M
    radius_m = EARTH_RADIUS_M / math.cos(half)
    observed_s = 2 * half / math.sqrt(3.986e14 / radius_m**3)
    assert float(p_held_from_space(900, 6.0, observed_s)) == pytest.approx(0.988, abs=5e-4)
    assert float(p_held_from_space(900, 10.0, observed_s)) > 0.9999


def thrown(rng, n_others, every_s, overlap, n_trials):
    """Share of messages that meet no other on a channel, each ship sending once in ``every_s``.

    Messages begin with slots of 1/37.5 s. A share ``overlap`` of the others' are later by up to a slot, as if
    they came from farther away.
    """
    slot_s, batch = 60 / 2250, 2500
    n_slots, clear = round(every_s / slot_s), 0
    for _ in range(n_trials // batch):
        shape = batch, n_others
        slot, is_own_channel = rng.integers(0, n_slots, shape), rng.random(shape) < 0.5
        late_s = np.where(rng.random(shape) < overlap, rng.uniform(0, slot_s, shape), 0.0)
        after_s = (slot - n_slots // 2) * slot_s + late_s
        clear += int((~(is_own_channel & (np.abs(after_s) < slot_s - 1e-12)).any(axis=1)).sum())
    return clear / n_trials


@pytest.mark.parametrize(
    ("ships", "every_s", "overlap"), [(400, 10.0, 0.0), (300, 6.0, 0.69), (200, 6.0, 1.0)]
)
def test_messages_thrown_into_slots_collide_as_the_closed_form_says(ships, every_s, overlap):
    n = 25_000
    share = thrown(np.random.default_rng(5), ships, every_s, overlap, n)
    p = float(p_clear_from_space(ships / every_s, overlap))
    band = 4 * math.sqrt(p * (1 - p) / n)
    assert band < 0.05 * p
    assert abs(share - p) < band
    assert abs(1.05 * share - p) > band


@given(
    ships=st.floats(1, 1e5), every_s=st.floats(2, 600), lasts_s=st.floats(1, 3000), overlap=st.floats(0, 1)
)
def test_twice_the_time_squares_what_is_missed_and_more_ships_are_held_worse(
    ships, every_s, lasts_s, overlap
):
    once, twice = (1 - p_held_from_space(ships, every_s, k * lasts_s, overlap) for k in (1, 2))
    assert float(twice) == pytest.approx(float(once) ** 2, abs=1e-12)
    more = p_held_from_space(1.5 * ships, every_s, lasts_s, overlap)
    assert float(more) <= float(p_held_from_space(ships, every_s, lasts_s, overlap))


@pytest.mark.parametrize("ais_class", [1, 2])
def test_contacts_are_as_many_as_the_closed_form_says(build, ais_class):
    """1500 ships at anchor at one place: all of them are on the air while any is in view."""
    n = 1500
    satellite = satellite_of(n_satellites=3, n_planes=3, p_decode=0.35, p_decode_class_b=0.2, p_separated=0.1)
    log = heard(build.fleet(still(n), ais=np.full(n, ais_class)), 1.0, SPOT, s=satellite)
    clear = math.exp(-1.69 * n * ANCHORED / SLOTS_PER_S)
    p = {1: 0.35, 2: 0.2}[ais_class] * (clear + 0.1 * (1 - clear))
    expected = variance = 0.0
    for number in range(3):
        seen = seen_s(satellite, PLACE, log, number)
        for begins, ends in seen.values():
            held = 1 - (1 - p) ** ((ends - begins + 1) / 180)
            expected, variance = expected + n * held, variance + n * held * (1 - held)
    found = int(log.reports["count"].sum())
    band = 4 * math.sqrt(variance)
    assert 0.2 < expected / (n * len(log.reports)) < 0.7
    assert band < 0.05 * expected
    assert abs(found - expected) < band
    assert abs(1.05 * found - expected) > band


def test_a_change_of_speed_in_view_changes_the_interval_from_then_on(build):
    """20,000 ships that sail together and stop in the middle of a view, nothing colliding."""
    satellite = satellite_of(p_decode=0.02, p_separated=1.0)
    probe = heard(build.fleet(still(1)), 1.0, SPOT, s=satellite)
    interval, (begins, ends) = next(iter(seen_s(satellite, PLACE, probe).items()))
    stops = (begins + ends) // 2
    speed_mps, n = 6.0, 20_000
    lat = PLACE[0] - math.degrees(speed_mps * stops / EARTH_RADIUS_M)
    path = [(0.0, lat, PLACE[1]), (float(stops), *PLACE), (86400.0, *PLACE)]
    log = heard(build.fleet([path] * n), 1.0, SPOT, s=satellite)
    counts = dict(zip(log.reports["interval"].tolist(), log.reports["count"].tolist(), strict=True))
    p = 1 - 0.98 ** ((stops - begins) / 10 + (ends - stops) / 180)
    band = 4 * math.sqrt(n * p * (1 - p))
    assert 0.2 < p < 0.7
    assert abs(counts[interval] - n * p) < band
    assert abs(1.05 * counts[interval] - n * p) > band


def test_a_contact_is_of_the_last_moment_on_the_air_in_view(build):
    satellite = satellite_of(**SURE)
    places = [(5.0, 118.0), (15.0, 112.0), (25.0, 120.0)]
    fleet = build.fleet([path for place in places for path in still(1, place)])
    log = heard(fleet, s=satellite)
    ends_us = dict(zip(log.reports["interval"].tolist(), log.reports["t_observed_us"].tolist(), strict=True))
    rows = build.rows(log)
    for target, place in enumerate(places):
        seen = {k: ends for k, ends in seen_s(satellite, place, log).items() if ends[1] - ends[0] > 240}
        contacts = {k: (ends_us[k] - dt_us) / 1e6 for _, k, own, dt_us in rows if own == target}
        assert len(seen) >= 3
        assert seen.keys() <= contacts.keys()
        for k, (_, last) in seen.items():
            assert contacts[k] == pytest.approx(last + 0.5, abs=1.5)


def test_silence_ends_a_contact_and_speech_out_of_view_makes_none(build):
    satellite = satellite_of(**SURE)
    place = (5.0, 118.0)
    plain = heard(build.fleet(still(1, place)), s=satellite)
    ends_us = dict(
        zip(plain.reports["interval"].tolist(), plain.reports["t_observed_us"].tolist(), strict=True)
    )
    # A pass over the ship that goes on to the north of the area for minutes after it is out of view.
    k, (begins, last) = next(
        (k, ends)
        for k, ends in seen_s(satellite, place, plain).items()
        if ends[1] - ends[0] > 500 and ends_us[k] > (ends[1] + 90) * US_PER_S
    )

    def contacts(*changes):
        times, states = zip(*changes, strict=True)
        sent = broadcasts_of(np.zeros(len(times)), np.array(times) * US_PER_S, states)
        log = heard(build.fleet(still(1, place), broadcasts=sent), s=satellite)
        return {row[1]: (ends_us[row[1]] - row[3]) / US_PER_S for row in build.rows(log)}

    stops = last - 100
    assert contacts((0, AisState.TRUE), (stops, AisState.SILENT))[k] == pytest.approx(stops, abs=1e-5)
    late = contacts((0, AisState.SILENT), (last + 30, AisState.TRUE))
    assert k not in late
    assert late
    assert min(late) > k
    in_time = contacts((0, AisState.SILENT), (begins + 60, AisState.TRUE))
    assert in_time[k] == pytest.approx(last + 0.5, abs=1.5)
    assert contacts((0, AisState.SILENT)) == {}


def test_a_change_of_identity_alone_changes_no_contact(build):
    satellite = satellite_of(p_decode=0.3)
    n, hours = 60, 24
    rng = np.random.default_rng(2)
    places = list(zip(rng.uniform(4, 25, n).tolist(), rng.uniform(106, 126, n).tolist(), strict=True))
    paths = [path for place in places for path in still(1, place)]
    plain = heard(build.fleet(paths), s=satellite)
    # Every two minutes: many in each view.
    each = np.arange(0, hours * 3600, 120) * US_PER_S
    sent = broadcasts_of(np.repeat(np.arange(n), len(each)), np.tile(each, n), AisState.TRUE)
    assert build.rows(heard(build.fleet(paths, broadcasts=sent), s=satellite)) == build.rows(plain)
    assert 50 < len(plain.contacts["target"]) < n * len(plain.reports)


def test_who_has_no_set_or_is_silent_or_garbles_all_is_never_held(build):
    sent = broadcasts_of(
        [0, 1, 2, 3],
        0,
        [AisState.TRUE, AisState.SILENT, AisState.TRUE, AisState.FALSE_POSITION],
        offset_east_m=[0, 0, 0, 1e5],
        garbled_fraction=[0, 0, 1.0, 0],
    )
    fleet = build.fleet(still(4), broadcasts=sent, ais=[0, 1, 1, 1])
    log = heard(fleet, s=satellite_of(**SURE))
    assert {row[2] for row in build.rows(log)} == {3}
    table = products(log, fleet, {"s": satellite_of(**SURE)}, SEED)
    true = np.stack([table["true_lat_deg"], table["true_lon_deg"]])
    off_m = distance_m(*true, table["lat_deg"], table["lon_deg"])
    assert off_m == pytest.approx(np.full(len(off_m), 1e5), rel=0.01)


@pytest.fixture(scope="module")
def crowd(build):
    """120 ships of stream 'a', 1800 of stream 'b' and 30 probes, at anchor all over the area for two days."""
    rng = np.random.default_rng(17)
    names = ["a"] * 120 + ["b"] * 1800 + ["probe"] * 30
    lat, lon = rng.uniform(4, 25, len(names)), rng.uniform(106, 126, len(names))
    paths = [path for place in zip(lat.tolist(), lon.tolist(), strict=True) for path in still(1, place)]
    ais = np.where(rng.random(len(names)) < 0.3, 2, 1)

    def of(*streams, **changes):
        rows = [i for i, name in enumerate(names) if name in streams]
        probes = 30 if "probe" in streams else 0
        values = {"ais": ais[rows]} | changes
        return build.fleet(
            [paths[i] for i in rows], probes=probes, streams=[names[i] for i in rows], **values
        )

    return of


def test_more_ships_take_contacts_and_give_none(build, crowd):
    satellite = satellite_of()
    few = keys(build, heard(crowd("a"), s=satellite))
    many = {key for key in keys(build, heard(crowd("a", "b"), s=satellite)) if key[1] < 120}
    assert many < few
    assert len(many) < 0.97 * len(few)


def test_probes_are_no_traffic_and_hear_the_same_load(build, crowd):
    satellite = satellite_of()
    without = build.rows(heard(crowd("a", "b"), s=satellite))
    with_them = build.rows(heard(crowd("a", "b", "probe"), s=satellite))
    assert [row for row in with_them if row[2] < 1920] == without
    assert len(with_them) > len(without)


def test_another_satellite_and_other_blocks_change_no_contact(build, crowd):
    fleet, satellite = crowd("a", "b"), satellite_of()
    alone = build.rows(heard(fleet, s=satellite))
    other = satellite_of(raan_deg=200.0, inclination_deg=86.4)
    both = heard(fleet, s=satellite, other=other, third=satellite_of())
    assert build.rows(both, "s") == alone
    assert keys(build, both, "third") != keys(build, both, "s")
    assert build.rows(heard(fleet, block=7, s=satellite)) == alone
    shell = heard(fleet, s=satellite_of(n_satellites=2, n_planes=2))
    assert [row for row in build.rows(shell) if row[1] < PASSES_PER_SATELLITE] == alone


def restless(build, n=40):
    """Ships that change course and speed every quarter of an hour or so, and their mind about AIS too."""
    rng = np.random.default_rng(8)
    paths, rows = [], []
    for target in range(n):
        times = np.arange(0.0, 86400.0, 900.0) + rng.uniform(0, 300)
        steps = rng.normal(0, 0.03, (len(times), 2)) * (rng.random((len(times), 1)) < 0.6)
        places = np.cumsum(steps, axis=0) + rng.uniform([5, 107], [24, 125])
        paths.append([(float(t), *place) for t, place in zip(times, places.tolist(), strict=True)])
        changes = np.arange(0.0, 86400.0, 500.0) + rng.uniform(0, 200)
        changes[0] = 0.0
        states = rng.choice([AisState.TRUE, AisState.SILENT], len(changes))
        rows += [(target, int(t * US_PER_S), state) for t, state in zip(changes, states, strict=True)]
    return build.fleet(paths, broadcasts=broadcasts_of(*np.array(rows).T))


def test_passes_of_many_satellites_at_once_disturb_no_look(build):
    """Their views do not begin in the order in which their passes do: each is as if it were alone."""
    fleet = restless(build)
    many = satellite_of(n_satellites=12, n_planes=4, p_decode=0.1)
    rows = build.rows(heard(fleet, s=many))
    alone = build.rows(heard(fleet, s=satellite_of(p_decode=0.1)))
    assert len(alone) > 50
    assert [row for row in rows if row[1] < PASSES_PER_SATELLITE] == alone


def test_no_contact_is_of_a_moment_of_silence(build):
    fleet = restless(build)
    log = heard(fleet, s=satellite_of(n_satellites=12, n_planes=4, **SURE))
    rows = build.rows(log)
    ends_us = dict(zip(log.reports["interval"].tolist(), log.reports["t_observed_us"].tolist(), strict=True))
    targets = np.array([row[2] for row in rows])
    t_us = np.array([ends_us[row[1]] - row[3] for row in rows])
    assert len(rows) > 1000
    assert (fleet.ais_states(targets, t_us) == AisState.TRUE).all()


@pytest.mark.parametrize(
    "change", [{"background_per_km2_s": 2e-5}, {"overlap": 1.0}, {"p_decode": 0.6}, {"p_separated": 0.0}]
)
def test_each_cause_of_loss_takes_contacts_and_gives_none(build, crowd, change):
    fleet = crowd("a", "b")
    best = keys(build, heard(fleet, s=satellite_of()))
    worse = keys(build, heard(fleet, s=satellite_of(**change)))
    assert worse < best


def test_class_b_is_held_worse(build, crowd):
    satellite = satellite_of()
    class_a = keys(build, heard(crowd("a", ais=np.full(120, 1)), s=satellite))
    class_b = keys(build, heard(crowd("a", ais=np.full(120, 2)), s=satellite))
    assert class_b < class_a
    assert len(class_b) < 0.8 * len(class_a)


def test_a_class_a_ship_in_a_crowded_sea_is_held_as_the_facts_assume():
    """Where every message collides, and 8 minutes in view: 0.3 to 0.7 of class A, 0.05 to 0.2 of class B."""
    satellite = satellite_of()
    for p_decode, every_s, low, high in ((0.8, 10, 0.3, 0.7), (0.4, 30, 0.05, 0.2)):
        p = p_decode * float(satellite.p_uncollided(0.0))
        assert low < 1 - (1 - p) ** (480 / every_s) < high


def test_the_load_of_the_background_is_that_of_the_footprint_outside_the_area(build):
    satellite = satellite_of(background_per_km2_s=2e-5, elevation_min_deg=10.0)
    timeline = timeline_of(1.0)
    setting = Setting(build.fleet(still(1), ais=[0]), timeline, SEED, None, AREA)
    tracks = satellite.tracks(timeline)
    works = satellite.works("s", setting, tracks)
    load = satellite.load(tracks, works, setting)
    works = works[np.argsort(works["t_from_us"], kind="stable")]
    on_air = -np.log(load.clear) * SLOTS_PER_S / 1.69
    row = np.repeat(np.arange(len(works)), np.diff(load.first_step))
    step = np.arange(len(on_air)) - load.first_step[row]
    middles_s = works["t_from_us"][row] / 1e6 + (step + 0.5) * load.step_s[row]
    points = np.random.default_rng(1).normal(size=(300_000, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    lat, lon = np.degrees(np.arcsin(points[:, 2])), np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    outside = ~((lat >= 3) & (lat <= 26) & (lon >= 105) & (lon <= 127))
    each_km2 = 4 * math.pi * (EARTH_RADIUS_M / 1e3) ** 2 / len(points)
    places = on_sphere(earth_fixed(satellite.orbits(START)[0], START, middles_s)[0])
    inside = []
    for place, slots_per_s in list(zip(places, on_air.tolist(), strict=True))[::9]:
        ray = place - EARTH_RADIUS_M * points
        is_up = (ray * points).sum(axis=1) >= np.linalg.norm(ray, axis=1) * math.sin(math.radians(10.0))
        expected = 2e-5 * each_km2 * (is_up & outside).sum()
        inside.append(1 - (is_up & outside).sum() / is_up.sum())
        assert slots_per_s == pytest.approx(expected, rel=0.04, abs=2e-5 * 1e5)
    assert max(inside) > 0.5
    assert load.step_s.max() <= 15.0


def test_a_place_by_range_is_held_as_contacts_are_without_other_traffic():
    satellite = satellite_of(background_per_km2_s=1e-5)
    example = Example.of(100.0, ais=AisClass.CLASS_A, speed_mps=5.0)
    cap_km2 = 2 * math.pi * (EARTH_RADIUS_M / 1e3) ** 2 * (1 - EARTH_RADIUS_M / (EARTH_RADIUS_M + 500e3))
    clear = math.exp(-1.69 * 1e-5 * cap_km2 / SLOTS_PER_S)
    p = 0.8 * (clear + 0.02 * (1 - clear))
    ranges_m = np.array([0.0, 1000e3, 2000e3, 3000e3])
    expected = 1 - (1 - p) ** (satellite.in_view_s(ranges_m) / 10.0)
    assert satellite.p_by_range(ranges_m, example) == pytest.approx(expected)
    assert expected[-1] == 0.0


def test_a_report_for_each_pass_and_a_card():
    satellite = satellite_of(product_delay_s=1800.0)
    (card,) = cards({"s": satellite})
    assert (card.category, card.error_m, card.interval_s) == ("ais", 10.0, 0.0)


def test_reports_are_made_with_no_contacts_too(build):
    log = heard(build.fleet(still(1), ais=[0]), s=satellite_of(product_delay_s=1800.0))
    assert len(log.reports) > 5
    assert log.reports["count"].sum() == 0
    assert (log.reports["t_ready_us"] - log.reports["t_observed_us"] == US_PER_H // 2).all()


@pytest.mark.parametrize("type_id", ["ais_spire_lemur", "ais_orbcomm_og2", "ais_exactview_rt"])
def test_types_of_the_catalogue_hear_ships(build, type_id):
    row = catalogue.sensor_type(type_id)
    satellite = AisSatellite(operator="USA", type=type_id, **row.parameters)
    log = heard(build.fleet(still(20)), 0.5, s=satellite)
    assert len(log.reports) > 10
    assert 0 < log.reports["count"].sum() < 20 * len(log.reports)


@pytest.mark.parametrize(
    "change", [{"p_decode": 1.1}, {"overlap": 1.5}, {"p_separated": -0.1}, {"background_per_km2_s": -1.0}]
)
def test_limits_of_a_receiver_are_checked(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        satellite_of(**change)
