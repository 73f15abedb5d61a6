"""Platforms and satellites of a scenario: what types fill in, what is checked, and what is only doubtful."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mda_sim.core.errors import ScenarioError
from mda_sim.data import catalogue
from mda_sim.geo.orbits import CircularOrbit, sun_synchronous_inclination_deg
from mda_sim.scenario import Scenario, load_scenario, load_scenario_text
from mda_sim.scenario.expand import with_heights
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.satellite_checks import (
    cycle_days,
    highest_latitude_deg,
    number_of_satellites,
    revolutions_per_day,
)
from mda_sim.scenario.source import read_text
from mda_sim.scenario.tree import plain
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.swath import ground_range_m

Write = Callable[..., Path]
SENTINEL = "{kind: sar_satellite, operator: PHL, type: sar_sentinel_1}"
REGION = "{kind: box, lat_min_deg: 14, lat_max_deg: 16, lon_min_deg: 118, lon_max_deg: 119.5}"
BASE = "{site: sangley_point}"
ELEMENT_SETS = Path(__file__).parents[1] / "reference" / "element_sets.tle"
SENTINEL_1C = "".join(ELEMENT_SETS.read_text().splitlines(keepends=True)[4:6])


def with_sensor(small: str, sensor: str) -> str:
    return small.replace("sensors:\n", f"sensors:\n  eye: {sensor}\n")


def with_platform(small: str, more: str = "", *, base: str = BASE, region: str = REGION) -> str:
    platform = f"  patrol: {{type: tc_90, base: {base}, search: {{region: {region}}}{more}}}\n"
    return small.replace("sensors:\n", f"platforms:\n{platform}sensors:\n")


def problems(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario_text(text)
    return [f"{problem.key}: {problem.message}" for problem in caught.value.problems]


def warnings(scenario: Scenario) -> list[str]:
    return [f"{problem.key}: {problem.message}" for problem in scenario.warnings]


def test_a_platform_takes_what_its_type_knows_and_states_the_rest(small: str) -> None:
    scenario = load_scenario_text(with_platform(small, ", search_mps: 80, height_km: 1"))
    patrol, known = scenario.spec.platforms["patrol"], catalogue.platform_type("tc_90").parameters
    assert patrol.cruise_mps == known["cruise_mps"]
    assert patrol.limits.wind_max_mps == known["limits"]["wind_max_mps"]  # type: ignore[index]
    assert (patrol.search_mps, patrol.height_m) == (80.0, 1000.0)
    assert str(scenario.origin["platforms.patrol.cruise_mps"]) == "catalogue:tc_90"
    assert scenario.origin["platforms.patrol.height_m"].line > 0
    assert load_scenario_text(scenario.to_yaml()).digest() == scenario.digest()


@pytest.mark.parametrize("type_id", list(catalogue.platform_types()))
def test_every_type_of_platform_makes_one(type_id: str, small: str) -> None:
    base = "{port: subic}" if catalogue.platform_type(type_id).parameters["medium"] == "sea" else BASE
    text = with_platform(small, base=base).replace("type: tc_90", f"type: {type_id}")
    patrol = load_scenario_text(text).spec.platforms["patrol"]
    assert patrol.type == type_id
    assert patrol.search_mps <= patrol.cruise_mps


def test_a_platform_is_based_at_a_port_of_the_scenario(small: str) -> None:
    text = with_platform(small, base="{port: own}").replace(
        "world:\n",
        "world:\n  ports: {own: {name: Own, lat_deg: 14.9, lon_deg: 119.9}}\n",
    )
    assert load_scenario_text(text).spec.platforms["patrol"].base.place == (14.9, 119.9)


def test_what_is_aboard_has_the_height_of_the_platform_unless_it_states_one() -> None:
    text = "platforms: {patrol: {height_m: 244}}\nsensors:\n  own: {platform: patrol, antenna_height_m: 30}\n"
    text += "  its: {platform: patrol}\n  ashore: {lat_deg: 14}\n  lost: {platform: nobody}\n"
    findings = Findings()
    tree = read_text(text, "scenario.yaml", findings)
    assert tree is not None
    filled = with_heights(tree.section("sensors"), tree.section("platforms"))
    heights = {key: plain(entry.node).get("antenna_height_m") for key, entry in filled.entries.items()}
    assert heights == {"own": 30, "its": 244, "ashore": None, "lost": None}
    entry = filled.section("its").entries["antenna_height_m"]
    assert (entry.mark.line, entry.node.path) == (1, "sensors.its.antenna_height_m")


def test_names_that_nobody_has_are_found_all_at_once(small: str) -> None:
    text = with_platform(small, base="{port: manilla}").replace("type: tc_90", "type: tc_9")
    text = text.replace(
        "sensors:\n",
        "  other: {type: p_8a, base: {site: basa}, search: {region: " + REGION + "}}\nsensors:\n",
    )
    found = problems(text)
    assert any(
        "platforms.patrol.type: the catalogue has no platform type 'tc_9'; did you mean 'tc_90'?" in one
        for one in found
    )
    assert any(
        "platforms.patrol.base.port: the catalogue has no port 'manilla'; did you mean 'manila'?" in one
        for one in found
    )
    assert any("platforms.other.base.site: the catalogue has no site 'basa'" in one for one in found)


def test_a_platform_that_carries_nothing_or_searches_elsewhere_is_doubtful(small: str) -> None:
    region = "{kind: box, lat_min_deg: 17.5, lat_max_deg: 18, lon_min_deg: 118, lon_max_deg: 119}"
    said = warnings(load_scenario_text(with_platform(small, region=region)))
    assert "platforms.patrol: no sensor is aboard this platform: it sees nothing" in said
    assert any(one.startswith("platforms.patrol.search.region: it searches outside the area") for one in said)
    near = warnings(load_scenario_text(with_platform(small)))
    assert not any("searches outside" in one for one in near)


def test_an_area_out_of_reach_is_refused_with_the_numbers(small: str) -> None:
    (found,) = problems(with_platform(small, base="{site: hachinohe_air_base}"))
    numbers = re.fullmatch(
        r"platforms\.patrol\.search: its search begins ([\d,]+) km from its base, ([\d.]+) h there and back "
        r"at 116\.3 m/s, which leaves no time to search in its endurance of 4\.0 h",
        found,
    )
    assert numbers
    km, hours = float(numbers[1].replace(",", "")), float(numbers[2])
    assert hours == pytest.approx(2 * km / 116.3 / 3.6, abs=0.06)


def test_a_ship_on_land_is_refused(small: str) -> None:
    (found,) = problems(with_platform(small, ", medium: sea", base="{site: camp_aguinaldo}"))
    assert found.startswith(
        "platforms.patrol.base: a ship must be based at sea, off its harbour; latitude 14.608"
    )


@pytest.mark.parametrize(
    ("stated", "way"),
    [
        ("", "ltan_s"),
        (", ltan_h: 6", "ltan_s"),
        (", inclination_deg: 53, raan_deg: 10", "inclination_deg"),
        (", inclination_deg: null, ltan_h: 6", "ltan_s"),
    ],
)
def test_the_orbit_of_a_type_gives_way_to_one_that_is_stated(small: str, stated: str, way: str) -> None:
    scenario = load_scenario_text(with_sensor(small, SENTINEL.replace("}", stated + "}")))
    eye = scenario.spec.sensors["eye"]
    assert isinstance(eye, SarSatellite)
    assert (eye.ltan_s is not None, eye.inclination_deg is not None) == (way == "ltan_s", way != "ltan_s")
    assert eye.altitude_m == catalogue.sensor_type("sar_sentinel_1").parameters["altitude_m"]
    assert load_scenario_text(scenario.to_yaml()).digest() == scenario.digest()


def test_a_file_of_element_sets_takes_the_place_of_the_whole_orbit(small: str, write: Write) -> None:
    write(SENTINEL_1C, "eye.tle")
    text = with_sensor(small, SENTINEL.replace("}", ", elements: eye.tle}"))
    text = text.replace("start: 2026-03-02", "start: 2025-05-12")
    scenario = load_scenario(write(text))
    eye = scenario.spec.sensors["eye"]
    assert isinstance(eye, SarSatellite)
    assert (eye.altitude_m, eye.ltan_s, eye.inclination_deg) == (None, None, None)
    assert eye.duty == catalogue.sensor_type("sar_sentinel_1").parameters["duty"]
    assert number_of_satellites(eye) == 1
    assert not [one for one in warnings(scenario) if "eye" in one]
    assert load_scenario_text(scenario.to_yaml()).digest() == scenario.digest()


def test_problems_of_element_sets_have_their_lines_and_come_all_at_once(small: str, write: Write) -> None:
    one, two = SENTINEL_1C.splitlines()
    write(f"# a comment\n{one[:-1]}7\n{two[:-1]}7\n\n{one}\n", "eye.tle")
    path = write(with_sensor(small, SENTINEL.replace("}", ", elements: eye.tle}")))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    found = [(p.file, p.line, p.key) for p in caught.value.problems]
    assert found == [("eye.tle", line, "sensors.eye.elements") for line in (2, 3, 5)]
    assert str(caught.value.problems[0]).count(one[:-1]) == 1, "the line is shown"


@pytest.mark.parametrize(("year", "severity"), [(2025, ""), (2026, "warning"), (2031, "error")])
def test_the_age_of_element_sets_is_doubted_and_then_refused(
    small: str, write: Write, year: int, severity: str
) -> None:
    write(SENTINEL_1C, "eye.tle")
    text = with_sensor(small, SENTINEL.replace("}", ", elements: eye.tle}"))
    path = write(
        text.replace("start: 2026-03-02", "start: 2025-05-12" if year == 2025 else f"start: {year}-03-02")
    )
    if severity == "error":
        with pytest.raises(ScenarioError, match=r"sensors\.eye\.elements: eye\.tle: .* days from the run"):
            load_scenario(path)
        return
    said = [one for one in warnings(load_scenario(path)) if "eye.tle" in one]
    assert len(said) == (severity == "warning")


def test_satellites_that_never_see_the_area_are_doubtful(small: str) -> None:
    """At inclination i the view ends at i plus the far edge of the swath; the area begins at 13 degrees."""
    eye = SarSatellite(operator="PHL", **catalogue.sensor_type("sar_sentinel_1").parameters)
    reach_deg = math.degrees(float(ground_range_m(46.0, eye.altitude_m)) / 6371008.8)
    for short_deg, doubtful in ((0.2, True), (-0.2, False)):
        inclination = 13.0 - reach_deg - short_deg
        orbit = CircularOrbit(eye.altitude_m or 0.0, inclination, 0.0, 0.0)
        assert highest_latitude_deg(eye, orbit) == pytest.approx(13.0 - short_deg, abs=0.01)
        text = with_sensor(
            small, SENTINEL.replace("}", f", inclination_deg: {inclination:.4f}, raan_deg: 0}}")
        )
        said = warnings(load_scenario_text(text))
        assert any("it never sees the area" in one for one in said) == doubtful


def test_retrograde_orbits_reach_as_far_as_their_mirror_images() -> None:
    eye = SarSatellite(operator="PHL", **catalogue.sensor_type("sar_sentinel_1").parameters)
    one, other = (highest_latitude_deg(eye, CircularOrbit(7e5, i, 0.0, 0.0)) for i in (20.0, 160.0))
    assert one == other
    assert highest_latitude_deg(eye, CircularOrbit(7e5, 98.0, 0.0, 0.0)) == pytest.approx(90.0, abs=5)


def test_tasks_outside_the_area_and_stations_that_are_none_are_doubtful(small: str) -> None:
    far = "{kind: box, lat_min_deg: -10, lat_max_deg: -5, lon_min_deg: 118, lon_max_deg: 121}"
    near = "{kind: box, lat_min_deg: 14, lat_max_deg: 15, lon_min_deg: 118, lon_max_deg: 121}"
    tasks = f"{{far: {{area: {far}}}, near: {{area: {near}}}}}"
    more = f", tasks: {tasks}, ground_stations: [gs_svalbard, subic_bay]}}"
    said = warnings(load_scenario_text(with_sensor(small, SENTINEL.replace("}", more))))
    assert [one.split(":")[0] for one in said] == ["sensors.eye.tasks.far", "sensors.eye.ground_stations[1]"]
    assert "'subic_bay' is no ground station but of kind 'naval_base'" in said[1]


@pytest.mark.parametrize(
    ("altitude_m", "revolutions", "days"),
    [
        (692_837.0, 175, 12),  # Sentinel-1
        (786_120.0, 143, 10),  # Sentinel-2
        (628_000.0, 207, 14),  # ALOS-2 and 4
        (619_560.0, 237, 16),  # COSMO-SkyMed
        (505_360.0, 167, 11),  # TerraSAR-X
    ],
)
def test_cycles_are_those_that_are_published(altitude_m: float, revolutions: int, days: int) -> None:
    orbit = CircularOrbit(altitude_m, sun_synchronous_inclination_deg(altitude_m), 0.0, 0.0)
    assert cycle_days(orbit) == days
    assert revolutions_per_day(orbit) * days == pytest.approx(revolutions, abs=0.01)


def test_a_revolution_a_day_is_counted_as_the_orbit_goes() -> None:
    """By SGP4: the time between northward passages of the equator, over ten days."""
    import numpy as np

    from mda_sim.geo.orbits import earth_fixed

    orbit = CircularOrbit(692_837.0, sun_synchronous_inclination_deg(692_837.0), 0.0, 10.0)
    position, _ = earth_fixed(orbit, datetime(2026, 3, 2, tzinfo=UTC), np.arange(0.0, 10 * 86_400.0, 20.0))
    z = position[:, 2]
    k = np.flatnonzero((z[:-1] < 0) & (z[1:] >= 0))
    crossing_s = 20.0 * (k + z[k] / (z[k] - z[k + 1]))
    per_day = 86_400.0 * (len(k) - 1) / (crossing_s[-1] - crossing_s[0])
    assert revolutions_per_day(orbit) == pytest.approx(per_day, abs=2e-3)


def test_a_run_shorter_than_a_cycle_is_noted_and_a_longer_one_is_not(small: str) -> None:
    text = with_sensor(small, SENTINEL)
    (note,) = load_scenario_text(text).notes
    assert note.key == "duration_h"
    assert "eye (12 d)" in note.message
    assert load_scenario_text(text.replace("duration_h: 12", "duration_d: 12")).notes == ()


def test_every_site_of_a_ground_station_is_one() -> None:
    for row in catalogue.sites().values():
        assert (row.kind == "ground_station") == row.id.startswith("gs_"), row.id


def test_names_are_looked_up_where_the_rest_of_the_file_is_wrong(small: str) -> None:
    text = with_platform(small, base="{site: nowhere}").replace("duration_h: 12", "duration_h: -1")
    found = problems(text)
    assert len(found) == 2
    assert any("platforms.patrol.base.site" in one for one in found)
