"""What the answer hangs on, as the page shows a sensitivity analysis.

Model: for the chosen nation, configuration and figure a row for each assumption, the strongest to anybody
first. One at a time: bars from the file's value to what becomes of it at either end, with the interval of the
paired change, and the band of the file's own value. Screening: a bar is mu* with its interval, a mark is
sigma. The baseline is told by its value, every other configuration by its difference from the baseline.

Assumptions and limits: figures of the whole area, unless there are only figures of zones; configurations that
the run has. Assumptions that move nothing that is shown are named and not drawn. Where next: ``assembly``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mda_sim.report.figures import Figure
from mda_sim.report.page.content import StudyContent
from mda_sim.report.page.numbers import ranged_words
from mda_sim.report.page.study_parts import (
    StudyPart,
    foot_notes,
    origin_words,
    seeds_note,
    study_span,
)
from mda_sim.report.page.sway_charts import Shown, ranked_chart, scale_at, screening_chart
from mda_sim.report.page.tables import PageTable
from mda_sim.report.sensitivity_figures import (
    Entry,
    assumption_name,
    headline_words,
    setting_words,
    strongest,
)
from mda_sim.report.text import plain
from mda_sim.report.words import DASH, difference_words, group_words, metric_words

if TYPE_CHECKING:
    from markupsafe import Markup

Results = Mapping[str, Any]


def sensitivity_part(
    study: StudyContent,
    number: int,
    names: Mapping[str, str],
    zones: Mapping[str, str],
    lead: Figure,
    run: Mapping[str, Any],
) -> StudyPart:
    """Analysis number ``number``; ``names`` of nations and ``zones`` by id, ``lead`` comes first.

    ``run`` is the summary of the run whose page it is.
    """
    results, id_ = study.content, f"sensitivity-{number}"
    shown = _shown(results, names, zones, lead, run["configurations"])
    found = list(strongest(results, [one.entry for one in shown]))
    order = [name for name, _, where in found if where is not None]
    still = [assumption_name(results, name) for name, _, where in found if where is None]
    is_screened = results["method"] == "morris"
    draw = screening_chart if is_screened else ranked_chart
    table = _screened_table if is_screened else _ranged_table
    tables: dict[str, list[PageTable]] = {}
    for nation, number_ in dict.fromkeys((one.entry["nation"], one.number) for one in shown):
        own = [one for one in shown if (one.entry["nation"], one.number) == (nation, number_)]
        tables.setdefault(nation, []).append(table(results, id_, own))
    return StudyPart(
        id_,
        "All assumptions together: a screening" if is_screened else "One assumption at a time",
        origin_words(study, _method(results)),
        shown[0].words,
        tuple(_findings(results, id_, [one for one in shown if one.number == 0])),
        tuple(dict.fromkeys((str(one.number), one.words) for one in shown)),
        draw(results, id_, shown, order),
        "Bars of how each assumption moves the chosen figure of the chosen nation under the chosen "
        "configuration, with intervals",
        tuple((names.get(nation, nation), tuple(these)) for nation, these in tables.items()),
        (*_notes(results, still), *seeds_note(study, run["seeds"]), *foot_notes(results)),
    )


def _shown(
    results: Results,
    names: Mapping[str, str],
    zones: Mapping[str, str],
    lead: Figure,
    configurations: Collection[str],
) -> list[Shown]:
    """The headlines that are shown, the leading figure first."""
    found = [
        (place, entry)
        for place, entry in enumerate(results["figures"])
        if (entry["against"] or entry["configuration"] == results["baseline"])
        and entry["configuration"] in configurations
    ]
    found = [pair for pair in found if "@" not in pair[1]["group"]] or found
    figures = list(dict.fromkeys(Figure(entry["metric"], entry["group"]) for _, entry in found))
    figures.sort(key=lambda figure: figure != lead)
    return sorted(
        (
            Shown(
                figures.index(Figure(entry["metric"], entry["group"])),
                names.get(entry["nation"], entry["nation"]),
                f"{metric_words(entry['metric'])}; {group_words(entry['group'], zones)}",
                place,
                entry,
            )
            for place, entry in found
        ),
        key=lambda one: one.number,
    )


def _method(results: Results) -> str:
    names = ", ".join(f"‘{plain(str(name))}’" for name in results["configurations"])
    head = f"scenario ‘{plain(str(results['scenario']))}’, configurations {names}"
    if results["method"] == "morris":
        return (
            f"{head}, screening of all assumptions together (Morris: elementary effects, "
            f"{results['trajectories']} trajectories on {results['levels']} levels)"
        )
    return f"{head}, one assumption at a time"


def _findings(
    results: Results, id_: str, shown: Sequence[Shown]
) -> Iterator[tuple[Markup, tuple[Markup, ...]]]:
    """For each nation what moves a figure most under each configuration that anything moves."""
    from markupsafe import Markup

    number = _mu_star if results["method"] == "morris" else _own_and_range
    for name in dict.fromkeys(one.name for one in shown):
        found = []
        for one in (other for other in shown if other.name == name):
            most, _, where = next(strongest(results, [one.entry]), ("", 0.0, None))
            if where is not None:
                told = headline_words(results, one.entry), number(results, id_, one, most)
                found.append(Markup("{}: {} by ‘{}’").format(*told, assumption_name(results, most)))
        yield Markup("{}{}").format(name, "" if found else ": no assumption moves it"), tuple(found)


def _own_and_range(results: Results, id_: str, one: Shown, most: str) -> Markup:
    """The file's own value, and the range over the assumptions; ``most`` is named elsewhere."""
    from markupsafe import Markup

    return Markup("{}; {} over the assumptions, most").format(
        _own(results, id_, one), _range(results, id_, one)
    )


