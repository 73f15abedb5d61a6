"""Maps, charts and the page of a run, drawn by its crew.

Model: most figures need nothing but units. So they are begun while the calling process gathers, and what
takes longest comes first once there is a summary: the page. Figures are handed out in shares, each of which
reads the run's tables anew.

Where next: ``run`` calls ``gather_and_draw`` when the last unit is in its place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mda_sim.study.crew import Crew
from mda_sim.study.folder import RunFolder
from mda_sim.study.gather import gather
from mda_sim.study.jobs import stored_scenario
from mda_sim.study.paging import PAGE, write_page
from mda_sim.study.view import gallery_of, sources_of

if TYPE_CHECKING:
    from mda_sim.report.gallery import Gallery
    from mda_sim.scenario import Scenario

_SHARES_EACH: Final = 2
"""Shares of figures without summary for each worker, so that none waits long for another."""

_SHARES: Final = 16
"""Such shares, at most."""


class _Share(NamedTuple):
    """What one worker draws at a time."""

    names: tuple[str, ...] = ()
    """Figures of the gallery."""
    has_page: bool = False


def gather_and_draw(crew: Crew, scenario: Scenario, folder: RunFolder, digest: str) -> dict[str, Any]:
    """Gather the run, draw every figure and the page, and give the summary; what was drawn before is removed.

    The crew draws, and this process gathers; a crew that is this process draws when it has gathered.
    """
    _remove_drawn(folder)
    with ThreadPoolExecutor(1, "gather") as aside:
        gathered = aside.submit(gather, scenario, folder)
        if crew.size == 1:
            wait([gathered])
        shares = _shares(gallery_of(scenario, folder), crew.size, gathered)
        crew.all(_draw, ((folder, digest, share) for share in shares))
        return gathered.result()


def _remove_drawn(folder: RunFolder) -> None:
    (folder.path / PAGE).unlink(missing_ok=True)
    for name in ("maps", "charts"):
        (folder.path / name).mkdir(exist_ok=True)
        for old in (folder.path / name).glob("*.png"):
            old.unlink()


def _shares(gallery: Gallery, size: int, gathered: Future[Any]) -> Iterator[_Share]:
    """What is to be drawn by ``size`` workers, in the order in which it is to be begun.

    Waits for the summary when nothing else is left to begin; what went wrong with it is raised.
    """
    if size == 1:
        gathered.result()
        yield _Share(tuple(gallery.names()), has_page=True)
        return
    early = gallery.of_units()
    n = min(_SHARES_EACH * size, _SHARES, len(early))
    ends = [len(early) * part // n for part in range(n + 1)]
    # Neighbours are of one kind, and mostly of one configuration: they are drawn from the same tables.
    waiting = deque(_Share(tuple(early[begin:end])) for begin, end in pairwise(ends))
    while waiting and not gathered.done():
        yield waiting.popleft()
    gathered.result()
    yield _Share(has_page=True)
    yield from waiting
    yield _Share(tuple(name for name in gallery.names() if name not in early))


def _draw(folder: RunFolder, digest: str, share: _Share) -> None:
    """Draw one share."""
    from mda_sim.report.gallery import Gallery

    scenario = stored_scenario(folder.path / "scenario.yaml", digest)
    sources = sources_of(scenario, folder)
    gallery = Gallery(scenario, sources, folder.path)
    for name in share.names:
        gallery.draw(name)
    if share.has_page:
        write_page(scenario, folder, sources=sources)
