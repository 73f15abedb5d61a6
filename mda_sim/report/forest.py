"""The forest plot: differences of one figure with their intervals, nation by nation, and the same in words.

Model: a row is a configuration (of a run); its point is the difference from the baseline, its line the 95 %
interval. Rows stand in blocks by nation, largest difference first. A filled point has an interval without
zero, a hollow one an interval with it, or none. Configurations that change nothing in any seed are named
below the nation instead. Value and difference stand beside each row, so that the picture can be read as a
table.

Assumptions and limits: intervals are pointwise and hold for the simulation only; with many rows some will
exclude zero by luck alone, about one in twenty of those that change nothing. Where next: ``study.compare``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mda_sim.metrics.contrasts import Contrast
from mda_sim.report.basemap import CAUTION
from mda_sim.report.charts import heading
from mda_sim.report.style import GRID, INK, MUTED, colour_of, house_style, new_figure
from mda_sim.report.text import for_figure, plain
from mda_sim.report.words import (
    DASH,
    difference_words,
    group_words,
    is_no_change,
    metric_words,
    time_unit,
    value_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_IN: Final = 0.215
_LEFT_IN: Final = 2.75
_RIGHT_IN: Final = 2.75
_WIDTH_IN: Final = 10.0
_TOP_IN: Final = 0.92
_BOTTOM_IN: Final = 1.02
_NAME_MAX: Final = 46
_NAMED_WRAP: Final = 120
_COLUMNS: Final = (1.15, 1.19, 1.585)
"""Where value, difference and number of seeds stand, in widths of the axes."""


@dataclass(frozen=True)
class ForestCaption:
    """What a comparison says of itself."""

    baseline: tuple[str, str]
    """Run and configuration."""
    paired: bool
    """Whether differences are taken seed by seed."""
    has_runs: bool
    """Whether there are several runs, so that rows name theirs."""
    zones: Mapping[str, str]
    """Names of zones by id."""

    def name(self, run: str, configuration: str) -> str:
        """What a row is called."""
        return plain(f"{run}: {configuration}" if self.has_runs else configuration)

    @property
    def against(self) -> str:
        """How differences are taken, in words."""
        how = "paired by seed" if self.paired else "UNPAIRED (Welch)"
        return f"difference from '{self.name(*self.baseline)}', {how}"


@dataclass(frozen=True)
class Block:
    """Rows of one nation."""

    nation: str
    baseline: Contrast | None
    changed: tuple[Contrast, ...]
    """Largest difference first; those without a difference last."""
    same: tuple[Contrast, ...]
    """Those that change nothing in any seed."""
    undefined: tuple[Contrast, ...]
    """Those that have the figure in no seed."""

    def named(self, caption: ForestCaption) -> Iterator[tuple[str, list[str]]]:
        """Rows that are named instead of shown: why, and which."""
        for why, rows in (("no change in any seed", self.same), ("undefined in every seed", self.undefined)):
            if rows:
                yield why, [caption.name(row.run, row.configuration) for row in rows]


def blocks_of(rows: Sequence[Contrast], caption: ForestCaption) -> list[Block]:
    """Rows of one figure by nation, in order."""
    found = []
    for nation in dict.fromkeys(row.nation for row in rows):
        own = [row for row in rows if row.nation == nation]
        base = [row for row in own if (row.run, row.configuration) == caption.baseline]
        others = [row for row in own if row not in base]
        undefined = [row for row in others if not row.n]
        same = [row for row in others if caption.paired and _is_same(row)]
        changed = [row for row in others if row not in same and row not in undefined]
        changed.sort(key=lambda row: (row.difference is None, -(row.difference or 0.0)))
        found.append(Block(nation, base[0] if base else None, tuple(changed), tuple(same), tuple(undefined)))
    return found


def contrast_lines(rows: Sequence[Contrast], caption: ForestCaption) -> Iterator[str]:
    """All figures as lines of text, in the blocks of the plot."""
    for metric, group in dict.fromkeys((row.metric, row.group) for row in rows):
        own = [row for row in rows if (row.metric, row.group) == (metric, group)]
        yield f"{_title(metric, group, caption)}: value, {caption.against}"
        wide = max(len(caption.name(row.run, row.configuration)) for row in own)
        for block in blocks_of(own, caption):
            of_base = DASH if block.baseline is None else value_words(_entry(block.baseline))
            yield f"  {plain(block.nation)}  baseline {of_base}"
            for row in block.changed:
                name = caption.name(row.run, row.configuration)
                value, difference = value_words(_entry(row)), _change_words(row, *_scale(own))
                yield f"    {name:<{wide}}  {value:>9}  {difference}  n {_n(row)}"
            for why, names in block.named(caption):
                yield f"    {why}: {', '.join(names)}"
        yield ""


def forest_chart(rows: Sequence[Contrast], caption: ForestCaption) -> Figure:
    """The plot of one figure; ``rows`` are those of one metric and group."""
    blocks = blocks_of(rows, caption)
    factor, unit = _scale(rows)
    places, height_rows = _places(blocks, caption)
    height = _TOP_IN + _BOTTOM_IN + _ROW_IN * max(height_rows, 3.0)
    metric, group = rows[0].metric, rows[0].group
    with house_style():
        figure = new_figure(_WIDTH_IN, height)
        flag = "" if caption.paired else "UNPAIRED: "
        heading(
            figure, f"{flag}{_title(metric, group, caption)}", f"{caption.against}; 95 % interval over seeds"
        )
        inner = _WIDTH_IN - _LEFT_IN - _RIGHT_IN
        axes = figure.add_axes(
            (
                _LEFT_IN / _WIDTH_IN,
                _BOTTOM_IN / height,
                inner / _WIDTH_IN,
                (height - _TOP_IN - _BOTTOM_IN) / height,
            )
        )
        axes.axvline(0.0, color=INK, linewidth=0.8, zorder=2)
        for row, place in places.rows:
            _draw_row(axes, row, place, caption, (factor, unit))
        for text, place, style in places.texts:
            _draw_text(axes, text, place, style)
        _frame(axes, height_rows, f"difference [{unit}]")
        _limits(axes, rows, factor)
        _heads(axes)
        _footer(figure, height)
        return figure


@dataclass(frozen=True)
class _Places:
    rows: tuple[tuple[Contrast, float], ...]
    texts: tuple[tuple[str, float, str], ...]


def _places(blocks: Sequence[Block], caption: ForestCaption) -> tuple[_Places, float]:
    """Where each row and line of text stands, from the top on, and how many rows that takes."""
    rows, texts, place = [], [], 0.0
    for block in blocks:
        of_base = "" if block.baseline is None else f"   baseline {value_words(_entry(block.baseline))}"
        texts.append((f"{for_figure(block.nation, 30)}\0{of_base}", place, "nation"))
        place += 1.0
        for row in block.changed:
            rows.append((row, place))
            place += 1.0
        for why, names in block.named(caption):
            unbroken = ", ".join(for_figure(name, _NAME_MAX).replace(" ", "\u00a0") for name in names)
            for line in textwrap.wrap(f"{why}: {unbroken}", _NAMED_WRAP):
                texts.append((line, place, "named"))
                place += 0.85
        place += 0.45
    return _Places(tuple(rows), tuple(texts)), place


def _draw_row(
    axes: Axes, row: Contrast, place: float, caption: ForestCaption, scale: tuple[float, str]
) -> None:
    factor, _ = scale
    axes.text(
        -0.02,
        place,
        for_figure(caption.name(row.run, row.configuration), _NAME_MAX),
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="center",
        fontsize=7.5,
    )
    words = (value_words(_entry(row)), _change_words(row, *scale), _n(row))
    for x, text, ha in zip(_COLUMNS, words, ("right", "left", "right"), strict=True):
        axes.text(x, place, text, transform=axes.get_yaxis_transform(), ha=ha, va="center", fontsize=7.2)
    if row.difference is None:
        return
    ends = (row.difference_low, row.difference_high)
    clear = ends[0] is not None and ends[1] is not None and (ends[0] > 0 or ends[1] < 0)
    colour = colour_of(0) if clear else MUTED
    if ends[0] is not None and ends[1] is not None:
        axes.plot([ends[0] * factor, ends[1] * factor], [place, place], color=colour, linewidth=1.5, zorder=3)
    axes.plot(
        [row.difference * factor],
        [place],
        "o",
        markersize=4.6,
        markerfacecolor=colour if clear else "white",
        markeredgecolor=colour,
        markeredgewidth=1.1,
        zorder=4,
    )


def _draw_text(axes: Axes, text: str, place: float, style: str) -> None:
    head, _, tail = text.partition("\0")
    look: Any = {"transform": axes.get_yaxis_transform(), "va": "center", "clip_on": False}
    left = -_LEFT_IN / (_WIDTH_IN - _LEFT_IN - _RIGHT_IN) + 0.035
    if style == "nation":
        axes.text(left, place, head, fontsize=8.5, fontweight="bold", **look)
        axes.text(left + 0.09, place, tail, fontsize=7.2, color=MUTED, **look)
    else:
        box: Any = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        axes.text(left + 0.05, place, head, fontsize=6.6, color=MUTED, bbox=box, zorder=5, **look)


def _frame(axes: Axes, height_rows: float, label: str) -> None:
    axes.set_ylim(max(height_rows, 3.0) - 0.5, -0.8)
    axes.set_yticks([])
    axes.set_xlabel(label)
    axes.grid(True, axis="x", color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=2.5, width=0.5)


def _limits(axes: Axes, rows: Sequence[Contrast], factor: float) -> None:
    """From the least end to the greatest, zero included, with some room."""
    ends = [0.0]
    for row in rows:
        told = (row.difference, row.difference_low, row.difference_high)
        ends += [value * factor for value in told if value is not None]
    low, high = min(ends), max(ends)
    room = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - room, high + room)


def _heads(axes: Axes) -> None:
    columns = zip(
        _COLUMNS, ("value", "difference [95 % interval]", "seeds"), ("right", "left", "right"), strict=True
    )
    for x, text, ha in columns:
        axes.text(
            x,
            1.0,
            text,
            transform=axes.transAxes,
            ha=ha,
            va="bottom",
            fontsize=7.2,
            color=MUTED,
            fontstyle="italic",
        )


def _footer(figure: Figure, height: float) -> None:
    note = (
        "Filled: the interval excludes zero; hollow: it includes zero, or there is none. Intervals cover the "
        "luck of the seeds, not the assumptions; they are pointwise, not corrected for their number."
    )
    look: Any = {"fontsize": 6.3, "color": MUTED, "va": "top", "linespacing": 1.3}
    figure.text(0.15 / _WIDTH_IN, 0.36 / height, f"{note}\n{CAUTION}", **look)


def _title(metric: str, group: str, caption: ForestCaption) -> str:
    return f"{metric_words(metric)}, {group_words(group, caption.zones)}"


def _entry(row: Contrast) -> dict[str, Any]:
    """The row as an entry of a summary, for words."""
    entry: dict[str, Any] = {"mean": row.mean, "low": row.low, "high": row.high, "n": row.n, "unit": row.unit}
    if row.difference_n is not None:
        entry["difference"] = {
            "mean": row.difference,
            "low": row.difference_low,
            "high": row.difference_high,
            "n": row.difference_n,
        }
    return entry


def _change_words(row: Contrast, factor: float, unit: str) -> str:
    """The difference with its interval; times in the unit of the axis, so that a column can be compared."""
    if row.unit != "s" or row.difference is None:
        return difference_words(_entry(row))
    ends = [row.difference, row.difference_low, row.difference_high]
    mean, *interval = (f"{end * factor:+,.2f}" for end in ends if end is not None)
    return f"{mean} {unit} [{', '.join(interval)}]" if interval else f"{mean} {unit}"


def _is_same(row: Contrast) -> bool:
    difference = _entry(row).get("difference")
    return difference is not None and difference["mean"] is not None and is_no_change(difference)


def _n(row: Contrast) -> str:
    return str(row.n if row.difference_n is None else row.difference_n)


def _scale(rows: Sequence[Contrast]) -> tuple[float, str]:
    """Factor and name of the unit of the axis."""
    unit = rows[0].unit
    if unit == "1":
        return 100.0, "percentage points"
    if unit == "s":
        return time_unit(
            max((abs(row.difference) for row in rows if row.difference is not None), default=0.0)
        )
    return (1e-3, "km") if unit == "m" else (1.0, unit)
