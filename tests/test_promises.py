"""What the program promises of whole runs: same bytes, and that nothing moves that should not.

A world of ships and militia off Luzon with three radars and two AIS receivers is put through every stage.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mda_sim import pipeline
from mda_sim.core.table import Table
from mda_sim.geo.coast import load_land
from mda_sim.records import NO_TARGET, DeliveryLog, DetectionLog, Outcome, weight_of
from mda_sim.scenario import Scenario, load_scenario_text
from mda_sim.sensing.sweep import sense
from mda_sim.world.fleet import Fleet

SEED = 1


def plain() -> dict[str, Any]:
    """The scenario as plain data."""
    radar = {"kind": "coastal_radar", "type": "coastal_x_18ft"}
    nodes = {name: {"nation": name.upper(), "highest_level": "SECRET"} for name in ("jpn", "phl", "usa")}
    deal = {"in_force_from": "2020-01-01T00:00:00Z", "ceiling": "SECRET", "categories": ["ais", "radar"]}
    return {
        "format": 1,
        "name": "promises",
        "start": "2026-03-02T00:00:00Z",
        "warmup_h": 6,
        "duration_h": 24,
        "drain_h": 12,
        "seed": {"first": SEED, "count": 1},
        "area": {"kind": "box", "lat_min_deg": 13, "lat_max_deg": 17, "lon_min_deg": 117, "lon_max_deg": 121},
        "nations": {
            "JPN": {"name": "Japan", "picture_node": "jpn"},
            "PHL": {"name": "Philippines", "picture_node": "phl"},
            "USA": {"name": "United States", "picture_node": "usa"},
            "XCA": {"name": "Provider", "kind": "provider"},
        },
        "world": {
            "buffer_km": 50,
            "probes": {"spacing_deg": 0.5},
            "traffic": {
                "cargo": {
                    "kind": "merchant",
                    "routes": {
                        "manila_kaohsiung": {"origin": "manila", "destination": "kaohsiung", "per_day": 30}
                    },
                    "length_m": {"low": 80, "high": 200},
                    "speed_kn": {"low": 10, "high": 16},
                    "lane_width_km": 10,
                    "flags": {"PAN": 0.5, "PHL": 0.5},
                    "ais": {"carriage": 1.0, "transponder": "class_a", "off_fraction": 0.2},
                },
                "militia": {
                    "kind": "militia",
                    "stock": {"scarborough_shoal": 10},
                    "length_m": {"low": 45, "high": 65},
                    "flags": {"CHN": 1.0},
                    "ais": {"carriage": 0.3, "transponder": "class_a", "off_fraction": 0.0},
                },
            },
        },
        "sensors": {
            "phl_radar": {
                **radar,
                "operator": "PHL",
                "lat_deg": 14.9,
                "lon_deg": 120.0,
                "antenna_height_m": 300,
            },
            "jpn_radar": {
                **radar,
                "operator": "JPN",
                "lat_deg": 15.0,
                "lon_deg": 118.0,
                "antenna_height_m": 120,
            },
            "usa_radar": {
                **radar,
                "operator": "USA",
                "lat_deg": 16.0,
                "lon_deg": 119.7,
                "antenna_height_m": 200,
            },
            "phl_ais": {
                "kind": "ais_receiver",
                "type": "ais_shore_station",
                "operator": "PHL",
                "lat_deg": 14.9,
                "lon_deg": 120.0,
                "antenna_height_m": 300,
            },
            "xca_ais": {
                "kind": "ais_receiver",
                "type": "ais_shore_station",
                "operator": "XCA",
                "lat_deg": 16.0,
                "lon_deg": 119.7,
                "antenna_height_m": 200,
            },
        },
        "sharing": {
            "nodes": {**nodes, "xca": {"nation": "XCA"}},
            "labels": {
                "open": {"classification": "UNCLASSIFIED"},
                "shut": {"classification": "CONFIDENTIAL"},
            },
            "feeds": {
                "phl_radar": {"node": "phl", "label": "shut", "delay_s": 60},
                "jpn_radar": {"node": "jpn", "label": "shut", "delay_s": 60},
                "usa_radar": {"node": "usa", "label": "shut", "delay_s": 60},
                "phl_ais": {"node": "phl", "label": "open", "delay_s": 10},
                "xca_ais": {"node": "xca", "label": "open", "delay_s": 10},
            },
            "agreements": {
                "jpn_usa": {**deal, "parties": ["JPN", "USA"], "onward": "with_consent"},
                "phl_usa": {**deal, "parties": ["PHL", "USA"], "onward": "free"},
                "xca_jpn": {**deal, "parties": ["JPN", "XCA"], "ceiling": "UNCLASSIFIED"},
                "xca_phl": {**deal, "parties": ["PHL", "XCA"], "ceiling": "UNCLASSIFIED"},
            },
            "desks": {
                "review": {
                    "servers": 1,
                    "touch": {"kind": "lognormal", "median_min": 20, "p95_min": 60},
                    "elapsed": {"kind": "exponential", "mean_h": 1},
                    "calendar": {"kind": "working_hours", "time_zone": "Asia/Manila"},
                }
            },
            "links": {
                "phl_usa": link(
                    "phl", "usa", desk="review", filter={"broadcasting": False}, sanitise={"coarsen_km": 2}
                ),
                "usa_phl": link("usa", "phl", desk="review"),
                "jpn_usa": link("jpn", "usa"),
                "usa_jpn": link("usa", "jpn"),
                "xca_phl": link("xca", "phl", case_window_min=5),
                "xca_jpn": link("xca", "jpn", case_window_min=5),
            },
        },
        "configurations": {
            "today": {},
            "no_links": {"links": {}},
            "licences": {"links": dict.fromkeys(("phl_usa", "usa_phl", "jpn_usa", "usa_jpn"))},
        },
        "baseline": "today",
        "metrics": {},
        "output": {},
    }


def link(sender: str, recipient: str, **more: Any) -> dict[str, Any]:
    return {
        "sender": sender,
        "recipient": recipient,
        "accreditation": "SECRET",
        "delay_s": 1,
        "bandwidth_bps": 4800,
        **more,
    }


@dataclass(frozen=True)
class Run:
    """All logs of one seed."""

    scenario: Scenario
    fleet: Fleet
    log: DetectionLog
    deliveries: dict[str, DeliveryLog]


def run(tree: dict[str, Any]) -> Run:
    """World, sensing, sharing and audit of one seed of a scenario given as plain data."""
    tree = {**tree, "configurations": {**tree["configurations"]}}
    tree["configurations"]["no_links"] = {"links": dict.fromkeys(tree["sharing"]["links"])}
    scenario = load_scenario_text(json.dumps(tree, indent=1))
    fleet = pipeline.build_world(scenario, SEED)
    log = pipeline.sense(scenario, fleet, SEED)
    deliveries = {name: pipeline.share(scenario, fleet, log, name, SEED) for name in scenario.arrangements}
    for name, made in deliveries.items():
        pipeline.audit(scenario, fleet, log, made, name, SEED)
    return Run(scenario, fleet, log, deliveries)


@pytest.fixture(scope="module")
def usual() -> Run:
    return run(plain())


def contacts_of(log: DetectionLog, sensor: str, n_vessels: int | None = None) -> np.ndarray:
    """Interval, target and dt of every contact of one sensor; of vessels and nobody if ``n_vessels`` is
    given."""
    number = [card.id for card in log.sensors].index(sensor)
    rows = np.flatnonzero(log.reports["sensor"] == number)
    counts = log.reports["count"][rows]
    interval = np.repeat(log.reports["interval"][rows], counts)
    picked = np.concatenate(
        [np.arange(first, first + n) for first, n in zip(log.reports["first"][rows], counts, strict=True)]
    )
    columns = np.stack([interval, log.contacts["target"][picked], log.contacts["dt_us"][picked]], axis=1)
    is_probe = (columns[:, 1] >= (n_vessels or 0)) & (columns[:, 1] != NO_TARGET)
    return columns if n_vessels is None else columns[~is_probe]


def test_the_run_is_worth_testing(usual: Run) -> None:
    """Every sensor holds vessels and probes, and the exchange delivers, withholds and leaves in flight."""
    for card in usual.log.sensors:
        assert len(contacts_of(usual.log, card.id, usual.fleet.n_vessels)) > 50
    assert any(contacts_of(usual.log, "jpn_radar")[:, 1] >= usual.fleet.n_vessels)
    seen = set(usual.deliveries["today"].outcomes["outcome"].tolist())
    assert {Outcome.DELIVERED, Outcome.IN_FLIGHT, Outcome.WITHHELD} <= seen


def test_the_same_scenario_and_seed_give_the_same_bytes(usual: Run) -> None:
    again = run(plain())
    assert again.log.digest() == usual.log.digest()
    assert {n: d.digest() for n, d in again.deliveries.items()} == {
        n: d.digest() for n, d in usual.deliveries.items()
    }


def test_the_order_of_keys_changes_nothing(usual: Run) -> None:
    def turned(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: turned(node[key]) for key in reversed(node)}
        return node

    other = run(turned(plain()))
    assert other.scenario.digest() == usual.scenario.digest()
    assert other.log.digest() == usual.log.digest()
    assert other.deliveries["today"].digest() == usual.deliveries["today"].digest()


@pytest.mark.parametrize("block", [1, 7, 100_000])
def test_the_block_size_changes_nothing(usual: Run, block: int) -> None:
    scenario = usual.scenario
    log = sense(usual.fleet, scenario.spec.sensors, scenario.timeline, SEED, land=load_land(), block=block)
    assert log.digest() == usual.log.digest()


def test_another_radar_leaves_every_contact_of_every_other_sensor(usual: Run) -> None:
    tree = plain()
    tree["sensors"]["extra"] = {**tree["sensors"]["usa_radar"], "lat_deg": 15.5}
    other = run(tree)
    for card in usual.log.sensors:
        np.testing.assert_array_equal(contacts_of(other.log, card.id), contacts_of(usual.log, card.id))
    assert len(contacts_of(other.log, "extra"))


def test_removing_all_probes_leaves_every_real_delivery(usual: Run) -> None:
    tree = plain()
    del tree["world"]["probes"]
    other = run(tree)
    n = usual.fleet.n_vessels
    assert other.fleet.n_targets == other.fleet.n_vessels == n
    for card in usual.log.sensors:
        np.testing.assert_array_equal(contacts_of(other.log, card.id), contacts_of(usual.log, card.id, n))
    for name, made in usual.deliveries.items():
        bare = other.deliveries[name]
        for table in ("hops", "outcomes"):
            mine: Table = getattr(made, table)
            theirs: Table = getattr(bare, table)
            kept = mine.take(weight_of(made.parts)[mine["part"]] > 0)
            reports = made.parts["report"][kept["part"]], bare.parts["report"][theirs["part"]]
            np.testing.assert_array_equal(*reports)
            for column in set(kept.columns) - {"part", "source"}:  # row numbers
                np.testing.assert_array_equal(kept[column], theirs[column], column)


def test_another_traffic_class_takes_contacts_of_others_in_one_cell_only(usual: Run) -> None:
    """Draws are the same, so what changes is what a new vessel hides in its resolution cell, or crowds
    out."""
    tree = plain()
    tree["world"]["traffic"]["auxiliaries"] = {
        **tree["world"]["traffic"]["militia"],
        "stock": {"scarborough_shoal": 5},
    }
    for sensor in tree["sensors"].values():
        if sensor["kind"] == "ais_receiver":
            sensor["slot_load"] = False
    other = run(tree)
    tree["world"]["traffic"].pop("auxiliaries")
    before = run(tree)

    def named(run_: Run, sensor: str) -> set[tuple[int, str, int, int]]:
        targets = run_.fleet.targets
        streams = targets.meta["streams"]
        rows = contacts_of(run_.log, sensor)
        return {
            (int(i), streams[targets["stream"][t]], int(targets["index"][t]), int(dt))
            for i, t, dt in rows
            if t != NO_TARGET and not streams[targets["stream"][t]].startswith("auxiliaries")
        }

    for card in usual.log.sensors:
        mine, theirs = named(before, card.id), named(other, card.id)
        assert theirs <= mine
        if card.category != "radar":
            assert theirs == mine
        assert len(mine - theirs) <= (other.log.contacts["merged"] > 1).sum()


def held(run_: Run, configuration: str, nation: str) -> set[int]:
    """Reports that a nation's picture node holds at the end: its own, and what was delivered."""
    log, made = run_.log, run_.deliveries[configuration]
    operators = np.array([card.operator for card in log.sensors])[log.reports["sensor"]]
    own = np.flatnonzero((operators == nation) & (log.reports["count"] > 0))
    got = made.outcomes
    mine = (got["nation"] == list(got.meta["nations"]).index(nation)) & (got["outcome"] == Outcome.DELIVERED)
    return set(own.tolist()) | set(made.parts["report"][got["part"][mine]].tolist())


