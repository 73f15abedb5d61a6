"""A crew on a Dask cluster that is already there.

    mda-sim run SCENARIO.yaml --cluster tcp://10.0.0.1:8786 --out /shared/study

Model: jobs go to the scheduler whose address is given; they read and write the study's folder, which every
worker must see under the same path. Before anything is handed out, each worker is asked whether it sees the
folder, and whether its program is this one, byte for byte: both can change a result, or lose it. A worker
that vanishes is replaced by the scheduler, which tries its call on others.

Assumptions and limits: a worker process does one job at a time, however many threads it has: drawing and the
measure of memory belong to the whole process. Workers that join later are not asked.
Where next: ``crew`` opens it.
"""

from __future__ import annotations

import os
import pickle
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mda_sim.core.errors import RunError
from mda_sim.study.crew import OnExecutor, Post
from mda_sim.study.identity import model_sources_digest

if TYPE_CHECKING:
    Client = Any  # of distributed, which states no types

R = TypeVar("R")

WAIT_S: Final = 10
"""How long the scheduler may take to answer, and workers to be there [s]."""

_TOPIC: Final = "mda_sim"

#: One job at a time in a process.
_turn = Lock()


@contextmanager
def open_cluster(address: str, folder: Path, listen: Post) -> Iterator[OnExecutor]:
    """A crew of the workers of the scheduler at ``address``, for a study in ``folder``.

    RunError if Dask is not installed, nobody answers, there are no workers, or a worker does not see the
    folder or has another program.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise RunError("--cluster needs the package distributed: install mda-sim[cluster]") from error
    try:
        client: Any = Client(address, timeout=WAIT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise RunError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        _refuse_strangers(client, address, folder)
        topic = f"{_TOPIC}-{secrets.token_hex(8)}"
        client.subscribe_topic(topic, lambda event: listen(pickle.loads(event[1])))
        try:
            yield _Workers(client, topic)
        finally:
            client.unsubscribe_topic(topic)


@dataclass(frozen=True)
class _PostToTopic:
    """From a worker, passes notes to the process that handed out its job."""

    topic: str

    def __call__(self, note: Any) -> None:
        from distributed import get_worker

        get_worker().log_event(self.topic, pickle.dumps(note))


class _Workers(OnExecutor):
    """The workers of a cluster."""

    def __init__(self, client: Client, topic: str) -> None:
        from distributed.scheduler import KilledWorker

        self._client = client
        self.post = _PostToTopic(topic)
        self._executor = client.get_executor(pure=False)
        self.deaths = (KilledWorker,)
        self.size = max(1, len(client.nthreads()))
        self.ahead = self.size

    @property
    def executor(self) -> Executor:
        return _OneByOne(self._executor)

    def replace_dead(self) -> None:
        self.size = max(1, len(self._client.nthreads()))


class _OneByOne(Executor):
    """Has each job wait for its turn in its process."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def submit(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Any:
        """Hand the job on."""
        return self._executor.submit(_in_turn, fn, *args, **kwargs)


def _in_turn(function: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    with _turn:
        return function(*args, **kwargs)


def _refuse_strangers(client: Client, address: str, folder: Path) -> None:
    """RunError unless there are workers, and all see the folder and have this program."""
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
    except TimeoutError as error:
        raise RunError(f"the Dask scheduler at {address} has no workers") from error
    mark = folder.absolute() / f".seen-{secrets.token_hex(8)}"
    mark.touch()
    try:
        seen: dict[str, bool] = client.run(os.path.exists, str(mark))
    finally:
        mark.unlink()
    refuse_blind(seen, folder)
    digests: dict[str, str] = client.run(model_sources_digest)
    refuse_others(digests, model_sources_digest())


def refuse_blind(seen: Mapping[str, bool], folder: Path) -> None:
    """RunError unless every worker, by its address, sees the folder."""
    blind = sorted(worker for worker, sees in seen.items() if not sees)
    if blind:
        raise RunError(
            f"{len(blind)} of {len(seen)} workers do not see {folder.absolute()} ({blind[0]}): on a cluster "
            "the study's folder must be one that all share, under the same path; name one with --out"
        )


def refuse_others(digests: Mapping[str, str], digest: str) -> None:
    """RunError unless every worker, by its address, has the program with this digest."""
    others = sorted(worker for worker, found in digests.items() if found != digest)
    if others:
        raise RunError(
            f"{len(others)} of {len(digests)} workers run another version of mda_sim ({others[0]}); install "
            "the same on all"
        )
