"""What the pages tell a reader to type is typed here, and prints what they say.

In the tutorial every block counts, elsewhere those below the heading "Check". A block ``sh`` is run by
bash in a folder with the shipped scenarios; each line of the block ``text`` behind it must stand in
what was printed, in that order, whatever the spaces; ``...`` stands for anything. A block ``python``
of the tutorial runs there too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Step(NamedTuple):
    """A block to run, and the lines it must print."""

    language: str
    source: str
    told: tuple[str, ...]


def steps_of(text: str) -> list[Step]:
    """The blocks that can be run, each with the lines of the text block right behind it."""
    steps: list[Step] = []
    for language, body in _BLOCK.findall(text):
        if language in ("sh", "python"):
            steps.append(Step(language, body, ()))
        elif language == "text":
            parts = (part for line in body.splitlines() for part in line.split("..."))
            told = tuple(part for part in parts if part.strip())
            steps[-1] = steps[-1]._replace(told=told)
    return steps


def checked_part(page: Path) -> str:
    """What of a page is run: all of the tutorial, else the section "Check", which is the last one."""
    text = page.read_text(encoding="utf-8")
    return text if page.stem == "tutorial" else text.partition("\n## Check\n")[2]


PAGES = {page.stem: steps for page in sorted(DOCS.glob("*.md")) if (steps := steps_of(checked_part(page)))}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped scenarios, shared by all pages so that a run is made once."""
    place = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "scenarios", place / "scenarios")
    (place / "tests").symlink_to(ROOT / "tests")
    return place


def printed(step: Step, folder: Path) -> str:
    """What a step prints; it must end well."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    words = (
        ["bash", "-euo", "pipefail", "-c", step.source]
        if step.language == "sh"
        else [sys.executable, "-c", step.source]
    )
    done = subprocess.run(
        words,
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=900,  # the first run on a machine compiles
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def missing(told: tuple[str, ...], output: str) -> list[str]:
    """Lines that do not follow each other in the output, whatever the spaces."""
    rest, wanting = " ".join(output.split()), []
    for line in told:
        found = rest.partition(" ".join(line.split()))
        if found[1]:
            rest = found[2]
        else:
            wanting.append(line)
    return wanting


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_tells_to_type_prints_what_it_says(page: str, folder: Path) -> None:
    for step in PAGES[page]:
        if "pytest" in step.source:
            files = re.findall(r"tests/[\w/.-]+", step.source)  # run as tests in their own right
            assert files
            assert all((ROOT / file).exists() for file in files)
        else:
            assert missing(step.told, printed(step, folder)) == []


def test_dots_stand_for_anything_and_for_nothing_else() -> None:
    (step,) = steps_of("```sh\nls\n```\n\n```text\n...\n... b ... c\nd\n```\n")
    assert step.told == (" b ", " c", "d")


def test_a_wrong_line_would_be_noticed() -> None:
    assert missing(("a b", "c"), "a  b\nx\nc") == []
    assert missing(("c", "a b"), "a  b\nx\nc") == ["a b"]
    assert missing(("d",), "a b c") == ["d"]
