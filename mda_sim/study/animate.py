"""A day in one nation's picture, drawn from the stored tables of a finished run.

Assumptions and limits: the run keeps its logs (``output.logs``); one seed and configuration.
Where next: the shop window offers ``animate_day``, the verb ``animate`` calls it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_DAY, US_PER_S, to_us
from mda_sim.study.held import holdings
from mda_sim.study.stored import StoredUnit, open_unit, picture_node_of

if TYPE_CHECKING:
    from mda_sim.picture.spells import Holdings
    from mda_sim.report.animation import Day

STEP_S: Final = 3600.0
"""Time between two frames unless another is asked for [s]."""
_STEP_MIN_S: Final = 300.0


def animate_day(
    folder: Path | str,
    nation: str,
    *,
    configuration: str | None = None,
    seed: int | None = None,
    day: int = 1,
    step_s: float = STEP_S,
    out: Path | str | None = None,
) -> Path:
    """Draw what a nation holds through a scored day (from 1 on), a frame every ``step_s``; the GIF.

    ``configuration`` is the run's baseline and ``seed`` its first unless stated; ``out`` is
    ``<run>/animations/<configuration>-<seed>_<nation>_day<day>.gif`` unless stated. ScenarioError with all
    problems for a folder without a finished run or without logs, and for what the run does not have.
    """
    unit, scenario, wrong = open_unit(folder, configuration, seed)
    node = picture_node_of(scenario, nation, wrong)
    timeline = scenario.timeline
    days = -(-timeline.duration_us // US_PER_DAY)
    if not 1 <= day <= days:
        wrong.add(f"expected a scored day from 1 to {days}, got {day}")
    if not step_s >= _STEP_MIN_S:
        wrong.add(f"expected a step of {_STEP_MIN_S:g} s at least, got {step_s:g}")
    if out is not None and (Path(out).is_dir() or Path(out).suffix.lower() != ".gif"):
        wrong.add(f"expected the name of a .gif file, got {out}")
    wrong.raise_any()
    assert unit is not None  # else there was a problem
    name = f"{unit.configuration}-{unit.seed}_{nation}_day{day}.gif"
    path = Path(out) if out is not None else Path(folder) / "animations" / name
    begin_us = timeline.score_from_us + (day - 1) * US_PER_DAY
    end_us = min(begin_us + US_PER_DAY, timeline.score_to_us)
    instants_us = np.arange(begin_us, end_us + 1, to_us(step_s))
    if len(instants_us) < 2:
        instants_us = np.array([begin_us, end_us])
    path.parent.mkdir(parents=True, exist_ok=True)
    _draw(unit, nation, day, _day(unit, node, instants_us), path)
    return path


def _day(unit: StoredUnit, node: str, instants_us: NDArray[np.int64]) -> Day:
    from mda_sim.report.animation import Day
    from mda_sim.report.style import AGE_COLOURS

    fleet, timeline = unit.fleet, unit.scenario.timeline
    targets = np.arange(fleet.n_vessels)
    shape = len(instants_us), len(targets)
    lat_deg, lon_deg = fleet.positions(targets[None, :], instants_us[:, None])
    held = holdings(unit, node, targets, instants_us)
    return Day(
        tuple(f"{timeline.datetime_at(t_us):%Y-%m-%d %H:%M} UTC" for t_us in instants_us.tolist()),
        lat_deg.reshape(shape),
        lon_deg.reshape(shape),
        *_spread(held, instants_us, shape),
        tuple(sorted(unit.scenario.spec.metrics.custody_age_s)[-len(AGE_COLOURS) :]),
    )


def _spread(
    held: Holdings, instants_us: NDArray[np.int64], shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Latitude, longitude and age of what is held, (n_instants, n_vessels); NaN where nothing is."""
    first = np.searchsorted(instants_us, held.t_from_us)
    last = np.searchsorted(instants_us, held.t_to_us)
    spell = np.repeat(np.arange(len(first)), last - first)
    frame = np.arange(len(spell)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    at = frame + first[spell], held.vessel[spell]
    lat_deg, lon_deg, age_s = (np.full(shape, np.nan) for _ in range(3))
    lat_deg[at], lon_deg[at] = held.lat_deg[spell], held.lon_deg[spell]
    age_s[at] = (instants_us[at[0]] - held.t_observed_us[spell]) / US_PER_S
    return lat_deg, lon_deg, age_s


def _draw(unit: StoredUnit, nation: str, number: int, day: Day, path: Path) -> None:
    from mda_sim.report.animation import write_animation
    from mda_sim.report.maps import Caption
    from mda_sim.report.scene import fed, scene_of

    scenario = unit.scenario
    scene = scene_of(scenario)
    caption = Caption(
        f"{scenario.spec.nations[nation].name}: what is held under '{unit.configuration}'",
        f"scored day {number}, seed {unit.seed}",
        f"Scenario '{scenario.name}' ({scenario.digest()[:8]}), seed {unit.seed}; mda_sim.",
    )
    write_animation(scene, fed(scene, unit.sharing), nation, day, caption, path)
