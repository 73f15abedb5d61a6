"""A day animated: every frame shows what is held then, where and how old."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from mda_sim.report.animation import FRAME_MS, Day, frames, write_animation
from mda_sim.report.maps import Caption
from mda_sim.report.scene import Scene

NAN = np.nan
CAPTION = Caption("A title", "a subtitle", "a source")
FRESH, OLD = "#08306b", "#2171b5"


@pytest.fixture
def day() -> Day:
    """Three frames of two vessels; the second is held fresh, then older, then no more."""
    return Day(
        clocks=("00:00", "01:00", "02:00"),
        true_lat_deg=np.array([[14.2, 14.7], [14.2, 14.7], [14.2, 14.7]]),
        true_lon_deg=np.array([[118.3, 119.0], [118.3, 119.1], [118.3, 119.2]]),
        held_lat_deg=np.array([[NAN, 14.7], [NAN, 14.7], [NAN, NAN]]),
        held_lon_deg=np.array([[NAN, 119.0], [NAN, 119.0], [NAN, NAN]]),
        age_s=np.array([[NAN, 600.0], [NAN, 4200.0], [NAN, NAN]]),
        steps_s=(3600.0, 21600.0),
    )


def made(scene: Scene, day: Day) -> list[np.ndarray]:
    found = frames(scene, scene.sensors, "AAA", day, CAPTION)
    return [np.asarray(frame, dtype=np.float64) / 255 for frame in found]


def is_of(frame: np.ndarray, colour: str) -> np.ndarray:
    """Which pixels have a colour."""
    return np.abs(frame - np.array(to_rgb(colour))).max(axis=2) < 0.02


def n_of(frame: np.ndarray, colour: str) -> int:
    return int(is_of(frame, colour).sum())


def test_what_is_held_is_coloured_by_its_age(scene: Scene, day: Day) -> None:
    first, second, third = made(scene, day)
    # The key has a dot of each colour in every frame; the last frame holds nothing besides.
    assert n_of(first, FRESH) > n_of(third, FRESH) == n_of(second, FRESH)
    assert n_of(second, OLD) > n_of(third, OLD) == n_of(first, OLD)


def test_what_is_held_stays_where_it_was_observed(scene: Scene, day: Day) -> None:
    """Though the vessel sails on."""
    first, second, third = made(scene, day)
    fresh = np.argwhere(is_of(first, FRESH) & ~is_of(third, FRESH)).mean(axis=0)
    older = np.argwhere(is_of(second, OLD) & ~is_of(third, OLD)).mean(axis=0)
    assert np.abs(fresh - older).max() < 1


def test_frames_differ_by_what_moves_alone(scene: Scene, day: Day) -> None:
    still = replace(
        day,
        clocks=("00:00",) * 3,
        true_lon_deg=day.true_lon_deg[[0, 0, 0]],
        held_lat_deg=day.held_lat_deg[[0, 0, 0]],
        held_lon_deg=day.held_lon_deg[[0, 0, 0]],
        age_s=day.age_s[[0, 0, 0]],
    )
    first, second, third = made(scene, still)
    assert (first == second).all()
    assert (first == third).all()


def test_the_file_repeats_and_is_the_same_bytes_twice(scene: Scene, day: Day, tmp_path: Path) -> None:
    for name in ("one.gif", "two.gif"):
        write_animation(scene, scene.sensors, "AAA", day, CAPTION, tmp_path / name)
    assert (tmp_path / "one.gif").read_bytes() == (tmp_path / "two.gif").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one.gif", "two.gif"}
    with Image.open(tmp_path / "one.gif") as picture:
        assert picture.n_frames == 3
        assert picture.info["loop"] == 0
        assert picture.info["duration"] == pytest.approx(FRAME_MS, abs=10)  # GIF counts hundredths
