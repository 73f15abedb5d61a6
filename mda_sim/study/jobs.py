"""What one worker does for one seed: units that are wanting, and no more.

Model: a job carries the place of the resolved scenario, not the scenario, so that a process reads what a user
would read and gets the same digest or stops. If the log of the seed is stored it is read back and its digest
compared; otherwise world and sensing are run again. Then each configuration that is wanting is shared,
audited, scored and stored, one unit after the other, with the rows of its ladder if that is asked for. A unit
that cannot be made is told of, and the next one is begun.

Assumptions and limits: where a seed has more than one job, each makes world and sensing for itself unless
they are stored; one of them stores them. Where next: ``run`` hands jobs to a ``crew``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.table import Table, read_parquet, write_parquet
from mda_sim.meter import Meter, StageCost, StageNote, Watch
from mda_sim.pipeline import (
    Arranged,
    arrange,
    build_frame,
    build_world,
    carriers_of,
    counterfactuals,
    laddered,
    sense,
)
from mda_sim.records import (
    CONTACT_PARTS,
    CONTACTS,
    HOPS,
    OUTCOMES,
    PARTS,
    REPORTS,
    DeliveryLog,
    DetectionLog,
)
from mda_sim.study.events import event_records
from mda_sim.study.failures import Failure, command, failure_of
from mda_sim.study.folder import UNIT, RunFolder, read_json

if TYPE_CHECKING:
    from mda_sim.metrics.frame import ScoringFrame
    from mda_sim.metrics.score_rows import ScoreRow
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet

STORE = "store"
"""The stage that ends when a unit is in its place."""


COUNTERFACTUALS = "counterfactuals"
"""The stage in which a configuration is run again with gates open, and without delays."""

_BEFORE = 3
"""Configurations that take as long as world, sensing and frame of their seed: a rule of thumb. In the default
run of 10 seeds these took 6.8 s a seed, a configuration 2.7 s."""


class _Rungs(NamedTuple):
    """What the ladder of one configuration came to, and what it took."""

    rows: tuple[ScoreRow, ...]
    costs: tuple[StageCost, ...]


@dataclass(frozen=True)
class SeedJob:
    """Units of one seed."""

    folder: RunFolder
    scenario_digest: str
    seed: int
    configurations: tuple[str, ...]
    """Those that are wanting and belong to this job."""
    stores_sensing: bool = True
    """Whether it is this job that stores what was sensed, if that is wanting."""

    @property
    def units(self) -> dict[str, Path]:
        """The units of this job by name."""
        sensing = {unit_name(self.seed): self.folder.sensing(self.seed)} if self.stores_sensing else {}
        return sensing | {
            unit_name(self.seed, name): self.folder.sharing(self.seed, name) for name in self.configurations
        }


def shared_out(jobs: Sequence[SeedJob], size: int) -> list[SeedJob]:
    """Jobs as a crew of that size gets them: whole, but that the last ones, where they are fewer than the
    crew, are divided by configurations if that ends the study sooner.
    """
    n_whole = len(jobs) // size * size
    last = jobs[n_whole:]
    parts = [part for job in last for part in _divided(job, _parts(job, len(last), size))]
    return [*jobs[:n_whole], *parts]


def _parts(job: SeedJob, n_jobs: int, size: int) -> int:
    """In how many parts each of so many such jobs is done first, every part making its world anew."""

    def duration(parts: int) -> int:
        turns = -(-n_jobs * parts // size)
        return turns * (_BEFORE + -(-len(job.configurations) // parts))

    return min(range(1, max(1, min(size, len(job.configurations))) + 1), key=duration)


def _divided(job: SeedJob, parts: int) -> list[SeedJob]:
    """A job in parts; the first one stores what was sensed."""
    return [
        replace(job, configurations=job.configurations[part::parts], stores_sensing=part == 0)
        for part in range(parts)
    ]


def unit_name(seed: int, configuration: str = "sensing") -> str:
    """The name of a unit, such as ``3/direct``; that of a seed's sensing is ``3/sensing``."""
    return f"{seed}/{configuration}"


def repeat_of(folder: Path, unit: str) -> str:
    """The command that makes one unit of a run alone and shows all that goes wrong."""
    return command("run", folder / "scenario.yaml", "--out", folder, "--unit", unit, "--debug")


def fill_seed(job: SeedJob, watch: Watch) -> tuple[Failure, ...]:
    """Make and store the units of a job that are not whole in the folder; those that could not be made.

    RunError for what concerns every unit alike, as a full disk does.
    """
    stage = _Stage(watch)
    try:
        prepared = _prepared(job, Meter(job.seed, stage))
    except Exception as error:
        return (_failed(job, unit_name(job.seed), stage, error),)
    if prepared is None:
        return ()
    failures = []
    for configuration in job.configurations:
        try:
            _fill_configuration(job, prepared, configuration, stage)
        except Exception as error:
            failures.append(_failed(job, unit_name(job.seed, configuration), stage, error))
    return tuple(failures)


