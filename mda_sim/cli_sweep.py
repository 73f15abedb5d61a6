"""The verb ``sweep``: a scenario at many points of a space of factors.

Where next: ``cli`` adds it to the others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_options import crew_options, nation_option
from mda_sim.cli_progress import counted
from mda_sim.cli_shared import errors, say

if TYPE_CHECKING:
    from mda_sim.scenario.sweep_file import SweepFile
    from mda_sim.study.sweep_plan import SweepPlan

_DESIGNS = ("grid", "random", "lhs")


@click.command(
    cls=Verb,
    short_help="Run many settings; where does the answer turn?",
    examples=(
        "mda-sim sweep scenarios/sweeps/quick_release.yaml",
        "mda-sim sweep scenarios/quick.yaml --factor staff=sharing.desks.phl_release_usa.servers:1,2,4",
    ),
)
@click.argument("path", metavar="SWEEP|SCENARIO", type=click.Path(path_type=Path))
@click.option(
    "--factor",
    "factors",
    multiple=True,
    metavar="NAME=KEY:VALUES",
    help="Sweep SCENARIO over a factor: KEY:1,2,4, KEY:low..high[@log], KEY+KEY:x0.5..x2; may be repeated.",
)
@click.option("--design", type=click.Choice(_DESIGNS), help="With --factor: which points; default: grid.")
@click.option(
    "--points",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="With --factor: levels of a range in a grid (default 5), else the number of points.",
)
@click.option(
    "--draw-seed",
    type=click.IntRange(0, 2**31 - 1),
    metavar="S",
    help="With --factor: seed of random points, or of a Latin hypercube; default 1.",
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Scenario instead of the one that SWEEP names.",
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY.PATH=VALUE",
    help="Override one value at all points; repeatable.",
)
@click.option("--configurations", metavar="A,B", help="Only these configurations; the baseline always runs.")
@click.option("--seeds", type=click.IntRange(1, 10_000), metavar="N", help="Run N seeds.")
@click.option(
    "--metric", "metrics", multiple=True, metavar="M", help="A metric to look at instead; may be repeated."
)
@click.option("--group", metavar="G[@ZONE]", help="Group of vessels of --metric; default: all.")
@nation_option
@click.option(
    "--check", "only_check", is_flag=True, help="Load every point, print the plan, and run nothing."
)
@crew_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Output folder; default: runs/<scenario>-<digest>-sweep-<name>.",
)
@click.option(
    "--keep-sensing/--drop-sensing",
    default=False,
    show_default=True,
    help="Keep world and sensing in the folder for later calls; they may take gigabytes.",
)
@click.option("--allow-path", is_flag=True, help="Let 'extends' and files leave the scenario's folder.")
@click.option("--quiet", is_flag=True, help="No progress and no table: print the folder only.")
@click.option("--json", "as_json", is_flag=True, help="Print the results, or the plan, as JSON.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def sweep(
    path: Path,
    factors: tuple[str, ...],
    design: str | None,
    points: int | None,
    draw_seed: int | None,
    scenario: Path | None,
    sets: tuple[str, ...],
    configurations: str | None,
    seeds: int | None,
    metrics: tuple[str, ...],
    group: str | None,
    nation: str | None,
    only_check: bool,
    workers: int | None,
    cluster: str | None,
    out: Path | None,
    keep_sensing: bool,
    allow_path: bool,
    quiet: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Run a scenario at many points, and tell what each factor does to its answer, and from where on.

    SWEEP is a file that says what is moved, or SCENARIO is swept over the factors that --factor names. Points
    times configurations times seeds; tables and charts go to a folder; an interrupted sweep goes on where it
    stopped.
    """
    if factors and scenario is not None:
        raise click.UsageError("with --factor the argument is the scenario; leave --scenario out")
    if not factors and (design or points is not None or draw_seed is not None):
        raise click.UsageError(
            "--design, --points and --draw-seed belong to --factor; a sweep file states its own"
        )
    with errors(debug):
        from mda_sim.study.sweep import plan_sweep
        from mda_sim.study.sweep import sweep as run_sweep

        with counted("points loaded and checked", quiet=quiet) as watch:
            plan = plan_sweep(
                _asked(path, factors, design, points, draw_seed),
                scenario=scenario,
                sets=sets,
                configurations=_names(configurations),
                seeds=seeds,
                metrics=metrics,
                group=group,
                nation=nation,
                allow_path=allow_path,
                watch=watch,
            )
        for problem in (*plan.scenario.warnings, *plan.scenario.notes):
            say(str(problem), err=True)
        if only_check:
            _show_plan(plan, as_json=as_json)
            return
        with counted("units", quiet=quiet) as watch:
            found = run_sweep(
                plan, out=out, workers=workers, cluster=cluster, keep_sensing=keep_sensing, watch=watch
            )
        if as_json:
            content = {"folder": str(found.folder), **found.results}
            click.echo(json.dumps(content, indent=2, ensure_ascii=False))
            return
        if not quiet:
            for line in found.lines():
                say(line)
        say(str(found.folder))


def _asked(
    path: Path, factors: tuple[str, ...], design: str | None, points: int | None, draw_seed: int | None
) -> SweepFile:
    from mda_sim.scenario.sweep_file import read_sweep, sweep_of_options

    if factors:
        return sweep_of_options(path, factors, design or "grid", points, draw_seed)
    return read_sweep(path)


def _names(words: str | None) -> list[str] | None:
    return None if words is None else [word.strip() for word in words.split(",") if word.strip()]


def _show_plan(plan: SweepPlan, *, as_json: bool) -> None:
    """Print what a sweep will run."""
    from mda_sim.report.sweep_words import plan_lines
    from mda_sim.study.sweep import default_folder
    from mda_sim.study.sweep_results import head_of

    if as_json:
        click.echo(json.dumps(head_of(plan), indent=2, ensure_ascii=False))
        return
    spans = [(factor.name, plan.span_words(name)) for name, factor in plan.factors.items()]
    for line in plan_lines(plan.counts(), plan.sweep.spec.design.kind, spans):
        say(line)
    say(f"Nothing was run; it would go to {default_folder(plan)}")
