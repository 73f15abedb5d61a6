"""The answer of a sweep worked out: responses, effects, interactions and thresholds of every headline.

Model: a headline (``metrics.sensitivity``) is a figure of a nation under a configuration, or its paired
difference from the baseline at the same point: the gain. Points that make a full grid are told by marginal
means (``metrics.response``), others by regression (``metrics.response_fit``). Thresholds are looked for in
gains, along every factor of numbers: in a grid with the others averaged, and with one other held at each of
its levels; elsewhere along the fitted surface with the others in the middle of their ranges (words: at their
first value), or, with one factor alone, along the points themselves.

Assumptions and limits: another factor is held where it has ten levels or fewer. Where next: ``sweep`` writes
the results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from mda_sim.metrics.compare import CAVEATS, CONFIDENCE_LEVEL, GATED_CAVEATS, LABEL, Key, Values, warnings
from mda_sim.metrics.response import Axis, Floats, Grid, grid_effect, grid_interactions, matrix, told
from mda_sim.metrics.response_fit import (
    Coded,
    Fit,
    along,
    coded,
    first_order,
    fit,
    fitted,
    second_order,
)
from mda_sim.metrics.sensitivity import Headline, headlines, series
from mda_sim.metrics.threshold import threshold

if TYPE_CHECKING:
    from mda_sim.scenario.sweep_spec import ThresholdSpec
    from mda_sim.study.sweep_plan import SweepPlan

HELD_MOST: Final = 10
"""Another factor with more levels than this is averaged, not held."""
PLACES: Final = 201
"""Places along a fitted surface."""
LINE_PLACES: Final = 21
"""Places of the lines that charts draw along a fitted surface."""


class Response(NamedTuple):
    """One figure at one point in one seed."""

    point: int
    values: tuple[Any, ...]
    """What each factor is, in the order of the factors; None where the point leaves it as the file has it."""
    configuration: str
    nation: str
    metric: str
    group: str
    seed: int
    value: float
    unit: str


def head_of(plan: SweepPlan) -> dict[str, Any]:
    """What results say besides figures."""
    spec, scenario = plan.sweep.spec, plan.scenario
    is_gated = scenario.spec.picture.is_gated
    return {
        "question": spec.question,
        "label": LABEL,
        "caveats": list(GATED_CAVEATS if is_gated else CAVEATS),
        "confidence_level": CONFIDENCE_LEVEL,
        "warnings": warnings(len(scenario.seeds)),
        "baseline": scenario.baseline,
        "configurations": list(scenario.arrangements),
        "seeds": list(scenario.seeds),
        "figures_asked": [{"metric": metric, "group": group} for metric, group in plan.asked.figures],
        "overrides": list(plan.source.sets),
        "design": {"kind": spec.design.kind, **_design(spec.design)},
        "method": "grid" if plan.grid() is not None else "fit",
        "counts": plan.counts(),
        "factors": {name: _described(plan, name) for name in plan.factors},
        "points": [
            {
                "point": point.number,
                "values": {name: point.values.get(name) for name in plan.factors},
                "words": {name: plan.factors[name].words(value) for name, value in point.values.items()},
                "set": list(point.texts),
            }
            for point in plan.points
        ],
    }


def results_of(
    plan: SweepPlan, values: Sequence[Values], units: Mapping[str, str]
) -> tuple[list[dict[str, Any]], tuple[Response, ...]]:
    """Every headline with what the factors do to it, and every figure as a row.

    ``values``: the figures at each point; ``units``: unit of each metric.
    """
    seeds, baseline = plan.scenario.seeds, plan.scenario.baseline
    surveyor = _Surveyor(plan)
    figures = []
    merged: Values = {key: one[key] for one in reversed(values) for key in one}
    for headline in headlines(merged, baseline, plan.asked.figures):
        y = matrix([series(one, headline) for one in values], seeds)
        means = [told(y[:, place])["mean"] for place in range(y.shape[1])]
        figures.append(
            {
                **headline._asdict(),
                "unit": units[headline.metric],
                "means": means,
                **surveyor.told(headline, y),
            }
        )
    return figures, tuple(_responses(plan, values, units))


def _design(design: Any) -> dict[str, Any]:
    kept = design.model_dump(mode="json", exclude={"kind"})
    return {name: len(value) if isinstance(value, list) else value for name, value in kept.items()}


def _described(plan: SweepPlan, name: str) -> dict[str, Any]:
    factor, spec = plan.factors[name], plan.factors[name].spec
    known = plan.numbers(name)
    low, high = (None, None) if known is None else (min(known), max(known))
    if spec.low is not None and spec.high is not None:
        low, high = spec.low, spec.high
    return {
        "name": factor.name,
        "keys": list(spec.keys),
        "unit": factor.unit(),
        "stated": factor.stated_words(),
        "is_multiple": spec.factors,
        "scale": spec.scale,
        "source": spec.source,
        "low": low,
        "high": high,
        "low_words": "" if low is None else factor.words(low),
        "high_words": "" if high is None else factor.words(high),
        "per_one": next(iter(factor.comes_to()), None),
    }


def _responses(plan: SweepPlan, values: Sequence[Values], units: Mapping[str, str]) -> Iterator[Response]:
    places = {figure: place for place, figure in enumerate(plan.asked.figures)}
    for point, own in zip(plan.points, values, strict=True):
        given = tuple(point.values.get(name) for name in plan.factors)

        def order(key: Key) -> tuple[str, str, int]:
            return key.configuration, key.holder, places[key.metric, key.group]

        for key in sorted(own, key=order):
            for seed in sorted(own[key]):
                unit = units[key.metric]
                yield Response(point.number, given, *key, seed, own[key][seed], unit)


class _Surveyor:
    """Tells what factors do to one headline after the other."""

    def __init__(self, plan: SweepPlan) -> None:
        self._plan = plan
        self._looked_for: ThresholdSpec = plan.sweep.spec.thresholds
        self._grid = plan.grid()
        self._coded = () if self._grid is not None else tuple(_coded(plan))

    def told(self, headline: Headline, y: Floats) -> dict[str, Any]:
        """Effects, interactions and, of a gain, thresholds."""
        if self._grid is not None:
            found: dict[str, Any] = {
                "effects": [grid_effect(self._grid, axis, y) for axis in self._grid.axes],
                "interactions": grid_interactions(self._grid, y),
            }
            looked = list(self._of_grid(self._grid, y)) if headline.against else []
        else:
            found = fitted([axis for axis, _ in self._coded], y)
            model = self._fit(y)
            lines = _lines(model, self._coded)
            found["lines"] = lines
            looked = list(self._of_points(y, model)) if headline.against else []
        return {**found, "thresholds": looked}

    def _of_grid(self, grid: Grid, y: Floats) -> Iterator[dict[str, Any]]:
        for axis in grid.axes:
            if axis.numbers is None:
                continue
            yield from self._along(axis, grid.curve(y, axis), {"held": "", "at": "", "by": "grid"})
            for other in grid.axes:
                if other is axis or len(other.words) > HELD_MOST:
                    continue
                for level, words in enumerate(other.words):
                    curve = grid.curve(y, axis, **{other.id: level})
                    yield from self._along(axis, curve, {"held": other.id, "at": words, "by": "grid"})

    def _along(self, axis: Axis, curve: Floats, about: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every threshold that is looked for along the levels of an axis."""
        assert axis.numbers is not None, "thresholds lie along numbers"
        places = axis.along(axis.numbers)
        order = np.argsort(places, kind="stable")
        if len(places) < 2:
            return
        for level in self._looked_for.levels:
            yield {**about, **threshold(axis, places[order], curve[:, order], level, None)}
        for fraction in self._looked_for.fractions:
            yield {**about, **threshold(axis, places[order], curve[:, order], 0.0, fraction)}

    def _fit(self, y: Floats) -> tuple[Fit, str] | None:
        """The model of second order where it can be fitted, else that of first order; None if neither can."""
        factors = [one for one, _ in self._coded]
        for model, name in ((second_order(factors), "second order"), (first_order(factors), "first order")):
            found = fit(model, y)
            if found is not None:
                return found, name
        return None

    def _of_points(self, y: Floats, model: tuple[Fit, str] | None) -> Iterator[dict[str, Any]]:
        if len(self._coded) == 1:
            ((_, axis),) = self._coded
            if axis.numbers is not None:
                yield from self._along(axis, y, {"held": "", "at": "", "by": "points"})
            return
        for axis, numbers, heights in _sections(model, self._coded, PLACES):
            drawn = Axis(axis.id, (), numbers, axis.is_log)
            yield from self._along(drawn, heights, {"held": "", "at": "", "by": model[1] if model else ""})


