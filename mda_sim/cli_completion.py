"""``mda-sim completion SHELL``: a script that teaches a shell to complete verbs, options and files.

Where next: ``cli``.
"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from mda_sim.cli_help import Verb

PROGRAM = "mda-sim"
VARIABLE = "_MDA_SIM_COMPLETE"
"""The environment variable by which the script asks the program for completions (click's naming)."""


@click.command(
    cls=Verb,
    short_help="Print a script for completion in bash, zsh or fish.",
    examples=(
        "mda-sim completion bash >> ~/.bashrc",
        "mda-sim completion zsh >> ~/.zshrc",
        "mda-sim completion fish > ~/.config/fish/completions/mda-sim.fish",
    ),
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that teaches SHELL to complete verbs, options and files of mda-sim."""
    kind = get_completion_class(shell)
    assert kind is not None, "click knows the shells of the choice"
    click.echo(kind(context.find_root().command, {}, PROGRAM, VARIABLE).source())
