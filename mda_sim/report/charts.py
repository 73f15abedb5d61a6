"""Charts: custody against the age one accepts, and where latency is spent.

Model: both are drawn from the summary and from nothing else. Whiskers are 95 % intervals over seeds; the bars
of latency are the mean times of its stages, which sum to the mean latency of what was delivered.

Assumptions and limits: latency says nothing of what never came; the share of foreign contacts that did come
stands beside each bar. Where next: ``gallery`` writes the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from mda_sim.metrics.spec import age_label
from mda_sim.report.basemap import CAUTION
from mda_sim.report.style import GRID, MUTED, colour_of, house_style, new_figure
from mda_sim.report.tables import Figure as Row
from mda_sim.report.tables import configurations_of, entry_of
from mda_sim.report.text import for_figure
from mda_sim.report.words import group_words, time_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Stages in the order in which a report goes through them, with the words of the key.
STAGES: Final = (
    ("product", "sensor product"),
    ("feed", "feed to the centre"),
    ("case_forming", "case forming"),
    ("desk_wait", "wait for the desk"),
    ("review", "review"),
    ("elapsed", "release delay"),
    ("link_wait", "wait for the link"),
    ("transmission", "transmission"),
    ("relay", "relay"),
)

_SENT: Final = ("delivered", "in_flight", "expired", "lost", "withheld", "not_sent", "no_route")


def custody_chart(
    summary: Mapping[str, Any],
    nations: Sequence[str],
    ages_s: Sequence[float],
    group: str,
    zones: Mapping[str, str],
) -> Figure:
    """Custody of one group against the age threshold: one panel per nation, one line per configuration."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    width, height, top, bottom = 2.9 * max(len(nations), 1) + 0.7, 3.9, 0.72, 1.02
    with house_style():
        figure = new_figure(width, height)
        _heading(figure, "Custody against the age one accepts", group_words(group, zones))
        for number, nation in enumerate(nations):
            left = 0.62 + 2.9 * number
            axes = figure.add_axes(
                (left / width, bottom / height, 2.6 / width, (height - top - bottom - 0.2) / height)
            )
            _custody_panel(axes, summary, nation, ages_s, group)
            axes.set_title(for_figure(nation), loc="left", fontsize=9, fontweight="bold")
            axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
            if number:
                axes.tick_params(labelleft=False)
        _common_height(figure.axes)
        if figure.axes:
            handles, labels = figure.axes[0].get_legend_handles_labels()
            place = (0.45 / width, 0.40 / height)
            figure.legend(handles, labels, loc="lower left", bbox_to_anchor=place, ncols=3)
        _footer(figure, "Whiskers: 95 % interval over seeds.")
        return figure


