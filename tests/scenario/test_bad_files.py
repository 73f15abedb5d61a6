"""Each mistake gives one problem, at its line and column, that says what was found and expected."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.scenario import load_scenario_text


class Mistake(NamedTuple):
    name: str
    old: str
    new: str
    at: str
    key: str
    says: str


MORE_TRAFFIC = "off_fraction: 0.02}\n"
FISHING = (
    MORE_TRAFFIC
    + """\
    trawler:
      kind: fishing
      grounds: {bank: {vessels: 5, ground: west_luzo, base: {port: subik}}}
      length_m: {low: 25, high: 45}
      flags: {CHN: 1.0}
      ais: {carriage: 0.1, transponder: class_b}
"""
)
PATROL = (
    MORE_TRAFFIC
    + """\
    coast_guard:
      kind: patrol
      stations: {shoal: {hulls: 1, feature: scarboro_shoal}}
      length_m: {low: 60, high: 165}
      flags: {CHN: 1.0}
      ais: {carriage: 1.0, transponder: class_a}
"""
)
MILITIA = (
    MORE_TRAFFIC
    + """\
    militia:
      kind: militia
      stock: {whitsun_reef: 5}
      reliefs: {base: {port: subik}, stay_d: {low: 10, high: 20}}
      length_m: {low: 45, high: 65}
      flags: {CHN: 1.0}
      ais: {carriage: 0.1}
"""
)
SURVEY = (
    MORE_TRAFFIC
    + """\
    survey:
      kind: survey
      areas:
        box:
          region: {kind: circle, lat_deg: 15, lon_deg: 117, radius_km: 20}
          ships: 1
          spacing_km: 5
          reliefs: {base: {port: subik}, stay_d: {low: 10, high: 20}}
      length_m: {low: 60, high: 90}
      flags: {CHN: 1.0}
      ais: {carriage: 1.0}
    escort:
      kind: follower
      tasks: {box: {follows: survey/bocks}}
      length_m: {low: 60, high: 90}
      flags: {CHN: 1.0}
      ais: {carriage: 1.0}
"""
)
RENDEZVOUS = (
    MORE_TRAFFIC
    + """\
    tankers:
      kind: rendezvous
      meetings:
        spot:
          region: {kind: circle, lat_deg: 15, lon_deg: 117, radius_km: 20}
          per_day: 1
          first: {origin: {port: subic}, destination: {port: subic}}
          second: {origin: {port: subic}, destination: {port: subik}}
      speed_kn: {low: 10, high: 13}
      length_m: {low: 60, high: 90}
      flags: {CHN: 1.0}
      ais: {carriage: 1.0}
