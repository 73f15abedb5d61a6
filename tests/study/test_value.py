from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import mda_sim.study.coalitions as coalitions
from mda_sim.cli import main
from mda_sim.core.errors import RunError, ScenarioError
from mda_sim.metrics.spec import Endpoint
from mda_sim.metrics.value import shapley
from mda_sim.pipeline import build_frame, build_world, sense
from mda_sim.scenario import load_scenario
from mda_sim.study.coalition_plan import CoalitionJob, Ground, plan_of
from mda_sim.study.coalitions import run_section
from mda_sim.study.folder import RunFolder
from mda_sim.study.next_best import next_best
from mda_sim.study.players import game_of, reforms_in
from mda_sim.study.presence import is_sign_of_work
from mda_sim.study.value import value

GAME = Path(__file__).parent / "game.yaml"
METRIC, GROUP = "custody_fraction_1h", "not_broadcasting_foreign"


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(GAME)


@pytest.fixture(scope="module")
def played(scenario, tmp_path_factory):
    """Links, the agreement and a sensor of the series, all coalitions."""
    players = "links,all_three,radar_shoal"
    out = tmp_path_factory.mktemp("value") / "out"
    return value(scenario, "series", players, metric=METRIC, group=GROUP, workers=1, out=out)


def rows_of(folder, name):
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def mean_of(found, player, nation, measure="shapley"):
    (entry,) = [
        e
        for e in found.content["values"]
        if (e["player"], e["nation"], e["measure"]) == (player, nation, measure)
    ]
    return entry["mean"]


# What players are worth


def test_links_in_series_agreement_and_sensor_are_worth_a_quarter_each(played):
    """PHL holds what the radar at the shoal sees only if all four are there: alone nothing, lost all."""
    team = ("link:jpn_usa", "link:usa_phl", "agreement:all_three", "sensor:radar_shoal")
    (total,) = [e["difference"] for e in played.content["totals"] if e["nation"] == "PHL"]
    assert total["mean"] > 0.01
    for player in team:
        assert mean_of(played, player, "PHL") == pytest.approx(total["mean"] / 4, rel=1e-12)
        assert mean_of(played, player, "PHL", "first_in") == 0
        assert mean_of(played, player, "PHL", "last_in") == total["mean"]


def test_two_links_in_series_get_half_each(scenario, tmp_path):
    found = value(
        scenario, "series", "jpn_usa,usa_phl", metric=METRIC, nation="PHL", workers=1, out=tmp_path / "out"
    )
    halves = [mean_of(found, player, "PHL") for player in ("link:jpn_usa", "link:usa_phl")]
    (total,) = [e["difference"]["mean"] for e in found.content["totals"]]
    assert halves[0] == halves[1] == pytest.approx(total / 2, rel=1e-12)
    assert total > 0
    (pair,) = found.content["interactions"]
    assert pair["mean"] == pytest.approx(total, rel=1e-12)


def test_a_link_without_traffic_is_worth_exactly_nothing(played):
    for nation in ("JPN", "PHL", "USA"):
        for measure in ("shapley", "first_in", "last_in"):
            assert mean_of(played, "link:empty", nation, measure) == 0


def test_values_add_up_in_every_seed_and_can_be_recomputed_from_the_coalitions(played):
    rows = rows_of(played.folder, "coalitions.csv")
    players = played.content["players"]
    assert {int(row["seed"]) for row in rows} == {1, 2}
    for nation in ("JPN", "PHL", "USA"):
        of_seeds = []
        for seed in ("1", "2"):
            table = np.full(1 << len(players), math.nan)
            for row in rows:
                if (row["seed"], row["nation"]) == (seed, nation):
                    table[int(row["coalition"])] = float(row["value"])
            of_seeds.append(shapley(table))
            assert of_seeds[-1].sum() == pytest.approx(table[-1] - table[0], abs=1e-12)
        means = np.mean(of_seeds, axis=0)
        told = [mean_of(played, player, nation) for player in players]
        assert told == pytest.approx(means.tolist(), abs=1e-15)


