"""Who is at work in a study's folder, and taking turns where only one may be.

Model: a process that fills a folder holds the lock of a file of its own there. The system gives a lock back
when its holder ends, however it ends, so a file whose lock can be had belongs to nobody any more. What a
process has half written carries the name of its file, so that it is known to be left over.

Assumptions and limits: locks are those of ``flock``, which shared file systems on Linux pass on to each
other. Where there are none, whoever wrote within a day counts as at work, and turns are not kept.
Where next: ``folder`` names what is half written, ``run`` holds the lock while it works.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

try:
    import fcntl
except ImportError:  # not on this system
    fcntl = None  # type: ignore[assignment]

MARK: Final = ".at_work-"
"""How the names of such files begin."""
TURN: Final = ".turn"
"""The file whose lock is a turn; it stays, empty."""

_STALE_S: Final = 86_400.0
"""Without locks: how long ago a file that somebody still works with may have been written [s]."""


@contextmanager
def at_work(folder: Path) -> Iterator[str]:
    """Be at work in a folder; gives the name under which this process is known there."""
    host = re.sub(r"[^A-Za-z0-9]", "_", platform.node()) or "host"
    name = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
    path = folder / f"{MARK}{name}"
    with path.open("x") as held:
        _lock(held.fileno(), wait=True)
        try:
            yield name
        finally:
            path.unlink(missing_ok=True)


def those_at_work(folder: Path) -> tuple[str, ...]:
    """Names of the processes at work in a folder; what others have left behind is removed."""
    found = []
    for path in sorted(folder.glob(f"{MARK}*")):
        try:
            with path.open("r+") as other:
                is_there = not _lock(other.fileno(), wait=False)
        except FileNotFoundError:
            continue
        if fcntl is None:
            is_there = time.time() - path.stat().st_mtime < _STALE_S
        if is_there:
            found.append(path.name.removeprefix(MARK))
        else:
            path.unlink(missing_ok=True)
    return tuple(found)


def is_sign_of_work(path: Path) -> bool:
    """Whether a file of a folder is one of this module's, and says nothing of what the folder holds."""
    return path.name.startswith((TURN, MARK))


@contextmanager
def in_turn(folder: Path, about: str = "") -> Iterator[None]:
    """Inside, no other process is inside for this folder and this matter; waits for it to come out."""
    with (folder / f"{TURN}{about}").open("a") as held:
        _lock(held.fileno(), wait=True)
        yield


def _lock(number: int, *, wait: bool) -> bool:
    """Take the lock of an open file, until it is closed; False if somebody else has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: nobody can be seen, and nobody is in the way
        return wait
    return True
