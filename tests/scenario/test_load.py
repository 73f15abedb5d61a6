from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.core.time import US_PER_H
from mda_sim.data import catalogue
from mda_sim.scenario import Origin, load_scenario, load_scenario_text
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.source import read_text
from mda_sim.scenario.tree import plain
from mda_sim.scenario.writer import yaml_text

Write = Callable[..., Path]


def problems_of(load: Callable[[], object]) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load()
    return caught.value.problems


def shuffled(data: Any, rng: random.Random) -> Any:
    if isinstance(data, dict):
        items = list(data.items())
        rng.shuffle(items)
        return {key: shuffled(value, rng) for key, value in items}
    return data


def test_a_scenario_loads_in_si_units(small: str) -> None:
    scenario = load_scenario_text(small)
    assert scenario.warnings == ()
    assert scenario.name == "small"
    assert scenario.baseline == "today"
    assert scenario.seeds == (1, 2)
    assert list(scenario.arrangements) == ["direct", "today"]
    assert scenario.spec.sensors["radar_1"].max_range_m == 80_000
    assert scenario.spec.world.buffer_m == 100_000
    assert scenario.spec.metrics.custody_age_s == (3600, 21600)
    assert scenario.spec.metrics.zones["shoal"].region.radius_m == 60_000  # type: ignore[union-attr]
    assert scenario.spec.world.traffic["general"].speed_mps.low == 10 * 1852 / 3600  # type: ignore[union-attr]
    desk = scenario.arrangements["direct"].desks["phl_desk"]
    assert desk.touch.median_s == 720  # type: ignore[union-attr]
    assert desk.calendar.open_s == 8 * 3600  # type: ignore[union-attr]
    timeline = scenario.timeline
    assert (timeline.score_from_us, timeline.score_to_us) == (2 * US_PER_H, 14 * US_PER_H)
    assert timeline.end_us == 18 * US_PER_H


def test_a_configuration_overrides_sharing_and_nothing_else(small: str) -> None:
    scenario = load_scenario_text(small)
    assert scenario.arrangements["today"] == scenario.spec.sharing
    assert not scenario.spec.sharing.links
    assert list(scenario.arrangements["direct"].links) == ["phl_jpn"]
    assert scenario.arrangements["direct"].nodes == scenario.spec.sharing.nodes


def test_the_resolved_scenario_loads_to_the_same_digest(small: str) -> None:
    scenario = load_scenario_text(small)
    again = load_scenario_text(scenario.to_yaml())
    assert again.digest() == scenario.digest()
    assert again.to_yaml() == scenario.to_yaml()
    assert again.spec == scenario.spec
    assert again.arrangements == scenario.arrangements
    assert again.warnings == ()


def test_what_a_configuration_deletes_or_replaces_survives_the_round_trip(small: str) -> None:
    text = small.replace(
        "  today: {}",
        "  today:\n    feeds: {ais_1: null}\n    desks:\n      phl_desk:\n        expiry_h: null\n"
        "        touch: {kind: constant, value_min: 5}",
    )
    scenario = load_scenario_text(text)
    today = scenario.arrangements["today"]
    assert list(today.feeds) == ["radar_1"]
    assert today.desks["phl_desk"].expiry_s is None
    assert today.desks["phl_desk"].touch.mean_s == 300
    assert list(scenario.arrangements["direct"].feeds) == ["ais_1", "radar_1"]
    assert load_scenario_text(scenario.to_yaml()).digest() == scenario.digest()


def test_the_order_of_keys_does_not_change_the_digest(small: str) -> None:
    tree = read_text(small, "small.yaml", Findings())
    assert tree is not None
    texts = [yaml_text(shuffled(plain(tree), random.Random(seed))) for seed in range(3)]
    assert len(set(texts)) == 3
    assert {load_scenario_text(text).digest() for text in texts} == {load_scenario_text(small).digest()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max_range_km: 80", "max_range_m: 80000"),
        ("max_range_km: 80", "max_range_m: 8e4"),
        ("custody_age_h: [1, 6]", "custody_age_min: [60, 360.0]"),
        ("duration_h: 12", "duration_d: 0.5"),
        ("open_h: 8, close_h: 17", "open_min: 480, close_s: 61200"),
        ("delay_min: 1", "delay_s: 60"),
    ],
)
def test_the_same_quantity_in_another_unit_gives_the_same_digest(small: str, old: str, new: str) -> None:
    assert small.count(old) == 1
    assert load_scenario_text(small.replace(old, new)).digest() == load_scenario_text(small).digest()


