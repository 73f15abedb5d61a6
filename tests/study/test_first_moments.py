"""A study that is killed while it takes its folder can be begun again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mda_sim.core.errors import RunError
from mda_sim.scenario import Scenario
from mda_sim.study.folder import RunFolder
from mda_sim.study.run import fill, run_key, seedless_digest


class Killed(BaseException):
    """In place of a signal that nobody can answer."""


def test_a_folder_is_known_again_before_its_scenario_is_written(
    tmp_path: Path, tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    folder = RunFolder(tmp_path / "out", run_key(tiny))
    monkeypatch.setattr(sys.modules[fill.__module__], "write_text", die)
    with pytest.raises(Killed):
        fill(tiny, folder, workers=1)
    assert (folder.manifest() or {})["complete"] is False
    folder.claim(seedless_digest(tiny), len(tiny.seeds))


def test_what_is_half_written_says_nothing_of_a_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "key")
    (tmp_path / ".manifest.json.0a1b2c3d.part").write_text("{")
    folder.claim("digest", 1)
    (tmp_path / "letter.txt").write_text("somebody's")
    with pytest.raises(RunError, match="holds no run"):
        folder.claim("digest", 1)
