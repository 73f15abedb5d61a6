"""What one worker does for one seed: the units that are wanting, and no more.

Model: a job carries the place of the resolved scenario, not the scenario, so that a process reads what a user
would read and gets the same digest or stops. If the log of the seed is stored it is read back and its digest
compared; otherwise world and sensing are run again. Then each configuration that is wanting is shared,
audited, scored and stored, one unit after the other, with the rows of its ladder if that is asked for.

Where next: ``run`` submits jobs to an executor of ``executor``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.table import Table, read_parquet, write_parquet
from mda_sim.pipeline import (
    Arranged,
    Meter,
    StageCost,
    Watch,
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
from mda_sim.study.folder import UNIT, RunFolder, read_json

if TYPE_CHECKING:
    from mda_sim.metrics.score_rows import ScoreRow
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet

STORE = "store"
"""The stage that ends when a unit is in its place."""


COUNTERFACTUALS = "counterfactuals"
"""The stage in which a configuration is run again with gates open, and without delays."""


class _Rungs(NamedTuple):
    """What the ladder of one configuration came to, and what it took."""

    rows: tuple[ScoreRow, ...]
    costs: tuple[StageCost, ...]


@dataclass(frozen=True)
class SeedJob:
    """All units of one seed."""

    folder: RunFolder
    scenario_digest: str
    seed: int
    configurations: tuple[str, ...]
    """Those that are wanting."""


def fill_seed(job: SeedJob, watch: Watch) -> None:
    """Make and store the units of a job that are not whole in the folder."""
    scenario = stored_scenario(job.folder.path / "scenario.yaml", job.scenario_digest)
    meter = Meter(job.seed, watch)
    unit = job.folder.sensing(job.seed)
    found = _stored_log(job, scenario) if job.folder.has(unit) else None
    if found is None:
        fleet, log = _make_log(scenario, job, meter)
    else:
        fleet, log = found
    if not job.configurations:
        return
    with meter.stage("frame"):
        frame = build_frame(scenario, fleet, log, job.seed)
    shared_costs = tuple(cost for cost in meter.costs if cost.stage == "frame")
    for configuration in job.configurations:
        part = meter.of(configuration)
        arranged = arrange(scenario, fleet, log, frame, configuration, job.seed, part)
        rungs = None
        if configuration in laddered(scenario):
            extra = part.of(configuration)
            with extra.stage(COUNTERFACTUALS):
                rows = counterfactuals(scenario, fleet, log, frame, configuration, job.seed)
            rungs = _Rungs(rows, tuple(extra.costs))
        with part.stage(STORE):
            _store_sharing(scenario, job, configuration, arranged, shared_costs, rungs)


@lru_cache(maxsize=2)
def stored_scenario(path: Path, digest: str) -> Scenario:
    """The resolved scenario of an output folder; DigestMismatch if it is not the one that was asked for."""
    from mda_sim.scenario import load_scenario

    scenario = load_scenario(path)
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
    """World and sensing of the seed, stored as its first unit."""
    from mda_sim.sensing.products import products

    with meter.stage("world"):
        fleet = build_world(scenario, job.seed)
    with meter.stage("sense"):
        log = sense(scenario, fleet, job.seed)
    with meter.stage(STORE):
        tables = {"targets": fleet.targets, "legs": fleet.legs, "broadcasts": fleet.broadcasts}
        if scenario.spec.output.logs:
            tables |= {"reports": log.reports, "contacts": log.contacts}
        if scenario.spec.output.products:
            carriers = carriers_of(scenario, job.seed)
            tables |= {"products": products(log, fleet, scenario.spec.sensors, job.seed, carriers)}
        record: dict[str, Any] = {
            "seed": job.seed,
            "digest": log.digest(),
            "fleet_digest": fleet.digest(),
            "n_vessels": fleet.n_vessels,
            "n_targets": fleet.n_targets,
            "n_reports": len(log.reports),
            "n_contacts": len(log.contacts),
            "costs": _costs(meter.costs),
        }
        with job.folder.filling(job.folder.sensing(job.seed), record) as place:
            _write(tables, place)
    return fleet, log


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
    if scenario.spec.output.logs:
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
        _write(tables, place)
        to_csv(scores.rows, place / "scores.csv")
        if rungs is not None:
            to_csv(rungs.rows, place / "counterfactuals.csv")


def _write(tables: dict[str, Table], place: Path) -> None:
    for name, table in tables.items():
        write_parquet(table, place / f"{name}.parquet")


def _costs(costs: Sequence[StageCost]) -> dict[str, dict[str, float]]:
    return {
        cost.stage: {"seconds": round(cost.seconds, 3), "peak_mib": round(cost.peak_bytes / 2**20, 1)}
        for cost in costs
    }
