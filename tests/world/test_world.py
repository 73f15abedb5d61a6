"""The whole fleet: books, land, and what may and may not change a vessel."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mda_sim.geo.sphere import distance_m
from mda_sim.world.fleet import LEGS
from mda_sim.world.world import WorldSpec, build_fleet, lanes_of

COLUMNS = [column.name for column in LEGS.columns if column.name != "target"]


@pytest.fixture(scope="session")
def built(make, land, lanes):
    def build(tree, days=3.0, seed=11):
        world = WorldSpec.model_validate(tree)
        return build_fleet(world, make.area, make.timeline(days), seed, land=land, lanes=lanes)

    return build


def by_vessel(fleet):
    """What each vessel is and does, keyed by its draw address."""
    rows = {}
    for target in range(fleet.n_targets):
        what = {name: fleet.targets[name][target] for name in ("length_m", "height_m", "ais")}
        what["state"] = fleet.broadcasts["state"][fleet.broadcast_rows(target, 0)[0]]
        first, n = int(fleet.targets["first_leg"][target]), int(fleet.targets["n_legs"][target])
        flag = int(fleet.targets["flag"][target])
        legs = {name: fleet.legs[name][first : first + n] for name in COLUMNS}
        key = fleet.streams[fleet.targets["stream"][target]], int(fleet.targets["index"][target])
        rows[key] = ((*map(float, what.values()), fleet.flags[flag] if flag >= 0 else ""), legs)
    return rows


def same(a, b):
    return a[0] == b[0] and all(np.array_equal(a[1][name], b[1][name]) for name in COLUMNS)


def test_a_fleet_of_about_a_thousand_vessels_crosses_no_land(fleet, land):
    legs = fleet.legs.take(fleet.legs["target"] < fleet.n_vessels)
    start = fleet.positions(legs["target"], legs["t_from_us"])
    end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    assert fleet.n_vessels > 900
    assert not land.crosses_great_circle(*start, *end).any()


def test_legs_of_each_vessel_join_in_space_and_time(fleet):
    legs = fleet.legs
    joined = np.flatnonzero(legs["target"][1:] == legs["target"][:-1])
    before = fleet.positions(legs["target"][joined], legs["t_to_us"][joined] - 1)
    after = fleet.positions(legs["target"][joined + 1], legs["t_from_us"][joined + 1])
    assert len(joined) > 1000
    assert distance_m(*before, *after).max() < 0.05


def test_vessels_start_before_they_end_and_within_the_run(fleet, make):
    presence = fleet.presence()
    assert presence["t_from_us"].min() == 0
    assert presence["t_to_us"].max() == make.timeline().score_to_us
    assert (presence["t_to_us"] > presence["t_from_us"]).all()


def test_the_same_seed_gives_the_same_fleet_and_another_seed_another(built, make, fleet):
    assert built(make.tree()).digest() == fleet.digest()
    assert built(make.tree(), seed=12).digest() != fleet.digest()


def test_the_order_of_keys_changes_nothing(built, make, fleet):
    def turned(tree):
        return {key: turned(tree[key]) for key in reversed(tree)} if isinstance(tree, dict) else tree

    assert built(turned(make.tree())).digest() == fleet.digest()


def test_removing_or_resizing_or_adding_traffic_changes_no_other_vessel(built, make, fleet):
    whole = by_vessel(fleet)
    without, resized, wider = make.tree(), make.tree(), make.tree()
    del without["traffic"]["container"]
    del without["probes"]
    resized["traffic"]["tanker"]["routes"]["klang_busan"]["per_day"] = 31.0
    resized["traffic"]["militia"]["stock"]["mischief_reef"] = 90.0
    wider["traffic"]["ferry"] = make.merchant({"a": make.route("batangas", "puerto_princesa", 9)})
    wider["traffic"]["tanker"]["routes"]["bintulu_kaohsiung"] = make.route("bintulu", "kaohsiung", 4)
    for tree, touched in (
        (without, ("container/", "probe")),
        (resized, ("tanker/klang_busan/",)),
        (wider, ("ferry/", "tanker/bintulu_kaohsiung/")),
    ):
        other = by_vessel(built(tree))
        shared = {key for key in whole if not key[0].startswith(touched)}
        assert shared <= set(other)
        assert all(same(whole[key], other[key]) for key in shared)
        assert set(whole) != set(other)


def test_a_longer_run_changes_no_vessel_that_was_there(built, make, fleet):
    short, long = by_vessel(fleet), by_vessel(built(make.tree(), days=5.0))
    end_us = make.timeline().score_to_us
    assert set(short) < set(long)
    for key, (what, legs) in short.items():
        what_later, later = long[key]
        assert what == what_later
        n = len(legs["t_from_us"])
        for name in COLUMNS:
            if name != "t_to_us":
                assert np.array_equal(legs[name], later[name][:n])
        assert np.array_equal(legs["t_to_us"], np.minimum(later["t_to_us"][:n], end_us))


def test_another_area_changes_no_speed_and_no_particulars(make, land, world, lanes, fleet):
    smaller = make.area.model_copy(update={"lat_max_deg": 15.0})
    other = build_fleet(world, smaller, make.timeline(), 11, land=land, lanes=lanes)
    whole, part = by_vessel(fleet), by_vessel(other)
    assert set(part) < set(whole)
    for key in part:
        assert part[key][0] == whole[key][0]


def test_traffic_may_be_empty(built):
    fleet = built({"probes": {"spacing_deg": 4.0}})
    assert fleet.n_vessels == 0
    assert fleet.n_probes > 5
    assert built({}).n_targets == 0


def test_an_unknown_port_is_named_with_the_nearest_one(land, make):
    tree = {"traffic": {"bulk": make.merchant({"a": make.route("singapour", "manila", 1)})}}
    with pytest.raises(KeyError, match="singapore"):
        lanes_of(WorldSpec.model_validate(tree), land)


def test_every_class_and_flag_appears_with_its_name(fleet):
    assert fleet.classes == ("coaster", "container", "ferry", "militia", "probe", "tanker")
    assert fleet.flags == ("CHN", "HKG", "LBR", "PAN", "PHL")
    militia = fleet.targets.take(fleet.targets["traffic_class"] == fleet.classes.index("militia"))
    assert set(militia["flag"]) == {fleet.flags.index("CHN")}
    assert "container/singapore_hong_kong/back" in fleet.streams


def test_importing_the_specs_loads_no_heavy_package():
    code = (
        "import sys, mda_sim.world.world;"
        "print(*sorted({'numba', 'scipy', 'shapely', 'pyarrow', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
