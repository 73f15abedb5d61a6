"""A run that adds seeds until the intervals of some metrics are narrow enough.

Model: seeds are run in batches (``metrics.stop_rule``) into one folder, and after each batch the rule is
asked of the scores in the units. It ends as the ordinary run of the scenario with that many seeds:
``summary.json`` and all that is made from it are byte for byte those of ``run --seeds n``; only the manifest
says that a rule chose n. Which batch is the last depends on the scores alone, so a run that was interrupted
and is begun again ends with the same number of seeds, and its whole units are used.

Assumptions and limits: as of the rule: intervals after such a stop are slightly optimistic. The folder is
named by the scenario without its number of seeds, which is not known before. Where next: the command line
calls ``run_until`` for ``run --until``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.study.folder import RunFolder
from mda_sim.study.gather import scores_of
from mda_sim.study.identity import run_key, seedless_digest
from mda_sim.study.run import Progress, Study, fill, run

if TYPE_CHECKING:
    from mda_sim.metrics.stop_rule import Bound, Judgement, Width
    from mda_sim.scenario import Scenario


@dataclass(frozen=True)
class Batch:
    """What the rule said after some seeds."""

    n_seeds: int
    bounds: tuple[Bound, ...]
    judgement: Judgement

    def lines(self) -> Iterator[str]:
        """The same for people: a line a bound."""
        for bound, width in zip(self.bounds, self.judgement.widest, strict=True):
            yield f"{self.n_seeds} seeds, {bound}: {_width_words(width)}"


@dataclass(frozen=True)
class StoppedStudy:
    """A run whose number of seeds a rule chose."""

    study: Study
    scenario: Scenario
    """With the seeds that were run."""
    batches: tuple[Batch, ...]
    """After each batch, in order; the last is where it stopped."""

    @property
    def is_met(self) -> bool:
        """Whether the rule was met; if not, the most seeds were run, or no seeds could meet it."""
        return self.batches[-1].judgement.is_met

    def record(self) -> dict[str, Any]:
        """The rule and its end, as the manifest and ``--json`` hold them."""
        return _record(self.batches)

    def lines(self) -> Iterator[str]:
        """Which interval was last, and why the run stopped."""
        last = self.batches[-1]
        yield from last.lines()
        if last.judgement.left_out:
            named = ", ".join(".".join(key) for key in last.judgement.left_out[:3])
            more = len(last.judgement.left_out) - 3
            yield f"without an interval, and left out: {named}{f' and {more} more' if more > 0 else ''}"
        yield f"Stopped after {last.n_seeds} seeds: {_why(last)}."


def default_until_folder(scenario: Scenario) -> Path:
    """``runs/<name>-<digest8>-until``, below the working directory, whatever the number of seeds."""
    return Path("runs") / f"{scenario.name}-{seedless_digest(scenario)[:8]}-until"


def run_until(
    scenario: Scenario,
    rules: Sequence[str],
    *,
    most_seeds: int | None = None,
    out: Path | str | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    overrides: Sequence[str] = (),
    watch: Callable[[Progress], None] | None = None,
    tell: Callable[[Batch], None] | None = None,
) -> StoppedStudy:
    """Run a scenario with as many seeds as the rules ``metric[@group]:half-width`` ask for.

    The first batch is the scenario's number of seeds, 10 at least; ``most_seeds`` is where it gives up (200
    unless given). ``tell`` is told what the rule says after each batch; the rest is as in ``study.run.run``.
    ScenarioError with all problems if a rule is none, asks for what the scenario does not measure, or leaves
    no room for a first batch.
    """
    from mda_sim.metrics.compare import values_by_key
    from mda_sim.metrics.stop_rule import BATCH, MOST_SEEDS, first_batch, judge

    most = MOST_SEEDS if most_seeds is None else most_seeds
    begun_s = time.perf_counter()
    bounds = checked_bounds(scenario, rules, most)
    folder = RunFolder(Path(out) if out is not None else default_until_folder(scenario), run_key(scenario))
    batches: list[Batch] = []
    n_seeds = first_batch(len(scenario.seeds))
    while True:
        batch = scenario.with_seeds(n_seeds)
        fill(batch, folder, workers=workers, cluster=cluster, watch=watch)
        values = values_by_key(scores_of(batch, folder))
        batches.append(Batch(n_seeds, bounds, judge(bounds, values, scenario.baseline, _primary(scenario))))
        if tell is not None:
            tell(batches[-1])
        judgement = batches[-1].judgement
        if judgement.is_met or judgement.is_hopeless or n_seeds >= most:
            break
        n_seeds = min(n_seeds + BATCH, most)
    study = run(
        batch,
        out=folder.path,
        workers=workers,
        cluster=cluster,
        overrides=overrides,
        watch=watch,
        stopped=_record(batches),
    )
    study = replace(study, seconds=time.perf_counter() - begun_s)
    return StoppedStudy(study, batch, tuple(batches))


def checked_bounds(scenario: Scenario, rules: Sequence[str], most_seeds: int) -> tuple[Bound, ...]:
    """The bounds that rules state; ScenarioError with all that is wrong with them."""
    from mda_sim.metrics.stop_rule import first_batch, read_bound

    bounds, problems = [], []
    for rule in rules:
        try:
            bound = read_bound(rule)
        except ValueError as error:
            problems.append(str(error))
            continue
        bounds.append(bound)
        problems += _unknown(scenario, bound)
    if not rules:
        problems.append("expected one rule METRIC[@GROUP]:HALF-WIDTH at least, got none")
    least = first_batch(len(scenario.seeds))
    if most_seeds < least:
        problems.append(f"the first batch has {least} seeds, more than the {most_seeds} allowed at most")
    if problems:
        raise ScenarioError(Problem("--until", 0, 0, "", message) for message in problems)
    return tuple(bounds)


def _unknown(scenario: Scenario, bound: Bound) -> Iterator[str]:
    """What a bound asks for that the scenario does not measure."""
    from mda_sim.metrics.stop_rule import figures_of, known_figures
    from mda_sim.scenario.findings import did_you_mean, listed

    metrics = scenario.spec.metrics
    known = known_figures(metrics, has_probes=scenario.spec.world.probes is not None)
    if figures_of(bound.metric, bound.group, metrics.primary, known):
        return
    groups = dict.fromkeys(group for _, group in _all_groups(bound.metric, known))
    if groups:
        group = bound.group or "all"
        hint = did_you_mean(group, groups) or f"; expected one of {listed(groups)}"
        yield f"no stop rule for group '{group}' of {bound.metric}{hint}"
        return
    names = dict.fromkeys(name for name, _ in known)
    hint = did_you_mean(bound.metric, names) or f"; expected one such as {listed(names, 6)}"
    yield f"no stop rule for metric '{bound.metric}'{hint}"


def _all_groups(metric: str, known: Mapping[tuple[str, str], None]) -> list[tuple[str, str]]:
    """All figures that a metric's name stands for, whatever the group."""
    from mda_sim.metrics.stop_rule import figures_of

    groups = dict.fromkeys(group for _, group in known)
    return [figure for group in groups for figure in figures_of(metric, group, (), known)]


def _primary(scenario: Scenario) -> Sequence[Any]:
    return scenario.spec.metrics.primary


def _record(batches: Sequence[Batch]) -> dict[str, Any]:
    last = batches[-1]
    return {
        "rules": [str(bound) for bound in last.bounds],
        "met": last.judgement.is_met,
        "batches": [
            {"seeds": batch.n_seeds, "half_widths": [_half(width) for width in batch.judgement.widest]}
            for batch in batches
        ],
        "left_out": [list(key) for key in last.judgement.left_out],
    }


def _half(width: Width | None) -> float | None:
    return None if width is None else width.half_width


def _width_words(width: Width | None) -> str:
    if width is None:
        return "nothing that could have an interval"
    key = width.key
    whose = f"{key.metric} of {key.group}, {key.holder}, {key.configuration}"
    if width.half_width is None:
        return f"no interval yet of {whose}"
    return f"widest ±{width.half_width:.3g} ({whose})"


def _why(last: Batch) -> str:
    if last.judgement.is_met:
        return "every interval is narrow enough. Intervals after such a stop are slightly optimistic"
    if last.judgement.is_hopeless:
        return "what a rule asks for is defined in no seed, so no number of seeds would do"
    return "the most that were allowed; the rule is not met"
