"""The verb ``explain``: the story of a vessel or a place for one nation, from stored tables.

Where next: ``cli`` puts it beside the other verbs.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_shared import errors, say


def _cell(context: click.Context, option: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """Latitude and longitude; None for none."""
    if value is None:
        return None
    try:
        lat_deg, lon_deg = (float(word) for word in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"expected LAT,LON in degrees, got '{value}'") from error
    return lat_deg, lon_deg


@click.command(
    cls=Verb,
    short_help="Tell the story of one vessel: sensors, gates, waits, arrival.",
    examples=(
        "mda-sim explain RUN --nation JPN --vessel 'banca/masinloc#278'",
        "mda-sim explain RUN --nation JPN --cell 15.1,117.8 --configuration us_hub_consent",
    ),
)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--nation", required=True, metavar="XXX", help="For whom the story is told.")
@click.option(
    "--vessel",
    metavar="V",
    help="A target id, an MMSI of 9 digits, <stream>#<index> as 'picture' prints it, or <class>#<k>.",
)
@click.option(
    "--cell", metavar="LAT,LON", callback=_cell, help="In place of a vessel: the probe nearest to a place."
)
@click.option(
    "--at",
    metavar="T",
    help="Ask about this instant: YYYY-MM-DD[Thh:mm] (UTC), 36h or 1.5d since the start of the run, or the "
    "number of a scored day, for its beginning.",
)
@click.option("--configuration", metavar="ID", help="Configuration of the run; default: its baseline.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Seed; default: the first.")
@click.option("--all", "all_rows", is_flag=True, help="Tell every sighting by itself, not runs of like ones.")
@click.option("--json", "as_json", is_flag=True, help="Print the story as JSON, every sighting and hop.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def explain(
    folder: Path,
    nation: str,
    vessel: str | None,
    cell: tuple[float, float] | None,
    at: str | None,
    configuration: str | None,
    seed: int | None,
    all_rows: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Tell the story of a vessel for a nation in the finished run in the folder RUN.

    Who saw it and when, what every gate, desk and link did with the reports, when they arrived or where they
    stopped, and what the nation's picture then said.
    """
    from mda_sim.study.explain import explain as tell

    with errors(debug):
        told = tell(folder, nation, vessel=vessel, cell=cell, at=at, configuration=configuration, seed=seed)
        if as_json:
            click.echo(json.dumps(told.plain_data(), indent=2, ensure_ascii=False, allow_nan=False))
            return
        for line in told.lines(all_rows=all_rows):
            say(line)
