"""What a sweep has to run: its factors, its points, and the scenario at each of them.

Model: the keys of a factor are looked up in the resolved scenario as those of a named assumption are
(``scenario.assumptions``); a key that is not found there, or holds more than one value, is set as it stands.
Every point is loaded as ``--set`` would load it, so its scenario is checked whole, and what is wrong with any
is told before anything runs: at the factor whose key it is about, else at the design.

Assumptions and limits: levels of a range on a key that holds whole numbers are rounded, and levels that come
to the same are one. After 20 points that cannot be run the others are not tried. Where next: ``sweep`` runs
the plan.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.metrics.design import grid, latin_hypercube, random_points
from mda_sim.metrics.response import Axis, Grid
from mda_sim.scenario.assumptions import CONFIGURATIONS, Assumption, find_keys, is_number, moved_keys
from mda_sim.scenario.sweep_file import SweepFile
from mda_sim.scenario.sweep_spec import FactorSpec, GridDesign, HypercubeDesign, ListDesign
from mda_sim.scenario.writer import yaml_text
from mda_sim.study.endpoints import endpoints_of, nations_of
from mda_sim.study.variant_jobs import Asked, Watch
from mda_sim.study.variants import Loader, Source, Variant

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario

MOST_WRONG: Final = 20
"""Points that cannot be run after which no further one is tried."""


MOST_WORDS: Final = 8
"""Values of a factor that a plan spells out."""


@dataclass(frozen=True)
class Factor:
    """One factor with the keys that it moves."""

    found: Assumption
    """With the keys that were found in the scenario."""
    raw: tuple[str, ...]
    """Keys that are set as they stand."""

    @property
    def id(self) -> str:
        """Its id."""
        return self.found.id

    @property
    def spec(self) -> FactorSpec:
        """Its spec."""
        assert isinstance(self.found.spec, FactorSpec), "a factor has the spec of one"
        return self.found.spec

    @property
    def name(self) -> str:
        """Its name as people read it."""
        return self.spec.name or self.id

    def texts(self, value: Any) -> tuple[str, ...]:
        """The texts for ``--set`` that put a value in all its keys."""
        if _is_plain(value):
            shown = yaml_text({"v": value}).removeprefix("v:").strip()
            return (*self.found.settings(value), *(f"{key}={shown}" for key in self.raw))
        keys = (*(key.path for key in self.found.keys), *self.raw)
        return tuple(f"{key}={_flow(value)}" for key in keys)

    def words(self, value: Any) -> str:
        """A value with its unit; a multiple with what it comes to, where that is one value."""
        if not self.spec.factors:
            return self.found.words(value) if self.found.keys else _unit_less(value)
        first = self.comes_to()
        return f"× {value:.4g}" + (f" ({first[0] * value:.4g} {self.unit()})" if first else "")

    def comes_to(self) -> tuple[float, ...]:
        """What a multiple of one is: what the file states at its first key and those that end like it.

        Empty where they state different values, or it is no multiple.
        """
        keys = self.found.keys if self.spec.factors else ()
        stated = {key.given(key.stated) for key in keys if key.steps[-1] == keys[0].steps[-1]}
        return tuple(map(float, stated)) if len(stated) == 1 else ()

    def unit(self) -> str:
        """The unit of its values; of a multiple, that of what it comes to."""
        return self.found.keys[0].unit_words() if self.found.keys else ""

    def stated_words(self) -> str:
        """What the scenario states."""
        if not self.found.keys:
            return "not looked up"
        return self.words(1.0) if self.spec.factors else self.found.stated_words()


@dataclass(frozen=True)
class Point:
    """One point of a sweep."""

    number: int
    """From 1."""
    values: Mapping[str, Any]
    """What each factor is; one that the point leaves out is not there."""
    texts: tuple[str, ...]
    """As ``--set`` takes it."""
    variant: Variant


@dataclass(frozen=True)
class SweepPlan:
    """Everything that is to be run."""

    sweep: SweepFile
    source: Source
    scenario: Scenario
    factors: Mapping[str, Factor]
    points: tuple[Point, ...]
    asked: Asked

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The variant of each point."""
        return tuple(point.variant for point in self.points)

    def counts(self) -> dict[str, int]:
        """How much there is to do, in numbers."""
        seeds, variants = len(self.scenario.seeds), self.variants
        units = {key for variant in variants for key in variant.score_keys.values()}
        return {
            "points": len(self.points),
            "configurations": len(self.scenario.arrangements),
            "seeds": seeds,
            "units": seeds * len(units),
            "sensings": seeds * len({variant.sensing_key for variant in variants}),
            "deliveries": seeds * len({key for one in variants for key in one.delivery_keys.values()}),
        }

    def span_words(self, factor: str) -> str:
        """The values of a factor over all points, and what the scenario states."""
        found = self.factors[factor]
        words = list(
            dict.fromkeys(found.words(one.values[factor]) for one in self.points if factor in one.values)
        )
        numbers = self.numbers(factor)
        if numbers is not None and len(words) > MOST_WORDS:
            shown = f"{found.words(min(numbers))} to {found.words(max(numbers))}"
        else:
            shown = ", ".join(words[:MOST_WORDS]) + (", ..." if len(words) > MOST_WORDS else "")
        return f"{shown}; the scenario states {found.stated_words()}"

    def grid(self) -> Grid | None:
        """The points as a full grid; None if they are drawn, or written out and make none.

        Levels are in the order of the design; those of points that are written out rise, or come as they do.
        """
        if not isinstance(self.sweep.spec.design, GridDesign | ListDesign):
            return None
        return as_grid(self.points, self.factors)

    def numbers(self, factor: str) -> tuple[float, ...] | None:
        """A factor's value at each point as a number; None if any is none."""
        values = [point.values.get(factor) for point in self.points]
        numbers = [float(value) for value in values if is_number(value)]
        return tuple(numbers) if len(numbers) == len(values) else None


