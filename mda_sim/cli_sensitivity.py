"""The verb ``sensitivity``: what each named assumption does to the answer.

Where next: ``cli`` adds it to the others.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_options import crew_options, nation_option, scenario_options
from mda_sim.cli_progress import counted
from mda_sim.cli_shared import errors, load, say


@click.command(
    cls=Verb,
    short_help="What each named assumption moves in the answer.",
    examples=(
        "mda-sim sensitivity scenarios/quick.yaml",
        "mda-sim sensitivity scenarios/quick.yaml --method morris --trajectories 5 --nation JPN",
    ),
)
@scenario_options
@click.option(
    "--metric", metavar="M", help="A metric instead of the primary endpoints, or those of them with it."
)
@click.option(
    "--group", metavar="G[@ZONE]", help="Group of vessels of the figures; with --metric: default 'all'."
)
@nation_option
@click.option(
    "--method",
    type=click.Choice(["one_at_a_time", "morris"]),
    default="one_at_a_time",
    show_default=True,
    help="Each assumption alone at both ends, or all together along random trajectories.",
)
@click.option(
    "--trajectories",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    metavar="R",
    help="Trajectories of a screening; each runs one setting more than there are assumptions.",
)
@click.option(
    "--levels",
    type=click.IntRange(2, 1000),
    default=4,
    show_default=True,
    metavar="P",
    help="Levels of a screening's grid, an even number.",
)
@crew_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder; default: runs/<name>-<digest>-sensitivity or -morris.",
)
@click.option("--quiet", is_flag=True, help="No progress and no table: print the folder only.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON instead of a table.")
def sensitivity(
    scenario: Path,
    configurations: str | None,
    seeds: int | None,
    sets: tuple[str, ...],
    allow_path: bool,
    strict: bool,
    debug: bool,
    metric: str | None,
    group: str | None,
    nation: str | None,
    method: str,
    trajectories: int,
    levels: int,
    workers: int | None,
    cluster: str | None,
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Move the named assumptions of SCENARIO (metrics.assumptions) and tell what that does to its answer.

    The answer: every primary endpoint of every nation, and its paired difference from the baseline. Tables
    and ranked charts go to a folder; an interrupted analysis goes on where it stopped.
    """
    from mda_sim.study.sensitivity import sensitivity as analyse

    with errors(debug):
        loaded = load(scenario, configurations, seeds, sets, allow_path=allow_path, strict=strict)
        with counted("units", quiet=quiet) as watch:
            found = analyse(
                scenario,
                method="morris" if method == "morris" else "one_at_a_time",
                sets=sets,
                configurations=list(loaded.arrangements) if configurations else None,
                seeds=seeds,
                metric=metric,
                group=group,
                nation=nation,
                trajectories=trajectories,
                levels=levels,
                workers=workers,
                cluster=cluster,
                out=out,
                allow_path=allow_path,
                watch=watch,
            )
        if as_json:
            content = {"folder": str(found.folder), **found.results}
            click.echo(json.dumps(content, indent=2, ensure_ascii=False))
            return
        if not quiet:
            for line in found.lines():
                say(line)
        say(str(found.folder))
