"""Progress of long work on stderr: a bar on a terminal, else a line for each finished unit.

A bar tells units done, units a minute, the time that remains at this rate, and failures.

Where next: ``cli`` watches runs with it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mda_sim.core.cache import kernels_folder
from mda_sim.report.text import for_terminal

if TYPE_CHECKING:
    from mda_sim.study.run import Progress


@contextmanager
def progress(*, quiet: bool, what: str = "units") -> Iterator[Callable[[Progress], None] | None]:
    """Something to watch a run with: a bar on a terminal, else a line per finished unit, all on stderr."""
    if quiet:
        yield None
        return
    if not kernels_folder().is_dir():
        click.echo(
            "the first run on this machine compiles its kernels: some two minutes more, once", err=True
        )
    if sys.stderr.isatty():
        with _bar(what) as watch:
            yield watch
    else:
        yield _Lines(what).watch


@contextmanager
def counted(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """As ``progress``, to be told how many of how many are done; a line for every twentieth part of them."""
    from mda_sim.study.run import Progress

    begun_s = time.perf_counter()
    with progress(quiet=quiet, what=what) as watch:
        if watch is None:
            yield None
            return

        def count(done: int, total: int) -> None:
            """Tell how far it is."""
            watch(Progress(done, total, None, time.perf_counter() - begun_s))

        yield count


def rate_words(progress: Progress) -> str:
    """Units a minute, and the time that remains at this rate; empty before a unit is made."""
    made = progress.units_done - progress.units_found
    if made <= 0 or progress.seconds <= 0:
        return ""
    per_s = made / progress.seconds
    left = max(0, progress.units_total - progress.units_done - progress.units_failed)
    return f"{per_s * 60:.3g}/min, {_clock(left / per_s)} left"


def _clock(seconds: float) -> str:
    """A time as h:mm:ss, or m:ss below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class _Lines:
    """A line when a long stage begins, when a unit is in its place, and when units failed.

    Where no stages are told, a line for every twentieth part.
    """

    def __init__(self, what: str) -> None:
        self._words, self._failed, self._part = what, 0, -1

    def watch(self, progress: Progress) -> None:
        """Print what is worth a line."""
        what = self._what(progress)
        if what is None:
            return
        counts = f"[{progress.units_done}/{progress.units_total}] {progress.seconds:6.1f} s"
        click.echo(for_terminal(f"{counts}  {what}"), err=True)

    def _what(self, progress: Progress) -> str | None:
        if progress.units_failed > self._failed:
            self._failed = progress.units_failed
            return f"{progress.units_failed} failed"
        note = progress.note
        if note is None:
            return self._twentieth(progress)
        unit = f"seed {note.seed} {note.configuration or 'sensing'}"
        begun = {
            "world": f"seed {note.seed} world ...",
            "sense": f"{unit} ...",
            "draw": "maps and charts ...",
        }
        ended = {"store": f"{unit} done", "draw": "maps and charts done"}
        what = (ended if note.ended else begun).get(note.stage)
        rate = rate_words(progress) if what is not None and note.stage == "store" else ""
        return f"{what}  ({rate})" if rate else what

    def _twentieth(self, progress: Progress) -> str | None:
        done, total = progress.units_done, progress.units_total
        part = 20 * done // total if total else 20
        if part == self._part:
            return None
        self._part = part
        if not total:
            return "every unit is there already"
        rate = rate_words(progress)
        return f"{self._words}  ({rate})" if rate else self._words


@contextmanager
def _bar(what: str) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("[red]{task.fields[failed]}[/red]"),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(what), total=None, rate="", failed="")

        def watch(progress: Any) -> None:
            """Move the bar to where the run is."""
            note = progress.note
            where = f"seed {note.seed} {note.configuration}" if note is not None and note.seed else ""
            words = what if note is None else f"{note.stage} {where}".strip()
            bar.update(
                task,
                total=progress.units_total,
                completed=progress.units_done,
                rate=rate_words(progress),
                failed=f"{progress.units_failed} failed" if progress.units_failed else "",
                description=escape(words),
            )

        yield watch
