"""Verbs that need no run: a scenario to start from, the schema of scenario files, and the catalogue.

Where next: ``scenario.starter``, ``scenario.json_schema`` and ``data.catalogue``.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_shared import errors, say

_TABLES = {
    "sites": "radar sites, AIS stations, bases, ground stations",
    "features": "reefs, shoals and islands",
    "ports": "ports, and gateways of the lanes",
    "sea_areas": "named sea areas",
    "sea_lanes": "sea lanes by their waypoints",
    "sensor_types": "radars, receivers and satellites by type",
    "platform_types": "patrol aircraft, drones and ships that carry sensors",
    "agreements": "what public agreements provide, rule by rule",
    "agreement_types": "agreements as a scenario takes them, by type",
    "satellites": "satellites in orbit, by mode",
    "environment_regions": "regions of climate",
    "environment_climate": "wind, waves, rain and cloud by region and month",
    "environment_presets": "weathers to start from",
}
"""Tables of the catalogue, and what is in them."""


@click.command(
    cls=Verb,
    short_help="Write a commented scenario to start from.",
    examples=("mda-sim new mine.yaml",),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="ID", help="Name of the scenario; default: that of the file.")
def new(file: Path, name: str | None) -> None:
    """Write a commented starter scenario to the new FILE: it runs as it is, and is there to be changed."""
    from mda_sim.scenario.starter import write_starter

    with errors(debug=False):
        write_starter(file, name)
        say(f"{file}: check it with 'mda-sim check', run it with 'mda-sim run'")


@click.command(
    cls=Verb,
    short_help="Print the JSON Schema of scenario files, for editors.",
    examples=("mda-sim schema > scenario.schema.json",),
)
@click.option("--sweep", "of_sweeps", is_flag=True, help="That of sweep files instead.")
def schema(of_sweeps: bool) -> None:
    """Print the JSON Schema of scenario files, for editors that complete keys and mark mistakes."""
    from mda_sim.scenario.json_schema import schema_text, sweep_schema_text

    click.echo(sweep_schema_text() if of_sweeps else schema_text(), nl=False)


@click.command(
    cls=Verb,
    short_help="List sites, satellites, sensors, agreements, each with source.",
    examples=(
        "mda-sim catalogue",
        "mda-sim catalogue sites",
        "mda-sim catalogue satellites --json",
    ),
)
@click.argument("table", type=click.Choice(tuple(_TABLES)), metavar="[TABLE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Every column, with sources, as JSON.")
def catalogue(table: str | None, as_json: bool) -> None:
    """List a TABLE of the catalogue, each row with source and confidence; without one, the tables."""
    from mda_sim.data import catalogue as data
    from mda_sim.report.contents import plain_rows, row_lines

    if table is None:
        counts = {name: len(getattr(data, name)()) for name in _TABLES}
        if as_json:
            click.echo(json.dumps(counts, indent=2))
            return
        for name, count in counts.items():
            say(f"{name:<20}{count:>5} rows  {_TABLES[name]}")
        return
    rows = plain_rows(getattr(data, table)())
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in row_lines(rows):
        say(line)
