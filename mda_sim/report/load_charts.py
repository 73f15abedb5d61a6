"""Backlog of the busiest desks over time: one panel per desk, one line per configuration.

Model: drawn from BACKLOG tables (``metrics.load``): hour by hour the number of cases and requests that have
come to the desk and are not done, mean over the hour and over seeds. The desks are those with the largest
mean backlog under any configuration. The scored time is bounded by thin lines; before it is warm-up, after it
drain.

Assumptions and limits: a mean over seeds is smoother than any one seed. Where next: ``gallery`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_DAY, Timeline
from mda_sim.report.charts import footer_under, heading, plain_axes
from mda_sim.report.style import GRID, colour_of, house_style, new_figure, stroke_of
from mda_sim.report.text import for_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DESKS_SHOWN: Final = 4
"""Most panels of the chart."""

Floats = NDArray[np.float64]


def backlogs(found: Mapping[str, Iterable[Table]]) -> dict[str, dict[str, Floats]]:
    """Mean backlog over seeds by desk and configuration, hour by hour; the largest mean first.

    ``found`` has the BACKLOG tables of each configuration, one per seed; links are left out.
    """
    by_desk: dict[str, dict[str, Floats]] = {}
    for name, tables in found.items():
        sums, n_tables = dict[str, Floats](), 0
        for table in tables:  # one in memory at a time
            n_tables += 1
            for number, queue in enumerate(table.meta["queues"]):
                if queue.startswith("desk:"):
                    line = table["backlog"][table["queue"] == number]
                    sums[queue] = sums[queue] + line if queue in sums else line
        for queue, total in sums.items():
            by_desk.setdefault(queue.removeprefix("desk:"), {})[name] = total / n_tables
    largest = {desk: max(float(line.mean()) for line in lines.values()) for desk, lines in by_desk.items()}
    return {desk: by_desk[desk] for desk in sorted(by_desk, key=lambda desk: (-largest[desk], desk))}


def backlog_chart(found: Mapping[str, Iterable[Table]], timeline: Timeline) -> Figure:
    """Backlog over time of the desks with the largest, under configurations that keep something waiting."""
    shown = list(backlogs(found).items())[:DESKS_SHOWN]
    looks: dict[str, dict[str, Any]] = {
        name: {"color": colour_of(number), "linestyle": stroke_of(number), "linewidth": 1.1}
        for number, name in enumerate(found)  # as in the other charts
    }
    names = [name for name in found if any(_waits(lines, name) for _, lines in shown)]
    n_rows = -(-len(names) // 3)  # rows of the key
    width, panel, top, bottom = 8.6, 1.45, 0.55, 0.95 + 0.18 * n_rows
    height = top + bottom + panel * max(len(shown), 1)
    with house_style():
        figure = new_figure(width, height)
        heading(
            figure,
            "Backlog of the busiest desks",
            "cases and requests not yet done, mean over each hour and over seeds",
        )
        for number, (desk, lines) in enumerate(shown):
            floor = bottom + panel * (len(shown) - 1 - number)
            axes = figure.add_axes(
                (0.7 / width, (floor + 0.12) / height, 7.7 / width, (panel - 0.42) / height)
            )
            for name, line in lines.items():
                if _waits(lines, name):
                    axes.plot((np.arange(len(line)) + 0.5) / 24, line, **looks[name])
            for edge_us in (timeline.score_from_us, timeline.score_to_us):
                axes.axvline(edge_us / US_PER_DAY, color=GRID, linewidth=0.9, zorder=0)
            axes.set_xlim(0, timeline.end_us / US_PER_DAY)
            axes.set_ylim(bottom=0)
            axes.set_title(for_figure(desk, 60), loc="left", fontsize=8.5, fontweight="bold")
            plain_axes(axes)
            if number + 1 < len(shown):
                axes.tick_params(labelbottom=False)
            else:
                axes.set_xlabel("days from the start of the run")
        if figure.axes:
            for name in names:
                figure.axes[0].plot([], [], label=for_figure(name, 30), **looks[name])
            handles, labels = figure.axes[0].get_legend_handles_labels()
            figure.legend(
                handles, labels, loc="lower left", bbox_to_anchor=(0.45 / width, 0.36 / height), ncols=3
            )
        footer_under(
            figure,
            "Thin lines bound the scored time; closed desks gather backlog. Left out: configurations "
            "under which no case waits here. The last of coinciding lines hides the others.",
        )
        return figure


def _waits(lines: Mapping[str, NDArray[np.float64]], name: str) -> bool:
    """Whether a configuration ever has half a case or more at a desk, as the mean over an hour."""
    return name in lines and bool(lines[name].max(initial=0.0) >= 0.5)
