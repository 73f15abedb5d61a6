"""Write docs/command-line.md from the program's own help: every verb, option and example.

    python docs/make_command_reference.py

A test compares the page with the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from mda_sim.cli import main as program
from mda_sim.cli_help import Verb

PAGE = Path(__file__).with_name("command-line.md")
HEAD = """# The command line

`mda-sim VERB --help` says the same in the terminal; `python run_sim.py SCENARIO` is `mda-sim run
SCENARIO`. Answers go to stdout, progress and problems to stderr. Exit codes: 0 done, 1 failed while
running, 2 bad input (all problems are told, nothing is written), 130 interrupted (what is whole is
kept, and the same command goes on from there).

A shell completes verbs, options and files after `mda-sim completion bash >> ~/.bashrc` (or zsh, fish)
and a new start.

This page is made from the program by `docs/make_command_reference.py`.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page as text."""
    lines = [HEAD]
    for heading, names in program.sections.items():
        lines.append(f"## {heading}\n")
        for name in names:
            lines += section(name, program.commands[name])
    return "\n".join(lines)


def section(name: str, verb: click.Command) -> Iterator[str]:
    """One verb: what it does, its options, its examples."""
    context = click.Context(verb, info_name=name, parent=click.Context(program, info_name="mda-sim"))
    yield f"### {name}\n"
    yield f"`mda-sim {name} {' '.join(verb.collect_usage_pieces(context))}`\n"
    paragraphs = (verb.help or "").split("\n\n")
    yield "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs) + "\n"
    options = [option for option in verb.params if isinstance(option, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    if records:
        yield "| option | |"
        yield "| --- | --- |"
    for option, words in records:
        yield f"| `{in_cell(option)}` | {plain(in_cell(words))} |"
    if isinstance(verb, Verb) and verb.examples:
        yield "\n```console"
        yield from (f"$ {example}" for example in verb.examples)
        yield "```\n"


def in_cell(text: str) -> str:
    """Text as a cell of a table holds it."""
    return text.replace("|", "\\|")


def plain(text: str) -> str:
    """Text that no reader of Markdown takes for HTML."""
    return text.replace("<=", "≤").replace("<", "\\<")


if __name__ == "__main__":
    main()
