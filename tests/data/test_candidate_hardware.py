"""What the scenario of candidate hardware claims in its comments, checked against its values."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from shipped import shipped

from mda_sim.geo.regions import bounds, widened
from mda_sim.scenario import Scenario
from mda_sim.sharing.network import SharingSpec

FILE = Path(__file__).parents[2] / "scenarios" / "candidate_hardware.yaml"
CANDIDATES = {
    "plus_tc_90": ("phl_tc_90_more_luzon", "phl_tc_90_more_palawan"),
    "plus_abukuma": ("phl_abukuma_luzon", "phl_abukuma_palawan"),
    "plus_mrrv": ("phl_mrrv_more_luzon", "phl_mrrv_more_palawan"),
    "plus_radars": (
        "phl_radar_batanes",
        "phl_radar_el_nido",
        "phl_radar_palauig",
        "phl_radar_quezon_palawan",
    ),
    "plus_sar": ("phl_sar_subscription",),
}
"""What each configuration adds: platforms with all that is aboard, or sensors."""


@lru_cache(maxsize=1)
def scenario() -> Scenario:
    return shipped("candidate_hardware")


def feeds(name: str) -> set[str]:
    return set(scenario().arrangements[name].feeds)


def added(name: str) -> set[str]:
    """The sensors of what a configuration is said to add."""
    sensors = scenario().spec.sensors
    return {key for key, one in sensors.items() if getattr(one, "platform", key) in CANDIDATES[name]}


def differing(one: SharingSpec, other: SharingSpec) -> set[str]:
    return {part for part in SharingSpec.model_fields if getattr(one, part) != getattr(other, part)}


def test_each_configuration_adds_what_it_is_named_for_and_nothing_else() -> None:
    today = scenario().arrangements["today"]
    for name in CANDIDATES:
        assert added(name), name
        assert feeds(name) - feeds("today") == added(name), name
        assert differing(today, scenario().arrangements[name]) == {"feeds"}, name


def test_all_hardware_is_the_sum_and_every_sensor_is_heard_in_it() -> None:
    everything = feeds("today").union(*(added(name) for name in CANDIDATES))
    assert feeds("all_hardware") == everything == set(scenario().spec.sensors)
    one, both = scenario().arrangements["all_hardware"], scenario().arrangements["hardware_and_treaty"]
    treaty, today = scenario().arrangements["direct_automated"], scenario().arrangements["today"]
    assert differing(today, treaty) == differing(one, both) == {"agreements", "desks", "links"}
    for part in ("agreements", "desks", "links"):
        assert getattr(treaty, part) == getattr(both, part), part
    assert both.feeds == one.feeds


def test_nothing_else_is_compared() -> None:
    named = {"today", "all_hardware", "direct_automated", "hardware_and_treaty", *CANDIDATES}
    assert set(scenario().arrangements) == named


@pytest.mark.parametrize(
    ("platforms", "hulls"),
    [
        (("phl_tc_90_luzon", "phl_tc_90_palawan"), 5),
        (CANDIDATES["plus_tc_90"], 5),
        (CANDIDATES["plus_abukuma"], 3),
        (("phl_mrrv",), 2),
        (CANDIDATES["plus_mrrv"], 5),
    ],
)
def test_hulls_are_as_many_as_the_comments_say(platforms: tuple[str, ...], hulls: int) -> None:
    assert sum(scenario().spec.platforms[name].n_hulls for name in platforms) == hulls


def test_platforms_search_where_traffic_is_and_say_where_they_come_from() -> None:
    spec = scenario().spec
    lives = bounds(widened(spec.area, spec.world.buffer_m))
    for name, platform in spec.platforms.items():
        west, south, east, north = bounds(platform.search.region)
        assert lives[0] <= west < east <= lives[2], name
        assert lives[1] <= south < north <= lives[3], name
        assert "assumptions" in platform.source or platform.source.startswith("as phl_"), name
        assert platform.confidence == "assumption", name


def test_sensors_aboard_are_at_the_height_of_their_platform_and_of_its_nation() -> None:
    spec = scenario().spec
    aboard = {key: one for key, one in spec.sensors.items() if hasattr(one, "platform")}
    assert len(aboard) == 24
    for name, sensor in aboard.items():
        assert sensor.antenna_height_m == spec.platforms[sensor.platform].height_m, name
        assert sensor.platform.startswith(sensor.operator.lower()), name
        assert str(scenario().origin[f"sensors.{name}.antenna_height_m"]).startswith("catalogue:")


def test_every_sensor_feeds_a_node_of_its_own_nation_or_provider() -> None:
    spec = scenario().spec
    for name, feed in scenario().arrangements["all_hardware"].feeds.items():
        assert spec.sharing.nodes[feed.node].nation == spec.sensors[name].operator, name


def test_no_radar_is_aboard_the_light_aircraft_of_today() -> None:
    aboard = [
        one.category
        for one in scenario().spec.sensors.values()
        if getattr(one, "platform", "") in CANDIDATES["plus_tc_90"]
    ]
    today = [
        one.category
        for one in scenario().spec.sensors.values()
        if getattr(one, "platform", "") in ("phl_tc_90_luzon", "phl_tc_90_palawan")
    ]
    assert (sorted(today), sorted(aboard)) == (["ais", "ais"], ["ais", "ais", "radar", "radar"])
