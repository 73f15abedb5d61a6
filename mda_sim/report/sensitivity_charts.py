"""Charts of a sensitivity analysis: ranked bars of single assumptions, and the plot of a screening.

Model: one figure per endpoint and nation, one panel per configuration: the baseline by its value, every other
by its difference from the baseline. In a ranked chart each assumption has a row, the one with the largest
swing in any panel first; its settings are bars from the file's value to the mean there, with the 95 %
interval over seeds of the paired change at their ends, and the band is the interval of the file's value
itself. In a screening's plot each assumption is a point at mu* and sigma with the interval of mu*; below the
line sigma = mu* its effect is mostly of one sign and size.

Assumptions and limits: panels and rows without any effect are left out, and named. Where next:
``study.sensitivity`` writes the files.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.basemap import CAUTION
from mda_sim.report.charts import heading, plain_axes
from mda_sim.report.labels import Label, boxes_around, place_labels
from mda_sim.report.panels import COLUMNS, PANEL_IN, Panels
from mda_sim.report.sensitivity_figures import (
    Endpoint,
    Entry,
    Scale,
    assumption_name,
    endpoints,
    headline_words,
    is_moved,
    scale_of,
    setting_words,
    strongest,
)
from mda_sim.report.style import GRID, INK, MUTED, colour_of, house_style
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOW_COLOUR: Final = colour_of(5)
"""Bars of the low end, or of the first value."""
HIGH_COLOUR: Final = colour_of(4)
"""Bars of the high end, or of the last value."""

_LEFT_IN: Final = 2.45
_ROW_IN: Final = 0.36
_SQUARE_IN: Final = 2.1
_WORDS_MAX: Final = 18
_CHARACTER_IN: Final = 0.052
"""Width of a capital letter beside a bar [inches]."""


def charts(
    results: Mapping[str, Any], zones: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """File name of each chart and what draws it; endpoints that nothing moves have none."""
    is_screened = results["method"] == "morris"
    draw = screening_chart if is_screened else ranked_chart
    for endpoint, figures in endpoints(results).items():
        moved = [figure for figure in figures if is_moved(figure)]
        if moved:
            stem = re.sub(r"[^A-Za-z0-9_.]+", "-", f"{endpoint.metric}_{endpoint.group}_{endpoint.nation}")
            yield (
                f"{'morris_' if is_screened else ''}{stem}.png",
                partial(draw, results, endpoint, moved, len(figures) - len(moved), zones),
            )


def ranked_chart(
    results: Mapping[str, Any],
    endpoint: Endpoint,
    figures: Sequence[Entry],
    n_still: int,
    zones: Mapping[str, str],
) -> Figure:
    """Bars of every assumption that moves the endpoint of a nation, the strongest first.

    ``figures``: its headlines that anything moves; ``n_still`` others are not drawn.
    """
    order = [name for name, _, where in strongest(results, figures) if where is not None]
    still = [assumption_name(results, name) for name in results["assumptions"] if name not in order]
    notes = _notes(results, still, n_still)
    with house_style():
        layout = Panels(len(figures), _ROW_IN * len(order) + 0.1, notes, _LEFT_IN)
        figure = layout.figure
        subtitle = f"{endpoint.words(zones)}; one assumption at a time, {_seeds(results)}"
        heading(figure, f"{endpoint.nation}: what each assumption does to the answer", subtitle)
        for number, headline in enumerate(figures):
            axes = layout.axes(number)
            _bars(axes, results, headline, order)
            names = [_wrapped(assumption_name(results, name)) for name in order]
            axes.set_yticks(range(len(order)), names if number % COLUMNS == 0 else [""] * len(order))
            axes.set_ylim(len(order) - 0.45, -0.55)
        return figure


def screening_chart(
    results: Mapping[str, Any],
    endpoint: Endpoint,
    figures: Sequence[Entry],
    n_still: int,
    zones: Mapping[str, str],
) -> Figure:
    """mu* and sigma of every assumption for the endpoint of a nation; numbers are ranks, named beside."""
    order = [name for name, _, where in strongest(results, figures) if where is not None]
    still = [assumption_name(results, name) for name in results["assumptions"] if name not in order]
    notes = _notes(results, still, n_still)
    with house_style():
        key_in = 0.17 * len(order) + 0.3
        rows = -(-len(figures) // COLUMNS)
        panel_in = max(_SQUARE_IN, (key_in - (rows - 1) * 0.7) / rows)
        layout = Panels(len(figures), panel_in, notes, _LEFT_IN)
        figure = layout.figure
        subtitle = (
            f"{endpoint.words(zones)}; {results['trajectories']} trajectories on {results['levels']} levels, "
            f"{_seeds(results)}"
        )
        heading(figure, f"{endpoint.nation}: which assumptions matter, and together with which", subtitle)
        for number, headline in enumerate(figures):
            _points(layout.axes(number), headline, order, first=number % COLUMNS == 0)
        width, height = figure.get_size_inches()
        for rank, name in enumerate(order):
            place = height - Panels.TOP_IN - 0.16 - 0.17 * rank
            words = for_figure(f"{rank + 1:>2}  {assumption_name(results, name)}", 42)
            figure.text(0.15 / width, place / height, words, fontsize=7, va="top")
        return figure


def _bars(axes: Axes, results: Mapping[str, Any], figure: Entry, order: Sequence[str]) -> None:
    """The bars of one panel."""
    scale = _scale(figure)
    stated = scale.factor * figure["mean"] if figure["mean"] is not None else 0.0
    ends, tips = [stated], [stated]
    if figure["low"] is not None:
        band = scale.factor * figure["low"], scale.factor * figure["high"]
        axes.axvspan(*band, color=GRID, alpha=0.45, linewidth=0, zorder=0)
        ends += band
    texts: list[tuple[float, float, bool, str]] = []
    for place, name in enumerate(order):
        effects = [one for one in figure["effects"] if one["assumption"] == name and one["mean"] is not None]
        height = 0.74 / max(len(effects), 1)
        for number, effect in enumerate(effects):
            change = {end: effect["change"][end] for end in ("mean", "low", "high")}
            if not change["mean"]:
                continue
            y = place - 0.37 + height * (number + 0.5)
            x = stated + scale.factor * change["mean"]
            colour = (LOW_COLOUR, HIGH_COLOUR)[number > 0] if number in (0, len(effects) - 1) else MUTED
            axes.barh(y, x - stated, left=stated, height=0.92 * height, color=colour, linewidth=0, zorder=2)
            reach = [x]
            tips.append(x)
            if change["low"] is not None:
                reach += [stated + scale.factor * change[end] for end in ("low", "high")]
                axes.plot(reach[1:], [y, y], color=INK, linewidth=0.7, zorder=3, solid_capstyle="butt")
            ends += reach
            is_right = x >= stated
            texts.append(
                (max(reach) if is_right else min(reach), y, is_right, setting_words(results, effect))
            )
    axes.axvline(stated, color=INK, linewidth=0.8, zorder=4)
    span = (max(tips) - min(tips)) or 1.0
    least, most = max(min(ends), min(tips) - 0.5 * span), min(max(ends), max(tips) + 0.5 * span)
    left, right = (
        _room([words for _, _, side, words in texts if side == is_right]) for is_right in (False, True)
    )
    whole = (most - least or span) / (1.0 - left - right)
    axes.set_xlim(least - left * whole, most + right * whole)
    for x, y, is_right, words in texts:
        axes.text(
            min(max(x, least), most) + (0.015 if is_right else -0.015) * (most - least),
            y,
            for_figure(words, _WORDS_MAX),
            ha="left" if is_right else "right",
            va="center",
            fontsize=5.4,
            color=INK,
            zorder=5,
        )
    _dress(axes, results_words=headline_words(results, figure), figure=figure, scale=scale)


def _room(words: Sequence[str]) -> float:
    """The share of a panel's width that words beside the bars take on one side."""
    longest = max((min(len(text), _WORDS_MAX) for text in words), default=0)
    return (_CHARACTER_IN * longest + 0.06) / PANEL_IN


