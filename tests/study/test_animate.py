"""A day of a finished run as a GIF."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from mda_sim import animate_day
from mda_sim.cli import main
from mda_sim.core.errors import ScenarioError
from mda_sim.study.run import Study
from mda_sim.study.status import status_of


def test_a_frame_for_every_step_of_the_day(finished: Study, tmp_path: Path) -> None:
    """The tiny run scores 12 hours."""
    path = animate_day(finished.folder, "PHL", configuration="direct", step_s=7200, out=tmp_path / "day.gif")
    with Image.open(path) as picture:
        assert picture.n_frames == 12 // 2 + 1


def test_the_verb_says_where_the_file_is(told: Path, tmp_path: Path) -> None:
    out = tmp_path / "usa.gif"
    words = ["animate", str(told), "--nation", "USA", "--configuration", "hub", "--step", "21600"]
    done = CliRunner().invoke(main, [*words, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(str(out))
    assert out.stat().st_size > 1000
    assert status_of(told).is_complete


def test_everything_that_is_wrong_is_told_at_once(finished: Study, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as wrong:
        animate_day(
            finished.folder, "XXX", configuration="nowhere", seed=9, day=2, step_s=1, out=tmp_path / "day.mp4"
        )
    text = str(wrong.value)
    for words in (
        "no nation 'XXX'",
        "no configuration 'nowhere'",
        "no seed 9",
        "from 1 to 1",
        "300 s",
        ".gif",
    ):
        assert words in text
    assert not list(tmp_path.iterdir())
