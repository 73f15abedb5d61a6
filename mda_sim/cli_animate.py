"""The verb ``animate``: a day in one nation's picture of a finished run, as a GIF.

Where next: ``cli`` puts it among the others; ``study.animate`` does the work.
"""

from __future__ import annotations

from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_shared import errors, say


@click.command(
    cls=Verb,
    short_help="Draw a day in a nation's picture, as a GIF.",
    examples=("mda-sim animate RUN --nation JPN --configuration direct_automated --day 5",),
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--nation", required=True, metavar="XXX", help="Whose picture.")
@click.option("--configuration", metavar="ID", help="Configuration of the run; default: its baseline.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Seed; default: the first.")
@click.option("--day", type=int, default=1, show_default=True, metavar="N", help="Scored day, from 1 on.")
@click.option(
    "--step", "step_s", type=float, default=3600.0, show_default=True, metavar="S", help="Between frames [s]."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.gif",
    help="File; default: RUN/animations/<of what>.gif.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def animate(
    folder: Path,
    nation: str,
    configuration: str | None,
    seed: int | None,
    day: int,
    step_s: float,
    out: Path | None,
    debug: bool,
) -> None:
    """Draw a day of the finished run in the folder RUN: what sails, and what a nation holds of it."""
    from mda_sim.study.animate import animate_day

    with errors(debug):
        path = animate_day(
            folder, nation, configuration=configuration, seed=seed, day=day, step_s=step_s, out=out
        )
        say(f"{path}  {path.stat().st_size / 2**20:,.1f} MiB")