def test_contribution_is_what_others_lose_when_a_nation_shares_nothing(scenario, tmp_path):
    found = value(scenario, "series", "nations", metric=METRIC, group=GROUP, workers=1, out=tmp_path / "out")
    table = {entry["nation"]: entry for entry in found.content["nations"]}
    for nation in ("JPN", "PHL", "USA"):
        lost = sum(
            mean_of(found, f"nation:{nation}", other, "last_in")
            for other in ("JPN", "PHL", "USA")
            if other != nation
        )
        assert table[nation]["contribution"]["mean"] == pytest.approx(lost, abs=1e-12)
    assert table["JPN"]["contribution"]["mean"] > 0
    assert table["JPN"]["exposure"]["mean"] > 0
    assert table["PHL"]["exposure"]["mean"] == 0
    gain = table["PHL"]["gain_over_baseline"]["mean"]
    assert gain > 0
    assert table["PHL"]["gain_over_organic"]["mean"] == pytest.approx(gain, abs=1e-12)


def test_a_group_player_and_a_nation_in_a_group(scenario, tmp_path):
    found = value(
        scenario,
        "pooled",
        "group:all",
        metric=METRIC,
        group=GROUP,
        nation="PHL",
        workers=1,
        out=tmp_path / "out",
    )
    assert mean_of(found, "group:all", "PHL") > 0
    assert found.content["empty_is_baseline"] is True
    (phl,) = [entry for entry in found.content["nations"] if entry["nation"] == "JPN"]
    assert phl["contribution"]["mean"] >= mean_of(found, "group:all", "PHL") * (1 - 1e-12)


def test_sampled_values_add_up_and_lie_within_the_bound(scenario, played, tmp_path):
    players = "links,all_three,radar_shoal"
    found = value(
        scenario, "series", players, metric=METRIC, group=GROUP, samples=40, workers=1, out=tmp_path / "out"
    )
    assert found.content["samples"] == 40
    (total,) = [e["difference"]["mean"] for e in found.content["totals"] if e["nation"] == "PHL"]
    values = [e for e in found.content["values"] if (e["nation"], e["measure"]) == ("PHL", "shapley")]
    assert sum(e["mean"] for e in values) == pytest.approx(total, abs=1e-12)
    for entry in values:
        exact = mean_of(played, entry["player"], "PHL")
        assert abs(entry["mean"] - exact) <= 2 * entry["bound"]
    assert any(line.startswith("Shapley values of 5 players are sampled") for line in found.lines())
    assert mean_of(found, "link:empty", "PHL") == 0


def test_the_same_question_is_shown_again_and_another_one_is_refused(scenario, played):
    again = value(
        scenario,
        "series",
        ["links", "all_three", "radar_shoal"],
        metric=METRIC,
        group=GROUP,
        workers=1,
        out=played.folder,
    )
    assert again.shown_again
    assert again.content == json.loads((played.folder / "value.json").read_text())
    with pytest.raises(RunError, match="no study of just this value"):
        value(scenario, "series", "links", metric=METRIC, workers=1, out=played.folder)


def test_an_interrupted_study_goes_on_with_the_sections_it_had(scenario, tmp_path, monkeypatch):
    """Stopped in its fourth section; then two of three are read back, and the damaged one is run again."""
    calls, stop_at = 0, -1

    def run(*arguments):
        nonlocal calls
        calls += 1
        if calls == stop_at:
            raise KeyboardInterrupt
        return run_section(*arguments)

    def study(name):
        nonlocal calls
        calls = 0
        return value(scenario, "series", "links", metric=METRIC, group=GROUP, workers=1, out=tmp_path / name)

    monkeypatch.setattr(coalitions, "run_section", run)
    whole = study("whole")
    total, stop_at = calls, 4
    with pytest.raises(KeyboardInterrupt):
        study("out")
    kept = sorted((tmp_path / "out").glob("seeds/*/found/*.csv"))
    assert len(kept) == 3
    kept[0].write_bytes(kept[0].read_bytes().replace(b"PHL", b"JPN"))
    stop_at = -1
    assert study("out").content == whole.content
    assert calls == total - 2
    assert not list((tmp_path / "out").glob("seeds/*/found"))


