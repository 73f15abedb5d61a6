"""The audit of a run, repeated on its stored files.

Model: the files are first compared with the list in ``manifest.json``; what was changed, or is gone, is a
finding, and a unit that has such files is not read. Of each other unit the tables are read back, compared
with the digests in its record, and every delivery and refusal is derived again from them, from the resolved
scenario and from the seed, as in the run itself. What filters and areas ask about contacts comes from the
stored world (targets, legs, broadcasts), which is taken as given.

Assumptions and limits: a hash in the manifest shows that a file was changed by accident, not by someone who
rewrote the manifest too; the derivation shows both. A run that keeps no logs cannot be audited.
Where next: the command line calls ``audit_run``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from mda_sim.audit import Finding
from mda_sim.core.errors import DigestMismatch, Problem, ScenarioError
from mda_sim.core.spec import content_sha256
from mda_sim.pipeline import audit_findings
from mda_sim.records import DeliveryLog, DetectionLog, Gate, Outcome
from mda_sim.study.folder import MANIFEST, UNIT, RunFolder, read_json
from mda_sim.study.jobs import stored_deliveries, stored_fleet, stored_log, stored_scenario

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet

SENSED: Final = ("targets", "legs", "broadcasts", "reports", "contacts")
SHARED: Final = ("parts", "contact_parts", "hops", "outcomes")


@dataclass(frozen=True)
class UnitAudit:
    """What the audit of one seed and configuration came to."""

    seed: int
    configuration: str
    n_hops: int
    n_outcomes: int
    outcomes: Mapping[str, int]
    """Hops by outcome."""
    refusals: Mapping[str, int]
    """Withheld hops by the gate that names the refusal."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class RunAudit:
    """What the audit of a run came to."""

    folder: Path
    damaged: tuple[str, ...]
    """Files that are not as the manifest lists them, or units whose tables are not as recorded."""
    units: tuple[UnitAudit, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.damaged and not any(unit.findings for unit in self.units)

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        for name in self.damaged:
            yield f"changed: {name}"
        for unit in self.units:
            verdict = "disagrees" if unit.findings else "agrees"
            yield f"seed {unit.seed}  {unit.configuration}  {verdict}"
            yield f"    {unit.n_hops:,} hops: {_counted(unit.outcomes)}"
            if unit.refusals:
                yield f"    withheld by {_counted(unit.refusals)}"
            yield f"    {unit.n_outcomes:,} outcomes"
            for finding in unit.findings:
                yield f"    {finding}"

    def plain_data(self) -> dict[str, Any]:
        """The audit as JSON holds it."""
        return {
            "folder": str(self.folder),
            "clean": self.is_clean,
            "changed": list(self.damaged),
            "units": [
                {
                    "seed": unit.seed,
                    "configuration": unit.configuration,
                    "hops": unit.n_hops,
                    "outcomes": unit.n_outcomes,
                    "hops_by_outcome": dict(unit.outcomes),
                    "withheld_by_gate": dict(unit.refusals),
                    "findings": [
                        {"rule": found.rule, "count": found.count, "places": list(found.places)}
                        for found in unit.findings
                    ],
                }
                for unit in self.units
            ],
        }


def audit_run(
    folder: Path | str,
    *,
    configurations: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    watch: Callable[[str], None] | None = None,
) -> RunAudit:
    """Audit the stored tables of a finished run, or of some of its configurations and seeds.

    ``watch`` is told what begins. ScenarioError with all problems if the folder holds no finished run, has no
    such configuration or seed, or keeps no tables of them.
    """
    place = RunFolder(Path(folder), "")
    manifest = _finished(place)
    chosen = _chosen(place, manifest, configurations, seeds)
    damaged = _damaged(place, manifest)
    if "scenario.yaml" in damaged:
        return RunAudit(place.path, tuple(damaged), ())
    scenario = stored_scenario(place.path / "scenario.yaml", str(manifest["scenario_digest"]))
    units: list[UnitAudit] = []
    for seed, names in chosen.items():
        if _has_any(damaged, place.path, place.sensing(seed)):
            continue
        if watch is not None:
            watch(f"seed {seed}")
        try:
            fleet, log = _sensed(scenario, place.sensing(seed))
        except DigestMismatch as error:
            damaged.append(str(error))
            continue
        for name in names:
            unit = place.sharing(seed, name)
            if _has_any(damaged, place.path, unit):
                continue
            try:
                deliveries = stored_deliveries(unit)
            except DigestMismatch as error:
                damaged.append(str(error))
                continue
            if deliveries.digest() != (read_json(unit / UNIT) or {}).get("digest"):
                damaged.append(f"{unit}: the delivery log is not the one that was recorded")
            units.append(_audit(scenario, fleet, log, deliveries, name, seed))
    return RunAudit(place.path, tuple(damaged), tuple(units))


def _finished(place: RunFolder) -> Mapping[str, Any]:
    """The manifest of a finished run."""
    manifest = place.manifest()
    if manifest is None:
        raise _refused(place, f"no run: there is no {MANIFEST} that can be read")
    if manifest.get("complete") is not True:
        raise _refused(place, "the run is not finished; run the scenario again to complete it")
    return manifest


def _chosen(
    place: RunFolder,
    manifest: Mapping[str, Any],
    configurations: Sequence[str] | None,
    seeds: Sequence[int] | None,
) -> dict[int, list[str]]:
    """Configurations to audit, by seed."""
    has_seeds, has_names = list(manifest["seeds"]), list(manifest["configurations"])
    chosen_seeds = has_seeds if seeds is None else list(dict.fromkeys(seeds))
    names = has_names if configurations is None else list(dict.fromkeys(configurations))
    problems = [
        f"the run has no {kind} '{one}'; it has {', '.join(map(str, has))}"
        for kind, asked, has in (("seed", chosen_seeds, has_seeds), ("configuration", names, has_names))
        for one in asked
        if one not in has
    ]
    if not problems:
        units: dict[Path, tuple[str, ...]] = {place.sensing(seed): SENSED for seed in chosen_seeds}
        units |= {place.sharing(seed, name): SHARED for seed in chosen_seeds for name in names}
        listed = set(manifest.get("files", {}))
        for unit, tables in units.items():
            where = unit.relative_to(place.path).as_posix()
            missing = [table for table in tables if f"{where}/{table}.parquet" not in listed]
            if missing:
                problems.append(
                    f"{where} has no {', '.join(missing)}; run this scenario again with output.logs=true"
                )
    if problems:
        raise _refused(place, *problems)
    return dict.fromkeys(chosen_seeds, names)


def _refused(place: RunFolder, *messages: str) -> ScenarioError:
    return ScenarioError(Problem(str(place.path), 0, 0, "", message) for message in messages)


def _damaged(place: RunFolder, manifest: Mapping[str, Any]) -> list[str]:
    """Files that the manifest lists otherwise than they are."""
    files = cast("Mapping[str, Mapping[str, Any]]", manifest.get("files", {}))
    return [
        name
        for name, entry in files.items()
        if not (place.path / name).is_file() or content_sha256(place.path / name) != entry["sha256"]
    ]


def _has_any(damaged: Sequence[str], root: Path, unit: Path) -> bool:
    """Whether any of these files is one of a unit."""
    where = unit.relative_to(root).as_posix() + "/"
    return any(name.startswith(where) for name in damaged)


def _sensed(scenario: Scenario, unit: Path) -> tuple[Fleet, DetectionLog]:
    """World and detection log of a seed, as recorded."""
    fleet, log = stored_fleet(unit), stored_log(scenario, unit)
    assert log is not None  # its tables are listed
    if fleet.digest() != (read_json(unit / UNIT) or {}).get("fleet_digest"):
        raise DigestMismatch(f"{unit}: the world is not the one that was recorded")
    return fleet, log


def _audit(
    scenario: Scenario,
    fleet: Fleet,
    log: DetectionLog,
    deliveries: DeliveryLog,
    configuration: str,
    seed: int,
) -> UnitAudit:
    hops = deliveries.hops
    findings = audit_findings(scenario, fleet, log, deliveries, configuration, seed)
    outcomes = {name.name: int((hops["outcome"] == name).sum()) for name in Outcome}
    failing = (hops["gates"] | hops["gates_at_release"]).astype(np.int64)
    first = (failing & -failing)[hops["outcome"] == Outcome.WITHHELD]
    refusals = {str(gate.name): int((first == gate).sum()) for gate in Gate}
    return UnitAudit(
        seed,
        configuration,
        len(hops),
        len(deliveries.outcomes),
        {name: count for name, count in outcomes.items() if count},
        {name: count for name, count in refusals.items() if count},
        findings,
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
