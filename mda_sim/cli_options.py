"""Options that several verbs of the command line share.

Where next: ``cli`` puts them on its verbs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

Command = Callable[..., None]

MOVES: Final = ("passes", "sorties", "revisit")
"""Options of ``show`` that look at what moves, in order."""


def file_options(command: Command) -> Command:
    """The options of every verb that loads a scenario."""
    options = (
        click.argument("scenario", type=click.Path(path_type=Path)),
        click.option(
            "--set",
            "sets",
            multiple=True,
            metavar="KEY.PATH=VALUE",
            help="Override one value; may be repeated.",
        ),
        click.option(
            "--allow-path", is_flag=True, help="Let 'extends' and files leave the scenario's folder."
        ),
        click.option("--strict", is_flag=True, help="Treat warnings as errors."),
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
    )
    return _with(options, command)


def scenario_options(command: Command) -> Command:
    """The options of the verbs that are about configurations and seeds."""
    options = (
        click.option(
            "--configurations", metavar="A,B", help="Only these configurations; the baseline always runs."
        ),
        click.option(
            "--seeds",
            type=click.IntRange(1, 10_000),
            metavar="N",
            help="Run N seeds instead of the file's number.",
        ),
    )
    return file_options(_with(options, command))


def crew_options(command: Command) -> Command:
    """The options of verbs whose work is divided: who does it."""
    options = (
        click.option(
            "--workers",
            type=click.IntRange(1, 1024),
            metavar="N",
            help="Processes of this machine; default: one per piece of work, at most one per processor.",
        ),
        click.option(
            "--cluster",
            metavar="ADDRESS",
            help="Scheduler of a Dask cluster to use instead, such as tcp://10.0.0.1:8786; default: that of "
            "DASK_SCHEDULER_ADDRESS, if it is set.",
        ),
    )
    return _with(options, command)


def nation_option(command: Command) -> Command:
    """The option of verbs that may look at the pictures of some nations alone."""
    option = click.option(
        "--nation",
        metavar="N,M",
        multiple=True,
        callback=_joined,
        help="Only these nations; may be repeated. Default: all with a picture.",
    )
    return _with((option,), command)


def run_options(command: Command) -> Command:
    """The options of a run."""
    options = (
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Output folder; default: runs/<name>-<digest>.",
        ),
        click.option(
            "--until",
            "rules",
            multiple=True,
            metavar="METRIC[@GROUP]:HALF-WIDTH",
            help="Add seeds until the 95 % interval of this metric is that narrow everywhere; repeatable.",
        ),
        click.option(
            "--most-seeds",
            type=click.IntRange(1, 10_000),
            metavar="N",
            help="With --until: give up at N seeds; default 200.",
        ),
        click.option(
            "--unit",
            metavar="SEED/CONFIGURATION",
            help="Make this unit alone, in this process: 3/direct, or 3/sensing.",
        ),
        click.option("--brief", is_flag=True, help="Print the primary endpoints only; the files hold all."),
        click.option("--quiet", is_flag=True, help="No progress and no table: print the folder only."),
        click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of a table."),
    )
    return scenario_options(crew_options(_with(options, command)))


def _words(context: click.Context, option: click.Parameter, value: str | None) -> list[str] | None:
    """The words of a list with commas; None for none."""
    return None if value is None else [word.strip() for word in value.split(",") if word.strip()]


def _joined(context: click.Context, option: click.Parameter, value: tuple[str, ...]) -> str | None:
    """Lists with commas as one; None for none."""
    return ",".join(value) if value else None


def _whole_numbers(context: click.Context, option: click.Parameter, value: str | None) -> list[int] | None:
    """The numbers of a list with commas; None for none."""
    words = _words(context, option, value)
    wrong = [word for word in words or () if not word.isdecimal()]
    if wrong:
        raise click.BadParameter(f"expected whole numbers with commas between them, got '{wrong[0]}'")
    return None if words is None else [int(word) for word in words]


def _day(context: click.Context, option: click.Parameter, value: str | None) -> int | datetime | None:
    """A number of a day, or a date at midnight UTC; None for none."""
    if value is None:
        return None
    if value.isascii() and value.isdecimal() and len(value) < 7:
        return int(value)
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise click.BadParameter(f"expected a number of a day or YYYY-MM-DD, got {value!r}") from error


def audit_options(command: Command) -> Command:
    """The options of the audit of a finished run."""
    options = (
        click.argument("folder", metavar="RUN", type=click.Path(path_type=Path)),
        click.option(
            "--configurations", metavar="A,B", callback=_words, help="Only these configurations of the run."
        ),
        click.option("--seeds", metavar="N,M", callback=_whole_numbers, help="Only these seeds of the run."),
        click.option("--quiet", is_flag=True, help="Print nothing but an error."),
        click.option("--json", "as_json", is_flag=True, help="Print counts and findings as JSON."),
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
    )
    return _with(options, command)


def show_options(command: Command) -> Command:
    """The options of a look at a world or at its sensors."""
    options = (
        click.option(
            "--seed",
            type=click.IntRange(0, 2**31 - 1),
            metavar="N",
            help="Seed of the world, passes and sorties; default: the file's first.",
        ),
        click.option("--sensors", "all_sensors", is_flag=True, help="Look at the sensors: a table of all."),
        click.option(
            "--sensor",
            "sensor_ids",
            multiple=True,
            metavar="ID",
            help="Look at this sensor: probability against range, link budget; may be repeated. "
            "With --passes, --sorties and --revisit: show only these.",
        ),
        click.option("--coverage", is_flag=True, help="Map what the sensors (named ones, or all) cover."),
        click.option(
            "--class",
            "class_id",
            metavar="ID",
            help="Class of traffic that tables and coverage are for; default: the probe.",
        ),
        click.option("--passes", is_flag=True, help="Map the passes of satellites over the area in one day."),
        click.option("--sorties", is_flag=True, help="Map the sorties of platforms in one week."),
        click.option(
            "--revisit", is_flag=True, help="How often satellites come by a place, by its latitude."
        ),
        click.option(
            "--day",
            metavar="DAY",
            callback=_day,
            help="Day of --passes and first of --sorties: a scored day from 1 on (default 1), or YYYY-MM-DD.",
        ),
        click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Output folder."),
        click.option("--quiet", is_flag=True, help="No progress and no tables: print the folder only."),
        click.option("--json", "as_json", is_flag=True, help="Print the tables as JSON instead."),
    )
    return file_options(_with(options, command))


def check_look(
    moves: Sequence[str],
    *,
    at_sensors: bool,
    only_sensors: bool,
    of_class: bool,
    of_seed: bool,
    of_day: bool,
) -> None:
    """UsageError for options of ``show`` that do not go together.

    ``moves`` are those of ``MOVES`` that were asked for, ``only_sensors`` is whether an option was given that
    only a look at sensors has; the others say of what a class, a seed or a day was given.
    """
    if moves and only_sensors:
        raise click.UsageError(
            f"--{moves[0]} is a look at what moves; --sensors, --coverage and --class belong to another look"
        )
    if of_day and not {"passes", "sorties"} & set(moves):
        raise click.UsageError("--day belongs to --passes and --sorties")
    if at_sensors and of_seed:
        raise click.UsageError("--seed belongs to a look at the world; no seed changes what sensors can hold")
    if of_class and not at_sensors:
        raise click.UsageError("--class belongs to a look at sensors: add --sensors, --sensor or --coverage")


def _with(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
