"""The charts of the page, as Bokeh figures, and what they show for each nation or configuration.

Model: a chart is a figure and its **series**: data sources with a name, whose columns are listed for every
choice of nation or configuration, so that ``page.js`` only has to put them in.

Where next: ``assembly``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mda_sim.core.time import US_PER_DAY, Timeline
from mda_sim.report.charts import GAP_PARTS, STAGES
from mda_sim.report.figures import Figure, configurations_of, entry_of, nations_of
from mda_sim.report.load_charts import DESKS_SHOWN, backlogs
from mda_sim.report.page.content import Floats
from mda_sim.report.style import INK, colour_of
from mda_sim.report.text import plain
from mda_sim.report.words import age_words

if TYPE_CHECKING:
    from bokeh.plotting import figure as BokehFigure

_WIDTH: Final = 760
_DASHES: Final = ("solid", "dashed", "dotted", "dotdash")


@dataclass(frozen=True)
class Chart:
    """A figure and what its series show."""

    name: str
    plot: BokehFigure
    by: str
    """What chooses the columns: ``nation`` or ``configuration``."""
    series: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Columns by name of the series and choice."""


def custody_plot(summary: Mapping[str, Any], ages: Sequence[str], group: str) -> Chart:
    """Custody against the age one accepts: a line for each configuration."""
    from bokeh.models import DataRange1d, NumeralTickFormatter

    words = [age_words(age) for age in ages]
    plot = chart_figure("custody", 360, x_range=words, y_axis_label="share of vessel-time held")
    plot.yaxis.formatter = NumeralTickFormatter(format="0 %")
    plot.y_range = DataRange1d(start=0)
    chart = Chart("custody", plot, "nation")
    for number, name in enumerate(configurations_of(summary)):
        columns = {
            nation: _line(
                summary, name, nation, [Figure(f"custody_fraction_{age}", group) for age in ages], words
            )
            for nation in nations_of(summary)
        }
        _add_line(chart, f"custody/{name}", name, number, columns)
    legend_below(plot)
    return chart


def latency_plot(summary: Mapping[str, Any]) -> Chart:
    """Mean latency of foreign contacts by stage: a bar for each configuration."""
    parts = [(f"stage_{stage}_mean_s", words, colour) for stage, words, colour in STAGES]
    return _bars("latency", summary, parts, "all", 1 / 3600, "mean time from observation to receipt [h]")


def gap_plot(summary: Mapping[str, Any], group: str) -> Chart:
    """What is held, and why the rest is not: a bar for each configuration."""
    parts = [(f"gap_{part}_fraction", words, colour) for part, words, colour in GAP_PARTS]
    return _bars("gaps", summary, parts, group, 100.0, "share of vessel-time [%]")


def backlog_plot(found: Mapping[str, Any], timeline: Timeline) -> Chart | None:
    """Backlog of the busiest desks over time under one configuration; None without desks."""
    from bokeh.models import DataRange1d, Range1d

    shown = list(backlogs(found).items())[:DESKS_SHOWN]
    if not shown:
        return None
    plot = chart_figure("backlog", 320, x_axis_label="days since the start", y_axis_label="cases waiting")
    plot.x_range = Range1d(start=0, end=timeline.end_us / US_PER_DAY)
    plot.y_range = DataRange1d(start=0)
    chart = Chart("backlog", plot, "configuration")
    for number, (desk, lines) in enumerate(shown):
        columns = {
            name: _places(lines[name]) if name in lines else {"x": [], "y": [], "words": []} for name in found
        }
        _add_line(chart, f"backlog/{desk}", desk, number, columns, has_marks=False)
    legend_below(plot)
    return chart


