"""The verb ``export``: a finished run in the formats of other programs.

Where next: ``cli`` puts it among the others; ``study.export`` does the work.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_shared import errors, say

_FORMATS = "geojson, geoparquet, czml, kml, netcdf, aivdm, csv, svg"


@click.command(
    cls=Verb,
    short_help="Write a run for GIS, globes, AIS tools, xarray, spreadsheets.",
    examples=(
        "mda-sim export RUN --to geoparquet,netcdf",
        "mda-sim export RUN --to czml --configuration direct_manual --vessels 200",
        "mda-sim export RUN --to aivdm --from 1 --until 2",
    ),
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--to",
    multiple=True,
    required=True,
    metavar="FORMAT",
    help=f"Some of {_FORMATS}; with commas between them, or repeated.",
)
@click.option("--configuration", metavar="ID", help="Configuration of the run; default: its baseline.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Seed; default: the first.")
@click.option("--from", "begin", metavar="T", help="First instant, as for picture; default: scored time.")
@click.option("--until", "end", metavar="T", help="Last instant; default: end of the scored time.")
@click.option(
    "--step",
    "step_s",
    type=float,
    default=3600.0,
    show_default=True,
    metavar="S",
    help="Time between two points of a track, and two looks at what is held [s].",
)
@click.option(
    "--vessels",
    default="500",
    show_default=True,
    metavar="N",
    help="At most N vessels, evenly chosen among those present, or all.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder; default: RUN/exports/<of what>."
)
@click.option("--json", "as_json", is_flag=True, help="Print the files as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def export(
    folder: Path,
    to: tuple[str, ...],
    configuration: str | None,
    seed: int | None,
    begin: str | None,
    end: str | None,
    step_s: float,
    vessels: str,
    out: Path | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Write the finished run in the folder RUN for other programs: maps, globes, tables, AIS tools."""
    from mda_sim.study.export import export_run

    if vessels != "all" and not (vessels.isascii() and vessels.isdecimal()):
        raise click.BadParameter(f"expected a number or all, got {vessels!r}", param_hint="--vessels")
    with errors(debug):
        done = export_run(
            folder,
            to,
            configuration=configuration,
            seed=seed,
            begin=begin,
            end=end,
            step_s=step_s,
            vessels=None if vessels == "all" else int(vessels),
            out=out,
        )
        if as_json:
            content = {
                "folder": str(done.folder),
                "files": [str(file) for file in done.files],
                "vessels": done.n_vessels,
                "vessels_present": done.n_present,
            }
            click.echo(json.dumps(content, indent=2, ensure_ascii=False))
            return
        for file in done.files:
            say(f"{file}  {file.stat().st_size / 2**20:,.1f} MiB")
        if done.n_vessels < done.n_present:
            say(f"{done.n_vessels} of {done.n_present} vessels, evenly chosen; all with --vessels all")
