"""The seam between a study and those who do its work."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import crew_jobs as jobs
import pytest

from mda_sim.core.collecting import SELDOM
from mda_sim.core.errors import RunError
from mda_sim.study.crew import CLUSTER_VARIABLE, SINGLE_THREADED, cluster_of, default_workers, open_crew


def test_one_worker_is_this_process(tmp_path: Path) -> None:
    with open_crew(tmp_path, n_jobs=1, workers=1) as crew:
        assert crew.all(jobs.of_process, [()]) == [os.getpid()]


def test_several_workers_are_other_processes_with_one_thread_each(tmp_path: Path) -> None:
    before = {name: os.environ.get(name) for name in SINGLE_THREADED}
    with open_crew(tmp_path, n_jobs=4, workers=2) as crew:
        assert os.getpid() not in crew.all(jobs.of_process, [()] * 4)
        assert crew.all(jobs.threads, [()] * 4) == ["1"] * 4
    assert {name: os.environ.get(name) for name in SINGLE_THREADED} == before


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_calls_and_notes_come_here(tmp_path: Path, workers: int) -> None:
    heard: list[object] = []
    with open_crew(tmp_path, n_jobs=9, workers=workers, listen=heard.append) as crew:
        assert crew.all(jobs.tell, [(crew.post, number) for number in range(9)]) == list(range(9))
    assert sorted(map(repr, heard)) == [repr(("told", number)) for number in range(9)]


@pytest.mark.parametrize("workers", [1, 2])
def test_garbage_is_looked_for_seldom_while_work_goes_on_and_as_before_after(
    tmp_path: Path, workers: int
) -> None:
    before = gc.get_threshold()
    with open_crew(tmp_path, n_jobs=2, workers=workers) as crew:
        assert crew.all(jobs.garbage_threshold, [()]) == [SELDOM]
        assert gc.get_threshold() == (SELDOM, *before[1:])
    assert gc.get_threshold() == before
    with (
        pytest.raises(ZeroDivisionError),
        open_crew(tmp_path, n_jobs=2, workers=workers) as crew,
    ):
        crew.all(jobs.divide, [(1, 0)])
    assert gc.get_threshold() == before


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_call_raises_is_raised_here(tmp_path: Path, workers: int) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        open_crew(tmp_path, n_jobs=2, workers=workers) as crew,
    ):
        crew.all(jobs.divide, [(1, 1), (1, 0)])


def test_calls_are_handed_out_no_faster_than_they_are_done(tmp_path: Path) -> None:
    taken = 0

    def calls() -> Iterator[tuple[int, int]]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield number, 1

    with open_crew(tmp_path, n_jobs=40, workers=2) as crew:
        for n_done, _ in enumerate(crew.each(jobs.divide, calls()), start=1):
            assert taken <= n_done + crew.size
    assert taken == 40


def test_a_call_that_kills_its_worker_twice_is_lost_and_no_other(tmp_path: Path) -> None:
    with open_crew(tmp_path, n_jobs=9, workers=2) as crew:
        done = {one.number: one for one in crew.each(jobs.square, [(number, 5) for number in range(9)])}
    assert [number for number, one in done.items() if one.is_lost] == [5]
    assert {n: one.result for n, one in done.items() if n != 5} == {n: n * n for n in range(9) if n != 5}


def test_a_worker_that_dies_once_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "flag").touch()
    with open_crew(tmp_path, n_jobs=9, workers=2) as crew:
        found = crew.all(jobs.square_unless, [(number, tmp_path / "flag") for number in range(9)])
    assert found == [number * number for number in range(9)]


def test_a_crew_that_dies_whatever_it_is_given_is_told_of(tmp_path: Path) -> None:
    with (
        pytest.raises(RunError, match="workers die whatever they are given"),
        open_crew(tmp_path, n_jobs=9, workers=2) as crew,
    ):
        list(crew.each(jobs.square, [(5, 5)] * 9))


def test_workers_end_with_an_employer_that_is_killed(tmp_path: Path) -> None:
    path = os.pathsep.join(sys.path)
    begin = f"import crew_jobs, pathlib; crew_jobs.employ(pathlib.Path({str(tmp_path / 'mark')!r}))"
    employer = subprocess.Popen(
        [sys.executable, "-c", f"if __name__ == '__main__': {begin}"], env={**os.environ, "PYTHONPATH": path}
    )
    workers = _marks(tmp_path, 2)
    employer.send_signal(signal.SIGKILL)
    employer.wait()
    for _ in range(100):
        if not any(Path(f"/proc/{worker}").exists() for worker in workers):
            return
        time.sleep(0.1)
    pytest.fail("workers outlive the process that they work for")


def _marks(folder: Path, n: int) -> list[int]:
    for _ in range(600):
        found = list(folder.glob("mark-*"))
        if len(found) == n:
            return [int(path.name.rpartition("-")[2]) for path in found]
        time.sleep(0.1)
    raise AssertionError("workers do not begin")


def test_fewer_than_one_worker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"), open_crew(tmp_path, n_jobs=1, workers=0):
        pass


def test_by_default_there_are_no_more_workers_than_jobs() -> None:
    assert default_workers(1) == 1
    assert 1 <= default_workers(64) <= 64


def test_the_environment_names_a_cluster_unless_processes_or_another_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(CLUSTER_VARIABLE, raising=False)
    assert cluster_of(None, None) is None
    monkeypatch.setenv(CLUSTER_VARIABLE, "tcp://there:1")
    assert cluster_of(None, None) == "tcp://there:1"
    assert cluster_of(2, None) is None
    assert cluster_of(None, "tcp://elsewhere:1") == "tcp://elsewhere:1"