"""
)
DEEP = "output: {maps: " + "[" * 40 + "]" * 40 + "}"

MISTAKES = [
    Mistake("unknown key", "max_range_km: 80", "max_rang_km: 80", "max_rang_km",
            "sensors.radar_1.max_rang_km",
            "unknown key 'max_rang_km'; did you mean 'max_range_km'?"),
    Mistake("unknown top key", "baseline: today", "baseline: today\ncaveats: []", "caveats", "caveats",
            "unknown key 'caveats'; expected one of 'area', 'baseline'"),
    Mistake("misspelt top key", "description:", "descripton:", "descripton", "descripton",
            "did you mean 'description'?"),
    Mistake("unknown key in a list", "{metric: custody", "{metrik: x, metric: custody", "metrik",
            "metrics.primary[0].metrik", "unknown key 'metrik'; did you mean 'metric'?"),
    Mistake("missing key", "    antenna_height_m: 120\n", "", "radar_1:\n", "sensors.radar_1",
            "missing key 'antenna_height_m' (or 'antenna_height_km', 'antenna_height_nmi')"),
    Mistake("missing top key", "duration_h: 12\n", "", "format", "",
            "missing key 'duration_s' (or 'duration_min', 'duration_h', 'duration_d')"),
    Mistake("missing kind", "{kind: circle, ", "{", "region", "metrics.zones.shoal.region",
            "missing key 'kind'; expected one of 'box', 'circle', 'corridor'"),
    Mistake("duplicate key", "    lat_deg: 14.5\n", "    lat_deg: 14.5\n    lat_deg: 14.4\n", "lat_deg: 14.4",
            "sensors.radar_1.lat_deg", "duplicate key 'lat_deg', first given in line 31"),
    Mistake("duplicate id", "  ais_1:\n    kind", "  radar_1: {}\n  ais_1:\n    kind", "radar_1: {}",
            "sensors.radar_1", "duplicate key 'radar_1', first given in line 27"),
    Mistake("text for a number", "max_range_km: 80", "max_range_km: far", "max_range_km: far",
            "sensors.radar_1.max_range_km", "expected a number, got 'far'"),
    Mistake("quoted number", "max_range_km: 80", 'max_range_km: "80"', "max_range_km: ",
            "sensors.radar_1.max_range_km", "expected a number, got '80'"),
    Mistake("sexagesimal", "lat_deg: 14.5", "lat_deg: 14:30", "lat_deg: 14:30", "sensors.radar_1.lat_deg",
            "expected a number, got '14:30'"),
    Mistake("number for a text", "name: Philippines", "name: 5", "name: 5", "nations.PHL.name",
            "expected a text, got 5"),
    Mistake("NO is a word", "output: {maps: true}", "output: {maps: NO}", "maps: NO", "output.maps",
            "expected true or false, got 'NO'"),
    Mistake("fraction for a whole number", "count: 2", "count: 2.5", "count: 2.5", "seed.count",
            "expected a whole number, got 2.5"),
    Mistake("true for a number", "per_day: 4", "per_day: true", "per_day",
            "world.traffic.general.routes.north.per_day",
            "expected a number, got true"),
    Mistake("list for a mapping", "seed: {first: 1, count: 2}", "seed: [1, 2]", "seed", "seed",
            "expected a mapping, got a list"),
    Mistake("text for a kind",
            "area: {kind: box, lat_min_deg: 13, lat_max_deg: 16, lon_min_deg: 118, lon_max_deg: 121}",
            "area: here", "area", "area", "expected a mapping, got 'here'"),
    Mistake("number for a list", "custody_age_h: [1, 6]", "custody_age_h: 6", "custody_age_h",
            "metrics.custody_age_h", "expected a list, got 6"),
    Mistake("text in a list", "custody_age_h: [1, 6]", "custody_age_h: [1, six]", "six",
            "metrics.custody_age_h[1]", "expected a number, got 'six'"),
    Mistake("forgotten value", "antenna_height_m: 120", "antenna_height_m:", "antenna_height_m:\n    max",
            "sensors.radar_1.antenna_height_m", "expected a number, got nothing (null)"),
    Mistake("negative", "max_range_km: 80", "max_range_km: -80", "max_range_km",
            "sensors.radar_1.max_range_km",
            "expected a number > 0 km, got -80"),
    Mistake("above a bound, in its unit", "    confidence: low", "    interval_min: 90", "interval_min",
            "sensors.radar_1.interval_min", "expected a number <= 60 min, got 90"),
    Mistake("unknown type", "type: coastal_x_12ft", "type: coastal_x_12f", "type: coastal_x_12f",
            "sensors.radar_1.type",
            "the catalogue has no sensor type 'coastal_x_12f'; did you mean 'coastal_x_12ft'?"),
    Mistake("latitude", "lat_deg: 14.5", "lat_deg: 145", "lat_deg: 145", "sensors.radar_1.lat_deg",
            "expected a number <= 90, got 145"),
    Mistake("no seeds", "count: 2", "count: 0", "count: 0", "seed.count", "expected a number >= 1, got 0"),
    Mistake("not a number", "max_range_km: 80", "max_range_km: .nan", "max_range_km",
            "sensors.radar_1.max_range_km",
            "expected a finite number, got .nan"),
    Mistake("infinite", "drain_h: 4", "drain_h: .inf", "drain_h", "drain_h",
            "expected a finite number, got .inf"),
    Mistake("too large for a float", "drain_h: 4", "drain_h: 1e999", "drain_h", "drain_h",
            "the number 1e999 is too large"),
    Mistake("too large in SI", "drain_h: 4", "drain_h: 1e308", "drain_h", "drain_h",
            "the number 1e308 is too large"),
    Mistake("unknown kind", "kind: coastal_radar", "kind: coastal_rader", "kind: coastal_rader",
            "sensors.radar_1",
            "unknown kind 'coastal_rader'; expected one of 'air_surveillance_radar', 'ais_receiver', "
            "'ais_satellite', 'coastal_radar', 'mobile_ais', 'mobile_radar', 'night_light_satellite', "
            "'optical_satellite', 'rf_satellite', 'sar_satellite'; did you mean 'coastal_radar'?"),
    Mistake("unknown word", "classification: RESTRICTED", "classification: RESTRICTD",
            "classification: RESTRICTD",
            "sharing.labels.phl_radar.classification", "did you mean 'RESTRICTED'?"),
    Mistake("two spellings", "max_range_km: 80", "max_range_km: 80\n    max_range_nmi: 43", "max_range_nmi",
            "sensors.radar_1.max_range_nmi",
            "two spellings of one quantity: 'max_range_nmi' here and 'max_range_km' in line 34; keep one"),
    Mistake("wrong unit", "max_range_km: 80", "max_range_h: 80", "max_range_h", "sensors.radar_1.max_range_h",
            "unknown key 'max_range_h': wrong unit; expected one of 'max_range_km', 'max_range_m', "
            "'max_range_nmi'"),
    Mistake("unit inside a unit", "speed_kn: {low: 10, high: 14}",
            "speed_kn: {low_kn: 10, low: 9, high: 14}", "low_kn",
            "world.traffic.general.speed_kn.low_kn", "a unit inside a unit: 'low_kn' inside 'speed_kn'"),
    Mistake("bad date", "start: 2026-03-02T00:00:00Z", "start: 2026-13-02", "start", "start",
            "expected a date and time with zone"),
    Mistake("date without zone", "start: 2026-03-02T00:00:00Z", "start: 2026-03-02T00:00:00", "start",
            "start",
            "needs a zone"),
    Mistake("bad id", "  labels:\n", "  labels:\n    Navy-1: {}\n", "Navy-1", "sharing.labels.Navy-1",
            "expected an id (a lower-case letter"),
    Mistake("bad nation", "  JPN: {name: Japan, kind: nation, picture_node: jpn_mod}",
            "  JPN: {name: Japan, kind: nation, picture_node: jpn_mod}\n  Jp: {name: x}", "Jp:", "nations.Jp",
            "expected three capital letters, such as PHL, got 'Jp'"),
    Mistake("bad name", "name: small", "name: ../small", "name: ../small", "name", "expected an id"),
    Mistake("edges out of order", "lat_max_deg: 16", "lat_max_deg: 12", "area", "area",
            "lat_min_deg must be less than lat_max_deg, got 13 and 12"),
    Mistake("unknown operator", "kind: ais_receiver\n    operator: PHL",
            "kind: ais_receiver\n    operator: PHI",
            "operator: PHI", "sensors.ais_1.operator", "unknown nation 'PHI'; did you mean 'PHL'?"),
    Mistake("unknown baseline", "baseline: today", "baseline: todai", "baseline", "baseline",
            "unknown configuration 'todai'; did you mean 'today'?"),
    Mistake("unknown zone", "zone: shoal", "zone: shoals", "zone: shoals", "metrics.primary[0].zone",
            "unknown zone 'shoals'; did you mean 'shoal'?"),
    Mistake("unknown class", "class:general", "class:generals", 'group: "class', "metrics.primary[0].group",
            "unknown group 'class:generals'; did you mean 'class:general'?"),
    Mistake("unknown port", "origin: manila", "origin: manilla", "origin",
            "world.traffic.general.routes.north.origin",
            "the catalogue has no port 'manilla'; did you mean 'manila'?"),
    Mistake("unknown ground", MORE_TRAFFIC, FISHING.replace("subik", "subic"), "ground: west_luzo",
            "world.traffic.trawler.grounds.bank.ground",
            "the catalogue has no fishing ground 'west_luzo'; did you mean 'west_luzon'?"),
    Mistake("unknown base", MORE_TRAFFIC, FISHING.replace("west_luzo,", "west_luzon,"), "port: subik",
            "world.traffic.trawler.grounds.bank.base.port",
            "the catalogue has no port 'subik'; did you mean 'subic'?"),
    Mistake("unknown station", MORE_TRAFFIC, PATROL, "feature: scarboro_shoal",
            "world.traffic.coast_guard.stations.shoal.feature",
            "the catalogue has no feature 'scarboro_shoal'; did you mean 'scarborough_shoal'?"),
    Mistake("unknown base of reliefs", MORE_TRAFFIC, MILITIA, "port: subik",
            "world.traffic.militia.reliefs.base.port",
            "the catalogue has no port 'subik'; did you mean 'subic'?"),
    Mistake("unknown base of a survey", MORE_TRAFFIC, SURVEY.replace("bocks", "box"), "port: subik",
            "world.traffic.survey.areas.box.reliefs.base.port",
            "the catalogue has no port 'subik'; did you mean 'subic'?"),
    Mistake("unknown stream", MORE_TRAFFIC, SURVEY.replace("subik", "subic"), "follows",
            "world.traffic.escort.tasks.box.follows",
            "no class of traffic has the stream 'survey/bocks'; did you mean 'survey/box'?"),
    Mistake("following those who follow", MORE_TRAFFIC,
            SURVEY.replace("subik", "subic").replace("survey/bocks", "escort/box"), "follows",
            "world.traffic.escort.tasks.box.follows", "no class of traffic has the stream 'escort/box'"),
    Mistake("unknown destination of a meeting", MORE_TRAFFIC, RENDEZVOUS, "port: subik",
            "world.traffic.tankers.meetings.spot.second.destination.port",
            "the catalogue has no port 'subik'; did you mean 'subic'?"),
    Mistake("unknown site", "site: ncwc_manila", "site: ncwc_manil", "site: ncwc_manil",
            "sharing.nodes.phl_ncwc.site",
            "the catalogue has no site 'ncwc_manil'; did you mean 'ncwc_manila'?"),
    Mistake("type of another kind", "type: ais_shore_station", "type: coastal_x_12ft",
            "type: coastal_x_12ft\n    lat_deg: 14.6",
            "sensors.ais_1.type", "the type 'coastal_x_12ft' is one of kind 'coastal_radar'"),
    Mistake("unknown type of agreement", "        parties: [JPN, PHL]\n", "        type: jpn_kor_gsomai\n",
            "type: jpn_kor_gsomai", "configurations.direct.agreements.jpn_phl.type",
            "the catalogue has no agreement type 'jpn_kor_gsomai'; did you mean 'jpn_kor_gsomia'"),
    Mistake("feed of an unknown sensor", "    ais_1: {node", "    ais_2: {node", "ais_2",
            "sharing.feeds.ais_2",
            "unknown sensor 'ais_2'"),
    Mistake("link to an unknown node", "recipient: jpn_mod", "recipient: jpn_mdo", "recipient",
            "configurations.direct.links.phl_jpn.recipient", "unknown node 'jpn_mdo'"),
    Mistake("desk of no one", "desk: phl_desk", "desk: phl_desks", "desk: phl_desks",
            "configurations.direct.links.phl_jpn.desk", "unknown desk 'phl_desks'"),
    Mistake("configuration overrides the world", "  direct:\n", "  direct:\n    world: {}\n", "world: {}",
            "configurations.direct.world",
            "a configuration overrides the sharing part only: unknown key 'world'"),
    Mistake("configuration says sharing", "  direct:\n", "  direct:\n    sharing: {}\n", "sharing: {}",
            "configurations.direct.sharing", "write the keys of 'sharing' directly under its name"),
    Mistake("empty configuration", "  today: {}", "  today:", "today:", "configurations.today",
            "expected a mapping of what it overrides ({} for nothing), got nothing (null)"),
    Mistake("bad configuration id", "  today: {}", "  today: {}\n  To-day: {}", "To-day",
            "configurations.To-day",
            "expected an id, got 'To-day'"),
    Mistake("wrong type in a configuration", "delay_s: 0.3", "delay_s: soon", "delay_s: soon",
            "configurations.direct.links.phl_jpn.delay_s", "expected a number, got 'soon'"),
    Mistake("anchor", "seed: {first", "seed: &seed {first", "seed", "seed", "anchors (&seed) are not read"),
    Mistake("alias", "seed: {first: 1, count: 2}", "seed: *seed", "seed", "seed",
            "aliases (*seed) are not read"),
    Mistake("tag", "name: Japan", "name: !!python/name:os.system Japan", "name: !!", "nations.JPN.name",
            "tags ('tag:yaml.org,2002:python/name:os.system') are not read"),
    Mistake("nested too deep", "output: {maps: true}", DEEP, "[" * 10 + "]", "", "nested more than 32 deep"),
    Mistake("key that is a list", "output: {maps: true}", "output: {[maps]: true}", "[maps]", "output",
            "a key must be a word"),
    Mistake("broken YAML", "output: {maps: true}", "output: {maps: true", "", "", "cannot be read as YAML"),
    Mistake("tab", "  ais_1:\n    kind", "\tais_1:\n    kind", "\tais_1", "", "indent with spaces, not tabs"),
    Mistake("second document", "output: {maps: true}", "output: {maps: true}\n---\nformat: 1", "---", "",
            "a second document starts here"),
    Mistake("newer format", "format: 1", "format: 2", "format", "format", "format 2 is newer than"),
    Mistake("older format", "format: 1", "format: 0", "format", "format", "expected 1, got 0"),
]  # fmt: skip


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario_text(text, file="bad.yaml")
    assert caught.value.exit_code == 2
    return caught.value.problems


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_one_problem_at_its_place(mistake: Mistake, small: str) -> None:
    assert small.count(mistake.old) == 1
    text = small.replace(mistake.old, mistake.new)
    problem, *others = problems_of(text)
    assert others == []
    assert mistake.says in problem.message
    assert problem.key == mistake.key
    if mistake.at:
        before = text[: text.index(mistake.at)]
        assert (problem.line, problem.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
        assert problem.excerpt == text.splitlines()[problem.line - 1]


def test_all_problems_come_at_once_and_in_file_order(small: str) -> None:
    text = small
    wrong = {
        "duration_h: 12": "duration_h: .nan",
        "lon_max_deg: 121": "lon_max_dge: 121",
        "origin: manila": "origin: manilla",
        "flags: {PAN: 0.6, NOR: 0.4}": "flags: {PAN: 0.6, NOR: 0.5}",
        "    antenna_height_m: 60": "    antenna_height_m: -60\n    antenna_height_m: 60",
        "label: phl_radar,": "label: phl_radars,",
        "class_a,": "!tag class_a,",
        "delay_s: 0.3": "delay_s: later",
        "zone: shoal": "zone: shole",
    }
    for old, new in wrong.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    problems = problems_of(text)
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    assert {problem.key for problem in problems} == {
        "duration_h",
        "area",  # lacks lon_max_deg
        "area.lon_max_dge",
        "world.traffic.general",  # shares of flags
        "world.traffic.general.routes.north.origin",
        "world.traffic.general.ais.transponder",
        "sensors.ais_1.antenna_height_m",
        "configurations.direct.links.phl_jpn.delay_s",
        "metrics.primary[0].zone",
        "sharing.feeds.radar_1.label",
    }
    assert len(problems) == 11  # the height is there twice, and negative the first time


def test_the_message_shows_the_line_and_a_caret(small: str) -> None:
    (problem,) = problems_of(small.replace("max_range_km", "max_rang_km"))
    assert str(problem) == (
        "bad.yaml:34:5  sensors.radar_1.max_rang_km: unknown key 'max_rang_km'; did you mean "
        "'max_range_km'?\n"
        "    34 |     max_rang_km: 80\n"
        "       |     ^"
    )


def test_a_scenario_needs_configurations(small: str) -> None:
    head, tail = small.split("configurations:")
    _, rest = tail.split("baseline:")
    (problem,) = problems_of(f"{head}baseline:{rest}")
    assert (problem.line, problem.column) == (1, 1)
    assert "missing key 'configurations'" in problem.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("- a\n- b\n", "expected a mapping of keys at the top of the file, got a list"),
        ("%YAML 1.1\n---\nformat: 1\n", "directives other than %YAML 1.2 are not read"),
        ("a: \x01\n", "a character that YAML does not allow"),
    ],
)
def test_a_file_that_is_no_mapping_says_so(text: str, says: str) -> None:
    assert says in problems_of(text)[0].message


def test_a_problem_of_one_configuration_names_it(small: str) -> None:
    text = small.replace("  direct:\n", "  direct:\n    labels: {ais: null}\n")
    (problem,) = problems_of(text)
    assert problem.key == "sharing.feeds.ais_1.label"
    assert problem.message.startswith("unknown label 'ais'")
    assert problem.message.endswith("(in 'direct')")


@pytest.mark.parametrize(
    ("one", "other", "key"), [("radar_1", "ais_1", "sensors"), ("north", "south", "sharing")]
)
def test_ids_that_share_a_draw_address_are_refused(
    small: str, monkeypatch: pytest.MonkeyPatch, one: str, other: str, key: str
) -> None:
    link = "{sender: phl_ncwc, recipient: jpn_mod}"
    text = small.replace("    links:\n", f"    links:\n      north: {link}\n      south: {link}\n")
    alike = {one: 7, other: 7}
    monkeypatch.setattr("mda_sim.core.rng.address", lambda name: alike.get(name, hash(name)))
    (problem,) = problems_of(text)
    assert problem.key == key
    assert f"'{one}' and '{other}' share a random-draw address; rename one of them" in problem.message


def test_a_text_cannot_extend_a_file() -> None:
    (problem,) = problems_of("extends: base.yaml\nname: x\n")
    assert (problem.line, problem.key) == (1, "extends")
