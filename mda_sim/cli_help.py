"""Help of the command line: verbs by what they are for, and examples at the end of each.

Where next: ``cli`` puts the verbs together; ``docs/command_line.py`` makes the page of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click


class Verb(click.Command):
    """A verb whose help ends in examples, one command a line."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples below the options, unwrapped: they are there to be copied."""
        write_examples(formatter, self.examples)


class Verbs(click.Group):
    """All verbs under headings; a verb that is under none is an error, found by the tests."""

    def __init__(
        self,
        *args: Any,
        sections: Mapping[str, Sequence[str]] | None = None,
        examples: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sections = {heading: tuple(names) for heading, names in (sections or {}).items()}
        self.examples = tuple(examples)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs below their headings, each with its short help in full."""
        longest = max(map(len, self.commands), default=0)
        for heading, names in self.sections.items():
            with formatter.section(heading):
                rows = [(f"{name:<{longest}}", self.commands[name].get_short_help_str(200)) for name in names]
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the first steps below the verbs."""
        write_examples(formatter, self.examples, "First steps")


def write_examples(
    formatter: click.HelpFormatter, examples: Sequence[str], heading: str = "Examples"
) -> None:
    """Commands under a heading, as they are; nothing without any."""
    if examples:
        with formatter.section(heading):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
