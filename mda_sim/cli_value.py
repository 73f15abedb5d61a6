"""The verb ``value``: what each link, agreement, sensor, nation or reform is worth; or the next best ones.

Where next: ``cli`` registers it; ``study.value`` and ``study.next_best`` do the work.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_options import crew_options, file_options, nation_option
from mda_sim.cli_shared import errors, load, say


@click.command(
    cls=Verb,
    short_help="What each link, treaty, sensor or nation is worth.",
    examples=(
        "mda-sim value scenarios/quick.yaml --configuration direct_manual --players links",
        "mda-sim value scenarios/quick.yaml --configuration direct_manual --players nations --nation JPN",
        "mda-sim value scenarios/quick.yaml --greedy 3 --candidates reforms",
    ),
)
@file_options
@click.option("--configuration", metavar="C", help="The grand coalition: a configuration of the scenario.")
@click.option(
    "--players",
    metavar="WORDS",
    default="links",
    show_default=True,
    help="links, agreements, sensors, consents, groups, nations, reforms, or ids with commas between them "
    "(link:phl_jpn,nation:JPN); + joins several into one player.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="M",
    help="Figure; may be repeated. Default: primary endpoints.",
)
@click.option("--group", metavar="G[@ZONE]", help="Group of vessels of --metric; default: all.")
@nation_option
@click.option(
    "--seeds", type=click.IntRange(1, 10_000), metavar="N", help="Run N seeds instead of the file's."
)
@click.option("--samples", type=int, metavar="K", help="Draw K orders; default beyond 12 players: 40.")
@click.option("--greedy", type=click.IntRange(1, 100), metavar="K", help="Instead: the next best, K steps.")
@click.option(
    "--candidates",
    metavar="WORDS",
    help="With --greedy: what may be added, of --configuration (as --players), or reforms.",
)
@click.option(
    "--base", metavar="B", help="With --greedy: the configuration to start from; default: baseline."
)
@crew_options
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Output folder.")
@click.option("--quiet", is_flag=True, help="No progress and no tables: print the folder only.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead.")
def value(
    scenario: Path,
    sets: tuple[str, ...],
    allow_path: bool,
    strict: bool,
    debug: bool,
    configuration: str | None,
    players: str,
    metrics: tuple[str, ...],
    group: str | None,
    nation: str | None,
    seeds: int | None,
    samples: int | None,
    greedy: int | None,
    candidates: str | None,
    base: str | None,
    workers: int | None,
    cluster: str | None,
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """What each player of a configuration of SCENARIO is worth, to whom; tables and charts go to a folder.

    Players are links, agreements, sensors, nations or reforms. Each gets its Shapley value (its fair share of
    what all of them change together), its value alone (first in) and what is lost without it (last in). With
    --greedy K: which of the candidates to add first, then next, K times.
    """
    if greedy is None and (candidates is not None or base is not None):
        raise click.UsageError("--candidates and --base belong to --greedy")
    if greedy is not None and samples is not None:
        raise click.UsageError("--samples belongs to values, not to --greedy")
    if greedy is None and configuration is None:
        raise click.UsageError("name the grand coalition: --configuration C")
    from mda_sim.study.next_best import NextBest, next_best
    from mda_sim.study.value import Valued
    from mda_sim.study.value import value as value_of

    watch = None if quiet else _tell
    found: Valued | NextBest
    with errors(debug):
        loaded = load(scenario, None, seeds, sets, allow_path=allow_path, strict=strict)
        if greedy is not None:
            found = next_best(
                loaded,
                greedy,
                candidates if candidates is not None else "reforms",
                configuration=configuration,
                base=base,
                metric=metrics,
                group=group,
                nation=nation or "all",
                workers=workers,
                cluster=cluster,
                out=out,
                overrides=sets,
                watch=watch,
            )
        else:
            found = value_of(
                loaded,
                str(configuration),
                players,
                metric=metrics,
                group=group,
                nation=nation or "all",
                samples=samples,
                workers=workers,
                cluster=cluster,
                out=out,
                overrides=sets,
                watch=watch,
            )
        if as_json:
            click.echo(json.dumps(found.plain_data(), indent=2, ensure_ascii=False))
            return
        if not quiet:
            for line in found.lines():
                say(line)
            done = (
                "shown again, nothing was computed" if found.shown_again else f"done in {found.seconds:.1f} s"
            )
            say(f"{done}: {found.folder}")
        else:
            say(str(found.folder))


def _tell(what: str) -> None:
    say(what, err=True)
