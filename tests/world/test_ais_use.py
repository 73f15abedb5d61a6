"""What vessels do with their AIS: shares of time, independence of the switches, zones, places sent."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.time import US_PER_DAY, US_PER_H, US_PER_S
from mda_sim.geo.regions import contains
from mda_sim.geo.sphere import destination, distance_m
from mda_sim.world.ais_use import AisCarriage, draw_broadcasts
from mda_sim.world.broadcasts import MADE_UP, AisState
from mda_sim.world.fleet import AisClass, legs_between
from mda_sim.world.groups import Group, assemble
from mda_sim.world.inside import inside_intervals
from mda_sim.world.presence import PRESENCE, Table, time_in

DAYS = 40
N = 1500
ZONE = {
    "region": {"kind": "circle", "lat_deg": 11.0, "lon_deg": 115.0, "radius_m": 60_000.0},
    "fraction": 0.5,
}
EVERY_SWITCH = {
    "carriage": 1.0,
    "off_in": {"shoal": ZONE},
    "gaps": {"per_day": 0.4, "lasts_mean_s": 43_200.0},
    "false_positions": {"per_day": 0.3, "lasts_mean_s": 21_600.0, "distance_m": {"low": 2e4, "high": 9e4}},
    "shared_identity_fraction": 0.2,
    "garbled_fraction": 0.25,
}


def sailing(n=N, days=DAYS):
    """Vessels that sail from south to north and back once a day, for some days from different starts."""
    start_us = np.arange(n) * 60 * US_PER_S
    t_us = start_us[:, None] + np.arange(2 * days + 1) * (US_PER_DAY // 2)
    lat = np.broadcast_to(np.where(np.arange(2 * days + 1) % 2, 12.0, 10.5), t_us.shape)
    return legs_between(
        lat.ravel(), 115.0 + np.zeros(t_us.size), t_us.ravel(), np.repeat(np.arange(n), 2 * days + 1)
    )


LEGS = sailing()


def use_of(**switches):
    return AisCarriage.model_validate({"carriage": 1.0, **switches})


def fleet_of(use, legs=LEGS, index=None, stream="cargo/a", is_used=None, silent=None, seed=4):
    index = np.arange(len(np.unique(legs["target"]))) if index is None else index
    n = len(index)
    is_used = np.ones(n, np.bool_) if is_used is None else is_used
    sent = draw_broadcasts(use, is_used, stream, index, legs, seed, silent)
    group = Group("cargo", stream, index, [""] * n, np.full(n, 100.0), np.ones(n, np.uint8), legs, sent)
    return assemble([group])


def intervals(table):
    return set(zip(*(table[name].tolist() for name in ("target", "t_from_us", "t_to_us")), strict=True))


def share_in(fleet, *states):
    """Share of each vessel's time in some states."""
    return time_in(fleet.in_state(*states), fleet.n_targets) / time_in(fleet.presence(), fleet.n_targets)


@pytest.mark.parametrize(
    ("switch", "state"), [("gaps", AisState.SILENT), ("false_positions", AisState.FALSE_POSITION)]
)
def test_the_time_in_episodes_is_that_of_an_alternating_renewal_process(switch, state):
    fleet = fleet_of(use_of(**{switch: EVERY_SWITCH[switch]}))
    per_day, mean_d = EVERY_SWITCH[switch]["per_day"], EVERY_SWITCH[switch]["lasts_mean_s"] / 86_400
    wanted = per_day * mean_d / (1.0 + per_day * mean_d)
    shares = share_in(fleet, state)
    assert abs(shares.mean() - wanted) < 4 * shares.std() / math.sqrt(N)
    assert 4 * shares.std() / math.sqrt(N) < 0.05 * wanted


@pytest.mark.parametrize("at_d", [0.0, 1.0, 20.0, 39.0])
def test_a_vessel_is_as_likely_in_a_gap_at_its_first_instant_as_at_any_other(at_d):
    fleet = fleet_of(use_of(gaps=EVERY_SWITCH["gaps"]))
    first_us = fleet.legs["t_from_us"][fleet.targets["first_leg"]]
    silent = (fleet.ais_states(np.arange(N), first_us + int(at_d * US_PER_DAY)) == AisState.SILENT).mean()
    p = 0.4 * 0.5 / (1 + 0.4 * 0.5)
    assert abs(silent - p) < 4 * math.sqrt(p * (1 - p) / N)


