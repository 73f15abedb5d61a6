"""The command line: ``mda-sim VERB ...``; ``run_sim.py F`` is the verb ``run``.

Exit codes: 0 done, 1 failed while running, 2 bad input (all problems are printed, nothing is written).
Answers go to stdout, progress and problems to stderr. Only this module and those beside it whose names begin
with ``cli_`` print.

Heavy imports stand inside the commands, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mda_sim.cli_animate import animate
from mda_sim.cli_audit import audit
from mda_sim.cli_compare import compare
from mda_sim.cli_completion import completion
from mda_sim.cli_explain import explain
from mda_sim.cli_export import export
from mda_sim.cli_help import Verb, Verbs
from mda_sim.cli_lookup import catalogue, new, schema
from mda_sim.cli_options import (
    MOVES,
    check_look,
    run_options,
    scenario_options,
    show_options,
)
from mda_sim.cli_page import page
from mda_sim.cli_picture import picture
from mda_sim.cli_progress import progress
from mda_sim.cli_sensitivity import sensitivity
from mda_sim.cli_shared import begun, errors, load, say
from mda_sim.cli_status import status
from mda_sim.cli_sweep import sweep
from mda_sim.cli_value import value

if TYPE_CHECKING:
    from datetime import datetime

    from mda_sim.scenario import Scenario
    from mda_sim.study.run import Study
    from mda_sim.study.until import Batch, StoppedStudy

#: Width of the table where stdout is no terminal [characters].
_FILE_WIDTH = 100

_SECTIONS = {
    "Write, check and run a scenario": ("new", "check", "show", "run"),
    "Ask a finished run": ("compare", "explain", "picture", "page", "animate", "export", "audit"),
    "Studies of many runs": ("sweep", "sensitivity", "value", "status"),
    "Look up": ("catalogue", "schema", "completion"),
}
"""Verbs as ``mda-sim --help`` groups them."""


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"]},
    sections=_SECTIONS,
    examples=(
        "mda-sim run scenarios/quick.yaml          # ten seconds: an answer, and a folder with everything",
        "mda-sim new mine.yaml                     # a scenario of your own, to run and to change",
        "mda-sim VERB --help                       # every verb has examples",
    ),
)
@click.version_option(package_name="mda-sim")
def main() -> None:
    """Who sees what at sea, how soon, and what changes when nations share differently."""


@main.command(
    cls=Verb,
    short_help="Run a scenario; tables, scores, maps, charts and a page go to a folder.",
    examples=(
        "mda-sim run scenarios/quick.yaml",
        "mda-sim run scenarios/six_arrangements.yaml --configurations direct_manual --seeds 20",
        "mda-sim run scenarios/quick.yaml --set sharing.labels.phl_radar.classification=RESTRICTED",
        "mda-sim run scenarios/quick.yaml --until custody_fraction_24h:0.02",
    ),
)
@run_options
def run(
    scenario: Path,
    configurations: str | None,
    seeds: int | None,
    sets: tuple[str, ...],
    allow_path: bool,
    strict: bool,
    debug: bool,
    workers: int | None,
    cluster: str | None,
    out: Path | None,
    rules: tuple[str, ...],
    most_seeds: int | None,
    unit: str | None,
    brief: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run SCENARIO and write tables, scores, maps and charts to a folder.

    A folder that already holds this very run is shown again; an interrupted one is completed. With --until,
    seeds are added in batches of ten until the intervals are narrow enough.
    """
    if most_seeds is not None and not rules:
        raise click.UsageError("--most-seeds belongs to --until")
    if unit is not None and (rules or as_json or cluster or workers):
        raise click.UsageError("--unit goes with none of --until, --json, --cluster and --workers")
    if workers is not None and cluster is not None:
        raise click.UsageError("--workers are processes of this machine; --cluster has its own")
    with errors(debug):
        loaded = load(scenario, configurations, seeds, sets, allow_path=allow_path, strict=strict)
        from mda_sim.study.run import run as run_study
        from mda_sim.study.run import run_unit
        from mda_sim.study.until import run_until

        if unit is not None:
            with progress(quiet=quiet) as watch:
                place = run_unit(loaded, unit, out=out, watch=watch)
            say(str(place))
            return
        if not rules:
            with progress(quiet=quiet) as watch:
                study = run_study(
                    loaded, out=out, workers=workers, cluster=cluster, overrides=sets, watch=watch
                )
            _show(study, loaded, brief=brief, quiet=quiet, as_json=as_json)
            return
        with progress(quiet=quiet) as watch:
            stopped = run_until(
                loaded,
                rules,
                most_seeds=most_seeds,
                out=out,
                workers=workers,
                cluster=cluster,
                overrides=sets,
                watch=watch,
                tell=None if quiet else _judged,
            )
        _show(stopped.study, stopped.scenario, brief=brief, quiet=quiet, as_json=as_json, stopped=stopped)


