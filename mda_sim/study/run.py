"""A study: every seed and configuration of a scenario, gathered into one output folder.

Model: what is wanting is found, made by a crew seed by seed, and gathered in the order of configuration and
seed, so the order in which workers finish changes nothing. A folder that is whole and made from the same is
shown again, not computed again; one that was interrupted, or has fewer seeds, is completed. Units that cannot
be made are recorded (``failures``), and the others go on; a run with such units is not gathered.

Two processes may run one study in one folder: each makes what it finds wanting, the later one from the other
end, and they gather in turn.

Where next: the command line calls ``run``; ``until`` calls ``fill`` batch by batch; ``gather`` makes the
answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.core.cache import sources_digest
from mda_sim.core.errors import RunError
from mda_sim.meter import StageNote
from mda_sim.study.crew import Crew, open_crew
from mda_sim.study.drawing import gather_and_draw
from mda_sim.study.effort import Effort, efforts_of
from mda_sim.study.failures import Failure, UnitsFailed, forget, record
from mda_sim.study.folder import (
    FORMAT,
    GATHERED,
    MANIFEST,
    UNIT,
    RunFolder,
    listing,
    read_json,
    remove_left_over,
    write_json,
    write_text,
)
from mda_sim.study.gather import gather
from mda_sim.study.identity import model_sources_digest, run_key, seedless_digest, versions
from mda_sim.study.jobs import (
    STORE,
    SeedJob,
    fill_seed,
    make_unit,
    repeat_of,
    shared_out,
    stored_scenario,
    unit_name,
)
from mda_sim.study.presence import at_work, in_turn, those_at_work

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario

DRAW = "draw"
"""The stage of making maps, charts and the page."""

_WORTH_A_PROCESS = 8
"""Configurations of one seed for which a further process makes its world and sensing once more: a rule of
thumb. In the default run world, sensing and frame of a seed take as long as three configurations."""


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
    units_found: int = 0
    """Of those done, the ones that were in their place before."""
    units_failed: int = 0
    """Units that could not be made."""


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

    def __repr__(self) -> str:
        names, seeds = list(self.summary["configurations"]), self.summary["seeds"]
        return (
            f"<Study of {self.summary['scenario']}: {', '.join(names)}; {len(seeds)} seeds; in {self.folder}>"
        )

    def to_pandas(self) -> Any:
        """Every figure with its interval and paired difference, as ``frames.summary_frame`` says."""
        from mda_sim.study.frames import summary_frame

        return summary_frame(self.summary)

    def coverage(self) -> Any:
        """``custody_fraction`` of probes over configuration, seed, nation, custody age and place.

        Needs xarray (extra ``grid``). ScenarioError if the run has no probes.
        """
        from mda_sim.study.export import coverage_of

        return coverage_of(self.folder)


def default_folder(scenario: Scenario) -> Path:
    """``runs/<name>-<digest8>``, below the working directory."""
    return Path("runs") / f"{scenario.name}-{scenario.digest()[:8]}"


def run(
    scenario: Scenario,
    *,
    out: Path | str | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    overrides: Sequence[str] = (),
    watch: Callable[[Progress], None] | None = None,
    stopped: Mapping[str, Any] | None = None,
) -> Study:
    """Run every seed and configuration of a scenario and write the output folder.

    ``workers`` and ``cluster`` are those of ``crew.open_crew``. ``overrides`` are the texts of ``--set``, and
    ``stopped`` is by which rule the number of seeds was chosen: both are only recorded, in the manifest of a
    run that is not shown again. RunError if the folder holds something else or nothing can be done in it,
    UnitsFailed if some units could not be made; units that were whole by then stay.
    """
    begun_s = time.perf_counter()
    folder = RunFolder(Path(out) if out is not None else default_folder(scenario), run_key(scenario))
    digest = scenario.digest()
    again = _shown_again(folder, digest, begun_s)
    if again is not None:
        return again
    counter = _Counter(scenario, watch, begun_s)
    with _filling(scenario, folder, overrides) as (mine, head):
        jobs = _wanting(scenario, mine, digest, counter)
        with open_crew(
            mine.path,
            n_jobs=sum(max(1, len(job.configurations) // _WORTH_A_PROCESS) for job in jobs),
            workers=workers,
            cluster=cluster,
            listen=counter.note,
        ) as crew:
            _fill(crew, jobs, counter)
            with in_turn(folder.path):
                again = _shown_again(folder, digest, begun_s)  # somebody else has gathered it meanwhile
                if again is not None:
                    return replace(again, shown_again=False)
                if scenario.spec.output.maps:
                    counter.note(StageNote(0, "", DRAW, False))
                    summary = gather_and_draw(crew, scenario, mine, digest)
                    counter.note(StageNote(0, "", DRAW, True))
                else:
                    summary = gather(scenario, mine)
                how = {} if stopped is None else {"stopped": dict(stopped)}
                manifest = _manifest(scenario, folder, head | how)
                write_json(folder.path / MANIFEST, manifest)
    efforts = efforts_of(manifest["units"])
    return Study(folder.path, summary, False, time.perf_counter() - begun_s, efforts)


def fill(
    scenario: Scenario,
    folder: RunFolder,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> None:
    """Make the units of a scenario that are wanting in its folder, and no more; errors as in ``run``.

    A folder in which none is wanting is not touched.
    """
    begun_s, digest = time.perf_counter(), scenario.digest()
    counter = _Counter(scenario, watch, begun_s)
    if not _wanting(scenario, folder, digest, counter):
        return
    with _filling(scenario, folder, ()) as (mine, _):
        counter = _Counter(scenario, watch, begun_s)
        jobs = _wanting(scenario, mine, digest, counter)
        with open_crew(
            mine.path, n_jobs=len(jobs), workers=workers, cluster=cluster, listen=counter.note
        ) as crew:
            _fill(crew, jobs, counter)


def run_unit(
    scenario: Scenario,
    name: str,
    *,
    out: Path | str | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Path:
    """Make one unit, such as ``3/direct`` or ``3/sensing``, in this process; whatever goes wrong is raised.

    Returns its place. RunError if the scenario has no such unit.
    """
    folder = RunFolder(Path(out) if out is not None else default_folder(scenario), run_key(scenario))
    seed, configuration = _parts(scenario, name)
    counter = _Counter(scenario, watch, time.perf_counter())
    with _filling(scenario, folder, ()) as (mine, _):
        job = SeedJob(mine, scenario.digest(), seed, (configuration,) if configuration else ())
        make_unit(job, counter.note)
        forget(folder.path, name)
    return job.units[name]


def _parts(scenario: Scenario, name: str) -> tuple[int, str]:
    """Seed and configuration of a unit's name; no configuration for sensing."""
    known = {unit_name(seed): (seed, "") for seed in scenario.seeds} | {
        unit_name(seed, one): (seed, one) for seed in scenario.seeds for one in scenario.arrangements
    }
    if name not in known:
        raise RunError(
            f"the scenario has no unit '{name}'; expected one such as {', '.join(list(known)[-3:])}"
        )
    return known[name]


