"""Figures and the page are the same whoever draws them, and whenever the summary comes."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from run_contents import contents, copy_of

from mda_sim.scenario import Scenario
from mda_sim.study import drawing
from mda_sim.study.crew import open_crew
from mda_sim.study.drawing import _remove_drawn, _Share, _shares, gather_and_draw
from mda_sim.study.folder import RunFolder, read_json
from mda_sim.study.run import Study
from mda_sim.study.view import gallery_of

PAGE_AND_SUMMARY = ("report.html", "summary.json", "answer.md", "scores.csv")


def folder_of(study: Study, place: Path) -> RunFolder:
    return RunFolder(copy_of(study, place), "")


def drawn_by(workers: int, study: Study, scenario: Scenario, place: Path) -> dict[str, bytes]:
    place.mkdir()
    folder = folder_of(study, place)
    with open_crew(folder.path, n_jobs=workers, workers=workers) as crew:
        summary = gather_and_draw(crew, scenario, folder, scenario.digest())
    assert summary == read_json(folder.path / "summary.json")
    return contents(folder.path)


def test_one_worker_and_two_make_the_same_bytes(finished: Study, tiny: Scenario, tmp_path: Path) -> None:
    alone = drawn_by(1, finished, tiny, tmp_path / "one")
    assert drawn_by(2, finished, tiny, tmp_path / "two") == alone
    gallery = gallery_of(tiny, RunFolder(finished.folder, ""))
    assert {*gallery.names(), *PAGE_AND_SUMMARY} <= set(alone)
    assert contents(finished.folder).items() <= alone.items()


def test_what_was_drawn_before_is_removed(finished: Study, tmp_path: Path) -> None:
    folder = folder_of(finished, tmp_path)
    _remove_drawn(folder)
    for name in ("maps/old.png", "charts/old.png", "charts/note.txt", "report.html"):
        (folder.path / name).touch()
    _remove_drawn(folder)
    assert [
        path.name for path in folder.path.rglob("*") if path.name in ("old.png", "note.txt", "report.html")
    ] == ["note.txt"]


@pytest.mark.parametrize("size", [1, 2, 30])
@pytest.mark.parametrize("comes_after", [0, 1, 99])
def test_every_figure_is_drawn_once_and_none_before_what_it_needs(
    finished: Study, tiny: Scenario, size: int, comes_after: int
) -> None:
    """The page is begun as soon as there is a summary."""
    gallery = gallery_of(tiny, RunFolder(finished.folder, ""))
    gathered: Future[Any] = Future()
    shares: list[_Share] = []
    if comes_after == 0 or size == 1:
        gathered.set_result({})
    early = len(gallery.of_units())
    for share in _shares(gallery, size, gathered):
        shares.append(share)
        if not gathered.done():
            assert not share.has_page
            assert set(share.names) <= set(gallery.of_units())
        if len(shares) == min(comes_after, early, 2 * size, 16) and not gathered.done():
            gathered.set_result({})
            page_at = len(shares)
    names = [name for share in shares for name in share.names]
    assert sorted(names) == sorted(gallery.names())
    assert [share.has_page for share in shares].count(True) == 1
    if comes_after and size > 1:
        assert shares[page_at].has_page


@pytest.mark.parametrize("workers", [1, 2])
def test_what_goes_wrong_in_gathering_is_raised(
    finished: Study, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(drawing, "gather", broken)
    folder = folder_of(finished, tmp_path)
    with (
        pytest.raises(OSError, match="no space left"),
        open_crew(folder.path, n_jobs=workers, workers=workers) as crew,
    ):
        gather_and_draw(crew, tiny, folder, tiny.digest())
