"""Charts behind the gap split: what waiting and refusals are made of, and the ladder of gates and delays.

Model: drawn from the summary alone. ``causes_chart`` has for each nation and configuration the share of
vessel-time under ``latency`` by stage and under ``policy`` by gate: one colour for each gate that refuses
alone, one hatched for several together, one for what had to be destroyed. ``ladder_chart`` has the whole gap
split of a configuration, of the same with gates open, and without delays besides.

Assumptions and limits: shares of vessel-time, means over seeds. Accounting, not value.
Where next: ``gallery`` writes the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.charts import (
    GAP_PARTS,
    STAGES,
    Part,
    footer_under,
    heading,
    name_nations,
    plain_axes,
    stacked_bars,
)
from mda_sim.report.figures import Figure as Row
from mda_sim.report.figures import configurations_of, entry_of, split_age
from mda_sim.report.style import GRID, INK, MUTED, colour_of, house_style, new_figure
from mda_sim.report.text import for_figure
from mda_sim.report.words import GATE_WORDS, RUNG_WORDS, age_words, group_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Parts of the refused time: figure, words, colour, hatch.
GATE_PARTS: Final = (
    *(
        (f"{gate}_sole", words, colour_of(number), "")
        for number, (gate, words) in enumerate(GATE_WORDS.items())
    ),
    ("joint", "several of them together", GRID, "/////"),
    ("purged", "had to be destroyed", INK, ""),
)

_TITLES: Final = ("Not yet arrived, by stage", "Refused by a rule, by gate")


def causes_chart(
    summary: Mapping[str, Any], nations: Sequence[str], group: str, zones: Mapping[str, str]
) -> Figure:
    """What waiting time, and refused time, is made of: two bars per nation and configuration."""
    rows = [(nation, name) for nation in nations for name in configurations_of(summary)]
    places = [number + 0.9 * nations.index(nation) for number, (nation, _) in enumerate(rows)]
    panels: tuple[list[tuple[str, str, str, str]], ...] = (
        [(f"gap_latency_{stage}_fraction", words, colour, "") for stage, words, colour in STAGES],
        [
            (f"gap_policy_{part}_fraction", words, colour, hatching)
            for part, words, colour, hatching in GATE_PARTS
        ],
    )
    width, top, bottom = 9.6, 0.98, 1.62
    span = (places[-1] if places else 0.0) + 1.6
    height = top + bottom + 0.3 * span
    with house_style():
        figure = new_figure(width, height)
        subtitle = f"{group_words(group, zones)}; seen no more than {age_words(split_age(summary))} ago"
        heading(figure, "What waiting and refusals are made of", subtitle)
        reach = 0.0
        for number, parts in enumerate(panels):
            left = 1.75 + 3.95 * number
            axes = figure.add_axes(
                (left / width, bottom / height, 3.65 / width, (height - top - bottom) / height)
            )
            axes.set_title(_TITLES[number], loc="left", fontsize=9, fontweight="bold", pad=12)
            reach = max(reach, _stack(axes, summary, rows, places, parts, group))
            axes.set_yticks(places, [for_figure(name, 30) for _, name in rows] if not number else [])
            axes.set_ylim(span - 1.1, -1.0)
            axes.set_xlabel("share of vessel-time in the scored area [%]")
            plain_axes(axes, "x")
            handles, labels = axes.get_legend_handles_labels()
            if handles:
                place = ((left - 0.1 - 1.5 * (not number)) / width, 0.36 / height)
                figure.legend(handles, labels, loc="lower left", bbox_to_anchor=place, ncols=3 - number)
        for axes in figure.axes:
            axes.set_xlim(0, 1.05 * reach if reach else 1.0)
        name_nations(figure.axes[0], rows, places)
        footer_under(
            figure,
            "Waiting: the stage of the contact that arrives first. Refused: the contact that the fewest "
            "gates stop. Both panels have one scale. Accounting, not value.",
        )
        return figure


def ladder_chart(
    summary: Mapping[str, Any], nations: Sequence[str], group: str, zones: Mapping[str, str]
) -> Figure:
    """The gap split of each configuration with a ladder, with gates open, and without delays besides."""
    found = list(_splits(summary, nations, group))
    rows = [
        (nation if len({c for c, *_ in found}) == 1 else f"{nation}, {configuration}", words)
        for configuration, nation, _ in found
        for words in (configuration, *(f"+ {words}" for words in RUNG_WORDS.values()))
    ]
    parts = [
        Part(words, colour, [100.0 * share for _, _, split in found for share in split[part]])
        for part, words, colour in GAP_PARTS
    ]
    return stacked_bars(
        "What gates and delays hold back",
        f"{group_words(group, zones)}; held: seen no more than {age_words(split_age(summary))} ago",
        rows,
        parts,
        x_words="share of vessel-time in the scored area [%]",
        notes=[f"{length:.1f} % held" for length in parts[0].lengths],
        footer="Every gate open, links and desks as they are; then nothing but the sensor takes time. "
        "Accounting, not value.",
    )


def _splits(
    summary: Mapping[str, Any], nations: Sequence[str], group: str
) -> Iterator[tuple[str, str, dict[str, list[float]]]]:
    """Configuration, nation and shares at each rung by answer, of one group."""
    seen = set()
    for entry in summary.get("counterfactuals", ()):
        key = (entry["configuration"], entry["nation"])
        if entry["group"] == group and entry["nation"] in nations and key not in seen:
            seen.add(key)
            yield (
                *key,
                {part: [rung["mean"] or 0.0 for rung in rungs] for part, rungs in entry["split"].items()},
            )


def _stack(
    axes: Axes,
    summary: Mapping[str, Any],
    rows: Sequence[tuple[str, str]],
    places: Sequence[float],
    parts: Sequence[tuple[str, str, str, str]],
    group: str,
) -> float:
    """Stacked bars of one panel; returns the length of the longest."""
    ends = [0.0] * len(rows)
    for metric, words, colour, hatching in parts:
        entries = [entry_of(summary, name, nation, Row(metric, group)) for nation, name in rows]
        lengths = [100.0 * ((entry or {}).get("mean") or 0.0) for entry in entries]
        if any(lengths):
            look: Any = {"hatch": hatching, "edgecolor": MUTED if hatching else "white"}
            axes.barh(
                places, lengths, left=ends, height=0.66, color=colour, label=words, linewidth=0.4, **look
            )
            ends = [end + length for end, length in zip(ends, lengths, strict=True)]
    for place, end in zip(places, ends, strict=True):
        axes.text(end, place, f" {end:.1f}", va="center", fontsize=7, color=MUTED)
    return max(ends, default=0.0)
