"""``mda-sim explain`` and ``mda.explain``: stories told from the stored tables of a run."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import mda_sim as mda
from mda_sim.cli import main
from mda_sim.core.errors import ScenarioError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.metrics.gap_split import Answer, split_time, tracks, window_s
from mda_sim.metrics.subjects import SCORED
from mda_sim.picture.awareness import awareness
from mda_sim.records import Outcome
from mda_sim.scenario import load_scenario
from mda_sim.study.explain import standpoint
from mda_sim.study.run import Study, run
from mda_sim.study.stored import open_unit

TINY = Path(__file__).parent / "tiny.yaml"


def verb(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, arguments)])


def test_stories_agree_with_the_stored_tables(told: Path) -> None:
    """Random (nation, target, instant): custody, answer, arrivals, stopped gates and stages."""
    unit, scenario, _ = open_unit(told, "hub", 1)
    assert unit is not None
    spec, timeline = scenario.spec.metrics, scenario.timeline
    hops, outcomes = unit.deliveries.hops, unit.deliveries.outcomes
    rng, answers = np.random.default_rng(11), Counter[str]()
    n_targets = unit.log.n_targets
    for nation in ("JPN", "PHL", "USA"):
        of = standpoint(unit, nation, f"{nation.lower()}_centre")
        known = (of.log, of.deliveries, of.received)
        aware = awareness(*known, contacts=of.known)
        good = awareness(*known, contacts=of.known, error_max_m=spec.error_max_m, only_true=True)
        split = tracks(of.known, of.before, good, aware, of.gone_us)
        mine = np.flatnonzero(outcomes["nation"] == list(outcomes.meta["nations"]).index(nation))
        came_us = dict(
            zip(outcomes["part"][mine].tolist(), outcomes["t_received_us"][mine].tolist(), strict=True)
        )
        targets = rng.choice(np.flatnonzero(np.diff(of.known.offsets)), 6, replace=False).tolist()
        for nth, target in enumerate(targets):
            seen_us = int(of.known.t_observed_us[of.known.offsets[target]])  # what was seen first
            late_us = rng.integers(3_600_000_000) if nth % 2 else rng.integers(timeline.end_us - seen_us)
            t_us = seen_us + int(late_us)
            story = mda.explain(
                told, nation, vessel=target, at=timeline.datetime_at(t_us), configuration="hub"
            ).plain_data()
            steps = np.flatnonzero((good["target"] == target) & (good["t_received_us"] <= t_us))
            age_us = t_us - int(good["t_observed_us"][steps[-1]]) if len(steps) else NEVER_US
            for custody in story["at"]["custody"]:
                assert custody["held"] == (age_us <= custody["age_s"] * 1e6)
            for custody in story["custody"]:
                is_inside = any(begin <= t_us < end for begin, end in custody["held_us"])
                assert is_inside == (age_us <= custody["age_s"] * 1e6)
            columns = {"target": [target], "subject": [target], "t_from_us": [t_us], "t_to_us": [t_us + 1]}
            # all targets count as vessels here: scores leave probes out of the split, stories do not
            split_us = split_time(
                split, Table.of(SCORED, columns), window_s(spec.custody_age_s), n_targets, n_targets
            )
            assert story["at"]["answer"] == Answer(int(np.argmax(split_us[target]))).name
            answers[story["at"]["answer"]] += 1
            for one in story["sightings"]:
                first_us = one["receipts"][0]["t_received_us"] if one["receipts"] else NEVER_US
                if one["part"] in came_us:
                    assert first_us == came_us[one["part"]]
                lasted_us = sum(stage["to_us"] - stage["from_us"] for stage in one["stages"])
                assert lasted_us == (first_us - one["t_observed_us"] if one["receipts"] else 0)
                for hop in one["hops"]:
                    assert hop["outcome"] == Outcome(int(hops["outcome"][hop["row"]])).name
                    failing = {r["gate"] for judged in hop["judgements"] for r in judged["refusals"]}
                    assert bool(failing) == (hop["outcome"] == "WITHHELD")
    assert len(answers) >= 3


def test_a_story_names_sensor_gates_agreement_consent_and_stages(told: Path) -> None:
    result = verb(told, "--nation", "JPN", "--configuration", "hub", "--cell", "14.9,119.6", "--at", "11h")
    assert result.exit_code == 0, result.output
    for text in (
        "radar_luzon of PHL (radar",
        "phl_usa, phl_centre to usa_centre: delivered",
        "coarsened by 2.0 km",
        "agreement phl_usa passes in force, scope and ceiling",
        "release rests on the consent on request phl_to_jpn",
        "when the answer came, gate release fails: the originator said no",
        "at release, gate in_force fails: agreement phl_usa, the agreement is suspended between PHL and USA",
        "had to be destroyed at usa_centre",
        "by phl_centre > phl_usa > usa_centre > usa_jpn > jpn_centre",
        "consent on usa_jpn",
        "At 2026-03-02T11:00:00Z the picture of JPN said:",
        "in custody up to: 6 h, 24 h, 72 h; not up to: 1 h",
    ):
        assert text in result.output


def test_without_a_link_the_story_says_what_the_gates_would(told: Path) -> None:
    result = verb(told, "--nation", "JPN", "--cell", "14.9,119.6", "--at", "2026-03-02T11:00")
    assert "no route to jpn_centre" in result.output
    assert "gate in_force fails: no agreement names both PHL and JPN" in result.output
    assert "gap split over 24 h: refused by a rule" in result.output


def test_runs_are_told_once_and_all_tells_every_row(told: Path) -> None:
    story = mda.explain(told, "USA", vessel="militia#3", configuration="hub")
    one_by_one = [line for line in story.lines(all_rows=True) if ": 1 report " in line]
    assert len(one_by_one) == len(story.told.sightings) > 100
    heads = [line for line in story.lines() if " report" in line and line.startswith("2026-")]
    assert len(heads) < 20
    counted = [int(line.split("): ")[1].split()[0]) for line in heads]
    assert sum(counted) == len(story.told.sightings)


def test_a_vessel_is_found_by_every_form_of_its_name(told: Path) -> None:
    forms = (3, "3", "100000003", "militia/scarborough_shoal#3", "militia#3")
    found = {mda.explain(told, "JPN", vessel=form).target for form in forms}
    assert found == {3}
    near = mda.explain(told, "JPN", cell=(14.9, 119.6))
    assert near.is_probe
    assert near.told.name.startswith("probe#")


def test_hostile_text_reaches_no_terminal(told: Path) -> None:
    """The agreement names an article with an escape sequence and a mark of text direction."""
    result = verb(told, "--nation", "USA", "--configuration", "hub", "--vessel", "3")
    assert "gate scope fails" in result.output
    assert "HYPERLINK" in result.output
    assert not set(result.output) & {"\x1b", "\u202e"}
    result = verb(told, "--nation", "\x1b[31mX", "--vessel", "\u202eV")
    assert result.exit_code == 2
    assert not set(result.output) & {"\x1b", "\u202e"}


def test_everything_that_is_wrong_is_told_at_once(told: Path) -> None:
    result = verb(told, "--nation", "XXX", "--vessel", "militia#99", "--at", "2027-01-01")
    assert result.exit_code == 2
    for text in ("no nation 'XXX'", "seed 1 has no vessel 'militia#99'", "outside the run", "3 problems"):
        assert text in result.output
    result = verb(told, "--nation", "JPN", "--configuration", "never", "--seed", "5", "--vessel", "3")
    assert result.exit_code == 2
    assert "no configuration 'never'" in result.output
    assert "no seed 5; it has 1" in result.output
    for extra in ([], ["--vessel", "1", "--cell", "14,119"], ["--cell", "99,119"], ["--cell", "14"]):
        assert verb(told, "--nation", "JPN", *extra).exit_code == 2
    with pytest.raises(ScenarioError, match="either a vessel or a cell"):
        mda.explain(told, "JPN")


@pytest.mark.parametrize("name", ["999999", "123456789", "militia", "militia#-1", "#3", "nobody#1", "", "³"])
def test_a_name_of_nobody_is_refused(told: Path, name: str) -> None:
    result = verb(told, "--nation", "JPN", "--vessel", name)
    assert result.exit_code == 2
    assert "has no vessel" in result.output
    assert "there are 12 vessels and" in result.output


def test_a_run_without_logs_is_refused_with_the_reason(tmp_path: Path) -> None:
    scenario = load_scenario(TINY, sets=["output.maps=false", "output.logs=false", "seed.count=1"])
    folder = run(scenario, out=tmp_path / "out", workers=1).folder
    result = verb(folder, "--nation", "JPN", "--vessel", "77")
    assert result.exit_code == 2
    assert "seeds/1/sensing has no reports, contacts; run this scenario again with output.logs=true" in (
        result.output
    )
    assert "seeds/1/sharing/today has no parts, contact_parts, hops, outcomes" in result.output
    assert "has no vessel '77'" in result.output


def test_what_is_no_finished_run_is_refused(tmp_path: Path, finished: Study) -> None:
    assert "no run" in verb(tmp_path, "--nation", "JPN", "--vessel", "1").output
    folder = Path(shutil.copytree(finished.folder, tmp_path / "copy"))
    (folder / "seeds" / "1" / "sharing" / "today" / "hops.parquet").unlink()
    result = verb(folder, "--nation", "JPN", "--vessel", "1")
    assert result.exit_code == 2
    assert "lacks hops.parquet" in result.output
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"complete": False}))
    result = verb(folder, "--nation", "JPN", "--vessel", "1")
    assert result.exit_code == 2
    assert "not finished" in result.output
    assert verb(tmp_path / "none", "--nation", "JPN", "--vessel", "1").exit_code == 2