def _shown_again(folder: RunFolder, digest: str, begun_s: float) -> Study | None:
    """The study of a folder that holds it whole; None if it does not."""
    manifest = folder.manifest() or {}
    if manifest.get("report_sources") != sources_digest() or not folder.is_complete(digest):
        return None
    summary = read_json(folder.path / "summary.json") or {}
    return Study(
        folder.path, summary, True, time.perf_counter() - begun_s, efforts_of(manifest.get("units", {}))
    )


@contextmanager
def _filling(
    scenario: Scenario, folder: RunFolder, overrides: Sequence[str]
) -> Iterator[tuple[RunFolder, dict[str, Any]]]:
    """Take the folder for the scenario, and be at work in it.

    Gives the folder as workers anywhere know it, and the head of its manifest.
    """
    digest, seedless = scenario.digest(), seedless_digest(scenario)
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
    try:
        folder.claim(seedless, len(scenario.seeds))
    except RunError:
        if not those_at_work(folder.path):  # else another is just taking it, and it is asked in turn
            raise
    with at_work(folder.path) as name:
        with in_turn(folder.path):
            folder.claim(seedless, len(scenario.seeds))
            remove_left_over(folder.path)
            # The manifest comes first: by it a folder is known again that was left at this very moment.
            write_json(folder.path / MANIFEST, {**head, "complete": False})
            write_text(folder.path / "scenario.yaml", scenario.to_yaml())
            stored_scenario(folder.path.absolute() / "scenario.yaml", digest)  # as jobs here ask for it
        mine = replace(folder, path=folder.path.absolute(), owner=name)
        for seed in scenario.seeds:
            for unit in (mine.sensing(seed), *(mine.sharing(seed, one) for one in scenario.arrangements)):
                mine.discard_damaged(unit)
        try:
            yield mine, head
        finally:
            mine.remove_half_written()