def test_the_folder_holds_tables_and_charts_and_no_logs_where_none_are_kept(played):
    assert {path.name for path in played.folder.iterdir() if not is_sign_of_work(path)} == {
        "scenario.yaml",
        "manifest.json",
        "value.json",
        "value.csv",
        "coalitions.csv",
        "nations.csv",
        "charts",
    }
    charts = {path.name for path in (played.folder / "charts").iterdir()}
    assert charts == {f"value_{METRIC}_{GROUP}.png", "nations.png"}
    row = rows_of(played.folder, "value.csv")[0]
    assert list(row)[:9] == ["player", "nation", "metric", "group", "measure", "mean", "low", "high", "n"]
    text = "\n".join(played.lines())
    assert "simulation only" in text
    assert "fewer than 10 seeds" in text
    assert "it is not the baseline 'today'" in text


# Players


def test_reforms_are_worth_what_they_change(scenario, tmp_path):
    assert reforms_in(scenario, "both_halves") == ("first_half", "second_half")
    found = value(
        scenario,
        "both_halves",
        "reforms",
        metric=METRIC,
        group=GROUP,
        nation="PHL",
        workers=1,
        out=tmp_path / "out",
    )
    halves = [mean_of(found, f"reform:{name}", "PHL") for name in ("first_half", "second_half")]
    assert halves[0] == halves[1] > 0
    assert found.content["empty_is_baseline"] is True


def test_a_change_that_two_reforms_make_stays_while_one_of_them_is_in(scenario):
    game = game_of(scenario, "both_halves", ["reform:first_half", "reform:series"], problems := [])
    assert game is None
    assert "does not hold the reform 'series'" in problems[0].message
    game = game_of(scenario, "series", ["reform:first_half", "reform:both_halves"], problems := [])
    assert not problems
    assert set(game.section(0b01).links) == {"empty", "jpn_usa"}
    assert set(game.section(0b10).links) == {"empty", "jpn_usa", "usa_phl"}
    assert set(game.section(0b00).links) == {"empty"}


def test_items_joined_are_one_player(scenario):
    game = game_of(scenario, "series", ["jpn_usa+agreement:all_three", "nation:PHL"], [])
    assert [player.id for player in game.players] == ["link:jpn_usa+agreement:all_three", "nation:PHL"]
    section = game.section(0b10)
    assert set(section.links) == {"empty", "usa_phl"}
    assert not section.agreements
    assert section.events["cut"].links == ("empty",)
    assert set(game.section(0b01).links) == {"empty", "jpn_usa"}


# The next best


def test_greedy_sees_no_pair_but_finds_it_joined(scenario, tmp_path):
    """Each half by itself gains nothing for PHL; joined to one they are taken, then nothing more."""
    alone = next_best(
        scenario, 3, "reforms", metric=METRIC, group=GROUP, nation="PHL", workers=1, out=tmp_path / "one"
    )
    assert alone.content["steps"][0]["player"] in {"reform:pooled", "reform:both_halves", "reform:series"}
    halves = next_best(
        scenario,
        3,
        "reform:first_half,reform:second_half",
        metric=METRIC,
        group=GROUP,
        nation="PHL",
        workers=1,
        out=tmp_path / "two",
    )
    assert halves.content["steps"] == []
    assert all(gain["mean"] == 0 for gain in halves.content["no_gain_left"].values())
    joined = next_best(
        scenario,
        3,
        "jpn_usa+usa_phl+all_three,empty",
        configuration="series",
        metric=METRIC,
        group=GROUP,
        nation="PHL",
        workers=1,
        out=tmp_path / "three",
    )
    (step,) = joined.content["steps"]
    assert step["player"] == "link:jpn_usa+link:usa_phl+agreement:all_three"
    assert step["gain"]["mean"] > 0
    assert joined.content["no_gain_left"] == {"link:empty": {"mean": 0.0, "low": 0.0, "high": 0.0, "n": 2}}
    assert (joined.folder / "charts" / "next_best.png").exists()
    rows = rows_of(joined.folder, "next_best.csv")
    assert [(row["step"], row["is_taken"]) for row in rows] == [("1", "1"), ("1", "0"), ("2", "0")]
    assert any("gains anything" in line for line in joined.lines())


# Refusals


