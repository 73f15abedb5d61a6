"""Files that a scenario names: found from the file that states them, guarded, and known by their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field

from mda_sim.core.spec import DataFile, IdMap, Items, Spec
from mda_sim.scenario.files import FileReader, Reach, rooted
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.merge import Chain
from mda_sim.scenario.places import place_of
from mda_sim.scenario.source import read_text
from mda_sim.scenario.tree import plain

Write = Callable[..., Path]


class Layer(Spec):
    file: DataFile
    """A file."""


class Weather(Spec):
    extends: str = ""
    """A file."""
    coast: DataFile | None = None
    """A file."""
    layers: IdMap[Layer] = Field(default_factory=dict)
    """Files by id."""
    more: Items[DataFile] = ()
    """Files."""


PLACE = place_of(Weather)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path, *, allow_path: bool = False) -> tuple[dict, list[str]]:
    """What the scenario at ``path`` holds with its files read, and the problems found."""
    findings = Findings()
    reach = Reach(path.parent.resolve(), allow_path)
    tree = Chain(PLACE, findings, reach).read(path, path.name)
    assert tree is not None
    tree = FileReader(reach, findings).read(tree, PLACE)
    return plain(tree), [str(problem).split("\n")[0] for problem in findings.errors]


def test_a_file_is_found_beside_the_file_that_states_it_and_known_by_its_content(write: Write) -> None:
    file = write("land", "data/land.csv")
    held, problems = read(
        write("coast: data/land.csv\nlayers: {a: {file: ./data/../data/land.csv}}\nmore: [data/land.csv]\n")
    )
    expected = {"path": str(file.resolve()), "sha256": sha("land")}
    assert problems == []
    assert held == {"coast": expected, "layers": {"a": {"file": expected}}, "more": [expected]}
    assert Weather.model_validate(held).coast == DataFile.at(file)


def test_each_file_of_a_chain_counts_paths_from_its_own_folder(write: Write) -> None:
    write("base land", "bases/land.csv")
    write("own", "own.csv")
    write("coast: land.csv\nlayers: {a: {file: land.csv}}\n", "bases/base.yaml")
    held, problems = read(write("extends: bases/base.yaml\nlayers: {a: {file: own.csv}}\n"))
    assert problems == []
    assert held["coast"]["sha256"] == sha("base land")
    assert held["layers"]["a"]["file"]["sha256"] == sha("own")


def test_a_file_that_is_overridden_need_not_be_there(write: Write) -> None:
    write("coast: nowhere.csv\n", "base.yaml")
    write("land", "land.csv")
    assert read(write("extends: base.yaml\ncoast: land.csv\n"))[1] == []
    assert read(write("extends: base.yaml\ncoast: null\n")) == ({}, [])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("missing.csv", "coast: no such file: 'missing.csv'"),
        ("folder", "coast: 'folder' is a folder; expected a file"),
        ("pipe", "coast: 'pipe' is no ordinary file"),
        ("loop", "coast: cannot follow the path 'loop'"),
        ("huge", "coast: 'huge' is larger than 32 GB"),
        ("x" * 5000, "coast: cannot"),
        ('"a\\0b"', "coast: a path holds printable characters only"),
        ("''", "coast: expected the path of a file, got ''"),
        ("12", "coast: expected the path of a file, got 12"),
        ("[a.csv]", "coast: expected the path of a file, got a list"),
        ("{path: [a]}", "coast: expected the path of a file, got a list"),
        ("../secret", "coast: '../secret' lies outside the scenario's folder; --allow-path permits that"),
        ("/etc/passwd", "coast: '/etc/passwd' lies outside the scenario's folder"),
        ("way_out", "coast: 'way_out' lies outside the scenario's folder"),
        (f"{{path: here.csv, sha256: {'0' * 63}a}}", "coast: 'here.csv' holds other content than 'sha256'"),
    ],
)
def test_a_file_that_cannot_or_may_not_be_read_is_a_problem_at_its_key(
    write: Write, value: str, says: str
) -> None:
    write("secret", "secret")
    path = write(f"\ncoast: {value}\n", "in/scenario.yaml")
    write("here", "in/here.csv")
    (path.parent / "folder").mkdir()
    os.mkfifo(path.parent / "pipe")
    (path.parent / "loop").symlink_to("loop")
    with (path.parent / "huge").open("wb") as stream:
        stream.truncate(33 * 1024**3)  # takes no room
    (path.parent / "way_out").symlink_to("../secret")
    (problem,) = read(path)[1]
    assert problem.startswith("scenario.yaml:2:1  ")
    assert says in problem


def test_an_outside_file_is_read_with_permission_or_where_its_content_is_stated(write: Write) -> None:
    outside = write("land", "land.csv")
    path = write("coast: ../land.csv\n", "in/scenario.yaml")
    assert read(path)[1] != []
    assert read(path, allow_path=True)[0]["coast"] == {
        "path": str(outside.resolve()),
        "sha256": sha("land"),
    }
    pinned = write(f"coast: {{path: {outside}, sha256: {sha('land')}}}\n", "in/pinned.yaml")
    assert read(pinned) == (
        {"coast": {"path": str(outside.resolve()), "sha256": sha("land")}},
        [],
    )


def test_a_stated_digest_tells_nothing_of_another_file_outside(write: Write) -> None:
    """The words for a file that is not there and for one that holds something else are the same."""
    secret = write("secret", "secret")
    said = [
        read(write(f"coast: {{path: {name}, sha256: {sha('guess')}}}\n", "in/scenario.yaml"))[1][0]
        for name in (secret, secret.with_name("absent"))
    ]
    assert "no file that can be read at" in said[0]
    assert said[0].replace("secret", "absent") == said[1]
    assert sha("secret") not in said[0]


def test_a_text_in_no_folder_names_files_by_place_and_content(write: Write) -> None:
    file = write("land", "land.csv")

    def problems(text: str) -> list[str]:
        findings = Findings()
        tree = read_text(text, "text", findings)
        assert tree is not None
        FileReader(Reach(None), findings).read(tree, PLACE)
        return [problem.message for problem in findings.errors]

    assert problems(f"coast: {{path: {file}, sha256: {sha('land')}}}\n") == []
    assert problems(f"coast: {{path: land.csv, sha256: {sha('land')}}}\n") != []
    assert problems(f"coast: {file}\n") != []


def test_what_is_no_file_is_left_alone(write: Write) -> None:
    tree = read_text("layers: {coast: {file: a.csv}}\nother: b.csv\n", "text", Findings())
    assert tree is not None
    changed = plain(rooted(tree, PLACE, Path("/folder")))
    assert changed == {"layers": {"coast": {"file": "/folder/a.csv"}}, "other": "b.csv"}