def test_without_links_each_nation_holds_exactly_its_own(usual: Run) -> None:
    operators = np.array([card.operator for card in usual.log.sensors])[usual.log.reports["sensor"]]
    for nation in ("JPN", "PHL", "USA"):
        own = set(np.flatnonzero((operators == nation) & (usual.log.reports["count"] > 0)).tolist())
        assert held(usual, "no_links", nation) == own
    assert not len(usual.deliveries["no_links"].hops)


def test_with_licences_alone_each_nation_holds_its_own_and_what_it_bought(usual: Run) -> None:
    log = usual.log
    operators = np.array([card.operator for card in log.sensors])[log.reports["sensor"]]
    for nation, buys in (("JPN", True), ("PHL", True), ("USA", False)):
        allowed = (operators == nation) | ((operators == "XCA") & buys)
        assert held(usual, "licences", nation) == set(
            np.flatnonzero(allowed & (log.reports["count"] > 0)).tolist()
        )


def test_two_agreements_with_a_hub_do_not_join_its_allies(usual: Run) -> None:
    """JPN-USA is with consent and PHL-USA is free among its parties: neither opens JPN-PHL."""
    log, made = usual.log, usual.deliveries["today"]
    operators = np.array([card.operator for card in log.sensors])[log.reports["sensor"]]
    nations = list(made.outcomes.meta["nations"])
    for receiver, maker in (("JPN", "PHL"), ("PHL", "JPN")):
        rows = made.outcomes["nation"] == nations.index(receiver)
        rows &= operators[made.parts["report"][made.outcomes["part"]]] == maker
        assert rows.any()
        assert Outcome.DELIVERED not in made.outcomes["outcome"][rows]
