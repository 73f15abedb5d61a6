"""What each link is worth, as the page shows a study of value.

Model: a bar is a player's Shapley value for the chosen nation and figure, its whisker the interval over
seeds; a triangle is the value alone (first in), a square the loss without the player (last in). Players stand
in one order for all nations and figures: by the sum over nations, of the page's leading figure.

Assumptions and limits: at most ``PLAYERS_SHOWN`` players are drawn; tables have all of them.
Where next: ``assembly``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from mda_sim.report.figures import Figure
from mda_sim.report.page.content import StudyContent
from mda_sim.report.page.plots import legend_below
from mda_sim.report.page.study_parts import (
    StudyChart,
    StudyPart,
    foot_notes,
    key_of,
    origin_words,
    row_labels,
    seeds_note,
    study_figure,
    study_span,
    told,
)
from mda_sim.report.page.tables import PageTable
from mda_sim.report.style import INK, MUTED, colour_of
from mda_sim.report.text import plain
from mda_sim.report.value_charts import PLAYERS_SHOWN
from mda_sim.report.value_tables import ranked, scale_of, values_of
from mda_sim.report.words import DASH, difference_words, group_words, metric_words

if TYPE_CHECKING:
    from markupsafe import Markup

Content = Mapping[str, Any]

_MEASURES: Final = (
    ("shapley", "Shapley value"),
    ("first_in", "alone (first in)"),
    ("last_in", "lost without it (last in)"),
)
_PARTIES: Final = (
    ("gain_over_organic", "gain over own sensors"),
    ("gain_over_baseline", "gain over the baseline"),
    ("contribution", "gives to others"),
    ("exposure", "contacts held abroad"),
)


def value_part(
    study: StudyContent,
    number: int,
    names: Mapping[str, str],
    zones: Mapping[str, str],
    lead: Figure,
    run_seeds: Sequence[int],
) -> StudyPart:
    """Study number ``number`` of value; ``names`` of nations and ``zones`` by id, ``lead`` comes first."""
    content, id_ = study.content, f"value-{number}"
    figures = _figures(content, lead)
    players = _players(content, figures[0])
    words = {figure: _words(figure, zones) for figure in figures}
    how = f"configuration ‘{plain(content['configuration'])}’ of scenario ‘{plain(content['scenario'])}’"
    drawn = players[:PLAYERS_SHOWN]
    chart = _chart(content, id_, figures, drawn, names, words)
    tables = [
        (names.get(nation, nation), tuple(_nation_tables(content, id_, nation, figures, players, words)))
        for nation in content["told"]
    ]
    parties = _parties_table(content, id_, figures[0], words[figures[0]])
    return StudyPart(
        id_,
        f"The players of ‘{plain(content['configuration'])}’",
        origin_words(study, how),
        words[figures[0]],
        tuple(
            (_sentence(content, id_, nation, figures[0], players, names), ()) for nation in content["told"]
        ),
        tuple((str(place), words[figure]) for place, figure in enumerate(figures)),
        chart,
        "Bars of what each player is worth to the chosen nation, with intervals; marks for its value alone "
        "and for what is lost without it",
        (*tables, ("What each party gains and gives", (parties,))),
        (*_notes(content, len(players) - len(drawn)), *seeds_note(study, run_seeds), *foot_notes(content)),
    )


def _figures(content: Content, lead: Figure) -> list[Figure]:
    """The figures of a study, the leading one first where it has it."""
    figures = [Figure(entry["metric"], entry["group"]) for entry in content["endpoints"]]
    return sorted(figures, key=lambda figure: figure != lead)


def _players(content: Content, figure: Figure) -> list[str]:
    return ranked(content, values_of(content, figure.metric, figure.group))


def _words(figure: Figure, zones: Mapping[str, str]) -> str:
    return f"{metric_words(figure.metric)}; {group_words(figure.group, zones)}"


def _places(content: Content) -> dict[tuple[str, str, str, str, str], int]:
    """Place of each value in the study's list, by player, nation, metric, group and measure."""
    keys = ("player", "nation", "metric", "group", "measure")
    return {
        (entry[keys[0]], entry[keys[1]], entry[keys[2]], entry[keys[3]], entry[keys[4]]): place
        for place, entry in enumerate(content["values"])
    }


