"""The charts of a sensitivity analysis on the page: bars from the file's value, or mu* and sigma.

Model: a row for each assumption; columns for each figure, nation and configuration that is shown.

Where next: ``sensitivity_part``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from mda_sim.report.page.plots import legend_below
from mda_sim.report.page.study_parts import StudyChart, key_of, row_labels, study_figure
from mda_sim.report.sensitivity_charts import HIGH_COLOUR, LOW_COLOUR
from mda_sim.report.sensitivity_figures import (
    Entry,
    Scale,
    assumption_name,
    headline_words,
    is_moved,
    scale_of,
    setting_words,
)
from mda_sim.report.style import GRID, INK, MUTED, colour_of
from mda_sim.report.words import difference_words

_NAN: Final = float("nan")
_BARS: Final = (
    ("low", "low end, or first value", LOW_COLOUR),
    ("high", "high end, or last value", HIGH_COLOUR),
    ("between", "values between", MUTED),
)


class Shown(NamedTuple):
    """A headline that the chart can show."""

    number: int
    """Of its figure."""
    name: str
    """Of its nation."""
    words: str
    """Its figure in words."""
    place: int
    """In the list of figures of the results."""
    entry: Entry

    @property
    def key(self) -> str:
        """What chooses it."""
        return key_of(self.number, self.entry["nation"], self.entry["configuration"])


def scale_at(entry: Entry) -> Scale:
    """The scale on which everything of a headline is told."""
    values = [entry.get("mean"), *entry.get("range", {}).values()]
    return scale_of(entry["unit"], [*values, *(one.get("mu_star") for one in entry["effects"])])


def ranked_chart(
    results: Mapping[str, Any], id_: str, shown: Sequence[Shown], order: Sequence[str]
) -> StudyChart:
    """Bars from the file's value to what each setting makes of it; ``order`` are the assumptions drawn."""
    from bokeh.models import DataRange1d, HoverTool

    labels = row_labels([assumption_name(results, name) for name in order])
    plot = study_figure(id_, labels, "value")
    chart = StudyChart(plot, ("figure", "nation", "configuration"))
    rows = {one.key: _rows(results, one.entry, labels, order) for one in shown}
    for one in shown:
        chart.says[one.key] = _says(results, one)
    band = chart.add(f"{id_}/band", {one.key: _band(one.entry, len(order)) for one in shown})
    plot.quad(
        left="low",
        right="high",
        bottom=0,
        top="top",
        source=band,
        fill_color=GRID,
        fill_alpha=0.5,
        line_color=None,
    )
    drawn: list[Any] = []
    reached: list[Any] = []
    for end, words, colour in _BARS:
        columns = {key: found[end] for key, found in rows.items()}
        if not any(found["y"] for found in columns.values()):
            continue
        source = chart.add(f"{id_}/{end}", columns)
        bars = plot.hbar(
            y="y",
            left="left",
            right="right",
            height="height",
            source=source,
            fill_color=colour,
            line_color=None,
            legend_label=words,
        )
        whiskers = plot.segment(
            x0="low", x1="high", y0="y", y1="y", source=source, line_color=INK, line_width=1.2
        )
        reached += [bars, whiskers]
        plot.text(
            "beside",
            "y",
            text="setting",
            text_align="side",
            x_offset="offset",
            text_baseline="middle",
            text_font_size="10px",
            text_color=INK,
            source=source,
        )
        drawn.append(bars)
    plot.segment(x0="stated", x1="stated", y0=0, y1="top", source=band, line_color=INK, line_width=1.5)
    plot.x_range = DataRange1d(renderers=reached, range_padding=0.35)
    plot.add_tools(HoverTool(renderers=drawn, tooltips="@words"))
    if drawn:
        legend_below(plot, 2)
    return chart


def screening_chart(
    results: Mapping[str, Any], id_: str, shown: Sequence[Shown], order: Sequence[str]
) -> StudyChart:
    """mu* of each assumption as a bar with its interval, sigma as a mark."""
    from bokeh.models import DataRange1d, HoverTool

    labels = row_labels([assumption_name(results, name) for name in order])
    plot = study_figure(id_, labels, "mu*, sigma")
    plot.x_range = DataRange1d(start=0)
    chart = StudyChart(plot, ("figure", "nation", "configuration"))
    for one in shown:
        chart.says[one.key] = _says(results, one)
    columns = {one.key: _screened(results, one.entry, labels, order) for one in shown}
    source = chart.add(f"{id_}/screened", columns)
    bars = plot.hbar(
        y="y",
        right="mu_star",
        height=0.6,
        source=source,
        fill_color=colour_of(0),
        fill_alpha=0.75,
        line_color=None,
        legend_label="mu*",
    )
    plot.segment(x0="low", x1="high", y0="y", y1="y", source=source, line_color=INK, line_width=1.2)
    marks = plot.scatter(
        "sigma",
        "y",
        marker="diamond",
        size=11,
        source=source,
        fill_color="white",
        line_color=INK,
        line_width=1.3,
        legend_label="sigma",
    )
    plot.add_tools(HoverTool(renderers=[bars, marks], tooltips="@words"))
    legend_below(plot, 2)
    return chart


