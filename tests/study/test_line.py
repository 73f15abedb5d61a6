"""A line closes whatever its workers are doing at that moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from mda_sim.study.line import Line

LONG_S = 20.0


def ended(work: Callable[[], None]) -> bool:
    """Whether a piece of work ends before long."""
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(LONG_S)
    return not thread.is_alive()


def open_and_close(line: Line) -> None:
    with line:
        pass


def test_a_line_closes_where_nobody_ever_came() -> None:
    assert ended(lambda: open_and_close(Line(print)))


def test_a_line_closes_where_a_worker_comes_at_that_very_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens the door is busy with that worker until all is over, and answers nobody after that."""
    line = Line(print)

    def greet_until_all_is_over() -> Any:
        while not line._is_closing:
            time.sleep(0.001)
        raise EOFError

    monkeypatch.setattr(line._door, "accept", greet_until_all_is_over)
    assert ended(lambda: open_and_close(line))
