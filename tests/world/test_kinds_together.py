"""Fishing, patrols and small boats in one world with merchant ships; the grounds of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

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
    assert len(paths(whole, NEW)) == 30 + 9 + 40


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