@pytest.mark.parametrize(
    ("old", "new"),
    [("delay_s: 0.3", "delay_s: 0.4"), ("count: 2", "count: 3"), ("max_range_km: 80", "max_range_km: 81")],
)
def test_another_value_gives_another_digest(small: str, old: str, new: str) -> None:
    assert load_scenario_text(small.replace(old, new)).digest() != load_scenario_text(small).digest()


def test_values_win_in_the_order_set_configuration_file_base_catalogue(small: str, write: Write) -> None:
    write(small, "base.yaml")
    main = "extends: base.yaml\nsensors: {radar_1: {antenna_height_m: 150}}\n"
    direct = "configurations: {direct: {feeds: {radar_1: {delay_min: 5}}}}\n"
    plain = load_scenario(write(main))
    arranged = load_scenario(write(main + direct))
    settings = ["sharing.feeds.radar_1.delay_min=7", "sensors.radar_1.antenna_height_m=170"]
    settled = load_scenario(write(main + direct), sets=settings)

    catalogued = catalogue.sensor_type("coastal_x_12ft").parameters
    radar = plain.spec.sensors["radar_1"]
    assert radar.power_w == catalogued["power_w"]  # type: ignore[union-attr]
    assert radar.max_range_m == 80_000 != catalogued["max_range_m"]
    assert radar.antenna_height_m == 150
    assert settled.spec.sensors["radar_1"].antenna_height_m == 170

    def delays(scenario: object) -> tuple[float, float]:
        return tuple(scenario.arrangements[name].feeds["radar_1"].delay_s for name in ("today", "direct"))  # type: ignore

    assert delays(plain) == (60, 60)
    assert delays(arranged) == (60, 300)
    assert delays(settled) == (420, 420)


def test_every_value_has_an_origin(small: str, write: Write) -> None:
    base = write(small, "base.yaml")
    path = write("extends: base.yaml\nsensors:\n  radar_1:\n    antenna_height_m: 150\n")
    scenario = load_scenario(path, sets=["drain_h=5"])
    origin = scenario.origin
    assert origin["sensors.radar_1.antenna_height_m"] == Origin(str(path), 4, 5)
    assert origin["sensors.radar_1.max_range_m"] == Origin(str(base), 34, 5)
    assert str(origin["sensors.radar_1.power_w"]) == "catalogue:coastal_x_12ft"
    assert str(origin["sharing.nodes.phl_ncwc.lat_deg"]) == "catalogue:ncwc_manila"
    assert str(origin["drain_s"]) == "--set drain_h=5"
    assert str(origin["metrics.error_max_m"]) == "default"
    assert str(origin["configurations.direct.links.phl_jpn.delay_s"]).startswith(f"{base}:")
    assert "sensors.radar_1.max_range_km" not in origin


OF_TYPE = """        type: jpn_kor_gsomia
        categories: [ais]
        in_force_from: 2025-06-01T00:00:00Z
"""
BY_HAND = """        parties: [JPN, PHL]
        signed: 2025-01-01T00:00:00Z
        in_force_from: 2025-06-01T00:00:00Z
        ceiling: SECRET
        categories: [radar, ais]
"""


def of_type(small: str, lines: str = OF_TYPE) -> str:
    """The small scenario, whose agreement takes the terms of a type."""
    assert small.count(BY_HAND) == 1
    korea = "nations:\n  KOR: {name: Republic of Korea}\n"
    return small.replace(BY_HAND, lines).replace("nations:\n", korea)


def test_an_agreement_takes_the_terms_of_its_type_and_keeps_its_own(small: str) -> None:
    scenario = load_scenario_text(of_type(small))
    agreement = scenario.arrangements["direct"].agreements["jpn_phl"]
    kind = catalogue.agreement_type("jpn_kor_gsomia")
    assert (agreement.name, agreement.source, agreement.confidence) == (
        kind.name,
        kind.source,
        kind.confidence,
    )
    assert agreement.type == "jpn_kor_gsomia"
    assert agreement.parties == ("JPN", "KOR")
    assert agreement.notice_s == 90 * 86_400
    assert agreement.equivalence["JPN"]["HI"] == "CONFIDENTIAL"
    assert agreement.categories == ("ais",), "what the scenario states wins"
    assert agreement.in_force_from == datetime(2025, 6, 1, tzinfo=UTC)


def test_terms_of_a_type_have_it_as_their_origin(small: str) -> None:
    text = of_type(small).replace(
        "configurations:\n",
        "  agreements: {shared: {type: jpn_kor_gsomia, categories: [ais]}}\nconfigurations:\n",
    )
    origin = load_scenario_text(text, file="main.yaml").origin
    for key in ("parties", "signed", "equivalence.KOR.II GEUP BIMIL", "articles.release", "source"):
        assert str(origin[f"sharing.agreements.shared.{key}"]) == "catalogue:jpn_kor_gsomia", key
    for key in ("categories", "type"):
        assert str(origin[f"sharing.agreements.shared.{key}"]).startswith("main.yaml:"), key


