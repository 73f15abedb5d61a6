"""``report.html`` of a finished run: what the page needs is read from the folder.

Model: figures are those of the summary, cells those of the stored coverage tables, and moves those of the
first seed, where its logs are kept. Nothing is simulated again.

Assumptions and limits: vessels that move are a sample, and the page says so.
Where next: ``run`` writes it, ``redraw`` once more with studies.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_H, US_PER_S
from mda_sim.study.folder import RunFolder, write_text
from mda_sim.study.held import holdings, picture_nodes
from mda_sim.study.stored import SENSED, SHARED, StoredUnit
from mda_sim.study.view import sources_of

if TYPE_CHECKING:
    from mda_sim.picture.spells import Holdings
    from mda_sim.report.gallery import Sources
    from mda_sim.report.page.content import Moves, Spells, StudyContent
    from mda_sim.scenario import Scenario

PAGE: Final = "report.html"
_VESSELS: Final = 300
_FRAMES: Final = 120
"""At most so many vessels and, about, frames: the file stays small enough to be mailed."""


def write_page(
    scenario: Scenario,
    folder: RunFolder,
    values: Sequence[StudyContent] = (),
    sensitivities: Sequence[StudyContent] = (),
    sources: Sources | None = None,
) -> Path:
    """Write the page of a run whose units and summary are in their place, with studies that fit it.

    ``sources`` are the folder's tables, for a caller that has read some of them.
    """
    from mda_sim.report.gallery import map_age_s
    from mda_sim.report.page.assembly import page_html
    from mda_sim.report.page.content import PageContent
    from mda_sim.report.scene import scene_of

    tables = sources_of(scenario, folder) if sources is None else sources
    content = PageContent(
        scenario,
        tables.summary(),
        scene_of(scenario),
        tables,
        map_age_s(scenario),
        _moves(scenario, folder),
        tuple(values),
        tuple(sensitivities),
    )
    path = folder.path / PAGE
    write_text(path, page_html(content))
    return path


def _moves(scenario: Scenario, folder: RunFolder) -> Moves | None:
    """Vessels of the first seed in time; None if its logs are not kept."""
    from mda_sim.report.page.content import Moves
    from mda_sim.world.sampled import evenly_chosen
    from mda_sim.world.target_names import target_name

    seed, timeline = scenario.seeds[0], scenario.timeline
    if not _has_logs(scenario, folder, seed):
        return None
    step_us = max(1, round(timeline.duration_us / _FRAMES / US_PER_H)) * US_PER_H
    instants_us = np.arange(timeline.score_from_us, timeline.score_to_us + 1, step_us)
    if len(instants_us) < 2:
        instants_us = np.array([timeline.score_from_us, timeline.score_to_us])
    base = StoredUnit(folder, scenario, scenario.baseline, seed)
    targets, n_present = evenly_chosen(base.fleet, int(instants_us[0]), int(instants_us[-1]), _VESSELS)
    held = {}
    for name in scenario.arrangements:
        unit = base.under(name)
        held[name] = {
            nation: _spells(holdings(unit, node, targets, instants_us), instants_us)
            for nation, node in picture_nodes(scenario).items()
        }
    fleet, rows = base.fleet, base.fleet.targets
    shape = len(instants_us), len(targets)
    lat_deg, lon_deg = fleet.positions(targets[None, :], instants_us[:, None])
    return Moves(
        seed,
        n_present,
        float(instants_us[1] - instants_us[0]) / US_PER_S,
        tuple(f"{timeline.datetime_at(t_us):%Y-%m-%d %H:%M} UTC" for t_us in instants_us.tolist()),
        tuple(
            (
                target_name(fleet, target),
                fleet.classes[rows["traffic_class"][target]],
                fleet.flags[rows["flag"][target]],
            )
            for target in targets.tolist()
        ),
        lat_deg.reshape(shape),
        lon_deg.reshape(shape),
        held,
    )


def _has_logs(scenario: Scenario, folder: RunFolder, seed: int) -> bool:
    files = [folder.sensing(seed) / f"{table}.parquet" for table in SENSED]
    for name in scenario.arrangements:
        files += [folder.sharing(seed, name) / f"{table}.parquet" for table in SHARED]
    return all(file.is_file() for file in files)


def _spells(held: Holdings, instants_us: NDArray[np.int64]) -> Spells:
    """Holdings by number of frame."""
    from mda_sim.report.page.content import Spells

    return Spells(
        held.vessel,
        np.searchsorted(instants_us, held.t_from_us),
        np.searchsorted(instants_us, held.t_to_us),
        held.lat_deg,
        held.lon_deg,
        (held.t_from_us - held.t_observed_us) / US_PER_S,
    )
