"""What a sensitivity analysis has to run: settings of the assumptions, and the scenario under each.

Model: one at a time, every assumption is set to its ends, or to each of its values, with all else as the file
has it; a screening sets all of them at every point of its trajectories. Each setting is loaded as a user
would load it, with ``--set``, so its scenario is checked whole; whatever is wrong with any of them is told
before anything runs. What two variants have in common is made once (``variants``).

Where next: ``variant_jobs`` makes the figures, ``sensitivity`` gathers them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.metrics.morris import Trajectory, trajectories
from mda_sim.metrics.sensitivity import Setting
from mda_sim.scenario import Scenario
from mda_sim.scenario.assumptions import Assumption, assumptions_of
from mda_sim.study.variants import Loader, Source, Variant


@dataclass(frozen=True)
class Plan:
    """Everything that is to be run."""

    scenario: Scenario
    assumptions: Mapping[str, Assumption]
    stated: Variant
    """With the file's own values."""
    moved: Mapping[Setting, Variant]
    """One assumption at a time."""
    trajectories: tuple[Trajectory, ...] = ()
    """Of a screening; factors in the order of ``assumptions``."""
    points: tuple[tuple[Variant, ...], ...] = ()
    """For each trajectory the variant at each of its points."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All variants, that of the file first; the settings one at a time only where they are to be run."""
        moved = self.moved.values() if not self.points else ()
        return (self.stated, *moved, *(one for points in self.points for one in points))


def plan_of(source: Source, screen: tuple[int, int] | None) -> Plan:
    """The plan of an analysis; ``screen`` gives the numbers of trajectories and levels of a screening.

    ScenarioError with every problem of every setting, each at its assumption, and where the scenario names
    none.
    """
    scenario = source.load()
    assumptions = assumptions_of(scenario)
    if not assumptions:
        message = "the scenario names no assumptions; state what may be moved, and how far, under this key"
        raise ScenarioError([Problem(str(source.path), 0, 0, "metrics.assumptions", message)])
    maker = _Maker(source, scenario)
    moved: dict[Setting, Variant] = {}
    for name, assumption in assumptions.items():
        for setting, value in assumption.ends().items():
            variant = maker.end(assumption, setting, assumption.settings(value))
            if variant is not None:
                moved[Setting(name, setting)] = variant
    maker.raise_problems()
    stated = maker.variant(())
    if screen is None:
        return Plan(scenario, assumptions, stated, moved)
    found = trajectories(tuple(assumptions), *screen, scenario.spec.seed.first)
    points = tuple(tuple(maker.point(assumptions, point.tolist()) for point in one.points) for one in found)
    maker.raise_problems()
    return Plan(scenario, assumptions, stated, moved, found, points)


class _Maker:
    """Loads settings, each once, and collects what is wrong with them."""

    def __init__(self, source: Source, scenario: Scenario) -> None:
        self._source, self._scenario = source, scenario
        self._loader = Loader(source)
        self._problems: list[Problem] = []

    def variant(self, texts: tuple[str, ...]) -> Variant:
        """The variant under texts for ``--set``; ScenarioError if it cannot be run."""
        return self._loader.variant(texts)

    def end(self, assumption: Assumption, setting: str, texts: tuple[str, ...]) -> Variant | None:
        """The variant at one end of an assumption; None, with a problem at that end, if it cannot be run."""
        try:
            return self.variant(texts)
        except ScenarioError as error:
            key = setting if not assumption.spec.values else "values"
            place = f"metrics.assumptions.{assumption.id}.{key}"
            origin = self._scenario.origin[place]
            self._problems += [
                Problem(origin.file, origin.line, origin.column, place, _because(problem))
                for problem in error.problems
            ]
            return None

    def point(self, assumptions: Mapping[str, Assumption], positions: Sequence[float]) -> Variant:
        """The variant at one point of a trajectory; that of the file, with a problem, if it cannot be run."""
        texts = tuple(
            text
            for assumption, position in zip(assumptions.values(), positions, strict=True)
            for text in assumption.settings(assumption.between(position))
        )
        try:
            return self.variant(texts)
        except ScenarioError as error:
            self._problems += [
                Problem(
                    str(self._source.path), 0, 0, "metrics.assumptions", f"moved together: {_because(one)}"
                )
                for one in error.problems
            ]
            return self.variant(())

    def raise_problems(self) -> None:
        """ScenarioError with what was found so far, each problem once."""
        if self._problems:
            raise ScenarioError(dict.fromkeys(self._problems))


def _because(problem: Problem) -> str:
    at = f"{problem.key}: " if problem.key else ""
    return f"gives a scenario that cannot be run: {at}{problem.message}"
