"""The results of a sensitivity analysis as tables: CSV files with every number, and lines for a terminal.

Model: numbers in files are written as the results hold them; what is undefined is empty. The terminal shows,
for each nation and endpoint of the whole area, the headline with its interval over seeds, beside it the range
over the named assumptions, and the assumption that moves it most; then the assumptions in order of the
largest change that they make to any of them. Headlines that nothing moves are left out there.

Assumptions and limits: the range moves one assumption at a time. Where next: ``study.sensitivity`` writes the
files, the command line prints the lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.sensitivity_figures import (
    Endpoint,
    Entry,
    Scale,
    assumption_name,
    endpoints,
    headline_words,
    is_moved,
    scale_of,
    setting_words,
    strongest,
)
from mda_sim.report.text import for_csv, plain
from mda_sim.report.words import ZONES_NOTE

COLUMNS: Final = (
    *(
        "assumption",
        "key",
        "setting",
        "value",
        "configuration",
        "nation",
        "metric",
        "group",
        "against",
        "unit",
    ),
    *("mean", "low", "high", "n", "difference", "difference_low", "difference_high", "difference_n"),
)
MEASURES: Final = ("mu", "mu_star", "sigma")
MORRIS_COLUMNS: Final = (
    *("assumption", "key", "configuration", "nation", "metric", "group", "against", "unit", "n"),
    *(f"{measure}{end}" for measure in MEASURES for end in ("", "_low", "_high")),
)
STATED: Final = "file"
"""Setting of the rows with the file's own values."""

_ENDS: Final = ("mean", "low", "high", "n")


def sensitivity_csv(results: Mapping[str, Any]) -> str:
    """Every headline with the file's own values, and under each setting of each assumption."""
    rows: list[list[str]] = [list(COLUMNS)]
    for figure in results["figures"]:
        about = _about(figure)
        own = [_cell(figure[end]) for end in _ENDS]
        rows.append(["", "", STATED, "", *about, *own, "", "", "", ""])
        for effect in figure["effects"]:
            assumption = results["assumptions"][effect["assumption"]]
            head = [for_csv(effect["assumption"]), _keys(assumption), effect["setting"]]
            value = for_csv(setting_words(results, effect))
            numbers = [_cell(entry[end]) for entry in (effect, effect["change"]) for end in _ENDS]
            rows.append([*head, value, *about, *numbers])
    return _text(rows)


def morris_csv(results: Mapping[str, Any]) -> str:
    """mu, mu* and sigma of every assumption for every headline, with intervals."""
    rows: list[list[str]] = [list(MORRIS_COLUMNS)]
    for figure in results["figures"]:
        for effect in figure["effects"]:
            assumption = results["assumptions"][effect["assumption"]]
            numbers = [_cell(effect[column]) for column in MORRIS_COLUMNS[8:]]
            rows.append([for_csv(effect["assumption"]), _keys(assumption), *_about(figure), *numbers])
    return _text(rows)