def as_grid(points: Sequence[Point], factors: Mapping[str, Factor]) -> Grid | None:
    """Points as a full grid over all factors; None if they make none."""
    axes, columns = [], []
    for name, factor in factors.items():
        values = [point.values.get(name) for point in points]
        levels = list({repr(value): value for value in values}.values())
        known = [float(level) for level in levels if is_number(level)]
        is_numeric = len(known) == len(levels)
        if is_numeric and not factor.spec.values:
            levels.sort()
            known.sort()
        words = tuple("as the file has it" if one is None else factor.words(one) for one in levels)
        axes.append(Axis(name, words, tuple(known) if is_numeric else None, factor.spec.scale == "log"))
        order = [repr(one) for one in levels]
        columns.append([order.index(repr(value)) for value in values])
    table = np.array(columns, np.int64).T
    n_all = math.prod(len(axis.words) for axis in axes)
    is_full = len(points) == n_all == len({tuple(row) for row in table.tolist()})
    return Grid(tuple(axes), table) if is_full else None


def plan_of(
    sweep: SweepFile,
    source: Source,
    *,
    metrics: Sequence[str],
    group: str | None,
    nation: str | None,
    watch: Watch | None = None,
) -> SweepPlan:
    """The plan of a sweep over a source; ScenarioError with every problem of every factor and point.

    ``metrics``, ``group`` and ``nation`` are asked for instead of the figures that the sweep names. ``watch``
    is told how many points are loaded, and how many there are.
    """
    loader = Loader(source)
    scenario = source.load()
    problems: list[Problem] = []
    asked = _asked(sweep, scenario, metrics, group, nation, problems)
    factors = {name: _factor(sweep, name, scenario, problems) for name in sweep.spec.factors}
    _check_owners(sweep, factors, problems)
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    points = _points(sweep, factors, loader, watch)
    return SweepPlan(sweep, source, scenario, factors, points, asked)


def _asked(
    sweep: SweepFile,
    scenario: Scenario,
    metrics: Sequence[str],
    group: str | None,
    nation: str | None,
    problems: list[Problem],
) -> Asked:
    if metrics or group or not sweep.spec.responses:
        ends = endpoints_of(scenario, metrics, group, problems)
    else:
        ends = ()
        for number, one in enumerate(sweep.spec.responses):
            wrong: list[Problem] = []
            endpoints_of(scenario, [one.metric], one.key, wrong)
            problems += [sweep.problem(problem.message, "responses", number) for problem in wrong]
        ends = tuple(dict.fromkeys(sweep.spec.responses))
    wrong = []
    nations = nations_of(scenario, nation or ",".join(sweep.spec.nations) or "all", wrong)
    problems += wrong if nation else [sweep.problem(one.message, "nations") for one in wrong]
    return Asked(tuple((one.metric, one.key) for one in ends), nations, is_named=False)


def _factor(sweep: SweepFile, name: str, scenario: Scenario, problems: list[Problem]) -> Factor:
    """A factor with its keys looked up; problems are noted."""
    spec, tree = sweep.spec.factors[name], _whole_tree(scenario)
    raw = tuple(key for key in spec.keys if "*" not in key and not any(True for _ in find_keys(key, tree)))
    found = Assumption(name, spec, moved_keys(spec, tree))
    for key in spec.keys:
        if "*" in key and not any(True for _ in find_keys(key, tree)):
            problems.append(
                sweep.problem(f"'{key}' stands for no value of the scenario", "factors", name, "key")
            )
    if spec.factors and raw:
        problems.append(sweep.problem(f"{raw[0]} states no number to multiply", "factors", name, "key"))
    for moved in found.keys if spec.factors else ():
        if not is_number(moved.stated):
            message = f"{moved.path} holds no number that a factor could multiply"
            problems.append(sweep.problem(message, "factors", name, "key"))
    units = {key.unit_words(): key for key in found.keys}
    if not spec.factors and len(units) > 1:
        one, other = list(units.values())[:2]
        message = f"keys in different units: {one.path} and {other.path}; write them alike, or use 'factors'"
        problems.append(sweep.problem(message, "factors", name, "key"))
    return Factor(found, raw)


