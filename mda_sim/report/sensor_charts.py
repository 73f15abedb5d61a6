"""Charts of one sensor: probability of a contact against range by class, or against length or the number of
ships for a satellite.

Model: one panel for each weather that makes a difference, one line for each class, darker the longer the
vessel, broken for hulls of wood.

Assumptions and limits: one reporting interval or image, before the persistent term; land left out. Beyond the
range at which nothing is held any more the axis ends. Where next: ``sensor_look`` chooses what is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.report.charts import footer_under, heading, plain_axes
from mda_sim.report.show_tables import class_words
from mda_sim.report.style import INK, MUTED, colour_of, house_style, new_figure
from mda_sim.report.text import for_figure
from mda_sim.world.hull import Hull

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mda_sim.report.sensor_curves import Curve
    from mda_sim.sensing.example import Example

LINE_COLOURS: Final = "viridis_r"
_DARKEST: Final = (0.12, 1.0)  # part of the colours that stands out from white
_COLUMNS: Final = 3
_PANEL_IN: Final = (2.6, 1.75)
_ALONE_IN: Final = (7.0, 3.1)
_LEFT_IN: Final = 0.55
_TOP_IN: Final = 0.92
_GAP_IN: Final = (0.3, 0.78)
_FOOTER_IN: Final = 0.56
_LINE: Final = 150  # characters of a line of the footer
_KEY_COLUMNS: Final = 4
_MARK_IN: Final = 0.1  # height of a line of the names of marks
_LETTER_IN: Final = 0.055  # width of a letter of theirs, generously
_KEY_ROW_IN: Final = 0.165


def range_chart(
    title: str,
    subtitle: str,
    curves: Sequence[Curve],
    examples: Mapping[str, Example],
    marks_m: Mapping[str, float],
    notes: Sequence[str],
) -> Figure:
    """Probability against range; ``marks_m`` are ranges to mark in each panel, by their names."""
    skies = list(dict.fromkeys(curve.sky for curve in curves))
    panel_in = _ALONE_IN if len(skies) == 1 else _PANEL_IN
    columns = min(_COLUMNS, len(skies))
    rows = -(-len(skies) // columns)
    names = list(dict.fromkeys(curve.target for curve in curves))
    bottom_in = _FOOTER_IN + 0.67 + _KEY_ROW_IN * -(-len(names) // _KEY_COLUMNS)
    width = _LEFT_IN + columns * panel_in[0] + (columns - 1) * _GAP_IN[0] + 0.2
    width = max(width, _LEFT_IN + _ALONE_IN[0] + 0.2)
    height = _TOP_IN + rows * panel_in[1] + (rows - 1) * _GAP_IN[1] + bottom_in
    end_km = _end_km(curves)
    with house_style():
        figure = new_figure(width, height)
        heading(figure, title, subtitle)
        looks = _looks(names, examples)
        for number, sky in enumerate(skies):
            row, column = divmod(number, columns)
            left = _LEFT_IN + column * (panel_in[0] + _GAP_IN[0])
            low = height - _TOP_IN - (row + 1) * panel_in[1] - row * _GAP_IN[1]
            axes = figure.add_axes((left / width, low / height, panel_in[0] / width, panel_in[1] / height))
            for curve in curves:
                if curve.sky == sky:
                    axes.plot(curve.range_m / 1000.0, curve.p, **looks[curve.target])
            _marks(axes, marks_m, end_km)
            axes.set_xlim(0.0, end_km)
            _probability_axis(axes, sky, labelled=column == 0)
            if number + columns >= len(skies):
                axes.set_xlabel("range [km]")
        handles, _ = figure.axes[0].get_legend_handles_labels()
        _key(figure, handles)
        _footer(figure, notes)
        return figure


def length_chart(
    title: str,
    subtitle: str,
    length_m: NDArray[np.float64],
    p: NDArray[np.float64],
    classes: Mapping[str, tuple[float, float]],
    notes: Sequence[str],
) -> Figure:
    """Probability in one image against length, with the probe and the classes (length [m], probability)."""
    bottom_in = _FOOTER_IN + 0.67 + _KEY_ROW_IN * -(-len(classes) // _KEY_COLUMNS)
    width, height = _LEFT_IN + _ALONE_IN[0] + 0.2, _TOP_IN + _ALONE_IN[1] + bottom_in
    with house_style():
        figure = new_figure(width, height)
        heading(figure, title, subtitle)
        place = (_LEFT_IN / width, bottom_in / height, _ALONE_IN[0] / width, _ALONE_IN[1] / height)
        axes = figure.add_axes(place)
        axes.plot(length_m, p, color=MUTED, linewidth=1.4, zorder=2)
        handles = []
        for name, colour in zip(classes, [INK, *_colours(len(classes) - 1)], strict=True):
            at_m, here = classes[name]
            look: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 5, "linestyle": ""}
            words = f"{for_figure(class_words(name), 24)}, {at_m:.0f} m"
            handles += axes.plot(at_m, here, label=words, zorder=3, markeredgecolor="white", **look)
        axes.set_xlim(0.0, float(length_m[-1]))
        axes.set_xlabel("length over all [m]")
        _probability_axis(axes, "", labelled=True)
        _key(figure, handles)
        _footer(figure, notes)
        return figure


def crowd_axes(
    title: str,
    subtitle: str,
    n_ships: NDArray[np.float64],
    lines: Mapping[str, NDArray[np.float64]],
    marks: Mapping[str, float],
    notes: Sequence[str],
) -> Figure:
    """Probability in one pass against the number of ships that send in the footprint."""
    from matplotlib.ticker import FuncFormatter

    bottom_in = _FOOTER_IN + 0.67 + _KEY_ROW_IN
    width, height = _LEFT_IN + _ALONE_IN[0] + 0.4, _TOP_IN + _ALONE_IN[1] + bottom_in
    with house_style():
        figure = new_figure(width, height)
        heading(figure, title, subtitle)
        place = (_LEFT_IN / width, bottom_in / height, _ALONE_IN[0] / width, _ALONE_IN[1] / height)
        axes = figure.add_axes(place)
        handles = []
        for number, (words, p) in enumerate(lines.items()):
            handles += axes.plot(n_ships, p, color=colour_of(number), linewidth=1.4, label=words)
        axes.set_xscale("log")
        axes.set_xlim(float(n_ships[0]), float(n_ships[-1]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel("ships that send in the footprint")
        for words, at in marks.items():
            if n_ships[0] <= at <= n_ships[-1]:
                axes.axvline(at, color=MUTED, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=1)
                where: Any = axes.get_xaxis_transform()
                text = for_figure(f"{words}: {at:,.0f}", 60)
                axes.text(at, 1.015, text, transform=where, ha="right", va="bottom", fontsize=6, color=MUTED)
        _probability_axis(axes, "", labelled=True)
        _key(figure, handles)
        _footer(figure, notes)
        return figure


def _looks(names: Sequence[str], examples: Mapping[str, Example]) -> dict[str, dict[str, Any]]:
    """How the line of each class is drawn: the first, the probe, in black, the others by their order."""
    colours = [INK, *_colours(len(names) - 1)]
    looks: dict[str, dict[str, Any]] = {}
    for name, colour in zip(names, colours, strict=True):
        example = examples[name]
        looks[name] = {
            "color": colour,
            "linewidth": 1.9 if name == names[0] else 1.2,
            "linestyle": "-" if example.hull is Hull.STEEL else (0, (4, 1.5)),
            "zorder": 4 if name == names[0] else 3,
            "label": f"{for_figure(class_words(name), 24)}, {example.length_m:.0f} m",
        }
    return looks


def _colours(n: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps[LINE_COLOURS](share) for share in np.linspace(*_DARKEST, max(n, 1))[:n]]


def _end_km(curves: Sequence[Curve]) -> float:
    """Where the axis of range ends: a little beyond what is held at all."""
    farthest_m = [float(curve.range_m[curve.p > 1e-3].max(initial=0.0)) for curve in curves]
    last_m = max(float(curve.range_m[-1]) for curve in curves)
    return min(last_m, 1.08 * max(farthest_m) or last_m) / 1000.0


def _marks(axes: Axes, marks_m: Mapping[str, float], end_km: float) -> None:
    """Ranges with a name, as upright lines; a name that would meet that of a farther one stands above it."""
    figure: Any = axes.get_figure(root=True)
    width_in, height_in = axes.get_position().size * figure.get_size_inches()
    free_in, high_in = width_in + _MARK_IN, 0.0
    for number, (words, range_m) in sorted(enumerate(marks_m.items()), key=lambda one: -one[1][1]):
        if range_m / 1000.0 < end_km:
            colour = colour_of(1 + number)
            right_in = range_m / 1000.0 / end_km * width_in
            high_in = high_in + _MARK_IN if right_in > free_in else 0.0
            free_in = right_in - _LETTER_IN * len(words)
            axes.axvline(range_m / 1000.0, color=colour, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=1)
            axes.text(
                range_m / 1000.0,
                1.015 + high_in / height_in,
                for_figure(words, 40),
                transform=axes.get_xaxis_transform(),
                ha="right",
                va="bottom",
                fontsize=6,
                color=colour,
            )


def _probability_axis(axes: Axes, title: str, *, labelled: bool) -> None:
    axes.set_ylim(-0.02, 1.03)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0])
    if labelled:
        axes.set_ylabel("P (contact)")
    else:
        axes.tick_params(labelleft=False)
    axes.set_title(for_figure(title, 40), loc="left", fontsize=8.5, fontweight="bold", pad=12)
    plain_axes(axes)


def _footer(figure: Figure, notes: Sequence[str]) -> None:
    lines = [line for note in notes for line in wrap(for_figure(note, 400), _LINE)]
    footer_under(figure, "\n".join(lines), _FOOTER_IN)


def _key(figure: Figure, handles: Sequence[Any]) -> None:
    width, height = figure.get_size_inches()
    figure.legend(
        handles=list(handles),
        loc="lower left",
        bbox_to_anchor=(0.45 / width, (_FOOTER_IN + 0.08) / height),
        ncols=_KEY_COLUMNS,
        columnspacing=1.2,
        handlelength=1.8,
        labelspacing=0.35,
    )
