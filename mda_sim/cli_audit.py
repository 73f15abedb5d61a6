"""``mda-sim audit RUN``: every delivery and refusal of a finished run derived a second time.

Where next: ``study.audit``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mda_sim.cli_help import Verb
from mda_sim.cli_options import audit_options
from mda_sim.cli_shared import begun, errors, say


@click.command(
    cls=Verb,
    short_help="Derive every delivery and refusal of a run again.",
    examples=(
        "mda-sim audit RUN",
        "mda-sim audit RUN --seeds 1,2 --json",
    ),
)
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
        watch = None if quiet else begun
        audited = audit_run(folder, configurations=configurations, seeds=seeds, watch=watch)
        if as_json:
            click.echo(json.dumps(audited.plain_data(), indent=2, ensure_ascii=False))
        elif not quiet:
            for line in audited.lines():
                say(line)
    if not audited.is_clean:
        say(f"error: the audit of {folder} disagrees with what is stored", err=True)
        sys.exit(1)