def make_unit(job: SeedJob, watch: Watch) -> None:
    """As ``fill_seed``, but whatever goes wrong is raised."""
    prepared = _prepared(job, Meter(job.seed, watch))
    if prepared is not None:
        for configuration in job.configurations:
            _fill_configuration(job, prepared, configuration, watch)


class _Stage:
    """Passes notes on, and knows what is being done."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self.name = watch, "begin"

    def __call__(self, note: StageNote) -> None:
        """Pass a note on."""
        if not note.ended:
            self.name = note.stage
        self._watch(note)


def _failed(job: SeedJob, unit: str, stage: _Stage, error: Exception) -> Failure:
    return failure_of(unit, stage.name, error, repeat_of(job.folder.path, unit))


class _Prepared(NamedTuple):
    """What all configurations of a seed share."""

    scenario: Scenario
    fleet: Fleet
    log: DetectionLog
    frame: ScoringFrame
    costs: tuple[StageCost, ...]
    """Of the frame."""


def _prepared(job: SeedJob, meter: Meter) -> _Prepared | None:
    """World, sensing and frame of a seed, stored where the job stores them; None if it shares nothing."""
    scenario = stored_scenario(job.folder.path / "scenario.yaml", job.scenario_digest)
    found = _stored_log(job, scenario) if job.folder.has(job.folder.sensing(job.seed)) else None
    fleet, log = found if found is not None else _make_log(scenario, job, meter)
    if not job.configurations:
        return None
    with meter.stage("frame"):
        frame = build_frame(scenario, fleet, log, job.seed)
    costs = tuple(cost for cost in meter.costs if cost.stage == "frame")
    return _Prepared(scenario, fleet, log, frame, costs)


def _fill_configuration(job: SeedJob, prepared: _Prepared, configuration: str, watch: Watch) -> None:
    """Share, audit, score and store one configuration, unless another process has."""
    scenario, fleet, log, frame, costs = prepared
    meter = Meter(job.seed, watch, configuration)
    if job.folder.has(job.folder.sharing(job.seed, configuration)):
        watch(StageNote(job.seed, configuration, STORE, ended=True))
        return
    arranged = arrange(scenario, fleet, log, frame, configuration, job.seed, meter)
    rungs = None
    if configuration in laddered(scenario):
        extra = meter.of(configuration)
        with extra.stage(COUNTERFACTUALS):
            rows = counterfactuals(scenario, fleet, log, frame, configuration, job.seed)
        rungs = _Rungs(rows, tuple(extra.costs))
    with meter.stage(STORE):
        _store_sharing(scenario, job, configuration, arranged, costs, rungs)


@lru_cache(maxsize=2)
def stored_scenario(path: Path, digest: str) -> Scenario:
    """The resolved scenario of an output folder; DigestMismatch if it is not the one that was asked for."""
    from mda_sim.scenario import load_scenario

    scenario = load_scenario(path, is_own=True)
    if scenario.digest() != digest:
        raise DigestMismatch(f"{path} is not the scenario of this run; remove the folder and run again")
    return scenario


def stored_fleet(unit: Path) -> Fleet:
    """The fleet that a sensing unit holds."""
    from mda_sim.world.fleet import BROADCASTS, LEGS, TARGETS, Fleet

    record = read_json(unit / UNIT) or {}
    return Fleet(
        read_parquet(TARGETS, unit / "targets.parquet"),
        read_parquet(LEGS, unit / "legs.parquet"),
        read_parquet(BROADCASTS, unit / "broadcasts.parquet"),
        int(record["n_vessels"]),
    )


def stored_log(scenario: Scenario, unit: Path) -> DetectionLog | None:
    """The detection log that a sensing unit holds, or None if the run keeps no logs."""
    from mda_sim.sensing.sensors import cards

    if not (unit / "contacts.parquet").exists():
        return None
    record = read_json(unit / UNIT) or {}
    log = DetectionLog(
        read_parquet(REPORTS, unit / "reports.parquet"),
        read_parquet(CONTACTS, unit / "contacts.parquet"),
        cards(scenario.spec.sensors),
        int(record["n_vessels"]),
        int(record["n_targets"]),
    )
    if log.digest() != record["digest"]:
        raise DigestMismatch(
            f"the log in {unit} is not the one that was stored; remove the folder and run again"
        )
    return log


def stored_deliveries(unit: Path) -> DeliveryLog:
    """The delivery log that a sharing unit holds; the run must keep logs."""
    record = read_json(unit / UNIT) or {}
    return DeliveryLog(
        read_parquet(PARTS, unit / "parts.parquet"),
        read_parquet(CONTACT_PARTS, unit / "contact_parts.parquet")["part"],
        read_parquet(HOPS, unit / "hops.parquet"),
        read_parquet(OUTCOMES, unit / "outcomes.parquet"),
        str(record.get("sensing_digest", "")),
    )


def _stored_log(job: SeedJob, scenario: Scenario) -> tuple[Fleet, DetectionLog] | None:
    unit = job.folder.sensing(job.seed)
    log = stored_log(scenario, unit)
    return None if log is None else (stored_fleet(unit), log)


def _make_log(scenario: Scenario, job: SeedJob, meter: Meter) -> tuple[Fleet, DetectionLog]:
    """World and sensing of the seed, stored as its first unit if it is this job that stores it."""
    from mda_sim.sensing.products import products

    with meter.stage("world"):
        fleet = build_world(scenario, job.seed)
    with meter.stage("sense"):
        log = sense(scenario, fleet, job.seed)
    if not job.stores_sensing or job.folder.has(job.folder.sensing(job.seed)):
        return fleet, log
    with meter.stage(STORE):
        tables = {}
        if scenario.spec.output.keeps_logs(job.seed):
            tables = sensed_tables(fleet, log)
        elif job.seed == scenario.seeds[0]:
            tables = fleet_tables(fleet)  # drawn on maps
        if scenario.spec.output.products:
            carriers = carriers_of(scenario, job.seed)
            tables |= {"products": products(log, fleet, scenario.spec.sensors, job.seed, carriers)}
        record = sensed_record(job.seed, fleet, log) | {"costs": _costs(meter.costs)}
        with job.folder.filling(job.folder.sensing(job.seed), record) as place:
            write_tables(tables, place)
    return fleet, log


def fleet_tables(fleet: Fleet) -> dict[str, Table]:
    """The tables of a fleet, by the name of their file."""
    return {"targets": fleet.targets, "legs": fleet.legs, "broadcasts": fleet.broadcasts}


def sensed_tables(fleet: Fleet, log: DetectionLog) -> dict[str, Table]:
    """The tables of a fleet and of what was sensed of it, by the name of their file."""
    return {**fleet_tables(fleet), "reports": log.reports, "contacts": log.contacts}


def sensed_record(seed: int, fleet: Fleet, log: DetectionLog) -> dict[str, Any]:
    """What the record of a unit says of a fleet and of what was sensed of it."""
    return {
        "seed": seed,
        "digest": log.digest(),
        "fleet_digest": fleet.digest(),
        "n_vessels": fleet.n_vessels,
        "n_targets": fleet.n_targets,
        "n_reports": len(log.reports),
        "n_contacts": len(log.contacts),
    }


def _store_sharing(
    scenario: Scenario,
    job: SeedJob,
    configuration: str,
    arranged: Arranged,
    before: Sequence[StageCost],
    rungs: _Rungs | None,
) -> None:
    from mda_sim.metrics.score_rows import to_csv

    deliveries = arranged.deliveries
    scores = arranged.scores
    tables = {
        "coverage": scores.coverage,
        "probe_gaps": scores.probe_gaps,
        "exposure": scores.exposure,
        "backlog": scores.backlog,
        "queues": scores.queues,
    }
    if scores.over_time is not None:
        tables |= {"over_time": scores.over_time}
    if scenario.spec.output.keeps_logs(job.seed):
        tables |= {
            "parts": deliveries.parts,
            "contact_parts": Table.of(CONTACT_PARTS, {"part": deliveries.contact_part}),
            "hops": deliveries.hops,
            "outcomes": deliveries.outcomes,
        }
    record: dict[str, Any] = {
        "seed": job.seed,
        "configuration": configuration,
        "digest": deliveries.digest(),
        "sensing_digest": deliveries.sensing_digest,
        "n_hops": len(deliveries.hops),
        "n_outcomes": len(deliveries.outcomes),
        "n_parts": len(deliveries.parts),
        "events": event_records(scenario, configuration, job.seed),
        "stats": {
            "simpy_events": arranged.stats.simpy_events,
            "cases": arranged.stats.cases,
            "hops": arranged.stats.hops_rows,
            "seconds": round(arranged.stats.seconds, 3),
        },
        "costs": _costs([*before, *arranged.costs, *(rungs.costs if rungs else ())]),
    }
    with job.folder.filling(job.folder.sharing(job.seed, configuration), record) as place:
        write_tables(tables, place)
        to_csv(scores.rows, place / "scores.csv")
        if rungs is not None:
            to_csv(rungs.rows, place / "counterfactuals.csv")


def write_tables(tables: Mapping[str, Table], place: Path) -> None:
    """Write tables into a folder, each to a file of its name."""
    for name, table in tables.items():
        write_parquet(table, place / f"{name}.parquet")


def _costs(costs: Sequence[StageCost]) -> dict[str, dict[str, float]]:
    return {
        cost.stage: {"seconds": round(cost.seconds, 3), "peak_mib": round(cost.peak_bytes / 2**20, 1)}
        for cost in costs
    }
