"""Charts: custody against the age one accepts, where latency is spent, and why the rest is not held.

Model: all are drawn from the summary and from nothing else. Whiskers are 95 % intervals over seeds; the bars
of latency are the mean times of its stages, which sum to the mean latency of what was delivered; the bars of
the gap split are shares of vessel-time, which sum to one.

Assumptions and limits: latency says nothing of what never came; the share of foreign contacts that did come
stands beside each bar. Where next: ``gallery`` writes the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from mda_sim.metrics.spec import age_label
from mda_sim.report.basemap import CAUTION
from mda_sim.report.figures import Figure as Row
from mda_sim.report.figures import configurations_of, entry_of, split_age
from mda_sim.report.style import GRID, MUTED, colour_of, house_style, new_figure, stroke_of
from mda_sim.report.text import for_figure
from mda_sim.report.words import GAP_WORDS, STAGE_WORDS, age_words, group_words, time_unit, value_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STAGE_COLOURS: Final = (*(colour_of(number) for number in range(8)), "#7f5539", MUTED)
#: Stages in the order in which a report goes through them, with words and colour.
STAGES: Final = tuple(
    (stage, words, colour) for (stage, words), colour in zip(STAGE_WORDS.items(), _STAGE_COLOURS, strict=True)
)

_GAP_COLOURS: Final = (*(colour_of(number) for number in (0, 5, 2, 7, 4, 3, 1)), GRID)
#: Parts of the gap split in the order in which they are asked, with words and colour.
GAP_PARTS: Final = tuple(
    (part, words, colour) for (part, words), colour in zip(GAP_WORDS.items(), _GAP_COLOURS, strict=True)
)

#: Markers of configurations, so that lines are told apart without colour.
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")
_SPREAD: Final = 0.3
"""Width over which the markers of one age are set beside each other [ages]."""

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

    n_rows = -(-len(configurations_of(summary)) // 3)  # rows of the key
    bottom = 0.90 + 0.18 * n_rows
    width, height, top = 2.9 * max(len(nations), 1) + 0.7, 2.88 + bottom, 0.72
    with house_style():
        figure = new_figure(width, height)
        heading(figure, "Custody against the age one accepts", group_words(group, zones))
        for number, nation in enumerate(nations):
            left = 0.66 + 2.9 * number
            axes = figure.add_axes(
                (left / width, bottom / height, 2.6 / width, (height - top - bottom - 0.2) / height)
            )
            _custody_panel(axes, summary, nation, ages_s, group)
            axes.set_title(for_figure(nation), loc="left", fontsize=9, fontweight="bold")
            axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
            axes.yaxis.set_major_formatter(PercentFormatter(100, symbol=None))
            if not number:
                axes.set_ylabel("share of vessel-time held [%]")
            else:
                axes.tick_params(labelleft=False)
        _common_height(figure.axes)
        if figure.axes:
            handles, labels = figure.axes[0].get_legend_handles_labels()
            place = (0.45 / width, 0.40 / height)
            figure.legend(handles, labels, loc="lower left", bbox_to_anchor=place, ncols=3)
        footer_under(
            figure,
            "Whiskers: 95 % interval over seeds. Markers stand beside each other only to be told apart.",
        )
        return figure


def latency_chart(summary: Mapping[str, Any], nations: Sequence[str]) -> Figure:
    """Mean latency of foreign contacts by stage: one bar per nation and configuration."""
    rows = [(nation, name) for nation in nations for name in configurations_of(summary)]
    means = [_stage_means(summary, nation, name) for nation, name in rows]
    factor, unit = time_unit(max((sum(stages.values()) for stages in means), default=0.0))
    parts = [
        Part(words, colour, [stages[stage] * factor for stages in means]) for stage, words, colour in STAGES
    ]
    return stacked_bars(
        "Where the latency of foreign contacts is spent",
        "mean over delivered contacts, by stage",
        rows,
        parts,
        x_words=f"mean time from observation to receipt [{unit}]",
        notes=[_received_words(summary, nation, name) for nation, name in rows],
        footer="At the bars: mean latency of what came, and the share of foreign contacts that came at all.",
    )


def gap_chart(
    summary: Mapping[str, Any], nations: Sequence[str], group: str, zones: Mapping[str, str]
) -> Figure:
    """Why vessels of one group are not held: one bar of vessel-time per nation and configuration."""
    rows = [(nation, name) for nation in nations for name in configurations_of(summary)]
    parts = [
        Part(
            words,
            colour,
            [100.0 * _mean(summary, name, nation, f"gap_{part}_fraction", group) for nation, name in rows],
        )
        for part, words, colour in GAP_PARTS
    ]
    return stacked_bars(
        "What is held, and why the rest is not",
        f"{group_words(group, zones)}; held: seen no more than {age_words(split_age(summary))} ago",
        rows,
        parts,
        x_words="share of vessel-time in the scored area [%]",
        notes=[f"{length:.1f} % held" for length in parts[0].lengths],
        footer="Accounting, not value: the first reason that holds, in the order of the key.",
    )


class Part(NamedTuple):
    """One colour of stacked bars."""

    words: str
    """What the key says."""
    colour: str
    """How it is drawn."""
    lengths: list[float]
    """Its length in each bar."""


def name_nations(axes: Axes, rows: Sequence[tuple[str, str]], places: Sequence[float]) -> None:
    """Write each nation above its block of bars; ``rows`` are nation and configuration, at ``places``."""
    for nation in dict.fromkeys(nation for nation, _ in rows):
        first = next(place for place, (code, _) in zip(places, rows, strict=True) if code == nation)
        axes.annotate(
            for_figure(nation, 40),
            (0, first - 0.66),
            xytext=(-6, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=8.5,
            fontweight="bold",
        )


def stacked_bars(
    title: str,
    subtitle: str,
    rows: Sequence[tuple[str, str]],
    parts: Sequence[Part],
    *,
    x_words: str,
    notes: Sequence[str],
    footer: str,
) -> Figure:
    """Stacked bars: one per nation and configuration, with a note at its end, in blocks by nation."""
    nations = list(dict.fromkeys(nation for nation, _ in rows))
    places = [number + 0.9 * nations.index(nation) for number, (nation, _) in enumerate(rows)]
    width, top, bottom = 8.6, 0.62, 1.22
    span = (places[-1] if places else 0.0) + 1.6
    height = top + bottom + 0.3 * span
    with house_style():
        figure = new_figure(width, height)
        heading(figure, title, subtitle)
        axes = figure.add_axes((1.75 / width, bottom / height, 6.7 / width, (height - top - bottom) / height))
        ends = [0.0] * len(rows)
        for words, colour, lengths in parts:
            if any(lengths):
                axes.barh(
                    places,
                    lengths,
                    left=ends,
                    height=0.66,
                    color=colour,
                    label=words,
                    edgecolor="white",
                    linewidth=0.4,
                )
                ends = [end + length for end, length in zip(ends, lengths, strict=True)]
        reach = max(ends, default=0.0) or 1.0
        for place, note, end in zip(places, notes, ends, strict=True):
            look: Any = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
            axes.text(end + 0.012 * reach, place, note, va="center", fontsize=7, color=MUTED, bbox=look)
        name_nations(axes, rows, places)
        axes.set_yticks(places, [for_figure(name, 30) for _, name in rows])
        axes.set_ylim(span - 1.1, -1.0)
        axes.set_xlim(0, reach * 1.22)
        axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= 1.001 * reach])
        axes.set_xlabel(x_words)
        plain_axes(axes, "x")
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            place_of_key = (0.15 / width, 0.36 / height)
            figure.legend(handles, labels, loc="lower left", bbox_to_anchor=place_of_key, ncols=5)
        footer_under(figure, footer)
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
        shift = _SPREAD * (number / max(len(names) - 1, 1) - 0.5)
        x = [place + shift for place, _ in found]
        mean = [100.0 * float(entry["mean"]) for _, entry in found]
        low = [
            0.0 if entry["low"] is None else m - 100.0 * float(entry["low"])
            for m, (_, entry) in zip(mean, found, strict=True)
        ]
        high = [
            0.0 if entry["high"] is None else 100.0 * float(entry["high"]) - m
            for m, (_, entry) in zip(mean, found, strict=True)
        ]
        axes.errorbar(
            x,
            mean,
            yerr=[low, high],
            color=colour_of(number),
            linestyle=stroke_of(number),
            marker=_MARKERS[number % len(_MARKERS)],
            markersize=4,
            linewidth=1.3,
            elinewidth=0.8,
            capsize=2,
            label=for_figure(name, 30),
        )
    axes.set_xticks(range(len(ages_s)), [age_words(age_label(age_s)) for age_s in ages_s])
    axes.set_xlim(-0.35, len(ages_s) - 0.65)
    axes.set_xlabel("age at most")
    plain_axes(axes)


def _common_height(panels: Sequence[Axes]) -> None:
    """One scale for all panels, from zero to a little above the highest whisker."""
    highest = max((axes.get_ylim()[1] for axes in panels), default=100.0)
    for axes in panels:
        axes.set_ylim(-0.03 * highest, min(105.0, highest))


def _stage_means(summary: Mapping[str, Any], nation: str, configuration: str) -> dict[str, float]:
    """Mean time in each stage [s]; zero where nothing was delivered."""
    return {
        stage: _mean(summary, configuration, nation, f"stage_{stage}_mean_s", "all") for stage, _, _ in STAGES
    }


def _mean(summary: Mapping[str, Any], configuration: str, nation: str, metric: str, group: str) -> float:
    """Mean of one figure; zero where the summary has none."""
    entry = entry_of(summary, configuration, nation, Row(metric, group))
    return float(entry["mean"]) if entry is not None and entry["mean"] is not None else 0.0


def _received_words(summary: Mapping[str, Any], nation: str, configuration: str) -> str:
    """Mean latency of foreign contacts, and the share of them that were delivered, in words."""
    counts = {
        outcome: _mean(summary, configuration, nation, f"outcome_{outcome}_count", "all") for outcome in _SENT
    }
    whole = sum(counts.values())
    if not whole:
        return "no foreign contacts"
    came = f"{100 * counts['delivered'] / whole:.0f} % came"
    mean = entry_of(summary, configuration, nation, Row("latency_mean_s", "all"))
    return f"{value_words(mean)}, {came}" if mean is not None and mean["mean"] is not None else came


def heading(figure: Figure, title: str, subtitle: str) -> None:
    """Title and subtitle of a chart, at its upper left."""
    width, height = figure.get_size_inches()
    figure.text(
        0.15 / width, 1 - 0.14 / height, for_figure(title, 90), fontsize=12, fontweight="bold", va="top"
    )
    figure.text(
        0.15 / width, 1 - 0.40 / height, for_figure(subtitle, 120), fontsize=8.5, color=MUTED, va="top"
    )


def footer_under(figure: Figure, note: str, top_in: float = 0.28) -> None:
    """A note and the caution at the foot of a chart, from ``top_in`` on down; the default suits two lines."""
    width, height = figure.get_size_inches()
    figure.text(
        0.15 / width,
        top_in / height,
        f"{note}\n{CAUTION}",
        fontsize=6.3,
        color=MUTED,
        va="top",
        linespacing=1.3,
    )


def plain_axes(axes: Axes, grid: Literal["both", "x"] = "both") -> None:
    """Axes with a light grid, without a frame."""
    axes.grid(True, axis=grid, color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=2.5, width=0.5)
