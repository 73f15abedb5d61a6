"""What the shipped scenario claims in its comments, checked against its values and the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from shipped import shipped

from mda_sim.data import catalogue
from mda_sim.geo.regions import contains
from mda_sim.records import Gate
from mda_sim.sharing.gates import Question, judge

ROOT = Path(__file__).parents[2]
FILE = ROOT / "scenarios" / "south_china_sea.yaml"


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)


@pytest.fixture(scope="module")
def scenario():
    return shipped("south_china_sea")


def test_the_scenario_loads_without_a_warning(scenario):
    assert scenario.warnings == ()
    assert set(scenario.arrangements) == {"today", "direct_manual"}
    assert scenario.baseline == "today"


TRANSITS_2024 = {
    "container": (25_127, 0.80),
    "bulk_carrier": (19_507, 0.85),
    "vlcc": (9_724, 0.95),
    "lng_carrier": (5_003, 0.95),
    "tanker": (94_301 - 25_127 - 19_507 - 9_724 - 5_003 - 8_056 - 2_291 - 1_767, 0.60),
    "general_cargo": (8_056, 0.60),
    "ro_ro": (2_291, 0.80),
    "passenger": (1_767, 0.50),
}


def merchants(scenario):
    return {name: one for name, one in scenario.spec.world.traffic.items() if one.kind == "merchant"}


def of_the_strait(traffic):
    return [route for route in traffic.routes.values() if "singapore" in route.via]


@pytest.mark.parametrize("traffic_class", sorted(TRANSITS_2024))
def test_routes_through_singapore_carry_the_cited_transits_and_the_stated_share_goes_on(
    scenario, traffic_class
):
    transits, share = TRANSITS_2024[traffic_class]
    routes = of_the_strait(scenario.spec.world.traffic[traffic_class])
    assert all(route.both_ways and route.origin == "malacca_strait" for route in routes)
    total = sum(2 * route.per_day for route in routes)
    going_on = sum(2 * route.per_day for route in routes if route.destination != "sunda_strait")
    assert total == pytest.approx(transits / 366, rel=0.005)
    assert going_on == pytest.approx(share * transits / 366, rel=0.01)


def test_all_transits_of_the_strait_are_there(scenario):
    assert set(merchants(scenario)) == set(TRANSITS_2024)
    total = sum(2 * route.per_day for one in merchants(scenario).values() for route in of_the_strait(one))
    assert total == pytest.approx(94_301 / 366, rel=0.002)


def test_routes_name_their_ends_and_cover_enough_ports_and_gateways(scenario):
    ends, gateways = set(), set()
    for traffic in scenario.spec.world.traffic.values():
        for route_id, route in getattr(traffic, "routes", {}).items():
            assert route_id == f"{route.origin}_{route.destination}"
            ends |= {route.origin, route.destination}
            gateways |= {route.origin, route.destination, *getattr(route, "via", ())}
    assert len(ends) >= 8
    assert gateways <= set(catalogue.ports())
    used = {stop for stop in gateways if not catalogue.port(stop).nation}
    assert {"malacca_strait", "sunda_strait", "lombok_makassar", "luzon_strait", "bashi_channel"} <= used
    assert {"taiwan_strait", "san_bernardino_strait", "surigao_strait", "balabac_strait"} <= used
    assert "sibutu_passage" in used


def test_cross_routes_add_up_to_the_stated_number(scenario):
    crossing = sum(
        2 * route.per_day
        for traffic in merchants(scenario).values()
        for route in traffic.routes.values()
        if "singapore" not in route.stops
    )
    assert crossing == pytest.approx(164.3)


def test_militia_are_in_the_published_proportions(scenario):
    stock = dict(scenario.spec.world.traffic["militia"].stock)
    assert sum(stock.values()) == 241
    assert len(stock) == 10
    assert 0.45 < (stock["mischief_reef"] + stock["whitsun_reef"]) / 241 < 0.5
    assert stock["thitu_island"] == 18


def test_sensors_are_as_many_as_stated_and_each_feeds_its_own_nation(scenario):
    sensors, sharing = scenario.spec.sensors, scenario.spec.sharing
    count = {
        (operator, category): sum(
            sensor.operator == operator and sensor.category == category for sensor in sensors.values()
        )
        for operator in ("PHL", "JPN", "USA", "XCA")
        for category in ("radar", "ais")
    }
    assert count[("PHL", "radar")] == 26
    assert count[("JPN", "radar")] == 4
    assert count[("PHL", "ais")] == 10
    assert count[("JPN", "ais")] == 4
    assert count[("XCA", "ais")] == 8
    assert sum(count.values()) == len(sensors) == 52
    assert count[("USA", "radar")] == count[("USA", "ais")] == count[("XCA", "radar")] == 0
    assert set(sharing.feeds) == set(sensors)
    for sensor_id, feed in sharing.feeds.items():
        assert sharing.nodes[feed.node].nation == sensors[sensor_id].operator


def test_every_sourced_entry_has_a_source(scenario):
    spec = scenario.spec
    sharing = scenario.arrangements["direct_manual"]
    entries = {
        **spec.sensors,
        **spec.world.traffic,
        **{
            f"{part}.{key}": entry
            for part in ("nodes", "labels", "feeds", "agreements", "desks", "links")
            for key, entry in getattr(sharing, part).items()
        },
    }
    assert [key for key, entry in entries.items() if not entry.source] == []


def test_sensors_at_notional_sites_say_so(tree):
    for sensor_id, sensor in tree["sensors"].items():
        if catalogue.site(sensor["site"]).notional:
            assert sensor["confidence"] == "assumption", sensor_id


def test_every_review_desk_can_work_off_its_cases(scenario):
    week_s = 7 * 86_400
    for sharing in scenario.arrangements.values():
        for desk_id, desk in sharing.desks.items():
            served = [link for link in sharing.links.values() if link.desk == desk_id]
            outgoing = [link for link in served if "USA" not in sharing.nodes[link.sender].nation]
            # radar only: AIS contacts do not pass the coast guards' filter
            cases = sum(week_s / link.case_window_s for link in outgoing)
            on_watch = desk_id.endswith("_watch")
            hours = desk.calendar
            open_s = week_s if on_watch else len(hours.weekdays) * (hours.close_s - hours.open_s)
            load = cases * desk.touch.mean_s / (desk.servers * open_s)
            assert load == pytest.approx((0.131 if on_watch else 0.488) if outgoing else 0.0, abs=0.001)


def refused_on(sharing, link_id, label, originator, moment):
    """The gates that refuse a radar report with this label on a link, asked by its originator."""
    link = sharing.links[link_id]
    recipient = sharing.nodes[link.recipient]
    question = Question(
        label=label,
        category="radar",
        originator=originator,
        sender=sharing.nodes[link.sender].nation,
        recipient=recipient.nation,
        moment=moment,
    )
    return judge(question, sharing.agreements, link.accreditation, recipient, sharing.consents)


@pytest.mark.parametrize("configuration", ["today", "direct_manual"])
def test_the_label_decides_whether_the_coast_guards_line_opens(scenario, configuration):
    sharing, start = scenario.arrangements[configuration], scenario.spec.start
    label = sharing.labels["phl_radar"]
    refused = refused_on(sharing, "phl_jcg", label, "PHL", start).gates
    assert refused & Gate.ACCREDITATION
    assert bool(refused & Gate.CEILING) == (configuration == "today")
    unclassified = label.model_copy(update={"classification": "UNCLASSIFIED"})
    ruling = refused_on(sharing, "phl_jcg", unclassified, "PHL", start)
    assert (ruling.gates, ruling.agreement) == (0, "jcg_pcg_memorandum")
    assert refused_on(sharing, "jcg_mod", unclassified, "PHL", start).gates == 0
    assert refused_on(sharing, "jcg_mod", label, "PHL", start).gates == Gate.ACCREDITATION
    japanese = sharing.labels["jpn_radar"]
    assert refused_on(sharing, "mod_jcg", japanese, "JPN", start).gates == Gate.ACCREDITATION


def test_the_coast_guards_send_only_what_does_not_broadcast(scenario):
    links = scenario.spec.sharing.links
    assert {link_id for link_id, link in links.items() if link.filter is not None} == {"phl_jcg", "jcg_phl"}
    for link_id in ("phl_jcg", "jcg_phl"):
        assert links[link_id].filter.broadcasting is False
        assert links[link_id].willingness == 0.8


def test_today_has_no_way_for_classified_reports_between_japan_and_the_philippines(scenario):
    def is_direct(parties):
        return {"JPN", "PHL"} <= set(parties)

    today, direct = scenario.arrangements["today"], scenario.arrangements["direct_manual"]
    ways = {
        name: {
            link_id
            for link_id, link in sharing.links.items()
            if is_direct([sharing.nodes[link.sender].nation, sharing.nodes[link.recipient].nation])
        }
        for name, sharing in scenario.arrangements.items()
    }
    coast_guards = {"phl_jcg", "jcg_phl"}
    assert ways == {"today": coast_guards, "direct_manual": {"jpn_phl", "phl_jpn", *coast_guards}}
    between = [key for key, agreement in today.agreements.items() if is_direct(agreement.parties)]
    assert between == ["jcg_pcg_memorandum"]
    assert today.agreements["jcg_pcg_memorandum"].ceiling == "UNCLASSIFIED"
    for link_id in (*coast_guards, "jcg_mod", "mod_jcg"):
        assert today.links[link_id].accreditation == "UNCLASSIFIED"
    assert today.nodes["jpn_jcg"].highest_level == "UNCLASSIFIED"
    assert direct.agreements["jpn_phl_gsomia"].in_force_from < scenario.spec.start
    assert direct.agreements["jpn_phl_gsomia"].name.startswith("Hypothetical")


def test_dates_of_the_agreements_are_those_of_the_catalogue(scenario):
    for agreement_id in ("jcg_pcg_memorandum", "jpn_usa_gsomia", "phl_usa_gsomia"):
        signed = scenario.spec.sharing.agreements[agreement_id].signed
        assert f"{signed:%Y-%m-%d}" == catalogue.agreement_rules(agreement_id)[0].signed


def test_zones_hold_what_their_names_say(scenario):
    def zones_at(feature_id):
        feature = catalogue.feature(feature_id)
        zones = scenario.spec.metrics.zones
        return {key for key, zone in zones.items() if contains(zone.region, feature.lat_deg, feature.lon_deg)}

    assert zones_at("scarborough_shoal") == {"scarborough"}
    assert zones_at("second_thomas_shoal") == {"second_thomas", "spratly_north_east"}
    assert zones_at("mischief_reef") == {"spratly_north_east"}
    assert zones_at("thitu_island") == zones_at("subi_reef") == {"thitu_subi", "spratly_north_east"}
    assert zones_at("whitsun_reef") == zones_at("iroquois_reef") == {"spratly_north_east"}
    assert zones_at("luzon_strait") == zones_at("bashi_channel") == {"luzon_strait"}
    balut = catalogue.site("cws_balut")
    assert contains(scenario.spec.metrics.zones["mindanao_south"].region, balut.lat_deg, balut.lon_deg)
    assert contains(scenario.spec.metrics.zones["palawan_west"].region, 9.3, 117.4)


def test_primary_endpoints_are_custody_and_awareness_of_the_silent_in_every_zone(scenario):
    primary = scenario.spec.metrics.primary
    metrics = [f"custody_fraction_{age}h" for age in (1, 6, 24, 72)] + ["awareness_fraction_24h"]
    zones = [None, *dict.fromkeys(point.zone for point in primary if point.zone)]
    assert {point.group for point in primary} == {"not_broadcasting_foreign"}
    assert set(zones) == {None, *scenario.spec.metrics.zones}
    wanted = [(zone, name) for zone in zones for name in metrics]
    assert [(point.zone, point.metric) for point in primary] == wanted