def link_plot(summary: Mapping[str, Any], parties: Mapping[str, Mapping[str, tuple[str, str]]]) -> Chart:
    """Who sends to whom, by volume, under one configuration.

    ``parties`` has sender and recipient of each link, by configuration and link.
    """
    from bokeh.models import ColumnDataSource, HoverTool, Range1d

    codes = sorted({code for links in parties.values() for pair in links.values() for code in pair})
    angle = {code: 2 * np.pi * i / max(len(codes), 1) for i, code in enumerate(codes)}
    at = {code: (float(np.sin(a)), float(np.cos(a))) for code, a in angle.items()}
    plot = chart_figure(
        "links", 460, x_range=Range1d(start=-1.45, end=1.45), y_range=Range1d(start=-1.25, end=1.25)
    )
    plot.axis.visible, plot.grid.visible = False, False
    volumes = {name: _volumes(summary, name, links) for name, links in parties.items()}
    most = max((sum_ for found in volumes.values() for sum_ in found.values()), default=1.0) or 1.0
    columns = {name: _arcs(found, at, most) for name, found in volumes.items()}
    chart = Chart("links", plot, "configuration")
    first = next(iter(columns.values()), _arcs({}, at, most))
    lines = ColumnDataSource(_copied(first["lines"]), name="links/lines")
    heads = ColumnDataSource(_copied(first["heads"]), name="links/heads")
    drawn = plot.multi_line(
        "xs", "ys", line_width="width", line_color="#0072B2", line_alpha=0.7, source=lines
    )
    plot.scatter(
        "x",
        "y",
        marker="triangle",
        angle="angle",
        size=11,
        fill_color=colour_of(0),
        line_color="white",
        source=heads,
    )
    plot.scatter(
        [x for x, _ in at.values()], [y for _, y in at.values()], size=34, fill_color="white", line_color=INK
    )
    plot.text(
        [x for x, _ in at.values()],
        [y for _, y in at.values()],
        text=[plain(code) for code in at],
        text_align="center",
        text_baseline="middle",
        text_font_size="11px",
    )
    plot.add_tools(HoverTool(renderers=[drawn], tooltips="@words", line_policy="interp"))
    chart.series["links/lines"] = {name: found["lines"] for name, found in columns.items()}
    chart.series["links/heads"] = {name: found["heads"] for name, found in columns.items()}
    return chart


