"""What befalls a study: whatever it is, whole units stay, and the study ends with the same bytes."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from run_contents import contents, copy_of

import mda_sim.pipeline
from mda_sim.core.errors import RunError
from mda_sim.scenario import Scenario
from mda_sim.study import jobs
from mda_sim.study.failures import UnitsFailed, failures_in
from mda_sim.study.presence import at_work, in_turn, those_at_work
from mda_sim.study.run import Study, run, run_unit
from mda_sim.study.status import status_of

TINY = Path(__file__).parent / "tiny.yaml"


def begin(out: Path, *words: str) -> subprocess.Popen[str]:
    """The tiny run in a process of its own."""
    command = [sys.executable, "-m", "mda_sim", "run", str(TINY), "--set", "output.maps=false"]
    return subprocess.Popen(
        [*command, "--out", str(out), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def until_some_unit(out: Path, process: subprocess.Popen[str]) -> None:
    while process.poll() is None and not list(out.glob("seeds/*/sensing/unit.json")):
        time.sleep(0.02)


def left_over(out: Path) -> list[Path]:
    return [*out.rglob("*.part"), *out.glob(".at_work-*")]


def test_a_killed_study_goes_on_to_the_same_bytes(finished: Study, tiny: Scenario, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for workers in ("1", "2"):
        process = begin(out, "--workers", workers, "--quiet")
        until_some_unit(out, process)
        time.sleep(random.Random(int(workers)).uniform(0.0, 0.5))
        process.kill()
        process.communicate()
    assert json.loads((out / "manifest.json").read_text())["complete"] is False
    assert contents(run(tiny, out=out, workers=1).folder) == contents(finished.folder)
    assert left_over(out) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_study_says_so_and_leaves_whole_units(
    finished: Study, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out"
    process = begin(out, "--workers", "2")
    until_some_unit(out, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("interrupted: what is whole is kept")
    assert "Traceback" not in said
    assert left_over(out) == []
    made = {path: path.read_bytes() for path in out.glob("seeds/*/sensing/*.parquet")}
    assert made
    assert all((finished.folder / path.relative_to(out)).read_bytes() == made[path] for path in made)


def test_two_processes_in_one_folder_do_each_other_no_harm(finished: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    both = [begin(out, "--workers", "1", "--quiet") for _ in range(2)]
    for process in both:
        _, said = process.communicate()
        assert process.returncode == 0, said
    assert contents(out) == contents(finished.folder)
    assert left_over(out) == []


def test_a_worker_that_vanishes_costs_nothing_but_time(
    finished: Study, tiny: Scenario, tmp_path: Path
) -> None:
    killed: list[int] = []

    def watch(progress: Any) -> None:
        if progress.note is not None and progress.note.stage == "sense" and not killed:
            killed.extend(_workers()[:1])
            for worker in killed:
                os.kill(worker, signal.SIGKILL)

    study = run(tiny, out=tmp_path / "out", workers=2, watch=watch)
    assert len(killed) == 1
    assert contents(study.folder) == contents(finished.folder)
    assert left_over(study.folder) == []


def _workers() -> list[int]:
    """Processes that this one has begun for work."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            words = (place / "cmdline").read_text()
        except OSError:
            continue
        if parent == os.getpid() and "spawn_main" in words:
            found.append(int(place.name))
    return found


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The sharing of one configuration and seed fails."""
    sound = mda_sim.pipeline.share_with_stats

    def share(scenario: Scenario, fleet: Any, log: Any, configuration: str, seed: int, *more: Any) -> Any:
        if (configuration, seed) == ("today", 1):
            raise KeyError("a desk that is not there")
        return sound(scenario, fleet, log, configuration, seed, *more)

    monkeypatch.setattr(mda_sim.pipeline, "share_with_stats", share)
    return monkeypatch


def test_a_failed_unit_is_recorded_and_the_others_go_on(
    finished: Study, tiny: Scenario, tmp_path: Path, broken: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UnitsFailed, match="1 unit could not be made; 5 are whole") as raised:
        run(tiny, out=out, workers=1)
    assert "a desk that is not there" in str(raised.value)
    (failure,) = failures_in(out)
    assert (failure.unit, failure.stage) == ("1/today", "share")
    assert "share_with_stats" in failure.trace
    words = failure.repeat.split()
    assert words[:2] == ["mda-sim", "run"]
    assert words[-3:] == ["--unit", "1/today", "--debug"]
    status = status_of(out)
    assert status.counts == {"whole": 5, "absent": 0, "outdated": 0, "damaged": 0, "failed": 1}
    assert any("failed: 1/today, share: KeyError" in line for line in status.lines())
    with pytest.raises(KeyError, match="a desk that is not there"):
        run_unit(tiny, "1/today", out=out)
    broken.undo()
    run_unit(tiny, "1/today", out=out)
    assert failures_in(out) == ()
    assert status_of(out).counts["whole"] == 6
    assert contents(run(tiny, out=out, workers=1).folder) == contents(finished.folder)


def test_a_unit_that_the_scenario_does_not_have_is_named(tiny: Scenario, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no unit '9/today'; expected one such as"):
        run_unit(tiny, "9/today", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_ends_the_study_and_keeps_what_is_whole(
    finished: Study, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, written = jobs.write_parquet, 0

    def write(table: Any, path: Path) -> None:
        nonlocal written
        written += 1
        if written > 8:  # the first unit has five
            with Path("/dev/full").open("wb", buffering=0) as full:
                full.write(b"table")
        sound(table, path)

    monkeypatch.setattr(jobs, "write_parquet", write)
    out = tmp_path / "out"
    with pytest.raises(RunError, match=r"there is no room left .*the same command goes on") as raised:
        run(tiny, out=out, workers=1)
    assert isinstance(raised.value.__cause__, OSError)
    assert raised.value.__cause__.errno == errno.ENOSPC
    assert failures_in(out) == ()
    assert left_over(out) == []
    assert status_of(out).counts["whole"] == 1
    monkeypatch.undo()
    assert contents(run(tiny, out=out, workers=1).folder) == contents(finished.folder)


@pytest.mark.parametrize("how", ["changed", "cut", "not a record"])
def test_a_damaged_unit_is_seen_and_made_again(
    finished: Study, tiny: Scenario, tmp_path: Path, how: str
) -> None:
    out = copy_of(finished, tmp_path)
    path = out / "seeds/2/sharing/direct" / ("unit.json" if how == "not a record" else "outcomes.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes({"changed": bytes(data), "cut": data[:-9], "not a record": b"{"}[how])
    status = status_of(out)
    assert not status.is_complete
    assert status.units["2/direct"] == "damaged"
    assert any("1 damaged, to be made again: 2/direct" in line for line in status.lines())
    assert contents(run(tiny, out=out, workers=1).folder) == contents(finished.folder)
    assert status_of(out).is_complete


def test_a_damaged_log_is_not_shared_from(finished: Study, tiny: Scenario, tmp_path: Path) -> None:
    out = copy_of(finished, tmp_path)
    shutil.rmtree(out / "seeds/1/sharing/today")
    path = out / "seeds/1/sensing/contacts.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    assert contents(run(tiny, out=out, workers=1).folder) == contents(finished.folder)


def test_whoever_is_at_work_is_seen_until_it_ends(tmp_path: Path) -> None:
    with at_work(tmp_path) as name:
        assert those_at_work(tmp_path) == (name,)
    assert those_at_work(tmp_path) == ()
    (tmp_path / ".at_work-elsewhere-1-abc").touch()  # nobody holds its lock any more
    assert those_at_work(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_turns_are_taken_one_after_the_other(tmp_path: Path) -> None:
    waits = (
        "from pathlib import Path; from mda_sim.study.presence import in_turn\n"
        f"with in_turn(Path({str(tmp_path)!r})): pass"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with in_turn(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", waits], env=environment)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=1.5)
    assert other.wait(timeout=30) == 0


def test_logs_are_kept_of_chosen_seeds(finished: Study, tmp_path: Path) -> None:
    from mda_sim.scenario import load_scenario

    scenario = load_scenario(TINY, sets=["output.maps=false", "output.logs=[2]"])
    study = run(scenario, out=tmp_path / "out", workers=1)
    kept = {path.relative_to(study.folder).parts[1] for path in study.folder.rglob("contacts.parquet")}
    assert kept == {"2"}
    assert study.summary == finished.summary
    shutil.rmtree(study.folder / "seeds/1/sharing/today")
    assert run(scenario, out=study.folder, workers=1).summary == finished.summary


def test_configurations_of_one_seed_divided_among_workers_make_the_same_bytes(
    finished: Study, tiny: Scenario, tmp_path: Path
) -> None:
    one = tiny.with_seeds(1)
    alone = run(one, out=tmp_path / "alone", workers=1)
    together = run(one, out=tmp_path / "together", workers=2)
    assert contents(together.folder) == contents(alone.folder)
