"""Revisit by latitude: mean and longest gap between accesses, one row of panels for each category.

Model: one line for each sensor, all of its passes; dotted where only those that its duty works count. In
black, all sensors of the category together. Hours, on a logarithmic scale that all panels share.

Assumptions and limits: those of ``revisit``. Where next: ``moving_look`` draws it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.charts import footer_under, heading, plain_axes
from mda_sim.report.style import INK, colour_of, house_style, new_figure, stroke_of
from mda_sim.report.text import for_figure
from mda_sim.report.words import ORBIT_WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mda_sim.report.revisit import RevisitRow

HOUR_S: Final = 3600.0
"""One hour [s]."""

_PANEL_IN: Final = (2.9, 1.9)
_LEFT_IN: Final = 0.62
_TOP_IN: Final = 0.95
_GAP_IN: Final = (0.45, 0.85)
_FOOTER_IN: Final = 0.88
_KEY_ROW_IN: Final = 0.165
_KEY_COLUMNS: Final = 3
_LINE: Final = 138
_PANELS: Final = (("mean gap", "mean_gap_s"), ("longest gap", "longest_gap_s"))
_LEAST_S: Final = 60.0  # shorter gaps are drawn as the least
_TICKS_H: Final = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


def revisit_chart(title: str, subtitle: str, rows: Sequence[RevisitRow], note: str) -> Figure:
    """Gaps against latitude, by category."""
    categories = list(dict.fromkeys(row.category for row in rows))
    keys = [_lines(rows, category) for category in categories]
    key_in = [_KEY_ROW_IN * -(-len(lines) // _KEY_COLUMNS) for lines in keys]
    width = _LEFT_IN + 2 * _PANEL_IN[0] + _GAP_IN[0] + 0.2
    height = _TOP_IN + sum(_PANEL_IN[1] + _GAP_IN[1] + one for one in key_in) + _FOOTER_IN - 0.3
    values = [getattr(row, name) for row in rows for _, name in _PANELS]
    low_h = max(_LEAST_S, min(values, default=_LEAST_S)) / HOUR_S / 1.3
    high_h = max(values, default=HOUR_S) / HOUR_S * 1.3
    with house_style():
        figure = new_figure(width, height)
        heading(figure, title, subtitle)
        top = height - _TOP_IN
        for category, lines, under_in in zip(categories, keys, key_in, strict=True):
            low = top - _PANEL_IN[1]
            for column, (words, name) in enumerate(_PANELS):
                left = _LEFT_IN + column * (_PANEL_IN[0] + _GAP_IN[0])
                place = (left / width, low / height, _PANEL_IN[0] / width, _PANEL_IN[1] / height)
                axes = figure.add_axes(place)
                _panel(axes, lines, name, (low_h, high_h))
                if column == 0:
                    axes.set_ylabel("hours")
                what = f"{ORBIT_WORDS.get(category, category)}: {words}"
                axes.set_title(for_figure(what, 50), loc="left", fontsize=8.5, fontweight="bold", pad=4)
            figure.legend(
                handles=_handles(lines),
                loc="upper left",
                bbox_to_anchor=(0.5 / width, (low - 0.36) / height),
                ncols=_KEY_COLUMNS,
                columnspacing=1.2,
                handlelength=2.2,
                labelspacing=0.3,
                fontsize=7,
                borderaxespad=0.0,
            )
            top = low - _GAP_IN[1] - under_in
        same = [_same_words(lines) for lines in keys]
        words = " ".join([note, *(one for one in same if one)])
        footer_under(figure, "\n".join(textwrap.wrap(for_figure(words, 1100), _LINE)), _FOOTER_IN)
        return figure


def _lines(rows: Sequence[RevisitRow], category: str) -> dict[tuple[str, str], list[RevisitRow]]:
    """The rows of each line of a category, by sensor ('' for all together) and which passes count."""
    lines: dict[tuple[str, str], list[RevisitRow]] = {}
    for row in rows:
        if row.category == category:
            lines.setdefault((row.sensor, row.passes), []).append(row)
    return lines


def _looks(lines: dict[tuple[str, str], list[RevisitRow]]) -> dict[tuple[str, str], dict[str, Any]]:
    """How each line is drawn."""
    sensors = list(dict.fromkeys(sensor for sensor, _ in lines if sensor))
    looks = {}
    for sensor, passes in lines:
        number = sensors.index(sensor) if sensor else -1
        stroke = (0, (1, 1.3)) if passes == "worked" else stroke_of(number) if sensor else "solid"
        name = sensor or "all together"
        looks[sensor, passes] = {
            "color": colour_of(number) if sensor else INK,
            "linestyle": stroke,
            "linewidth": 1.1 if sensor else 1.8,
            "label": for_figure(name, 26) + (", as duty works" if passes == "worked" else ""),
        }
    return looks


def _same_words(lines: dict[tuple[str, str], list[RevisitRow]]) -> str:
    """Which sensors have one line, as their orbits and swaths are the same, in words; empty for none."""
    alike: dict[tuple[float, ...], list[str]] = {}
    for (sensor, passes), rows in lines.items():
        if sensor and passes == "all":
            figures = tuple(getattr(row, name) for row in rows for _, name in _PANELS)
            alike.setdefault(figures, []).append(sensor)
    groups = [", ".join(for_figure(name, 26) for name in names) for names in alike.values() if len(names) > 1]
    return f"All passes alike, one line over the other: {'; '.join(groups)}." if groups else ""


def _panel(
    axes: Axes, lines: dict[tuple[str, str], list[RevisitRow]], name: str, ends_h: tuple[float, float]
) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    for key, look in _looks(lines).items():
        own = lines[key]
        hours = [max(_LEAST_S, getattr(row, name)) / HOUR_S for row in own]
        axes.plot([row.lat_deg for row in own], hours, **look)
    axes.set_yscale("log")
    axes.set_ylim(*ends_h)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in _TICKS_H if ends_h[0] <= tick <= ends_h[1]]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    lats = [row.lat_deg for own in lines.values() for row in own]
    axes.set_xlim(min(lats), max(lats))
    ticks = [lat for lat in (-60, -30, 0, 30, 60) if min(lats) <= lat <= max(lats)]
    axes.set_xticks(ticks, [f"{abs(lat)}°{'S' if lat < 0 else 'N' if lat > 0 else ''}" for lat in ticks])
    plain_axes(axes)


def _handles(lines: dict[tuple[str, str], list[RevisitRow]]) -> list[Any]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], **look) for look in _looks(lines).values()]
