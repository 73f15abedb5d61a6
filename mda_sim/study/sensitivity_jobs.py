"""What one worker does for a sensitivity analysis: the wanting scores of one seed on one world and sensing.

Model: a unit is the asked figures of one configuration under one setting and seed, in a file named by the key
of all that they are made from. So whole units are used again, by another setting or by another call. A job
makes world and sensing once, prepares scoring once for each set of things measured, shares and audits once
for each set of rules, and scores what is asked.

Assumptions and limits: figures are scored as in every run, and those not asked for are dropped. Where next:
``sensitivity`` submits jobs to an executor of ``executor``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mda_sim.core.errors import RunError
from mda_sim.metrics.score_rows import ScoreRow, to_csv
from mda_sim.pipeline import audit, build_frame, build_world, score, sense, share
from mda_sim.study.sensitivity_plan import Plan, Variant, unpacked

if TYPE_CHECKING:
    from mda_sim.metrics.frame import ScoringFrame
    from mda_sim.records import DeliveryLog


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
    """The scenario of the setting."""


@dataclass(frozen=True)
class SensitivityJob:
    """Units of one seed with the same world and sensing."""

    seed: int
    units: tuple[Unit, ...]
    """In an order in which equal deliveries follow each other."""
    asked: Asked


def unit_path(folder: Path, asked: Asked, seed: int, score_key: str) -> Path:
    """Where a unit lies."""
    return folder / "units" / f"{seed}-{asked.key()}-{score_key[:24]}.csv"


def jobs_of(plan: Plan, folder: Path, asked: Asked) -> list[SensitivityJob]:
    """The jobs that make what is wanting: one for each seed and each world and sensing."""
    jobs = []
    for seed in plan.scenario.seeds:
        groups: dict[str, dict[Path, Unit]] = {}
        for variant in plan.variants:
            for path, unit in _units(variant, folder, asked, seed):
                if not path.exists():
                    groups.setdefault(variant.sensing_key, {})[path] = unit
        for units in groups.values():
            ordered = sorted(units.values(), key=lambda unit: (unit.configuration, *unit[2:4]))
            jobs.append(SensitivityJob(seed, tuple(ordered), asked))
    return jobs


def _units(variant: Variant, folder: Path, asked: Asked, seed: int) -> list[tuple[Path, Unit]]:
    found = []
    for name, key in variant.score_keys.items():
        path = unit_path(folder, asked, seed, key)
        unit = Unit(path, name, variant.delivery_keys[name], variant.frame_key, variant.packed)
        found.append((path, unit))
    return found


def fill_units(job: SensitivityJob, watch: Callable[[int], None]) -> None:
    """Make and store the units of a job; ``watch`` is told the number of units stored since its last call.

    RunError if a named figure is nowhere, AuditError if the audit of any delivery log finds a difference.
    """
    first, seed = unpacked(job.units[0].packed), job.seed
    fleet = build_world(first, seed)
    log = sense(first, fleet, seed)
    frames: dict[str, ScoringFrame] = {}
    shared: tuple[str, DeliveryLog] | None = None
    for unit in job.units:
        scenario = unpacked(unit.packed)
        if shared is None or shared[0] != unit.delivery_key:
            deliveries = share(scenario, fleet, log, unit.configuration, seed)
            audit(scenario, fleet, log, deliveries, unit.configuration, seed)
            shared = unit.delivery_key, deliveries
        if unit.frame_key not in frames:
            frames[unit.frame_key] = build_frame(scenario, fleet, log, seed)
        scores = score(scenario, frames[unit.frame_key], shared[1], unit.configuration, seed)
        nodes = {name: nation.picture_node for name, nation in scenario.spec.nations.items()}
        _store([row for row in scores.rows if nodes[row.nation] == row.node], job.asked, unit.path)
        watch(1)


def _store(rows: Sequence[ScoreRow], asked: Asked, path: Path) -> None:
    """Write the asked figures of a unit, whole or not at all."""
    if asked.is_named:
        _refuse_unknown(rows, asked)
    figures, nations = set(asked.figures), set(asked.nations)
    kept = [row for row in rows if (row.metric, row.group) in figures and row.nation in nations]
    partial = path.with_name(f".{path.name}.part")
    try:
        to_csv(kept, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
