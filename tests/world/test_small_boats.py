"""Small boats: day trips in local time, off land and within range."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError
from shipped import shipped

from mda_sim.core.time import US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Box, widened
from mda_sim.geo.sphere import distance_m
from mda_sim.world.groups import assemble
from mda_sim.world.small_boats import SmallBoatTraffic, small_boat_groups

BOX = Box(lat_min_deg=1, lat_max_deg=28, lon_min_deg=103, lon_max_deg=129)
MASINLOC = {"lat_deg": 15.53, "lon_deg": 119.85}
CORON = {"lat_deg": 11.95, "lon_deg": 120.15}


def spec(homes, **changes):
    base = {
        "kind": "small_boats",
        "homes": homes,
        "time_zone": "Asia/Manila",
        "length_m": {"low": 6.0, "high": 20.0},
        "flags": {"PHL": 1.0},
        "ais": {"carriage": 0.02, "transponder": "class_b"},
    }
    return SmallBoatTraffic.model_validate(base | changes)


def home(boats, place=None):
    return {"boats": boats, "berth": MASINLOC if place is None else place}


@pytest.fixture(scope="module")
def sail(make, land):
    def build(homes, days=5.0, seed=5, **changes):
        timeline = make.timeline(days)
        return assemble(list(small_boat_groups("banca", spec(homes, **changes), BOX, timeline, seed, land)))

    return build


@pytest.fixture(scope="module")
def fleet(sail):
    return sail({"masinloc": home(150.0), "coron": home(150.0, CORON), "cebu": home(100.0, {"port": "cebu"})})


def from_home_m(fleet, t_us):
    mine = np.flatnonzero(fleet.targets["stream"] == fleet.streams.index("banca/masinloc"))
    return distance_m(MASINLOC["lat_deg"], MASINLOC["lon_deg"], *fleet.positions(mine, t_us))


def test_no_leg_meets_land_even_among_islands(fleet, land):
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    assert (legs["w_rad_s"] > 0).sum() > 4000
    assert not land.crosses_great_circle(*start, *end).any()


def test_boats_sail_and_drift_at_their_speeds(fleet):
    speed = fleet.legs["speed_mps"] / KNOT_MPS
    moving = speed[speed > 0]
    drifts = (moving > 0.5 - 1e-4) & (moving < 2 + 1e-4)
    sails = (moving > 5 - 1e-3) & (moving < 10 + 1e-3)
    assert (drifts | sails).all()
    assert drifts.sum() > 1000
    assert sails.sum() > 1000


def test_boats_leave_and_return_in_their_windows_of_local_time(fleet):
    """Each stretch at sea is one trip: it begins and ends at home, in its windows."""
    presence, end_us = fleet.presence(), int(fleet.legs["t_to_us"].max())
    begins, ends = presence["t_from_us"], presence["t_to_us"]
    whole = (begins > 0) & (ends < end_us)
    assert whole.sum() > 800
    for t_us, from_h, to_h in ((begins[whole], 3.0, 6.0), (ends[whole], 14.0, 18.0)):
        assert (from_any_home(fleet, presence["target"][whole], t_us) < 1.0).all()
        local_h = (t_us / US_PER_H + 8.0) % 24.0
        assert local_h.min() >= from_h - 1e-6
        assert local_h.max() <= to_h + 1e-6


def from_any_home(fleet, targets, t_us):
    lat, lon = fleet.positions(targets, t_us)
    homes = [(15.53, 119.85), (11.95, 120.15), (10.44, 124.08)]
    return np.min([distance_m(*place, lat, lon) for place in homes], axis=0)


def test_no_boat_is_at_sea_at_night_and_the_right_share_is_at_noon(sail):
    n = 1000
    fleet = sail({"masinloc": home(float(n))}, days=6.0, distance_m={"low": 10_000.0, "high": 25_000.0})
    for day in range(5):
        assert np.isnan(from_home_m(fleet, int((day * 24 + 14) * US_PER_H))).all()  # 22 h in Manila
        at_sea = np.isfinite(from_home_m(fleet, int((day * 24 + 2) * US_PER_H))).sum() / n  # 10 h in Manila
        assert abs(at_sea - 0.7) < 4 * math.sqrt(0.7 * 0.3 / n)


def test_boats_keep_within_their_range(fleet):
    away = np.concatenate([from_home_m(fleet, int(t_h * US_PER_H)) for t_h in range(0, 120)])
    away = away[np.isfinite(away)]
    assert away.max() < 60_000.0
    assert away.max() > 30_000.0
    assert len(away) > 0.2 * 120 * 150


def test_spots_are_uniform_by_area(sail):
    place = {"lat_deg": 17.0, "lon_deg": 114.5}
    fleet = sail(
        {"open_sea": home(3000.0, place)},
        days=1.2,
        go_out=1.0,
        distance_m={"low": 10_000.0, "high": 20_000.0},
    )
    legs = fleet.legs
    later = legs["t_from_us"] > 14 * US_PER_H
    arrives = np.flatnonzero((legs["speed_mps"] < 2.1 * KNOT_MPS) & (legs["speed_mps"] > 0) & later)
    first = arrives[np.unique(legs["target"][arrives], return_index=True)[1]]
    lat, lon = fleet.positions(legs["target"][first], legs["t_from_us"][first])
    share = (distance_m(17.0, 114.5, lat, lon) ** 2 - 1e8) / 3e8
    n = len(first)
    assert n > 2500
    assert share.min() > 0
    assert share.max() < 1
    assert share.mean() == pytest.approx(0.5, abs=4 / math.sqrt(12 * n))
    assert (lat > 17.0).mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(n))


def test_trips_overnight_return_the_next_morning(sail):
    fleet = sail(
        {"masinloc": home(300.0)},
        depart_from_s=57600.0,
        depart_to_s=64800.0,
        return_from_s=18000.0,
        return_to_s=28800.0,
        go_out=1.0,
    )
    midnight = from_home_m(fleet, int(40 * US_PER_H))
    noon = from_home_m(fleet, int(52 * US_PER_H))
    assert np.isfinite(midnight).mean() > 0.95
    assert np.isnan(noon).all()


def test_boats_of_a_home_without_sea_in_sight_and_boats_that_never_go_out_are_never_present(sail):
    assert sail({"a": home(20.0)}, distance_m={"low": 400_000.0, "high": 400_001.0}).n_vessels == 0
    assert sail({"a": home(20.0)}, go_out=0.0).n_vessels == 0


def test_more_boats_more_homes_or_a_longer_run_change_no_boat(sail):
    t_us = np.arange(0, 100) * US_PER_H

    def boat(fleet, k):
        stream = fleet.streams.index("banca/masinloc")
        (row,) = np.flatnonzero((fleet.targets["stream"] == stream) & (fleet.targets["index"] == k))
        return fleet.unit_vectors(np.full(100, row), t_us), fleet.targets["length_m"][row]

    whole = sail({"masinloc": home(5.0), "coron": home(7.0, CORON)})
    for other in (sail({"masinloc": home(9.0)}), sail({"masinloc": home(5.0)}, days=9.0)):
        for k in range(5):
            (track, length_m), (other_track, other_length_m) = boat(whole, k), boat(other, k)
            assert np.isfinite(track).any()
            assert np.array_equal(track, other_track, equal_nan=True)
            assert length_m == other_length_m


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"time_zone": "Asia/Manilla"}, "unknown time zone"),
        ({"depart_from_s": 25200.0}, "must not end before it begins"),
        ({"depart_from_s": 18000.0, "return_from_s": 10800.0, "return_to_s": 16200.0}, "at least 1 h before"),
        ({"go_out": 1.5}, "less than or equal to 1"),
        ({"homes": {"a": {"boats": 1.0}}}, "berth"),
    ],
)
def test_bad_windows_zones_and_homes_are_refused(changes, match):
    with pytest.raises(ValidationError, match=match):
        spec({"a": home(1.0)}, **changes) if "homes" not in changes else spec(changes["homes"])


def test_a_boat_that_anchors_at_its_spot_never_turns_for_home_before_its_last_stretch_ends() -> None:
    """Seed 30 of the quick scenario: the way back of one boat began a microsecond too soon, by rounding."""
    scenario = shipped("quick")
    traffic = scenario.spec.world.traffic["banca"]
    assert isinstance(traffic, SmallBoatTraffic)
    subic = traffic.model_copy(update={"homes": {"subic": traffic.homes["subic"]}})
    box = widened(scenario.spec.area, scenario.spec.world.buffer_m)
    land = scenario.spec.world.land()
    (group,) = small_boat_groups("banca", subic, box, scenario.timeline, 30, land)
    assert len(group.legs) > 1000
