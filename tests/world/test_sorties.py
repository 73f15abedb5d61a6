"""Sorties: when hulls leave and are back, who flies, where they are, and what changes none of it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_DAY, US_PER_H, US_PER_S, Timeline
from mda_sim.geo.regions import Box, contains
from mda_sim.geo.sphere import distance_m, great_circle_points
from mda_sim.world.environment import build_environment
from mda_sim.world.environment_spec import UniformEnvironment
from mda_sim.world.platforms import PlatformSpec
from mda_sim.world.sorties import (
    Carrier,
    SortieOutcome,
    build_carrier,
    build_carriers,
    reach_problem,
)
from mda_sim.world.trips import plan_trip

BASE = {"lat_deg": 14.5, "lon_deg": 120.9}
CIRCLE = {"kind": "circle", "lat_deg": 15.2, "lon_deg": 117.8, "radius_m": 80_000.0}
AREA = Box(lat_min_deg=5, lat_max_deg=20, lon_min_deg=110, lon_max_deg=122)


def platform(**changes):
    tree = {
        "medium": "air",
        "base": BASE,
        "n_hulls": 2,
        "cruise_mps": 110.0,
        "search_mps": 85.0,
        "height_m": 1500.0,
        "endurance_s": 5 * 3600.0,
        "turn_round_s": 30 * 3600.0,
        "search": {"region": CIRCLE, "spacing_m": 15_000.0, "course_deg": 30.0},
        "sorties": {"leaves_from_s": 6 * 3600.0, "leaves_to_s": 14 * 3600.0, "time_zone": "Asia/Manila"},
    }
    return PlatformSpec.model_validate(tree | changes)


def ship(**changes):
    tree = {
        "medium": "sea",
        "base": {"port": "manila"},
        "n_hulls": 3,
        "cruise_mps": 8.0,
        "search_mps": 6.0,
        "height_m": 25.0,
        "endurance_s": 12 * 86400.0,
        "turn_round_s": 5 * 86400.0,
        "sorties": {"weekdays": ["mon", "fri"]},
    }
    return platform(**(tree | changes))


def timeline(days=20.0, start=datetime(2026, 3, 2, tzinfo=UTC)):
    return Timeline(start, US_PER_DAY, int((days - 1) * US_PER_DAY), US_PER_DAY)


def built(spec, days=20.0, seed=3, name="eye", environment=None, land=None) -> Carrier:
    return build_carrier(name, spec, timeline(days), seed, environment, land)


def weather(wind_mps=8.0, wave_height_m=1.5):
    spec = UniformEnvironment(kind="uniform", wind_mps=wind_mps, wave_height_m=wave_height_m)
    return build_environment(spec, AREA, timeline(), 1)


def flown(carrier):
    return carrier.sorties[carrier.sorties["outcome"] == SortieOutcome.FLOWN]


CASES = {
    "plain": {},
    "busy": {"sorties": {"per_day": 6, "leaves_to_s": 86_400.0, "leaves_from_s": 0.0}, "n_hulls": 4},
    "broken": {"sorties": {"per_day": 3, "leaves_to_s": 50_000.0, "serviceability": 0.6}},
    "one": {"n_hulls": 1, "turn_round_s": 0.0, "sorties": {"per_day": 8, "leaves_to_s": 86_400.0}},
    "fast_search": {"search_mps": 200.0},
    "square": {"search": {"region": CIRCLE, "pattern": "expanding_square", "spacing_m": 9000.0}},
    "racetrack": {"search": {"region": CIRCLE, "pattern": "racetrack", "course_deg": 200.0}},
    "barrier": {"search": {"region": CIRCLE, "pattern": "barrier", "course_deg": 100.0}},
}


@pytest.fixture(params=CASES, scope="module")
def case(request):
    changes = CASES[request.param]
    sorties = changes.get("sorties", {})
    if sorties:
        changes = changes | {"sorties": {"leaves_from_s": 0.0} | sorties}
    spec = platform(**changes)
    return spec, built(spec)


def test_endurance_is_never_exceeded_and_all_of_it_is_used(case):
    spec, carrier = case
    away_us = carrier.sorties["back_us"] - carrier.sorties["leaves_us"]
    assert (away_us <= spec.endurance_s * US_PER_S).all()
    assert (away_us >= spec.endurance_s * US_PER_S - 2).all()
    assert (carrier.sorties["leaves_us"] < carrier.sorties["on_station_us"]).all()
    assert (carrier.sorties["on_station_us"] < carrier.sorties["off_station_us"]).all()
    assert (carrier.sorties["off_station_us"] < carrier.sorties["back_us"]).all()


def test_a_hull_turns_round_before_it_leaves_again(case):
    spec, carrier = case
    gone = flown(carrier)
    assert set(gone["hull"].tolist()) <= set(range(spec.n_hulls))
    for hull in range(spec.n_hulls):
        mine = gone[gone["hull"] == hull]
        gap_us = mine["leaves_us"][1:] - mine["back_us"][:-1]
        assert (gap_us >= spec.turn_round_s * US_PER_S).all()


def test_no_more_hulls_are_away_than_there_are(case):
    spec, carrier = case
    gone = flown(carrier)
    away = [
        int(((gone["leaves_us"] <= t) & (gone["back_us"] > t)).sum())
        for t in gone["leaves_us"][gone["leaves_us"] >= 0]
    ]
    assert 1 <= max(away) <= spec.n_hulls


def test_a_sortie_with_no_hull_had_none_and_one_that_left_had_one(case):
    spec, carrier = case
    gone = flown(carrier)
    turn_us = int(spec.turn_round_s * US_PER_S)
    settled = carrier.sorties[carrier.sorties["leaves_us"] > turn_us + spec.endurance_s * US_PER_S]
    assert len(settled) > 5
    for sortie in settled:
        t = sortie["leaves_us"]
        taken = int(((gone["leaves_us"] < t) & (gone["back_us"] + turn_us > t)).sum())
        if sortie["outcome"] == SortieOutcome.NO_HULL:
            assert taken == spec.n_hulls
        elif sortie["outcome"] == SortieOutcome.FLOWN:
            assert taken < spec.n_hulls


def test_the_hull_that_has_been_ready_for_longest_goes():
    carrier = built(platform(n_hulls=3, turn_round_s=0.0))
    hulls = flown(carrier)["hull"]
    assert ((hulls[1:] - hulls[:-1]) % 3 == 1).all()


def test_a_further_hull_is_never_a_sortie_fewer():
    sorties = {"per_day": 5, "leaves_from_s": 0.0, "leaves_to_s": 86_400.0, "serviceability": 0.9}
    for seed in range(5):
        before: set[int] = set()
        counts = []
        for n_hulls in range(1, 9):
            carrier = built(platform(n_hulls=n_hulls, sorties=sorties), seed=seed)
            now = set(flown(carrier)["number"].tolist())
            assert before <= now
            before = now
            counts.append(len(now))
        assert counts[0] < counts[-1]


def test_planned_sorties_are_those_of_the_calendar():
    sorties = {
        "weekdays": ["mon", "wed", "sat"],
        "per_day": 2,
        "leaves_from_s": 5 * 3600.0,
        "leaves_to_s": 11 * 3600.0,
        "time_zone": "Asia/Manila",
    }
    carrier = built(platform(sorties=sorties), days=29.0)
    left = carrier.sorties[carrier.sorties["leaves_us"] >= 0]
    local = [timeline().datetime_at(t).astimezone(ZoneInfo("Asia/Manila")) for t in left["leaves_us"]]
    assert {moment.weekday() for moment in local} == {0, 2, 5}
    hours = np.array([moment.hour + moment.minute / 60 for moment in local])
    assert (hours[left["number"] % 2 == 0] < 8.0).all()
    assert (hours[left["number"] % 2 == 1] >= 8.0).all()
    assert hours.min() >= 5.0
    assert hours.max() <= 11.0
    # The first day, a Monday, begins at 8 h in Manila: its early sortie left before the start.
    begins = datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("Asia/Manila"))
    days = [begins.date() + timedelta(days=k) for k in range(30)]
    expected = [(day, k) for day in days for k in (0, 1) if day.weekday() in {0, 2, 5}]
    found = [(moment.date(), int(k)) for moment, k in zip(local, left["number"] % 2, strict=True)]
    assert found == [pair for pair in expected if pair != (begins.date(), 0)][: len(found)]
    assert len(found) >= len(expected) - 3


def test_leaving_times_are_uniform_in_the_span():
    # 4 standard errors of the mean of n uniforms; a bias of 5 % of the span would fail.
    sorties = {"per_day": 24, "leaves_from_s": 0.0, "leaves_to_s": 86_400.0}
    left = built(platform(sorties=sorties), days=100.0).sorties
    share = (left["leaves_us"] / US_PER_H) % 1.0
    band = 4 / math.sqrt(12 * len(share))
    assert abs(share.mean() - 0.5) < band < 0.05
    assert share.var() == pytest.approx(1 / 12, rel=0.1)


def test_serviceability_is_the_share_that_flies_if_hulls_abound():
    sorties = {"per_day": 24, "leaves_from_s": 0.0, "leaves_to_s": 86_400.0, "serviceability": 0.7}
    carrier = built(platform(n_hulls=200, sorties=sorties), days=200.0)
    n, share = len(carrier.sorties), len(flown(carrier)) / len(carrier.sorties)
    band = 4 * math.sqrt(0.7 * 0.3 / n)
    assert abs(share - 0.7) < band
    assert band < 0.05 * 0.7
    outcomes = set(carrier.sorties["outcome"].tolist())
    assert outcomes == {SortieOutcome.FLOWN, SortieOutcome.UNSERVICEABLE}


def test_every_planned_sortie_has_one_outcome_and_a_hull_only_if_it_is_flown(case):
    _, carrier = case
    counts = [int((carrier.sorties["outcome"] == outcome).sum()) for outcome in SortieOutcome]
    assert sum(counts) == len(carrier.sorties)
    assert ((carrier.sorties["hull"] >= 0) == (carrier.sorties["outcome"] == SortieOutcome.FLOWN)).all()
    assert len(np.unique(carrier.sorties["number"])) == len(carrier.sorties)
    assert (np.diff(carrier.sorties["number"]) > 0).all()
    assert set(carrier.legs["target"].tolist()) == set(
        np.flatnonzero(carrier.sorties["outcome"] == SortieOutcome.FLOWN).tolist()
    )


def test_a_longer_run_changes_no_sortie(case):
    spec, longer = case
    shorter = built(spec, days=9.0)
    n = len(shorter.sorties)
    assert n > 5
    assert (shorter.sorties == longer.sorties[:n]).all()
    assert longer.sorties["leaves_us"][n] >= timeline(9.0).score_to_us
    whole = shorter.legs["t_to_us"] < timeline(9.0).score_to_us
    m = int(whole.sum())
    for column in shorter.legs.schema.columns:
        mine = shorter.legs[column.name][whole]
        same = longer.legs.take(np.isin(longer.legs["target"], shorter.legs["target"]))
        same = same.take(same["t_to_us"] < timeline(9.0).score_to_us)
        assert len(same) == m
        assert (same[column.name] == mine).all()


def test_another_platform_changes_nothing():
    specs = {"a": platform(), "b": platform(n_hulls=1)}
    both = build_carriers(specs, timeline(), 3, None, None)
    alone = build_carriers({"b": specs["b"]}, timeline(), 3, None, None)
    assert (both["b"].sorties == alone["b"].sorties).all()
    assert both["b"].legs.digest() == alone["b"].legs.digest()
    assert (both["a"].sorties["leaves_us"][:5] != both["b"].sorties["leaves_us"][:5]).all()
    other_seed = build_carriers({"b": specs["b"]}, timeline(), 4, None, None)
    assert (other_seed["b"].sorties["leaves_us"] != alone["b"].sorties["leaves_us"]).all()


def test_hulls_that_left_before_the_start_are_away_at_the_start():
    sorties = {"leaves_from_s": 7 * 3600.0, "leaves_to_s": 7 * 3600.0, "time_zone": "Asia/Manila"}
    spec = platform(endurance_s=40 * 3600.0, n_hulls=4, turn_round_s=0.0, sorties=sorties)
    carrier = built(spec)  # begins at 8 h in Manila: 1 h and 25 h after two of them left
    early = carrier.sorties[carrier.sorties["leaves_us"] < 0]
    assert len(early) == 2
    assert early["number"].tolist() == [-1, 0]
    assert (early["back_us"] > 0).all()
    rows = np.flatnonzero(carrier.sorties["leaves_us"] < 0)
    assert np.isfinite(carrier.unit_vectors(rows, 0)).all()
    assert carrier.legs["t_from_us"].min() == 0
    assert carrier.legs["t_to_us"].max() == timeline().score_to_us


def test_as_many_hulls_are_on_station_at_the_start_as_later():
    """Little's law: rate times time on station, from the first hour on; and a fresh start would be seen."""
    sorties = {"per_day": 24, "leaves_from_s": 0.0, "leaves_to_s": 86_400.0}
    spec = platform(endurance_s=26 * 3600.0, n_hulls=40, sorties=sorties, turn_round_s=0.0)
    trip = plan_trip("eye", spec, None)
    expected = 24 * (trip.off_station_us - trip.on_station_us) / US_PER_DAY
    found = []
    for seed in range(20):
        gone = flown(built(spec, days=2.0, seed=seed))
        found.append(int(((gone["on_station_us"] <= 0) & (gone["off_station_us"] > 0)).sum()))
    # Sorties are spread by shares of an hour, so the number varies by less than that of a Poisson process.
    band = 4 * math.sqrt(np.var(found) / len(found))
    assert abs(np.mean(found) - expected) < max(band, 0.02 * expected)
    assert max(band, 0.02 * expected) < 0.05 * expected


