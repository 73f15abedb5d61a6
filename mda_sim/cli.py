"""The command line: ``mda-sim run | check | show | audit | new | schema | catalogue``, or ``run_sim.py F``.

Exit codes: 0 done, 1 failed while running, 2 bad input (all problems are printed, nothing is written).
Answers go to stdout, progress and problems to stderr. This is the only module that prints.

Heavy imports stand inside the commands, so that ``--help`` is quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mda_sim.cli_options import audit_options, run_options, scenario_options, show_options

if TYPE_CHECKING:
    from mda_sim.core.errors import MdaError
    from mda_sim.scenario import Scenario
    from mda_sim.study.run import Progress, Study

#: Width of the table where stdout is no terminal [characters].
_FILE_WIDTH = 100

_CATALOGUE_TABLES = (
    "sites",
    "features",
    "ports",
    "sea_areas",
    "sea_lanes",
    "sensor_types",
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
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run SCENARIO and write tables, scores, maps and charts to a folder.

    A folder that already holds this very run is shown again; an interrupted one is completed.
    """
    with _errors(debug):
        loaded = _load(scenario, configurations, seeds, sets, allow_path=allow_path, strict=strict)
        from mda_sim.study.run import run as run_study

        with _progress(quiet=quiet) as watch:
            study = run_study(loaded, out=out, workers=workers, overrides=sets, watch=watch)
        _show(study, loaded, quiet=quiet, as_json=as_json)


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

    with _errors(debug):
        loaded = _load(scenario, configurations, seeds, sets, allow_path=allow_path, strict=strict)
        for line in contents(loaded):
            _say(line)
        if with_load:
            for line in loads(loaded):
                _say(line)


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
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Look at the world of one seed of SCENARIO, or at its sensors; maps, charts and tables go to a folder.

    The world: where its vessels are and what they are; published figures stand beside simulated ones. With
    --sensors, --sensor or --coverage: what the sensors can hold, which no seed changes.
    """
    looks_at_sensors = all_sensors or coverage or bool(sensor_ids)
    if looks_at_sensors and seed is not None:
        raise click.UsageError("--seed belongs to a look at the world; no seed changes what sensors can hold")
    if class_id is not None and not looks_at_sensors:
        raise click.UsageError("--class belongs to a look at sensors: add --sensors, --sensor or --coverage")
    from mda_sim.study.show import show as show_world
    from mda_sim.study.show_sensors import show_sensors

    watch = None if quiet else _begun
    with _errors(debug):
        loaded = _load(scenario, None, None, sets, allow_path=allow_path, strict=strict)
        shown = (
            show_sensors(
                loaded,
                sensor_ids,
                coverage=coverage,
                class_id=class_id,
                out=out,
                overrides=sets,
                watch=watch,
            )
            if looks_at_sensors
            else show_world(loaded, seed, out=out, overrides=sets, watch=watch)
        )
        if as_json:
            click.echo(json.dumps(shown.plain_data(), indent=2, ensure_ascii=False))
            return
        if not quiet:
            for line in shown.lines():
                _say(line)
        _say(str(shown.folder))


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

    with _errors(debug):
        watch = None if quiet else _begun
        audited = audit_run(folder, configurations=configurations, seeds=seeds, watch=watch)
        if as_json:
            click.echo(json.dumps(audited.plain_data(), indent=2, ensure_ascii=False))
        elif not quiet:
            for line in audited.lines():
                _say(line)
    if not audited.is_clean:
        _say(f"error: the audit of {folder} disagrees with what is stored", err=True)
        sys.exit(1)


def _begun(what: str) -> None:
    _say(f"{what} ...", err=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="ID", help="Name of the scenario; default: that of the file.")
def new(file: Path, name: str | None) -> None:
    """Write a commented starter scenario to the new FILE: it runs as it is, and is there to be changed."""
    from mda_sim.scenario.starter import write_starter

    with _errors(debug=False):
        write_starter(file, name)
        _say(f"{file}: check it with 'mda-sim check', run it with 'mda-sim run'")


@main.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors that complete keys and mark mistakes."""
    from mda_sim.scenario.json_schema import schema_text

    click.echo(schema_text(), nl=False)


