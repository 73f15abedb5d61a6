"""Charts of value: what players are worth to each nation, what parties gain and give, and next best steps.

Model: drawn from ``value.json`` and from nothing else. A bar is a Shapley value, its whisker the 95 %
interval over seeds; a triangle is the value alone (first in), a square the loss without the player (last in).
All panels of a figure have one scale and one order of players.

Assumptions and limits: at most ``PLAYERS_SHOWN`` players are drawn, those of the largest value to anybody.
Where next: ``study.value`` and ``study.next_best`` write the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.charts import footer_under, heading, plain_axes
from mda_sim.report.style import INK, MUTED, colour_of, house_style, new_figure
from mda_sim.report.text import for_figure
from mda_sim.report.value_tables import Content, Entry, figures_of, ranked, scale_of, values_of
from mda_sim.report.words import group_words, metric_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLAYERS_SHOWN: Final = 30
"""Most players of a chart."""
_ROW_IN: Final = 0.24
_GAIN, _LOSS = colour_of(0), colour_of(1)


def value_charts(content: Content, zones: Mapping[str, str]) -> Iterator[tuple[str, Figure]]:
    """Every chart of a study of value, with its name."""
    for metric, group in figures_of(content):
        name = re.sub(r"[^a-z0-9_]+", "_", f"value_{metric}_{group}".lower())
        yield name, players_chart(content, metric, group, zones)
    yield "nations", nations_chart(content, *figures_of(content)[0], zones)


def players_chart(content: Content, metric: str, group: str, zones: Mapping[str, str]) -> Figure:
    """What each player is worth to each nation, for one figure: one panel per nation."""
    values = values_of(content, metric, group)
    nations = content["told"]
    shown, left_out = _shown(content, values)
    factor, unit = scale_of(content["units"].get(metric, ""), _ends(values.values()))
    names = [for_figure(player.replace("+", " + "), 44) for player in shown]
    left = 0.25 + 0.068 * max(map(len, names))
    panel = max(1.9, min(3.2, 6.5 / len(nations)))
    width, top, bottom = left + len(nations) * (panel + 0.25) + 0.15, 0.98, 0.86
    height = top + bottom + _ROW_IN * (len(shown) + 0.6)
    with house_style():
        figure = new_figure(width, height)
        title = f"Worth of the players of '{content['configuration']}'"
        heading(figure, title, f"{metric_words(metric)}; {group_words(group, zones)}")
        for number, nation in enumerate(nations):
            x = left + number * (panel + 0.25)
            axes = figure.add_axes(
                (x / width, bottom / height, panel / width, (height - top - bottom) / height)
            )
            _bars(axes, [_of(values, player, nation) for player in shown], factor)
            axes.set_yticks(range(len(shown)), names if not number else [])
            axes.set_title(for_figure(nation), loc="left", fontsize=9, fontweight="bold")
            axes.set_xlabel(f"change [{unit}]" if unit else "change")
        _one_scale(figure.axes, len(shown))
        _key(figure, width, height)
        how = (
            f"Sampled from {content['samples']} orders a seed"
            if content["samples"]
            else f"Exact, from all {1 << len(content['players'])} coalitions"
        )
        more = f"; {left_out} players of smaller value are not drawn" if left_out else ""
        footer_under(figure, f"{how}{more}. Whiskers: 95 % interval over {_seeds(content)}.", 0.30)
        return figure


def nations_chart(content: Content, metric: str, group: str, zones: Mapping[str, str]) -> Figure:
    """What sharing gives each party, and what it gives others, for one figure."""
    entries = [e for e in content["nations"] if (e["metric"], e["group"]) == (metric, group)]
    parts = [("gain_over_organic", "gain over own sensors", colour_of(5))]
    parts += [("gain_over_baseline", f"gain over '{content['baseline']}'", colour_of(0))]
    parts += [("contribution", "contribution to others", colour_of(4))]
    found = [entry[name] for entry in entries for name, _, _ in parts if entry[name]]
    factor, unit = scale_of(content["units"].get(metric, ""), _ends(found))
    width, top, bottom = 7.2, 0.66, 1.16
    height = top + bottom + 0.62 * len(entries)
    with house_style():
        figure = new_figure(width, height)
        subtitle = f"'{content['configuration']}': {metric_words(metric)}; {group_words(group, zones)}"
        heading(figure, "What each party gains and gives", subtitle)
        axes = figure.add_axes((0.75 / width, bottom / height, 6.2 / width, (height - top - bottom) / height))
        for offset, (name, words, colour) in enumerate(parts):
            rows = [(i, entry[name]) for i, entry in enumerate(entries) if entry[name]]
            rows = [(i, entry) for i, entry in rows if entry["mean"] is not None]
            axes.barh(
                [i + 0.26 * (offset - 1) for i, _ in rows],
                [factor * entry["mean"] for _, entry in rows],
                height=0.24,
                color=colour,
                label=for_figure(words, 40),
            )
            places = [i + 0.26 * (offset - 1) for i, _ in rows]
            _whiskers(axes, places, [entry for _, entry in rows], factor)
        axes.set_yticks(range(len(entries)), [for_figure(entry["nation"]) for entry in entries])
        axes.set_ylim(len(entries) - 0.4, -0.6)
        axes.axvline(0, color=MUTED, linewidth=0.6)
        axes.set_xlabel(f"change [{unit}]" if unit else "change")
        plain_axes(axes, "x")
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.6 / width, 0.38 / height), ncols=3)
        footer_under(
            figure,
            "Contribution: what all others with a picture would lose, summed, if the party shared nothing. "
            f"Whiskers: 95 % over {_seeds(content)}.",
        )
        return figure


def steps_chart(content: Content, zones: Mapping[str, str]) -> Figure:
    """The greedy next best: what each step adds, from the base on."""
    metric, group = figures_of(content)[0]
    steps = content["steps"]
    factor, unit = scale_of(content["units"].get(metric, ""), _ends(step["gain"] for step in steps))
    names = [for_figure(f"{i + 1}. {s['player'].replace('+', ' + ')}", 50) for i, s in enumerate(steps)]
    left = 0.25 + 0.068 * max(map(len, names), default=4)
    width, top, bottom = left + 5.2, 0.72, 0.86
    height = top + bottom + 0.3 * (len(steps) + 0.4)
    with house_style():
        figure = new_figure(width, height)
        heading(
            figure,
            f"The next best, one after another, from '{content['base']}' on",
            f"{metric_words(metric)}; {group_words(group, zones)}; sum over {', '.join(content['told'])}",
        )
        axes = figure.add_axes((left / width, bottom / height, 4.9 / width, (height - top - bottom) / height))
        axes.barh(
            range(len(steps)),
            [factor * step["gain"]["mean"] for step in steps],
            height=0.6,
            color=_GAIN,
        )
        _whiskers(axes, range(len(steps)), [step["gain"] for step in steps], factor)
        axes.set_yticks(range(len(steps)), names)
        axes.set_ylim(len(steps) - 0.4, -0.6)
        axes.axvline(0, color=MUTED, linewidth=0.6)
        axes.set_xlabel(f"gain of the step, paired [{unit}]" if unit else "gain of the step, paired")
        plain_axes(axes, "x")
        footer_under(
            figure,
            f"Greedy: each step takes the best single candidate. Whiskers: 95 % over {_seeds(content)}.",
        )
        return figure


def _bars(axes: Axes, rows: Sequence[tuple[Entry, Entry, Entry]], factor: float) -> None:
    """Bars of one panel from the top down: Shapley value, first in and last in of each player."""
    known = [(i, row) for i, row in enumerate(rows) if row[0]["mean"] is not None]
    means = [factor * row[0]["mean"] for _, row in known]
    axes.barh(
        [i for i, _ in known],
        means,
        height=0.62,
        color=[_GAIN if mean >= 0 else _LOSS for mean in means],
    )
    _whiskers(axes, [i for i, _ in known], [row[0] for _, row in known], factor)
    for place, marker in ((2, "s"), (1, "^")):
        marks = [(i, row[place]["mean"]) for i, row in enumerate(rows) if row[place]["mean"] is not None]
        axes.plot(
            [factor * mean for _, mean in marks],
            [i for i, _ in marks],
            marker=marker,
            markersize=5.5 if marker == "s" else 3.8,
            linestyle="none",
            markerfacecolor="none" if marker == "s" else "white",
            markeredgecolor=INK,
            markeredgewidth=0.7,
        )
    axes.axvline(0, color=MUTED, linewidth=0.6)
    plain_axes(axes, "x")


def _whiskers(axes: Axes, places: Sequence[float], entries: Sequence[Entry], factor: float) -> None:
    """Draw intervals, where there are any."""
    known = [(place, e) for place, e in zip(places, entries, strict=True) if e["low"] is not None]
    means = [factor * entry["mean"] for _, entry in known]
    low = [factor * (entry["mean"] - entry["low"]) for _, entry in known]
    high = [factor * (entry["high"] - entry["mean"]) for _, entry in known]
    look: Any = {"ecolor": INK, "elinewidth": 0.8, "capsize": 2, "linestyle": "none"}
    axes.errorbar(means, [place for place, _ in known], xerr=[low, high], **look)


def _one_scale(panels: Sequence[Axes], n_rows: int) -> None:
    from matplotlib.ticker import MaxNLocator

    low = min((axes.get_xlim()[0] for axes in panels), default=0.0)
    high = max((axes.get_xlim()[1] for axes in panels), default=1.0)
    room = 0.04 * (high - low)
    for axes in panels:
        axes.set_xlim(low - room, high + room)
        axes.set_ylim(n_rows - 0.4, -0.6)
        axes.xaxis.set_major_locator(MaxNLocator(4))


def _key(figure: Figure, width: float, height: float) -> None:
    """What bars and markers are."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    look: Any = {
        "linestyle": "none",
        "markerfacecolor": "white",
        "markeredgecolor": INK,
        "markeredgewidth": 0.7,
        "markersize": 4,
    }
    handles = [
        Patch(color=_GAIN, label="Shapley value"),
        Patch(color=_LOSS, label="below zero"),
        Line2D([], [], marker="^", label="alone (first in)", **look),
        Line2D([], [], marker="s", label="lost without it (last in)", **look),
    ]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.1 / width, 1 - 0.50 / height), ncols=4)


def _shown(content: Content, values: Mapping[tuple[str, str, str], Entry]) -> tuple[list[str], int]:
    """Players to draw in order of rank, and how many are left out."""
    order = ranked(content, values)
    size = {
        player: max(abs(values[player, nation, "shapley"]["mean"] or 0.0) for nation in content["told"])
        for player in order
    }
    kept = set(sorted(order, key=lambda player: -size[player])[:PLAYERS_SHOWN])
    return [player for player in order if player in kept], len(order) - len(kept)


def _of(values: Mapping[tuple[str, str, str], Entry], player: str, nation: str) -> tuple[Entry, Entry, Entry]:
    return (
        values[player, nation, "shapley"],
        values[player, nation, "first_in"],
        values[player, nation, "last_in"],
    )


def _ends(entries: Any) -> list[float]:
    return [entry["mean"] for entry in entries if entry["mean"] is not None]


def _seeds(content: Content) -> str:
    n = len(content["seeds"])
    return f"{n} seeds" if n != 1 else "seeds; one seed has none"