def test_a_configuration_may_choose_another_type(small: str) -> None:
    """Types are looked up in what is merged, so nothing of the first type is left."""
    text = of_type(small).replace(
        "configurations:\n",
        "  agreements: {shared: {type: tisa, purposes: []}}\nconfigurations:\n"
        "  other: {agreements: {shared: {type: kor_usa_gsomia}}}\n",
    )
    text = text.replace("nations:\n", "nations:\n  USA: {name: United States}\n")
    arrangements = load_scenario_text(text).arrangements
    assert arrangements["today"].agreements["shared"].parties == ("JPN", "KOR", "USA")
    other = arrangements["other"].agreements["shared"]
    assert other.parties == ("KOR", "USA")
    assert other.signed == datetime(1987, 9, 24, tzinfo=UTC)
    assert "KOR" in other.equivalence


def test_a_scenario_with_types_is_written_out_whole(small: str) -> None:
    first = load_scenario_text(of_type(small))
    again = load_scenario_text(first.to_yaml())
    assert again.digest() == first.digest()
    assert again.arrangements == first.arrangements


def test_null_deletes_what_the_base_has(small: str, write: Write) -> None:
    write(small, "base.yaml")
    text = "extends: base.yaml\nsensors: {ais_1: null}\nsharing: {feeds: {ais_1: null}}\ndrain_min: null\n"
    scenario = load_scenario(write(text))
    assert list(scenario.spec.sensors) == ["radar_1"]
    assert scenario.spec.drain_s == 0


def test_lists_are_replaced_and_mappings_merged(small: str, write: Write) -> None:
    write(small, "base.yaml")
    text = "extends: base.yaml\nmetrics: {custody_age_d: [3]}\nseed: {count: 5}\n"
    scenario = load_scenario(write(text))
    assert scenario.spec.metrics.custody_age_s == (3 * 86400,)
    assert list(scenario.spec.metrics.zones) == ["shoal"]
    assert scenario.seeds == (1, 2, 3, 4, 5)


def test_another_kind_replaces_the_whole_mapping(small: str, write: Write) -> None:
    write(small, "base.yaml")
    area = "area: {kind: circle, lat_deg: 14.5, lon_deg: 119.5, radius_km: 100}\n"
    assert load_scenario(write("extends: base.yaml\n" + area)).spec.area.kind == "circle"


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("sensors.radar_1.max_range_km", "expected key.path=value"),
        ("=5", "expected key.path=value"),
        ("sensors..lat_deg=5", "expected key.path=value"),
        ("sensors.radar_2.lat_deg=5", "no 'radar_2' in sensors; did you mean 'radar_1'?"),
        ("sensor.radar_1.lat_deg=5", "unknown key 'sensor' in the scenario; did you mean 'sensors'?"),
        (
            "sensors.radar_1.max_rang_km=5",
            "unknown key 'max_rang_km' in sensors.radar_1; did you mean 'max_range_km'?",
        ),
        ("sensors.radar_1.max_range_km=far", "expected a number, got 'far'"),
        ("sensors.radar_1.max_range_km=-5", "expected a number > 0 km, got -5"),
        ("metrics.custody_age_h.0=5", "metrics.custody_age_h has no keys below it; it is set whole"),
        ("seed.count=[1", "cannot be read as YAML"),
        ("seed.count=&a 5", "anchors (&a) are not read"),
        (
            "configurations.direct.links.phl_jp.delay_s=1",
            "no 'phl_jp' in configurations.direct.links; did you mean",
        ),
        ("extends=other.yaml", "unknown key 'extends'"),
    ],
)
def test_a_bad_setting_says_what_is_wrong(small: str, setting: str, says: str) -> None:
    problem, *others = problems_of(lambda: load_scenario_text(small, sets=[setting]))
    assert others == []
    assert says in problem.message
    assert (problem.file, problem.line) == (f"--set {setting}", 0)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("sharing.feeds.ais_1.label=phl_radar", "phl_radar"),
        ("sharing.feeds.ais_1={node: phl_ncwc, label: phl_radar}", "phl_radar"),
    ],
)
def test_a_setting_is_a_yaml_value(small: str, setting: str, value: str) -> None:
    scenario = load_scenario_text(small, sets=[setting])
    assert {part.feeds["ais_1"].label for part in scenario.arrangements.values()} == {value}


