"""The one seam between a study and those who do its work: this process, processes beside it, or a cluster.

    with open_crew(folder, workers=2, listen=heard) as crew:
        for done in crew.each(job, calls): ...

Model: a crew is given calls and tells of each as it ends, in whatever order. Draws are addressed, so neither
how many there are, nor where they are, nor who is first can change a byte of a result. With one worker the
calling process does the work itself; with more, fresh processes (spawn, so that no state is inherited) do;
with the address of a Dask scheduler, the workers of that cluster (``cluster``). No more calls are handed out
than the crew can begin, so what waits costs nothing. Where a worker dies with a call, that call is tried once
more while no other runs; if that worker dies too, the call is **lost**, and the rest goes on.

A job may be given ``crew.post`` along: what it posts comes to ``listen`` in this process. Workers end with
the process that they work for, however that ends.

Assumptions and limits: calls and results are small and can be pickled; tables travel through the study's
folder, not through here. Where next: ``run``, ``value``, ``sensitivity`` and ``sweep`` hand out their jobs.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

from mda_sim.core.collecting import collect_seldom, collecting_seldom
from mda_sim.core.errors import RunError
from mda_sim.study.line import Line, enlist, post_to_line

R = TypeVar("R")
Post = Callable[[Any], None]
Call = tuple[Any, ...]

#: One thread in each numerical library of a worker: the workers are the parallelism.
SINGLE_THREADED: Final[Mapping[str, str]] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}

CLUSTER_VARIABLE: Final = "DASK_SCHEDULER_ADDRESS"
"""Environment variable that names the scheduler of a cluster, as Dask itself reads it."""

MOST_LOST_IN_A_ROW: Final = 3
"""So many calls lost one after another, with none done between them, end a study: nothing gets done here."""


class Done(NamedTuple, Generic[R]):
    """The end of one call."""

    number: int
    """Which call, counted from 0."""
    result: R | None
    """What it returned; None if it is lost."""
    is_lost: bool
    """Whether its worker died, and the next one too."""


class Crew(ABC):
    """Those who do a study's work."""

    size: int
    """How many calls can run at once."""
    post: Post
    """For jobs to take along: passes what it is given to whoever listens in this process."""

    @abstractmethod
    def each(self, function: Callable[..., R], calls: Iterable[Call]) -> Iterator[Done[R]]:
        """The end of each call of ``function``, as they come.

        What a call raises is raised here, and the calls not yet begun are dropped. RunError if workers die
        whatever they are given.
        """

    def all(self, function: Callable[..., R], calls: Iterable[Call]) -> list[R]:
        """What calls return, in their order; the first failure is raised, RunError for one that is lost."""
        found: dict[int, R] = {}
        for done in self.each(function, calls):
            if done.is_lost:
                raise RunError(
                    "a worker process died twice over the same work, most likely for want of memory; run "
                    "again with fewer --workers: what is whole is kept"
                )
            found[done.number] = cast("R", done.result)
        return [found[number] for number in range(len(found))]


def cluster_of(workers: int | None, cluster: str | None) -> str | None:
    """The address of the scheduler to use: the one given, or that of the environment, or none.

    A number of workers asks for processes of this machine, whatever the environment says.
    """
    if cluster is not None:
        return cluster
    return None if workers is not None else os.environ.get(CLUSTER_VARIABLE) or None


