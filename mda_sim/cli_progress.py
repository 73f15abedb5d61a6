"""Progress of a run on stderr: a bar on a terminal, else a line for each finished unit.

Where next: ``cli`` watches runs with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from mda_sim.report.text import for_terminal

if TYPE_CHECKING:
    from mda_sim.study.run import Progress


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Something to watch a run with: a bar on a terminal, else a line per finished unit, all on stderr."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _print_line


def _print_line(progress: Progress) -> None:
    """A line when a long stage begins and when a unit is in its place."""
    note = progress.note
    if note is None:
        return
    unit = f"seed {note.seed} {note.configuration or 'sensing'}"
    begun = {"world": f"seed {note.seed} world ...", "sense": f"{unit} ...", "draw": "maps and charts ..."}
    ended = {"store": f"{unit} done", "draw": "maps and charts done"}
    what = (ended if note.ended else begun).get(note.stage)
    if what is not None:
        click.echo(
            for_terminal(f"[{progress.units_done}/{progress.units_total}] {progress.seconds:6.1f} s  {what}"),
            err=True,
        )


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def watch(progress: Any) -> None:
            """Move the bar to where the run is."""
            note = progress.note
            where = f"seed {note.seed} {note.configuration}" if note.seed else ""
            words = escape(f"{note.stage} {where}".strip())
            bar.update(task, total=progress.units_total, completed=progress.units_done, description=words)

        yield watch
