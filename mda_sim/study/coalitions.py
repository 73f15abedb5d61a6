"""What one worker does for one seed of a study of value: every section that it is asked about, scored.

Model: world, sensing and the scoring frame are made once for the seed, and the detection log is kept in the
folder, so that a further job of the seed reads it back. Each section is then shared, audited and scored on
it, for the asked figures only. Equal sections are computed once; their figures lie in the folder until the
study is finished, so that one that was interrupted goes on where it stopped.

Assumptions and limits: a section is run as the only configuration beside the baseline, under the id
``coalition``; no draw depends on that id.
Where next: ``value`` and ``next_best`` submit jobs.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from mda_sim.core.errors import RunError
from mda_sim.core.spec import FrozenMap
from mda_sim.metrics.asked import Asked
from mda_sim.pipeline import audit, build_frame, score_asked, share
from mda_sim.study.coalition_plan import CoalitionJob, Ground, Plan, plan_of
from mda_sim.study.figure_store import store_rows, stored_rows
from mda_sim.study.folder import RunFolder
from mda_sim.study.jobs import SeedJob, make_unit, stored_fleet, stored_log, stored_scenario

if TYPE_CHECKING:
    from mda_sim.metrics.score_rows import ScoreRow
    from mda_sim.metrics.spec import Endpoint
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.network import SharingSpec

COALITION: Final = "coalition"
"""Id of the section that is being computed."""

PROGRESS_S: Final = 10.0
"""How often a job says how far it is [s]."""

Tell = Callable[[str], None]


class FigureKey(NamedTuple):
    """Which figure of whom."""

    nation: str
    metric: str
    group: str


Figures = Mapping[FigureKey, float]
"""Figures of one section and seed."""


@dataclass(frozen=True)
class Played:
    """What a job found."""

    seed: int
    coalitions: Mapping[int, Figures]
    sections: Mapping[str, Figures]
    units: Mapping[str, str]
    """Unit of each metric."""
    n_run: int
    """Coalitions that were run: of equal ones, or ones that tell the same, one."""
    prepare_s: float
    """Time for world, sensing and frame, or for reading them [s]."""
    compute_s: float
    """Time for all sections and coalitions [s]."""
    first_s: float
    """Time that sharing, audit and score of the first section took [s]."""
    coalitions_s: float
    """Time for the coalitions [s]."""


def play(job: CoalitionJob, tell: Tell) -> Played:
    """Compute everything that a job asks for."""
    begun_s = time.perf_counter()
    tell(f"seed {job.seed} world and sensing ...")
    ground = _ground(job.folder, job.scenario_digest, job.seed)
    ready_s = time.perf_counter()
    table = _Table(ground, job)
    sections: dict[str, Figures] = {}
    first_s = 0.0
    for name, sharing, endpoints in job.sections:
        sections[name] = table.figures(sharing, endpoints)
        first_s = first_s or time.perf_counter() - ready_s
    begun_coalitions_s = time.perf_counter()
    plan = plan_of(ground, job)
    coalitions, n_run = _coalitions(table, job, plan, tell)
    done_s = time.perf_counter()
    tell(f"seed {job.seed} done")
    costs = (ready_s - begun_s, done_s - ready_s, first_s, done_s - begun_coalitions_s)
    return Played(job.seed, coalitions, sections, table.units, n_run, *costs)


def _coalitions(table: _Table, job: CoalitionJob, plan: Plan, tell: Tell) -> tuple[dict[int, Figures], int]:
    """Figures of every coalition, and how many were run."""
    told_s, before = time.perf_counter(), table.n_computed
    known: dict[tuple[str, int], Figures] = {}
    for number, mask in enumerate(plan.runs, start=1):
        found = table.figures(job.section(mask), job.endpoints)
        for nation, matters in plan.matters.items():
            mine = {key: value for key, value in found.items() if key.nation == nation}
            known[nation, mask & matters] = mine
        if time.perf_counter() - told_s > PROGRESS_S:
            told_s = time.perf_counter()
            tell(f"seed {job.seed} {number} of {len(plan.runs)} runs for {len(job.coalitions)} coalitions")
    coalitions: dict[int, Figures] = {
        mask: {
            key: value
            for nation, matters in plan.matters.items()
            for key, value in known[nation, mask & matters].items()
        }
        for mask in job.coalitions
    }
    return coalitions, table.n_computed - before


class _Table:
    """Figures of sections of one seed; of equal ones they are computed once."""

    def __init__(self, ground: Ground, job: CoalitionJob) -> None:
        self._ground, self._seed, self._nations = ground, job.seed, job.nations
        self._folder = job.folder
        self._known: dict[tuple[SharingSpec, tuple[Endpoint, ...]], Figures] = {}
        self.units: dict[str, str] = {}

    @property
    def n_computed(self) -> int:
        return len(self._known)

    def figures(self, sharing: SharingSpec, endpoints: tuple[Endpoint, ...]) -> Figures:
        key = (sharing, endpoints)
        if key not in self._known:
            rows = self._rows(sharing, endpoints)
            self.units |= {row.metric: row.unit for row in rows}
            self._known[key] = {FigureKey(row.nation, row.metric, row.group): row.value for row in rows}
        return self._known[key]

    def _rows(self, sharing: SharingSpec, endpoints: tuple[Endpoint, ...]) -> Sequence[ScoreRow]:
        """The figures of a section, from the folder if they were found before."""
        asked = [sharing.model_dump(mode="json"), [one.model_dump(mode="json") for one in endpoints]]
        made_from = json.dumps([self._folder.key, asked, self._nations], sort_keys=True)
        name = hashlib.sha256(made_from.encode()).hexdigest()[:24]
        path = self._folder.found(self._seed) / f"{name}.csv"
        rows: Sequence[ScoreRow] | None = stored_rows(path)
        if rows is None:
            rows = run_section(self._ground, self._seed, sharing, endpoints, self._nations)
            path.parent.mkdir(parents=True, exist_ok=True)
            store_rows(rows, path, self._folder.owner)
        return rows


def run_section(
    ground: Ground,
    seed: int,
    sharing: SharingSpec,
    endpoints: Sequence[Endpoint],
    nations: Sequence[str],
) -> tuple[ScoreRow, ...]:
    """Share, audit and score one section for some figures of some nations."""
    scenario = with_section(ground.scenario, sharing)
    deliveries = share(scenario, ground.fleet, ground.log, COALITION, seed)
    audit(scenario, ground.fleet, ground.log, deliveries, COALITION, seed)
    asked = Asked.of(scenario.spec.metrics, endpoints, nations)
    return score_asked(scenario, ground.frame, deliveries, COALITION, seed, asked)


def with_section(scenario: Scenario, sharing: SharingSpec) -> Scenario:
    """The scenario with one section alone, under the id ``COALITION``."""
    return replace(scenario, arrangements=FrozenMap({COALITION: sharing}))


@lru_cache(maxsize=1)
def _ground(folder: RunFolder, digest: str, seed: int) -> Ground:
    """One seed made ready: sensed and stored unless the folder has it, then read back."""
    unit = folder.sensing(seed)
    if not folder.has(unit):
        make_unit(SeedJob(folder, digest, seed, ()), lambda note: None)
    scenario = stored_scenario(Path(folder.path) / "scenario.yaml", digest)
    log = stored_log(scenario, unit)
    if log is None:
        raise RunError("the scenario of a study of value must keep its logs")
    fleet = stored_fleet(unit)
    return Ground(scenario, fleet, log, build_frame(scenario, fleet, log, seed))