def default_workers(n_jobs: int) -> int:
    """One process per job, but no more than there are processors for this process."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, n_jobs))


@contextmanager
def open_crew(
    folder: Path,
    *,
    n_jobs: int,
    workers: int | None = None,
    cluster: str | None = None,
    listen: Post | None = None,
) -> Iterator[Crew]:
    """A crew for a study in ``folder``: ``workers`` processes, or the cluster whose scheduler is named.

    By default one process for each of ``n_jobs``, at most one per processor, unless the environment names a
    cluster; one worker means this process. Leaving the block ends the processes that it began.

    ValueError below one worker; RunError if the cluster is not there or its workers do not see the folder.
    """
    heard = listen if listen is not None else _nobody
    address = cluster_of(workers, cluster)
    if address is not None:
        from mda_sim.study.cluster import open_cluster

        with collecting_seldom(), open_cluster(address, folder, heard) as crew:
            yield crew
        return
    size = default_workers(n_jobs) if workers is None else workers
    if size < 1:
        raise ValueError(f"workers must be at least 1, got {size}")
    with collecting_seldom():
        if size == 1:
            yield _ThisProcess(heard)
            return
        with Line(heard) as line, _environment(SINGLE_THREADED), _Processes(size, line) as crew:
            yield crew


class _ThisProcess(Crew):
    """The calling process alone."""

    def __init__(self, listen: Post) -> None:
        self.size, self.post = 1, listen

    def each(self, function: Callable[..., R], calls: Iterable[Call]) -> Iterator[Done[R]]:
        """Call after call."""
        for number, call in enumerate(calls):
            yield Done(number, function(*call), is_lost=False)


class _Try(NamedTuple):
    """A call that has been handed out."""

    number: int
    call: Call


class OnExecutor(Crew):
    """A crew behind an executor of ``concurrent.futures``."""

    deaths: tuple[type[BaseException], ...] = (BrokenExecutor,)
    """What a future raises whose worker died."""
    ahead = 0
    """Calls handed out beyond those that run."""

    @property
    @abstractmethod
    def executor(self) -> Executor:
        """To whom calls are handed now."""

    @abstractmethod
    def replace_dead(self) -> None:
        """Workers have died: see to it that the executor takes calls again."""

    def each(self, function: Callable[..., R], calls: Iterable[Call]) -> Iterator[Done[R]]:
        """As many at once as run, until a worker dies; then what was under way, one at a time."""
        rest = (_Try(number, call) for number, call in enumerate(calls))
        suspects: deque[_Try] = deque()
        lost_in_a_row = 0
        while True:
            is_alone = bool(suspects)
            source = iter([suspects[0]]) if is_alone else rest
            under_way: dict[Future[R], _Try] = {}
            died = self._top_up(function, source, under_way)
            if not under_way and not died:
                return
            while under_way:
                for done in self._ended(under_way, died):
                    lost_in_a_row = 0
                    yield done
                if not died:
                    died += self._top_up(function, source, under_way)
            if died:
                self.replace_dead()
            if not is_alone:
                suspects.extend(sorted(died))
                continue
            suspect = suspects.popleft()
            if died:
                yield Done(suspect.number, None, is_lost=True)
                lost_in_a_row += 1
            if lost_in_a_row == MOST_LOST_IN_A_ROW:
                raise RunError(
                    f"workers die whatever they are given ({lost_in_a_row} times running), most likely for "
                    "want of memory; run again with fewer --workers: what is whole is kept"
                )

    def _top_up(
        self, function: Callable[..., R], source: Iterator[_Try], under_way: dict[Future[R], _Try]
    ) -> list[_Try]:
        """Hand out calls until everybody has one; those that nobody is left to take."""
        while len(under_way) < self.size + self.ahead:
            one = next(source, None)
            if one is None:
                break
            try:
                under_way[self.executor.submit(function, *one.call)] = one
            except self.deaths:
                return [one]
        return []

    def _ended(self, under_way: dict[Future[R], _Try], died: list[_Try]) -> list[Done[R]]:
        """Wait until any call ends; those whose worker died are put to ``died``."""
        ended = []
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            one = under_way.pop(future)
            try:
                ended.append(Done(one.number, future.result(), is_lost=False))
            except self.deaths:
                died.append(one)
        return ended


class _Processes(OnExecutor):
    """Fresh processes of this machine."""

    def __init__(self, size: int, line: Line) -> None:
        self.size, self.post, self._line = size, post_to_line, line
        self._not_ours = frozenset(active_children())
        self._pool = self._new()

    @property
    def executor(self) -> Executor:
        return self._pool

    def replace_dead(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._new()

    def __enter__(self) -> _Processes:
        """The crew itself."""
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """End the processes: when they have done what they are at, or at once where something went wrong."""
        if failure is not None:
            for process in set(active_children()) - self._not_ours:
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _new(self) -> ProcessPoolExecutor:
        context = get_context("spawn")
        return ProcessPoolExecutor(
            self.size, mp_context=context, initializer=_begin, initargs=self._line.credentials
        )


def _begin(*credentials: Any) -> None:
    """What each of these processes does first."""
    collect_seldom()
    enlist(*credentials)


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


def _nobody(note: Any) -> None:
    """Listens to nothing."""