def _sections(
    model: tuple[Fit, str] | None, factors: Sequence[tuple[Coded, Axis]], n: int
) -> Iterator[tuple[Axis, tuple[float, ...], Floats]]:
    """The fitted surface at ``n`` places along each factor of numbers: axis, numbers, and (seeds, places)."""
    if model is None:
        return
    for one, axis in factors:
        if one.u is None or axis.ends is None:
            continue
        low, high = axis.along(axis.ends).tolist()
        numbers = tuple(axis.back(place) for place in np.linspace(low, high, n).tolist())
        yield axis, numbers, along(model[0], axis.id, np.linspace(-1.0, 1.0, n))


def _lines(model: tuple[Fit, str] | None, factors: Sequence[tuple[Coded, Axis]]) -> list[dict[str, Any]]:
    """The fitted surface along each factor with the others in the middle, for charts."""
    found = []
    for axis, numbers, heights in _sections(model, factors, LINE_PLACES):
        at = [{"number": number, **told(heights[:, k])} for k, number in enumerate(numbers)]
        found.append({"factor": axis.id, "model": model[1] if model else "", "at": at})
    return found


def _coded(plan: SweepPlan) -> Iterator[tuple[Coded, Axis]]:
    """Every factor at every point, with its axis."""
    for name, factor in plan.factors.items():
        numbers = plan.numbers(name)
        if numbers is None or len(set(numbers)) < 2:
            words = [repr(point.values.get(name)) for point in plan.points]
            order = list(dict.fromkeys(map(repr, factor.spec.values))) or list(dict.fromkeys(words))
            order += [one for one in dict.fromkeys(words) if one not in order]
            codes = np.array([order.index(one) for one in words], np.int64)
            yield Coded(name, None, codes), Axis(name, (), None)
            continue
        spec = factor.spec
        is_range = spec.low is not None and spec.high is not None
        ends = (spec.low, spec.high) if is_range else (min(numbers), max(numbers))
        assert ends[0] is not None, "a range has a low end"
        assert ends[1] is not None, "a range has a high end"
        axis = Axis(name, (), numbers, spec.scale == "log", (ends[0], ends[1]))
        low, high = axis.along((ends[0], ends[1])).tolist()
        yield coded(name, axis.along(numbers), (low, high)), axis