def _says(results: Mapping[str, Any], one: Shown) -> tuple[str, str]:
    """What is shown, and the label of the axis."""
    scale, is_change = scale_at(one.entry), bool(one.entry["against"])
    still = "" if is_moved(one.entry) else "; no assumption moves it"
    says = f"{one.name}, {headline_words(results, one.entry)}: {one.words}{still}"
    if results["method"] == "morris":
        return says, f"change per full range [{scale.step_unit}]" if scale.step_unit else "change"
    unit, what = (scale.step_unit, "difference") if is_change else (scale.unit, "value")
    return says, f"{what} [{unit}]" if unit else what


def _band(entry: Entry, n_rows: int) -> dict[str, list[Any]]:
    """The file's own value and its interval, over all rows."""
    factor = scale_at(entry).factor
    found = {name: entry[end] for name, end in (("stated", "mean"), ("low", "low"), ("high", "high"))}
    numbers = {name: [_NAN if value is None else factor * value] for name, value in found.items()}
    return {**numbers, "top": [n_rows]}


def _rows(
    results: Mapping[str, Any], entry: Entry, labels: Sequence[str], order: Sequence[str]
) -> dict[str, dict[str, list[Any]]]:
    """Columns of the bars of low ends, high ends and values between."""
    scale, stated = scale_at(entry), entry["mean"]
    names = ("y", "left", "right", "low", "high", "height", "setting", "beside", "side", "offset", "words")
    columns: dict[str, dict[str, list[Any]]] = {end: {name: [] for name in names} for end, _, _ in _BARS}
    for label, name in zip(labels, order, strict=True):
        effects = [one for one in entry["effects"] if one["assumption"] == name]
        height = 0.78 / max(len(effects), 1)
        for number, effect in enumerate(effects):
            change = effect["change"]
            if not change["mean"] or stated is None:
                continue
            end = "low" if number == 0 else "high" if number == len(effects) - 1 else "between"
            ends = [_NAN if change[one] is None else stated + change[one] for one in ("mean", "low", "high")]
            right, low, high = (scale.factor * value for value in ends)
            is_right = change["mean"] > 0
            ends_at = [value for value in (right, low, high) if not math.isnan(value)]
            setting = setting_words(results, effect)
            said = difference_words({"unit": entry["unit"], "difference": change})
            row = (
                [label, 0.39 - height * (number + 0.5)],
                scale.factor * stated,
                right,
                low,
                high,
                0.92 * height,
                setting,
                max(ends_at) if is_right else min(ends_at),
                "left" if is_right else "right",
                6 if is_right else -6,
                f"{assumption_name(results, name)}, {setting}: {said}",
            )
            for column, value in zip(names, row, strict=True):
                columns[end][column].append(value)
    return columns


def _screened(
    results: Mapping[str, Any], entry: Entry, labels: Sequence[str], order: Sequence[str]
) -> dict[str, list[Any]]:
    """Columns of mu*, its interval and sigma; no rows where nothing moves the headline."""
    if not is_moved(entry):
        return {name: [] for name in ("y", "mu_star", "low", "high", "sigma", "words")}
    scale = scale_at(entry)
    found = {effect["assumption"]: effect for effect in entry["effects"]}
    effects = [found[name] for name in order]
    columns: dict[str, list[Any]] = {"y": list(labels)}
    for name, measure in (
        ("mu_star", "mu_star"),
        ("low", "mu_star_low"),
        ("high", "mu_star_high"),
        ("sigma", "sigma"),
    ):
        columns[name] = [
            _NAN if effect[measure] is None else scale.factor * effect[measure] for effect in effects
        ]
    columns["words"] = [
        f"{assumption_name(results, name)}: mu* {scale.number(effect['mu_star'])}, "
        f"sigma {scale.number(effect['sigma'])} {scale.step_unit}"
        for name, effect in zip(order, effects, strict=True)
    ]
    return columns
