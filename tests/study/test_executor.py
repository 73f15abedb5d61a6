"""The seam between a study and its processes."""

from __future__ import annotations

import os

import pytest

from mda_sim.study.executor import SINGLE_THREADED, open_executor, open_listener


def test_one_worker_is_this_process() -> None:
    with open_executor(1) as executor:
        assert executor.submit(os.getpid).result() == os.getpid()


def test_a_serial_run_stops_at_its_first_failure() -> None:
    with open_executor(1) as executor, pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0)


def test_several_workers_are_other_processes_with_one_thread_each() -> None:
    before = {name: os.environ.get(name) for name in SINGLE_THREADED}
    with open_executor(2) as executor:
        assert executor.submit(os.getpid).result() != os.getpid()
        assert executor.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
    assert {name: os.environ.get(name) for name in SINGLE_THREADED} == before


def test_notes_of_workers_come_to_the_process_that_listens() -> None:
    heard: list[object] = []
    with open_listener(2, heard.append) as listener, open_executor(2) as executor:
        for number in range(3):
            executor.submit(listener, number).result()
    assert heard == [0, 1, 2]


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"), open_executor(0):
        pass
