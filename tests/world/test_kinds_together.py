"""All kinds of traffic in one world; the grounds of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mda_sim.data import catalogue
from mda_sim.geo.coast import load_land
from mda_sim.geo.regions import Point, Polygon
from mda_sim.geo.sphere import distance_m
from mda_sim.world.sea_room import sea_room
from mda_sim.world.world import WorldSpec, build_fleet, lanes_of

NEW = ("banca", "coast_guard", "trawler")


def tree(make):
    whole = make.tree()
    common = {"flags": {"PHL": 0.5, "CHN": 0.5}, "ais": {"carriage": 0.4, "off_fraction": 0.2}}
    whole["traffic"] |= {
        "trawler": {
            "kind": "fishing",
            "grounds": {"west_luzon": {"vessels": 30.0, "ground": "west_luzon", "base": {"port": "subic"}}},
            "length_m": {"low": 25.0, "high": 45.0},
            **common,
        },
        "coast_guard": {
            "kind": "patrol",
            "stations": {
                "scarborough": {"hulls": 3.0, "feature": "scarborough_shoal", "base": {"port": "subic"}}
            },
            "length_m": {"low": 60.0, "high": 165.0},
            **common,
        },
        "banca": {
            "kind": "small_boats",
            "homes": {"masinloc": {"boats": 40.0, "berth": {"lat_deg": 15.53, "lon_deg": 119.85}}},
            "time_zone": "Asia/Manila",
            "length_m": {"low": 6.0, "high": 20.0},
            **common,
        },
    }
    return whole


SIZES = {
    "trawler": ("grounds", "vessels", 12.0),
    "coast_guard": ("stations", "hulls", 1.0),
    "banca": ("homes", "boats", 12.0),
    "militia": ("stock", None, 12.0),
    "survey": ("areas", "ships", 2.0),
    "tankers": ("meetings", "per_day", 1.5),
    "escort": ("tasks", "ships_each", 1),
}
"""Where the size of each small class is, and what it is."""


def small_tree(make):
    """One entry of each kind, followers of patrols last."""
    common = {"flags": {"PHL": 0.5, "CHN": 0.5}, "ais": {"carriage": 0.4, "off_fraction": 0.2}}
    whole = {name: tree(make)["traffic"][name] for name in NEW}
    base = {"lat_deg": 17.9, "lon_deg": 109.3}
    stay = {"low": 4 * 86_400.0, "high": 9 * 86_400.0}
    circle = {"kind": "circle", "lat_deg": 6.0, "lon_deg": 110.0, "radius_m": 30_000.0}
    singapore = {"origin": {"port": "singapore"}, "destination": {"port": "singapore"}}
    whole["militia"] = make.militia({"mischief_reef": 12.0}, reliefs={"base": base, "stay_s": stay})
    whole["survey"] = {
        "kind": "survey",
        "areas": {"a": {"region": circle, "ships": 2.0, "spacing_m": 5_000.0}},
        "length_m": {"low": 60.0, "high": 110.0},
        **common,
    }
    whole["tankers"] = {
        "kind": "rendezvous",
        "meetings": {"a": {"region": circle, "per_day": 1.5, "first": singapore, "second": singapore}},
        "speed_mps": {"low": 5.0, "high": 7.0},
        "length_m": {"low": 180.0, "high": 330.0},
        **common,
    }
    whole["escort"] = {
        "kind": "follower",
        "tasks": {"a": {"follows": "coast_guard/scarborough"}},
        "length_m": {"low": 40.0, "high": 90.0},
        **common,
    }
    for name, (entries, size, number) in SIZES.items():
        for entry in whole[name][entries]:
            if size is not None:
                whole[name][entries][entry] = whole[name][entries][entry] | {size: number}
    return {"traffic": whole}


def resized(whole, factors):
    """The same classes with as many times the vessels; those of a factor of 0 are taken out."""
    traffic = {}
    for name, factor in factors.items():
        entries, size, number = SIZES[name]
        many = type(number)(number * factor)
        if factor:
            traffic[name] = whole["traffic"][name] | {
                entries: {
                    entry: one | {size: many} if size else many
                    for entry, one in whole["traffic"][name][entries].items()
                }
            }
    return {"traffic": traffic}


@pytest.fixture(scope="module")
def built(make, land, lanes):
    def build(traffic_tree, days=3.0):
        world = WorldSpec.model_validate(traffic_tree)
        return build_fleet(world, make.area, make.timeline(days), 11, land=land, lanes=lanes)

    return build


def paths(fleet, classes=None):
    """Where each vessel is through the run, keyed by its draw address."""
    t_us = np.linspace(0, 3 * 86_400_000_000 - 1, 60).astype(np.int64)
    rows = {}
    for k in range(fleet.n_vessels):
        if classes is None or fleet.classes[fleet.targets["traffic_class"][k]] in classes:
            key = fleet.streams[fleet.targets["stream"][k]], int(fleet.targets["index"][k])
            rows[key] = fleet.unit_vectors(np.full(60, k), t_us).tobytes()
    return rows


def test_new_kinds_and_merchant_ships_do_not_change_each_other(built, make, fleet):
    whole = built(tree(make))
    before = paths(fleet)
    after = paths(whole)
    assert before.items() <= after.items()
    alone = tree(make)
    alone["traffic"] = {name: alone["traffic"][name] for name in NEW}
    assert paths(built(alone)) == paths(whole, NEW)
    assert 60 < len(paths(whole, NEW)) <= 30 + 9 + 40


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_vessel_keeps_its_track_whatever_other_classes_there_are_and_however_large(built, make, data):
    """For any classes taken out and any resized: what was there of the others is the same, to the byte."""
    factor = {name: data.draw(st.sampled_from([0, 1, 2]), label=name) for name in SIZES}
    if not factor["coast_guard"]:
        factor["escort"] = 0
    before, after = paths(built(small_tree(make))), paths(built(resized(small_tree(make), factor)))
    assert before
    for (stream, index), track in before.items():
        name = stream.split("/")[0]
        # Twice the patrols: the ship that takes the remainder is another. Twice the meetings: other times.
        if factor[name] == 1 or (factor[name] == 2 and name not in ("coast_guard", "tankers")):
            assert after[stream, index] == track, stream
        if not factor[name]:
            assert (stream, index) not in after
    unchanged = {name for name, size in factor.items() if size == 1}
    mine = {key for key in before if key[0].split("/")[0] in unchanged - {"escort"}}
    assert mine == {key for key in after if key[0].split("/")[0] in unchanged - {"escort"}}


def test_no_vessel_of_any_kind_is_on_land_or_crosses_it_or_is_too_fast(built, make, land):
    fleet = built(small_tree(make), days=30.0)
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    assert len(legs) > 10_000
    assert not land.crosses_great_circle(*start, *end).any()
    fastest_kn = {"banca": 10, "trawler": 10, "militia": 12, "survey": 6, "tankers": 7 / 0.5144}
    kind = np.array(fleet.classes)[fleet.targets["traffic_class"][legs["target"]]]
    for name in fleet.classes:
        top_kn = legs["speed_mps"][kind == name].max() / 0.514444
        assert 0.5 < top_kn < fastest_kn.get(name, 25) + 0.01, name


def test_a_base_may_be_a_port_of_the_scenario(built, make):
    """Whoever names a port of the scenario sails as from a berth at its position."""
    named, placed = small_tree(make), small_tree(make)
    port = {"name": "Off the shoals", "lat_deg": 17.9, "lon_deg": 109.3}
    named["ports"] = {"haven": port | {"nation": "CHN", "source": "assumption", "confidence": "assumption"}}
    for whole, base in ((named, {"port": "haven"}), (placed, {"lat_deg": 17.9, "lon_deg": 109.3})):
        traffic = whole["traffic"]
        traffic["militia"]["reliefs"] = traffic["militia"]["reliefs"] | {"base": base}
        traffic["tankers"]["meetings"]["a"] = traffic["tankers"]["meetings"]["a"] | {
            "second": {"origin": base, "destination": {"port": "singapore"}}
        }
    assert built(named).digest() == built(placed).digest()


def test_the_order_of_keys_changes_nothing(built, make):
    def turned(part):
        return {key: turned(part[key]) for key in reversed(part)} if isinstance(part, dict) else part

    assert built(turned(tree(make))).digest() == built(tree(make)).digest()


def test_every_vessel_is_somewhere_and_its_legs_join(built, make):
    fleet = built(tree(make))
    legs = fleet.legs
    joined = np.flatnonzero(legs["target"][1:] == legs["target"][:-1])
    before = fleet.positions(legs["target"][joined], legs["t_to_us"][joined] - 1)
    after = fleet.positions(legs["target"][joined + 1], legs["t_from_us"][joined + 1])
    assert distance_m(*before, *after).max() < 0.05
    assert legs["t_from_us"].min() == 0
    assert legs["t_to_us"].max() == make.timeline().score_to_us


def test_a_world_of_all_kinds_survives_a_round_trip_and_names_its_routes(make, land):
    world = WorldSpec.model_validate(tree(make))
    assert WorldSpec.model_validate(world.model_dump(mode="json")) == world
    assert world.feature_ids == ("mischief_reef", "scarborough_shoal", "thitu_island")
    assert world.traffic["trawler"].port_ids == world.traffic["coast_guard"].port_ids == ["subic"]
    assert world.traffic["coast_guard"].feature_ids == ["scarborough_shoal"]
    only_new = {"traffic": {name: tree(make)["traffic"][name] for name in NEW}}
    assert lanes_of(WorldSpec.model_validate(only_new), land).lanes == {}


@pytest.mark.parametrize("ground_id", sorted(catalogue.fishing_grounds()))
def test_every_ground_of_the_catalogue_is_a_simple_outline_with_room_to_tow(ground_id):
    ground = catalogue.fishing_ground(ground_id)
    outline = Polygon(points=tuple(Point(lat_deg=lat, lon_deg=lon) for lat, lon in ground.corners))
    assert sea_room(outline, load_land()).room_m.max() > 20_000.0
    assert ground.source
    assert ground.confidence in catalogue.CONFIDENCES
