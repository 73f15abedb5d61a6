"""Trawlers: where they tow, when they are in port, how fast they go."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Box, Circle, contains
from mda_sim.geo.sphere import distance_m
from mda_sim.world.fishing import FishingTraffic, fishing_groups
from mda_sim.world.groups import assemble

BOX = Box(lat_min_deg=1, lat_max_deg=28, lon_min_deg=103, lon_max_deg=129)
ROUND_LUBANG = {"kind": "circle", "lat_deg": 13.75, "lon_deg": 120.1, "radius_m": 60_000.0}


def spec(grounds, **changes):
    base = {
        "kind": "fishing",
        "grounds": grounds,
        "length_m": {"low": 25.0, "high": 45.0},
        "flags": {"CHN": 0.6, "VNM": 0.4},
        "ais": {"carriage": 0.3, "transponder": "class_b", "off_fraction": 0.1},
    }
    return FishingTraffic.model_validate(base | changes)


def ground(vessels, name="west_luzon", base="subic"):
    return {"vessels": vessels, "ground": name} | ({"base": {"port": base}} if base else {})


@pytest.fixture(scope="module")
def trawl(make, land):
    def build(grounds, days=10.0, seed=5, box=BOX, **changes):
        timeline = make.timeline(days)
        return assemble(list(fishing_groups("trawler", spec(grounds, **changes), box, timeline, seed, land)))

    return build


@pytest.fixture(scope="module")
def fleet(trawl):
    """One ground straight off its base, one behind land, one with an island in it, one without a base."""
    grounds = {
        "near": ground(40.0),
        "behind": ground(40.0, "west_palawan", "puerto_princesa"),
        "round": {"vessels": 40.0, "region": ROUND_LUBANG, "base": {"port": "puerto_princesa"}},
        "for_good": ground(40.0, "beibu_gulf", None),
    }
    return trawl(grounds)


def ends(fleet):
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    return start, fleet.positions(legs["target"], legs["t_to_us"] - 1)


def signature(fleet):
    columns = ("t_from_us", "ax", "ay", "bz", "w_rad_s")
    rows = {}
    for k in range(fleet.n_vessels):
        first, n = int(fleet.targets["first_leg"][k]), int(fleet.targets["n_legs"][k])
        key = fleet.streams[fleet.targets["stream"][k]], int(fleet.targets["index"][k])
        legs = [fleet.legs[name][first : first + n].tolist() for name in columns]
        rows[key] = (float(fleet.targets["length_m"][k]), legs)
    return rows


def test_no_leg_meets_land(fleet, land):
    start, end = ends(fleet)
    assert len(fleet.legs) > 5000
    assert not land.crosses_great_circle(*start, *end).any()


def test_every_leg_is_a_tow_a_steaming_leg_or_a_stop(fleet):
    speed = fleet.legs["speed_mps"] / KNOT_MPS
    moving = speed[speed > 0]
    tows = (moving > 2 - 1e-5) & (moving < 4 + 1e-5)
    steams = (moving > 8 - 1e-4) & (moving < 10 + 1e-4)
    assert (tows | steams).all()
    assert tows.sum() > 10 * steams.sum() > 100


def test_tows_last_two_to_six_hours_inside_the_ground(fleet):
    legs = fleet.legs
    speed = legs["speed_mps"] / KNOT_MPS
    lasts_h = (legs["t_to_us"] - legs["t_from_us"]) / US_PER_H
    whole = (legs["t_from_us"] > 0) & (legs["t_to_us"] < legs["t_to_us"].max())
    tow = (speed > 1.9) & (speed < 4.1) & whole
    assert lasts_h[tow].min() > 2 - 1e-6
    assert lasts_h[tow].max() < 6 + 1e-6
    start, end = ends(fleet)
    near = fleet.targets["stream"][legs["target"]] == fleet.streams.index("trawler/round")
    middle = [(a + b) / 2 for a, b in zip(start, end, strict=True)]
    region = Circle.model_validate(ROUND_LUBANG)
    assert (near & tow).sum() > 500
    for place in (start, middle, end):
        assert contains(region, place[0][near & tow], place[1][near & tow]).all()


def test_the_share_in_port_is_stationary_and_that_of_the_cycle(trawl, land):
    n = 1500
    fleet = trawl({"near": ground(float(n))}, days=16.0, port_s={"low": 2e5, "high": 4e5})
    trip_d, port_d = (
        np.random.default_rng(1).uniform(*span, 200_000) for span in ((5, 15), (2.3148, 4.6296))
    )
    share = float((port_d / (port_d + trip_d)).mean())
    band = 4 * math.sqrt(share * (1 - share) / n)
    for t_h in (0, 100, 360):
        lat, _ = fleet.positions(np.arange(fleet.n_vessels), t_h * US_PER_H)
        in_port = 1.0 - np.isfinite(lat).sum() / n
        assert abs(in_port - share) < band
    assert band < 0.05


def test_a_trip_begins_and_ends_at_the_base_and_lasts_as_long_as_trips_do(trawl):
    fleet = trawl({"near": ground(60.0)}, days=40.0)
    presence = fleet.presence()
    whole = (presence["t_from_us"] > 0) & (presence["t_to_us"] < fleet.legs["t_to_us"].max())
    trips = presence.take(whole)
    assert len(trips) > 100
    for side in ("t_from_us", "t_to_us"):
        lat, lon = fleet.positions(trips["target"], trips[side])
        assert distance_m(14.70, 120.15, lat, lon).max() < 1.0
    lasts_d = (trips["t_to_us"] - trips["t_from_us"]) / (24 * US_PER_H)
    assert lasts_d.min() >= 5 - 1e-6
    assert lasts_d.max() <= 15 + 1e-6
    same = presence["target"][1:] == presence["target"][:-1]
    in_port_d = (presence["t_from_us"][1:] - presence["t_to_us"][:-1])[same] / (24 * US_PER_H)
    assert in_port_d.min() >= 1 - 1e-6
    assert in_port_d.max() <= 4 + 1e-6


def test_vessels_without_a_base_are_on_the_ground_at_all_times(fleet):
    region = spec({"a": ground(1.0, "beibu_gulf", None)}).grounds["a"].outline()
    mine = np.flatnonzero(fleet.targets["stream"] == fleet.streams.index("trawler/for_good"))
    assert len(mine) == 40
    for t_h in (0, 57, 239):
        assert contains(region, *fleet.positions(mine, t_h * US_PER_H)).all()


def test_trips_begin_all_over_the_ground(trawl):
    fleet = trawl({"a": ground(3000.0, "taiwan_bank", None)}, days=1.1, tow_s={"low": 900.0, "high": 1000.0})
    lat, lon = fleet.positions(np.arange(3000), 0)
    room_lat, room_lon = (22.2 + 23.6) / 2, (117.2 + 119.2) / 2
    quarters = np.bincount((lat > room_lat) * 2 + (lon > room_lon), minlength=4)
    assert (quarters > 300).all()
    assert len(np.unique(lat)) > 2990


def test_more_vessels_more_grounds_or_a_longer_run_change_no_vessel(trawl):
    whole = signature(trawl({"near": ground(6.0), "far": ground(5.0, "west_palawan", "puerto_princesa")}))
    more = signature(trawl({"near": ground(9.0)}))
    longer = signature(trawl({"near": ground(6.0)}, days=14.0))
    for k in range(6):
        key = ("trawler/near", k)
        assert more[key] == whole[key]
        n = len(whole[key][1][0])
        assert longer[key][0] == whole[key][0]
        assert [column[:n] for column in longer[key][1]] == whole[key][1]
    assert len(more) == 9


def test_another_seed_gives_other_trips(trawl):
    one, other = trawl({"near": ground(6.0)}), trawl({"near": ground(6.0)}, seed=6)
    assert one.digest() == trawl({"near": ground(6.0)}).digest()
    assert one.digest() != other.digest()


def test_what_lies_outside_the_box_is_cut_off(trawl):
    small = Box(lat_min_deg=1, lat_max_deg=15, lon_min_deg=103, lon_max_deg=129)
    whole, part = trawl({"near": ground(40.0)}), trawl({"near": ground(40.0)}, box=small)
    assert len(part.legs) < len(whole.legs)
    presence = part.presence()
    for side, t_end in (("t_from_us", 0), ("t_to_us", int(whole.legs["t_to_us"].max()))):
        cut = presence[side] != t_end
        lat, _ = part.positions(presence["target"][cut], presence[side][cut])
        assert (lat < 15.1).all()
    for t_h in (3, 111):
        ids = np.searchsorted(whole.targets["index"], part.targets["index"])
        before, after = (
            whole.positions(ids, t_h * US_PER_H),
            part.positions(np.arange(len(ids)), t_h * US_PER_H),
        )
        here = ~np.isnan(after[0])
        assert distance_m(before[0][here], before[1][here], after[0][here], after[1][here]).max() < 0.1
        gone = before[0][~here & np.isfinite(before[0])]
        assert len(gone) > 0
        assert (gone >= 15.0 - 1e-9).all()


def test_a_ground_too_far_for_the_shortest_trip_is_refused(trawl):
    with pytest.raises(RunError, match=r"up to \d+ km from its base by sea: \d+ h there and back"):
        trawl({"near": ground(2.0)}, trip_s={"low": 36_000.0, "high": 90_000.0})


def test_a_ground_on_land_and_a_base_on_land_are_refused(trawl):
    inland = {"kind": "circle", "lat_deg": 16.5, "lon_deg": 121.2, "radius_m": 20_000.0}
    with pytest.raises(RunError, match="has no sea"):
        trawl({"a": {"vessels": 1.0, "region": inland}})
    ashore = ground(1.0) | {"base": {"lat_deg": 16.5, "lon_deg": 121.2}}
    with pytest.raises(RunError, match="must be a point at sea"):
        trawl({"a": ashore})


def test_an_unknown_ground_or_port_is_named_with_the_nearest_one(trawl):
    with pytest.raises(KeyError, match="west_luzon"):
        trawl({"a": ground(1.0, "west_luzo")})
    with pytest.raises(KeyError, match="subic"):
        trawl({"a": ground(1.0, base="subicc")})


@pytest.mark.parametrize(
    "bad",
    [
        {"vessels": 1.0},
        {"vessels": 1.0, "ground": "west_luzon", "region": ROUND_LUBANG},
        {"vessels": -1.0, "ground": "west_luzon"},
        {"vessels": 1.0, "ground": "west_luzon", "base": {"port": "subic", "lat_deg": 1.0}},
        {"vessels": 1.0, "ground": "west_luzon", "base": {"lat_deg": 1.0}},
    ],
)
def test_a_ground_is_one_place_with_one_base(bad):
    with pytest.raises(ValidationError):
        spec({"a": bad})
