"""A scenario's own coast, ports, owners of features and corridors: filled in, checked, reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mda_sim.core.errors import ScenarioError
from mda_sim.data.coast import regenerate
from mda_sim.geo.regions import NearestNation
from mda_sim.scenario import Scenario, load_scenario, load_scenario_text

Write = Callable[..., Path]
PORT = "    own_port: {name: Own port, nation: PHL, lat_deg: 14.9, lon_deg: 119.5}\n"
ZONE = "    near: {name: Near, region: {kind: nearest_nation, nations: [PHL]}}\n"


def with_world(small: str, lines: str) -> str:
    return small.replace("  probes:", lines + "  probes:")


def with_zone(small: str, line: str) -> str:
    return small.replace("    shoal: {name", line + "    shoal: {name")


def problems(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario_text(text)
    return [f"{problem.key}: {problem.message}" for problem in caught.value.problems]


def island(west: float, south: float, east: float, north: float, name: str, nation: str) -> dict:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    properties = {"name": name, "nation": nation}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def own_coast(write: Write) -> Path:
    """A coast of one islet far south-east of Luzon, in the folder of the scenario."""
    features = [island(121.5, 12.5, 121.6, 12.6, "Islet", "ZZZ")]
    source = {"type": "FeatureCollection", "features": features}
    path = write("", "data/own.npz")
    path.write_bytes(regenerate.coast_file(json.loads(json.dumps(source)), (115, 10, 125, 25)))
    return path


def test_the_world_and_its_zones_have_the_coast_that_the_scenario_names(
    small: str, write: Write, own_coast: Path
) -> None:
    text = with_world(small, "  coast: {file: data/own.npz}\n")
    text = with_zone(text, "    near: {name: Near, region: {kind: nearest_nation, nations: [ZZZ]}}\n")
    scenario = load_scenario(write(text))
    assert list(scenario.spec.world.land().countries) == ["Islet"]
    zone = scenario.spec.metrics.zones["near"].region
    assert isinstance(zone, NearestNation)
    assert zone.coast == scenario.spec.world.coast.file
    again = load_scenario_text(scenario.to_yaml())
    assert again.digest() == scenario.digest()
    own_coast.write_bytes(own_coast.read_bytes() + b" ")
    assert load_scenario(write(text)).digest() != scenario.digest()


def test_a_file_that_is_no_coast_is_a_problem_at_its_key(small: str, write: Write) -> None:
    write("not a coast", "data/own.npz")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(with_world(small, "  coast: {file: data/own.npz}\n")))
    (problem,) = caught.value.problems
    assert (problem.key, problem.line > 0) == ("world.coast.file", True)
    assert "'own.npz' is no coast file" in problem.message


def test_a_zone_nearest_to_a_nation_that_has_no_coast_is_a_problem_at_its_region(small: str) -> None:
    (found,) = problems(with_zone(small, ZONE.replace("PHL", "CHE")))
    assert found.startswith("metrics.zones.near.region: the coast file")
    assert "no coast of CHE" in found


def test_a_filter_nearest_to_a_nation_that_has_no_coast_is_a_problem_at_its_area(small: str) -> None:
    area = "delay_s: 0.3, filter: {area: {kind: nearest_nation, nations: [CHE]}}}"
    (found,) = problems(small.replace("delay_s: 0.3}", area))
    assert found.startswith("configurations.direct.links.phl_jpn.filter.area: the coast file")


def test_the_owners_of_features_are_those_of_the_scenario_unless_a_region_has_its_own(small: str) -> None:
    text = with_world(small, "  feature_owners: {scarborough_shoal: PHL}\n")
    own = ZONE.replace("near:", "own:").replace("[PHL]}", "[PHL], owners: {}}")
    zones = load_scenario_text(with_zone(text, ZONE + own)).spec.metrics.zones
    assert dict(zones["near"].region.owners) == {"scarborough_shoal": "PHL"}
    assert dict(zones["own"].region.owners) == {}
    assert dict(load_scenario_text(with_zone(small, ZONE)).spec.metrics.zones["near"].region.owners) == {}


def test_an_unknown_feature_in_the_table_of_owners_is_reported_with_the_nearest(small: str) -> None:
    found = problems(with_world(small, "  feature_owners: {scarboro_shoal: PHL}\n"))
    assert any("world.feature_owners" in one and "did you mean 'scarborough_shoal'" in one for one in found)


def route_of(scenario: Scenario, traffic: str = "general") -> str:
    return scenario.spec.world.traffic[traffic].routes["north"].origin


def test_a_route_may_begin_at_a_port_of_the_scenario(small: str) -> None:
    text = with_world(small, "  ports:\n" + PORT).replace("origin: manila", "origin: own_port")
    scenario = load_scenario_text(text)
    assert route_of(scenario) == "own_port"
    port = scenario.spec.world.port("own_port")
    assert (port.nation, port.lat_deg, port.lon_deg) == ("PHL", 14.9, 119.5)
    assert scenario.spec.world.port("manila").name.startswith("Manila")


def test_a_misspelt_port_is_told_the_nearest_of_catalogue_and_scenario(small: str) -> None:
    text = with_world(small, "  ports:\n" + PORT)
    (found,) = problems(text.replace("origin: manila", "origin: own_prot"))
    assert "did you mean 'own_port'" in found


def test_a_port_may_not_have_the_id_of_one_of_the_catalogue(small: str) -> None:
    (found,) = problems(with_world(small, "  ports:\n" + PORT.replace("own_port", "manila")))
    assert found == "world.ports.manila: the catalogue has a port 'manila' already; give this one another id"


def test_a_base_at_a_port_of_the_scenario_is_its_place(small: str) -> None:
    fishing = """\
    trawler:
      kind: fishing
      grounds: {west: {vessels: 2, ground: west_luzon, base: {port: own_port}}}
      length_m: {low: 20, high: 45}
      flags: {PHL: 1.0}
      ais: {carriage: 0.5, transponder: class_b}
