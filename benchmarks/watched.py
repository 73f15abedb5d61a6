"""Run a command and say what its processes took: seconds, memory, open files, and what it left behind.

Everything is read from ``/proc`` (Linux), ten times a second, for the command and all processes below it.
Memory is the high-water mark that the system keeps for each process (``VmHWM``), so only what a process takes
in its last tenth of a second can be missed. Strays are processes of the command's session that outlive it by
two seconds.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

EVERY_S, GRACE_S = 0.1, 2.0
PROC = Path("/proc")


@dataclass
class Watched:
    """What a command took."""

    seconds: float = 0.0
    main_mib: float = 0.0
    """High-water mark of the process itself."""
    worker_mib: float = 0.0
    """That of the largest process below it; 0 if there were none."""
    together_mib: float = 0.0
    """Most that all of them held at one time, pages that they share counted for each."""
    n_processes: int = 0
    """Most at one time."""
    open_files: int = 0
    """Most that one process had open at a time."""
    open_files_late: int = 0
    """Most that one process had open at the last reading."""
    strays: list[int] = field(default_factory=list)
    """Processes that outlived it."""


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Watched:
    """Run a command to its end; CalledProcessError, with what it wrote, if it fails."""
    found, ended = Watched(), threading.Event()
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=None if environment is None else dict(environment),
        start_new_session=True,
    )
    reader = threading.Thread(target=_read_until, args=(process.pid, found, ended), daemon=True)
    reader.start()
    out, errors = process.communicate()
    found.seconds = time.perf_counter() - begun_s
    ended.set()
    reader.join()
    if process.returncode:
        sys.stderr.write(errors)
        raise subprocess.CalledProcessError(process.returncode, command, out, errors)
    time.sleep(GRACE_S)
    found.strays = of_session(process.pid)
    return found


def of_session(session: int) -> list[int]:
    """Processes of a session that still live."""
    return [pid for pid, status in _statuses().items() if status[2] == session]


def tree(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    """Processes started by any thread of a process; none if it is gone."""
    children: list[int] = []
    try:
        for thread in (PROC / str(pid) / "task").iterdir():
            children += map(int, (thread / "children").read_text().split())
    except OSError:
        return children
    return children


def memory_mib(pid: int, name: str) -> float:
    """``VmHWM`` or ``VmRSS`` of a process; 0 if it is gone."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024.0 for line in lines if line.startswith(f"{name}:")), 0.0)


def n_open_files(pid: int) -> int:
    """Open files of a process; 0 if it is gone."""
    try:
        return sum(1 for _ in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return 0


def _read_until(root: int, found: Watched, ended: threading.Event) -> None:
    while not ended.wait(EVERY_S):
        alive = tree(root)
        others = alive[1:]
        found.main_mib = max(found.main_mib, memory_mib(root, "VmHWM"))
        found.worker_mib = max([found.worker_mib, *(memory_mib(pid, "VmHWM") for pid in others)])
        found.together_mib = max(found.together_mib, sum(memory_mib(pid, "VmRSS") for pid in alive))
        found.n_processes = max(found.n_processes, len(alive))
        files = max(n_open_files(pid) for pid in alive)
        found.open_files = max(found.open_files, files)
        found.open_files_late = files or found.open_files_late


def _statuses() -> dict[int, tuple[int, int, int]]:
    """Parent, group and session of each process that lives, zombies left out."""
    made = {}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name may hold spaces and brackets; what follows the last bracket does not.
            state, *rest = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if state != "Z":
            made[int(entry.name)] = (int(rest[0]), int(rest[1]), int(rest[2]))
    return made