class _Counter:
    """Counts units and passes notes on to whoever watches."""

    def __init__(self, scenario: Scenario, watch: Callable[[Progress], None] | None, begun_s: float) -> None:
        self.found = self.made = self.failed = 0
        self._total = len(scenario.seeds) * (1 + len(scenario.arrangements))
        self._watch, self._begun_s = watch, begun_s

    @property
    def done(self) -> int:
        """Units in their place."""
        return self.found + self.made

    def note(self, note: StageNote) -> None:
        """A stage has begun or ended."""
        self.made += note.stage == STORE and note.ended
        self._tell(note)

    def fail(self, n_units: int) -> None:
        """Units could not be made."""
        self.failed += n_units
        self._tell(None)

    def _tell(self, note: StageNote | None) -> None:
        if self._watch is not None:
            seconds = time.perf_counter() - self._begun_s
            self._watch(Progress(self.done, self._total, note, seconds, self.found, self.failed))


def _wanting(scenario: Scenario, folder: RunFolder, digest: str, counter: _Counter) -> list[SeedJob]:
    """One job for each seed with units that are not whole, byte for byte; counts the units that are."""
    jobs = []
    for seed in scenario.seeds:
        units = {name: folder.sharing(seed, name) for name in scenario.arrangements}
        wanting = tuple(name for name, unit in units.items() if folder.state(unit) != "whole")
        is_sensed = folder.state(folder.sensing(seed)) == "whole"
        counter.found += len(scenario.arrangements) - len(wanting) + is_sensed
        if wanting or not is_sensed:
            jobs.append(SeedJob(folder, digest, seed, wanting))
    return jobs


def _fill(crew: Crew, jobs: Sequence[SeedJob], counter: _Counter) -> None:
    """Have all jobs done; UnitsFailed if units could not be made."""
    if not jobs:
        return
    folder = jobs[0].folder
    shares = shared_out(jobs, crew.size)
    if len(those_at_work(folder.path)) > 1:
        shares.reverse()
    failures: list[Failure] = []
    for done in crew.each(fill_seed, [(share, crew.post) for share in shares]):
        share = shares[done.number]
        found = _lost(share) if done.is_lost else done.result or ()
        _record(folder, share, found)
        failures += found
        if found:
            counter.fail(len(found))
    if failures:
        raise UnitsFailed(sorted(failures, key=lambda one: one.unit), counter.done, folder.path)


def _lost(job: SeedJob) -> tuple[Failure, ...]:
    """The failures of units whose workers died."""
    error = "the worker process died twice, most likely for want of memory"
    return tuple(
        Failure(name, "unknown", error, repeat=repeat_of(job.folder.path, name))
        for name, unit in job.units.items()
        if not job.folder.has(unit)
    )


def _record(folder: RunFolder, job: SeedJob, failures: Sequence[Failure]) -> None:
    """Keep failures in the folder, and forget those of units that are there now."""
    for failure in failures:
        record(folder.path, failure)
    for name, unit in job.units.items():
        if folder.has(unit):
            forget(folder.path, name)


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
