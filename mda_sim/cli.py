"""The command line: ``mda-sim VERB ...``; ``run_sim.py F`` is the verb ``run``.

Exit codes: 0 done, 1 failed while running, 2 bad input (all problems are printed, nothing is written).
Answers go to stdout, progress and problems to stderr. Only this module and those beside it whose names begin
with ``cli_`` print.

Heavy imports stand inside the commands, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mda_sim.cli_animate import animate
from mda_sim.cli_compare import compare
from mda_sim.cli_explain import explain
from mda_sim.cli_export import export
from mda_sim.cli_options import (
    MOVES,
    audit_options,
    check_look,
    run_options,
    scenario_options,
    show_options,
)
from mda_sim.cli_picture import picture
from mda_sim.cli_progress import progress
from mda_sim.cli_sensitivity import sensitivity
from mda_sim.cli_shared import errors, load, say
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

_CATALOGUE_TABLES = (
    "sites",
    "features",
    "ports",
    "sea_areas",
    "sea_lanes",
    "sensor_types",
    "platform_types",
    "agreements",
    "agreement_types",
    "satellites",
    "environment_regions",
    "environment_climate",
    "environment_presets",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mda-sim")
def main() -> None:
    """Who sees what at sea, how soon, and what changes when nations share differently."""


@main.command()
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
            _show(study, loaded, quiet=quiet, as_json=as_json)
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
        _show(stopped.study, stopped.scenario, quiet=quiet, as_json=as_json, stopped=stopped)


@click.command("run_sim", context_settings={"help_option_names": ["-h", "--help"]}, help=run.help)
@run_options
@click.pass_context
def run_sim(context: click.Context, /, **options: Any) -> None:
    """What ``python run_sim.py`` does: the verb ``run``."""
    context.invoke(run, **options)


@main.command()
@scenario_options
@click.option(
    "--load",
    "with_load",
    is_flag=True,
    help="Sense the first seed and print the offered load of desks and links.",
)
def check(
    scenario: Path,
    configurations: str | None,
    seeds: int | None,
    sets: tuple[str, ...],
    allow_path: bool,
    strict: bool,
    debug: bool,
    with_load: bool,
) -> None:
    """Check SCENARIO and print what it holds; nothing is run or written."""
    from mda_sim.report.contents import contents, loads

    with errors(debug):
        loaded = load(scenario, configurations, seeds, sets, allow_path=allow_path, strict=strict)
        for line in contents(loaded):
            say(line)
        if with_load:
            for line in loads(loaded):
                say(line)


@main.command()
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

    watch = None if quiet else _begun
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


@main.command()
@audit_options
def audit(
    folder: Path,
    configurations: list[str] | None,
    seeds: list[int] | None,
    quiet: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Derive every delivery and refusal of the finished run in the folder RUN again, from its stored files.

    Exit code 0 if all agree, 1 with the findings if not, 2 if there is nothing that can be audited.
    """
    from mda_sim.study.audit import audit_run

    with errors(debug):
        watch = None if quiet else _begun
        audited = audit_run(folder, configurations=configurations, seeds=seeds, watch=watch)
        if as_json:
            click.echo(json.dumps(audited.plain_data(), indent=2, ensure_ascii=False))
        elif not quiet:
            for line in audited.lines():
                say(line)
    if not audited.is_clean:
        say(f"error: the audit of {folder} disagrees with what is stored", err=True)
        sys.exit(1)


def _judged(batch: Batch) -> None:
    for line in batch.lines():
        say(line, err=True)


def _begun(what: str) -> None:
    say(f"{what} ...", err=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="ID", help="Name of the scenario; default: that of the file.")
def new(file: Path, name: str | None) -> None:
    """Write a commented starter scenario to the new FILE: it runs as it is, and is there to be changed."""
    from mda_sim.scenario.starter import write_starter

    with errors(debug=False):
        write_starter(file, name)
        say(f"{file}: check it with 'mda-sim check', run it with 'mda-sim run'")


@main.command()
@click.option("--sweep", "of_sweeps", is_flag=True, help="That of sweep files instead.")
def schema(of_sweeps: bool) -> None:
    """Print the JSON Schema of scenario files, for editors that complete keys and mark mistakes."""
    from mda_sim.scenario.json_schema import schema_text, sweep_schema_text

    click.echo(sweep_schema_text() if of_sweeps else schema_text(), nl=False)


@main.command()
@click.argument("table", type=click.Choice(_CATALOGUE_TABLES), required=False)
@click.option("--json", "as_json", is_flag=True, help="Every column, with sources, as JSON.")
def catalogue(table: str | None, as_json: bool) -> None:
    """List the catalogue: places, ports, types of sensors and platforms, agreements, each with source."""
    from mda_sim.data import catalogue as data
    from mda_sim.report.contents import plain_rows, row_lines

    if table is None:
        for name in _CATALOGUE_TABLES:
            say(f"{name:<20}{len(getattr(data, name)()):>5} rows")
        return
    rows = plain_rows(getattr(data, table)())
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in row_lines(rows):
        say(line)


def _show(
    study: Study, scenario: Scenario, *, quiet: bool, as_json: bool, stopped: StoppedStudy | None = None
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
        print_summary(Console(highlight=False, width=width), study.summary, zone_names(scenario))
        names = [name for name in configurations_of(study.summary) if name in study.efforts]
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


for _verb in (picture, animate, explain, export, compare, value, sensitivity, sweep, status):
    main.add_command(_verb)
