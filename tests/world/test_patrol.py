"""Patrols: how many hulls are on station, where and how they sail."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import distance_m
from mda_sim.world.groups import assemble
from mda_sim.world.patrol import PatrolTraffic, patrol_groups

BOX = Box(lat_min_deg=1, lat_max_deg=28, lon_min_deg=103, lon_max_deg=129)


def spec(stations, **changes):
    base = {
        "kind": "patrol",
        "stations": stations,
        "length_m": {"low": 60.0, "high": 165.0},
        "flags": {"CHN": 1.0},
        "ais": {"carriage": 1.0, "off_fraction": 0.3},
    }
    return PatrolTraffic.model_validate(base | changes)


def station(hulls, feature="scarborough_shoal", base="pearl_river"):
    return {"hulls": hulls, "feature": feature} | ({"base": {"port": base}} if base else {})


@pytest.fixture(scope="module")
def keep(make, land):
    def build(stations, days=21.0, seed=5, **changes):
        timeline = make.timeline(days)
        return assemble(list(patrol_groups("ccg", spec(stations, **changes), BOX, timeline, seed, land)))

    return build


@pytest.fixture(scope="module")
def fleet(keep):
    return keep(
        {
            "scarborough": station(3.0),
            "thitu": station(0.6, "thitu_island", None),
            "luconia": station(0.7, "luconia_shoals", "kota_kinabalu"),
            "mindoro": {"hulls": 1.5, "lat_deg": 12.35, "lon_deg": 120.6, "base": {"port": "cebu"}},
        }
    )


def on_station(fleet, feature, t_us, reach_m=25_001.0):
    place = catalogue.feature(feature)
    lat, lon = fleet.positions(np.arange(fleet.n_vessels), t_us)
    away = distance_m(place.lat_deg, place.lon_deg, lat, lon)
    return int((away <= reach_m).sum())


@pytest.mark.parametrize(("hulls", "base"), [(3.0, "pearl_river"), (0.36, None)])
def test_the_mean_number_of_hulls_on_station_is_as_given(keep, hulls, base):
    seeds = 30
    found = []
    for seed in range(seeds):
        fleet = keep({"a": station(hulls, base=base)}, days=2.0, seed=seed)
        found.append(on_station(fleet, "scarborough_shoal", 10 * US_PER_H))
    ships = math.ceil(hulls * 3 - 1e-9)
    shares = [1 / 3] * (ships - 1) + [hulls - (ships - 1) / 3]
    error = math.sqrt(sum(p * (1 - p) for p in shares) / seeds)
    assert abs(np.mean(found) - hulls) < 4 * error
    assert np.var(found) > 0


def test_the_mean_number_of_hulls_is_kept_at_all_times(keep):
    hulls = 1500.2
    fleet = keep({"a": station(hulls, base=None)}, days=5.0, loiter_mps={"low": 0.01, "high": 0.02})
    band = 4 * math.sqrt(hulls * 2 / 3)
    for t_h in (0, 60, 119):
        assert abs(on_station(fleet, "scarborough_shoal", t_h * US_PER_H) - hulls) < band
    assert band / hulls < 0.09


def test_a_ship_that_never_leaves_is_there_all_the_time(keep):
    fleet = keep({"a": station(2.0, base=None)}, on_station=1.0)
    assert fleet.n_vessels == 2
    for t_h in (0, 200, 503):
        assert on_station(fleet, "scarborough_shoal", t_h * US_PER_H) == 2


def test_no_leg_meets_land(fleet, land):
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    assert (legs["w_rad_s"] > 0).sum() > 3000
    assert not land.crosses_great_circle(*start, *end).any()


@pytest.mark.parametrize("pattern", ["circle", "racetrack"])
def test_ships_cruise_or_loiter_within_their_radii(keep, pattern):
    fleet = keep({"a": station(6.0, base=None)}, days=8.0, pattern=pattern)
    speed = fleet.legs["speed_mps"] / KNOT_MPS
    moving = speed[speed > 0]
    slow, fast = (moving > 1 - 1e-4) & (moving < 4 + 1e-4), (moving > 12 - 1e-3) & (moving < 25 + 1e-3)
    assert (slow | fast).all()
    assert min(slow.sum(), fast.sum()) > 100
    place = catalogue.feature("scarborough_shoal")
    away = distance_m(
        place.lat_deg, place.lon_deg, *fleet.positions(fleet.legs["target"], fleet.legs["t_from_us"])
    )
    assert away.max() < 25_001
    nearest = 8_000 if pattern == "circle" else 8_000 * math.sin(math.pi / 8)
    middle_us = (fleet.legs["t_from_us"] + fleet.legs["t_to_us"]) // 2
    half_way = distance_m(place.lat_deg, place.lon_deg, *fleet.positions(fleet.legs["target"], middle_us))
    assert half_way.min() > 0.99 * nearest
    assert (half_way.min() < 7_000) == (pattern == "racetrack")


def test_ships_off_station_are_on_passage_or_in_port_and_then_not_present(fleet):
    mine = np.flatnonzero(fleet.targets["stream"] == fleet.streams.index("ccg/scarborough"))
    place, port = catalogue.feature("scarborough_shoal"), catalogue.port("pearl_river")
    seen = {"port": 0, "passage": 0, "station": 0}
    for t_h in range(0, 504, 6):
        lat, lon = fleet.positions(mine, t_h * US_PER_H)
        seen["port"] += 9 - int(np.isfinite(lat).sum())
        seen["station"] += int((distance_m(place.lat_deg, place.lon_deg, lat, lon) < 25_001).sum())
    seen["passage"] = 84 * 9 - seen["port"] - seen["station"]
    assert all(seen.values())
    assert seen["passage"] < 0.2 * 84 * 9
    presence = fleet.presence()
    presence = presence.take(np.isin(presence["target"], mine))
    for side, edge_us in (("t_from_us", 0), ("t_to_us", int(fleet.legs["t_to_us"].max()))):
        inside = presence[side] != edge_us
        assert inside.any()
        lat, lon = fleet.positions(presence["target"][inside], presence[side][inside])
        assert distance_m(port.lat_deg, port.lon_deg, lat, lon).max() < 1


def test_without_a_base_every_stay_is_a_ship_of_its_own(keep):
    fleet = keep({"a": station(1.0, base=None)}, days=60.0)
    ship, stay = np.divmod(fleet.targets["index"].astype(int), 4096)
    assert set(ship.tolist()) <= {0, 1, 2}
    assert stay.max() >= 1
    presence = fleet.presence()
    lasts_d = (presence["t_to_us"] - presence["t_from_us"]) / (24 * US_PER_H)
    assert lasts_d.max() <= 21 + 1e-6
    assert (presence["t_from_us"] > 0).any()


def test_a_larger_mean_other_stations_or_a_longer_run_change_no_ship(keep):
    t_us = np.arange(0, 480, 5) * US_PER_H
    whole = keep({"a": station(1.0), "b": station(0.5, "luconia_shoals", "kota_kinabalu")})
    for other in (keep({"a": station(1.9)}), keep({"a": station(1.0)}, days=33.0)):
        for k in range(3):
            one, two = (one.unit_vectors(np.full(len(t_us), k), t_us) for one in (whole, other))
            assert np.array_equal(one, two, equal_nan=True)
            assert whole.targets["length_m"][k] == other.targets["length_m"][k]
    assert not np.array_equal(
        whole.unit_vectors(0, t_us), keep({"a": station(1.0)}, seed=6).unit_vectors(0, t_us)
    )


def test_a_longer_run_changes_no_ship_that_never_leaves(keep):
    t_us = np.arange(0, 240) * US_PER_H
    short, long = (keep({"a": station(1.0)}, days=days, on_station=1.0) for days in (10.0, 17.0))
    assert np.array_equal(short.unit_vectors(0, t_us), long.unit_vectors(0, t_us))


def test_a_station_on_land_or_too_far_away_is_refused(keep):
    with pytest.raises(RunError, match="no clear circle was found"):
        keep({"a": {"hulls": 1.0, "lat_deg": 16.5, "lon_deg": 121.2}})
    with pytest.raises(RunError, match=r"km from its base by sea, \d+ h there and back"):
        keep({"a": station(1.0)}, stay_s={"low": 1e5, "high": 2e5})


def test_an_unknown_feature_is_named_with_the_nearest_one(keep):
    with pytest.raises(KeyError, match="scarborough_shoal"):
        keep({"a": station(1.0, "scarboro_shoal")})


@pytest.mark.parametrize(
    "bad",
    [
        {"hulls": 1.0},
        {"hulls": 1.0, "lat_deg": 5.0},
        {"hulls": 1.0, "feature": "thitu_island", "lon_deg": 5.0},
        {"hulls": -1.0, "feature": "thitu_island"},
    ],
)
def test_a_station_is_one_place(bad):
    with pytest.raises(ValidationError):
        spec({"a": bad})


def test_a_share_on_station_of_nothing_is_refused():
    with pytest.raises(ValidationError):
        spec({"a": station(1.0)}, on_station=0.0)