def _volumes(
    summary: Mapping[str, Any], name: str, links: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Bytes from party to party."""
    queues = summary.get("queues", {}).get(name, {})
    found: dict[tuple[str, str], float] = {}
    for link, pair in links.items():
        if pair[0] != pair[1]:
            told = queues.get(f"link:{link}", {}).get("bytes", 0.0)
            found[pair] = found.get(pair, 0.0) + float(told)
    return found


def _arcs(
    volumes: Mapping[tuple[str, str], float], at: Mapping[str, tuple[float, float]], most: float
) -> dict[str, dict[str, list[Any]]]:
    """An arc for each pair, bent to the left of its way, and a head near its end."""
    lines: dict[str, list[Any]] = {"xs": [], "ys": [], "width": [], "words": []}
    heads: dict[str, list[Any]] = {"x": [], "y": [], "angle": []}
    for (sender, recipient), volume in sorted(volumes.items()):
        x, y = arc(at[sender], at[recipient], bend=0.16, first=0.13, last=0.87)
        lines["xs"].append(x.round(4).tolist())
        lines["ys"].append(y.round(4).tolist())
        lines["width"].append(round(1.0 + 8.0 * float(np.sqrt(volume / most)), 2))
        lines["words"].append(plain(f"{sender} to {recipient}: {volume / 1e6:,.1f} MB"))
        heads["x"].append(round(float(x[-1]), 4))
        heads["y"].append(round(float(y[-1]), 4))
        heads["angle"].append(round(float(np.arctan2(y[-1] - y[-2], x[-1] - x[-2]) - np.pi / 2), 4))
    return {"lines": lines, "heads": heads}


def arc(
    start: tuple[float, float], end: tuple[float, float], *, bend: float, first: float, last: float
) -> tuple[Floats, Floats]:
    """Points of a curve between two, bent to the left of its way by the share ``bend`` of its length; only
    from the share ``first`` to ``last`` of it: (24,) each.
    """
    t = np.linspace(first, last, 24)
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2 - bend * (y1 - y0), (y0 + y1) / 2 + bend * (x1 - x0)
    x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * middle[0] + t**2 * x1
    y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * middle[1] + t**2 * y1
    return x, y


def _bars(
    name: str,
    summary: Mapping[str, Any],
    parts: Sequence[tuple[str, str, str]],
    group: str,
    factor: float,
    label: str,
) -> Chart:
    """Stacked bars, a row for each configuration."""
    from bokeh.models import ColumnDataSource, DataRange1d, HoverTool

    names = configurations_of(summary)
    rows = [plain(one) for one in names]
    plot = chart_figure(name, 120 + 44 * len(names), y_range=rows[::-1], x_axis_label=label)
    plot.x_range = DataRange1d(start=0)
    chart = Chart(name, plot, "nation")
    start = {nation: np.zeros(len(names)) for nation in nations_of(summary)}
    for metric, words, colour in parts:
        columns = {}
        for nation in nations_of(summary):
            entries = [entry_of(summary, one, nation, Figure(metric, group)) for one in names]
            means = np.array([_mean(entry) for entry in entries]) * factor
            end = start[nation] + means
            told = [f"{plain(one)}: {words} {mean:,.2f}" for one, mean in zip(names, means, strict=True)]
            columns[nation] = {
                "y": rows,
                "left": start[nation].tolist(),
                "right": end.tolist(),
                "words": told,
            }
            start[nation] = end
        key = f"{name}/{metric}"
        source = ColumnDataSource(_copied(next(iter(columns.values()), {})), name=key)
        plot.hbar(
            y="y",
            left="left",
            right="right",
            height=0.7,
            source=source,
            fill_color=colour,
            line_color="white",
            legend_label=words,
        )
        chart.series[key] = columns
    plot.add_tools(HoverTool(tooltips="@words"))
    legend_below(plot)
    return chart


def chart_figure(name: str, height: int, **more: Any) -> BokehFigure:
    """An empty figure, ``height`` pixels high and as wide as the page, without tools."""
    from bokeh.plotting import figure

    plot = figure(
        name=name,
        width=_WIDTH,
        height=height,
        sizing_mode="stretch_width",
        tools="",
        toolbar_location=None,
        **more,
    )
    plot.toolbar.logo = None
    return plot


def _line(
    summary: Mapping[str, Any], name: str, nation: str, figures: Sequence[Figure], words: Sequence[str]
) -> dict[str, list[Any]]:
    entries = [entry_of(summary, name, nation, figure) or {} for figure in figures]
    means = [_mean(entry) for entry in entries]
    return {
        "x": list(words),
        "y": means,
        "low": [_end(entry, "low") for entry in entries],
        "high": [_end(entry, "high") for entry in entries],
        "words": [
            f"{plain(name)}, {word}: {100 * mean:.1f} %" for word, mean in zip(words, means, strict=True)
        ],
    }


def _add_line(
    chart: Chart,
    key: str,
    name: str,
    number: int,
    columns: dict[str, Any],
    *,
    has_marks: bool = True,
) -> None:
    from bokeh.models import ColumnDataSource, HoverTool

    source = ColumnDataSource(_copied(next(iter(columns.values()), {})), name=key)
    colour, dash = colour_of(number), _DASHES[number % len(_DASHES)]
    label = plain(name)
    drawn: Any = chart.plot.line(
        "x", "y", source=source, line_color=colour, line_dash=dash, line_width=2, legend_label=label
    )
    if has_marks:
        chart.plot.segment(x0="x", x1="x", y0="low", y1="high", source=source, line_color=colour)
        drawn = chart.plot.scatter(
            "x", "y", source=source, fill_color=colour, line_color="white", size=8, legend_label=label
        )
    chart.plot.add_tools(HoverTool(renderers=[drawn], tooltips="@words"))
    chart.series[key] = columns


def _places(line: Any) -> dict[str, list[Any]]:
    """A line hour by hour, in days."""
    days = ((np.arange(len(line)) + 0.5) / 24).round(3).tolist()
    values = np.asarray(line).round(2).tolist()
    return {
        "x": days,
        "y": values,
        "words": [f"day {x:.1f}: {y:g}" for x, y in zip(days, values, strict=True)],
    }


def legend_below(plot: BokehFigure, columns: int = 3) -> None:
    """The key, below the chart, where it hides nothing."""
    legend = plot.legend[0]
    plot.add_layout(legend, "below")
    legend.orientation, legend.ncols, legend.location = "horizontal", columns, "left"
    legend.border_line_color, legend.label_text_font_size = None, "11px"
    legend.click_policy = "hide"


def _mean(entry: Mapping[str, Any] | None) -> float:
    mean = (entry or {}).get("mean")
    return float("nan") if mean is None else float(mean)


def _end(entry: Mapping[str, Any], end: str) -> float:
    value = entry.get(end)
    return _mean(entry) if value is None else float(value)


def _copied(columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in columns.items()}
