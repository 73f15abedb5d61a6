"""Charts of custody over time: through the scored time, and about an event, day by day from its beginning.

Model: a line is the median over seeds of the custody of each day, a band the range from the lowest to the
highest seed. Days are counted from the start of scoring or, about an event, from its beginning in each seed,
so that events at random times lie on each other. An event is shaded from its beginning to its median end.

Assumptions and limits: hours are laid whole to the day in which their middle lies; days that the scored time
covers in part, and days that fewer than half of the seeds have, are left out.
Where next: ``gallery`` writes the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_DAY
from mda_sim.metrics.over_time import STEP_US
from mda_sim.report.charts import footer_under, heading, plain_axes
from mda_sim.report.style import GRID, MUTED, colour_of, house_style, new_figure, stroke_of
from mda_sim.report.text import for_figure
from mda_sim.report.words import age_words, group_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DAY_STEPS: Final = US_PER_DAY // STEP_US
_BAND_ALPHA: Final = 0.12
_WIDEST, _FINEST = 3.4, 1.2
"""Widths of the first and the last line: where lines lie on each other, the ones below show beside it."""


class Span(NamedTuple):
    """A stretch of time that is shaded."""

    name: str
    from_d: float
    """Beginning, in days from where days are counted [d]."""
    to_d: float
    """End; infinite if it is for good [d]."""


class Days(NamedTuple):
    """Custody of each day over seeds."""

    day: NDArray[np.int64]
    """Number of the day, 0 from where days are counted, (n,)."""
    share: NDArray[np.float64]
    """Custody, NaN where a seed lacks the day, (n_seeds, n)."""


class Followed(NamedTuple):
    """Whose custody of what a chart shows."""

    group: str
    """As the score table spells it."""
    age_label: str
    age_s: float


def daily(tables: Iterable[Table], from_us: Sequence[int], nation: str, followed: Followed) -> Days:
    """Custody of each whole day, counted from ``from_us``; of both one per seed, ``tables`` as OVER_TIME."""
    found: list[dict[int, float]] = []
    for table, origin_us in zip(tables, from_us, strict=True):
        rows = _rows(table, nation, followed)
        day = (table["t_from_us"][rows] + STEP_US // 2 - origin_us) // US_PER_DAY
        days, index, count = np.unique(day, return_inverse=True, return_counts=True)
        held_us, scored_us = (
            np.bincount(index, table[name][rows].astype(np.float64), minlength=len(days))
            for name in ("held_us", "scored_us")
        )
        whole = (count >= _DAY_STEPS) & (scored_us > 0)
        found.append(
            dict(zip(days[whole].tolist(), (held_us[whole] / scored_us[whole]).tolist(), strict=True))
        )
    shown = sorted(
        day for day in set().union(*found) if 2 * sum(day in shares for shares in found) >= len(found)
    )
    share = [[shares.get(day, np.nan) for day in shown] for shares in found]
    return Days(np.array(shown, np.int64), np.array(share, np.float64).reshape(len(found), len(shown)))


def over_time_chart(
    title: str,
    courses: Mapping[str, Mapping[str, Days]],
    nations: Sequence[str],
    spans: Sequence[Span],
    followed: Followed,
    zones: Mapping[str, str],
    *,
    x_words: str,
) -> Figure:
    """One panel per nation, one line per configuration; ``courses``: configuration -> nation -> days."""
    n_rows = -(-len(courses) // 3)  # rows of the key
    panel, gap, top = 1.75, 0.32, 0.86
    bottom = 0.92 + 0.18 * n_rows
    width, height = 8.6, top + bottom + len(nations) * panel + max(len(nations) - 1, 0) * gap
    with house_style():
        figure = new_figure(width, height)
        about = f"custody {age_words(followed.age_label)}, {group_words(followed.group, zones)}"
        heading(figure, title, f"{about}; median and range over seeds, each day")
        for number, nation in enumerate(nations):
            low = height - top - (number + 1) * panel - number * gap
            axes = figure.add_axes((0.62 / width, low / height, 7.8 / width, panel / height))
            lines = {name: by_nation[nation] for name, by_nation in courses.items() if nation in by_nation}
            _panel(axes, lines, spans, is_first=not number)
            axes.set_title(for_figure(nation), loc="left", fontsize=9, fontweight="bold")
            if number == len(nations) - 1:
                axes.set_xlabel(x_words)
            else:
                axes.tick_params(labelbottom=False)
        if figure.axes:
            handles, labels = figure.axes[0].get_legend_handles_labels()
            place = (0.45 / width, 0.38 / height)
            figure.legend(handles, labels, loc="lower left", bbox_to_anchor=place, ncols=3)
        figure.text(
            0.13 / width,
            (height - top - 0.5 * (height - top - bottom)) / height,
            "share of vessel-time held [%]",
            rotation=90,
            va="center",
            fontsize=8.5,
        )
        footer_under(
            figure,
            "Band: lowest to highest seed. Lines are drawn ever thinner, to show where they coincide.",
        )
        return figure


def event_span(events: Sequence[tuple[str, int, int]]) -> Span:
    """The span of one event, from (name, begin_us, end_us) in each seed, in days from its beginning."""
    lasting_d = [
        np.inf if end_us >= NEVER_US else (end_us - begin_us) / US_PER_DAY for _, begin_us, end_us in events
    ]
    return Span(events[0][0], 0.0, float(np.median(lasting_d)))


def _rows(table: Table, nation: str, followed: Followed) -> NDArray[np.bool_]:
    """Which rows of an OVER_TIME table are of a nation, group and age; none if it has no such."""
    nations, groups, ages_s = (list(table.meta[name]) for name in ("nations", "groups", "ages_s"))
    if nation not in nations or followed.group not in groups or followed.age_s not in ages_s:
        return np.zeros(len(table), np.bool_)
    rows: NDArray[np.bool_] = table["nation"] == nations.index(nation)
    rows &= table["group"] == groups.index(followed.group)
    rows &= table["age"] == ages_s.index(followed.age_s)
    return rows


def _panel(axes: Axes, lines: Mapping[str, Days], spans: Sequence[Span], *, is_first: bool) -> None:
    fineness = (_WIDEST - _FINEST) / max(len(lines) - 1, 1)
    for number, (name, days) in enumerate(lines.items()):
        middle, percent = days.day + 0.5, 100.0 * days.share
        if not len(middle):
            continue
        colour = colour_of(number)
        axes.plot(
            middle,
            np.nanmedian(percent, axis=0),
            color=colour,
            linestyle=stroke_of(number),
            linewidth=_WIDEST - number * fineness,
            label=for_figure(name, 30),
        )
        if len(percent) > 1:
            low, high = np.nanmin(percent, axis=0), np.nanmax(percent, axis=0)
            axes.fill_between(middle, low, high, color=colour, alpha=_BAND_ALPHA, linewidth=0)
    first = min((days.day[0] for days in lines.values() if len(days.day)), default=0)
    last = max((days.day[-1] + 1 for days in lines.values() if len(days.day)), default=1)
    axes.set_xlim(first, last)
    highest = axes.get_ylim()[1]
    axes.set_ylim(0.0, min(100.0, 1.12 * highest))
    for span in spans:
        end_d = min(span.to_d, float(last))
        if end_d <= first or span.from_d >= last:
            continue
        axes.axvspan(max(span.from_d, first), end_d, color=GRID, alpha=0.45, linewidth=0, zorder=0)
        if is_first:
            axes.text(
                max(span.from_d, first) + 0.004 * (last - first),
                0.97,
                for_figure(span.name, 40),
                transform=axes.get_xaxis_transform(),
                va="top",
                fontsize=7,
                color=MUTED,
            )
    plain_axes(axes)
