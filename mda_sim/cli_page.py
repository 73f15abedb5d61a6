"""The verb ``page``: the page of a finished run, drawn again with studies of value and sensitivity on it.

Where next: ``cli`` puts it among the others; ``study.redraw`` does the work.
"""

from __future__ import annotations

from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_shared import errors, say


@click.command(
    cls=Verb,
    short_help="Draw the page again, with studies of value and sensitivity on it.",
    examples=(
        "mda-sim page RUN --value runs/value",
        "mda-sim page RUN --value runs/links --value runs/treaties --sensitivity runs/sensitivity",
    ),
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--value",
    "values",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of a study by 'mda-sim value' of the same scenario; may be repeated.",
)
@click.option(
    "--sensitivity",
    "sensitivities",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of an analysis by 'mda-sim sensitivity' of the same scenario; may be repeated.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def page(folder: Path, values: tuple[Path, ...], sensitivities: tuple[Path, ...], debug: bool) -> None:
    """Draw report.html of the finished run in the folder RUN again, with studies of its scenario on it.

    Without studies the page is the one that the run made. Studies of another scenario are refused; other
    seeds are not.
    """
    from mda_sim.study.redraw import draw_page

    with errors(debug):
        path = draw_page(folder, value=values, sensitivity=sensitivities)
        say(f"{path}  {path.stat().st_size / 2**20:,.1f} MiB")
