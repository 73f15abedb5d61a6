"""The verb ``status``: how far the study in a folder is.

Where next: ``cli`` puts it among the others.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_shared import errors, say


@click.command(
    cls=Verb,
    short_help="How far a run or study is, and what failed.",
    examples=("mda-sim status RUN",),
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def status(folder: Path, as_json: bool, debug: bool) -> None:
    """Tell how far the run in the folder RUN is: units whole, wanting, damaged, failed; who is at work.

    Every failed unit is shown with its error and the command that makes it alone. Exit code 0 if the run is
    complete or somebody is at work on it, 1 if not, 2 if there is no run.
    """
    from mda_sim.study.status import status_of

    with errors(debug):
        found = status_of(folder)
        if as_json:
            click.echo(json.dumps(found.plain_data(), indent=2, ensure_ascii=False))
        else:
            for line in found.lines():
                say(line)
    if not found.is_complete and not found.at_work:
        raise SystemExit(1)
