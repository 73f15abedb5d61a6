"""What the headline experiment and its sensitivity claim in their comments, checked against their values."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from shipped import PATHS, shipped

from mda_sim.core.spec import FrozenMap
from mda_sim.records import Gate
from mda_sim.scenario import Scenario
from mda_sim.sharing.gates import Question, judge
from mda_sim.sharing.network import SharingSpec
from mda_sim.world.merchant import MerchantTraffic

ROOT = Path(__file__).parents[2]
ARRANGEMENTS = ("today", "us_hub_standing_consent", "direct_manual")
BASELINES = {"suspension": "steady", "trilateral_korea": "missiles_only"}
"""Baselines of scenarios that do not ask about the arrangement of today."""
LEVELS = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_shipped_scenario_loads_without_a_warning_and_is_named_as_its_file(path: Path) -> None:
    scenario = shipped(path.stem)
    assert scenario.warnings == ()
    assert scenario.name == path.stem
    assert scenario.baseline == BASELINES.get(path.stem, "today")


def test_the_default_is_the_headline_and_has_the_sensors_that_it_needs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "SCENARIO ?= scenarios/six_arrangements.yaml" in makefile
    categories = [sensor.category for sensor in shipped("six_arrangements").spec.sensors.values()]
    assert categories.count("radar") >= 25
    assert categories.count("ais") >= 15
    assert set(shipped("six_arrangements").arrangements) == {
        "today",
        "us_hub_consent",
        "us_hub_standing_consent",
        "direct_manual",
        "direct_automated",
        "everything_at_once",
    }


def test_the_pool_holds_every_node() -> None:
    sharing = shipped("six_arrangements").arrangements["everything_at_once"]
    assert set(sharing.groups["all"].nodes) == set(sharing.nodes)


def test_the_guard_passes_the_silent_and_coarsens_its_own_reports() -> None:
    links = shipped("six_arrangements").arrangements["direct_automated"].links
    for link_id in ("phl_jpn", "jpn_phl"):
        link = links[link_id]
        assert link.filter is not None
        assert link.filter.broadcasting is False
        assert link.sanitise is not None
        assert link.sanitise.coarsen_m == 1000.0
        assert (link.sanitise.label, link.sanitise.delegated_by) == (None, ())
    assert all(link.sanitise is None for key, link in links.items() if key not in ("phl_jpn", "jpn_phl"))


def gates(sharing: SharingSpec, sender: str, recipient: str, received: bool, scenario: Scenario) -> Gate:
    """What refuses a bought image on the way from node to node."""
    question = Question(
        label=sharing.labels["bought_sar"],
        category="sar",
        originator="XFI",
        sender=sharing.nodes[sender].nation,
        recipient=sharing.nodes[recipient].nation,
        moment=scenario.spec.start,
        received_under=sharing.agreements["image_licence"] if received else None,
    )
    return judge(question, sharing.agreements, "UNCLASSIFIED", sharing.nodes[recipient]).gates


def test_bought_images_reach_the_philippines_through_the_united_states_and_not_japan() -> None:
    scenario = shipped("six_arrangements")
    for sharing in scenario.arrangements.values():
        assert gates(sharing, "xfi_hub", "usa_seavision", False, scenario) == 0
        assert gates(sharing, "usa_seavision", "phl_ncwc", True, scenario) == 0
        assert gates(sharing, "usa_seavision", "jpn_mod", True, scenario) & Gate.RELEASE


def test_every_entry_of_the_headline_has_a_source() -> None:
    scenario = shipped("six_arrangements")
    for sharing in scenario.arrangements.values():
        for part in ("nodes", "labels", "feeds", "agreements", "consents", "desks", "links", "groups"):
            missing = [key for key, entry in getattr(sharing, part).items() if not entry.source]
            assert not missing, f"{part}: {missing}"
    spec = scenario.spec
    assert all(entry.source for entry in (*spec.sensors.values(), *spec.world.traffic.values()))


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("level", LEVELS)
def test_the_label_is_all_that_the_sensitivity_changes(arrangement: str, level: str) -> None:
    headline = shipped("six_arrangements").arrangements[arrangement]
    is_base = level == headline.labels["phl_radar"].classification
    name = arrangement if is_base else f"{arrangement}_{level.lower()}"
    varied = shipped("label_sensitivity").arrangements[name]
    assert varied.labels["phl_radar"].classification == level
    label = varied.labels["phl_radar"].model_copy(update={"classification": "CONFIDENTIAL"})
    labels = FrozenMap({**varied.labels, "phl_radar": label})
    assert varied.model_copy(update={"labels": labels}) == headline


def test_the_sensitivity_holds_nothing_else() -> None:
    varied = {f"{one}_{level}" for one in ARRANGEMENTS for level in ("unclassified", "restricted")}
    names = {*ARRANGEMENTS, *varied}
    assert set(shipped("label_sensitivity").arrangements) == names


def routes(name: str) -> dict[str, dict[str, Any]]:
    """Routes of each class of merchant ships."""
    traffic = shipped(name).spec.world.traffic
    return {key: dict(one.routes) for key, one in traffic.items() if isinstance(one, MerchantTraffic)}


def test_the_rerouted_traffic_is_that_of_malacca_and_nothing_else_changes() -> None:
    open_, rerouted = shipped("straits").spec, shipped("straits_rerouted").spec
    for key, before in routes("straits").items():
        after = routes("straits_rerouted")[key]
        assert set(after) == set(before)
        for route, was in before.items():
            now = after[route]
            if was.origin != "malacca_strait":
                assert now == was
            elif was.destination == "sunda_strait":
                assert now.per_day == 0  # it turned south at Singapore: without Malacca it never comes
            else:
                assert (now.origin, now.destination) == ("lombok_makassar", was.destination)
                assert (now.per_day, now.both_ways) == (was.per_day, was.both_ways)
                assert "singapore" not in now.via
    same = {"name": "", "description": "", "world": open_.world}
    assert rerouted.model_copy(update=same) == open_.model_copy(update=same)
    others = {key: one for key, one in open_.world.traffic.items() if not isinstance(one, MerchantTraffic)}
    assert others == {key: rerouted.world.traffic[key] for key in others}
    assert shipped("straits").arrangements == shipped("straits_rerouted").arrangements


def test_five_lanes_are_scored_for_ships_bound_for_japan() -> None:
    corridors = shipped("straits").spec.metrics.corridors
    assert set(corridors) == {"malacca", "lombok_makassar", "palawan_mindoro", "sulu_mindoro", "bashi"}
    assert all(corridor.lane == name for name, corridor in corridors.items())
    assert {corridor.bound_for for corridor in corridors.values()} == {"JPN"}
    assert all(corridor.source for corridor in corridors.values())


def refresher() -> Any:
    spec = importlib.util.spec_from_file_location("refresh_results", ROOT / "docs" / "refresh_results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def results(values: dict[str, float | None]) -> dict[str, Any]:
    """Stored results of one nation, with one value per configuration."""
    difference = {"mean": 0.1, "low": 0.05, "high": 0.15}
    entry = {name: {"mean": value, "difference": difference} for name, value in values.items()}
    metrics = ("custody_fraction_6h", "awareness_fraction_24h")
    figures = {name: {"JPN": dict.fromkeys(metrics, one)} for name, one in entry.items()}
    return {"baseline": "today", "figures": figures, "primary": [{"metric": metric} for metric in metrics]}


def test_the_table_of_results_names_custody_and_awareness_and_what_is_undetermined() -> None:
    table = refresher().markdown(results({"today": 0.5, "other": None})).splitlines()
    assert table[0] == "| nation | configuration | custody 6 h | awareness 24 h |"
    cell = "50.0 % (+10.0 [+5.0, +15.0] pp)"
    assert table[2:] == [f"| JPN | `today` | {cell} | {cell} |", "| JPN | `other` | - | - |"]


def test_the_table_by_label_leaves_out_what_the_label_does_not_change() -> None:
    values: dict[str, float | None]
    values = dict.fromkeys((f"{one}{end}" for one in ("today", "direct") for end in ("", "_restricted")), 0.5)
    values |= {"today_unclassified": 0.6, "direct_unclassified": 0.5}
    table = refresher().by_label(results(values)).splitlines()
    assert table[0] == "| nation | arrangement | figure | UNCLASSIFIED | RESTRICTED | CONFIDENTIAL |"
    assert [line.split(" | ")[1:3] for line in table[2:4]] == [
        ["`today`", "custody 6 h"],
        ["`today`", "awareness 24 h"],
    ]
    assert "| 60.0 % (+10.0 [+5.0, +15.0] pp) | 50.0 %" in table[2]
    assert table[4:] == ["", "The label changes nothing for: JPN under `direct`."]
