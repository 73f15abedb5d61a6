"""The output folder is never half right."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from mda_sim.core.errors import RunError
from mda_sim.study.folder import MANIFEST, UNIT, RunFolder, read_json, remove_left_over, write_json


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run", "key")


def fill(folder: RunFolder, unit: Path, text: str = "content") -> None:
    with folder.filling(unit, {"seed": 1}) as place:
        (place / "table.txt").write_text(text)


def fill_half(folder: RunFolder, unit: Path) -> None:
    with folder.filling(unit, {}) as place:
        (place / "table.txt").write_text("half")
        _ = 1 / 0


def test_a_unit_that_was_filled_is_whole(folder: RunFolder) -> None:
    unit = folder.sensing(1)
    assert not folder.has(unit)
    fill(folder, unit)
    assert folder.has(unit)
    assert (read_json(unit / UNIT) or {})["files"]["table.txt"]["bytes"] == len("content")


def test_a_unit_that_failed_leaves_nothing(folder: RunFolder) -> None:
    unit = folder.sharing(1, "today")
    with pytest.raises(ZeroDivisionError):
        fill_half(folder, unit)
    assert not unit.exists()
    assert list(unit.parent.iterdir()) == []


def test_a_failure_keeps_the_unit_that_was_there(folder: RunFolder) -> None:
    unit = folder.sensing(1)
    fill(folder, unit)
    with pytest.raises(ZeroDivisionError):
        fill_half(folder, unit)
    assert folder.has(unit)


def test_a_unit_is_not_whole_without_a_file_or_with_a_shorter_one(folder: RunFolder) -> None:
    unit = folder.sensing(1)
    fill(folder, unit)
    (unit / "table.txt").write_text("cut")
    assert not folder.has(unit)
    (unit / "table.txt").unlink()
    assert not folder.has(unit)


def test_a_unit_made_from_something_else_does_not_count(folder: RunFolder) -> None:
    fill(folder, folder.sensing(1))
    assert not RunFolder(folder.path, "other key").has(folder.sensing(1))


def test_an_empty_or_new_folder_can_be_claimed_and_left_overs_go(folder: RunFolder) -> None:
    folder.claim("digest", 2)
    folder.claim("digest", 2)
    write_json(folder.path / MANIFEST, {"seedless_digest": "digest"})
    left_over = folder.path / "seeds" / "1" / "sharing" / ".today.99.part"
    left_over.mkdir(parents=True)
    folder.claim("digest", 2)
    remove_left_over(folder.path)
    assert not left_over.exists()


def test_a_folder_takes_more_seeds_and_fewer_only_where_it_is_not_finished(folder: RunFolder) -> None:
    folder.path.mkdir()
    held = {"seedless_digest": "digest", "seeds": [1, 2, 3, 4]}
    write_json(folder.path / MANIFEST, {**held, "complete": True})
    folder.claim("digest", 4)
    folder.claim("digest", 9)
    with pytest.raises(RunError, match="with 4 seeds, more than 3"):
        folder.claim("digest", 3)
    write_json(folder.path / MANIFEST, {**held, "complete": False})
    folder.claim("digest", 3)


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(folder: RunFolder) -> None:
    folder.path.mkdir()
    (folder.path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no run"):
        folder.claim("digest", 2)
    write_json(folder.path / MANIFEST, {"seedless_digest": "another", "scenario": "other"})
    with pytest.raises(RunError, match="another scenario"):
        folder.claim("digest", 2)
    assert (folder.path / "thesis.txt").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="is a file"):
        RunFolder(tmp_path / "file", "key").claim("digest", 2)


def test_json_holds_no_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"value": math.nan})
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_mapping_reads_as_nothing(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "broken.json").write_text("{")
    assert read_json(tmp_path / "list.json") is None
    assert read_json(tmp_path / "broken.json") is None
    assert read_json(tmp_path / "absent.json") is None
