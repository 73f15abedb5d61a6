"""What all verbs of the command line do alike: read the scenario, print, and turn errors into exit codes.

Where next: ``cli`` and the modules of single verbs.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from mda_sim.core.errors import MdaError
    from mda_sim.scenario import Scenario


def load(
    path: Path,
    configurations: str | None,
    seeds: int | None,
    sets: tuple[str, ...],
    *,
    allow_path: bool,
    strict: bool,
    quiet: bool = False,
) -> Scenario:
    """The scenario, its warnings and notes printed unless ``quiet``; ``strict``: warnings are errors."""
    from mda_sim.core.errors import ScenarioError
    from mda_sim.scenario import load_scenario

    names = [name.strip() for name in configurations.split(",") if name.strip()] if configurations else None
    loaded = load_scenario(path, sets=sets, configurations=names, seeds=seeds, allow_path=allow_path)
    if strict and loaded.warnings:
        raise ScenarioError(loaded.warnings)
    for problem in () if quiet else (*loaded.warnings, *loaded.notes):
        say(str(problem), err=True)
    return loaded


INTERRUPTED = 130
"""Exit code after an interrupt, as shells have it: 128 and the number of the signal."""


@contextmanager
def errors(debug: bool) -> Iterator[None]:
    """Turn errors that are the user's to mend into text on stderr and an exit code.

    A request to terminate ends the work as an interrupt does, so that workers end too.
    """
    from mda_sim.core.errors import MdaError

    try:
        with _terminated_as_interrupted():
            yield
    except KeyboardInterrupt:
        say("interrupted: what is whole is kept, and the same command goes on from there", err=True)
        sys.exit(INTERRUPTED)
    except MdaError as error:
        if debug:
            raise
        _fail(error)
    except BrokenPipeError:
        raise  # the reader of stdout has gone, as 'head' does; click ends quietly
    except OSError as error:
        if debug:
            raise
        say(f"error: {error}", err=True)
        sys.exit(1)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A signal to terminate raises KeyboardInterrupt inside; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _fail(error: MdaError) -> NoReturn:
    from mda_sim.core.errors import ScenarioError

    if isinstance(error, ScenarioError):
        say(str(error), err=True)
        count = len(error.problems)
        say(f"{count} problem{'s' if count != 1 else ''}; nothing was done.", err=True)
    else:
        say(f"error: {error}", err=True)
    sys.exit(error.exit_code)


def say(text: str, *, err: bool = False) -> None:
    """Print text, with control characters of external origin stripped."""
    from mda_sim.report.text import for_terminal

    click.echo(for_terminal(text), err=err)


def begun(what: str) -> None:
    """Say on stderr that a piece of work has begun."""
    say(f"{what} ...", err=True)
