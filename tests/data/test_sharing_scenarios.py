"""What the scenarios on arrangements claim in their comments, checked against their values."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import yaml
from shipped import FOLDER, shipped

from mda_sim.sharing.agreements import is_in_force
from mda_sim.sharing.desks import WorkingHours
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.labels import covers
from mda_sim.sharing.network import SharingSpec

NEW = ("south_china_sea_extended", "trilateral_korea", "osa_2030")
LADDER = [
    ("today", "ladder_1_agreement", {"agreements"}),
    ("ladder_1_agreement", "ladder_2_labels", {"labels"}),
    ("ladder_2_labels", "ladder_3_link", {"links"}),
    ("ladder_3_link", "ladder_4_staff", {"desks"}),
    ("ladder_4_staff", "ladder_5_automation", {"links"}),
]
PROGRAMMES = yaml.safe_load((FOLDER / "osa_2030.yaml").read_text(encoding="utf-8"))["metrics"]["programmes"]


def differing(one: SharingSpec, other: SharingSpec) -> set[str]:
    """Parts of the sharing section in which two arrangements differ."""
    return {part for part in SharingSpec.model_fields if getattr(one, part) != getattr(other, part)}


def changed(one: SharingSpec, other: SharingSpec, part: str) -> set[str]:
    """Ids of a part that only one of two arrangements has, or that differ."""
    first, second = getattr(one, part), getattr(other, part)
    return {key for key in {*first, *second} if first.get(key) != second.get(key)}


def unsourced(sharing: SharingSpec, part: str) -> dict[str, dict[str, Any]]:
    """Entries of a part by id, without what is said about where they come from."""
    return {key: entry.model_dump(exclude={"source"}) for key, entry in getattr(sharing, part).items()}


def weekly_load(sharing: SharingSpec, desk_id: str) -> float:
    """Work over working time of a desk in a week of hourly cases on each line that it serves."""
    desk = sharing.desks[desk_id]
    calendar = desk.calendar
    assert isinstance(calendar, WorkingHours)
    open_s = (calendar.close_s - calendar.open_s) * len(calendar.weekdays)
    cases = sum(7 * 86_400 / link.case_window_s for link in sharing.links.values() if link.desk == desk_id)
    return cases * desk.touch.mean_s / (desk.servers * open_s)


@pytest.mark.parametrize("name", NEW)
def test_every_entry_has_a_source(name: str) -> None:
    scenario = shipped(name)
    for sharing in scenario.arrangements.values():
        for part in (
            "nodes",
            "labels",
            "feeds",
            "agreements",
            "consents",
            "desks",
            "links",
            "groups",
            "events",
        ):
            missing = [key for key, entry in getattr(sharing, part).items() if not entry.source]
            assert not missing, f"{part}: {missing}"
    spec = scenario.spec
    assert all(entry.source for entry in (*spec.sensors.values(), *spec.world.traffic.values()))


@pytest.mark.parametrize(("below", "rung", "parts"), LADDER)
def test_a_rung_of_the_ladder_adds_one_thing(below: str, rung: str, parts: set[str]) -> None:
    arrangements = shipped("south_china_sea_extended").arrangements
    assert differing(arrangements[below], arrangements[rung]) == parts


def test_the_ladder_that_is_reported_is_the_one_that_is_built() -> None:
    ladder = shipped("south_china_sea_extended").spec.metrics.ladder
    assert list(ladder) == [LADDER[0][0], *(rung for _, rung, _ in LADDER)]


def test_the_officers_of_two_lines_are_nearly_saturated_and_staff_relieves_them() -> None:
    """Mean of 12 min and 40 min at 95 %: 12 exp(sigma^2 / 2) min, sigma = ln(40/12) / 1.645."""
    mean_min = 12 * math.exp(0.5 * (math.log(40 / 12) / 1.6448536) ** 2)
    arrangements = shipped("south_china_sea_extended").arrangements
    expected = {"ladder_2_labels": 168 / 90, "ladder_3_link": 336 / 90, "ladder_4_staff": 336 / 672}
    for rung, cases_an_hour in expected.items():
        for desk in ("phl_release_usa", "jpn_release_usa"):
            load_of_desk = weekly_load(arrangements[rung], desk)
            assert load_of_desk == pytest.approx(cases_an_hour * mean_min / 60, rel=1e-6)
            assert load_of_desk < 1
    assert weekly_load(arrangements["ladder_3_link"], "phl_release_usa") == pytest.approx(0.98, abs=0.01)


@pytest.mark.parametrize(
    ("name", "sensor"), [("hardware_radar", "phl_radar_batanes"), ("hardware_sar", "phl_tasking")]
)
def test_candidate_hardware_is_one_feed_that_no_other_configuration_has(name: str, sensor: str) -> None:
    arrangements = shipped("south_china_sea_extended").arrangements
    assert differing(arrangements["today"], arrangements[name]) == {"feeds"}
    assert changed(arrangements["today"], arrangements[name], "feeds") == {sensor}
    fed = [one for one, sharing in arrangements.items() if sensor in sharing.feeds]
    assert fed == [name]


def test_overclassifying_changes_labels_and_nothing_that_moves_reports() -> None:
    arrangements = shipped("south_china_sea_extended").arrangements
    manual, pulled_up = arrangements["direct_manual"], arrangements["gsomia_overclassified"]
    assert changed(manual, pulled_up, "labels") == {"jpn_radar", "phl_radar"}
    for part in ("nodes", "feeds", "links", "consents", "groups"):
        assert getattr(manual, part) == getattr(pulled_up, part), part
    terms = ("parties", "in_force_from", "ceiling", "categories", "onward")
    for term in terms:
        one, other = (getattr(sharing.agreements["jpn_phl_gsomia"], term) for sharing in (manual, pulled_up))
        assert one == other, term
    for desk in ("phl_release_jpn", "jpn_release_phl"):
        one_desk, other_desk = manual.desks[desk], pulled_up.desks[desk]
        assert (one_desk.touch, one_desk.elapsed, one_desk.calendar, one_desk.servers) == (
            other_desk.touch,
            other_desk.elapsed,
            other_desk.calendar,
            other_desk.servers,
        )


@pytest.mark.parametrize(
    ("configuration", "cleared"),
    [
        ("radar_unclassified", {"phl_navy", "phl_coast_guard", "phl_fisheries", "jpn_jcg"}),
        ("today", {"phl_navy", "phl_coast_guard"}),
        ("gsomia_overclassified", {"phl_navy"}),
    ],
)
def test_the_label_decides_which_service_may_hold_philippine_radar(
    configuration: str, cleared: set[str]
) -> None:
    sharing = shipped("south_china_sea_extended").arrangements[configuration]
    level = sharing.labels["phl_radar"].classification
    lines = {link.recipient: link for link in sharing.links.values() if link.sender == "phl_ncwc"}
    reached = {
        node
        for node in ("phl_navy", "phl_coast_guard", "phl_fisheries", "jpn_jcg")
        if covers(sharing.nodes[node].highest_level, level) and covers(lines[node].accreditation, level)
    }
    assert reached == cleared


def test_the_pool_of_the_extended_scenario_holds_every_node() -> None:
    sharing = shipped("south_china_sea_extended").arrangements["everything_at_once"]
    assert set(sharing.groups["all"].nodes) == set(sharing.nodes)


def test_what_the_centre_fuses_names_both_allies() -> None:
    sharing = shipped("south_china_sea_extended").arrangements["hub_fusion"]
    for link_id in ("centre_jpn", "centre_phl"):
        fused = sharing.links[link_id].fused_with
        assert {nation for label in fused for nation in sharing.labels[label].originators} == {"JPN", "PHL"}


def test_each_arrangement_of_the_trilateral_keeps_what_came_before() -> None:
    arrangements = shipped("trilateral_korea").arrangements
    order = ["missiles_only", "hub_2014", "direct_2016", "automated_2023"]
    for earlier, later in pairwise(order):
        for part in ("agreements", "consents", "links"):
            kept, now = (unsourced(arrangements[name], part) for name in (earlier, later))
            assert {key: now.get(key) for key in kept} == kept, (later, part)


def test_the_scare_changes_nothing_but_its_event() -> None:
    arrangements = shipped("trilateral_korea").arrangements
    for name in ("scare_2019_averted", "scare_2019_carried_out"):
        assert differing(arrangements["direct_2016"], arrangements[name]) == {"events"}


@pytest.mark.parametrize(("name", "lasts"), [("averted", True), ("carried_out", False)])
def test_the_agreement_of_2016_ends_at_midnight_in_seoul_or_not_at_all(name: str, lasts: bool) -> None:
    scenario = shipped("trilateral_korea")
    sharing = resolve_events(scenario.arrangements[f"scare_2019_{name}"], scenario.timeline, seed=1)
    agreement = sharing.agreements["jpn_kor_gsomia"]
    midnight = datetime(2019, 11, 23, tzinfo=UTC) - timedelta(hours=9)
    assert is_in_force(agreement, "JPN", "KOR", midnight - timedelta(microseconds=1))
    assert is_in_force(agreement, "JPN", "KOR", midnight) is lasts
    assert (
        is_in_force(agreement, "JPN", "KOR", scenario.timeline.datetime_at(scenario.timeline.end_us)) is lasts
    )


def test_ninety_days_of_notice_end_at_the_midnight_that_the_end_is_dated_to() -> None:
    arrangements = shipped("trilateral_korea").arrangements
    notice = arrangements["scare_2019_averted"].events["notice"].begins
    end = arrangements["scare_2019_carried_out"].events["end"].begins
    notice_s = arrangements["direct_2016"].agreements["jpn_kor_gsomia"].notice_s
    assert notice_s is not None
    assert notice.kind == end.kind == "at"
    assert notice.utc + timedelta(seconds=notice_s) == end.utc


def test_a_ship_is_no_missile() -> None:
    """As signed, the arrangement of 2014 covers no report that a sensor of the scenario makes."""
    sharing = shipped("trilateral_korea").arrangements["missiles_only"]
    carried = {sharing.labels[feed.label].purpose for feed in sharing.feeds.values()}
    assert carried.isdisjoint(sharing.agreements["tisa"].purposes)
    assert not sharing.consents


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_programme_is_radars_and_lines_of_its_host_and_of_nobody_else(name: str) -> None:
    scenario = shipped("osa_2030")
    today, programme = scenario.arrangements["today"], scenario.arrangements[name]
    assert differing(today, programme) == {"feeds", "links"}
    host = PROGRAMMES[name]
    sensors = changed(today, programme, "feeds")
    assert {scenario.spec.sensors[sensor].operator for sensor in sensors} == {host}
    assert {scenario.spec.sensors[sensor].supplier for sensor in sensors} == {"JPN"}
    ends = {
        frozenset((programme.nodes[link.sender].nation, programme.nodes[link.recipient].nation))
        for link in (programme.links[key] for key in changed(today, programme, "links"))
    }
    assert ends == {frozenset(("JPN", host))}


def test_all_programmes_are_the_eight_together() -> None:
    arrangements = shipped("osa_2030").arrangements
    together = arrangements["all_programmes"]
    for part in ("feeds", "links"):
        merged: dict[str, Any] = dict(getattr(arrangements["today"], part))
        for name in PROGRAMMES:
            for key in changed(arrangements["today"], arrangements[name], part):
                merged[key] = getattr(arrangements[name], part)[key]
        assert dict(getattr(together, part)) == dict(sorted(merged.items()))


def test_eight_partners_have_a_picture_and_sensors_before_any_programme() -> None:
    scenario = shipped("osa_2030")
    today = scenario.arrangements["today"]
    hosts = set(PROGRAMMES.values())
    assert len(hosts) == 8
    assert hosts | {"JPN"} == set(today.agreements["service"].parties)
    for host in hosts:
        node = scenario.spec.nations[host].picture_node
        assert node in today.nodes
        fed = [key for key, feed in today.feeds.items() if feed.node == node]
        kinds = {scenario.spec.sensors[key].category for key in fed}
        assert kinds == {"ais", "radar"}, host