@click.command("run_sim", context_settings={"help_option_names": ["-h", "--help"]}, help=run.help)
@run_options
@click.pass_context
def run_sim(context: click.Context, /, **options: Any) -> None:
    """What ``python run_sim.py`` does: the verb ``run``."""
    context.invoke(run, **options)


@main.command(
    cls=Verb,
    short_help="Check a scenario and print what it holds.",
    examples=(
        "mda-sim check scenarios/south_china_sea.yaml",
        "mda-sim check mine.yaml --strict --load",
    ),
)
@scenario_options
@click.option(
    "--load",
    "with_load",
    is_flag=True,
    help="Sense the first seed and print the offered load of desks and links.",
)
@click.option("--json", "as_json", is_flag=True, help="Print problems and what the scenario holds as JSON.")
def check(
    scenario: Path,
    configurations: str | None,
    seeds: int | None,
    sets: tuple[str, ...],
    allow_path: bool,
    strict: bool,
    debug: bool,
    with_load: bool,
    as_json: bool,
) -> None:
    """Check SCENARIO and print what it holds; nothing is run or written.

    With --json problems too are data, with file, line and key: for editors and for continuous integration.
    """
    from mda_sim.report.contents import contents, loads

    choose = partial(
        load, scenario, configurations, seeds, sets, allow_path=allow_path, strict=strict, quiet=as_json
    )
    if as_json:
        if with_load:
            raise click.UsageError("--load goes without --json")
        with errors(debug):
            _check_as_json(choose)
        return
    with errors(debug):
        loaded = choose()
        for line in contents(loaded):
            say(line)
        if with_load:
            for line in loads(loaded):
                say(line)


