"""A study: every seed and configuration of a scenario, gathered into one output folder.

Model: what is wanting is found, made by workers seed by seed, and gathered in the order of configuration and
seed, so the order in which workers finish changes nothing. A folder that is whole and made from the same is
shown again, not computed again; one that was interrupted, or has fewer seeds, is completed.

Where next: the command line calls ``run``; ``until`` calls ``fill`` batch by batch; ``gather`` makes the
answer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.core.cache import sources_digest
from mda_sim.core.errors import RunError
from mda_sim.pipeline import StageNote
from mda_sim.study.effort import Effort, efforts_of
from mda_sim.study.executor import open_executor, open_listener
from mda_sim.study.folder import (
    FORMAT,
    GATHERED,
    MANIFEST,
    UNIT,
    RunFolder,
    listing,
    read_json,
    write_json,
    write_text,
)
from mda_sim.study.gather import gather
from mda_sim.study.identity import model_sources_digest, run_key, seedless_digest, versions
from mda_sim.study.jobs import STORE, SeedJob, fill_seed, stored_scenario
from mda_sim.study.view import gallery_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mda_sim.scenario import Scenario

DRAW = "draw"
"""The stage of making maps and charts."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    units_done: int
    """Units in their place: one per seed for sensing, one per seed and configuration."""
    units_total: int
    note: StageNote | None
    """The stage that has just begun or ended."""
    seconds: float
    """Since the run began [s]."""


@dataclass(frozen=True)
class Study:
    """A complete run."""

    folder: Path
    summary: Mapping[str, Any]
    """What ``summary.json`` holds."""
    shown_again: bool
    """Whether the folder was complete before, so that nothing was computed."""
    seconds: float
    """How long this call took [s]."""
    efforts: Mapping[str, Effort] = field(default_factory=dict)
    """What the exchange took, by configuration; none of units that do not tell."""


def default_folder(scenario: Scenario) -> Path:
    """``runs/<name>-<digest8>``, below the working directory."""
    return Path("runs") / f"{scenario.name}-{scenario.digest()[:8]}"