def _points(axes: Axes, figure: Entry, order: Sequence[str], *, first: bool) -> None:
    """The points of one panel of a screening."""
    scale = _scale(figure)
    found = {one["assumption"]: one for one in figure["effects"] if one["mu_star"]}
    shown = [(rank, found[name]) for rank, name in enumerate(order) if name in found]
    x = [scale.factor * one["mu_star"] for _, one in shown]
    y = [scale.factor * (one["sigma"] or 0.0) for _, one in shown]
    highest = [scale.factor * (one["mu_star_high"] or one["mu_star"]) for _, one in shown]
    limit = 1.12 * max(highest), 1.16 * max((*y, 0.25 * max(highest)))
    axes.set_xlim(-0.02 * limit[0], limit[0])
    axes.set_ylim(-0.06 * limit[1], limit[1])
    axes.plot([0, max(limit)], [0, max(limit)], color=MUTED, linewidth=0.6, linestyle="dashed", zorder=1)
    for (_, one), x_at, y_at in zip(shown, x, y, strict=True):
        if one["mu_star_low"] is not None:
            ends = [scale.factor * one[f"mu_star_{end}"] for end in ("low", "high")]
            axes.plot(ends, [y_at, y_at], color=GRID, linewidth=1.2, zorder=2)
        axes.plot([x_at], [y_at], marker="o", markersize=3.6, color=colour_of(0), zorder=3, linestyle="none")
    labels = [
        Label(lat_deg=y_at, lon_deg=x_at, text=str(rank + 1), size_pt=6.8)
        for (rank, _), x_at, y_at in zip(shown, x, y, strict=True)
    ]
    place_labels(axes, labels, boxes_around(axes, y, x, 4.0))
    if first:
        axes.set_ylabel(f"sigma [{scale.step_unit}]" if scale.step_unit else "sigma")
    plain_axes(axes)
    axes.set_title(for_figure(_panel_words(figure), 44), loc="left", fontsize=8, fontweight="bold", pad=4)
    axes.set_xlabel(f"mu*, change per full range [{scale.step_unit}]" if scale.step_unit else "mu*")