def result_lines(results: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    """What a terminal shows."""
    found = endpoints(results)
    for nation in dict.fromkeys(endpoint.nation for endpoint in found):
        own = {endpoint: figures for endpoint, figures in found.items() if endpoint.nation == nation}
        shown = {one: figures for one, figures in own.items() if "@" not in one.group} or own
        yield plain(nation)
        for endpoint, figures in shown.items():
            yield from _endpoint_lines(results, endpoint, figures, zones)
        yield from _rank_lines(results, shown, zones)
        yield ""
    yield from _notes(results)


def _endpoint_lines(
    results: Mapping[str, Any], endpoint: Endpoint, figures: Sequence[Entry], zones: Mapping[str, str]
) -> Iterator[str]:
    """One endpoint of one nation: a line for each headline that anything moves."""
    moved = [figure for figure in figures if is_moved(figure)]
    if not moved:
        yield f"  {endpoint.words(zones)}: no assumption moves it"
        return
    is_screened = results["method"] == "morris"
    heads = (
        ("mu*", "mu", "sigma") if is_screened else ("mean", "95 %, simulation only", "over the assumptions")
    )
    lines = [(endpoint.words(zones), *heads, "largest mu*" if is_screened else "moved most by")]
    for figure in moved:
        scale = _scale(figure)
        cells = _screened_cells(figure, scale) if is_screened else _ranged_cells(figure, scale)
        most = next(strongest(results, [figure]))[0]
        lines.append((f" {headline_words(results, figure)}", *cells, assumption_name(results, most)))
    yield from _grid(lines)


def _ranged_cells(figure: Entry, scale: Scale) -> tuple[str, str, str]:
    signed = bool(figure["against"])
    unit = scale.step_unit if signed else scale.unit
    low, high = figure["range"]["low"], figure["range"]["high"]
    return (
        f"{scale.number(figure['mean'], signed=signed)} {unit}",
        _span(figure["low"], figure["high"], scale, signed),
        f"{scale.number(low, signed=signed)} to {scale.number(high, signed=signed)}",
    )


def _span(low: float | None, high: float | None, scale: Scale, signed: bool) -> str:
    if low is None or high is None:
        return "needs two seeds"
    return f"[{scale.number(low, signed=signed)}, {scale.number(high, signed=signed)}]"


def _screened_cells(figure: Entry, scale: Scale) -> tuple[str, str, str]:
    first = figure["effects"][0]
    return (
        f"{scale.number(first['mu_star'])} {scale.step_unit}",
        scale.number(first["mu"], signed=True),
        scale.number(first["sigma"]),
    )


def _rank_lines(
    results: Mapping[str, Any], shown: Mapping[Endpoint, Sequence[Entry]], zones: Mapping[str, str]
) -> Iterator[str]:
    """Assumptions in order of the largest change that they make to any headline shown."""
    figures = [figure for found in shown.values() for figure in found]
    size_head = "mu*" if results["method"] == "morris" else "swing"
    lines = [("Assumptions by their largest effect", "file", size_head, "on")]
    still = []
    for name, size, figure in strongest(results, figures):
        if figure is None:
            still.append(assumption_name(results, name))
            continue
        scale = scale_of(figure["unit"], [size])
        endpoint = Endpoint(figure["nation"], figure["metric"], figure["group"])
        where = f"{endpoint.words(zones).partition(':')[0]}, {headline_words(results, figure)}"
        stated = plain(str(results["assumptions"][name]["stated"]), 24)
        number = f"{scale.number(size)} {scale.step_unit}"
        lines.append((f" {len(lines)} {assumption_name(results, name)}", stated, number, where))
    if len(lines) > 1:
        yield from _grid(lines)
    if still:
        yield f"  No effect on any of them: {', '.join(still)}."


def _notes(results: Mapping[str, Any]) -> Iterator[str]:
    for warning in results["warnings"]:
        yield f"Warning: {plain(str(warning))}."
    if results["method"] == "morris":
        yield (
            f"mu*: mean size of the change per full range of an assumption, over {results['trajectories']} "
            f"trajectories on {results['levels']} levels; sigma near or above mu*: it bends, or depends on "
            "others."
        )
    else:
        yield (
            "Over the assumptions: least to greatest mean with one assumption at a time at either end, all "
            "else as in the file. Swing: from the least to the greatest mean."
        )
    yield f"{'; '.join(plain(str(caveat)) for caveat in results['caveats'])}. {ZONES_NOTE}"


def _scale(figure: Entry) -> Scale:
    values = [figure.get("mean"), *figure.get("range", {}).values()]
    values += [effect.get("mu_star") for effect in figure["effects"]]
    return scale_of(figure["unit"], values)


def _grid(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells in columns, the first and the last to the left."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    for first, *cells in lines:
        middle = "".join(f"  {cell:>{width}}" for cell, width in zip(cells[:-1], widths[1:-1], strict=True))
        yield f"  {first:<{widths[0]}}{middle}  {cells[-1]}".rstrip()


def _about(figure: Entry) -> list[str]:
    names = ("configuration", "nation", "metric", "group", "against", "unit")
    return [for_csv(str(figure[name])) for name in names]


def _keys(assumption: Entry) -> str:
    return for_csv(" ".join(assumption["keys"]), 600)


def _cell(value: Any) -> str:
    return "" if value is None else repr(value)


def _text(lines: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(lines)
    return stream.getvalue()
