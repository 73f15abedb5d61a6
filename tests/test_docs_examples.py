"""Examples on the pages are real: YAML loads where its page says it belongs, Python calls what there is."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

import mda_sim
from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.scenario import load_scenario
from mda_sim.scenario.schema import ScenarioFile
from mda_sim.scenario.sweep_file import read_sweep

ROOT = Path(__file__).resolve().parent.parent
KEYS = set(ScenarioFile.model_json_schema()["properties"])
PLACES = {
    "ais": ("world", "traffic", "bulk_carrier"),
    "environment": ("world",),
    "tasks": ("sensors", "sentinel_1"),
}
"""Where a block that is no part of a scenario by itself belongs, by its first key."""
BASES = {"scenarios": "candidate_hardware.yaml"}
"""What the blocks of a page extend, if not the quick scenario."""
OF_THE_READER = {
    "environment": r"no such file: 'era5_|from every climate region of the scenario",
    "metrics": r"unknown configuration '(radars_for_phl|with_\w+)'",
    "recorded-ais": r"no such file: 'data/my_recording\.csv'",
}
"""What a page leaves to its reader: files and configurations of the reader's own."""
NO_SCENARIO = {("events", "begins"), ("recorded-ais", "file")}
"""Blocks that stand for a few keys alone: moments of an event, a file as a run states it."""


class Block(NamedTuple):
    """A block of a page, and its first key."""

    page: str
    text: str
    first: str


def blocks(language: str) -> list[tuple[str, str]]:
    """Every block of a language, with the name of its page."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    pages = sorted((ROOT / "docs").glob("*.md"))
    return [(page.stem, body) for page in pages for body in pattern.findall(page.read_text(encoding="utf-8"))]


BLOCKS = [
    Block(page, text, next(iter(yaml.safe_load(text))))
    for page, body in blocks("yaml")
    for text in [textwrap.dedent(body)]
]


def in_a_scenario(block: Block) -> str:
    """The block as a scenario that extends another."""
    content = yaml.safe_load(block.text)
    if "format" in content:
        return block.text
    places = () if set(content) <= KEYS else PLACES[block.first]
    head = f"format: 1\nextends: {BASES.get(block.page, 'quick.yaml')}\nname: page\n"
    above = "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(places))
    return head + above + textwrap.indent(block.text, "  " * len(places))


def problems_of(file: Path) -> list[Problem]:
    """What is wrong with a scenario."""
    try:
        load_scenario(file)
    except ScenarioError as error:
        return list(error.problems)
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(ROOT / "scenarios", tmp_path_factory.mktemp("pages") / "scenarios"))


@pytest.mark.parametrize(
    "number", range(len(BLOCKS)), ids=lambda n: f"{BLOCKS[n].page}-{BLOCKS[n].first}-{n}"
)
def test_yaml_of_a_page_loads(number: int, folder: Path) -> None:
    block = BLOCKS[number]
    if (block.page, block.first) in NO_SCENARIO:
        return
    if block.page == "sweeps":
        file = folder / "sweeps" / f"page_{number}.yaml"
        file.write_text(block.text, encoding="utf-8")
        assert read_sweep(file).spec.factors
        return
    file = folder / f"page_{number}.yaml"
    file.write_text(in_a_scenario(block), encoding="utf-8")
    left = OF_THE_READER.get(block.page, "(?!)")
    assert [problem for problem in problems_of(file) if not re.search(left, problem.message)] == []


def test_a_mistake_on_a_page_would_be_noticed(folder: Path) -> None:
    file = folder / "mistaken.yaml"
    text = "ais:\n  carriage: 0.9\n  transponders: class_a\n"
    file.write_text(in_a_scenario(Block("ais", text, "ais")), encoding="utf-8")
    assert any("transponders" in str(problem) for problem in problems_of(file))


PYTHON = [(page, body) for page, body in blocks("python") if "mda." in body]


@pytest.mark.parametrize("number", range(len(PYTHON)), ids=lambda n: f"{PYTHON[n][0]}-{n}")
def test_python_of_a_page_calls_what_there_is(number: int) -> None:
    """Names, number of arguments and keywords; pages with a test of their own run theirs besides."""
    tree = ast.parse(PYTHON[number][1])
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("mda", "mda_sim")
    ]
    assert calls
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        assert call.func.attr in mda_sim.__all__
        names = {keyword.arg: None for keyword in call.keywords if keyword.arg is not None}
        inspect.signature(getattr(mda_sim, call.func.attr)).bind(*call.args, **names)
