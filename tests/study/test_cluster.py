"""A study on a Dask cluster: a real scheduler and two workers on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import crew_jobs as jobs
import pytest
from run_contents import contents

from mda_sim.core.errors import RunError
from mda_sim.scenario import Scenario
from mda_sim.study.cluster import refuse_blind, refuse_others
from mda_sim.study.crew import CLUSTER_VARIABLE, open_crew
from mda_sim.study.run import Study, run

pytestmark = pytest.mark.filterwarnings("default")  # those of other people's packages


class Cluster(NamedTuple):
    address: str
    workers: list[subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    place = tmp_path_factory.mktemp("cluster")
    known = place / "scheduler.json"
    started = [_start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(known))]
    workers = []
    for _ in range(2):
        more = ("--nthreads", "1", "--no-nanny", "--local-directory", str(place))
        workers.append(_start("worker", "--scheduler-file", str(known), *more))
    try:
        for _ in range(600):
            if known.exists() and known.read_text():
                break
            time.sleep(0.1)
        yield Cluster(json.loads(known.read_text())["address"], workers)
    finally:
        for process in (*workers, *started):
            process.kill()
            process.wait()


def _start(what: str, *words: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *words],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_cluster_makes_the_same_bytes(
    cluster: Cluster, tiny: Scenario, finished: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CLUSTER_VARIABLE, cluster.address)
    monkeypatch.chdir(tmp_path)
    seen: list[int] = []
    study = run(tiny, out="run", watch=lambda progress: seen.append(progress.units_done))
    assert contents(study.folder) == contents(finished.folder)
    assert seen[-1] == 6


def test_notes_of_workers_come_to_the_process_that_listens(cluster: Cluster, tmp_path: Path) -> None:
    heard: list[object] = []
    with open_crew(tmp_path, n_jobs=3, cluster=cluster.address, listen=heard.append) as crew:
        assert crew.size == 2
        assert crew.all(jobs.tell, [(crew.post, number) for number in range(3)]) == [0, 1, 2]
    assert sorted(map(repr, heard)) == [repr(("told", number)) for number in range(3)]


def test_what_a_call_raises_on_a_worker_is_raised_here(cluster: Cluster, tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        open_crew(tmp_path, n_jobs=1, cluster=cluster.address) as crew,
    ):
        crew.all(jobs.divide, [(1, 0)])


def test_the_work_of_a_worker_that_vanishes_is_done_by_others(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "flag").touch()
    with open_crew(tmp_path, n_jobs=9, cluster=cluster.address) as crew:
        found = crew.all(jobs.square_unless, [(number, tmp_path / "flag") for number in range(9)])
    assert found == [number * number for number in range(9)]
    gone = [worker.poll() is not None for worker in cluster.workers]
    assert sum(gone) == 1


def test_nobody_at_the_address_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mda_sim.study.cluster.WAIT_S", 1.0)
    with (
        pytest.raises(RunError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        open_crew(tmp_path, n_jobs=1, cluster="tcp://127.0.0.1:9"),
    ):
        pass


def test_workers_that_do_not_see_the_folder_are_refused() -> None:
    refuse_blind({"tcp://a": True}, Path("study"))
    with pytest.raises(RunError, match=r"1 of 2 workers do not see .*study \(tcp://b\)"):
        refuse_blind({"tcp://a": True, "tcp://b": False}, Path("study"))


def test_workers_with_another_program_are_refused() -> None:
    refuse_others({"tcp://a": "same"}, "same")
    with pytest.raises(RunError, match=r"1 of 2 workers run another version of mda_sim \(tcp://b\)"):
        refuse_others({"tcp://a": "same", "tcp://b": "other"}, "same")