def _total(content: Content, nation: str, figure: Figure) -> int:
    """Place of what all players change together."""
    wanted = nation, figure.metric, figure.group
    found = [(entry["nation"], entry["metric"], entry["group"]) for entry in content["totals"]]
    return found.index(wanted)


def _unit(content: Content, figure: Figure) -> str:
    return str(content["units"].get(figure.metric, ""))


def _change(content: Content, figure: Figure, entry: Mapping[str, Any]) -> str:
    """A change with its interval, in the words that the page has for differences."""
    return difference_words({"unit": _unit(content, figure), "difference": entry})


def _sentence(
    content: Content,
    id_: str,
    nation: str,
    figure: Figure,
    players: Sequence[str],
    names: Mapping[str, str],
) -> Markup:
    """What all players change for a nation, and which of them is worth most to it."""
    from markupsafe import Markup

    place, places = _total(content, nation, figure), _places(content)
    total = content["totals"][place]["difference"]
    known = [(player, places[player, nation, *figure, "shapley"]) for player in players]
    sizes = {player: content["values"][at]["mean"] or 0.0 for player, at in known}
    best = max(players, key=lambda player: sizes[player])
    words = Markup("{}: all {} players together {}").format(
        names.get(nation, nation),
        len(players),
        study_span(id_, content, ("totals", place, "difference"), _change(content, figure, total)),
    )
    if sizes[best] <= 0:
        return words + Markup("; none of them adds anything by its Shapley value.")
    at = dict(known)[best]
    return words + Markup("; largest Shapley value: {}, {}.").format(
        plain(best), study_span(id_, content, ("values", at), _change(content, figure, content["values"][at]))
    )


def _chart(
    content: Content,
    id_: str,
    figures: Sequence[Figure],
    players: Sequence[str],
    names: Mapping[str, str],
    words: Mapping[Figure, str],
) -> StudyChart:
    """The chart, with columns for each figure and nation."""
    from bokeh.models import HoverTool
    from bokeh.models.annotations import Span

    labels = row_labels([player.replace("+", " + ") for player in players])
    plot = study_figure(id_, labels, "change")
    chart = StudyChart(plot, ("figure", "nation"))
    places = _places(content)
    columns: dict[str, dict[str, Any]] = {measure: {} for measure, _ in _MEASURES}
    for number, figure in enumerate(figures):
        entries = content["values"]
        means = [entry["mean"] for entry in entries if Figure(entry["metric"], entry["group"]) == figure]
        factor, unit = scale_of(_unit(content, figure), [mean for mean in means if mean is not None])
        for nation in content["told"]:
            key = key_of(number, nation)
            name = names.get(nation, nation)
            chart.says[key] = f"{name}: {words[figure]}", f"change [{unit}]" if unit else "change"
            for measure, measure_words in _MEASURES:
                found = [entries[places[player, nation, *figure, measure]] for player in players]
                said = [
                    f"{plain(player, 80)}, {measure_words}: {_change(content, figure, entry)}"
                    for player, entry in zip(players, found, strict=True)
                ]
                columns[measure][key] = _columns(labels, found, said, factor)
    plot.add_layout(Span(location=0, dimension="height", line_color=MUTED, line_width=1))
    bars = chart.add(f"{id_}/shapley", columns["shapley"])
    drawn: list[Any] = [
        plot.hbar(
            y="y",
            left=0,
            right="x",
            height=0.6,
            source=bars,
            fill_color=colour_of(0),
            fill_alpha=0.75,
            line_color=None,
            legend_label="Shapley value",
        )
    ]
    plot.segment(x0="low", x1="high", y0="y", y1="y", source=bars, line_color=INK, line_width=1.5)
    for (measure, label), marker, size in zip(_MEASURES[1:], ("triangle", "square"), (9, 13), strict=True):
        drawn.append(
            plot.scatter(
                "x",
                "y",
                marker=marker,
                size=size,
                source=chart.add(f"{id_}/{measure}", columns[measure]),
                fill_color="white" if marker == "triangle" else None,
                line_color=INK,
                line_width=1.3,
                legend_label=label,
            )
        )
    plot.add_tools(HoverTool(renderers=drawn, tooltips="@words"))
    legend_below(plot, 2)
    return chart