def latency_chart(summary: Mapping[str, Any], nations: Sequence[str]) -> Figure:
    """Mean latency of foreign contacts by stage: one bar per nation and configuration."""
    rows = [(nation, name) for nation in nations for name in configurations_of(summary)]
    totals = [_stage_means(summary, nation, name) for nation, name in rows]
    factor, unit = time_unit(max((sum(stages.values()) for stages in totals), default=0.0))
    width, top, bottom = 8.6, 0.78, 1.22
    height = top + bottom + 0.34 * max(len(rows), 1)
    with house_style():
        figure = new_figure(width, height)
        _heading(
            figure, "Where the latency of foreign contacts is spent", "mean over delivered contacts, by stage"
        )
        axes = figure.add_axes((2.1 / width, bottom / height, 5.1 / width, (height - top - bottom) / height))
        starts = [0.0] * len(rows)
        for number, (stage, words) in enumerate(STAGES):
            lengths = [stages.get(stage, 0.0) * factor for stages in totals]
            if any(lengths):
                colour = MUTED if number == len(STAGES) - 1 else colour_of(number)
                axes.barh(
                    range(len(rows)),
                    lengths,
                    left=starts,
                    height=0.62,
                    color=colour,
                    label=words,
                    edgecolor="white",
                    linewidth=0.4,
                )
                starts = [start + length for start, length in zip(starts, lengths, strict=True)]
        reach = max(starts, default=0.0) or 1.0
        for place, ((nation, name), start) in enumerate(zip(rows, starts, strict=True)):
            axes.text(
                start + 0.015 * reach,
                place,
                _delivered_words(summary, nation, name),
                va="center",
                fontsize=7,
                color=MUTED,
            )
        axes.set_yticks(range(len(rows)), [for_figure(f"{nation}  {name}", 40) for nation, name in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, reach * 1.16)
        axes.set_xlabel(f"mean time from observation to receipt [{unit}]")
        _plain_axes(axes, "x")
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            figure.legend(
                handles, labels, loc="lower left", bbox_to_anchor=(0.15 / width, 0.36 / height), ncols=5
            )
        _footer(figure, "At the bars: share of foreign contacts that came at all.")
        return figure


def _custody_panel(
    axes: Axes, summary: Mapping[str, Any], nation: str, ages_s: Sequence[float], group: str
) -> None:
    names = configurations_of(summary)
    for number, name in enumerate(names):
        found = [
            (place, entry)
            for place, age_s in enumerate(ages_s)
            if (entry := entry_of(summary, name, nation, Row(f"custody_fraction_{age_label(age_s)}", group)))
            and entry["mean"] is not None
        ]
        shift = 0.07 * (number - (len(names) - 1) / 2)
        x = [place + shift for place, _ in found]
        mean = [float(entry["mean"]) for _, entry in found]
        low = [
            m - float(entry["low"] if entry["low"] is not None else m)
            for m, (_, entry) in zip(mean, found, strict=True)
        ]
        high = [
            float(entry["high"] if entry["high"] is not None else m) - m
            for m, (_, entry) in zip(mean, found, strict=True)
        ]
        axes.errorbar(
            x,
            mean,
            yerr=[low, high],
            color=colour_of(number),
            marker="o",
            markersize=3.5,
            linewidth=1.3,
            elinewidth=0.8,
            capsize=2,
            label=for_figure(name, 30),
        )
    axes.set_xticks(range(len(ages_s)), [age_label(age_s) for age_s in ages_s])
    axes.set_xlim(-0.35, len(ages_s) - 0.65)
    axes.set_xlabel("age at most")
    _plain_axes(axes)


def _common_height(panels: Sequence[Axes]) -> None:
    """One scale for all panels, from zero to a little above the highest whisker."""
    highest = max((axes.get_ylim()[1] for axes in panels), default=1.0)
    for axes in panels:
        axes.set_ylim(-0.03 * highest, min(1.05, highest))


def _stage_means(summary: Mapping[str, Any], nation: str, configuration: str) -> dict[str, float]:
    """Mean time in each stage [s]; empty if nothing was delivered."""
    means = {}
    for stage, _ in STAGES:
        entry = entry_of(summary, configuration, nation, Row(f"stage_{stage}_mean_s", "all"))
        if entry is not None and entry["mean"] is not None:
            means[stage] = float(entry["mean"])
    return means


def _delivered_words(summary: Mapping[str, Any], nation: str, configuration: str) -> str:
    """Share of foreign contacts that were delivered, in words."""
    counts = {}
    for outcome in _SENT:
        entry = entry_of(summary, configuration, nation, Row(f"outcome_{outcome}_count", "all"))
        counts[outcome] = float(entry["mean"]) if entry is not None and entry["mean"] is not None else 0.0
    whole = sum(counts.values())
    return f"{counts['delivered'] / whole:.0%} came" if whole else "no foreign contacts"


def _heading(figure: Figure, title: str, subtitle: str) -> None:
    width, height = figure.get_size_inches()
    figure.text(
        0.15 / width, 1 - 0.14 / height, for_figure(title, 90), fontsize=12, fontweight="bold", va="top"
    )
    figure.text(
        0.15 / width, 1 - 0.40 / height, for_figure(subtitle, 120), fontsize=8.5, color=MUTED, va="top"
    )


def _footer(figure: Figure, note: str) -> None:
    width, height = figure.get_size_inches()
    figure.text(
        0.15 / width,
        0.28 / height,
        f"{note}\n{CAUTION}",
        fontsize=6.3,
        color=MUTED,
        va="top",
        linespacing=1.3,
    )


def _plain_axes(axes: Axes, grid: Literal["both", "x"] = "both") -> None:
    axes.grid(True, axis=grid, color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=2.5, width=0.5)
