"""The one seam between a study and the processes that do its work.

``open_executor`` gives anything that has ``submit``: with one worker the calling process itself, else a pool
of fresh processes (spawn, so that no state is inherited). Draws are addressed, so neither the number of
workers nor the order in which they finish can change a byte of the result.

Assumptions and limits: jobs and their results are small and can be pickled; tables travel through the output
folder, not through here. Where next: ``study.run`` submits one job per seed, then one per group of figures.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

#: One thread in each numerical library of a worker: the workers are the parallelism.
SINGLE_THREADED: Final[Mapping[str, str]] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}


class SerialExecutor(Executor):
    """Runs each job at once in the calling process; its future is done when ``submit`` returns."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run ``fn`` now. What it raises is raised here: a serial run stops at its first failure."""
        future: Future[R] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def open_executor(workers: int) -> Iterator[Executor]:
    """An executor with ``workers`` processes; one means this process. ValueError below 1.

    Leaving the block on an exception cancels the jobs that have not begun.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    if workers == 1:
        yield SerialExecutor()
        return
    with _environment(SINGLE_THREADED):
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def open_listener(workers: int, listen: Callable[[Any], None]) -> Iterator[Callable[[Any], None]]:
    """A callable that a job may take along; it passes what it is given to ``listen`` in this process."""
    if workers == 1:
        yield listen
        return
    from threading import Thread

    with get_context("spawn").Manager() as manager:
        queue = manager.Queue()
        thread = Thread(target=_forward, args=(queue, listen), daemon=True)
        thread.start()
        try:
            yield _Post(queue)
        finally:
            queue.put(None)
            thread.join()


class _Post:
    """Sends notes to the process that listens."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def __call__(self, note: Any) -> None:
        self._queue.put(note)


def _forward(queue: Any, listen: Callable[[Any], None]) -> None:
    """Hand notes on until the closing None."""
    while (note := queue.get()) is not None:
        listen(note)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, which the processes started meanwhile inherit, then put them back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
