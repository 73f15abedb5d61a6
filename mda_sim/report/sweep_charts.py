"""Charts of a sweep: what each factor does to a figure, and heat maps of two factors together.

Model: one figure per endpoint and nation with a panel per factor and a line per configuration: the gain over
the baseline (``gain_*``), and the value itself (``value_*``). In a grid a line joins the marginal means and
the band is their 95 % interval over seeds; a triangle marks where a gain comes down to zero, the bar under it
the interval of that place. Points that were drawn are dots at their means over seeds, and the line is the
fitted surface with all other factors in the middle of their ranges. A heat map (``pair_*``) has the gain at
every pair of levels of two factors, all others averaged, one panel per configuration, with its number in
each cell.

Assumptions and limits: headlines that nothing moves are left out. Heat maps are of grids, with at most 12
levels a side. A multiple is shown by what it comes to where that is one value. Where next: ``study.sweep``
writes the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.basemap import CAUTION
from mda_sim.report.charts import heading, plain_axes
from mda_sim.report.panels import COLUMNS, PANEL_IN, Panels
from mda_sim.report.sensitivity_figures import Endpoint, Scale
from mda_sim.report.style import DIFFERENCE_COLOURS, INK, colour_of, house_style, stroke_of
from mda_sim.report.sweep_figures import (
    Entry,
    factor_label,
    factor_name,
    figure_scale,
    is_moved,
    shown_number,
)
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CURVE_IN: Final = 1.9
_LEFT_IN: Final = 0.72
_CELL_IN: Final = 0.3
_MOST_CELLS: Final = 12


def charts(
    results: Mapping[str, Any], zones: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """File name of each chart and what draws it; endpoints that nothing moves have none."""
    found: dict[Endpoint, list[Entry]] = {}
    for figure in results["figures"]:
        key = Endpoint(figure["nation"], figure["metric"], figure["group"])
        found.setdefault(key, []).append(figure)
    for endpoint, figures in found.items():
        stem = re.sub(r"[^A-Za-z0-9_.]+", "-", f"{endpoint.metric}_{endpoint.group}_{endpoint.nation}")
        gains = [one for one in figures if one["against"]]
        values = [one for one in figures if not one["against"]]
        for kind, own in (("gain", gains), ("value", values)):
            if any(map(is_moved, own)):
                yield f"{kind}_{stem}.png", partial(response_chart, results, endpoint, own, zones)
        for one, other in _pairs(results):
            moved = [figure for figure in gains or values if is_moved(figure)]
            if moved:
                name = f"pair_{stem}_{one}_{other}.png"
                yield name, partial(heat_maps, results, endpoint, moved, (one, other), zones)


def response_chart(
    results: Mapping[str, Any], endpoint: Endpoint, figures: Sequence[Entry], zones: Mapping[str, str]
) -> Figure:
    """A panel per factor, a line per configuration: gains, or values, of one endpoint of one nation."""
    scale = _common(figures)
    is_gain = bool(figures[0]["against"])
    notes = _notes(results, figures, is_gain=is_gain)
    with house_style():
        n = len(results["factors"])
        width_in = PANEL_IN if n >= COLUMNS else (6.0 - 0.5 * (n - 1)) / n
        panels = Panels(n, _CURVE_IN, notes, _LEFT_IN, width_in=width_in, gap_in=0.5, foot_in=0.78)
        subtitle = f"{endpoint.words(zones)}; {_points(results)}"
        title = (
            f"what each arrangement adds to {figures[0]['against']}"
            if is_gain
            else "what each arrangement reaches"
        )
        heading(panels.figure, f"{endpoint.nation}: {title}", subtitle)
        ends: list[float] = []
        every = []
        for number, factor in enumerate(results["factors"]):
            axes = panels.axes(number)
            every.append(axes)
            for figure in figures:
                ends += _curve(axes, results, figure, factor, scale)
            if is_gain:
                axes.axhline(0.0, color=INK, linewidth=0.7, zorder=1)
                ends.append(0.0)
            _dress(axes, results, factor)
            if number % COLUMNS == 0:
                unit = scale.step_unit if is_gain else scale.unit
                axes.set_ylabel(f"{'gain' if is_gain else 'value'} [{unit}]" if unit else "value")
        margin = 0.06 * (max(ends) - min(ends) or 1.0)
        for axes in every:
            axes.set_ylim(min(ends) - margin, max(ends) + margin)
        handles, names = every[0].get_legend_handles_labels()
        panels.figure.legend(
            handles,
            [for_figure(name, 30) for name in names],
            loc="lower left",
            ncols=4,
            bbox_to_anchor=(0.05 / panels.size[0], panels.notes_in / panels.size[1]),
        )
        return panels.figure


def heat_maps(
    results: Mapping[str, Any],
    endpoint: Endpoint,
    figures: Sequence[Entry],
    pair: tuple[str, str],
    zones: Mapping[str, str],
) -> Figure:
    """One endpoint of one nation at every pair of levels of two factors, a panel per configuration."""
    one, other = pair
    scale = _common(figures)
    is_gain = bool(figures[0]["against"])
    what = f"gain over {figures[0]['against']}" if is_gain else "value"
    cells = {figure["configuration"]: _cells(figure, pair) for figure in figures}
    known = [value for rows in cells.values() for row in rows for value in row if value is not None]
    largest = scale.factor * max(map(abs, known), default=1.0) or 1.0
    n_one = len(next(iter(cells.values())))
    unit = scale.step_unit if is_gain else scale.unit
    notes = [
        f"Numbers: mean over seeds of the {what} [{unit or '1'}], all other factors averaged. "
        "Purple: above zero; orange: below; pale: near zero; the scale is the same in all panels.",
        *(f"Warning: {warning}." for warning in results["warnings"]),
        CAUTION,
    ]
    with house_style():
        width_in = PANEL_IN if len(figures) >= COLUMNS else (5.7 - 0.25 * (len(figures) - 1)) / len(figures)
        high_in = max(1.2, _CELL_IN * n_one)
        panels = Panels(len(figures), high_in, notes, 1.25, width_in=width_in, foot_in=0.62)
        heading(
            panels.figure,
            f"{endpoint.nation}: {factor_name(results, one)} and {factor_name(results, other)}",
            f"{endpoint.words(zones)}: {what}; {_points(results)}",
        )
        for number, figure in enumerate(figures):
            axes = panels.axes(number)
            _heat(axes, cells[figure["configuration"]], scale, largest, signed=is_gain)
            axes.set_title(for_figure(figure["configuration"], 44), loc="left", fontsize=8, fontweight="bold")
            axes.set_xlabel(for_figure(factor_label(results, other), 44))
            axes.set_xticks(range(len(_levels(figure, other))), _levels_words(results, figure, other))
            words = _levels_words(results, figure, one) if number % COLUMNS == 0 else [""] * n_one
            axes.set_yticks(range(n_one), words)
            if number % COLUMNS == 0:
                axes.set_ylabel(for_figure(factor_label(results, one), 34))
        return panels.figure


def _curve(axes: Axes, results: Mapping[str, Any], figure: Entry, factor: str, scale: Scale) -> list[float]:
    """The line of one configuration in one panel; returns what it reaches."""
    place = list(results["configurations"]).index(figure["configuration"])
    look: dict[str, Any] = {"color": colour_of(place), "linestyle": stroke_of(place)}
    if results["method"] == "grid":
        (effect,) = (one for one in figure["effects"] if one["factor"] == factor)
        levels = [one for one in effect["levels"] if one["mean"] is not None]
        is_numeric = all(one["number"] is not None for one in levels)
        order = sorted(levels, key=lambda one: one["number"]) if is_numeric else levels
        x = [
            shown_number(results, factor, one["number"]) if is_numeric else float(effect["levels"].index(one))
            for one in order
        ]
        y = [scale.factor * one["mean"] for one in order]
        axes.plot(x, y, marker="o", markersize=2.6, linewidth=1.3, label=figure["configuration"], **look)
        reach = list(y)
        if all(one["low"] is not None for one in order):
            low, high = ([scale.factor * one[end] for one in order] for end in ("low", "high"))
            axes.fill_between(x, low, high, color=look["color"], alpha=0.16, linewidth=0)
            reach += low + high
        _mark(axes, results, figure, factor, look["color"])
        return reach
    x = [_x(results, factor, point["values"][factor], figure) for point in results["points"]]
    shown = [(a, scale.factor * mean) for a, mean in zip(x, figure["means"], strict=True) if mean is not None]
    axes.plot(
        [a for a, _ in shown],
        [b for _, b in shown],
        marker="o",
        markersize=2.4,
        linestyle="none",
        alpha=0.6,
        color=look["color"],
        label=figure["configuration"],
    )
    reach = [b for _, b in shown]
    for line in (one for one in figure["lines"] if one["factor"] == factor):
        at = [one for one in line["at"] if one["mean"] is not None]
        heights = [scale.factor * one["mean"] for one in at]
        axes.plot(
            [shown_number(results, factor, one["number"]) for one in at], heights, linewidth=1.2, **look
        )
        reach += heights
    return reach


def _mark(axes: Axes, results: Mapping[str, Any], figure: Entry, factor: str, colour: str) -> None:
    """Where a gain comes down to zero, all others averaged."""
    for one in figure["thresholds"]:
        if one["factor"] != factor or one["held"] or one["fraction"] is not None or one["level"]:
            continue
        if one["median"] is not None:
            x = shown_number(results, factor, one["median"])
            look: dict[str, Any] = {"color": colour, "markeredgecolor": "white", "zorder": 5}
            axes.plot([x], [0.0], marker="^" if one["rises"] else "v", markersize=6, **look)
        if one["low"] is not None and one["high"] is not None:
            ends = [shown_number(results, factor, one[end]) for end in ("low", "high")]
            axes.plot(ends, [0.0, 0.0], color=colour, linewidth=3.0, alpha=0.6, zorder=4)


def _dress(axes: Axes, results: Mapping[str, Any], factor: str) -> None:
    plain_axes(axes)
    about = results["factors"][factor]
    axes.set_title(for_figure(factor_name(results, factor), 46), loc="left", fontsize=8, fontweight="bold")
    if about["low"] is None:
        words = _words(results, factor)
        axes.set_xticks(range(len(words)), [for_figure(word, 14) for word in words])
        axes.set_xlim(-0.3, len(words) - 0.7)
        return
    if about["scale"] == "log":
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    label = factor_label(results, factor).removeprefix(factor_name(results, factor)).strip(" []")
    axes.set_xlabel(for_figure(label, 44))


def _heat(
    axes: Axes, cells: Sequence[Sequence[float | None]], scale: Scale, largest: float, *, signed: bool
) -> None:
    import numpy as np
    from matplotlib import colormaps

    table = np.array([[np.nan if v is None else scale.factor * v for v in row] for row in cells])
    axes.imshow(
        table,
        cmap=colormaps[DIFFERENCE_COLOURS],
        vmin=-largest,
        vmax=largest,
        aspect="auto",
        origin="lower",
        interpolation="nearest",
    )
    for a, row in enumerate(cells):
        for b, value in enumerate(row):
            strong = value is not None and abs(scale.factor * value) > 0.6 * largest
            text = scale.number(value, signed=signed)
            colour = "white" if strong else INK
            axes.text(b, a, text, ha="center", va="center", fontsize=6.3, color=colour)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _pairs(results: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of factors of a grid that a heat map can show."""
    if results["method"] != "grid" or not results["figures"]:
        return
    first = results["figures"][0]
    for pair in first["interactions"]:
        if all(len(_levels(first, pair[end])) <= _MOST_CELLS for end in ("factor", "other")):
            yield pair["factor"], pair["other"]