def test_a_setting_reaches_a_field_that_no_file_names(small: str) -> None:
    assert load_scenario_text(small, sets=["output.logs=false"]).spec.output.logs is False
    assert load_scenario_text(small, sets=["metrics.error_max_km=5"]).spec.metrics.error_max_m == 5000


def test_a_setting_of_a_configuration_wins_over_one_of_sharing(small: str) -> None:
    sets = ["configurations.direct.links.phl_jpn.delay_s=9", "sharing.desks.phl_desk.servers=3"]
    scenario = load_scenario_text(small, sets=sets)
    assert scenario.arrangements["direct"].links["phl_jpn"].delay_s == 9
    assert [part.desks["phl_desk"].servers for part in scenario.arrangements.values()] == [3, 3]


def test_a_setting_of_a_configuration_may_name_what_it_inherits(small: str) -> None:
    scenario = load_scenario_text(small, sets=["configurations.direct.feeds.radar_1.delay_min=2"])
    delays = {name: part.feeds["radar_1"].delay_s for name, part in scenario.arrangements.items()}
    assert delays == {"today": 60, "direct": 120}
    assert load_scenario_text(scenario.to_yaml()).digest() == scenario.digest()


def test_a_setting_does_not_bring_back_what_a_configuration_deletes(small: str) -> None:
    text = small.replace("  today: {}", "  today: {feeds: {ais_1: null}}")
    scenario = load_scenario_text(text, sets=["sharing.feeds.ais_1.delay_s=5"])
    assert list(scenario.arrangements["today"].feeds) == ["radar_1"]
    assert scenario.arrangements["direct"].feeds["ais_1"].delay_s == 5


def test_configurations_can_be_chosen_and_the_baseline_stays(small: str) -> None:
    text = small.replace("  today: {}", "  today: {}\n  other: {}")
    chosen = load_scenario_text(text, configurations=["direct"])
    assert list(chosen.arrangements) == ["direct", "today"]
    assert list(load_scenario_text(chosen.to_yaml()).arrangements) == ["direct", "today"]
    (problem,) = problems_of(lambda: load_scenario_text(text, configurations=["dirct"]))
    assert str(problem) == "--configurations  unknown configuration 'dirct'; did you mean 'direct'?"


def test_the_number_of_seeds_can_be_chosen(small: str) -> None:
    assert load_scenario_text(small, seeds=4).seeds == (1, 2, 3, 4)
    (problem,) = problems_of(lambda: load_scenario_text(small, seeds=0))
    assert str(problem) == "--seeds 0  seed.count: expected a number >= 1, got 0"


def test_files_that_extend_each_other_in_a_cycle_are_refused(write: Write) -> None:
    write("extends: main.yaml\n", "other.yaml")
    main = write("name: x\nextends: other.yaml\n", "main.yaml")
    (problem,) = problems_of(lambda: load_scenario(main))
    assert Path(problem.file).name == "other.yaml"
    assert (problem.line, problem.column, problem.key) == (1, 1, "extends")
    assert "cycle: main.yaml -> other.yaml -> main.yaml" in problem.message


def test_a_chain_of_eight_files_is_read_and_one_of_nine_is_not(small: str, write: Write) -> None:
    for number in range(9):
        write(f"extends: file_{number - 1}.yaml\n" if number else small, f"file_{number}.yaml")
    folder = write("", "x").parent
    assert load_scenario(folder / "file_7.yaml").name == "small"
    (problem,) = problems_of(lambda: load_scenario(folder / "file_8.yaml"))
    assert "more than 8 files" in problem.message


def test_a_file_outside_the_folder_needs_permission(small: str, write: Write) -> None:
    write(small, "base.yaml")
    inside = write("extends: ../base.yaml\n", "folder/scenario.yaml")
    (problem,) = problems_of(lambda: load_scenario(inside))
    assert "'../base.yaml' lies outside the scenario's folder" in problem.message
    assert load_scenario(inside, allow_path=True).name == "small"
    link = inside.with_name("link.yaml")
    link.symlink_to(inside.parent.parent / "base.yaml")
    (problem,) = problems_of(lambda: load_scenario(write("extends: link.yaml\n", "folder/through.yaml")))
    assert "outside" in problem.message