def _columns(
    labels: Sequence[str], entries: Sequence[Mapping[str, Any]], words: Sequence[str], factor: float
) -> dict[str, list[Any]]:
    """Columns of a series: values and ends of intervals in the unit of the axis, where there are any."""
    ends = [told(entry) for entry in entries]
    by_end = {
        name: [None if one[end] is None else factor * float(one[end] or 0.0) for one in ends]
        for name, end in (("x", "mean"), ("low", "low"), ("high", "high"))
    }
    nan = float("nan")
    return {
        "y": list(labels),
        **{name: [nan if value is None else value for value in found] for name, found in by_end.items()},
        "words": list(words),
    }


def _nation_tables(
    content: Content,
    id_: str,
    nation: str,
    figures: Sequence[Figure],
    players: Sequence[str],
    words: Mapping[Figure, str],
) -> Iterator[PageTable]:
    """For each figure what every player is worth to a nation."""
    places, is_sampled = _places(content), bool(content["samples"])
    for figure in figures:
        rows: list[tuple[Any, ...]] = []
        for player in players:
            cells = []
            for measure, _ in _MEASURES:
                at = places[player, nation, *figure, measure]
                entry = content["values"][at]
                cells.append(study_span(id_, content, ("values", at), _change(content, figure, entry)))
                if measure == "shapley" and is_sampled:
                    cells.append(_bound_span(content, id_, figure, at))
            rows.append((plain(player, 80), *cells))
        place = _total(content, nation, figure)
        total = content["totals"][place]["difference"]
        whole = study_span(id_, content, ("totals", place, "difference"), _change(content, figure, total))
        rows.append(("all together", whole, *[""] * (3 if is_sampled else 2)))
        heads = [label for _, label in _MEASURES]
        heads[1:1] = ["bound of the sampling"] if is_sampled else []
        yield PageTable(words[figure], ("player", *heads), tuple(rows))


def _bound_span(content: Content, id_: str, figure: Figure, at: int) -> Markup:
    """Half the interval of the sampling alone."""
    entry = content["values"][at]
    bound = entry.get("bound")
    factor, unit = scale_of(_unit(content, figure), [bound or 0.0])
    words = DASH if bound is None else f"±{bound * factor:,.2f} {unit}".rstrip()
    path = ("values", at, "bound") if "bound" in entry else ("values", at)
    return study_span(id_, content, path, words)


def _parties_table(content: Content, id_: str, figure: Figure, words: str) -> PageTable:
    """Gain, contribution and exposure of each party."""
    rows = []
    for place, entry in enumerate(content["nations"]):
        if Figure(entry["metric"], entry["group"]) != figure:
            continue
        cells = []
        for name, _ in _PARTIES:
            path: tuple[str | int, ...] = ("nations", place, name)
            value = entry[name]
            if not value or value["mean"] is None:
                cells.append(study_span(id_, content, path, DASH))
            elif name == "exposure":
                cells.append(study_span(id_, content, path, f"{value['mean']:,.0f}"))
            else:
                cells.append(study_span(id_, content, path, _change(content, figure, value)))
        rows.append((plain(entry["nation"]), *cells))
    heads = ("party", *(label for _, label in _PARTIES))
    caption = f"Gain, contribution and exposure of each party: {words}"
    return PageTable(caption, heads, tuple(rows))


def _notes(content: Content, n_left_out: int) -> Iterator[str]:
    """What the numbers mean."""
    n, grand = len(content["players"]), plain(content["configuration"])
    same = "the same as" if content["empty_is_baseline"] else "not"
    yield (
        "The Shapley value is what a player adds, averaged over all orders in which the players could come: "
        "its fair share of what all of them change together. First in: what it brings by itself; last in: "
        "what would be lost without it. ‘no change’ is exactly none in every seed."
    )
    yield (
        f"Sampled from {content['samples']} orders a seed; the bound is half the {_level(content)} interval "
        "of that sampling alone."
        if content["samples"]
        else f"Exact: from all {1 << n} coalitions of {n} players."
    )
    yield (
        f"Nobody: ‘{grand}’ without all players; it is {same} the baseline ‘{plain(content['baseline'])}’. "
        f"Whiskers and brackets: {_level(content)} interval over seeds. A value holds in this arrangement "
        "and for this figure; coalitions are thought experiments."
    )
    yield (
        "Gives to others: what all other nations with a picture would lose, summed, if the party shared "
        "nothing. Contacts held abroad: those of its sensors at nodes of others at the end."
    )
    if n_left_out:
        yield f"{n_left_out} players further down the order are not drawn; the tables have them."


def _level(content: Content) -> str:
    return f"{content['confidence_level'] * 100:g} %"
