"""What a study's folder holds: units that are whole, wanting, damaged or failed, and who is at work there.

Model: everything is read from the folder, whoever fills it and wherever; nothing is changed, except that
marks of processes that have ended are removed.

Assumptions and limits: every byte of every unit of a run is read, so that damage is seen; large folders take
a while. Of a complete sweep or sensitivity analysis every unit is told of that is there, also one that it no
longer asks for.
Where next: the command line's ``status`` prints it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.study.failures import Failure, command, failures_in
from mda_sim.study.figure_store import is_stored
from mda_sim.study.folder import MANIFEST, RunFolder, State, read_json
from mda_sim.study.jobs import unit_name
from mda_sim.study.presence import those_at_work

_OF_VARIANTS = ("sweep.json", "sensitivity.json")
"""Records of studies whose units are figures of variants."""
_SHOWN = 20


@dataclass(frozen=True)
class Status:
    """How far the study in a folder is."""

    folder: Path
    scenario: str
    is_complete: bool
    """Whether it is finished: every unit whole, gathered, and every file as it was written."""
    units: Mapping[str, State]
    """State of each unit by its name."""
    failures: tuple[Failure, ...]
    at_work: tuple[str, ...]
    """Names of the processes that fill it now: machine, process, and a token."""
    size_bytes: int
    """Of all files below the folder [bytes]."""

    @property
    def counts(self) -> dict[str, int]:
        """How many units are in each state; failed ones apart."""
        failed = {failure.unit for failure in self.failures}
        found = Counter("failed" if name in failed else state for name, state in self.units.items())
        return {state: found[state] for state in ("whole", "absent", "outdated", "damaged", "failed")}

    def plain_data(self) -> dict[str, Any]:
        """All of it as JSON holds it."""
        return {
            "folder": str(self.folder),
            "scenario": self.scenario,
            "complete": self.is_complete,
            "units": self.counts,
            "damaged": [name for name, state in self.units.items() if state == "damaged"],
            "failures": [
                {"unit": one.unit, "stage": one.stage, "error": one.error, "repeat": one.repeat}
                for one in self.failures
            ],
            "at_work": list(self.at_work),
            "bytes": self.size_bytes,
        }

    def lines(self) -> Iterator[str]:
        """The same for people."""
        counts, n = self.counts, len(self.units)
        yield f"{self.scenario}: {'complete' if self.is_complete else 'not complete'}, {self.folder}"
        yield f"{counts['whole']} of {n} units whole, {self.size_bytes / 2**20:,.1f} MiB"
        if counts["absent"]:
            yield f"{counts['absent']} not made yet"
        if counts["outdated"]:
            yield f"{counts['outdated']} made from something else: by another version, or another scenario"
        damaged = [name for name, state in self.units.items() if state == "damaged"]
        if damaged:
            yield f"{len(damaged)} damaged, to be made again: {_some(damaged)}"
        for failure in self.failures[:_SHOWN]:
            first, *more = failure.told()
            yield f"failed: {first}"
            yield from more
        if len(self.failures) > _SHOWN:
            yield f"and {len(self.failures) - _SHOWN} more failed"
        if self.at_work:
            yield f"at work: {', '.join(self.at_work)}"
        elif not self.is_complete and not (self.folder / MANIFEST).exists():
            yield "to go on: the command that began it"
        elif not self.is_complete:
            yield f"to go on: {command('run', self.folder / 'scenario.yaml', '--out', self.folder)}"


def status_of(folder: Path | str) -> Status:
    """How far the study in ``folder`` is; ScenarioError if it holds none that can be told of."""
    place = Path(folder)
    for name in _OF_VARIANTS:
        if (place / name).is_file():
            return _of_variants(place, read_json(place / name) or {})
    manifest = RunFolder(place, "").manifest()
    if manifest is None or "seedless_digest" not in manifest:
        message = "holds no run (no manifest.json of one); name the folder that a run printed last"
        raise ScenarioError([Problem(str(place), 0, 0, "", message)])
    run = RunFolder(place, str(manifest["key"]))
    units = {}
    for seed in manifest["seeds"]:
        units[unit_name(seed)] = run.state(run.sensing(seed))
        for name in manifest["configurations"]:
            units[unit_name(seed, name)] = run.state(run.sharing(seed, name))
    is_complete = run.is_complete(str(manifest["scenario_digest"]))
    if manifest.get("complete") is True and not is_complete:
        units |= {MANIFEST: "damaged"} if all(state == "whole" for state in units.values()) else {}
    return Status(
        place,
        str(manifest["scenario"]),
        is_complete,
        units,
        failures_in(place),
        those_at_work(place),
        _size(place),
    )


def _of_variants(place: Path, record: Mapping[str, Any]) -> Status:
    """How far a sweep or a sensitivity analysis is: its units are files, whole or absent."""
    there = {path.stem: path for path in sorted(place.glob("units/*.csv"))}
    wanted = record.get("wanted", there)  # a complete one names none: all are there
    units: dict[str, State] = {name: _state(there.get(name)) for name in wanted}
    failures = failures_in(place)
    units |= dict.fromkeys((failure.unit for failure in failures), "absent")
    named = f"{record.get('look')} of {record.get('scenario')}"
    is_complete = record.get("complete") is True and set(units.values()) <= {"whole"}
    return Status(place, named, is_complete, units, failures, those_at_work(place), _size(place))


def _state(unit: Path | None) -> State:
    if unit is None:
        return "absent"
    return "whole" if is_stored(unit) else "damaged"


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