def _cells(figure: Entry, pair: tuple[str, str]) -> Sequence[Sequence[float | None]]:
    (found,) = (one for one in figure["interactions"] if (one["factor"], one["other"]) == pair)
    cells: Sequence[Sequence[float | None]] = found["cells"]
    return cells


def _levels(figure: Entry, factor: str) -> Sequence[Entry]:
    (found,) = (one for one in figure["effects"] if one["factor"] == factor)
    levels: Sequence[Entry] = found["levels"]
    return levels


def _levels_words(results: Mapping[str, Any], figure: Entry, factor: str) -> list[str]:
    return [
        for_figure(one["level"], 14)
        if one["number"] is None
        else f"{shown_number(results, factor, one['number']):.3g}"
        for one in _levels(figure, factor)
    ]


def _words(results: Mapping[str, Any], factor: str) -> list[str]:
    """The values of a factor of words, in the order in which they are drawn."""
    if results["method"] == "grid":
        return [str(one["level"]) for one in _levels(results["figures"][0], factor)]
    words = [point["words"].get(factor, "as the file has it") for point in results["points"]]
    return list(dict.fromkeys(words))


def _x(results: Mapping[str, Any], factor: str, value: Any, figure: Entry) -> float:
    if results["factors"][factor]["low"] is not None:
        return shown_number(results, factor, value)
    words = [
        point["words"].get(factor, "as the file has it")
        for point in results["points"]
        if point["values"][factor] == value
    ]
    return float(_words(results, factor).index(words[0]))


