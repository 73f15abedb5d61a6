"""Runs that add seeds by a rule: where they stop, and that they end as the plain run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mda_sim.cli import main
from mda_sim.core.errors import ScenarioError
from mda_sim.metrics import stop_rule
from mda_sim.metrics.score_rows import from_csv
from mda_sim.metrics.stop_rule import known_figures
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.study.identity import run_key
from mda_sim.study.run import Study, run
from mda_sim.study.until import StoppedStudy, default_until_folder, run_until

TINY = Path(__file__).parent / "tiny.yaml"
METRIC = "custody_fraction_6h"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run that must not depend on how it was made."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"manifest.json", "unit.json"}
    }


@pytest.fixture(scope="module")
def small() -> Scenario:
    return load_scenario(TINY, sets=["output.maps=false", "output.logs=false"])


@pytest.fixture(scope="module", autouse=True)
def short_batches() -> Iterator[None]:
    """Batches of two seeds from two on, so that a test sees several in seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stop_rule, "MIN_SEEDS", 2)
        patch.setattr(stop_rule, "BATCH", 2)
        yield


@pytest.fixture(scope="module")
def plain(small: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return run(small.with_seeds(4), out=tmp_path_factory.mktemp("plain") / "out", workers=1)


@pytest.fixture(scope="module")
def stopped(small: Scenario, plain: Study, tmp_path_factory: pytest.TempPathFactory) -> StoppedStudy:
    """Stopped by a bound that two seeds miss and four meet."""
    bound = half_width_of(plain) * 1.0001
    return run_until(small, [f"{METRIC}:{bound!r}"], out=tmp_path_factory.mktemp("until") / "out", workers=1)


def half_width_of(study: Study) -> float:
    widths = []
    for groups in (nation[METRIC] for nation in study.summary["configurations"]["direct"].values()):
        for group in ("not_broadcasting_foreign", "not_broadcasting_foreign@shoal"):
            told = groups[group]["difference"]
            if told["n"]:
                widths.append((told["high"] - told["low"]) / 2)
    return max(widths)


def test_it_stops_at_the_first_batch_that_is_narrow_enough(stopped: StoppedStudy, plain: Study) -> None:
    assert [batch.n_seeds for batch in stopped.batches] == [2, 4]
    assert [batch.judgement.is_met for batch in stopped.batches] == [False, True]
    assert stopped.batches[-1].judgement.widest[0].half_width == pytest.approx(half_width_of(plain))
    assert "Stopped after 4 seeds: every interval is narrow enough" in list(stopped.lines())[-1]


def test_it_ends_as_the_plain_run_of_as_many_seeds(stopped: StoppedStudy, plain: Study) -> None:
    assert contents(stopped.study.folder) == contents(plain.folder)
    ours, theirs = (json.loads((s.folder / "manifest.json").read_text()) for s in (stopped.study, plain))
    assert ours.pop("stopped") == stopped.record()
    for manifest in (ours, theirs):
        for name in ("units", "engine", "files"):
            manifest.pop(name)
    assert ours == theirs


def test_an_interrupted_one_is_completed_with_the_same_bytes(
    stopped: StoppedStudy, small: Scenario, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(stopped.study.folder, tmp_path / "copy"))
    rules = [f"{METRIC}:{stopped.batches[0].bounds[0].half_width!r}"]
    shutil.rmtree(folder / "seeds/3/sharing/direct")
    shutil.rmtree(folder / "seeds/4")
    (folder / "summary.json").unlink()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "complete": False}))
    kept = (folder / "seeds/2/sharing/direct/unit.json").stat().st_mtime_ns
    again = run_until(small, rules, out=folder, workers=1)
    assert not again.study.shown_again
    assert contents(folder) == contents(stopped.study.folder)
    assert (folder / "seeds/2/sharing/direct/unit.json").stat().st_mtime_ns == kept
    assert again.record() == stopped.record()
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert run_until(small, rules, out=folder, workers=1).study.shown_again
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == stamps


def test_a_plain_run_takes_the_units_of_fewer_seeds_and_gives_up_at_the_most(
    small: Scenario, plain: Study, stopped: StoppedStudy, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    first = run_until(small, [f"{METRIC}:1e-9"], most_seeds=3, out=folder, workers=1)
    assert not first.is_met
    assert [batch.n_seeds for batch in first.batches] == [2, 3]
    assert "the rule is not met" in list(first.lines())[-1]
    kept = (folder / "seeds/3/sensing/unit.json").stat().st_mtime_ns
    run(small.with_seeds(4), out=folder, workers=1)
    assert (folder / "seeds/3/sensing/unit.json").stat().st_mtime_ns == kept
    assert contents(folder) == contents(plain.folder)


def test_the_key_of_units_leaves_out_how_many_seeds_there_are_and_nothing_else(small: Scenario) -> None:
    assert run_key(small.with_seeds(7)) == run_key(small)
    assert small.with_seeds(7).digest() != small.digest()
    assert (
        small.with_seeds(7).digest()
        == load_scenario(TINY, sets=["output.maps=false", "output.logs=false"], seeds=7).digest()
    )
    other = load_scenario(TINY, sets=["output.maps=false", "output.logs=false", "seed.first=2"])
    assert run_key(other) != run_key(small)
    assert default_until_folder(small.with_seeds(7)) == default_until_folder(small)


def test_every_figure_that_a_rule_may_ask_for_is_measured(small: Scenario, plain: Study) -> None:
    rows = from_csv(plain.folder / "scores.csv")
    measured = {(row.metric, row.group) for row in rows if row.nation == "PHL"}
    assert set(known_figures(small.spec.metrics, has_probes=True)) <= measured


def test_all_that_is_wrong_with_rules_is_said_at_once_and_nothing_is_written(
    small: Scenario, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError) as raised:
        run_until(
            small,
            ["custody_fraction_7h:0.1", "custody_fraction_6h@flag:CHN:0.1", "custody", "age_mean_s:-1"],
            most_seeds=1,
            out=tmp_path / "out",
        )
    text = str(raised.value)
    assert "no stop rule for metric 'custody_fraction_7h'; did you mean 'custody_fraction_" in text
    assert "no stop rule for group 'flag:CHN' of custody_fraction_6h" in text
    assert "expected METRIC[@GROUP]:HALF-WIDTH" in text
    assert "expected a half-width > 0, got '-1'" in text
    assert "the first batch has 2 seeds, more than the 1 allowed" in text
    assert not (tmp_path / "out").exists()


def test_the_command_line_refuses_with_exit_code_2(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["run", str(TINY), "--until", "custdy_fraction:0.1", "--out", str(out)])
    assert result.exit_code == 2
    assert "did you mean" in result.output
    assert "1 problem; nothing was done." in result.output
    assert not out.exists()
    result = CliRunner().invoke(main, ["run", str(TINY), "--most-seeds", "20"])
    assert result.exit_code == 2
    assert "--most-seeds belongs to --until" in result.output
