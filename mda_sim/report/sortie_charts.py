"""A strip chart of hulls: when each is under way, on station and at home, over a week.

Model: one strip for each hull that flies or sails in the time shown; pale under way, dark on station. A
sortie that is planned and not flown is a mark in a strip of its own, by its reason.

Assumptions and limits: one seed. Beyond ``STRIPS_MOST`` strips the last are left out, and the chart says so.
Where next: ``moving_look`` chooses what is drawn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.charts import footer_under, heading, plain_axes
from mda_sim.report.style import INK, colour_of, house_style, new_figure
from mda_sim.report.text import for_figure
from mda_sim.world.sorties import SortieOutcome

if TYPE_CHECKING:
    from datetime import datetime

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STRIPS_MOST: Final = 70
"""Most strips on one chart."""
OUTCOME_WORDS: Final = {
    SortieOutcome.FLOWN: "flown",
    SortieOutcome.NO_HULL: "no hull ready",
    SortieOutcome.WEATHER: "weather",
    SortieOutcome.UNSERVICEABLE: "unserviceable",
}
"""What became of a planned sortie, in words; ships' sorties are 'flown' too."""

_MARKERS: Final = {
    SortieOutcome.NO_HULL: "s",
    SortieOutcome.WEATHER: "^",
    SortieOutcome.UNSERVICEABLE: "x",
}
_STRIP_IN: Final = 0.17
_LEFT_IN: Final = 1.95
_WIDTH_IN: Final = 6.4
_TOP_IN: Final = 0.75
_BOTTOM_IN: Final = 1.12
_FOOTER_IN: Final = 0.5
_UNDER_WAY: Final = 0.35  # opacity of a strip under way


@dataclass(frozen=True)
class Strip:
    """One planned sortie on the chart."""

    platform: str
    hull: int
    outcome: SortieOutcome
    leaves: datetime
    on_station: datetime
    off_station: datetime
    back: datetime


def strip_chart(
    title: str, subtitle: str, strips: Sequence[Strip], begin: datetime, end: datetime, note: str
) -> Figure:
    """Hulls over time, from ``begin`` to ``end`` (UTC)."""
    from matplotlib import dates

    tools: Any = dates

    rows = list(dict.fromkeys((one.platform, one.hull) for one in _in_order(strips)))
    left_out = max(0, len(rows) - STRIPS_MOST)
    rows = rows[:STRIPS_MOST]
    if left_out:
        note += f" Not drawn: {left_out} further strips."
    platforms = list(dict.fromkeys(platform for platform, _ in rows))
    height = _TOP_IN + _STRIP_IN * max(len(rows), 3) + _BOTTOM_IN
    width = _LEFT_IN + _WIDTH_IN + 0.25
    with house_style():
        figure = new_figure(width, height)
        heading(figure, title, subtitle)
        axes = figure.add_axes(
            (
                _LEFT_IN / width,
                _BOTTOM_IN / height,
                _WIDTH_IN / width,
                (height - _TOP_IN - _BOTTOM_IN) / height,
            )
        )
        for one in strips:
            if (one.platform, one.hull) in rows:
                _strip(axes, one, rows.index((one.platform, one.hull)), platforms.index(one.platform))
        axes.set_xlim(_days(begin), _days(end))
        axes.set_ylim(max(len(rows), 3) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), [_name(row) for row in rows], fontsize=6.5)
        locator = tools.AutoDateLocator(tz="UTC")
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(tools.ConciseDateFormatter(locator, tz="UTC"))
        axes.set_xlabel("UTC", labelpad=1)
        plain_axes(axes, "x")
        _key(figure, {one.outcome for one in strips})
        footer_under(figure, "\n".join(textwrap.wrap(for_figure(note, 500), 150)), _FOOTER_IN)
        return figure


def _days(moment: datetime) -> float:
    """An instant as matplotlib's axes of time count it."""
    from matplotlib import dates

    tools: Any = dates
    return float(tools.date2num(moment))


def _in_order(strips: Sequence[Strip]) -> list[Strip]:
    """By platform; hulls by number, what is not flown last."""
    names = list(dict.fromkeys(one.platform for one in strips))
    return sorted(strips, key=lambda one: (names.index(one.platform), one.hull < 0, one.hull))


def _name(row: tuple[str, int]) -> str:
    platform, hull = row
    return for_figure(f"{platform}, {f'hull {hull + 1}' if hull >= 0 else 'not flown'}", 44)


def _strip(axes: Axes, one: Strip, row: int, platform: int) -> None:
    """One sortie: under way, on station, under way; or a mark."""
    leaves, on, off, back = map(_days, (one.leaves, one.on_station, one.off_station, one.back))
    if one.outcome is not SortieOutcome.FLOWN:
        axes.plot(
            leaves, row, marker=_MARKERS[one.outcome], color=INK, markersize=3.2, linestyle="", zorder=4
        )
        return
    colour = colour_of(platform)
    axes.barh(row, back - leaves, 0.72, leaves, color=colour, alpha=_UNDER_WAY, linewidth=0, zorder=2)
    axes.barh(row, off - on, 0.72, on, color=colour, linewidth=0, zorder=3)


def _key(figure: Figure, outcomes: set[SortieOutcome]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(facecolor=INK, alpha=_UNDER_WAY, label="under way"),
        Patch(facecolor=INK, label="on station"),
    ]
    for outcome, marker in _MARKERS.items():
        if outcome in outcomes:
            words = f"not flown: {OUTCOME_WORDS[outcome]}"
            handles.append(
                Line2D([], [], color=INK, marker=marker, markersize=3.5, linestyle="", label=words)
            )
    width, height = figure.get_size_inches()
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.12 / width, (_FOOTER_IN + 0.04) / height),
        ncols=5,
        columnspacing=1.2,
    )