def _common(figures: Sequence[Entry]) -> Scale:
    """One scale for several headlines: that of the one with the largest numbers."""
    return max(
        (figure_scale(figure) for figure in figures),
        key=lambda scale: (-scale.factor, -scale.digits),
    )


def _points(results: Mapping[str, Any]) -> str:
    points, seeds = len(results["points"]), len(results["seeds"])
    return f"{points} point{'' if points == 1 else 's'}, {seeds} seed{'' if seeds == 1 else 's'}"


def _notes(results: Mapping[str, Any], figures: Sequence[Entry], *, is_gain: bool) -> list[str]:
    """What stands at the foot of a chart of responses."""
    if results["method"] == "grid":
        note = "Dots: mean over seeds, all other factors averaged; bands: 95 % interval over seeds."
        if is_gain:
            note += (
                " Triangle: where the gain comes down to zero, or up from it; bar: interval of that place."
            )
    else:
        note = (
            "Dots: points, mean over seeds; line: the fitted surface with all other factors in the middle of "
            "their ranges, words at their first value."
        )
        r2 = [figure["first_order"]["r2"]["mean"] for figure in figures]
        both = [figure["second_order"]["r2"]["mean"] for figure in figures]
        known = [value for value in (both if any(v is not None for v in both) else r2) if value is not None]
        if known:
            note += f" R² of the fits: {min(known):.2f} to {max(known):.2f}."
    still = [figure["configuration"] for figure in figures if not is_moved(figure)]
    if still:
        note += f" No factor moves {', '.join(still)}."
    return [note, *(f"Warning: {warning}." for warning in results["warnings"]), CAUTION]
