"""The page of a finished run, drawn again with studies of value and sensitivity of its scenario on it.

Model: run and studies are read and compared first, and everything that is wrong is told at once. Then the
page is written, whole or not at all, and the run's manifest lists it by its new SHA-256, so that the folder
stays whole.

Assumptions and limits: a run that is gathered anew (more seeds, another version) draws its page without the
studies. Where next: the shop window offers ``draw_page``, the verb ``page`` calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.core.spec import content_sha256
from mda_sim.study.folder import MANIFEST, RunFolder, listing, write_json
from mda_sim.study.kinship import roots_of
from mda_sim.study.paging import write_page
from mda_sim.study.presence import in_turn
from mda_sim.study.run_reader import FinishedRun, NotARun, read_run
from mda_sim.study.studied import Kind, NotAStudy, misfits, read_study

if TYPE_CHECKING:
    from mda_sim.report.page.content import StudyContent

Folders = Path | str | Sequence[Path | str]


def draw_page(run: Path | str, *, value: Folders = (), sensitivity: Folders = ()) -> Path:
    """Write ``report.html`` of a finished run again, with studies of the same scenario on it; its path.

    ``value`` and ``sensitivity``: folders that ``mda_sim.value`` and ``mda_sim.sensitivity`` wrote, one or
    several. Without any the page is the one that the run makes. ScenarioError with all problems, and nothing
    is written, if the folder holds no finished run, or a study is not finished, was changed, stands twice, or
    was made from a scenario in which anything but seeds differs.
    """
    place = Path(run)
    problems: list[Problem] = []
    finished = _run(place, problems)
    asked: dict[Kind, list[Path]] = {"value": _paths(value), "sensitivity": _paths(sensitivity)}
    found = {kind: _studies(kind, folders, finished, problems) for kind, folders in asked.items()}
    if problems or finished is None:
        raise ScenarioError(problems)
    with in_turn(place):
        path = write_page(finished.scenario, finished.folder, found["value"], found["sensitivity"])
        _list_again(finished.folder, path)
    return path


def _run(place: Path, problems: list[Problem]) -> FinishedRun | None:
    """The run; None, with a problem, if there is none that can be shown."""
    try:
        run = read_run(place, place.name)
    except NotARun as error:
        problems.append(_problem(place, str(error)))
        return None
    listed = run.manifest["files"].get("summary.json", {}).get("sha256")
    if not (place / "summary.json").is_file() or content_sha256(place / "summary.json") != listed:
        message = "summary.json is not the one that the run wrote; run the scenario again"
        problems.append(_problem(place, message))
        return None
    return run


def _studies(
    kind: Kind, folders: Sequence[Path], run: FinishedRun | None, problems: list[Problem]
) -> list[StudyContent]:
    """The studies in folders that can be read, with a problem for each that cannot, or does not fit."""
    found = []
    resolved = [folder.resolve() for folder in folders]
    for number, folder in enumerate(folders):
        if resolved[number] in resolved[:number]:
            problems.append(_problem(folder, f"stands twice; name it once with --{kind}"))
            continue
        try:
            study = read_study(kind, folder)
        except NotAStudy as error:
            problems.append(_problem(folder, str(error)))
            continue
        problems += _unfit(kind, folder, study, run)
        found.append(study)
    return found


def _unfit(kind: Kind, folder: Path, study: StudyContent, run: FinishedRun | None) -> Iterator[Problem]:
    """Why a study does not fit the run; nothing if there is no run to compare with."""
    if run is not None:
        roots: dict[str, Any] = {**roots_of(run.scenario), "sources": run.manifest.get("model_sources")}
        for message in misfits(kind, study.content, roots):
            yield _problem(folder, message)


def _list_again(folder: RunFolder, page: Path) -> None:
    """Put the page as it is now into the manifest's list of files."""
    manifest = folder.manifest() or {}
    files = {**manifest.get("files", {}), **listing(folder.path, [page])}
    write_json(folder.path / MANIFEST, {**manifest, "files": files})


def _paths(folders: Folders) -> list[Path]:
    return [Path(folders)] if isinstance(folders, Path | str) else [Path(folder) for folder in folders]


def _problem(folder: Path, message: str) -> Problem:
    return Problem(str(folder), 0, 0, "", message)
