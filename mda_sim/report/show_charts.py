"""Histograms of a world: lengths and speeds by class.

Model: one panel per class. Lengths count the vessels of the class; speeds count the hours that they are
under way in the scored time, and the share of time at rest stands in the panel. The published span of the
class is shaded where there is one.

Assumptions and limits: under way is faster than 0.5 kn. Where next: ``show_gallery``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.report.charts import footer_under, heading, plain_axes
from mda_sim.report.style import MUTED, colour_of, house_style, new_figure
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS: Final = 24
_COLUMNS: Final = 3
_PANEL_IN: Final = (2.45, 1.25)
_LEFT_IN: Final = 0.55
_TOP_IN: Final = 0.85
_BOTTOM_IN: Final = 0.95
_GAP_IN: Final = (0.4, 0.62)
_SHADE: Final = "#F0E442"


@dataclass(frozen=True, eq=False)
class Panel:
    """The histogram of one class."""

    name: str
    values: NDArray[np.float64]
    """What is counted, (n,)."""
    weights: NDArray[np.float64]
    """How much each counts, (n,)."""
    note: str
    """What stands in the panel."""
    low: float
    """Lower end of the published span; nan without one."""
    high: float
    """Upper end of the published span; nan without one."""


def histograms(panels: Sequence[Panel], title: str, subtitle: str, x_words: str, note: str) -> Figure:
    """One panel per class, in rows of three; every panel shows shares of its own total."""
    rows = max(1, -(-len(panels) // _COLUMNS))
    width = _LEFT_IN + _COLUMNS * _PANEL_IN[0] + (_COLUMNS - 1) * _GAP_IN[0] + 0.15
    height = _TOP_IN + rows * _PANEL_IN[1] + (rows - 1) * _GAP_IN[1] + _BOTTOM_IN
    with house_style():
        figure = new_figure(width, height)
        heading(figure, title, subtitle)
        for number, panel in enumerate(panels):
            row, column = divmod(number, _COLUMNS)
            left = _LEFT_IN + column * (_PANEL_IN[0] + _GAP_IN[0])
            low = height - _TOP_IN - (row + 1) * _PANEL_IN[1] - row * _GAP_IN[1]
            axes = figure.add_axes((left / width, low / height, _PANEL_IN[0] / width, _PANEL_IN[1] / height))
            _panel(axes, panel)
            if number + _COLUMNS >= len(panels):
                axes.set_xlabel(x_words)
            if column == 0:
                axes.set_ylabel("share [%]")
                axes.yaxis.set_label_coords(-0.14, 0.5)
        footer_under(figure, f"{note} Shaded: published span of the class (tables/published.csv).")
        return figure


def _panel(axes: Axes, panel: Panel) -> None:
    total = float(panel.weights.sum())
    if total > 0:
        lowest, highest = float(panel.values.min()), float(panel.values.max())
        edges = _edges(lowest, highest)
        shares, _ = np.histogram(panel.values, edges, weights=100 * panel.weights / total)
        axes.stairs(shares, edges, fill=True, color=colour_of(0), alpha=0.85)
        ends = [end for end in (lowest, highest, panel.low, panel.high) if not math.isnan(end)]
        margin = 0.05 * (max(ends) - min(ends)) or 1.0
        axes.set_xlim(max(0.0, min(ends) - margin), max(ends) + margin)
        axes.set_ylim(0, 1.25 * float(shares.max()))
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    if not math.isnan(panel.low) and not math.isnan(panel.high):
        axes.axvspan(panel.low, panel.high, color=_SHADE, alpha=0.28, linewidth=0, zorder=0)
    axes.set_title(for_figure(panel.name, 34), loc="left", fontsize=8.5, fontweight="bold", pad=3)
    axes.text(
        0.985,
        0.96,
        for_figure(panel.note, 50),
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=6.5,
        color=MUTED,
    )
    plain_axes(axes)


def _edges(low: float, high: float) -> NDArray[np.float64]:
    """Edges of ``BINS`` equal bins from low to high, so that no end cuts a bin; one bin for one value."""
    return np.linspace(low, high, BINS + 1) if high > low else np.array([low - 0.5, low + 0.5])
