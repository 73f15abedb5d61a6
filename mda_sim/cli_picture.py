"""The verb ``picture``: what a node holds at an instant, from the stored tables of a finished run.

Where next: ``cli`` puts it beside the other verbs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_shared import errors, say

#: Width of the table where stdout is no terminal [characters].
FILE_WIDTH: Final = 140


@click.command(
    cls=Verb,
    short_help="What a nation held of each vessel at an instant.",
    examples=(
        "mda-sim picture RUN --nation JPN --at 2026-03-08T12:00",
        "mda-sim picture RUN --nation PHL --at 36h --configuration direct_manual --out held.csv",
    ),
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--nation", required=True, metavar="XXX", help="Whose picture.")
@click.option(
    "--at",
    required=True,
    metavar="T",
    help="When: YYYY-MM-DD[Thh:mm] (UTC), 36h or 1.5d since the start of the run, or the number of a scored "
    "day, for its beginning.",
)
@click.option("--configuration", metavar="ID", help="Configuration of the run; default: its baseline.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Seed; default: the first.")
@click.option("--node", metavar="ID", help="Another node of the nation than its picture node.")
@click.option(
    "--rows", type=click.IntRange(1), default=40, show_default=True, help="Vessels to print, freshest first."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.csv", help="Write all rows as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print all rows as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def picture(
    folder: Path,
    nation: str,
    at: str,
    configuration: str | None,
    seed: int | None,
    node: str | None,
    rows: int,
    out: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """What a nation's node held of each vessel at an instant of the finished run in the folder RUN."""
    from mda_sim.report.picture_table import picture_csv, picture_rows, print_picture
    from mda_sim.study.folder import write_text
    from mda_sim.study.pictures import open_picture

    with errors(debug):
        found = open_picture(folder, nation, at, configuration=configuration, seed=seed, node=node, out=out)
        table, timeline = found.table, found.unit.scenario.timeline
        head = {
            "nation": nation,
            "configuration": found.unit.configuration,
            "seed": str(found.unit.seed),
        }
        if out is not None:
            write_text(out, picture_csv(table, timeline))
        if as_json:
            content = {
                **head,
                "seed": found.unit.seed,
                "node": found.node,
                "t_at_us": table.meta["t_at_us"],
                "t_at_utc": timeline.datetime_at(table.meta["t_at_us"]).isoformat(),
                "tau_s": table.meta["tau_us"] / 1e6,
                "search_radius_m": table.meta["search_radius_m"],
                "rows": list(picture_rows(table, timeline)),
            }
            click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
        elif out is not None:
            say(str(out))
        else:
            from rich.console import Console

            width = None if sys.stdout.isatty() else FILE_WIDTH
            print_picture(Console(highlight=False, width=width), table, timeline, head, rows)
