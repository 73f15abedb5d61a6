"""The picture of a node as a table: hand-made receipts of two nodes, a fleet with one that lies."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US
from mda_sim.picture.awareness import history
from mda_sim.picture.receipts import receipts
from mda_sim.picture.snapshot import Holder, snapshot
from mda_sim.records import NO_REPORT, NOTHING_US, SensorCard
from mda_sim.sharing.network import SharingSpec
from mda_sim.world.broadcasts import MADE_UP, AisState, broadcasts_of
from mda_sim.world.top_speed import top_speed_mps

S = 1_000_000
CARDS = (
    SensorCard("ais", "ais", "AAA", 30.0, 32.0, 300.0),
    SensorCard("radar", "radar", "BBB", 100.0, 32.0, 300.0),
    SensorCard("radar_two", "radar", "BBB", 200.0, 32.0, 300.0),
)
SHARING = SharingSpec.model_validate(
    {
        "nodes": {"a": {"nation": "AAA"}, "b": {"nation": "BBB"}, "c": {"nation": "CCC"}},
        "labels": {"open": {"classification": "UNCLASSIFIED"}},
        "feeds": {
            "ais": {"node": "a", "label": "open", "delay_s": 5.0},
            "radar": {"node": "b", "label": "open", "delay_s": 5.0},
            "radar_two": {"node": "b", "label": "open", "delay_s": 5.0},
        },
        "links": {"b_a": {"sender": "b", "recipient": "a"}},
        "groups": {"pool": {"nodes": ["a", "c"]}},
    }
)


def fleet_of():
    """Vessel 0 sails east at some 10 m/s and broadcasts 20 km too far north; 1 and 2 lie still; one probe."""
    path = Path(__file__).parents[1] / "metrics" / "conftest.py"
    spec = importlib.util.spec_from_file_location("metrics_conftest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    still = [(0.0, 15.0, 119.0), (9000.0, 15.0, 119.0)]
    vessels = [
        ("cargo", "AAA", True, [(0.0, 15.0, 118.0), (10_000.0, 15.0, 118.93)]),
        ("trawler", "BBB", False, still),
        ("trawler", "BBB", False, still),
    ]
    sent = broadcasts_of(
        [0, 1, 2, 3],
        0,
        [AisState.FALSE_POSITION, *(AisState.SILENT,) * 3],
        offset_north_m=[20_000.0, 0.0, 0.0, 0.0],
    )
    return module.make_fleet(vessels, [(14.0, 117.0)], until_s=10_000.0, broadcasts=sent)


@pytest.fixture
def holder(log_of, deliveries_of):
    """Radars hold vessel 0 at 1000 s, 1 at 1000 and 1900 s, both 0 at 1900 s; AIS hears 0 at 2000 s.

    The part of report 0 (radar, 1000 s) comes to a at 1100 s; of 1 (radar, 1900 s) at 2500 s, to be destroyed
    at 4000 s; of 2 (radar_two, 1950 s) never.
    """
    held = [
        ("radar", 1000.0, 0, 0.0),
        ("radar", 1000.0, 3, 0.0),
        ("radar", 1900.0, 0, 10.0),
        ("radar", 1900.0, 1, 0.0),
        ("radar_two", 1950.0, 1, 0.0),
        ("ais", 2000.0, 0, 0.0),
    ]
    log = log_of(CARDS, held, n_vessels=3, n_targets=4)
    assert log.reports["sensor"].tolist() == [0, 1, 1, 2]
    hops = [
        {"part": 1, "link": 0, "arrived": 1005.0, "received": 1100.0, "coarsened_m": 0.0},
        {"part": 2, "link": 0, "arrived": 1905.0, "received": 2500.0, "purged": 4000.0, "coarsened_m": 75.0,
         "is_stripped": 1},
    ]  # fmt: skip
    deliveries, fleet = deliveries_of(log, ["b_a"], hops), fleet_of()
    is_false = np.zeros(len(log.contacts), np.bool_)
    is_false[0] = True  # that of AIS
    contacts = history(log, is_false)

    def of(node, end_us=NEVER_US):
        came = receipts(log, deliveries, SHARING, node, end_us=end_us)
        return Holder(log, deliveries, SHARING, fleet, contacts, node, came)

    return of


def row_of(table, target):
    (row,) = np.flatnonzero(table["target"] == target)
    return {name: column[row] for name, column in table.columns.items()}


def at(holder, t_s, node="a", tau_s=86_400.0, search_radius_m=50e3):
    return snapshot(holder(node), round(t_s * S), round(tau_s * S), search_radius_m)


def test_before_anything_is_received_the_table_is_empty(holder):
    assert len(at(holder, 1099.9)) == 0
    assert at(holder, 1100.0)["target"].tolist() == [0, 3]


def test_the_place_is_bounded_by_the_error_and_the_top_speed_of_the_class(holder):
    """Seen at 1000 s with 100 m: by 1600 s the bound is 100 m + v_top x 600 s; a probe stays where it is."""
    table = at(holder, 1600.0)
    fastest = top_speed_mps(holder("a").fleet)
    row = row_of(table, 0)
    assert (row["age_us"], row["t_received_us"]) == (600 * S, 1100 * S)
    assert row["error_grown_m"] == pytest.approx(100.0 + 600 * fastest[row["traffic_class"]], rel=1e-6)
    assert 9.9 < fastest[row["traffic_class"]] < 10.1
    assert row_of(table, 3)["error_grown_m"] == pytest.approx(100.0)
    assert row["is_findable"] == 1
    assert at(holder, 1600.0, search_radius_m=6000.0)["is_findable"].tolist() == [0, 1]


def test_the_newest_observation_counts_and_brings_its_source_route_and_error(holder):
    """At 3000 s: AIS of 2000 s is newer than the radar contact of 1890 s; the own group had it at once."""
    table = at(holder, 3000.0)
    row = row_of(table, 0)
    assert (row["t_observed_us"], row["t_received_us"]) == (2000 * S, 2000 * S)
    assert (table.meta["sensors"][row["sensor"]], table.meta["parties"][row["originator"]]) == ("ais", "AAA")
    assert (table.meta["routes"][row["route"]], row["hops"], row["is_false"]) == (["a"], 0, 1)
    assert row["mmsi"] == MADE_UP
    other = row_of(table, 1)
    assert table.meta["routes"][other["route"]] == ["b", "b_a", "a"]
    assert (other["hops"], other["is_stripped"], other["mmsi"]) == (1, 1, 0)
    assert other["error_m"] == pytest.approx(math.hypot(100.0, 75.0))


def test_a_conflict_and_no_duplicate_where_ais_lies(holder):
    """20 km apart within 110 s: 10 m/s bridge 1.1 km. With tau 1200 s the contact of 1000 s is too old."""
    assert row_of(at(holder, 3000.0), 0)["n_conflicts"] == 2
    assert row_of(at(holder, 3000.0, tau_s=1200.0), 0)["n_conflicts"] == 1
    assert row_of(at(holder, 3000.0, tau_s=1000.0), 0)["n_conflicts"] == 0
    assert row_of(at(holder, 2400.0), 0)["n_duplicates"] == 0
    assert row_of(at(holder, 3000.0), 0)["n_duplicates"] == 1
    assert row_of(at(holder, 3000.0, node="b"), 1)["n_duplicates"] == 1


def test_what_was_destroyed_is_gone_but_was_held(holder):
    assert row_of(at(holder, 3999.9), 1)["report"] == 2
    row = row_of(at(holder, 4000.0), 1)
    assert (row["report"], row["part"], row["sensor"], row["route"]) == (NO_REPORT, NO_REPORT, -1, -1)
    assert (row["t_observed_us"], row["t_received_us"], row["age_us"]) == (NOTHING_US, NEVER_US, NEVER_US)
    assert np.isnan(row["error_m"])
    assert np.isnan(row["lat_deg"])


def test_a_group_brings_it_at_once_from_the_node_that_the_sensor_feeds(holder):
    table = at(holder, 2000.0, node="c")
    row = row_of(table, 0)
    assert (table.meta["routes"][row["route"]], row["hops"]) == (["a", "groups.pool", "c"], 0)
    assert row["t_received_us"] == 2000 * S


def test_where_it_is_is_where_it_was_or_where_it_said(holder):
    fleet = holder("a").fleet
    seen = row_of(at(holder, 1600.0), 0)
    lat_deg, lon_deg = (float(one[0]) for one in fleet.positions([0], [1000 * S]))
    assert (seen["lat_deg"], seen["lon_deg"]) == (lat_deg, lon_deg)
    said = row_of(at(holder, 3000.0), 0)
    assert said["lat_deg"] == pytest.approx(15.0 + 20_000 / 111_195, abs=0.01)