@pytest.mark.parametrize("limit", ["wind_max_mps", "wave_height_max_m"])
def test_weather_beyond_a_limit_keeps_all_at_home_and_other_weather_none(limit):
    low = platform(limits={limit: 1.0})
    carrier = built(low, environment=weather())
    assert (carrier.sorties["outcome"] == SortieOutcome.WEATHER).all()
    assert len(carrier.legs) == 0
    assert np.isnan(carrier.unit_vectors(0, carrier.sorties["on_station_us"][:1])).all()
    high = platform(limits={limit: 30.0})
    assert (built(high, environment=weather()).sorties == built(platform()).sorties).all()
    assert (built(low).sorties == built(platform()).sorties).all()
    assert (built(platform(), environment=weather()).sorties == built(platform()).sorties).all()


def test_weather_counts_at_the_base_and_in_the_middle_and_at_the_time_of_leaving():
    class Gale:
        """20 m/s on odd days, at one place."""

        bounds_deg = (110.0, 5.0, 122.0, 20.0)
        end_us = 10**15

        def __init__(self, lat_deg):
            self.lat_deg = lat_deg

        def at(self, t_us, lat_deg, lon_deg):
            t_us, lat, _ = np.broadcast_arrays(t_us, lat_deg, lon_deg)
            wind = np.where((lat == self.lat_deg) & (t_us // US_PER_DAY % 2 == 1), 20.0, 2.0)
            return type("Sky", (), {"wind_mps": wind, "wave_height_m": 0 * wind})

    spec = platform(limits={"wind_max_mps": 10.0}, base={"lat_deg": 3.0, "lon_deg": 117.0}, endurance_s=1e5)
    for lat_deg in (CIRCLE["lat_deg"], 5.0):  # 5: the base lies south of the weather
        sorties = built(spec, environment=Gale(lat_deg)).sorties
        bad = np.maximum(sorties["leaves_us"], 0) // US_PER_DAY % 2 == 1
        assert ((sorties["outcome"] == SortieOutcome.WEATHER) == bad).all()
        assert bad.any()
    assert (built(spec, environment=Gale(9.9)).sorties["outcome"] != SortieOutcome.WEATHER).all()


def test_clocks_that_change_leave_the_local_time_of_leaving_as_it_is():
    zone = ZoneInfo("Europe/Paris")
    sorties = {"leaves_from_s": 9 * 3600.0, "leaves_to_s": 9 * 3600.0, "time_zone": "Europe/Paris"}
    when = timeline(5.0, datetime(2026, 3, 27, tzinfo=UTC))  # summer time begins on 29 March
    carrier = build_carrier("eye", platform(sorties=sorties), when, 1, None, None)
    left = [when.datetime_at(t) for t in carrier.sorties["leaves_us"]]
    assert {moment.astimezone(zone).hour for moment in left} == {9}
    assert [moment.hour for moment in left] == [8, 8, 7, 7, 7]
    # At 2.30 h there is no such time on that day: read with the offset before the change.
    night = sorties | {"leaves_from_s": 2.5 * 3600.0, "leaves_to_s": 2.5 * 3600.0}
    carrier = build_carrier("eye", platform(sorties=night), when, 1, None, None)
    assert [when.datetime_at(t).hour for t in carrier.sorties["leaves_us"]][:3] == [1, 1, 0] or [
        when.datetime_at(t).hour for t in carrier.sorties["leaves_us"]
    ][:3] == [1, 1, 1]


def test_the_track_has_no_jumps_and_the_speeds_are_as_stated(case):
    spec, carrier = case
    legs = carrier.legs
    same = legs["target"][1:] == legs["target"][:-1]
    assert (legs["t_from_us"][1:][same] == legs["t_to_us"][:-1][same]).all()
    end = carrier.unit_vectors(legs["target"], legs["t_to_us"] - 1)
    start = carrier.unit_vectors(legs["target"], legs["t_from_us"])
    apart_m = 6_371_008.8 * np.linalg.norm(start[1:] - end[:-1], axis=1)[same]
    assert apart_m.max() < 0.01
    row = carrier.sorties[legs["target"]]
    middle_us = (legs["t_from_us"] + legs["t_to_us"]) // 2
    searching = (middle_us > row["on_station_us"]) & (middle_us < row["off_station_us"])
    lasts = legs["t_to_us"] - legs["t_from_us"] > 10 * US_PER_S
    for chosen, speed_mps in ((searching, spec.search_mps), (~searching, spec.cruise_mps)):
        assert (chosen & lasts).any()
        assert legs["speed_mps"][chosen & lasts] == pytest.approx(speed_mps, rel=1e-5)


def test_on_station_it_is_in_the_region_and_at_both_ends_at_the_base(case):
    _, carrier = case
    for row in np.flatnonzero(carrier.sorties["outcome"] == SortieOutcome.FLOWN)[2:5]:
        sortie = carrier.sorties[row]
        t_us = np.linspace(sortie["on_station_us"], sortie["off_station_us"], 400).astype(np.int64)
        lat, lon = carrier.positions(row, t_us)
        off_m = distance_m(CIRCLE["lat_deg"], CIRCLE["lon_deg"], lat, lon) - CIRCLE["radius_m"]
        assert off_m.max() < 1.0  # a circle is convex: chords between its points are inside
        ends_us = sortie["leaves_us"], sortie["back_us"] - 1
        at_base = distance_m(BASE["lat_deg"], BASE["lon_deg"], *carrier.positions(row, ends_us))
        assert at_base.max() < 1.0
        assert np.isnan(carrier.unit_vectors(row, [sortie["leaves_us"] - 1, sortie["back_us"] + 1])).all()


def test_the_track_is_that_of_the_trip_computed_step_by_step():
    """The position at any time, walked along the pattern by hand."""
    spec = platform(search={"region": CIRCLE, "pattern": "barrier", "course_deg": 0.0})
    carrier = built(spec)
    row = int(np.flatnonzero(carrier.sorties["hull"] >= 0)[1])
    sortie = carrier.sorties[row]
    half_m = CIRCLE["radius_m"]
    for t_us in np.linspace(sortie["on_station_us"], sortie["off_station_us"] - 1, 37).astype(np.int64):
        gone_m = (t_us - sortie["on_station_us"]) / US_PER_S * spec.search_mps
        swing = gone_m % (4 * half_m)
        north_m = swing - half_m if swing <= 2 * half_m else 3 * half_m - swing
        lat, lon = carrier.positions(row, t_us)
        assert lat[0] == pytest.approx(CIRCLE["lat_deg"] + math.degrees(north_m / 6_371_008.8), abs=1e-5)
        assert lon[0] == pytest.approx(CIRCLE["lon_deg"], abs=1e-6)


def test_a_barrier_is_crossed_every_length_over_speed():
    spec = platform(search={"region": CIRCLE, "pattern": "barrier", "course_deg": 0.0})
    trip = plan_trip("eye", spec, None)
    turns_us = trip.t_us[1:-2]
    assert np.diff(turns_us) == pytest.approx(2 * CIRCLE["radius_m"] / spec.search_mps * US_PER_S, rel=1e-6)


def test_time_on_station_is_endurance_less_both_ways():
    """Closed form for a search that stays near one place: share = 1 - 2 d / (v E)."""
    small = {"kind": "circle", "lat_deg": 15.2, "lon_deg": 117.8, "radius_m": 1500.0}
    spec = platform(search={"region": small, "pattern": "barrier"})
    trip = plan_trip("eye", spec, None)
    way_m = float(distance_m(*BASE.values(), small["lat_deg"], small["lon_deg"]))
    share = (trip.off_station_us - trip.on_station_us) / (spec.endurance_s * US_PER_S)
    assert share == pytest.approx(1 - 2 * way_m / (spec.cruise_mps * spec.endurance_s), abs=2e-3)


def test_a_search_faster_than_cruise_is_back_in_time_too():
    for endurance_h in np.linspace(2.5, 6.0, 15):
        spec = platform(search_mps=330.0, cruise_mps=100.0, endurance_s=float(endurance_h * 3600))
        if not reach_problem(spec):
            assert plan_trip("eye", spec, None).back_us <= spec.endurance_s * US_PER_S


def test_an_area_out_of_reach_is_refused_with_its_figures():
    spec = platform(endurance_s=1.5 * 3600)
    problem = reach_problem(spec)
    way_m = distance_m(*BASE.values(), *(a[0] for a in plan_first(platform())))
    assert f"{float(way_m) / 1000:,.0f} km" in problem
    assert f"{2 * float(way_m) / 110 / 3600:.1f} h" in problem
    assert "1.5 h" in problem
    with pytest.raises(RunError, match=r"platform 'eye': its search begins .* leaves no time"):
        built(spec)
    assert reach_problem(platform()) == ""
    edge_s = 2 * float(way_m) / 110
    assert reach_problem(platform(endurance_s=edge_s * 0.9999))
    assert not reach_problem(platform(endurance_s=edge_s * 1.0001))
    tiny = {"region": CIRCLE | {"radius_m": 900e3}, "spacing_m": 500.0}
    assert "spacing_m larger" in reach_problem(platform(search=tiny))


def plan_first(spec):
    """First point of the search."""
    trip = plan_trip("eye", spec, None)
    return trip.lat_deg[1:2], trip.lon_deg[1:2]


ISLANDS = {"kind": "circle", "lat_deg": 12.0, "lon_deg": 119.7, "radius_m": 120_000.0}


@pytest.fixture(scope="module")
def sailed(land):
    """Ships that search among the Calamian islands."""
    search = {"region": ISLANDS, "spacing_m": 40_000.0}
    return built(ship(search=search), days=30.0, land=land)


def test_ships_go_round_land(sailed, land):
    legs = sailed.legs
    start = sailed.positions(legs["target"], legs["t_from_us"])
    end = sailed.positions(legs["target"], legs["t_to_us"] - 1)
    assert len(legs) > 100
    assert not land.crosses_great_circle(*start, *end).any()
    trip = plan_trip("eye", ship(search={"region": ISLANDS, "spacing_m": 40_000.0}), land)
    ends = [
        (trip.lat_deg[k], trip.lon_deg[k]) for k in (0, np.flatnonzero(trip.t_us == trip.on_station_us)[0])
    ]
    straight = great_circle_points(*ends[0], *ends[1], 400)
    assert land.is_land(*straight).any()  # there was something to go round


def test_ships_are_back_in_time_and_not_much_before(sailed):
    away_s = (sailed.sorties["back_us"] - sailed.sorties["leaves_us"]) / US_PER_S
    assert (away_s <= 12 * 86400.0).all()
    assert (away_s > 12 * 86400.0 - 8 * 3600.0).all()
    assert len(flown(sailed)) >= 5


def test_a_ship_in_open_water_is_early_by_less_than_its_step(land):
    trip = plan_trip("eye", ship(), land)
    assert 0 <= 12 * 86400.0 - trip.back_us / US_PER_S <= 5_000.0 / 6.0 + 5_000.0 / 8.0 + 1e-6


def test_the_waypoints_of_a_ships_search_lie_in_the_region_off_the_coast(land):
    spec = ship(search={"region": CIRCLE | {"lat_deg": 15.0, "lon_deg": 119.7}, "spacing_m": 20_000.0})
    trip = plan_trip("eye", spec, land)
    on = (trip.t_us >= trip.on_station_us) & (trip.t_us <= trip.off_station_us)
    lat, lon = trip.lat_deg[on], trip.lon_deg[on]
    assert not land.is_land(lat, lon).any()
    assert (distance_m(15.0, 119.7, lat, lon) < 80_001).mean() > 0.9
    assert land.is_land(*great_circle_points(15.0, 119.7, 15.0, 120.3, 50)).any()  # land in the region


def test_ships_are_refused_a_base_ashore_and_a_region_without_water(land):
    with pytest.raises(RunError, match=r"platform 'eye': its base .* must be a point at sea"):
        built(ship(base={"lat_deg": 15.5, "lon_deg": 121.0}), land=land)
    inland = {"kind": "circle", "lat_deg": 15.6, "lon_deg": 120.8, "radius_m": 30_000.0}
    with pytest.raises(RunError, match="lies in the search region at sea"):
        built(ship(search={"region": inland}), land=land)
    off_map = {"kind": "circle", "lat_deg": -30.0, "lon_deg": 60.0, "radius_m": 30_000.0}
    with pytest.raises(RunError, match="platform 'eye'"):
        built(ship(search={"region": off_map}), land=land)


def test_a_ship_without_land_sails_straight_and_aircraft_cross_land(land):
    free = built(ship(base={"lat_deg": 15.5, "lon_deg": 121.0}), land=None)
    assert len(flown(free)) > 0
    over = platform(base={"lat_deg": 16.0, "lon_deg": 122.5})
    assert built(over, land=land).legs.digest() == built(over, land=None).legs.digest()


def test_unknown_rows_are_refused():
    carrier = built(platform())
    with pytest.raises(IndexError, match="rows are 0 to"):
        carrier.unit_vectors(len(carrier.sorties), 0)


def test_a_region_of_any_kind_can_be_searched():
    near = {"kind": "near_features", "features": ["scarborough_shoal"], "radius_m": 60_000.0}
    spec = platform(search={"region": near})
    carrier = built(spec)
    row = int(np.flatnonzero(carrier.sorties["hull"] >= 0)[0])
    sortie = carrier.sorties[row]
    t_us = np.linspace(sortie["on_station_us"], sortie["off_station_us"], 200).astype(np.int64)
    assert contains(spec.search.region, *carrier.positions(row, t_us)).mean() > 0.95