def test_gaps_last_as_long_as_stated_on_average():
    fleet = fleet_of(use_of(gaps=EVERY_SWITCH["gaps"]))
    silent = fleet.in_state(AisState.SILENT)
    ends = fleet.presence()["t_to_us"][silent["target"]]
    whole = (silent["t_from_us"] > fleet.presence()["t_from_us"][silent["target"]]) & (
        silent["t_from_us"] < ends - 10 * US_PER_DAY
    )
    lasts_h = ((silent["t_to_us"] - silent["t_from_us"]) / US_PER_H)[whole]
    assert abs(lasts_h.mean() - 12.0) < 4 * 12.0 / math.sqrt(len(lasts_h))


def gaps_of(fleet):
    return intervals(fleet.in_state(AisState.SILENT))


def test_turning_on_a_switch_or_changing_its_rate_moves_no_draw_of_another():
    gaps, lies = {"gaps": EVERY_SWITCH["gaps"]}, EVERY_SWITCH["false_positions"]
    alone = gaps_of(fleet_of(use_of(**gaps)))
    for other in (
        {"false_positions": lies},
        {"false_positions": {**lies, "per_day": 5.0}},
        {"shared_identity_fraction": 0.7},
        {"garbled_fraction": 0.9},
    ):
        assert gaps_of(fleet_of(use_of(**gaps, **other))) == alone
    zoned = fleet_of(use_of(**gaps, off_in={"shoal": ZONE}))
    for target, t_from_us, t_to_us in list(alone)[:300]:
        inner_us = np.linspace(t_from_us, t_to_us - 1, 5).astype(np.int64)
        assert not zoned.ais_states(target, inner_us).any()


