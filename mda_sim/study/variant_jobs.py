"""What workers do for sweeps and sensitivity analyses: the wanting figures of variants, seed by seed.

Model: a unit is the asked figures of one configuration of one variant in one seed, in a file named by the key
of all that they are made from. So whole units are used again, by another variant or by another call. A job is
units of one seed with the same world and sensing, which the store (``sensed_store``) makes once and hands to
every job that needs them: where there are fewer of them than two per worker, units of one are spread over
several jobs. A job prepares scoring once for each set of things measured and shares and audits once for each
set of rules; it scores what is asked. World and sensing are dropped with the last job that needs them,
unless they are to be kept. A unit that cannot be made is told of, and the others go on.

Assumptions and limits: how units are spread changes no byte. Figures that can be asked for alone are
(``metrics.asked``), the others are picked from all. Units of one set of rules stay in one job.
Where next: ``sweep`` and ``sensitivity`` call ``fill``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mda_sim.core.errors import RunError
from mda_sim.metrics.asked import Asked as AskedFigures
from mda_sim.metrics.asked import known_metrics
from mda_sim.metrics.compare import Values, values_by_key
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint
from mda_sim.pipeline import audit, build_frame, score, score_asked, share
from mda_sim.study.crew import Crew, open_crew
from mda_sim.study.failures import Failure, UnitsFailed, command, failure_of, forget, record
from mda_sim.study.figure_store import is_stored, store_rows, stored_rows
from mda_sim.study.folder import remove_left_over, write_text
from mda_sim.study.presence import at_work, in_turn
from mda_sim.study.sensed_store import SensedStore
from mda_sim.study.variants import Variant, unpacked

if TYPE_CHECKING:
    from mda_sim.metrics.frame import ScoringFrame
    from mda_sim.records import DeliveryLog, DetectionLog
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet

Watch = Callable[[int, int], None]
"""Told how many units are in their place, and how many there will be."""


class Asked(NamedTuple):
    """Which figures are looked at."""

    figures: tuple[tuple[str, str], ...]
    """Metric and group of each."""
    nations: tuple[str, ...]
    is_named: bool
    """Whether the caller named them, so that one which is nowhere is a mistake."""

    def key(self) -> str:
        """Short name of this choice, for file names."""
        return hashlib.sha256(repr((self.figures, self.nations)).encode()).hexdigest()[:12]


class Unit(NamedTuple):
    """One unit that is wanting."""

    path: Path
    configuration: str
    delivery_key: str
    frame_key: str
    packed: bytes
    """The scenario of the variant."""


@dataclass(frozen=True)
class VariantJob:
    """Units of one seed with the same world and sensing."""

    seed: int
    sensing_key: str
    units: tuple[Unit, ...]
    """In an order in which equal deliveries follow each other."""
    asked: Asked
    store: SensedStore


def unit_path(folder: Path, asked: Asked, seed: int, score_key: str) -> Path:
    """Where a unit lies."""
    return folder / "units" / f"{seed}-{asked.key()}-{score_key[:24]}.csv"


def fill(
    variants: Sequence[Variant],
    seeds: Sequence[int],
    folder: Path,
    asked: Asked,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    keep_sensing: bool = False,
    watch: Watch | None = None,
) -> None:
    """Make the units of variants that are wanting in a folder; ``workers`` and ``cluster`` as in ``crew``.

    UnitsFailed if some could not be made: a named figure is nowhere, the audit finds a difference, a worker
    dies over one. Units that were whole by then stay.
    """
    folder = folder.absolute()  # as workers anywhere know it
    groups = _wanting(variants, seeds, folder, asked)
    total, done = sum(map(len, groups.values())), 0

    def listen(units: int) -> None:
        nonlocal done
        done += units
        if watch is not None:
            watch(done, total)

    listen(0)
    with (
        at_work(folder) as name,
        open_crew(folder, n_jobs=max(1, total), workers=workers, cluster=cluster, listen=listen) as crew,
    ):
        with in_turn(folder):
            remove_left_over(folder)
        store = SensedStore(folder / "sensed", name)
        failures = _do_all(_jobs(groups, asked, store, crew.size), folder, crew, keep_sensing=keep_sensing)
    if failures:
        raise UnitsFailed(failures, done, folder)
    if not keep_sensing:
        for seed, variant in ((seed, variant) for seed in seeds for variant in variants):
            store.drop(variant.sensing_key, seed)
    store.tidy()


class UnitReader:
    """Reads the figures of variants whose units are whole, each unit once."""

    def __init__(self, seeds: Sequence[int], folder: Path, asked: Asked) -> None:
        """Nothing is read yet."""
        self._seeds, self._folder, self._asked = seeds, folder, asked
        self._read: dict[Path, tuple[ScoreRow, ...]] = {}
        self.metric_units: dict[str, str] = {}
        """Unit of each metric that was read."""

    def paths(self, variant: Variant) -> list[Path]:
        """Where the units of a variant lie."""
        keys, seeds = variant.score_keys.values(), self._seeds
        return [unit_path(self._folder, self._asked, seed, key) for key in keys for seed in seeds]

    def values(self, variant: Variant) -> Values:
        """The figures of a variant by key and seed; RunError if a unit is not whole any more."""
        rows: list[ScoreRow] = []
        for path in self.paths(variant):
            if path not in self._read:
                stored = stored_rows(path)
                if stored is None:
                    raise RunError(f"{path} is damaged since it was written; the same call makes it again")
                self._read[path] = stored
                self.metric_units |= {row.metric: row.unit for row in stored}
            rows += self._read[path]
        return values_by_key(rows)


def _do_all(jobs: Sequence[VariantJob], folder: Path, crew: Crew, *, keep_sensing: bool) -> list[Failure]:
    """Have jobs done, and drop what was sensed with the last job that needs it; units that failed."""
    waiting = Counter((job.seed, job.sensing_key) for job in jobs)
    failures: list[Failure] = []
    for done in crew.each(fill_units, [(job, folder, crew.post) for job in jobs]):
        job = jobs[done.number]
        failures += _lost(job, folder) if done.is_lost else done.result or ()
        waiting[job.seed, job.sensing_key] -= 1
        if not waiting[job.seed, job.sensing_key] and not keep_sensing:
            job.store.drop(job.sensing_key, job.seed)
    failed = {failure.unit for failure in failures}
    for job in jobs:
        for unit in job.units:
            if _name(unit) not in failed:
                forget(folder, _name(unit))
    for failure in failures:
        record(folder, failure)
    return sorted(failures, key=lambda failure: failure.unit)


def _lost(job: VariantJob, folder: Path) -> list[Failure]:
    """The failures of units whose workers died."""
    error = RunError("the worker process died twice, most likely for want of memory")
    return [_failed(job, unit, folder, "unknown", error) for unit in job.units if not is_stored(unit.path)]


def _failed(job: VariantJob, unit: Unit, folder: Path, stage: str, error: Exception) -> Failure:
    """The failure of a unit; its scenario is written beside it, so that it can be repeated."""
    name, place = _name(unit), folder / "failures"
    place.mkdir(exist_ok=True)
    scenario = place / f"{name}.yaml"
    write_text(scenario, unpacked(unit.packed).to_yaml())
    one = f"{job.seed}/{unit.configuration}"
    repeat = command("run", scenario, "--out", place / name, "--unit", one, "--debug")
    return failure_of(name, stage, error, repeat)


def _name(unit: Unit) -> str:
    return unit.path.stem


def _wanting(
    variants: Sequence[Variant], seeds: Sequence[int], folder: Path, asked: Asked
) -> dict[tuple[int, str], list[Unit]]:
    """Units that are not in their place, by seed and sensing, equal deliveries after each other."""
    groups: dict[tuple[int, str], dict[Path, Unit]] = {}
    for seed in seeds:
        for variant in variants:
            for name, key in variant.score_keys.items():
                path = unit_path(folder, asked, seed, key)
                if not is_stored(path):
                    unit = Unit(path, name, variant.delivery_keys[name], variant.frame_key, variant.packed)
                    groups.setdefault((seed, variant.sensing_key), {})[path] = unit
    return {
        group: sorted(units.values(), key=lambda unit: (unit.configuration, *unit[2:4]))
        for group, units in groups.items()
    }


def _jobs(
    groups: dict[tuple[int, str], list[Unit]], asked: Asked, store: SensedStore, workers: int
) -> list[VariantJob]:
    """Jobs in the order in which they are begun: first one of each sensing, then the second of each."""
    parts = 1 if workers == 1 or not groups else -(-2 * workers // len(groups))
    split = [
        [VariantJob(seed, key, part, asked, store) for part in _parts(units, parts)]
        for (seed, key), units in groups.items()
    ]
    return [job for turn in zip_longest(*split) for job in turn if job is not None]


def _parts(units: Sequence[Unit], parts: int) -> list[tuple[Unit, ...]]:
    """Units in that many parts or fewer of about equal size; equal deliveries stay together."""
    size = -(-len(units) // parts)
    found: list[list[Unit]] = [[]]
    for _, same in groupby(units, key=lambda unit: unit.delivery_key):
        if len(found[-1]) >= size:
            found.append([])
        found[-1] += same
    return [tuple(part) for part in found if part]


def fill_units(job: VariantJob, folder: Path, watch: Callable[[int], None]) -> list[Failure]:
    """Make and store the units of a job; those that could not be made. ``watch`` hears of every unit.

    RunError for what concerns every unit alike, as a full disk does.
    """
    try:
        sensed = job.store.obtain(unpacked(job.units[0].packed), job.sensing_key, job.seed)
    except Exception as error:  # whatever it is, other worlds go on
        return [_failed(job, unit, folder, "sense", error) for unit in job.units]
    bench, failures = _Bench(job, *sensed), []
    for unit in job.units:
        try:
            store_rows(bench.rows(unit), unit.path, job.store.owner)
        except Exception as error:  # whatever it is, other units go on
            failures.append(_failed(job, unit, folder, "share and score", error))
            continue
        watch(1)
    return failures


class _Bench:
    """Shares and scores units on one world, and keeps what the next unit may need again."""

    def __init__(self, job: VariantJob, fleet: Fleet, log: DetectionLog) -> None:
        self._job, self._fleet, self._log = job, fleet, log
        self._frames: dict[str, ScoringFrame] = {}
        self._shared: tuple[str, DeliveryLog] | None = None

    def rows(self, unit: Unit) -> list[ScoreRow]:
        """The asked figures of a unit; AuditError if the audit of its deliveries finds a difference."""
        scenario, fleet, log, seed = unpacked(unit.packed), self._fleet, self._log, self._job.seed
        if self._shared is None or self._shared[0] != unit.delivery_key:
            deliveries = share(scenario, fleet, log, unit.configuration, seed)
            audit(scenario, fleet, log, deliveries, unit.configuration, seed)
            self._shared = unit.delivery_key, deliveries
        if unit.frame_key not in self._frames:
            self._frames[unit.frame_key] = build_frame(scenario, fleet, log, seed)
        frame, deliveries = self._frames[unit.frame_key], self._shared[1]
        return _scored(scenario, frame, deliveries, unit.configuration, self._job)


def _scored(
    scenario: Scenario, frame: ScoringFrame, deliveries: DeliveryLog, configuration: str, job: VariantJob
) -> list[ScoreRow]:
    """The asked figures of picture nodes."""
    asked, seed = job.asked, job.seed
    figures = set(asked.figures)
    nodes = {name: nation.picture_node for name, nation in scenario.spec.nations.items()}

    def kept(rows: Sequence[ScoreRow]) -> list[ScoreRow]:
        return [
            row
            for row in rows
            if (row.metric, row.group) in figures
            and row.nation in asked.nations
            and nodes[row.nation] == row.node
        ]

    if {metric for metric, _ in figures} <= known_metrics(scenario.spec.metrics).keys():
        ends = [
            Endpoint(metric=m, group=g.partition("@")[0], zone=g.partition("@")[2] or None)
            for m, g in figures
        ]
        wanted = AskedFigures.of(scenario.spec.metrics, ends, asked.nations)
        found = kept(score_asked(scenario, frame, deliveries, configuration, seed, wanted))
        if not asked.is_named or {(row.metric, row.group) for row in found} == figures:
            return found
    rows = score(scenario, frame, deliveries, configuration, seed).rows
    if asked.is_named:
        _refuse_unknown([row for row in rows if nodes[row.nation] == row.node], asked)
    return kept(rows)


def _refuse_unknown(rows: Sequence[ScoreRow], asked: Asked) -> None:
    from mda_sim.scenario.findings import did_you_mean

    known: dict[str, set[str]] = {}
    for row in rows:
        if row.nation in asked.nations:
            known.setdefault(row.metric, set()).add(row.group)
    for metric, group in asked.figures:
        if metric not in known:
            raise RunError(f"there is no metric '{metric}'{did_you_mean(metric, sorted(known))}")
        if group not in known[metric]:
            hint = did_you_mean(group, sorted(known[metric]))
            raise RunError(f"there is no '{metric}' of the group '{group}'{hint}")
