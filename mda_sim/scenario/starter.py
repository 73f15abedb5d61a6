"""A commented scenario to begin with: it is checked without a warning and runs within a minute.

Where next: ``mda-sim new`` writes it; the file itself is ``starter.yaml`` beside this module.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.core.spec import ID_PATTERN
from mda_sim.scenario.tree import quoted


def starter_text(name: str = "starter") -> str:
    """The starter scenario as YAML text, called ``name``. Raises ``ScenarioError`` unless that is an id."""
    if not re.fullmatch(ID_PATTERN, name):
        message = f"expected a name of lower-case letters, digits and underscores, got {quoted(name)}"
        raise ScenarioError([Problem("--name", 0, 0, "", message)])
    text = (files("mda_sim.scenario") / "starter.yaml").read_text(encoding="utf-8")
    return text.replace("name: starter ", f"name: {name} ", 1)


def write_starter(path: Path, name: str | None = None) -> None:
    """Write the starter scenario to the new file ``path``; its name is the file's unless given.

    Nothing is ever overwritten. Raises ``ScenarioError`` if the file is there, cannot be made, or has a
    stem that is no name.
    """
    text = starter_text(path.stem if name is None else name)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise ScenarioError(
            [Problem(str(path), 0, 0, "", "the file is there already: name another, nothing is overwritten")]
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError([Problem(str(path), 0, 0, "", f"cannot write it: {reason}")]) from error