def _whole_tree(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain data in SI, each configuration whole."""
    tree = scenario.spec.model_dump(mode="json")
    tree["metrics"].pop("assumptions")
    tree[CONFIGURATIONS] = {
        name: sharing.model_dump(mode="json") for name, sharing in scenario.arrangements.items()
    }
    return tree


def _check_owners(sweep: SweepFile, factors: Mapping[str, Factor], problems: list[Problem]) -> None:
    """No key is moved by two factors."""
    owners: dict[str, str] = {}
    for name, factor in factors.items():
        for path in (*(key.path for key in factor.found.keys), *factor.raw):
            other = owners.setdefault(path, name)
            if other != name:
                message = f"{path} is moved by '{other}' too"
                problems.append(sweep.problem(message, "factors", name, "key"))


def _points(
    sweep: SweepFile, factors: Mapping[str, Factor], loader: Loader, watch: Watch | None
) -> tuple[Point, ...]:
    """Every point with its scenario; ScenarioError with what is wrong with them."""
    points: list[Point] = []
    wrong: dict[tuple[str, str, str], Problem] = {}
    counts: dict[tuple[str, str, str], int] = {}
    n_wrong = 0
    every = list(_values(sweep, factors))
    for number, values in enumerate(every, 1):
        if watch is not None:
            watch(number - 1, len(every))
        texts = tuple(text for name, value in values.items() for text in factors[name].texts(value))
        try:
            points.append(Point(number, values, texts, loader.variant(texts)))
        except ScenarioError as error:
            n_wrong += 1
            for problem in error.problems:
                steps = _blamed(problem, factors, sweep, number)
                key = (problem.key, problem.message.partition(", got ")[0], str(steps))
                counts[key] = counts.get(key, 0) + 1
                at = f"{problem.key}: " if problem.key else ""
                shown = ", ".join(
                    f"{factors[name].name} {factors[name].words(v)}" for name, v in values.items()
                )
                message = (
                    f"gives a scenario that cannot be run at point {number} ({shown}): {at}{problem.message}"
                )
                wrong.setdefault(key, sweep.problem(message, *steps))
            if n_wrong == MOST_WRONG:
                break
    if wrong:
        raise ScenarioError(_counted(one, counts[key]) for key, one in wrong.items())
    return tuple(points)


def _counted(problem: Problem, count: int) -> Problem:
    more = f" (and at {count - 1} more)" if count > 1 else ""
    return Problem(problem.file, problem.line, problem.column, problem.key, problem.message + more)


def _blamed(
    problem: Problem, factors: Mapping[str, Factor], sweep: SweepFile, number: int
) -> tuple[str | int, ...]:
    """Where in the sweep the cause of a problem stands: the factor whose key it is about, else the design."""
    for name, factor in factors.items():
        for path in (*(key.path for key in factor.found.keys), *factor.raw):
            if problem.file.startswith(f"--set {path}=") or (problem.key and problem.key == path):
                return ("factors", name)
    is_list = isinstance(sweep.spec.design, ListDesign)
    return ("design", "points", number - 1) if is_list else ("design",)


def _values(sweep: SweepFile, factors: Mapping[str, Factor]) -> Iterator[dict[str, Any]]:
    """What each factor is at each point, in order."""
    design, names = sweep.spec.design, tuple(factors)
    if isinstance(design, ListDesign):
        for point in design.points:
            yield {name: _given(point[name]) for name in names if name in point}
        return
    if isinstance(design, GridDesign):
        levels = [_levels(factor, design) for factor in factors.values()]
        for row in grid([len(one) for one in levels]).tolist():
            yield {name: own[level] for name, own, level in zip(names, levels, row, strict=True)}
        return
    draw = latin_hypercube if isinstance(design, HypercubeDesign) else random_points
    for position in draw(names, design.points, design.seed).tolist():
        yield {name: factors[name].found.between(at) for name, at in zip(names, position, strict=True)}


def _levels(factor: Factor, design: GridDesign) -> list[Any]:
    """The levels of a factor in a grid."""
    if factor.spec.values:
        return [_given(value) for value in factor.spec.values]
    places = np.linspace(0.0, 1.0, factor.spec.levels or design.levels).tolist()
    levels = [factor.found.between(place) for place in places]
    return levels[:1] + [other for one, other in pairwise(levels) if one != other]


def _given(value: Any) -> Any:
    """A value of a file as plain data."""
    if isinstance(value, Mapping):
        return {key: _given(one) for key, one in value.items()}
    return [_given(one) for one in value] if isinstance(value, list | tuple) else value


def _is_plain(value: Any) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _flow(value: Any) -> str:
    """A list or mapping in one line of YAML."""
    return json.dumps(value, ensure_ascii=False)


def _unit_less(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if is_number(value) else _flow(value) if not _is_plain(value) else str(value)
