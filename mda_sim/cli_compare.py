"""The verb ``compare``: finished runs side by side. Where next: ``study.compare`` does the work."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_options import nation_option
from mda_sim.cli_shared import errors, say

if TYPE_CHECKING:
    from mda_sim.study.compare import Comparison


@click.command(
    "compare",
    cls=Verb,
    short_help="Put runs side by side, paired where they share sensing.",
    examples=(
        "mda-sim compare runs/quick runs/quick_fast --metric custody_fraction_24h",
        "mda-sim compare RUN --baseline direct_manual --nation JPN --out compared",
    ),
)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--baseline",
    metavar="RUN:CONFIGURATION",
    help="What all is compared with; CONFIGURATION alone is of the first run. Default: its baseline.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="M",
    help="Compare this metric, with or without its age; may be repeated. Default: the primary endpoints.",
)
@click.option("--group", metavar="G", help="Group of vessels, such as all or all@zone.")
@nation_option
@click.option(
    "--unpaired",
    is_flag=True,
    help="Compare runs that do not share sensing, as separate samples (Welch's t).",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write compare.csv, compare.json and a forest plot of each figure to this folder.",
)
@click.option("--maps", is_flag=True, help="With --out: also the difference maps on which anything changes.")
@click.option("--quiet", is_flag=True, help="No table: print the folder only.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON instead.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def compare(
    runs: Sequence[Path],
    baseline: str | None,
    metrics: Sequence[str],
    group: str | None,
    nation: str | None,
    unpaired: bool,
    out: Path | None,
    maps: bool,
    quiet: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Compare the finished runs in the folders RUN, or the configurations of one.

    Runs on the same world and sensing are compared seed by seed; others only with --unpaired.
    """
    if maps and out is None:
        raise click.UsageError("--maps belongs to --out")
    if maps and unpaired:
        raise click.UsageError("--maps belongs to runs that share sensing, not to --unpaired")
    from mda_sim.study.compare import compare as compare_runs
    from mda_sim.study.endpoints import ALL, words_of

    with errors(debug):
        found = compare_runs(
            runs,
            baseline=baseline,
            metrics=metrics,
            group=group,
            nations=() if nation in (None, ALL) else words_of(nation),
            unpaired=unpaired,
        )
        if out is not None:
            _write(found, out, maps=maps)
        if as_json:
            click.echo(json.dumps(found.plain_data(), indent=2, ensure_ascii=False))
            return
        if not quiet:
            for line in found.lines():
                say(line)
        if out is not None:
            say(str(out))


def _write(found: Comparison, out: Path, *, maps: bool) -> None:
    """The table, and the figures; others of an earlier comparison in the folder are removed."""
    from mda_sim.report.style import save
    from mda_sim.study.compare_maps import changed_maps, maps_of
    from mda_sim.study.folder import write_json, write_text

    if maps:
        list(maps_of(found))  # refuses what has none before anything is written
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob("forest_*.png"), *out.glob("difference_*.png")):
        old.unlink()
    write_text(out / "compare.csv", found.csv_text())
    write_json(out / "compare.json", found.plain_data())
    for metric, group in found.figures():
        save(found.forest(metric, group), out / _file_name("forest", metric, group))
    if maps:
        for key, figure in changed_maps(found):
            save(figure, out / _file_name("difference", *key))


def _file_name(kind: str, *parts: str) -> str:
    """A name of letters, digits and underscores."""
    return "_".join([kind, *(re.sub(r"[^0-9A-Za-z.-]+", "_", part) for part in parts)]) + ".png"
