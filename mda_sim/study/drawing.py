"""Maps, charts and the page of a run, drawn by its crew.

Where next: ``run`` has them drawn once scores and summary are in their place.
"""

from __future__ import annotations

from typing import Final

from mda_sim.study.crew import Crew
from mda_sim.study.folder import RunFolder
from mda_sim.study.jobs import stored_scenario
from mda_sim.study.paging import PAGE, write_page
from mda_sim.study.view import gallery_of

_DRAWN_AT_ONCE: Final = 16
"""Groups, at most, into which figures are divided: each reads the run's tables anew."""


def draw(crew: Crew, folder: RunFolder, digest: str) -> None:
    """Draw every figure and the page, divided among the crew; what was drawn before is removed."""
    (folder.path / PAGE).unlink(missing_ok=True)
    for name in ("maps", "charts"):
        (folder.path / name).mkdir(exist_ok=True)
        for old in (folder.path / name).glob("*.png"):
            old.unlink()
    groups = min(crew.size, _DRAWN_AT_ONCE)
    crew.all(_draw_group, [(folder, digest, group, groups) for group in range(groups)])


def _draw_group(folder: RunFolder, digest: str, group: int, groups: int) -> None:
    """Draw the figures whose numbers leave ``group`` when divided by ``groups``; the last makes the page."""
    scenario = stored_scenario(folder.path / "scenario.yaml", digest)
    gallery = gallery_of(scenario, folder)
    for name in gallery.names()[group::groups]:
        gallery.draw(name)
    if group == groups - 1:
        write_page(scenario, folder)