def default_workers(n_seeds: int) -> int:
    """One process per seed, but no more than there are processors for this process."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, n_seeds))


def run(
    scenario: Scenario,
    *,
    out: Path | str | None = None,
    workers: int | None = None,
    overrides: Sequence[str] = (),
    watch: Callable[[Progress], None] | None = None,
    stopped: Mapping[str, Any] | None = None,
) -> Study:
    """Run every seed and configuration of a scenario and write the output folder.

    ``overrides`` are the texts of ``--set``, and ``stopped`` is by which rule the number of seeds was chosen:
    both are only recorded, in the manifest of a run that is not shown again. RunError if the folder holds
    something else or a worker dies, AuditError if the audit of any unit finds a difference; units that were
    whole by then stay.
    """
    begun_s = time.perf_counter()
    folder = RunFolder(Path(out) if out is not None else default_folder(scenario), run_key(scenario))
    digest, looks = scenario.digest(), sources_digest()
    manifest = folder.manifest() or {}
    if folder.is_complete(digest) and manifest.get("report_sources") == looks:
        summary = read_json(folder.path / "summary.json") or {}
        efforts = efforts_of(manifest.get("units", {}))
        return Study(folder.path, summary, True, time.perf_counter() - begun_s, efforts)
    head = _begin(scenario, folder, overrides)
    if stopped is not None:
        head |= {"stopped": dict(stopped)}
    count = workers if workers is not None else default_workers(len(scenario.seeds))
    counter = _Counter(scenario, watch, begun_s)
    with open_listener(count, counter.note) as listener, open_executor(count) as executor:
        _fill(executor, _wanting(scenario, folder, digest, counter), listener)
        summary = gather(scenario, folder)
        if scenario.spec.output.maps:
            counter.note(StageNote(0, "", DRAW, False))
            _draw(executor, folder, digest, count)
            counter.note(StageNote(0, "", DRAW, True))
    manifest = _manifest(scenario, folder, head)
    write_json(folder.path / MANIFEST, manifest)
    efforts = efforts_of(manifest["units"])
    return Study(folder.path, summary, False, time.perf_counter() - begun_s, efforts)


def fill(
    scenario: Scenario,
    folder: RunFolder,
    *,
    workers: int | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> None:
    """Make the units of a scenario that are wanting in its folder, and no more; errors as in ``run``.

    A folder in which none is wanting is not touched.
    """
    begun_s, digest = time.perf_counter(), scenario.digest()
    counter = _Counter(scenario, watch, begun_s)
    jobs = _wanting(scenario, folder, digest, counter)
    if not jobs:
        return
    _begin(scenario, folder, ())
    count = workers if workers is not None else default_workers(len(jobs))
    with open_listener(count, counter.note) as listener, open_executor(count) as executor:
        _fill(executor, jobs, listener)


def _begin(scenario: Scenario, folder: RunFolder, overrides: Sequence[str]) -> dict[str, Any]:
    """Take the folder for the scenario; returns the head of its manifest."""
    digest, seedless = scenario.digest(), seedless_digest(scenario)
    folder.claim(seedless, len(scenario.seeds))
    write_text(folder.path / "scenario.yaml", scenario.to_yaml())
    stored_scenario(folder.path / "scenario.yaml", digest)
    head = {
        "format": FORMAT,
        "scenario": scenario.name,
        "scenario_digest": digest,
        "seedless_digest": seedless,
        "key": folder.key,
        "model_sources": model_sources_digest(),
        "report_sources": sources_digest(),
        "versions": versions(),
        "seeds": list(scenario.seeds),
        "configurations": list(scenario.arrangements),
        "baseline": scenario.baseline,
        "overrides": list(overrides),
    }
    write_json(folder.path / MANIFEST, {**head, "complete": False})
    return head


class _Counter:
    """Counts units and passes notes on to whoever watches."""

    def __init__(self, scenario: Scenario, watch: Callable[[Progress], None] | None, begun_s: float) -> None:
        self.done = 0
        self._total = len(scenario.seeds) * (1 + len(scenario.arrangements))
        self._watch, self._begun_s = watch, begun_s

    def note(self, note: StageNote) -> None:
        """A stage has begun or ended."""
        self.done += note.stage == STORE and note.ended
        if self._watch is not None:
            self._watch(Progress(self.done, self._total, note, time.perf_counter() - self._begun_s))


def _wanting(scenario: Scenario, folder: RunFolder, digest: str, counter: _Counter) -> list[SeedJob]:
    """One job for each seed with units that are not whole; counts the units that are."""
    jobs = []
    for seed in scenario.seeds:
        wanting = tuple(name for name in scenario.arrangements if not folder.has(folder.sharing(seed, name)))
        is_sensed = folder.has(folder.sensing(seed))
        counter.done += len(scenario.arrangements) - len(wanting) + is_sensed
        if wanting or not is_sensed:
            jobs.append(SeedJob(folder, digest, seed, wanting))
    return jobs


def _fill(executor: Executor, jobs: Sequence[SeedJob], listener: Callable[[StageNote], None]) -> None:
    _all_done(executor, [(fill_seed, (job, listener)) for job in jobs])


def _draw(executor: Executor, folder: RunFolder, digest: str, groups: int) -> None:
    """Draw every figure, divided among the workers."""
    for name in ("maps", "charts"):
        (folder.path / name).mkdir(exist_ok=True)
        for old in (folder.path / name).glob("*.png"):
            old.unlink()
    _all_done(executor, [(_draw_group, (folder, digest, group, groups)) for group in range(groups)])


def _draw_group(folder: RunFolder, digest: str, group: int, groups: int) -> None:
    """Draw every figure whose number leaves the remainder ``group`` when divided by ``groups``."""
    gallery = gallery_of(stored_scenario(folder.path / "scenario.yaml", digest), folder)
    for name in gallery.names()[group::groups]:
        gallery.draw(name)


def _all_done(executor: Executor, calls: Sequence[tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
    """Run calls to their end; the first failure is raised, and calls not yet begun are dropped."""
    try:
        for future in as_completed([executor.submit(function, *arguments) for function, arguments in calls]):
            future.result()
    except BrokenExecutor as error:
        raise RunError(
            "a worker process died, most likely for want of memory; run again with fewer --workers: "
            "what is whole is kept"
        ) from error


def _manifest(scenario: Scenario, folder: RunFolder, head: Mapping[str, Any]) -> dict[str, Any]:
    """The whole manifest: digests, counts and costs of every unit, their sums, and the list of files."""
    units: dict[str, Any] = {}
    paths: list[Path] = []
    for seed in scenario.seeds:
        places = {"": folder.sensing(seed)} | {
            name: folder.sharing(seed, name) for name in scenario.arrangements
        }
        entries: dict[str, Any] = {name: _unit_entry(place) for name, place in places.items()}
        units[str(seed)] = {"sensing": entries.pop(""), "sharing": entries}
        paths += [path for place in places.values() for path in place.iterdir()]
    for name in GATHERED:
        place = folder.path / name
        if place.is_dir():
            paths += [path for path in place.iterdir() if path.suffix in {".png", ".csv"}]
        elif place.exists():
            paths.append(place)
    engine = {name: effort.record() for name, effort in efforts_of(units).items()}
    files = listing(folder.path, paths)
    return {**head, "units": units, "engine": engine, "files": files, "complete": True}


def _unit_entry(unit: Path) -> dict[str, Any]:
    """What a unit's record says, without the key and the list of files."""
    record = read_json(unit / UNIT) or {}
    return {name: value for name, value in record.items() if name not in {"format", "key", "files"}}