def _dress(axes: Axes, *, results_words: str, figure: Entry, scale: Scale) -> None:
    from matplotlib.ticker import MaxNLocator

    plain_axes(axes, "x")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title(for_figure(results_words, 44), loc="left", fontsize=8, fontweight="bold", pad=4)
    unit = scale.step_unit if figure["against"] else scale.unit
    what = "difference" if figure["against"] else "value"
    axes.set_xlabel(f"{what} [{unit}]" if unit else what)


def _panel_words(figure: Entry) -> str:
    return (
        f"{figure['configuration']} less {figure['against']}"
        if figure["against"]
        else figure["configuration"]
    )


def _scale(figure: Entry) -> Scale:
    values = [figure.get("mean"), *figure.get("range", {}).values()]
    return scale_of(figure["unit"], [*values, *(one.get("mu_star") for one in figure["effects"])])


def _notes(results: Mapping[str, Any], still: Sequence[str], n_still: int) -> list[str]:
    """What stands at the foot of a chart."""
    if results["method"] == "morris":
        notes = [
            "Points: mu* (mean size of the elementary effects) and sigma (their spread), with the 95 % "
            "interval of mu* over trajectories; above the dashed line sigma = mu* an assumption bends or "
            "depends on others."
        ]
    else:
        notes = [
            "Blue: low end or first value; orange: high end or last value; at the bars what it is set to. "
            "Line: the file's own values; band: their 95 % interval over seeds; whiskers: that of the paired "
            "change; both are cut where they run far beyond the bars."
        ]
    if still:
        notes.append(f"No effect: {', '.join(still)}.")
    if n_still:
        notes.append(
            f"{n_still} configuration{'s' if n_still > 1 else ''} that no assumption moves not drawn."
        )
    return [*notes, *(f"Warning: {warning}." for warning in results["warnings"]), CAUTION]


def _seeds(results: Mapping[str, Any]) -> str:
    n = len(results["seeds"])
    return f"{n} seed{'' if n == 1 else 's'}"


def _wrapped(name: str) -> str:
    return "\n".join(textwrap.wrap(for_figure(name, 60), 34)[:2])