def _mu_star(results: Results, id_: str, one: Shown, most: str) -> Markup:
    from markupsafe import Markup

    place = next(at for at, effect in enumerate(one.entry["effects"]) if effect["assumption"] == most)
    return Markup("largest mu* {}").format(_screened_span(results, id_, one, place, "mu_star"))


def _own(results: Results, id_: str, one: Shown) -> Markup:
    """The file's own value, or difference from the baseline, with its interval."""
    entry = one.entry
    words = (
        difference_words({"unit": entry["unit"], "difference": entry})
        if entry["against"]
        else ranged_words(entry)
    )
    return study_span(id_, results, ("figures", one.place), words)


def _range(results: Results, id_: str, one: Shown) -> Markup:
    """Least and greatest mean over all settings."""
    scale, signed = scale_at(one.entry), bool(one.entry["against"])
    low, high = (scale.number(one.entry["range"][end], signed=signed) for end in ("low", "high"))
    unit = scale.step_unit if signed else scale.unit
    words = f"{low} to {high} {unit}".rstrip()
    return study_span(id_, results, ("figures", one.place, "range"), words)


def _caption(shown: Sequence[Shown], what: str) -> str:
    return f"{shown[0].name}: {shown[0].words}. {what}"


def _movers(results: Results, shown: Sequence[Shown]) -> list[str]:
    """Assumptions that move any of some headlines, the strongest first."""
    return [name for name, _, where in strongest(results, [one.entry for one in shown]) if where is not None]


def _heads(results: Results, shown: Sequence[Shown]) -> tuple[str, ...]:
    return ("assumption: set to", *(headline_words(results, one.entry) for one in shown))


def _ranged_table(results: Results, id_: str, shown: Sequence[Shown]) -> PageTable:
    """The file's own values, the range over the assumptions, and the paired change under each setting."""
    rows: list[tuple[Any, ...]] = [
        ("as the file states it", *(_own(results, id_, one) for one in shown)),
        ("least and greatest mean over the assumptions", *(_range(results, id_, one) for one in shown)),
    ]
    for name in _movers(results, shown):
        places = [at for at, one in enumerate(shown[0].entry["effects"]) if one["assumption"] == name]
        for at in places:
            effect = shown[0].entry["effects"][at]
            label = f"{assumption_name(results, name)}: {setting_words(results, effect)}"
            rows.append((label, *(_change_span(results, id_, one, at) for one in shown)))
    caption = _caption(shown, "Paired change from what the file states, with its interval")
    return PageTable(caption, _heads(results, shown), tuple(rows))


def _change_span(results: Results, id_: str, one: Shown, at: int) -> Markup:
    change: Entry = one.entry["effects"][at]["change"]
    words = difference_words({"unit": one.entry["unit"], "difference": change})
    return study_span(id_, results, ("figures", one.place, "effects", at, "change"), words)


def _screened_table(results: Results, id_: str, shown: Sequence[Shown]) -> PageTable:
    """mu*, mu and sigma of each assumption under each configuration."""
    rows = []
    for name in _movers(results, shown):
        for measure, words in (("mu_star", "mu*"), ("mu", "mu"), ("sigma", "sigma")):
            cells = []
            for one in shown:
                effects = one.entry["effects"]
                at = next(at for at, effect in enumerate(effects) if effect["assumption"] == name)
                cells.append(_screened_span(results, id_, one, at, measure))
            rows.append((f"{assumption_name(results, name)}: {words}", *cells))
    caption = _caption(shown, "Change per full range of an assumption, with its interval")
    return PageTable(caption, _heads(results, shown), tuple(rows))


def _screened_span(results: Results, id_: str, one: Shown, at: int, measure: str) -> Markup:
    scale, effect, signed = scale_at(one.entry), one.entry["effects"][at], measure == "mu"
    value, low, high = (effect[f"{measure}{end}"] for end in ("", "_low", "_high"))
    words = DASH
    if value is not None:
        words = f"{scale.number(value, signed=signed)} {scale.step_unit}".rstrip()
        if low is not None and high is not None:
            words += f" [{scale.number(low, signed=signed)}, {scale.number(high, signed=signed)}]"
    return study_span(id_, results, ("figures", one.place, "effects", at), words, measure)


def _notes(results: Results, still: Sequence[str]) -> Iterator[str]:
    """What the numbers mean."""
    level = f"{results['confidence_level'] * 100:g} %"
    if results["method"] == "morris":
        yield (
            "mu*: mean size of the change per full range of an assumption while the others stand anywhere; "
            "mu: the same with its sign; sigma: their standard deviation. Sigma near or above mu*: the "
            f"effect bends, or depends on others. Intervals: {level}, bootstrap over trajectories."
        )
    else:
        yield (
            "Each assumption is set to either end of its range (or to each value), all else as in the file "
            "and on the same luck. Line: the file's own value; band: its interval over seeds; bars lead to "
            "the mean at what stands beside them, whiskers are the interval of the paired change "
            f"({level}). The range over the assumptions has no probability, and two moved together may "
            "reach further."
        )
    yield (
        "The baseline is told by its value, every other configuration by its difference from the baseline. "
        "Figures of zones, if there are others, are in the study's own files."
    )
    if still:
        yield f"No effect on anything shown: {', '.join(still)}."
