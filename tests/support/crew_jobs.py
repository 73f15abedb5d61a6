"""What crews are given in tests: functions that fresh processes can import."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def of_process() -> int:
    return os.getpid()


def garbage_threshold() -> int:
    return gc.get_threshold()[0]


def threads() -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def tell(post: Callable[[Any], None], number: int) -> int:
    post(("told", number))
    return number


def divide(a: int, b: int) -> int:
    return a // b


def square(number: int, fatal: int) -> int:
    """The square of a number; the fatal one kills whoever computes it."""
    if number == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return number * number


def square_unless(number: int, flag: Path) -> int:
    """As ``square``, but whoever comes upon the flag takes it away and dies: once."""
    try:
        flag.unlink()
    except FileNotFoundError:
        return number * number
    os.kill(os.getpid(), signal.SIGKILL)
    return -1


def sleep_long(mark: Path) -> None:
    mark.with_name(f"{mark.name}-{os.getpid()}").touch()
    time.sleep(600)


def employ(mark: Path) -> None:
    """Have a crew sleep; to be killed from outside."""
    from mda_sim.study.crew import open_crew

    with open_crew(mark.parent, n_jobs=2, workers=2) as crew:
        crew.all(sleep_long, [(mark,), (mark,)])