"""
    text = with_world(small, "  ports:\n" + PORT).replace("sensors:\n", fishing + "sensors:\n", 1)
    base = load_scenario_text(text).spec.world.traffic["trawler"].grounds["west"].base
    assert (base.port, base.lat_deg, base.lon_deg) == (None, 14.9, 119.5)


@pytest.mark.parametrize("kind", ["corridor", "near_features", "nearest_nation"])
def test_an_area_is_a_box_a_polygon_or_a_circle_and_the_message_says_so(small: str, kind: str) -> None:
    (found,) = problems(small.replace("area: {kind: box, ", f"area: {{kind: {kind}, "))
    assert "area" in found
    assert "'box', 'circle', 'polygon'" in found


def test_zones_may_be_of_any_kind_and_links_may_send_by_corridor(small: str) -> None:
    zones = (
        "    lane: {name: Lane, region: {kind: corridor, lane: palawan_mindoro, half_width_nmi: 20}}\n"
        "    rocks: {name: Rocks, region: "
        "{kind: near_features, features: [scarborough_shoal], radius_nmi: 12}}\n"
    )
    text = with_zone(small, zones + ZONE).replace(
        "delay_s: 0.3}",
        "delay_s: 0.3, filter: {area: {kind: corridor, lane: bashi, half_width_km: 50}}}",
    )
    scenario = load_scenario_text(text)
    assert scenario.spec.metrics.zones["lane"].region.half_width_m == 37_040.0
    area = scenario.arrangements["direct"].links["phl_jpn"].filter.area
    assert (area.kind, area.half_width_m) == ("corridor", 50_000.0)
    assert load_scenario_text(scenario.to_yaml()).digest() == scenario.digest()


def test_a_misspelt_lane_is_a_problem_at_its_key(small: str) -> None:
    zone = "    lane: {name: Lane, region: {kind: corridor, lane: basho, half_width_nmi: 20}}\n"
    found = problems(with_zone(small, zone))
    assert any(one.startswith("metrics.zones.lane.region.lane:") and "'bashi'" in one for one in found)


def test_an_endpoint_names_a_corridor_that_is_scored(small: str) -> None:
    corridors = "  corridors:\n    bashi: {name: Bashi, lane: bashi, bound_for: JPN}\n"
    text = small.replace("  zones:", corridors + "  zones:")
    endpoint = "    - {metric: corridor_unobserved_mean_m_6h, group: 'corridor:NAME'}\n"
    text = text.replace("output:", endpoint + "output:")
    assert (
        load_scenario_text(text.replace("NAME", "bashi")).spec.metrics.corridors["bashi"].near_m == 37_040.0
    )
    (found,) = problems(text.replace("NAME", "bashy"))
    assert "unknown group 'corridor:bashy'; did you mean 'corridor:bashi'" in found
