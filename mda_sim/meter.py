"""What stages of a run take, and word of when each begins and ends.

Model: wall-clock time, and the most memory that the process held while the stage ran.

Assumptions and limits: memory is that of the whole process, not the stage's share; where the system cannot
start a new high-water mark (other than Linux), it is the most since the process began.
Where next: ``pipeline`` measures its stages, ``study`` passes the notes on to whoever watches.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

STAGES: Final = ("world", "sense", "frame", "share", "audit", "score")
"""Stages in the order in which they run; the last three once per configuration."""


class StageNote(NamedTuple):
    """Word that a stage has begun or ended, for whoever watches a run."""

    seed: int
    configuration: str
    """Empty for the stages that all configurations share."""
    stage: str
    """One of ``STAGES``, or the name of another piece of work."""
    ended: bool


Watch = Callable[[StageNote], None]
"""What a run tells its progress to."""


@dataclass(frozen=True)
class StageCost:
    """What one stage took."""

    stage: str
    seconds: float
    """Wall-clock time [s]."""
    peak_bytes: int
    """Most memory that the process held during the stage, all of it, not the stage's share [bytes]."""


@dataclass
class Meter:
    """Collects the cost of stages, and passes on when each begins and ends."""

    seed: int
    watch: Watch | None = None
    configuration: str = ""
    costs: list[StageCost] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what runs inside as the stage ``name``."""
        self._tell(name, ended=False)
        _forget_peak()
        begun_s = time.perf_counter()
        yield
        self.costs.append(StageCost(name, time.perf_counter() - begun_s, peak_memory_bytes()))
        self._tell(name, ended=True)

    def of(self, configuration: str) -> Meter:
        """A meter for the stages of one configuration, with costs of its own."""
        return Meter(self.seed, self.watch, configuration)

    def _tell(self, stage: str, *, ended: bool) -> None:
        if self.watch is not None:
            self.watch(StageNote(self.seed, self.configuration, stage, ended))


def peak_memory_bytes() -> int:
    """Most memory that this process has held (since ``_forget_peak``, where that works); 0 if unknown."""
    status = _proc("status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _forget_peak() -> None:
    """Start a new high-water mark, where the system has one that can be reset (Linux)."""
    try:
        _proc("clear_refs").write_text("5")
    except OSError:
        return


def _proc(name: str) -> Path:
    return Path("/proc/self") / name