@main.command(
    cls=Verb,
    short_help="Look at the world of a scenario, its sensors, or what carries them.",
    examples=(
        "mda-sim show scenarios/quick.yaml",
        "mda-sim show scenarios/quick.yaml --sensor phl_radar_thitu --coverage --class trawler",
        "mda-sim show scenarios/quick.yaml --passes --day 2",
    ),
)
@show_options
def show(
    scenario: Path,
    sets: tuple[str, ...],
    allow_path: bool,
    strict: bool,
    debug: bool,
    seed: int | None,
    all_sensors: bool,
    sensor_ids: tuple[str, ...],
    coverage: bool,
    class_id: str | None,
    passes: bool,
    sorties: bool,
    revisit: bool,
    day: int | datetime | None,
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Look at the world of one seed of SCENARIO, or at its sensors; maps, charts and tables go to a folder.

    The world: where its vessels are and what they are; published figures stand beside simulated ones. With
    --sensors, --sensor or --coverage: what the sensors can hold, which no seed changes. With --passes,
    --sorties or --revisit: where satellites, aircraft and ships that carry sensors go.
    """
    moves = [what for what, asked in zip(MOVES, (passes, sorties, revisit), strict=True) if asked]
    at_sensors = not moves and (all_sensors or coverage or bool(sensor_ids))
    check_look(
        moves,
        at_sensors=at_sensors,
        only_sensors=all_sensors or coverage or class_id is not None,
        of_class=class_id is not None,
        of_seed=seed is not None,
        of_day=day is not None,
    )
    from mda_sim.study.show import Shown
    from mda_sim.study.show import show as show_world
    from mda_sim.study.show_moving import ShownMoving, show_moving
    from mda_sim.study.show_sensors import ShownSensors, show_sensors

    watch = None if quiet else begun
    shown: Shown | ShownSensors | ShownMoving
    with errors(debug):
        loaded = load(scenario, None, None, sets, allow_path=allow_path, strict=strict)
        if moves:
            shown = show_moving(
                loaded, moves, sensor_ids, seed=seed, day=day, out=out, overrides=sets, watch=watch
            )
        elif at_sensors:
            shown = show_sensors(
                loaded,
                sensor_ids,
                coverage=coverage,
                class_id=class_id,
                out=out,
                overrides=sets,
                watch=watch,
            )
        else:
            shown = show_world(loaded, seed, out=out, overrides=sets, watch=watch)
        if as_json:
            click.echo(json.dumps(shown.plain_data(), indent=2, ensure_ascii=False))
            return
        if not quiet:
            for line in shown.lines():
                say(line)
        say(str(shown.folder))


def _check_as_json(loading: Callable[[], Scenario]) -> None:
    """Print what is wrong or doubtful, and what there is, as one JSON object; exit code 2 for an error."""
    from mda_sim.core.errors import ScenarioError
    from mda_sim.report.contents import plain_contents

    try:
        loaded = loading()
        problems, content = (*loaded.warnings, *loaded.notes), plain_contents(loaded)
    except ScenarioError as error:
        problems, content = tuple(error.problems), {}
    found = {"problems": [asdict(problem) for problem in problems], **content}
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    if not content:
        sys.exit(ScenarioError.exit_code)


def _judged(batch: Batch) -> None:
    for line in batch.lines():
        say(line, err=True)


def _show(
    study: Study,
    scenario: Scenario,
    *,
    brief: bool,
    quiet: bool,
    as_json: bool,
    stopped: StoppedStudy | None = None,
) -> None:
    """Print the answer of a run, and why it has as many seeds if a rule chose them."""
    if as_json:
        content = {
            "folder": str(study.folder),
            "shown_again": study.shown_again,
            "seconds": round(study.seconds, 3),
            "engine": {name: effort.record() for name, effort in study.efforts.items()},
            **({} if stopped is None else {"stopped": stopped.record()}),
            "summary": study.summary,
        }
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    if not quiet:
        from rich.console import Console

        from mda_sim.report.figures import configurations_of
        from mda_sim.report.gallery import zone_names
        from mda_sim.report.tables import print_summary
        from mda_sim.study.effort import effort_lines
        from mda_sim.study.paging import PAGE

        width = None if sys.stdout.isatty() else _FILE_WIDTH
        print_summary(Console(highlight=False, width=width), study.summary, zone_names(scenario), brief=brief)
        names = [name for name in configurations_of(study.summary) if name in study.efforts and not brief]
        for line in effort_lines({name: study.efforts[name] for name in names}):
            say(line)
        if (study.folder / PAGE).is_file():
            say(f"To read and to mail: {study.folder / PAGE}")
        say(f"By class, flag and zone: {study.folder / 'answer.md'}; every figure: {study.folder / 'tables'}")
        for line in () if stopped is None else stopped.lines():
            say(line)
        done = "shown again, nothing was computed" if study.shown_again else f"done in {study.seconds:.1f} s"
        say(f"{done}: {study.folder}")
    else:
        say(str(study.folder))


for _verb in (
    animate,
    audit,
    catalogue,
    compare,
    completion,
    explain,
    export,
    new,
    page,
    picture,
    schema,
    sensitivity,
    status,
    sweep,
    value,
):
    main.add_command(_verb)