def test_a_vessel_does_the_same_whoever_else_is_in_its_stream_and_however_long_the_run_is():
    use = use_of(**{name: EVERY_SWITCH[name] for name in ("gaps", "false_positions", "off_in")})
    whole = fleet_of(use)
    every_third = np.arange(0, N, 3)
    part = LEGS.take(LEGS["target"] % 3 == 0)
    part = Table.of(part.schema, {**part.columns, "target": part["target"] // 3})
    alone = fleet_of(use, part, every_third)
    rows = whole.broadcasts["target"] % 3 == 0
    for name in ("t_from_us", "state", "offset_east_m", "offset_north_m"):
        assert np.array_equal(whole.broadcasts[name][rows], alone.broadcasts[name])
    shorter = fleet_of(use, sailing(days=10))
    until = shorter.presence()["t_to_us"]
    begun = whole.broadcasts["t_from_us"] < until[whole.broadcasts["target"]]
    assert np.array_equal(whole.broadcasts["t_from_us"][begun], shorter.broadcasts["t_from_us"])


def test_vessels_with_the_habit_are_silent_in_the_zone_and_nowhere_else():
    legs = sailing(400, 3)
    fleet = fleet_of(use_of(off_in={"shoal": ZONE}), legs)
    region = use_of(off_in={"shoal": ZONE}).off_in["shoal"].region
    silent = fleet.in_state(AisState.SILENT)
    habit = np.unique(silent["target"])
    assert abs(len(habit) / 400 - 0.5) < 4 * math.sqrt(0.25 / 400)
    visits = inside_intervals(fleet, region, 0, 10 * US_PER_DAY)
    mine = visits.take(np.isin(visits["target"], habit))
    assert intervals(mine) == intervals(silent)
    middle_us = (mine["t_from_us"] + mine["t_to_us"]) // 2
    assert contains(region, *fleet.positions(mine["target"], middle_us)).all()


def test_silence_that_is_asked_for_is_laid_over_what_is_drawn():
    legs = sailing(2, 2)
    asked = Table.of(
        PRESENCE, {"target": [1, 1], "t_from_us": [0, US_PER_H], "t_to_us": [2 * US_PER_H, 3 * US_PER_H]}
    )
    fleet = fleet_of(use_of(), legs, silent=asked)
    begin_us = int(legs["t_from_us"][legs["target"] == 1][0])
    assert intervals(fleet.in_state(AisState.SILENT)) == {(1, begin_us, 3 * US_PER_H)}


def test_those_without_a_set_in_use_are_silent_for_life():
    is_used = np.arange(N) % 2 == 0
    fleet = fleet_of(AisCarriage.model_validate(EVERY_SWITCH), is_used=is_used)
    assert (share_in(fleet, AisState.SILENT)[~is_used] == 1.0).all()
    assert (np.bincount(fleet.broadcasts["target"])[~is_used] == 1).all()


def test_an_offset_keeps_its_distance_from_the_truth_within_an_episode():
    fleet = fleet_of(use_of(false_positions=EVERY_SWITCH["false_positions"]), sailing(50, 10))
    lies = fleet.in_state(AisState.FALSE_POSITION)
    shares = np.random.Generator(np.random.PCG64(2)).uniform(0, 1, (5, len(lies)))
    t_us = (lies["t_from_us"] + shares * (lies["t_to_us"] - lies["t_from_us"])).astype(np.int64)
    t_us = np.minimum(t_us, lies["t_to_us"] - 1)
    ids = np.broadcast_to(lies["target"], t_us.shape)
    off_m = distance_m(*fleet.positions(ids, t_us), *fleet.broadcast_positions(ids, t_us)).reshape(t_us.shape)
    assert np.ptp(off_m, axis=0).max() < 0.01
    assert off_m.min() > 2e4
    assert off_m.max() < 9e4


def test_a_circle_goes_round_a_place_at_the_drawn_distance_from_where_the_vessel_was():
    circle = {**EVERY_SWITCH["false_positions"], "circle": {"radius_m": 3000.0, "period_s": 1800.0}}
    fleet = fleet_of(use_of(false_positions=circle), sailing(50, 10))
    rows = np.flatnonzero(fleet.broadcasts["state"] == AisState.FALSE_POSITION)
    ids, t_us = fleet.broadcasts["target"][rows], fleet.broadcasts["t_from_us"][rows]
    centre = fleet.broadcasts["place_lat_deg"][rows], fleet.broadcasts["place_lon_deg"][rows]
    away_m = distance_m(*fleet.positions(ids, t_us), *centre)
    assert away_m.min() > 2e4
    assert away_m.max() < 9e4
    assert distance_m(*fleet.broadcast_positions(ids, t_us), *centre) == pytest.approx(3000.0, abs=0.01)
    north = destination(*centre, 0.0, 3000.0)
    round_us = (t_us // (1800 * US_PER_S) + 1) * 1800 * US_PER_S
    still = fleet.ais_states(ids, round_us) == AisState.FALSE_POSITION
    still &= fleet.broadcast_rows(ids, round_us) == rows
    at = fleet.broadcast_positions(ids[still], round_us[still])
    assert distance_m(*at, north[0][still], north[1][still]).max() < 0.01
    assert still.sum() > 20


def test_two_hulls_share_an_identity_in_the_stated_share_of_cases():
    fleet = fleet_of(use_of(shared_identity_fraction=0.2))
    mmsi = fleet.broadcasts["mmsi"].astype(int)
    others = mmsi != MADE_UP + np.arange(N)
    assert abs(others.mean() - 0.2) < 4 * math.sqrt(0.16 / N)
    assert (np.abs(mmsi - MADE_UP - np.arange(N))[others] == 1).all()


def test_garbled_messages_and_the_class_of_the_set_are_as_stated():
    fleet = fleet_of(use_of(garbled_fraction=0.25))
    assert (fleet.broadcasts["garbled_fraction"] == np.float32(0.25)).all()
    names = {"class_a": AisClass.CLASS_A, "class_b": AisClass.CLASS_B, "class_b_so": AisClass.CLASS_B_SO}
    assert {name: use_of(transponder=name).ais_class for name in names} == names