@main.command()
@click.argument("table", type=click.Choice(_CATALOGUE_TABLES), required=False)
@click.option("--json", "as_json", is_flag=True, help="Every column, with sources, as JSON.")
def catalogue(table: str | None, as_json: bool) -> None:
    """List the catalogue: real places, ports, sensor types, agreements, each with source and confidence."""
    from mda_sim.data import catalogue as data
    from mda_sim.report.contents import plain_rows, row_lines

    if table is None:
        for name in _CATALOGUE_TABLES:
            _say(f"{name:<20}{len(getattr(data, name)()):>5} rows")
        return
    rows = plain_rows(getattr(data, table)())
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in row_lines(rows):
        _say(line)


def _load(
    path: Path,
    configurations: str | None,
    seeds: int | None,
    sets: tuple[str, ...],
    *,
    allow_path: bool,
    strict: bool,
) -> Scenario:
    """The scenario, its warnings and notes printed; ``strict`` turns them into errors."""
    from mda_sim.core.errors import ScenarioError
    from mda_sim.scenario import load_scenario

    names = [name.strip() for name in configurations.split(",") if name.strip()] if configurations else None
    loaded = load_scenario(path, sets=sets, configurations=names, seeds=seeds, allow_path=allow_path)
    if strict and loaded.warnings:
        raise ScenarioError(loaded.warnings)
    for problem in (*loaded.warnings, *loaded.notes):
        _say(str(problem), err=True)
    return loaded


@contextmanager
def _errors(debug: bool) -> Iterator[None]:
    """Turn errors that are the user's to mend into text on stderr and an exit code."""
    from mda_sim.core.errors import MdaError

    try:
        yield
    except MdaError as error:
        if debug:
            raise
        _fail(error)
    except BrokenPipeError:
        raise  # the reader of stdout has gone, as 'head' does; click ends quietly
    except OSError as error:
        if debug:
            raise
        _say(f"error: {error}", err=True)
        sys.exit(1)


def _fail(error: MdaError) -> NoReturn:
    from mda_sim.core.errors import ScenarioError

    if isinstance(error, ScenarioError):
        _say(str(error), err=True)
        count = len(error.problems)
        _say(f"{count} problem{'s' if count != 1 else ''}; nothing was run.", err=True)
    else:
        _say(f"error: {error}", err=True)
    sys.exit(error.exit_code)


def _show(study: Study, scenario: Scenario, *, quiet: bool, as_json: bool) -> None:
    """Print the answer of a run."""
    if as_json:
        content = {
            "folder": str(study.folder),
            "shown_again": study.shown_again,
            "seconds": round(study.seconds, 3),
            "engine": {name: effort.record() for name, effort in study.efforts.items()},
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

        width = None if sys.stdout.isatty() else _FILE_WIDTH
        print_summary(Console(highlight=False, width=width), study.summary, zone_names(scenario))
        names = [name for name in configurations_of(study.summary) if name in study.efforts]
        for line in effort_lines({name: study.efforts[name] for name in names}):
            _say(line)
        _say(
            f"By class, flag and zone: {study.folder / 'answer.md'}; every figure: {study.folder / 'tables'}"
        )
        done = "shown again, nothing was computed" if study.shown_again else f"done in {study.seconds:.1f} s"
        _say(f"{done}: {study.folder}")
    else:
        _say(str(study.folder))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Something to watch a run with: a bar on a terminal, else a line per finished unit, all on stderr."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _print_line


def _print_line(progress: Progress) -> None:
    """A line when a long stage begins and when a unit is in its place."""
    note = progress.note
    if note is None:
        return
    unit = f"seed {note.seed} {note.configuration or 'sensing'}"
    begun = {"world": f"seed {note.seed} world ...", "sense": f"{unit} ...", "draw": "maps and charts ..."}
    ended = {"store": f"{unit} done", "draw": "maps and charts done"}
    what = (ended if note.ended else begun).get(note.stage)
    if what is not None:
        _say(f"[{progress.units_done}/{progress.units_total}] {progress.seconds:6.1f} s  {what}", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def watch(progress: Any) -> None:
            """Move the bar to where the run is."""
            note = progress.note
            where = f"seed {note.seed} {note.configuration}" if note.seed else ""
            words = escape(f"{note.stage} {where}".strip())
            bar.update(task, total=progress.units_total, completed=progress.units_done, description=words)

        yield watch


def _say(text: str, *, err: bool = False) -> None:
    """Print text, with control characters of external origin stripped."""
    from mda_sim.report.text import for_terminal

    click.echo(for_terminal(text), err=err)