def test_a_file_that_is_not_there_says_so(write: Write) -> None:
    missing = write("", "empty.yaml").with_name("missing.yaml")
    (problem,) = problems_of(lambda: load_scenario(missing))
    assert "no such file" in problem.message
    (problem,) = problems_of(lambda: load_scenario(write("name: a\nextends: missing.yaml\n")))
    assert (problem.line, problem.column, problem.key) == (2, 1, "extends")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('"a\\0b"', "printable characters"),
        ("loop.yaml", "cannot follow the path 'loop.yaml'"),
        ("x" * 5000, "cannot read"),
        ("[a.yaml, b.yaml]", "expected the path of one file, got a list"),
        ("''", "expected the path of one file, got ''"),
    ],
)
def test_a_path_that_leads_nowhere_is_a_problem_and_no_crash(write: Write, value: str, says: str) -> None:
    path = write(f"extends: {value}\n")
    path.with_name("loop.yaml").symlink_to("loop.yaml")
    (problem,) = problems_of(lambda: load_scenario(path))
    assert (problem.file, problem.line, problem.key) == (str(path), 1, "extends")
    assert says in problem.message


def test_a_mistake_in_a_base_file_is_placed_there(small: str, write: Write) -> None:
    base = write(small.replace("lat_deg: 14.5", "lat_deg: 145"), "base.yaml")
    (problem,) = problems_of(lambda: load_scenario(write("extends: base.yaml\n")))
    assert (problem.file, problem.line) == (str(base), 31)


def test_a_sensor_far_away_is_a_warning(small: str) -> None:
    scenario = load_scenario_text(small.replace("lat_deg: 14.5", "lat_deg: 44.5"))
    (warning,) = scenario.warnings
    assert (warning.severity, warning.key) == ("warning", "sensors.radar_1")
    assert "44.5, 120.2 stands outside the area and its traffic buffer" in warning.message


def test_an_area_beyond_the_coast_is_a_warning(small: str) -> None:
    scenario = load_scenario_text(small.replace("lon_max_deg: 121", "lon_max_deg: 151"))
    assert [warning.key for warning in scenario.warnings] == ["area"]


def test_a_long_scenario_is_read_and_checked_fast(small: str) -> None:
    radar = small[small.index("  radar_1:") : small.index("  ais_1:")]
    more = "".join(radar.replace("radar_1", f"extra_{number}") for number in range(160))
    text = small.replace("  ais_1:\n    kind", more + "  ais_1:\n    kind")
    assert text.count("\n") > 1500
    load_scenario_text(text)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        load_scenario_text(text)
        seconds.append(time.process_time() - start)
    assert min(seconds) <= 0.6


def test_importing_scenarios_loads_nothing_heavy() -> None:
    program = (
        "import sys, mda_sim.scenario\n"
        "heavy = {'numba', 'scipy', 'pyarrow', 'matplotlib', 'bokeh', 'shapely', 'simpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_consents_outages_patterns_and_groups_load_in_any_unit(small: str) -> None:
    added = """\
  hub:
    consents:
      phl_jpn_standing: {originator: PHL, recipient: JPN, kind: standing, to_utc: 2026-03-03T00:00:00Z}
      phl_jpn_asked:
        originator: PHL
        recipient: JPN
        categories: [radar]
        kind: on_request
        desk: phl_desk
        probability: 0.8
        answer: {kind: lognormal, median_h: 6, p95_h: 48}
        validity_d: 2
    links:
      phl_jpn:
        sender: phl_ncwc
        recipient: jpn_mod
        desk: phl_desk
        willingness: 0.9
        pattern: {kind: digest, period_h: 6, phase_min: 30}
        outages: [{from_utc: 2026-03-02T03:00:00Z, to_utc: 2026-03-02T04:00:00Z}]
    groups:
      pool: {nodes: [phl_ncwc, jpn_mod]}
"""
    text = small.replace("baseline: today", added + "baseline: today")
    sharing = load_scenario_text(text).arrangements["hub"]
    asked: Any = sharing.consents["phl_jpn_asked"]
    link: Any = sharing.links["phl_jpn"]
    assert (asked.answer.median_s, asked.validity_s) == (6 * 3600, 2 * 86400)
    assert (link.willingness, link.pattern.period_s, link.pattern.phase_s) == (0.9, 21600, 1800)
    assert link.outages[0].to_utc is not None
    assert sharing.groups["pool"].nodes == ("phl_ncwc", "jpn_mod")


def test_a_consent_at_an_unknown_desk_is_found_at_its_place(small: str) -> None:
    added = """\
  hub:
    consents:
      word: {originator: PHL, recipient: JPN, kind: on_request, desk: dusk}
"""
    text = small.replace("baseline: today", added + "baseline: today")
    [problem] = problems_of(lambda: load_scenario_text(text))
    assert "unknown desk 'dusk'" in problem.message
    assert text.splitlines()[problem.line - 1].strip().startswith("word: {originator: PHL")
