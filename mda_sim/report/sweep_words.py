"""What a terminal shows of a sweep: what was run, what each factor does, thresholds, and two together.

Model: for each nation and figure of the whole area (of a zone, where there is none else), every headline that
the sweep moves: the baseline's value, and what each other configuration adds to it. In a grid: the means at
the first and last level of each factor and the paired change between them; for points that were drawn: the
change over the whole range by the model of first order, standardised coefficient, bend, and R^2.

Assumptions and limits: interactions are shown where their interval leaves zero out, or, with one seed, where
they are not zero; all are in ``interactions.csv``. Where next: the command line prints the lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.sensitivity_figures import Endpoint, Scale, endpoints, headline_words
from mda_sim.report.sweep_figures import (
    Entry,
    factor_name,
    figure_scale,
    held_words,
    is_moved,
    span_words,
    threshold_words,
)
from mda_sim.report.text import plain
from mda_sim.report.words import ZONES_NOTE

DESIGNS: Final = {
    "grid": "a grid",
    "list": "a list",
    "random": "random points",
    "latin_hypercube": "a Latin hypercube",
}
POOR_FIT: Final = 0.8
"""An R^2 below this is called poor: a fifth of the variance over points is left. A choice of the authors."""


def plan_lines(counts: Mapping[str, int], design: str, factors: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What a sweep will run: ``counts`` of its plan, kind of design, name and span of each factor."""
    yield _size(counts, design)
    yield (
        f"{counts['sensings']} world{_s(counts['sensings'])} with sensing, {counts['deliveries']} exchanges, "
        f"{counts['units']} units of figures; what points share is made once."
    )
    for name, span in factors:
        yield f"  {plain(name, 60)}: {plain(span, 200)}"


def result_lines(results: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    """What a terminal shows."""
    if results["question"]:
        yield plain(results["question"], 400)
    yield _size(results["counts"], results["design"]["kind"])
    found = endpoints(results)
    for nation in dict.fromkeys(endpoint.nation for endpoint in found):
        own = {endpoint: figures for endpoint, figures in found.items() if endpoint.nation == nation}
        shown = {one: figures for one, figures in own.items() if "@" not in one.group} or own
        yield ""
        yield plain(nation)
        for endpoint, figures in shown.items():
            yield from _endpoint_lines(results, endpoint, figures, zones)
    yield ""
    yield from _notes(results)


def _endpoint_lines(
    results: Mapping[str, Any], endpoint: Endpoint, figures: Sequence[Entry], zones: Mapping[str, str]
) -> Iterator[str]:
    moved = [figure for figure in figures if is_moved(figure)]
    if not moved:
        yield f"  {endpoint.words(zones)}: no factor moves it"
        return
    yield f"  {endpoint.words(zones)}"
    is_grid = results["method"] == "grid"
    rows: list[tuple[str, ...]] = [_GRID_HEAD if is_grid else _FIT_HEAD]
    for figure in moved:
        make = _grid_row if is_grid else _fit_row
        rows += [make(results, figure, effect) for effect in figure["effects"]]
    yield from _columns(rows)
    for figure in moved:
        for one in figure["thresholds"]:
            held = held_words(results, one)
            at = f", with {held}" if held else ""
            subject = f"{headline_words(results, figure)}, along {factor_name(results, one['factor'])}{at}"
            yield f"    {subject}: {threshold_words(results, figure, one)}."
        for one in figure["interactions"]:
            if _is_seen(one["effect"], figure):
                scale = figure_scale(figure)
                names = f"{factor_name(results, one['factor'])} and {factor_name(results, one['other'])}"
                number = f"{scale.number(one['effect']['mean'], signed=True)} {scale.step_unit}"
                ends = span_words(scale, one["effect"], signed=True)
                yield f"    {headline_words(results, figure)}, {names} together: {number} {ends}."


_GRID_HEAD: Final = ("headline", "factor", "first level", "last level", "change", "95 %, simulation only")
_FIT_HEAD: Final = (
    "headline",
    "factor",
    "over its range",
    "95 %, simulation only",
    "standardised",
    "bend",
    "R²",
)


def _grid_row(results: Mapping[str, Any], figure: Entry, effect: Entry) -> tuple[str, ...]:
    scale, signed = figure_scale(figure), bool(figure["against"])
    ends = [effect["levels"][0], effect["levels"][-1]]
    return (
        headline_words(results, figure),
        factor_name(results, effect["factor"]),
        *(f"{plain(one['level'], 24)}: {scale.number(one['mean'], signed=signed)}" for one in ends),
        _number(scale, effect["effect"]),
        span_words(scale, effect["effect"], signed=True),
    )


def _fit_row(results: Mapping[str, Any], figure: Entry, effect: Entry) -> tuple[str, ...]:
    scale = figure_scale(figure)
    standardised, bend = effect["standardised"], effect["bend"]
    r2 = figure["first_order"]["r2"]["mean"]
    return (
        headline_words(results, figure),
        factor_name(results, effect["factor"]),
        _number(scale, effect["effect"]),
        span_words(scale, effect["effect"], signed=True),
        "–" if not standardised or standardised["mean"] is None else f"{standardised['mean']:+.2f}",
        "–" if not bend else scale.number(bend["mean"], signed=True),
        "–" if r2 is None else f"{r2:.2f}",
    )


def _number(scale: Scale, entry: Entry) -> str:
    return f"{scale.number(entry['mean'], signed=True)} {scale.step_unit}".rstrip()


def _is_seen(effect: Entry, figure: Entry) -> bool:
    """Whether an effect is one; what comes of rounding is none."""
    largest = max((abs(mean) for mean in figure["means"] if mean is not None), default=0.0)
    if effect["mean"] is None or abs(effect["mean"]) <= 1e-9 * largest:
        return False
    return effect["low"] is None or effect["low"] > 0 or effect["high"] < 0


def _notes(results: Mapping[str, Any]) -> Iterator[str]:
    for warning in results["warnings"]:
        yield f"Warning: {plain(str(warning))}."
    if results["method"] == "fit":
        moved = [one for one in results["figures"] if is_moved(one)]
        whys = {one[model]["why_not"] for one in moved for model in ("first_order", "second_order")} - {""}
        for why in sorted(whys):
            yield f"Not fitted: {plain(why)}."
        best = [max((one[m]["r2"]["mean"] or 0.0) for m in ("first_order", "second_order")) for one in moved]
        poor = sum(r2 < POOR_FIT for r2 in best)
        if poor:
            yield (
                f"Warning: neither model explains {100 * POOR_FIT:.0f} % of the variance over points in "
                f"{poor} of {len(moved)} headlines: there, read the points, not the coefficients."
            )
    yield ("Differences are paired by seed, on the same luck; an effect is over the values that were swept.")
    yield f"{'; '.join(plain(str(caveat)) for caveat in results['caveats'])}. {ZONES_NOTE}"


def _size(counts: Mapping[str, int], design: str) -> str:
    return (
        f"{counts['points']} point{_s(counts['points'])} ({DESIGNS[design]}) × {counts['configurations']} "
        f"configuration{_s(counts['configurations'])} × {counts['seeds']} seed{_s(counts['seeds'])}"
    )


def _s(n: int) -> str:
    return "" if n == 1 else "s"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells in columns, the first two to the left."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for one, two, *cells in rows:
        right = "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths[2:], strict=True))
        yield f"    {one:<{widths[0]}}  {two:<{widths[1]}}{right}".rstrip()