def test_all_problems_at_once_and_nothing_written(tmp_path):
    out = tmp_path / "out"
    command = ["value", str(GAME), "--configuration", "seris", "--metric", "custody_fraction_5h", "--metric"]
    command += ["exposure_count", "--group", "class:cargo@reef", "--nation", "CHN", "--samples", "3"]
    result = CliRunner().invoke(main, [*command, "--out", str(out)])
    assert result.exit_code == 2
    for words in (
        "unknown configuration 'seris'; did you mean 'series'?",
        "unknown metric 'custody_fraction_5h'",
        "there is no 'exposure_count' in zones",
        "'exposure_count' has no group 'class:cargo'",
        "unknown zone 'reef'",
        "'CHN' is no nation with a picture",
        "expected an even number",
        "7 problems; nothing was done.",
    ):
        assert words in result.stderr, words
    assert not out.exists()


@pytest.mark.parametrize(
    ("players", "words"),
    [
        ("link:jpn_us", "unknown link 'jpn_us'; did you mean 'jpn_usa'?"),
        ("lnk:jpn_usa", "unknown kind of player 'lnk'"),
        ("nowhere", "unknown player 'nowhere'"),
        ("links,jpn_usa", "'link:jpn_usa' stands twice"),
        ("groups", "'groups': there is none"),
        ("reform:pooled", "does not hold the reform 'pooled': it differs at groups.all"),
        ("reform:today", "unknown reform 'today'"),
        ("", "there are no players"),
    ],
)
def test_players_that_are_not_there_are_refused(scenario, players, words, tmp_path):
    with pytest.raises(ScenarioError) as refused:
        value(scenario, "series", players, metric=METRIC, out=tmp_path / "out")
    assert words in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_greedy_needs_a_figure_that_is_better_high(scenario):
    with pytest.raises(ScenarioError) as refused:
        next_best(scenario, 1, "nation:JPN", base="nowhere", metric="age_mean_s")
    assert "not the better the higher" in str(refused.value)
    assert "unknown configuration 'nowhere'" in str(refused.value)


def test_options_that_do_not_go_together():
    for options in (["--base", "today"], ["--greedy", "1", "--samples", "4"], []):
        assert CliRunner().invoke(main, ["value", str(GAME), *options]).exit_code == 2


# Coalitions that need not be run


def test_links_that_cannot_matter_to_a_nation_change_none_of_its_figures(scenario, tmp_path):
    """Of 8 coalitions 4 are run; every other one gives each nation the very figures of one of them."""
    fleet = build_world(scenario, 1)
    log = sense(scenario, fleet, 1)
    ground = Ground(scenario, fleet, log, build_frame(scenario, fleet, log))
    game = game_of(scenario, "series", ["links"], [])
    endpoints = (Endpoint(metric=METRIC, group=GROUP), Endpoint(metric="age_mean_s", zone="shoal"))
    nations = ("JPN", "PHL", "USA")
    job = CoalitionJob(RunFolder(tmp_path, ""), "", 1, endpoints, nations, game, tuple(range(8)))
    plan = plan_of(ground, job)
    bit = {player.id: 1 << i for i, player in enumerate(game.players)}
    assert plan.matters == {
        "JPN": 0,
        "PHL": bit["link:jpn_usa"] | bit["link:usa_phl"],
        "USA": bit["link:jpn_usa"],
    }
    assert len(plan.runs) == 4
    figures = {
        mask: {
            nation: [repr(row) for row in rows if row.nation == nation]
            for rows in [run_section(ground, 1, game.section(mask), endpoints, nations)]
            for nation in nations
        }
        for mask in range(8)
    }
    for mask in range(8):
        for nation, matters in plan.matters.items():
            (like, *_) = [run for run in plan.runs if run & matters == mask & matters]
            assert figures[mask][nation] == figures[like][nation]


def test_every_coalition_is_run_where_agreements_play_or_outcomes_are_asked_for(scenario, tmp_path):
    ground = Ground(scenario, None, None, None)
    for words, metric in ((["links", "all_three"], METRIC), (["links"], "gap_policy_fraction")):
        game = game_of(scenario, "series", words, [])
        masks = tuple(range(game.whole + 1))
        job = CoalitionJob(RunFolder(tmp_path, ""), "", 1, (Endpoint(metric=metric),), ("PHL",), game, masks)
        assert plan_of(ground, job) == (masks, {"PHL": game.whole})
