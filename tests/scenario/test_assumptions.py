"""Named assumptions: found, set and checked with the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mda_sim.core.errors import ScenarioError
from mda_sim.scenario import Scenario, load_scenario, load_scenario_text
from mda_sim.scenario.assumptions import assumptions_of, find_keys, resolved_tree

TINY = Path(__file__).parents[1] / "study" / "tiny.yaml"


def text(*lines: str) -> str:
    """The tiny scenario with assumptions in place of its section metrics."""
    head, _, _ = TINY.read_text().partition("metrics:")
    return head + "\n".join(["metrics:", "  assumptions:", *(f"    {line}" for line in lines)]) + "\n"


def load(*lines: str, **options: object) -> Scenario:
    return load_scenario_text(text(*lines), **options)  # type: ignore[arg-type]


def entry(name: str, rest: str) -> str:
    return f"{name}: {{name: N, source: S, {rest}}}"


def test_a_key_is_set_in_the_unit_in_which_it_is_written() -> None:
    key = "configurations.direct.desks.phl_release.elapsed.value_min"
    (found,) = assumptions_of(load(entry("a", f"key: {key}, low: 5, high: 90"))).values()
    assert found.ends() == {"low": 5, "high": 90}
    assert found.settings(5) == ("configurations.direct.desks.phl_release.elapsed.value_s=300",)
    assert (found.words(90), found.stated_words()) == ("90 min", "30 min")
    assert found.is_stated(30)
    assert not found.is_stated(29)


def test_settings_are_what_set_takes() -> None:
    scenario = load(
        entry("delay", "key: configurations.direct.desks.phl_release.elapsed.value_h, low: 0.1, high: 2"),
        entry("height", "key: sensors.*_l*.antenna_height_m, factors: true, low: 0.5, high: 2"),
        entry("label", "key: sharing.labels.phl_radar.classification, values: [SECRET, RESTRICTED]"),
        entry("servers", "key: configurations.*.desks.*.servers, low: 1, high: 4"),
    )
    found = assumptions_of(scenario)
    sets = [text for one in found.values() for text in one.settings(one.spec.at(1.0))]
    moved = load_scenario(TINY, sets=sets)
    desk = moved.arrangements["direct"].desks["phl_release"]
    assert desk.elapsed.value_s == 7200  # type: ignore[union-attr]
    assert desk.servers == 4
    heights = {name: sensor.antenna_height_m for name, sensor in moved.spec.sensors.items()}  # type: ignore[union-attr]
    assert heights == {"ais_luzon": 600, "radar_luzon": 600, "radar_shoal": 120}
    assert moved.spec.sharing.labels["phl_radar"].classification == "RESTRICTED"
    assert found["label"].stated_words() == "RESTRICTED"


def test_whole_numbers_stay_whole_between_the_ends() -> None:
    (found,) = assumptions_of(
        load(entry("a", "key: configurations.*.desks.*.servers, low: 1, high: 6"))
    ).values()
    places = [found.settings(found.between(position))[0].partition("=")[2] for position in (0, 0.3, 0.5, 1)]
    assert places == ["1", "2", "4", "6"]


def test_a_factor_below_sharing_also_multiplies_what_a_configuration_states_itself() -> None:
    lines = text(entry("a", "key: sharing.feeds.radar_luzon.delay_min, factors: true, low: 1, high: 3"))
    lines = lines.replace("  direct:\n", "  direct:\n    feeds: {radar_luzon: {delay_min: 10}}\n", 1)
    (found,) = assumptions_of(load_scenario_text(lines)).values()
    assert found.settings(3.0) == (
        "sharing.feeds.radar_luzon.delay_s=180.0",
        "configurations.direct.feeds.radar_luzon.delay_s=1800.0",
    )
    moved = load_scenario_text(lines, sets=found.settings(3.0))
    delays = {name: one.feeds["radar_luzon"].delay_s for name, one in moved.arrangements.items()}
    assert delays == {"today": 180, "direct": 1800}


def test_a_star_finds_own_and_inherited_values_of_every_configuration() -> None:
    tree = resolved_tree(load_scenario(TINY))
    found = {key.path for key in find_keys("configurations.*.feeds.*_luzon.delay_min", tree)}
    ids = ("ais_luzon", "radar_luzon")
    assert found == {
        f"configurations.{name}.feeds.{id_}.delay_s" for name in ("direct", "today") for id_ in ids
    }


def test_assumptions_change_no_digest_and_survive_the_resolved_file() -> None:
    with_ = load(entry("a", "key: [sharing.labels.*.classification], values: [SECRET, RESTRICTED]"))
    without = load_scenario_text(text().replace("metrics:\n  assumptions:\n", ""))
    assert with_.digest() == without.digest()
    again = load_scenario_text(with_.to_yaml())
    assert again.digest() == with_.digest()
    assert again.spec.metrics.assumptions == with_.spec.metrics.assumptions


def test_what_configurations_that_are_left_out_had_is_left_out() -> None:
    own = entry("own", "key: configurations.direct.desks.phl_release.servers, low: 1, high: 2")
    both = entry("both", "key: [configurations.direct.links.*.delay_s, metrics.age_cap_s], low: 1, high: 2")
    assert list(load(own, both).spec.metrics.assumptions) == ["both", "own"]
    part = load(own, both, configurations=["today"])
    assert {name: one.keys for name, one in part.spec.metrics.assumptions.items()} == {
        "both": ("metrics.age_cap_s",)
    }
    assert load_scenario_text(part.to_yaml()).digest() == part.digest()


def test_a_pattern_that_could_stand_for_something_is_left_out_where_it_does_not() -> None:
    assert not load(
        entry("a", "key: configurations.*.consents.*.probability, low: 0.5, high: 1")
    ).spec.metrics.assumptions


LABEL = "key: sharing.labels.phl_radar.classification"
CARRIAGE = "key: world.traffic.militia.ais.carriage"
BOUND = "key: metrics.error_max_km"


@pytest.mark.parametrize(
    ("rest", "key", "says"),
    [
        ("key: sharing.labels.phl_rader.x, low: 1, high: 2", "key", "did you mean 'phl_radar'?"),
        ("key: sensors.ais_luzon.antenna_hight_m, low: 1, high: 2", "key", "mean 'antenna_height_m'?"),
        ("key: sensors.*.antenna_hight_m, low: 1, high: 2", "key", "can stand for no value of a scenario"),
        ("key: sensors.radar_luzon, low: 1, high: 2", "key", "holds several keys"),
        (f"{CARRIAGE}.x, low: 1, high: 2", "key", "militia.ais.carriage has no keys below it"),
        ("key: seed.count, low: 1, high: 2", "key", "an assumption cannot lie in 'seed'"),
        ("key: metrics.custody_age_h, low: 1, high: 2", "key", "holds a list"),
        (f"{LABEL}, low: 1, high: 2", "key", "holds no number: list what it may be"),
        (f"{LABEL}, low: 1, high: 2, factors: true", "key", "no number that a factor"),
        ("key: [metrics.error_max_km, metrics.age_cap_h], low: 1, high: 2", "key", "in different units"),
        (f"{BOUND}, low: -1, high: 20", "low", "metrics.error_max_m: expected a number > 0 km, got -1"),
        (f"{CARRIAGE}, low: 0, high: 1.5", "high", "expected a number <= 1, got 1.5"),
        (f"{CARRIAGE}, low: 0, high: 2.5, factors: true", "high", "world.traffic.militia.ais.carriage"),
        (f"{LABEL}, values: [SECRET, SECRIT]", "values[1]", "did you mean 'SECRET'?"),
        (f"{CARRIAGE}, values: [0.5, some]", "values[1]", "expected a number, got 'some'"),
        ("key: configurations.*.desks.*.servers, low: 1, high: 2.5", "high", "a whole number, got 2.5"),
        (f"{BOUND}, low: 20, high: 2", "", "'low' must be less than 'high', got 20 and 2"),
        (f"{BOUND}, low: few, high: 2", "low", "expected a number, got 'few'"),
    ],
)
def test_a_bad_assumption_is_refused_at_its_line_and_key(rest: str, key: str, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(entry("good", "key: sensors.ais_luzon.antenna_height_m, low: 10, high: 400"), entry("bad", rest))
    (problem,) = caught.value.problems
    assert problem.key == "metrics.assumptions.bad" + (f".{key}" if key else "")
    assert problem.line == 1 + next(
        n for n, line in enumerate(text("", entry("bad", rest)).splitlines()) if line.startswith("    bad")
    )
    assert says in problem.message


def test_all_problems_are_told_at_once_with_those_of_the_rest() -> None:
    bad = text(
        entry("a", "key: sensors.nothing.x, low: 1, high: 2"),
        entry("b", "key: metrics.error_max_km, low: -5, high: 20"),
    ).replace("baseline: today", "baseline: tomorrow")
    with pytest.raises(ScenarioError) as caught:
        load_scenario_text(bad)
    assert [problem.key for problem in caught.value.problems] == [
        "baseline",
        "metrics.assumptions.a.key",
        "metrics.assumptions.b.low",
    ]


def test_two_assumptions_may_not_move_one_key() -> None:
    with pytest.raises(ScenarioError, match="antenna_height_m is moved by 'a' too"):
        load(
            entry("a", "key: sensors.*.antenna_height_m, low: 10, high: 400"),
            entry("b", "key: sensors.ais_luzon.antenna_height_m, low: 10, high: 400"),
        )


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        (f"{BOUND}, low: 20, high: 50", "the file's own value (10 km) lies outside 20 km to 50 km"),
        (f"{BOUND}, factors: true, low: 2, high: 5", "(× 1) lies outside × 2 to × 5"),
        (f"{LABEL}, values: [SECRET, TOP_SECRET]", "(RESTRICTED) lies outside SECRET, TOP_SECRET"),
        ("key: sensors.*.antenna_height_m, low: 100, high: 200", "(120 to 300 m) lies outside 100 m"),
    ],
)
def test_a_value_of_the_file_outside_the_range_is_a_warning(rest: str, says: str) -> None:
    warnings = [problem for problem in load(entry("a", rest)).warnings if "assumptions" in problem.key]
    assert [problem.key for problem in warnings] == ["metrics.assumptions.a"]
    assert says in warnings[0].message


def test_the_ends_of_a_range_are_in_it() -> None:
    found = load(entry("a", "key: metrics.error_max_km, low: 10, high: 50"))
    assert not [problem for problem in found.warnings if "assumptions" in problem.key]
